//! A page as HTML: head, sections, figures, and the data that its script reads.

mod data;
mod figure;
mod headline;
mod map;
mod tables;

use std::fmt::{self, Write as _};

use tables::Breadth;

use crate::charts::{self, Chart, Section};
use crate::escape::{Escaped, json_for_script};
use crate::page::Page;
use crate::{palette, svg};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What a page may load: nothing but what stands in it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; \
                      base-uri 'none'; form-action 'none'";

/// A part of the page with a heading.
struct Part {
    id: &'static str,
    title: &'static str,
    body: String,
}

pub(crate) fn write(page: &Page) -> String {
    let mut html = String::new();
    draw(&mut html, page).expect("writing to a string cannot fail");
    html
}

fn draw(html: &mut String, page: &Page) -> fmt::Result {
    let charts = charts::all(page);
    let parts = parts(page)?;
    let title = page.heading();
    write!(
        html,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n<style>\n{}</style>\n</head>\n<body>\n",
        Escaped(&title),
        style(),
    )?;
    draw_head(html, page, &title)?;
    if parts.len() > 1 {
        html.push_str("<nav aria-label=\"Sections\"><ul>");
        for part in &parts {
            write!(html, "<li><a href=\"#{}\">{}</a></li>", part.id, part.title)?;
        }
        html.push_str("</ul></nav>\n");
    }
    html.push_str("<main>\n");
    for Part { id, title, body } in &parts {
        writeln!(html, "<section id=\"{id}\">\n<h2>{title}</h2>\n{body}</section>")?;
    }
    html.push_str(
        "</main>\n<footer>This page is one file and asks nothing of the network.</footer>\n\
         <div id=\"tip\" role=\"status\" hidden></div>\n",
    );
    let data =
        serde_json::to_string(&data::of(page, &charts)).expect("keys are texts and numbers are finite");
    writeln!(html, "<script type=\"application/json\" id=\"data\">{}</script>", json_for_script(&data))?;
    writeln!(html, "<script>\n{SCRIPT}</script>\n</body>\n</html>")
}

/// The style sheet: the colours by light and by dark, then the rules. Paper is light.
fn style() -> String {
    let (light, dark) = (palette::light_properties(), palette::dark_properties());
    format!(
        ":root{{color-scheme:light dark;--page:#f5f7fa;--line:#c9d1db;--fonts:{};{light}}}\n\
         @media screen and (prefers-color-scheme:dark){{:root{{--page:#0e131a;--line:#3d4857;{dark}}}}}\n{}\n{STYLE}",
        svg::FONTS,
        palette::page_rules(),
    )
}

fn draw_head(html: &mut String, page: &Page, title: &str) -> fmt::Result {
    html.push_str("<header>\n<p class=\"eyebrow\">");
    let parts = [Some(&page.dataset), Some(&page.method), page.encoder.as_ref()];
    for part in parts.into_iter().flatten().filter(|part| !part.is_empty()) {
        write!(html, "<span>{}</span>", Escaped(part))?;
    }
    write!(html, "</p>\n<h1>{}</h1>\n", Escaped(title))?;
    if !page.protocol.is_empty() {
        writeln!(html, "<p class=\"protocol\">{}</p>", Escaped(&page.protocol))?;
    }
    if !page.facts.is_empty() {
        html.push_str("<dl class=\"facts\">");
        for fact in &page.facts {
            write!(html, "<div><dt>{}</dt><dd>{}</dd></div>", Escaped(&fact.name), Escaped(&fact.value))?;
        }
        html.push_str("</dl>\n");
    }
    html.push_str("</header>\n");
    Ok(())
}

/// The parts that there is data for. Figures are numbered through all of them.
fn parts(page: &Page) -> Result<Vec<Part>, fmt::Error> {
    let mut parts = Vec::new();
    let mut number = 0;
    let mut add = |id, title, body: String| {
        if !body.is_empty() {
            parts.push(Part { id, title, body });
        }
    };
    let mut figures = |section| {
        charts::of(page, section)
            .into_iter()
            .map(|chart| {
                number += 1;
                (number, chart)
            })
            .collect::<Vec<(usize, Chart)>>()
    };

    add("accuracy", "Accuracy", headline::draw(page)?);
    let mut body = String::new();
    for (number, chart) in figures(Section::Map) {
        map::draw(&mut body, page, number, &chart)?;
    }
    add("map", "Map", body);

    add("layout", "Layout", cards(&figures(Section::Graph), "")?);

    let training = figures(Section::Training);
    let trains = page.history.iter().any(|seed| !seed.epochs.is_empty());
    // Beside the last figure where that has nothing beside it.
    let breadth = if training.len() % 2 == 1 { Breadth::Half } else { Breadth::Full };
    // A closed form has no epochs: its spectrum alone says how the embedding was found.
    let (id, title) = if trains { ("training", "Training") } else { ("closed-form", "Closed form") };
    add(id, title, cards(&training, &tables::seeds(page, breadth)?)?);
    let geometry = figures(Section::Geometry);
    add("geometry", "Geometry", cards(&geometry, "")?);
    let predictions = figures(Section::Predictions);
    add("predictions", "Predictions", cards(&predictions, &tables::per_class(page)?)?);
    add("more", "More figures", cards(&[], &tables::further(page)?)?);
    add("settings", "Settings", tables::settings(page)?);
    Ok(parts)
}

/// Figures and whatever else, side by side; nothing where there is neither.
fn cards(figures: &[(usize, Chart)], others: &str) -> Result<String, fmt::Error> {
    if figures.is_empty() && others.is_empty() {
        return Ok(String::new());
    }
    let mut body = "<div class=\"cards\">\n".to_owned();
    for (number, chart) in figures {
        figure::draw(&mut body, *number, chart)?;
    }
    body.push_str(others);
    body.push_str("</div>\n");
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Fact;

    #[test]
    fn a_page_of_nothing_is_a_page() {
        let html = write(&Page { dataset: "Cora".to_owned(), method: "G2R".to_owned(), ..Page::default() });
        assert!(html.contains("<h1>G2R on Cora</h1>"), "{html}");
        assert!(!html.contains("<section") && !html.contains("<nav"), "no part has a heading");
        assert!(html.ends_with("</html>\n"));
    }

    #[test]
    fn nothing_is_loaded_from_anywhere() {
        let html = write(&Page { facts: vec![Fact::new("nodes", "2708")], ..Page::default() });
        for loader in ["http://", "https://", "src=", "@import", "url(", "<link"] {
            let html = html.replace("http://www.w3.org/2000/svg", ""); // a name, not an address
            assert!(!html.contains(loader), "{loader}");
        }
    }
}
