//! How fast a list of edges becomes a graph, beside what the machine can do and beside pandas with SciPy.
//!
//! `cargo bench -p graph-io --bench parse` makes a file of ten million lines of two numbers and reads it several times:
//! its lines alone, and up to the graph. With `-- --python PATH`, where PATH is a Python with pandas and SciPy, that one
//! reads the same file in turn. `-- --lines N` makes a file of another length, `-- --rmat` one with hubs and repeated
//! edges, `-- --weights` one with weights, `-- --names` one with ids that are no numbers.

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use graph_io::format::{self, ReadConfig};
use graph_io::{EdgePolicy, Graph, RawDataset};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

const RUNS: usize = 7;
const NUM_NODES: u32 = 1_000_000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name)?;
        arguments.get(place + 1).cloned()
    };
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    let num_lines = value("--lines").map_or(10_000_000, |lines| lines.parse().expect("a number of lines"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("edges.tsv");
    let content = Content {
        num_lines,
        is_rmat: has("--rmat"),
        has_weights: has("--weights"),
        has_names: has("--names"),
    };
    content.write(&path).expect("room for the file");

    let bytes = std::fs::metadata(&path).expect("the file").len() as f64;
    println!(
        "{num_lines} lines, {:.1} MB, {} threads, median of {RUNS} runs\n",
        bytes / 1e6,
        rayon::current_num_threads()
    );
    let row = |what: &str, cost: Cost| println!("{what:<28}{}", cost.shown(bytes));

    let load = median_cost(|| drop(black_box(std::fs::read(&path).expect("the file"))));
    row("file to memory", load);
    let content = std::fs::read(&path).expect("the file");
    let count = median_cost(|| {
        let lines = |chunk: &[u8]| memchr::memchr_iter(b'\n', chunk).count();
        black_box(content.par_chunks(1 << 20).map(lines).sum::<usize>());
    });
    drop(content);
    row("line ends counted", count);
    let parse = median_cost(|| drop(black_box(read(&path))));
    row("parsed", parse);
    println!(
        "{:28}{:.0} % of the limit: to memory, and line ends counted",
        "",
        100.0 * (load.wall + count.wall) / parse.wall
    );
    let whole = median_cost(|| drop(black_box(graph(read(&path)))));
    row("parsed and made a graph", whole);
    let made = graph(read(&path));
    let graph_bytes = (8 * made.num_arcs() + 8 * (made.num_nodes() + 1)) as f64;
    println!(
        "{:28}{} nodes, {} arcs, {:.1} MB; at most {:.2} times that in memory",
        "",
        made.num_nodes(),
        made.num_arcs(),
        graph_bytes / 1e6,
        whole.peak / graph_bytes
    );
    drop(made);
    if let Some(python) = value("--python") {
        beside_python(&python, &path, bytes);
    }
}

fn read(path: &Path) -> RawDataset {
    let format =
        format::all().iter().find(|format| format.name == "edge-list").expect("a format of this name");
    format.read(path, &ReadConfig::default()).expect("a list of edges")
}

fn graph(raw: RawDataset) -> Graph {
    Graph::from_arcs(raw.node_ids.len(), raw.arcs, EdgePolicy::default()).expect("a graph").0
}

/// Lines of two ids below a million, uniform or of an R-MAT graph (Chakrabarti and others, 2004).
struct Content {
    num_lines: usize,
    is_rmat: bool,
    has_weights: bool,
    has_names: bool,
}

impl Content {
    fn write(&self, path: &Path) -> std::io::Result<()> {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let mut out = BufWriter::with_capacity(1 << 20, std::fs::File::create(path)?);
        let letter = if self.has_names { "n" } else { "" };
        let mut line = String::new();
        for _ in 0..self.num_lines {
            let (from, to) = if self.is_rmat {
                rmat_edge(&mut rng)
            } else {
                (rng.random_range(0..NUM_NODES), rng.random_range(0..NUM_NODES))
            };
            line.clear();
            write!(line, "{letter}{from}\t{letter}{to}").expect("room in memory");
            if self.has_weights {
                write!(line, "\t{:.4}", rng.random_range(0.001..9.0)).expect("room in memory");
            }
            line.push('\n');
            out.write_all(line.as_bytes())?;
        }
        out.flush()
    }
}

fn rmat_edge(rng: &mut impl Rng) -> (u32, u32) {
    let (mut from, mut to) = (0, 0);
    for _ in 0..20 {
        let chance: f32 = rng.random();
        from = 2 * from + u32::from(chance >= 0.76);
        to = 2 * to + u32::from((0.57..0.76).contains(&chance) || chance >= 0.95);
    }
    (from, to)
}

/// What something took: seconds, seconds of all cores, and how many bytes more than before at its peak.
#[derive(Clone, Copy)]
struct Cost {
    wall: f64,
    cpu: f64,
    peak: f64,
}

impl Cost {
    fn shown(self, bytes: f64) -> String {
        format!(
            "{:7.3} s  {:7.0} MB/s  {:7.3} s of CPU  {:7.1} MB at the peak",
            self.wall,
            bytes / 1e6 / self.wall,
            self.cpu,
            self.peak / 1e6
        )
    }
}

fn cost(run: impl FnOnce()) -> Cost {
    let (before, cpu) = (process::reset_peak(), process::cpu_seconds());
    let start = Instant::now();
    run();
    let wall = start.elapsed().as_secs_f64();
    Cost { wall, cpu: process::cpu_seconds() - cpu, peak: process::peak_bytes() - before }
}

fn median_cost(mut run: impl FnMut()) -> Cost {
    run();
    let costs: Vec<Cost> = (0..RUNS).map(|_| cost(&mut run)).collect();
    let median = |part: fn(&Cost) -> f64| {
        let mut values: Vec<f64> = costs.iter().map(part).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    Cost { wall: median(|cost| cost.wall), cpu: median(|cost| cost.cpu), peak: median(|cost| cost.peak) }
}

/// What a user of Python writes; the time of its imports does not count.
const SCRIPT: &str = r#"
import resource, sys, time
import numpy, pandas, scipy.sparse
def status(name):
    for line in open("/proc/self/status"):
        if line.startswith(name):
            return 1024 * int(line.split()[1])
open("/proc/self/clear_refs", "w").write("5")
before = status("VmRSS")
wall, cpu = time.perf_counter(), time.process_time()
table = pandas.read_csv(sys.argv[1], sep="\t", header=None, dtype=int)
rows, columns = table[0].to_numpy(), table[1].to_numpy()
n = max(rows.max(), columns.max()) + 1
a = scipy.sparse.coo_matrix((numpy.ones(len(rows), numpy.float32), (rows, columns)), shape=(n, n)).tocsr()
a.data[:] = 1
a = a.maximum(a.T)
print(time.perf_counter() - wall, time.process_time() - cpu, status("VmHWM") - before)
"#;

fn beside_python(python: &str, path: &Path, bytes: f64) {
    println!();
    let mut ratios: [Vec<f64>; 3] = Default::default();
    for _ in 0..RUNS {
        let own = cost(|| drop(black_box(graph(read(path)))));
        let output = Command::new(python).args(["-c", SCRIPT]).arg(path).output().expect("a Python");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let numbers: Vec<f64> = String::from_utf8_lossy(&output.stdout)
            .split_whitespace()
            .map(|word| word.parse().expect("a number"))
            .collect();
        let other = Cost { wall: numbers[0], cpu: numbers[1], peak: numbers[2] };
        println!("here              {}", own.shown(bytes));
        println!("pandas and SciPy  {}", other.shown(bytes));
        ratios[0].push(other.wall / own.wall);
        ratios[1].push(other.cpu / own.cpu);
        ratios[2].push(other.peak / own.peak);
    }
    for (what, ratios) in ["wall time", "CPU time", "peak memory"].iter().zip(&mut ratios) {
        ratios.sort_by(f64::total_cmp);
        println!(
            "{what}: pandas and SciPy take {:.2} times as much, pairs from {:.2} to {:.2}",
            ratios[ratios.len() / 2],
            ratios[0],
            ratios[ratios.len() - 1]
        );
    }
}

#[cfg(target_os = "linux")]
mod process {
    /// Starts the peak of memory anew; gives what is in use.
    pub(super) fn reset_peak() -> f64 {
        let _ = std::fs::write("/proc/self/clear_refs", "5");
        status("VmRSS:")
    }

    pub(super) fn peak_bytes() -> f64 {
        status("VmHWM:")
    }

    fn status(name: &str) -> f64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
        1024.0 * kilobytes.unwrap_or(f64::NAN)
    }

    /// User and system time of all threads, in hundredths.
    pub(super) fn cpu_seconds() -> f64 {
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let behind_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let ticks = |place: usize| behind_name.split_whitespace().nth(place)?.parse::<f64>().ok();
        (ticks(11).unwrap_or(f64::NAN) + ticks(12).unwrap_or(f64::NAN)) / 100.0
    }
}

#[cfg(not(target_os = "linux"))]
mod process {
    pub(super) fn reset_peak() -> f64 {
        f64::NAN
    }

    pub(super) fn peak_bytes() -> f64 {
        f64::NAN
    }

    pub(super) fn cpu_seconds() -> f64 {
        f64::NAN
    }
}
