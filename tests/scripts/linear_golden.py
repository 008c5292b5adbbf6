"""Writes the golden numbers of `crates/g2r-loss`: linear rate reduction in float64, with dense matrices throughout.

Run from the root of the repository, with the folder of the Planetoid files (`ind.cora.x` and the others, see docs/datasets.md):

    python -m venv venv && venv/bin/pip install numpy==2.4.6 scipy==1.17.1
    venv/bin/python tests/scripts/linear_golden.py FOLDER

One graph is made by a formula that `crates/g2r-loss/tests/linear_golden.rs` has too (`formula`), of features that f32 holds
exactly; the other is the first nodes and columns of Cora, which the test reads from the embedded data set. Everything is N x N
or F x F here, and the pairs are summed one by one: nothing is shared with the fast form.
"""

import json
import pickle
import sys
from pathlib import Path

import numpy as np
import scipy.linalg

OUT = Path("crates/g2r-loss/tests/golden/linear.json")

CASES = [
    dict(graph="formula", nodes=60, columns=20, ridge=1.0, teleport=0.2, steps=10, pairs="edges", d_output=6),
    dict(graph="formula", nodes=60, columns=20, ridge=3.0, teleport=0.1, steps=4, pairs="edges", d_output=3),
    dict(graph="formula", nodes=60, columns=20, ridge=0.5, teleport=0.2, steps=10, pairs="all", d_output=5),
    dict(graph="formula", nodes=60, columns=20, ridge=1.0, teleport=0.2, steps=10, pairs="edges", d_output=0),
    dict(graph="formula", nodes=60, columns=0, ridge=1.0, teleport=0.1, steps=10, pairs="edges", d_output=4),
    dict(graph="cora", nodes=400, columns=150, ridge=1.0, teleport=0.2, steps=10, pairs="edges", d_output=8),
    dict(graph="cora", nodes=400, columns=150, ridge=3.0, teleport=0.1, steps=10, pairs="edges", d_output=0),
]
# Rows of an embedding that are stored: these from the front, and the squared length of every column.
ROWS = 12


def formula(nodes, columns):
    """A cycle with chords, and features k / 8 that are mostly zero."""
    adjacency = np.zeros((nodes, nodes))
    for i in range(nodes):
        for j in ((i + 1) % nodes, (3 * i + 1) % nodes):
            if i != j:
                adjacency[i, j] = adjacency[j, i] = 1.0
    x = np.zeros((nodes, columns))
    for i in range(nodes):
        for f in range(columns):
            k = (i * i * 7 + f * f * 5 + i * f * 3 + i) % 29
            x[i, f] = k / 8 if k < 9 else 0.0
    return x, adjacency


def cora(folder, nodes, columns):
    """The first nodes with the edges between them, and the first columns."""
    read = lambda part: pickle.loads((folder / f"ind.cora.{part}").read_bytes(), encoding="latin1")
    x = read("allx")[:nodes, :columns].toarray().astype(float)
    adjacency = np.zeros((nodes, nodes))
    for i, neighbors in read("graph").items():
        for j in neighbors:
            if i != j and i < nodes and j < nodes:
                adjacency[i, j] = adjacency[j, i] = 1.0
    return x, adjacency


def scatter_within(x, adjacency, pairs):
    """Half the weighted mean of (x_i - x_j)(x_i - x_j)^T."""
    degree = adjacency.sum(axis=1)
    total, scatter = 0.0, np.zeros((x.shape[1], x.shape[1]))
    for i in range(len(x)):
        for j in range(len(x)) if pairs == "all" else np.flatnonzero(adjacency[i]):
            weight = 1.0 if pairs == "all" else (degree[i] * degree[j]) ** -0.5
            difference = x[i] - x[j]
            scatter += 0.5 * weight * np.outer(difference, difference)
            total += weight
    return scatter / total


def page_rank(adjacency, teleport, steps):
    """The matrix P itself."""
    with_loops = adjacency + np.eye(len(adjacency))
    root = np.diag(with_loops.sum(axis=1) ** -0.5)
    step, p = root @ with_loops @ root, np.eye(len(adjacency))
    for _ in range(steps):
        p = (1 - teleport) * step @ p + teleport * np.eye(len(adjacency))
    return p


def golden(case, folder):
    x, adjacency = formula(case["nodes"], case["columns"]) if case["graph"] == "formula" else cora(
        folder, case["nodes"], case["columns"])
    if case["columns"] == 0:
        x = adjacency + np.eye(len(adjacency))
    x = (x > 0).astype(float) if case["graph"] == "cora" else x
    length = np.linalg.norm(x, axis=1, keepdims=True)
    x = np.divide(x, length, out=np.zeros_like(x), where=length > 0)
    scatter = scatter_within(x, adjacency, case["pairs"])
    ridged = scatter + case["ridge"] * np.trace(scatter) / len(scatter) * np.eye(len(scatter))
    propagated = page_rank(adjacency, case["teleport"], case["steps"]) @ (x - x.mean(axis=0))
    propagated -= propagated.mean(axis=0)
    # The generalized problem C u = s M u, with u^T M u = 1.
    values, vectors = scipy.linalg.eigh(propagated.T @ propagated / len(x), ridged)
    values, vectors = values[::-1], vectors[:, ::-1]
    d_output, rates = case["d_output"], None
    if d_output == 0:
        weights = np.linalg.inv(np.linalg.cholesky(ridged)).T
    else:
        level = values[d_output]
        power = np.maximum(0.0, 1.0 - level / values[:d_output])
        weights = vectors[:, :d_output] * np.sqrt(power)
        # Of the definition, log det and trace, not of the spectrum: eps^2 / nu is the water level.
        covariance = weights.T @ (propagated.T @ propagated / len(x)) @ weights
        rates = dict(
            expansion=0.5 * np.linalg.slogdet(np.eye(d_output) + covariance / level)[1],
            compression=0.5 * np.trace(weights.T @ ridged @ weights),
        )
    z = propagated @ weights
    return dict(case, eigenvalues=values[: max(d_output, 5) + 1].tolist(), rates=rates,
                squared_lengths=(z**2).sum(axis=0).tolist(), rows=z[:ROWS].ravel().tolist())


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    lines = ",\n".join(json.dumps(golden(case, folder), separators=(",", ":")) for case in CASES)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(f"[\n{lines}\n]\n")
