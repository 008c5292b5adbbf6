//! What a page's script is given: as little as it can do with.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::charts::{Chart, Hover, Placement};
use crate::page::{MapNode, Page, SplitPart};
use crate::palette::Ink;
use crate::scene::{Area, Marker};

/// The data of a page's script.
#[derive(Serialize)]
pub(crate) struct PageData<'a> {
    classes: &'a [String],
    hover: BTreeMap<&'static str, &'a Hover>,
    map: Option<MapData<'a>>,
}

/// The map, a list for each property of its nodes.
#[derive(Serialize)]
struct MapData<'a> {
    /// Whole numbers, y downwards.
    x: Vec<i32>,
    y: Vec<i32>,
    /// The class, −1 without one.
    c: Vec<i64>,
    /// The predicted class, −1 without one; nothing where no node has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    p: Option<Vec<i64>>,
    /// A letter a node.
    s: String,
    /// Nothing where each node's name is its number here.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Vec<&'a str>>,
    /// The classes that nodes have.
    kinds: Vec<Kind>,
}

/// How the nodes of a class are drawn.
#[derive(Serialize)]
struct Kind {
    class: i64,
    name: String,
    ink: &'static str,
    /// For a mark of radius 1; none for a circle.
    corners: Vec<[f64; 2]>,
}

/// The side of the square that positions are rounded in.
const SIDE: f64 = 8000.0;

pub(crate) fn of<'a>(page: &'a Page, charts: &'a [Chart]) -> PageData<'a> {
    PageData {
        classes: &page.classes,
        hover: charts.iter().filter_map(|chart| Some((chart.name, chart.hover.as_ref()?))).collect(),
        map: page.map.as_ref().and_then(|map| map_data(page, &map.nodes)),
    }
}

fn map_data<'a>(page: &'a Page, nodes: &'a [MapNode]) -> Option<MapData<'a>> {
    let place = Placement::of(
        nodes.iter().map(|node| node.position),
        &Area { x: 0.0, y: 0.0, width: SIDE, height: SIDE },
    )?;
    let placed: Vec<(&MapNode, [f64; 2])> =
        nodes.iter().filter_map(|node| Some((node, place.position(node.position)?))).collect();
    let number = |class: Option<u32>| class.map_or(-1, i64::from);
    let each = |value: fn(&MapNode) -> Option<u32>| placed.iter().map(move |(node, _)| number(value(node)));
    let c: Vec<i64> = each(|node| node.class).collect();
    let mut kinds = c.clone();
    kinds.sort_unstable();
    kinds.dedup();
    let counted = placed.iter().enumerate().all(|(i, (node, _))| node.id == i.to_string());
    Some(MapData {
        x: placed.iter().map(|(_, [x, _])| x.round() as i32).collect(),
        y: placed.iter().map(|(_, [_, y])| y.round() as i32).collect(),
        p: placed
            .iter()
            .any(|(node, _)| node.predicted.is_some())
            .then(|| each(|node| node.predicted).collect()),
        s: placed.iter().map(|(node, _)| letter(node.split)).collect(),
        id: (!counted).then(|| placed.iter().map(|(node, _)| node.id.as_str()).collect()),
        kinds: kinds.into_iter().map(|class| kind(page, class)).collect(),
        c,
    })
}

fn kind(page: &Page, class: i64) -> Kind {
    match u32::try_from(class) {
        Ok(number) => Kind {
            class,
            name: page.class_name(number),
            ink: Ink::Class(number as usize).name(),
            corners: Marker::of_class(number as usize).corners(2.0),
        },
        Err(_) => Kind { class, name: "no class".to_owned(), ink: Ink::NoClass.name(), corners: Vec::new() },
    }
}

fn letter(split: SplitPart) -> char {
    match split {
        SplitPart::Train => 't',
        SplitPart::Validation => 'v',
        SplitPart::Test => 'e',
        SplitPart::None => '-',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::NodeMap;

    fn json(nodes: Vec<MapNode>) -> serde_json::Value {
        let page = Page {
            classes: vec!["a".to_owned()],
            map: Some(NodeMap { projection: String::new(), nodes }),
            ..Page::default()
        };
        serde_json::to_value(of(&page, &[])).unwrap()["map"].clone()
    }

    fn node(id: &str, x: f64, class: Option<u32>) -> MapNode {
        MapNode { id: id.to_owned(), position: [x, 0.0], class, predicted: None, split: SplitPart::Test }
    }

    #[test]
    fn names_that_are_numbers_in_order_are_left_out() {
        assert!(json(vec![node("0", 0.0, None), node("1", 1.0, None)]).get("id").is_none());
        let map = json(vec![node("1", 0.0, None), node("0", 1.0, Some(0))]);
        assert_eq!(map["id"], serde_json::json!(["1", "0"]));
        assert_eq!(map["c"], serde_json::json!([-1, 0]));
        assert_eq!(map["s"], "ee");
        assert!(map.get("p").is_none());
    }

    #[test]
    fn a_node_without_a_place_is_left_out() {
        let map = json(vec![node("0", 0.0, None), node("1", f64::NAN, None), node("2", 1.0, None)]);
        assert_eq!(map["id"], serde_json::json!(["0", "2"]));
        assert_eq!(map["x"], serde_json::json!([240, 7760]));
    }
}
