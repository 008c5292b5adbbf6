"""Writes python/g2r/__init__.pyi: the types of the package, with a class for each method of the registry.

    python crates/python/scripts/make_stubs.py            writes the file
    python crates/python/scripts/make_stubs.py --check    fails if it is not what would be written

Run it after a change to the settings of a method, with the package installed.
"""

import re
import sys
from pathlib import Path

import g2r
from g2r._estimators import _OF_RUNS, METHODS, class_name, kind_of, parameter_name

STUB = Path(__file__).parent.parent / "python" / "g2r" / "__init__.pyi"

HEAD = '''\
# Written by scripts/make_stubs.py.
from os import PathLike
from typing import Any, Callable, Iterable, Literal, Mapping, NamedTuple, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

# matrices of scipy, data frames and graphs of libraries that need not be installed
_Graph = Any
_Features = Any
_Path = str | PathLike[str]

__version__: str
__all__: list[str]
METHODS: dict[str, dict[str, Any]]

class Dataset:
    def __init__(
        self,
        graph: _Graph,
        X: _Features | None = None,
        y: ArrayLike | None = None,
        *,
        split: Sequence[ArrayLike] | Mapping[str, ArrayLike] | None = None,
        node_ids: Sequence[Any] | NDArray[Any] | None = None,
        feature_names: Sequence[str] | None = None,
        name: str | None = None,
        **reading: Any,
    ) -> None: ...
    @property
    def name(self) -> str: ...
    @property
    def num_nodes(self) -> int: ...
    @property
    def num_edges(self) -> int: ...
    @property
    def adjacency(self) -> Any: ...
    @property
    def X(self) -> Any: ...
    @property
    def y(self) -> NDArray[np.int64] | None: ...
    @property
    def classes(self) -> list[Any] | None: ...
    @property
    def splits(self) -> list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]: ...
    @property
    def node_ids(self) -> NDArray[Any]: ...
    @property
    def feature_names(self) -> list[str] | None: ...
    @property
    def fingerprint(self) -> str: ...
    def summary(self) -> str: ...
    def __len__(self) -> int: ...

def load_dataset(name: _Path, *, data_dir: _Path | None = None, **reading: Any) -> Dataset: ...

class NodeEmbedder:
    embedding_: NDArray[np.float32]
    node_ids_: NDArray[Any]
    history_: list[dict[str, Any]]
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    checkpoint_: str
    epoch_: int
    settings_: dict[str, Any]
    report_: dict[str, Any]
    def fit(
        self,
        graph: _Graph,
        X: _Features | None = None,
        y: ArrayLike | None = None,
        *,
        callback: Callable[[dict[str, Any]], Any] | None = None,
    ) -> Any: ...
    def transform(self, graph: _Graph, X: _Features | None = None) -> Any: ...
    def fit_transform(
        self, graph: _Graph, X: _Features | None = None, y: ArrayLike | None = None, **fit_params: Any
    ) -> Any: ...
    def save(self, folder: _Path) -> None: ...
    def save_embedding(self, path: _Path, format: str | None = None) -> None: ...
    def to_pandas(self) -> Any: ...
    def to_dict(self) -> dict[Any, NDArray[np.float32]]: ...
    def to_torch(self) -> Any: ...
    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]: ...
    def set_output(self, *, transform: Literal["default", "pandas"] | None = None) -> Any: ...
    def get_params(self, deep: bool = True) -> dict[str, Any]: ...
    def set_params(self, **params: Any) -> Any: ...
    def __repr__(self, N_CHAR_MAX: int = 700) -> str: ...
    def __sklearn_is_fitted__(self) -> bool: ...
    def __sklearn_tags__(self) -> Any: ...
    def __getstate__(self) -> dict[str, Any]: ...
    def __setstate__(self, state: dict[str, Any]) -> None: ...

class RateReduction(NamedTuple):
    loss: float
    expansion: float
    compression: float
    gradient: NDArray[np.float32] | None

def load(folder: _Path) -> NodeEmbedder: ...
def evaluate(
    embedding: ArrayLike | NodeEmbedder,
    labels: Dataset | _Path | ArrayLike,
    *,
    protocol: str | None = None,
    split: Sequence[ArrayLike] | Mapping[str, ArrayLike] | None = None,
    seed: int = 0,
) -> dict[str, Any]: ...
def bench(
    methods: str | NodeEmbedder | type[NodeEmbedder] | Iterable[str | NodeEmbedder | type[NodeEmbedder]],
    datasets: _Path | Dataset | Iterable[_Path | Dataset],
    *,
    seeds: int = 10,
    protocols: str | Sequence[str] | None = None,
    tasks: str | Sequence[str] = ("classification",),
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    n_jobs: int | None = None,
    out: _Path | None = None,
    verbose: int = 0,
    callback: Callable[[dict[str, Any]], Any] | None = None,
    **options: Any,
) -> Any: ...
def report(model: NodeEmbedder, path: _Path, *, graph: _Graph | None = None) -> None: ...
def coding_rate(Z: ArrayLike, eps_sq: float = 0.5, *, return_gradient: bool = False) -> Any: ...
def rate_reduction(
    Z: ArrayLike,
    groups: Any,
    eps_sq: float = 0.5,
    *,
    gamma1: float = 1.0,
    gamma2: float = 1.0,
    weighting: Literal["mcr2", "g2r"] = "mcr2",
    return_gradient: bool = False,
) -> RateReduction: ...
'''

OF_RUNS = {
    "random_state": "Any",
    "center_features": "bool | None",
    "projection": "Mapping[str, Any] | None",
    "eval_every": "int | None",
    "n_jobs": "int | None",
    "verbose": "int",
    "ignore_memory": "bool",
}


def type_of(kind):
    """A type as Python writes it."""
    inner = re.fullmatch("list of (.*)", kind)
    return f"Sequence[{type_of(inner[1])}]" if inner else {"dict": "Mapping[str, Any]"}.get(kind, kind)


def estimator(method):
    """The stub of a method's class."""
    lines = ["", f"class {class_name(method)}(NodeEmbedder):", "    def __init__(", "        self,", "        *,"]
    for setting in method["settings"]:
        kind = type_of(kind_of(setting["default"]))
        lines.append(f"        {parameter_name(setting['path'])}: {kind} | None = None,")
    for name, (default, _, _) in _OF_RUNS.items():
        lines.append(f"        {name}: {OF_RUNS.get(name, 'str | None')} = {default!r},")
    return [*lines, "    ) -> None: ..."]


def main():
    text = HEAD + "\n".join(line for method in METHODS.values() for line in estimator(method)) + "\n"
    if sys.argv[1:] == ["--check"]:
        if STUB.read_text(encoding="utf-8") != text:
            sys.exit(f"{STUB} is not what the registry of g2r {g2r.__version__} says: run {__file__}")
    else:
        STUB.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
