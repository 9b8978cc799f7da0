"""The fitted factor model: numbers a report quotes, and doors to the analyses that build on them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.analyst.words import what_to_write
from dww_analysis.factor.errors import FactorError
from dww_analysis.factor.fit_indices import FitIndices
from dww_analysis.factor.printed import as_markup, as_text, model_parts, model_title
from dww_analysis.factor.words import WORDS

if TYPE_CHECKING:
    from dww_analysis.factor.data import Prepared
    from dww_analysis.factor.fitted import Fitted
    from dww_analysis.factor.twolevel_search import TwoLevelFit
    from dww_analysis.factor.wls import WlsFit

Array = NDArray[Any]


@dataclass(frozen=True, repr=False)
class FactorFit:
    """A factor model with its fit.

    With MLR or clusters `chi_square` is the scaled statistic and `cfi`, `tli`, `rmsea` are the robust versions; with
    WLSMV all of them belong to the scaled-shifted statistic. `unscaled`, `scaled` and `robust` hold each version whole;
    `robust` is there too when ML meets gaps (corrected for missing answers), beside the plain indices in the fields.
    """

    estimator: str  # ML, MLR, WLSMV ...
    missing: str  # listwise, fiml or pairwise
    n_obs: int
    group_labels: tuple[str, ...]  # order of first appearance; group 1 is the first
    n_clusters: int | None
    converged: bool

    srmr: float
    log_likelihood: float
    log_likelihood_saturated: float
    baseline_chi_square: float
    baseline_df: int

    parameters: (
        pd.DataFrame
    )  # lhs, op, rhs, group, estimate, std_error, standardised and more, one row a parameter
    heywood: tuple[str, ...]  # variances that came out negative, by name
    shown: FitIndices  # the version whose CFI, TLI and RMSEA are given
    unscaled: FitIndices = field(repr=False)
    scaled: FitIndices | None = field(repr=False)
    robust: FitIndices | None = field(repr=False)
    theta: Array = field(repr=False)  # free parameters, each once
    covariance: Array = field(repr=False)  # of theta
    theta_of_row: NDArray[np.intp] = field(
        repr=False
    )  # entry of theta for each row of `parameters`, -1 where fixed
    n_steps: int
    scaling_h0: float = (
        math.nan
    )  # MLR at two levels: of the model's own log-likelihood, and of the saturated one
    scaling_h1: float = math.nan
    warnings: tuple[str, ...] = ()  # what a reader must know, in sentences
    levels: tuple[tuple[pd.DataFrame, pd.DataFrame], ...] = field(default=(), repr=False, compare=False)
    _fitted: Fitted | None = field(default=None, repr=False, compare=False)
    _wls: WlsFit | None = field(default=None, repr=False, compare=False)
    _two_level: TwoLevelFit | None = field(default=None, repr=False, compare=False)
    _answers: Prepared | None = field(default=None, repr=False, compare=False)  # what was fitted to

    @property
    def n_groups(self) -> int:
        return len(self.group_labels)

    @property
    def n_parameters(self) -> int:
        return len(self.theta)

    @property
    def tested(self) -> FitIndices:
        """The version whose statistic and p-value are given."""
        return self.scaled or self.unscaled

    @property
    def chi_square(self) -> float:
        return self.tested.chi_square

    @property
    def df(self) -> int:
        return self.tested.df

    @property
    def p_value(self) -> float:
        return self.tested.p_value

    @property
    def scaling_factor(self) -> float:
        """The factor that the statistic was divided by; 1 without scaling, NaN where it could not be computed."""
        return self.tested.scaling_factor

    @property
    def chi_square_unscaled(self) -> float:
        return self.unscaled.chi_square

    @property
    def cfi(self) -> float:
        return self.shown.cfi

    @property
    def tli(self) -> float:
        return self.shown.tli

    @property
    def rmsea(self) -> float:
        return self.shown.rmsea

    @property
    def rmsea_low(self) -> float:
        """Lower limit of the 90 % interval."""
        return self.shown.rmsea_low

    @property
    def rmsea_high(self) -> float:
        """Upper limit of the 90 % interval."""
        return self.shown.rmsea_high

    @property
    def aic(self) -> float:
        return -2 * self.log_likelihood + 2 * self.n_parameters

    @property
    def bic(self) -> float:
        return -2 * self.log_likelihood + self.n_parameters * math.log(self.n_obs)

    @property
    def icc(self) -> pd.Series:
        """Share of each item's variance that lies between teams, from the saturated two-level model (first group);
        FactorError for a model of one level."""
        if not self.levels:
            raise FactorError.of(
                found="one level",
                where="factor model",
                expected="a two-level model",
                action="write level: 1 and level: 2",
            )
        within, between = (pd.Series(np.diag(m), index=m.index) for m in self.levels[0])
        shared = [name for name in within.index if name in between.index]
        return between[shared] / (between[shared] + within[shared])

    @property
    def implied(self) -> tuple[pd.DataFrame, ...]:
        """Model-implied covariance matrix of the items, shape (p, p), one a group (and level). FactorError for a
        two-level model and for ordered items."""
        return self._need("implied covariances", "parameters").implied_frames()

    @property
    def sample(self) -> tuple[pd.DataFrame, ...]:
        """Observed covariance matrix of the items, shape (p, p) (saturated estimates where answers are missing), one
        a group. FactorError for a two-level model and for ordered items."""
        return self._need("observed covariances", "icc and levels for two levels").sample_frames()

    def standardised(self) -> pd.DataFrame:
        """The solution in which every variable has variance one, with standard errors of its own: columns lhs, op, rhs,
        group, level, label, standardised, std_error, z, p_value, conf_low, conf_high. R: standardizedSolution."""
        from dww_analysis.factor.standardised import standardised_solution

        return standardised_solution(self)

    def modification_indices(self, minimum: float = 0.0) -> pd.DataFrame:
        """Score test and expected change for each parameter that was left out, largest first.

        Columns lhs, op, rhs, group, mi, epc, sepc_all. Expected information, as lavaan `modindices`.
        """
        from dww_analysis.factor.score_tests import modification_indices

        return modification_indices(
            self._need("modification indices", "a text with that parameter free, and compare() the two"),
            minimum,
        )

    def score_tests(self, by: Literal["constraint", "parameter"] = "constraint") -> pd.DataFrame:
        """What each equality constraint costs: columns lhs, op, rhs, group, parameter, x2, df, p_value.

        `constraint`: release one member of a set of equal parameters, as lavaan `lavTestScore` (df 1).
        `parameter`: release the whole set at once (df members - 1).
        """
        from dww_analysis.factor.score_tests import score_tests

        return score_tests(
            self._need("score tests", "a text without that equality, and compare() the two"), by
        )

    def factor_scores(self, method: Literal["regression", "bartlett"] = "regression") -> pd.DataFrame:
        """One row a person in the analysis (index of the data frame), one column a factor."""
        from dww_analysis.factor.factor_scores import factor_scores

        return factor_scores(
            self._need(
                "factor scores", "the mean of a factor's items, or the same model by MLR at one level"
            ),
            method,
        )

    def reliability(self) -> pd.DataFrame:
        """A row for each factor of each group: columns group, factor, omega, omega_implied, ave (average variance
        extracted), n_items."""
        from dww_analysis.factor.validity import reliability

        return reliability(
            self._need(
                "reliability of factors",
                "omega_categorical(items) for ordered items, omega_two_level(items, team) for two levels",
            )
        )

    def heterotrait_monotrait(self) -> tuple[pd.DataFrame, ...]:
        """How far factors are apart, from the items' correlations; a table of factors by factors for each group, near
        1 when they are not. NaN for factors with one item."""
        from dww_analysis.factor.validity import heterotrait_monotrait

        return heterotrait_monotrait(
            self._need("distances of factors", "the correlations of factors in standardised()")
        )

    def residual_correlations(self) -> tuple[pd.DataFrame, ...]:
        """Observed minus implied correlations of the items, shape (p, p), one table a group."""
        from dww_analysis.factor.validity import residual_correlations

        return residual_correlations(
            self._need("residual correlations", "srmr, or the same model by MLR at one level")
        )

    def compare(self, other: FactorFit, method: str = "satorra.bentler.2001") -> pd.DataFrame:
        """The chi-square difference with another model of the same answers, of which one is nested in the other: a row
        each, the model with more parameters first, with its indices, and delta_chi_square, delta_df and delta_p in the
        second. Scaled as the statistics are; method: "satorra.bentler.2001", or "satorra.bentler.2010". FactorError for
        models that cannot be compared. R: lavTestLRT."""
        from dww_analysis.factor.compare import compare

        return compare(self, other, method)

    def summary(self) -> str:
        """The model as text: fit, cautions and every parameter."""
        return as_text(*model_parts(self))

    def __repr__(self) -> str:
        state = "converged" if self.converged else "not converged"
        known = self.converged and self.df > 0 and not math.isnan(self.cfi + self.rmsea)
        measures = f", CFI {self.cfi:.3f}, RMSEA {self.rmsea:.3f}" if known else ""
        return f"<FactorFit: {model_title(self)}, {self.n_obs} persons, {state}{measures}>"

    def __str__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        return as_markup(*model_parts(self))

    if not TYPE_CHECKING:  # a type checker would take every word for an attribute

        def __getattr__(self, word: str) -> NoReturn:
            raise AttributeError(what_to_write("A factor model", word, WORDS, dir(type(self))))

    def _need(self, what: str = "this analysis", instead: str = "a model of one level") -> Fitted:
        if self._fitted is None:
            raise FactorError.of(
                found="a model of two levels" if self._two_level is not None else "a model of ordered items",
                where=what,
                expected="a model of one level and continuous items",
                action=f"use {instead}",
            )
        return self._fitted
