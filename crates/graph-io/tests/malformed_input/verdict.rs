//! What every reader owes every file: an answer, soon, in words, and within its memory.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Mutex, Once, PoisonError};
use std::time::{Duration, Instant};

use graph_io::{CleaningPolicy, Error, NodeDataset};

use crate::entry::MAX_MESSAGE;
use crate::memory;
use crate::readers::{Read, Reader};

/// A reader may hold this many times the bytes of its files, and what cleans the graph then as much again.
const MAX_RATIO: usize = 10;
/// And this much, whatever their size.
const FLOOR: usize = 16 << 20;
/// What a clean data set may take for each node beyond that, as a file may say no more of a node than that it is there.
const BYTES_A_NODE: usize = 128;
/// A file may only declare this many nodes, or as many as it has bytes.
const MAX_DECLARED: usize = 1 << 20;
const MAX_SECONDS: f64 = 2.0;
/// After this the process is ended.
const HANGS: Duration = Duration::from_secs(60);
const MAX_FAILURES: usize = 12;

static CURRENT: Mutex<Option<(String, Instant)>> = Mutex::new(None);

/// What became of the files given to a reader.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) tried: usize,
    pub(crate) accepted: usize,
    /// The most memory for each byte, of files of a quarter MiB and more.
    pub(crate) worst_ratio: f64,
    pub(crate) worst_of: String,
    pub(crate) most_memory: usize,
    pub(crate) slowest: f64,
    pub(crate) failures: Vec<String>,
}

/// What is read: its path, the bytes that are there to read, packed or not, and what it is for a message.
pub(crate) struct Case<'a> {
    pub(crate) path: &'a Path,
    pub(crate) num_bytes: usize,
    pub(crate) what: &'a dyn Fn() -> String,
}

impl Tally {
    /// Reads a path and holds the answer to what is owed; whether it was accepted.
    pub(crate) fn judge(&mut self, reader: &Reader, case: &Case<'_>) -> bool {
        watch();
        let name = || format!("{}: {}", reader.name, (case.what)());
        set_current(Some((name(), Instant::now())));
        let (mut outcome, mut seconds) = timed(|| judge(reader, case));
        if seconds > MAX_SECONDS {
            // The machine may have been busy with something else: what counts is the work.
            let before = work_seconds();
            (outcome, seconds) = timed(|| judge(reader, case));
            let work = work_seconds() - before;
            seconds = if work > 0.0 { seconds.min(work) } else { seconds };
        }
        set_current(None);
        self.tried += 1;
        self.accepted += usize::from(outcome.accepted);
        self.slowest = self.slowest.max(seconds);
        self.most_memory = self.most_memory.max(outcome.peak);
        let ratio = outcome.peak as f64 / case.num_bytes.max(1) as f64;
        if case.num_bytes >= 1 << 18 && ratio > self.worst_ratio {
            (self.worst_ratio, self.worst_of) = (ratio, (case.what)());
        }
        if seconds > MAX_SECONDS {
            outcome.faults.push(format!("took {seconds:.1} s"));
        }
        if !outcome.faults.is_empty() && self.failures.len() < MAX_FAILURES {
            let kept = keep(&reader.name, self.failures.len(), case.path);
            self.failures.push(format!("{}: {} ({kept})", name(), outcome.faults.join("; ")));
        }
        outcome.accepted
    }
}

fn timed<T>(call: impl FnOnce() -> T) -> (T, f64) {
    let start = Instant::now();
    let result = call();
    (result, start.elapsed().as_secs_f64())
}

/// Seconds that the cores have worked for this process, up to a hundredth; 0 where the system does not say.
fn work_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: Vec<f64> = after_name.split(' ').skip(12).take(2).flat_map(str::parse).collect();
    if ticks.len() == 2 { (ticks[0] + ticks[1]) / 100.0 } else { 0.0 }
}

#[derive(Default)]
struct Outcome {
    accepted: bool,
    peak: usize,
    faults: Vec<String>,
}

fn judge(reader: &Reader, case: &Case<'_>) -> Outcome {
    let mut outcome = Outcome::default();
    let budget = MAX_RATIO * case.num_bytes + FLOOR;
    let (read, peak) = memory::peak_of(|| catch_unwind(AssertUnwindSafe(|| (reader.read)(case.path))));
    outcome.peak = peak;
    let (cleaned, own) = match read {
        Err(_) => {
            outcome.faults.push("panicked while reading".to_string());
            return outcome;
        }
        Ok(Err(error)) => {
            outcome.within(peak, budget, "reading");
            outcome.message(&error, Some(case.path));
            return outcome;
        }
        Ok(Ok(Read::Other)) => {
            outcome.within(peak, budget, "reading");
            outcome.accepted = true;
            return outcome;
        }
        Ok(Ok(Read::Dataset(dataset))) => {
            outcome.within(peak, budget + BYTES_A_NODE * dataset.graph().num_nodes(), "reading");
            (Ok(Ok(dataset)), 0)
        }
        Ok(Ok(Read::Raw(raw))) => {
            outcome.within(peak, budget, "reading");
            outcome.accepted = true;
            let num_nodes = raw.node_ids.len();
            if num_nodes > MAX_DECLARED.max(case.num_bytes) {
                outcome.faults.push(format!("{num_nodes} nodes from {} bytes", case.num_bytes));
                return outcome;
            }
            let policy = CleaningPolicy::default();
            let (cleaned, peak) = memory::peak_of(|| catch_unwind(AssertUnwindSafe(|| raw.clean(&policy))));
            outcome.peak = outcome.peak.max(peak);
            (cleaned, peak.saturating_sub(BYTES_A_NODE * num_nodes))
        }
    };
    outcome.within(own, budget, "cleaning");
    match cleaned {
        Err(_) => outcome.faults.push("panicked while cleaning".to_string()),
        Ok(Err(error)) => outcome.message(&error, None),
        Ok(Ok(dataset)) => outcome.dataset(&dataset, case.num_bytes),
    }
    outcome
}

