//! What a table shows of a run.

use super::job::JobScores;

/// What a column has of a run's scores.
pub(super) type ValueOf = fn(&JobScores) -> Option<f64>;

/// A score or a cost.
pub(super) struct Column {
    /// In files for programs, of the value as it is.
    pub(super) key: &'static str,
    /// In tables for people, of the value times `scale`.
    pub(super) title: &'static str,
    pub(super) decimals: usize,
    pub(super) scale: f64,
    pub(super) value: ValueOf,
}

/// Higher is better.
pub(super) const SCORES: [Column; 10] = [
    percent("test_acc", "test acc %", |scores| scores.test_acc),
    percent("val_acc", "val acc %", |scores| scores.val_acc),
    percent("test_macro_f1", "macro-F1 %", |scores| scores.test_macro_f1),
    number("nmi", "NMI", 3, |scores| Some(scores.clustering?.nmi)),
    number("ari", "ARI", 3, |scores| Some(scores.clustering?.ari)),
    percent("cluster_acc", "cluster acc %", |scores| Some(scores.clustering?.accuracy)),
    number("sim_5", "Sim@5", 3, |scores| Some(scores.similarity?.at_5)),
    number("sim_10", "Sim@10", 3, |scores| Some(scores.similarity?.at_10)),
    number("link_auc", "link AUC", 3, |scores| Some(scores.links?.auc)),
    number("link_ap", "link AP", 3, |scores| Some(scores.links?.average_precision)),
];

/// Of one run.
pub(super) const COSTS: [Column; 5] = [
    number("seconds", "s", 2, |scores| Some(scores.seconds)),
    number("cpu_seconds", "CPU s", 2, |scores| scores.cpu_seconds),
    Column { scale: 1e-6, ..number("peak_bytes", "MB", 0, |scores| Some(scores.peak_bytes? as f64)) },
    number("epochs", "epochs", 0, |scores| Some(scores.epochs_trained as f64)),
    number("effective_rank", "rank", 1, |scores| Some(scores.effective_rank?.value)),
];

const fn number(key: &'static str, title: &'static str, decimals: usize, value: ValueOf) -> Column {
    Column { key, title, decimals, scale: 1.0, value }
}

const fn percent(key: &'static str, title: &'static str, value: ValueOf) -> Column {
    Column { scale: 100.0, ..number(key, title, 1, value) }
}
