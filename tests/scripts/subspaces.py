"""Golden numbers of subspace clustering: the coefficients of each row by scikit-learn and NumPy.

    python -m venv venv && venv/bin/pip install numpy==2.4.6 scikit-learn==1.9.1
    venv/bin/python tests/scripts/subspaces.py crates/clustering/tests/golden
 The rows are drawn here and written as float32, so that both sides have the same numbers; coefficients are stored
where they are not zero.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
from sklearn.linear_model import ElasticNet, Lasso, orthogonal_mp


def union_of_subspaces(n, d, dimension, clusters, noise, seed):
    rng = np.random.default_rng(seed)
    bases = rng.normal(size=(clusters, dimension, d))
    groups = np.arange(n) % clusters
    rows = np.stack([rng.normal(size=dimension) @ bases[group] for group in groups])
    return (rows + noise * rng.normal(size=rows.shape)).astype(np.float32)


def unit(rows):
    rows = rows.astype(np.float64)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def each_row(x, solve):
    """Row j: the coefficients of the other rows by `solve(atoms as columns, row j)`, with a zero at j."""
    n = len(x)
    out = np.zeros((n, n))
    for j in range(n):
        others = np.arange(n) != j
        out[j, others] = solve(x[others].T, x[j])
    return out


def elastic_net(x, gamma, tau):
    """min tau |c|_1 + (1 - tau)/2 |c|^2 + 1/(2 alpha) |x_j - X'c|^2, alpha = max |x_i . x_j| / (tau gamma)."""
    d = x.shape[1]

    def solve(atoms, row):
        alpha = np.abs(atoms.T @ row).max() / tau / gamma
        l1, l2 = tau * alpha, (1 - tau) * alpha
        # scikit-learn's loss is divided by the d entries of the row.
        shared = dict(fit_intercept=False, tol=1e-12, max_iter=1_000_000)
        if l2 == 0:
            model = Lasso(alpha=l1 / d, **shared)
        else:
            model = ElasticNet(alpha=(l1 + l2) / d, l1_ratio=l1 / (l1 + l2), **shared)
        return model.fit(atoms, row).coef_

    return each_row(x, solve)


def least_squares(x, gamma, zero_diagonal):
    inverse = np.linalg.inv(x @ x.T + np.eye(len(x)) / gamma)
    if not zero_diagonal:
        return np.eye(len(x)) - inverse / gamma
    out = -inverse / np.diag(inverse)[:, None]
    np.fill_diagonal(out, 0)
    return out


def case(method, settings, coefficients):
    rows, columns = np.nonzero(np.abs(coefficients) > 1e-12)
    entries = [[int(i), int(j), round(float(coefficients[i, j]), 9)] for i, j in zip(rows, columns)]
    return {"settings": {"method": method, **settings}, "coefficients": entries}


def cases(rows):
    x = unit(rows)
    keep = {"num_kept": 100}
    for gamma in (10.0, 50.0):
        yield case("ssc", {"gamma": gamma, **keep}, elastic_net(x, gamma, 1.0))
        yield case("ensc", {"gamma": gamma, "tau": 0.9, **keep}, elastic_net(x, gamma, 0.9))
    yield case("ensc", {"gamma": 20.0, "tau": 0.3, **keep}, elastic_net(x, 20.0, 0.3))
    for count in (2, 4):
        found = each_row(x, lambda atoms, row: orthogonal_mp(atoms, row, n_nonzero_coefs=count))
        yield case("ssc-omp", {"num_nonzeros": count, "residual_tolerance": 0.0}, found)
    for diagonal in ("zero", "free"):
        found = least_squares(x, 10.0, diagonal == "zero")
        yield case("lsr", {"gamma": 10.0, "diagonal": diagonal, **keep}, found)


def main(folder):
    warnings.simplefilter("error")
    problems = [
        union_of_subspaces(40, 8, 2, 3, 0.05, 0),
        union_of_subspaces(48, 20, 4, 3, 0.1, 1),
        union_of_subspaces(12, 20, 3, 2, 0.1, 2),
    ]
    golden = [{"rows": [[float(v) for v in row] for row in rows], "cases": list(cases(rows))} for rows in problems]
    lines = ",\n".join(json.dumps(problem, separators=(",", ":")) for problem in golden)
    (Path(folder) / "subspaces.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
