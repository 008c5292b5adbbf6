"""An estimator for each method of the registry, by scikit-learn's conventions.

scikit-learn is not imported here: the conventions are followed without its classes, so that the package needs NumPy alone.
"""

from __future__ import annotations

import inspect
import json
import logging
import os
import re
import textwrap

import numpy as np

from g2r import _arrays, _g2r
from g2r._datasets import Dataset, _id_array, _text, as_dataset
from g2r._progress import Progress

logger = logging.getLogger("g2r")

#: What the registry says of each method, by its name.
METHODS = {method["name"]: method for method in json.loads(_g2r.methods())}

# Parameters of every estimator beside the settings of its method: default and docs.
_OF_RUNS = {
    "random_state": (
        0,
        "int, RandomState or None",
        "Seed of all random numbers; the same seed gives the same bits, with any number of threads. None draws one.",
    ),
    "preset": (None, "str", "Which of the method's presets fills in what is not set."),
    "checkpoint": (
        None,
        '{"last", "lowest-loss", "best-validation"}',
        'Which epoch\'s weights are kept; by default the method\'s own rule, "last" where "best-validation" has no labels.',
    ),
    "protocol": (
        None,
        "str",
        'How the nodes of a labelled Dataset are split: "public", "random-20", "10-10-80", …; "none" reads no label.',
    ),
    "eval_every": (None, "int", "Evaluate on the validation nodes every N epochs, where the best epoch is kept."),
    "feature_weighting": (None, "str", "How entries of the features are weighed."),
    "feature_scaling": (None, '{"auto", "none", "row-l1", "row-l2", "standardize"}', "Scale of the features."),
    "center_features": (None, "bool", "Whether the mean of each column is subtracted."),
    "projection": (None, "dict", "A linear map of the features that is learned first."),
    "n_jobs": (None, "int", "Threads; None and −1 take one a core. No result depends on it."),
    "verbose": (0, "int", "1 shows progress on standard error, by tqdm where it is installed."),
    "ignore_memory": (False, "bool", "Whether to start a run that cannot fit into what memory is available."),
}
_OF_PREPARATION = ("feature_weighting", "feature_scaling", "center_features", "projection")
# Tables whose keys need not say which table they are of.
_PLAIN_TABLES = ("encoder", "optimizer")


