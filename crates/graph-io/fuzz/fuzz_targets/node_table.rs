//! Bytes read as a file or folder by the reader of this name.
#![no_main]

#[path = "../../tests/malformed_input/entry.rs"]
mod entry;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = entry::read("node-table", bytes);
});
