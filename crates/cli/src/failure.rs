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
    /// The input's.
    fn usage_err(self) -> Result<T, Failure>;
    /// The run's.
    fn run_err(self) -> Result<T, Failure>;
}

impl<T, E: Into<anyhow::Error>> ResultExt<T> for Result<T, E> {
    fn usage_err(self) -> Result<T, Failure> {
        self.map_err(|error| Failure::Input(error.into()))
    }

    fn run_err(self) -> Result<T, Failure> {
        self.map_err(|error| Failure::Run(error.into()))
    }
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
