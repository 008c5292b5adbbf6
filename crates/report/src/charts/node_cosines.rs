//! The cosines between all nodes, sorted by class and brought down to a picture.

use super::grid;
use super::hover::Short;
use super::{Chart, Hover, WIDTH};
use crate::font;
use crate::page::{NodeCosines, Page};
use crate::palette::Ink;
use crate::scene::{Anchor, Area, LABEL_SIZE, Scene, Shape, Text};

/// The room for names at the left.
const LEFT: f64 = 122.0;

pub(crate) fn chart(page: &Page) -> Option<Chart> {
    let cosines = page.node_cosines.as_ref()?;
    let matrix = &cosines.matrix;
    let rows = matrix.rows();
    matrix.assert_square("cosines of nodes", rows);
    if rows == 0 {
        return None;
    }
    let side = WIDTH - LEFT - grid::BAR_WIDTH;
    let area = Area { x: LEFT, y: 6.0, width: side, height: side };
    let mut scene = Scene::new(WIDTH, area.bottom() + 10.0);

    for (ink, sign) in [(Ink::Accent, 1.0), (Ink::Contrast, -1.0)] {
        let levels: Vec<u8> = matrix
            .values()
            .iter()
            // What is not a number becomes 0.
            .map(|value| (255.0 * (sign * value).clamp(0.0, 1.0)).round() as u8)
            .collect();
        if levels.iter().any(|&level| level > 0) {
            scene.shapes.push(Shape::Raster { area, columns: rows, levels, ink });
        }
    }
    scene.frame(area, 1.0, Ink::Grid);
    draw_classes(&mut scene, page, cosines, &area);
    let low = if matrix.values().iter().any(|&value| value < -0.05) { -1.0 } else { 0.0 };
    grid::bar(&mut scene, &area, [low, 1.0], 0.5, &grid::signed);

    let name_of = (0..rows)
        .map(|row| {
            let middle = row as f64 + 0.5;
            let last = cosines.ends.len().saturating_sub(1);
            cosines.ends.iter().position(|class| middle < class.end).unwrap_or(last)
        })
        .collect();
    Some(Chart {
        name: "node-cosines",
        title: "|Cosines| between nodes, sorted by class".to_owned(),
        caption: format!(
            "Each cell is the mean over a block of node pairs, {rows} blocks to a side. Better is dark squares along the \
             diagonal, one a class, on an empty ground."
        ),
        scene,
        hover: Some(Hover::Grid {
            area,
            row: "",
            column: "",
            columns: rows,
            names: cosines.ends.iter().map(|class| page.class_name(class.class)).collect(),
            name_of: Some(name_of),
            values: matrix.values().iter().map(|&value| Short((value * 100.0).round() / 100.0)).collect(),
            unit: "",
        }),
    })
}

/// The borders between classes, and their names beside their rows.
fn draw_classes(scene: &mut Scene, page: &Page, cosines: &NodeCosines, area: &Area) {
    let unit = area.height / cosines.matrix.rows() as f64;
    let (mut start, mut free) = (0.0, f64::NEG_INFINITY);
    for class in &cosines.ends {
        let end = class.end.clamp(start, cosines.matrix.rows() as f64);
        let (top, bottom) = (area.y + unit * start, area.y + unit * end);
        let strip = Area { x: area.x - 7.0, y: top, width: 4.0, height: (bottom - top - 0.8).max(0.5) };
        scene.rectangle(strip, 0.0, Ink::Class(class.class as usize));
        if bottom < area.bottom() - 0.5 {
            let across = area.x + unit * end;
            scene.line(vec![[area.x, bottom], [area.right(), bottom]], 0.7, Ink::Muted.at(0.55));
            scene.line(vec![[across, area.y], [across, area.bottom()]], 0.7, Ink::Muted.at(0.55));
        }
        let middle = f64::midpoint(top, bottom) + 4.0;
        // A class of few nodes has no room for a line of its own where the one before it is written.
        if middle - free >= LABEL_SIZE {
            let name = font::shortened(&page.class_name(class.class), LABEL_SIZE, (LEFT - 16.0) / 1.15);
            scene.text(Text::label(area.x - 12.0, middle, name).anchored(Anchor::End));
            free = middle;
        }
        start = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::Matrix;
    use crate::page::ClassEnd;

    fn chart_of(value: f64) -> Chart {
        let page = Page {
            classes: vec!["a".to_owned(), "b".to_owned()],
            node_cosines: Some(NodeCosines {
                matrix: Matrix::from_fn(4, 4, |_, _| value),
                ends: vec![ClassEnd { class: 1, end: 1.6 }, ClassEnd { class: 0, end: 4.0 }],
            }),
            ..Page::default()
        };
        chart(&page).unwrap()
    }

    #[test]
    fn a_row_that_two_classes_share_is_of_the_one_that_has_its_middle() {
        let Some(Hover::Grid { names, name_of: Some(name_of), .. }) = chart_of(0.5).hover else {
            panic!("a grid with names of its own");
        };
        assert_eq!(names, ["b", "a"]);
        assert_eq!(name_of, [0, 0, 1, 1]);
    }

    #[test]
    fn negative_cosines_are_a_second_picture_and_only_where_there_are_any() {
        // The key beside the picture has one column.
        let pictures = |chart: Chart| {
            let shapes = chart.scene.shapes.iter();
            shapes.filter(|shape| matches!(shape, Shape::Raster { columns: 4, .. })).count()
        };
        assert_eq!(pictures(chart_of(0.5)), 1);
        assert_eq!(pictures(chart_of(-0.5)), 1);
        assert_eq!(pictures(chart_of(f64::NAN)), 0);
    }
}
