//! How good an embedding is: a linear probe and metrics.
