//! Accuracy against cost: the data of a figure.

use crate::charts;
use crate::plot::Plot;

/// What a method gives and costs.
#[derive(Clone, Debug, PartialEq)]
pub struct CostPoint {
    /// Its name.
    pub name: String,
    /// Processor seconds of a run.
    pub cpu_seconds: f64,
    /// Accuracy on the test nodes, in [0, 1].
    pub accuracy: f64,
    /// Its sample standard deviation, where there are several runs.
    pub std: Option<f64>,
    /// What it learns from.
    pub kind: CostKind,
}

/// What a method learns from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CostKind {
    /// Nothing.
    Baseline,
    /// The graph.
    Unsupervised,
    /// Labels too; it is not compared with the others.
    Supervised,
}

/// The methods on one data set.
#[derive(Clone, Debug, PartialEq)]
pub struct CostPanel {
    /// The data set and the split.
    pub title: String,
    /// The methods, in any order.
    pub points: Vec<CostPoint>,
}

/// A panel for each data set, side by side: accuracy over the logarithm of processor time, a label beside each point, and a line
/// through the methods of which no other is cheaper and better. Points without a cost above 0 are left out; nothing where none is
/// left.
pub fn cost_plot(panels: &[CostPanel]) -> Option<Plot> {
    charts::cost(panels).map(Plot::from)
}