class NodeEmbedder:
    """What all estimators share; ``g2r.METHODS`` lists them. Make one of its subclasses, such as :class:`g2r.G2R`.

    Attributes
    ----------
    embedding_ : array of float32 [nodes, width]
        The embedding of the graph that it was fitted on.
    node_ids_ : array [nodes]
        What each node is called, in the order of the rows.
    history_ : list of dict
        What each epoch did: ``epoch``, ``loss``, ``seconds``, for rate reduction ``expansion`` and ``compression``, and
        ``val_acc`` where it was evaluated.
    n_features_in_ : int
        Number of feature columns.
    feature_names_in_ : array of str [n_features_in_]
        Names of the columns, where they have names.
    checkpoint_ : str
        Which rule chose the epoch.
    epoch_ : int
        The epoch that was kept, from 1; 0 where nothing was trained.
    settings_ : dict
        Every setting that it was fitted with.
    report_ : dict
        What ``report.json`` of the program holds: scores beside the baselines where a labelled Dataset was fitted, the cost,
        the provenance.
    """

    _method = None
    _parameters: dict = {}
    _paths: dict = {}

    def fit(self, graph, X=None, y=None, *, callback=None):
        """Train on a graph.

        Parameters
        ----------
        graph : Dataset, or whatever :class:`Dataset` takes
            A Dataset (or its name or path) with labels and a split, or with labels and ``protocol``, is used as ``g2r train`` uses
            it: validation labels may choose the epoch, and ``report_`` has test scores. Of any other graph no label is read by a
            method that does not learn from labels.
        X : array, sparse matrix or data frame [nodes, features], optional
            Features. An array of one dimension is taken for ``y``, as a Pipeline hands it over.
        y : array [nodes], optional
            Classes, which supervised methods learn from: those of the training nodes of ``protocol``, by default "random-20". A
            ``Dataset`` with ``split`` says which nodes these are. −1, None and NaN stand for none. Other methods do not read it.
        callback : callable, optional
            Called after each epoch with a dictionary like those of ``history_``; where it returns something true, training ends,
            and what was trained by then is kept.

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            Input or settings that are not what they should be.
        MemoryError
            A run that cannot fit into memory, before anything is taken.
        KeyboardInterrupt
            Ctrl-C; the step at hand is finished first.
        """
        dataset = self._dataset(graph, X, y)
        flags = self._flags()
        if not self._is_supervised() and not self._reads_labels(graph, dataset):
            flags["protocol"] = "none"
            if flags["checkpoint"] == "best-validation":
                expected = '"last" or "lowest-loss" without a Dataset that has labels and a split, or a protocol'
                raise ValueError(f'checkpoint: expected {expected}, found "best-validation"')
        logger.info("%s: fitting %s on %r", type(self).__name__, _changed(self), dataset)
        with Progress(bool(self.verbose), callback, type(self).__name__) as progress:
            fitted = _g2r.fit(
                dataset._native,
                flags,
                _threads(self.n_jobs),
                bool(self.ignore_memory),
                progress if progress.is_needed else None,
                callback is not None,
                bool(self.verbose),
            )
        self._take(fitted, dataset.node_ids)
        self.n_features_in_ = dataset._native.num_features
        names = dataset.feature_names
        if names is not None:
            self.feature_names_in_ = np.array(names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        for warning in self.report_.get("warnings", []):
            logger.warning("%s: %s", type(self).__name__, warning)
        logger.info("%s: done in %.2f s", type(self).__name__, self.report_["total_seconds"])
        return self

    def transform(self, graph, X=None):
        """Embed the nodes of a graph, also those that training never saw.

        Parameters
        ----------
        graph, X
            As :meth:`fit` takes them. Feature columns are matched by their names, where both have names, in any order.

        Returns
        -------
        array of float32 [nodes, width], or a data frame after ``set_output(transform="pandas")``

        Raises
        ------
        ValueError
            Other feature columns than it was fitted with; unseen nodes, for methods that know nodes by their ids alone.
        """
        fitted = self._fitted()
        dataset = as_dataset(graph, X)
        found = dataset._native.num_features
        expected = getattr(self, "n_features_in_", found)
        if found != expected and dataset.feature_names is None and not dataset._native.features_made:
            # scikit-learn's words.
            name = type(self).__name__
            raise ValueError(f"X has {found} features, but {name} is expecting {expected} features as input")
        rows = fitted.transform(dataset._native, _threads(self.n_jobs))
        return self._output(rows, dataset.node_ids)

    def fit_transform(self, graph, X=None, y=None, **fit_params):
        """Train on a graph, and give the embedding of its nodes; see :meth:`fit` and :meth:`transform`."""
        self.fit(graph, X, y, **fit_params)
        return self._output(self.embedding_, self.node_ids_)

    def save(self, folder):
        """Write the folder that ``g2r train`` writes: the model, embedding.npy, nodes.csv, config.toml and report.json."""
        self._fitted().save(os.fspath(folder), self._rows())

    def save_embedding(self, path, format=None):
        """Write the embedding with its ids: npy, npz, csv, tsv, or word2vec's text (.vec), which gensim's KeyedVectors read."""
        ids = [_text(value) for value in self._ids()]
        _g2r.write_embedding(self._rows(), ids, os.fspath(path), format)

    def to_pandas(self):
        """The embedding as a data frame, with the ids of the nodes as its index."""
        import pandas as pd

        return pd.DataFrame(self.embedding_, index=pd.Index(self._ids(), name="node_id"), columns=self.get_feature_names_out())

    def to_dict(self):
        """The row of each node by its id; the rows are views."""
        return dict(zip(self._ids().tolist(), self._rows()))

    def to_torch(self):
        """The embedding as a tensor of PyTorch that shares its memory."""
        import torch

        return torch.from_numpy(self._rows())

    def get_feature_names_out(self, input_features=None):
        """Names of the columns of the embedding."""
        prefix = type(self).__name__.lower()
        return np.array([f"{prefix}{column}" for column in range(self._rows().shape[1])], dtype=object)

    def set_output(self, *, transform=None):
        """Choose what :meth:`transform` gives: "default" for an array, "pandas" for a data frame."""
        if transform not in (None, "default", "pandas"):
            raise ValueError(f'transform: expected "default" or "pandas", found {transform!r}')
        if transform is not None:
            self._transform_output = transform
        return self

    def get_params(self, deep=True):
        """The parameters that it was made with."""
        return {name: getattr(self, name) for name in self._parameters}

    def set_params(self, **params):
        """Change parameters by name."""
        for name, value in params.items():
            if name not in self._parameters:
                known = ", ".join(self._parameters)
                raise ValueError(f"Invalid parameter {name!r} for estimator {self}. Valid parameters are: {known}.")
            setattr(self, name, value)
        return self

    def _is_supervised(self):
        return METHODS[self._method]["kind"] == "supervised"

    def _reads_labels(self, graph, dataset):
        """Whether nodes are evaluated on the way, as the program does: of a data set, not of arrays."""
        is_dataset = isinstance(graph, (Dataset, str, os.PathLike))
        return is_dataset and (self.protocol is not None or bool(dataset.splits))

    def _dataset(self, graph, X, y):
        if X is not None and y is None and _arrays.ndim(X) == 1:
            X, y = None, X
        return as_dataset(graph, X, y if self._is_supervised() else None)

    def _flags(self):
        settings = {}
        for name, path in self._paths.items():
            value = getattr(self, name)
            if value is not None:
                table, _, key = path.rpartition(".")
                (settings.setdefault(table, {}) if table else settings)[key] = value
        flags = {name: getattr(self, name) for name in ("preset", "checkpoint", "protocol", "eval_every")}
        flags["preparation"] = {name: getattr(self, name) for name in _OF_PREPARATION}
        return {**flags, "method": self._method, "seed": _seed(self.random_state), self._method: settings}

    def _take(self, fitted, node_ids):
        self._native = fitted
        embedding = fitted.take_embedding()
        if embedding is not None:
            self.embedding_ = embedding
        self.node_ids_ = node_ids
        self.epoch_ = fitted.epoch
        self.checkpoint_ = fitted.checkpoint
        self.settings_ = fitted.settings()
        report = fitted.report()
        self.report_ = json.loads(report) if report else {}
        self.history_ = _history(self.report_)

    def _fitted(self):
        if getattr(self, "_native", None) is None:
            text = f"This {type(self).__name__} instance is not fitted yet. Call 'fit' with a graph first."
            try:
                from sklearn.exceptions import NotFittedError
            except ImportError:
                raise AttributeError(text) from None
            raise NotFittedError(text)
        return self._native

    def _rows(self):
        self._fitted()
        return _arrays.embedding("embedding_", self.embedding_)

    def _ids(self):
        self._fitted()
        return self.node_ids_

    def _output(self, rows, node_ids):
        if getattr(self, "_transform_output", "default") == "default":
            return rows
        import pandas as pd

        columns = [f"{type(self).__name__.lower()}{column}" for column in range(rows.shape[1])]
        return pd.DataFrame(rows, index=pd.Index(node_ids, name="node_id"), columns=columns)

    def _make_page(self, graph=None, map_nodes=5000):
        """The HTML page of the run, and its figures."""
        dataset = self._fitted().dataset() if graph is None else as_dataset(graph)._native
        if dataset is None:
            raise ValueError("report: expected the graph that this model was fitted on, found none: give it as `graph`")
        return self._fitted().page(self._rows(), dataset, map_nodes)

    def __repr__(self, N_CHAR_MAX=700):
        return f"{type(self).__name__}({_changed(self)})"

    def _repr_html_(self):
        from g2r._notebook import repr_html

        if not self.__sklearn_is_fitted__():
            return repr_html(self)
        # A model may be shown several times, and its map takes a second.
        if getattr(self, "_html", (None,))[0] is not self._native:
            self._html = (self._native, repr_html(self))
        return self._html[1]

    def __sklearn_is_fitted__(self):
        return getattr(self, "_native", None) is not None

    def __sklearn_tags__(self):
        from sklearn.utils import InputTags, Tags, TargetTags, TransformerTags

        return Tags(
            estimator_type="transformer",
            target_tags=TargetTags(required=self._is_supervised()),
            transformer_tags=TransformerTags(preserves_dtype=[]),
            # What comes in is a graph.
            input_tags=InputTags(two_d_array=False, sparse=True),
            requires_fit=True,
            non_deterministic=False,
        )

    def __getstate__(self):
        state = {name: value for name, value in self.__dict__.items() if name not in ("_native", "_html")}
        if self.__sklearn_is_fitted__():
            files = self._native.to_files(self._rows())
            # It is in the state already, as an array.
            files.pop("embedding.npy")
            state["_files"] = files
        return state

    def __setstate__(self, state):
        files = state.pop("_files", None)
        self.__dict__.update(state)
        self._native = None if files is None else _g2r.Fitted.from_files(files)


def load(folder):
    """Read a model that :meth:`NodeEmbedder.save` or ``g2r train`` has written.

    Parameters
    ----------
    folder : path

    Returns
    -------
    NodeEmbedder
        The estimator of its method, fitted, with every setting of its run as a parameter.

    Examples
    --------
    >>> import tempfile
    >>> karate = g2r.load_dataset("karate")
    >>> model = g2r.G2R(d_output=4, epochs=2).fit(karate)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.save(folder)
    ...     again = g2r.load(folder)
    >>> bool((again.transform(karate) == model.embedding_).all())
    True
    """
    import g2r

    fitted = _g2r.Fitted.load(os.fspath(folder))
    estimator = next(getattr(g2r, name) for name in g2r.__all__ if _is_of(getattr(g2r, name), fitted.method))
    settings = fitted.settings()
    values = {}
    for name, path in estimator._paths.items():
        table, _, key = path.rpartition(".")
        values[name] = (settings[table] if table else settings)[key]
    model = estimator(random_state=fitted.seed, **values)
    model._take(fitted, _ids_of_table(fitted.node_table()))
    origin = model.report_.get("provenance", {}).get("data", {})
    if "num_features" in origin:
        model.n_features_in_ = origin["num_features"]
    if origin.get("feature_columns"):
        model.feature_names_in_ = np.array(origin["feature_columns"], dtype=object)
    return model


def _is_of(value, method):
    return isinstance(value, type) and getattr(value, "_method", None) == method


def _ids_of_table(text):
    import csv
    import io

    if text is None:
        return None
    ids = [row["node_id"] for row in csv.DictReader(io.StringIO(text))]
    if all(re.fullmatch(r"0|[1-9][0-9]{0,17}", value) for value in ids):
        ids = [int(value) for value in ids]
    return _id_array(ids)


def _history(report):
    results = report.get("results") or []
    if not results:
        return []
    history = [dict(entry) for entry in results[0]["history"]]
    for entry, val_acc in zip(history, results[0].get("val_acc_history") or []):
        if val_acc is not None:
            entry["val_acc"] = val_acc
    return history


def _seed(random_state):
    if random_state is None:
        return int(np.random.default_rng().integers(2**31))
    if isinstance(random_state, (int, np.integer)) and not isinstance(random_state, bool):
        if random_state < 0:
            raise ValueError(f"random_state: expected at least 0, found {random_state}")
        return int(random_state)
    if hasattr(random_state, "randint"):
        return int(random_state.randint(2**31 - 1))
    if hasattr(random_state, "integers"):
        return int(random_state.integers(2**31))
    raise TypeError(f"random_state: expected a whole number, RandomState or None, found {type(random_state).__name__}")


def _threads(n_jobs):
    if n_jobs is None or n_jobs == -1:
        return 0
    if isinstance(n_jobs, bool) or not isinstance(n_jobs, (int, np.integer)):
        raise TypeError(f"n_jobs: expected a whole number or None, found {type(n_jobs).__name__}")
    if n_jobs < -1:
        # All cores but some, as joblib counts them.
        return max(1, (os.cpu_count() or 1) + 1 + int(n_jobs))
    if n_jobs == 0:
        raise ValueError("n_jobs: expected at least 1, or −1 for one a core, found 0")
    return int(n_jobs)


def _changed(estimator):
    changed = []
    for name, default in estimator._parameters.items():
        value = getattr(estimator, name, default)
        if value is not default and not (type(value) is type(default) and value == default):
            changed.append(f"{name}={value!r}")
    return ", ".join(changed)


def class_name(method):
    """The name of a method's estimator: the words of its name, spelt as in its title, such as ``CCASSG`` or ``G2RLinear``."""
    spelt = {word.lower(): word for word in re.findall(r"[A-Za-z0-9]+", method["title"].replace("²", "2"))}
    words = (spelt.get(word, word) for word in method["name"].split("-"))
    return "".join(word[0].upper() + word[1:] for word in words)


def parameter_name(path):
    """The name of a setting as a parameter: ``encoder`` for encoder.kind, ``d_hidden``, ``views_drop_edge_probs``."""
    table, _, key = path.rpartition(".")
    if path == "encoder.kind":
        return "encoder"
    return key if not table or table in _PLAIN_TABLES else f"{table}_{key}"


def kind_of(default):
    """The type of a setting in words, by its default."""
    kinds = {bool: "bool", int: "int", float: "float", str: "str", dict: "dict"}
    if isinstance(default, list):
        inner = {kind_of(value) for value in default} or {"int"}
        return f"list of {inner.pop()}"
    return kinds[type(default)]


def make_estimators(module):
    """A class for each method of the registry."""
    return [_make_estimator(method, module) for method in METHODS.values()]


def _make_estimator(method, module):
    paths = {parameter_name(setting["path"]): setting["path"] for setting in method["settings"]}
    parameters = dict.fromkeys(paths)
    parameters.update((name, default) for name, (default, _, _) in _OF_RUNS.items())

    def __init__(self, **given):
        unknown = [name for name in given if name not in parameters]
        if unknown:
            raise TypeError(f"{type(self).__name__}() got an unexpected keyword argument {unknown[0]!r}")
        for name, default in parameters.items():
            setattr(self, name, given.get(name, default))

    kind = inspect.Parameter
    arguments = [kind(name, kind.KEYWORD_ONLY, default=default) for name, default in parameters.items()]
    __init__.__signature__ = inspect.Signature([kind("self", kind.POSITIONAL_OR_KEYWORD), *arguments])
    name = class_name(method)
    __init__.__qualname__ = f"{name}.__init__"
    members = {
        "__init__": __init__,
        "__doc__": _docstring(name, method),
        "__module__": module,
        "_method": method["name"],
        "_parameters": parameters,
        "_paths": paths,
    }
    return type(name, (NodeEmbedder,), members)


def _docstring(name, method):
    source = f": {method['source']}" if method["source"] else ""
    learns = {
        "baseline": "It learns nothing: it shows what features and graph are worth without training.",
        "unsupervised": "No label is learned from.",
        "supervised": "It learns from the labels of training nodes too.",
    }
    lines = [f"{method['title']}{source}.", "", learns[method["kind"]]]
    if method["presets"]:
        lines[-1] += f" Presets by name: {', '.join(method['presets'])}."
    lines += ["", "Parameters", "----------"]

    def entry(parameter, kind, text):
        lines.append(f"{parameter} : {kind}")
        lines.extend(textwrap.wrap(text, 110, initial_indent="    ", subsequent_indent="    "))

    for setting in method["settings"]:
        default, general = setting["default"], setting["general"]
        shown = f"Default: that of the preset for the graph; {default!r} without one"
        shown += f", {general!r} for a graph of 1000 nodes." if general is not None and general != default else "."
        entry(parameter_name(setting["path"]), f"{kind_of(default)}, optional", f"{setting['doc']} {shown}".strip())
    for parameter, (default, kind, text) in _OF_RUNS.items():
        entry(parameter, f"{kind}, default {default!r}", text)
    small = ", ".join(
        f"{key}={value}" for key, value in (("d_output", 4), ("epochs", 2), ("warmup_epochs", 1)) if any(s["path"] == key for s in method["settings"])
    )
    graph = 'g2r.load_dataset("karate")'
    protocol = 'protocol="10-10-80"' if method["kind"] == "supervised" else ""
    arguments = ", ".join(filter(None, [small, protocol]))
    lines += [
        "",
        "Examples",
        "--------",
        f">>> model = g2r.{name}({arguments})",
        f">>> Z = model.fit_transform({graph})",
        ">>> Z.shape[0], Z.dtype",
        "(34, dtype('float32'))",
    ]
    return "\n".join(lines)
