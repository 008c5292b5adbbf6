//! Singular values of the embedding and of each class.

use super::frame::{AxisTitles, Frame};
use super::hover::{HoverCurve, Short};
use super::legend::{self, Key, LegendEntry};
use super::{Chart, Hover, WIDTH};
use crate::number;
use crate::page::Page;
use crate::palette::Ink;
use crate::scale::Scale;
use crate::scene::{Area, Scene};

/// Smaller ones are drawn at the foot of the figure: they are rounding errors of `f32`.
const FLOOR: f64 = 1e-6;

/// A list of singular values with its name.
struct Curve<'a> {
    name: String,
    ink: Ink,
    width: f64,
    values: &'a [f64],
}

pub(crate) fn chart(page: &Page) -> Option<Chart> {
    let spectrum = page.spectrum.as_ref()?;
    let named = |name: String, rank: Option<f64>| match rank {
        Some(rank) => format!("{name} ({})", number::fixed(rank, 1)),
        None => name,
    };
    let mut curves = vec![Curve {
        name: named("all nodes".to_owned(), spectrum.effective_rank),
        ink: Ink::Text,
        width: 2.2,
        values: &spectrum.embedding,
    }];
    for class in &spectrum.classes {
        curves.push(Curve {
            name: named(page.class_name(class.class), class.effective_rank),
            ink: Ink::Class(class.class as usize),
            width: 1.4,
            values: &class.values,
        });
    }
    curves.retain(|curve| !curve.values.is_empty());
    let longest = curves.iter().map(|curve| curve.values.len()).max()?;
    let smallest = curves
        .iter()
        .flat_map(|curve| curve.values)
        .filter(|value| value.is_finite())
        .fold(1.0_f64, |least, &value| least.min(value));
    let low = 10_f64.powf(smallest.max(FLOOR).log10().floor()).min(0.1);

    let with_ranks = spectrum.effective_rank.is_some()
        || spectrum.classes.iter().any(|class| class.effective_rank.is_some());
    let entries: Vec<_> = curves
        .iter()
        .map(|curve| LegendEntry {
            name: curve.name.clone(),
            ink: curve.ink,
            key: Key::Line((10.0 * curve.width) as u8),
        })
        .collect();

    let mut scene = Scene::new(WIDTH, 0.0);
    let top = legend::draw(&mut scene, &entries, 4.0, 2.0, WIDTH - 8.0) + 8.0;
    scene.height = top + 290.0;
    let outer = Area { x: 4.0, y: top, width: WIDTH - 8.0, height: 286.0 };
    let titles = AxisTitles { x: "Number of the singular value", y: "Singular value, the first is 1" };
    let range = [1.0, longest as f64];
    let x = Scale::linear(range[0], range[1]);
    let frame = Frame::draw(&mut scene, outer, x, Scale::logarithmic(low, 1.0), &titles);
    // All nodes last, so that they lie on top.
    for curve in curves.iter().rev() {
        let points = curve.values.iter().enumerate().map(|(i, &value)| ((i + 1) as f64, value));
        for piece in frame.pieces(points) {
            scene.line(piece, curve.width, curve.ink);
        }
    }
    let hover = Hover::Lines {
        area: frame.area,
        axis: "singular value",
        range,
        steps: (1..=longest).map(|i| i as f64).collect(),
        curves: curves
            .iter()
            .map(|curve| HoverCurve {
                name: curve.name.clone(),
                ink: curve.ink.name(),
                values: curve.values.iter().map(|&value| Short(value)).collect(),
            })
            .collect(),
    };
    let ranks =
        if with_ranks { " In brackets: the effective rank, the number of dimensions in use." } else { "" };
    Some(Chart {
        name: "spectrum",
        title: "Singular values of the embedding and of each class".to_owned(),
        caption: format!(
            "How many directions the nodes use. Better is a curve of all nodes that stays high for long (the embedding \
             has not collapsed) above curves of classes that fall early (each class has few directions of its own).{ranks}"
        ),
        scene,
        hover: Some(hover),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{ClassSpectrum, Spectrum};

    #[test]
    fn values_of_zero_lie_at_the_foot() {
        let page = Page {
            spectrum: Some(Spectrum {
                embedding: vec![1.0, 0.5, 0.0],
                effective_rank: Some(2.2),
                classes: vec![ClassSpectrum { class: 0, values: vec![1.0], effective_rank: None }],
            }),
            ..Page::default()
        };
        let chart = chart(&page).unwrap();
        let svg = crate::svg::write(&chart.scene, chart.name, "", crate::svg::Place::Page);
        assert!(svg.contains("all nodes (2.2)") && svg.contains("class 0<"), "{svg}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }

    #[test]
    fn an_empty_spectrum_has_no_figure() {
        assert!(chart(&Page { spectrum: Some(Spectrum::default()), ..Page::default() }).is_none());
    }
}
