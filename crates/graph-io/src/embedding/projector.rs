//! A folder for TensorBoard's projector: `vectors.tsv`, `metadata.tsv`, and the configuration that names them.

use std::io::{self, Write};
use std::path::Path;

use ndarray::Array2;

use super::columns::NodeColumn;
use super::matrix::Embedding;
use super::numbers::{self, Shortest};
use super::registry::EmbeddingFormat;
use crate::error::{Error, Place};
use crate::format::{Sample, output, quoted, read_unpacked_text};
use crate::memory_limit::MemoryLimit;
use crate::node_ids::NodeIds;

const VECTORS: &str = "vectors.tsv";
const METADATA: &str = "metadata.tsv";
const CONFIG: &str = "projector_config.pbtxt";

pub(super) const FORMAT: EmbeddingFormat = EmbeddingFormat {
    name: "projector",
    title: "a folder for TensorBoard's projector: vectors.tsv and metadata.tsv",
    endings: &[],
    is_text: false,
    recognizes: |sample: &Sample| sample.has_file(VECTORS) && sample.has_file(METADATA),
    read,
    check,
    write,
};

fn read(folder: &Path) -> Result<Embedding, Error> {
    let rows = read_vectors(&folder.join(VECTORS))?;
    let metadata = folder.join(METADATA);
    let ids = read_ids(&metadata)?;
    if ids.len() != rows.nrows() {
        let expected = format!("{} nodes, one for each line of {VECTORS}", rows.nrows());
        return Err(Error::malformed(Place::whole(&metadata), expected, ids.len().to_string()));
    }
    Embedding::from_rows(ids, rows).map_err(|error| error.in_file(folder))
}

fn read_vectors(path: &Path) -> Result<Array2<f32>, Error> {
    let text = read_unpacked_text(path, MemoryLimit::default())?;
    let mut values = Vec::new();
    let (mut num_rows, mut width) = (0, 0);
    for line in text.lines() {
        let place = || Place::line(path, num_rows + 1);
        let before = values.len();
        for field in line.split('\t') {
            values.push(numbers::parse(field, place)?);
        }
        let found = values.len() - before;
        if num_rows == 0 {
            width = found;
        } else if found != width {
            let expected = format!("{width} numbers as in the first line");
            return Err(Error::malformed(place(), expected, found.to_string()));
        }
        num_rows += 1;
    }
    Ok(Array2::from_shape_vec((num_rows, width), values).expect("each row is as wide as the first"))
}

/// One column has no header; of several the ids are in the column `id`, else in the first.
fn read_ids(path: &Path) -> Result<NodeIds, Error> {
    let text = read_unpacked_text(path, MemoryLimit::default())?;
    let mut lines = text.lines().zip(1..);
    let header = lines.clone().next().map(|(line, _)| line).filter(|line| line.contains('\t'));
    let mut column = 0;
    if let Some(header) = header {
        lines.next();
        column = header.split('\t').position(|title| title == "id").unwrap_or(0);
    }
    let (mut ids, mut ends) = (String::new(), Vec::with_capacity(lines.clone().count()));
    for (line, number) in lines {
        let Some(id) = line.split('\t').nth(column) else {
            let expected = format!("an id in the column {}", column + 1);
            return Err(Error::malformed(Place::line(path, number), expected, quoted(line)));
        };
        ids.push_str(id);
        ends.push(ids.len());
    }
    Ok(NodeIds::from_text(ids, ends))
}

