//! The structure of groups on a device.

use std::sync::Mutex;

use burn_cubecl::CubeDevice;
use burn_cubecl::tensor::CubeTensor;

use super::launch::{upload_floats, upload_indices};
use crate::Groups;

/// The structure of groups on the device that asked for it last: it is copied once, not in every step.
#[derive(Debug, Default)]
pub(crate) struct GroupsOnDevice {
    latest: Mutex<Option<Structure>>,
}

/// The matrix Π by its rows and, for the gradient, by its columns.
#[derive(Clone, Debug)]
pub(super) struct Structure {
    pub(super) device: CubeDevice,
    /// Members of the groups, one group after the other.
    pub(super) members: CubeTensor,
    /// Square roots of their weights.
    pub(super) roots: CubeTensor,
    /// Where each node's occurrences begin.
    pub(super) node_starts: CubeTensor,
    /// Each node's occurrences by ascending group: the group, and the place among its members.
    pub(super) occurrences: CubeTensor,
}

impl GroupsOnDevice {
    /// The structure of `groups`, always the same ones, on a device.
    pub(super) fn get(&self, groups: &Groups, device: &CubeDevice) -> Structure {
        let mut latest = self.latest.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        match latest.as_ref() {
            Some(structure) if structure.device == *device => structure.clone(),
            _ => latest.insert(Structure::new(groups, device)).clone(),
        }
    }
}

impl Structure {
    fn new(groups: &Groups, device: &CubeDevice) -> Self {
        let matrix = groups.matrix();
        let mut node_starts = vec![0usize; groups.num_nodes() + 1];
        for node in matrix.indices() {
            node_starts[*node as usize + 1] += 1;
        }
        for node in 0..groups.num_nodes() {
            node_starts[node + 1] += node_starts[node];
        }
        let mut next = node_starts.clone();
        let mut occurrences = vec![[0usize; 2]; matrix.nnz()];
        for group in 0..groups.num_groups() {
            for (place, node) in groups.group(group).members.iter().enumerate() {
                let slot = &mut next[*node as usize];
                occurrences[*slot] = [group, place];
                *slot += 1;
            }
        }
        Self {
            device: device.clone(),
            members: upload_indices(matrix.indices().iter().map(|node| *node as usize), device),
            roots: upload_floats(matrix.data().iter().map(|weight| weight.sqrt()).collect(), device),
            node_starts: upload_indices(node_starts, device),
            occurrences: upload_indices(occurrences.into_flattened(), device),
        }
    }
}
