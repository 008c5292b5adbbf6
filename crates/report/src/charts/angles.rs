//! The angles between the subspaces of two classes.

use super::frame::{AxisTitles, Frame};
use super::grid::{self, GridStyle};
use super::hover::{HoverCurve, Short};
use super::legend::{self, Key, LegendEntry};
use super::{Chart, Hover, WIDTH};
use crate::number;
use crate::page::Page;
use crate::palette::Ink;
use crate::scale::Scale;
use crate::scene::{Area, Scene};

/// The smallest angle of each pair of classes, as a matrix.
pub(crate) fn smallest(page: &Page) -> Option<Chart> {
    let matrix = &page.principal_angles.as_ref()?.smallest;
    matrix.assert_square("angles of classes", page.classes.len());
    if page.classes.is_empty() {
        return None;
    }
    let mut scene = Scene::new(WIDTH, 0.0);
    let shade = |degrees: f64| grid::signed(degrees / 90.0);
    let style = GridStyle {
        names: &page.classes,
        sides: None,
        paint: &|row, column| if row == column { Ink::Grid.at(0.5) } else { shade(matrix.get(row, column)) },
        text: &|row, column| {
            let degrees = matrix.get(row, column);
            if row == column || !degrees.is_finite() {
                return String::new();
            }
            format!("{}°", number::fixed(degrees, 0))
        },
    };
    let area = grid::draw(&mut scene, matrix, &style, grid::BAR_WIDTH);
    grid::bar(&mut scene, &area, [0.0, 90.0], 30.0, &shade);
    let side = matrix.columns();
    let values = matrix
        .values()
        .iter()
        .enumerate()
        .map(|(i, &value)| Short(if i / side == i % side { f64::NAN } else { value }))
        .collect();
    Some(Chart {
        name: "principal-angles",
        title: "Smallest principal angle between two classes".to_owned(),
        caption: "The angle in degrees at which the subspaces of two classes come closest. Higher is better: at 90° \
                  they share no direction."
            .to_owned(),
        scene,
        hover: Some(Hover::Grid {
            area,
            row: "",
            column: "",
            columns: side,
            names: page.classes.clone(),
            name_of: None,
            values,
            unit: "°",
        }),
    })
}

/// All angles of all pairs, as curves.
pub(crate) fn pairs(page: &Page) -> Option<Chart> {
    let pairs = &page.principal_angles.as_ref()?.pairs;
    let longest = pairs.iter().map(|pair| pair.degrees.len()).max().filter(|&longest| longest > 0)?;
    let at = |i: usize| {
        pairs.iter().filter_map(move |pair| pair.degrees.get(i).copied()).filter(|x| x.is_finite())
    };
    let mean: Vec<f64> = (0..longest).map(|i| at(i).sum::<f64>() / at(i).count() as f64).collect();
    let closest: Vec<f64> = (0..longest).map(|i| at(i).fold(f64::NAN, f64::min)).collect();

    let entries = [
        LegendEntry { name: "mean of the pairs".to_owned(), ink: Ink::Accent, key: Key::Line(20) },
        LegendEntry { name: "each pair of classes".to_owned(), ink: Ink::Muted, key: Key::Line(10) },
    ];
    let mut scene = Scene::new(WIDTH, 0.0);
    let top = legend::draw(&mut scene, &entries, 4.0, 2.0, WIDTH - 8.0) + 8.0;
    scene.height = top + 320.0;
    let outer = Area { x: 4.0, y: top, width: WIDTH - 8.0, height: 316.0 };
    let titles = AxisTitles { x: "Number of the angle, the smallest first", y: "Principal angle in degrees" };
    let range = [1.0, longest as f64];
    let frame = Frame::draw(
        &mut scene,
        outer,
        Scale::linear(range[0], range[1]),
        Scale::linear(0.0, 90.0).marked_every(30.0),
        &titles,
    );
    let numbered = |values: &[f64]| {
        values.iter().enumerate().map(|(i, &value)| ((i + 1) as f64, value)).collect::<Vec<_>>()
    };
    for pair in pairs {
        for piece in frame.pieces(numbered(&pair.degrees).into_iter()) {
            scene.line(piece, 1.0, Ink::Muted.at(0.4));
        }
    }
    for piece in frame.pieces(numbered(&mean).into_iter()) {
        scene.line(piece, 2.2, Ink::Accent);
    }
    let curve = |name: &str, ink: Ink, values: Vec<f64>| HoverCurve {
        name: name.to_owned(),
        ink: ink.name(),
        values: values.into_iter().map(Short).collect(),
    };
    let hover = Hover::Lines {
        area: frame.area,
        axis: "angle",
        range,
        steps: (1..=longest).map(|i| i as f64).collect(),
        curves: vec![curve("mean", Ink::Accent, mean), curve("closest pair", Ink::Muted, closest)],
    };
    Some(Chart {
        name: "principal-angles-pairs",
        title: "All principal angles of each pair of classes".to_owned(),
        caption: "Higher is better: a curve along 90° belongs to two classes that share no direction."
            .to_owned(),
        scene,
        hover: Some(hover),
    })
}