impl Outcome {
    fn within(&mut self, peak: usize, budget: usize, doing: &str) {
        if peak > budget {
            self.faults.push(format!("held {peak} bytes while {doing}, of at most {budget}"));
        }
    }

    /// A message must say something, in some words, and in which file; one about parts that do not fit may come later.
    fn message(&mut self, error: &Error, path: Option<&Path>) {
        let message = error.to_string();
        if message.trim().is_empty() || message.len() >= MAX_MESSAGE {
            self.faults.push(format!("a message of {} bytes", message.len()));
        }
        let names = path.map(names_in).unwrap_or_default();
        if path.is_some() && !names.iter().any(|name| message.contains(name.as_str())) {
            self.faults.push(format!("a message that names no file: {message}"));
        }
    }

    fn dataset(&mut self, dataset: &NodeDataset, num_bytes: usize) {
        self.accepted = true;
        let num_nodes = dataset.graph().num_nodes();
        if num_nodes > MAX_DECLARED.max(num_bytes) {
            self.faults.push(format!("{num_nodes} nodes from {num_bytes} bytes"));
        }
    }
}

/// The names that a message about a path may show: its own, any in its folder by the whole path, and those in it where
/// it is a folder.
fn names_in(path: &Path) -> Vec<String> {
    let own = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let folder = path.parent().unwrap_or(path).display().to_string();
    let mut names = vec![folder, own];
    add_names(path, &mut names);
    names
}

fn add_names(folder: &Path, names: &mut Vec<String>) {
    let Ok(entries) = folder.read_dir() else { return };
    for entry in entries.flatten() {
        names.push(entry.file_name().to_string_lossy().into_owned());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            add_names(&entry.path(), names);
        }
    }
}

/// Keeps what made a reader fail; says where.
fn keep(reader: &str, number: usize, path: &Path) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{reader}-{number}"));
    let _ = std::fs::remove_dir_all(&folder);
    let copy = |from: &Path| {
        let name = from.file_name().unwrap_or_default();
        std::fs::create_dir_all(&folder).and_then(|()| std::fs::copy(from, folder.join(name)))
    };
    match path.read_dir() {
        Ok(entries) => entries.flatten().for_each(|entry| drop(copy(&entry.path()))),
        Err(_) => drop(copy(path)),
    }
    format!("kept in {}", folder.display())
}

fn set_current(case: Option<(String, Instant)>) {
    *CURRENT.lock().unwrap_or_else(PoisonError::into_inner) = case;
}

/// What is being read just now, for a process that is about to end.
pub(crate) fn last_words() {
    if let Ok(current) = CURRENT.try_lock()
        && let Some((case, _)) = &*current
    {
        eprintln!("while reading {case}");
    }
}

/// Ends the process when a reader does not come back.
fn watch() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        std::thread::spawn(|| {
            loop {
                std::thread::sleep(Duration::from_secs(1));
                let current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some((case, start)) = &*current
                    && start.elapsed() > HANGS
                {
                    eprintln!("no answer after {} s: {case}", HANGS.as_secs());
                    std::process::abort();
                }
            }
        });
    });
}

#[test]
fn what_a_reader_does_not_keep_to_is_found_and_said() {
    let _alone = memory::alone();
    let folder = crate::sample::scratch();
    let path = folder.path().join("a.txt");
    std::fs::write(&path, "0 1\n").unwrap();
    let fault = |read: fn(&Path) -> Result<Read, Error>| {
        let mut tally = Tally::default();
        let reader = Reader { name: "fake".into(), read: Box::new(read), has_limit: false };
        tally.judge(&reader, &Case { path: &path, num_bytes: 4, what: &|| "a sample".to_string() });
        tally.failures.pop().unwrap_or_default()
    };
    assert_eq!(fault(|_| Ok(Read::Other)), "");
    assert!(fault(|_| panic!("a slip")).starts_with("fake: a sample: panicked while reading (kept in "));
    let hungry = fault(|_| {
        drop(vec![1u8; FLOOR + 100]);
        Ok(Read::Other)
    });
    assert!(hungry.contains("bytes while reading, of at most 16777256"), "{hungry}");
    let nameless =
        fault(|_| Err(Error::Invalid { what: "a".into(), expected: "b".into(), found: "c".into() }));
    assert!(nameless.contains("a message that names no file: a: expected b, found c"), "{nameless}");
    let long = fault(|path| {
        let found = path.display().to_string().repeat(MAX_MESSAGE);
        Err(Error::Invalid { what: "a".into(), expected: "b".into(), found })
    });
    assert!(long.contains("a message of "), "{long}");
}
