"""The factor models behind a scale: one factor, one for each subscale, one above them; and how well each fits.

The model texts made here are also the ones that the invariance ladder climbs with.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dww_analysis.domain.scales import Scale, ScoringKey
from dww_analysis.errors import ScaleError
from dww_analysis.scales.engine import refusals
from dww_analysis.scales.scale_scores import asked_waves
from dww_analysis.scales.scoring import reverse_items

if TYPE_CHECKING:
    from dww_analysis.factor.result import FactorFit

LEAST_ITEMS = 3
LEAST_TEAMS = 10  # fewer teams cannot carry a sandwich estimate
NO_TEAMS = "not adjusted for teams: with so few teams the adjusted statistic does not exist"
FIT_NUMBERS = (
    "chi_square",
    "df",
    "p_value",
    "cfi",
    "tli",
    "rmsea",
    "rmsea_low",
    "rmsea_high",
    "srmr",
    "aic",
    "bic",
)
STRUCTURE_COLUMNS = ("sample", "scale", "wave", "model", "n_persons", *FIT_NUMBERS, "estimator", "notes")


def factor_model(key: ScoringKey, items: Sequence[str]) -> str:
    """Model text over the items in `items`: a factor for each subscale with two items or more, else one factor.

    Items that no subscale has are left out when there are subscales. Codes that model text cannot hold are written as
    `model_name` gives them; a factor that has the name of an item is called NAME_factor.
    """
    parts = {s: [i for i in members if i in items] for s, members in key.subscales.items()}
    parts = {s: members for s, members in parts.items() if len(members) > 1}
    if len(parts) < 2:
        parts = {"factor": list(items)}
    taken = {model_name(i) for i in items}
    lines = []
    for subscale, members in parts.items():
        factor = model_name(subscale)
        factor = f"{factor}_factor" if factor in taken else factor
        lines.append(f"{factor} =~ {' + '.join(model_name(m) for m in members)}")
    return "\n".join(lines)


def model_name(code: str) -> str:
    """The code as a name that model text can hold: letters, digits and _, not starting with a digit."""
    name = re.sub(r"\W", "_", code, flags=re.ASCII)
    return name if re.match(r"[A-Za-z_]", name) else f"i{name}"


def usable_items(
    rows: pd.DataFrame, members: pd.Series, scale: Scale
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Reversed items by code that every member was asked and answered in different ways, and the codes left out.

    members: what tells groups or waves apart, one value a row.
    """
    key = scale.key
    assert key is not None
    frame = rows[list(scale.items)].set_axis(list(key.items), axis=1).astype(float)
    frame = reverse_items(frame, key)
    spread = frame.groupby(members, observed=True).nunique()
    usable = [c for c in frame.columns if (spread[c] > 1).all()]
    return frame[usable], tuple(c for c in frame.columns if c not in usable)


def fit_structures(
    answers: pd.DataFrame, scale: Scale, estimator: str = "MLR", missing: str = "fiml"
) -> pd.DataFrame:
    """Fit of one factor, of correlated factors and of a second-order factor, per sample and wave of a scale.

    A total over subscales asks for the second-order factor to fit. A model that cannot be fitted has a row saying why.
    """
    rows: list[dict[str, Any]] = []
    if scale.key is None or len(scale.items) < LEAST_ITEMS:
        return pd.DataFrame(rows, columns=list(STRUCTURE_COLUMNS))
    own = answers.loc[answers["sample"].isin(scale.samples)]
    for sample, wave in asked_waves(own, scale.items):
        here = own.loc[(own["sample"] == sample) & (own["wave"] == wave)]
        items, _ = usable_items(here, here["wave"], scale)
        if items.shape[1] < LEAST_ITEMS:
            continue
        data = items.rename(columns=model_name).assign(team=here["team"]).loc[items.notna().any(axis=1)]
        for name, model in _models(scale.key, list(items.columns)).items():
            where = {"sample": sample, "scale": scale.id, "wave": wave, "model": name}
            rows.append(where | _fit_row(model, data, estimator, missing))
    return pd.DataFrame(rows, columns=list(STRUCTURE_COLUMNS))


def team_column(data: pd.DataFrame) -> str | None:
    """The column of teams when there are enough of them for statistics that allow for teams."""
    return "team" if data["team"].nunique() >= LEAST_TEAMS and data["team"].notna().all() else None


def no_statistic(fit: FactorFit) -> bool:
    """The model was found, but few teams leave its scaled statistic undefined (a negative scaling factor): CFI is
    NaN with df of 1 or more."""
    return fit.converged and fit.df > 0 and not np.isfinite(fit.cfi)


def _models(key: ScoringKey, items: list[str]) -> dict[str, str]:
    one = f"factor =~ {' + '.join(model_name(i) for i in items)}"
    several = factor_model(key, items)
    factors = [line.split(" =~ ")[0] for line in several.splitlines()]
    if len(factors) < 2:
        return {"one factor": one}
    found = {"one factor": one, "correlated factors": several}
    if len(factors) > 2:
        found["second order"] = f"{several}\nsecond_order =~ {' + '.join(factors)}"
    return found


def _fit_row(model: str, data: pd.DataFrame, estimator: str, missing: str) -> dict[str, Any]:
    from dww_analysis.factor.cfa import fit_cfa

    cluster = team_column(data)
    said: tuple[str, ...] = ()
    try:
        with refusals():
            fit = fit_cfa(model, data, cluster=cluster, estimator=estimator, missing=missing)
            if cluster and no_statistic(fit):
                fit, said = fit_cfa(model, data, estimator=estimator, missing=missing), (NO_TEAMS,)
    except ScaleError as refusal:
        reason = refusal.problems[0].found if refusal.problems else str(refusal)
        return {"n_persons": len(data), "estimator": estimator, "notes": f"not fitted: {reason}"}
    row: dict[str, Any] = {"n_persons": fit.n_obs, "df": fit.df, "estimator": fit.estimator}
    if fit.df == 0:
        return row | {"notes": "as many parameters as covariances: no test"}
    numbers = {n: getattr(fit, n) if fit.converged else np.nan for n in FIT_NUMBERS}
    return row | numbers | {"notes": "; ".join((*said, *fit.warnings))}
