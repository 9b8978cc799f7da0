"""Variance parameters on the scale on which V is linear: their derivative matrices and their expected
information.

V = sum_r phi_r V_r, with phi the entries of the covariance matrices and the residual variance. Shared by the
first step of the search (scoring) and by Kenward-Roger.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..model import Array
from .likelihood import Expansion


@dataclass(frozen=True, eq=False)
class Pieces:
    """Per variance parameter r (the residual last): P_r = -X'V^-1 V_r V^-1 X (p, p) and Q_rs + Q_sr with
    Q_rs = X'V^-1 V_r V^-1 V_s V^-1 X."""

    P: Array  # (R, p, p)
    Q: Array  # (R, R, p, p), already Q_rs + Q_sr


def linear_pieces(expansion: Expansion) -> Pieces:
    """Derivatives in the units of the search: residual variance one, scaled columns.

    The residual's own follow from Euler's identities: X'V^-1X is homogeneous of degree -1 in all variance parameters.
    """
    k, p = expansion.k, len(expansion.fit.inverse)
    phi = expansion.covariance_entries
    P, Q = np.zeros((k + 1, p, p)), np.zeros((k + 1, k + 1, p, p))
    P[:k] = expansion.jets.G1[:, :-1, :-1]
    Q[:k, :k] = expansion.jets.G2[:, :, :-1, :-1]
    A = expansion.fit.information
    P[k] = -A - np.tensordot(phi, P[:k], 1)
    Q[:k, k] = Q[k, :k] = -2 * P[:k] - np.tensordot(phi, Q[:k, :k], 1)
    Q[k, k] = -2 * P[k] - np.tensordot(phi, Q[k, :k], 1)
    return Pieces(P, Q)


def expected_information(expansion: Expansion) -> Array:
    """(R, R) tr(P V_r P V_s), twice the expected REML information, with P = V^-1 - V^-1 X Phi X'V^-1.

    It is minus the second derivative of log|V| + log|X'V^-1X|. The border of the residual variance follows from Euler's
    identities, as in `linear_pieces`: the two together change by (n - p) log c when all variances are multiplied by c.
    """
    phi, k = expansion.covariance_entries, expansion.k
    first = expansion.log_det[0] + expansion.log_det_x[0]
    out = np.empty((k + 1, k + 1))
    out[:k, :k] = -expansion.log_det[1] - expansion.log_det_x[1]
    out[k, :k] = out[:k, k] = first - out[:k, :k] @ phi
    out[k, k] = expansion.criterion.design.n - len(expansion.fit.inverse) - first @ phi - out[k, :k] @ phi
    return out
