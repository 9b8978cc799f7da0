"""The planned contrast tested in other ways on the same rows: which ways, by design.

Cluster-robust (CR2) and, where it was by lot, permutation of the planned estimator, both at the unit of allocation.
Arms side by side: the average over participants and over units where these differ in size. Starts at waves of their
own: one constant effect, and the test that exposure does not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.domain.analyses import CUMULATIVE_LOGIT, permutation_of, rate_by, robust_by
from dww_analysis.domain.estimate import listed
from dww_analysis.domain.formulas import INTERCEPT, Terms
from dww_analysis.domain.study import Study
from dww_analysis.effects.averages import averaged, over_units, sizes_differ
from dww_analysis.effects.beside import cumulative_logit, rate_by_unit
from dww_analysis.effects.counted import counted
from dww_analysis.effects.designs import model_for, stepped_wedge
from dww_analysis.effects.designs.before_after import common_start
from dww_analysis.effects.designs.parallel_cluster import contrast_waves, effect_column
from dww_analysis.effects.designs.terms import CLUSTERS
from dww_analysis.effects.estimate import boundary_groups, combined, entry_frame
from dww_analysis.effects.fitted import EntryData, EntryFit
from dww_analysis.effects.lot_effects import Effects
from dww_analysis.effects.lots import Lot, lot_of
from dww_analysis.effects.models import fit_model
from dww_analysis.effects.overlap import NUMBERS, WEIGHED
from dww_analysis.effects.permutation import Permutation
from dww_analysis.effects.planned import permute_planned
from dww_analysis.effects.shares import ROUNDING
from dww_analysis.effects.untested import PERMUTATION
from dww_analysis.effects.weighting import Weighed
from dww_analysis.errors import FitError

WAVES = "wave"  # a random term by which all units share what a wave is like
LEAST_UNITS = 8  # CR2 with fewer units is no check
Row = dict[str, Any]
Check = Callable[[EntryData, EntryFit], Row | None]
EffectsOf = Callable[[pd.DataFrame, Lot], Effects]
NO_BOUNDARY = {"converged": True, "boundary": ""}  # of least squares, whatever the model beside it
NOTHING = {"std_error": np.nan, "statistic": np.nan, "df": np.nan, "conf_low": np.nan, "conf_high": np.nan}


def checks_of(study: Study, units: Weighed) -> Mapping[str, Check]:
    """Name of each analysis -> what makes its row, or None where it is not offered. units: the entry's, weighed."""
    checks: dict[str, Check] = {robust_by(study.unit): cluster_robust, CUMULATIVE_LOGIT: cumulative_logit}
    if study.allocation is None:
        return checks
    if study.by_lot:
        checks[permutation_of(study.unit)] = permutation
    if study.starts:
        return {
            **checks,
            "constant effect": constant_effect,
            "exposure makes no difference": exposure_test,
        }
    if not study.by_lot:
        checks |= {answer: partial(_weighed, units=units, answer=answer) for answer in WEIGHED}
    overs = {"average over participants": participants_once, f"average over {study.unit}s": units_once}
    return {**checks, rate_by(study.unit): rate_by_unit, **overs}


def _weighed(data: EntryData, found: EntryFit, units: Weighed, answer: str) -> Row | None:
    """The units' change under overlap weights; None where nothing is weighed."""
    row = units.answer(answer)
    return None if row is None else {**row, **NO_BOUNDARY}


def cluster_robust(data: EntryData, found: EntryFit) -> Row | None:
    """CR2 with Satterthwaite df at the unit of allocation, of the mixed model or, where the plan asks for it, of the
    average over units; None where units are few or not independent."""
    unit = robust_cluster(data, found)
    if unit is None:
        return None
    if data.entry.units_once:
        return _average_row(data, over_units(found, unit), unit)
    return _robust_row(found.fitted.robust_inference(unit), data, found)


def _average_row(data: EntryData, average: EntryFit, unit: str) -> Row:
    """The planned contrast of an average, by CR2."""
    inference = average.fitted.robust_inference(unit, weights="sampling")
    return {**_robust_row(inference, data, average), **NO_BOUNDARY}


