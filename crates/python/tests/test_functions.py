"""Scores, comparisons, pages, rates and files."""

import numpy as np
import pytest
import scipy.sparse as sp

import g2r


def test_scores_are_those_of_the_program(cora):
    scores = g2r.evaluate(cora.X, cora)
    assert scores["protocol"] == "public" and scores["predicted"].shape == (2708,)
    test = cora.splits[0][2]
    assert scores["test_acc"] == (scores["predicted"][test] == cora.y[test]).mean()
    assert np.sum(scores["confusion"]) == 1000
    by_array = g2r.evaluate(cora.X, cora.y, split=cora.splits[0])
    assert by_array["test_acc"] == scores["test_acc"]
    assert g2r.evaluate(cora.X, "cora")["val_acc"] == scores["val_acc"]


def test_random_splits_go_by_seed(cora):
    found = [g2r.evaluate(cora.X, cora, protocol="random-20", seed=seed)["test_acc"] for seed in (1, 1, 2)]
    assert found[0] == found[1] != found[2]
    assert g2r.evaluate(cora.X, np.array(cora.classes)[cora.y], protocol="10-10-80")["protocol"] == "10-10-80"


def test_an_embedding_of_the_labels_is_perfect(cora):
    assert g2r.evaluate(np.eye(7)[cora.y], cora)["test_acc"] == 1


@pytest.mark.parametrize(
    "arguments, keywords, error, message",
    [
        ((np.ones((3, 2)), "cora"), {}, ValueError, "embedding: expected 2708 rows, one for each node, found 3"),
        ((np.full((2708, 2), np.nan), "cora"), {}, ValueError, "expected a finite number|finite"),
        ((np.ones(3), "cora"), {}, ValueError, r"embedding: expected \[nodes, features\], found shape \(3,\)"),
        ((np.ones((2708, 2)), "cora"), {"protocol": "tenths"}, ValueError, 'protocol: expected one of public, .*found "tenths"'),
        ((np.ones((4, 2)), [0, 0, 1, 1]), {}, ValueError, 'class "0": expected at least 20 labelled nodes to train on, found 2'),
    ],
)
def test_what_cannot_be_evaluated_is_refused(arguments, keywords, error, message):
    with pytest.raises(error, match=message):
        g2r.evaluate(*arguments, **keywords)


def test_methods_are_compared_in_a_table(cora, tmp_path):
    seen = []
    methods = ["g2r-linear", g2r.G2R(epochs=2, d_output=8, d_hidden=[16])]
    table = g2r.bench(methods, [cora], seeds=2, out=tmp_path, callback=seen.append)
    rows = table.set_index("method")
    assert {"raw", "propagated", "g2r-linear", "g2r"} <= set(rows.index)
    assert rows.loc["g2r-linear", "test_acc_mean"] > 0.8 and rows.loc["g2r", "seeds"] == 2
    assert len(seen) == len(table.attrs["runs"]) and "scores.test_acc" in table.attrs["runs"]
    again = []
    resumed = g2r.bench(methods, [cora], seeds=2, out=tmp_path, callback=again.append)
    assert again == [] and resumed.equals(table)
    with pytest.raises(ValueError, match="unknown method `g3r`"):
        g2r.bench(["g3r"], ["cora"])


def test_data_sets_in_memory_are_compared_on(cora):
    mine = g2r.Dataset(cora.adjacency, cora.X, cora.y, split=cora.splits[0], name="mine")
    found = []
    for data in ([mine], "cora"):
        table = g2r.bench(g2r.Spectral, data, seeds=1, settings={"spectral": {"d_output": 8}})
        found.append(table.set_index("method").loc["spectral"])
    assert found[0]["dataset"] == "mine"
    assert found[0]["test_acc_mean"] == found[1]["test_acc_mean"]


