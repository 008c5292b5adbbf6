//! ReduNet on a mixture of Gaussians in three dimensions, as a page: samples before and after, rates by layer.
//!
//! ```sh
//! cargo run --release --example redunet_page -- FOLDER   # writes redunet.html, redunet-samples.svg, redunet-rates.svg
//! ```

use std::path::Path;

use g2r::ndarray::Array2;
use g2r::redunet::{GaussianMixture, LabelledSamples, ReduNetConfig};
use g2r::report::{Epoch, Fact, LinkedNode, NodeLink, Page, SeedHistory};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Samples seen from the diagonal of the first octant, moved to the right.
fn seen(samples: &Array2<f64>, labels: &[usize], right: f64) -> Vec<LinkedNode> {
    let place = |row: usize| {
        let [x, y, z] = [0, 1, 2].map(|axis| samples[[row, axis]]);
        [(y - x) / 2f64.sqrt() + right, (2.0 * z - x - y) / 6f64.sqrt()]
    };
    let node =
        |(row, class): (usize, &usize)| LinkedNode { position: place(row), class: Some(*class as u32) };
    labels.iter().enumerate().map(node).collect()
}

/// Runs the example in the folder of the first argument.
pub fn main() -> anyhow::Result<()> {
    let folder = std::env::args().nth(1).ok_or_else(|| anyhow::anyhow!("expected the folder to write to"))?;
    write(Path::new(&folder))
}

/// Constructs the layers and writes the page and its figures.
pub fn write(folder: &Path) -> anyhow::Result<()> {
    let mixture = GaussianMixture::cone();
    let LabelledSamples { samples, labels } = mixture.draw(&mut ChaCha8Rng::seed_from_u64(0));
    let config = ReduNetConfig { lambda: 200.0, ..ReduNetConfig::new(600) };
    let constructed = config.construct(samples.view(), &labels, mixture.num_classes())?;
    println!("rate reduction of the samples: {:.3} nats", constructed.network.rates()[0].reduction());
    println!("after {} layers: {:.3} nats", config.num_layers, constructed.network.rates()[600].reduction());

    let nodes = [seen(&samples, &labels, 0.0), seen(&constructed.output, &labels, 2.4)].concat();
    let layers = constructed.network.rates().iter().enumerate().map(|(layer, rates)| Epoch {
        epoch: layer + 1,
        loss: -rates.reduction(),
        expansion: Some(rates.expansion),
        compression: Some(rates.compression),
        val_accuracy: None,
    });
    let page = Page {
        dataset: "three Gaussians in space".to_string(),
        method: "ReduNet".to_string(),
        facts: vec![Fact::new("samples", labels.len().to_string()), Fact::new("layers", "600")],
        classes: (0..mixture.num_classes()).map(|class| format!("class {class}")).collect(),
        history: vec![SeedHistory { seed: 0, epochs: layers.collect(), kept: None }],
        graph: Some(NodeLink {
            title: "Samples before the first layer (left) and after the last".to_string(),
            nodes,
            edges: Vec::new(),
            classes: (0..mixture.num_classes()).map(|class| format!("class {class}")).collect(),
        }),
        ..Page::default()
    };
    std::fs::write(folder.join("redunet.html"), page.to_html())?;
    for plot in page.plots() {
        let name = match plot.name() {
            "layout" => "redunet-samples",
            "training-rates" => "redunet-rates",
            _ => continue,
        };
        std::fs::write(folder.join(format!("{name}.svg")), plot.svg())?;
    }
    Ok(())
}
