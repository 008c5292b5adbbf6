//! The spectrum of linear rate reduction with its water level, and the power of each direction below it.

use super::frame::{Frame, TITLE_HEIGHT, X_AXIS_HEIGHT, room_for_labels, y_title};
use super::hover::{HoverCurve, Short};
use super::legend::{self, Key, LegendEntry};
use super::{Chart, Hover, WIDTH};
use crate::number;
use crate::page::WaterFilling;
use crate::palette::Ink;
use crate::scale::{self, Scale, ScaleKind};
use crate::scene::{Area, Scene};

/// The ratio of eigenvalues from which on their axis is logarithmic.
const TWO_DECADES: f64 = 100.0;
/// Smaller ones, relative to the largest, are drawn at the foot of the figure: they are rounding errors of `f32`.
const FLOOR: f64 = 1e-7;

const SPECTRUM_HEIGHT: f64 = 196.0;
const POWER_HEIGHT: f64 = 66.0;

/// What is drawn, with the values that have a place on the axis.
struct Drawn<'a> {
    eigenvalues: &'a [f64],
    powers: Vec<f64>,
    /// Where there is one above 0.
    water_level: Option<f64>,
    kind: ScaleKind,
    /// The ends of the axis of the eigenvalues.
    range: (f64, f64),
}

pub(crate) fn chart(spectrum: &WaterFilling) -> Option<Chart> {
    let drawn = Drawn::of(spectrum)?;
    let mut scene = Scene::new(WIDTH, 0.0);
    let top = legend::draw(&mut scene, &drawn.legend(), 4.0, 2.0, WIDTH - 8.0) + 8.0;
    let count = drawn.eigenvalues.len();
    // Each direction is a step as wide as the others: so the first and the last have room for theirs.
    let x = || Scale::linear(0.5, count as f64 + 0.5);
    let y = match drawn.kind {
        ScaleKind::Linear => Scale::linear(drawn.range.0, drawn.range.1),
        ScaleKind::Logarithmic => Scale::logarithmic(drawn.range.0, drawn.range.1),
    };
    let share = Scale::linear(0.0, 1.0).marked_every(0.5);
    let left = 4.0 + room_for_labels(&y.ticks(5)).max(room_for_labels(&share.ticks(2)));
    let width = WIDTH - 8.0 - left - 8.0;
    let upper = Area { x: left, y: top + TITLE_HEIGHT, width, height: SPECTRUM_HEIGHT };
    let lower = Area { y: upper.bottom() + TITLE_HEIGHT + 8.0, height: POWER_HEIGHT, ..upper };
    scene.height = lower.bottom() + X_AXIS_HEIGHT + 4.0;

    let frame = Frame::without_x_marks(&mut scene, upper, x(), y);
    scene.text(y_title(4.0, &upper, "Eigenvalue s_k"));
    drawn.draw_spectrum(&mut scene, &frame);
    let frame = Frame::without_x_marks(&mut scene, lower, x(), share);
    scene.text(y_title(4.0, &lower, "Power p_k = max(0, 1 − s_cut / s_k)"));
    fill(&mut scene, &frame, &drawn.powers, 0.0);
    let steps = steps(&frame, drawn.powers.iter().copied().enumerate());
    scene.line(steps, 1.6, Ink::Accent);
    frame.draw_x_marks(&mut scene, &frame.x.whole_ticks(6), "Direction k");

    let curve = |name: &str, ink: Ink, values: Vec<f64>| HoverCurve {
        name: name.to_owned(),
        ink: ink.name(),
        values: values.into_iter().map(Short).collect(),
    };
    let mut curves = vec![curve("eigenvalue", Ink::Accent, drawn.eigenvalues.to_vec())];
    curves.extend(drawn.water_level.map(|level| curve("water level", Ink::Contrast, vec![level; count])));
    curves.push(curve("power", Ink::Accent, drawn.powers.clone()));
    let hover = Hover::Lines {
        area: Area { height: lower.bottom() - upper.y, ..upper },
        axis: "direction",
        range: [0.5, count as f64 + 0.5],
        steps: (1..=count).map(|k| k as f64).collect(),
        curves,
    };
    Some(Chart {
        name: "water-filling",
        title: "Eigenvalues and the water level of linear rate reduction".to_owned(),
        caption: drawn.caption(),
        scene,
        hover: Some(hover),
    })
}

