"""Yes or no between arms side by side as a difference or ratio of shares: one number per unit, least squares.
Who left is compared by the same least squares, of the share of each unit's life table (effects.leaving).

Every unit counts once, whatever its size, and the df are units minus parameters: with few units this keeps its level
where models of single answers need not (Hayes & Moulton 2017, ch. 10; Thompson, Leyrat, Fielding & Hayes 2022). What
is estimated is the average over units. Answers at other waves than those of the contrast play no part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.domain.analyses import UNITS
from dww_analysis.domain.contrasts import Contrast, columns_of, noun_of
from dww_analysis.domain.estimate import EXACT, Estimate
from dww_analysis.domain.outcomes import KINDS, RISK_DIFFERENCE, RISK_RATIO, SUMMARY_UNITS
from dww_analysis.domain.records import of_records
from dww_analysis.domain.study import Study
from dww_analysis.effects.counted import Counted, tested
from dww_analysis.effects.designs import model_for
from dww_analysis.effects.designs.parallel_cluster import no_score_before
from dww_analysis.effects.estimate import entry_frame
from dww_analysis.effects.fitted import EntryData
from dww_analysis.effects.lots import Lot, lot_of, within_strata
from dww_analysis.effects.permutation import Permutation
from dww_analysis.effects.planned import Blocks, Effects, permute_blocks, sums_of
from dww_analysis.effects.separated import exact_difference
from dww_analysis.effects.smallest import n_smallest, smallest_answer
from dww_analysis.effects.ways import BY_UNIT, UNIT_RATIO, planned_way
from dww_analysis.errors import FitError

Array = NDArray[Any]
FEW = 5  # persons of an arm who say yes, or no: with fewer the log odds (or hazards) are no test
ROUNDING = 1e-10  # a smaller standard error (no unit differs from the others of its arm) or share is zero
HARDLY_ANYONE = "hardly anyone in an arm says yes, or no"
DF_METHOD = UNITS
NUMBERS = ("estimate", "std_error", "df", "statistic", "p_value", "conf_low", "conf_high")
SIZES = ("n_obs", "n_persons", "n_teams", "n_organisations", "n_smallest")
METHOD, ADJUSTED, WITH_BASELINE = "unit_shares", "unit_shares_adjusted", "unit_shares_baseline"
TREATED, FORMULA = "treated", "share ~ treated"


@dataclass(frozen=True, eq=False)
class UnitShares:
    """units: as of `unit_facts` with share, and before (the share at the first wave) where planned. answers: the rows
    that play a part, at the wave of the contrast, and at the wave before where changes are compared or its shares are
    adjusted for."""

    units: pd.DataFrame
    answers: pd.DataFrame
    contrast: Contrast
    few: bool  # whether fewer persons of an arm say yes, or no, than carry log odds, or than may be shown
    methods: tuple[str, ...]
    notes: tuple[str, ...] = ()
    waves: tuple[pd.DataFrame, ...] = ()  # answers at the wave, and at the wave before, of all units


def unit_shares(data: EntryData) -> UnitShares:
    """The shares of every unit that answered. FitError where the planned contrast cannot be had."""
    frame, _ = entry_frame(data)
    contrast = model_for(data.entry, data.plan, data.study, frame).planned.contrast
    unit = data.study.unit
    answers = _known(data, frame, contrast.wave)
    used = [answers]
    units = unit_facts(data.study, answers).assign(share=_shares(data, answers))
    methods = [METHOD, *([ADJUSTED] if data.entry.covariates else [])]
    if contrast.from_wave is not None:
        used.append(_known(data, frame, contrast.from_wave))
        units["share"] -= _shares(data, used[-1])
    elif data.entry.baseline == "ancova":
        used.append(_first_wave(data, frame, contrast))
        units["before"] = used[-1].groupby(unit, observed=True)["score"].mean()
        methods.append(WITH_BASELINE)
    kept = units.dropna()
    rows = pd.concat(used)
    rows = rows[rows[unit].isin(kept.index)]
    few = smallest_answer(contrast, rows, data.study) < max(FEW, data.study.min_cell_size)
    return UnitShares(kept, rows, contrast, few, tuple(methods), _lost(data, units), tuple(used))


def _at(frame: pd.DataFrame, wave: int | None) -> pd.DataFrame:
    return frame[(frame["wave"] == str(wave)) & frame["score"].notna()]


def _known(data: EntryData, frame: pd.DataFrame, wave: int | None) -> pd.DataFrame:
    """The answers at a wave of persons whose covariates are known."""
    return _at(frame, wave).dropna(subset=list(data.entry.covariates))


def _shares(data: EntryData, answers: pd.DataFrame) -> pd.Series:
    """The share of yes of each unit at one wave, minus what its persons' covariates lead to expect at that wave: in a
    change of shares, what covariates say of who answers yes at both waves is no change. On the level of all units."""
    expected = _expected(data, answers)
    seen = answers.assign(share=answers["score"] - expected, expected=expected)
    by_unit = seen.groupby(data.study.unit, observed=True)
    return by_unit["share"].mean() + by_unit["expected"].mean().mean()


def _first_wave(data: EntryData, frame: pd.DataFrame, contrast: Contrast) -> pd.DataFrame:
    """The answers at the first wave. FitError where the contrast is of that wave, or nobody was asked then."""
    first = data.study.waves[0].number
    rows = _at(frame, first)
    if contrast.wave == first or rows.empty:
        raise no_score_before(data.entry)
    return rows


def unit_facts(study: Study, rows: pd.DataFrame) -> pd.DataFrame:
    """One row per unit of allocation, which is the index: treated (0/1), and stratum where arms were drawn within
    strata. rows: organisation, arm and the unit."""
    facts = rows.drop_duplicates(study.unit).set_index(study.unit)
    units = pd.DataFrame({TREATED: (facts["arm"] == study.treated_arm).astype(float)})
    return units.assign(stratum=facts["organisation"].astype(str)) if within_strata(study) else units


def _lost(data: EntryData, units: pd.DataFrame) -> tuple[str, ...]:
    lost = int(units.isna().any(axis=1).sum())
    unit = data.study.unit
    said = f"{data.entry.id}: {lost} {unit}s without answers at the first wave are not in the difference of shares."
    return (said,) if lost else ()


def _expected(data: EntryData, answers: pd.DataFrame) -> Array | float:
    """What the covariates of each person lead to expect, by logistic regression without the arm; 0 without any."""
    if not data.entry.covariates:
        return 0.0
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    from dww_analysis.multilevel import build_design

    design = build_design(f"score ~ {' + '.join(data.entry.covariates)}", answers, family="binomial")
    expected: Array = GLM(design.y, design.X, family=Binomial()).fit().fittedvalues
    return expected


def share_difference(data: EntryData, shares: UnitShares, *, planned: bool) -> Estimate:
    """The difference of shares with its t test; with an exact one where everybody of an arm said the same.

    FitError where the units leave no df, or those of an arm do not differ and are neither all yes nor all no.
    """
    own = data.entry.id
    return difference_estimate(
        data,
        _of_same(data, shares) or unit_difference(data, shares.units),
        shares.contrast,
        share_sizes(data, shares),
        identity=own if planned else f"{own}.{RISK_DIFFERENCE}",
        fallback=RISK_DIFFERENCE if planned and planned_way(data) != BY_UNIT else "",
    )


def _of_same(data: EntryData, shares: UnitShares) -> UnitDifference | None:
    return separated(shares.units, data.plan.conf_level) if shares.contrast.from_wave is None else None


def separated(units: pd.DataFrame, conf_level: float) -> UnitDifference | None:
    """The difference where all units of each arm are at a share of 0, or of 1; None where they are not. units: as of
    `unit_facts` with share."""
    arms = units.groupby(TREATED)["share"].agg(["min", "max", "size"])
    same = (arms["min"] == arms["max"]).all() and arms["min"].isin([0.0, 1.0]).all()
    if len(arms) < 2 or not same:
        return None
    treated, reference = ((float(arms.at[a, "min"]), int(arms.at[a, "size"])) for a in (1.0, 0.0))
    numbers = exact_difference(treated, reference, 1 - conf_level)
    return UnitDifference("", None, numbers, EXACT)


def share_ratio(data: EntryData, shares: UnitShares, *, planned: bool) -> Estimate:
    """The logarithm of the ratio of the arms' mean shares, each unit counted once (delta method), on the df of the
    difference. FitError where the difference cannot be had, a mean is not above zero, changes are compared, or few say
    yes or no: a ratio that is there for few and not for nobody would tell the two apart."""
    if shares.contrast.from_wave is not None:
        raise _no_difference(data, "changes of shares have no ratio")
    if shares.few:
        raise _no_difference(data, HARDLY_ANYONE)
    difference = unit_difference(data, shares.units)
    fitted, own = difference.fitted, data.entry.id
    weights = np.vstack([arm_weights(shares.units, fitted, treated) for treated in (1.0, 0.0)])
    means = weights @ fitted.solution.beta
    if means.min() <= ROUNDING:
        raise _no_difference(data, "a ratio needs mean shares above zero in both arms")
    scale = weights / means[:, None]
    inference = Counted(
        scale @ fitted.solution.vcov @ scale.T, np.full(2, difference.numbers["df"]), DF_METHOD
    )
    tests = tested(inference, np.array([[1.0, -1.0]]), np.log(means), data.plan.conf_level)
    row = difference_estimate(
        data,
        replace(difference, numbers={name: tests[name] for name in NUMBERS}),
        shares.contrast,
        share_sizes(data, shares),
        identity=own if planned else f"{own}.{RISK_RATIO}",
        fallback=RISK_RATIO if planned and planned_way(data) != UNIT_RATIO else "",
    )
    return replace(row, summary=RISK_RATIO, unit=SUMMARY_UNITS[RISK_RATIO])


def arm_weights(units: pd.DataFrame, fitted: Any, treated: float) -> Array:
    """Weights of the mean share of an arm over the coefficients, shape (1, p): strata averaged equally, shares
    before at their mean."""
    stratum = 1 / units["stratum"].nunique() if "stratum" in units else 0.0
    before = float(units["before"].mean()) if "before" in units else 0.0
    known = {"(Intercept)": 1.0, TREATED: treated, "before": before}
    return np.array([[known.get(name, stratum) for name in fitted.coefficients()["term"]]])


@dataclass(frozen=True, eq=False)
class UnitDifference:
    """Least squares of one share per unit: formula, fit, and of the arm's coefficient NUMBERS by name. An exact
    difference has no fit."""

    formula: str
    fitted: Any
    numbers: Mapping[str, Any]
    df_method: str = DF_METHOD


def unit_difference(data: EntryData, units: pd.DataFrame) -> UnitDifference:
    """The difference of the arms' shares, each unit counted once. units: as of `unit_facts` with share.

    FitError where no stratum holds both arms, the units leave no df, or none differs from the others of its arm.
    """
    from dww_analysis.multilevel import MultilevelError, fit_ols

    if "stratum" in units and units.groupby("stratum")[TREATED].nunique().max() < 2:
        raise _no_difference(data, "no organisation holds both arms, which were drawn within organisations")
    formula = formula_of(units)
    try:
        fitted = fit_ols(formula, units)
    except MultilevelError as error:
        raise _no_difference(data, detail=str(error)) from error
    table = fitted.coefficients(conf_level=data.plan.conf_level).set_index("term")
    if TREATED not in table.index or not table.at[TREATED, "std_error"] > ROUNDING:
        raise _no_difference(data, detail=f"{data.study.unit}s of an arm do not differ")
    numbers = {name: float(table.at[TREATED, name]) for name in NUMBERS}
    return UnitDifference(formula, fitted, numbers)


def formula_of(units: pd.DataFrame) -> str:
    """Least squares of the shares; the arm comes first, then strata (where there are several) and the share before."""
    strata = ["stratum"] if "stratum" in units and units["stratum"].nunique() > 1 else []
    return " + ".join([FORMULA, *strata, *(["before"] if "before" in units else [])])


def difference_estimate(
    data: EntryData,
    difference: UnitDifference,
    contrast: Contrast,
    sizes: Mapping[str, Any],
    *,
    identity: str,
    fallback: str = "",
) -> Estimate:
    """The difference of the units' shares as an Estimate; the planned one where `identity` is the entry's own id."""
    entry, planned = data.entry, identity == data.entry.id
    return Estimate(
        id=identity,
        entry=entry.id,
        outcome=entry.outcome,
        kind=data.scale.measure,
        summary=RISK_DIFFERENCE,
        term=TREATED,
        noun=noun_of(contrast, data.study.by_lot),
        **columns_of(contrast),
        primary=planned,
        standardised=False,
        **difference.numbers,
        conf_level=data.plan.conf_level,
        df_method=difference.df_method,
        family=entry.family if planned else "",
        p_adjusted=float("nan"),
        adjust_method="none",
        **sizes,
        unit=SUMMARY_UNITS[RISK_DIFFERENCE],
        sd_used=float("nan"),
        status=entry.status,
        converged=True,
        boundary="",
        fallback=fallback,
    )


def share_sizes(data: EntryData, shares: UnitShares) -> dict[str, int]:
    """SIZES of the rows that shares rest on."""
    kind, told = (
        KINDS[data.scale.measure],
        of_records(data.scale.id, [data.scale] if data.scale.label else []),
    )
    smallest = n_smallest(shares.contrast, shares.answers, data.study, kind, nobody_is_told=told)
    return sizes_of(shares.answers, smallest)


def sizes_of(rows: pd.DataFrame, smallest: int) -> dict[str, int]:
    """SIZES: rows, persons, teams and organisations that an estimate rests on, and persons of its smallest group."""
    levels = {f"n_{level}s": int(rows[level].nunique()) for level in ("person", "team", "organisation")}
    return {"n_obs": len(rows), **levels, "n_smallest": smallest}


def _no_difference(data: EntryData, why: str = "", *, detail: str = "") -> FitError:
    unit = data.study.unit
    found = f"`{data.entry.id}` cannot be estimated as a difference of shares"
    return FitError.of(
        found=f"{found}: {why}" if why else found,
        detail=detail,
        where=f"plan.yaml, entry {data.entry.id}",
        expected=f"{unit}s of both arms that differ within arms, more of them than parameters of the model",
        action="look at the shares by unit and arm",
    )


def permuted_shares(data: EntryData, shares: UnitShares) -> Permutation:
    """Permutation of the difference of shares over the units, within strata, with its interval by inversion.
    FitError where the difference has no value under the allocation as it was."""
    others = others_of(shares.units)
    blocks, lot = share_blocks(others.X, others.y), lot_of_shares(data, shares)
    return permute_blocks(blocks, lot, seed=data.study.seed, conf_level=data.plan.conf_level)


def others_of(units: pd.DataFrame) -> Any:
    """The design of the shares without the arm."""
    from dww_analysis.multilevel import build_design

    return build_design(formula_of(units).replace(TREATED, "1", 1), units)


def share_blocks(X: Array, shares: Array) -> Blocks:
    """Sums per unit for a permutation. X (J, q): columns beside the arm; shares (J,)."""
    u = len(shares)
    each = [(np.arange(u), np.eye(u))]
    return sums_of(X, shares, each, (np.arange(u), u), Effects.of_arm(np.ones((u, 1))))


def lot_of_shares(data: EntryData, shares: UnitShares) -> Lot:
    """How the units of the shares, in their order, were or could have been allocated."""
    unit = data.study.unit
    rows = shares.answers.drop_duplicates(unit).set_index(unit)
    facts = rows.loc[shares.units.index].rename_axis(unit).reset_index()
    return lot_of(data.study, facts, data.drawable)
