//! Curves over the epochs: loss, rates, accuracy on the validation nodes.

use std::collections::{BTreeMap, BTreeSet};

use super::frame::{AxisTitles, Frame};
use super::hover::{HoverCurve, Short};
use super::legend::{self, Key, LegendEntry};
use super::{Chart, Hover, WIDTH};
use crate::page::{Epoch, Page, SeedHistory};
use crate::palette::Ink;
use crate::scale::{self, Scale};
use crate::scene::{Area, Marker, Scene};

/// How many steps a curve has at most: more than there are pixels are not seen.
const MOST_STEPS: usize = 240;

/// A quantity that an epoch may have.
struct Quantity {
    name: &'static str,
    ink: Ink,
    of: fn(&Epoch) -> Option<f64>,
}

/// The quantities of one figure.
struct Panel {
    chart: &'static str,
    title: &'static str,
    y: &'static str,
    caption: &'static str,
    quantities: &'static [Quantity],
}

const PANELS: [Panel; 3] = [
    Panel {
        chart: "training-loss",
        title: "Loss over the epochs",
        y: "Loss",
        caption: "What training brings down. Lower is better, within one method: losses of two methods do not compare.",
        quantities: &[Quantity { name: "loss", ink: Ink::Accent, of: |epoch| Some(epoch.loss) }],
    },
    Panel {
        chart: "training-rates",
        title: "Rates over the epochs",
        y: "Rate in nats",
        caption: "How much room all nodes take together (expansion) and the groups each by itself (compression). The \
                  further apart, the better.",
        quantities: &[
            Quantity { name: "expansion", ink: Ink::Accent, of: |epoch| epoch.expansion },
            Quantity { name: "compression", ink: Ink::Contrast, of: |epoch| epoch.compression },
        ],
    },
    Panel {
        chart: "training-validation",
        title: "Accuracy on the validation nodes over the epochs",
        y: "Validation accuracy in %",
        caption: "The share of validation nodes that a probe on this epoch's embedding gets right. Higher is better.",
        quantities: &[Quantity {
            name: "validation accuracy",
            ink: Ink::Accent,
            of: |epoch| epoch.val_accuracy.map(|share| 100.0 * share),
        }],
    },
];

/// A figure for each panel that there is anything to show in.
pub(crate) fn charts(page: &Page) -> Vec<Chart> {
    PANELS.iter().filter_map(|panel| chart(panel, &page.history)).collect()
}

fn chart(panel: &Panel, history: &[SeedHistory]) -> Option<Chart> {
    let epochs = || history.iter().flat_map(|seed| &seed.epochs);
    let (first, last) = scale::range_of(epochs().map(|epoch| epoch.epoch as f64))?;
    let values =
        || epochs().flat_map(|epoch| panel.quantities.iter().filter_map(|quantity| (quantity.of)(epoch)));
    scale::range_of(values())?;

    let several = history.len() > 1;
    let line = |name: String, ink, tenths| LegendEntry { name, ink, key: Key::Line(tenths) };
    let mut entries = Vec::new();
    if panel.quantities.len() > 1 {
        entries
            .extend(panel.quantities.iter().map(|quantity| line(quantity.name.to_owned(), quantity.ink, 20)));
    } else if several {
        entries.push(line(format!("mean of {} seeds", history.len()), panel.quantities[0].ink, 20));
    }
    if several {
        entries.push(line("each seed".to_owned(), panel.quantities[0].ink, 8));
    }
    let with_kept = history.iter().any(|seed| seed.kept.is_some());
    if with_kept {
        entries.push(LegendEntry {
            name: "epoch that was kept".to_owned(),
            ink: Ink::Text,
            key: Key::Mark(Marker::Circle),
        });
    }

    let mut scene = Scene::new(WIDTH, 0.0);
    let top = legend::draw(&mut scene, &entries, 4.0, 2.0, WIDTH - 8.0) + 8.0;
    scene.height = top + 250.0;
    let outer = Area { x: 4.0, y: top, width: WIDTH - 8.0, height: 246.0 };
    let titles = AxisTitles { x: "Epoch", y: panel.y };
    let frame = Frame::draw(&mut scene, outer, Scale::linear(first, last), Scale::nice(values(), 5), &titles);

    let means: Vec<_> = panel.quantities.iter().map(|quantity| mean_of(history, quantity)).collect();
    let epochs: BTreeSet<usize> = means.iter().flat_map(BTreeMap::keys).copied().collect();
    let steps = thinned(epochs);
    let mut curves = Vec::new();
    for (quantity, mean) in panel.quantities.iter().zip(&means) {
        for seed in history.iter().filter(|_| several) {
            let of_epoch = |epoch: &Epoch| Some((epoch.epoch as f64, (quantity.of)(epoch)?));
            let shown = thinned(seed.epochs.iter().filter_map(of_epoch).collect::<Vec<_>>());
            for piece in frame.pieces(shown.into_iter()) {
                scene.line(piece, 1.0, quantity.ink.at(0.28));
            }
        }
        let shown = steps.iter().filter_map(|step| Some((*step as f64, *mean.get(step)?)));
        for piece in frame.pieces(shown) {
            scene.line(piece, 2.0, quantity.ink);
        }
        let kept = history
            .iter()
            .filter_map(|seed| {
                let epoch = seed.epochs.iter().find(|epoch| Some(epoch.epoch) == seed.kept)?;
                let value = (quantity.of)(epoch).filter(|value| value.is_finite())?;
                Some([frame.x.position(epoch.epoch as f64), frame.y.position(value)])
            })
            .collect::<Vec<_>>();
        if !kept.is_empty() {
            scene.marks(kept, Marker::Circle, 5.0, Ink::Text);
        }
        curves.push(HoverCurve {
            name: quantity.name.to_owned(),
            ink: quantity.ink.name(),
            values: steps.iter().map(|step| Short(mean.get(step).copied().unwrap_or(f64::NAN))).collect(),
        });
    }
    let hover = Hover::Lines {
        area: frame.area,
        axis: "epoch",
        range: [first, last],
        steps: steps.iter().map(|&step| step as f64).collect(),
        curves,
    };
    Some(Chart {
        name: panel.chart,
        title: panel.title.to_owned(),
        caption: panel.caption.to_owned(),
        scene,
        hover: Some(hover),
    })
}

