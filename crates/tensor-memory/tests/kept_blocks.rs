//! Freed blocks are kept, seen in the counts of the C library. The only test of its process: the counts are the process's.

#![cfg(all(target_os = "linux", target_env = "gnu"))]

/// Blocks that the allocator mapped by themselves and that are still held.
fn mapped_blocks() -> usize {
    // SAFETY: the call reads the allocator's own counts.
    unsafe { libc::mallinfo2() }.hblks
}

#[test]
fn large_blocks_are_no_longer_mapped_by_themselves() {
    let length = 24 << 20;
    let before = mapped_blocks();
    let block = std::hint::black_box(vec![1u8; length]);
    assert_eq!((mapped_blocks(), block[length - 1]), (before + 1, 1), "by default a large block is mapped");
    drop(block);

    assert!(tensor_memory::keep_freed_blocks(), "the C library refused");
    let block = std::hint::black_box(vec![1u8; length]);
    assert_eq!((mapped_blocks(), block[length - 1]), (before, 1));
}
