//! The nodes in two dimensions.

use super::Chart;
use super::legend::{self, Key, LegendEntry};
use crate::page::Page;
use crate::palette::Ink;
use crate::scale;
use crate::scene::{Area, Marker, Scene};

/// A map stands by itself, so it is wider than other figures.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 500.0;

pub(crate) fn chart(page: &Page) -> Option<Chart> {
    let map = page.map.as_ref()?;
    let area = Area { x: 8.0, y: 8.0, width: WIDTH - 16.0, height: HEIGHT - 16.0 };
    let place = Placement::of(map.nodes.iter().map(|node| node.position), &area)?;
    let mut scene = Scene::new(WIDTH, 0.0);
    scene.frame(area, 1.0, Ink::Grid);
    let diameter = match map.nodes.len() {
        0..=300 => 6.0,
        301..=1500 => 5.0,
        1501..=5000 => 3.8,
        5001..=20000 => 2.6,
        _ => 1.8,
    };
    let placed = map.nodes.iter().filter_map(|node| Some((node.class, place.position(node.position)?)));
    let entries =
        draw_nodes(&mut scene, &placed.collect::<Vec<_>>(), diameter, |class| page.class_name(class));
    // One colour says nothing: nodes without any class need no key.
    let any_class = map.nodes.iter().any(|node| node.class.is_some());
    scene.height = if any_class { draw_classes(&mut scene, &entries, &area) } else { HEIGHT };
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

/// Draws nodes of each class with their mark, and gives the entries of a legend. Classes rise; nodes without one come first, so
/// that they lie below.
pub(super) fn draw_nodes(
    scene: &mut Scene,
    nodes: &[(Option<u32>, [f64; 2])],
    diameter: f64,
    class_name: impl Fn(u32) -> String,
) -> Vec<LegendEntry> {
    let mut classes: Vec<_> = nodes.iter().map(|(class, _)| *class).collect();
    classes.sort_unstable();
    classes.dedup();
    let mut entries = Vec::new();
    for class in classes {
        let own = nodes.iter().filter(|(other, _)| *other == class).map(|(_, point)| *point);
        let (ink, marker, name) = match class {
            Some(class) => (Ink::Class(class as usize), Marker::of_class(class as usize), class_name(class)),
            None => (Ink::NoClass, Marker::Circle, "no class".to_owned()),
        };
        scene.marks(own.collect(), marker, diameter, ink.at(0.85));
        entries.push(LegendEntry { name, ink, key: Key::Mark(marker) });
    }
    entries
}

/// Draws the legend below `area` and gives the height of the whole.
pub(super) fn draw_classes(scene: &mut Scene, entries: &[LegendEntry], area: &Area) -> f64 {
    legend::draw(scene, entries, area.x + 4.0, area.bottom() + 10.0, area.width) + 6.0
}

/// Where positions lie in a rectangle: both axes with one scale, the whole in the middle.
pub(crate) struct Placement {
    unit: f64,
    centre: [f64; 2],
    onto: [f64; 2],
}

impl Placement {
    /// The placement of positions that fills `area`; nothing where none is of numbers.
    pub(crate) fn of(positions: impl Iterator<Item = [f64; 2]> + Clone, area: &Area) -> Option<Self> {
        let range =
            |axis: usize| scale::range_of(positions.clone().filter(is_placed).map(|position| position[axis]));
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

fn is_placed(position: &[f64; 2]) -> bool {
    position.iter().all(|x| x.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{MapNode, NodeMap, SplitPart};

    fn node(x: f64, y: f64, class: Option<u32>) -> MapNode {
        MapNode { id: String::new(), position: [x, y], class, predicted: None, split: SplitPart::None }
    }

    const SQUARE: Area = Area { x: 0.0, y: 0.0, width: 100.0, height: 100.0 };

    #[test]
    fn both_axes_have_the_same_scale_and_y_grows_upwards() {
        let place = Placement::of([[-1.0, 10.0], [1.0, 11.0]].into_iter(), &SQUARE).unwrap();
        assert_eq!(place.position([-1.0, 10.0]), Some([3.0, 73.5]));
        assert_eq!(place.position([1.0, 11.0]), Some([97.0, 26.5]));
        assert_eq!(place.position([f64::NAN, 0.0]), None);
    }

    #[test]
    fn a_single_node_lies_in_the_middle() {
        let place = Placement::of([[7.0, 7.0]].into_iter(), &SQUARE).unwrap();
        assert_eq!(place.position([7.0, 7.0]), Some([50.0, 50.0]));
        assert!(Placement::of([[f64::NAN, 0.0]].into_iter(), &SQUARE).is_none());
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
