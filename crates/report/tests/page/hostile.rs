//! Names that try to be more than names.

use report::{ClassCosines, Fact, MapNode, Matrix, NodeMap, Page, PrincipalAngles, SplitPart};

use crate::files::{markup, texts_of_xml};
use crate::sample;

/// Each would run a script, end an element or break a file if it were taken for anything but text.
const NAMES: [&str; 9] = [
    "<script>window.hacked=1</script>",
    "</script><script>window.hacked=2</script>",
    "\"><img src=x onerror=\"window.hacked=3\">",
    "' onmouseover='window.hacked=4",
    "</text></svg><script>window.hacked=5</script>",
    "<!-- <![CDATA[ ]]> -->",
    "&lt;b&gt; &amp; &nope; &#0;",
    "null\0 escape\u{1b} line\u{2028}paragraph\u{2029} bidi\u{202e} \u{ffff}",
    "図書館 𝔘𝔫𝔦 🦀 ${window.hacked=6}",
];

/// A page in which every text is one of [`NAMES`].
pub(crate) fn page() -> Page {
    let name = |i: usize| NAMES[i % NAMES.len()].to_owned();
    let all = || NAMES.concat();
    let sides = NAMES.len();
    let sample = sample::page();
    let nodes = (0..40)
        .map(|i| MapNode {
            id: name(i),
            position: [(i % 7) as f64, (i / 7) as f64],
            class: Some((i % sides) as u32),
            predicted: Some(((i + 1) % sides) as u32),
            split: SplitPart::Test,
        })
        .collect();
    Page {
        title: all(),
        dataset: name(0),
        method: name(1),
        encoder: Some(name(2)),
        protocol: all(),
        facts: (0..sides).map(|i| Fact::new(name(i), name(i + 1))).collect(),
        classes: (0..sides).map(name).collect(),
        map: Some(NodeMap { projection: all(), nodes }),
        class_cosines: Some(ClassCosines { matrix: Matrix::from_fn(sides, sides, |_, _| 0.5) }),
        principal_angles: Some(PrincipalAngles {
            smallest: Matrix::from_fn(sides, sides, |_, _| f64::NAN),
            pairs: Vec::new(),
        }),
        confusion: None,
        settings: Some(all()),
        environment: (0..sides).map(|i| Fact::new(name(i), name(i + 1))).collect(),
        command: Some(all()),
        ..sample
    }
}

#[test]
fn no_name_becomes_markup() {
    let html = page().to_html();
    assert_eq!(html.matches("<script").count(), 2, "the data and the page's own");
    assert_eq!(html.matches("</script").count(), 2);
    let markup = markup(&html);
    assert!(!markup.contains("<img") && !markup.contains("<!--") && !markup.contains("onerror=\""));
    assert!(!html.contains(['\0', '\u{1b}', '\u{ffff}']), "what no file may hold");
}

#[test]
fn plots_with_any_name_are_xml() {
    let plots = page().plots();
    let cosines = plots.iter().find(|plot| plot.name() == "class-cosines").unwrap();
    assert!(
        texts_of_xml(&cosines.svg())
            .iter()
            .any(|text| text.starts_with("<script>") || text.contains("script"))
    );
    for plot in &plots {
        texts_of_xml(&plot.svg());
        assert!(plot.to_png(1.0).is_ok(), "{}", plot.name());
    }
}