def _robust_row(inference: Any, data: EntryData, found: EntryFit) -> Row:
    """The planned contrast of a fit by this covariance and its df. FitError where units differ in nothing but what the
    model expects, which gives no standard error."""
    from dww_analysis.multilevel.inference.means import linear_table

    weights = found.weights_of(found.model.planned)
    table = linear_table(weights, found.fitted.solution.beta, inference, data.plan.conf_level)
    if not table["std_error"][0] > ROUNDING:
        raise FitError.of(
            found="no standard error from how units differ",
            detail=f"no {data.study.unit} differs from what the model expects of it",
            where=f"plan.yaml, entry {data.entry.id}",
            expected=f"{data.study.unit}s that differ within arms and waves",
            action="take the planned estimate",
        )
    return {name: inference.method if name == "df_method" else float(table[name][0]) for name in NUMBERS}


def robust_cluster(data: EntryData, found: EntryFit) -> str | None:
    """The unit whose clusters CR2 takes; None where units are few or not independent, or the outcome no number."""
    unit, fitted = data.study.unit, found.fitted
    above = (WAVES, *(CLUSTERS[: CLUSTERS.index(unit)] if unit in CLUSTERS else CLUSTERS))
    shared = set(above) & set(fitted.n_groups)
    few = found.frame.loc[fitted.frame.index, unit].nunique() < LEAST_UNITS
    return None if shared or few or found.kind.family != "gaussian" else unit


def permutation(data: EntryData, found: EntryFit) -> Row | None:
    """Permutation of the planned estimator over the units of allocation, as their lot could have gone; None for
    outcomes that are no numbers. FitError where the contrast has no value under the allocation as it was."""
    if found.kind.family != "gaussian":
        return None
    by_lot = allotted(data, found)
    result = permute_planned(
        *(by_lot.null, by_lot.units, by_lot.lot, by_lot.effects),
        seed=data.study.seed,
        conf_level=data.plan.conf_level,
    )
    return permutation_row(result)


def permutation_row(result: Permutation) -> Row:
    """The cells of a permutation test, in the columns of sensitivity.csv; there is no SE and no df."""
    return {
        **NOTHING,
        "estimate": result.estimate,
        "df_method": PERMUTATION,
        "p_value": result.p_value,
        "conf_low": result.conf_low,
        "conf_high": result.conf_high,
        "n_allocations": result.n_allocations,
        "exact": result.exact,
        "smallest_p": result.smallest_p,
    }


def participants_once(data: EntryData, found: EntryFit) -> Row | None:
    """The planned contrast with every participant counted once; None where units hardly differ in size."""
    return _beside(data, found, lambda unit: averaged(found, np.ones(len(found.used))))


def units_once(data: EntryData, found: EntryFit) -> Row | None:
    """The planned contrast with every unit counted once at a wave; None where units hardly differ in size, or the plan
    itself asks for it."""
    return None if data.entry.units_once else _beside(data, found, lambda unit: over_units(found, unit))


def _beside(data: EntryData, found: EntryFit, average: Callable[[str], EntryFit]) -> Row | None:
    unit, wave = robust_cluster(data, found), found.model.planned.contrast.wave
    weighted = found.model.weights is not None  # rows are cells then: they are no participants
    if weighted or unit is None or wave is None or not sizes_differ(found.used, unit, wave):
        return None
    return _average_row(data, average(unit), unit)


@dataclass(frozen=True, eq=False)
class Allotted:
    """What was given by lot: the fit without effects, each row's unit, the lot of the units, and the effect columns."""

    null: Any
    units: NDArray[Any]  # (n,) 0, 1, ...
    names: NDArray[Any]  # (units,) names of the units
    lot: Lot
    effects: Effects


def allotted(data: EntryData, found: EntryFit) -> Allotted:
    """The allocation of the entry's rows, for the planned estimator: least squares of an average over units. Rows in
    transition are among them, as other starts would not have left them out. FitError as `lot_of`."""
    unit, study = data.study.unit, data.study
    found = over_units(found, unit) if data.entry.units_once else found
    make = _of_starts if study.starts else _of_arm
    found = _with_transition(data, found) if study.transition_waves else found
    columns, effects_of = make(data, found)
    null = _without_effects(found, columns)
    rows = found.frame.loc[null.frame.index]
    codes = rows.groupby(unit, observed=True).ngroup().to_numpy()
    facts = rows.assign(code=codes).drop_duplicates("code").sort_values("code")
    lot = lot_of(study, facts, data.drawable)
    return Allotted(null, codes, facts[unit].astype(str).to_numpy(), lot, effects_of(rows, lot))


