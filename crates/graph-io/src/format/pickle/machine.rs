//! The stack machine of a pickle, less everything that could run code.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use super::value::{Container, Global, Value};
use crate::error::{Error, Place};

/// What a pickle may cost.
#[derive(Clone, Copy, Debug)]
pub(in crate::format) struct Limits {
    /// Bytes of the file.
    pub(in crate::format) max_bytes: usize,
    /// Containers inside each other, and marks open at once.
    pub(in crate::format) max_depth: u8,
    /// Values remembered for later use.
    pub(in crate::format) max_memo: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_bytes: 64 << 20, max_depth: 16, max_memo: 1 << 20 }
    }
}

/// A parsed pickle: its values, and the file they point into.
#[derive(Debug)]
pub(in crate::format) struct Pickle<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) file: &'a Path,
    pub(super) containers: Vec<Container>,
    pub(super) root: Value,
}

impl<'a> Pickle<'a> {
    /// Parses the whole of a file's bytes; `file` is for messages only.
    ///
    /// # Errors
    /// Anything a graph data set has no use for; see the module's documentation.
    pub(in crate::format) fn parse(bytes: &'a [u8], file: &'a Path, limits: Limits) -> Result<Self, Error> {
        if bytes.len() > limits.max_bytes {
            let what = format!("a pickle of {} bytes: the limit is {}", bytes.len(), limits.max_bytes);
            return Err(Error::refused(Place::whole(file), what));
        }
        let mut machine = Machine {
            bytes,
            file,
            limits,
            opcode_at: 0,
            next: 0,
            pushes_left: bytes.len() / 2 + 1024,
            containers_left: bytes.len() / 4 + 256,
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
            containers: Vec::new(),
            depths: Vec::new(),
        };
        let root = machine.run()?;
        Ok(Self { bytes, file, containers: machine.containers, root })
    }
}

pub(super) struct Machine<'a> {
    pub(super) bytes: &'a [u8],
    file: &'a Path,
    limits: Limits,
    opcode_at: usize,
    next: usize,
    // A value costs at least two bytes in the files this reader is for, a container four. Holding every file to that
    // bounds the memory by 40 times the file: `N` or `]` a million times over would otherwise cost 100 times.
    pushes_left: usize,
    containers_left: usize,
    pub(super) stack: Vec<Value>,
    marks: Vec<usize>,
    memo: HashMap<u32, Value>,
    containers: Vec<Container>,
    depths: Vec<u8>,
}

