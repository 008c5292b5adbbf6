//! Ctrl-C, and the signals that ask a process to end.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::failure::{Failure, ResultExt};

/// A flag that the first of SIGINT (Ctrl-C), SIGTERM and SIGHUP sets; the second ends the process at once, as if nothing listened:
/// a shell then gives 128 and the number of the signal.
///
/// A signal that the process was started to ignore, as by `nohup`, is still ignored.
pub(crate) fn listen() -> Result<Arc<AtomicBool>, Failure> {
    // As a shell counts a process that SIGINT killed.
    const KILLED: i32 = 130;
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    let ignored = signals::ignored();
    ctrlc::set_handler(move || {
        // Here again only where signals have no default, or before it was restored.
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(KILLED);
        }
        signals::restore_defaults();
        let _ = writeln!(
            io::stderr(),
            "\nstopping after this epoch, what is finished is kept; a second Ctrl-C or signal ends at once"
        );
    })
    .run_err()?;
    signals::ignore(&ignored);
    Ok(interrupted)
}

/// Makes writing beyond a limit on the size of files an error, like a full disk, and not the end of the process.
pub(crate) fn ignore_file_size_limit() {
    signals::ignore_file_size_limit();
}

#[cfg(unix)]
mod signals {
    /// The signals that ask a process to end.
    const ENDING: [libc::c_int; 3] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP];

    /// Those that are ignored.
    pub(super) fn ignored() -> Vec<libc::c_int> {
        let is_ignored = |&signal: &libc::c_int| {
            let mut action = std::mem::MaybeUninit::<libc::sigaction>::uninit();
            // SAFETY: without a new action the call only writes the present one, all of it where it succeeds.
            unsafe {
                libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) == 0
                    && action.assume_init().sa_sigaction == libc::SIG_IGN
            }
        };
        ENDING.into_iter().filter(is_ignored).collect()
    }

    /// Ignores signals.
    pub(super) fn ignore(signals: &[libc::c_int]) {
        for &signal in signals {
            // SAFETY: no code of ours runs when the signal arrives.
            unsafe { libc::signal(signal, libc::SIG_IGN) };
        }
    }

    /// Lets each signal that is not ignored end the process.
    pub(super) fn restore_defaults() {
        let ignored = ignored();
        for signal in ENDING.into_iter().filter(|signal| !ignored.contains(signal)) {
            // SAFETY: no code of ours runs when the signal arrives.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
        }
    }

    pub(super) fn ignore_file_size_limit() {
        ignore(&[libc::SIGXFSZ]);
    }
}

#[cfg(not(unix))]
mod signals {
    pub(super) fn ignored() {}
    pub(super) fn ignore(_: &()) {}
    pub(super) fn restore_defaults() {}
    pub(super) fn ignore_file_size_limit() {}
}
