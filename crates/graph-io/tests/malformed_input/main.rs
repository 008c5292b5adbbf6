//! Malformed input: every reader is given thousands of broken ones, made from the small valid files in `corpus`.
//!
//! It must answer each within two seconds, with a graph or with an error in words that names the file, without a panic,
//! and with memory of at most ten times the bytes that are there and 16 MiB. A new format is tried by itself, once it
//! has a sample in `corpus/NAME`; a reader that is no format gets a line in `readers.rs`.
//!
//! `GRAPH_IO_FUZZ_CASES` is how many changes by chance each reader is given, `GRAPH_IO_FUZZ_READER` the only reader to
//! try, and `GRAPH_IO_FUZZ_SEEDS` a folder to write the samples to as the fuzz targets of this crate take them.
#![expect(clippy::unwrap_used, reason = "all of it is tests")]

mod archives;
mod damage;
mod entry;
mod memory;
mod mutate;
mod pickles;
mod places;
mod readers;
mod sample;
mod verdict;
mod worst;

use std::io::Write;
use std::path::Path;

use graph_io::format;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::archives::{gzip_bombs, gzipped, zips};
use crate::readers::Reader;
use crate::sample::{Sample, Stage, samples_of};
use crate::verdict::{Case, Tally};

const CASES: usize = 1000;

