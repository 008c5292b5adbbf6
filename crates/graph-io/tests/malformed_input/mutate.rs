//! Files with something changed by chance.

use std::ops::Range;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// What is put in place of a number.
pub(crate) const NUMBERS: [&str; 24] = [
    "0",
    "-0",
    "1",
    "-1",
    "007",
    "+3",
    "255",
    "65536",
    "1048577",
    "2147483647",
    "2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999999999999999",
    "1e308",
    "1e999",
    "NaN",
    "-inf",
    "0x10",
    "",
];

const BYTES: [u8; 16] =
    [0, 0xff, 0x7f, 0x80, b'-', b'9', b'.', b'\n', b'\r', b'\t', b' ', b'"', b'[', b'{', b'<', b','];

/// Where numbers stand in a text: digits, with a sign and a point if they have them.
pub(crate) fn numbers(bytes: &[u8]) -> Vec<Range<usize>> {
    let is_part = |byte: u8| byte.is_ascii_digit() || byte == b'.' || byte == b'-';
    let mut found = Vec::new();
    let mut start = 0;
    for (at, &byte) in bytes.iter().enumerate().chain(std::iter::once((bytes.len(), &b' '))) {
        if !is_part(byte) {
            if bytes[start..at].iter().any(u8::is_ascii_digit) {
                found.push(start..at);
            }
            start = at + 1;
        }
    }
    found
}

/// These bytes with a range of them replaced.
pub(crate) fn spliced(bytes: &[u8], range: Range<usize>, by: &[u8]) -> Vec<u8> {
    [&bytes[..range.start], by, &bytes[range.end..]].concat()
}

/// One to four changes.
pub(crate) fn mutate(original: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for _ in 0..rng.random_range(1..=4) {
        bytes = change(bytes, rng);
    }
    bytes
}

fn change(mut bytes: Vec<u8>, rng: &mut ChaCha8Rng) -> Vec<u8> {
    if bytes.is_empty() {
        return vec![rng.random_range(0..=255u8)];
    }
    let len = bytes.len();
    let at = rng.random_range(0..len);
    let range = at..(at + rng.random_range(1..=16)).min(len);
    match rng.random_range(0..12) {
        0 => bytes[at] ^= 1 << rng.random_range(0..8u8),
        1 => bytes[at] = BYTES[rng.random_range(0..BYTES.len())],
        2 => bytes[at] = rng.random_range(0..=255u8),
        3 => drop(bytes.drain(range)),
        4 => {
            let copy = bytes[range].to_vec();
            let to = rng.random_range(0..=len);
            bytes.splice(to..to, copy);
        }
        5 => {
            let added: Vec<u8> = (0..rng.random_range(1..=8)).map(|_| rng.random_range(0..=255u8)).collect();
            bytes.splice(at..at, added);
        }
        6 | 7 => {
            let numbers = numbers(&bytes);
            if !numbers.is_empty() {
                let number = numbers[rng.random_range(0..numbers.len())].clone();
                bytes.splice(number, NUMBERS[rng.random_range(0..NUMBERS.len())].bytes());
            }
        }
        8 => swap_lines(&mut bytes, rng),
        9 => {
            let invalid: &[&[u8]] = &[b"\xc3\x28", b"\xff\xfe", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\0"];
            bytes.splice(at..at, invalid[rng.random_range(0..invalid.len())].iter().copied());
        }
        10 => bytes = bytes.split(|&byte| byte == b'\n').collect::<Vec<_>>().join(&b"\r\n"[..]),
        _ => bytes.truncate(at),
    }
    bytes
}

fn swap_lines(bytes: &mut Vec<u8>, rng: &mut ChaCha8Rng) {
    let mut lines: Vec<&[u8]> = bytes.split(|&byte| byte == b'\n').collect();
    let (a, b) = (rng.random_range(0..lines.len()), rng.random_range(0..lines.len()));
    match rng.random_range(0..3) {
        0 => lines.swap(a, b),
        1 => drop(lines.remove(a)),
        _ => lines.insert(a, lines[b]),
    }
    *bytes = lines.join(&b'\n');
}

#[test]
fn numbers_are_found_with_their_signs_and_points() {
    let text = b"a1 -2.5,x 30";
    let found: Vec<&[u8]> = numbers(text).into_iter().map(|range| &text[range]).collect();
    assert_eq!(found, [&b"1"[..], b"-2.5", b"30"]);
}
