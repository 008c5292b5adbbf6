"""Graphs of every library that people hold them in, as one type."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

import numpy as np

from g2r import _arrays, _g2r

logger = logging.getLogger("g2r")


class Dataset:
    """A graph with what is known of its nodes: cleaned and checked once, for any number of methods.

    Parameters
    ----------
    graph : scipy.sparse matrix, networkx, igraph or DGL graph, PyTorch Geometric ``Data``, pair, data frame, path or Dataset
        An adjacency matrix ``[nodes, nodes]``, sparse or dense; a pair ``(edge_index, num_nodes)`` with an ``edge_index`` of
        shape ``[2, edges]``; or a table with an edge a row, whose columns are ``source``, ``target`` and perhaps ``weight``, else
        the first two or three. Direction does not count: an arc in either direction is an edge.
    X : array, sparse matrix or data frame [nodes, features], optional
        Features. A data frame whose index holds the ids of the nodes is brought into their order. Without features every node
        has a column of its own, unless ``missing_features="degree"``.
    y : array [nodes], optional
        Classes; −1, None and NaN stand for a node without one.
    split : three masks or lists of nodes, optional
        Training, validation and test nodes.
    node_ids : sequence [nodes], optional
        What each node is called; by default as ``graph`` calls it, else 0, 1, ….
    feature_names : sequence of str [features], optional
        Names of the columns; those of a data frame by default.
    name : str
        A short name for tables and files. Presets go by it.
    **reading
        How it is cleaned, by the words of the program: ``direction`` ("either", "both", "refuse"), ``duplicates`` ("first",
        "sum", "refuse"), ``loops`` ("drop", "keep", "refuse"), ``weights`` ("keep", "ignore"), ``isolated_nodes``,
        ``smaller_components`` and ``missing_labels`` ("keep", "drop", "refuse"), ``missing_features`` ("identity", "degree",
        "refuse"), ``missing_values`` ("error", "drop-column", "mean", "zero"); by default NaN is an error.

    Raises
    ------
    ValueError, TypeError
        Parts that do not fit together; the message says what was expected and what was found.

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sp
    >>> path = sp.diags_array([np.ones(3)], offsets=[1], shape=(4, 4))
    >>> graph = g2r.Dataset(path, X=np.eye(4), y=["a", "a", "b", "b"])
    >>> graph
    Dataset('graph', 4 nodes, 3 edges, 4 features, 2 classes)
    """

    def __init__(
        self,
        graph,
        X=None,
        y=None,
        *,
        split=None,
        node_ids=None,
        feature_names=None,
        name=None,
        **reading,
    ):
        if isinstance(graph, (str, os.PathLike)):
            graph = load_dataset(graph)
        source = _source(graph, X)
        if name is None:
            name = source.get("name") or "graph"
        X = source.get("X") if X is None else X
        y = source.get("y") if y is None else y
        split = source.get("split") if split is None else split
        ids = source.get("ids") if node_ids is None else list(node_ids)
        num_nodes = source["num_nodes"]
        X = _aligned(X, ids, num_nodes)
        arrays, names = _arrays.features(X)
        if feature_names is None:
            feature_names = names or source.get("feature_names")
        numbers, classes = (None, None) if y is None else _arrays.classes(y)
        for what, values in (("y", numbers), ("node_ids", ids)):
            if values is not None and len(values) != num_nodes:
                raise ValueError(f"{what}: expected {num_nodes}, one for each node, found {len(values)}")
        if split is not None and y is None:
            raise ValueError("split: expected labels with it, found none")
        nodes = {
            "name": str(name),
            "ids": _native_ids(ids),
            "features": arrays,
            "feature_names": None if feature_names is None else [str(name) for name in feature_names],
            "labels": numbers if classes else None,
            "class_names": [str(value) for value in classes] if classes else None,
            "splits": [] if split is None else [_arrays.split(split, num_nodes)],
        }
        if "csr" in source:
            native = _g2r.Dataset.from_csr(*source["csr"], nodes, reading)
        else:
            edges = (source["source"], source["target"], source.get("weight"))
            native = _g2r.Dataset.from_arcs(num_nodes, *edges, source["undirected"], nodes, reading)
        self._take(native, ids, classes or None)

    def _take(self, native, ids, classes):
        self._native = native
        self._ids = ids
        self._classes = classes
        notes = native.notes().strip()
        if notes:
            logger.info("%s as it was read:\n%s", native.name, notes)

    @classmethod
    def _of(cls, native):
        dataset = cls.__new__(cls)
        dataset._take(native, None, None)
        return dataset

    @property
    def name(self):
        """A short name for tables and files."""
        return self._native.name

    @property
    def num_nodes(self):
        """Number of nodes."""
        return self._native.num_nodes

    @property
    def num_edges(self):
        """Number of edges; each counts once."""
        return self._native.num_edges

    @property
    def adjacency(self):
        """The symmetric adjacency matrix, a ``scipy.sparse.csr_array`` [nodes, nodes]."""
        return _csr_array(self._native.adjacency(), self.num_nodes)

    @property
    def X(self):
        """Features [nodes, features], as an array or a ``scipy.sparse.csr_array``; None where the graph has none."""
        if self._native.features_made:
            return None
        dense = self._native.dense_features()
        return _csr_array(self._native.sparse_features(), self._native.num_features) if dense is None else dense

    @property
    def y(self):
        """Class of each node [nodes], −1 for none, numbered in the order of ``classes``; None without labels."""
        return self._native.labels()

    @property
    def classes(self):
        """The classes as they were given, or their names; None without labels."""
        return self._native.class_names if self._classes is None else list(self._classes)

    @property
    def splits(self):
        """The data set's own splits: training, validation and test nodes of each."""
        return [tuple(sets) for sets in self._native.splits()]

    @property
    def node_ids(self):
        """What each node is called, an array [nodes]."""
        native = self._native
        if self._ids is None:
            numbers = native.id_numbers()
            return np.array(native.id_names(), dtype=object) if numbers is None else numbers
        ids = self._ids
        if len(ids) != native.num_nodes:
            # Cleaning has left out nodes.
            by_text = {_text(value): value for value in ids}
            ids = [by_text[text] for text in native.id_names()]
        return _id_array(ids)

    @property
    def feature_names(self):
        """Names of the feature columns; None where they have none."""
        return self._native.feature_names

    @property
    def fingerprint(self):
        """A hash of ids, edges, features, labels and splits."""
        return self._native.fingerprint()

    def summary(self):
        """Counts, degrees, components and homophily, in words, as ``g2r inspect`` prints them."""
        return self._native.summary()

    def __len__(self):
        return self.num_nodes

    def __repr__(self):
        classes = self._native.class_names
        labelled = f", {len(classes)} classes" if classes else ""
        features = "no features" if self._native.features_made else f"{self._native.num_features} features"
        return f"Dataset({self.name!r}, {self.num_nodes} nodes, {self.num_edges} edges, {features}{labelled})"


