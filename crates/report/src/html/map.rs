//! The map: a canvas for those who have a script, the drawing for paper and for everybody else.

use std::fmt::{self, Write as _};

use super::figure;
use crate::charts::Chart;
use crate::escape::Escaped;
use crate::number;
use crate::page::{NodeMap, Page, SplitPart};
use crate::svg::{self, Place};

pub(crate) fn draw(html: &mut String, page: &Page, number: usize, chart: &Chart) -> fmt::Result {
    let Some(map) = &page.map else {
        return Ok(());
    };
    let drawing = svg::write(&chart.scene, chart.name, &chart.title, Place::Page);
    write!(
        html,
        "<figure class=\"card wide\" id=\"figure-map\">\n<h3>{}</h3>\n<div class=\"live\">\n<div class=\"map-bar\">\n\
         <label>Find node <input type=\"search\" id=\"map-search\" placeholder=\"id\" autocomplete=\"off\" \
         spellcheck=\"false\"></label>\n",
        Escaped(&chart.title)
    )?;
    draw_filter(html, map)?;
    write!(
        html,
        "<output id=\"map-found\" for=\"map-search\"></output>\n<div class=\"zoom\">\
         <button type=\"button\" id=\"map-in\" aria-label=\"Zoom in\">+</button>\
         <button type=\"button\" id=\"map-out\" aria-label=\"Zoom out\">−</button>\
         <button type=\"button\" id=\"map-fit\">All</button></div>\n</div>\n\
         <div class=\"stage\"><canvas id=\"map-canvas\" tabindex=\"0\" role=\"img\" aria-label=\"Map of {} nodes\" \
         aria-describedby=\"map-help\"></canvas><div class=\"hint\" id=\"map-hint\" aria-hidden=\"true\">Click the map \
         first, then scroll to zoom</div></div>\n<div class=\"legend\" id=\"map-legend\" role=\"group\" \
         aria-label=\"Classes\"></div>\n<p class=\"help\" id=\"map-help\">Drag to move; pinch, or click and scroll, to \
         zoom. With the map in focus: arrow keys move, + and − zoom, 0 shows all. A class in the legend is hidden by a \
         click and shown alone by a double click.</p>\n</div>\n<div class=\"still\">{drawing}</div>\n",
        number::count(map.nodes.len() as u64),
    )?;
    figure::draw_caption(html, number, chart)?;
    html.push_str("</figure>\n");
    Ok(())
}

/// The choice of what is shown, of those parts that there are; nothing where there is but one choice.
fn draw_filter(html: &mut String, map: &NodeMap) -> fmt::Result {
    let any = |part| map.nodes.iter().any(|node| node.split == part);
    let wrong = map
        .nodes
        .iter()
        .any(|node| node.class.zip(node.predicted).is_some_and(|(class, predicted)| class != predicted));
    let choices: Vec<_> = [
        (any(SplitPart::Train), "t", "training nodes"),
        (any(SplitPart::Validation), "v", "validation nodes"),
        (any(SplitPart::Test), "e", "test nodes"),
        (wrong, "wrong", "wrongly predicted"),
    ]
    .into_iter()
    .filter(|(there, ..)| *there)
    .collect();
    if choices.is_empty() {
        return Ok(());
    }
    html.push_str("<label>Show <select id=\"map-filter\"><option value=\"all\">all nodes</option>");
    for (_, value, name) in choices {
        write!(html, "<option value=\"{value}\">{name}</option>")?;
    }
    html.push_str("</select></label>\n");
    Ok(())
}
