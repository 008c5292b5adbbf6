//! The objects of a pickle: sparse matrices, dtypes, arrays and dicts, made as values instead of by calls.

use super::array::{Array, ByteOrder, Dtype, Element};
use super::machine::Machine;
use super::value::{Container, Global, Value};
use crate::error::Error;

impl Machine<'_> {
    /// `NEWOBJ`: an empty sparse matrix, the only object these files make this way.
    pub(super) fn new_object(&mut self) -> Result<(), Error> {
        let (args, class) = (self.pop()?, self.pop()?);
        let no_args = matches!(self.container(args), Some(Container::Tuple(items)) if items.is_empty());
        match class {
            Value::Global(Global::CsrMatrix) if no_args => self.hold(Container::CsrMatrix(None), 2),
            Value::Global(other) => Err(self.refused(format!("a new object of {}", other.name()))),
            other => Err(self.unexpected("a class", other)),
        }
    }

    /// `REDUCE`, by which a pickle calls functions: here a table of three.
    pub(super) fn reduce(&mut self) -> Result<(), Error> {
        let (args, function) = (self.pop()?, self.pop()?);
        let Value::Global(function) = function else {
            return Err(self.unexpected("a name", function));
        };
        let Some(Container::Tuple(args)) = self.container(args).cloned() else {
            return Err(self.unexpected("a tuple", args));
        };
        match (function, &*args) {
            (Global::Reconstruct, [Value::Global(Global::NdArray), _, _]) => {
                self.hold(Container::Array(None), 1)
            }
            (Global::DefaultDict, [] | [Value::Global(Global::List)]) => {
                self.hold(Container::Dict(Vec::new()), 1)
            }
            (Global::Dtype, [Value::Bytes(start, len), _, _]) => {
                let code = &self.bytes[*start as usize..][..*len as usize];
                let Some(element) = Element::of_code(code) else {
                    return Err(self.refused(format!("the array element type \"{}\"", code.escape_ascii())));
                };
                self.hold(Container::Dtype(Dtype { element, order: None }), 1)
            }
            _ => Err(self.refused(format!("a call of {} with these arguments", function.name()))),
        }
    }

    /// `BUILD`: gives an empty dtype, array or sparse matrix its content, once.
    pub(super) fn build(&mut self) -> Result<(), Error> {
        let (state, object) = (self.pop()?, self.pop()?);
        let built = match self.container(object).cloned() {
            Some(Container::Dtype(Dtype { element, order: None })) => self.dtype(element, state)?,
            Some(Container::Array(None)) => self.array(state)?,
            Some(Container::CsrMatrix(None)) => match self.container(state) {
                Some(Container::Dict(_)) => Container::CsrMatrix(Some(state)),
                _ => return Err(self.unexpected("a dict as the state of a sparse matrix", state)),
            },
            _ => return Err(self.unexpected("an object without content", object)),
        };
        if let Some(container) = self.container(object) {
            *container = built;
        }
        self.stack.push(object);
        Ok(())
    }

    fn dtype(&mut self, element: Element, state: Value) -> Result<Container, Error> {
        let Some(Container::Tuple(state)) = self.container(state).cloned() else {
            return Err(self.unexpected("a tuple as the state of a dtype", state));
        };
        let order = match &*state {
            [_, Value::Bytes(start, len), Value::None, Value::None, Value::None, _, _, _] => {
                ByteOrder::of_flag(&self.bytes[*start as usize..][..*len as usize], element)
            }
            _ => None,
        };
        match order {
            Some(_) => Ok(Container::Dtype(Dtype { element, order })),
            None => Err(self.refused("a dtype that is not of plain numbers in a known byte order")),
        }
    }

    fn array(&mut self, state: Value) -> Result<Container, Error> {
        let Some(Container::Tuple(state)) = self.container(state).cloned() else {
            return Err(self.unexpected("a tuple as the state of an array", state));
        };
        let [_, shape, dtype, Value::Bool(by_columns), Value::Bytes(start, len)] = *state else {
            return Err(self.malformed("an array's version, shape, dtype, order and bytes", "other things"));
        };
        let Some(Container::Dtype(Dtype { element, order: Some(order) })) = self.container(dtype).cloned()
        else {
            return Err(self.unexpected("a dtype with its byte order", dtype));
        };
        let Some(Container::Tuple(shape)) = self.container(shape).cloned() else {
            return Err(self.unexpected("a tuple as a shape", shape));
        };
        let axes: Option<Box<[usize]>> = shape
            .iter()
            .map(|axis| match axis {
                Value::Int(axis) => usize::try_from(*axis).ok(),
                _ => None,
            })
            .collect();
        let Some(shape) = axes.filter(|axes| matches!(axes.len(), 1 | 2)) else {
            return Err(self.malformed("a shape of one or two axes", "another shape"));
        };
        if by_columns && shape.len() == 2 {
            return Err(self.refused("an array in column order"));
        }
        let len = len as usize;
        let needed = shape.iter().try_fold(element.size(), |size, &axis| size.checked_mul(axis));
        if needed != Some(len) {
            let expected = format!("an array's bytes for the shape {shape:?}");
            return Err(self.malformed(&expected, format!("{len} bytes")));
        }
        let data = start as usize..start as usize + len;
        Ok(Container::Array(Some(Box::new(Array { shape, element, order, data }))))
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
        let end = "expected an array's bytes for the shape [2, 3], found 16 bytes";
        assert!(message(declared(2, 3)).ends_with(end));
        assert!(message(declared(i32::MAX, i32::MAX)).ends_with("found 16 bytes"));
        assert!(
            message(declared(-2, -2)).ends_with("expected a shape of one or two axes, found another shape")
        );
        assert!(message(Pickler::new().array("i4", "=", &[4], &[0; 16])).contains("in a known byte order"));
    }
}
