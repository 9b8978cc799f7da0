"""Scale a design and list its different columns, so that rows can be reduced to small cross-product matrices.

Columns are divided by their root mean square, the response is replaced by its least-squares residual in units
of its own SD, and columns that several terms share (the constant, time) are kept once. Columns of X or of one
random term that are nearly dependent (an intercept and a calendar year) get an orthogonal basis. Undoing the
scaling is linear and exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import DesignError
from ..model import Array, Design
from ..small_matrices import eigenvalues, solve
from .structure import Plan

# condition number of the scaled X above which an orthogonal basis takes its place: the Kenward-Roger adjustment loses
# digits with its fourth power
ILL_CONDITIONED = 30
CHUNK = 262_144  # rows whose columns or products are held at one time


def row_chunks(n: int) -> Iterator[slice]:
    """All rows, some at a time."""
    for first in range(0, n, CHUNK):
        yield slice(first, min(first + CHUNK, n))


class Source(NamedTuple):
    """Where a column of a design comes from."""

    term: int | None  # the random term, None for X
    place: int  # the column there


@dataclass(frozen=True, eq=False)
class Scaling:
    """beta = T beta_scaled * y_scale + start; the effects of term r are z_bases[r] times the scaled ones."""

    root_weights: Array | None  # (n,) square roots of the weights; None where all are one
    gram: Array  # (p, p) X'WX
    x_scales: Array | None  # (p,) divisors of the columns; None where X was replaced by an orthogonal basis
    T: Array  # (p, p) X_scaled = X T
    T_log_det: float  # log |det T|
    z_scales: tuple[
        Array | None, ...
    ]  # per term (q,) divisors; None where Z was replaced by an orthogonal basis
    z_bases: tuple[Array, ...]  # per term (q, q) upper-triangular, Z_scaled = Z z_bases[r]
    log_weights: float  # sum of the log weights

    def scaled_z(self, r: int, Z: Array, rows: slice = slice(None)) -> Array:
        """(m, q) scaled columns of term r over some rows, weighted."""
        scale = self.z_scales[r]
        Z = Z[rows] @ self.z_bases[r] if scale is None else Z[rows] / scale
        return Z if self.root_weights is None else Z * self.root_weights[rows, None]

    def scaled_column(self, design: Design, source: Source, rows: slice) -> Array:
        """(m,) one scaled column over some rows, weighted."""
        r, j = source
        if r is None:
            column = (
                design.X[rows] @ self.T[:, j]
                if self.x_scales is None
                else design.X[rows, j] / self.x_scales[j]
            )
        else:
            Z, scale = design.random[r].Z[rows], self.z_scales[r]
            column = (Z @ self.z_bases[r])[:, j] if scale is None else Z[:, j] / scale[j]
        return column if self.root_weights is None else column * self.root_weights[rows]


@dataclass(frozen=True, eq=False)
class Response:
    """How a response was made fit for the search: residuals from least squares, in units of their SD."""

    start: Array  # (p,) least-squares coefficients
    scale: float


def root_mean_square(columns: Array) -> Array:
    """(k,) root mean square of every column, 1 where a column is zero."""
    squares = [float(np.einsum("i,i->", column, column)) for column in map(np.ascontiguousarray, columns.T)]
    out = np.sqrt(np.array(squares) / max(len(columns), 1))
    return np.where(out > 0, out, 1.0)


def scale_design(design: Design) -> Scaling:
    """Scales of the columns; an orthogonal basis of X where the scaled columns are nearly dependent."""
    weighted = not _all_ones(design.weights)
    root = np.sqrt(design.weights) if weighted else None
    X = design.X * root[:, None] if root is not None else design.X
    gram = design.gram if root is None else X.T @ X
    sizes = root_mean_square(design.X) if weighted else np.sqrt(gram.diagonal() / design.n)
    scale: Array | None = sizes
    T, log_det = np.diag(1.0 / sizes), -float(np.log(sizes).sum())
    if _nearly_dependent(gram):
        scale, T = None, np.linalg.inv(np.linalg.qr(X, mode="r")) * np.sqrt(len(X))
        log_det = float(np.linalg.slogdet(T)[1])
    different = {id(t.Z): t.Z for t in design.random}  # terms with the same columns share them
    found = {key: scale_random(Z) for key, Z in different.items()}
    z_scales, z_bases = zip(*(found[id(t.Z)] for t in design.random), strict=True)
    log_weights = float(np.log(design.weights).sum()) if weighted else 0.0
    return Scaling(root, gram, scale, T, log_det, z_scales, z_bases, log_weights)


def _all_ones(weights: Array) -> bool:
    """Whether all weights are one; those that nobody gave are one number shown n times."""
    return bool(weights[0] == 1.0 if weights.strides == (0,) else (weights == 1.0).all())


def scale_random(Z: Array) -> tuple[Array | None, Array]:
    """Divisors of the columns of a random term, or None, and the basis (q, q) they amount to."""
    gram = Z.T @ Z
    sizes = np.sqrt(gram.diagonal() / len(Z))
    sizes[sizes == 0.0] = 1.0
    if _nearly_dependent(gram):
        R: Array = np.asarray(np.linalg.qr(Z, mode="r"))
        R *= np.sign(R.diagonal())[:, None]  # so that a constant column stays one
        return None, np.linalg.inv(R) * np.sqrt(len(Z))
    return sizes, np.diag(1.0 / sizes)


def _nearly_dependent(gram: Array) -> bool:
    """Whether columns with these cross-products, brought to length one, have too large a condition number."""
    if len(gram) < 2:
        return False
    length = np.sqrt(gram.diagonal())
    if len(gram) == 2:  # the eigenvalues are one minus and one plus the cosine
        cosine = abs(float(gram[0, 1])) / float(length[0] * length[1])
        low, high = 1.0 - cosine, 1.0 + cosine
    else:
        spectrum = eigenvalues(gram / length[:, None] / length)
        low, high = float(spectrum[0]), float(spectrum[-1])
    return low * ILL_CONDITIONED**2 < high


def scale_response(design: Design, scaling: Scaling, y: Array) -> tuple[Array, Response]:
    """(n,) weighted least-squares residual of `y`, offset removed, by its root mean square; and the way back."""
    X, root = design.X, scaling.root_weights
    target = y - design.offset
    Xw, target = (X, target) if root is None else (X * root[:, None], target * root)
    start = np.zeros(X.shape[1])
    if X.shape[1]:
        T = scaling.T
        start = T @ solve(T.T @ scaling.gram @ T, T.T @ (Xw.T @ target))
    rest = target - Xw @ start
    scale = float(np.sqrt(rest @ rest / len(rest)))
    size = float(np.sqrt(target @ target / len(target)))
    if not np.isfinite(scale) or scale <= 1e-12 * size or scale == 0.0:
        raise DesignError(
            "The response does not vary around the fixed effects (residual SD is zero or not finite) in "
            f"'{design.formula}'. A residual variance is needed to estimate a multilevel model; check the outcome."
        )
    return rest / scale, Response(start, scale)


@dataclass(frozen=True, eq=False)
class Columns:
    """Where the different columns of one design stand.

    The weighted columns of Z and X (shared ones once) come first. A spread term r with q names takes `copies * q`
    further columns, from `spread_at[r]`, of which each row fills q. The response comes last.
    """

    x_at: tuple[int, ...]  # where the columns of X stand
    z_at: tuple[tuple[int, ...], ...]  # per term: where its columns stand; empty for spread terms
    spread_at: dict[int, int]
    width: int  # all columns, the response included
    codes: tuple[NDArray[np.intp], ...]  # per term: level of each row
    sources: tuple[Source, ...]  # of the columns that are not spread

    @property
    def y_at(self) -> int:
        return self.width - 1


class _Places:
    """Collects columns and gives equal ones the same place."""

    def __init__(self, design: Design, scaling: Scaling) -> None:
        self.design, self.scaling = design, scaling
        self.head, *self.below = row_chunks(design.n)
        self.kept: list[Array] = []  # over the first rows
        self.sources: list[Source] = []

    def place(self, source: Source, taken: list[int]) -> int:
        """Place of a column; one of `taken` is not given twice (two effects of one link need two columns)."""
        if source in self.sources and (at := self.sources.index(source)) not in taken:
            return at
        column = self.scaling.scaled_column(self.design, source, self.head)
        for at, known in enumerate(self.kept):
            same = at not in taken and column[0] == known[0] and bool((column == known).all())
            if same and all(self._equal(source, self.sources[at], rows) for rows in self.below):
                return at
        self.kept.append(column)
        self.sources.append(source)
        return len(self.kept) - 1

    def _equal(self, one: Source, other: Source, rows: slice) -> bool:
        make = self.scaling.scaled_column
        return bool((make(self.design, one, rows) == make(self.design, other, rows)).all())


def list_columns(design: Design, scaling: Scaling, plan: Plan) -> tuple[Columns, Array]:
    """Give every column of Z and X its place; equal columns share one. (m, d) the columns that are not spread over the
    rows of the first chunk."""
    places = _Places(design, scaling)
    spread = {p.term: p.copies for link in plan.links for p in link.parts if p.term in link.local}
    z_at: dict[int, tuple[int, ...]] = dict.fromkeys(spread, ())
    first_with: dict[int, int] = {}  # terms with the same columns share them
    for link in plan.links:
        taken: list[int] = []
        for part in link.parts:
            if part.term in spread:
                continue
            term, first = design.random[part.term], len(taken)
            owner = first_with.setdefault(id(term.Z), part.term)
            for j in range(len(term.names)):
                taken.append(places.place(Source(owner, j), taken))
            z_at[part.term] = tuple(taken[first:])
    x_at: list[int] = []
    for j in range(design.X.shape[1]):
        x_at.append(places.place(Source(None, j), x_at))
    at, spread_at = len(places.kept), {}
    for r, copies in spread.items():
        spread_at[r] = at
        at += copies * len(design.random[r].names)
    head = np.array(places.kept).T if places.kept else np.zeros((0, places.head.stop)).T
    z_places = tuple(z_at[r] for r in range(len(design.random)))
    codes = tuple(t.codes for t in design.random)
    return Columns(tuple(x_at), z_places, spread_at, at + 1, codes, tuple(places.sources)), head
