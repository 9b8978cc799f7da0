"""Yes or no between arms side by side as a difference of shares: one number per unit of allocation, least squares.

Every unit counts once, whatever its size, and the df are units minus parameters: with few units this keeps its level
where models of single answers need not (Hayes & Moulton 2017, ch. 10; Thompson, Leyrat, Fielding & Hayes 2022). What
is estimated is the average over units. Answers at other waves than those of the contrast play no part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.domain.contrasts import Contrast, columns_of, noun_of
from dww_analysis.domain.estimate import Estimate
from dww_analysis.domain.outcomes import KINDS, RISK_DIFFERENCE, SUMMARY_UNITS
from dww_analysis.effects.designs import model_for
from dww_analysis.effects.designs.terms import unit_of
from dww_analysis.effects.estimate import entry_frame, smallest_group
from dww_analysis.effects.fitted import EntryData
from dww_analysis.effects.permutation import Permutation
from dww_analysis.effects.planned import permute_blocks, sums_of
from dww_analysis.errors import FitError

Array = NDArray[Any]
FEW = 5  # yes, or no, of an arm: with fewer the log odds are no test
LEAST_ERROR = 1e-10  # a smaller standard error is rounding: no unit differs from the others of its arm
DF_METHOD = "units"
METHOD, ADJUSTED, WITH_BASELINE = "unit_shares", "unit_shares_adjusted", "unit_shares_baseline"
FORMULA = "share ~ treated"


@dataclass(frozen=True, eq=False)
class UnitShares:
    """One row per unit: share, treated (0/1), stratum where arms were drawn within strata, before (its share at the
    first wave) where planned. answers: the rows that play a part, at the wave of the contrast, and at the wave before
    where changes are compared or its shares are adjusted for."""

    units: pd.DataFrame
    answers: pd.DataFrame
    contrast: Contrast
    few: bool  # whether an arm has fewer than FEW answers yes, or no
    methods: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def formula(self) -> str:
        """Least squares of the shares; the arm comes first."""
        return " + ".join([FORMULA, *(n for n in ("stratum", "before") if n in self.units)])


def has_shares(data: EntryData) -> bool:
    """Whether the outcome is yes or no, and arms side by side are compared by the design's own model."""
    summaries, study = KINDS[data.scale.measure].summaries, data.study
    return RISK_DIFFERENCE in summaries and bool(study.groups) and data.entry.formula is None


def unit_shares(data: EntryData) -> UnitShares:
    """The shares of every unit that answered. FitError where the planned contrast cannot be had."""
    frame, _ = entry_frame(data)
    contrast = model_for(data.entry, data.plan, data.study, frame).planned.contrast
    unit = unit_of(data.study)
    answers = _known(data, frame, contrast.wave)
    used = [answers]
    facts = answers.drop_duplicates(unit).set_index(unit)
    units = pd.DataFrame({"share": _shares(data, answers)})
    units["treated"] = (facts["arm"] == data.study.treated_arm).astype(float)
    methods = [METHOD, *([ADJUSTED] if data.entry.covariates else [])]
    if contrast.from_wave is not None:
        used.append(_known(data, frame, contrast.from_wave))
        units["share"] -= _shares(data, used[-1])
    elif data.entry.baseline == "ancova":
        used.append(_first_wave(data, frame, contrast))
        units["before"] = used[-1].groupby(unit, observed=True)["score"].mean()
        methods.append(WITH_BASELINE)
    if _drawn_within_strata(data) and facts["organisation"].nunique() > 1:
        units["stratum"] = facts["organisation"].astype(str)
    kept = units.dropna()
    rows = pd.concat(used)
    rows = rows[rows[unit].isin(kept.index)]
    few = _few(_at(rows, contrast.wave))
    return UnitShares(kept, rows, contrast, few, tuple(methods), _lost(data, units))


def _at(frame: pd.DataFrame, wave: int | None) -> pd.DataFrame:
    return frame[(frame["wave"] == str(wave)) & frame["score"].notna()]


def _known(data: EntryData, frame: pd.DataFrame, wave: int | None) -> pd.DataFrame:
    """The answers at a wave of persons whose covariates are known."""
    return _at(frame, wave).dropna(subset=list(data.entry.covariates))


def _shares(data: EntryData, answers: pd.DataFrame) -> pd.Series:
    """The share of yes of each unit at one wave, minus what its persons' covariates lead to expect at that wave: in a
    change of shares, what covariates say of who answers yes at both waves is no change."""
    seen = answers.assign(share=answers["score"] - _expected(data, answers))
    return seen.groupby(unit_of(data.study), observed=True)["share"].mean()


