//! A scene as SVG.

use std::fmt::{self, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::escape::Escaped;
use crate::number::{coordinate, rounded};
use crate::palette;
use crate::raster;
use crate::scene::{Anchor, Area, Marker, Paint, Scene, Shape, Text};

/// The fonts that are asked for: the reader's own.
pub(crate) const FONTS: &str = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue','Noto Sans','Liberation Sans',Arial,sans-serif";

/// Where an SVG is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a file of its own: it brings its colours, on white.
    File,
    /// Within a page, whose style sheet has the colours.
    Page,
}

/// Writes the scene; `name` is unique among the figures of a page, `title` is what is read aloud.
pub(crate) fn write(scene: &Scene, name: &str, title: &str, place: Place) -> String {
    let mut svg = String::with_capacity(64 * scene.shapes.len() + 1024);
    draw(&mut svg, scene, name, title, place).expect("writing to a string cannot fail");
    svg
}

fn draw(svg: &mut String, scene: &Scene, name: &str, title: &str, place: Place) -> fmt::Result {
    let (width, height) = (coordinate(scene.width), coordinate(scene.height));
    let (name, title) = (Escaped(name), Escaped(title));
    match place {
        Place::File => {
            write!(
                svg,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" width=\"{width}\" height=\"{height}\" \
                 viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"{name}-title\">\
                 <title id=\"{name}-title\">{title}</title><style>{}.plot text{{font-family:{FONTS}}}</style>\
                 <rect class=\"f-surface\" width=\"100%\" height=\"100%\"/>",
                palette::file_rules(),
            )?;
        }
        // A <title> would be a tooltip over the whole of an interactive figure.
        Place::Page => write!(
            svg,
            "<svg class=\"plot\" id=\"plot-{name}\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
             aria-label=\"{title}\">"
        )?,
    }
    for (i, shape) in scene.shapes.iter().enumerate() {
        draw_shape(svg, shape, &format!("{name}-{i}"))?;
    }
    svg.push_str("</svg>");
    Ok(())
}

fn draw_shape(svg: &mut String, shape: &Shape, id: &str) -> fmt::Result {
    match shape {
        Shape::Rectangle { area, radius, paint } => {
            write!(svg, "<rect class=\"f-{}\"", paint.ink.name())?;
            draw_area(svg, area)?;
            if *radius > 0.0 {
                write!(svg, " rx=\"{}\"", coordinate(*radius))?;
            }
            opacity(svg, "fill", *paint)?;
            svg.push_str("/>");
        }
        Shape::Frame { area, width, paint } => {
            write!(svg, "<rect class=\"s-{}\"", paint.ink.name())?;
            draw_area(svg, area)?;
            write!(svg, " stroke-width=\"{}\"", rounded(*width, 2))?;
            opacity(svg, "stroke", *paint)?;
            svg.push_str("/>");
        }
        Shape::Polygon { points, paint } => {
            write!(svg, "<path class=\"f-{}\"", paint.ink.name())?;
            opacity(svg, "fill", *paint)?;
            svg.push_str(" d=\"");
            draw_path(svg, points)?;
            svg.push_str("z\"/>");
        }
        Shape::Line { points, width, paint } => {
            write!(svg, "<path class=\"s-{}\" stroke-width=\"{}\"", paint.ink.name(), rounded(*width, 2))?;
            svg.push_str(" stroke-linejoin=\"round\"");
            opacity(svg, "stroke", *paint)?;
            svg.push_str(" d=\"");
            draw_path(svg, points)?;
            svg.push_str("\"/>");
        }
        Shape::Segments { segments, width, paint } => {
            write!(svg, "<path class=\"s-{}\" stroke-width=\"{}\"", paint.ink.name(), rounded(*width, 2))?;
            opacity(svg, "stroke", *paint)?;
            svg.push_str(" d=\"");
            for segment in segments {
                draw_path(svg, segment)?;
            }
            svg.push_str("\"/>");
        }
        Shape::Marks { points, marker, diameter, paint } => {
            draw_marks(svg, points, *marker, *diameter, *paint)?;
        }
        Shape::Text(text) => draw_text(svg, text)?,
        Shape::Raster { area, columns, levels, ink } => {
            // The grid is a mask and the ink what is seen through it: so it has the page's colour, light or dark.
            let png = STANDARD.encode(raster::grey_png(levels, *columns));
            write!(
                svg,
                "<mask id=\"{id}\" style=\"mask-type:luminance\"><image style=\"image-rendering:pixelated\" \
                 preserveAspectRatio=\"none\""
            )?;
            draw_area(svg, area)?;
            write!(
                svg,
                " href=\"data:image/png;base64,{png}\"/></mask><rect class=\"f-{}\" mask=\"url(#{id})\"",
                ink.name()
            )?;
            draw_area(svg, area)?;
            svg.push_str("/>");
        }
    }
    Ok(())
}

fn draw_path(svg: &mut String, points: &[[f64; 2]]) -> fmt::Result {
    for (i, [x, y]) in points.iter().enumerate() {
        // After the first of a path's points the L is left out: the format reads them as a line anyway.
        let step = if i == 0 { "M" } else { " " };
        write!(svg, "{step}{} {}", coordinate(*x), coordinate(*y))?;
    }
    Ok(())
}

fn draw_area(svg: &mut String, area: &Area) -> fmt::Result {
    write!(
        svg,
        " x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
        rounded(area.x, 2),
        rounded(area.y, 2),
        rounded(area.width, 2),
        rounded(area.height, 2)
    )
}

