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

class Raw(NodeEmbedder):
    def __init__(
        self,
        *,
        random_state: Any = 0,
        preset: str | None = None,
        checkpoint: str | None = None,
        protocol: str | None = None,
        eval_every: int | None = None,
        feature_weighting: str | None = None,
        feature_scaling: str | None = None,
        center_features: bool | None = None,
        projection: Mapping[str, Any] | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        ignore_memory: bool = False,
    ) -> None: ...

class Propagated(NodeEmbedder):
    def __init__(
        self,
        *,
        hops: int | None = None,
        random_state: Any = 0,
        preset: str | None = None,
        checkpoint: str | None = None,
        protocol: str | None = None,
        eval_every: int | None = None,
        feature_weighting: str | None = None,
        feature_scaling: str | None = None,
        center_features: bool | None = None,
        projection: Mapping[str, Any] | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        ignore_memory: bool = False,
    ) -> None: ...

class Ppr(NodeEmbedder):
    def __init__(
        self,
        *,
        iterations: int | None = None,
        teleport_prob: float | None = None,
        random_state: Any = 0,
        preset: str | None = None,
        checkpoint: str | None = None,
        protocol: str | None = None,
        eval_every: int | None = None,
        feature_weighting: str | None = None,
        feature_scaling: str | None = None,
        center_features: bool | None = None,
        projection: Mapping[str, Any] | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        ignore_memory: bool = False,
    ) -> None: ...

class RandomInit(NodeEmbedder):
    def __init__(
        self,
        *,
        d_output: int | None = None,
        activation: str | None = None,
        attention_dropout_prob: float | None = None,
        d_hidden: Sequence[int] | None = None,
        dropout_prob: float | None = None,
        heads: int | None = None,
        encoder: str | None = None,
        output_heads: int | None = None,
        row_norm: str | None = None,
        random_state: Any = 0,
        preset: str | None = None,
        checkpoint: str | None = None,
        protocol: str | None = None,
        eval_every: int | None = None,
        feature_weighting: str | None = None,
        feature_scaling: str | None = None,
        center_features: bool | None = None,
        projection: Mapping[str, Any] | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        ignore_memory: bool = False,
    ) -> None: ...

class Spectral(NodeEmbedder):
    def __init__(
        self,
        *,
        d_output: int | None = None,
        iterations: int | None = None,
        tolerance: float | None = None,
        random_state: Any = 0,
        preset: str | None = None,
        checkpoint: str | None = None,
        protocol: str | None = None,
        eval_every: int | None = None,
        feature_weighting: str | None = None,
        feature_scaling: str | None = None,
        center_features: bool | None = None,
        projection: Mapping[str, Any] | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        ignore_memory: bool = False,
    ) -> None: ...

class DeepWalk(NodeEmbedder):
    def __init__(
        self,
        *,
        d_output: int | None = None,
        learning_rate: float | None = None,
        negatives: int | None = None,
        walk_length: int | None = None,
        walks_per_batch: int | None = None,
        walks_per_node: int | None = None,
        window: int | None = None,
        random_state: Any = 0,
        preset: str | None = None,
        checkpoint: str | None = None,
        protocol: str | None = None,
        eval_every: int | None = None,
        feature_weighting: str | None = None,
        feature_scaling: str | None = None,
        center_features: bool | None = None,
        projection: Mapping[str, Any] | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        ignore_memory: bool = False,
    ) -> None: ...

class Node2vec(NodeEmbedder):
    def __init__(
        self,
        *,
        d_output: int | None = None,
        learning_rate: float | None = None,
        negatives: int | None = None,
        p: float | None = None,
        q: float | None = None,
        walk_length: int | None = None,
        walks_per_batch: int | None = None,
        walks_per_node: int | None = None,
        window: int | None = None,
        random_state: Any = 0,
        preset: str | None = None,
        checkpoint: str | None = None,
        protocol: str | None = None,
        eval_every: int | None = None,
        feature_weighting: str | None = None,
        feature_scaling: str | None = None,
        center_features: bool | None = None,
        projection: Mapping[str, Any] | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        ignore_memory: bool = False,
    ) -> None: ...

