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

/// A block of at least so many bytes begins at a cache line.
const LARGE: usize = 1 << 16;
const CACHE_LINE: usize = 64;

/// The system's allocator with large blocks aligned to cache lines.
///
/// The C library aligns to 16 bytes, so that each load of a whole vector of 64 bytes touches two cache lines: a fifth of
/// the time of a sparse product over a large graph.
pub struct TensorAllocator;

fn aligned(layout: Layout) -> Layout {
    if layout.size() < LARGE {
        return layout;
    }
    layout.align_to(CACHE_LINE).unwrap_or(layout)
}

// SAFETY: every call is passed to `System` with a layout of the same size and at least the same alignment, and a block's
// layout is made anew in the same way when it is freed.
unsafe impl GlobalAlloc for TensorAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises hold for the aligned layout too.
        unsafe { System.alloc(aligned(layout)) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(aligned(layout)) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block came from `System` with this aligned layout.
        unsafe { System.dealloc(block, aligned(layout)) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller promises a size that makes a layout.
        let new = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        if aligned(layout).align() == aligned(new).align() {
            // SAFETY: the block came from `System` with this aligned layout.
            return unsafe { System.realloc(block, aligned(layout), new_size) };
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

/// Keeps freed blocks for the next allocation rather than handing them back to the system; to be called first in `main`.
///
/// A training step makes and drops the same large tensors again and again. By default the C library maps each of them anew,
/// and the system clears every page at its first touch: a fifth of the whole time on Cora. Only Linux with the GNU C
/// library has this switch; elsewhere nothing is done.
pub fn keep_freed_blocks() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        const LARGEST_KEPT: libc::c_int = 1 << 30;
        // SAFETY: these calls set two numbers of the allocator.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, LARGEST_KEPT);
            libc::mallopt(libc::M_TRIM_THRESHOLD, libc::c_int::MAX);
        }
    }
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
    fn zeroed_blocks_are_zero() {
        for length in [100, LARGE + 1] {
            drop(vec![7u8; length]);
            assert!(vec![0u8; length].iter().all(|byte| *byte == 0));
        }
    }
}
