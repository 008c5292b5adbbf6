//! gzip and zip files that unpack to more, or to something else, than they should.

use std::io::Write;

use flate2::write::{DeflateEncoder, GzEncoder};
use flate2::{Compression, Crc};

use crate::sample::Sample;

/// What comes out of a bomb.
pub(crate) const BOMB: usize = 64 << 20;

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap()
}

/// Packed forms of a file: whole, cut, in pieces, twice, and with other bytes behind.
pub(crate) fn gzipped(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let whole = gzip(bytes);
    let half = bytes.len() / 2;
    let mut wrong = whole.clone();
    let at = wrong.len() - 4;
    wrong[at..].copy_from_slice(&u32::MAX.to_le_bytes());
    vec![
        ("gzip, cut".into(), whole[..whole.len() / 2].to_vec()),
        ("gzip, the header alone".into(), whole[..10].to_vec()),
        ("gzip in two members".into(), [gzip(&bytes[..half]), gzip(&bytes[half..])].concat()),
        ("gzip of gzip".into(), gzip(&whole)),
        ("gzip and other bytes".into(), [&whole[..], b"other bytes"].concat()),
        ("gzip of a length that is not so".into(), wrong),
        ("gzip".into(), whole),
    ]
}

/// Packed forms of a few million equal bytes behind a file.
pub(crate) fn gzip_bombs(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let bomb = |fill: &[u8]| gzip(&[bytes, &fill.repeat(BOMB / fill.len())].concat());
    vec![("gzip bomb of zeros".into(), bomb(b"\0")), ("gzip bomb of lines".into(), bomb(b"1 2\n"))]
}

/// An entry of a zip file.
#[derive(Clone, Copy)]
struct Entry<'a> {
    name: &'a str,
    content: &'a [u8],
    /// What the file says how long the content is.
    told_len: u32,
}

/// A zip file by hand: libraries write no wrong ones.
fn zip(entries: &[Entry<'_>]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        let packed = encoder.write_all(entry.content).and_then(|()| encoder.finish()).unwrap();
        let mut crc = Crc::new();
        crc.update(entry.content);
        let mut fields = vec![20, 0, 0, 0, 8, 0, 0, 0, 0, 0];
        fields.extend(crc.sum().to_le_bytes());
        fields.extend((packed.len() as u32).to_le_bytes());
        fields.extend(entry.told_len.to_le_bytes());
        fields.extend((entry.name.len() as u16).to_le_bytes());
        fields.extend([0, 0]);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&fields);
        directory.extend([0; 10]);
        directory.extend((out.len() as u32).to_le_bytes());
        directory.extend(entry.name.as_bytes());
        out.extend(b"PK\x03\x04");
        out.extend(&fields);
        out.extend(entry.name.as_bytes());
        out.extend(&packed);
    }
    let start = out.len() as u32;
    let count = (entries.len() as u16).to_le_bytes();
    out.extend(&directory);
    out.extend([b"PK\x05\x06\0\0\0\0", &count[..], &count[..]].concat());
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

/// A zip file that says in its larger end, that of 64 bits, how many entries it has, behind some other bytes.
fn zip64(entries: &[Entry<'_>], told_count: u64, num_before: usize) -> Vec<u8> {
    let mut out = vec![b'x'; num_before];
    out.extend(zip(entries));
    let short_end = out.split_off(out.len() - 22);
    let field = |at: usize| u64::from(u32::from_le_bytes(short_end[at..at + 4].try_into().unwrap()));
    let long_end = (out.len() - num_before) as u64;
    out.extend(b"PK\x06\x06");
    out.extend(44u64.to_le_bytes());
    out.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for number in [told_count, told_count, field(12), field(16)] {
        out.extend(number.to_le_bytes());
    }
    out.extend(b"PK\x06\x07\0\0\0\0");
    out.extend(long_end.to_le_bytes());
    out.extend(1u32.to_le_bytes());
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend([0xff; 12]);
    out.extend([0, 0]);
    out
}

/// The names and contents of what a sample holds: the entries of a zip file, or its own files.
fn parts(sample: &Sample) -> Vec<(String, Vec<u8>)> {
    let content = &sample.files[0].1;
    match zip::ZipArchive::new(std::io::Cursor::new(content)) {
        Ok(mut archive) => (0..archive.len())
            .map(|index| {
                let mut entry = archive.by_index(index).unwrap();
                let mut bytes = Vec::new();
                std::io::Read::read_to_end(&mut entry, &mut bytes).unwrap();
                (entry.name().unwrap().into_owned(), bytes)
            })
            .collect(),
        Err(_) => sample.files.clone(),
    }
}

/// Zip files of a sample's parts, and how many bytes are in them: with their names elsewhere, twice, of other lengths than
/// they say, and with a bomb in one of them.
pub(crate) fn zips(sample: &Sample) -> Vec<(String, Vec<u8>, usize)> {
    let parts = parts(sample);
    let entries: Vec<Entry<'_>> =
        parts.iter().map(|(name, content)| Entry { name, content, told_len: content.len() as u32 }).collect();
    let num_bytes: usize = parts.iter().map(|(_, content)| content.len()).sum();
    let mut files = Vec::new();
    let mut add = |what: &str, entries: &[Entry<'_>], num_bytes: usize| {
        files.push((format!("zip {what}"), zip(entries), num_bytes));
    };
    add("of the parts", &entries, num_bytes);
    add("of nothing", &[], 0);
    for prefix in ["../", "/", "a/b/../../../", "C:\\", "\0"] {
        let names: Vec<String> = parts.iter().map(|(name, _)| format!("{prefix}{name}")).collect();
        let moved = names.iter().zip(&entries).map(|(name, entry)| Entry { name, ..*entry });
        add(&format!("with names that begin {prefix:?}"), &moved.collect::<Vec<_>>(), num_bytes);
    }
    let twice: Vec<Entry<'_>> = [&entries[..], &entries[..]].concat();
    add("with every part twice", &twice, 2 * num_bytes);
    for told_len in [0, 1, u32::MAX, i32::MAX as u32] {
        let wrong: Vec<Entry<'_>> = entries.iter().map(|entry| Entry { told_len, ..*entry }).collect();
        add(&format!("with parts that say they have {told_len} bytes"), &wrong, num_bytes);
    }
    for at in 0..entries.len().min(8) {
        let long = [entries[at].content, &vec![0; BOMB]].concat();
        let mut bombs = entries.clone();
        bombs[at] = Entry { content: &long, told_len: long.len() as u32, ..bombs[at] };
        add(&format!("with a bomb as {:?}", entries[at].name), &bombs, num_bytes + BOMB);
        bombs[at].told_len = entries[at].told_len;
        add(&format!("with a bomb as {:?} that says it is none", entries[at].name), &bombs, num_bytes + BOMB);
    }
    for count in [entries.len() as u64, 0, 0xffff, 200_000, 1 << 32, u64::MAX] {
        for before in [0, 1000, 200_000] {
            let what = format!("zip of 64 bits that says it has {count} entries, behind {before} bytes");
            files.push((what, zip64(&entries, count, before), num_bytes));
        }
    }
    let mut many = zip(&entries);
    let end = many.len() - 22;
    many[end + 8..end + 12].fill(0xff);
    files.push(("zip that says it has 65535 entries".into(), many, num_bytes));
    files
}
