//! How a program that trains keeps its memory. A binary's choice, never a library's: results do not depend on it.
//!
//! ```
//! use tensor_memory::TensorAllocator;
//!
//! #[global_allocator]
//! static ALLOCATOR: TensorAllocator = TensorAllocator;
//!
//! fn main() {
//!     tensor_memory::keep_freed_blocks();
//! }
//! ```

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

/// A block of at least so many bytes begins at a cache line.
const LARGE: usize = 1 << 16;
const CACHE_LINE: usize = 64;
/// Room for a pointer, and the alignment of the blocks it is put into.
const HEADER: usize = 16;

/// The system's allocator with large blocks aligned to cache lines.
///
/// The C library aligns to 16 bytes, so that each load of a whole vector of 64 bytes touches two cache lines: a fifth of
/// the time of a sparse product over a large graph. Its own aligned allocation cannot use a freed block of the same size again,
/// so a large block is an ordinary one that is a cache line longer, of which a part is handed out: before it stands
/// where it begins.
pub struct TensorAllocator;

thread_local! {
    /// Bytes of large blocks that this thread has taken less those it has given back; below zero where it gave back another's.
    static HELD: Cell<i64> = const { Cell::new(0) };
    static PEAK: Cell<i64> = const { Cell::new(0) };
}

/// Whether an allocation that fails ends the process with exit code 1.
static EXITS: AtomicBool = AtomicBool::new(false);

/// From now on an allocation that fails ends the process with exit code 1 and a message on standard error, in place of an abort
/// with a signal: for a program, whose exit codes mean something. Nothing is cleaned up: other threads may be at work.
pub fn exit_where_memory_fails() {
    EXITS.store(true, Ordering::Relaxed);
}

/// The block, unless there is none and the process is to end then.
fn checked(block: *mut u8, layout: Layout) -> *mut u8 {
    if block.is_null() && EXITS.load(Ordering::Relaxed) {
        fail(layout.size());
    }
    block
}