impl<'a> Drawn<'a> {
    fn of(spectrum: &'a WaterFilling) -> Option<Self> {
        let eigenvalues = spectrum.eigenvalues.as_slice();
        let water_level = Some(spectrum.water_level).filter(|level| level.is_finite() && *level > 0.0);
        let values = || eigenvalues.iter().copied().chain(water_level).filter(|value| *value > 0.0);
        let (_, highest) = scale::range_of(values())?;
        let (lowest, _) = scale::range_of(values().filter(|value| *value >= FLOOR * highest))?;
        let kind = if highest > TWO_DECADES * lowest { ScaleKind::Logarithmic } else { ScaleKind::Linear };
        let range = match kind {
            ScaleKind::Linear => (0.0, 1.06 * highest),
            // Room above the highest and below the lowest, so that neither lies on an edge.
            ScaleKind::Logarithmic => {
                let room = (highest / lowest).powf(0.07);
                (lowest / room, highest * room)
            }
        };
        let level = water_level.unwrap_or(0.0);
        let power = |value: &f64| if *value > level { 1.0 - level / value } else { 0.0 };
        let powers = eigenvalues.iter().map(power).collect();
        Some(Self { eigenvalues, powers, water_level, kind, range })
    }

    fn legend(&self) -> Vec<LegendEntry> {
        let line = |name: String, ink, tenths| LegendEntry { name, ink, key: Key::Line(tenths) };
        let kept = self.powers.iter().filter(|power| **power > 0.0).count();
        let mut entries = vec![line(format!("above the water level: {kept}"), Ink::Accent, 16)];
        if let Some(level) = self.water_level {
            entries.push(line(
                format!("water level s_cut = {}", number::significant(level)),
                Ink::Contrast,
                16,
            ));
        }
        entries
    }

    /// The eigenvalues as steps, filled down to the water level; those that are not above it are muted.
    fn draw_spectrum(&self, scene: &mut Scene, frame: &Frame) {
        let above = self.powers.iter().take_while(|power| **power > 0.0).count();
        fill(scene, frame, &self.eigenvalues[..above], self.water_level.unwrap_or(self.range.0));
        let numbered = || self.eigenvalues.iter().copied().enumerate();
        if above < self.eigenvalues.len() {
            scene.line(steps(frame, numbered().skip(above.saturating_sub(1))), 1.6, Ink::Muted);
        }
        scene.line(steps(frame, numbered().take(above)), 1.6, Ink::Accent);
        if let Some(level) = self.water_level {
            let at = frame.y.position(level);
            scene.line(vec![[frame.area.x, at], [frame.area.right(), at]], 1.6, Ink::Contrast);
        }
    }

    fn caption(&self) -> String {
        let area = match (self.kind, self.water_level) {
            (ScaleKind::Logarithmic, Some(_)) => {
                " The axis is logarithmic: the filled area is Σ ln(s_k / s_cut), twice the expansion R(Z)."
            }
            _ => "",
        };
        format!(
            "s_k is the variance of the propagated features along direction k, for each unit of their scatter within pairs \
             of neighbors. A direction above the water level has the power p_k in the embedding, one below it has none.{area}"
        )
    }
}

/// A step of equal width for each value.
fn steps(frame: &Frame, values: impl Iterator<Item = (usize, f64)>) -> Vec<[f64; 2]> {
    values
        .flat_map(|(i, value)| {
            let y = frame.y.position(if value.is_finite() { value } else { 0.0 });
            [0.5, 1.5].map(|side| [frame.x.position(i as f64 + side), y])
        })
        .collect()
}

