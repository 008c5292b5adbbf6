//! Coding rates of arrays.

use burn::tensor::{Device, Tensor, TensorData};
use g2r_loss::{Batch, Groups, RateReductionConfig, Weighting};
use graph_io::CsrMatrix;
use ndarray::Array2;
use numpy::PyArray2;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::arrays::{Floats, Integers, f32_table};
use crate::exceptions::{exception, message};
use crate::threads::in_pool;

/// A gradient `[n, d]`, where one was asked for.
type Gradient<'py> = Option<Bound<'py, PyArray2<f32>>>;

/// R(Z) = ½ log det(I + d/(n ε²) ZᵀZ), in nats.
#[pyfunction]
pub(crate) fn coding_rate<'py>(
    py: Python<'py>,
    z: &Bound<'py, PyAny>,
    eps_sq: f64,
    return_gradient: bool,
) -> PyResult<(f64, Gradient<'py>)> {
    let z = f32_table("Z", z)?.as_array().as_standard_layout().into_owned();
    let rate = |z| g2r_loss::coding_rate(z, eps_sq).map(|rate| (rate, ()));
    let (value, gradient, ()) = with_gradient(py, z, return_gradient, rate)?;
    Ok((value, gradient))
}

/// The groups of a rate reduction: classes of nodes, −1 for none, or the rows of a matrix Π `[groups, nodes]`.
#[derive(FromPyObject)]
pub(crate) enum GroupArrays<'py> {
    #[pyo3(transparent)]
    Classes(Integers<'py>),
    /// Row pointers, columns, values and the number of nodes.
    Matrix(Integers<'py>, Integers<'py>, Floats<'py>, usize),
}

/// The loss −γ₂ R(Z) + R_c(Z), R(Z), R_c(Z), and the gradient of the loss.
#[pyfunction]
#[allow(clippy::too_many_arguments, reason = "they are the keywords of one call from Python")]
pub(crate) fn rate_reduction<'py>(
    py: Python<'py>,
    z: &Bound<'py, PyAny>,
    groups: GroupArrays<'py>,
    eps_sq: f64,
    gamma1: f64,
    gamma2: f64,
    weighting: &str,
    return_gradient: bool,
) -> PyResult<(f64, f64, f64, Gradient<'py>)> {
    let z = f32_table("Z", z)?.as_array().as_standard_layout().into_owned();
    let weighting = match weighting {
        "g2r" => Weighting::G2r,
        "mcr2" => Weighting::Mcr2,
        other => {
            return Err(PyValueError::new_err(format!(
                "weighting: expected \"g2r\" or \"mcr2\", found {other:?}"
            )));
        }
    };
    let groups = groups.to_groups()?;
    if groups.num_nodes() != z.nrows() {
        let found = format!("{} for {} rows of Z", groups.num_nodes(), z.nrows());
        return Err(PyValueError::new_err(format!(
            "groups: expected as many nodes as Z has rows, found {found}"
        )));
    }
    let batch = Batch::all(groups.num_groups());
    let loss = RateReductionConfig { eps_sq, gamma1, gamma2, weighting }.init(groups).map_err(refused)?;
    let reduction = |z| {
        let found = loss.forward(z, &batch)?;
        Ok((found.loss, (found.expansion, found.compression)))
    };
    let (value, gradient, (expansion, compression)) = with_gradient(py, z, return_gradient, reduction)?;
    Ok((value, expansion, compression, gradient))
}

impl GroupArrays<'_> {
    fn to_groups(&self) -> PyResult<Groups> {
        match self {
            Self::Classes(classes) => {
                let classes = classes.slice()?.to_i64();
                let num_classes = classes.iter().max().map_or(0, |last| last + 1).max(0) as usize;
                if num_classes > classes.len() {
                    let expected = format!("classes below the number of nodes, {}", classes.len());
                    return Err(PyValueError::new_err(format!(
                        "groups: expected {expected}, found {}",
                        num_classes - 1
                    )));
                }
                let classes: Vec<Option<usize>> =
                    classes.into_iter().map(|class| class.try_into().ok()).collect();
                Ok(Groups::from_classes(&classes, num_classes))
            }
            Self::Matrix(pointers, columns, values, num_nodes) => {
                let place = |(entry, found): (usize, i64)| {
                    let expected = format!("nodes from 0 to below {num_nodes}");
                    PyValueError::new_err(format!(
                        "groups, entry {entry}: expected {expected}, found {found}"
                    ))
                };
                let pointers = pointers.slice()?.to_sizes().map_err(place)?;
                let columns = columns.slice()?.to_indices(*num_nodes).map_err(place)?;
                let shape = (pointers.len().saturating_sub(1), *num_nodes);
                let matrix = CsrMatrix::try_new(shape, pointers, columns, values.to_f32());
                let matrix = matrix.map_err(|(.., error)| {
                    PyValueError::new_err(format!("groups: expected sorted rows without duplicates: {error}"))
                })?;
                Groups::from_matrix(matrix).map_err(refused)
            }
        }
    }
}

fn refused(error: g2r_loss::Error) -> PyErr {
    PyValueError::new_err(message(&error))
}

/// A scalar of the rows of `z` with its gradient where that is wanted, and whatever comes with it.
fn with_gradient<'py, T: Send>(
    py: Python<'py>,
    z: Array2<f32>,
    wanted: bool,
    function: impl Fn(Tensor<2>) -> Result<(Tensor<1>, T), g2r_loss::Error> + Send,
) -> PyResult<(f64, Gradient<'py>, T)> {
    let shape = z.dim();
    let compute = move || {
        let device = if wanted { Device::flex().autodiff() } else { Device::flex() };
        let data = TensorData::new(z.into_raw_vec_and_offset().0, [shape.0, shape.1]);
        let z = Tensor::<2>::from_data(data, &device);
        let z = if wanted { z.require_grad() } else { z };
        let (value, more) = function(z.clone())?;
        let gradient = wanted.then(|| {
            let found = z.grad(&value.backward()).expect("z takes part in the value");
            let entries: Vec<f32> = found.into_data().iter().collect();
            Array2::from_shape_vec(shape, entries).expect("a gradient has the shape of its tensor")
        });
        Ok((f64::from(value.into_scalar::<f32>()), gradient, more))
    };
    let (value, gradient, more) = py.detach(|| in_pool(0, compute)).map_err(exception)?.map_err(refused)?;
    Ok((value, gradient.map(|gradient| PyArray2::from_owned_array(py, gradient)), more))
}
