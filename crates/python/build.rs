//! Collects the doc comments of the settings of every method, so that Python's docstrings say what the Rust types say.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// A field of a struct: its doc comment, name and type.
struct Field {
    doc: String,
    name: String,
    kind: String,
}

fn main() -> io::Result<()> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../embedders/src");
    println!("cargo::rerun-if-changed={}", source.display());
    let mut structs = BTreeMap::new();
    let mut methods = Vec::new();
    for file in rust_files(&source)? {
        let text = fs::read_to_string(file)?;
        collect_structs(&text, &mut structs);
        collect_methods(&text, &mut methods);
    }
    let mut table = "&[\n".to_string();
    for (method, settings) in methods {
        for Field { doc, name, kind } in structs.get(&settings).into_iter().flatten() {
            match structs.get(&kind[..]) {
                Some(inner) => inner.iter().for_each(|field| {
                    let key = format!("{name}.{}", field.name);
                    writeln!(table, "({method:?}, {key:?}, {:?}),", field.doc).expect("text grows");
                }),
                None => writeln!(table, "({method:?}, {name:?}, {doc:?}),").expect("text grows"),
            }
        }
    }
    table.push(']');
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("setting_docs.rs");
    fs::write(out, table)
}

fn rust_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    Ok(files)
}

/// The public fields of each public struct, as the formatter lays them out: a field a line, comments above it.
fn collect_structs(text: &str, structs: &mut BTreeMap<String, Vec<Field>>) {
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(name) = line.strip_prefix("pub struct ").and_then(|rest| rest.strip_suffix(" {")) else {
            continue;
        };
        let mut fields = Vec::new();
        let mut doc = String::new();
        for line in lines.by_ref().take_while(|line| *line != "}").map(str::trim) {
            if let Some(more) = line.strip_prefix("///") {
                doc.push_str(if doc.is_empty() { "" } else { " " });
                doc.push_str(more.trim());
            } else if let Some((field, kind)) =
                line.strip_prefix("pub ").and_then(|rest| rest.split_once(": "))
            {
                let (name, kind) = (field.to_string(), kind.trim_end_matches(',').to_string());
                fields.push(Field { doc: std::mem::take(&mut doc), name, kind });
            }
        }
        structs.insert(name.to_string(), fields);
    }
}

/// The name of each method with the type of its settings.
fn collect_methods(text: &str, methods: &mut Vec<(String, String)>) {
    let mut settings = None;
    for line in text.lines() {
        for of in ["impl EncoderMethod for ", "impl MethodSettings for "] {
            if let Some(rest) = line.strip_prefix(of) {
                settings = Some(rest.trim_end_matches([' ', '{']).to_string());
            }
        }
        let named =
            line.trim().strip_prefix("name: \"").or_else(|| Some(line.split_once("::unsupervised(\"")?.1));
        if let (Some(kind), Some((name, _))) = (&settings, named.and_then(|rest| rest.split_once('"'))) {
            methods.push((name.to_string(), kind.clone()));
            settings = None;
        }
    }
}
