//! The headers of pages, read before the pages are.

/// What a page says of itself; -1 for what it does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

impl PageHeader {
    /// The header at the start of these bytes; none where there is no whole header, or one with fields out of their
    /// order, which no writer makes and which two readers might read in two ways.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let mut header = Self {
            packed_len: -1,
            len: -1,
            num_values: -1,
            encoding: -1,
            is_dictionary: false,
            header_len: 0,
        };
        let rest = structure(bytes, [0; 3], 0, &mut |field, number| match field {
            [2, 0, 0] => header.len = number,
            [3, 0, 0] => header.packed_len = number,
            [5 | 8, 1, 0] => header.num_values = number,
            [7, 1, 0] => (header.num_values, header.is_dictionary) = (number, true),
            [5 | 7, 2, 0] | [8, 4, 0] => header.encoding = number,
            _ => {}
        })?;
        Some(Self { header_len: bytes.len() - rest.len(), ..header })
    }
}

/// Reads a struct in the compact protocol of Thrift: hands out each number of 32 bits with the ids of the field and of
/// those it is in, and gives back what follows. Headers of pages hold no lists.
fn structure<'a>(
    mut bytes: &'a [u8],
    mut field: [i64; 3],
    depth: usize,
    take: &mut dyn FnMut([i64; 3], i64),
) -> Option<&'a [u8]> {
    loop {
        let (head, rest) = bytes.split_first()?;
        if *head == 0 {
            return Some(rest);
        }
        let (id, rest) = match head >> 4 {
            0 => number(rest)?,
            step => (field[depth] + i64::from(step), rest),
        };
        if id <= field[depth] {
            return None;
        }
        field[depth] = id;
        bytes = match head & 0x0f {
            // True and false.
            1 | 2 => rest,
            3 => rest.get(1..)?,
            kind @ 4..=6 => {
                let (value, rest) = number(rest)?;
                if kind == 5 {
                    take(field, value);
                }
                rest
            }
            7 => rest.get(8..)?,
            8 => {
                let (len, rest) = varint(rest)?;
                rest.get(usize::try_from(len).ok()?..)?
            }
            12 if depth < 2 => structure(rest, field, depth + 1, take)?,
            _ => return None,
        };
    }
}

/// A number whose sign is its last bit.
fn number(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let (number, rest) = varint(bytes)?;
    Some(((number >> 1) as i64 ^ -((number & 1) as i64), rest))
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let len = bytes.iter().take(10).position(|byte| byte & 0x80 == 0)? + 1;
    let number = bytes[..len].iter().rev().fold(0, |number, byte| number << 7 | u64::from(byte & 0x7f));
    Some((number, &bytes[len..]))
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
