"""Writes the golden numbers of `crates/layout` by scikit-learn: the divergence of its exact t-SNE on iris and on 500 digits, with
the rows, and the trustworthiness of points that are drawn at random.

Run from the root of the repository, with nothing but PyPI:

    python -m venv venv && venv/bin/pip install numpy==2.4.6 scikit-learn==1.9.1
    venv/bin/python tests/scripts/tsne.py
"""

import json
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits, load_iris
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness

OUT = Path("crates/layout/tests/golden/tsne.json")


def tsne_case(name, rows):
    kl = {}
    for method in ["exact", "barnes_hut"]:
        tsne = TSNE(method=method, random_state=0, init="pca", max_iter=1000, n_iter_without_progress=1000)
        tsne.fit(rows)
        kl[method] = float(tsne.kl_divergence_)
    values = [[int(x) if x == int(x) else float(x) for x in row] for row in rows]
    return {"name": name, "rows": values, "exact": kl["exact"], "barnes_hut": kl["barnes_hut"]}


def iris_over_starts(rows):
    """Iris has many minima. The median divergence over 32 starts: the first two components with noise, as t-SNE of `layout` has."""
    start = PCA(2).fit_transform(rows)
    start *= 1e-4 / start[:, 0].std()
    divergences = []
    for seed in range(32):
        noise = np.random.default_rng(100 + seed).uniform(-1e-5, 1e-5, start.shape)
        init = (start + noise).astype(np.float32)
        tsne = TSNE(method="exact", init=init, max_iter=1000, n_iter_without_progress=1000)
        divergences.append(tsne.fit(rows).kl_divergence_)
    return float(np.median(divergences))


def trustworthiness_case():
    rng = np.random.default_rng(0)
    # Fractions that f32 holds exactly; no two distances from a row are the same.
    rows = rng.integers(-(2**20), 2**20, (60, 5)) / 2**20
    points = rng.integers(-(2**20), 2**20, (60, 2)) / 2**20
    values = {str(k): float(trustworthiness(rows, points, n_neighbors=k)) for k in [1, 5, 12, 29]}
    return {"rows": rows.tolist(), "points": points.tolist(), "values": values}


def main():
    golden = {
        "tsne": [tsne_case("iris", load_iris().data), tsne_case("digits", load_digits().data[:500])],
        "trustworthiness": trustworthiness_case(),
    }
    golden["tsne"][0]["exact_median"] = iris_over_starts(load_iris().data)
    OUT.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    for case in golden["tsne"]:
        print(case["name"], case["exact"], case["barnes_hut"])


if __name__ == "__main__":
    main()
