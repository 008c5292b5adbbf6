//! Parquet tables as they are written here, and as they lie.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, ListArray, RecordBatch, StringArray, types::Float32Type,
};
use arrow_schema::{Field, Schema};
use ndarray::array;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding};
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};

use crate::features::Features;
use crate::format::node_table::tests::{assert_round_trip, dataset, sparse_dataset};
use crate::format::node_table::{KnownOfNodes, read_node_table, read_table};
use crate::format::registry::ReadConfig;
use crate::memory_limit::MemoryLimit;
use crate::node_ids::NodeIds;
use crate::raw_dataset::NodeTable;

fn file(columns: &[(&str, ArrayRef)], properties: WriterPropertiesBuilder) -> Vec<u8> {
    let field = |(name, array): &(&str, ArrayRef)| Field::new(*name, array.data_type().clone(), true);
    let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
    let arrays = columns.iter().map(|(_, array)| array.clone()).collect();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, schema.clone(), Some(properties.build())).unwrap();
    writer.write(&RecordBatch::try_new(schema, arrays).unwrap()).unwrap();
    writer.close().unwrap();
    bytes
}

fn read(bytes: &[u8]) -> Result<NodeTable, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    std::fs::write(&path, bytes).unwrap();
    read_node_table(&path).map_err(|error| error.to_string())
}

fn plain() -> WriterPropertiesBuilder {
    WriterProperties::builder()
}

fn people() -> Vec<(&'static str, ArrayRef)> {
    vec![
        ("name", Arc::new(StringArray::from(vec!["Ana", "Ben", "Cem"]))),
        ("y", Arc::new(Float64Array::from(vec![Some(1.0), None, Some(0.0)]))),
        ("train_mask", Arc::new(BooleanArray::from(vec![true, false, false]))),
        ("age", Arc::new(Int64Array::from(vec![31, 27, -100]))),
    ]
}

fn message(columns: &[(&str, ArrayRef)]) -> String {
    read(&file(columns, plain())).unwrap_err()
}

#[test]
fn what_is_written_as_parquet_comes_back() {
    assert_round_trip(&dataset(), "t.parquet");
    assert_round_trip(&sparse_dataset(), "t.parquet");
}

#[test]
fn columns_of_every_packing_are_read() {
    for compression in [Compression::UNCOMPRESSED, Compression::SNAPPY, Compression::ZSTD(Default::default())]
    {
        for with_dictionary in [true, false] {
            let properties = plain().set_compression(compression).set_dictionary_enabled(with_dictionary);
            let table = read(&file(&people(), properties)).unwrap();
            assert_eq!(table.node_ids, NodeIds::from_names(["Ana", "Ben", "Cem"]));
            assert_eq!(table.features, Some(Features::Dense(array![[31.0], [27.0], [-100.0]])));
            let labels = table.labels.unwrap();
            assert_eq!(
                (labels.class_names(), labels.class(1)),
                (&["0".to_string(), "1".to_string()][..], None)
            );
            assert_eq!(table.splits[0].train(), [0]);
        }
    }
}

#[test]
fn blocks_of_features_stand_beside_columns() {
    let lists = |rows: [Option<Vec<Option<f32>>>; 2]| -> ArrayRef {
        Arc::new(ListArray::from_iter_primitive::<Float32Type, _, _>(rows))
    };
    let a: ArrayRef = Arc::new(Int64Array::from(vec![7, 8]));
    let row: ArrayRef = Arc::new(Int64Array::from(vec![0, 1]));
    let block = lists([Some(vec![Some(1.0), Some(2.0)]), Some(vec![Some(3.0), Some(4.0)])]);
    let table =
        read(&file(&[("a", a.clone()), ("row", row.clone()), ("X", block.clone())], plain())).unwrap();
    assert_eq!(table.features, Some(Features::Dense(array![[7.0, 1.0, 2.0], [8.0, 3.0, 4.0]])));
    // Rows that do not count are a feature.
    let table = read(&file(&[("row", a), ("embedding", block.clone())], plain())).unwrap();
    assert_eq!(table.features, Some(Features::Dense(array![[7.0, 1.0, 2.0], [8.0, 3.0, 4.0]])));

    let short = lists([Some(vec![Some(1.0), Some(2.0)]), Some(vec![Some(3.0)])]);
    assert_eq!(
        message(&[("x", short)]),
        "t.parquet: expected a list of 2 numbers, as in the first row in column \"x\" of row 1, found 1"
    );
    let gap = lists([Some(vec![Some(1.0)]), Some(vec![None])]);
    let table = read(&file(&[("x", gap)], plain())).unwrap();
    let Some(Features::Dense(features)) = table.features else { panic!("no value is zero") };
    assert!(features[[0, 0]] == 1.0 && features[[1, 0]].is_nan());
    let table = read(&file(&[("words", block)], plain())).unwrap();
    assert_eq!(table.features, None);
    assert_eq!(table.notes.to_string(), "not used: \"words\" (of the type List(Float32))\n");
}

