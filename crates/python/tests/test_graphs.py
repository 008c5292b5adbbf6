"""Graphs and features of every library, and what is refused."""

from types import SimpleNamespace

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import g2r

EDGES = np.array([[0, 1], [1, 2], [2, 3], [0, 3], [1, 3]])
X = np.arange(12, dtype=np.float32).reshape(4, 3)


def dense(graph):
    return graph.adjacency.toarray()


EXPECTED = np.zeros((4, 4))
EXPECTED[EDGES[:, 0], EDGES[:, 1]] = EXPECTED[EDGES[:, 1], EDGES[:, 0]] = 1


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "lil", "dok", "bsr"])
@pytest.mark.parametrize("dtype", [bool, np.int8, np.float32, np.float64])
def test_scipy_in_any_form(form, dtype):
    for matrix in (sp.csr_array(EXPECTED.astype(dtype)), sp.csr_array(np.triu(EXPECTED).astype(dtype))):
        np.testing.assert_array_equal(dense(g2r.Dataset(matrix.asformat(form), X)), EXPECTED)
    np.testing.assert_array_equal(dense(g2r.Dataset(sp.csr_matrix(EXPECTED), X)), EXPECTED)


def test_a_symmetric_matrix_and_its_arcs_are_the_same_data_set():
    rng = np.random.default_rng(1)
    matrix = sp.random_array((60, 60), density=0.1, rng=rng, format="csr", dtype=np.float32)
    matrix = (matrix + matrix.T).tocsr()
    matrix.setdiag(0)
    matrix.eliminate_zeros()
    taken = g2r.Dataset(matrix)
    coo = matrix.tocoo()
    with_loop = matrix.tolil()
    with_loop[3, 3] = 2.0
    arcs = g2r.Dataset(with_loop)
    assert taken.fingerprint == arcs.fingerprint
    assert (taken.adjacency != matrix).nnz == 0
    assert g2r.Dataset(with_loop, loops="keep").num_edges == taken.num_edges + 1
    bare = g2r.Dataset((np.stack([coo.row, coo.col]), 60))
    assert bare.num_edges == taken.num_edges and bare.adjacency.data.max() == 1


def test_stored_zeros_are_no_edges():
    matrix = sp.csr_array(EXPECTED)
    matrix.data[0] = 0
    matrix[1, 0] = 0
    assert g2r.Dataset(matrix).num_edges == 4


def test_dense_arrays_and_pairs():
    np.testing.assert_array_equal(dense(g2r.Dataset(EXPECTED)), EXPECTED)
    for edge_index in (EDGES.T, EDGES.T.astype(np.int32), EDGES.T.astype(np.uint8), EDGES.T.tolist()):
        np.testing.assert_array_equal(dense(g2r.Dataset((edge_index, 4))), EXPECTED)
    assert g2r.Dataset((np.zeros((2, 0), dtype=np.int64), 3)).num_edges == 0


def test_networkx_keeps_its_ids_weights_and_order():
    graph = nx.Graph()
    graph.add_nodes_from(["d", "a", ("x", 1)])
    graph.add_edge("d", "a", weight=2.5)
    graph.add_edge("a", ("x", 1))
    found = g2r.Dataset(graph)
    assert found.node_ids.tolist() == ["d", "a", ("x", 1)]
    np.testing.assert_array_equal(dense(found), [[0, 2.5, 0], [2.5, 0, 1], [0, 1, 0]])
    model = g2r.Spectral(d_output=1).fit(graph)
    assert set(model.to_dict()) == {"d", "a", ("x", 1)}
    directed = nx.DiGraph([(0, 1), (1, 0), (1, 2)])
    assert g2r.Dataset(directed).num_edges == 2
    assert g2r.Dataset(directed, direction="both").num_edges == 1


