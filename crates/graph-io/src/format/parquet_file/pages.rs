//! The headers of pages, read before the pages are.

/// What a page says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct PageHeader {
    /// How many bytes it takes, packed.
    pub(super) packed_len: i64,
    /// How many bytes come out of it.
    pub(super) len: i64,
    /// How many values it holds.
    pub(super) num_values: i64,
    /// How they are written, by the numbers of the format.
    pub(super) encoding: i64,
    /// Whether the values are those that other pages name by number.
    pub(super) is_dictionary: bool,
    /// How many bytes the header itself takes.
    pub(super) header_len: usize,
}

/// The types of fields in the compact protocol of Thrift.
const STOP: u8 = 0;
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const I16: u8 = 4;
const I32: u8 = 5;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const STRUCT: u8 = 12;

impl PageHeader {
    /// The header at the start of these bytes; none where there is no whole header, or one with fields out of their
    /// order, which no writer makes and which two readers might read in two ways.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let mut header = Self { packed_len: -1, len: -1, num_values: -1, encoding: -1, ..Self::default() };
        let mut thrift = Thrift { bytes, next: 0 };
        let mut id = 0;
        loop {
            match thrift.field(&mut id)? {
                STOP => break,
                I32 if id == 2 => header.len = thrift.number()?,
                I32 if id == 3 => header.packed_len = thrift.number()?,
                STRUCT if id == 5 => (header.num_values, header.encoding) = thrift.values(2)?,
                STRUCT if id == 7 => {
                    (header.num_values, header.encoding) = thrift.values(2)?;
                    header.is_dictionary = true;
                }
                STRUCT if id == 8 => (header.num_values, header.encoding) = thrift.values(4)?,
                kind => thrift.skip(kind, 0)?,
            }
        }
        header.header_len = thrift.next;
        Some(header)
    }
}

struct Thrift<'a> {
    bytes: &'a [u8],
    next: usize,
}

impl Thrift<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.next)?;
        self.next += 1;
        Some(byte)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// A number whose sign is its last bit.
    fn number(&mut self) -> Option<i64> {
        self.varint().map(|number| (number >> 1) as i64 ^ -((number & 1) as i64))
    }

    /// The type of the next field of a struct, whose id is counted on.
    fn field(&mut self, id: &mut i64) -> Option<u8> {
        let byte = self.byte()?;
        if byte == STOP {
            return Some(STOP);
        }
        let next = match byte >> 4 {
            0 => self.number()?,
            step => *id + i64::from(step),
        };
        let is_later = next > *id;
        *id = next;
        is_later.then_some(byte & 0x0f)
    }

    /// The number of values and their encoding in the header of one kind of page.
    fn values(&mut self, encoding_id: i64) -> Option<(i64, i64)> {
        let (mut num_values, mut encoding, mut id) = (-1, -1, 0);
        loop {
            match self.field(&mut id)? {
                STOP => return Some((num_values, encoding)),
                I32 if id == 1 => num_values = self.number()?,
                I32 if id == encoding_id => encoding = self.number()?,
                kind => self.skip(kind, 0)?,
            }
        }
    }

    /// Passes over a field. Headers of pages hold no lists.
    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        match kind {
            TRUE | FALSE => {}
            BYTE => drop(self.byte()?),
            I16 | I32 | I64 => drop(self.varint()?),
            DOUBLE => self.pass(8)?,
            BINARY => {
                let len = self.varint()?;
                self.pass(len)?;
            }
            STRUCT if depth < 4 => {
                let mut id = 0;
                loop {
                    match self.field(&mut id)? {
                        STOP => break,
                        kind => self.skip(kind, depth + 1)?,
                    }
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn pass(&mut self, len: u64) -> Option<()> {
        let next = self.next.checked_add(usize::try_from(len).ok()?)?;
        self.next = next;
        (next <= self.bytes.len()).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// type 0, len 300, packed_len 200, and a data page of 7 values in encoding 8 with statistics.
    const HEADER: [u8; 22] = [
        0x15, 0x00, 0x15, 0xd8, 0x04, 0x15, 0x90, 0x03, 0x2c, 0x15, 0x0e, 0x15, 0x10, 0x15, 0x06, 0x15, 0x06,
        0x1c, 0x11, 0x00, 0x00, 0x00,
    ];

    #[test]
    fn a_header_worked_by_hand_is_read() {
        let expected = PageHeader {
            packed_len: 200,
            len: 300,
            num_values: 7,
            encoding: 8,
            is_dictionary: false,
            header_len: HEADER.len(),
        };
        assert_eq!(PageHeader::of(&[&HEADER[..], &[9; 5]].concat()), Some(expected));
    }

    #[test]
    fn a_header_that_is_cut_or_out_of_order_is_none() {
        for len in 0..HEADER.len() {
            assert_eq!(PageHeader::of(&HEADER[..len]), None, "{len}");
        }
        // Field 2 twice, by its number; a list.
        assert_eq!(PageHeader::of(&[0x25, 0x02, 0x05, 0x04, 0x04, 0x00]), None);
        assert_eq!(PageHeader::of(&[0x19, 0xf5, 0xff, 0xff, 0xff, 0x0f, 0x00]), None);
    }
}
