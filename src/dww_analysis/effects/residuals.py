"""What a fit leaves unexplained, and whether it looks as the model assumes: normal, and as wide in every group.

Departures are judged by their size, not by a test: of hundreds of answers a test finds departures that do no harm, and
estimates of mixed models hold up well under them (Schielzeth et al. 2020, Methods Ecol Evol 11, 1141-1152). Tests by
pingouin stand beside.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from dww_analysis.domain.study import level_of
from dww_analysis.domain.tables.article import RESIDUAL_BINS, RESIDUAL_CHECKS
from dww_analysis.domain.tables.effects import RESIDUALS
from dww_analysis.effects.fitted import EntryFit

MOST_BINS, LEAST_BINS = 12, 5
PERSONS_A_BIN = 2  # times the minimum
SAME = 6  # decimals in which expected values of one team at one wave agree
WIDE = 2.0  # residuals beyond this many SDs: 4.6 % of a normal distribution
Array = NDArray[np.float64]
Row = dict[str, Any]


def residuals_of(found: EntryFit | None) -> pd.DataFrame:
    """One row per answer of a fit of numbers with columns of RESIDUALS: who, arm and wave as one text, the value
    expected, and the residual given all effects, in SDs of these residuals.

    The value expected leaves a person's own effect out: that one is drawn to the mean, so that residuals over it slope
    in any model. No rows for other outcomes or weighted rows.
    """
    if found is None or found.fitted.family != "gaussian" or found.model.weights is not None:
        return pd.DataFrame(columns=list(RESIDUALS.names))
    fitted, used = found.fitted, found.used
    residual = np.asarray(fitted.residuals, dtype="float64")
    return pd.DataFrame(
        {
            "person": used["person"].astype(str).to_numpy(),
            "group": _groups(used),
            "fitted": fitted.fitted - _of_persons(fitted, used),
            "residual": residual / residual.std(ddof=1),
        }
    )


def _groups(used: pd.DataFrame) -> list[str]:
    """Arm and wave of each row as one text; of a study without arms the wave alone."""
    known = used[[c for c in ("arm", "wave") if c in used]].astype(object)
    return [" ".join(str(part) for part in row if pd.notna(part)) or "all" for row in known.to_numpy()]


def _of_persons(fitted: Any, used: pd.DataFrame) -> Array:
    """(n,) the effect of each row's person, who may be one within a team; 0 in models without such effects."""
    terms = (t for t in fitted.design.random if level_of(t.group) == "person" and "(Intercept)" in t.names)
    term = next(terms, None)
    if term is None:
        return np.zeros(len(fitted.fitted))
    modes = fitted.random_effects()
    modes = modes[(modes["group"] == term.group) & (modes["term"] == "(Intercept)")].set_index("level")
    columns = term.group.split(":")
    row = used[columns[0]].astype(str).str.cat([used[c].astype(str) for c in columns[1:]], sep=":")
    return modes["estimate"].reindex(row).to_numpy(dtype="float64")


def residual_tables(
    residuals: Mapping[str, pd.DataFrame], effects: Mapping[str, Mapping[str, Any]], minimum: int
) -> dict[str, pd.DataFrame]:
    """Tables residual_checks and residual_bins of entries. residuals: entry -> `residuals_of`. effects: entry -> what
    `unit_effects` gave. Groups of fewer persons than the minimum are in no comparison; bins hold twice as many."""
    checks: list[Row] = []
    bins: list[Row] = []
    for entry, rows in residuals.items():
        if rows["person"].nunique() < PERSONS_A_BIN * LEAST_BINS * minimum:
            continue
        checks.append({"entry": entry, "part": "residual", **_checked(rows, minimum)})
        units = pd.DataFrame(effects.get(entry, {}).get("rows", []))
        if len(units) >= minimum and units["estimate"].std() > 0:
            own = {"n": len(units), "n_persons": int(rows["person"].nunique())}
            checks.append({"entry": entry, "part": "unit", **own, **_shape(units["estimate"])})
        bins += [{"entry": entry, **row} for row in _bins(rows, minimum)]
    return {
        "residual_checks": pd.DataFrame(checks).reindex(columns=list(RESIDUAL_CHECKS.names)),
        "residual_bins": pd.DataFrame(bins).reindex(columns=list(RESIDUAL_BINS.names)),
    }


def _checked(rows: pd.DataFrame, minimum: int) -> Row:
    residual = rows["residual"]
    return {
        "n": len(rows),
        "n_persons": int(rows["person"].nunique()),
        **_shape(residual),
        "beyond": float((residual.abs() > WIDE).mean()),
        **_widths(rows, minimum),
    }


def _shape(values: pd.Series) -> Row:
    """Shapiro and Wilk's W with its p value, skewness and excess kurtosis (both without bias, as pandas has them)."""
    from pingouin import normality

    test = normality(values.to_numpy(dtype="float64")).iloc[0]
    return {
        "w": float(test["W"]),
        "p_normal": float(test["pval"]),
        "skewness": float(values.skew()),
        "kurtosis": float(values.kurt()),
    }


def _widths(rows: pd.DataFrame, minimum: int) -> Row:
    """The widest group beside the narrowest, and Levene's test (from medians); nothing with one group."""
    from pingouin import homoscedasticity

    sizes = rows.groupby("group")["person"].nunique()
    kept = rows[rows["group"].isin(sizes.index[sizes >= minimum])]
    spread = kept.groupby("group")["residual"].std()
    if len(spread) < 2 or not spread.min() > 0:
        return {"n_groups": len(spread)}
    test = homoscedasticity(kept, dv="residual", group="group", method="levene").iloc[0]
    return {
        "n_groups": len(spread),
        "sd_ratio": float(spread.max() / spread.min()),
        "p_equal": float(test["pval"]),
    }


def _bins(rows: pd.DataFrame, minimum: int) -> list[Row]:
    """Means of residuals in groups of equal size: by their own size beside what a normal distribution gives, and by
    the value expected. That is the same for all of a team at a wave, up to rounding, which is not to decide who is in
    which group: these are taken in the order of their rows."""
    number = int(np.clip(rows["person"].nunique() // (PERSONS_A_BIN * minimum), LEAST_BINS, MOST_BINS))
    normal = rows.sort_values("residual", kind="stable", ignore_index=True)
    same = rows["fitted"].round(SAME)
    fitted = rows.iloc[same.argsort(kind="stable")].reset_index(drop=True)
    place = np.arange(len(rows)) * number // len(rows)
    expected = ndtri((np.arange(1, len(rows) + 1) - 0.375) / (len(rows) + 0.25))  # Blom (1958)
    found = []
    for b in range(number):
        own = place == b
        low, high = normal[own], fitted[own]
        found.append(_bin("normal", b, low, float(expected[own].mean()), np.nan))
        found.append(_bin("fitted", b, high, float(high["fitted"].mean()), float(high["residual"].std())))
    return sorted(found, key=lambda row: row["kind"])


def _bin(kind: str, b: int, rows: pd.DataFrame, x: float, sd: float) -> Row:
    n = int(rows["person"].nunique())
    mean = float(rows["residual"].mean())
    return {"kind": kind, "bin": b + 1, "n_persons": n, "x": x, "mean": mean, "sd": sd}
