//! A graph laid out in the plane, as a picture.

use std::fmt::Write;

use evaluation::Rows;
use graph_io::NodeDataset;
use layout::{
    Graph, Layout, PivotMdsConfig, Placement, Stress, TsneConfig, TsnetConfig, neighborhood_preservation,
    trustworthiness_of_graph,
};
use ndarray::ArrayView2;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use report::{LinkedNode, NodeLink, Plot, node_link_plot};
use serde::Serialize;

use crate::error::Error;

/// Neighborhoods of so many edges are compared with the nearest points.
const HOPS: usize = 2;
/// Nearest points whose trustworthiness is found.
const NEAREST: usize = 12;
/// The quality of larger graphs is not found: all pairs of nodes are compared.
const MOST_COMPARED: usize = 30_000;

/// How the nodes of a graph get their places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphLayout {
    /// tsNET*: shortest paths, from a start by PivotMDS.
    TsnetStar,
    /// tsNET: shortest paths, from a random start.
    Tsnet,
    /// PivotMDS: lengths of shortest paths.
    PivotMds,
}

impl GraphLayout {
    /// The names of all.
    pub const NAMES: [&str; 3] = ["tsnet-star", "tsnet", "pivot-mds"];

    /// The one of a name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "tsnet-star" => Self::TsnetStar,
            "tsnet" => Self::Tsnet,
            "pivot-mds" => Self::PivotMds,
            _ => return None,
        })
    }

    /// Its name in a picture.
    pub fn title(self) -> &'static str {
        match self {
            Self::TsnetStar => "tsNET*",
            Self::Tsnet => "tsNET",
            Self::PivotMds => "PivotMDS",
        }
    }
}

/// How good a layout is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LayoutQuality {
    /// The normalised stress at the best scale, lower is better.
    pub stress: f64,
    /// The mean Jaccard index of the neighbors within two edges and as many nearest points.
    pub neighborhood_preservation: f64,
    /// The trustworthiness of the 12 nearest points; none for a graph of too few nodes.
    pub trustworthiness: Option<f64>,
}

/// A graph with places for its nodes.
#[derive(Clone, Debug)]
pub struct LaidOut {
    /// The places.
    pub placement: Placement,
    /// How good they are; none for more than 30 000 nodes.
    pub quality: Option<LayoutQuality>,
}

impl LaidOut {
    /// Lays out a graph by its edges. The same seed gives the same bits, on any number of threads.
    ///
    /// # Errors
    /// A graph that the layout cannot take.
    pub fn by_edges(dataset: &NodeDataset, layout: GraphLayout, seed: u64) -> Result<Self, Error> {
        let (starts, neighbors) = csr(dataset);
        let graph = Graph::from_csr(&starts, neighbors)?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        // Fewer nodes have no neighborhoods of 40.
        let perplexity = TsnetConfig::default().perplexity.min((graph.num_nodes() as f64 - 1.0) / 3.0);
        let placement = match layout {
            GraphLayout::TsnetStar if perplexity > 1.0 => {
                TsnetConfig { perplexity, ..TsnetConfig::star() }.place(&graph, &mut rng)?
            }
            GraphLayout::Tsnet if perplexity > 1.0 => {
                TsnetConfig { perplexity, ..TsnetConfig::default() }.place(&graph, &mut rng)?
            }
            _ => PivotMdsConfig::default().place(&graph, &mut rng)?,
        };
        let quality = quality(&graph, &placement);
        Ok(Self { placement, quality })
    }

    /// Lays out a graph by t-SNE of the rows of an embedding.
    ///
    /// # Errors
    /// Rows that t-SNE cannot take.
    pub fn by_rows(dataset: &NodeDataset, rows: ArrayView2<'_, f32>, seed: u64) -> Result<Self, Error> {
        let (starts, neighbors) = csr(dataset);
        let graph = Graph::from_csr(&starts, neighbors)?;
        let tsne = TsneConfig::default();
        let perplexity = tsne.perplexity.min((rows.nrows() as f64 - 1.0) / 3.0);
        let rows = Rows::dense(rows).scaled_to_unit_length();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let placement = TsneConfig { perplexity, ..tsne }.place(&rows, &mut rng)?;
        let quality = quality(&graph, &placement);
        Ok(Self { placement, quality })
    }

    /// The picture: nodes in the colors of their classes, edges between them.
    pub fn picture(&self, dataset: &NodeDataset, title: String) -> NodeLink {
        let points = &self.placement.points;
        let labels = dataset.labels();
        let node = |node: u32| LinkedNode {
            position: [points[[node as usize, 0]], points[[node as usize, 1]]],
            class: labels.and_then(|labels| labels.class(node)),
        };
        let num_nodes = dataset.graph().num_nodes() as u32;
        let edges = (0..num_nodes).flat_map(|from| {
            let later = dataset.graph().neighbors(from).iter().filter(move |to| **to > from);
            later.map(move |to| [from, *to])
        });
        NodeLink {
            title,
            nodes: (0..num_nodes).map(node).collect(),
            edges: edges.collect(),
            classes: labels.map(|labels| labels.class_names().to_vec()).unwrap_or_default(),
        }
    }

    /// The picture as a figure; nothing without nodes.
    pub fn plot(&self, dataset: &NodeDataset, title: String) -> Option<Plot> {
        node_link_plot(&self.picture(dataset, title))
    }

    /// A table with the place of each node: `node_id,x,y`.
    pub fn to_csv(&self, dataset: &NodeDataset) -> String {
        let mut text = String::from("node_id,x,y\n");
        for (id, point) in dataset.node_ids().iter().zip(self.placement.points.rows()) {
            let id = crate::clusters::csv_cell(id);
            writeln!(text, "{id},{},{}", point[0], point[1]).expect("text has room");
        }
        text
    }
}

fn csr(dataset: &NodeDataset) -> (Vec<usize>, &[u32]) {
    let adjacency = dataset.graph().adjacency();
    (adjacency.proper_indptr().into_owned(), adjacency.indices())
}

fn quality(graph: &Graph<'_>, placement: &Placement) -> Option<LayoutQuality> {
    if graph.num_nodes() > MOST_COMPARED {
        return None;
    }
    let points = placement.points.view();
    Some(LayoutQuality {
        stress: Stress::of(graph, points).normalized,
        neighborhood_preservation: neighborhood_preservation(graph, points, HOPS),
        trustworthiness: trustworthiness_of_graph(graph, points, NEAREST).ok(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn karate_is_laid_out_by_each_method_and_drawn_with_every_edge() {
        let karate = graph_io::load("karate", None).unwrap();
        for name in GraphLayout::NAMES {
            let layout = GraphLayout::named(name).unwrap();
            let laid_out = LaidOut::by_edges(&karate, layout, 0).unwrap();
            let quality = laid_out.quality.unwrap();
            assert!(quality.stress < 0.2 && quality.neighborhood_preservation > 0.4, "{name}: {quality:?}");
            let picture = laid_out.picture(&karate, String::new());
            assert_eq!((picture.nodes.len(), picture.edges.len()), (34, 78));
            assert_eq!(laid_out.to_csv(&karate).lines().count(), 35);
        }
        let rows = ndarray::Array2::from_shape_fn((34, 3), |(i, j)| ((i * 3 + j) as f32).sin());
        let laid_out = LaidOut::by_rows(&karate, rows.view(), 0).unwrap();
        assert!(laid_out.quality.unwrap().trustworthiness.is_some());
    }
}
