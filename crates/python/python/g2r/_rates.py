"""Coding rates of arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from g2r import _arrays, _g2r


class RateReduction(NamedTuple):
    """A rate reduction, in nats.

    Attributes
    ----------
    loss : float
        −γ₂ R(Z) + R_c(Z); lower is better.
    expansion : float
        R(Z): what all rows together take to code.
    compression : float
        R_c(Z): what the rows of each group take.
    gradient : array [nodes, width] or None
        Gradient of the loss by Z.
    """

    loss: float
    expansion: float
    compression: float
    gradient: np.ndarray | None


def coding_rate(Z, eps_sq=0.5, *, return_gradient=False):
    """Coding rate R(Z) = ½ log det(I + d/(n ε²) ZᵀZ), in nats (Yu et al. 2020, arXiv 2006.08558, eq. 1).

    Parameters
    ----------
    Z : array [n, d]
        Rows.
    eps_sq : float
        ε², the squared error of the code, above 0.
    return_gradient : bool
        Whether the gradient by Z [n, d] is returned too.

    Returns
    -------
    float, or (float, array [n, d])

    Examples
    --------
    >>> round(g2r.coding_rate([[1.0, 0.0], [0.0, 1.0]], eps_sq=1.0), 4)
    0.6931
    """
    value, gradient = _g2r.coding_rate(_arrays.embedding("Z", Z), float(eps_sq), bool(return_gradient))
    return (value, gradient) if return_gradient else value


def rate_reduction(Z, groups, eps_sq=0.5, *, gamma1=1.0, gamma2=1.0, weighting="mcr2", return_gradient=False):
    """Rate reduction: the loss −γ₂ R(Z) + R_c(Z) of the rows of Z in groups, in nats.

    R_c(Z) sums the coding rates of the groups, each by its share of the rows (``weighting="mcr2"``, Yu et al. 2020, arXiv
    2006.08558, eq. 8), or of all memberships (``"g2r"``, Han et al. 2022, arXiv 2202.06241). The gradient comes with the value at
    about the cost of it; docs/python.md has it as a loss of PyTorch.

    Parameters
    ----------
    Z : array [nodes, d]
        Rows.
    groups : array of int [nodes], or sparse or dense matrix [groups, nodes]
        The class of each node, −1 for none; or a matrix Π whose rows are groups with weights of their members.
    eps_sq : float
        ε², the squared error of the code, above 0.
    gamma1, gamma2 : float
        Factor inside the expansion, above 0; factor of the expansion, at least 0.
    weighting : {"mcr2", "g2r"}
        How groups are weighed against each other.
    return_gradient : bool
        Whether ``gradient`` is computed.

    Returns
    -------
    RateReduction

    Examples
    --------
    >>> Z = [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]
    >>> found = g2r.rate_reduction(Z, [0, 0, 1, 1], return_gradient=True)
    >>> round(found.expansion, 3), round(found.compression, 3), found.gradient.shape
    (1.099, 0.805, (4, 2))
    """
    if _arrays.ndim(groups) == 2:
        if not _arrays.is_sparse(groups):
            from scipy.sparse import csr_array

            groups = csr_array(_arrays.floats("groups", groups, 2))
        native = (*_arrays.csr("groups", groups), groups.shape[1])
    else:
        native = _arrays.integers("groups", groups)
    rows = _arrays.embedding("Z", Z)
    factors = (float(eps_sq), float(gamma1), float(gamma2))
    return RateReduction(*_g2r.rate_reduction(rows, native, *factors, weighting, bool(return_gradient)))