impl Machine<'_> {
    fn run(&mut self) -> Result<Value, Error> {
        if self.take_array::<2>()? != [0x80, 2] {
            let found = format!("{:02x?}", &self.bytes[..2]);
            return Err(self.malformed("a pickle of protocol 2, which begins [80, 02]", found));
        }
        loop {
            self.opcode_at = self.next;
            let [opcode] = self.take_array()?;
            match opcode {
                b'.' => return self.stop(),
                b'(' => self.mark()?,
                b'N' => self.push(Value::None)?,
                0x88 => self.push(Value::Bool(true))?,
                0x89 => self.push(Value::Bool(false))?,
                b'J' => {
                    let value = i32::from_le_bytes(self.take_array()?);
                    self.push(Value::Int(value.into()))?;
                }
                b'K' => {
                    let [value] = self.take_array()?;
                    self.push(Value::Int(value.into()))?;
                }
                b'M' => {
                    let value = u16::from_le_bytes(self.take_array()?);
                    self.push(Value::Int(value.into()))?;
                }
                0x8a => self.long()?,
                b'G' => {
                    let value = f64::from_be_bytes(self.take_array()?);
                    self.push(Value::Float(value))?;
                }
                b'U' => {
                    let [len] = self.take_array()?;
                    self.string(len.into())?;
                }
                b'T' | b'X' => {
                    let len = u32::from_le_bytes(self.take_array()?);
                    self.string(len as usize)?;
                }
                b'c' => self.global()?,
                b'q' => {
                    let [key] = self.take_array()?;
                    self.remember(key.into())?;
                }
                b'r' => {
                    let key = u32::from_le_bytes(self.take_array()?);
                    self.remember(key)?;
                }
                b'h' => {
                    let [key] = self.take_array()?;
                    self.recall(key.into())?;
                }
                b'j' => {
                    let key = u32::from_le_bytes(self.take_array()?);
                    self.recall(key)?;
                }
                b')' => self.tuple(0)?,
                0x85..=0x87 => self.tuple(usize::from(opcode - 0x84))?,
                b't' => {
                    let start = self.unmark()?;
                    self.tuple(self.stack.len() - start)?;
                }
                b']' => self.hold(Container::List(Vec::new()), 1)?,
                b'}' => self.hold(Container::Dict(Vec::new()), 1)?,
                b'a' => self.append(1)?,
                b'e' => {
                    let start = self.unmark()?;
                    self.append(self.stack.len() - start)?;
                }
                b's' => self.set_items(2)?,
                b'u' => {
                    let start = self.unmark()?;
                    self.set_items(self.stack.len() - start)?;
                }
                0x81 => self.new_object()?,
                b'R' => self.reduce()?,
                b'b' => self.build()?,
                _ => return Err(self.refused(format!("the opcode 0x{opcode:02x}"))),
            }
        }
    }

    fn stop(&mut self) -> Result<Value, Error> {
        let root = self.pop()?;
        if !self.stack.is_empty() || !self.marks.is_empty() {
            return Err(self.malformed("one value at the end", format!("{} more", self.stack.len())));
        }
        if self.next != self.bytes.len() {
            let found = format!("{} more bytes", self.bytes.len() - self.next);
            return Err(Error::malformed(Place::byte(self.file, self.next), "the end of the file", found));
        }
        Ok(root)
    }

    fn long(&mut self) -> Result<(), Error> {
        let [len] = self.take_array()?;
        if len > 8 {
            return Err(self.refused(format!("a whole number of {len} bytes")));
        }
        let range = self.take(len.into())?;
        let raw = &self.bytes[range];
        let negative = raw.last().is_some_and(|&byte| byte >= 0x80);
        let mut wide = [if negative { 0xff } else { 0 }; 8];
        wide[..raw.len()].copy_from_slice(raw);
        self.push(Value::Int(i64::from_le_bytes(wide)))
    }

    fn string(&mut self, len: usize) -> Result<(), Error> {
        let range = self.take(len)?;
        self.push(Value::bytes(&range))
    }

    fn global(&mut self) -> Result<(), Error> {
        let module = self.line()?;
        let name = format!("{module}.{}", self.line()?);
        let Some(global) = Global::named(&name) else {
            return Err(self.refused(format!("the name {name:?}: it is none of a graph data set's")));
        };
        self.push(Value::Global(global))
    }

    /// A line of a name, without its end; what is not ASCII shows as it would in source.
    fn line(&mut self) -> Result<String, Error> {
        const MAX_NAME: usize = 64;
        let rest = &self.bytes[self.next..];
        let Some(len) = rest.iter().take(MAX_NAME).position(|&byte| byte == b'\n') else {
            let expected = format!("a name of at most {MAX_NAME} bytes and a line end");
            return Err(self.malformed(&expected, "no line end"));
        };
        self.next += len + 1;
        Ok(rest[..len].escape_ascii().to_string())
    }

    fn remember(&mut self, key: u32) -> Result<(), Error> {
        let value = self.pop()?;
        self.stack.push(value);
        self.memo.insert(key, value);
        if self.memo.len() > self.limits.max_memo {
            return Err(self.refused(format!("more than {} remembered values", self.limits.max_memo)));
        }
        Ok(())
    }

    fn recall(&mut self, key: u32) -> Result<(), Error> {
        match self.memo.get(&key) {
            Some(&value) => self.push(value),
            None => Err(self.malformed("a remembered value", format!("nothing under {key}"))),
        }
    }

    fn tuple(&mut self, len: usize) -> Result<(), Error> {
        let items = self.pop_many(len)?;
        let depth = self.depth_around(&items);
        self.hold(Container::Tuple(items.into()), depth)
    }

    fn append(&mut self, len: usize) -> Result<(), Error> {
        let items = self.pop_many(len)?;
        let list = self.pop()?;
        self.deepen(list, &items)?;
        match self.container(list) {
            Some(Container::List(values)) => values.extend(items),
            _ => return Err(self.unexpected("a list to append to", list)),
        }
        self.stack.push(list);
        Ok(())
    }

    fn set_items(&mut self, len: usize) -> Result<(), Error> {
        if !len.is_multiple_of(2) {
            return Err(self.malformed("a value for each key", "a key without one"));
        }
        let items = self.pop_many(len)?;
        let dict = self.pop()?;
        self.deepen(dict, &items)?;
        match self.container(dict) {
            Some(Container::Dict(pairs)) => {
                pairs.extend(items.chunks_exact(2).map(|pair| (pair[0], pair[1])));
            }
            _ => return Err(self.unexpected("a dict to put items in", dict)),
        }
        self.stack.push(dict);
        Ok(())
    }

    fn push(&mut self, value: Value) -> Result<(), Error> {
        if self.pushes_left == 0 {
            return Err(self.refused("more values than a file of this size has use for"));
        }
        self.pushes_left -= 1;
        self.stack.push(value);
        Ok(())
    }

    pub(super) fn hold(&mut self, container: Container, depth: u8) -> Result<(), Error> {
        if depth > self.limits.max_depth {
            return Err(self.too_deep());
        }
        if self.containers_left == 0 {
            return Err(self.refused("more containers than a file of this size has use for"));
        }
        self.containers_left -= 1;
        let index = self.containers.len() as u32;
        self.containers.push(container);
        self.depths.push(depth);
        self.push(Value::Held(index))
    }

    /// The depth of a container around these values.
    fn depth_around(&self, items: &[Value]) -> u8 {
        let deepest = items.iter().map(|item| match item {
            Value::Held(index) => self.depths[*index as usize],
            _ => 0,
        });
        deepest.max().unwrap_or(0).saturating_add(1)
    }

    fn deepen(&mut self, container: Value, items: &[Value]) -> Result<(), Error> {
        let depth = self.depth_around(items);
        if depth > self.limits.max_depth {
            return Err(self.too_deep());
        }
        if let Value::Held(index) = container {
            let known = &mut self.depths[index as usize];
            *known = depth.max(*known);
        }
        Ok(())
    }

    fn mark(&mut self) -> Result<(), Error> {
        if self.marks.len() >= usize::from(self.limits.max_depth) {
            return Err(self.too_deep());
        }
        self.marks.push(self.stack.len());
        Ok(())
    }

    fn unmark(&mut self) -> Result<usize, Error> {
        self.marks.pop().ok_or_else(|| self.malformed("a mark on the stack", "none"))
    }

    pub(super) fn pop(&mut self) -> Result<Value, Error> {
        let floor = self.marks.last().copied().unwrap_or(0);
        match self.stack.len() > floor {
            true => Ok(self.stack.pop().expect("the stack is longer than its floor")),
            false => Err(self.malformed("a value on the stack", "none")),
        }
    }

    fn pop_many(&mut self, len: usize) -> Result<Vec<Value>, Error> {
        let floor = self.marks.last().copied().unwrap_or(0);
        match self.stack.len().checked_sub(len) {
            Some(start) if start >= floor => Ok(self.stack.split_off(start)),
            _ => Err(self.malformed("a value on the stack", "none")),
        }
    }

    pub(super) fn container(&mut self, value: Value) -> Option<&mut Container> {
        match value {
            Value::Held(index) => self.containers.get_mut(index as usize),
            _ => None,
        }
    }

    fn take(&mut self, len: usize) -> Result<Range<usize>, Error> {
        let left = self.bytes.len() - self.next;
        if len > left {
            let place = Place::byte(self.file, self.next);
            return Err(Error::malformed(
                place,
                format!("{len} bytes"),
                format!("{left} up to the end of the file"),
            ));
        }
        let range = self.next..self.next + len;
        self.next = range.end;
        Ok(range)
    }

    fn take_array<const LEN: usize>(&mut self) -> Result<[u8; LEN], Error> {
        let range = self.take(LEN)?;
        let mut out = [0; LEN];
        out.copy_from_slice(&self.bytes[range]);
        Ok(out)
    }

    pub(super) fn malformed(&self, expected: &str, found: impl Into<String>) -> Error {
        Error::malformed(Place::byte(self.file, self.opcode_at), expected, found)
    }

    pub(super) fn unexpected(&self, expected: &str, found: Value) -> Error {
        let kind = match found {
            Value::Held(index) => self.containers[index as usize].kind(),
            other => other.kind(),
        };
        self.malformed(expected, kind)
    }

    pub(super) fn refused(&self, what: impl Into<String>) -> Error {
        Error::refused(Place::byte(self.file, self.opcode_at), what)
    }

    fn too_deep(&self) -> Error {
        self.refused(format!("nesting deeper than {}", self.limits.max_depth))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::pickle::pickler::{message, parse};

    #[test]
    fn plain_values_are_read() {
        let pickle =
            parse(b"\x80\x02(K\x07M\x00\x01J\xff\xff\xff\xff\x8a\x01\xfeNG\x3f\xe0\0\0\0\0\0\0U\x01at.")
                .unwrap();
        let ints = [7, 256, -1, -2].map(Value::Int);
        let rest = [Value::None, Value::Float(0.5), Value::Bytes(28, 1)];
        assert_eq!(pickle.containers, [Container::Tuple([&ints[..], &rest[..]].concat().into())]);
    }

    #[test]
    fn names_off_the_list_are_refused_with_their_place() {
        assert_eq!(
            message(b"cos\nsystem\nU\x02ls\x85R."),
            "ind.tiny.x, byte 2: refused the name \"os.system\": it is none of a graph data set's"
        );
        assert_eq!(
            message(b"Nc\xff\"\nsystem\n."),
            "ind.tiny.x, byte 3: refused the name \"\\\\xff\\\\\\\".system\": it is none of a graph data set's"
        );
        assert!(message(b"c__builtin__\neval\n.").contains("refused the name \"__builtin__.eval\""));
        assert!(message(b"cnumpy\nndarray.tofile\n.").contains("refused the name"));
    }

    #[test]
    fn opcodes_off_the_list_are_refused_with_their_place() {
        for opcode in
            [b'i', b'o', b'P', b'Q', b'S', b'V', b'I', b'L', b'F', 0x82, 0x8b, 0x93, 0x95, b'0', b'2', 0xff]
        {
            assert_eq!(
                message(&[b'N', opcode]),
                format!("ind.tiny.x, byte 3: refused the opcode 0x{opcode:02x}")
            );
        }
    }

    #[test]
    fn other_protocols_are_refused() {
        let message = |bytes| parse(bytes).unwrap_err().to_string();
        assert_eq!(
            message(b"\x80\x04N."),
            "ind.tiny.x, byte 0: expected a pickle of protocol 2, which begins [80, 02], found [80, 04]"
        );
        assert_eq!(message(b""), "ind.tiny.x, byte 0: expected 2 bytes, found 0 up to the end of the file");
    }

    #[test]
    fn nesting_marks_and_memo_are_capped() {
        assert_eq!(message(&b"(".repeat(1000)), "ind.tiny.x, byte 18: refused nesting deeper than 16");
        let tuples = [b")".to_vec(), vec![0x85; 1000]].concat();
        assert_eq!(message(&tuples), "ind.tiny.x, byte 18: refused nesting deeper than 16");
        let itself = [b"]q\x00".to_vec(), b"h\x00a".repeat(20)].concat();
        assert_eq!(message(&itself), "ind.tiny.x, byte 52: refused nesting deeper than 16");
        let limits = Limits { max_memo: 1, ..Limits::default() };
        let bytes = b"\x80\x02Nq\x00q\x01.";
        assert_eq!(
            Pickle::parse(bytes, Path::new("x"), limits).unwrap_err().to_string(),
            "x, byte 5: refused more than 1 remembered values"
        );
        let limits = Limits { max_bytes: 7, ..Limits::default() };
        assert_eq!(
            Pickle::parse(bytes, Path::new("x"), limits).unwrap_err().to_string(),
            "x: refused a pickle of 8 bytes: the limit is 7"
        );
    }

    #[test]
    fn cheap_values_and_containers_in_bulk_are_refused() {
        let end = "than a file of this size has use for";
        assert!(message(&b"N".repeat(100_000)).ends_with(&format!("refused more values {end}")));
        assert!(message(&b"]".repeat(100_000)).ends_with(&format!("refused more containers {end}")));
    }

    #[test]
    fn declared_lengths_beyond_the_file_are_refused_without_being_believed() {
        assert_eq!(
            message(b"T\xff\xff\xff\xffabc."),
            "ind.tiny.x, byte 7: expected 4294967295 bytes, found 4 up to the end of the file"
        );
        assert_eq!(message(b"\x8a\xff."), "ind.tiny.x, byte 2: refused a whole number of 255 bytes");
        assert_eq!(
            message(&[b"c".to_vec(), b"a".repeat(200)].concat()),
            "ind.tiny.x, byte 2: expected a name of at most 64 bytes and a line end, found no line end"
        );
    }

    #[test]
    fn a_stack_that_does_not_hold_what_an_opcode_needs_is_refused() {
        assert_eq!(message(b"."), "ind.tiny.x, byte 2: expected a value on the stack, found none");
        assert_eq!(message(b"t"), "ind.tiny.x, byte 2: expected a mark on the stack, found none");
        assert_eq!(message(b"N(\x85"), "ind.tiny.x, byte 4: expected a value on the stack, found none");
        assert_eq!(message(b"NN."), "ind.tiny.x, byte 4: expected one value at the end, found 1 more");
        assert_eq!(message(b"N.N"), "ind.tiny.x, byte 4: expected the end of the file, found 1 more bytes");
        assert_eq!(
            message(b"h\x07"),
            "ind.tiny.x, byte 2: expected a remembered value, found nothing under 7"
        );
        assert_eq!(message(b"NNa"), "ind.tiny.x, byte 4: expected a list to append to, found None");
        assert_eq!(
            message(b"](Nu"),
            "ind.tiny.x, byte 5: expected a value for each key, found a key without one"
        );
        assert_eq!(message(b"](NNu"), "ind.tiny.x, byte 6: expected a dict to put items in, found a list");
        assert_eq!(message(b"]}b"), "ind.tiny.x, byte 4: expected an object without content, found a list");
    }
}
