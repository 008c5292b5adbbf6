//! Graphs, features, labels, splits and data sets, read from files and checked once.
