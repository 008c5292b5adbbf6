"""Writes the MAT-files of tests/corpus/mat, as scipy.io.savemat does.

    pip install numpy==2.* scipy==1.17.1
    python tests/scripts/mat_corpus.py
"""

from pathlib import Path

import numpy
import scipy.io
import scipy.sparse

folder = Path(__file__).parent.parent / "corpus" / "mat"
folder.mkdir(exist_ok=True)

# A path of four nodes, as DeepWalk's blogcatalog.mat has its graph: several groups for a node.
path = scipy.sparse.csc_matrix(numpy.array([[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0]], float))
group = scipy.sparse.csc_matrix(numpy.array([[1, 0, 1], [0, 1, 0], [0, 0, 0], [1, 0, 0]], float))
scipy.io.savemat(folder / "groups.mat", {"network": path, "group": group}, do_compression=True)

# As the sets of attributed graphs have it: weights, attributes and a class for each node.
weighted = path * 0.5
attributes = numpy.array([[1, 0.25], [0, -3], [2, 0], [0, 1e-3]], numpy.float32)
full = {"Network": weighted, "Attributes": attributes, "Label": numpy.zeros((4, 1)), "Class": numpy.array([[1, 2, 2, 1]]).T}
scipy.io.savemat(folder / "attributes.mat", full)

# As the SuiteSparse collection has it.
scipy.io.savemat(folder / "problem.mat", {"Problem": {"A": path, "name": "path", "id": 7.0}})
