//! A figure with its heading and its caption.

use std::fmt::{self, Write as _};

use crate::charts::Chart;
use crate::escape::Escaped;
use crate::svg::{self, Place};

pub(crate) fn draw(html: &mut String, number: usize, chart: &Chart) -> fmt::Result {
    let drawing = svg::write(&chart.scene, chart.name, &chart.title, Place::Page);
    writeln!(
        html,
        "<figure class=\"card\" id=\"figure-{}\">\n<h3>{}</h3>\n{drawing}",
        chart.name,
        Escaped(&chart.title)
    )?;
    draw_caption(html, number, chart)?;
    html.push_str("</figure>\n");
    Ok(())
}

pub(crate) fn draw_caption(html: &mut String, number: usize, chart: &Chart) -> fmt::Result {
    writeln!(html, "<figcaption><b>Figure {number}.</b> {}</figcaption>", Escaped(&chart.caption))
}