def _of_arm(data: EntryData, found: EntryFit) -> tuple[set[str], EffectsOf]:
    """Names of the effect columns of arms side by side, and what makes them for the rows; the planned one first."""
    study, planned = data.study, found.model.planned.contrast.wave
    waves = sorted(contrast_waves(found.frame, study), key=lambda w: w != planned)

    def make(rows: pd.DataFrame, lot: Lot) -> Effects:
        columns = [rows["wave"].astype(str) == str(w) for w in waves]
        return Effects.of_arm(np.column_stack(columns).astype(float))

    return {effect_column(study.treated_arm, w) for w in waves}, make


def _of_starts(data: EntryData, found: EntryFit) -> tuple[set[str], EffectsOf]:
    """The same of units that start at waves of their own: an effect for each number of waves since the start."""
    transition = data.study.transition_waves
    times = stepped_wedge.exposure_times(found.frame)
    names = [stepped_wedge.exposure_column(k) for k in times]

    def make(rows: pd.DataFrame, lot: Lot) -> Effects:
        conditions = np.unique(lot.given if lot.listed is None else lot.listed)
        conditions = conditions[conditions > 0]
        since = rows["wave_number"].to_numpy()[:, None] - (conditions - 1) + 1
        contrast = np.array([found.model.planned.weights.get(name, 0.0) for name in names])
        columns = (since[:, :, None] == np.array(times)).astype(float)
        left_out = (since > 0) & (since <= transition) if transition else None
        return Effects(columns[:, :, planned], contrast[planned], conditions, left_out)

    planned = np.array(times) > transition
    return set(names), make


def _with_transition(data: EntryData, found: EntryFit) -> EntryFit:
    """The same entry with all rows in its frame, those in transition too, and the formula that goes with them; not
    fitted."""
    allocation = data.study.allocation
    assert allocation is not None  # units start by it
    study = replace(data.study, allocation=replace(allocation, transition_waves=0))
    frame, _ = entry_frame(replace(data, study=study))
    whole = model_for(data.entry, data.plan, study, frame).like(found.model)
    model = replace(found.model, formula=whole.formula)
    return replace(found, frame=frame, model=model, fitted=None)


def _without_effects(found: EntryFit, effects: set[str]) -> Any:
    """The same model without its effect columns: the covariance that every allocation shares."""
    written = Terms.read(found.model.formula)
    kept = [term for term in written.fixed if term not in effects]
    model = replace(found.model, formula=str(replace(written, fixed=(INTERCEPT, *kept))))
    return fit_model(
        model, found.frame if found.fitted is None else found.frame.loc[found.fitted.frame.index]
    )


def constant_effect(data: EntryData, found: EntryFit) -> Row | None:
    """One effect at every exposure time; None where all units start at one wave."""
    if _one_start(data, found):
        return None
    model = stepped_wedge.constant_model(data.entry, data.plan, data.study, found.frame)
    model = model.like(found.model)
    fitted = fit_model(model, found.frame, found.kind.family)
    table = fitted.coefficients(conf_level=data.plan.conf_level).set_index("term")
    constant = replace(found, model=model, fitted=fitted, coefficients=table)
    row = combined(model.planned, constant, data.plan.conf_level)
    own = {"converged": bool(fitted.converged), "boundary": listed(boundary_groups(fitted))}
    return {**{name: row[name] for name in NUMBERS}, **own}


def _one_start(data: EntryData, found: EntryFit) -> bool:
    return data.study.design == "before_after" and common_start(found.frame) is not None


def exposure_test(data: EntryData, found: EntryFit) -> Row | None:
    """The F test that all exposure times have one effect; None with a single exposure time, or a single start."""
    if _one_start(data, found):
        return None
    rows = stepped_wedge.equality_of_exposures(found.frame)
    if not rows:
        return None
    names = list(found.coefficients.index)
    L = np.array([[row.get(n, 0.0) for n in names] for row in rows])
    inference, method = counted(found), found.coefficients["df_method"].iloc[0]
    if inference is None:
        joint = found.fitted.test(L)
    else:
        joint, method = inference.joint(L, found.fitted.solution.beta), inference.method
    return {
        **NOTHING,
        "estimate": np.nan,
        "statistic": joint.statistic,
        "numerator_df": joint.num_df,
        "df": joint.den_df,
        "df_method": method,
        "p_value": joint.p_value,
    }