#[test]
fn missing_numbers_are_nan_and_columns_of_texts_stand_apart() {
    let mut columns = people();
    columns.push(("size", Arc::new(Int64Array::from(vec![Some(1), Some(2), None]))));
    columns.push(("city", Arc::new(StringArray::from(vec![Some("Rome"), None, Some("Oslo")]))));
    let table = read(&file(&columns, plain())).unwrap();
    let Some(Features::Dense(features)) = table.features else { panic!("no value is zero") };
    assert_eq!(features.row(1), array![27.0, 2.0]);
    assert!(features[[2, 1]].is_nan());
    let [city] = &table.text_columns[..] else { panic!("one column of texts") };
    assert_eq!((&*city.name, city.texts.classes()), ("city", &[Some(1), None, Some(0)][..]));
}

#[test]
fn bad_cells_are_named_by_row_and_column() {
    let with = |name, array: ArrayRef| {
        let mut columns = people();
        columns.push((name, array));
        message(&columns)
    };
    assert_eq!(
        with("size", Arc::new(Float64Array::from(vec![1.0, 1e39, 0.0]))),
        "t.parquet: expected a finite number in column \"size\" of row 1, found inf"
    );
    assert_eq!(
        with("test_mask", Arc::new(Int64Array::from(vec![0, 2, 0]))),
        "t.parquet: expected true or false in column \"test_mask\" of row 1, found \"2\""
    );
    let mut twice = people();
    twice[0].1 = Arc::new(StringArray::from(vec!["Ana", "Ben", "Ana"]));
    assert_eq!(message(&twice), "t.parquet: expected different ids (node ids), found \"Ana\" twice");
    let none: ArrayRef = Arc::new(StringArray::from(Vec::<&str>::new()));
    assert_eq!(message(&[("id", none)]), "t.parquet: expected at least one row, found none");
}

#[test]
fn other_packings_and_encodings_are_named() {
    let encoded =
        |encoding| plain().set_dictionary_enabled(false).set_column_encoding("name".into(), encoding);
    assert_eq!(
        read(&file(&people(), encoded(Encoding::DELTA_BYTE_ARRAY))).unwrap_err(),
        "t.parquet, byte 4: expected values in PLAIN, a dictionary, RLE, DELTA_BINARY_PACKED or BYTE_STREAM_SPLIT, \
         found DELTA_BYTE_ARRAY"
    );
    let properties = plain().set_compression(Compression::LZ4);
    assert_eq!(
        read(&file(&people(), properties)).unwrap_err(),
        "t.parquet: expected columns packed by snappy, zstd or lz4_raw, or not at all, found LZ4"
    );
}

#[test]
fn a_file_that_is_cut_or_no_parquet_is_refused() {
    let bytes = file(&people(), plain());
    for len in [0, 3, 8, bytes.len() / 2, bytes.len() - 1] {
        assert_eq!(
            read(&bytes[..len]).unwrap_err(),
            "t.parquet: expected a Parquet file, which ends in its footer and PAR1, found another end"
        );
    }
    assert_eq!(
        read(b"PAR1\xff\xff\xff\xffPAR1").unwrap_err(),
        "t.parquet: expected a Parquet file, which ends in its footer and PAR1, found 12 bytes with a footer of \
         4294967295"
    );
}

#[test]
fn a_dictionary_that_claims_too_much_is_refused() {
    let bytes = file(&people(), plain().set_compression(Compression::SNAPPY));
    // The first page is the dictionary of names: type, len, packed_len, then its values, 3, as a zigzag number.
    let values = bytes.windows(4).position(|window| window == [0x4c, 0x15, 0x06, 0x15]).unwrap() + 2;
    let mut lie = bytes;
    lie[values] = 0x7e;
    assert_eq!(
        read(&lie).unwrap_err(),
        "t.parquet, byte 4: expected a dictionary of at most 5 values, found 63"
    );
}

#[test]
fn many_rows_of_one_long_name_take_no_more_than_it() {
    let long = "x".repeat(1 << 16);
    let names: ArrayRef = Arc::new(StringArray::from(vec![long.as_str(); 5000]));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    std::fs::write(&path, file(&[("id", names)], plain())).unwrap();
    let config = ReadConfig { max_memory: MemoryLimit::bytes(0), ..ReadConfig::default() };
    let message = read_table(&path, &config, KnownOfNodes::default()).unwrap_err().to_string();
    assert!(message.starts_with("t.parquet: refused a table that takes more than "), "{message}");
}

/// Every byte of a small file changed: an error or a table, never a panic.
#[test]
fn bytes_that_are_changed_do_no_harm() {
    let bytes = file(&people(), plain().set_compression(Compression::SNAPPY));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    let mut num_refused = 0;
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= [0x01, 0x80, 0xff][place % 3];
        std::fs::write(&path, &changed).unwrap();
        num_refused += usize::from(read_node_table(&path).is_err());
    }
    assert!(num_refused > bytes.len() / 4, "{num_refused} of {}", bytes.len());
}
