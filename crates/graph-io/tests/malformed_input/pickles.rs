//! What the worst pickles cost.

use graph_io::Planetoid;

use crate::memory;
use crate::sample::{Stage, samples_of};

const LEN: usize = 2 << 20;
const MAX_RATIO: usize = 40;
const SLACK: usize = 1 << 20;

/// A pickle of these opcodes, the middle ones over and over until the file is long.
fn pickle(before: &[u8], over_and_over: &[u8], after: &[u8]) -> Vec<u8> {
    let count = (LEN - before.len() - after.len()) / over_and_over.len();
    [b"\x80\x02", before, &over_and_over.repeat(count), after].concat()
}

/// One opcode or a short turn of them, as far as the file goes, and then the opcodes that gather what is there.
fn of_one_kind() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let turns: [&[u8]; 32] = [
        b"N",
        b"\x88",
        b"K\0",
        b"M\0\0",
        b"J\0\0\0\0",
        b"\x8a\0",
        b"G\0\0\0\0\0\0\0\0",
        b"U\0",
        b"T\0\0\0\0",
        b")",
        b"]",
        b"}",
        b"(",
        b"cnumpy\ndtype\n",
        b"h\0",
        b"j\0\0\0\0",
        b"q\0",
        b"r\0\x01\0\0",
        b"K\0]",
        b"K\0]K\0a",
        b"N\x85",
        b"h\0\x85",
        b"NN\x86",
        b"NNN\x87",
        b"]K\0a",
        b"]h\0a",
        b"}K\0K\0s",
        b"J\0\0\0\0\x85",
        b"K\0)",
        b"K\0}",
        b"(K\0K\0K\0K\0t",
        b"K\0](K\0K\0K\0K\0e",
    ];
    for turn in turns {
        for (before, after) in
            [(&b"Nq\0"[..], &b"."[..]), (b"]q\0(", b"e."), (b"}q\0(", b"u."), (b"]q\0q\x01(", b"t.")]
        {
            let what = format!(
                "{} between {} and {}",
                turn.escape_ascii(),
                before.escape_ascii(),
                after.escape_ascii()
            );
            files.push((what, pickle(before, turn, after)));
        }
    }
    files
}

/// Files that spend what they may of several things, one after the other, in each order.
fn of_several_kinds() -> Vec<(String, Vec<u8>)> {
    let spend = |turn: &[u8], share: usize| turn.repeat(LEN / 100 * share / turn.len());
    let parts = [
        ("values", spend(b"N", 29)),
        ("containers", spend(b"]", 16)),
        ("values in tuples", [b"(".to_vec(), spend(b"N", 29), b"t".to_vec()].concat()),
        ("a remembered value", [&b"Nr"[..], &((LEN / 8) as u32).to_le_bytes()].concat()),
        ("padding", [&b"T"[..], &((LEN / 2) as u32).to_le_bytes(), &vec![0; LEN / 2]].concat()),
    ];
    let mut files = Vec::new();
    for first in 0..parts.len() {
        for step in 1..parts.len() {
            let order: Vec<usize> =
                (0..parts.len()).map(|place| (first + place * step) % parts.len()).collect();
            let mut bytes = b"\x80\x02(".to_vec();
            let mut names = Vec::new();
            for place in order {
                if !names.contains(&parts[place].0) {
                    bytes.extend(&parts[place].1);
                    names.push(parts[place].0);
                }
            }
            bytes.resize(bytes.len().max(LEN), b'N');
            files.push((names.join(", "), [&bytes[..], b"t."].concat()));
        }
    }
    files
}

