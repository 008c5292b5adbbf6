//! What both sides run.

use std::path::Path;

use graph_io::Features;
use ndarray::{Array1, Array2};
use ndarray_npy::write_npy;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::graphs::{Reach, graph};
use crate::steps::Input;

/// One kind of step on one graph.
pub(crate) struct Task {
    pub(crate) name: String,
    /// Its name and widths, as both workers read them.
    parameters: Value,
    pub(crate) input: Source,
    /// In which forms PyTorch Geometric gets features and adjacency: that of its examples, then its fastest.
    pub(crate) forms: &'static [[&'static str; 2]],
    /// Steps of a run.
    pub(crate) steps: usize,
}

/// Where a task's graph comes from.
#[derive(Clone, Copy)]
pub(crate) enum Source {
    Cora,
    /// Five edges a node, anywhere, and dense features of this width.
    Random {
        num_nodes: usize,
        d_input: usize,
    },
    /// Ten edges a node, within some places.
    Local {
        num_nodes: usize,
        places: u32,
    },
}

const EXAMPLES: [&str; 2] = ["dense", "edge_index"];
const FASTEST: [&str; 2] = ["sparse", "csr"];
const DENSE_CSR: [&str; 2] = ["dense", "csr"];

pub(crate) fn all() -> Vec<Task> {
    let cora = |name: &str, parameters, forms, steps| Task {
        name: name.to_string(),
        parameters,
        input: Source::Cora,
        forms,
        steps,
    };
    let mut tasks = vec![
        cora(
            "GCN encoder, Cora, 1433 → 1024 → 512",
            json!({ "task": "gcn", "d_hidden": 1024, "d_output": 512 }),
            &[EXAMPLES, FASTEST],
            4,
        ),
        cora("DGI, Cora, 512", json!({ "task": "dgi", "d_output": 512 }), &[EXAMPLES, FASTEST], 5),
        cora(
            "GAT, Cora, 8 heads × 8",
            json!({ "task": "gat", "d_output": 7, "attention_dropout": 0.6 }),
            &[EXAMPLES],
            20,
        ),
        Task {
            name: "Â X, 10⁶ nodes, 10⁷ edges within 500 places, 128 columns".to_string(),
            parameters: json!({ "task": "spmm", "width": 128 }),
            input: Source::Local { num_nodes: 1_000_000, places: 500 },
            forms: &[DENSE_CSR],
            steps: 1,
        },
    ];
    for (num_nodes, steps) in [(2_000, 20), (20_000, 5), (200_000, 1), (2_000_000, 1)] {
        tasks.push(Task {
            name: format!("GCN encoder, {num_nodes} nodes, 64 → 64 → 64"),
            parameters: json!({ "task": "gcn", "d_hidden": 64, "d_output": 64 }),
            input: Source::Random { num_nodes, d_input: 64 },
            forms: &[DENSE_CSR],
            steps,
        });
    }
    tasks
}

impl Source {
    pub(crate) fn input(self) -> Input {
        match self {
            Self::Cora => Input::cora(),
            Self::Random { num_nodes, d_input } => random(num_nodes, d_input),
            Self::Local { num_nodes, places } => Input {
                graph: graph(num_nodes, 10, Reach::Within(places)),
                features: Features::Dense(Array2::zeros((num_nodes, 0))),
            },
        }
    }
}

fn random(num_nodes: usize, d_input: usize) -> Input {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let features = Array2::from_shape_simple_fn((num_nodes, d_input), || rng.random::<f32>() - 0.5);
    Input { graph: graph(num_nodes, 5, Reach::Anywhere), features: Features::Dense(features) }
}

impl Task {
    /// The settings as a worker reads them.
    pub(crate) fn settings(&self, data: &Path, threads: usize, form: [&str; 2]) -> Value {
        let mut settings = self.parameters.clone();
        let input = self.input.input();
        settings["data"] = json!(data);
        settings["source"] = json!(self.name);
        settings["threads"] = json!(threads);
        settings["seed"] = json!(0);
        settings["features"] = json!(form[0]);
        settings["adjacency"] = json!(form[1]);
        settings["x_dims"] = json!([input.graph.num_nodes(), input.features.d_input()]);
        settings
    }

    /// Writes the graph and the features where PyTorch Geometric reads them.
    pub(crate) fn write_data(&self, folder: &Path) -> anyhow::Result<()> {
        write_input(&self.input.input(), folder)
    }
}

/// Writes a graph and its features where PyTorch Geometric reads them.
pub(crate) fn write_input(input: &Input, folder: &Path) -> anyhow::Result<()> {
    let adjacency = input.graph.adjacency();
    let mut arcs = Array2::<i64>::zeros((2, adjacency.nnz()));
    for (arc, (_, (from, to))) in adjacency.iter().enumerate() {
        (arcs[[0, arc]], arcs[[1, arc]]) = (i64::from(from), i64::from(to));
    }
    write_npy(folder.join("edge_index.npy"), &arcs)?;
    match &input.features {
        Features::Dense(x) => write_npy(folder.join("x.npy"), x)?,
        Features::Sparse(x) => {
            let row_ptr: Array1<i64> = x.proper_indptr().iter().map(|start| *start as i64).collect();
            let columns: Array1<i64> = x.indices().iter().map(|column| i64::from(*column)).collect();
            write_npy(folder.join("x_row_ptr.npy"), &row_ptr)?;
            write_npy(folder.join("x_columns.npy"), &columns)?;
            write_npy(folder.join("x_values.npy"), &Array1::from(x.data().to_vec()))?;
        }
    }
    Ok(())
}
