//! The accuracy, large, beside a table of what it is compared with.

use std::fmt::{self, Write as _};

use crate::escape::Escaped;
use crate::number;
use crate::page::{Headline, HeadlineRow, Page, RowKind};

pub(crate) fn draw(page: &Page) -> Result<String, fmt::Error> {
    let mut html = String::new();
    let Some(headline) = page.headline.as_ref().filter(|headline| !headline.rows.is_empty()) else {
        return Ok(html);
    };
    let run = headline.rows.iter().find(|row| row.kind == RowKind::Run);
    html.push_str(if run.is_some() { "<div class=\"hero\">\n" } else { "<div class=\"cards\">\n" });
    if let Some(run) = run {
        draw_score(&mut html, headline, run)?;
    }
    draw_table(&mut html, headline)?;
    html.push_str("</div>\n");
    Ok(html)
}

fn draw_score(html: &mut String, headline: &Headline, run: &HeadlineRow) -> fmt::Result {
    write!(html, "<div class=\"card score\"><p class=\"big\">{}", number::fixed(100.0 * run.mean, 1))?;
    match run.std {
        Some(std) => write!(html, "<small>± {} %</small></p>", number::fixed(100.0 * std, 1))?,
        None => html.push_str("<small>%</small></p>"),
    }
    write!(html, "<p class=\"sub\">accuracy, {}", Escaped(&run.name))?;
    if !headline.evaluated_on.is_empty() {
        write!(html, "<br>on {}", Escaped(&headline.evaluated_on))?;
    }
    if run.std.is_some() {
        write!(html, "<br>mean ± standard deviation of {} runs", run.runs)?;
    }
    html.push_str("</p></div>\n");
    Ok(())
}

fn draw_table(html: &mut String, headline: &Headline) -> fmt::Result {
    html.push_str(
        "<div class=\"card\"><table>\n<thead><tr><th scope=\"col\">Method</th><th scope=\"col\" class=\"kind-column\">\
         </th><th scope=\"col\" class=\"n\">Accuracy in %</th><th scope=\"col\" class=\"n\">Runs</th>\
         <th class=\"bar\"></th></tr></thead>\n<tbody>\n",
    );
    for row in &headline.rows {
        let (class, kind) = match row.kind {
            RowKind::Run => (" class=\"run\"", "this run"),
            RowKind::Baseline => ("", "baseline"),
            RowKind::Published => ("", "published"),
        };
        let runs = if row.runs == 0 { "–".to_owned() } else { number::count(row.runs as u64) };
        write!(
            html,
            "<tr{class}><th scope=\"row\">{}</th><td class=\"kind kind-column\">{kind}</td><td class=\"n\">{}",
            Escaped(&row.name),
            number::percent(row.mean)
        )?;
        if let Some(std) = row.std {
            write!(html, " <span class=\"sub\">± {}</span>", number::percent(std))?;
        }
        write!(html, "</td><td class=\"n\">{runs}</td><td class=\"bar\">")?;
        draw_bar(html, row)?;
        html.push_str("</td></tr>\n");
    }
    html.push_str("</tbody></table></div>\n");
    Ok(())
}

/// A bar from 0 to 100 %, with its spread as a line over its end.
fn draw_bar(html: &mut String, row: &HeadlineRow) -> fmt::Result {
    let share = |x: f64| if x.is_finite() { 100.0 * x.clamp(0.0, 1.0) } else { 0.0 };
    let ink = if row.kind == RowKind::Run { "accent" } else { "no-class" };
    write!(
        html,
        "<svg class=\"plot\" viewBox=\"0 0 100 12\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
         <rect class=\"f-grid\" y=\"2\" width=\"100\" height=\"8\"/>\
         <rect class=\"f-{ink}\" y=\"2\" width=\"{}\" height=\"8\"/>",
        number::rounded(share(row.mean), 2)
    )?;
    if let Some(std) = row.std {
        write!(
            html,
            "<path class=\"s-text\" stroke-width=\"1.5\" vector-effect=\"non-scaling-stroke\" d=\"M{} 6H{}\"/>",
            number::rounded(share(row.mean - std), 2),
            number::rounded(share(row.mean + std), 2)
        )?;
    }
    html.push_str("</svg>");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(rows: Vec<HeadlineRow>) -> Page {
        Page { headline: Some(Headline { evaluated_on: "test nodes".to_owned(), rows }), ..Page::default() }
    }

    fn row(kind: RowKind, mean: f64, std: Option<f64>) -> HeadlineRow {
        HeadlineRow { name: "G2R".to_owned(), kind, mean, std, runs: 10 }
    }

    #[test]
    fn the_run_is_shown_large_and_every_row_in_the_table() {
        let html =
            draw(&page(vec![row(RowKind::Baseline, 0.5, None), row(RowKind::Run, 0.8234, Some(0.0061))]))
                .unwrap();
        assert!(html.contains("<p class=\"big\">82.3<small>± 0.6 %</small></p>"), "{html}");
        assert!(html.contains("82.34 <span class=\"sub\">± 0.61</span>"), "{html}");
        assert_eq!(html.matches("<tr").count(), 3);
    }

    #[test]
    fn without_a_row_of_the_run_there_is_only_the_table() {
        let html = draw(&page(vec![row(RowKind::Published, f64::NAN, None)])).unwrap();
        assert!(!html.contains("score") && html.contains("<td class=\"n\">–"), "{html}");
        assert!(!html.contains("NaN"), "{html}");
    }
}