/// Fills the steps of the first values down to `foot`.
fn fill(scene: &mut Scene, frame: &Frame, values: &[f64], foot: f64) {
    let mut points = steps(frame, values.iter().copied().enumerate());
    let (Some(first), Some(last)) = (points.first().copied(), points.last().copied()) else { return };
    let foot = frame.y.position(foot);
    points.extend([[last[0], foot], [first[0], foot]]);
    scene.polygon(points, Ink::Accent.at(0.22));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::Shape;

    fn spectrum(eigenvalues: &[f64], water_level: f64) -> WaterFilling {
        WaterFilling { eigenvalues: eigenvalues.to_vec(), water_level }
    }

    fn svg(chart: &Chart) -> String {
        crate::svg::write(&chart.scene, chart.name, "", crate::svg::Place::Page)
    }

    /// The filled surfaces, of the eigenvalues and of the powers.
    fn polygons(chart: &Chart) -> Vec<&[[f64; 2]]> {
        fn points(shape: &Shape) -> Option<&[[f64; 2]]> {
            if let Shape::Polygon { points, .. } = shape { Some(points) } else { None }
        }
        chart.scene.shapes.iter().filter_map(points).collect()
    }

    /// The height at which the water level is drawn.
    fn water(chart: &Chart) -> Option<f64> {
        chart.scene.shapes.iter().find_map(|shape| match shape {
            // Wider than its mark in the legend.
            Shape::Line { points, paint, .. }
                if paint.ink == Ink::Contrast && points[1][0] - points[0][0] > 100.0 =>
            {
                Some(points[0][1])
            }
            _ => None,
        })
    }

    #[test]
    fn the_surface_ends_at_the_water_level_and_has_a_step_for_each_direction_above() {
        let chart = chart(&spectrum(&[4.0, 2.0, 1.0, 0.5], 1.0)).unwrap();
        let [filled, powers] = polygons(&chart)[..] else { panic!("two surfaces") };
        let foot = filled.iter().map(|point| point[1]).fold(0.0, f64::max);
        assert_eq!((filled.len(), Some(foot)), (2 * 2 + 2, water(&chart)));
        // Four directions with the powers ¾, ½, 0, 0, in an axis of the height 66.
        let heights: Vec<f64> = powers[..8].iter().map(|point| powers[9][1] - point[1]).collect();
        let expected = [49.5, 49.5, 33.0, 33.0, 0.0, 0.0, 0.0, 0.0];
        assert!(heights.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9), "{heights:?}");
        assert!(svg(&chart).contains("above the water level: 2<"));
    }

    #[test]
    fn the_axis_is_logarithmic_from_two_decades_on() {
        let area = |chart: &Chart| chart.caption.contains("logarithmic");
        assert!(!area(&chart(&spectrum(&[90.0, 1.0], 1.0)).unwrap()));
        let chart = chart(&spectrum(&[100.0, 10.0, 1.0, 0.1], 0.1)).unwrap();
        assert!(area(&chart));
        let tops: Vec<f64> = polygons(&chart)[0][..6].iter().step_by(2).map(|point| point[1]).collect();
        assert!(
            (tops[2] - 2.0 * tops[1] + tops[0]).abs() < 1e-9,
            "equal ratios are equally far apart: {tops:?}"
        );
    }

    #[test]
    fn without_a_water_level_every_direction_has_all_power() {
        let chart = chart(&spectrum(&[3.0, 2.0], 0.0)).unwrap();
        assert_eq!(water(&chart), None);
        let powers = polygons(&chart)[1];
        assert!((powers[5][1] - powers[0][1] - POWER_HEIGHT).abs() < 1e-9 && powers[0][1] == powers[3][1]);
        assert!(!svg(&chart).contains("s_cut ="));
    }

    #[test]
    fn the_pointer_finds_each_direction() {
        let chart = chart(&spectrum(&[4.0, 2.0], 1.0)).unwrap();
        let hover = serde_json::to_value(chart.hover.unwrap()).unwrap();
        assert_eq!(hover["steps"], serde_json::json!([1.0, 2.0]));
        let curves = hover["curves"].as_array().unwrap();
        let values: Vec<_> = curves.iter().map(|curve| curve["values"].clone()).collect();
        assert_eq!(
            values,
            [serde_json::json!([4, 2]), serde_json::json!([1, 1]), serde_json::json!([0.75, 0.5])]
        );
    }

    #[test]
    fn no_value_breaks_the_figure() {
        let cases: [(&[f64], f64); 6] = [
            (&[f64::NAN, 2.0, f64::INFINITY, -1.0, 0.0], 1.0),
            (&[5.0], 5.0),
            (&[1e-300, 1e300], 1e-310),
            (&[2.0, 1.0], f64::NAN),
            (&[2.0, 1.0], -3.0),
            (&[0.0, 0.0], 1e-3),
        ];
        for (eigenvalues, level) in cases {
            let chart = chart(&spectrum(eigenvalues, level)).unwrap();
            let svg = svg(&chart);
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{eigenvalues:?}, {level}: {svg}");
        }
        for eigenvalues in [&[][..], &[0.0, -1.0], &[f64::NAN]] {
            assert!(chart(&spectrum(eigenvalues, 0.0)).is_none(), "{eigenvalues:?}");
        }
    }
}
