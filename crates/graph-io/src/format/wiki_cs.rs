//! The file of Wiki-CS.

mod lists;

use std::fmt;
use std::path::Path;

use ndarray::Array2;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use self::lists::{Classes, List, ListOfLists, Masks, Neighbors, Rows};
use super::file::{name_of, read_unpacked};
use super::json::json_error;

use super::registry::{Format, Sample};
use crate::arcs::{ArcMeaning, Arcs};
use crate::error::{Error, Place};
use crate::features::Features;
use crate::labels::Labels;
use crate::memory_limit::MemoryLimit;
use crate::node_ids::NodeIds;
use crate::raw_dataset::RawDataset;
use crate::split::Split;

/// The `data.json` of Wiki-CS (Mernyei and Cangea 2020, arXiv:2007.02901): one object with `features` (a list of numbers a
/// node), `labels` (a whole number a node), `links` (the nodes that each node links to), `train_masks` and `val_masks` (for
/// each split a list of true or false a node), and `test_mask` (one such list).
///
/// Arcs are directed. Split i is `train_masks[i]`, `val_masks[i]` and `test_mask`. The sets of `stopping_masks`, which the
/// authors set aside for stopping early, are checked and left out. Other keys count for nothing.
pub(super) const FORMAT: Format = Format {
    name: "wiki-cs",
    title: "data.json of Wiki-CS",
    endings: &[".json"],
    keeps: "",
    recognizes: |sample| sample.name.ends_with(".json") && starts_as_wiki_cs(sample),
    read: |path, config| read(path, config.max_memory),
    write: None,
};

/// Whether the first key of the object is one of this format, with a value that starts as its values do: files of
/// other formats have keys of these names too, and lists of objects behind them.
fn starts_as_wiki_cs(sample: &Sample) -> bool {
    let head = String::from_utf8_lossy(&sample.head);
    let Some(object) = head.trim_start().strip_prefix('{') else { return false };
    let Some((key, value)) = object.trim_start().strip_prefix('"').and_then(|key| key.split_once('"')) else {
        return false;
    };
    let Some(value) = value.trim_start().strip_prefix(':') else { return false };
    let value: String = value.chars().filter(|c| !c.is_whitespace()).take(3).collect();
    let starts =
        |start: &str, next: &[char]| value.strip_prefix(start).is_some_and(|rest| rest.starts_with(next));
    const DIGITS: [char; 11] = ['-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
    match key {
        "features" => starts("[[", &DIGITS),
        "labels" => starts("[", &DIGITS),
        "links" => starts("[[", &DIGITS) || value == "[[]",
        "train_masks" | "val_masks" | "stopping_masks" => starts("[[", &['t', 'f']),
        "test_mask" => starts("[", &['t', 'f']),
        _ => false,
    }
}

fn read(path: &Path, limit: MemoryLimit) -> Result<RawDataset, Error> {
    let bytes = read_unpacked(path, limit)?;
    let mut json = serde_json::Deserializer::from_slice(&bytes);
    let parts = json.deserialize_map(Object).and_then(|parts| json.end().map(|()| parts));
    let parts = parts.map_err(|error| json_error(&error, &bytes, path, "the JSON of Wiki-CS"))?;
    drop(bytes);
    parts.dataset(path)
}

/// The values of the keys; none for a key that was not there.
#[derive(Default)]
struct Parts {
    features: Option<Rows>,
    labels: Option<Classes>,
    links: Option<Neighbors>,
    train_masks: Option<Masks>,
    val_masks: Option<Masks>,
    stopping_masks: Option<Masks>,
    test_mask: Option<Masks>,
}

/// The object of the file.
struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = Parts;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object with features, labels, links and masks")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Parts, A::Error> {
        let mut parts = Parts::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "features" => map.next_value_seed(ListOfLists(first(&mut parts.features)?))?,
                "labels" => map.next_value_seed(List(first(&mut parts.labels)?))?,
                "links" => map.next_value_seed(ListOfLists(first(&mut parts.links)?))?,
                "train_masks" => map.next_value_seed(ListOfLists(first(&mut parts.train_masks)?))?,
                "val_masks" => map.next_value_seed(ListOfLists(first(&mut parts.val_masks)?))?,
                "stopping_masks" => map.next_value_seed(ListOfLists(first(&mut parts.stopping_masks)?))?,
                "test_mask" => map.next_value_seed(List(first(&mut parts.test_mask)?))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(parts)
    }
}

