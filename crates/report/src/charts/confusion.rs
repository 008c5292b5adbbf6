//! Which class was taken for which.

use super::grid::{self, GridStyle, Sides};
use super::hover::Short;
use super::{Chart, Hover, WIDTH};
use crate::number;
use crate::page::Page;
use crate::palette::Ink;
use crate::scene::Scene;

pub(crate) fn chart(page: &Page) -> Option<Chart> {
    let confusion = page.confusion.as_ref()?;
    let matrix = &confusion.matrix;
    matrix.assert_square("counts of confusion", page.classes.len());
    if page.classes.is_empty() {
        return None;
    }
    let totals: Vec<f64> = (0..matrix.rows())
        .map(|row| (0..matrix.columns()).map(|column| matrix.get(row, column)).sum())
        .collect();
    let mut scene = Scene::new(WIDTH, 0.0);
    let style = GridStyle {
        names: &page.classes,
        sides: Some(Sides { rows: "True class", columns: "Predicted class" }),
        paint: &|row, column| {
            let share = if totals[row] > 0.0 { matrix.get(row, column) / totals[row] } else { 0.0 };
            if row == column { Ink::Accent.at(share) } else { Ink::Contrast.at(share) }
        },
        text: &|row, column| {
            let value = matrix.get(row, column);
            if value == 0.0 { String::new() } else { number::rounded(value, 1).to_string() }
        },
    };
    let area = grid::draw(&mut scene, matrix, &style, 8.0);
    Some(Chart {
        name: "confusion",
        title: "Which class was taken for which".to_owned(),
        caption: format!(
            "Numbers of {}; the depth of a colour is the share of its row. Better is a full diagonal; what stands beside \
             it (orange) are mistakes.",
            if confusion.evaluated_on.is_empty() { "nodes" } else { &confusion.evaluated_on }
        ),
        scene,
        hover: Some(Hover::Grid {
            area,
            row: "true",
            column: "predicted",
            columns: matrix.columns(),
            names: page.classes.clone(),
            name_of: None,
            values: matrix.values().iter().map(|&value| Short(value)).collect(),
            unit: "",
        }),
    })
}
