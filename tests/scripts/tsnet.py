"""Writes the golden numbers of `crates/layout` by NumPy: tsNET's cost and gradient on a small graph, and PivotMDS.

Run from the root of the repository, with nothing but PyPI:

    python -m venv venv && venv/bin/pip install numpy==2.4.6
    venv/bin/python tests/scripts/tsnet.py
"""

import json
from pathlib import Path

import numpy as np

OUT = Path("crates/layout/tests/golden/tsnet.json")
PERPLEXITY = 6.0
EPS = 0.05


def small_graph():
    """A ring of 20 nodes with some chords and a tail: connected, without symmetry."""
    edges = {(i, (i + 1) % 20) for i in range(20)} | {(0, 7), (2, 11), (3, 15), (4, 9)}
    edges |= {(19, 20), (20, 21), (21, 22), (5, 23)}
    edges = {(min(e), max(e)) for e in edges}
    n = 24
    neighbors = [sorted({b for a, b in edges if a == i} | {a for a, b in edges if b == i}) for i in range(n)]
    return n, neighbors


def shortest_paths(n, neighbors):
    distances = np.full((n, n), np.inf)
    for source in range(n):
        distances[source, source] = 0
        frontier, level = [source], 0
        while frontier:
            level += 1
            reached = sorted({j for i in frontier for j in neighbors[i] if np.isinf(distances[source, j])})
            distances[source, reached] = level
            frontier = reached
    assert np.isfinite(distances).all()
    return distances


def affinities(distances, perplexity):
    n = len(distances)
    conditional = np.zeros((n, n))
    for i in range(n):
        others = np.arange(n) != i
        squares = distances[i, others] ** 2
        low, high = 0.0, 100.0
        for _ in range(200):
            beta = (low + high) / 2
            p = np.exp(-beta * squares)
            p /= p.sum()
            entropy = -(p * np.log(np.maximum(p, 1e-300))).sum()
            low, high = (beta, high) if entropy > np.log(perplexity) else (low, beta)
        conditional[i, others] = p
    return (conditional + conditional.T) / (2 * n)


def cost_and_gradient(p, y, weights):
    kl, compression, repulsion = weights
    n = len(y)
    off = ~np.eye(n, dtype=bool)
    delta = y[:, None] - y[None]
    d = np.sqrt((delta**2).sum(-1))
    w = np.where(off, 1 / (1 + d**2), 0)
    q = w / w.sum()
    terms = np.maximum(p, 1e-16) * np.log(np.maximum(p, 1e-16) / np.maximum(q, 1e-16))
    cost = kl * terms[off].sum()
    cost += compression / (2 * n) * (y**2).sum()
    cost -= repulsion / (2 * n**2) * np.log(d[off] + EPS).sum()
    gradient = 4 * kl * (((p - q) * w)[..., None] * delta).sum(1)
    gradient += compression / n * y
    safe = np.where(off, d, 1)
    gradient -= repulsion / n**2 * (np.where(off, 1 / (safe * (safe + EPS)), 0)[..., None] * delta).sum(1)
    total = sum(weights)
    return cost / total, gradient / total


def pivot_mds(distances, num_pivots):
    n = len(distances)
    pivots = [int(np.argmax(distances[0]))]
    while len(pivots) < num_pivots:
        pivots.append(int(np.argmax(distances[:, pivots].min(1))))
    squares = distances[:, pivots] ** 2
    c = -0.5 * (squares - squares.mean(0) - squares.mean(1, keepdims=True) + squares.mean())
    values, vectors = np.linalg.eigh(c.T @ c)
    assert np.diff(values)[-2:].min() > 1e-3 * values[-1], "the two axes are not the only ones"
    y = c @ vectors[:, ::-1][:, :2]
    of_pivots = distances[:, pivots]
    ratios = np.linalg.norm(y[:, None] - y[pivots][None], axis=-1)[of_pivots > 0] / of_pivots[of_pivots > 0]
    scale = ratios.sum() / (ratios**2).sum()
    return {
        "num_pivots": num_pivots,
        "pivots": pivots,
        "points": (y * scale).tolist(),
        "stress": float(((1 - scale * ratios) ** 2).mean()),
    }


def main():
    n, neighbors = small_graph()
    distances = shortest_paths(n, neighbors)
    p = affinities(distances / distances.max(), PERPLEXITY)
    y = np.random.default_rng(0).normal(size=(n, 2))
    cases = []
    for weights in [(1.0, 1.2, 0.0), (1.0, 0.01, 0.6), (0.0, 0.0, 1.0)]:
        cost, gradient = cost_and_gradient(p, y, weights)
        cases.append({"weights": weights, "cost": float(cost), "gradient": gradient.tolist()})
    golden = {
        "starts": [0, *np.cumsum([len(own) for own in neighbors]).tolist()],
        "neighbors": [j for own in neighbors for j in own],
        "perplexity": PERPLEXITY,
        "points": y.tolist(),
        "cases": cases,
        "pivot_mds": [pivot_mds(distances, k) for k in [6, n]],
    }
    OUT.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
