//! How much memory this process may still take.

use std::fmt;
use std::fs;
use std::path::Path;

use super::cgroup;

/// Bytes that this process may still take, and what bounds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AvailableMemory {
    /// How many.
    pub bytes: u64,
    /// What bounds them.
    pub source: MemorySource,
}

/// What bounds the memory of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemorySource {
    /// The limit on address space, RLIMIT_AS.
    AddressSpace,
    /// The limit on data, RLIMIT_DATA.
    Data,
    /// The limit of a control group.
    ControlGroup,
    /// What is free on the machine.
    Machine,
}

impl MemorySource {
    /// Whether the bound is on each process, and on addresses rather than on memory: reserved ones count though nothing is held.
    pub(crate) fn is_of_process(self) -> bool {
        matches!(self, Self::AddressSpace | Self::Data)
    }
}

impl fmt::Display for MemorySource {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::AddressSpace => "the limit on address space, ulimit -v",
            Self::Data => "the limit on data, ulimit -d",
            Self::ControlGroup => "the limit of the control group",
            Self::Machine => "what is free on this machine",
        })
    }
}

impl AvailableMemory {
    /// The smallest of the limits of this process less what it has taken, the limits of its control groups less what they
    /// have taken, and what is free on the machine; `None` where the system does not tell.
    ///
    /// Pages of files that can be dropped and free swap are available too. `freed` bytes are kept by the allocator for the next
    /// allocation: the system counts them as taken.
    pub fn now(freed: u64) -> Option<Self> {
        let limits = process_limits();
        Self::read(Path::new("/"), limits, freed)
    }

    /// The same by the files under a folder and these limits on address space and on data.
    fn read(root: &Path, limits: [Option<u64>; 2], freed: u64) -> Option<Self> {
        let status = fs::read_to_string(root.join("proc/self/status")).unwrap_or_default();
        let of_limit = |limit: Option<u64>, key| Some(limit?.saturating_sub(kilobytes(&status, key)?));
        let meminfo = fs::read_to_string(root.join("proc/meminfo")).unwrap_or_default();
        let swap = kilobytes(&meminfo, "SwapFree:").unwrap_or(0);
        let candidates = [
            (MemorySource::AddressSpace, of_limit(limits[0], "VmSize:")),
            (MemorySource::Data, of_limit(limits[1], "VmData:")),
            (MemorySource::ControlGroup, cgroup::headroom(root, swap)),
            (MemorySource::Machine, kilobytes(&meminfo, "MemAvailable:").map(|free| free + swap)),
        ];
        let known = candidates.into_iter().filter_map(|(source, bytes)| Some(Self { bytes: bytes?, source }));
        let least = known.min_by_key(|available| available.bytes)?;
        Some(Self { bytes: least.bytes.saturating_add(freed), ..least })
    }
}

/// Memory of this process that is resident; `None` where the system does not tell.
pub(crate) fn resident_bytes() -> Option<u64> {
    kilobytes(&fs::read_to_string("/proc/self/status").ok()?, "VmRSS:")
}

/// The limits on address space and on data, where there are any.
#[cfg(target_os = "linux")]
fn process_limits() -> [Option<u64>; 2] {
    use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};

    [Resource::RLIMIT_AS, Resource::RLIMIT_DATA]
        .map(|resource| getrlimit(resource).ok().map(|(soft, _)| soft).filter(|soft| *soft != RLIM_INFINITY))
}

#[cfg(not(target_os = "linux"))]
fn process_limits() -> [Option<u64>; 2] {
    [None; 2]
}

/// The bytes of a line such as `VmSize:  1234 kB`.
fn kilobytes(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("proc/self")).unwrap();
        let write = |name: &str, text: &str| fs::write(root.path().join(name), text).unwrap();
        write(
            "proc/self/status",
            "Name:\tg2r\nVmPeak:\t    9000 kB\nVmSize:\t    3000 kB\nVmData:\t    1000 kB\n",
        );
        write("proc/meminfo", "MemTotal: 90000 kB\nMemAvailable:   50000 kB\nSwapFree:    2000 kB\n");
        root
    }

    #[test]
    fn the_least_of_what_is_known_bounds_what_is_available() {
        let root = machine();
        let read = |limits, freed| AvailableMemory::read(root.path(), limits, freed).unwrap();
        let kib = |kib: u64, source| AvailableMemory { bytes: kib * 1024, source };
        assert_eq!(read([None, None], 0), kib(52_000, MemorySource::Machine));
        let limit = Some(10_000 * 1024);
        assert_eq!(read([limit, None], 0), kib(7000, MemorySource::AddressSpace));
        assert_eq!(read([limit, Some(5000 * 1024)], 512 * 1024), kib(4512, MemorySource::Data));
        assert_eq!(read([Some(1), None], 0).bytes, 0, "more is taken than the limit has");
    }

    #[test]
    fn a_system_that_tells_nothing_bounds_nothing() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(AvailableMemory::read(root.path(), [None, None], 0), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_system_tells() {
        assert!(AvailableMemory::now(0).unwrap().bytes > 0);
    }
}
