//! The objects of a pickle: sparse matrices, dtypes, arrays and dicts, made as values instead of by calls.

use super::heap::{Container, Heap, Span};
use super::machine::Machine;
use super::value::{Content, Global, Value};
use crate::error::{Error, Place};
use crate::format::npy::{Element, Header, NpyArray};

impl Machine<'_> {
    /// `NEWOBJ`: an empty sparse matrix, the only object these files make this way.
    pub(super) fn new_object(&mut self) -> Result<(), Error> {
        let (args, class) = (self.pop()?, self.pop()?);
        let no_args = self.heap.tuple(args).is_some_and(<[Value]>::is_empty);
        match self.heap.content(class) {
            Content::Global(Global::CsrMatrix) if no_args => self.hold(Container::CsrMatrix(None), 2),
            Content::Global(other) => Err(self.refused(format!("a new object of {}", other.name()))),
            _ => Err(self.unexpected("a class", class)),
        }
    }

    /// `REDUCE`, by which a pickle calls functions: here a table of three.
    pub(super) fn reduce(&mut self) -> Result<(), Error> {
        let (args, function) = (self.pop()?, self.pop()?);
        let Content::Global(called) = self.heap.content(function) else {
            return Err(self.unexpected("a name", function));
        };
        let Some(args) = self.heap.tuple(args) else {
            return Err(self.unexpected("a tuple", args));
        };
        // The most that any of them takes; a call with more arguments is none of theirs.
        let mut contents = [Content::None; 3];
        contents.iter_mut().zip(args).for_each(|(content, &arg)| *content = self.heap.content(arg));
        match (called, contents.get(..args.len())) {
            (Global::Reconstruct, Some([Content::Global(Global::NdArray), _, _])) => {
                self.hold(Container::Array(None), 1)
            }
            (Global::DefaultDict, Some([] | [Content::Global(Global::List)])) => {
                self.hold(Container::Dict(Span::default()), 1)
            }
            (Global::Dtype, Some([Content::Bytes(_, code), _, _])) => {
                if element(b"<", code).is_none() {
                    let code = code.get(..code.len().min(MAX_SHOWN)).unwrap_or_default();
                    return Err(self.refused(format!("the array element type \"{}\"", code.escape_ascii())));
                }
                let code = args[0];
                self.hold(Container::Dtype(code, None), 1)
            }
            _ => Err(self.refused(format!("a call of {} with these arguments", called.name()))),
        }
    }

    /// `BUILD`: gives an empty dtype, array or sparse matrix its content, once.
    pub(super) fn build(&mut self) -> Result<(), Error> {
        let (state, object) = (self.pop()?, self.pop()?);
        let built = match self.heap.container(object) {
            Some(Container::Dtype(code, None)) => self.dtype(code, state)?,
            Some(Container::Array(None)) => {
                self.heap.array(state, &self.place())?;
                Container::Array(Some(state))
            }
            Some(Container::CsrMatrix(None)) => match self.heap.container(state) {
                Some(Container::Dict(_)) => Container::CsrMatrix(Some(state)),
                _ => return Err(self.unexpected("a dict as the state of a sparse matrix", state)),
            },
            _ => return Err(self.unexpected("an object without content", object)),
        };
        if let Some(index) = object.index() {
            self.heap.set(index, built);
        }
        self.put_back(object);
        Ok(())
    }

    fn dtype(&mut self, code: Value, state: Value) -> Result<Container, Error> {
        let Some(items) = self.heap.tuple(state) else {
            return Err(self.unexpected("a tuple as the state of a dtype", state));
        };
        if let [_, flag, a, b, c, _, _, _] = *items
            && [a, b, c].iter().all(|&item| self.heap.content(item) == Content::None)
            && self.heap.element(code, flag).is_some()
        {
            return Ok(Container::Dtype(code, Some(flag)));
        }
        Err(self.refused("a dtype that is not of plain numbers in a known byte order"))
    }
}

/// The type of numbers with this code and this flag of their byte order.
fn element(flag: &[u8], code: &[u8]) -> Option<Element> {
    let descr = [flag, code].concat();
    Element::parse(std::str::from_utf8(&descr).ok()?).filter(|element| !element.is_text())
}

