"""Fixed columns that the data cannot tell apart: which are kept, why the others are not, and what is then estimable.

Columns are taken from left to right and one that is a combination of those before it is left out, as R does (`lm`,
`lmer`; the tolerance is that of R's qr). What an estimate of the kept columns means for a linear function of all of
them follows from the combinations: the function is estimable where every one of them contributes nothing to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ..model import Array
from ..small_matrices import eigenvalues
from .matrix import Columns, Variable
from .terms import TermList

COLLINEAR = 1e-7  # share of a column's length that others leave unexplained; R's tolerance in lm
SAFE_CURVATURE = (
    1e-9  # smallest eigenvalue of the scaled cross-product above which no further check is needed
)
NOT_ESTIMABLE = 1e-6  # share of a row's weight that may fall on combinations the data do not inform
MOST_CELLS = 6  # empty cells that a note names


@dataclass(frozen=True, eq=False)
class Rank:
    """Kept and left-out columns of a fixed part."""

    kept: NDArray[np.intp]  # (p,) positions among all columns
    dropped: NDArray[np.intp]  # (d,)
    combinations: Array  # (all columns, d) what is zero for every row of the data: X @ combinations = 0

    def estimable(self, L: Array) -> NDArray[np.bool_]:
        """(m,) whether each row of L (m, all columns) has one value whatever the left-out coefficients are."""
        size = np.abs(L) @ np.abs(self.combinations)
        return np.asarray((np.abs(L @ self.combinations) <= NOT_ESTIMABLE * size).all(axis=1))


def full_rank(p: int) -> Rank:
    """Nothing left out of p columns."""
    return Rank(np.arange(p), np.arange(0), np.zeros((p, 0)))


def find_rank(X: Array, gram: Array | None = None) -> Rank:
    """The columns of X (n, all columns) that R keeps, and the combinations of the others. `gram` is X'X where it is at
    hand."""
    gram = X.T @ X if gram is None else gram
    length = np.sqrt(gram.diagonal())
    known = length > 0
    if known.all() and _smallest_eigenvalue(gram / (length[:, None] * length)) > SAFE_CURVATURE:
        return full_rank(X.shape[1])
    return _left_to_right(X / np.where(known, length, 1.0), np.where(known, length, 1.0))


def _smallest_eigenvalue(correlations: Array) -> float:
    """Of the cross-products of columns of length one."""
    if len(correlations) == 2:
        return 1.0 - abs(float(correlations[0, 1]))
    return float(eigenvalues(correlations)[0])


def _left_to_right(X: Array, length: Array) -> Rank:
    kept: list[int] = []
    dropped: list[int] = []
    Q = np.empty((len(X), 0))
    for j in range(X.shape[1]):
        left = X[:, j] - Q @ (Q.T @ X[:, j])
        left -= Q @ (Q.T @ left)
        size = float(np.sqrt(left @ left))
        if size > COLLINEAR:
            Q = np.column_stack([Q, left / size])
            kept.append(j)
        else:
            dropped.append(j)
    combinations = np.zeros((X.shape[1], len(dropped)))
    for d, j in enumerate(dropped):
        combinations[kept, d] = -np.linalg.lstsq(X[:, kept], X[:, j], rcond=None)[0]
        combinations[j, d] = 1.0
    combinations[np.abs(combinations) < COLLINEAR] = 0.0
    return Rank(
        np.array(kept, dtype=np.intp), np.array(dropped, dtype=np.intp), combinations / length[:, None]
    )


# ---- why ---------------------------------------------------------------------------------------------------------
def reasons(rank: Rank, columns: Columns, terms: TermList, variables: list[Variable]) -> dict[str, str]:
    """Per left-out column a sentence: the cells without a row where there are such, else the combination."""
    return {
        columns.names[j]: _reason(d, int(j), rank, columns, terms, variables)
        for d, j in enumerate(rank.dropped)
    }


def _reason(d: int, j: int, rank: Rank, columns: Columns, terms: TermList, variables: list[Variable]) -> str:
    term = terms.terms[columns.assign[j] - 1] if columns.assign[j] else ()
    empty = list(_empty_cells([variables[v] for v in term if variables[v].factor is not None]))
    others = [columns.names[k] for k in rank.kept if rank.combinations[k, d] != 0]
    if empty:
        shown = "; ".join(empty[:MOST_CELLS]) + (" ..." if len(empty) > MOST_CELLS else "")
        return f"no row of the data has {shown}"
    if not others:
        return "it is zero in every row of the data"
    return f"it is a linear combination of {', '.join(others)}"


def _empty_cells(variables: list[Variable]) -> Iterator[str]:
    """Combinations of levels that no row has, as "arm app only with wave T2"; none for a single factor."""
    factors = [(v.label, v.factor) for v in variables if v.factor is not None]
    if len(factors) < 2:
        return
    seen = set(zip(*(factor.codes.tolist() for _, factor in factors), strict=True))
    for cell in product(*(range(len(factor.levels)) for _, factor in factors)):
        if cell not in seen:
            yield " with ".join(f"{label} {f.levels[k]}" for (label, f), k in zip(factors, cell, strict=True))
