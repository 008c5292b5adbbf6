"""scikit-learn's own checks of estimators. They hand over tables of numbers, so the estimator is given the ring of the rows as a graph."""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

import g2r

#: Checks that do not apply, with the reason.
NOT_APPLICABLE = {
    "check_methods_sample_order_invariance": "the embedding of a node depends on its neighbors, and another order has another ring",
    "check_methods_subset_invariance": "the embedding of a node depends on its neighbors, and a subset has fewer of them",
    "check_fit1d": "an array of one dimension is y, as a Pipeline hands it over; without features a graph is fitted by its edges",
    "check_fit2d_1sample": "the ring of one row has no edge to learn from, and the error says so",
    "check_array_api_input": "needs an environment variable of SciPy; arrays of other libraries become NumPy's",
}


def ring(X):
    """The ring of the rows of X."""
    n = X.shape[0] if hasattr(X, "shape") else len(np.asarray(X))
    nodes = np.arange(n)
    return np.stack([nodes, (nodes + 1) % max(n, 1)]), n


class OnRing(g2r.G2R):
    """G2R on the ring of the rows."""

    def fit(self, X, y=None):
        return super().fit(ring(X), X)

    def transform(self, X):
        self._fitted()
        return super().transform(ring(X), X)

    def fit_transform(self, X, y=None):
        return self.fit(X).embedding_

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        return tags


CHECKS = list(estimator_checks_generator(OnRing(epochs=1, d_output=4), mark=None))


@pytest.mark.parametrize("place", range(len(CHECKS)), ids=[check.func.__name__ for _, check in CHECKS])
@pytest.mark.filterwarnings("ignore")
def test_a_check_of_scikit_learn_passes(place):
    estimator, check = CHECKS[place]
    if check.func.__name__ in NOT_APPLICABLE:
        pytest.skip(NOT_APPLICABLE[check.func.__name__])
    check(estimator)


def test_most_checks_apply():
    names = {check.func.__name__ for _, check in CHECKS}
    assert len(names) > 30 and len(names & set(NOT_APPLICABLE)) <= 5
