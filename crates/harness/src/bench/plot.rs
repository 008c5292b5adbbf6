//! A comparison as a figure: accuracy against processor time.

use embedders::MethodKind;
use report::{CostKind, CostPanel, CostPoint, Plot, cost_plot};

use super::job::JobScores;
use super::summary::GroupSummary;

/// A panel for each data set and protocol; nothing where no run has both an accuracy and a cost.
pub(super) fn plot(groups: &[GroupSummary]) -> Option<Plot> {
    let mut panels: Vec<CostPanel> = Vec::new();
    for group in groups {
        let title = format!("{}, {}", group.job.dataset, group.protocol());
        let Some(point) = point(group) else { continue };
        match panels.iter_mut().find(|panel| panel.title == title) {
            Some(panel) => panel.points.push(point),
            None => panels.push(CostPanel { title, points: vec![point] }),
        }
    }
    cost_plot(&panels)
}

fn point(group: &GroupSummary) -> Option<CostPoint> {
    let accuracy = group.over_seeds(|scores: &JobScores| scores.test_acc)?;
    let cost = group.over_seeds(|scores: &JobScores| scores.cpu_seconds)?;
    let kind = match group.variant().method.info().kind {
        MethodKind::Baseline => CostKind::Baseline,
        MethodKind::Unsupervised => CostKind::Unsupervised,
        MethodKind::Supervised { .. } => CostKind::Supervised,
    };
    let name = group.variant().title();
    Some(CostPoint { name, cpu_seconds: cost.mean, accuracy: accuracy.mean, std: accuracy.std, kind })
}
