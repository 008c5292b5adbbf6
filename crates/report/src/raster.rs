//! A scene as pixels.

use tiny_skia::{
    Color, FillRule, FilterQuality, LineCap, LineJoin, Path, PathBuilder, Pixmap, PixmapPaint,
    PremultipliedColorU8, Rect, Stroke, Transform,
};

use crate::font;
use crate::palette::Ink;
use crate::scene::{Area, Marker, Paint, Scene, Shape};

/// The largest number of pixels on a side.
const LARGEST_SIDE: f64 = 16_384.0;

/// The largest scale at which the scene has no more than [`LARGEST_SIDE`] pixels on a side.
pub(crate) fn largest_scale(scene: &Scene) -> f32 {
    (LARGEST_SIDE / scene.width.max(scene.height)).floor() as f32
}

/// The pixels of a scene on white, `scale` of them to a unit.
///
/// # Panics
///
/// If `scale` is not above 0 or is above [`largest_scale`].
pub(crate) fn draw(scene: &Scene, scale: f32) -> Pixmap {
    assert!(scale > 0.0 && scale <= largest_scale(scene), "a scale out of range: {scale}");
    let pixels = |length: f64| (length * f64::from(scale)).ceil().max(1.0) as u32;
    let mut canvas = Pixmap::new(pixels(scene.width), pixels(scene.height))
        .expect("the size is above zero and below the limit");
    canvas.fill(Color::WHITE);
    let transform = Transform::from_scale(scale, scale);
    for shape in &scene.shapes {
        draw_shape(&mut canvas, shape, transform);
    }
    canvas
}

fn draw_shape(canvas: &mut Pixmap, shape: &Shape, transform: Transform) {
    match shape {
        Shape::Rectangle { area, radius, paint } => {
            fill(canvas, rectangle(area, *radius), *paint, transform);
        }
        Shape::Frame { area, width, paint } => {
            stroke(canvas, rectangle(area, 0.0), *width, *paint, transform);
        }
        Shape::Polygon { points, paint } => {
            let mut path = path_through(points);
            path.close();
            fill(canvas, path.finish(), *paint, transform);
        }
        Shape::Line { points, width, paint } => {
            stroke(canvas, path_through(points).finish(), *width, *paint, transform);
        }
        Shape::Segments { segments, width, paint } => {
            let mut path = PathBuilder::new();
            for [[x, y], [end_x, end_y]] in segments {
                path.move_to(*x as f32, *y as f32);
                path.line_to(*end_x as f32, *end_y as f32);
            }
            stroke(canvas, path.finish(), *width, *paint, transform);
        }
        Shape::Marks { points, marker, diameter, paint } => {
            // One path a mark: overlapping ones darken each other in a browser only where they are of different paths,
            // which at the opacities used here is not seen; one path of thousands of circles would be slow to fill.
            for point in points {
                fill(canvas, mark(*point, *marker, *diameter), *paint, transform);
            }
        }
        Shape::Text(text) => fill(canvas, font::outline(text), text.ink.into(), transform),
        Shape::Raster { area, columns, levels, ink } => {
            draw_raster(canvas, area, *columns, levels, *ink, transform);
        }
    }
}

fn path_through(points: &[[f64; 2]]) -> PathBuilder {
    let mut path = PathBuilder::new();
    for (i, [x, y]) in points.iter().enumerate() {
        if i == 0 {
            path.move_to(*x as f32, *y as f32);
        } else {
            path.line_to(*x as f32, *y as f32);
        }
    }
    path
}

fn rectangle(area: &Area, radius: f64) -> Option<Path> {
    let rect = Rect::from_xywh(area.x as f32, area.y as f32, area.width as f32, area.height as f32)?;
    let mut path = PathBuilder::new();
    if radius <= 0.0 {
        path.push_rect(rect);
        return path.finish();
    }
    let r = (radius as f32).min(rect.width() / 2.0).min(rect.height() / 2.0);
    let (left, top, right, bottom) = (rect.left(), rect.top(), rect.right(), rect.bottom());
    path.move_to(left + r, top);
    path.line_to(right - r, top);
    path.quad_to(right, top, right, top + r);
    path.line_to(right, bottom - r);
    path.quad_to(right, bottom, right - r, bottom);
    path.line_to(left + r, bottom);
    path.quad_to(left, bottom, left, bottom - r);
    path.line_to(left, top + r);
    path.quad_to(left, top, left + r, top);
    path.close();
    path.finish()
}

fn mark([x, y]: [f64; 2], marker: Marker, diameter: f64) -> Option<Path> {
    let corners = marker.corners(diameter);
    let mut path = PathBuilder::new();
    if corners.is_empty() {
        path.push_circle(x as f32, y as f32, (diameter / 2.0) as f32);
        return path.finish();
    }
    for (i, [dx, dy]) in corners.into_iter().enumerate() {
        let (x, y) = ((x + dx) as f32, (y + dy) as f32);
        if i == 0 {
            path.move_to(x, y);
        } else {
            path.line_to(x, y);
        }
    }
    path.close();
    path.finish()
}

fn fill(canvas: &mut Pixmap, path: Option<Path>, paint: Paint, transform: Transform) {
    if let Some(path) = path {
        canvas.fill_path(&path, &skia_paint(paint), FillRule::Winding, transform, None);
    }
}

