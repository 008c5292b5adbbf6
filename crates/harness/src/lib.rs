//! Experiments: settings, runs over seeds, tables and result files.