/// How much of a strange code a message shows.
const MAX_SHOWN: usize = 40;

impl Heap<'_> {
    /// The items of a tuple.
    pub(super) fn tuple(&self, value: Value) -> Option<&[Value]> {
        match self.container(value) {
            Some(Container::Tuple(items)) => Some(self.slice(items)),
            _ => None,
        }
    }

    fn element(&self, code: Value, flag: Value) -> Option<Element> {
        match (self.content(code), self.content(flag)) {
            (Content::Bytes(_, code), Content::Bytes(_, flag)) => element(flag, code),
            _ => None,
        }
    }

    /// The array that is built from a tuple. It is looked up again at each use instead of being kept: a file can name the
    /// same few bytes as the content of many arrays.
    pub(super) fn array(&self, state: Value, place: &Place) -> Result<NpyArray<'_>, Error> {
        let malformed = |expected: &str, found: &str| Err(Error::malformed(place.clone(), expected, found));
        let Some(items) = self.tuple(state) else {
            return malformed("a tuple as the state of an array", self.kind(state));
        };
        let &[_, shape, dtype, order, data] = items else {
            return malformed("an array's version, shape, dtype, order and bytes", "other things");
        };
        let (Content::Bool(is_fortran), Content::Bytes(data_start, data)) =
            (self.content(order), self.content(data))
        else {
            return malformed("an array's version, shape, dtype, order and bytes", "other things");
        };
        let element = match self.container(dtype) {
            Some(Container::Dtype(code, Some(flag))) => self.element(code, flag),
            _ => None,
        };
        let Some(element) = element else {
            return malformed("a dtype with its byte order", self.kind(dtype));
        };
        let axis = |value: &Value| match self.content(*value) {
            Content::Int(axis) => usize::try_from(axis).ok(),
            _ => None,
        };
        let axes = self.tuple(shape).filter(|axes| (1..=2).contains(&axes.len()));
        let Some(shape) = axes.and_then(|axes| axes.iter().map(axis).collect()) else {
            return malformed("a shape of one or two axes", "another shape");
        };
        NpyArray::of(Header { element, is_fortran, shape, data_start }, data, self.file)
    }
}

#[cfg(test)]
mod tests {
    use crate::format::pickle::Pickler;
    use crate::format::pickle::pickler::{message, parse};

    #[test]
    fn calls_off_the_list_are_refused_with_their_place() {
        assert_eq!(
            message(b"c__builtin__\nlist\n)R."),
            "ind.tiny.x, byte 21: refused a call of __builtin__.list with these arguments"
        );
        assert_eq!(
            message(b"cscipy.sparse.csr\ncsr_matrix\nK\x01\x85R."),
            "ind.tiny.x, byte 34: refused a call of scipy.sparse.csr.csr_matrix with these arguments"
        );
        assert_eq!(
            message(b"ccollections\ndefaultdict\n)\x81."),
            "ind.tiny.x, byte 28: refused a new object of collections.defaultdict"
        );
        assert_eq!(message(b"K\x01)R."), "ind.tiny.x, byte 5: expected a name, found a whole number");
        assert_eq!(
            message(b"cnumpy\ndtype\nU\x02O8K\x00K\x01\x87R."),
            "ind.tiny.x, byte 24: refused the array element type \"O8\""
        );
    }

    #[test]
    fn arrays_must_have_the_bytes_their_shape_asks_for() {
        let message = |pickler: Pickler| parse(&pickler.finish()).unwrap_err().to_string();
        let declared = |rows: i32, cols: i32| Pickler::new().array("i4", "<", &[rows, cols], &[0; 16]);
        assert!(parse(&declared(2, 2).finish()).is_ok());
        let end = "expected 24 bytes for int32 of shape (2, 3), found 16";
        assert!(message(declared(2, 3)).ends_with(end));
        assert!(
            message(declared(i32::MAX, i32::MAX)).ends_with("of shape (2147483647, 2147483647), found 16")
        );
        assert!(
            message(declared(-2, -2)).ends_with("expected a shape of one or two axes, found another shape")
        );
        assert!(message(Pickler::new().array("i4", "=", &[4], &[0; 16])).contains("in a known byte order"));
    }
}
