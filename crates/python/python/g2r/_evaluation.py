"""Evaluating embeddings, comparing methods, and pages of runs."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np

from g2r import _arrays, _g2r
from g2r._datasets import Dataset, raw_dirs
from g2r._estimators import METHODS, NodeEmbedder
from g2r._progress import Progress


def evaluate(embedding, labels, *, protocol=None, split=None, seed=0):
    """Evaluate an embedding by a linear probe, as the program does.

    The probe is a logistic regression on the rows of the training nodes; settings are chosen by the validation nodes, and the
    test nodes are scored once.

    Parameters
    ----------
    embedding : array [nodes, width], or a fitted estimator
        Rows in the order of the labels.
    labels : Dataset, name of a data set, or array [nodes]
        Classes; −1, None and NaN stand for a node without one.
    protocol : str, optional
        How nodes are split: "public" (the data set's own), "random-20" (20 training nodes of each class, 500 for validation,
        1000 for the test), "20-30-rest", "10-10-80", "60-20-20", "wiki-cs-20", "ogb". By default the data set's own split where
        it has one, else "random-20".
    split : three masks or lists of nodes, optional
        Training, validation and test nodes of your own.
    seed : int
        Seed of a random split.

    Returns
    -------
    dict
        ``test_acc``, ``test_macro_f1`` and ``val_acc`` as fractions of 1, ``protocol``, ``seed``, ``probe``, ``confusion`` (test
        nodes by true class, then predicted class) and ``predicted``, the class of each node, an array [nodes].

    Examples
    --------
    >>> cora = g2r.load_dataset("cora")
    >>> scores = g2r.evaluate(cora.X, cora)
    >>> round(scores["test_acc"], 2)
    0.6
    """
    if isinstance(embedding, NodeEmbedder):
        embedding = embedding._rows()
    rows = _arrays.embedding("embedding", embedding)
    if isinstance(labels, (str, os.PathLike)):
        from g2r._datasets import load_dataset

        labels = load_dataset(labels)
    if not isinstance(labels, Dataset) or split is not None:
        classes = labels
        if isinstance(labels, Dataset):
            classes = labels.y
            if classes is None:
                raise ValueError("labels: expected a data set with labels, found one without")
        classes = _arrays.to_numpy(classes)
        nothing = np.zeros((2, 0), dtype=np.int64)
        labels = Dataset((nothing, len(classes)), y=classes, split=split, missing_features="degree")
    text, predicted = _g2r.evaluate(rows, labels._native, protocol, int(seed))
    return {**json.loads(text), "predicted": predicted}


def bench(
    methods,
    datasets,
    *,
    seeds=10,
    protocols=None,
    tasks=("classification",),
    settings=None,
    n_jobs=None,
    out=None,
    verbose=0,
    callback=None,
    **options,
):
    """Compare methods on the same splits, evaluated by the same probe, over the same seeds.

    Parameters
    ----------
    methods : list of str, estimators or their classes
        Names of ``g2r.METHODS``, with an encoder after a colon or a preset after an @ ("g2r:sage"); or estimators, whose settings
        count. Baselines are added.
    datasets : list of str and Dataset
        Names, paths, or data sets in memory, which are called by their names.
    seeds : int
        How many seeds, from 0.
    protocols : list of str, optional
        How nodes are split, see :func:`evaluate`.
    tasks : sequence of {"classification", "clustering", "similarity", "links"}
        What embeddings are evaluated by.
    settings : dict of dict, optional
        Settings of methods by name, as a config file has them.
    n_jobs : int, optional
        Runs at a time; None takes one a core. No result depends on it.
    out : path, optional
        A folder that keeps finished runs: the same call with it resumes an interrupted comparison.
    verbose : int
        1 shows progress on standard error.
    callback : callable, optional
        Called with each finished run, a dictionary; where it returns something true, the comparison ends.
    **options
        Further keys of the program's bench.toml: ``checkpoint``, ``memory_gb``, ``preparation``, ``input``, …

    Returns
    -------
    pandas.DataFrame
        A row for each data set, protocol and method: means and standard deviations over the seeds, cost, and the difference to the
        reference. ``.attrs["runs"]`` is the data frame of all runs.

    Examples
    --------
    >>> table = g2r.bench(["g2r-linear"], ["cora"], seeds=1)
    >>> best = table.set_index("method").loc["g2r-linear"]
    >>> bool(best["test_acc_mean"] > 0.8)
    True
    """
    import tempfile

    import pandas as pd

    given = {name: dict(table) for name, table in (settings or {}).items()}
    names = []
    for method in [methods] if isinstance(methods, (str, NodeEmbedder, type)) else methods:
        if isinstance(method, type) and issubclass(method, NodeEmbedder):
            method = method._method
        if isinstance(method, NodeEmbedder):
            flags = method._flags()
            given[method._method] = {**given.get(method._method, {}), **flags[method._method]}
            method = method._method
        if not isinstance(method, str):
            raise TypeError(f"methods: expected names or estimators, found {type(method).__name__}")
        names.append(method)
    in_memory, data_names = {}, []
    for dataset in [datasets] if isinstance(datasets, (str, os.PathLike, Dataset)) else datasets:
        if isinstance(dataset, Dataset):
            name = dataset._native.source or dataset.name
            if in_memory.setdefault(name, dataset._native) is not dataset._native:
                raise ValueError(f"datasets: expected different names, found {name!r} twice")
            data_names.append(name)
        else:
            data_names.append(os.fspath(dataset))
    flags = {
        "datasets": data_names,
        "methods": names,
        "protocols": [protocols] if isinstance(protocols, str) else list(protocols or []),
        "tasks": [tasks] if isinstance(tasks, str) else list(tasks),
        "seeds": int(seeds),
        "workers": 0 if n_jobs in (None, -1) else int(n_jobs),
        **options,
        **given,
    }
    with tempfile.TemporaryDirectory() as scratch, Progress(bool(verbose), callback, "bench") as progress:
        folder = Path(out or scratch)
        folder.mkdir(parents=True, exist_ok=True)
        listener = progress if progress.is_needed else None
        rows, runs = _g2r.bench(flags, in_memory, raw_dirs(), os.fspath(folder / "results.jsonl"), listener)
    table = pd.DataFrame([_row(json.loads(row)) for row in rows])
    table.attrs["runs"] = pd.json_normalize([json.loads(run) for run in runs])
    return table


def _row(row):
    left_out = ("type", "out", "device", "reference", "preparation", "settings", "published", "baselines", "failures")
    flat = {key: value for key, value in row.items() if key not in left_out and key != "difference"}
    difference = row.get("difference")
    if difference:
        flat["difference"] = difference.get("mean")
        flat["difference_p"] = difference.get("p_of_sign_flips") or difference.get("p_of_t")
    return flat


def report(model, path, *, graph=None):
    """Write the page of a fitted model: one HTML file with the map, curves, spectra and scores, which needs no network.

    Parameters
    ----------
    model : fitted estimator
    path : path
        The file to write.
    graph : optional
        The graph that it was fitted on; needed for a model that was loaded.

    Examples
    --------
    >>> import os, tempfile
    >>> model = g2r.G2R(d_output=4, epochs=2).fit(g2r.load_dataset("karate"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     g2r.report(model, os.path.join(folder, "karate.html"))
    ...     os.listdir(folder)
    ['karate.html']
    """
    html, _ = model._make_page(graph)
    Path(path).write_text(html, encoding="utf-8")
