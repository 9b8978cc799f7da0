"""The planned contrast averaged over participants and over units, where the units differ in size.

Where an effect goes with the size of a unit, the mean over participants and the mean over units are two answers, and a
mixed model gives neither exactly (Kahan, Li, Copas & Harhay 2023, Int J Epidemiol 52, 107-118). Least squares with
working independence does: each participant counts once, or as 1 / (participants of that unit at that wave); standard
errors and df are CR2 by unit. Both stand beside the mixed model; that over units is the answer where the plan says so.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.domain.formulas import Terms
from dww_analysis.effects.fitted import EntryFit
from dww_analysis.effects.models import LEAST_SQUARES

COUNTS = "(counts)"  # column of the frame: how much a row counts
SIZES_DIFFER = 0.2  # coefficient of variation of the sizes of units


def sizes_differ(used: pd.DataFrame, unit: str, wave: int) -> bool:
    """Whether the units' numbers of persons with a score at a wave vary by more than a fifth of their mean.

    used: the rows of the fit, with columns wave, person and the unit.
    """
    sizes = used[used["wave"] == str(wave)].groupby(unit, observed=True)["person"].nunique()
    return len(sizes) > 1 and bool(sizes.std(ddof=1) / sizes.mean() > SIZES_DIFFER)


def each_unit_once(used: pd.DataFrame, unit: str) -> NDArray[np.float64]:
    """Weight of each row so that the rows of a unit at a wave count as one: 1 / number of such rows."""
    rows = used.groupby([unit, "wave"], observed=True)["person"].transform("size")
    return np.asarray(1.0 / rows.to_numpy(dtype="float64"))


def averaged(found: EntryFit, weights: NDArray[np.float64]) -> EntryFit:
    """The same contrasts by least squares in which each row counts by its weight (n,), n rows of the fit."""
    model, used = found.model, found.used.assign(**{COUNTS: weights})
    formula = fixed_part(model.formula)
    fitted = independent(formula, used, weights)
    return EntryFit(
        frame=used,
        model=replace(model, formula=formula, weights=COUNTS, methods=(*model.methods, LEAST_SQUARES)),
        fitted=fitted,
        coefficients=fitted.coefficients().set_index("term"),
        kind=found.kind,
    )


def over_units(found: EntryFit, unit: str) -> EntryFit:
    """The same contrasts with each unit counted once at a wave."""
    return averaged(found, each_unit_once(found.used, unit))


def fixed_part(formula: str) -> str:
    """The formula without its random terms.

    >>> fixed_part("score ~ wave + arm + (1 | team) + (1 | person)")
    'score ~ wave + arm'
    """
    return str(Terms.read(formula).with_random([]))


def independent(formula: str, used: pd.DataFrame, weights: NDArray[np.float64]) -> Any:
    """Least squares of a model's fixed part: `formula` without its random terms, on these rows."""
    from dww_analysis.multilevel import fit_ols

    return fit_ols(fixed_part(formula), used, weights=weights)
