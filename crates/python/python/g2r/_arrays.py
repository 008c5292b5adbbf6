"""What Python's libraries hold numbers in, as the arrays that the native module takes. Nothing but NumPy is imported here."""

from __future__ import annotations

import numpy as np


def is_sparse(value):
    """Whether a value is a matrix of scipy.sparse, in whichever form."""
    return hasattr(value, "tocsr") and hasattr(value, "nnz")


def ndim(value):
    """Number of dimensions of an array, a matrix, a table or a list."""
    return value.ndim if isinstance(getattr(value, "ndim", None), int) else np.asarray(value).ndim


def is_table(value):
    """Whether a value is a data frame of pandas or polars."""
    return hasattr(value, "columns") and hasattr(value, "shape") and hasattr(value, "__getitem__")


def to_numpy(value):
    """An array of NumPy, without a copy where that can be: of tensors, series and lists too."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    elif hasattr(value, "to_numpy"):
        value = value.to_numpy()
    return np.asarray(value)


def integers(what, value):
    """Whole numbers [n] in a type of indices; ``TypeError`` for what is not whole."""
    array = to_numpy(value)
    if array.ndim != 1:
        raise ValueError(f"{what}: expected one dimension, found shape {array.shape}")
    if array.size == 0 and array.dtype.kind == "f":
        array = array.astype(np.int64)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{what}: expected whole numbers, found {array.dtype}")
    if array.dtype not in (np.int32, np.int64, np.uint32):
        array = array.astype(np.int64 if array.dtype.itemsize > 2 else np.int32)
    return np.ascontiguousarray(array)


def floats(what, value, ndim):
    """Numbers of 32 or 64 bits; ``TypeError`` for what is no number, ``ValueError`` for another number of dimensions."""
    array = to_numpy(value)
    if array.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: {what}: expected real numbers, found {array.dtype}")
    if array.dtype.kind == "O":
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise TypeError(f"{what}: expected numbers, found objects: {error}") from None
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{what}: expected numbers, found {array.dtype}")
    if array.ndim != ndim:
        expected = "[nodes, features]" if ndim == 2 else f"{ndim} dimension"
        hint = ". Reshape your data to one row a node" if (array.ndim, ndim) == (1, 2) else ""
        raise ValueError(f"{what}: expected {expected}, found shape {array.shape}{hint}")
    if ndim == 2 and array.shape[1] == 0:
        # scikit-learn's words.
        raise ValueError(f"{what}: found 0 feature(s) (shape={array.shape}) while a minimum of 1 is required.")
    if array.dtype not in (np.float32, np.float64):
        array = array.astype(np.float32)
    return array


def csr(what, matrix):
    """Row pointers, columns and values of a sparse matrix, sorted and without duplicates; no copy where it is so already."""
    if matrix.dtype.kind not in "fiub":
        raise TypeError(f"{what}: expected numbers, found {matrix.dtype}")
    if matrix.format in ("csc", "bsr"):
        # SciPy follows their indices without looking.
        matrix.check_format(full_check=True)
    matrix = matrix.tocsr()
    pointers = matrix.indptr
    if pointers[0] != 0 or pointers[-1] != len(matrix.indices) or np.any(pointers[1:] < pointers[:-1]):
        expected = f"row pointers that ascend from 0 to {len(matrix.indices)}, the number of entries"
        raise ValueError(f"{what}: expected {expected}, found others")
    if not matrix.has_canonical_format:
        matrix = matrix.copy()
        matrix.sum_duplicates()
    return integers(what, matrix.indptr), integers(what, matrix.indices), floats(what, matrix.data, 1)


def features(X):
    """Features as the native module takes them, and the names of their columns."""
    if X is None:
        return None, None
    if is_sparse(X):
        pointers, columns, values = csr("X", X)
        return (pointers, columns, values, X.shape[1]), None
    names = None
    if is_table(X):
        names = [column for column in X.columns]
        names = [str(name) for name in names] if all(isinstance(name, str) for name in names) else None
        kinds = {str(dtype): name for name, dtype in zip(X.columns, X.dtypes)}
        for kind, name in kinds.items():
            if kind.lower() in ("object", "str", "string", "category", "utf8", "categorical"):
                raise TypeError(f"X, column {name!r}: expected numbers, found {kind}")
    return floats("X", X, 2), names


def embedding(what, Z):
    """An embedding [nodes, width] of 32-bit numbers, without a copy where it is one."""
    if is_sparse(Z):
        Z = Z.toarray()
    return np.ascontiguousarray(floats(what, Z, 2), dtype=np.float32)


def classes(y):
    """Class of each node with −1 for none, and the classes in order; of −1, None and NaN a node has none."""
    array = to_numpy(y)
    if array.ndim != 1:
        raise ValueError(f"y: expected one class for each node, found shape {array.shape}")
    if array.dtype.kind == "f":
        known = ~np.isnan(array)
        if not np.all(array[known] == np.round(array[known])):
            raise TypeError("y: expected classes, found numbers that are not whole")
        array, missing = np.where(known, array, -1).astype(np.int64), ~known
        missing |= array == -1
    elif array.dtype.kind in "iub":
        missing = array.astype(np.int64) == -1 if array.dtype.kind != "b" else np.zeros(len(array), bool)
    else:
        values = array.astype(object)
        missing = np.array([value is None or value != value or str(value) in ("nan", "<NA>") for value in values])
        array = values
    found = sorted(set(array[~missing].tolist()), key=lambda value: (str(type(value)), value))
    place = {value: index for index, value in enumerate(found)}
    numbers = np.array([-1 if gone else place[value] for value, gone in zip(array.tolist(), missing)], dtype=np.int64)
    return numbers, found


def split(parts, num_nodes):
    """Training, validation and test nodes of three masks or three lists of nodes."""
    if isinstance(parts, dict):
        parts = [parts[name] for name in ("train", "val", "test")]
    if len(parts) != 3:
        raise ValueError(f"split: expected training, validation and test nodes, found {len(parts)} sets")
    sets = []
    for nodes in map(to_numpy, parts):
        if nodes.dtype.kind == "b":
            if nodes.shape != (num_nodes,):
                raise ValueError(f"split: expected masks of {num_nodes} nodes, found shape {nodes.shape}")
            nodes = np.flatnonzero(nodes)
        sets.append(integers("split", nodes))
    return sets