def test_a_page_and_a_notebook_show_map_and_curves(cora, tmp_path):
    model = g2r.G2R(epochs=3, d_output=8).fit(cora)
    g2r.report(model, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>") or page.lower().startswith("<!doctype html>")
    assert "<svg" in page
    html = model._repr_html_()
    assert "G2R(d_output=8, epochs=3)" in html and "test accuracy" in html and html.count("<svg") >= 2
    assert "not fitted" in g2r.G2R()._repr_html_()
    model.save(tmp_path / "run")
    loaded = g2r.load(tmp_path / "run")
    assert "<svg" not in loaded._repr_html_()
    with pytest.raises(ValueError, match="report: expected the graph that this model was fitted on"):
        g2r.report(loaded, tmp_path / "again.html")
    g2r.report(loaded, tmp_path / "again.html", graph=cora)
    assert "<svg" in (tmp_path / "again.html").read_text(encoding="utf-8")


def rate(Z, eps_sq):
    n, d = Z.shape
    return 0.5 * np.linalg.slogdet(np.eye(d) + d / (n * eps_sq) * Z.T @ Z)[1]


def test_a_coding_rate_is_that_of_the_formula():
    Z = np.random.default_rng(0).normal(size=(20, 5)).astype(np.float32)
    value, gradient = g2r.coding_rate(Z, 0.3, return_gradient=True)
    assert value == pytest.approx(rate(Z.astype(float), 0.3), rel=1e-6)
    step = 1e-4
    for place in [(0, 0), (7, 3), (19, 4)]:
        moved = [Z.astype(float), Z.astype(float)]
        moved[0][place] += step
        moved[1][place] -= step
        assert gradient[place] == pytest.approx((rate(moved[0], 0.3) - rate(moved[1], 0.3)) / (2 * step), rel=1e-3)
    for eps_sq in (0, -1, float("nan")):
        with pytest.raises(ValueError, match="`?eps_sq`? must be positive"):
            g2r.coding_rate(Z, eps_sq)
    with pytest.raises(ValueError, match="finite"):
        g2r.coding_rate(Z * np.nan)


def test_a_rate_reduction_is_that_of_the_formula():
    Z = np.random.default_rng(1).normal(size=(12, 3))
    classes = np.repeat([0, 1, 2], 4)
    found = g2r.rate_reduction(Z, classes, 0.5, return_gradient=True)
    compression = sum(rate(Z[classes == group], 0.5) / 3 for group in range(3))
    assert found.expansion == pytest.approx(rate(Z, 0.5), rel=1e-6)
    assert found.compression == pytest.approx(compression, rel=1e-6)
    assert found.loss == pytest.approx(compression - rate(Z, 0.5), rel=1e-5)
    pi = sp.csr_array((np.ones(12), (classes, np.arange(12))), shape=(3, 12))
    for groups in (pi, pi.toarray()):
        other = g2r.rate_reduction(Z, groups, 0.5, return_gradient=True)
        assert other.loss == found.loss and (other.gradient == found.gradient).all()
    assert g2r.rate_reduction(Z, classes).gradient is None
    with pytest.raises(ValueError, match="groups: expected as many nodes as Z has rows, found 3 for 12"):
        g2r.rate_reduction(Z, [0, 1, 2])
    with pytest.raises(ValueError, match='weighting: expected "g2r" or "mcr2", found "equal"'):
        g2r.rate_reduction(Z, classes, weighting="equal")
    with pytest.raises(ValueError, match="groups: expected classes below the number of nodes"):
        g2r.rate_reduction(Z, [99] * 12)


def test_a_rate_reduction_is_a_loss_of_pytorch():
    torch = pytest.importorskip("torch")

    # The example of docs/python.md.
    class RateReductionLoss(torch.autograd.Function):
        @staticmethod
        def forward(ctx, Z, groups):
            found = g2r.rate_reduction(Z.detach().numpy(), groups, return_gradient=True)
            ctx.save_for_backward(torch.from_numpy(found.gradient))
            return torch.tensor(found.loss)

        @staticmethod
        def backward(ctx, gradient):
            (of_loss,) = ctx.saved_tensors
            return gradient * of_loss, None

    torch.manual_seed(0)
    Z = torch.nn.Parameter(torch.randn(30, 4))
    groups = np.arange(30) % 3
    optimizer = torch.optim.Adam([Z], lr=0.05)
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = RateReductionLoss.apply(torch.nn.functional.normalize(Z), groups)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] - 0.1


def test_embeddings_go_to_data_frames_dictionaries_tensors_and_files(karate, tmp_path):
    model = g2r.Spectral(d_output=3).fit(karate)
    frame = model.to_pandas()
    assert frame.shape == (34, 3) and frame.index.name == "node_id" and list(frame.columns)[0] == "spectral0"
    rows = model.to_dict()
    assert (rows[model.node_ids_[5]] == model.embedding_[5]).all()
    assert np.shares_memory(rows[model.node_ids_[5]], model.embedding_)
    assert np.from_dlpack(model.embedding_) is not None
    model.save_embedding(tmp_path / "karate.vec")
    lines = (tmp_path / "karate.vec").read_text().splitlines()
    assert lines[0] == "34 3" and lines[1].split()[0] == str(model.node_ids_[0])
    model.save_embedding(tmp_path / "karate.csv")
    model.save_embedding(tmp_path / "karate.bin", format="npy")
    assert (np.load(tmp_path / "karate.bin") == model.embedding_).all()
    with pytest.raises(ValueError, match='format: expected one of npy, .*found "karate.xyz"'):
        model.save_embedding(tmp_path / "karate.xyz")


def test_gensim_reads_the_file_of_word2vec(karate, tmp_path):
    models = pytest.importorskip("gensim.models")
    model = g2r.Spectral(d_output=3).fit(karate)
    model.save_embedding(tmp_path / "karate.vec")
    vectors = models.KeyedVectors.load_word2vec_format(str(tmp_path / "karate.vec"))
    np.testing.assert_allclose(vectors[str(model.node_ids_[4])], model.embedding_[4], rtol=1e-6)


def test_a_tensor_shares_the_memory_of_the_embedding(karate):
    torch = pytest.importorskip("torch")
    model = g2r.Spectral(d_output=3).fit(karate)
    assert model.to_torch().data_ptr() == model.embedding_.ctypes.data
    assert torch.from_dlpack(model.embedding_).shape == (34, 3)


def test_a_folder_that_is_no_model_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="cannot read .*model.json"):
        g2r.load(tmp_path)
    (tmp_path / "model.json").write_text("{}")
    with pytest.raises(ValueError, match="cannot read .*model.json: missing field"):
        g2r.load(tmp_path)
