//! The nodes in two dimensions.

use super::Chart;
use super::legend::{self, Key, LegendEntry};
use crate::page::{MapNode, Page};
use crate::palette::Ink;
use crate::scale;
use crate::scene::{Area, Marker, Scene};

/// A map stands by itself, so it is wider than other figures.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 500.0;

pub(crate) fn chart(page: &Page) -> Option<Chart> {
    let map = page.map.as_ref()?;
    let area = Area { x: 8.0, y: 8.0, width: WIDTH - 16.0, height: HEIGHT - 16.0 };
    let place = Placement::of(&map.nodes, &area)?;
    let mut scene = Scene::new(WIDTH, 0.0);
    scene.frame(area, 1.0, Ink::Grid);
    let diameter = match map.nodes.len() {
        0..=300 => 6.0,
        301..=1500 => 5.0,
        1501..=5000 => 3.8,
        5001..=20000 => 2.6,
        _ => 1.8,
    };
    let mut entries = Vec::new();
    for class in classes(&map.nodes) {
        let points: Vec<_> = map
            .nodes
            .iter()
            .filter(|node| node.class == class)
            .filter_map(|node| place.position(node.position))
            .collect();
        let (ink, marker, name) = match class {
            Some(class) => {
                (Ink::Class(class as usize), Marker::of_class(class as usize), page.class_name(class))
            }
            None => (Ink::NoClass, Marker::Circle, "no class".to_owned()),
        };
        scene.marks(points, marker, diameter, ink.at(0.85));
        entries.push(LegendEntry { name, ink, key: Key::Mark(marker) });
    }
    // One colour says nothing: nodes without any class need no key.
    if entries.len() > 1 || classes(&map.nodes).iter().any(Option::is_some) {
        scene.height =
            legend::draw(&mut scene, &entries, area.x + 4.0, area.bottom() + 10.0, area.width) + 6.0;
    } else {
        scene.height = HEIGHT;
    }
    let projection =
        if map.projection.is_empty() { String::new() } else { format!(" Projection: {}.", map.projection) };
    Some(Chart {
        name: "map",
        title: "The nodes in two dimensions".to_owned(),
        caption: format!(
            "A mark is a node, its colour its class. Better is one island a class; how far islands lie from each other \
             and how large they are means little.{projection}"
        ),
        scene,
        hover: None,
    })
}

/// The classes that nodes have, rising; those without one come first, so that they lie below.
fn classes(nodes: &[MapNode]) -> Vec<Option<u32>> {
    let mut classes: Vec<_> = nodes.iter().map(|node| node.class).collect();
    classes.sort_unstable();
    classes.dedup();
    classes
}

/// Where positions lie in a rectangle: both axes with one scale, the whole in the middle.
pub(crate) struct Placement {
    unit: f64,
    centre: [f64; 2],
    onto: [f64; 2],
}

impl Placement {
    /// The placement of nodes that fills `area`; nothing where no node has a place.
    pub(crate) fn of(nodes: &[MapNode], area: &Area) -> Option<Self> {
        let range = |axis: usize| {
            scale::range_of(nodes.iter().filter(|node| is_placed(node)).map(|node| node.position[axis]))
        };
        let ((left, right), (low, high)) = (range(0)?, range(1)?);
        let room = 0.94;
        let unit = (room * area.width / (right - left)).min(room * area.height / (high - low));
        Some(Self {
            // One node, or all in one place: any scale shows it in the middle.
            unit: if unit.is_finite() { unit } else { 1.0 },
            centre: [f64::midpoint(left, right), f64::midpoint(low, high)],
            onto: [area.x + area.width / 2.0, area.y + area.height / 2.0],
        })
    }

    /// Where a position lies, y downwards; nothing for one that is not of numbers.
    pub(crate) fn position(&self, [x, y]: [f64; 2]) -> Option<[f64; 2]> {
        (x.is_finite() && y.is_finite()).then(|| {
            [self.onto[0] + (x - self.centre[0]) * self.unit, self.onto[1] - (y - self.centre[1]) * self.unit]
        })
    }
}

fn is_placed(node: &MapNode) -> bool {
    node.position.iter().all(|x| x.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{NodeMap, SplitPart};

    fn node(x: f64, y: f64, class: Option<u32>) -> MapNode {
        MapNode { id: String::new(), position: [x, y], class, predicted: None, split: SplitPart::None }
    }

    const SQUARE: Area = Area { x: 0.0, y: 0.0, width: 100.0, height: 100.0 };

    #[test]
    fn both_axes_have_the_same_scale_and_y_grows_upwards() {
        let nodes = [node(-1.0, 10.0, None), node(1.0, 11.0, None)];
        let place = Placement::of(&nodes, &SQUARE).unwrap();
        assert_eq!(place.position([-1.0, 10.0]), Some([3.0, 73.5]));
        assert_eq!(place.position([1.0, 11.0]), Some([97.0, 26.5]));
        assert_eq!(place.position([f64::NAN, 0.0]), None);
    }

    #[test]
    fn a_single_node_lies_in_the_middle() {
        let place = Placement::of(&[node(7.0, 7.0, None)], &SQUARE).unwrap();
        assert_eq!(place.position([7.0, 7.0]), Some([50.0, 50.0]));
        assert!(Placement::of(&[node(f64::NAN, 0.0, None)], &SQUARE).is_none());
    }

    #[test]
    fn nodes_without_classes_are_drawn_without_a_key() {
        let page = |class| Page {
            map: Some(NodeMap { projection: String::new(), nodes: vec![node(0.0, 0.0, class)] }),
            ..Page::default()
        };
        assert_eq!(chart(&page(None)).unwrap().scene.height, HEIGHT);
        assert!(chart(&page(Some(3))).unwrap().scene.height > HEIGHT);
    }
}
