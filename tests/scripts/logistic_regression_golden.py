"""Writes the golden numbers of `crates/evaluation`: scikit-learn's logistic regression and F1 scores.

Run from the root of the repository, with nothing but PyPI:

    python -m venv venv && venv/bin/pip install numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1
    venv/bin/python tests/scripts/logistic_regression_golden.py

The data are made by a formula that `crates/evaluation/tests/golden.rs` has too (`points`), of fractions that f32
holds exactly, so that only results are stored.
"""

import json
from pathlib import Path

import numpy as np
import scipy.sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_recall_fscore_support

OUT = Path("crates/evaluation/tests/golden/logistic_regression.json")

# One in five rows is left out of the fit and only predicted.
CASES = [
    dict(name="three classes", rows=75, columns=8, classes=3, c=1.0),
    dict(name="seven classes, fewer rows than columns", rows=50, columns=60, classes=7, c=1.0),
    dict(name="strong penalty", rows=75, columns=8, classes=3, c=0.1),
    dict(name="weak penalty", rows=75, columns=8, classes=3, c=100.0),
    dict(name="sparse", rows=100, columns=30, classes=4, c=1.0, sparse=True),
    dict(name="badly scaled", rows=100, columns=9, classes=3, c=1.0, badly_scaled=True),
    dict(name="no intercept", rows=75, columns=8, classes=3, c=1.0, fit_intercept=False),
    dict(name="rows of length one", rows=100, columns=40, classes=5, c=1.0, unit_length=True),
    # scikit-learn has one row of coefficients here, penalised twice as hard: C = 2 there is C = 1 of ours.
    dict(name="two classes", rows=75, columns=8, classes=2, c=2.0),
]


class Draws:
    """Knuth's linear congruential generator: fractions k / 2^20 in [0, 1)."""

    def __init__(self):
        self.state = 1

    def draw(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 44) / 2**20


def points(case):
    """Noise, in [-1, 1), with a bump of 0.5 in the columns of the row's class."""
    draws = Draws()
    x = np.zeros((case["rows"], case["columns"]))
    y = np.zeros(case["rows"], dtype=int)
    for i in range(case["rows"]):
        y[i] = int(draws.draw() * case["classes"])
        for j in range(case["columns"]):
            value = 2 * draws.draw() - 1
            if j % case["classes"] == y[i]:
                value += 0.5
            if case.get("sparse") and draws.draw() >= 0.25:
                value = 0.0
            if case.get("badly_scaled"):
                value *= 2.0 ** (j % 9 - 4)
            x[i, j] = value
    return x, y


def rounded(values, digits):
    return [float(f"{v:.{digits}g}") for v in np.asarray(values, dtype=float).ravel()]


def objective(model, x, y, c):
    """The minimised mean: log loss and penalty over n, with a single logit for two classes."""
    scores = x @ model.coef_.T + model.intercept_
    if scores.shape[1] == 1:
        scores = np.hstack([np.zeros_like(scores), scores])
    largest = scores.max(axis=1, keepdims=True)
    log_sum = (largest + np.log(np.exp(scores - largest).sum(axis=1, keepdims=True)))[:, 0]
    loss = (log_sum - scores[np.arange(len(y)), y]).mean()
    return loss + 0.5 * (model.coef_**2).sum() / (c * len(y))


def fit(case, x, y, tol, digits):
    solver = LogisticRegression(C=case["c"], max_iter=500, tol=tol, fit_intercept=case.get("fit_intercept", True))
    model = solver.fit(scipy.sparse.csr_matrix(x) if case.get("sparse") else x, y)
    return model, dict(
        coefficients=rounded(model.coef_, digits),
        intercepts=rounded(np.broadcast_to(model.intercept_, model.coef_.shape[:1]), digits),
        objective=float(objective(model, x, y, case["c"])),
        num_iterations=int(model.n_iter_[0]),
    )


def golden(case):
    x, y = points(case)
    if case.get("unit_length"):
        x = x / np.linalg.norm(x, axis=1, keepdims=True)
    train = np.arange(case["rows"]) % 5 != 4
    model, default = fit(case, x[train], y[train], 1e-4, 7)
    _, tight = fit(case, x[train], y[train], 1e-10, 11)
    truth, predicted = y[~train], model.predict(x[~train])
    precision, recall, f1, support = precision_recall_fscore_support(truth, predicted, zero_division=0)
    return dict(
        case,
        default=default,
        tight=tight,
        probabilities=rounded(model.predict_proba(x[~train])[:6], 7),
        predicted=predicted.tolist(),
        confusion=confusion_matrix(truth, predicted).ravel().tolist(),
        precision=precision.tolist(),
        recall=recall.tolist(),
        f1=f1.tolist(),
        support=support.tolist(),
        accuracy=accuracy_score(truth, predicted),
        macro_f1=f1_score(truth, predicted, average="macro"),
        micro_f1=f1_score(truth, predicted, average="micro"),
    )


if __name__ == "__main__":
    lines = ",\n".join(json.dumps(golden(case), separators=(",", ":")) for case in CASES)
    OUT.write_text(f"[\n{lines}\n]\n")
