//! Files damaged in ways worth trying one by one.

use std::ops::Range;

use crate::mutate::{NUMBERS, numbers, spliced};

/// A few bytes to change in place of a file's, or a whole other file, and what it is.
pub(crate) type Damaged = (String, Vec<u8>);

/// How long a file may be for each of its bytes to be cut at.
const EACH_BYTE: usize = 1024;
/// Where files tell how much follows: at their start, and, in archives, at their end.
const HEADER: usize = 200;
/// How long files are that were made long.
const GROWN: usize = 2 << 20;

/// The file cut at every byte, or at a thousand of them.
pub(crate) fn cuts(bytes: &[u8]) -> impl Iterator<Item = Damaged> + '_ {
    let step = bytes.len().div_ceil(EACH_BYTE).max(1);
    (0..bytes.len()).step_by(step).map(|len| (format!("cut at byte {len}"), bytes[..len].to_vec()))
}

/// Every number of the head, as text and as binary words, is something else; of the words at most `max_places`.
pub(crate) fn sizes(bytes: &[u8], max_places: usize) -> Vec<Damaged> {
    let mut forms = Vec::new();
    for number in numbers(&bytes[..bytes.len().min(2 * HEADER)]) {
        for number_as_text in NUMBERS.iter().copied().chain(["1048576"]) {
            let what = format!("the number at byte {} is {number_as_text:?}", number.start);
            forms.push((what, spliced(bytes, number.clone(), number_as_text.as_bytes())));
        }
    }
    let is_text = std::str::from_utf8(bytes).is_ok_and(|text| !text.contains('\0'));
    if is_text {
        return forms;
    }
    let head = 0..bytes.len().min(HEADER);
    let tail = bytes.len().saturating_sub(HEADER).max(head.end)..bytes.len();
    let places: Vec<usize> = head.chain(tail).collect();
    for &at in places.iter().step_by(places.len().div_ceil(max_places.max(1)).max(1)) {
        forms.extend(words(bytes, at));
    }
    forms
}

fn words(bytes: &[u8], at: usize) -> impl Iterator<Item = Damaged> + '_ {
    let put = move |word: &[u8]| {
        let range: Range<usize> = at..(at + word.len()).min(bytes.len());
        let word = &word[..range.len()];
        (format!("the bytes from {at} are {word:02x?}"), spliced(bytes, range, word))
    };
    let short = [u32::MAX, i32::MAX as u32, 1 << 20, 1 << 28].into_iter();
    let short = short.flat_map(|word| [word.to_le_bytes(), word.to_be_bytes()]);
    let long = [u64::MAX, i64::MAX as u64, 1 << 40].into_iter().map(u64::to_le_bytes);
    short.map(move |word| put(&word)).chain(long.map(move |word| put(&word)))
}

/// Long files: lines of the sample over and over, as they are and with numbers that count; lines that do not end; and
/// everything that opens and never closes.
pub(crate) fn grown(bytes: &[u8]) -> Vec<Damaged> {
    let mut forms = Vec::new();
    let lines: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').collect();
    let mut tried = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        // Lines of one shape grow to the same file.
        let shape: Vec<u8> =
            line.iter().map(|byte| if byte.is_ascii_digit() { b'0' } else { *byte }).collect();
        if tried.contains(&shape) || tried.len() == 6 {
            continue;
        }
        tried.push(shape);
        let (before, after) = (lines[..at].concat(), lines[at + 1..].concat());
        let repeated = line.repeat(GROWN / line.len());
        forms.push((format!("line {} over and over", at + 1), [&before, &repeated[..], &after].concat()));
        let mut counted = Vec::with_capacity(GROWN);
        let mut count = 1000;
        while counted.len() < GROWN {
            let mut last = 0;
            for number in numbers(line) {
                counted.extend_from_slice(&line[last..number.start]);
                counted.extend_from_slice(count.to_string().as_bytes());
                (last, count) = (number.end, count + 1);
            }
            counted.extend_from_slice(&line[last..]);
        }
        forms.push((format!("line {} with other numbers", at + 1), [&before, &counted[..], &after].concat()));
    }
    for middle in [0, bytes.len() / 2, bytes.len()] {
        for open in [
            "[", "{", "(", "<a>", "<!--", "\"", "{\"a\":", "[[0,", "graph [ ", "&lt;", "1", "\n", " ", ",",
            "\0",
        ] {
            let what = format!("{open:?} over and over at byte {middle}");
            let many = open.repeat(GROWN / 2 / open.len());
            forms.push((what, spliced(bytes, middle..middle, many.as_bytes())));
        }
    }
    forms
}
