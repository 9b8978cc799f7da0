"""The nouns of the engine: a design (arrays), a solution (what a search found), an inference (how to test).

A formula and a data frame become a `Design`; a search over the covariance parameters of that design gives a
`Solution`; an `Inference` turns a solution into tests and intervals whose p value and limits share one covariance
and one df. Nothing here computes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]


Label = str | tuple[str, ...]


def label_text(label: Label) -> str:
    """A level as a table shows it: "team 3", or "team 3:wave 2" for a combination. A part that holds a colon itself is
    put in brackets, so that two combinations never look the same."""
    if isinstance(label, str):
        return label
    return ":".join(f"({part})" if ":" in part else part for part in label)


@dataclass(frozen=True, eq=False)
class RandomTerm:
    """One random term `(names | group)` with a free covariance matrix of order q.

    `(x || g)` gives several terms with the same group. Always true: every level occurs in at least one row.
    """

    group: str  # as lme4 names it: "team", or "cask:batch" (inner first) for batch/cask and interactions
    names: tuple[str, ...]  # (q,) column names, "(Intercept)" first where there is one
    Z: Array  # (n, q) the columns of the term, before they are spread over the levels
    codes: NDArray[np.intp]  # (n,) level of each row, 0..n_levels-1
    levels: tuple[
        Label, ...
    ]  # (n_levels,) in the order of the codes; a tuple of labels where factors are combined

    @property
    def factors(self) -> frozenset[str]:
        """What it is grouped by, in no order: "wave:team" and "team:wave" are the same group."""
        return frozenset(self.group.replace("(", "").replace(")", "").split(":"))

    @property
    def n_levels(self) -> int:
        return len(self.levels)

    @property
    def n_parameters(self) -> int:
        """Number of entries of the lower-triangular factor, q (q + 1) / 2."""
        return len(self.names) * (len(self.names) + 1) // 2


ZERO = "zero_"  # before what belongs to extra zeros, where it stands among what belongs to counts


@dataclass(frozen=True, eq=False)
class ZeroPart:
    """What the probability of an extra zero depends on: its logit is X gamma + offset, with random effects where there
    are terms of it, over the rows of a design."""

    formula: str  # "~ x"
    X: Array  # (n, s) full column rank
    names: tuple[str, ...]  # (s,)
    offset: Array  # (n,)
    spec: Any  # how to build X for new rows
    random: tuple[RandomTerm, ...] = ()  # terms of the logit, their names behind "zero_"

    @cached_property
    def turn(self) -> Array:
        """(s, s) from what is searched to gamma: the columns X turn are orthogonal, with mean square one."""
        R = np.linalg.qr(self.X, mode="r")
        return np.asarray(np.linalg.inv(R) * np.sqrt(len(self.X)), dtype=np.float64)

    @cached_property
    def basis(self) -> Array:
        """(n, s) X turn."""
        return self.X @ self.turn


@dataclass(frozen=True, eq=False)
class Design:
    """Everything a search needs, as arrays over the n complete rows."""

    formula: str
    response: str
    y: Array  # (n,) response; for binomial the proportion of successes
    X: Array  # (n, p) fixed effects, full column rank
    x_names: tuple[str, ...]  # (p,) named as R names them
    random: tuple[RandomTerm, ...]  # in the order of the formula
    weights: Array  # (n,) precision weights (gaussian) or numbers of trials (binomial); ones by default
    offset: Array  # (n,) zeros by default
    frame: pd.DataFrame  # (n, ...) the complete rows, factors as categoricals with the levels used
    n_dropped: int  # rows left out because a variable of the model was missing
    spec: Any = None  # how to build X for new data (the front end's own record)
    categories: tuple[str, ...] = ()  # of an ordered outcome, lowest first; y then holds their positions
    zero: ZeroPart | None = None  # where the probability of an extra zero has predictors

    @property
    def n_thresholds(self) -> int:
        """Thresholds between the categories of an ordered outcome. They come first among the coefficients; their
        columns of X are zero, so that X beta is the location."""
        return max(len(self.categories) - 1, 0)

    @property
    def n(self) -> int:
        return len(self.y)

    @cached_property
    def gram(self) -> Array:
        """(p, p) X'X, without weights."""
        return self.X.T @ self.X


class _WhenRead:
    """A field that may be given as a function and is then computed when it is first read."""

    def __init__(self, name: str) -> None:
        self.place = f"_{name}"

    def __get__(self, record: Any, owner: type | None = None) -> Any:
        value = record.__dict__[self.place]
        if callable(value):
            value = record.__dict__[self.place] = value()
        return value

    def __set__(self, record: Any, value: Any) -> None:
        record.__dict__[self.place] = value


Design.frame = _WhenRead("frame")  # type: ignore[assignment]  # a search does not need it, and it costs half a design


