//! The figures, a file each: from a part of the page to a drawing with its words.

mod angles;
mod class_cosines;
mod confusion;
mod cost;
mod frame;
mod grid;
mod hover;
mod legend;
mod map;
mod node_cosines;
mod node_link;
mod per_class;
mod spectrum;
mod training;
mod water_filling;

pub(crate) use cost::chart as cost;
pub(crate) use hover::Hover;
pub(crate) use map::Placement;
pub(crate) use node_link::chart as node_link;
pub(crate) use water_filling::chart as water_filling;

use crate::page::Page;
use crate::scene::Scene;

/// The width of a figure that has another one beside it.
const WIDTH: f64 = 420.0;

/// A figure: its drawing and its words.
#[derive(Clone, Debug)]
pub(crate) struct Chart {
    /// Unique on the page; the name of its files.
    pub(crate) name: &'static str,
    /// What it shows, in a line.
    pub(crate) title: String,
    /// How to read it, and which way is better.
    pub(crate) caption: String,
    pub(crate) scene: Scene,
    /// What the pointer is told.
    pub(crate) hover: Option<Hover>,
}

/// The part of a page that a figure belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Map,
    Graph,
    Training,
    Geometry,
    Predictions,
}

/// The figures of a section that the page has data for, in the order in which they are read.
pub(crate) fn of(page: &Page, section: Section) -> Vec<Chart> {
    match section {
        Section::Map => map::chart(page).into_iter().collect(),
        Section::Graph => page.graph.as_ref().and_then(node_link).into_iter().collect(),
        Section::Training => {
            let closed_form = page.water_filling.as_ref().and_then(water_filling);
            training::charts(page).into_iter().chain(closed_form).collect()
        }
        Section::Geometry => [
            spectrum::chart(page),
            class_cosines::chart(page),
            node_cosines::chart(page),
            angles::smallest(page),
            angles::pairs(page),
        ]
        .into_iter()
        .flatten()
        .collect(),
        Section::Predictions => {
            [confusion::chart(page), per_class::chart(page)].into_iter().flatten().collect()
        }
    }
}

/// Every figure of the page.
pub(crate) fn all(page: &Page) -> Vec<Chart> {
    [Section::Map, Section::Graph, Section::Training, Section::Geometry, Section::Predictions]
        .into_iter()
        .flat_map(|section| of(page, section))
        .collect()
}
