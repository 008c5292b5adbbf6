//! Accuracy against processor time.

use super::Chart;
use super::frame::{AxisTitles, Frame};
use crate::cost::{CostKind, CostPanel, CostPoint};
use crate::font;
use crate::palette::Ink;
use crate::scale::{Scale, range_of};
use crate::scene::{Area, LABEL_SIZE, Marker, Scene, Text};

/// Width of a panel, where there are one, two, or more in a row.
const WIDTHS: [f64; 3] = [620.0, 460.0, 400.0];
/// The most panels in a row.
const IN_A_ROW: usize = 3;
const HEIGHT: f64 = 340.0;
const TITLE: f64 = 22.0;
/// Diameter of a mark.
const MARK: f64 = 7.0;
/// Height that a label takes.
const LINE: f64 = 13.0;
/// Letters of the reader's font may be wider than those that were measured.
const WIDER: f64 = 1.16;

pub(crate) fn chart(panels: &[CostPanel]) -> Option<Chart> {
    let known: Vec<(&str, Vec<&CostPoint>)> = panels
        .iter()
        .map(|panel| (panel.title.as_str(), drawn(panel)))
        .filter(|(_, points)| !points.is_empty())
        .collect();
    let in_a_row = known.len().clamp(1, IN_A_ROW);
    let (width, rows) = (WIDTHS[in_a_row - 1], known.len().div_ceil(in_a_row));
    if known.is_empty() {
        return None;
    }
    let mut scene = Scene::new(8.0 + width * in_a_row as f64, 8.0 + rows as f64 * (HEIGHT + TITLE + 8.0));
    for (place, (title, points)) in known.iter().enumerate() {
        let x = 4.0 + (place % in_a_row) as f64 * width;
        let y = 4.0 + (place / in_a_row) as f64 * (HEIGHT + TITLE + 8.0);
        scene.text(Text::label(x, y + 14.0, *title).sized(14.0).inked(Ink::Text));
        draw_panel(&mut scene, Area { x, y: y + TITLE, width: width - 8.0, height: HEIGHT }, points);
    }
    Some(Chart {
        name: "cost",
        title: "Accuracy against processor time".to_owned(),
        caption: "Further up is better, further left cheaper. The line joins the methods without labels of which no other is \
                  cheaper and better."
            .to_owned(),
        scene,
        hover: None,
    })
}

/// The points that have a place on the axes.
fn drawn(panel: &CostPanel) -> Vec<&CostPoint> {
    let has_place = |point: &&CostPoint| {
        point.cpu_seconds > 0.0 && point.cpu_seconds.is_finite() && point.accuracy.is_finite()
    };
    panel.points.iter().filter(has_place).collect()
}

fn draw_panel(scene: &mut Scene, outer: Area, points: &[&CostPoint]) {
    let (cheapest, dearest) =
        range_of(points.iter().map(|point| point.cpu_seconds)).expect("there is a point");
    let percent = |point: &CostPoint| 100.0 * point.accuracy;
    let ends = points.iter().flat_map(|point| {
        let std = 100.0 * point.std.unwrap_or(0.0);
        [percent(point) - std - 0.5, percent(point) + std + 0.5]
    });
    // Room for labels beside the first and the last.
    let room = (dearest / cheapest).max(10.0).powf(0.12);
    let x = Scale::logarithmic(cheapest / room, dearest * room * room);
    let titles = AxisTitles { x: "processor seconds of a run", y: "test accuracy %" };
    let frame = Frame::draw(scene, outer, x, Scale::nice(ends, 5), &titles);
    let at = |point: &CostPoint| [frame.x.position(point.cpu_seconds), frame.y.position(percent(point))];

    let front: Vec<[f64; 2]> = front(points).into_iter().map(at).collect();
    let steps = front.windows(2).flat_map(|pair| [pair[0], [pair[1][0], pair[0][1]]]);
    scene.line(steps.chain(front.last().copied()).collect(), 1.2, Ink::Accent.at(0.6));
    for point in points {
        let ([x, _], ink) = (at(point), ink(point.kind));
        if let Some(std) = point.std.filter(|std| std.is_finite()) {
            let end = |sign: f64| frame.y.position(percent(point) + sign * 100.0 * std);
            scene.line(vec![[x, end(-1.0)], [x, end(1.0)]], 1.2, ink.at(0.7));
        }
        let marker = if point.kind == CostKind::Supervised { Marker::Diamond } else { Marker::Circle };
        scene.marks(vec![at(point)], marker, MARK, ink);
    }
    let labels: Vec<([f64; 2], f64)> =
        points.iter().map(|point| (at(point), WIDER * font::width(&point.name, LABEL_SIZE))).collect();
    for ((point, (mark, _)), area) in points.iter().zip(&labels).zip(place_labels(&labels, &frame.area)) {
        let nearest = [mark[0].clamp(area.x, area.right()), mark[1].clamp(area.y, area.bottom())];
        if (nearest[0] - mark[0]).hypot(nearest[1] - mark[1]) > 2.0 * MARK {
            scene.line(vec![*mark, nearest], 0.8, Ink::Muted.at(0.6));
        }
        let label = Text::label(area.x, area.bottom() - 3.0, point.name.as_str());
        scene.text(label.inked(if point.kind == CostKind::Baseline { Ink::Muted } else { Ink::Text }));
    }
}

