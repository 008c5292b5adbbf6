//! Graph in, node embedding out: one file an embedder.
