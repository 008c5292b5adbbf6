//! For the tests: writes pickles as Python 2 wrote those of the data sets, and parses what a test made up.

use std::path::Path;

use super::Pickle;
use crate::error::Error;

/// Parses bytes as if they stood in `ind.tiny.x`.
pub(super) fn parse(bytes: &[u8]) -> Result<Pickle<'_>, Error> {
    Pickle::parse(bytes, Path::new("ind.tiny.x"))
}

/// The message for a protocol 2 pickle of these opcodes.
pub(super) fn message(opcodes: &[u8]) -> String {
    parse(&[&[0x80, 2], opcodes].concat()).unwrap_err().to_string()
}

pub(in crate::format) struct Pickler(Vec<u8>);

impl Pickler {
    pub(in crate::format) fn new() -> Self {
        Self(vec![0x80, 2])
    }

    pub(in crate::format) fn finish(mut self) -> Vec<u8> {
        self.0.push(b'.');
        self.0
    }

    fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub(in crate::format) fn int(self, value: i32) -> Self {
        self.raw(b"J").raw(&value.to_le_bytes())
    }

    pub(in crate::format) fn string(self, value: &[u8]) -> Self {
        self.raw(b"T").raw(&(value.len() as u32).to_le_bytes()).raw(value)
    }

    pub(in crate::format) fn array(self, code: &str, flag: &str, shape: &[i32], data: &[u8]) -> Self {
        let empty = self.raw(b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R");
        let shaped = shape.iter().fold(empty.raw(b"(K\x01("), |out, &axis| out.int(axis)).raw(b"t");
        let dtype = shaped.raw(b"cnumpy\ndtype\n").string(code.as_bytes()).raw(b"K\x00K\x01\x87R(K\x03");
        let dtype = dtype.string(flag.as_bytes()).raw(b"NNN").int(-1).int(-1).raw(b"K\x00tb");
        dtype.raw(b"\x89").string(data).raw(b"tb")
    }

    pub(in crate::format) fn ints(self, values: &[i32]) -> Self {
        let data: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.array("i4", "<", &[values.len() as i32], &data)
    }

    pub(in crate::format) fn floats(self, values: &[f32]) -> Self {
        let data: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.array("f4", "<", &[values.len() as i32], &data)
    }

    /// A matrix of whole numbers, all rows of one length.
    pub(in crate::format) fn table(self, rows: &[&[i32]]) -> Self {
        let data: Vec<u8> = rows.concat().iter().flat_map(|value| value.to_le_bytes()).collect();
        self.array("i4", "<", &[rows.len() as i32, rows.first().map_or(0, |row| row.len()) as i32], &data)
    }

    pub(in crate::format) fn csr(
        self,
        shape: [i32; 2],
        indptr: &[i32],
        indices: &[i32],
        data: &[f32],
    ) -> Self {
        let empty = self.raw(b"cscipy.sparse.csr\ncsr_matrix\n)\x81}(").string(b"format").string(b"csr");
        let shaped = empty.string(b"_shape").int(shape[0]).int(shape[1]).raw(b"\x86");
        let rows = shaped.string(b"indptr").ints(indptr).string(b"indices").ints(indices);
        rows.string(b"data").floats(data).string(b"maxprint").int(50).raw(b"ub")
    }

    /// A 2 × 3 matrix of zeros whose row pointers are bytes.
    pub(super) fn csr_of_bytes(self) -> Self {
        let empty = self.raw(b"cscipy.sparse.csr\ncsr_matrix\n)\x81}(").string(b"_shape").int(2).int(3);
        let rows = empty.raw(b"\x86").string(b"indptr").array("i1", "|", &[3], &[0; 3]);
        rows.string(b"indices").ints(&[]).string(b"data").floats(&[]).raw(b"ub")
    }

    /// [[0, 1, 0], [0.5, 0, 2]].
    pub(in crate::format) fn tiny_csr() -> Self {
        Self::new().csr([2, 3], &[0, 1, 3], &[1, 0, 2], &[1.0, 0.5, 2.0])
    }

    pub(in crate::format) fn graph(self, lists: &[(i32, &[i32])]) -> Self {
        let mut out = self.raw(b"ccollections\ndefaultdict\nc__builtin__\nlist\n\x85R(");
        for (node, neighbors) in lists {
            out = out.int(*node).raw(b"](");
            out = neighbors.iter().fold(out, |out, &to| out.int(to)).raw(b"e");
        }
        out.raw(b"u")
    }
}
