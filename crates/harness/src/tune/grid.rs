//! The combinations of settings that a tuning tries.

use std::path::Path;

use serde::Deserialize;
use toml::{Table, Value};

use crate::error::Error;

/// More combinations than these are refused: a slip in the file.
const MOST: usize = 100_000;

/// What a tuning tries, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    combinations: Vec<Combination>,
}

/// One value for each key of a grid.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Combination {
    /// Settings of the method, by full key or by the last.
    pub settings: Table,
    /// What is done to the features.
    pub preparation: Table,
}

/// A grid file: one grid, or several whose combinations are joined.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct File {
    settings: Table,
    preparation: Table,
    grid: Vec<Part>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct Part {
    settings: Table,
    preparation: Table,
}

impl Grid {
    /// Reads a file of TOML. Each key of the tables `settings` and `preparation` has a list of values; tables `[[grid]]` have both.
    ///
    /// # Errors
    /// A file that cannot be read or is no grid, with its line; a key without a list of values.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|source| Error::read(path, source))?;
        let file: File = toml::from_str(&text).map_err(|error| Error::config(path, &text, &error))?;
        Self::of(file).map_err(|(what, found)| {
            let place = format!("{}: {what}", path.display());
            Error::invalid(place, "a list of at least one value", found)
        })
    }

    /// The grid of a text of TOML.
    ///
    /// # Errors
    /// As [`read`](Self::read), without a file.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let file: File = toml::from_str(text).map_err(|source| Error::Settings(Box::new(source)))?;
        Self::of(file).map_err(|(what, found)| Error::invalid(what, "a list of at least one value", found))
    }

    fn of(file: File) -> Result<Self, (String, String)> {
        let File { settings, preparation, grid } = file;
        let mut parts = grid;
        if parts.is_empty() || !settings.is_empty() || !preparation.is_empty() {
            parts.insert(0, Part { settings, preparation });
        }
        let mut combinations: Vec<Combination> = Vec::new();
        for Part { settings, preparation } in parts {
            let settings = product("settings", settings)?;
            let preparation = product("preparation", preparation)?;
            if settings.len().saturating_mul(preparation.len()) + combinations.len() > MOST {
                return Err(("the grid".to_string(), format!("more than {MOST} combinations")));
            }
            for settings in &settings {
                for preparation in &preparation {
                    let combination =
                        Combination { settings: settings.clone(), preparation: preparation.clone() };
                    if !combinations.contains(&combination) {
                        combinations.push(combination);
                    }
                }
            }
        }
        Ok(Self { combinations })
    }

    /// Every combination, without those that are there twice.
    pub fn combinations(&self) -> &[Combination] {
        &self.combinations
    }
}

/// Every way to take one value of each list, the last key's values nearest to each other.
fn product(name: &str, lists: Table) -> Result<Vec<Table>, (String, String)> {
    let mut all = vec![Table::new()];
    for (key, values) in flattened(lists) {
        let Value::Array(values) = values else {
            return Err((format!("{name}.{key}"), values.to_string()));
        };
        if values.is_empty() || all.len().saturating_mul(values.len()) > MOST {
            return Err((format!("{name}.{key}"), format!("{} values", values.len())));
        }
        all = all
            .iter()
            .flat_map(|table| {
                values.iter().map(|value| {
                    let mut table = table.clone();
                    table.insert(key.clone(), value.clone());
                    table
                })
            })
            .collect();
    }
    Ok(all)
}

/// Tables in tables as keys with dots.
fn flattened(table: Table) -> Vec<(String, Value)> {
    let mut flat = Vec::new();
    for (key, value) in table {
        match value {
            Value::Table(inner) => {
                flat.extend(
                    flattened(inner).into_iter().map(|(rest, value)| (format!("{key}.{rest}"), value)),
                );
            }
            value => flat.push((key, value)),
        }
    }
    flat
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_are_joined_and_no_combination_comes_twice() {
        let grid = Grid::parse(
            "[[grid]]\nsettings.ridge = [1.0, 3.0]\npreparation.feature_scaling = ['row-l1', 'row-l2']\n\
             [[grid]]\nsettings = { ridge = [3.0], lift.features = [0, 64] }\npreparation.feature_scaling = ['row-l2']\n\
             [[grid]]\nsettings.ridge = [1.0]\npreparation.feature_scaling = ['row-l2']\n",
        )
        .unwrap();
        assert_eq!(grid.combinations().len(), 6);
        let last = grid.combinations().last().unwrap();
        assert_eq!(last.settings, toml::from_str::<Table>("ridge = 3.0\n'lift.features' = 64").unwrap());
        assert_eq!(Grid::parse("").unwrap().combinations(), [Combination::default()]);
    }

    #[test]
    fn what_is_no_list_is_named() {
        let message = |text: &str| Grid::parse(text).unwrap_err().to_string();
        assert_eq!(
            message("[settings]\nridge = 1.0"),
            "settings.ridge: expected a list of at least one value, found 1.0"
        );
        assert_eq!(
            message("[preparation]\nfeature_scaling = []"),
            "preparation.feature_scaling: expected a list of at least one value, found 0 values"
        );
        let mut file = tempfile::NamedTempFile::new().unwrap();
        std::io::Write::write_all(&mut file, b"[settings]\nridge = [1.0]\n[setings]\n").unwrap();
        let message = Grid::read(file.path()).unwrap_err().to_string();
        assert!(message.contains(":3: unknown field `setings`"), "{message}");
    }
}
