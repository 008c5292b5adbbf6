//! What is in the files.

use std::collections::HashSet;

use quick_xml::Reader;
use quick_xml::events::Event;
use report::{
    ClassCosines, Confusion, Epoch, MapNode, Matrix, NodeCosines, NodeMap, Page, PrincipalAngles,
    SeedHistory, Spectrum, SplitPart,
};

use crate::sample;

/// The values of an attribute in markup.
fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    html.split(&start).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// The markup alone, without the data and the script.
pub(crate) fn markup(html: &str) -> &str {
    html.split("<script").next().unwrap_or(html)
}

/// Panics unless the file is XML, and returns its texts.
pub(crate) fn texts_of_xml(svg: &str) -> Vec<String> {
    let mut reader = Reader::from_str(svg);
    let mut texts = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Text(text) => texts.push(text.xml10_content().into_owned()),
            Event::Eof => return texts,
            _ => {}
        }
    }
}

#[test]
fn every_figure_of_the_page_is_a_plot_of_the_same_name() {
    let page = sample::page();
    let html = page.to_html();
    let names: Vec<String> = page.plots().iter().map(|plot| plot.name().to_owned()).collect();
    assert_eq!(
        names,
        [
            "map",
            "layout",
            "training-loss",
            "training-rates",
            "training-validation",
            "water-filling",
            "spectrum",
            "class-cosines",
            "node-cosines",
            "principal-angles",
            "principal-angles-pairs",
            "confusion",
            "per-class"
        ]
    );
    for (i, name) in names.iter().enumerate() {
        assert!(html.contains(&format!("id=\"figure-{name}\"")), "{name}");
        assert!(html.contains(&format!("<b>Figure {}.</b>", i + 1)), "figures are numbered in order");
    }
}

#[test]
fn plots_are_xml_and_png() {
    for plot in sample::page().plots() {
        let svg = plot.svg();
        assert!(!texts_of_xml(&svg).is_empty(), "{}", plot.name());
        // "Reinforcement" has an inf of its own.
        assert!(!["NaN", "\"inf", " inf", "-inf"].iter().any(|bad| svg.contains(bad)), "{}", plot.name());
        let png = plot.to_png(2.0).unwrap();
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n") && png.len() > 10_000, "{}", plot.name());
        assert_eq!(png, plot.to_png(2.0).unwrap(), "the same bytes every time");
    }
}

#[test]
fn ids_are_unique_and_links_lead_somewhere() {
    let html = sample::page().to_html();
    let ids = attributes(&html, "id");
    let known: HashSet<_> = ids.iter().collect();
    assert_eq!(ids.len(), known.len(), "{ids:?}");
    for link in attributes(&html, "href").into_iter().filter_map(|link| link.strip_prefix('#')) {
        assert!(known.contains(&link), "#{link}");
    }
}

#[test]
fn a_page_as_large_as_coras_is_well_below_its_limit() {
    let html = sample::page().to_html();
    assert!(html.len() < 700_000, "{} bytes", html.len());
}

#[test]
fn headings_are_in_order_and_every_figure_has_a_caption() {
    let html = sample::page().to_html();
    let markup = markup(&html);
    assert_eq!(markup.matches("<h1>").count(), 1);
    assert_eq!(markup.matches("<figure").count(), markup.matches("<figcaption>").count());
    assert_eq!(markup.matches("<section").count(), markup.matches("<h2>").count());
    assert_eq!(markup.matches("<svg class=\"plot\" id=").count(), 13);
    for svg in markup.split("<svg class=\"plot\" id=").skip(1) {
        assert!(svg.contains("role=\"img\" aria-label=\""));
    }
}

