//! Names beside marks, in as many rows as they need.

use crate::font;
use crate::palette::Ink;
use crate::scene::{LABEL_SIZE, Marker, Scene, Text};

/// How a name's mark looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// A piece of a line of this width in tenths of a unit.
    Line(u8),
    /// A mark.
    Mark(Marker),
}

/// A name with its mark.
#[derive(Clone, Debug)]
pub(crate) struct LegendEntry {
    pub(crate) name: String,
    pub(crate) ink: Ink,
    pub(crate) key: Key,
}

/// The height of a row.
const ROW: f64 = 16.0;
const KEY_WIDTH: f64 = 16.0;
const GAP: f64 = 14.0;

/// Draws the entries from (`x`, `y`) on, in rows no wider than `room`, and returns where the next thing may begin.
pub(crate) fn draw(scene: &mut Scene, entries: &[LegendEntry], x: f64, y: f64, room: f64) -> f64 {
    if entries.is_empty() {
        return y;
    }
    let (mut pen, mut row) = (x, y);
    for entry in entries {
        let name = font::shortened(&entry.name, LABEL_SIZE, (room - KEY_WIDTH).max(40.0));
        // A sixth more: the reader's own font may be wider than this one.
        let width = KEY_WIDTH + 1.16 * font::width(&name, LABEL_SIZE);
        if pen > x && pen + width > x + room {
            (pen, row) = (x, row + ROW);
        }
        let middle = row + ROW / 2.0;
        match entry.key {
            Key::Line(tenths) => scene.line(
                vec![[pen, middle], [pen + KEY_WIDTH - 5.0, middle]],
                f64::from(tenths) / 10.0,
                entry.ink,
            ),
            Key::Mark(marker) => {
                scene.marks(vec![[pen + 4.0, middle]], marker, 8.0, entry.ink);
            }
        }
        scene.text(Text::label(pen + KEY_WIDTH - 1.0, middle + 4.0, name));
        pen += width + GAP;
    }
    row + ROW
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::Shape;

    #[test]
    fn names_that_do_not_fit_go_on_in_the_next_row() {
        let entry = |name: &str| LegendEntry { name: name.to_owned(), ink: Ink::Accent, key: Key::Line(20) };
        let entries = [entry("expansion"), entry("compression"), entry("a third that is long")];
        let mut scene = Scene::new(200.0, 100.0);
        let bottom = draw(&mut scene, &entries, 0.0, 10.0, 190.0);
        assert_eq!(bottom, 10.0 + 2.0 * ROW);
        let xs: Vec<f64> = scene
            .shapes
            .iter()
            .filter_map(|shape| if let Shape::Text(text) = shape { Some(text.x) } else { None })
            .collect();
        assert!(xs[0] < xs[1] && xs[2] == xs[0], "{xs:?}");
        assert_eq!(draw(&mut scene, &[], 0.0, 10.0, 190.0), 10.0);
    }
}