fn check(ids: &NodeIds, columns: &[NodeColumn<'_>]) -> Result<(), Error> {
    // The projector has no quotes, and skips empty lines.
    let breaks = |word: &str| word.contains(['\t', '\n', '\r']);
    let refuse = |what: &str, word: &str| {
        let expected = format!("{what} without tabs and line ends");
        Err(Error::invalid("embedding format projector", expected, quoted(word)))
    };
    if let Some(id) = ids.iter().find(|id| !ids.are_counted() && (id.trim().is_empty() || breaks(id))) {
        return refuse("node ids that are not empty,", &id);
    }
    for NodeColumn { title, words } in columns {
        if let Some(word) = words.iter().find(|word| breaks(word)) {
            return refuse(&format!("words of the column {title}"), word);
        }
    }
    Ok(())
}

fn write(embedding: &Embedding, columns: &[NodeColumn<'_>], path: &Path) -> Result<(), Error> {
    output::write_folder(path, |folder| {
        output::write_file(&folder.join(VECTORS), |out| {
            for (_, values) in embedding.iter() {
                for (place, &value) in values.iter().enumerate() {
                    let before = if place == 0 { "" } else { "\t" };
                    write!(out, "{before}{}", Shortest(value))?;
                }
                writeln!(out)?;
            }
            Ok(())
        })?;
        output::write_file(&folder.join(METADATA), |out| write_metadata(embedding, columns, out))?;
        output::write_file(&folder.join(CONFIG), |out| {
            writeln!(
                out,
                "embeddings {{\n  tensor_name: \"embedding\"\n  tensor_path: \"{VECTORS}\"\n  \
                 metadata_path: \"{METADATA}\"\n}}"
            )
        })
    })
}

fn write_metadata(embedding: &Embedding, columns: &[NodeColumn<'_>], out: &mut impl Write) -> io::Result<()> {
    if !columns.is_empty() {
        let titles = columns.iter().map(|column| format!("\t{}", column.title));
        writeln!(out, "id{}", titles.collect::<String>())?;
    }
    for (row, id) in embedding.ids().iter().enumerate() {
        write!(out, "{id}")?;
        for column in columns {
            write!(out, "\t{}", column.words[row])?;
        }
        writeln!(out)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use std::fs;

    fn named() -> Embedding {
        Embedding::from_rows(NodeIds::from_names(["a b", "c"]), array![[0.5, 1.0], [2.0, -3.0]]).unwrap()
    }

    #[test]
    fn metadata_has_a_header_where_it_has_columns() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("projector");
        let columns = [
            NodeColumn { title: "label", words: vec!["x", ""] },
            NodeColumn { title: "split", words: vec!["train", ""] },
        ];
        FORMAT.write_with(&named(), &columns, &folder).unwrap();
        let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        assert_eq!(text("vectors.tsv"), "0.5\t1\n2\t-3\n");
        assert_eq!(text("metadata.tsv"), "id\tlabel\tsplit\na b\tx\ttrain\nc\t\t\n");
        assert!(text("projector_config.pbtxt").contains("metadata_path: \"metadata.tsv\""));
        assert_eq!(FORMAT.read(&folder).unwrap(), named());
        let bare = root.path().join("bare");
        FORMAT.write(&named(), &bare).unwrap();
        assert_eq!(fs::read_to_string(bare.join("metadata.tsv")).unwrap(), "a b\nc\n");
    }

    #[test]
    fn files_that_do_not_fit_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let message = |vectors: &str, metadata: &str| {
            fs::write(folder.path().join(VECTORS), vectors).unwrap();
            fs::write(folder.path().join(METADATA), metadata).unwrap();
            super::super::read(folder.path()).unwrap_err().to_string()
        };
        assert_eq!(
            message("1\t2\n3\n", "a\nb\n"),
            "vectors.tsv:2: expected 2 numbers as in the first line, found 1"
        );
        assert_eq!(message("1\ninf\n", "a\nb\n"), "vectors.tsv:2: expected a finite number, found \"inf\"");
        assert_eq!(
            message("1\n2\n", "a\nb\nc\n"),
            "metadata.tsv: expected 2 nodes, one for each line of vectors.tsv, found 3"
        );
        assert_eq!(
            message("1\n", "label\tid\nx\n"),
            "metadata.tsv:2: expected an id in the column 2, found \"x\""
        );
        assert!(message("", "").ends_with("expected at least one row (embedding), found none"));
    }

    #[test]
    fn words_with_tabs_have_no_place() {
        let message = |ids: [&str; 1], word: &str| {
            let columns = [NodeColumn { title: "label", words: vec![word] }];
            FORMAT.check(&NodeIds::from_names(ids), &columns).unwrap_err().to_string()
        };
        assert_eq!(
            message(["a\tb"], ""),
            "embedding format projector: expected node ids that are not empty, without tabs and line ends, \
             found \"a\\tb\""
        );
        assert!(message([""], "").ends_with("found \"\""));
        assert_eq!(
            message(["a"], "x\n"),
            "embedding format projector: expected words of the column label without tabs and line ends, \
             found \"x\\n\""
        );
    }
}