fn opacity(svg: &mut String, property: &str, paint: Paint) -> fmt::Result {
    if paint.opacity < 1.0 {
        write!(svg, " {property}-opacity=\"{}\"", rounded(paint.opacity, 2))?;
    }
    Ok(())
}

/// All marks of a kind are one path: a circle is a line of no length with a round end.
fn draw_marks(
    svg: &mut String,
    points: &[[f64; 2]],
    marker: Marker,
    diameter: f64,
    paint: Paint,
) -> fmt::Result {
    if marker == Marker::Circle {
        write!(
            svg,
            "<path class=\"s-{}\" stroke-width=\"{}\" stroke-linecap=\"round\"",
            paint.ink.name(),
            rounded(diameter, 2)
        )?;
        opacity(svg, "stroke", paint)?;
    } else {
        write!(svg, "<path class=\"f-{}\"", paint.ink.name())?;
        opacity(svg, "fill", paint)?;
    }
    svg.push_str(" d=\"");
    let corners = marker.corners(diameter);
    for [x, y] in points {
        let (x, y) = (*x, *y);
        if corners.is_empty() {
            write!(svg, "M{} {}h0", coordinate(x), coordinate(y))?;
            continue;
        }
        for (i, corner) in corners.iter().enumerate() {
            let step = if i == 0 { "M" } else { " " };
            write!(svg, "{step}{} {}", coordinate(x + corner[0]), coordinate(y + corner[1]))?;
        }
        svg.push('z');
    }
    svg.push_str("\"/>");
    Ok(())
}

fn draw_text(svg: &mut String, text: &Text) -> fmt::Result {
    write!(svg, "<text class=\"f-{}\" font-size=\"{}\"", text.ink.name(), rounded(text.size, 2))?;
    match text.anchor {
        Anchor::Start => {}
        Anchor::Middle => svg.push_str(" text-anchor=\"middle\""),
        Anchor::End => svg.push_str(" text-anchor=\"end\""),
    }
    let (x, y) = (coordinate(text.x), coordinate(text.y));
    if text.turn == 0.0 {
        write!(svg, " x=\"{x}\" y=\"{y}\"")?;
    } else {
        write!(svg, " transform=\"translate({x} {y}) rotate({})\"", coordinate(text.turn))?;
    }
    write!(svg, ">{}</text>", Escaped(&text.content))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::palette::Ink;

    #[test]
    fn a_file_brings_its_colours_and_a_page_has_them() {
        let mut scene = Scene::new(20.0, 10.0);
        scene.rectangle(Area { x: 1.0, y: 2.0, width: 3.0, height: 4.123 }, 0.0, Ink::Accent.at(0.5));
        let rectangle = r#"<rect class="f-accent" x="1" y="2" width="3" height="4.12" fill-opacity="0.5"/>"#;

        let file = write(&scene, "bars", "Bars & more", Place::File);
        assert!(file.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""), "{file}");
        assert!(file.contains("<title id=\"bars-title\">Bars &amp; more</title>"), "{file}");
        assert!(file.contains(".f-accent{fill:#0b5cad}") && file.contains(rectangle), "{file}");

        let inline = write(&scene, "bars", "Bars & more", Place::Page);
        assert_eq!(
            inline,
            format!(
                "<svg class=\"plot\" id=\"plot-bars\" viewBox=\"0 0 20 10\" role=\"img\" \
                 aria-label=\"Bars &amp; more\">{rectangle}</svg>"
            )
        );
    }

    #[test]
    fn a_polygon_is_a_closed_path() {
        let mut scene = Scene::new(20.0, 10.0);
        scene.polygon(vec![[1.0, 2.0], [3.0, 2.0], [3.0, 4.0]], Ink::Accent.at(0.25));
        let svg = write(&scene, "x", "", Place::Page);
        assert!(svg.contains(r#"<path class="f-accent" fill-opacity="0.25" d="M1 2 3 2 3 4z"/>"#), "{svg}");
    }

    #[test]
    fn segments_are_one_path() {
        let mut scene = Scene::new(20.0, 10.0);
        let segments = vec![[[1.0, 2.0], [3.0, 2.0]], [[4.0, 5.0], [6.0, 5.25]]];
        scene.shapes.push(Shape::Segments { segments, width: 0.5, paint: Ink::Muted.at(0.3) });
        let svg = write(&scene, "x", "", Place::Page);
        let path =
            r#"<path class="s-muted" stroke-width="0.5" stroke-opacity="0.3" d="M1 2 3 2M4 5 6 5.2"/>"#;
        assert!(svg.contains(path), "{svg}");
    }

    #[test]
    fn marks_of_a_class_are_one_path() {
        let mut scene = Scene::new(20.0, 10.0);
        scene.marks(vec![[1.0, 2.0], [3.0, 4.55]], Marker::Circle, 2.0, Ink::Class(0));
        scene.marks(vec![[5.0, 5.0]], Marker::Diamond, 2.0, Ink::Class(8));
        let svg = write(&scene, "map", "", Place::Page);
        assert!(
            svg.contains(
                "<path class=\"s-c0\" stroke-width=\"2\" stroke-linecap=\"round\" d=\"M1 2h0M3 4.5h0\"/>"
            ),
            "{svg}"
        );
        assert!(svg.contains("<path class=\"f-c0\" d=\"M5 3.8 6.2 5 5 6.2 3.8 5z\"/>"), "{svg}");
    }

    #[test]
    fn a_name_cannot_leave_its_text() {
        let mut scene = Scene::new(20.0, 10.0);
        scene.text(Text::label(0.0, 0.0, "</text><script>alert(1)</script>").turned(-45.0));
        let svg = write(&scene, "x", "\"><script>", Place::File);
        assert!(!svg.contains("<script"), "{svg}");
    }
}
