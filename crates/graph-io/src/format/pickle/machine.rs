//! The stack machine of a pickle, less everything that could run code.

use std::ops::Range;
use std::path::Path;

use super::heap::{Container, Heap, Span, TooMany};
use super::value::{Global, Value};
use crate::error::{Error, Place};
use crate::format::growth::push_within;

/// What a pickle may cost.
#[derive(Clone, Copy, Debug)]
pub(in crate::format) struct Limits {
    /// Bytes of the file; below 2³¹.
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
    pub(super) heap: Heap<'a>,
    pub(super) root: Value,
}

impl<'a> Pickle<'a> {
    /// Parses the whole of a file's bytes; `file` is for messages only.
    ///
    /// # Errors
    /// Anything a graph data set has no use for; see the module's documentation.
    pub(in crate::format) fn parse(bytes: &'a [u8], file: &'a Path, limits: Limits) -> Result<Self, Error> {
        let max_bytes = limits.max_bytes.min(Value::MAX_FILE);
        if bytes.len() > max_bytes {
            let what = format!("a pickle of {} bytes: the limit is {max_bytes}", bytes.len());
            return Err(Error::refused(Place::whole(file), what));
        }
        let heap = Heap::new(bytes, file);
        let mut machine = Machine {
            limits,
            opcode_at: 0,
            next: 0,
            pushes_left: heap.max_values(),
            heap,
            stack: Vec::new(),
            marks: Vec::new(),
            memo: Vec::new(),
            depths: Vec::new(),
        };
        let root = machine.run()?;
        let mut heap = machine.heap;
        heap.finish();
        Ok(Self { heap, root })
    }
}

pub(super) struct Machine<'a> {
    pub(super) heap: Heap<'a>,
    limits: Limits,
    opcode_at: usize,
    next: usize,
    pushes_left: usize,
    stack: Vec<Value>,
    marks: Vec<usize>,
    /// What is remembered under each number; Python counts them from 0.
    memo: Vec<Option<Value>>,
    /// How deep the nesting in each container goes.
    depths: Vec<u8>,
}

