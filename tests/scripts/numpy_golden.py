"""Writes the files of crates/graph-io/tests/fixtures/numpy with NumPy and SciPy, and reads there what the crate wrote.

    python -m venv venv && venv/bin/pip install numpy==2.4.6 scipy==1.17.1
    venv/bin/python tests/scripts/numpy_golden.py

"""

from pathlib import Path

import numpy
import scipy.sparse

FOLDER = Path(__file__).resolve().parents[2] / "crates/graph-io/tests/fixtures/numpy"

# Four nodes; an arc each way between 0 and 1, one from 1 to 2, a loop at 3.
ADJACENCY = numpy.array([[0, 1, 0, 0], [1, 0, 2.5, 0], [0, 0, 0, 0], [0, 0, 0, 1]])
FEATURES = numpy.array([[1, 0, 0.5], [0, 0, 0], [0, 2, 0], [3, 0, 0]], dtype=numpy.float32)
LABELS = numpy.array([1, 0, -1, 1])
NAMES = numpy.array(["Ana", "Ben", "Çem", ""])


def save():
    numpy.save(FOLDER / "five.npy", numpy.array([5], dtype=numpy.uint8))
    numpy.save(FOLDER / "pairs.npy", numpy.array([[0, 1], [1, 0], [1, 2]], dtype=numpy.uint16))
    numpy.save(FOLDER / "ends.npy", numpy.array([[0, 1, 1], [1, 0, 2]]))
    numpy.save(FOLDER / "features_fortran.npy", numpy.asfortranarray(FEATURES.astype(numpy.float64)))
    numpy.save(FOLDER / "features_half.npy", FEATURES.astype(">f2"))
    numpy.save(FOLDER / "features_int.npy", numpy.array([[1, -2], [3, 0]], dtype=numpy.int8))

    matrix = scipy.sparse.csr_array(ADJACENCY)
    for compressed in [False, True]:
        kind = "packed" if compressed else "stored"
        scipy.sparse.save_npz(FOLDER / f"csr_{kind}.npz", matrix, compressed=compressed)
        scipy.sparse.save_npz(FOLDER / f"csc_{kind}.npz", matrix.tocsc(), compressed=compressed)
        scipy.sparse.save_npz(FOLDER / f"coo_{kind}.npz", scipy.sparse.coo_matrix(matrix), compressed=compressed)
    scipy.sparse.save_npz(FOLDER / "bsr.npz", scipy.sparse.bsr_matrix(matrix))
    for form in ["csr", "csc", "coo"]:
        scipy.sparse.save_npz(FOLDER / f"features_{form}.npz", scipy.sparse.csr_matrix(FEATURES).asformat(form))

    attributes = scipy.sparse.csr_matrix(FEATURES)
    adjacency = {
        "adj_data": matrix.data.astype(numpy.float32),
        "adj_indices": matrix.indices,
        "adj_indptr": matrix.indptr,
        "adj_shape": numpy.array(matrix.shape),
    }
    numpy.savez(
        FOLDER / "shchur.npz",
        **adjacency,
        attr_data=attributes.data,
        attr_indices=attributes.indices,
        attr_indptr=attributes.indptr,
        attr_shape=numpy.array(attributes.shape),
        labels=LABELS,
        node_names=NAMES,
        class_names=numpy.array(["x", "y"], dtype=object),
        idx_train=numpy.array([0]),
        idx_val=numpy.array([1]),
        idx_test=numpy.array([3]),
    )
    numpy.savez_compressed(
        FOLDER / "dense.npz",
        **adjacency,
        attr_matrix=FEATURES,
        labels=LABELS,
        class_names=numpy.array([b"x", b"y"]),
        train_mask=numpy.array([1, 0, 0, 0], dtype=bool),
        val_mask=numpy.array([0, 1, 0, 0], dtype=bool),
        test_mask=numpy.array([0, 0, 0, 1], dtype=bool),
    )
    numpy.savez(
        FOLDER / "heterophilous.npz",
        edges=numpy.array([[0, 1], [1, 2]]),
        node_features=FEATURES,
        node_labels=LABELS,
        train_masks=numpy.array([[1, 0, 0, 0], [0, 1, 0, 0]], dtype=bool),
        val_masks=numpy.zeros((2, 4), dtype=bool),
        test_masks=numpy.array([[0, 0, 0, 1], [0, 0, 0, 1]], dtype=bool),
    )


def check():
    """What the crate wrote, read without pickles."""
    with numpy.load(FOLDER / "written.npz", allow_pickle=False) as written:
        shape = tuple(written["adj_shape"])
        parts = (written["adj_data"], written["adj_indices"], written["adj_indptr"])
        adjacency = scipy.sparse.csr_matrix(parts, shape=shape).toarray()
        # The edges of the clean graph: symmetric, and without the loop.
        expected = numpy.maximum(ADJACENCY, ADJACENCY.T) * (1 - numpy.eye(4))
        numpy.testing.assert_array_equal(adjacency, expected)
        parts = (written["attr_data"], written["attr_indices"], written["attr_indptr"])
        attributes = scipy.sparse.csr_matrix(parts, shape=tuple(written["attr_shape"])).toarray()
        numpy.testing.assert_array_equal(attributes, FEATURES)
        numpy.testing.assert_array_equal(written["labels"], LABELS)
        numpy.testing.assert_array_equal(written["node_names"], NAMES)
        assert [list(written[f"idx_{part}"]) for part in ["train", "val", "test"]] == [[0], [1], [3]]
        assert list(written["class_names"]) == ["0", "1"]
        assert {written[name].dtype.str for name in ["adj_data", "attr_data"]} == {"<f4"}


if __name__ == "__main__":
    save()
    if (FOLDER / "written.npz").exists():
        check()
