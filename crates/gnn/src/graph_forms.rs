//! A graph in every form that a layer may ask for.

use std::sync::{Arc, OnceLock};

use burn::tensor::Device;
use graph_io::Graph;

use crate::{AttentionAdjacency, GcnAdjacency, MeanAdjacency, Neighbors, SumAdjacency};

/// A graph on a device, in every form that layers compute with; each is made when it is first asked for.
///
/// So whatever an encoder is made of, it is handed one object and pays for the forms it uses. A clone is the same object.
#[derive(Clone, Debug)]
pub struct GraphForms {
    forms: Arc<Forms>,
}

#[derive(Debug)]
struct Forms {
    graph: Arc<Graph>,
    device: Device,
    gcn: OnceLock<GcnAdjacency>,
    attention: OnceLock<AttentionAdjacency>,
    mean: OnceLock<MeanAdjacency>,
    sum: OnceLock<SumAdjacency>,
    neighbors: OnceLock<Neighbors>,
}

impl GraphForms {
    /// The forms of a graph on a device, none of them made yet.
    pub fn new(graph: impl Into<Arc<Graph>>, device: &Device) -> Self {
        let forms = Forms {
            graph: graph.into(),
            device: device.clone(),
            gcn: OnceLock::new(),
            attention: OnceLock::new(),
            mean: OnceLock::new(),
            sum: OnceLock::new(),
            neighbors: OnceLock::new(),
        };
        Self { forms: Arc::new(forms) }
    }

    /// Number of nodes.
    pub fn num_nodes(&self) -> usize {
        self.forms.graph.num_nodes()
    }

    /// Â of graph convolution.
    pub fn gcn(&self) -> &GcnAdjacency {
        self.make(&self.forms.gcn, GcnAdjacency::new)
    }

    /// Whom each node attends to: its neighbors and itself.
    pub fn attention(&self) -> &AttentionAdjacency {
        self.make(&self.forms.attention, AttentionAdjacency::new)
    }

    /// The means over neighbors.
    pub fn mean(&self) -> &MeanAdjacency {
        self.make(&self.forms.mean, MeanAdjacency::new)
    }

    /// The sums over neighbors.
    pub fn sum(&self) -> &SumAdjacency {
        self.make(&self.forms.sum, SumAdjacency::new)
    }

    /// The neighbors, without weights.
    pub fn neighbors(&self) -> &Neighbors {
        self.make(&self.forms.neighbors, Neighbors::new)
    }

    fn make<'a, F>(&'a self, form: &'a OnceLock<F>, new: fn(&Graph, &Device) -> F) -> &'a F {
        form.get_or_init(|| new(&self.forms.graph, &self.forms.device))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::graphs;

    #[test]
    fn a_form_is_made_once_and_clones_share_it() {
        let forms = GraphForms::new(graphs::path(3), &Device::flex());
        assert!(forms.forms.gcn.get().is_none());
        let copy = forms.clone();
        assert!(std::ptr::eq(forms.gcn(), copy.gcn()));
        assert!(forms.forms.mean.get().is_none());
        let nodes = [copy.mean().num_nodes(), copy.sum().num_nodes(), copy.neighbors().num_nodes()];
        assert_eq!((nodes, forms.num_nodes()), ([3; 3], 3));
    }
}