fn num_cases() -> usize {
    std::env::var("GRAPH_IO_FUZZ_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES)
}

/// Damaged forms of one file of a sample.
fn try_forms(tally: &mut Tally, reader: &Reader, stage: &Stage, file: usize, cases: usize, seed: u64) {
    let (name, content) = &stage.sample.files[file];
    let mut try_one = |what: &dyn Fn() -> String, bytes: &[u8]| {
        stage.with(file, bytes, |path, num_bytes| {
            let what = || format!("{}/{name}, {}", stage.sample.name, what());
            tally.judge(reader, &Case { path, num_bytes, what: &what });
        });
    };
    damage::cuts(content).for_each(|(what, bytes)| try_one(&|| what.clone(), &bytes));
    for (what, bytes) in damage::sizes(content, cases) {
        try_one(&|| what.clone(), &bytes);
    }
    for number in 0..cases {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(number as u64);
        try_one(&|| format!("change {number} of seed {seed}"), &mutate::mutate(content, &mut rng));
    }
    for (what, bytes) in gzipped(content) {
        try_one(&|| what.clone(), &bytes);
    }
}

/// Long damaged forms of one file of a sample, and what unpacks to long ones.
fn try_long_forms(tally: &mut Tally, reader: &Reader, stage: &Stage, file: usize) {
    let (name, content) = &stage.sample.files[file];
    let unpacked = gzip_bombs(content).into_iter().map(|(what, bytes)| {
        let num_bytes = bytes.len() + reader.max_unpacked(bytes.len()).min(archives::BOMB + content.len());
        (what, bytes, num_bytes)
    });
    let grown = damage::grown(content).into_iter().map(|(what, bytes)| {
        // What stands behind the head of a packed file is packed too.
        let unpacked = if bytes.starts_with(&[0x1f, 0x8b]) { reader.max_unpacked(bytes.len()) } else { 0 };
        let num_bytes = bytes.len() + unpacked;
        (what, bytes, num_bytes)
    });
    for (what, bytes, num_bytes) in grown.chain(unpacked) {
        stage.with(file, &bytes, |path, _| {
            let what = || format!("{}/{name}, {what}", stage.sample.name);
            let num_bytes = num_bytes + stage.sample.num_bytes();
            tally.judge(reader, &Case { path, num_bytes, what: &what });
        });
    }
}

fn try_zips(tally: &mut Tally, reader: &Reader, stage: &Stage) {
    for (what, bytes, content_bytes) in zips(&stage.sample) {
        // What comes out is bounded by what is packed, whatever is in there.
        let num_bytes = bytes.len() + content_bytes.min(reader.max_unpacked(bytes.len()));
        stage.with(0, &bytes, |path, _| {
            tally.judge(reader, &Case { path, num_bytes, what: &|| what.clone() });
        });
    }
}

fn samples(reader: &Reader, tally: &mut Tally) -> Vec<Stage> {
    let stages: Vec<Stage> = samples_of(&reader.name).into_iter().map(Stage::new).collect();
    assert!(!stages.is_empty(), "{}: no sample in tests/corpus", reader.name);
    for stage in &stages {
        let what = || format!("the sample {}", stage.sample.name);
        let case = Case { path: &stage.path(), num_bytes: stage.sample.num_bytes(), what: &what };
        if !tally.judge(reader, &case) {
            let message = (reader.read)(&stage.path()).err().map(|error| error.to_string());
            tally.failures.push(format!("{}: {} is refused: {message:?}", reader.name, what()));
        }
    }
    stages
}

#[test]
fn every_reader_answers_every_malformed_file() {
    let _alone = memory::alone();
    let mut failures = Vec::new();
    let mut table = String::from("reader           tried  accepted  most MiB  times its bytes  slowest\n");
    let only = std::env::var("GRAPH_IO_FUZZ_READER").ok();
    for reader in readers::all() {
        if only.as_ref().is_some_and(|only| *only != reader.name) {
            continue;
        }
        let mut tally = Tally::default();
        let stages = samples(&reader, &mut tally);
        let num_files: usize = stages.iter().map(|stage| stage.sample.files.len()).sum();
        for (seed, stage) in (1..).zip(&stages) {
            for file in 0..stage.sample.files.len() {
                try_forms(&mut tally, &reader, stage, file, num_cases().div_ceil(num_files), seed);
            }
        }
        // One sample at length: it takes most of the time.
        for file in 0..stages[0].sample.files.len() {
            try_long_forms(&mut tally, &reader, &stages[0], file);
        }
        try_zips(&mut tally, &reader, &stages[0]);
        places::try_all(&mut tally, &reader, &stages[0].sample);
        table += &format!(
            "{:<16}{:>6}{:>10}{:>10.1}{:>17.1}{:>8.2} s  {}\n",
            reader.name,
            tally.tried,
            tally.accepted,
            tally.most_memory as f64 / f64::from(1 << 20),
            tally.worst_ratio,
            tally.slowest,
            tally.worst_of
        );
        failures.extend(tally.failures);
    }
    // Not by a macro, whose output is kept back when all is well.
    std::io::stderr().write_all(table.as_bytes()).unwrap();
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

/// A sample as the bytes that stand for it.
fn packed(sample: &Sample) -> Vec<u8> {
    if !sample.is_folder {
        return sample.files[0].1.clone();
    }
    let files = sample.files.iter();
    files.flat_map(|(name, content)| [entry::FILE, name.as_bytes(), b"\n", content].concat()).collect()
}

#[test]
fn every_format_has_a_fuzz_target_that_reads_its_samples() {
    let _alone = memory::alone();
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = std::fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    let seeds = std::env::var_os("GRAPH_IO_FUZZ_SEEDS");
    let formats = format::all().iter().map(|format| format.name);
    for name in formats.chain(entry::OTHERS.iter().map(|(name, ..)| *name)) {
        let target = name.replace('-', "_");
        let source =
            std::fs::read_to_string(fuzz.join(format!("fuzz_targets/{target}.rs"))).unwrap_or_default();
        let wanted = format!("\"{name}\"");
        assert!(source.contains(&wanted), "{name}: write fuzz/fuzz_targets/{target}.rs like the others");
        assert!(manifest.contains(&format!("name = \"{target}\"")), "{target}: add it to fuzz/Cargo.toml");
        for sample in samples_of(name) {
            let bytes = packed(&sample);
            let read = entry::read(name, &bytes);
            assert!(read.is_ok(), "{name}: {}: {read:?}", sample.name);
            if let Some(seeds) = &seeds {
                let folder = Path::new(seeds).join(&target);
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(folder.join(sample.name), bytes).unwrap();
            }
        }
    }
}

#[test]
fn a_fuzz_target_reads_names_from_its_bytes_but_writes_nowhere_else() {
    let outside = std::env::temp_dir().join("graph-io-malformed-file");
    for name in ["../graph-io-malformed-file", "/tmp/graph-io-malformed-file", ".", "..", "", "a/b"] {
        let bytes = [entry::FILE, name.as_bytes(), b"\nx"].concat();
        assert!(entry::read("linqs", &bytes).is_err());
    }
    assert!(!outside.exists());
}
