//! A page of made-up figures that look like a run on Cora.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use report::{
    AnglePair, ClassCosines, ClassEnd, ClassScores, ClassSpectrum, Confusion, Epoch, Fact, FactTable,
    Headline, HeadlineRow, LinkedNode, MapNode, Matrix, NodeCosines, NodeLink, NodeMap, Page,
    PrincipalAngles, RowKind, SeedHistory, Spectrum, SplitPart, WaterFilling,
};

const CLASSES: [(&str, usize); 7] = [
    ("Theory", 351),
    ("Reinforcement Learning", 217),
    ("Genetic Algorithms", 418),
    ("Neural Networks", 818),
    ("Probabilistic Methods", 426),
    ("Case Based", 298),
    ("Rule Learning", 180),
];

const NUM_CLASSES: usize = CLASSES.len();

/// A page with every part filled.
pub(crate) fn page() -> Page {
    let rng = &mut ChaCha8Rng::seed_from_u64(5);
    Page {
        title: String::new(),
        dataset: "Cora".to_owned(),
        method: "G2R".to_owned(),
        encoder: Some("GCN".to_owned()),
        protocol: "Ten seeds on the public split: a logistic regression is fitted on the embedding of 140 training \
                   nodes, epochs are chosen by 500 validation nodes, and 1000 test nodes are read once."
            .to_owned(),
        facts: [
            ("Nodes", "2708"),
            ("Edges", "5278"),
            ("Features", "1433"),
            ("Classes", "7"),
            ("Embedding", "512 dimensions"),
            ("Training", "38 s a seed"),
        ]
        .map(|(name, value)| Fact::new(name, value))
        .into(),
        classes: CLASSES.map(|(name, _)| name.to_owned()).into(),
        headline: Some(headline()),
        history: (0..10).map(|seed| history(seed, rng)).collect(),
        water_filling: Some(water_filling()),
        map: Some(map(rng)),
        graph: Some(graph()),
        spectrum: Some(spectrum()),
        class_cosines: Some(ClassCosines { matrix: cosines(rng) }),
        node_cosines: Some(node_cosines(rng)),
        principal_angles: Some(angles(rng)),
        confusion: Some(confusion()),
        per_class: per_class(),
        tables: tables(),
        settings: Some(SETTINGS.to_owned()),
        environment: [
            ("g2r", "0.1.0"),
            ("Burn", "0.22.1, flex on the CPU"),
            ("Processor", "AMD EPYC 9R14, 2 cores"),
            ("Memory", "24 GiB"),
            ("System", "Linux 6.8, x86-64, AVX-512"),
            ("Compiler", "rustc 1.95.0"),
        ]
        .map(|(name, value)| Fact::new(name, value))
        .into(),
        command: Some("g2r train cora --method g2r --encoder gcn --seeds 10 --out runs/cora-g2r && g2r report runs/cora-g2r".to_owned()),
    }
}