fn stroke(canvas: &mut Pixmap, path: Option<Path>, width: f64, paint: Paint, transform: Transform) {
    if let Some(path) = path {
        let stroke = Stroke {
            width: width as f32,
            line_cap: LineCap::Butt,
            line_join: LineJoin::Round,
            ..Stroke::default()
        };
        canvas.stroke_path(&path, &skia_paint(paint), &stroke, transform, None);
    }
}

fn skia_paint(paint: Paint) -> tiny_skia::Paint<'static> {
    let [red, green, blue] = paint.ink.rgb();
    let mut skia = tiny_skia::Paint { anti_alias: true, ..tiny_skia::Paint::default() };
    skia.set_color_rgba8(red, green, blue, (paint.opacity * 255.0).round() as u8);
    skia
}

fn draw_raster(
    canvas: &mut Pixmap,
    area: &Area,
    columns: usize,
    levels: &[u8],
    ink: Ink,
    transform: Transform,
) {
    let rows = levels.len() / columns.max(1);
    let Some(mut cells) = Pixmap::new(columns as u32, rows as u32) else {
        return;
    };
    let rgb = ink.rgb();
    for (pixel, &alpha) in cells.pixels_mut().iter_mut().zip(levels) {
        let [red, green, blue] = rgb.map(|c| (u32::from(c) * u32::from(alpha) / 255) as u8);
        *pixel = PremultipliedColorU8::from_rgba(red, green, blue, alpha)
            .expect("each part was scaled by alpha, so none is above it");
    }
    let placed = transform
        .pre_translate(area.x as f32, area.y as f32)
        .pre_scale(area.width as f32 / columns as f32, area.height as f32 / rows as f32);
    let paint = PixmapPaint { quality: FilterQuality::Nearest, ..PixmapPaint::default() };
    canvas.draw_pixmap(0, 0, cells.as_ref(), &paint, placed, None);
}

/// A PNG of grey levels, row by row.
pub(crate) fn grey_png(levels: &[u8], columns: usize) -> Vec<u8> {
    let rows = levels.len() / columns.max(1);
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, columns as u32, rows as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(levels))
        .expect("a grid with rows and columns is written to memory");
    file
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::Text;

    fn pixel(canvas: &Pixmap, x: u32, y: u32) -> [u8; 3] {
        let pixel = canvas.pixel(x, y).unwrap().demultiply();
        [pixel.red(), pixel.green(), pixel.blue()]
    }

    #[test]
    fn shapes_are_where_they_were_put_in_their_colours() {
        let mut scene = Scene::new(40.0, 20.0);
        scene.rectangle(Area { x: 0.0, y: 0.0, width: 10.0, height: 10.0 }, 0.0, Ink::Accent);
        scene.marks(vec![[30.0, 10.0]], Marker::Triangle, 8.0, Ink::Class(1));
        scene.line(vec![[0.0, 15.0], [20.0, 15.0]], 2.0, Ink::Text);
        scene.polygon(vec![[24.0, 14.0], [32.0, 14.0], [32.0, 18.0]], Ink::Contrast);
        let canvas = draw(&scene, 2.0);
        assert_eq!((canvas.width(), canvas.height()), (80, 40));
        assert_eq!(pixel(&canvas, 10, 10), Ink::Accent.rgb());
        assert_eq!(pixel(&canvas, 60, 20), Ink::Class(1).rgb());
        assert_eq!(pixel(&canvas, 20, 30), Ink::Text.rgb());
        assert_eq!(pixel(&canvas, 60, 31), Ink::Contrast.rgb());
        assert_eq!(pixel(&canvas, 50, 34), [255, 255, 255], "outside of the triangle");
        assert_eq!(pixel(&canvas, 44, 4), [255, 255, 255]);
    }

    #[test]
    fn half_an_ink_lets_half_the_paper_through() {
        let mut scene = Scene::new(10.0, 10.0);
        scene.shapes.push(Shape::Raster {
            area: Area { x: 0.0, y: 0.0, width: 10.0, height: 10.0 },
            columns: 2,
            levels: vec![0, 255, 128, 0],
            ink: Ink::Text,
        });
        let canvas = draw(&scene, 2.0);
        assert_eq!(pixel(&canvas, 4, 4), [255, 255, 255]);
        assert_eq!(pixel(&canvas, 15, 4), Ink::Text.rgb());
        let half = pixel(&canvas, 4, 15);
        assert!(
            half.iter()
                .zip(Ink::Text.rgb())
                .all(|(&p, i)| p.abs_diff((255 + u16::from(i)).div_ceil(2) as u8) < 4)
        );
    }

    #[test]
    fn text_leaves_ink_where_it_stands() {
        let mut scene = Scene::new(60.0, 20.0);
        scene.text(Text::label(2.0, 15.0, "Cora"));
        let canvas = draw(&scene, 2.0);
        let inked = (0..canvas.height())
            .flat_map(|y| (0..canvas.width()).map(move |x| (x, y)))
            .filter(|&(x, y)| pixel(&canvas, x, y) != [255, 255, 255])
            .count();
        assert!((100..1200).contains(&inked), "{inked}");
    }

    #[test]
    fn a_grey_png_holds_the_levels() {
        let file = grey_png(&[0, 64, 128, 255, 3, 9], 3);
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut levels = vec![0; 6];
        reader.next_frame(&mut levels).unwrap();
        assert_eq!(levels, [0, 64, 128, 255, 3, 9]);
        assert_eq!((reader.info().width, reader.info().height), (3, 2));
    }
}
