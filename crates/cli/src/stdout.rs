//! Standard output, which may be closed at any time.

use std::fmt::Display;
use std::io::{self, Write};

use crate::failure::{Failure, ResultExt};

/// Writes text and a line end.
pub(crate) fn line(text: impl Display) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Failure::BrokenPipe),
        written => written.run_err(),
    }
}
