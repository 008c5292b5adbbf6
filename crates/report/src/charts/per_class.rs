//! How well each class was found.

use super::legend::{self, Key, LegendEntry};
use super::{Chart, WIDTH};
use crate::font;
use crate::number;
use crate::page::Page;
use crate::palette::Ink;
use crate::scale::Scale;
use crate::scene::{Anchor, Area, LABEL_SIZE, Marker, Scene, Text};

pub(crate) fn chart(page: &Page) -> Option<Chart> {
    if page.per_class.is_empty() {
        return None;
    }
    let entries = [
        LegendEntry { name: "accuracy within the class".to_owned(), ink: Ink::Accent, key: Key::Line(80) },
        LegendEntry { name: "precision".to_owned(), ink: Ink::Text, key: Key::Mark(Marker::Diamond) },
        LegendEntry { name: "F1".to_owned(), ink: Ink::Contrast, key: Key::Mark(Marker::Circle) },
    ];
    let mut scene = Scene::new(WIDTH, 0.0);
    let top = legend::draw(&mut scene, &entries, 4.0, 2.0, WIDTH - 8.0) + 12.0;
    let names: Vec<String> = page.per_class.iter().map(|class| page.class_name(class.class)).collect();
    let widest = names.iter().map(|name| 1.15 * font::width(name, LABEL_SIZE));
    let left = widest.fold(40.0, f64::max).min(122.0) + 12.0;
    // About as high as the confusion matrix beside it.
    let row = (270.0 / page.per_class.len() as f64).clamp(22.0, 38.0);
    let area =
        Area { x: left, y: top, width: WIDTH - left - 46.0, height: row * page.per_class.len() as f64 };
    let scale = Scale::linear(0.0, 100.0).onto(area.x, area.right());

    for tick in scale.ticks(5) {
        let at = scale.position(tick.value);
        scene.line(vec![[at, area.y], [at, area.bottom()]], 1.0, Ink::Grid);
        scene.text(Text::label(at, area.bottom() + 15.0, tick.label).anchored(Anchor::Middle));
    }
    let middle = area.x + area.width / 2.0;
    scene.text(
        Text::label(middle, area.bottom() + 31.0, "Share in %").anchored(Anchor::Middle).inked(Ink::Text),
    );
    for (i, (class, name)) in page.per_class.iter().zip(&names).enumerate() {
        let y = area.y + row * (i as f64 + 0.5);
        let shown = font::shortened(name, LABEL_SIZE, (left - 12.0) / 1.15);
        scene.text(Text::label(area.x - 8.0, y + 4.0, shown).anchored(Anchor::End).inked(Ink::Text));
        let at = |share: f64| scale.position(if share.is_finite() { 100.0 * share } else { 0.0 });
        let bar = Area { x: area.x, y: y - 7.0, width: (at(class.recall) - area.x).max(0.5), height: 14.0 };
        scene.rectangle(bar, 2.0, Ink::Accent.at(0.75));
        scene.marks(vec![[at(class.precision), y]], Marker::Diamond, 8.0, Ink::Surface);
        scene.marks(vec![[at(class.precision), y]], Marker::Diamond, 6.0, Ink::Text);
        scene.marks(vec![[at(class.f1), y]], Marker::Circle, 8.0, Ink::Surface);
        scene.marks(vec![[at(class.f1), y]], Marker::Circle, 6.0, Ink::Contrast);
        scene.text(Text::label(area.right() + 8.0, y + 4.0, number::fixed(100.0 * class.recall, 1)));
    }
    scene.line(vec![[area.x, area.y], [area.x, area.bottom()]], 1.0, Ink::Muted);
    scene.height = area.bottom() + 40.0;
    Some(Chart {
        name: "per-class",
        title: "Accuracy within each class".to_owned(),
        caption: "The share of a class' nodes that were found (bar and figure), the share of those taken for it that \
                  are of it (diamond), and the harmonic mean of both (dot). Higher is better."
            .to_owned(),
        scene,
        hover: None,
    })
}
