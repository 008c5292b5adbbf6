//! A run as one self-contained page and as plots in SVG and PNG.
//!
//! A [`Page`] is plain data, which the caller fills with what it knows; this crate knows neither graphs nor embeddings.
//! [`Page::to_html`] makes one file of it that asks for nothing else, [`Page::plots`] the same figures one by one.
//!
//! [`node_link_plot`] draws a graph whose nodes have places, [`cost_plot`] what methods give and cost.
//!
//! A figure is drawn once, as a list of shapes in inks: written as SVG it takes its colours from the page's style sheet,
//! light or dark, or brings its own into a file; as pixels it is drawn with the crate's own font, so that nothing of the
//! system is needed.
//!
//! ```
//! use report::{Matrix, Page};
//!
//! let page = Page {
//!     dataset: "Cora".to_owned(),
//!     method: "G2R".to_owned(),
//!     classes: vec!["Theory".to_owned(), "Neural networks".to_owned()],
//!     class_cosines: Some(report::ClassCosines { matrix: Matrix::new(2, 2, vec![0.9, 0.1, 0.1, 0.8]) }),
//!     ..Page::default()
//! };
//! assert!(page.to_html().starts_with("<!DOCTYPE html>"));
//! let plots = page.plots();
//! assert_eq!(plots[0].name(), "class-cosines");
//! assert!(plots[0].to_png(2.0)?.starts_with(b"\x89PNG"));
//! # Ok::<(), report::Error>(())
//! ```

mod charts;
mod cost;
mod error;
mod escape;
mod font;
mod html;
mod matrix;
mod node_link;
mod number;
mod page;
mod palette;
mod plot;
mod raster;
mod scale;
mod scene;
mod svg;

pub use cost::{CostKind, CostPanel, CostPoint, cost_plot};
pub use error::Error;
pub use matrix::Matrix;
pub use node_link::{LinkedNode, NodeLink, node_link_plot};
pub use page::{
    AnglePair, ClassCosines, ClassEnd, ClassScores, ClassSpectrum, Confusion, Epoch, Fact, FactTable,
    Headline, HeadlineRow, MapNode, NodeCosines, NodeMap, Page, PrincipalAngles, RowKind, SeedHistory,
    Spectrum, SplitPart, WaterFilling,
};
pub use plot::Plot;
