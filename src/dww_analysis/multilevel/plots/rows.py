"""Figures of rows: residuals against fitted values, and their quantiles against those of a normal distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import betaincinv, ndtri

from dww_analysis.analyst.look import ARM_STYLES, BAND, INK, ONE_GROUP, SOFT, style
from dww_analysis.analyst.plot import Plot

from ..errors import MethodError
from ..formula.checks import check_count
from ..inference.distributions import check_conf_level
from ..model import Array
from ..shapes import zero_probability

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINE = ARM_STYLES[0]["color"]
SMALLEST_BIN, MOST_BINS = 8, 20  # rows of a bin; bins
MANY = 1_000  # rows above which points are drawn small and faint


def draw_residuals(fit: Any, draws: int = 39) -> Plot:
    """Residuals in units of their standard deviation against fitted values, and their average by neighbouring rows.

    Where random effects are shrunk such averages rise with the fitted value although the model is right. The band says
    how far they go in refits to `draws` outcomes that the model simulates: outside it with 5 % for the usual 39.
    """
    fitted, z = fit.fitted, scaled_residuals(fit)
    bins = binned(fitted, z)
    if draws:
        check_count(draws, "The number of simulated outcomes", 1)
        bins["low"], bins["high"] = _range_of_draws(fit, draws)
    with style():
        plot = Plot(3.6)
        axes = plot.add_axes((0.09, 0.14, 0.89, 0.8))
        _points(axes, fitted, z)
        axes.axhline(0, color=INK, lw=0.9, zorder=3)
        if draws:
            axes.fill_between(
                bins["fitted"], bins["low"], bins["high"], color=SOFT, alpha=0.35, lw=0, zorder=1
            )
        axes.plot(bins["fitted"], bins["residual"], color=LINE, marker="s", ms=4, lw=1.4, zorder=4)
        axes.set_xlabel(f"Fitted {fit.design.response}")
        axes.set_ylabel("Residual, in standard deviations")
    plot.alt = _residual_words(fit, z, bins, draws)
    plot.data = pd.DataFrame({"fitted": fitted, "residual": z}, index=fit.design.frame.index)
    return plot


def _range_of_draws(fit: Any, draws: int) -> tuple[Array, Array]:
    """Lowest and highest average of each group of rows over refits to simulated outcomes; the same every time."""
    simulated = fit.simulate(draws, rng=0)
    again = (fit.refit(simulated[:, k]) for k in range(draws))
    averages = np.array([binned(m.fitted, scaled_residuals(m))["residual"] for m in again])
    return averages.min(axis=0), averages.max(axis=0)


def scaled_residuals(fit: Any) -> Array:
    """(n_obs,) residuals over the standard deviation that the model gives each row (Pearson residuals)."""
    mean, weights = fit.fitted, fit.design.weights
    if fit.family == "gaussian":
        return np.asarray(fit.residuals / np.sqrt(fit.solution.extra.row_variances(fit.solution)))
    return np.asarray((fit.design.y - mean) * np.sqrt(weights / _variance(fit, mean)))


def _variance(fit: Any, mean: Array) -> Array:
    """(n_obs,) variance of an outcome with this mean, extra zeros included in both."""
    if fit.family == "binomial":
        return mean * (1 - mean)
    if fit.family == "nbinom2":
        return mean + mean**2 / fit.dispersion
    zeros = zero_probability(fit.solution)
    return mean * (1 + mean * zeros / (1 - zeros))


def binned(fitted: Array, z: Array) -> pd.DataFrame:
    """Averages over groups of rows with neighbouring fitted values: fitted, residual."""
    n_bins = max(1, min(MOST_BINS, len(z) // SMALLEST_BIN))
    parts = np.array_split(np.argsort(fitted, kind="stable"), n_bins)
    return pd.DataFrame(
        {"fitted": [fitted[k].mean() for k in parts], "residual": [z[k].mean() for k in parts]}
    )


def _residual_words(fit: Any, z: Array, bins: pd.DataFrame, draws: int) -> str:
    said = (
        f"Residuals against fitted {fit.design.response}, {len(z)} rows. Standard deviation {z.std():.2f} in units of "
        f"the model; largest distance from zero {np.abs(z).max():.1f}. Averages over {len(bins)} groups of rows with "
        f"neighbouring fitted values lie between {bins['residual'].min():.2f} and {bins['residual'].max():.2f}"
    )
    if not draws:
        return f"{said}."
    outside = int(((bins["residual"] < bins["low"]) | (bins["residual"] > bins["high"])).sum())
    return (
        f"{said}; {outside} of them outside the range of {draws} refits to outcomes that the model simulates."
    )


def _points(axes: Axes, x: Array, y: Array) -> None:
    many = len(x) > MANY
    axes.plot(
        x, y, ls="none", marker="o", ms=1.6 if many else 3, color=ONE_GROUP["color"], mew=0,
        alpha=0.25 if many else 0.55, zorder=2, rasterized=many,
    )  # fmt: skip


def draw_quantiles(fit: Any, conf_level: float = 0.95) -> Plot:
    """Residuals in order against the quantiles of a normal distribution, with a band for each of them on its own;
    the numbers are in `data`, a row a residual.

    For Gaussian outcomes; MethodError for others. Residuals are divided by their own standard deviation, which
    shrunken random effects make smaller than that of the model.
    """
    check_conf_level(conf_level)
    if fit.family != "gaussian":
        raise MethodError(
            f"Residuals of a {fit.family} outcome are not normal, also when the model is right; use "
            "plot('residuals'), or simulate() to compare with outcomes that the model draws."
        )
    table = quantiles(scaled_residuals(fit), conf_level)
    with style():
        plot = Plot(3.9, 4.6)
        axes = plot.add_axes((0.14, 0.13, 0.83, 0.83))
        axes.fill_between(table["normal"], table["low"], table["high"], color=BAND, zorder=1)
        for edge in ("low", "high"):
            axes.plot(table["normal"], table[edge], color=SOFT, lw=0.8, zorder=2)
        axes.axline((0, 0), slope=1, color=INK, lw=0.9, zorder=2)
        _points(axes, table["normal"].to_numpy(), table["residual"].to_numpy())
        axes.set_xlabel("Quantile of a normal distribution")
        axes.set_ylabel("Residual, in their standard deviations")
    outside = int(((table["residual"] < table["low"]) | (table["residual"] > table["high"])).sum())
    plot.alt = (
        f"Quantiles of the {len(table)} residuals of {fit.design.response} against those of a normal distribution. "
        f"{outside} lie outside the band that holds each with {conf_level:.0%}. The smallest is "
        f"{table['residual'].iloc[0]:.1f}, where {table['normal'].iloc[0]:.1f} is expected; the largest "
        f"{table['residual'].iloc[-1]:.1f}, where {table['normal'].iloc[-1]:.1f} is."
    )
    plot.data = table
    return plot


def quantiles(z: Array, conf_level: float) -> pd.DataFrame:
    """Columns normal, residual, low, high in rising order; limits from the beta distribution of an order statistic."""
    n = len(z)
    rank = np.arange(1, n + 1)
    tail = (1 - conf_level) / 2
    middle, low, high = (ndtri(betaincinv(rank, n - rank + 1, p)) for p in (0.5, tail, 1 - tail))
    ordered = np.sort(z - z.mean()) / z.std(ddof=1)
    return pd.DataFrame({"normal": middle, "residual": ordered, "low": low, "high": high})
