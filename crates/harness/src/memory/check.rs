//! Whether a run fits, before it takes anything.

use burn::tensor::Device;
use embedders::{Method, Registry, Settings, Target};
use graph_io::NodeDataset;
use toml::{Table, Value};

use super::available::AvailableMemory;
use super::bytes::Bytes;
use super::need::MemoryNeed;
use crate::error::Error;
use crate::experiment::{DEFAULT_METHOD, Experiment};
use crate::protocol::Protocol;

/// Narrowest width that is proposed.
const NARROWEST: i64 = 8;

/// Refuses an experiment that cannot fit into what is available: what it needs is a lower bound, so what is refused would fail.
///
/// # Errors
/// [`Error::Memory`] with the bytes needed, the bytes available, and changes with which it would fit.
pub fn check_memory(
    experiment: &Experiment,
    dataset: &NodeDataset,
    device: &Device,
    available: &AvailableMemory,
) -> Result<(), Error> {
    let protocol = experiment.run.protocol.unwrap_or_else(|| Protocol::default_for(dataset));
    let need =
        |settings: &Settings| MemoryNeed::of_training(dataset, settings, &experiment.run.preparation, device);
    let training = need(&experiment.settings);
    let whole = if protocol.evaluates() { training.with_baselines(dataset) } else { training };
    if whole.bytes() <= available.bytes {
        return Ok(());
    }
    let fits =
        |settings: &Settings| (need(settings).bytes() <= available.bytes).then(|| need(settings).bytes());
    // Where the baselines alone are too large, they are left out with every change.
    let left_out = (whole.baselines > available.bytes).then_some("--protocol none");
    let mut changes = Vec::new();
    let mut propose = |flags: &str, bytes: u64| {
        let flags: Vec<&str> =
            left_out.into_iter().chain([flags]).filter(|flags| !flags.is_empty()).collect();
        changes.push(format!("`{}` ({})", flags.join(" "), Bytes(bytes)));
    };
    if let Some(bytes) = fits(&experiment.settings) {
        propose("", bytes);
    } else {
        let (registry, name) = (Registry::builtin(), experiment.settings.info().name);
        if let Ok(method) = registry.method(name)
            && let Some((flags, bytes)) = narrower(&method, &experiment.settings, fits)
        {
            propose(&flags, bytes);
        }
        if name != DEFAULT_METHOD
            && let Ok(method) = registry.method(DEFAULT_METHOD)
            && let Some(bytes) = fits(&method.preset(&Target::of(dataset)))
        {
            propose(&format!("--method {DEFAULT_METHOD}"), bytes);
        }
    }
    Err(Error::Memory {
        what: format!("{} on {}", experiment.settings.info().name, dataset.name()),
        needed: whole.bytes(),
        available: *available,
        changes,
    })
}

/// The same method with smaller settings, the first that fit, as flags of the command line.
fn narrower(
    method: &Method,
    settings: &Settings,
    fits: impl Fn(&Settings) -> Option<u64>,
) -> Option<(String, u64)> {
    let table = settings.to_table();
    let mut tried = table.clone();
    let mut flags = Vec::new();
    if table.get("full_width") == Some(&Value::Boolean(true)) {
        tried.insert("full_width".to_string(), Value::Boolean(false));
        flags.push("--set full_width=false".to_string());
    }
    if tried.get("lift").and_then(|lift| lift.get("features")?.as_integer()).is_some_and(|width| width > 0)
        && let Some(Value::Table(lift)) = tried.get_mut("lift")
    {
        lift.insert("features".to_string(), Value::Integer(0));
        flags.push("--set lift.features=0".to_string());
    }
    let found = |tried: &Table, widths: &[String]| {
        let bytes = fits(&method.parse(tried.clone()).ok()?)?;
        let flags: Vec<&str> = flags.iter().chain(widths).map(String::as_str).collect();
        Some((flags.join(" "), bytes))
    };
    if !flags.is_empty()
        && let Some(change) = found(&tried, &[])
    {
        return Some(change);
    }
    while let Some(widths) = halved(&mut tried) {
        if let Some(change) = found(&tried, &widths) {
            return Some(change);
        }
    }
    None
}

/// Halves the width of the embedding and of each hidden layer; gives them as flags, `None` when all are as narrow as can be.
fn halved(table: &mut Table) -> Option<Vec<String>> {
    let mut changed = false;
    let mut half = |value: &mut Value| {
        let Some(width) = value.as_integer() else { return String::new() };
        let narrow = (width / 2).max(NARROWEST).min(width);
        changed |= narrow < width;
        *value = Value::Integer(narrow);
        narrow.to_string()
    };
    let mut flags = Vec::new();
    if let Some(width) = table.get_mut("d_output") {
        flags.push(format!("--d-output {}", half(width)));
    }
    if let Some(Value::Array(widths)) =
        table.get_mut("encoder").and_then(|encoder| encoder.get_mut("d_hidden"))
        && !widths.is_empty()
    {
        let widths: Vec<String> = widths.iter_mut().map(half).collect();
        flags.push(format!("--d-hidden {}", widths.join(",")));
    }
    changed.then_some(flags)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Draft;
    use crate::memory::MemorySource;

    fn check(flags: &str, megabytes: u64) -> Result<(), String> {
        let cora = graph_io::load("cora", None).unwrap();
        let flags = toml::from_str(&format!("dataset = 'cora'\n{flags}")).unwrap();
        let experiment = Draft::from_layers(&Registry::builtin(), None, flags).unwrap().on(&cora).unwrap();
        let available = AvailableMemory { bytes: megabytes * 1_000_000, source: MemorySource::AddressSpace };
        check_memory(&experiment, &cora, &Device::flex(), &available).map_err(|error| error.to_string())
    }

    #[test]
    fn what_fits_is_not_refused() {
        assert_eq!(check("method = 'g2r'", 80), Ok(()));
        assert_eq!(check("method = 'g2r-linear'", 30), Ok(()));
    }

    #[test]
    fn what_cannot_fit_is_refused_with_numbers_and_with_what_would_fit() {
        let error = check(
            "method = 'grace'\nprotocol = 'none'\n[settings]\nd_output = 4096\nencoder.d_hidden = [8192]",
            200,
        );
        let expected = "grace on cora needs at least 921 MB of memory beside the data, and 200 MB are available (the limit on address \
            space, ulimit -v); it would fit with `--d-output 1024 --d-hidden 2048` (155 MB) or with `--method g2r-linear` (5 MB); \
            --ignore-memory starts it all the same";
        assert_eq!(error.unwrap_err(), expected);
    }

    #[test]
    fn baselines_that_are_too_large_can_be_left_out() {
        let error = check("method = 'g2r-linear'", 15).unwrap_err();
        let expected = "g2r-linear on cora needs at least 22 MB of memory beside the data, and 15 MB are available (the limit on \
            address space, ulimit -v); it would fit with `--protocol none` (5 MB); --ignore-memory starts it all the same";
        assert_eq!(error, expected);
    }

    #[test]
    fn what_no_setting_makes_fit_needs_more_memory() {
        let error = check("method = 'g2r-linear'\nprotocol = 'none'", 0).unwrap_err();
        assert!(error.contains("0 MB are available"), "{error}");
        assert!(error.contains("; it would fit with more memory or a smaller graph; "), "{error}");
    }
}
