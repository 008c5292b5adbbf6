"""Writes the golden numbers of `crates/evaluation` for judging without a probe: SciPy's paired tests, scikit-learn's
clusters and their scores, ranks of scores, and spectra with principal angles by NumPy and SciPy.

Run from the root of the repository, with nothing but PyPI:

    python -m venv venv && venv/bin/pip install numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1
    venv/bin/python tests/scripts/judging_golden.py

The data are made by formulas that `crates/evaluation/tests/judging.rs` has too, of fractions that f32 holds exactly, so
that only results are stored.
"""

import json
from pathlib import Path

import numpy as np
import scipy.linalg
import scipy.optimize
import scipy.stats
from sklearn.cluster import KMeans
from sklearn.metrics import (
    adjusted_rand_score,
    average_precision_score,
    normalized_mutual_info_score,
    roc_auc_score,
)
from sklearn.metrics.cluster import contingency_matrix

OUT = Path("crates/evaluation/tests/golden/judging.json")


class Draws:
    """Knuth's linear congruential generator: fractions k / 2^20 in [0, 1)."""

    def __init__(self, seed):
        self.state = seed

    def draw(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 44) / 2**20

    def list(self, count):
        return [self.draw() for _ in range(count)]


def points(rows, columns, classes, bump, seed):
    """Noise, in [-1, 1), with a bump in the columns of the row's class."""
    draws = Draws(seed)
    x, y = np.zeros((rows, columns)), np.zeros(rows, dtype=int)
    for i in range(rows):
        y[i] = int(draws.draw() * classes)
        for j in range(columns):
            x[i, j] = 2 * draws.draw() - 1 + (bump if j % classes == y[i] else 0)
    return x, y


def paired(pairs, shift, seed):
    draws = Draws(seed)
    first = [draw + shift for draw in draws.list(pairs)]
    second = draws.list(pairs)
    test = scipy.stats.ttest_rel(first, second)
    difference = np.subtract(first, second)
    flips = scipy.stats.permutation_test(
        (difference,), lambda d, axis: d.sum(axis=axis), permutation_type="samples", n_resamples=np.inf, vectorized=True
    )
    return dict(
        pairs=pairs,
        shift=shift,
        seed=seed,
        mean=difference.mean(),
        std=difference.std(ddof=1),
        t=test.statistic,
        p_of_t=test.pvalue,
        p_of_sign_flips=flips.pvalue,
    )


def clustering(nodes, classes, clusters, agree, seed):
    """Cluster = class with probability `agree`, else drawn."""
    draws = Draws(seed)
    truth, found = [], []
    for _ in range(nodes):
        label, same, other = (draws.draw() for _ in range(3))
        truth.append(int(label * classes))
        found.append(truth[-1] % clusters if same < agree else int(other * clusters))
    table = contingency_matrix(truth, found)
    rows, columns = scipy.optimize.linear_sum_assignment(table, maximize=True)
    return dict(
        nodes=nodes,
        classes=classes,
        clusters=clusters,
        agree=agree,
        seed=seed,
        nmi=normalized_mutual_info_score(truth, found),
        ari=adjusted_rand_score(truth, found),
        accuracy=table[rows, columns].sum() / nodes,
    )


def kmeans(rows, columns, classes, clusters, bump, unit_length, seed):
    x, _ = points(rows, columns, classes, bump, seed)
    if unit_length:
        x /= np.linalg.norm(x, axis=1, keepdims=True)
    # So many runs that both programs find the global minimum.
    found = KMeans(clusters, n_init=200, random_state=0, tol=0.0, max_iter=1000).fit(x)
    return dict(
        rows=rows,
        columns=columns,
        classes=classes,
        clusters=clusters,
        bump=bump,
        unit_length=unit_length,
        seed=seed,
        inertia=found.inertia_,
        sizes=sorted(np.bincount(found.labels_).tolist()),
    )


def ranking(positive, negative, shift, steps, seed):
    """Scores in so many steps: the fewer, the more ties."""
    draws = Draws(seed)
    scores = [int((draw + shift) * steps) / steps for draw in draws.list(positive)]
    scores += [int(draw * steps) / steps for draw in draws.list(negative)]
    truth = [1] * positive + [0] * negative
    return dict(
        positive=positive,
        negative=negative,
        shift=shift,
        steps=steps,
        seed=seed,
        auc=roc_auc_score(truth, scores),
        average_precision=average_precision_score(truth, scores),
    )


def spectrum(rows, columns, classes, bump, energy, seed):
    x, y = points(rows, columns, classes, bump, seed)
    singular_values = np.linalg.svd(x, compute_uv=False)
    part = singular_values / singular_values.sum()
    bases = []
    for label in range(classes):
        _, sigma, right = np.linalg.svd(x[y == label], full_matrices=False)
        cumulative = np.cumsum(sigma**2) / np.sum(sigma**2)
        bases.append(right[: int(np.argmax(cumulative >= energy)) + 1].T)
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    cosines = np.abs(unit @ unit.T)
    np.fill_diagonal(cosines, np.nan)
    return dict(
        rows=rows,
        columns=columns,
        classes=classes,
        bump=bump,
        energy=energy,
        seed=seed,
        singular_values=singular_values.tolist(),
        effective_rank=float(np.exp(-(part * np.log(part)).sum())),
        dimensions=[basis.shape[1] for basis in bases],
        angles=[
            sorted(scipy.linalg.subspace_angles(bases[a], bases[b]).tolist()) for a in range(classes) for b in range(a)
        ],
        mean_cosines=[float(np.nanmean(cosines[y == a][:, y == b])) for a in range(classes) for b in range(classes)],
    )


GOLDEN = dict(
    paired=[paired(2, 0.1, 1), paired(5, 0.3, 2), paired(10, 0.2, 3), paired(16, 0.05, 4), paired(16, 0.9, 5)],
    clustering=[
        clustering(200, 4, 4, 0.7, 1),
        clustering(300, 7, 7, 0.2, 2),
        clustering(100, 3, 6, 0.9, 3),
        clustering(100, 6, 2, 0.9, 4),
        clustering(50, 5, 5, 0.0, 5),
    ],
    kmeans=[
        kmeans(60, 4, 3, 3, 1.0, False, 1),
        kmeans(120, 8, 4, 5, 1.0, True, 2),
        kmeans(600, 3, 3, 3, 2.5, False, 3),
    ],
    ranking=[
        ranking(100, 100, 0.2, 1024, 1),
        ranking(40, 200, 0.3, 8, 2),
        ranking(30, 30, 0.0, 2, 3),
        ranking(1, 5, 0.5, 4, 4),
    ],
    spectrum=[spectrum(80, 12, 3, 2.0, 0.9, 1), spectrum(45, 30, 3, 1.0, 0.8, 2), spectrum(20, 40, 2, 1.0, 0.95, 3)],
)


def rounded(value):
    if isinstance(value, float):
        return float(f"{value:.14g}")
    if isinstance(value, list):
        return [rounded(v) for v in value]
    if isinstance(value, dict):
        return {key: rounded(v) for key, v in value.items()}
    return value.item() if isinstance(value, np.generic) else value


if __name__ == "__main__":
    parts = []
    for name, cases in GOLDEN.items():
        lines = ",\n".join(
            json.dumps(
                rounded({k: getattr(v, "item", lambda v=v: v)() for k, v in case.items()}), separators=(",", ":")
            )
            for case in cases
        )
        parts.append(f'"{name}":[\n{lines}\n]')
    OUT.write_text("{\n" + ",\n".join(parts) + "\n}\n")
