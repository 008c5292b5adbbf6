//! Bytes read as a file or folder of the format.
#![no_main]

#[path = "../../tests/malformed_input/entry.rs"]
mod entry;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = entry::read("matrix-market", bytes);
});
