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

from ..model import Array
from .elimination import Level, inverse_and_log_det, transpose

Index = NDArray[np.intp]
AT_ONCE = 2_000_000  # numbers a temporary may hold; more units are taken in turns
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
    z, keep, starts, bounds = level.z, level.keep, level.starts, level.bounds
    T, N, w = stack_size(a + b), G.shape[1], len(keep)
    ld, out = np.zeros(T), np.zeros((T, len(starts), w, w))
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
        out[:, first:last] = np.add.reduceat(matrices, local, axis=1) if len(local) < N else matrices
        first = last
    return ld, out


def n_parameters(size: int) -> int:
    """Parameters of a stack with `size` matrices."""
    return (int(np.sqrt(8 * size + 1)) - 3) // 2


def _columns(index: Index) -> Index | slice:
    """A slice where the places are consecutive (a view instead of a copy), the places themselves otherwise."""
    consecutive = (
        len(index) > 0 and index[-1] - index[0] == len(index) - 1 and bool((np.diff(index) == 1).all())
    )
    return slice(int(index[0]), int(index[-1]) + 1) if consecutive else index


def _unit_jets(G: Array, Sigma: Array, E: Array, z: Index, keep: Index, a: int) -> tuple[Array, Array]:
    b, base, zs, ks = len(E), G[0], _columns(z), _columns(keep)
    g = base[:, zs, :]
    S = g[:, :, zs]
    M, log_det = inverse_and_log_det(np.eye(len(z)) + S @ Sigma)
    K, S_new, F = Sigma @ M, M @ S, (M @ g)[:, :, ks]
    Kg = K @ g
    ld = np.zeros(stack_size(a + b))
    out = np.empty((len(ld), G.shape[1], len(keep), len(keep)))
    ld[0] = log_det.sum()
    out[0] = base[:, ks][:, :, ks] - transpose(Kg[:, :, ks]) @ g[:, :, ks]
    own = _own_jets_packed if len(z) <= FEW_COLUMNS else _own_jets
    own(S_new, F, E, a, ld, out)
    if a:
        _earlier_jets(G, (K, M, Kg, F), E, zs, ks, a, ld, out)
    return ld, out


def _own_jets(S_new: Array, F: Array, E: Array, a: int, ld: Array, out: Array) -> None:
    """Derivatives in the parameters of this link alone."""
    b = len(E)
    places, own = pair_places(a + b), np.arange(a, a + b)
    EF, ES = E[:, None] @ F, E[:, None] @ S_new  # (b, N, q, w), (b, N, q, q)
    ld[1 + own] = np.einsum("nij,rij->r", S_new, E)
    out[1 + own] = -(transpose(F) @ EF)
    r, s = np.triu_indices(b)
    cross = transpose(EF[r]) @ (S_new @ EF[s])
    out[places[a + r, a + s]] = cross + transpose(cross)
    ld[places[a + r, a + s]] = -np.einsum("rnij,rnji->r", ES[r], ES[s])


def _own_jets_packed(S_new: Array, F: Array, E: Array, a: int, ld: Array, out: Array) -> None:
    """The same for few random columns: all are F'CF with C linear in E'G~E, so one product per unit gives them all."""
    N, q, w = F.shape
    b = len(E)
    r, s = np.triu_indices(b)
    at = np.concatenate([1 + np.arange(a, a + b), pair_places(a + b)[a + r, a + s]])
    C = np.empty((N, len(at), q * q))
    C[:, :b] = -E.reshape(b, q * q)
    maps = _weights_of_pairs(E.tobytes(), b, q)  # (q q, pairs q q)
    C[:, b:] = (S_new.reshape(N, q * q) @ maps).reshape(N, -1, q * q)
    products = (F[:, :, None, :, None] * F[:, None, :, None, :]).reshape(N, q * q, w * w)
    out[at] = np.moveaxis(C @ products, 1, 0).reshape(len(at), N, w, w)
    ld[at[:b]] = E.reshape(b, q * q) @ S_new.sum(axis=0).ravel()
    ld[at[b:]] = -0.5 * np.einsum("npc,nc->p", C[:, b:], S_new.reshape(N, q * q))


@cache
def _weights_of_pairs(E_bytes: bytes, b: int, q: int) -> Array:
    """(q q, pairs q q) map from a matrix A to E_r A E_s + E_s A E_r for every pair r <= s."""
    E = np.frombuffer(E_bytes).reshape(b, q, q)
    r, s = np.triu_indices(b)
    out = np.einsum("pia,pbj->abpij", E[r], E[s]) + np.einsum("pia,pbj->abpij", E[s], E[r])
    return np.ascontiguousarray(out.reshape(q * q, -1))


def _earlier_jets(
    G: Array,
    parts: tuple[Array, ...],
    E: Array,
    z: Index | slice,
    keep: Index | slice,
    a: int,
    ld: Array,
    out: Array,
) -> None:
    """Derivatives in earlier parameters, and in an earlier and an own one."""
    K, M, Kg, F = parts
    b, q = len(E), F.shape[1]
    places = pair_places(a + b)
    pulled = transpose(Kg)
    half = G[1:] - pulled @ G[1:, :, z, :]
    Y = half[..., z]
    PGP = (half - Y @ Kg)[:, :, keep]
    PGP, Az = PGP[..., keep], PGP[:a, ..., z]
    Szz = G[1:, :, z][..., z]
    traces = np.einsum("nij,rnij->r", K, Szz)
    out[1 : 1 + a], ld[1 : 1 + a] = PGP[:a], traces[:a]
    r, s = np.triu_indices(a)
    Yk, SK = Y[:a, :, keep], Szz[:a] @ K
    cross = (Yk @ K)[r] @ transpose(Yk[s])
    out[places[r, s]] = PGP[a:] - cross - transpose(cross)
    ld[places[r, s]] = traces[a:] - np.einsum("rnij,rnji->r", SK[r], SK[s])
    mixed = places[:a, a:]  # (a, b)
    MSM = (M @ Szz[:a] @ transpose(M)).sum(axis=1)
    ld[mixed] = MSM.reshape(a, q * q) @ E.reshape(b, q * q).T
    for own in range(b):
        cross = Az @ (E[own] @ F)
        out[mixed[:, own]] = -cross - transpose(cross)
