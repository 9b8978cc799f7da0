"""What the report says about how an estimate was found: formula, search, counts, spread and means."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.effects.fitted import EntryData, EntryFit, standardiser
from dww_analysis.effects.means import arm_means
from dww_analysis.effects.unit_effects import unit_effects
from dww_analysis.effects.untested import untested


def record_of(data: EntryData, found: EntryFit) -> dict[str, Any]:
    """Everything the report says about how an estimate was found, as plain values by name: formula, family, methods,
    warnings, counts, search, boundary, spread. `untested` is there only where no test exists."""
    entry, model, fitted, frame = data.entry, found.model, found.fitted, found.frame
    family = found.kind.family
    sd = standardiser(entry, found)
    search, lacking = fitted.search, untested(data, found.used, model.planned.contrast)
    return {
        **({"untested": lacking} if lacking else {}),
        "entry": entry.id,
        "outcome": entry.outcome,
        "formula": model.formula,
        "family": family,
        "estimation": _estimation(found),
        "methods": list(model.methods),
        "warnings": [
            *model.warnings,
            *(f"{entry.id}: {note}" for note in fitted.notes),
            *([f"{entry.id}: {lacking}"] if lacking else []),
        ],
        "n_obs": int(fitted.n_obs),
        "n_rows_without_score": int(len(frame) - fitted.n_obs),
        "n_groups": {k: int(v) for k, v in dict(fitted.n_groups).items()},
        "team_size": team_sizes(found.used, data.study.min_cell_size),
        "log_likelihood": float(fitted.log_likelihood),
        "converged": bool(fitted.converged),
        "boundary": list(fitted.boundary),
        "search": {
            "starts": len(search.starts),
            "evaluations": int(search.evaluations),
            "max_gradient": float(search.max_gradient),
            "smallest_curvature": float(search.smallest_curvature),
            "notes": list(search.notes),
        },
        "sd_used": None if sd is None else sd.sd,
        "sd_df": None if sd is None else sd.df,
        "sd_kind": None if sd is None else sd.kind,
        "icc": _shares(fitted),
        "means": arm_means(entry, fitted, frame, data.study, data.plan.conf_level),
        "unit_effects": unit_effects(data, found),
    }


def _estimation(found: EntryFit) -> str:
    if found.kind.family != "gaussian":
        return "maximum likelihood, Laplace"
    return "REML" if found.fitted.design.random else "least squares"


def team_sizes(used: pd.DataFrame, minimum: int) -> dict[str, float]:
    """Smallest, mean and largest number of persons a team has among these rows; {} without teams, and where one of two
    teams of an arm, of an organisation or in all is smaller than `minimum`: the other one would tell its size."""
    sizes = used.groupby("team", observed=True)["person"].nunique()
    small = set(sizes.index[sizes < minimum])
    groups = [name for name in ("arm", "organisation") if name in used]
    teams = [set(sizes.index)]
    teams += [set(own) for name in groups for own in used.groupby(name, observed=True)["team"].unique()]
    if not len(sizes) or any(len(own) == 2 and own & small for own in teams):
        return {}
    return {"min": int(sizes.min()), "mean": float(sizes.mean()), "max": int(sizes.max())}


def _shares(fitted: Any) -> dict[str, float]:
    """Share of the variance of one answer that lies between the units of each group, on the scale of the linear
    predictor: an outcome of yes or no and a count have the variance of their distribution beside the groups'.
    {} where no such share is defined."""
    from dww_analysis.multilevel.errors import MultilevelError

    try:
        shares = fitted.icc().drop(["adjusted", "unadjusted"])
    except MultilevelError:
        return {}
    return {str(group): float(share) for group, share in shares.items() if np.isfinite(share)}
