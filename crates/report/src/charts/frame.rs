//! The axes of a figure: a y axis with lines across the area, an x axis that counts or has marks of its own.

use crate::font;
use crate::palette::Ink;
use crate::scale::{Scale, Tick};
use crate::scene::{Anchor, Area, LABEL_SIZE, Scene, Text};

/// The height of the title above a y axis.
pub(crate) const TITLE_HEIGHT: f64 = 24.0;
/// The height of the marks and the title below an x axis.
pub(crate) const X_AXIS_HEIGHT: f64 = 38.0;

/// Two scales over a rectangle.
pub(crate) struct Frame {
    pub(crate) area: Area,
    pub(crate) x: Scale,
    pub(crate) y: Scale,
}

/// The words of the axes.
pub(crate) struct AxisTitles<'a> {
    pub(crate) x: &'a str,
    pub(crate) y: &'a str,
}

impl Frame {
    /// Lays the axes into `outer` and draws their lines, marks and words: the y axis' word stands above it.
    pub(crate) fn draw(scene: &mut Scene, outer: Area, x: Scale, y: Scale, titles: &AxisTitles) -> Self {
        let left = room_for_labels(&y.ticks(5));
        let area = Area {
            x: outer.x + left,
            y: outer.y + TITLE_HEIGHT,
            width: outer.width - left - 12.0,
            height: outer.height - TITLE_HEIGHT - X_AXIS_HEIGHT,
        };
        let frame = Self::without_x_marks(scene, area, x, y);
        scene.text(y_title(outer.x, &area, titles.y));
        let ticks = frame.x.whole_ticks(6);
        frame.draw_x_marks(scene, &ticks, titles.x);
        frame
    }

    /// Draws the y axis at the left of `area`, with about five marks, and the line at the foot.
    pub(crate) fn without_x_marks(scene: &mut Scene, area: Area, x: Scale, y: Scale) -> Self {
        let x = x.onto(area.x, area.right());
        let y = y.onto(area.bottom(), area.y);
        for tick in y.ticks(5) {
            let at = y.position(tick.value);
            scene.line(vec![[area.x, at], [area.right(), at]], 1.0, Ink::Grid);
            scene.text(Text::label(area.x - 7.0, at + 4.0, tick.label).anchored(Anchor::End));
        }
        scene.line(vec![[area.x, area.bottom()], [area.right(), area.bottom()]], 1.0, Ink::Muted);
        Self { area, x, y }
    }

    /// Draws the marks of the x axis and its title below the area.
    pub(crate) fn draw_x_marks(&self, scene: &mut Scene, ticks: &[Tick], title: &str) {
        let area = &self.area;
        for tick in ticks {
            let at = self.x.position(tick.value);
            scene.line(vec![[at, area.bottom()], [at, area.bottom() + 4.0]], 1.0, Ink::Muted);
            scene.text(Text::label(at, area.bottom() + 17.0, &*tick.label).anchored(Anchor::Middle));
        }
        let middle = area.x + area.width / 2.0;
        scene
            .text(Text::label(middle, area.bottom() + 33.0, title).anchored(Anchor::Middle).inked(Ink::Text));
    }

    /// The points of a curve; it has a gap where a value is not a number, so there may be several pieces.
    pub(crate) fn pieces(&self, points: impl Iterator<Item = (f64, f64)>) -> Vec<Vec<[f64; 2]>> {
        let mut pieces = vec![Vec::new()];
        for (x, y) in points {
            if y.is_finite() {
                let last = pieces.len() - 1;
                pieces[last].push([self.x.position(x), self.y.position(y)]);
            } else if pieces.last().is_some_and(|piece| !piece.is_empty()) {
                pieces.push(Vec::new());
            }
        }
        pieces.retain(|piece| !piece.is_empty());
        pieces
    }
}

/// The title of the y axis of `area`, above its marks from `left` on.
pub(crate) fn y_title(left: f64, area: &Area, title: &str) -> Text {
    Text::label(left, area.y - TITLE_HEIGHT + 11.0, title).inked(Ink::Text)
}

/// The width that the labels of a y axis need on the left of it.
pub(crate) fn room_for_labels(ticks: &[Tick]) -> f64 {
    8.0 + ticks.iter().map(|tick| 1.15 * font::width(&tick.label, LABEL_SIZE)).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_has_a_gap_where_it_is_not_a_number() {
        let mut scene = Scene::new(300.0, 200.0);
        let outer = Area { x: 0.0, y: 0.0, width: 300.0, height: 200.0 };
        let titles = AxisTitles { x: "epoch", y: "loss" };
        let frame = Frame::draw(&mut scene, outer, Scale::linear(0.0, 4.0), Scale::linear(0.0, 1.0), &titles);
        let values = [0.5, 0.4, f64::NAN, f64::INFINITY, 0.2];
        let pieces = frame.pieces(values.into_iter().enumerate().map(|(i, y)| (i as f64, y)));
        assert_eq!(pieces.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(pieces[0][0][0], frame.area.x);
        assert_eq!(pieces[1][0][0], frame.area.right());
    }
}
