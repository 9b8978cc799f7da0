"""Variance parameters on the scale on which V is linear: their derivative matrices and their expected
information.

V = sum_r phi_r V_r, with phi the entries of the covariance matrices and the residual variance. Shared by the
first step of the search (scoring) and by Kenward-Roger.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .derivatives import entries
from .likelihood import Expansion
from .model import Array


@dataclass(frozen=True, eq=False)
class Pieces:
    """Per variance parameter r (the residual last): P_r = -X'V^-1 V_r V^-1 X (p, p), Q_rs + Q_sr with
    Q_rs = X'V^-1 V_r V^-1 V_s V^-1 X, and tr(V^-1 V_r V^-1 V_s)."""

    P: Array  # (R, p, p)
    Q: Array  # (R, R, p, p), already Q_rs + Q_sr
    trace: Array  # (R, R)


def linear_pieces(expansion: Expansion) -> Pieces:
    """Derivatives in the units of the search: residual variance one, scaled columns.

    The residual's own follow from Euler's identities: X'V^-1X is homogeneous of degree -1 in all variance
    parameters, and log|V| changes by n log c when all are multiplied by c.
    """
    k, n = expansion.k, expansion.criterion.design.n
    p = len(expansion.fit.beta)
    phi = relative_entries(expansion)
    P, Q, trace = np.zeros((k + 1, p, p)), np.zeros((k + 1, k + 1, p, p)), np.zeros((k + 1, k + 1))
    first, second = expansion.log_det
    P[:k] = expansion.jets.G1[:, :-1, :-1]
    Q[:k, :k] = expansion.jets.G2[:, :, :-1, :-1]
    trace[:k, :k] = -second
    A = expansion.fit.information
    P[k] = -A - np.einsum("r,rij->ij", phi, P[:k])
    for r in range(k):
        Q[r, k] = Q[k, r] = -2 * P[r] - np.einsum("s,sij->ij", phi, Q[r, :k])
        trace[r, k] = trace[k, r] = first[r] - trace[r, :k] @ phi
    Q[k, k] = -2 * P[k] - np.einsum("s,sij->ij", phi, Q[k, :k])
    trace[k, k] = n - phi @ first - trace[k, :k] @ phi
    return Pieces(P, Q, trace)


def relative_entries(expansion: Expansion) -> Array:
    """(k,) entries of the relative covariance matrices, in the order of the parameters."""
    out = []
    for factor in expansion.criterion.factors(expansion.theta):
        Sigma = factor @ factor.T
        out += [Sigma[i, j] for i, j in entries(len(Sigma))]
    return np.array(out)


def expected_information(pieces: Pieces, inverse: Array) -> Array:
    """(R, R) twice the expected REML information: tr(V^-1V_rV^-1V_s) - 2 tr(Phi Q_rs) + tr(Phi P_r Phi P_s)."""
    moved = inverse @ pieces.P
    return pieces.trace - np.einsum("ij,rsji->rs", inverse, pieces.Q) + np.einsum("rij,sji->rs", moved, moved)
