//! Writes a page of made-up figures and its plots: `cargo run --release -p report --example sample_page -- FOLDER`.

#[path = "../tests/page/sample.rs"]
mod sample;

use std::path::PathBuf;
use std::{env, fs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(env::args().nth(1).ok_or("expected a folder to write to")?);
    let page = sample::page();
    let plots = folder.join("plots");
    fs::create_dir_all(&plots)?;

    let html = page.to_html();
    println!("index.html: {} bytes", html.len());
    fs::write(folder.join("index.html"), html)?;
    for plot in page.plots() {
        let (svg, png) = (plot.svg(), plot.to_png(2.0)?);
        println!("{}: {} bytes of SVG, {} of PNG", plot.name(), svg.len(), png.len());
        fs::write(plots.join(format!("{}.svg", plot.name())), svg)?;
        fs::write(plots.join(format!("{}.png", plot.name())), png)?;
    }
    Ok(())
}
