//! Coding rates and rate reduction on Burn.
