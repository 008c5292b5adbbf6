//! How the program's memory is kept.

/// Keeps freed blocks for the next allocation rather than handing them back to the system.
///
/// A training step makes and drops the same large tensors again and again. By default the C library maps each of them anew,
/// and the system clears every page at its first touch: a fifth of the whole time on Cora. Only Linux with the GNU C
/// library has this switch; elsewhere nothing is done.
pub(crate) fn keep_freed_blocks() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        const LARGEST_KEPT: libc::c_int = 1 << 30;
        // SAFETY: these calls set two numbers of the allocator; they come first in `main`, before any thread is started.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, LARGEST_KEPT);
            libc::mallopt(libc::M_TRIM_THRESHOLD, libc::c_int::MAX);
        }
    }
}
