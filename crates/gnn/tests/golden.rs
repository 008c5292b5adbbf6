//! Layers against PyTorch Geometric, by the numbers that `tests/scripts/pyg_layers_golden.py` wrote.

#[path = "golden/aggregation.rs"]
mod aggregation;