def test_rows_of_a_data_frame_follow_the_ids_of_its_index():
    graph = nx.path_graph(["d", "a", "c"])
    table = pd.DataFrame({"age": [1.0, 2.0, 3.0]}, index=["a", "c", "d"])
    found = g2r.Dataset(graph, table)
    assert found.X.ravel().tolist() == [3, 1, 2] and found.feature_names == ["age"]
    with pytest.raises(ValueError, match="X: expected a row of each node in its index, found none of 'd'"):
        g2r.Dataset(graph, table[:2])
    # An index that counts says nothing of ids.
    assert g2r.Dataset(graph, table.reset_index(drop=True)).X.ravel().tolist() == [1, 2, 3]


def test_tables_of_edges():
    table = pd.DataFrame({"weight": [1.0, 2.0], "target": ["b", "c"], "source": ["a", "b"]})
    found = g2r.Dataset(table)
    assert found.node_ids.tolist() == ["a", "b", "c"] and dense(found)[1, 2] == 2
    numbers = pd.DataFrame({"u": [7, 9], "v": [9, 8]})
    assert g2r.Dataset(numbers).node_ids.tolist() == [7, 9, 8]
    people = pd.DataFrame({"age": [1, 2, 3, 4]}, index=["c", "b", "a", "z"])
    found = g2r.Dataset(table, people)
    assert found.node_ids.tolist() == ["c", "b", "a", "z"] and found.num_nodes == 4
    with pytest.raises(ValueError, match="expected nodes of the index of X, found 'c'"):
        g2r.Dataset(table, people.drop("c"))


def test_tables_of_polars():
    pl = pytest.importorskip("polars")
    table = pl.DataFrame({"source": ["a", "b"], "target": ["b", "c"]})
    assert g2r.Dataset(table).node_ids.tolist() == ["a", "b", "c"]
    features = pl.DataFrame({"age": [1, 2, 3], "size": [0.5, 0.25, 0.125]})
    found = g2r.Dataset(table, features)
    assert found.feature_names == ["age", "size"] and found.X[2].tolist() == [3, 0.125]


def test_igraph():
    ig = pytest.importorskip("igraph")
    graph = ig.Graph(edges=EDGES.tolist())
    np.testing.assert_array_equal(dense(g2r.Dataset(graph)), EXPECTED)
    graph.vs["name"], graph.es["weight"] = list("wxyz"), [1, 2, 3, 4, 5]
    found = g2r.Dataset(graph)
    assert found.node_ids.tolist() == list("wxyz") and dense(found)[0, 3] == 4


def test_data_of_pytorch_geometric_and_graphs_of_dgl():
    masks = np.eye(3, 4, dtype=bool)
    data = SimpleNamespace(
        edge_index=EDGES.T, num_nodes=4, x=X, y=np.array([0, 1, 0, 1]), train_mask=masks[0], val_mask=masks[1], test_mask=masks[2]
    )
    dgl = SimpleNamespace(
        edges=lambda: (EDGES[:, 0], EDGES[:, 1]),
        num_nodes=lambda: 4,
        ndata={"feat": X, "label": data.y, "train_mask": masks[0], "val_mask": masks[1], "test_mask": masks[2]},
    )
    for graph in (data, dgl):
        found = g2r.Dataset(graph)
        np.testing.assert_array_equal(dense(found), EXPECTED)
        np.testing.assert_array_equal(found.X, X)
        assert found.y.tolist() == [0, 1, 0, 1] and [s.tolist() for s in found.splits[0]] == [[0], [1], [2]]


def test_data_of_pytorch_geometric_itself():
    torch = pytest.importorskip("torch")
    Data = pytest.importorskip("torch_geometric.data").Data
    data = Data(edge_index=torch.tensor(EDGES.T), x=torch.tensor(X))
    np.testing.assert_array_equal(dense(g2r.Dataset(data)), EXPECTED)
    tensor = g2r.G2R(d_output=2, epochs=1, d_hidden=[4]).fit(data).to_torch()
    assert tensor.shape == (4, 2)


