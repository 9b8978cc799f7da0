"""Carry first and second derivatives of cross-products through the elimination of one link.

Derivatives travel as a stack: the value, the first derivatives in the a parameters met so far, then the second
derivatives of the pairs (i <= j) of those parameters. With G~ = G - G E K E'G, P = I - G E K E' and F = E'G~:
  first, an earlier parameter r:     P G_r P'
  first, a parameter of this link:  -F'S_r F
  second, two earlier ones:          P G_rs P' - (y_r K y_s' + transposed), y_r = P G_r E
  second, earlier and own:          -(P G_r P'E S_s F + transposed)
  second, two own:                   F'S_r E'G~E S_s F + transposed
They follow from differentiating the inverse of G^-1 + E S E' twice. The same for log|I + S E'GE|.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from .elimination import Level, add_up, inverse_and_log_det, transpose
from .model import Array

Index = NDArray[np.intp]
AT_ONCE = 2_000_000  # numbers a temporary may hold; more units are taken in turns
# rows from which the compiled loops are used; loading them costs about a second, once
WORTH_COMPILING = 2_000
FEW_COLUMNS = 3  # random columns of a link up to which the loop over packed matrices is the faster one


def stack_size(a: int) -> int:
    """Number of matrices in a stack over `a` parameters."""
    return 1 + a + a * (a + 1) // 2


@cache
def pair_places(a: int) -> Index:
    """(a, a) place of every second derivative in a stack."""
    out = np.zeros((a, a), dtype=np.intp)
    i, j = np.triu_indices(a)
    out[i, j] = out[j, i] = 1 + a + np.arange(len(i))
    return out


def level_jets(
    G: Array, Sigma: Array, E: Array, level: Level, loop: Callable[..., None] | None = None
) -> tuple[Array, Array]:
    """(log-determinant stack (T,), parents' stack (T, n_parents, w, w)) from the units' stack (T0, N, w0, w0).

    `E` (b, q, q) are the derivatives of Sigma in the parameters of this link; they come last in the result.
    """
    a, b = n_parameters(len(G)), len(E)
    z, keep, starts = level.z, level.keep, level.starts
    T, N, w = stack_size(a + b), G.shape[1], len(keep)
    ld, out = np.zeros(T), np.zeros((T, len(starts), w, w))
    bounds = np.append(starts, N)
    if loop is not None:
        loop(G, Sigma, E, z, keep, bounds, a, pair_places(a), pair_places(a + b), ld, out)
        return ld, out
    per_unit = T * max(G.shape[2], 1) ** 2
    first = 0
    while first < len(starts):
        last = int(np.searchsorted(bounds, bounds[first] + max(AT_ONCE // per_unit, 1), side="right")) - 1
        last = min(max(last, first + 1), len(starts))
        units = slice(bounds[first], bounds[last])
        add, matrices = _unit_jets(G[:, units], Sigma, E, z, keep, a)
        ld += add
        local = starts[first:last] - bounds[first]
        for t in range(T):
            out[t, first:last] = add_up(matrices[t], local)
        first = last
    return ld, out


def n_parameters(size: int) -> int:
    """Parameters of a stack with `size` matrices."""
    return (int(np.sqrt(8 * size + 1)) - 3) // 2


def _unit_jets(G: Array, Sigma: Array, E: Array, z: Index, keep: Index, a: int) -> tuple[Array, Array]:
    b, base = len(E), G[0]
    places = pair_places(a + b)
    g = base[:, z, :]
    S = g[:, :, z]
    M, log_det = inverse_and_log_det(np.eye(len(z)) + S @ Sigma)
    K, S_new, F, Kg = Sigma @ M, M @ S, (M @ g)[:, :, keep], Sigma @ M @ g
    ld = np.zeros(stack_size(a + b))
    out = np.empty((len(ld), G.shape[1], len(keep), len(keep)))
    ld[0] = log_det.sum()
    pulled = transpose(Kg[:, :, keep])
    out[0] = base[:, keep[:, None], keep] - pulled @ g[:, :, keep]
    own = np.arange(a, a + b)
    EF, ES = E[:, None] @ F, E[:, None] @ S_new  # (b, N, q, w), (b, N, q, q)
    ld[1 + own] = np.einsum("nij,rij->r", S_new, E)
    out[1 + own] = -(transpose(F) @ EF)
    r, s = np.triu_indices(b)
    cross = transpose(EF[r]) @ (S_new @ EF[s])
    out[places[a + r, a + s]] = cross + transpose(cross)
    ld[places[a + r, a + s]] = -np.einsum("rnij,rnji->r", ES[r], ES[s])
    if a:
        _earlier_jets(G, g, (K, M, Kg, EF), E, z, keep, a, ld, out)
    return ld, out


def _earlier_jets(
    G: Array, g: Array, parts, E: Array, z: Index, keep: Index, a: int, ld: Array, out: Array
) -> None:
    K, M, Kg, EF = parts
    b = len(E)
    places = pair_places(a + b)
    pulled = transpose(Kg)
    first, second = G[1 : 1 + a], G[1 + a :]
    half = first - pulled @ first[:, :, z, :]
    Y = half[..., z]
    A = half - Y @ Kg
    Sr = first[:, :, z[:, None], z]
    ld[1 : 1 + a] = np.einsum("nij,rnij->r", K, Sr)
    out[1 : 1 + a] = A[:, :, keep[:, None], keep]
    r, s = np.triu_indices(a)
    half = second - pulled @ second[:, :, z, :]
    Yk = Y[:, :, keep]
    cross = (Yk @ K)[r] @ transpose(Yk[s])
    value = (half - half[..., z] @ Kg)[:, :, keep[:, None], keep]
    out[places[r, s]] = value - cross - transpose(cross)
    SK = Sr @ K
    ld[places[r, s]] = np.einsum("nij,rnij->r", K, second[:, :, z[:, None], z]) - np.einsum(
        "rnij,rnji->r", SK[r], SK[s]
    )
    MSM = M @ Sr @ transpose(M)
    Az = A[:, :, keep][..., z]
    for s_own in range(b):
        cross = Az @ EF[s_own]
        out[places[:a, a + s_own]] = -cross - transpose(cross)
        ld[places[:a, a + s_own]] = np.einsum("rnij,ij->r", MSM, E[s_own])
