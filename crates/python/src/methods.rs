//! What the registry of methods says, as Python's side makes estimators of it.

use embedders::{MethodKind, Registry, Target};
use serde_json::{Value, json};

/// The doc comment of each setting: method, path of the setting, text.
const SETTING_DOCS: &[(&str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/setting_docs.rs"));

/// Every method as JSON: `name`, `title`, `source`, `kind`, `checkpoint`, `stochastic`, `presets`, `default` (a table) and
/// `settings`, a list of paths with their defaults and docs.
pub(crate) fn describe() -> String {
    let describe = |method: &embedders::Method| {
        let info = method.info();
        let kind = match info.kind {
            MethodKind::Baseline => "baseline",
            MethodKind::Unsupervised => "unsupervised",
            MethodKind::Supervised { .. } => "supervised",
        };
        let default =
            method.parse(toml::Table::new()).expect("the default of every setting is in range").to_table();
        let general = method.preset(&Target::general()).to_table();
        let mut settings = Vec::new();
        for (key, value) in &default {
            match value {
                toml::Value::Table(inner) => inner.iter().for_each(|(inner_key, value)| {
                    let general = general.get(key).and_then(|table| table.get(inner_key));
                    settings.push(setting(info.name, &format!("{key}.{inner_key}"), value, general));
                }),
                value => settings.push(setting(info.name, key, value, general.get(key))),
            }
        }
        json!({
            "name": info.name,
            "title": info.title,
            "source": info.source,
            "kind": kind,
            "checkpoint": info.checkpoint,
            "stochastic": info.stochastic,
            "presets": method.preset_names(),
            "settings": settings,
        })
    };
    Value::Array(Registry::builtin().methods().iter().map(describe).collect()).to_string()
}

fn setting(method: &str, path: &str, default: &toml::Value, general: Option<&toml::Value>) -> Value {
    let doc = SETTING_DOCS.iter().find(|(of, at, _)| *of == method && *at == path);
    json!({
        "path": path,
        "default": default,
        "general": general,
        "doc": doc.map_or("", |(_, _, doc)| doc),
    })
}
