//! The objects of a pickle: sparse matrices, dtypes, arrays and dicts, made as values instead of by calls.

use super::heap::Object;
use super::machine::Machine;
use super::value::{Global, Value};
use crate::error::Error;
use crate::format::npy::Element;

impl Machine<'_> {
    /// `NEWOBJ`: an empty sparse matrix, the only object these files make this way.
    pub(super) fn new_object(&mut self) -> Result<(), Error> {
        let (args, class) = (self.pop()?, self.pop()?);
        let no_args = self.heap.tuple(args).is_some_and(<[Value]>::is_empty);
        match class {
            Value::Global(Global::CsrMatrix) if no_args => self.hold(Object::CsrMatrix(None)),
            Value::Global(other) => Err(self.refused(format!("a new object of {}", other.name()))),
            _ => Err(self.unexpected("a class", class)),
        }
    }

    /// `REDUCE`, by which a pickle calls functions: here a table of three.
    pub(super) fn reduce(&mut self) -> Result<(), Error> {
        let (args, function) = (self.pop()?, self.pop()?);
        let Value::Global(called) = function else {
            return Err(self.unexpected("a name", function));
        };
        let Some(args) = self.heap.tuple(args) else {
            return Err(self.unexpected("a tuple", args));
        };
        match (called, args) {
            (Global::Reconstruct, [Value::Global(Global::NdArray), _, _]) => self.hold(Object::Array(None)),
            (Global::DefaultDict, [] | [Value::Global(Global::List)]) => self.hold(Object::Dict(Vec::new())),
            (Global::Dtype, &[code @ Value::Bytes(..), _, _]) => {
                let text = self.heap.text(code).unwrap_or_default();
                if element(b"<", text).is_none() {
                    let shown = text[..text.len().min(MAX_SHOWN)].escape_ascii();
                    return Err(self.refused(format!("the array element type \"{shown}\"")));
                }
                self.hold(Object::Dtype(code, None))
            }
            _ => Err(self.refused(format!("a call of {} with these arguments", called.name()))),
        }
    }

    /// `BUILD`: gives an empty dtype, array or sparse matrix its content, once.
    pub(super) fn build(&mut self) -> Result<(), Error> {
        let (state, object) = (self.pop()?, self.pop()?);
        let built = match self.heap.object(object) {
            Some(&Object::Dtype(code, None)) => Object::Dtype(code, Some(self.element_of(code, state)?)),
            Some(Object::Array(None)) => {
                self.heap.array(state, &self.place())?;
                Object::Array(Some(state))
            }
            Some(Object::CsrMatrix(None)) => match self.heap.object(state) {
                Some(Object::Dict(_)) => Object::CsrMatrix(Some(state)),
                _ => return Err(self.unexpected("a dict as the state of a sparse matrix", state)),
            },
            _ => return Err(self.unexpected("an object without content", object)),
        };
        if let Value::Object(number) = object {
            self.heap.objects[number as usize] = built;
        }
        self.put_back(object);
        Ok(())
    }

    /// The type of elements of a dtype with this code and this state.
    fn element_of(&self, code: Value, state: Value) -> Result<Element, Error> {
        let Some(items) = self.heap.tuple(state) else {
            return Err(self.unexpected("a tuple as the state of a dtype", state));
        };
        if let [_, flag, Value::None, Value::None, Value::None, _, _, _] = *items
            && let (Some(flag), Some(code)) = (self.heap.text(flag), self.heap.text(code))
            && let Some(element) = element(flag, code)
        {
            return Ok(element);
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
