//! What is read as a table: seeds, scores of classes, further figures, settings.

use std::fmt::{self, Write as _};

use crate::escape::Escaped;
use crate::number;
use crate::page::{Fact, Page, SeedHistory};
use crate::palette::Ink;

/// How much of the page's width a table takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Breadth {
    Half,
    Full,
}

/// A row for each seed: what was kept and what it had.
pub(crate) fn seeds(page: &Page, breadth: Breadth) -> Result<String, fmt::Error> {
    let mut html = String::new();
    let trained: Vec<_> = page.history.iter().filter(|seed| !seed.epochs.is_empty()).collect();
    if trained.is_empty() {
        return Ok(html);
    }
    let kept = |seed: &SeedHistory| {
        let epoch = seed.kept.and_then(|kept| seed.epochs.iter().find(|epoch| epoch.epoch == kept));
        epoch.or(seed.epochs.last()).copied()
    };
    let evaluated = trained.iter().any(|&seed| kept(seed).is_some_and(|epoch| epoch.val_accuracy.is_some()));
    let class = match breadth {
        Breadth::Half => "card",
        Breadth::Full => "card wide",
    };
    write!(
        html,
        "<div class=\"{class}\"><h3>Seeds</h3>\n<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Seed</th>\
         <th scope=\"col\" class=\"n\">Epochs</th><th scope=\"col\" class=\"n\">Kept</th>\
         <th scope=\"col\" class=\"n\">Loss</th>",
    )?;
    if evaluated {
        html.push_str("<th scope=\"col\" class=\"n\">Validation, %</th>");
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for seed in trained {
        let Some(epoch) = kept(seed) else { continue };
        let epochs = number::count(seed.epochs.last().map_or(0, |last| last.epoch) as u64);
        write!(
            html,
            "<tr><th scope=\"row\">{}</th><td class=\"n\">{epochs}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>",
            seed.seed,
            number::count(epoch.epoch as u64),
            number::significant(epoch.loss)
        )?;
        if evaluated {
            let accuracy = epoch.val_accuracy.map_or_else(|| "–".to_owned(), number::percent);
            write!(html, "<td class=\"n\">{accuracy}</td>")?;
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table></div></div>\n");
    Ok(html)
}

/// Every score of every class.
pub(crate) fn per_class(page: &Page) -> Result<String, fmt::Error> {
    let mut html = String::new();
    if page.per_class.is_empty() {
        return Ok(html);
    }
    html.push_str(
        "<div class=\"card wide\"><h3>Scores of each class</h3>\n<div class=\"scroll\"><table><thead><tr>\
         <th scope=\"col\">Class</th>",
    );
    for name in ["Nodes", "Precision in %", "Recall in %", "F1 in %"] {
        write!(html, "<th scope=\"col\" class=\"n\">{name}</th>")?;
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for class in &page.per_class {
        writeln!(
            html,
            "<tr><th scope=\"row\"><span class=\"swatch\" style=\"color:var(--{})\"></span>{}</th><td class=\"n\">{}\
             </td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            Ink::Class(class.class as usize).name(),
            Escaped(&page.class_name(class.class)),
            number::count(class.support),
            number::percent(class.precision),
            number::percent(class.recall),
            number::percent(class.f1)
        )?;
    }
    html.push_str("</tbody></table></div></div>\n");
    Ok(html)
}

/// The caller's own tables, and the effective ranks.
pub(crate) fn further(page: &Page) -> Result<String, fmt::Error> {
    let mut html = String::new();
    for table in page.tables.iter().filter(|table| !table.rows.is_empty()) {
        writeln!(html, "<div class=\"card\"><h3>{}</h3>", Escaped(&table.title))?;
        if !table.caption.is_empty() {
            writeln!(html, "<p class=\"sub\">{}</p>", Escaped(&table.caption))?;
        }
        draw_facts(&mut html, &table.rows, "n")?;
        html.push_str("</div>\n");
    }
    Ok(html)
}

/// The command, the settings and the machine.
pub(crate) fn settings(page: &Page) -> Result<String, fmt::Error> {
    let mut html = String::new();
    if let Some(command) = &page.command {
        writeln!(
            html,
            "<div class=\"card wide long\"><h3>To make this page again</h3>\n<div class=\"command\">\
             <pre class=\"wrap\"><code id=\"command\">{}</code></pre>\
             <button type=\"button\" class=\"copy\" id=\"copy\" hidden>Copy</button></div></div>",
            Escaped(command)
        )?;
    }
    if !page.environment.is_empty() {
        html.push_str("<div class=\"card\"><h3>Machine and versions</h3>\n");
        draw_facts(&mut html, &page.environment, "")?;
        html.push_str("</div>\n");
    }
    if let Some(settings) = &page.settings {
        writeln!(
            html,
            "<div class=\"card long\"><h3>Every setting</h3>\n<pre><code>{}</code></pre></div>",
            Escaped(settings)
        )?;
    }
    if !html.is_empty() {
        html = format!("<div class=\"cards\">\n{html}</div>\n");
    }
    Ok(html)
}

fn draw_facts(html: &mut String, facts: &[Fact], class: &str) -> fmt::Result {
    html.push_str("<table class=\"long-words\"><tbody>\n");
    for fact in facts {
        writeln!(
            html,
            "<tr><th scope=\"row\">{}</th><td class=\"{class}\">{}</td></tr>",
            Escaped(&fact.name),
            Escaped(&fact.value)
        )?;
    }
    html.push_str("</tbody></table>\n");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Epoch;

    #[test]
    fn a_seed_is_shown_as_it_was_when_it_was_kept() {
        let epoch = |epoch, loss| Epoch { epoch, loss, val_accuracy: Some(loss / 10.0), ..Epoch::default() };
        let history = |kept| SeedHistory { seed: 7, epochs: vec![epoch(1, 5.0), epoch(2, 4.0)], kept };
        let html =
            |kept| seeds(&Page { history: vec![history(kept)], ..Page::default() }, Breadth::Half).unwrap();
        assert!(html(Some(1)).contains("<td class=\"n\">5.000</td><td class=\"n\">50.00</td>"));
        assert!(html(None).contains("<td class=\"n\">4.000</td><td class=\"n\">40.00</td>"), "the last one");
        assert!(seeds(&Page::default(), Breadth::Half).unwrap().is_empty());
    }

    #[test]
    fn settings_are_shown_as_they_are() {
        let page = Page { settings: Some("[g2r]\neps_sq = 0.5 # <b>\n".to_owned()), ..Page::default() };
        let html = settings(&page).unwrap();
        assert!(html.contains("<code>[g2r]\neps_sq = 0.5 # &lt;b&gt;\n</code>"), "{html}");
        assert!(settings(&Page::default()).unwrap().is_empty());
    }
}
