"""How units of one fit stand: what was observed of each, and what is left of it when chance is allowed for.

A unit's observed mean moves with the few persons in it. The model's estimate lies between that mean and what is
expected of any unit: the fewer persons and the less units differ, the nearer to the latter (shrinkage; Efron & Morris
1975, JASA 70, 311-319).
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import numpy as np

from dww_analysis.domain.study import level_of
from dww_analysis.effects.designs.terms import CLUSTERS
from dww_analysis.effects.fitted import EntryData, EntryFit


def unit_number(entry: str, unit: str) -> int:
    """A number for a unit of an entry: the same in every delivery, whatever the unit answered and its size."""
    return int.from_bytes(sha256(f"{entry}|{unit}".encode()).digest()[:4], "big")


def unit_effects(data: EntryData, found: EntryFit) -> dict[str, Any]:
    """Units of a model with a random intercept for them: `unit`, `std_error`, and `rows` of point (`unit_number`),
    n_persons, observed (mean of outcome minus fixed effects) and estimate (conditional mode).

    Units are those of allocation, else teams; {} where the model has no such intercept, or the outcome is no number.
    std_error: root of the mean conditional variance; one for all, because a unit's own would tell its size.
    """
    unit = next((u for u in (data.study.unit, "team") if u in CLUSTERS), "")
    fitted = found.fitted
    term = next((t for t in fitted.design.random if _is_of(t, unit)), None)
    if fitted.family != "gaussian" or term is None or found.model.weights is not None:
        return {}
    modes = fitted.random_effects()
    modes = modes[(modes["group"] == term.group) & (modes["term"] == "(Intercept)")].set_index("level")
    apart = fitted.design.y - fitted.design.X @ fitted.solution.beta
    rows = found.used.assign(apart=apart, unit=modes.index.to_numpy(str)[term.codes])
    by_unit = rows.groupby("unit", sort=True, observed=True)
    persons, observed = by_unit["person"].nunique(), by_unit["apart"].mean()
    return {
        "unit": unit,
        "std_error": float(np.sqrt((modes["std_error"] ** 2).mean())),
        "rows": [
            {
                "point": unit_number(data.entry.id, name),
                "n_persons": int(persons[name]),
                "observed": float(observed[name]),
                "estimate": float(modes.at[name, "estimate"]),
            }
            for name in persons.index
        ],
    }


def _is_of(term: Any, unit: str) -> bool:
    """Whether a random term has an intercept for units, also where its formula nests them (`organisation/team`)."""
    return level_of(term.group) == unit and "(Intercept)" in term.names