def test_paths_and_names(tmp_path):
    (tmp_path / "roads.tsv").write_text("a\tb\nb\tc\nc\tc\n")
    found = g2r.load_dataset(tmp_path / "roads.tsv")
    assert (found.num_nodes, found.num_edges, found.node_ids.tolist()) == (3, 2, ["a", "b", "c"])
    assert g2r.load_dataset(tmp_path / "roads.tsv", loops="keep").num_edges == 3
    assert g2r.Dataset("karate").num_edges == 78
    with pytest.raises(ValueError, match='no data set and no path is called "citeser"; closest is "citeseer"'):
        g2r.load_dataset("citeser")


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.int64, bool])
def test_features_of_any_number_type(kind):
    found = g2r.Dataset(EXPECTED, (X > 3).astype(kind))
    assert found.X.dtype == np.float32
    np.testing.assert_array_equal(found.X, X > 3)
    fortran = np.asfortranarray(X)
    np.testing.assert_array_equal(g2r.Dataset(EXPECTED, fortran).X, X)
    np.testing.assert_array_equal(g2r.Dataset(EXPECTED, X[:, ::2]).X, X[:, ::2])
    np.testing.assert_array_equal(g2r.Dataset(EXPECTED, sp.coo_array(X)).X.toarray(), X)


def test_a_data_set_is_rebuilt_from_its_parts(cora):
    parts = {"feature_names": cora.feature_names, "node_ids": cora.node_ids, "name": "cora"}
    rebuilt = g2r.Dataset(cora.adjacency, cora.X, np.array(cora.classes)[cora.y], split=cora.splits[0], **parts)
    again = g2r.Dataset(cora)
    assert rebuilt.num_edges == again.num_edges == cora.num_edges
    assert (rebuilt.y == cora.y).all() or sorted(cora.classes) != cora.classes
    model = [g2r.DGI(epochs=1, d_output=4).fit(graph.adjacency, graph.X).embedding_ for graph in (cora, rebuilt)]
    assert model[0].tobytes() == model[1].tobytes()


def test_cleaning_leaves_out_nodes_and_keeps_ids():
    graph = nx.Graph([("a", "b")])
    graph.add_node("alone")
    assert g2r.Dataset(graph).node_ids.tolist() == ["a", "b", "alone"]
    assert g2r.Dataset(graph, isolated_nodes="drop").node_ids.tolist() == ["a", "b"]
    assert g2r.Dataset(graph, missing_features="degree").X is None


def test_labels_may_be_missing():
    for y in (["u", None, "v", "u"], [0, -1, 1, 0], [0.0, np.nan, 1.0, 0.0], pd.Series(["u", None, "v", "u"])):
        found = g2r.Dataset(EXPECTED, y=y)
        assert found.y.tolist() == [0, -1, 1, 0] and len(found.classes) == 2


NAN = X.copy()
NAN[2, 1] = np.nan
INFINITE = X.astype(np.float64)
INFINITE[0, 2] = 1e300


