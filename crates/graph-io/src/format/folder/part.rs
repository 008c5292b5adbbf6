//! The arrays of a folder.

use std::path::{Path, PathBuf};

use crate::format::npy::{Element, Kind};

/// One array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    RowPointers,
    Columns,
    Weights,
    Features,
    FeatureRowPointers,
    FeatureColumns,
    FeatureValues,
    Labels,
    Splits,
    NodeIds,
    NodeIdBytes,
    NodeIdEnds,
}

impl Part {
    pub(super) const ALL: [Self; 12] = [
        Self::RowPointers,
        Self::Columns,
        Self::Weights,
        Self::Features,
        Self::FeatureRowPointers,
        Self::FeatureColumns,
        Self::FeatureValues,
        Self::Labels,
        Self::Splits,
        Self::NodeIds,
        Self::NodeIdBytes,
        Self::NodeIdEnds,
    ];

    /// What the description calls it; its file has `.npy` behind.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::RowPointers => "row_pointers",
            Self::Columns => "columns",
            Self::Weights => "weights",
            Self::Features => "features",
            Self::FeatureRowPointers => "feature_row_pointers",
            Self::FeatureColumns => "feature_columns",
            Self::FeatureValues => "feature_values",
            Self::Labels => "labels",
            Self::Splits => "splits",
            Self::NodeIds => "node_ids",
            Self::NodeIdBytes => "node_id_bytes",
            Self::NodeIdEnds => "node_id_ends",
        }
    }

    /// The file of it.
    pub(super) fn path(self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.npy", self.name()))
    }

    /// The type of its elements, in the order of bytes of this machine.
    pub(super) fn element(self) -> Element {
        let (kind, size) = match self {
            Self::RowPointers | Self::FeatureRowPointers | Self::NodeIds | Self::NodeIdEnds => {
                (Kind::Unsigned, 8)
            }
            Self::Columns | Self::FeatureColumns => (Kind::Unsigned, 4),
            Self::Weights | Self::Features | Self::FeatureValues => (Kind::Float, 4),
            Self::Labels => (Kind::Signed, 4),
            Self::Splits | Self::NodeIdBytes => (Kind::Unsigned, 1),
        };
        Element { kind, size, is_big_endian: cfg!(target_endian = "big") && size > 1 }
    }
}