class DGI(NodeEmbedder):
    def __init__(
        self,
        *,
        d_output: int | None = None,
        activation: str | None = None,
        attention_dropout_prob: float | None = None,
        d_hidden: Sequence[int] | None = None,
        dropout_prob: float | None = None,
        heads: int | None = None,
        encoder: str | None = None,
        output_heads: int | None = None,
        row_norm: str | None = None,
        epochs: int | None = None,
        learning_rate: float | None = None,
        weight_decay: float | None = None,
        patience: int | None = None,
        random_state: Any = 0,
        preset: str | None = None,
        checkpoint: str | None = None,
        protocol: str | None = None,
        eval_every: int | None = None,
        feature_weighting: str | None = None,
        feature_scaling: str | None = None,
        center_features: bool | None = None,
        projection: Mapping[str, Any] | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        ignore_memory: bool = False,
    ) -> None: ...

class GRACE(NodeEmbedder):
    def __init__(
        self,
        *,
        d_output: int | None = None,
        d_projection: int | None = None,
        activation: str | None = None,
        attention_dropout_prob: float | None = None,
        d_hidden: Sequence[int] | None = None,
        dropout_prob: float | None = None,
        heads: int | None = None,
        encoder: str | None = None,
        output_heads: int | None = None,
        row_norm: str | None = None,
        epochs: int | None = None,
        nodes_per_step: int | None = None,
        learning_rate: float | None = None,
        weight_decay: float | None = None,
        temperature: float | None = None,
        views_drop_edge_probs: Sequence[float] | None = None,
        views_mask_feature_probs: Sequence[float] | None = None,
        random_state: Any = 0,
        preset: str | None = None,
        checkpoint: str | None = None,
        protocol: str | None = None,
        eval_every: int | None = None,
        feature_weighting: str | None = None,
        feature_scaling: str | None = None,
        center_features: bool | None = None,
        projection: Mapping[str, Any] | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        ignore_memory: bool = False,
    ) -> None: ...

class BGRL(NodeEmbedder):
    def __init__(
        self,
        *,
        d_output: int | None = None,
        d_predictor: int | None = None,
        activation: str | None = None,
        attention_dropout_prob: float | None = None,
        d_hidden: Sequence[int] | None = None,
        dropout_prob: float | None = None,
        heads: int | None = None,
        encoder: str | None = None,
        output_heads: int | None = None,
        row_norm: str | None = None,
        epochs: int | None = None,
        momentum: float | None = None,
        learning_rate: float | None = None,
        weight_decay: float | None = None,
        views_drop_edge_probs: Sequence[float] | None = None,
        views_mask_feature_probs: Sequence[float] | None = None,
        warmup_epochs: int | None = None,
        random_state: Any = 0,
        preset: str | None = None,
        checkpoint: str | None = None,
        protocol: str | None = None,
        eval_every: int | None = None,
        feature_weighting: str | None = None,
        feature_scaling: str | None = None,
        center_features: bool | None = None,
        projection: Mapping[str, Any] | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        ignore_memory: bool = False,
    ) -> None: ...

class CCASSG(NodeEmbedder):
    def __init__(
        self,
        *,
        d_output: int | None = None,
        decorrelation: float | None = None,
        activation: str | None = None,
        attention_dropout_prob: float | None = None,
        d_hidden: Sequence[int] | None = None,
        dropout_prob: float | None = None,
        heads: int | None = None,
        encoder: str | None = None,
        output_heads: int | None = None,
        row_norm: str | None = None,
        epochs: int | None = None,
        learning_rate: float | None = None,
        weight_decay: float | None = None,
        views_drop_edge_probs: Sequence[float] | None = None,
        views_mask_feature_probs: Sequence[float] | None = None,
        random_state: Any = 0,
        preset: str | None = None,
        checkpoint: str | None = None,
        protocol: str | None = None,
        eval_every: int | None = None,
        feature_weighting: str | None = None,
        feature_scaling: str | None = None,
        center_features: bool | None = None,
        projection: Mapping[str, Any] | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        ignore_memory: bool = False,
    ) -> None: ...

class G2RLinear(NodeEmbedder):
    def __init__(
        self,
        *,
        d_output: int | None = None,
        degree_column: bool | None = None,
        extra_hops: Sequence[int] | None = None,
        feature_neighbors_drop_prob: float | None = None,
        feature_neighbors_nearest: int | None = None,
        feature_neighbors_search: str | None = None,
        feature_neighbors_views: int | None = None,
        feature_neighbors_weight: float | None = None,
        feature_neighbors_width: int | None = None,
        full_width: bool | None = None,
        iterations: int | None = None,
        lift_features: int | None = None,
        lift_inverse_width: float | None = None,
        pairs: str | None = None,
        ridge: float | None = None,
        solver: str | None = None,
        teleport_prob: float | None = None,
        tolerance: float | None = None,
        random_state: Any = 0,
        preset: str | None = None,
        checkpoint: str | None = None,
        protocol: str | None = None,
        eval_every: int | None = None,
        feature_weighting: str | None = None,
        feature_scaling: str | None = None,
        center_features: bool | None = None,
        projection: Mapping[str, Any] | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        ignore_memory: bool = False,
    ) -> None: ...