/// The moment at which most is there: all values have gone from the stack into a tuple, and the list of containers has
/// to grow for the last one.
fn of_the_worst_moment() -> Vec<u8> {
    // Lists grow by 64 and then by a quarter, up to a bound; here to one less than that.
    let mut capacity = 64;
    while capacity < LEN / 6 {
        capacity += (capacity / 4).max(64);
    }
    let len = 6 * (capacity + 1 - 256);
    let num_values = len / 2 + 1024 - capacity - 2;
    let remembered = (len / 8) as u32;
    let values =
        [&b"((N"[..], b"r", &remembered.to_le_bytes(), &b"]".repeat(capacity - 1), &b"N".repeat(num_values)];
    let mut bytes = [b"\x80\x02", &values.concat()[..], b"t]]"].concat();
    let padding = len - bytes.len() - 5;
    bytes.extend([&b"T"[..], &(padding as u32).to_le_bytes(), &vec![0; padding]].concat());
    bytes
}

/// Arrays made of a few bytes each: what they are called with and built from is remembered.
fn of_arrays() -> Vec<u8> {
    let dtype = b"cnumpy\ndtype\nU\x02i1K\0K\x01\x87R(K\x03U\x01|NNNK\0K\0K\0tb";
    let state = [&b"(K\x01K\x01\x85"[..], dtype, b"\x89U\x01xtq\x02"].concat();
    let names = b"cnumpy.core.multiarray\n_reconstruct\nq\0cnumpy\nndarray\nK\0U\x01b\x87q\x01";
    pickle(&[b"(", &names[..], &state[..]].concat(), b"h\0h\x01Rh\x02b", b"t.")
}

fn text(text: &[u8]) -> Vec<u8> {
    [b"U", &[text.len() as u8][..], text].concat()
}

fn array(code: &[u8], shape: &[u32], data: &[u8]) -> Vec<u8> {
    let axes: Vec<u8> = shape.iter().flat_map(|axis| [&b"J"[..], &axis.to_le_bytes()].concat()).collect();
    let order: &[u8] = if code.ends_with(b"1") { b"|" } else { b"<" };
    let dtype =
        [&b"cnumpy\ndtype\n"[..], &text(code), b"K\0K\x01\x87R(K\x03", &text(order), b"NNNK\0K\0K\0tb"]
            .concat();
    let empty = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85U\x01b\x87R";
    let data = [&b"T"[..], &(data.len() as u32).to_le_bytes(), data].concat();
    [&empty[..], b"(K\x01(", &axes, b"t", &dtype, b"\x89", &data, b"tb"].concat()
}

/// A matrix of one long row, of many empty ones, or of pointers of one byte.
fn matrix(rows: u32, pointers: Vec<u8>, (code, columns): (&[u8], Vec<u8>), values: Vec<u8>) -> Vec<u8> {
    let shape = [&b"J"[..], &rows.to_le_bytes(), b"J", &(1u32 << 30).to_le_bytes(), b"\x86"].concat();
    let pointer_code: &[u8] = if pointers.len() == rows as usize + 1 { b"i1" } else { b"i4" };
    let num_pointers = rows + 1;
    let num_columns = columns.len() as u32 / if code == b"i1" { 1 } else { 4 };
    [
        &b"\x80\x02cscipy.sparse.csr\ncsr_matrix\n)\x81}("[..],
        &[text(b"_shape"), shape].concat(),
        &[text(b"indptr"), array(pointer_code, &[num_pointers], &pointers)].concat(),
        &[text(b"indices"), array(code, &[num_columns], &columns)].concat(),
        &[text(b"data"), array(b"i1", &[values.len() as u32], &values)].concat(),
        b"ub.",
    ]
    .concat()
}

fn of_matrices() -> Vec<(String, Vec<u8>)> {
    let row = LEN / 5;
    let ascending: Vec<u8> = (0..row as u32).flat_map(u32::to_le_bytes).collect();
    let descending: Vec<u8> = (0..row as u32).rev().flat_map(u32::to_le_bytes).collect();
    let ends = [0u32.to_le_bytes(), (row as u32).to_le_bytes()].concat();
    vec![
        ("a long row".into(), matrix(1, ends.clone(), (b"i4", ascending), vec![1; row])),
        ("a long row, unsorted".into(), matrix(1, ends, (b"i4", descending), vec![1; row])),
        ("empty rows".into(), matrix(LEN as u32 / 4 - 1, vec![0; LEN], (b"i4", vec![]), vec![])),
        ("pointers of a byte".into(), matrix(LEN as u32 - 1, vec![0; LEN], (b"i4", vec![]), vec![])),
    ]
}