def load_dataset(name, *, data_dir=None, **reading):
    """Read a data set known by name, or the files at a path.

    Parameters
    ----------
    name : str or path
        "cora", "citeseer" and "karate" are in the package; others known by name are read from ``data_dir``, the folder that
        ``GRAPH_IO_DATA`` names, or where ``g2r data fetch`` puts them. A path may be of any format that the program reads.
    data_dir : path, optional
        Where raw files lie.
    **reading
        How a path is read and cleaned, by the keys of the table ``input`` of a config file: those of :class:`Dataset`, and
        ``format``, ``nodes`` (a table of nodes), ``features``, ``columns`` (a dictionary) and others.

    Returns
    -------
    Dataset

    Examples
    --------
    >>> g2r.load_dataset("karate")
    Dataset('karate', 34 nodes, 78 edges, no features, 2 classes)
    """
    folders = [] if data_dir is None else [Path(data_dir)]
    reading = {key: os.fspath(value) if isinstance(value, os.PathLike) else value for key, value in reading.items()}
    native = _g2r.Dataset.load(os.fspath(name), reading, folders + raw_dirs())
    return Dataset._of(native)


def raw_dirs():
    """Where raw files of data sets known by name are looked for, as the program does."""
    named = os.environ.get("GRAPH_IO_DATA")
    cache = os.environ.get("XDG_CACHE_HOME")
    if sys.platform == "win32":
        cache = Path(os.environ.get("LOCALAPPDATA", Path.home()))
    cache = Path(cache) if cache else Path.home() / ".cache"
    return ([Path(named)] if named else []) + [cache / "g2r" / "data"]


def as_dataset(graph, X=None, y=None, **keywords):
    """A graph in whichever form as a :class:`Dataset`; one that is one already is taken as it is."""
    if isinstance(graph, Dataset) and X is None and y is None and not keywords:
        return graph
    if isinstance(graph, (str, os.PathLike)) and X is None and y is None:
        return load_dataset(graph, **keywords)
    return Dataset(graph, X, y, **keywords)


