//! Graph operators and layers on Burn.