def _first_wave(data: EntryData, frame: pd.DataFrame, contrast: Contrast) -> pd.DataFrame:
    """The answers at the first wave. FitError where the contrast is of that wave, or nobody was asked then."""
    first = data.study.waves[0].number
    rows = _at(frame, first)
    if contrast.wave == first or rows.empty:
        raise FitError.of(
            found=f"`{data.entry.id}` has `baseline: ancova` and no answers at a wave before its contrast",
            where=f"plan.yaml, entry {data.entry.id}",
            expected="shares at the first wave, before the wave that is compared",
            action="leave `baseline` out",
        )
    return rows


def _drawn_within_strata(data: EntryData) -> bool:
    allocation = data.study.allocation
    return (
        allocation is not None and allocation.strata == "organisation" and allocation.unit != "organisation"
    )


def _few(answers: pd.DataFrame) -> bool:
    by_arm = answers.groupby("arm", observed=False)["score"]
    return bool(min(by_arm.sum().min(), (by_arm.count() - by_arm.sum()).min()) < FEW)


def _lost(data: EntryData, units: pd.DataFrame) -> tuple[str, ...]:
    lost = int(units.isna().any(axis=1).sum())
    unit = unit_of(data.study)
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
    """The difference of shares with its t test. FitError where the units leave no df, or do not differ at all."""
    entry, contrast = data.entry, shares.contrast
    values = _tested(data, shares)
    return Estimate(
        id=entry.id if planned else f"{entry.id}.{RISK_DIFFERENCE}",
        entry=entry.id,
        outcome=entry.outcome,
        kind=data.scale.measure,
        summary=RISK_DIFFERENCE,
        term="treated",
        noun=noun_of(contrast, data.study.by_lot),
        **columns_of(contrast),
        primary=planned,
        standardised=False,
        **values,
        conf_level=data.plan.conf_level,
        df_method=DF_METHOD,
        family=entry.family if planned else "",
        p_adjusted=float("nan"),
        adjust_method="none",
        **_sizes(data, shares),
        unit=SUMMARY_UNITS[RISK_DIFFERENCE],
        sd_used=float("nan"),
        status=entry.status,
        converged=True,
        boundary="",
        fallback=RISK_DIFFERENCE if planned and entry.summary != RISK_DIFFERENCE else "",
    )


def _tested(data: EntryData, shares: UnitShares) -> dict[str, Any]:
    """Estimate, standard error, test and interval of the arm's coefficient."""
    from dww_analysis.multilevel import MultilevelError, fit_ols

    try:
        fitted = fit_ols(shares.formula, shares.units)
    except MultilevelError as error:
        raise _no_difference(data) from error
    table = fitted.coefficients(conf_level=data.plan.conf_level).set_index("term")
    if "treated" not in table.index or not table.at["treated", "std_error"] > LEAST_ERROR:
        raise _no_difference(data)
    numbers = ("estimate", "std_error", "df", "statistic", "p_value", "conf_low", "conf_high")
    return {name: float(table.at["treated", name]) for name in numbers}


def _sizes(data: EntryData, shares: UnitShares) -> dict[str, Any]:
    rows = shares.answers
    return {
        "n_obs": len(rows),
        **{f"n_{level}s": int(rows[level].nunique()) for level in ("person", "team", "organisation")},
        "n_smallest": smallest_group(shares.contrast, rows, data.study),
    }


def _no_difference(data: EntryData) -> FitError:
    unit = unit_of(data.study)
    return FitError.of(
        found=f"`{data.entry.id}` cannot be estimated as a difference of shares",
        where=f"plan.yaml, entry {data.entry.id}",
        expected=f"{unit}s of both arms that differ within arms, more of them than parameters of the model",
        action="look at the answers by unit and arm",
    )


def permuted_shares(data: EntryData, shares: UnitShares) -> Permutation:
    """Permutation of the difference of shares over the units, within strata, with its interval by inversion."""
    from dww_analysis.multilevel import build_design

    units = shares.units
    others = build_design(shares.formula.replace("treated", "1", 1), units)
    u = len(units)
    each = [(np.arange(u), np.eye(u))]
    blocks = sums_of(others.X, others.y, each, (np.arange(u), u), np.ones((u, 1)))
    strata = units["stratum"].to_numpy() if "stratum" in units else np.zeros(u)
    treated = units["treated"].to_numpy() > 0
    return permute_blocks(blocks, treated, strata, seed=data.study.seed, conf_level=data.plan.conf_level)
