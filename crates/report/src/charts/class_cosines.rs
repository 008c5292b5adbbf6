//! The mean |cosine| between the nodes of two classes.

use super::grid::{self, GridStyle};
use super::hover::Short;
use super::{Chart, Hover, WIDTH};
use crate::number;
use crate::page::Page;
use crate::scene::Scene;

pub(crate) fn chart(page: &Page) -> Option<Chart> {
    let matrix = &page.class_cosines.as_ref()?.matrix;
    matrix.assert_square("cosines of classes", page.classes.len());
    if page.classes.is_empty() {
        return None;
    }
    let mut scene = Scene::new(WIDTH, 0.0);
    let style = GridStyle {
        names: &page.classes,
        sides: None,
        paint: &|row, column| grid::signed(matrix.get(row, column)),
        text: &|row, column| number::fixed(matrix.get(row, column), 2),
    };
    let area = grid::draw(&mut scene, matrix, &style, grid::BAR_WIDTH);
    let low = if matrix.values().iter().any(|&value| value < 0.0) { -1.0 } else { 0.0 };
    grid::bar(&mut scene, &area, [low, 1.0], 0.5, &grid::signed);
    Some(Chart {
        name: "class-cosines",
        title: "Mean |cosine| between the nodes of two classes".to_owned(),
        caption: "1 is the same direction, 0 a right angle. Better is a diagonal near 1 (nodes of a class agree) and \
                  0 everywhere else (classes are orthogonal)."
            .to_owned(),
        scene,
        hover: Some(Hover::Grid {
            area,
            row: "",
            column: "",
            columns: matrix.columns(),
            names: page.classes.clone(),
            name_of: None,
            values: matrix.values().iter().map(|&value| Short(value)).collect(),
            unit: "",
        }),
    })
}
