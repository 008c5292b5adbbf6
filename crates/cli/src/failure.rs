//! How the program ends when it does not end well.

use std::io::{self, Write};
use std::process::ExitCode;

/// Why the program stops, and whose fault it is.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Wrong usage or input: exit code 2.
    Input(anyhow::Error),
    /// The run failed: exit code 1.
    Run(anyhow::Error),
    /// Whoever reads the output has enough of it: nothing is wrong.
    BrokenPipe,
}

/// Says whose fault an error is.
pub(crate) trait ResultExt<T> {
    /// The input's; the run's where a disk is full.
    fn usage_err(self) -> Result<T, Failure>;
    /// The run's.
    fn run_err(self) -> Result<T, Failure>;
}

impl<T, E: Into<anyhow::Error>> ResultExt<T> for Result<T, E> {
    fn usage_err(self) -> Result<T, Failure> {
        self.map_err(|error| {
            let error = error.into();
            if is_full(&error) { Failure::Run(error) } else { Failure::Input(error) }
        })
    }

    fn run_err(self) -> Result<T, Failure> {
        self.map_err(|error| Failure::Run(error.into()))
    }
}

/// Whether the system had no room for a file: a full disk, a quota, a limit. No other input would have helped.
fn is_full(error: &anyhow::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};

    let kinds = error.chain().filter_map(|cause| Some(cause.downcast_ref::<io::Error>()?.kind()));
    kinds.into_iter().any(|kind| [FileTooLarge, QuotaExceeded, StorageFull].contains(&kind))
}

impl Failure {
    /// Tells the user, and gives the exit code.
    pub(crate) fn report(self) -> ExitCode {
        let (error, code) = match self {
            Self::BrokenPipe => return ExitCode::SUCCESS,
            Self::Run(error) => (error, 1),
            Self::Input(error) => (error, 2),
        };
        // With stderr closed there is nobody left to tell.
        let _ = writeln!(io::stderr(), "error: {error:#}");
        ExitCode::from(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_not_the_inputs_fault() {
        let fails = |kind: io::ErrorKind| -> Result<(), harness::Error> {
            Err(harness::Error::Write { path: "out".into(), source: Box::new(io::Error::from(kind)) })
        };
        assert!(matches!(fails(io::ErrorKind::StorageFull).usage_err(), Err(Failure::Run(_))));
        assert!(matches!(fails(io::ErrorKind::FileTooLarge).usage_err(), Err(Failure::Run(_))));
        assert!(matches!(fails(io::ErrorKind::PermissionDenied).usage_err(), Err(Failure::Input(_))));
    }
}
