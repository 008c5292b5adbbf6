//! The gradient of the sparse product, for any backend.

use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, unary};
use burn::backend::tensor::FloatTensor;

use super::{CsrTensors, SparseMatmulBackend};

#[derive(Debug)]
struct SparseMatmul;

impl<B: SparseMatmulBackend> Backward<B, 1> for SparseMatmul {
    type State = (CsrTensors<B>, CsrTensors<B>);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let (matrix, transposed) = ops.state;
        unary::<B, _>(ops.parents, ops.node, grads, |grad| B::sparse_matmul(transposed, matrix, grad));
    }
}

impl<B: SparseMatmulBackend, C: CheckpointStrategy> SparseMatmulBackend for Autodiff<B, C> {
    fn sparse_matmul(
        matrix: CsrTensors<Self>,
        transposed: CsrTensors<Self>,
        dense: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let (matrix, transposed) = (constant(matrix), constant(transposed));
        let (dense, node) = dense.into_parts();
        let output = B::sparse_matmul(matrix.clone(), transposed.clone(), dense);
        match SparseMatmul.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish((matrix, transposed), output),
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }
}

fn constant<B: SparseMatmulBackend, C: CheckpointStrategy>(
    matrix: CsrTensors<Autodiff<B, C>>,
) -> CsrTensors<B> {
    CsrTensors { row_ptr: matrix.row_ptr, columns: matrix.columns, values: matrix.values.into_primitive() }
}