/// The mean over the seeds that have the quantity in an epoch, for each epoch that any seed has it in.
fn mean_of(history: &[SeedHistory], quantity: &Quantity) -> BTreeMap<usize, f64> {
    let mut sums = BTreeMap::new();
    for epoch in history.iter().flat_map(|seed| &seed.epochs) {
        if let Some(value) = (quantity.of)(epoch) {
            let (sum, count) = sums.entry(epoch.epoch).or_insert((0.0, 0_u32));
            *sum += value;
            *count += 1;
        }
    }
    sums.into_iter().map(|(epoch, (sum, count))| (epoch, sum / f64::from(count))).collect()
}

/// No more than [`MOST_STEPS`] of the items and the last one, evenly chosen.
fn thinned<T>(items: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator>) -> Vec<T> {
    let items = items.into_iter();
    let stride = items.len().div_ceil(MOST_STEPS).max(1);
    let last = items.len().saturating_sub(1);
    items.enumerate().filter(|(i, _)| i % stride == 0 || *i == last).map(|(_, item)| item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed(seed: u64, losses: &[f64]) -> SeedHistory {
        let epochs = losses
            .iter()
            .enumerate()
            .map(|(i, &loss)| Epoch { epoch: i + 1, loss, ..Epoch::default() })
            .collect();
        SeedHistory { seed, epochs, kept: Some(2) }
    }

    #[test]
    fn a_method_without_rates_has_only_its_loss() {
        let page = Page { history: vec![seed(0, &[3.0, 2.0, 1.0])], ..Page::default() };
        assert_eq!(charts(&page).iter().map(|chart| chart.name).collect::<Vec<_>>(), ["training-loss"]);
        assert!(charts(&Page::default()).is_empty());
    }

    #[test]
    fn the_mean_is_over_the_seeds_that_reached_an_epoch() {
        let history = [seed(0, &[3.0, 2.0, 1.0]), seed(1, &[5.0])];
        assert_eq!(
            mean_of(&history, &PANELS[0].quantities[0]),
            BTreeMap::from([(1, 4.0), (2, 2.0), (3, 1.0)])
        );
    }

    #[test]
    fn a_loss_that_is_never_a_number_has_no_figure() {
        let page = Page { history: vec![seed(0, &[f64::NAN, f64::INFINITY])], ..Page::default() };
        assert!(charts(&page).is_empty());
    }

    #[test]
    fn long_trainings_are_thinned_to_their_end() {
        let thinned = thinned(0..5001);
        assert!(thinned.len() <= MOST_STEPS + 1);
        assert_eq!(thinned.last(), Some(&5000));
        assert_eq!(super::thinned(0..3), [0, 1, 2]);
        assert!(super::thinned(0..0).is_empty());
    }
}
