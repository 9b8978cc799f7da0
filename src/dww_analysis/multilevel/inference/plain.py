"""Inference with the unadjusted covariance: normal, and t with between-within degrees of freedom.

Both follow the `Inference` contract of `model`; Kenward-Roger and Satterthwaite have modules of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..errors import MethodError
from ..model import Array, Design, Inference, JointTest, RandomTerm, Solution
from .distributions import f_tail
from .hypotheses import check_rank

Codes = NDArray[np.intp]


def wald_f(L: Array, beta: Array, vcov: Array) -> float:
    """(L beta)' (L V L')^-1 (L beta) / rows of L."""
    effect = L @ beta
    return float(effect @ np.linalg.solve(L @ vcov @ L.T, effect)) / len(L)


@dataclass(frozen=True, eq=False)
class Normal:
    """z and chi-square: right when there are many groups, too optimistic with few."""

    solution: Solution
    method: str = "normal"

    @property
    def vcov(self) -> Array:
        return self.solution.vcov

    def df(self, L: Array) -> Array:
        return np.full(len(L), np.inf)

    def joint(self, L: Array) -> JointTest:
        check_rank(L)
        F = wald_f(L, self.solution.beta, self.vcov)
        return JointTest(F, len(L), np.inf, f_tail(F, len(L), np.inf))


class BetweenWithin:
    """t with the df of the level of grouping at which a column varies, for nested groups.

    Let the groups be ordered from the outermost (1) to the innermost (Q) and the rows be level Q + 1, with m_l levels
    each. A column belongs to the outermost level within whose groups it is constant (rows if there is none); with
    p_l columns at level l, df_l = m_l - m_(l-1) - p_l, where m_0 = 1 stands for the intercept (0 without one), which
    takes the df of the outermost level (Schluchter & Elashoff 1990, J Stat Comput Simul 37:69-87; Pinheiro & Bates
    2000, section 2.4.2). A linear combination takes the smallest df among its columns. The rule counts and never
    looks at variances: an interaction of a group-level condition with a wave is judged against the rows. Groups that
    cross are refused.
    """

    method = "between-within"

    def __init__(self, solution: Solution) -> None:
        self.solution = solution
        self.vcov = solution.vcov
        self.column_df = between_within_df(solution.design)

    def df(self, L: Array) -> Array:
        used = np.abs(L) > 1e-12 * np.abs(L).max(axis=1, keepdims=True)
        return np.where(used, self.column_df, np.inf).min(axis=1)

    def joint(self, L: Array) -> JointTest:
        check_rank(L)
        F = wald_f(L, self.solution.beta, self.vcov)
        den_df = float(self.df(L).min())
        return JointTest(F, len(L), den_df, f_tail(F, len(L), den_df))


def between_within_df(design: Design, groups: Collection[str] | None = None) -> Array:
    """(p,) df of each fixed column by the counting rule of `BetweenWithin`; over nested `groups` alone where named."""
    chain = nested_chain(design, groups)
    codes = [term.codes for term in chain]
    counts = [term.n_levels for term in chain] + [design.n]
    varies = np.array([_varies_within(design.X, c, k) for c, k in zip(codes, counts, strict=False)])  # (Q, p)
    level = varies.sum(axis=0) if len(chain) else np.zeros(design.X.shape[1], dtype=int)
    intercept = np.ptp(design.X, axis=0) == 0
    sizes = np.bincount(level[~intercept], minlength=len(counts))
    before = [1 if intercept.any() else 0, *counts[:-1]]
    df = np.array([m - m0 - p for m, m0, p in zip(counts, before, sizes, strict=True)], dtype=float)
    out = np.where(intercept, df[0], df[level])
    if (out <= 0).any():
        names = ", ".join(n for n, d in zip(design.x_names, out, strict=True) if d <= 0)
        raise MethodError(
            f"Between-within df are not positive for {names}: too few groups for the columns of that level. "
            "Leave predictors of that level out, or use 'normal'."
        )
    return out


def _varies_within(X: Array, codes: Codes, n_levels: int) -> NDArray[np.bool_]:
    """(p,) whether a column varies inside at least one group."""
    first = np.zeros(n_levels, dtype=np.intp)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    return (np.abs(X - X[first[codes]]) > 1e-10 * np.abs(X).max(axis=0)).any(axis=0)


def nested_groups(design: Design, by: str = "") -> list[str]:
    """Names of the groups, outermost first, without those that cross a larger one: persons who were seen at several
    waves, where teams have waves of their own. [] without random terms.

    by: behind a group that is also divided by this factor (`school` and `school:wave`, by="wave") its parts come next,
    before what crosses them (its classes, which are there at all waves): what was done to schools at a wave is judged
    by schools at waves, however many classes they have.
    """
    terms, kept = _by_size(design), list[RandomTerm]()
    divided = {term.factors for term in terms if by in term.factors}
    for term in terms:
        parts = kept[-1].factors | {by} if kept and by not in kept[-1].factors else frozenset()
        waits = parts in divided and term.factors != parts
        if not waits and (not kept or is_nested(term.codes, term.n_levels, kept[-1].codes)):
            kept.append(term)
    return [term.group for term in kept]


def _by_size(design: Design) -> list[RandomTerm]:
    return sorted({t.group: t for t in design.random}.values(), key=lambda t: t.n_levels)


def nested_chain(design: Design, names: Collection[str] | None = None) -> list[RandomTerm]:
    """One term per group (of `names`, or of all), outermost first; refuses groups that cross."""
    groups = [t for t in _by_size(design) if names is None or t.group in names]
    for outer, inner in pairwise(groups):
        if not is_nested(inner.codes, inner.n_levels, outer.codes):
            raise MethodError(
                f"Between-within df need nested groups, but {inner.group} crosses {outer.group}; use "
                "'satterthwaite' or 'kenward-roger'."
            )
    return groups


def is_nested(inner: Codes, n_inner: int, outer: Codes) -> bool:
    """Whether every level of `inner` lies in one level of `outer`."""
    first = np.zeros(n_inner, dtype=np.intp)
    first[inner] = outer
    return bool((first[inner] == outer).all())


PLAIN: dict[str, Callable[[Solution, float], Inference]] = {
    "normal": lambda solution, max_memory: Normal(solution),
    "between-within": lambda solution, max_memory: BetweenWithin(solution),
}