@dataclass(frozen=True)
class Search:
    """How an optimum was found: one row of `starts` a start, then the state at the end."""

    starts: tuple[dict[str, Any], ...]  # start, criterion, steps, evaluations, message
    criterion: float  # -2 log-likelihood (REML or ML, or Laplace deviance) at the end
    gradient: Array  # (k,) gradient of the criterion in theta at the end, zero-bounded entries included
    max_gradient: float  # largest scaled gradient over the free entries
    smallest_curvature: float  # smallest eigenvalue of the Hessian over the free entries
    evaluations: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class Extra:
    """What an engine keeps of its search beside the numbers every solution has; each engine has a class of its own.

    Here stands what may be asked of any solution: the residual structure and the quadrature behind it.
    """

    residual_variance: str | None = None  # the factor whose levels have their own residual variance
    residual_correlation: str | None = None  # "ar1(wave | person)"
    residual_variances: dict[str, float] | None = None  # by level, where the model has a residual structure
    residual_row_variances: Array | None = None  # (n,) of each row, likewise
    rho: float | None = None  # correlation of neighbouring waves
    link: str = "identity"  # from the expected outcome to the linear predictor
    quadrature: int = 1  # nodes of adaptive quadrature; 1 is Laplace, or a likelihood that is exact
    # parameters of the distribution besides its mean, as they are searched, and (s, s + p) their covariances with each
    # other and with beta
    shapes: Array = field(default_factory=lambda: np.zeros(0))
    shapes_cov: Array = field(default_factory=lambda: np.zeros((0, 0)))
    zero_theta: Array = field(default_factory=lambda: np.zeros(0))  # of the random terms of extra zeros
    zero_modes: tuple[tuple[Array, Array], ...] = ()  # their modes (levels, q) and covariances (levels, q, q)

    def row_variances(self, solution: Solution) -> Array:
        """(n,) residual variance of every row of a Gaussian solution, precision weights included."""
        if self.residual_row_variances is None:
            return solution.sigma**2 / solution.design.weights
        return self.residual_row_variances


@dataclass(frozen=True, eq=False)
class Solution:
    """What a search found. `theta` are the entries of the relative covariance factors (divided by the residual SD for
    Gaussian models), per term of `design.random`, each term's lower triangle column by column, as in lme4."""

    design: Design
    method: str  # "REML" | "ML"
    family: str  # "gaussian" | "binomial" | "poisson" | "nbinom2" | "zip" | "ordinal"
    theta: Array  # (k,)
    sigma: float  # residual SD; 1.0 where the family has none
    beta: Array  # (p,)
    vcov: Array  # (p, p) of beta, not adjusted
    log_likelihood: float
    n_parameters: int  # fixed effects + covariance parameters (+ residual variance or dispersion)
    converged: bool
    boundary: tuple[str, ...]  # named components on the boundary, e.g. "organisation (Intercept)"
    search: Search
    extra: Extra = field(default_factory=Extra)  # what the engine keeps of its search

    def factor(self, r: int) -> Array:
        """Lower-triangular relative covariance factor of random term r, shape (q, q)."""
        start = sum(t.n_parameters for t in self.design.random[:r])
        term = self.design.random[r]
        q = len(term.names)
        if q == 1:
            return self.theta[start : start + 1].reshape(1, 1)
        lam = np.zeros((q, q))
        rows, cols = np.triu_indices(q)  # column-wise lower triangle = row-wise upper triangle, transposed
        lam[cols, rows] = self.theta[start : start + term.n_parameters]
        return lam

    def covariance(self, r: int) -> Array:
        """Covariance matrix of the random effects of term r, shape (q, q), in squared units of the response."""
        lam = self.factor(r)
        return self.sigma**2 * lam @ lam.T


@dataclass(frozen=True)
class JointTest:
    """An F test of L beta = 0. For z-type inference `den_df` is inf."""

    statistic: float
    num_df: int
    den_df: float
    p_value: float
    scaling: float = 1.0  # Kenward-Roger's lambda; 1 elsewhere

    @property
    def F(self) -> float:
        return self.statistic

    @property
    def p(self) -> float:
        return self.p_value

    def __getitem__(self, name: str) -> float:
        """The parts by name, as from a table row: test["den_df"]."""
        if name not in ("statistic", "F", "num_df", "den_df", "p_value", "p", "scaling"):
            raise KeyError(name)
        return float(getattr(self, name))


class Inference(Protocol):
    """A covariance of beta together with the df that belong to it."""

    @property
    def method(self) -> str:
        """ "kenward-roger" | "satterthwaite" | "between-within" | "normal" | "CR2" """

    @property
    def vcov(self) -> Array:
        """Covariance of the fixed effects, shape (p, p)."""

    def df(self, L: Array) -> Array:
        """(m,) df of each row of L (m, p); inf for normal."""

    def joint(self, L: Array) -> JointTest:
        """Test of all rows of L together; refuses L without full row rank or not estimable."""
