//! Cross-entropy over the nodes whose class is known.

use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Tensor, TensorData};

use crate::TrainingLabels;

/// What the loss learns from, on a device: 1 / n in the row and column of each of n labels, zeros elsewhere, `[nodes, classes]`.
///
/// So the loss is a sum over a product: nothing is gathered, and its gradient is the same on every device in every run.
#[derive(Clone, Debug)]
pub struct Targets(Tensor<2>);

impl Targets {
    /// # Panics
    /// If there are no labels, not one class for each node, or one of either that is not there.
    pub(super) fn new(num_nodes: usize, labels: &TrainingLabels, device: &Device) -> Self {
        let TrainingLabels { nodes, classes, num_classes } = labels;
        assert!(!nodes.is_empty(), "Targets: no labels");
        assert_eq!(nodes.len(), classes.len(), "Targets: nodes and classes");
        let share = 1.0 / nodes.len() as f32;
        let mut targets = vec![0.0f32; num_nodes * num_classes];
        for (&node, &class) in nodes.iter().zip(classes) {
            let (node, class) = (node as usize, class as usize);
            assert!(
                node < num_nodes && class < *num_classes,
                "Targets: class {class} of {num_classes} for node {node} of {num_nodes}"
            );
            targets[node * num_classes + class] += share;
        }
        Self(Tensor::from_data(TensorData::new(targets, [num_nodes, *num_classes]), device))
    }
}

/// Cross-entropy −1/n Σᵢ log softmax(zᵢ)[yᵢ] over n labelled nodes, in nats; lower is better, log(classes) where all logits
/// are equal.
///
/// # Shapes
/// `logits` are `[nodes, classes]`, the loss is `[1]`.
pub(super) fn cross_entropy(logits: Tensor<2>, targets: &Targets) -> Tensor<1> {
    (log_softmax(logits, 1) * targets.0.clone()).sum().neg()
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::operators::{Input, assert_operator};

    fn labels() -> TrainingLabels {
        TrainingLabels { nodes: vec![4, 0, 2], classes: vec![1, 2, 2], num_classes: 3 }
    }

    #[test]
    fn the_value_and_its_gradient_agree_with_f64_loops() {
        assert_operator(
            "cross-entropy",
            &Device::flex(),
            &[Input::wavy([5, 3], 0.2)],
            |inputs| {
                let targets = Targets::new(5, &labels(), &inputs[0].device().inner());
                cross_entropy(inputs[0].clone(), &targets).reshape([1, 1])
            },
            |inputs| {
                let TrainingLabels { nodes, classes, .. } = labels();
                let terms = nodes.into_iter().zip(classes).map(|(node, class)| {
                    let row = &inputs[0][node as usize * 3..][..3];
                    row.iter().map(|z| z.exp()).sum::<f64>().ln() - row[class as usize]
                });
                vec![terms.sum::<f64>() / 3.0]
            },
        );
    }

    #[test]
    fn equal_logits_cost_the_logarithm_of_the_number_of_classes() {
        let device = Device::flex();
        let loss = cross_entropy(Tensor::full([5, 3], 7.0, &device), &Targets::new(5, &labels(), &device));
        assert!((loss.into_scalar::<f32>() - 3.0f32.ln()).abs() < 1e-6);
    }

    #[test]
    #[should_panic(expected = "Targets: class 2 of 3 for node 4 of 4")]
    fn refuses_a_node_that_is_not_there() {
        let labels = TrainingLabels { nodes: vec![4], classes: vec![2], num_classes: 3 };
        Targets::new(4, &labels, &Device::flex());
    }
}
