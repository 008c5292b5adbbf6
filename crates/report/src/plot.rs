//! A figure as a file.

use crate::charts::Chart;
use crate::error::Error;
use crate::raster;
use crate::scene::Scene;
use crate::svg::{self, Place};

/// A figure that stands by itself, on white.
#[derive(Clone, Debug)]
pub struct Plot {
    name: String,
    title: String,
    scene: Scene,
}

impl From<Chart> for Plot {
    fn from(chart: Chart) -> Self {
        Self { name: chart.name.to_owned(), title: chart.title, scene: chart.scene }
    }
}

impl Plot {
    /// The name that its files should have, such as `spectrum`: lower-case letters and hyphens.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it shows, in a line.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The plot as an SVG file. Texts stay texts, in the reader's own font.
    pub fn svg(&self) -> String {
        svg::write(&self.scene, &self.name, &self.title, Place::File)
    }

    /// The plot as a PNG file with `scale` pixels to a unit of the SVG: 2 for screens, 4 for print.
    ///
    /// The same bytes on every machine: letters are drawn from a font that the crate carries.
    ///
    /// # Errors
    ///
    /// If `scale` is not above 0, or so large that a side would have more than 16384 pixels.
    pub fn to_png(&self, scale: f32) -> Result<Vec<u8>, Error> {
        let limit = raster::largest_scale(&self.scene);
        if !(scale > 0.0 && scale <= limit) {
            return Err(Error::Scale { limit, scale });
        }
        raster::draw(&self.scene, scale)
            .encode_png()
            .map_err(|source| Error::Png { name: self.name.clone(), source: Box::new(source) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot() -> Plot {
        Plot { name: "empty".to_owned(), title: "Nothing".to_owned(), scene: Scene::new(100.0, 50.0) }
    }

    #[test]
    fn a_scale_out_of_range_is_refused() {
        let message = |scale| plot().to_png(scale).unwrap_err().to_string();
        assert_eq!(message(0.0), "`scale` must be above 0 and at most 163, got 0");
        assert_eq!(message(1e6), "`scale` must be above 0 and at most 163, got 1000000");
        assert_eq!(message(f32::NAN), "`scale` must be above 0 and at most 163, got NaN");
    }

    #[test]
    fn the_scale_is_the_number_of_pixels_to_a_unit() {
        let file = plot().to_png(2.0).unwrap();
        let reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        assert_eq!((reader.info().width, reader.info().height), (200, 100));
    }
}
