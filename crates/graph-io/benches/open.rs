//! How long it takes until a graph of 10⁷ edges can be used: mapped from a folder, and read whole.
//!
//!     cargo bench -p graph-io --bench open [-- EDGES]
//!
//! "Cold" asks the system, by `dd`, to drop the folder's pages first; where there is no `dd` it is as warm.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use graph_io::{
    ArcMeaning, Arcs, EdgePolicy, Features, Graph, LoadConfig, MappedDataset, NodeDataset, NodeDatasetParts,
    format, load_with,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const D_INPUT: usize = 16;

fn main() -> anyhow::Result<()> {
    let num_edges = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(10_000_000);
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("graph");
    let dataset = random_dataset(num_edges, num_edges / 10)?;
    let form = format::all().iter().find(|form| form.name == "graph-folder");
    let start = Instant::now();
    form.expect("the format is built in").write(&dataset, &path)?;
    let bytes = path.read_dir()?.map(|file| Ok(file?.metadata()?.len())).sum::<std::io::Result<u64>>()?;
    let graph = dataset.graph();
    println!(
        "{} nodes, {} edges, {D_INPUT} features: {:.0} MB, written in {:.2?}",
        graph.num_nodes(),
        graph.num_edges(),
        bytes as f64 / 1e6,
        start.elapsed()
    );
    drop(dataset);

    let rows = [0, 1, 2].map(|third| third * (num_edges / 10 - 1) as u32 / 2);
    // SAFETY: the folder is this benchmark's own, and nothing changes it once it is written.
    let open = || -> anyhow::Result<MappedDataset> { Ok(unsafe { MappedDataset::open(&path) }?) };
    let open_and_look = || -> anyhow::Result<usize> {
        let mapped = open()?;
        mapped.features(rows[1])?;
        let mut num_neighbors = 0;
        for row in rows {
            num_neighbors += mapped.neighbors(row)?.len();
        }
        Ok(num_neighbors)
    };
    let cold = median(9, || drop_pages(&path), open)?;
    println!("MappedDataset::open: {cold:.2?} cold, {:.2?} warm", median(99, || Ok(()), open)?);
    let cold = median(9, || drop_pages(&path), open_and_look)?;
    let warm = median(99, || Ok(()), open_and_look)?;
    println!("with 3 rows and one of features: {cold:.2?} cold, {warm:.2?} warm");

    let before = mapped_kilobytes();
    let mapped = open()?;
    let opened = mapped_kilobytes();
    println!("pages of files in memory: {} kB more by opening", opened.saturating_sub(before));
    let checked = median(3, || Ok(()), || Ok(mapped.check()?))?;
    let copied = median(3, || Ok(()), || Ok(mapped.to_dataset()?))?;
    println!("check: {checked:.2?}; to_dataset, checked: {copied:.2?}");
    let name = path.to_string_lossy();
    let loaded = median(3, || Ok(()), || Ok(load_with(&name, &LoadConfig::default())?))?;
    println!("load, checked and cleaned: {loaded:.2?}");
    Ok(())
}

fn random_dataset(num_edges: usize, num_nodes: usize) -> anyhow::Result<NodeDataset> {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let mut ends = || (0..num_edges).map(|_| rng.random_range(0..num_nodes as u32)).collect();
    let arcs = Arcs { from: ends(), to: ends(), weights: None, meaning: ArcMeaning::Undirected };
    let (graph, _) = Graph::from_arcs(num_nodes, arcs, EdgePolicy::default())?;
    let features =
        ndarray::Array2::from_shape_fn((num_nodes, D_INPUT), |(row, column)| (row + column) as f32);
    Ok(NodeDataset::from_parts(NodeDatasetParts::new(graph, Features::Dense(features)))?)
}

fn median<T>(
    num_runs: usize,
    prepare: impl Fn() -> anyhow::Result<()>,
    run: impl Fn() -> anyhow::Result<T>,
) -> anyhow::Result<Duration> {
    let mut times = Vec::with_capacity(num_runs);
    for _ in 0..num_runs {
        prepare()?;
        let start = Instant::now();
        std::hint::black_box(run()?);
        times.push(start.elapsed());
    }
    times.sort_unstable();
    Ok(times[num_runs / 2])
}

fn drop_pages(folder: &Path) -> anyhow::Result<()> {
    for file in folder.read_dir()? {
        let path = file?.path();
        std::fs::File::open(&path)?.sync_all()?;
        let input = format!("if={}", path.display());
        // Reads nothing, and tells the system that the pages of the file are not needed.
        let dropped =
            Command::new("dd").args([&input, "iflag=nocache", "count=0"]).stderr(Stdio::null()).status();
        drop(dropped);
    }
    Ok(())
}

/// How much of mapped files is in this process's memory, where the system tells.
fn mapped_kilobytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssFile:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok()).unwrap_or(0)
}
