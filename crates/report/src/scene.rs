//! A figure before it is SVG or pixels: a list of shapes on a sheet, in inks and not in colours.

use crate::palette::{CLASS_COLOURS, Ink};

/// A sheet with shapes, the later ones over the earlier ones. Lengths are in units of the sheet, y grows downwards.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) shapes: Vec<Shape>,
}

/// An ink and how much of what lies below it covers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Paint {
    pub(crate) ink: Ink,
    pub(crate) opacity: f64,
}

impl From<Ink> for Paint {
    fn from(ink: Ink) -> Self {
        Self { ink, opacity: 1.0 }
    }
}

impl Ink {
    /// This ink, covering the share `opacity` of what lies below.
    pub(crate) fn at(self, opacity: f64) -> Paint {
        Paint { ink: self, opacity: opacity.clamp(0.0, 1.0) }
    }
}

/// The rectangle from (`x`, `y`), its corner at the top left.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub(crate) struct Area {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl Area {
    pub(crate) fn right(&self) -> f64 {
        self.x + self.width
    }

    pub(crate) fn bottom(&self) -> f64 {
        self.y + self.height
    }
}

/// Where a text lies from its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// A line of text on its baseline.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) content: String,
    pub(crate) size: f64,
    pub(crate) anchor: Anchor,
    /// Degrees clockwise about the point.
    pub(crate) turn: f64,
    pub(crate) ink: Ink,
}

/// The size of what stands at axes and in legends.
pub(crate) const LABEL_SIZE: f64 = 11.0;

impl Text {
    /// A label that starts at the point, muted.
    pub(crate) fn label(x: f64, y: f64, content: impl Into<String>) -> Self {
        Self {
            x,
            y,
            content: content.into(),
            size: LABEL_SIZE,
            anchor: Anchor::Start,
            turn: 0.0,
            ink: Ink::Muted,
        }
    }

    pub(crate) fn anchored(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }

    pub(crate) fn sized(self, size: f64) -> Self {
        Self { size, ..self }
    }

    pub(crate) fn turned(self, turn: f64) -> Self {
        Self { turn, ..self }
    }

    pub(crate) fn inked(self, ink: Ink) -> Self {
        Self { ink, ..self }
    }
}

/// What a node is drawn as, so that classes differ by more than colour where there are many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Marker {
    Circle,
    Square,
    Diamond,
    Triangle,
}

impl Marker {
    /// The mark of a class: the first eight have circles, the next eight squares, …
    pub(crate) fn of_class(class: usize) -> Self {
        [Self::Circle, Self::Square, Self::Diamond, Self::Triangle][class / CLASS_COLOURS % 4]
    }

    /// The corners about the origin for a mark that is as large as a circle of this diameter; a circle has none.
    pub(crate) fn corners(self, diameter: f64) -> Vec<[f64; 2]> {
        let r = diameter / 2.0;
        match self {
            Self::Circle => Vec::new(),
            Self::Square => {
                let h = r * 0.886; // the same area as the circle
                vec![[-h, -h], [h, -h], [h, h], [-h, h]]
            }
            Self::Diamond => vec![[0.0, -1.25 * r], [1.25 * r, 0.0], [0.0, 1.25 * r], [-1.25 * r, 0.0]],
            Self::Triangle => vec![[0.0, -1.45 * r], [1.3 * r, 0.8 * r], [-1.3 * r, 0.8 * r]],
        }
    }
}

/// What can be drawn.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    /// A filled rectangle with rounded corners.
    Rectangle { area: Area, radius: f64, paint: Paint },
    /// The outline of a rectangle.
    Frame { area: Area, width: f64, paint: Paint },
    /// The filled surface within points.
    Polygon { points: Vec<[f64; 2]>, paint: Paint },
    /// A line through points.
    Line { points: Vec<[f64; 2]>, width: f64, paint: Paint },
    /// Many straight lines, of which none is darker where they cross.
    Segments { segments: Vec<[[f64; 2]; 2]>, width: f64, paint: Paint },
    /// The same mark at many points.
    Marks { points: Vec<[f64; 2]>, marker: Marker, diameter: f64, paint: Paint },
    /// A text.
    Text(Text),
    /// A grid of small cells without gaps, of shares of ink between 0 and 255, row by row.
    Raster { area: Area, columns: usize, levels: Vec<u8>, ink: Ink },
}

impl Scene {
    pub(crate) fn new(width: f64, height: f64) -> Self {
        Self { width, height, shapes: Vec::new() }
    }

    pub(crate) fn text(&mut self, text: Text) {
        self.shapes.push(Shape::Text(text));
    }

    pub(crate) fn line(&mut self, points: Vec<[f64; 2]>, width: f64, paint: impl Into<Paint>) {
        self.shapes.push(Shape::Line { points, width, paint: paint.into() });
    }

    pub(crate) fn polygon(&mut self, points: Vec<[f64; 2]>, paint: impl Into<Paint>) {
        self.shapes.push(Shape::Polygon { points, paint: paint.into() });
    }

    pub(crate) fn rectangle(&mut self, area: Area, radius: f64, paint: impl Into<Paint>) {
        self.shapes.push(Shape::Rectangle { area, radius, paint: paint.into() });
    }

    pub(crate) fn frame(&mut self, area: Area, width: f64, paint: impl Into<Paint>) {
        self.shapes.push(Shape::Frame { area, width, paint: paint.into() });
    }

    pub(crate) fn marks(
        &mut self,
        points: Vec<[f64; 2]>,
        marker: Marker,
        diameter: f64,
        paint: impl Into<Paint>,
    ) {
        self.shapes.push(Shape::Marks { points, marker, diameter, paint: paint.into() });
    }
}
