//! How much memory the whole process holds, and held at most.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
static ALONE: Mutex<()> = Mutex::new(());

/// The system's allocator, counted.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn add(bytes: usize) {
    let live = LIVE.fetch_add(bytes, Relaxed) + bytes;
    PEAK.fetch_max(live, Relaxed);
}

/// A process without memory ends; what it was reading is worth knowing then.
fn named_if_null(block: *mut u8) -> *mut u8 {
    if block.is_null() {
        crate::verdict::last_words();
    }
    block
}

// SAFETY: every call goes to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: the caller keeps the contract of `alloc`.
        named_if_null(unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        named_if_null(unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // At worst the old block lives until its content is copied.
        add(new_size);
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller keeps the contract of `realloc`.
        named_if_null(unsafe { System.realloc(block, layout, new_size) })
    }
}

/// Holds other tests off while one looks at the memory of the process, of whichever thread.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a call gives back, and how many bytes the process held at most during it beyond those it held before.
pub(crate) fn peak_of<T>(call: impl FnOnce() -> T) -> (T, usize) {
    let before = LIVE.load(Relaxed);
    PEAK.store(before, Relaxed);
    let result = call();
    (result, PEAK.load(Relaxed).saturating_sub(before))
}

#[test]
fn the_peak_counts_what_other_threads_hold_and_what_is_freed_again() {
    let _alone = alone();
    let (kept, peak) = peak_of(|| {
        std::thread::spawn(|| drop(vec![1u8; 3 << 20])).join().unwrap();
        vec![1u8; 1 << 20]
    });
    assert_eq!(kept.len(), 1 << 20);
    // The harness's own threads take and free some bytes meanwhile.
    assert!((5 << 19..7 << 19).contains(&peak), "{peak}");
}
