//! Ctrl-C.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::failure::{Failure, ResultExt};

/// A flag that the first Ctrl-C sets; the second ends the process at once.
pub(crate) fn listen() -> Result<Arc<AtomicBool>, Failure> {
    // As a shell counts a process that SIGINT killed.
    const KILLED: i32 = 130;
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(KILLED);
        }
        let _ = writeln!(
            io::stderr(),
            "\nfinishing this epoch and keeping the finished seeds; Ctrl-C again ends now"
        );
    })
    .run_err()?;
    Ok(interrupted)
}
