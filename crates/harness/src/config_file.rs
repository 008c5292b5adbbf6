//! Config files: TOML, with a table for each method; what is wrong is reported at its line.

use std::collections::BTreeMap;
use std::path::Path;

use embedders::Registry;
use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue, Deserializer};
use toml::{Spanned, Table, Value};

use crate::error::Error;

/// A config file as a table, after each key and value was found to be one of `K` or a setting of a method.
///
/// # Errors
/// A file that cannot be read, is not TOML, or has an unknown key or a value of the wrong type.
pub(crate) fn read<K: DeserializeOwned>(registry: &Registry, path: &Path) -> Result<Table, Error> {
    let text = std::fs::read_to_string(path).map_err(|source| Error::read(path, source))?;
    check::<K>(registry, &text).map_err(|error| Error::config(path, &text, &error))?;
    toml::from_str(&text).map_err(|error| Error::config(path, &text, &error))
}

fn check<K: DeserializeOwned>(registry: &Registry, text: &str) -> Result<(), toml::de::Error> {
    let document = DeTable::parse(text)?;
    let span = document.span();
    let mut keys = DeTable::new();
    for (key, value) in document.into_inner() {
        let value_span = value.span();
        match (registry.method(key.get_ref()), value.into_inner()) {
            (Ok(method), DeValue::Table(settings)) => {
                method.check_keys(Deserializer::from(Spanned::new(value_span, settings)))?;
            }
            (_, value) => {
                keys.insert(key, Spanned::new(value_span, value));
            }
        }
    }
    K::deserialize(Deserializer::from(Spanned::new(span, keys))).map(|_| ())
}

/// Takes the tables that are named after a method out of a config file's.
pub(crate) fn take_tables_of_methods(registry: &Registry, table: &mut Table) -> BTreeMap<String, Table> {
    let is_table = |(key, value): &(&String, &Value)| registry.method(key).is_ok() && value.is_table();
    let names: Vec<String> = table.iter().filter(is_table).map(|(key, _)| key.clone()).collect();
    let take = |name: String| match table.remove(&name) {
        Some(Value::Table(settings)) => Some((name, settings)),
        _ => None,
    };
    names.into_iter().filter_map(take).collect()
}
