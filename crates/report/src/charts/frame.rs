//! The axes of a figure with curves over something that is counted.

use crate::font;
use crate::palette::Ink;
use crate::scale::{Scale, Tick};
use crate::scene::{Anchor, Area, LABEL_SIZE, Scene, Text};

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
        let y_ticks = y.ticks(5);
        let label_width = widest(&y_ticks);
        let area = Area {
            x: outer.x + label_width + 8.0,
            y: outer.y + 24.0,
            width: outer.width - label_width - 8.0 - 12.0,
            height: outer.height - 24.0 - 38.0,
        };
        let x = x.onto(area.x, area.right());
        let y = y.onto(area.bottom(), area.y);

        scene.text(Text::label(outer.x, outer.y + 11.0, titles.y).inked(Ink::Text));
        for tick in &y_ticks {
            let at = y.position(tick.value);
            scene.line(vec![[area.x, at], [area.right(), at]], 1.0, Ink::Grid);
            scene.text(Text::label(area.x - 7.0, at + 4.0, &*tick.label).anchored(Anchor::End));
        }
        scene.line(vec![[area.x, area.bottom()], [area.right(), area.bottom()]], 1.0, Ink::Muted);
        for tick in x.whole_ticks(6) {
            let at = x.position(tick.value);
            scene.line(vec![[at, area.bottom()], [at, area.bottom() + 4.0]], 1.0, Ink::Muted);
            scene.text(Text::label(at, area.bottom() + 17.0, tick.label).anchored(Anchor::Middle));
        }
        let middle = area.x + area.width / 2.0;
        scene.text(
            Text::label(middle, area.bottom() + 33.0, titles.x).anchored(Anchor::Middle).inked(Ink::Text),
        );
        Self { area, x, y }
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

/// The width that the widest label needs.
fn widest(ticks: &[Tick]) -> f64 {
    ticks.iter().map(|tick| 1.15 * font::width(&tick.label, LABEL_SIZE)).fold(0.0, f64::max)
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
