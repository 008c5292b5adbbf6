"""Writes scikit-learn's digits and iris as tables of samples: `label`, then the features.

    python tests/scripts/samples.py tests/samples

Needs scikit-learn.
"""

import csv
import gzip
import io
import sys
from pathlib import Path

from sklearn import datasets

folder = Path(sys.argv[1])
folder.mkdir(exist_ok=True)


def table(data, labels, names):
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["label", *names])
    for label, row in zip(labels, data):
        rows.writerow([label, *(f"{value:g}" for value in row)])
    return text.getvalue().encode()


iris = datasets.load_iris()
names = [name.replace(" (cm)", "").replace(" ", "_") for name in iris.feature_names]
(folder / "iris.csv").write_bytes(table(iris.data, iris.target_names[iris.target], names))

digits = datasets.load_digits()
packed = gzip.compress(table(digits.data, digits.target, digits.feature_names), mtime=0)
(folder / "digits.csv.gz").write_bytes(packed)
