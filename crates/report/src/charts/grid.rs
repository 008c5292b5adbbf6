//! A matrix as cells: the more ink, the further from zero.

use super::WIDTH;
use crate::font;
use crate::matrix::Matrix;
use crate::palette::Ink;
use crate::scale::Scale;
use crate::scene::{Anchor, Area, LABEL_SIZE, Paint, Scene, Shape, Text};

/// The largest side of a cell.
const LARGEST_CELL: f64 = 50.0;

/// Below this side a cell has no room for its value.
const WITH_TEXT: f64 = 25.0;

/// How a matrix of classes is drawn.
pub(crate) struct GridStyle<'a> {
    /// The names of the rows and of the columns.
    pub(crate) names: &'a [String],
    /// What a row is; nothing where rows and columns are the same.
    pub(crate) sides: Option<Sides>,
    /// The paint of a cell.
    pub(crate) paint: &'a dyn Fn(usize, usize) -> Paint,
    /// What is written in a cell.
    pub(crate) text: &'a dyn Fn(usize, usize) -> String,
}

/// What the rows and what the columns are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sides {
    pub(crate) rows: &'static str,
    pub(crate) columns: &'static str,
}

/// The paint of a value between −1 and 1: the accent above zero, its opposite below.
pub(crate) fn signed(value: f64) -> Paint {
    if value.is_nan() {
        return Ink::Grid.into();
    }
    if value >= 0.0 { Ink::Accent.at(value) } else { Ink::Contrast.at(-value) }
}

/// The ink of a text that is read on `paint`.
fn readable_on(paint: Paint) -> Ink {
    let strong = matches!(paint.ink, Ink::Accent | Ink::Contrast) && paint.opacity > 0.6;
    if strong { Ink::Surface } else { Ink::Text }
}

/// Draws the matrix of a scene that it makes as high as is needed, and returns where the cells lie.
pub(crate) fn draw(scene: &mut Scene, matrix: &Matrix, style: &GridStyle, right: f64) -> Area {
    let side = matrix.rows().max(1);
    let widths = || style.names.iter().map(|name| 1.15 * font::width(name, LABEL_SIZE));
    let room = widths().fold(0.0, f64::max).min(116.0);
    let title_room = if style.sides.is_some() { 18.0 } else { 0.0 };
    let left = title_room + room + 10.0;
    let cell = ((WIDTH - left - right - 4.0) / side as f64).min(LARGEST_CELL);
    let area = Area { x: left, y: 6.0 + title_room, width: cell * side as f64, height: cell * side as f64 };

    for row in 0..matrix.rows() {
        for column in 0..matrix.columns() {
            draw_cell(scene, style, &area, cell, row, column);
        }
    }
    scene.frame(area, 1.0, Ink::Grid);
    draw_names(scene, style, &area, cell, room);
    if let Some(sides) = style.sides {
        scene.text(
            Text::label(12.0, area.y + area.height / 2.0, sides.rows)
                .anchored(Anchor::Middle)
                .turned(-90.0)
                .inked(Ink::Text),
        );
        scene.text(
            Text::label(area.x + area.width / 2.0, 13.0, sides.columns)
                .anchored(Anchor::Middle)
                .inked(Ink::Text),
        );
    }
    // The turned names below go down by their width times the sine of their angle.
    scene.height = area.bottom() + 14.0 + room * TURN.to_radians().sin() + 8.0;
    area
}

/// By how many degrees the columns' names are turned.
const TURN: f64 = 40.0;

fn draw_cell(scene: &mut Scene, style: &GridStyle, area: &Area, cell: f64, row: usize, column: usize) {
    let paint = (style.paint)(row, column);
    let (x, y) = (area.x + cell * column as f64, area.y + cell * row as f64);
    let gap = if cell > 12.0 { 1.0 } else { 0.0 };
    let place = Area { x: x + gap / 2.0, y: y + gap / 2.0, width: cell - gap, height: cell - gap };
    if paint.opacity > 0.0 {
        scene.rectangle(place, if cell > 20.0 { 2.0 } else { 0.0 }, paint);
    }
    let text = (style.text)(row, column);
    if cell >= WITH_TEXT && !text.is_empty() {
        let size = (LABEL_SIZE).min(LABEL_SIZE * (cell - 4.0) / font::width(&text, LABEL_SIZE));
        let at = Text::label(x + cell / 2.0, y + cell / 2.0 + 0.36 * size, text);
        scene.text(at.anchored(Anchor::Middle).sized(size).inked(readable_on(paint)));
    }
}