#[cold]
fn fail(bytes: usize) -> ! {
    // In a buffer of its own: there is no memory to write it in.
    let mut text = [0; 160];
    let mut rest = &mut text[..];
    let _ = writeln!(
        rest,
        "error: memory allocation of {bytes} bytes failed: the memory that this process may have is used up"
    );
    let left = rest.len();
    let _ = std::io::stderr().write_all(&text[..text.len() - left]);
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: the call ends the process and touches nothing.
    unsafe {
        libc::_exit(1)
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    std::process::exit(1)
}

/// Begins a new count of what the calling thread holds in large blocks.
pub fn count_from_here() {
    HELD.set(0);
    PEAK.set(0);
}

/// The most bytes in large blocks, of 64 KiB or more, that the calling thread held at a time since
/// [`count_from_here`]. What it gives back of another thread's counts against it.
pub fn peak_of_thread() -> u64 {
    u64::try_from(PEAK.get()).unwrap_or(0)
}

fn count(bytes: i64) {
    let held = HELD.get() + bytes;
    HELD.set(held);
    if held > PEAK.get() {
        PEAK.set(held);
    }
}

fn is_large(layout: Layout) -> bool {
    layout.size() >= LARGE && layout.align() <= CACHE_LINE
}

/// The ordinary block that a large one is a part of.
fn whole(layout: Layout) -> Option<Layout> {
    Layout::from_size_align(layout.size().checked_add(CACHE_LINE)?, HEADER).ok()
}

/// The part of an ordinary block, null where there is none.
///
/// # Safety
/// `block` is null or begins one of a layout that [`whole`] gave.
unsafe fn part(block: *mut u8) -> *mut u8 {
    if block.is_null() {
        return block;
    }
    // At least a header's length, because the block is aligned to that.
    let offset = CACHE_LINE - block.addr() % CACHE_LINE;
    // SAFETY: the block is a cache line longer than what is handed out, and the header lies before that.
    unsafe {
        let part = block.add(offset);
        part.cast::<*mut u8>().sub(1).write(block);
        part
    }
}

// SAFETY: small blocks are the system's own. A large one is a part, of the size and alignment asked for, of one of the
// system's, found again by what was written before it.
unsafe impl GlobalAlloc for TensorAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !is_large(layout) {
            // SAFETY: the caller's promises are the system's.
            return checked(unsafe { System.alloc(layout) }, layout);
        }
        count(layout.size() as i64);
        // SAFETY: the whole is not of size zero.
        let block = whole(layout).map_or(std::ptr::null_mut(), |whole| unsafe { part(System.alloc(whole)) });
        checked(block, layout)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !is_large(layout) {
            // SAFETY: the caller's promises are the system's.
            return checked(unsafe { System.alloc_zeroed(layout) }, layout);
        }
        count(layout.size() as i64);
        // SAFETY: the whole is not of size zero.
        let block =
            whole(layout).map_or(std::ptr::null_mut(), |whole| unsafe { part(System.alloc_zeroed(whole)) });
        checked(block, layout)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: a large block was made by `part`, of a whole of this layout; any other by the system.
        unsafe {
            match whole(layout).filter(|_| is_large(layout)) {
                Some(whole) => {
                    count(-(layout.size() as i64));
                    System.dealloc(block.cast::<*mut u8>().sub(1).read(), whole);
                }
                None => System.dealloc(block, layout),
            }
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller promises a size that makes a layout.
        let new = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        if !is_large(layout) && !is_large(new) {
            // SAFETY: the block is the system's.
            return checked(unsafe { System.realloc(block, layout, new_size) }, new);
        }
        // SAFETY: both blocks hold the bytes that are copied, and the old one is freed once, with its own layout.
        unsafe {
            let moved = self.alloc(new);
            if !moved.is_null() {
                std::ptr::copy_nonoverlapping(block, moved, layout.size().min(new_size));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}

/// Keeps freed blocks for the next allocation rather than handing them back to the system, and says whether the C library does
/// so; to be called first in `main`.
///
/// A training step makes and drops the same large tensors again and again. By default the C library maps each of them again,
/// and the system clears every page at its first touch: a fifth of the whole time on Cora. Only Linux with the GNU C
/// library has this switch; elsewhere nothing is done and the answer is `false`. Results are the same either way.
pub fn keep_freed_blocks() -> bool {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // Some versions of the library refuse to keep blocks of more than half of what a thread's heap holds, 32 MiB.
        const LARGEST_KEPT: [libc::c_int; 2] = [1 << 30, 1 << 25];
        // SAFETY: a call sets one number of the allocator, or none.
        let set = |parameter, value| unsafe { libc::mallopt(parameter, value) == 1 };
        let kept = LARGEST_KEPT.into_iter().any(|bytes| set(libc::M_MMAP_THRESHOLD, bytes));
        set(libc::M_TRIM_THRESHOLD, libc::c_int::MAX) && kept
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    false
}

/// Bytes that were freed and are kept for the next allocation: the system counts them as taken, and they are not. 0 where the C
/// library does not tell.
pub fn freed_bytes() -> u64 {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // Looked up at run time: libraries before 2.33 do not have it.
        // SAFETY: the name ends in a zero byte, and looking one up changes nothing.
        let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"mallinfo2".as_ptr()) };
        if found.is_null() {
            return 0;
        }
        // SAFETY: this is the type of the function of that name, which takes nothing and returns numbers.
        let info = unsafe {
            std::mem::transmute::<*mut libc::c_void, unsafe extern "C" fn() -> libc::mallinfo2>(found)()
        };
        u64::try_from(info.fordblks).unwrap_or(0)
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[global_allocator]
    static ALLOCATOR: TensorAllocator = TensorAllocator;

    #[test]
    fn blocks_keep_their_bytes_as_they_grow_over_the_bound_and_shrink_back() {
        keep_freed_blocks();
        let mut bytes: Vec<u8> = Vec::new();
        for length in [10, 1000, LARGE - 1, LARGE, 3 * LARGE, 5 * LARGE + 7] {
            bytes.reserve_exact(length - bytes.len());
            bytes.extend((bytes.len()..length).map(|i| i as u8));
            let large = bytes.capacity() >= LARGE;
            assert!(!large || bytes.as_ptr().addr().is_multiple_of(CACHE_LINE), "{length} bytes");
        }
        for length in [2 * LARGE, LARGE - 5, 3] {
            bytes.truncate(length);
            bytes.shrink_to_fit();
            assert!(bytes.iter().enumerate().all(|(i, byte)| *byte == i as u8), "{length} bytes");
        }
    }

    #[test]
    fn the_peak_of_a_thread_is_the_most_it_held_at_a_time() {
        std::thread::spawn(|| {
            // A block that nobody could look at need not be allocated at all.
            let block = |length| std::hint::black_box(vec![1u8; length]);
            count_from_here();
            drop(block(3 * LARGE));
            let _kept = block(2 * LARGE);
            drop(block(2 * LARGE));
            let _small = block(LARGE - 1);
            assert_eq!(peak_of_thread(), 4 * LARGE as u64);
            count_from_here();
            assert_eq!(peak_of_thread(), 0);
        })
        .join()
        .unwrap();
    }

    #[test]
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn a_freed_block_is_counted() {
        const LENGTH: usize = 24 << 20;
        assert!(keep_freed_blocks());
        let before = freed_bytes();
        drop(std::hint::black_box(vec![1u8; LENGTH]));
        // Other tests take and free blocks at the same time, none as large.
        assert!(freed_bytes() > before + LENGTH as u64 / 2, "{before}");
    }

    #[test]
    fn zeroed_blocks_are_zero() {
        for length in [100, LARGE + 1] {
            drop(vec![7u8; length]);
            assert!(vec![0u8; length].iter().all(|byte| *byte == 0));
        }
    }
}
