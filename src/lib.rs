//! Node embeddings of graphs without labels, by rate reduction.