fn draw_names(scene: &mut Scene, style: &GridStyle, area: &Area, cell: f64, room: f64) {
    // Where cells are lower than a line of text, only some names have room.
    let stride = (10.0 / cell).ceil().max(1.0) as usize;
    for (i, name) in style.names.iter().enumerate().step_by(stride) {
        let name = font::shortened(name, LABEL_SIZE, room / 1.15);
        let middle = cell * (i as f64 + 0.5);
        scene.text(Text::label(area.x - 7.0, area.y + middle + 4.0, &*name).anchored(Anchor::End));
        scene.text(
            Text::label(area.x + middle + 4.0, area.bottom() + 12.0, name)
                .anchored(Anchor::End)
                .turned(-TURN),
        );
    }
}

/// The width that [`bar`] takes.
pub(crate) const BAR_WIDTH: f64 = 52.0;

/// Draws the key to the paints beside `area`: the values `low..=high` from the bottom to the top, with a mark at every
/// multiple of `step`.
pub(crate) fn bar(
    scene: &mut Scene,
    area: &Area,
    [low, high]: [f64; 2],
    step: f64,
    paint: &dyn Fn(f64) -> Paint,
) {
    const STEPS: usize = 100;
    let place = Area { x: area.right() + 14.0, y: area.y, width: 9.0, height: area.height };
    let paints: Vec<Paint> =
        (0..STEPS).map(|i| paint(high - (high - low) * (i as f64 + 0.5) / STEPS as f64)).collect();
    for ink in [Ink::Accent, Ink::Contrast] {
        let level = |paint: &Paint| if paint.ink == ink { (255.0 * paint.opacity).round() as u8 } else { 0 };
        let levels: Vec<u8> = paints.iter().map(level).collect();
        if levels.iter().any(|&level| level > 0) {
            scene.shapes.push(Shape::Raster { area: place, columns: 1, levels, ink });
        }
    }
    scene.frame(place, 1.0, Ink::Grid);
    let scale = Scale::linear(low, high).onto(place.bottom(), place.y).marked_every(step);
    for tick in scale.ticks(4) {
        scene.text(Text::label(place.right() + 5.0, scale.position(tick.value) + 4.0, tick.label));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(side: usize, names: &[String]) -> Vec<Text> {
        let matrix = Matrix::from_fn(side, side, |row, column| (row * side + column) as f64);
        let mut scene = Scene::new(WIDTH, 0.0);
        let style = GridStyle {
            names,
            sides: None,
            paint: &|_, _| Ink::Accent.at(0.2),
            text: &|row, column| matrix.get(row, column).to_string(),
        };
        let area = draw(&mut scene, &matrix, &style, BAR_WIDTH);
        assert!(area.right() <= WIDTH - BAR_WIDTH && scene.height > area.bottom());
        scene
            .shapes
            .into_iter()
            .filter_map(|shape| if let Shape::Text(text) = shape { Some(text) } else { None })
            .collect()
    }

    #[test]
    fn cells_have_values_while_there_is_room_and_names_always() {
        let names = |side: usize| (0..side).map(|i| format!("c{i}")).collect::<Vec<_>>();
        assert_eq!(texts(3, &names(3)).len(), 9 + 2 * 3);
        assert_eq!(texts(20, &names(20)).len(), 2 * 20, "no room for values");
        assert_eq!(texts(80, &names(80)).len(), 2 * 27, "room for every third name");
    }

    #[test]
    fn long_names_are_cut() {
        let names = ["a name that is far too long for the margin of any figure".to_owned()];
        assert!(texts(1, &names).iter().any(|text| text.content.ends_with('…')));
    }

    #[test]
    fn values_below_zero_have_the_other_colour() {
        assert_eq!(signed(-0.5), Ink::Contrast.at(0.5));
        assert_eq!(signed(2.0), Ink::Accent.at(1.0));
        assert_eq!(signed(f64::NAN).ink, Ink::Grid);
    }
}
