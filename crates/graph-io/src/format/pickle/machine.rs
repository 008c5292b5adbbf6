//! The stack machine of a pickle, less everything that could run code.

use std::ops::Range;
use std::path::Path;

use super::heap::{Heap, Object};
use super::value::{Global, Value, long};
use crate::error::{Error, Place};

/// The longest file that is read; what is held of it is bounded by its length.
pub(in crate::format) const MAX_BYTES: usize = 64 << 20;

/// A parsed pickle: its values, and the file they point into.
#[derive(Debug)]
pub(in crate::format) struct Pickle<'a> {
    pub(super) heap: Heap<'a>,
    pub(super) root: Value,
    /// How many values were put on the stack.
    pub(super) num_values: usize,
}

impl<'a> Pickle<'a> {
    /// Parses the whole of a file's bytes; `file` is for messages only.
    ///
    /// # Errors
    /// Anything a graph data set has no use for; see the module's documentation.
    pub(in crate::format) fn parse(bytes: &'a [u8], file: &'a Path) -> Result<Self, Error> {
        if bytes.len() > MAX_BYTES {
            let what = format!("a pickle of {} bytes: the limit is {MAX_BYTES}", bytes.len());
            return Err(Error::refused(Place::whole(file), what));
        }
        let mut machine = Machine {
            opcode_at: 0,
            next: 0,
            num_values: 0,
            heap: Heap { bytes, file, objects: Vec::new() },
            stack: Vec::new(),
            marks: Vec::new(),
            memo: Vec::new(),
        };
        let root = machine.run()?;
        Ok(Self { root, num_values: machine.num_values, heap: machine.heap })
    }
}

pub(super) struct Machine<'a> {
    pub(super) heap: Heap<'a>,
    opcode_at: usize,
    next: usize,
    /// How many values and marks there were so far.
    num_values: usize,
    stack: Vec<Value>,
    marks: Vec<usize>,
    /// What is remembered under each number; Python counts them from 0.
    memo: Vec<Option<Value>>,
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
                b'N' => self.push(Value::None)?,
                0x88 | 0x89 => self.push(Value::Bool(opcode == 0x88))?,
                b'K' => {
                    let value = u8::from_le_bytes(self.take_array()?);
                    self.push(Value::Int(value.into()))?;
                }
                b'M' => {
                    let value = u16::from_le_bytes(self.take_array()?);
                    self.push(Value::Int(value.into()))?;
                }
                b'J' => {
                    let value = i32::from_le_bytes(self.take_array()?);
                    self.push(Value::Int(value.into()))?;
                }
                b'G' => {
                    let value = f64::from_be_bytes(self.take_array()?);
                    self.push(Value::Float(value))?;
                }
                0x8a => match self.take_array()? {
                    [len @ 0..=8] => {
                        let bytes = self.take(len.into())?;
                        self.push(Value::Int(long(&self.heap.bytes[bytes])))?;
                    }
                    [len] => return Err(self.refused(format!("a whole number of {len} bytes"))),
                },
                b'U' => {
                    let [len] = self.take_array()?;
                    self.text(len.into())?;
                }
                b'T' | b'X' => {
                    let len = u32::from_le_bytes(self.take_array()?);
                    self.text(len)?;
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
                b']' => self.hold(Object::List(Vec::new()))?,
                b'}' => self.hold(Object::Dict(Vec::new()))?,
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

    /// A string of the next `len` bytes.
    fn text(&mut self, len: u32) -> Result<(), Error> {
        let bytes = self.take(len as usize)?;
        self.push(Value::Bytes(bytes.start as u32, len))
    }

    fn global(&mut self) -> Result<(), Error> {
        let (module, name) = (self.line()?, self.line()?);
        let [module, name] = [module, name].map(|line| &self.heap.bytes[line]);
        let Some(global) = Global::named(module, name) else {
            // What is not ASCII shows as it would in source.
            let name = format!("{}.{}", module.escape_ascii(), name.escape_ascii());
            return Err(self.refused(format!("the name {name:?}: it is none of a graph data set's")));
        };
        self.push(Value::Global(global))
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
        let max = self.heap.bytes.len() / 8 + 1024;
        if key >= max {
            return Err(self.refused(format!("a value remembered under {key}, not below {max}")));
        }
        if self.memo.len() <= key {
            self.memo.resize(key + 1, None);
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
        let items = self.stack.drain(start..).collect();
        self.hold(Object::Tuple(items))
    }

    fn append(&mut self, len: usize) -> Result<(), Error> {
        self.put(len, "a list to append to", |object| match object {
            Object::List(items) => Some(items),
            _ => None,
        })
    }

    fn set_items(&mut self, len: usize) -> Result<(), Error> {
        if !len.is_multiple_of(2) {
            return Err(self.malformed("a value for each key", "a key without one"));
        }
        self.put(len, "a dict to put items in", |object| match object {
            Object::Dict(items) => Some(items),
            _ => None,
        })
    }

    /// Puts the last `len` values into the list or dict below them.
    fn put(
        &mut self,
        len: usize,
        expected: &str,
        items_of: fn(&mut Object) -> Option<&mut Vec<Value>>,
    ) -> Result<(), Error> {
        let start = self.start_of(len + 1)? + 1;
        let owner = self.stack[start - 1];
        if let Value::Object(number) = owner
            && let Some(items) = items_of(&mut self.heap.objects[number as usize])
        {
            // A list of a few items gets no more room than they need.
            items.reserve_exact(if items.is_empty() { len } else { 0 });
            items.extend(self.stack.drain(start..));
            return Ok(());
        }
        Err(self.unexpected(expected, owner))
    }

    fn push(&mut self, value: Value) -> Result<(), Error> {
        self.count_value()?;
        self.stack.push(value);
        Ok(())
    }

    /// Holds what a file may ask for to its size: no file these readers are for has more than a value in two bytes.
    fn count_value(&mut self) -> Result<(), Error> {
        self.num_values += 1;
        if self.num_values > self.heap.bytes.len() / 2 + 1024 {
            return Err(self.too_many("values"));
        }
        Ok(())
    }

    /// Keeps an object, of which no file these readers are for has more than one in six bytes.
    pub(super) fn hold(&mut self, object: Object) -> Result<(), Error> {
        if self.heap.objects.len() >= self.heap.bytes.len() / 6 + 256 {
            return Err(self.too_many("containers"));
        }
        self.heap.objects.push(object);
        self.push(Value::Object(self.heap.objects.len() as u32 - 1))
    }

    fn mark(&mut self) -> Result<(), Error> {
        self.count_value()?;
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

    fn too_many(&self, what: &str) -> Error {
        self.refused(format!("more {what} than a file of this size has use for"))
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
        assert_eq!(pickle.heap.tuple(pickle.root).unwrap(), [&ints[..], &rest[..]].concat());
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
    fn a_file_longer_than_the_limit_is_refused() {
        let long = vec![0; MAX_BYTES + 1];
        assert_eq!(
            parse(&long).unwrap_err().to_string(),
            "ind.tiny.x: refused a pickle of 67108865 bytes: the limit is 67108864"
        );
    }

    #[test]
    fn cheap_values_and_containers_in_bulk_are_refused() {
        let end = "than a file of this size has use for";
        for opcode in [b"N", b"("] {
            assert!(message(&opcode.repeat(100_000)).ends_with(&format!("refused more values {end}")));
        }
        assert!(message(&b"]".repeat(100_000)).ends_with(&format!("refused more containers {end}")));
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