def _csr_array(arrays, num_columns):
    from scipy.sparse import csr_array

    pointers, columns, values = arrays
    # SciPy wants both in one type.
    if len(columns) < 2**31:
        pointers = pointers.astype(np.int32)
    return csr_array((values, columns, pointers), shape=(len(pointers) - 1, num_columns))


def _text(value):
    return str(value.item()) if isinstance(value, np.generic) else str(value)


def _native_ids(ids):
    if ids is None:
        return None
    if isinstance(ids, np.ndarray) and ids.dtype.kind in "iu":
        return _arrays.integers("node_ids", ids)
    return [_text(value) for value in ids]


def _id_array(ids):
    if isinstance(ids, np.ndarray):
        return ids
    if all(type(value) is int for value in ids):
        return np.array(ids, dtype=np.int64)
    array = np.empty(len(ids), dtype=object)
    array[:] = ids
    return array


def _aligned(X, ids, num_nodes):
    """The rows of a data frame of pandas in the order of the nodes, where its index holds their ids."""
    index = getattr(X, "index", None)
    if ids is None or index is None or not hasattr(X, "loc"):
        return X
    known = set(index.tolist())
    missing = [value for value in ids if value not in known]
    if not missing:
        return X.loc[list(ids)]
    if len(missing) == len(ids) and len(X) == num_nodes:
        # Its index has nothing to do with ids: rows are in the order of the nodes.
        return X
    raise ValueError(f"X: expected a row of each node in its index, found none of {missing[0]!r}")


def _source(graph, X):
    """A graph's edges and what it says of its nodes."""
    if isinstance(graph, Dataset):
        return _of_dataset(graph)
    if _arrays.is_sparse(graph):
        return _of_matrix(graph)
    if hasattr(graph, "is_directed") and hasattr(graph, "adj") and hasattr(graph, "nodes"):
        return _of_networkx(graph) if not hasattr(graph, "ndata") else _of_dgl(graph)
    if hasattr(graph, "get_edgelist") and hasattr(graph, "vs"):
        return _of_igraph(graph)
    if hasattr(graph, "edge_index"):
        return _of_pyg(graph)
    if hasattr(graph, "ndata") and hasattr(graph, "num_nodes"):
        return _of_dgl(graph)
    if _arrays.is_table(graph):
        return _of_table(graph, X)
    if isinstance(graph, (tuple, list)) and len(graph) == 2:
        return _of_pair(*graph)
    if isinstance(graph, np.ndarray):
        if graph.ndim != 2 or graph.shape[0] != graph.shape[1]:
            expected = "a square adjacency matrix, or a pair (edge_index, num_nodes)"
            raise ValueError(f"graph: expected {expected}, found an array of shape {graph.shape}")
        from scipy.sparse import csr_array

        return _of_matrix(csr_array(_arrays.floats("graph", graph, 2)))
    expected = (
        "a matrix of scipy.sparse, a graph of networkx, igraph or DGL, Data of PyTorch Geometric, a pair (edge_index, num_nodes), "
        "a table of edges, a path, a name or a Dataset"
    )
    raise TypeError(f"graph: expected {expected}, found {type(graph).__name__}")


def _of_dataset(dataset):
    pointers, columns, weights = dataset._native.adjacency()
    y = dataset.y
    if y is not None:
        # With the classes' own names, whatever numbers they have.
        names = dataset.classes
        y = np.array([None if number < 0 else names[number] for number in y], dtype=object)
    return {
        "csr": (pointers, columns, weights),
        "num_nodes": dataset.num_nodes,
        "X": dataset.X,
        "y": y,
        "split": dataset.splits[0] if dataset.splits else None,
        "ids": list(dataset.node_ids),
        "feature_names": dataset.feature_names,
        "name": dataset.name,
    }


def _of_matrix(matrix):
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        shape = " × ".join(map(str, matrix.shape))
        raise ValueError(f"graph: expected a square adjacency matrix, found {shape}")
    pointers, columns, values = _arrays.csr("graph", matrix)
    weights = None if matrix.dtype.kind == "b" else values
    return {"csr": (pointers, columns, weights), "num_nodes": matrix.shape[0]}


def _of_networkx(graph):
    ids = list(graph.nodes)
    place = {node: index for index, node in enumerate(ids)}
    edges = list(graph.edges(data="weight"))
    ends = np.fromiter((place[end] for edge in edges for end in edge[:2]), np.int64, 2 * len(edges)).reshape(-1, 2)
    weights = [edge[2] for edge in edges]
    weighted = any(weight is not None for weight in weights)
    weights = np.array([1.0 if weight is None else weight for weight in weights]) if weighted else None
    return _edges(ends[:, 0], ends[:, 1], weights, len(ids), not graph.is_directed(), ids=ids, name=graph.name or None)