/// A number of about a normal distribution with deviation 1.
fn noise(rng: &mut ChaCha8Rng) -> f64 {
    (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0
}

fn headline() -> Headline {
    let row =
        |name: &str, kind, mean, std, runs| HeadlineRow { name: name.to_owned(), kind, mean, std, runs };
    Headline {
        evaluated_on: "1000 test nodes of the public split".to_owned(),
        rows: vec![
            row("G2R, GCN encoder", RowKind::Run, 0.8234, Some(0.0061), 10),
            row("Raw features", RowKind::Baseline, 0.5780, None, 1),
            row("Propagated features Â²X", RowKind::Baseline, 0.7980, None, 1),
            row("GCN with random weights", RowKind::Baseline, 0.7421, Some(0.0138), 10),
            row("G2R (Han et al. 2022)", RowKind::Published, 0.8330, Some(0.0050), 20),
            row("DGI (Veličković et al. 2019)", RowKind::Published, 0.8230, Some(0.0060), 50),
        ],
    }
}

fn history(seed: u64, rng: &mut ChaCha8Rng) -> SeedHistory {
    let (speed, level) = (18.0 + 4.0 * noise(rng), 0.8 + 0.006 * noise(rng));
    let epochs: Vec<_> = (1..=200)
        .map(|epoch| {
            let progress = 1.0 - (-(epoch as f64) / speed).exp();
            let expansion = 20.0 + 95.0 * progress + 0.6 * noise(rng);
            let compression = 9.0 + 12.0 * progress - 6.0 * progress * progress + 0.25 * noise(rng);
            let evaluated = epoch % 5 == 0;
            Epoch {
                epoch,
                loss: compression - expansion,
                expansion: Some(expansion),
                compression: Some(compression),
                val_accuracy: evaluated
                    .then_some(level - 0.3 * (1.0 - progress) - 0.0001 * epoch as f64 + 0.004 * noise(rng)),
            }
        })
        .collect();
    let best = |epoch: &&Epoch| (1e6 * epoch.val_accuracy.unwrap_or(0.0)) as u64;
    let kept = epochs.iter().max_by_key(best).map(|epoch| epoch.epoch);
    SeedHistory { seed, epochs, kept }
}

fn map(rng: &mut ChaCha8Rng) -> NodeMap {
    let mut nodes = Vec::new();
    for (class, (_, count)) in CLASSES.into_iter().enumerate() {
        let angle = class as f64 / NUM_CLASSES as f64 * std::f64::consts::TAU;
        for i in 0..count {
            // Islands of three parts each, with some nodes in their neighbors' country.
            let astray = rng.random::<f64>() < 0.09;
            let home = if astray { angle + std::f64::consts::TAU / NUM_CLASSES as f64 } else { angle };
            let part = (i % 3) as f64;
            let radius = 26.0 + 7.0 * part + 3.2 * noise(rng);
            let direction = home + 0.16 * (part - 1.0) * (class as f64 % 2.0 - 0.5) + 0.1 * noise(rng);
            let predicted = if astray { (class + 1) % NUM_CLASSES } else { class };
            nodes.push(MapNode {
                id: String::new(),
                position: [radius * direction.cos() * 1.25, radius * direction.sin()],
                class: Some(class as u32),
                predicted: Some(predicted as u32),
                split: match i {
                    0..20 => SplitPart::Train,
                    20..91 => SplitPart::Validation,
                    91..234 => SplitPart::Test,
                    _ => SplitPart::None,
                },
            });
        }
    }
    for (i, node) in nodes.iter_mut().enumerate() {
        node.id = format!("{}", 31_336 + 37 * i);
    }
    NodeMap { projection: "t-SNE of the first 50 principal components, perplexity 30".to_owned(), nodes }
}

/// A ring with chords.
fn graph() -> NodeLink {
    let node = |i: u32| {
        let angle = f64::from(i) / 40.0 * std::f64::consts::TAU;
        LinkedNode { position: [angle.cos(), angle.sin()], class: Some(i % NUM_CLASSES as u32) }
    };
    NodeLink {
        title: "The graph, placed by its edges alone (tsNET*)".to_owned(),
        nodes: (0..40).map(node).collect(),
        edges: (0..40).flat_map(|i| [[i, (i + 1) % 40], [i, (i * 3 + 1) % 40]]).collect(),
        classes: CLASSES.map(|(name, _)| name.to_owned()).into(),
    }
}

fn spectrum() -> Spectrum {
    let falling = |count: usize, length: f64, power: f64| {
        (0..count).map(|i| (-(i as f64 / length).powf(power)).exp().max(3e-6)).collect::<Vec<_>>()
    };
    Spectrum {
        embedding: falling(256, 95.0, 1.6),
        effective_rank: Some(131.4),
        classes: (0..NUM_CLASSES)
            .map(|class| ClassSpectrum {
                class: class as u32,
                values: falling(128, 14.0 + 2.5 * class as f64, 0.8),
                effective_rank: Some(11.3 + 1.7 * class as f64),
            })
            .collect(),
    }
}

/// Eigenvalues that fall over more than two decades, of which 24 are kept.
fn water_filling() -> WaterFilling {
    let eigenvalues: Vec<f64> = (0..25).map(|k| 9.5 * (-(f64::from(k) / 1.3).sqrt()).exp()).collect();
    WaterFilling { water_level: eigenvalues[24], eigenvalues }
}

fn cosines(rng: &mut ChaCha8Rng) -> Matrix {
    let values: Vec<f64> = (0..NUM_CLASSES * NUM_CLASSES).map(|_| 0.04 * noise(rng)).collect();
    Matrix::from_fn(NUM_CLASSES, NUM_CLASSES, |row, column| {
        let (low, high) = (row.min(column), row.max(column));
        let value = values[low * NUM_CLASSES + high];
        if low == high { 0.72 + value } else { 0.07 + value + if high - low == 1 { 0.1 } else { 0.0 } }
    })
}

fn node_cosines(rng: &mut ChaCha8Rng) -> NodeCosines {
    let side = 160;
    let total: usize = CLASSES.iter().map(|(_, count)| count).sum();
    let mut ends = Vec::new();
    let mut before = 0;
    for (class, (_, count)) in CLASSES.into_iter().enumerate() {
        before += count;
        ends.push(ClassEnd { class: class as u32, end: (before * side) as f64 / total as f64 });
    }
    let class_of = |row: usize| ends.iter().position(|class| (row as f64) < class.end).unwrap_or(0);
    let mut values = vec![0.0; side * side];
    for row in 0..side {
        for column in 0..=row {
            let same = class_of(row) == class_of(column);
            let value = if same { 0.68 } else { 0.08 } + 0.09 * noise(rng);
            values[row * side + column] = value;
            values[column * side + row] = value;
        }
    }
    NodeCosines { matrix: Matrix::new(side, side, values), ends }
}

fn angles(rng: &mut ChaCha8Rng) -> PrincipalAngles {
    let mut pairs = Vec::new();
    let mut smallest = vec![0.0; NUM_CLASSES * NUM_CLASSES];
    for first in 0..NUM_CLASSES {
        for second in first + 1..NUM_CLASSES {
            let start = 48.0 + 9.0 * noise(rng);
            let degrees: Vec<f64> =
                (0..16).map(|i| 90.0 - (90.0 - start) * (-f64::from(i) / 4.0).exp()).collect();
            smallest[first * NUM_CLASSES + second] = degrees[0];
            smallest[second * NUM_CLASSES + first] = degrees[0];
            pairs.push(AnglePair { first: first as u32, second: second as u32, degrees });
        }
    }
    PrincipalAngles { smallest: Matrix::new(NUM_CLASSES, NUM_CLASSES, smallest), pairs }
}

fn confusion() -> Confusion {
    let matrix = Matrix::from_fn(NUM_CLASSES, NUM_CLASSES, |row, column| {
        let count = CLASSES[row].1 as f64 * 0.37;
        let share = match (NUM_CLASSES + column - row) % NUM_CLASSES {
            0 => 0.82 - 0.02 * row as f64,
            1 => 0.09,
            3 => 0.04,
            _ => 0.01,
        };
        (count * share).round()
    });
    Confusion { matrix, evaluated_on: "test nodes, seed 0".to_owned() }
}

fn per_class() -> Vec<ClassScores> {
    (0..NUM_CLASSES)
        .map(|class| {
            let (recall, precision) = (0.84 - 0.02 * class as f64, 0.76 + 0.025 * class as f64);
            let f1 = 2.0 * precision * recall / (precision + recall);
            let support = (CLASSES[class].1 as f64 * 0.37) as u64;
            ClassScores { class: class as u32, precision, recall, f1, support }
        })
        .collect()
}

fn tables() -> Vec<FactTable> {
    let table = |title: &str, caption: &str, rows: &[(&str, &str)]| FactTable {
        title: title.to_owned(),
        caption: caption.to_owned(),
        rows: rows.iter().map(|&(name, value)| Fact::new(name, value)).collect(),
    };
    vec![
        table(
            "Clustering",
            "k-means with 7 centres on the embedding, against the classes. Higher is better.",
            &[
                ("Normalised mutual information", "0.561"),
                ("Adjusted Rand index", "0.523"),
                ("Accuracy of the best matching", "71.8 %"),
            ],
        ),
        table(
            "Similarity search",
            "Of a node's nearest nodes by cosine, the share of its own class. Higher is better.",
            &[("among 5", "0.874"), ("among 10", "0.861"), ("among 50", "0.802")],
        ),
    ]
}

const SETTINGS: &str = r#"dataset = "cora"
method = "g2r"
seeds = 10

[g2r]
encoder = "gcn"
d_hidden = 512
d_output = 512
activation = "elu"
eps_sq = 0.5
groups_per_batch = 1024
learning_rate = 0.001
weight_decay = 0.0
epochs = 200

[judge]
probe = "logistic-regression"
c = [0.001, 0.01, 0.1, 1.0, 10.0, 100.0]
"#;
