"""The standard deviation that standardises an entry: the total of its model, with the df that its components leave."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.effects.sizes import Spread


def spread_of(fitted: Any, frame: pd.DataFrame) -> Spread | None:
    """The total SD of the fitted model where it has one SD (intercepts only, by REML, or least squares), else that
    within arms at the first wave; None when neither can be had."""
    return _of_model(fitted) or _at_first_wave(frame)


def spread_before(frame: pd.DataFrame, before: str) -> Spread | None:
    """The SD within arms of what persons scored at the first wave, where later rows hold it in a column."""
    persons = frame.dropna(subset=["score"]).drop_duplicates("person")
    return _within(persons[before].astype(float), persons["arm"])


def _of_model(fitted: Any) -> Spread | None:
    """S^2 = sum of all components; var(S^2) from the expected information of Kenward-Roger."""
    if not fitted.design.random:
        df = float(fitted.n_obs - len(fitted.design.x_names))
        return Spread(float(fitted.sigma), df, "model") if fitted.sigma > 0 else None
    W = getattr(fitted.inference(), "W", None)
    table = fitted.variance_components()
    if W is None or table["term_2"].notna().any() or not set(table["term_1"].dropna()) <= {"(Intercept)"}:
        return None
    total, variance = float(table["estimate"].sum()), float(fitted.sigma**4 * W.sum())
    if not (total > 0 and variance > 0):
        return None
    return Spread(float(np.sqrt(total)), 2 * total**2 / variance, "model")


def _at_first_wave(frame: pd.DataFrame) -> Spread | None:
    """Pooled within arms at the first wave (over all persons where there are no arms)."""
    first = frame[frame["wave"] == frame["wave"].cat.categories[0]].dropna(subset=["score"])
    return _within(first["score"], first["arm"])


def _within(scores: pd.Series, arms: pd.Series) -> Spread | None:
    groups = arms if arms.notna().any() else pd.Series("", index=arms.index)
    by_group = scores.groupby(groups, observed=True)
    counts, variances = by_group.count(), by_group.var(ddof=1)
    df = float((counts - 1).sum())
    pooled = float((variances.fillna(0) * (counts - 1)).sum())
    return Spread(float(np.sqrt(pooled / df)), df, "first_wave") if df > 1 and pooled > 0 else None