#[test]
fn a_run_without_labels_has_only_what_needs_none() {
    let full = sample::page();
    let mut map = full.map.unwrap();
    for node in &mut map.nodes {
        (node.class, node.predicted) = (None, None);
    }
    let mut history = full.history;
    history.truncate(1);
    for epoch in &mut history[0].epochs {
        (epoch.expansion, epoch.compression, epoch.val_accuracy) = (None, None, None);
    }
    history[0].kept = None;
    let page = Page {
        map: Some(map),
        history,
        dataset: "X".to_owned(),
        method: "DGI".to_owned(),
        ..Page::default()
    };
    let names: Vec<String> = page.plots().iter().map(|plot| plot.name().to_owned()).collect();
    assert_eq!(names, ["map", "training-loss"]);
    let html = page.to_html();
    let markup = markup(&html);
    assert!(!markup.contains("Predictions") && !markup.contains("Accuracy"), "no heading without content");
    assert!(!markup.contains("each seed"), "one seed has no mean");
}

#[test]
fn a_closed_form_has_its_spectrum_in_the_place_of_the_training() {
    let full = sample::page();
    let untrained = SeedHistory { seed: 0, epochs: Vec::new(), kept: None };
    let page = Page { history: vec![untrained], ..full };
    let names: Vec<String> = page.plots().iter().map(|plot| plot.name().to_owned()).collect();
    assert_eq!(names[..4], ["map", "layout", "water-filling", "spectrum"]);
    let html = page.to_html();
    assert!(html.contains("<h2>Closed form</h2>") && !html.contains("<h2>Training</h2>"));
}

#[test]
fn forty_classes_and_the_smallest_figures_are_drawn() {
    let side = 40;
    let matrix =
        |value: f64| Matrix::from_fn(side, side, |row, column| if row == column { 1.0 } else { value });
    let nodes = (0..200_u32)
        .map(|i| MapNode {
            id: i.to_string(),
            position: [f64::from(i % 20), f64::from(i / 20)],
            class: Some(i % side as u32),
            predicted: None,
            split: SplitPart::None,
        })
        .collect();
    let page = Page {
        classes: (0..side).map(|class| format!("subject {class}")).collect(),
        map: Some(NodeMap { projection: String::new(), nodes }),
        class_cosines: Some(ClassCosines { matrix: matrix(-0.3) }),
        confusion: Some(Confusion { matrix: matrix(0.0), evaluated_on: String::new() }),
        history: vec![SeedHistory {
            seed: 0,
            epochs: vec![Epoch { epoch: 1, loss: 2.0, ..Epoch::default() }],
            kept: Some(1),
        }],
        spectrum: Some(Spectrum { embedding: vec![1.0], ..Spectrum::default() }),
        ..Page::default()
    };
    let plots = page.plots();
    assert_eq!(plots.len(), 5);
    for plot in plots {
        let svg = plot.svg();
        assert!(!svg.contains("NaN"), "{}", plot.name());
        texts_of_xml(&svg);
        plot.to_png(2.0).unwrap();
    }
}

#[test]
fn matrices_of_no_classes_have_no_figure() {
    let none = || Matrix::new(0, 0, Vec::new());
    let page = Page {
        class_cosines: Some(ClassCosines { matrix: none() }),
        node_cosines: Some(NodeCosines { matrix: none(), ends: Vec::new() }),
        principal_angles: Some(PrincipalAngles { smallest: none(), pairs: Vec::new() }),
        confusion: Some(Confusion { matrix: none(), evaluated_on: String::new() }),
        ..Page::default()
    };
    assert!(page.plots().is_empty());
}

#[test]
#[should_panic(expected = "cosines of classes are 2 × 2 values, expected 1 × 1")]
fn a_matrix_has_a_row_for_each_class() {
    let matrix = Matrix::new(2, 2, vec![0.0; 4]);
    let page = Page {
        classes: vec!["a".to_owned()],
        class_cosines: Some(ClassCosines { matrix }),
        ..Page::default()
    };
    let _ = page.to_html();
}

#[test]
fn a_page_can_be_stored_as_json() {
    let json = serde_json::to_value(sample::page()).unwrap();
    assert_eq!(json["headline"]["rows"][0]["kind"], "run");
    assert_eq!(json["map"]["nodes"][0]["split"], "train");
}