/// Neighbor lists: one for all nodes, one long one, very many short ones.
fn of_graphs() -> Vec<(String, Vec<u8>)> {
    let keys = |count: usize, list: &[u8]| -> Vec<u8> {
        let key = |node: u32| [&b"J"[..], &node.to_le_bytes(), list].concat();
        (0..count as u32).flat_map(key).collect()
    };
    let list = |len: usize| [&b"]q\0("[..], &b"K\0".repeat(len), b"e"].concat();
    let shared = |len: usize, nodes: usize| {
        let first = [&b"J\0\0\0\0"[..], &list(len)].concat();
        let others: Vec<u8> = keys(nodes, b"h\0")[7..].to_vec();
        [&b"\x80\x02}("[..], &first, &others, b"u."].concat()
    };
    vec![
        ("one long list".into(), pickle(b"}(K\0](", b"K\0", b"eu.")),
        ("a list of two nodes".into(), shared(LEN / 2 - 20, 2)),
        ("a list of many nodes".into(), shared(LEN / 4, LEN / 14)),
        ("a list of a few in very many nodes".into(), shared(3, LEN / 7)),
        ("empty lists".into(), [&b"\x80\x02}("[..], &keys(LEN / 6, b"]"), b"u."].concat()),
        ("lists of one".into(), [&b"\x80\x02}("[..], &keys(LEN / 9, b"]K\0a"), b"u."].concat()),
    ]
}

#[test]
fn the_worst_pickle_costs_a_small_multiple_of_its_bytes() {
    let _alone = memory::alone();
    let sample = samples_of("planetoid").swap_remove(0);
    let stage = Stage::new(sample);
    let file_of = |suffix: &str| {
        let name = format!("ind.six.{suffix}");
        stage.sample.files.iter().position(|(known, _)| *known == name).unwrap()
    };
    let mut worst = (0, String::new());
    let mut hold = |suffix: &str, what: &str, bytes: &[u8]| {
        stage.with(file_of(suffix), bytes, |path, _| {
            let (read, peak) = memory::peak_of(|| Planetoid::read_raw(path, "six"));
            let budget = MAX_RATIO * bytes.len() + SLACK;
            assert!(peak <= budget, "{what} in {suffix}: {peak} bytes for {}", bytes.len());
            // The largest is that of a file of its own size; whether it is accepted does not matter.
            drop(read);
            let ratio = peak.saturating_sub(SLACK / 4) * 100 / bytes.len();
            if ratio > worst.0 {
                worst = (ratio, format!("{what} in {suffix}"));
            }
        });
    };
    for (what, bytes) in of_one_kind().into_iter().chain(of_several_kinds()) {
        hold("x", &what, &bytes);
    }
    hold("x", "arrays", &of_arrays());
    hold("x", "the worst moment", &of_the_worst_moment());
    for (what, bytes) in of_matrices() {
        hold("x", &what, &bytes);
    }
    hold(
        "y",
        "a table of one column",
        &[b"\x80\x02", &array(b"i1", &[LEN as u32, 1], &vec![1; LEN])[..], b"."].concat(),
    );
    hold(
        "ally",
        "a table of one row",
        &[b"\x80\x02", &array(b"i1", &[1, LEN as u32], &vec![0; LEN])[..], b"."].concat(),
    );
    for (what, bytes) in of_graphs() {
        hold("graph", &what, &bytes);
    }
    eprintln!("the worst pickle: {}.{:02} times its bytes, {}", worst.0 / 100, worst.0 % 100, worst.1);
    assert!(worst.0 > 800, "nothing came near the bound: the files do not reach the parser");
}
