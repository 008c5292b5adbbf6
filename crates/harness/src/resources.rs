//! What the process has used of the machine.

use serde::Serialize;

use crate::memory;

/// Processor time and memory of this process so far; `None` where the system does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Resources {
    /// Seconds of processor time, all threads together, user and system.
    pub cpu_seconds: Option<f64>,
    /// The most memory that was resident at one time.
    pub peak_rss_bytes: Option<u64>,
}

impl Resources {
    /// Memory of this process that is resident now; `None` where the system does not tell.
    pub fn resident_bytes() -> Option<u64> {
        memory::resident_bytes()
    }

    /// What was used up to now.
    #[cfg(unix)]
    pub fn used() -> Self {
        use nix::sys::resource::{UsageWho, getrusage};
        use nix::sys::time::TimeValLike;

        // Linux and the BSDs count in KiB.
        const UNIT: u64 = if cfg!(target_vendor = "apple") { 1 } else { 1024 };
        let usage = getrusage(UsageWho::RUSAGE_SELF).ok();
        let seconds = |usage: nix::sys::resource::Usage| {
            (usage.user_time() + usage.system_time()).num_microseconds() as f64 / 1e6
        };
        Self {
            cpu_seconds: usage.map(seconds),
            peak_rss_bytes: usage.and_then(|usage| Some(u64::try_from(usage.max_rss()).ok()? * UNIT)),
        }
    }

    /// What was used up to now: not known on this system.
    #[cfg(not(unix))]
    pub fn used() -> Self {
        Self { cpu_seconds: None, peak_rss_bytes: None }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn memory_is_counted_in_bytes() {
        let before = Resources::used();
        let block = vec![1u8; 64 << 20];
        assert!(std::hint::black_box(&block).iter().all(|&byte| byte == 1));
        let after = Resources::used();
        let peak = after.peak_rss_bytes.unwrap();
        assert!((64 << 20..8 << 30).contains(&peak), "{peak}");
        assert!(after.cpu_seconds >= before.cpu_seconds);
    }
}
