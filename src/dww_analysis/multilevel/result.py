"""A fitted model: tables and arrays on demand, each computed in a module of its own and joined here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from dww_analysis.analyst.tables import Table

from . import engines, tables
from .errors import DesignError, MethodError
from .inference.hypotheses import TYPES, as_rows, type_of_tests
from .inference.means import Grid, Tested, Wanted, as_names, contrasts_table, linear_table, means_table
from .inference.prediction import predict_rows, predict_table, to_scale, zero_part
from .inference.scales import mean_given_effects
from .model import Array, Design, Inference, JointTest, Solution
from .shapes import log_dispersion_table, zero_inflation_table, zero_probability
from .shown import Shown

USUAL_LEVEL = 0.95  # of an interval, where none is asked for


def _percent(conf_level: float) -> str:
    return f"{100 * conf_level:g} %"


@dataclass(frozen=True, eq=False, repr=False)
class Fit(Shown):
    """A fitted model. Tables are pandas data frames; arrays follow the complete rows (`frame.index`)."""

    # ---- inference about the fixed effects
    def inference(self, df: str | None = None) -> Inference:
        """The covariance and df behind a named method; None chooses (see `inference.choice`)."""
        name = engines.inference_name(self.solution, self.options, df)
        if name not in self._cache:
            self._cache[name] = engines.build_inference(self.solution, self.options, name, self.max_memory)
        found: Inference = self._cache[name]
        return found

    def _tested(self, df: str | None, conf_level: float) -> Tested:
        return Tested(self.solution, self.inference(df), conf_level)

    def coefficients(self, df: str | None = None, conf_level: float = USUAL_LEVEL) -> pd.DataFrame:
        """Columns term, estimate, std_error, df, statistic, p_value, conf_low, conf_high, df_method."""
        names, beta = self.design.x_names, self.solution.beta
        return Table.of(
            tables.coefficient_table(names, beta, self.inference(df), conf_level), "Fixed effects"
        )

    def vcov(self, adjusted: bool = False) -> pd.DataFrame:
        """(p, p) covariance of the fixed effects; `adjusted` gives the Kenward-Roger one."""
        matrix = self.inference("kenward-roger").vcov if adjusted else self.solution.vcov
        names = list(self.design.x_names)
        return pd.DataFrame(matrix.copy(), index=names, columns=names)

    def anova(self, df: str | None = None, type: int | str = 3) -> pd.DataFrame:
        """Tests of terms, type III or II (3, 2, "III" or "II"): columns term, num_df, den_df, statistic, p_value,
        df_method."""
        found = tables.anova_table(self.hypotheses(type), self.inference(df))
        return Table.of(found, f"Tests of terms, type {'I' * type_of_tests(type)}")

    def hypotheses(self, type: int | str = 3) -> dict[str, Array]:
        """The matrix L behind each test of `anova`."""
        number = type_of_tests(type)
        key = f"type {number}"
        if key not in self._cache:
            self._cache[key] = TYPES[number](self.design)
        found: dict[str, Array] = self._cache[key]
        return {label: L.copy() for label, L in found.items()}

    def test(self, L: Any, df: str | None = None) -> JointTest:
        """Joint test of L beta = 0: statistic (F), num_df, den_df, p_value, scaling.

        `L` is an array (m, p), a data frame with term columns, a term name, a list of names, or weights by name.
        """
        return self.inference(df).joint(as_rows(L, self.design.x_names, self.dropped))

    def linear(self, L: Any, df: str | None = None, conf_level: float = USUAL_LEVEL) -> pd.DataFrame:
        """One row per linear function L beta, with the columns of `coefficients` (without term)."""
        rows, inference = as_rows(L, self.design.x_names, self.dropped), self.inference(df)
        columns = linear_table(rows, self.solution.beta, inference, conf_level)
        return Table.of(pd.DataFrame({**columns, "df_method": inference.method}), "Linear functions")

    def means(
        self, specs: str | Sequence[str], by: str | Sequence[str] | None = None, at: Mapping[str, Any] | None = None, *,
        weights: str = "equal", df: str | None = None, conf_level: float = USUAL_LEVEL, type: str = "link",
    ) -> pd.DataFrame:  # fmt: skip
        """Estimated marginal means: the named columns, then estimate, std_error, df, statistic, p_value, limits.

        Factors that are not named count equally, or with `weights="proportional"` as often as their levels occur;
        numbers that are not named stand at their mean, or are averaged over their observed values where they enter by
        steps alone, as in cut(time, 3); a named number is evaluated at its observed values (up to 10)
        or at `at={"time": [0, 3]}`. `type="response"` gives probabilities or counts (of family "zip" those that are no
        extra zeros; `predict` gives all), and turns a transformed outcome such as log(y) back to y, with limits
        transformed from the link scale; an outcome that cannot be turned back is refused. `held_at` says where numbers
        that are not named stand (a 0/1 variable at the share of ones); a row that the data do not inform has df_method
        "not estimable".
        """
        found = means_table(self._tested(df, conf_level), Grid(specs, by, at), weights, type)
        return Table.of(
            found, f"Estimated marginal means of {self.design.response}, {_percent(conf_level)} intervals"
        )

    def slopes(
        self, variable: str, by: str | Sequence[str] | None = None, at: Mapping[str, Any] | None = None, *,
        df: str | None = None, conf_level: float = USUAL_LEVEL,
    ) -> pd.DataFrame:  # fmt: skip
        """How fast the marginal mean changes with a number, by level of `by`, on the link scale; columns as of `means`.

        The slope is taken at the mean of the variable, or at `at={"time": [0, 3]}`; other predictors as in `means`.
        R: emmeans::emtrends.
        """
        from .inference.slopes import slopes_table

        found = slopes_table(self._tested(df, conf_level), variable, by, at)
        return Table.of(
            found, f"Slopes of {self.design.response} in {variable}, {_percent(conf_level)} intervals"
        )

    def contrasts(
        self, specs: str | Sequence[str], by: str | Sequence[str] | None = None, at: Mapping[str, Any] | None = None, *,
        adjust: str | None = "holm", method: str | Sequence[str] = "pairwise", interaction: bool = False,
        weights: Mapping[str, ArrayLike] | None = None, reference: Any = None, df: str | None = None,
        conf_level: float = USUAL_LEVEL, type: str = "link",
    ) -> pd.DataFrame:  # fmt: skip
        """Differences between marginal means within each combination of `by`, first minus second.

        `method` "pairwise", "revpairwise", "trt.vs.ctrl" (against `reference`, or the first), "consecutive", "effects"
        (each against the average), "polynomial", or "custom" with `weights={label: [one per mean]}`;
        `interaction=True` gives contrasts of contrasts over several `specs`. `p_value` goes with the interval;
        `p_adjusted` stands beside it and is adjusted over all rows of the table ("holm", "hochberg", "bonferroni",
        "sidak", "bh", "by", "mvt", "none"), or with "tukey" over the pairs within each combination of `by`.
        `type="response"` gives odds ratios or ratios, for logarithms of an outcome too; for another curve, such as
        sqrt(y), a difference cannot be turned back and is refused.
        """
        wanted = Wanted(method, interaction, weights, reference, adjust)
        found = contrasts_table(self._tested(df, conf_level), Grid(specs, by, at), wanted, type)
        return Table.of(found, f"Contrasts of {self.design.response}, {_percent(conf_level)} intervals")

    def robust(
        self, cluster: str, kind: str = "CR2", conf_level: float = USUAL_LEVEL, weights: str = "precision"
    ) -> pd.DataFrame:
        """Cluster-robust coefficients: the columns of `coefficients`, Satterthwaite df (Pustejovsky & Tipton 2018).

        `weights` "precision": rows with twice the weight have half the variance; "sampling", for `fit_ols` and CR2:
        weights say how much a row counts, and all rows are equally precise. R: clubSandwich::coef_test.
        """
        found = self.robust_inference(cluster, kind, weights)
        table = tables.coefficient_table(self.design.x_names, self.solution.beta, found, conf_level)
        return Table.of(table, f"Fixed effects, {kind} by {cluster}")

    def robust_inference(self, cluster: str, kind: str = "CR2", weights: str = "precision") -> Inference:
        """The robust covariance with its df and joint (HTZ) tests; see `robust`."""
        key = f"{kind} by {cluster}, {weights}"
        if key not in self._cache:
            self._cache[key] = self._robust(cluster, kind, weights)
        found: Inference = self._cache[key]
        return found

    def _robust(self, cluster: str, kind: str, weights: str) -> Inference:
        from .inference.robust import robust_inference
        from .inference.sampling import sampling_inference

        if weights == "precision":
            return robust_inference(self.solution, cluster, kind, self.max_memory)
        if weights != "sampling" or kind != "CR2":
            raise MethodError(
                f"Weights {weights!r} with kind {kind!r} are not offered: "
                "known are 'precision' with every kind, and 'sampling' with CR2."
            )
        return sampling_inference(self.solution, cluster)

    # ---- variance
    def variance_components(self) -> pd.DataFrame:
        """Columns group, term_1, term_2, estimate, sd_or_correlation; the residual last."""
        return tables.component_table(self.solution)

    def icc(self) -> pd.Series:
        """Intraclass correlation: adjusted, unadjusted, and the share of each group, by these names; residual
        variance of other families as `variance_shares` says. A fit for which that is not defined is refused
        there."""
        from .inference.variance_shares import icc_series

        return icc_series(self._variance_parts())

    def r2(self) -> pd.Series:
        """Marginal and conditional R2 (Nakagawa)."""
        from .inference.variance_shares import r2_series

        return r2_series(self._variance_parts())

    def _variance_parts(self) -> Any:
        from .inference.variance_shares import variance_parts

        return variance_parts(self.solution, lambda: engines.null_intercept(self.solution, self.options))

    @property
    def log_dispersion(self) -> pd.DataFrame:
        """log(theta) of a negative binomial fit: term, estimate, std_error, conf_low, conf_high (95 %)."""
        return log_dispersion_table(self.solution, USUAL_LEVEL)

    @property
    def zero_inflation(self) -> pd.DataFrame:
        """The logit of the probability of an extra zero, of family "zip", or its coefficients where `zero=` gave a
        formula: term, estimate, std_error, statistic, p_value, conf_low, conf_high (95 %). Empty for other families."""
        return zero_inflation_table(self.solution, USUAL_LEVEL)

    # ---- rows and groups
    def random_effects(self) -> pd.DataFrame:
        """Conditional modes: columns group, level, term, estimate, std_error."""
        return tables.random_effect_table(self.solution, *self._modes())

    def conditional_covariances(self) -> dict[str, Array]:
        """Per random term ("team", or "team.1" for its second term), the conditional covariances, shape (levels, q,
        q); arrays of the caller's own."""
        out: dict[str, Array] = {}
        for term, cov in zip(self.design.random, self._modes()[1], strict=True):
            again = sum(key.split(".")[0] == term.group for key in out)
            out[f"{term.group}.{again}" if again else term.group] = cov.copy()
        return out

    def _modes(self) -> tuple[list[Array], list[Array]]:
        if "modes" not in self._cache:
            self._cache["modes"] = engines.conditional_modes(self.solution, self.options)
        found: tuple[list[Array], list[Array]] = self._cache["modes"]
        return found

    @property
    def linear_predictor(self) -> Array:
        """(n_obs,) fixed and random effects and offset, on the link scale."""
        if "eta" not in self._cache:
            eta = self.design.X @ self.solution.beta + self.design.offset
            for term, mode in zip(self.design.random, self._modes()[0], strict=True):
                eta = eta + np.einsum("ij,ij->i", term.Z, mode[term.codes])
            self._cache["eta"] = eta
        found: Array = self._cache["eta"]
        return found.copy()

    @property
    def fitted(self) -> Array:
        """(n_obs,) expected outcome given the random effects, as the formula writes it (that of log(y) for log(y))."""
        mean = mean_given_effects(self.linear_predictor, self.design, self.link)
        return mean * (1.0 - zero_probability(self.solution))

    @property
    def residuals(self) -> Array:
        """(n_obs,) outcome minus fitted; for other families on the scale of the outcome."""
        return self.design.y - self.fitted

    def predict(
        self, new_data: pd.DataFrame | None = None, *, population: bool = False, type: str = "link",
        offset: str | ArrayLike | None = None, se: bool = False, of: str = "mean", df: str | None = None,
        conf_level: float = USUAL_LEVEL,
    ) -> Any:  # fmt: skip
        """(rows,) predictions for new rows.

        Random effects of levels the fit knows are added and unknown levels count as average (zero);
        `population=True` leaves all random effects out. Unknown levels of a predictor are refused. Without new data,
        the rows of the fit. `offset` is a column of the new data or one number a row. `type="response"` gives
        probabilities, counts, or the outcome itself where the model is of log(y) or another transform.
        With `population=True, se=True` a data frame with the labels of the new rows: estimate, std_error, df,
        conf_low, conf_high, df_method, from the covariance and df that `means` uses: of the mean of all with these
        predictors, or with `of="team"` of a team (in groups) that the data do not hold, `of="measurement"` of one new
        outcome of a new person, team ... `of`, `df` and `conf_level` belong to it alone.
        """
        if se:
            self._check_population(population)
            return predict_table(self._tested(df, conf_level), new_data, type, offset, of)
        if df is not None or conf_level != USUAL_LEVEL or of != "mean":
            raise MethodError(
                "of, df and conf_level belong to standard errors; add se=True, or leave them out."
            )
        modes = None if population else self._modes()[0]
        if new_data is None:
            eta = (
                self.design.X @ self.solution.beta + self.design.offset
                if population
                else self.linear_predictor
            )
            zeros = zero_part(self.solution, None) if population else ()
            return to_scale(eta, self.solution, type, *zeros)
        return predict_rows(self.solution, modes, new_data, type, offset)

    def _check_population(self, population: bool) -> None:
        if not population and self.design.random:
            raise MethodError(
                "A standard error of predictions with random effects is not offered; use population=True, or se=False."
            )

    # ---- again: new responses, fewer clusters, other models
    def simulate(self, n: int = 1, rng: np.random.Generator | int | None = None) -> Array:
        """(n_obs, n) responses drawn from the fitted model, with new random effects."""
        return engines.simulate(self.solution, self.options, n, np.random.default_rng(rng))

    def refit(self, y: ArrayLike) -> Fit:
        """The same model for another response (n_obs,) over the rows of the fit."""
        self._check_rows(y)
        return Fit(
            engines.refit(self.solution, self.options, y),
            self.options,
            self.max_memory,
        )

    def _check_rows(self, values: Any) -> None:
        """Refuses a series or data frame of other rows, or of the same rows in another order."""
        if not isinstance(values, (pd.Series, pd.DataFrame)) or len(values) != self.n_obs:
            return  # arrays carry no labels; wrong lengths are refused with the shape
        if not values.index.equals(self.design.frame.index):
            raise DesignError(
                "The new responses have another index than the rows of the fit (see frame.index); align them first, "
                "or pass an array."
            )

    def refit_many(self, Y: ArrayLike, df: str | None = None) -> Any:
        """Estimates, standard errors, df and p values for every column of Y (n_obs, r).

        Arrays (r, p) with the columns of `terms`; `term("time")` gives the table of one of them.
        """
        self._check_rows(Y)
        name = engines.inference_name(self.solution, self.options, df)
        return engines.refit_many(self.solution, self.options, Y, name, self.max_memory)

    def profile(
        self, conf_level: float = USUAL_LEVEL, *, terms: str | Sequence[str] | None = None
    ) -> pd.DataFrame:
        """Profile-likelihood limits (of the ML deviance) of standard deviations, correlations and fixed effects;
        `terms` limits the table to some of them.
        """
        return engines.profiler(self.solution, self.options, conf_level).table(as_names(terms) or None)

    def bootstrap(
        self, n: int, rng: np.random.Generator | int | None = None, conf_level: float = USUAL_LEVEL
    ) -> pd.DataFrame:
        """Percentile limits of `n` parametric bootstrap refits, with the terms of `profile`: columns term,
        estimate, std_error, conf_low, conf_high."""
        table: pd.DataFrame = self.bootstrap_draws(n, rng).intervals(conf_level)
        return table

    def bootstrap_draws(self, n: int, rng: np.random.Generator | int | None = None) -> Any:
        """The draws themselves: terms, draws (n, terms), converged, at_boundary, intervals(conf_level)."""
        return engines.bootstrap(self.solution, self.options, n, np.random.default_rng(rng))

    def large_sample_draws(self, n: int, rng: np.random.Generator | int | None = None) -> Any:
        """Terms (m,), estimate (m,) and n draws (n, m) of the standard deviations, sigma last: of each simulated
        response one step of scoring (MIVQUE) instead of a refit. None for terms of several columns and fits that are
        not REML."""
        from .inference.mivque import drawn_spreads

        return drawn_spreads(self.solution, n, np.random.default_rng(rng))

    def large_sample_limits(self, conf_level: float = USUAL_LEVEL) -> pd.DataFrame:
        """The limits of standard deviations that `profile` has, from the normal distribution of the logarithms of the
        variances: columns term, estimate, conf_low, conf_high. No rows for variances near zero, terms of several
        columns and fits that are not REML."""
        from .inference.large_sample import limits

        return limits(self.solution, conf_level)

    def compare(self, other: Fit) -> pd.DataFrame:
        """Likelihood-ratio test of two nested models, a row each; mixtures where a variance lies on the boundary.
        MethodError for what is no fit, or for fits that cannot be compared."""
        if not isinstance(other, Fit):
            raise MethodError(f"compare takes another fit, not {type(other).__name__}.")
        from .inference.compare import compare

        return compare(self.solution, other.solution)

    def influence(self, group: str) -> pd.DataFrame:
        """What changes when one level of a group is left out: one row per level and term."""
        from .inference.influence import leave_one_out

        return leave_one_out(self.solution, self._solve_again, group)

    def _solve_again(self, design: Design) -> Solution:
        return engines.solve_again(design, self.options, self.solution.theta, self.max_memory)
