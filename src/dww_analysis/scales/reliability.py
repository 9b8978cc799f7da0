"""Internal consistency of one scale in one wave: alpha, omega total, Spearman-Brown for two items.

Reversed items must have been reversed before (`reverse_items`); nothing is turned round here. Versions for ordered
categories are in `ordinal`, within and between teams in `factor`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.errors import ScaleError
from dww_analysis.scales.engine import refusals
from dww_analysis.scales.items_matrix import against_the_rest, check_level, item_matrix, pairwise_covariance

Array = NDArray[np.float64]
NEGATIVE = "alpha is negative: items run against each other; see sign_questions(items)"
OMEGA_METHOD = "ML one factor, delta method on the logit"


@dataclass(frozen=True)
class Alpha:
    """Cronbach's alpha; the interval is Feldt's unless `interval` says otherwise."""

    alpha: float
    conf_low: float
    conf_high: float
    standardised: float  # alpha of the correlation matrix
    std_error: float  # asymptotic (van Zyl, Neudecker & Nel 2000; Duhachek & Iacobucci 2004)
    conf_low_feldt: float
    conf_high_feldt: float
    conf_low_duhachek: float
    conf_high_duhachek: float
    conf_level: float
    interval: str  # "feldt" or "duhachek"
    mean_r: float  # mean correlation between items
    median_r: float
    lambda6: float  # Guttman's lower bound from squared multiple correlations
    n_persons: int
    n_items: int
    missing: str  # "pairwise" or "complete"
    warnings: tuple[str, ...]

    @property
    def estimate(self) -> float:
        return self.alpha


@dataclass(frozen=True)
class Omega:
    """Omega total of a one-factor model: share of variance of the sum that the factor explains."""

    omega: float
    conf_low: float
    conf_high: float
    std_error: float
    observed_total: float  # the same numerator over the observed variance of the sum (divisor n)
    conf_level: float
    method: str
    loadings: Array  # in item units, one per item
    residual_variances: Array
    std_loadings: Array
    ave: float  # average variance extracted: mean squared standardised loading
    chi_square: float
    df: int
    n_persons: int
    n_items: int
    warnings: tuple[str, ...]

    @property
    def estimate(self) -> float:
        return self.omega


@dataclass(frozen=True)
class SpearmanBrown:
    """Reliability of two items from their correlation."""

    estimate: float
    conf_low: float
    conf_high: float
    r: float
    conf_level: float
    n_persons: int


def cronbach_alpha(
    items: pd.DataFrame, missing: str = "pairwise", interval: str = "feldt", conf_level: float = 0.95
) -> Alpha:
    """Cronbach's alpha of the items with its interval.

    alpha = k/(k-1) (1 - tr S / 1'S1) for the k x k covariance matrix S (Cronbach 1951). Feldt's interval uses
    (1 - alpha) F with n - 1 and (n - 1)(k - 1) df (Feldt, Woodruff & Salih 1987).

    items: persons x items, reversed where needed; NaN = missing, persons without any answer do not count.
    missing: "pairwise" (covariances over those who answered both; n = persons with any answer) or "complete".
    interval: "feldt" or "duhachek", which one `.conf_low` and `.conf_high` hold; the record has both.
    Refuses one item, items without variance and pairs that nobody answered.
    Reproduces psych::alpha(items) and psych::alpha.ci.
    """
    what = "Cronbach's alpha"
    _one_of(missing, ("pairwise", "complete"), "missing", what)
    _one_of(interval, ("feldt", "duhachek"), "interval", what)
    check_level(conf_level)
    X, names = item_matrix(items, what, missing=missing)
    S = pairwise_covariance(X, what)
    n, k = X.shape
    alpha = alpha_of(S)
    std_error = _alpha_std_error(S, n)
    feldt = _feldt(alpha, n, k, conf_level)
    z = normal_quantile(conf_level)
    duhachek = (alpha - z * std_error, alpha + z * std_error)
    low, high = feldt if interval == "feldt" else duhachek
    R = S / np.sqrt(np.outer(np.diag(S), np.diag(S)))
    off = R[np.triu_indices(k, 1)]
    return Alpha(
        alpha=alpha,
        conf_low=low,
        conf_high=high,
        standardised=alpha_of(R),
        std_error=std_error,
        conf_low_feldt=feldt[0],
        conf_high_feldt=feldt[1],
        conf_low_duhachek=duhachek[0],
        conf_high_duhachek=duhachek[1],
        conf_level=conf_level,
        interval=interval,
        mean_r=float(off.mean()),
        median_r=float(np.median(off)),
        lambda6=_lambda6(R),
        n_persons=n,
        n_items=k,
        missing=missing,
        warnings=(*against_the_rest(S, names), *(() if alpha >= 0 else (NEGATIVE,))),
    )


@refusals()
def omega_total(items: pd.DataFrame, conf_level: float = 0.95) -> Omega:
    """Omega total from a one-factor model by maximum likelihood on complete cases.

    omega = (sum lambda)^2 / ((sum lambda)^2 + sum theta) with the factor variance at one (McDonald 1999). The
    standard error is the delta method on the covariance of the estimates (Raykov 2002), the interval symmetric on
    the logit of omega (Kelley & Pornprasertmanit 2016).

    items: persons x items (at least three), reversed where needed. Rows with a missing answer are left out.
    A negative residual variance is kept and said in `.warnings`; the interval is then NaN, as it is when omega is not
    between 0 and 1. Refuses two items (use `spearman_brown`) and items without variance.
    `.omega` reproduces semTools::compRelSEM(obs.var = FALSE) of a lavaan one-factor CFA, `.observed_total` its default.
    """
    from dww_analysis.factor.one_factor import one_factor

    what = "omega total"
    X, names = item_matrix(items, what, missing="complete")
    if X.shape[1] < 3:
        raise ScaleError.of(
            found="2 items",
            where=what,
            expected="at least three items",
            action="use spearman_brown(items), which two items allow",
        )
    n, k = X.shape
    S = np.cov(X, rowvar=False, bias=True)
    fit = one_factor(S, n)
    omega, gradient = _omega_and_gradient(fit.loadings, fit.residual_variances)
    std_error = float(np.sqrt(gradient @ fit.covariance @ gradient)) if not fit.heywood else np.nan
    warnings = (*fit.warnings, *against_the_rest(S, names))
    if not 0 <= omega <= 1:
        warnings = (*warnings, "omega is not given: the residual variances add up to less than nothing")
    given = fit.converged and 0 <= omega <= 1
    low, high = logit_interval(omega, std_error, conf_level) if given else (np.nan, np.nan)
    with np.errstate(invalid="ignore"):
        std_loadings = fit.loadings / np.sqrt(fit.loadings**2 + fit.residual_variances)
    return Omega(
        omega=omega if given else np.nan,
        conf_low=low,
        conf_high=high,
        std_error=std_error if given else np.nan,
        observed_total=float(fit.loadings.sum() ** 2 / S.sum()) if given else np.nan,
        conf_level=conf_level,
        method=OMEGA_METHOD,
        loadings=fit.loadings,
        residual_variances=fit.residual_variances,
        std_loadings=std_loadings,
        ave=float(np.mean(std_loadings**2)),
        chi_square=fit.chi_square,
        df=fit.df,
        n_persons=n,
        n_items=k,
        warnings=warnings,
    )


def spearman_brown(items: pd.DataFrame, conf_level: float = 0.95) -> SpearmanBrown:
    """Reliability of a two-item scale, 2r / (1 + r) (Eisinga, te Grotenhuis & Pelzer 2013).

    The interval is Fisher's for r, carried through the formula. Refuses anything but two items, and r = -1.
    """
    what = "Spearman-Brown"
    X, _ = item_matrix(items, what, missing="complete", persons=4)
    if X.shape[1] != 2:
        raise ScaleError.of(
            found=f"{X.shape[1]} items",
            where=what,
            expected="two items",
            action="use omega_total for three or more",
        )
    r = float(np.clip(np.corrcoef(X[:, 0], X[:, 1])[0][1], -1, 1))
    if r <= -1 + 1e-12:
        raise ScaleError.of(
            found="a correlation of -1",
            where=what,
            expected="items that agree",
            action="reverse one of the items",
        )
    half = normal_quantile(conf_level) / np.sqrt(len(X) - 3)
    with np.errstate(divide="ignore"):
        z = np.arctanh(r)
    low, high = np.tanh(z - half), np.tanh(z + half)
    step_up = [float(2 * x / (1 + x)) for x in (r, low, high)]
    return SpearmanBrown(step_up[0], step_up[1], step_up[2], r, conf_level, len(X))


def alpha_of(S: Array) -> float:
    """Alpha of a covariance or correlation matrix, shape (k, k) with k of 2 or more; NaN where the sum has no
    variance."""
    k, total = len(S), float(S.sum())
    return k / (k - 1) * (1 - float(np.trace(S)) / total) if total > 0 else np.nan


def _alpha_std_error(S: Array, n: int) -> float:
    k, total, trace = len(S), S.sum(), np.trace(S)
    if total <= 0:
        return np.nan
    ones = np.ones(k)
    spread = total * (np.trace(S @ S) + trace**2) - 2 * trace * (ones @ S @ S @ ones)
    return float(np.sqrt(max(2 * k**2 / ((k - 1) ** 2 * total**3) * spread, 0.0) / n))


def _feldt(alpha: float, n: int, k: int, conf_level: float) -> tuple[float, float]:
    from scipy.special import fdtri

    tail = (1 - conf_level) / 2
    df1, df2 = n - 1, (n - 1) * (k - 1)
    return (
        float(1 - (1 - alpha) * fdtri(df1, df2, 1 - tail)),
        float(1 - (1 - alpha) * fdtri(df1, df2, tail)),
    )


def _lambda6(R: Array) -> float:
    if len(R) < 2 or np.linalg.eigvalsh(R)[0] < 1e-12:
        return np.nan
    return float(1 - (1 / np.diag(np.linalg.inv(R))).sum() / R.sum())


def _omega_and_gradient(loadings: Array, residuals: Array) -> tuple[float, Array]:
    common, unique = loadings.sum() ** 2, residuals.sum()
    total = common + unique
    by_loading = 2 * loadings.sum() * unique / total**2
    by_residual = -common / total**2
    k = len(loadings)
    return float(common / total), np.concatenate([np.full(k, by_loading), np.full(k, by_residual)])


def logit_interval(value: float, std_error: float, conf_level: float) -> tuple[float, float]:
    """(low, high) on the scale of the logit, back-transformed; NaN for a value outside (0, 1) or without a standard
    error. Refuses a conf_level as `normal_quantile`."""
    if not 0 < value < 1 or not np.isfinite(std_error):
        return np.nan, np.nan
    centre, half = (
        np.log(value / (1 - value)),
        normal_quantile(conf_level) * std_error / (value * (1 - value)),
    )
    low, high = 1 / (1 + np.exp(-(centre - half))), 1 / (1 + np.exp(-(centre + half)))
    return float(low), float(high)


def normal_quantile(conf_level: float) -> float:
    """z of a two-sided interval of that level; ScaleError outside (0, 1)."""
    from scipy.special import ndtri

    check_level(conf_level)
    return float(ndtri(0.5 + conf_level / 2))


def _one_of(value: str, known: tuple[str, ...], name: str, what: str) -> None:
    if value not in known:
        raise ScaleError.of(
            found=f"{name}={value!r}", where=what, expected=" or ".join(known), action="choose one"
        )
