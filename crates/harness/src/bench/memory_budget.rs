//! MemoryBudget in memory that runs wait for.

use std::sync::{Condvar, Mutex, MutexGuard};

/// The memory that runs may hold together.
pub(super) struct MemoryBudget {
    budget: Option<u64>,
    taken: Mutex<Taken>,
    freed: Condvar,
}

#[derive(Default)]
struct Taken {
    bytes: u64,
    runs: usize,
}

/// MemoryBudget that is given back when this is dropped.
pub(super) struct Permit<'a> {
    budget: &'a MemoryBudget,
    bytes: u64,
}

impl MemoryBudget {
    pub(super) fn new(budget: Option<u64>) -> Self {
        Self { budget, taken: Mutex::default(), freed: Condvar::new() }
    }

    /// Waits until so many bytes are free, or nothing else runs.
    pub(super) fn acquire(&self, bytes: u64) -> Permit<'_> {
        let mut taken = self.lock();
        while taken.runs > 0 && self.budget.is_some_and(|budget| taken.bytes.saturating_add(bytes) > budget) {
            taken = self.freed.wait(taken).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        taken.bytes = taken.bytes.saturating_add(bytes);
        taken.runs += 1;
        Permit { budget: self, bytes }
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut taken = self.budget.lock();
        taken.bytes = taken.bytes.saturating_sub(self.bytes);
        taken.runs -= 1;
        self.budget.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn runs_never_hold_more_than_the_budget_together_and_a_large_one_runs_alone() {
        let budget = MemoryBudget::new(Some(10));
        let (held, most) = (AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for bytes in [4, 6, 3, 12, 5, 5, 1, 11] {
                let (budget, held, most) = (&budget, &held, &most);
                scope.spawn(move || {
                    let _permit = budget.acquire(bytes);
                    let now = held.fetch_add(bytes, Ordering::SeqCst) + bytes;
                    if now > 10 {
                        assert_eq!(now, bytes, "what is larger than the budget runs alone");
                    } else {
                        most.fetch_max(now, Ordering::SeqCst);
                    }
                    std::thread::sleep(std::time::Duration::from_millis(2));
                    held.fetch_sub(bytes, Ordering::SeqCst);
                });
            }
        });
        assert!(most.load(Ordering::SeqCst) <= 10);
        assert_eq!(budget.lock().runs, 0);
    }
}
