//! How far a solver is, and how it is stopped.

use std::ops::ControlFlow;

use crate::error::Error;

/// How far a solver is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SolverProgress {
    /// Steps that are done.
    pub done: usize,
    /// How many there are, at most where the solver may end before.
    pub total: usize,
    /// Whether the solver may end before.
    pub is_bound: bool,
}

/// Sees a solver before each step; `Break` ends it with [`Error::Interrupted`].
pub type Monitor<'a> = dyn FnMut(SolverProgress) -> ControlFlow<()> + 'a;

/// Counts the steps of a solver.
pub(crate) struct Steps<'a> {
    next: SolverProgress,
    monitor: &'a mut Monitor<'a>,
}

impl<'a> Steps<'a> {
    pub(crate) fn new(total: usize, monitor: &'a mut Monitor<'a>) -> Self {
        Self { next: SolverProgress { done: 0, total, is_bound: false }, monitor }
    }

    /// So many steps at most.
    pub(crate) fn at_most(total: usize, monitor: &'a mut Monitor<'a>) -> Self {
        Self { next: SolverProgress { done: 0, total, is_bound: true }, monitor }
    }

    /// A step is about to begin.
    ///
    /// # Errors
    /// [`Error::Interrupted`].
    pub(crate) fn begin(&mut self) -> Result<(), Error> {
        let ControlFlow::Continue(()) = (self.monitor)(self.next) else { return Err(Error::Interrupted) };
        self.next.done += 1;
        Ok(())
    }
}
