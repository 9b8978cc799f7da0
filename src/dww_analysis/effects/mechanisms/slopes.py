"""Cause -> mediator and mediator -> outcome between persons, in one model in which both slopes may differ by unit.

Both equations are stacked with a residual variance each (Bauer, Preacher & Gil 2006): only so is the covariance of the
two slopes estimated. Cause and mediator are taken from the mean of their unit at their wave, so that nothing between
units enters.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.effects.mechanisms.monte_carlo import Slopes

EQUATIONS = ("mediator", "outcome")


def slopes_of(frame: pd.DataFrame, more: str = "") -> tuple[Slopes, Any]:
    """The two slopes, and the fit. frame: columns unit, wave, person, cause, mediator, outcome, without gaps.

    more: terms of covariates, for both equations. The covariance of J pairs of slopes has
    SE sqrt((s_aa s_bb + s_ab^2) / (J - 1)), with s the spread of the units' slopes as they are estimated: J times the
    covariance of their means.
    """
    from dww_analysis.multilevel import fit

    stacked = _stacked(frame)
    fitted = fit(_formula(frame, more), stacked, residual_variance="equation")
    table = fitted.coefficients().set_index("term").loc[["a", "b"]]
    vcov = fitted.vcov(adjusted=True).loc[["a", "b"], ["a", "b"]].to_numpy()
    components = fitted.variance_components()
    pair = components[(components["group"] == "unit") & (components["term_1"] == "a")]
    covariance = float(pair.loc[pair["term_2"] == "b", "estimate"].iloc[0])
    J = frame["unit"].nunique()
    spread = J * vcov
    error = float(np.sqrt((spread[0, 0] * spread[1, 1] + spread[0, 1] ** 2) / (J - 1)))
    means, df = table["estimate"].to_numpy(float), table["df"].to_numpy(float)
    return Slopes(means, vcov, df, covariance, error), fitted


def _formula(frame: pd.DataFrame, more: str) -> str:
    waves = " + equation:wave" if frame["wave"].nunique() > 1 else ""
    persons = " + (0 + m | person) + (0 + y | person)" if frame["person"].duplicated().any() else ""
    fixed = f"0 + equation + a + b + direct{waves}{more}"
    return f"score ~ {fixed} + (0 + m + y | unit) + (0 + a + b | unit){persons}"


def _stacked(frame: pd.DataFrame) -> pd.DataFrame:
    """Two rows of each: the mediator by the cause, and the outcome by both."""
    cells = frame.groupby(["unit", "wave"], observed=True)
    x = (frame["cause"] - cells["cause"].transform("mean")).to_numpy(float)
    w = (frame["mediator"] - cells["mediator"].transform("mean")).to_numpy(float)
    first = frame.assign(score=frame["mediator"], equation=EQUATIONS[0], m=1.0, y=0.0, a=x, b=0.0, direct=0.0)
    second = frame.assign(score=frame["outcome"], equation=EQUATIONS[1], m=0.0, y=1.0, a=0.0, b=w, direct=x)
    both = pd.concat([first, second], ignore_index=True)
    return both.assign(equation=pd.Categorical(both["equation"], EQUATIONS))
