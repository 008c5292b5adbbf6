//! Scalar functions on CubeCL's devices.

use burn::backend::TensorMetadata;
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::tensor::{DType, FloatDType, TensorData};
use burn_cubecl::CubeBackend;
use burn_cubecl::kernel::into_contiguous;

use super::launch::fetch;
use crate::kernel_size::check_kernel_size;
use crate::scalar_function::{Evaluation, Function, ScalarFunctionBackend, Wanted, check_finite};

impl ScalarFunctionBackend for CubeBackend {
    fn evaluate(x: FloatTensor<Self>, function: Function, wanted: Wanted) -> Evaluation<Self> {
        assert_eq!(x.dtype, DType::F32, "rates are computed in f32");
        let (shape, device) = (x.shape(), x.device());
        let none = || Self::float_zeros([0, 0].into(), &device, FloatDType::F32);
        let value = |value: f64| Self::float_from_data(TensorData::new(vec![value as f32], [1]), &device);
        if let Err(error) = check_kernel_size("the embedding", [shape[0], shape[1]]) {
            return Evaluation { value: value(f64::NAN), gradient: none(), outcome: Err(error) };
        }
        let x = into_contiguous(x);
        match function.on_device(&x, wanted) {
            Ok((terms, gradient)) => Evaluation {
                value: value(terms.value),
                gradient: gradient.unwrap_or_else(none),
                outcome: Ok(terms),
            },
            // Every function here factorises a matrix that an entry which is not finite makes break off: only after
            // an error is there need to look for one.
            Err(error) => Evaluation {
                value: value(f64::NAN),
                gradient: none(),
                outcome: Err(check_finite(&fetch(x), [shape[0], shape[1]]).err().unwrap_or(error)),
            },
        }
    }
}