fn ink(kind: CostKind) -> Ink {
    match kind {
        CostKind::Baseline => Ink::Muted,
        CostKind::Unsupervised => Ink::Accent,
        CostKind::Supervised => Ink::Contrast,
    }
}

/// The methods without labels of which none is both as cheap and as good: the cheapest first.
fn front<'a>(points: &[&'a CostPoint]) -> Vec<&'a CostPoint> {
    let mut by_cost: Vec<&CostPoint> =
        points.iter().copied().filter(|point| point.kind != CostKind::Supervised).collect();
    by_cost.sort_by(|a, b| a.cpu_seconds.total_cmp(&b.cpu_seconds).then(b.accuracy.total_cmp(&a.accuracy)));
    let mut best = f64::NEG_INFINITY;
    by_cost.retain(|point| {
        let better = point.accuracy > best;
        best = best.max(point.accuracy);
        better
    });
    by_cost
}

/// A place for each label, given its mark and its width: the nearest beside its mark that overlaps no label, no mark, and
/// not the edge. Where there is none, the one that overlaps least.
fn place_labels(labels: &[([f64; 2], f64)], within: &Area) -> Vec<Area> {
    let marks: Vec<Area> = labels
        .iter()
        .map(|([x, y], _)| Area { x: x - MARK / 2.0, y: y - MARK / 2.0, width: MARK, height: MARK })
        .collect();
    let mut placed: Vec<Area> = Vec::new();
    for ([x, y], width) in labels {
        let mut best: Option<(f64, Area)> = None;
        for step in 0..=(2.0 * within.height / LINE) as usize {
            // Up and down in turn, further each time.
            let shift = (step as f64 / 2.0).ceil() * LINE * 0.7 * if step % 2 == 0 { 1.0 } else { -1.0 };
            for left in [x + MARK, x - MARK - width, x - width / 2.0] {
                let area = Area { x: left, y: y + shift - LINE / 2.0, width: *width, height: LINE };
                let outside = outside(&area, within);
                let overlap: f64 = placed.iter().chain(&marks).map(|other| overlap(&area, other)).sum();
                let cost = 100.0 * (outside + overlap) + shift.abs();
                if best.is_none_or(|(least, _)| cost < least) {
                    best = Some((cost, area));
                }
            }
        }
        placed.push(best.expect("there is a first place").1);
    }
    placed
}

fn overlap(a: &Area, b: &Area) -> f64 {
    let width = a.right().min(b.right()) - a.x.max(b.x);
    let height = a.bottom().min(b.bottom()) - a.y.max(b.y);
    width.max(0.0) * height.max(0.0)
}

fn outside(area: &Area, within: &Area) -> f64 {
    area.width * area.height - overlap(area, within)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(name: &str, cpu_seconds: f64, accuracy: f64, kind: CostKind) -> CostPoint {
        CostPoint { name: name.to_owned(), cpu_seconds, accuracy, std: Some(0.01), kind }
    }

    fn crowded() -> Vec<CostPoint> {
        let cost = |i: usize| 1.0 + 0.01 * (i % 4) as f64;
        (0..12)
            .map(|i| point(&format!("method {i}"), cost(i), 0.8 + 0.001 * i as f64, CostKind::Unsupervised))
            .collect()
    }

    #[test]
    fn the_front_leaves_out_what_another_beats_and_what_has_labels() {
        let points = [
            point("dear", 10.0, 0.8, CostKind::Unsupervised),
            point("best", 9.0, 0.85, CostKind::Unsupervised),
            point("cheap", 0.1, 0.6, CostKind::Baseline),
            point("worse", 0.1, 0.5, CostKind::Baseline),
            point("labels", 0.01, 0.99, CostKind::Supervised),
        ];
        let found = front(&points.iter().collect::<Vec<_>>());
        assert_eq!(found.iter().map(|point| point.name.as_str()).collect::<Vec<_>>(), ["cheap", "best"]);
    }

    #[test]
    fn labels_of_marks_that_nearly_coincide_do_not_overlap() {
        let within = Area { x: 0.0, y: 0.0, width: 400.0, height: 300.0 };
        let labels: Vec<([f64; 2], f64)> =
            (0..12).map(|i| ([200.0 + f64::from(i % 4), 150.0], 60.0)).collect();
        let placed = place_labels(&labels, &within);
        for (i, area) in placed.iter().enumerate() {
            assert_eq!(outside(area, &within), 0.0);
            assert!(placed[..i].iter().all(|other| overlap(area, other) == 0.0), "label {i}");
        }
    }

    #[test]
    fn panels_stand_in_rows_of_three_and_points_without_a_cost_are_left_out() {
        let panel = |points: Vec<CostPoint>| CostPanel { title: "Cora".to_owned(), points };
        let free = panel(vec![point("free", 0.0, 0.5, CostKind::Baseline)]);
        assert!(chart(std::slice::from_ref(&free)).is_none() && chart(&[]).is_none());
        let one = chart(&[panel(crowded()), free]).unwrap().scene;
        assert_eq!(one.width, 628.0);
        let four = chart(&vec![panel(crowded()); 4]).unwrap().scene;
        assert_eq!((four.width, four.height), (1208.0, 8.0 + 2.0 * (HEIGHT + TITLE + 8.0)));
        let single = chart(&[panel(vec![point("only", 1.0, 0.5, CostKind::Baseline)])]);
        assert!(single.is_some());
    }
}
