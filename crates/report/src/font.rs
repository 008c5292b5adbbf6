//! The outlines and widths of letters, from the font that the crate carries.
//!
//! SVG names the reader's own font; widths from here leave room for its letters, and pixels are made of these outlines,
//! so that a PNG is the same wherever it is made.

use std::sync::LazyLock;

use tiny_skia::{Path, PathBuilder, Transform};
use ttf_parser::{Face, OutlineBuilder};

use crate::scene::{Anchor, Text};

static FACE: LazyLock<Face<'static>> = LazyLock::new(|| {
    Face::parse(include_bytes!("../assets/Roboto-Regular.ttf"), 0)
        .expect("the font that the crate carries is whole")
});

/// The width of a text of this size. Letters that the font lacks count as wide as its mark for them.
pub(crate) fn width(content: &str, size: f64) -> f64 {
    let face = &*FACE;
    let units: f64 = content.chars().map(|c| advance(face, c)).sum();
    units * size / f64::from(face.units_per_em())
}

fn advance(face: &Face, c: char) -> f64 {
    let glyph = face.glyph_index(c).unwrap_or_default();
    f64::from(face.glyph_hor_advance(glyph).unwrap_or_default())
}

/// `content`, cut with an ellipsis where it would be wider than `room`.
pub(crate) fn shortened(content: &str, size: f64, room: f64) -> String {
    if width(content, size) <= room {
        return content.to_owned();
    }
    let mut kept = String::new();
    for c in content.chars() {
        kept.push(c);
        if width(&kept, size) + width("…", size) > room {
            kept.pop();
            break;
        }
    }
    kept.truncate(kept.trim_end().len());
    kept.push('…');
    kept
}

/// The outlines of a text where it stands on its sheet; nothing where it has no ink, such as a space.
pub(crate) fn outline(text: &Text) -> Option<Path> {
    let face = &*FACE;
    let scale = text.size / f64::from(face.units_per_em());
    let start = match text.anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => -0.5,
        Anchor::End => -1.0,
    };
    let mut pen = Pen {
        path: PathBuilder::new(),
        scale: scale as f32,
        x: (start * width(&text.content, text.size)) as f32,
    };
    for c in text.content.chars() {
        face.outline_glyph(face.glyph_index(c).unwrap_or_default(), &mut pen);
        pen.x += (advance(face, c) * scale) as f32;
    }
    let placed = Transform::from_rotate(text.turn as f32).post_translate(text.x as f32, text.y as f32);
    pen.path.finish()?.transform(placed)
}

/// Draws glyphs, whose y grows upwards, one after the other from `x`.
struct Pen {
    path: PathBuilder,
    scale: f32,
    x: f32,
}

impl Pen {
    fn at(&self, x: f32, y: f32) -> (f32, f32) {
        (self.x + x * self.scale, -y * self.scale)
    }
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.at(x1, y1), self.at(x, y));
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) = (self.at(x1, y1), self.at(x2, y2), self.at(x, y));
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_all_as_wide_and_a_text_twice_as_large_is_twice_as_wide() {
        let width_of = |text: &str, size| width(text, size);
        assert_eq!(width_of("000", 11.0), width_of("194", 11.0));
        assert!((width_of("Neural", 22.0) - 2.0 * width_of("Neural", 11.0)).abs() < 1e-9);
        assert!(width_of("iii", 11.0) < width_of("mmm", 11.0));
    }

    #[test]
    fn a_long_name_ends_with_an_ellipsis_within_its_room() {
        let name = shortened("Probabilistic methods", 11.0, 60.0);
        assert!(name.ends_with('…') && name.starts_with("Prob"), "{name}");
        assert!(width(&name, 11.0) <= 60.0);
        assert_eq!(shortened("Theory", 11.0, 60.0), "Theory");
        assert_eq!(shortened("Theory", 11.0, 0.0), "…");
    }

    #[test]
    fn an_outline_stands_on_its_baseline_about_its_anchor() {
        let text = Text::label(100.0, 50.0, "H").anchored(Anchor::Middle);
        let bounds = outline(&text).unwrap().bounds();
        assert!((bounds.bottom() - 50.0).abs() < 0.1, "{bounds:?}");
        assert!((f64::from(bounds.left() + bounds.right()) / 2.0 - 100.0).abs() < 0.2, "{bounds:?}");
        assert!(outline(&Text::label(0.0, 0.0, " ")).is_none());
    }

    #[test]
    fn letters_that_the_font_lacks_are_drawn_as_its_mark_for_them() {
        assert!(outline(&Text::label(0.0, 10.0, "図")).is_some());
    }
}