/// The place for the value of a key, which is there once.
fn first<T: Default, E: serde::de::Error>(part: &mut Option<T>) -> Result<&mut T, E> {
    if part.is_some() {
        return Err(E::custom("one again, expected a key that was not there yet"));
    }
    Ok(part.insert(T::default()))
}

impl Parts {
    fn dataset(self, path: &Path) -> Result<RawDataset, Error> {
        let missing =
            |key: &str| Error::malformed(Place::whole(path), format!("the key {key:?}"), "an object without");
        let features = self.features.ok_or_else(|| missing("features"))?;
        let labels = self.labels.ok_or_else(|| missing("labels"))?.0;
        let links = self.links.ok_or_else(|| missing("links"))?;
        let train = self.train_masks.ok_or_else(|| missing("train_masks"))?;
        let val = self.val_masks.ok_or_else(|| missing("val_masks"))?;
        let test = self.test_mask.ok_or_else(|| missing("test_mask"))?;
        let stopping = self.stopping_masks.unwrap_or_default();

        let num_nodes = features.num_rows;
        let masks = [
            ("train_masks", &train),
            ("val_masks", &val),
            ("stopping_masks", &stopping),
            ("test_mask", &test),
        ];
        let lengths = masks.into_iter().filter(|(_, masks)| !masks.sets.is_empty());
        let lengths = lengths.map(|(key, masks)| (key, masks.num_nodes));
        for (key, len) in
            [("labels", labels.len()), ("links", links.row_ends.len())].into_iter().chain(lengths)
        {
            if len != num_nodes {
                let expected = format!("{num_nodes} nodes in {key}, as in features");
                return Err(Error::malformed(Place::whole(path), expected, len.to_string()));
            }
        }
        if val.sets.len() != train.sets.len() {
            let expected = format!("{} lists in val_masks, as in train_masks", train.sets.len());
            return Err(Error::malformed(Place::whole(path), expected, val.sets.len().to_string()));
        }
        let arcs = arcs(links, path)?;
        let labels = labels.finish().map_err(|error| error.in_file(path))?;
        let splits = splits(train, val, test, labels.as_ref()).map_err(|error| error.in_file(path))?;
        let shape = (num_nodes, features.width);
        let features = match num_nodes {
            0 => None,
            _ => Some(Features::Dense(
                Array2::from_shape_vec(shape, features.values).expect("rows are of one width"),
            )),
        };
        let arcs_of = RawDataset::from_arcs(&name_of(path), NodeIds::counted(num_nodes), arcs);
        Ok(RawDataset { features, labels, splits, ..arcs_of })
    }
}

fn arcs(links: Neighbors, path: &Path) -> Result<Arcs, Error> {
    let Neighbors { to, row_ends } = links;
    let num_nodes = row_ends.len();
    let mut from = Vec::with_capacity(to.len());
    for (node, &end) in row_ends.iter().enumerate() {
        from.resize(end, node as u32);
    }
    if let Some(arc) = to.iter().position(|&node| node as usize >= num_nodes) {
        let expected = format!("nodes below {num_nodes} in the links of node {}", from[arc]);
        return Err(Error::malformed(Place::whole(path), expected, to[arc].to_string()));
    }
    Ok(Arcs { from, to, weights: None, meaning: ArcMeaning::Directed })
}