@pytest.mark.parametrize(
    "arguments, keywords, error, message",
    [
        ((EXPECTED[:3],), {}, ValueError, r"graph: expected a square adjacency matrix.*found an array of shape \(3, 4\)"),
        ((sp.csr_array(EXPECTED[:3]),), {}, ValueError, "graph: expected a square adjacency matrix, found 3 × 4"),
        ((sp.csr_array(EXPECTED.astype(complex)),), {}, TypeError, "graph: expected numbers, found complex128"),
        ((sp.csr_array(-EXPECTED),), {}, ValueError, "weight of edge 0: expected a finite positive number; .* found -1"),
        (((EDGES.T, 3),), {}, ValueError, "edge 2: expected nodes from 0 to below 3, found 3"),
        (((EDGES.T - 1, 4),), {}, ValueError, "edge 0: expected nodes from 0 to below 4, found -1"),
        (((EDGES.T * 0.5, 4),), {}, TypeError, "edge_index: expected whole numbers, found float64"),
        (((EDGES, 4),), {}, ValueError, r"edge_index: expected shape \[2, edges\], found \[5, 2\]"),
        (((EDGES.T, "4"),), {}, TypeError, "num_nodes: expected a whole number, found str"),
        (((EDGES.T, -1),), {}, ValueError, "num_nodes: expected at least 0, found -1"),
        (((np.zeros((2, 0), int), 0),), {}, ValueError, "expected"),
        ((7,), {}, TypeError, "graph: expected a matrix of scipy.sparse, .* found int"),
        ((EXPECTED, X[:3]), {}, ValueError, "features: expected 4 rows, one for each node, found 3"),
        ((EXPECTED, X[0]), {}, ValueError, r"X: expected \[nodes, features\], found shape \(3,\)"),
        ((EXPECTED, X[:, :0]), {}, ValueError, "X: found 0 feature"),
        ((EXPECTED, NAN), {}, ValueError, "features, row 2, column 1: expected a finite number, found NaN"),
        ((EXPECTED, sp.csr_array(NAN)), {}, ValueError, "features, row 2, column 1: expected a finite number, found NaN"),
        ((EXPECTED, INFINITE), {}, ValueError, "features, row 0, column 2: expected a finite number, found inf"),
        ((EXPECTED, X.astype(str)), {}, TypeError, "X: expected numbers, found <U"),
        ((EXPECTED, pd.DataFrame({"city": list("abcd")})), {}, TypeError, "X, column 'city': expected numbers, found"),
        ((EXPECTED, X, [0, 1]), {}, ValueError, "y: expected 4, one for each node, found 2"),
        ((EXPECTED, X, [0.5, 1, 1, 1]), {}, TypeError, "y: expected classes, found numbers that are not whole"),
        ((EXPECTED, X, np.eye(4)), {}, ValueError, r"y: expected one class for each node, found shape \(4, 4\)"),
        ((EXPECTED, X), {"node_ids": ["a"]}, ValueError, "node_ids: expected 4, one for each node, found 1"),
        ((EXPECTED, X), {"node_ids": ["a", "b", "a", "c"]}, ValueError, 'node ids: expected different ids, found "a" twice'),
        ((EXPECTED, X), {"node_ids": [1, 2, 3, "1"]}, ValueError, 'node ids: expected different ids, found "1" twice'),
        ((EXPECTED, X), {"feature_names": ["a"]}, ValueError, "feature names: expected 3, one for each column"),
        ((EXPECTED, X), {"split": ([0], [1], [2])}, ValueError, "split: expected labels with it, found none"),
        ((EXPECTED, X, [0, 1, 0, 1]), {"split": ([0], [9], [2])}, ValueError, "split, node 0: expected nodes from 0 to below 4"),
        ((EXPECTED, X, [0, 1, 0, 1]), {"split": ([0], [1])}, ValueError, "expected training, validation and test nodes, found 2"),
        ((EXPECTED, X), {"loop": "keep"}, ValueError, "reading a graph: unknown field `loop`, expected one of"),
        ((EXPECTED, X), {"loops": "maybe"}, ValueError, "reading a graph: unknown variant `maybe`, expected one of"),
        ((EXPECTED,), {"missing_features": "refuse"}, ValueError, "features: expected a source that has some, found none"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_was_expected_and_found(arguments, keywords, error, message):
    with pytest.raises(error, match=message):
        g2r.Dataset(*arguments, **keywords)


def test_row_pointers_that_lie_are_refused():
    matrix = sp.csr_array(EXPECTED)
    matrix.indices[1] = 9
    with pytest.raises(ValueError, match="adjacency, entry 1: expected columns from 0 to below 4, found 9"):
        g2r.Dataset(matrix)
    matrix = sp.csr_array(EXPECTED)
    matrix.indptr[2] = 99
    with pytest.raises(ValueError, match="graph: expected row pointers that ascend from 0 to 10, the number of entries"):
        g2r.Dataset(matrix)
