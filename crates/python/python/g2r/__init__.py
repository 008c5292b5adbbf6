"""Node embeddings of graphs without labels, by rate reduction and others, on the core of the program ``g2r``.

>>> import g2r
>>> cora = g2r.load_dataset("cora")
>>> Z = g2r.G2RLinear().fit_transform(cora)
>>> g2r.evaluate(Z, cora)["test_acc"] > 0.8
True

Each method of the program is an estimator by scikit-learn's conventions; ``g2r.METHODS`` lists them. The same seed gives
the same bits as ``g2r train`` does, with any number of threads.
"""

from g2r import _g2r
from g2r._datasets import Dataset, load_dataset
from g2r._estimators import METHODS, NodeEmbedder, load, make_estimators
from g2r._evaluation import bench, evaluate, report
from g2r._rates import RateReduction, coding_rate, rate_reduction

__version__ = _g2r.version()
__all__ = [
    "METHODS",
    "Dataset",
    "NodeEmbedder",
    "RateReduction",
    "bench",
    "coding_rate",
    "evaluate",
    "load",
    "load_dataset",
    "rate_reduction",
    "report",
]

for _estimator in make_estimators(__name__):
    globals()[_estimator.__name__] = _estimator
    __all__.append(_estimator.__name__)
del _estimator