fn splits(train: Masks, val: Masks, test: Masks, labels: Option<&Labels>) -> Result<Vec<Split>, Error> {
    let Some(labels) = labels else {
        let is_none = train.sets.is_empty();
        let without_labels = || Error::invalid("split", "labels beside it", "none");
        return if is_none { Ok(Vec::new()) } else { Err(without_labels()) };
    };
    let test = test.sets.into_iter().next().unwrap_or_default();
    let sets = train.sets.into_iter().zip(val.sets);
    sets.map(|(train, val)| Split::from_nodes(train, val, test.clone(), labels)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::recognize;
    use ndarray::array;

    const TINY: &str = r#"{"features": [[0.5, -1], [0, 2e-1], [0, 0]], "labels": [1, 0, 1],
        "links": [[1, 2], [], [0, 2]], "train_masks": [[true, false, false], [false, true, false]],
        "stopping_masks": [[false, false, false]], "val_masks": [[false, true, false], [true, false, false]],
        "test_mask": [false, false, true], "notes": {"deep": [[[{}]]]}}"#;

    fn read_text(content: &str) -> Result<RawDataset, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.json");
        std::fs::write(&path, content).unwrap();
        read(&path, MemoryLimit::default()).map_err(|error| error.to_string())
    }

    fn message(from: &str, to: &str) -> String {
        assert!(TINY.contains(from), "{from}");
        read_text(&TINY.replacen(from, to, 1)).unwrap_err()
    }

    #[test]
    fn every_key_is_read() {
        let tiny = read_text(TINY).unwrap();
        assert_eq!(tiny.arcs, Arcs::from_pairs(&[(0, 1), (0, 2), (2, 0), (2, 2)], ArcMeaning::Directed));
        assert_eq!(tiny.features, Some(Features::Dense(array![[0.5, -1.0], [0.0, 0.2], [0.0, 0.0]])));
        assert_eq!(tiny.labels.unwrap().classes(), [Some(1), Some(0), Some(1)]);
        let sets: Vec<_> =
            tiny.splits.iter().map(|split| (split.train(), split.val(), split.test())).collect();
        assert_eq!(sets, [(&[0][..], &[1][..], &[2][..]), (&[1][..], &[0][..], &[2][..])]);
        assert_eq!((tiny.name.as_str(), tiny.node_ids), ("data", NodeIds::counted(3)));
    }

    #[test]
    fn its_file_is_recognized_and_others_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let is_wiki_cs = |content: &str| {
            let path = folder.path().join("data.json");
            std::fs::write(&path, content).unwrap();
            recognize(&path).is_ok_and(|format| format.name == "wiki-cs")
        };
        assert!(is_wiki_cs(TINY));
        for head in ["\n{ \"links\" :\n [ [ 1", "{\"links\": [[]", "{\"test_mask\": [f", "{\"labels\": [-1"] {
            assert!(is_wiki_cs(head), "{head}");
        }
        for head in [
            "{\"links\": [{\"source\"",
            "{\"features\": {\"0\"",
            "{\"links\": []}",
            "[[0, 1]]",
            "{\"nodes\": [[1",
            "{\"labels\": [\"a\"",
            "{",
            "",
        ] {
            assert!(!is_wiki_cs(head), "{head}");
        }
    }

    #[test]
    fn faults_of_the_json_are_named_by_their_byte() {
        assert_eq!(message("-1]", "\"x\"]"), "data.json, byte 22: expected f32, found string \"x\"");
        assert_eq!(
            message("2e-1", "1e39"),
            "data.json, byte 33: expected a number that fits into 32 bits, found another"
        );
        assert_eq!(
            message("2e-1", "NaN"),
            "data.json, byte 29: expected the JSON of Wiki-CS, found expected value"
        );
        assert_eq!(message("[0, 0]", "[0]"), "data.json, byte 38: expected rows of 2 numbers, found another");
        assert_eq!(message("[0, 2]", "[0, -2]"), "data.json, byte 101: expected u32, found integer `-2`");
        assert_eq!(
            message("\"notes\"", "\"links\""),
            "data.json, byte 325: expected a key that was not there yet, found one again"
        );
        let cut = read_text(&TINY[..100]).unwrap_err();
        assert!(
            cut.starts_with("data.json, byte 99: expected the JSON of Wiki-CS, found EOF while parsing"),
            "{cut}"
        );
        assert!(read_text(&format!("{{\"x\": {}", "[".repeat(100_000))).is_err());
        assert!(read_text(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn parts_that_do_not_fit_are_named() {
        assert_eq!(
            message("[1, 0, 1]", "[1, 0]"),
            "data.json: expected 3 nodes in labels, as in features, found 2"
        );
        assert_eq!(
            message("[false, false, true]", "[true]"),
            "data.json: expected 3 nodes in test_mask, as in features, found 1"
        );
        assert_eq!(
            message(", [true, false, false]]", "]"),
            "data.json: expected 2 lists in val_masks, as in train_masks, found 1"
        );
        assert_eq!(
            message("[0, 2]", "[0, 3]"),
            "data.json: expected nodes below 3 in the links of node 2, found 3"
        );
        assert_eq!(
            message("\"links\"", "\"lines\""),
            "data.json: expected the key \"links\", found an object without"
        );
        assert_eq!(
            message("[false, false, true]", "[true, false, true]"),
            "data.json: expected nodes not taken yet (test set of the split), found node 0, which is in the train set"
        );
    }
}