class G2R(NodeEmbedder):
    def __init__(
        self,
        *,
        d_output: int | None = None,
        activation: str | None = None,
        attention_dropout_prob: float | None = None,
        d_hidden: Sequence[int] | None = None,
        dropout_prob: float | None = None,
        heads: int | None = None,
        encoder: str | None = None,
        output_heads: int | None = None,
        row_norm: str | None = None,
        epochs: int | None = None,
        eps_sq: float | None = None,
        gamma1: float | None = None,
        gamma2: float | None = None,
        groups_per_step: int | None = None,
        hops: int | None = None,
        max_group: int | None = None,
        membership: str | None = None,
        learning_rate: float | None = None,
        weight_decay: float | None = None,
        sampling: str | None = None,
        self_loops: bool | None = None,
        weighting: str | None = None,
        random_state: Any = 0,
        preset: str | None = None,
        checkpoint: str | None = None,
        protocol: str | None = None,
        eval_every: int | None = None,
        feature_weighting: str | None = None,
        feature_scaling: str | None = None,
        center_features: bool | None = None,
        projection: Mapping[str, Any] | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        ignore_memory: bool = False,
    ) -> None: ...

class ReduNetNeighborhoods(NodeEmbedder):
    def __init__(
        self,
        *,
        eps_sq: float | None = None,
        eta: float | None = None,
        layers: int | None = None,
        random_state: Any = 0,
        preset: str | None = None,
        checkpoint: str | None = None,
        protocol: str | None = None,
        eval_every: int | None = None,
        feature_weighting: str | None = None,
        feature_scaling: str | None = None,
        center_features: bool | None = None,
        projection: Mapping[str, Any] | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        ignore_memory: bool = False,
    ) -> None: ...

class MCR2(NodeEmbedder):
    def __init__(
        self,
        *,
        d_output: int | None = None,
        activation: str | None = None,
        attention_dropout_prob: float | None = None,
        d_hidden: Sequence[int] | None = None,
        dropout_prob: float | None = None,
        heads: int | None = None,
        encoder: str | None = None,
        output_heads: int | None = None,
        row_norm: str | None = None,
        epochs: int | None = None,
        eps_sq: float | None = None,
        learning_rate: float | None = None,
        weight_decay: float | None = None,
        random_state: Any = 0,
        preset: str | None = None,
        checkpoint: str | None = None,
        protocol: str | None = None,
        eval_every: int | None = None,
        feature_weighting: str | None = None,
        feature_scaling: str | None = None,
        center_features: bool | None = None,
        projection: Mapping[str, Any] | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        ignore_memory: bool = False,
    ) -> None: ...

class ReduNet(NodeEmbedder):
    def __init__(
        self,
        *,
        eps_sq: float | None = None,
        eta: float | None = None,
        layers: int | None = None,
        sharpness: float | None = None,
        random_state: Any = 0,
        preset: str | None = None,
        checkpoint: str | None = None,
        protocol: str | None = None,
        eval_every: int | None = None,
        feature_weighting: str | None = None,
        feature_scaling: str | None = None,
        center_features: bool | None = None,
        projection: Mapping[str, Any] | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        ignore_memory: bool = False,
    ) -> None: ...

class Supervised(NodeEmbedder):
    def __init__(
        self,
        *,
        decayed_layers: str | None = None,
        activation: str | None = None,
        attention_dropout_prob: float | None = None,
        d_hidden: Sequence[int] | None = None,
        dropout_prob: float | None = None,
        heads: int | None = None,
        encoder: str | None = None,
        output_heads: int | None = None,
        row_norm: str | None = None,
        epochs: int | None = None,
        learning_rate: float | None = None,
        weight_decay: float | None = None,
        patience: int | None = None,
        random_state: Any = 0,
        preset: str | None = None,
        checkpoint: str | None = None,
        protocol: str | None = None,
        eval_every: int | None = None,
        feature_weighting: str | None = None,
        feature_scaling: str | None = None,
        center_features: bool | None = None,
        projection: Mapping[str, Any] | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        ignore_memory: bool = False,
    ) -> None: ...
