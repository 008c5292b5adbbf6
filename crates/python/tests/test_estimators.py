"""scikit-learn's conventions."""

import copy
import inspect
import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import g2r
from g2r._estimators import METHODS

ESTIMATORS = [getattr(g2r, name) for name in g2r.__all__ if getattr(getattr(g2r, name), "_method", None)]


def test_there_is_an_estimator_for_each_method_of_the_registry():
    assert [estimator._method for estimator in ESTIMATORS] == list(METHODS)
    assert {"G2R", "G2RLinear", "DGI", "CCASSG", "DeepWalk", "Supervised"} <= set(g2r.__all__)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_setting_has_a_doc_and_a_place_in_the_signature(estimator):
    for setting in METHODS[estimator._method]["settings"]:
        assert setting["doc"], setting["path"]
    assert list(inspect.signature(estimator).parameters) == list(estimator._parameters)
    assert list(inspect.signature(estimator.__init__).parameters)[1:] == list(estimator._parameters)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_method_fits_transforms_and_is_pickled(estimator, karate):
    small = {name: value for name, value in {"d_output": 4, "epochs": 2, "warmup_epochs": 1}.items() if name in estimator._parameters}
    protocol = {"protocol": "10-10-80"} if METHODS[estimator._method]["kind"] == "supervised" else {}
    model = estimator(**small, **protocol).fit(karate)
    assert model.embedding_.shape[0] == 34 and model.embedding_.dtype == np.float32
    np.testing.assert_allclose(model.transform(karate), model.embedding_, atol=1e-6)
    again = pickle.loads(pickle.dumps(model))
    assert again.embedding_.tobytes() == model.embedding_.tobytes()
    assert again.transform(karate).tobytes() == model.transform(karate).tobytes()
    assert again.report_ == model.report_ and again.get_params() == model.get_params()


def test_parameters_are_got_set_cloned_and_shown():
    model = g2r.G2R(d_output=512, epochs=20, random_state=0)
    assert repr(model) == "G2R(d_output=512, epochs=20)"
    assert repr(clone(model)) == repr(model)
    assert model.set_params(encoder="sage").get_params()["encoder"] == "sage"
    with pytest.raises(ValueError, match="Invalid parameter 'd_outptu' for estimator G2R"):
        model.set_params(d_outptu=3)
    with pytest.raises(TypeError, match="unexpected keyword argument 'd_outptu'"):
        g2r.G2R(d_outptu=3)


def test_what_was_learned_stands_in_attributes(cora):
    model = g2r.G2R(d_output=8, epochs=3).fit(cora)
    assert model.n_features_in_ == 1433
    assert [entry["epoch"] for entry in model.history_] == [1, 2, 3]
    assert {"loss", "expansion", "compression", "seconds", "val_acc"} <= set(model.history_[0])
    assert model.checkpoint_ == "best-validation" and 1 <= model.epoch_ <= 3
    assert model.settings_["d_output"] == 8
    assert list(model.node_ids_[:2]) == [0, 1] or len(model.node_ids_) == 2708
    assert 0.3 < model.report_["test_acc_mean"] < 1


def test_without_a_data_set_no_label_is_read(cora):
    model = g2r.G2R(d_output=8, epochs=2)
    bare = model.fit(cora.adjacency, cora.X).embedding_
    assert model.checkpoint_ == "last" and "test_acc_mean" not in {k for k, v in model.report_.items() if v is not None}
    with_y = clone(model).fit(cora.adjacency, cora.X, cora.y).embedding_
    assert bare.tobytes() == with_y.tobytes()


def test_a_supervised_method_learns_from_y(cora):
    model = g2r.Supervised(epochs=30, random_state=1).fit(cora.adjacency, cora.X, cora.y)
    assert (model.embedding_.argmax(axis=1) == cora.y).mean() > 0.6
    with pytest.raises(ValueError, match="method supervised: expected a protocol with training nodes, and labels"):
        g2r.Supervised().fit(cora.adjacency, cora.X)


def test_unseen_nodes_are_embedded_by_columns_of_the_same_names():
    import pandas as pd
    import scipy.sparse as sp

    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.random((30, 3)), columns=["a", "b", "c"])
    ring = sp.diags_array([np.ones(29), np.ones(1)], offsets=[1, 29], shape=(30, 30))
    model = g2r.G2R(d_output=4, epochs=2, d_hidden=[8], feature_scaling="none").fit(ring, X)
    assert list(model.feature_names_in_) == ["a", "b", "c"]
    new_ring = sp.diags_array([np.ones(9)], offsets=[1], shape=(10, 10))
    new = X[:10]
    assert model.transform(new_ring, new[["c", "a", "b"]]).tobytes() == model.transform(new_ring, new).tobytes()
    with pytest.raises(ValueError, match='features: expected .*found'):
        model.transform(new_ring, new[["a", "b"]])


def test_a_pipeline_ends_in_a_classifier(cora):
    pipeline = make_pipeline(g2r.G2RLinear(), LogisticRegression(max_iter=200))
    assert pipeline.fit(cora, cora.y).score(cora, cora.y) > 0.8
    assert clone(pipeline)[0].get_params() == pipeline[0].get_params()
    frame = make_pipeline(g2r.G2RLinear(d_output=4)).set_output(transform="pandas").fit_transform(cora)
    assert frame.shape[0] == 2708 and frame.columns[0] == "g2rlinear0"


def test_copies_and_refits_stand_alone(karate):
    model = g2r.G2R(d_output=4, epochs=1).fit(karate)
    other = copy.deepcopy(model)
    model.set_params(epochs=2).fit(karate)
    assert (len(model.history_), len(other.history_)) == (2, 1)


def test_an_estimator_that_is_not_fitted_says_so(karate):
    from sklearn.exceptions import NotFittedError

    with pytest.raises(NotFittedError, match="This G2R instance is not fitted yet"):
        g2r.G2R().transform(karate)
    with pytest.raises(NotFittedError):
        g2r.G2R().to_dict()


@pytest.mark.parametrize(
    "parameters, error, message",
    [
        ({"d_output": -1}, ValueError, "d_output|settings of g2r"),
        ({"epochs": "many"}, ValueError, "the settings of g2r cannot be read: .*expected"),
        ({"eps_sq": 0.0}, ValueError, "`eps_sq` must be positive, got 0"),
        ({"encoder": "gnc"}, ValueError, "unknown variant `gnc`|gnc"),
        ({"preset": "mine"}, ValueError, "unknown preset `mine` of g2r, expected one of authors"),
        ({"checkpoint": "best"}, ValueError, "best"),
        ({"random_state": -1}, ValueError, "random_state: expected at least 0, found -1"),
        ({"random_state": "x"}, TypeError, "random_state: expected a whole number"),
        ({"n_jobs": 0}, ValueError, "n_jobs: expected at least 1"),
        ({"n_jobs": 1.5}, TypeError, "n_jobs: expected a whole number or None, found float"),
        ({"encoder": object()}, TypeError, "kind: expected a number, a word, a list or a dictionary, found object"),
    ],
)
def test_settings_out_of_range_say_what_was_expected_and_found(karate, parameters, error, message):
    with pytest.raises(error, match=message):
        g2r.G2R(**parameters).fit(karate)


def test_random_states_of_numpy_are_seeds(karate):
    def fit(state):
        return g2r.G2R(d_output=4, epochs=1, random_state=state).fit(karate).embedding_.tobytes()

    assert fit(np.random.RandomState(3)) == fit(np.random.RandomState(3)) != fit(np.random.RandomState(4))
    assert fit(np.int64(5)) == fit(5)
    assert fit(None) != fit(None)
