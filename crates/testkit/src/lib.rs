//! Gradient checks and tiny graphs for the tests.