impl Machine<'_> {
    fn run(&mut self) -> Result<Value, Error> {
        if self.take_array::<2>()? != [0x80, 2] {
            let found = format!("{:02x?}", &self.heap.bytes[..2]);
            return Err(self.malformed("a pickle of protocol 2, which begins [80, 02]", found));
        }
        loop {
            self.opcode_at = self.next;
            let [opcode] = self.take_array()?;
            match opcode {
                b'.' => return self.stop(),
                b'(' => self.mark()?,
                b'N' | 0x88 | 0x89 => self.plain(0)?,
                b'K' => self.plain(1)?,
                b'M' => self.plain(2)?,
                b'J' => self.plain(4)?,
                b'G' => self.plain(8)?,
                0x8a => match self.take_array()? {
                    [len @ 0..=8] => self.plain(len.into())?,
                    [len] => return Err(self.refused(format!("a whole number of {len} bytes"))),
                },
                b'U' => {
                    let [len] = self.take_array()?;
                    self.plain(len.into())?;
                }
                b'T' | b'X' => {
                    let len = u32::from_le_bytes(self.take_array()?);
                    self.plain(len as usize)?;
                }
                b'c' => self.global()?,
                b'q' => {
                    let [key] = self.take_array()?;
                    self.remember(key.into())?;
                }
                b'r' => {
                    let key = u32::from_le_bytes(self.take_array()?);
                    self.remember(key as usize)?;
                }
                b'h' => {
                    let [key] = self.take_array()?;
                    self.recall(key.into())?;
                }
                b'j' => {
                    let key = u32::from_le_bytes(self.take_array()?);
                    self.recall(key as usize)?;
                }
                b')' => self.tuple(0)?,
                0x85..=0x87 => self.tuple(usize::from(opcode - 0x84))?,
                b't' => {
                    let start = self.unmark()?;
                    self.tuple(self.stack.len() - start)?;
                }
                b']' => self.hold(Container::List(Span::default()), 1)?,
                b'}' => self.hold(Container::Dict(Span::default()), 1)?,
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
        let left = self.heap.bytes.len() - self.next;
        if left > 0 {
            let place = Place::byte(self.heap.file, self.next);
            return Err(Error::malformed(place, "the end of the file", format!("{left} more bytes")));
        }
        Ok(root)
    }

    /// A value that is read where it stands; `len` more bytes belong to it.
    fn plain(&mut self, len: usize) -> Result<(), Error> {
        self.take(len)?;
        self.push(Value::at(self.opcode_at))
    }

    fn global(&mut self) -> Result<(), Error> {
        let (module, name) = (self.line()?, self.line()?);
        let [module, name] = [module, name].map(|line| &self.heap.bytes[line]);
        if Global::named(module, name).is_none() {
            // What is not ASCII shows as it would in source.
            let name = format!("{}.{}", module.escape_ascii(), name.escape_ascii());
            return Err(self.refused(format!("the name {name:?}: it is none of a graph data set's")));
        }
        self.push(Value::at(self.opcode_at))
    }

    /// A line of a name, without its end.
    fn line(&mut self) -> Result<Range<usize>, Error> {
        const MAX_NAME: usize = 64;
        let rest = &self.heap.bytes[self.next..];
        let Some(len) = rest.iter().take(MAX_NAME).position(|&byte| byte == b'\n') else {
            let expected = format!("a name of at most {MAX_NAME} bytes and a line end");
            return Err(self.malformed(&expected, "no line end"));
        };
        let start = self.next;
        self.next += len + 1;
        Ok(start..start + len)
    }

    fn remember(&mut self, key: usize) -> Result<(), Error> {
        let value = self.pop()?;
        self.stack.push(value);
        // The numbers ascend from 0, and what is worth remembering takes some bytes.
        let max = self.limits.max_memo.min(self.heap.bytes.len() / 8 + 1024);
        if key >= max {
            return Err(self.refused(format!("a value remembered under {key}, not below {max}")));
        }
        while self.memo.len() <= key {
            push_within(&mut self.memo, None, max);
        }
        self.memo[key] = Some(value);
        Ok(())
    }

    fn recall(&mut self, key: usize) -> Result<(), Error> {
        match self.memo.get(key).copied().flatten() {
            Some(value) => self.push(value),
            None => Err(self.malformed("a remembered value", format!("nothing under {key}"))),
        }
    }

    fn tuple(&mut self, len: usize) -> Result<(), Error> {
        let start = self.start_of(len)?;
        let depth = self.depth_around(&self.stack[start..]);
        let items = self.heap.keep(&self.stack[start..]);
        self.stack.truncate(start);
        self.hold(Container::Tuple(items), depth)
    }

    fn append(&mut self, len: usize) -> Result<(), Error> {
        self.put(len, "a list to append to", |container| matches!(container, Container::List(_)))
    }

    fn set_items(&mut self, len: usize) -> Result<(), Error> {
        if !len.is_multiple_of(2) {
            return Err(self.malformed("a value for each key", "a key without one"));
        }
        self.put(len, "a dict to put items in", |container| matches!(container, Container::Dict(_)))
    }

    /// Puts the last `len` values into the list or dict below them.
    fn put(&mut self, len: usize, expected: &str, fits: fn(&Container) -> bool) -> Result<(), Error> {
        let start = self.start_of(len + 1)? + 1;
        let owner = self.stack[start - 1];
        let depth = self.depth_around(&self.stack[start..]);
        if depth > self.limits.max_depth {
            return Err(self.too_deep());
        }
        let Some(index) = owner.index().filter(|_| self.heap.container(owner).as_ref().is_some_and(fits))
        else {
            return Err(self.unexpected(expected, owner));
        };
        self.depths[index] = depth.max(self.depths[index]);
        self.heap.append(index, &self.stack[start..]).map_err(|too_many| self.too_many(too_many))?;
        self.stack.truncate(start);
        Ok(())
    }

    fn push(&mut self, value: Value) -> Result<(), Error> {
        if self.pushes_left == 0 {
            return Err(self.too_many(TooMany("values")));
        }
        self.pushes_left -= 1;
        push_within(&mut self.stack, value, self.heap.max_values());
        Ok(())
    }

    pub(super) fn hold(&mut self, container: Container, depth: u8) -> Result<(), Error> {
        if depth > self.limits.max_depth {
            return Err(self.too_deep());
        }
        let value = self.heap.add(container).map_err(|too_many| self.too_many(too_many))?;
        push_within(&mut self.depths, depth, self.heap.max_containers());
        self.push(value)
    }

    /// The depth of a container around these values.
    fn depth_around(&self, items: &[Value]) -> u8 {
        let depths = items.iter().filter_map(|item| item.index()).map(|index| self.depths[index]);
        depths.max().unwrap_or(0).saturating_add(1)
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
        let start = self.start_of(1)?;
        let value = self.stack[start];
        self.stack.truncate(start);
        Ok(value)
    }

    /// Puts back what was popped.
    pub(super) fn put_back(&mut self, value: Value) {
        self.stack.push(value);
    }

    /// Where the last `len` values of the stack start; none of them is below a mark.
    fn start_of(&self, len: usize) -> Result<usize, Error> {
        let floor = self.marks.last().copied().unwrap_or(0);
        match self.stack.len().checked_sub(len) {
            Some(start) if start >= floor => Ok(start),
            _ => Err(self.malformed("a value on the stack", "none")),
        }
    }

    fn take(&mut self, len: usize) -> Result<Range<usize>, Error> {
        let left = self.heap.bytes.len() - self.next;
        if len > left {
            let place = Place::byte(self.heap.file, self.next);
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
        out.copy_from_slice(&self.heap.bytes[range]);
        Ok(out)
    }

    /// The place of the opcode that is being run.
    pub(super) fn place(&self) -> Place {
        Place::byte(self.heap.file, self.opcode_at)
    }

    pub(super) fn malformed(&self, expected: &str, found: impl Into<String>) -> Error {
        Error::malformed(self.place(), expected, found)
    }

    pub(super) fn unexpected(&self, expected: &str, found: Value) -> Error {
        self.malformed(expected, self.heap.kind(found))
    }

    pub(super) fn refused(&self, what: impl Into<String>) -> Error {
        Error::refused(self.place(), what)
    }

    fn too_deep(&self) -> Error {
        self.refused(format!("nesting deeper than {}", self.limits.max_depth))
    }

    fn too_many(&self, TooMany(what): TooMany) -> Error {
        self.refused(format!("more {what} than a file of this size has use for"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::pickle::pickler::{message, parse};
    use crate::format::pickle::value::Content;

    #[test]
    fn plain_values_are_read() {
        let pickle =
            parse(b"\x80\x02(K\x07M\x00\x01J\xff\xff\xff\xff\x8a\x01\xfeNG\x3f\xe0\0\0\0\0\0\0U\x01at.")
                .unwrap();
        let Some(Container::Tuple(items)) = pickle.heap.container(pickle.root) else { panic!("a tuple") };
        let ints = [7, 256, -1, -2].map(Content::Int);
        let rest = [Content::None, Content::Float(0.5), Content::Bytes(28, b"a")];
        let contents: Vec<_> =
            pickle.heap.slice(items).iter().map(|&item| pickle.heap.content(item)).collect();
        assert_eq!(contents, [&ints[..], &rest[..]].concat());
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
            "x, byte 5: refused a value remembered under 1, not below 1"
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
        // A list whose items come one by one, each with other items in between: Python writes a thousand at once.
        let turns = [b"]".to_vec(), b"J\0\0\0\0\x85a".repeat(10_000)].concat();
        assert!(message(&turns).ends_with(&format!("refused more interleaved lists {end}")));
        assert!(
            message(b"Nr\x00\x00\x01\x00.")
                .ends_with("refused a value remembered under 65536, not below 1025")
        );
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