def _of_igraph(graph):
    ends = np.array(graph.get_edgelist(), dtype=np.int64).reshape(-1, 2)
    ids = list(graph.vs["name"]) if "name" in graph.vs.attributes() else None
    weights = np.array(graph.es["weight"], dtype=float) if "weight" in graph.es.attributes() else None
    return _edges(ends[:, 0], ends[:, 1], weights, graph.vcount(), not graph.is_directed(), ids=ids)


def _of_pyg(data):
    edge_index = _arrays.to_numpy(data.edge_index)
    found = _of_pair(edge_index, int(data.num_nodes))
    weight = getattr(data, "edge_weight", None)
    if weight is not None:
        found["weight"] = _arrays.floats("edge_weight", weight, 1)
    for key, name in (("X", "x"), ("y", "y")):
        value = getattr(data, name, None)
        if value is not None:
            found[key] = _arrays.to_numpy(value)
    masks = [getattr(data, f"{name}_mask", None) for name in ("train", "val", "test")]
    if found.get("y") is not None and all(mask is not None and np.ndim(mask) == 1 for mask in masks):
        found["split"] = masks
    if found.get("y") is not None and found["y"].ndim != 1:
        # Several classes a node.
        del found["y"]
    return found


def _of_dgl(graph):
    source, target = graph.edges()
    ends = np.stack([_arrays.to_numpy(source), _arrays.to_numpy(target)])
    found = _of_pair(ends, int(graph.num_nodes()))
    for key, name in (("X", "feat"), ("y", "label")):
        if name in graph.ndata:
            found[key] = _arrays.to_numpy(graph.ndata[name])
    masks = [graph.ndata[name] if name in graph.ndata else None for name in ("train_mask", "val_mask", "test_mask")]
    if "y" in found and all(mask is not None for mask in masks):
        found["split"] = masks
    return found


def _of_pair(edge_index, num_nodes):
    edges = _arrays.to_numpy(edge_index)
    if edges.ndim != 2 or edges.shape[0] != 2:
        raise ValueError(f"edge_index: expected shape [2, edges], found {list(edges.shape)}")
    if isinstance(num_nodes, bool) or not isinstance(num_nodes, (int, np.integer)):
        raise TypeError(f"num_nodes: expected a whole number, found {type(num_nodes).__name__}")
    return _edges(edges[0], edges[1], None, int(num_nodes), False)


def _of_table(table, X):
    names = list(table.columns)
    if len(names) < 2:
        raise ValueError(f"graph: expected a table with two columns of node ids, found {len(names)} columns")
    by_name = {str(name).lower(): name for name in names}
    if "source" in by_name and "target" in by_name:
        columns = [by_name["source"], by_name["target"]]
        weight = by_name.get("weight")
    else:
        columns = names[:2]
        weight = names[2] if len(names) > 2 and _arrays.to_numpy(table[names[2]]).dtype.kind in "fiu" else None
    source, target = (_arrays.to_numpy(table[column]) for column in columns)
    index = getattr(X, "index", None)
    # The rows of X say which nodes there are, where they name them.
    ids = list(index) if index is not None and hasattr(X, "loc") else None
    if ids is None:
        ids = list(dict.fromkeys(np.stack([source, target], axis=1).ravel().tolist()))
    place = {node: number for number, node in enumerate(ids)}
    try:
        source, target = (
            np.fromiter((place[node] for node in ends.tolist()), np.int64, len(ends)) for ends in (source, target)
        )
    except KeyError as unknown:
        raise ValueError(f"graph: expected nodes of the index of X, found {unknown.args[0]!r}") from None
    weights = None if weight is None else _arrays.to_numpy(table[weight])
    return _edges(source, target, weights, len(ids), False, ids=ids)


def _edges(source, target, weights, num_nodes, undirected, ids=None, name=None):
    if num_nodes < 0:
        raise ValueError(f"num_nodes: expected at least 0, found {num_nodes}")
    return {
        "source": _arrays.integers("edge_index", source),
        "target": _arrays.integers("edge_index", target),
        "weight": None if weights is None else _arrays.floats("weights", weights, 1),
        "num_nodes": num_nodes,
        "undirected": undirected,
        "ids": ids,
        "name": name,
    }
