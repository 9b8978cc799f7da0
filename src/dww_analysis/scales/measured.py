"""Does a scale of a study measure the same in each wave and arm? The invariance ladder, told as tables.

Turns measurements and a scale into factor models, lets `factor` fit them, and lays the outcome out as tables. What
could not be tested is a row too, with the reason as a word: untested is not the same as invariant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from dww_analysis.domain.scales import MeasurementSettings, Scale
from dww_analysis.domain.study import Study
from dww_analysis.errors import ScaleError
from dww_analysis.scales.engine import refusals
from dww_analysis.scales.scale_scores import asked_waves
from dww_analysis.scales.structure import (
    LEAST_ITEMS,
    NO_TEAMS,
    factor_model,
    fit_structures,
    model_name,
    no_statistic,
    team_column,
    usable_items,
)

if TYPE_CHECKING:
    from dww_analysis.factor.invariance import Invariance

CLEAR_P = 0.01  # of a chi-square difference worth a note beside an accepted level
LANGUAGE = "language"  # column of language versions, when a study has it
LADDER = ("sample", "scale", "over", "wave")
STEP_COLUMNS = (
    *LADDER, "step", "level", "released", "chi_square", "df", "p_value", "cfi", "tli", "rmsea", "srmr",
    "delta_chi_square", "delta_df", "delta_p", "delta_cfi", "delta_rmsea", "delta_srmr", "accepted", "reason",
)  # fmt: skip
VERDICT_COLUMNS = (
    *LADDER, "members", "verdict", "means_comparable", "released", "n_persons", "n_obs", "n_teams", "estimator",
    "missing", "cutoffs", "model", "why", "stopped", "notes",
)  # fmt: skip
NOT_TESTED = "not tested"
# why a ladder was not climbed: the word in the table (`why`), and what the program says (`stopped`)
DELIVERED = ("delivered", "delivered as a score, without items")
NOT_CONVERGED = ("not converged", "the configural model did not converge")
FEW_PERSONS = ("few persons", "fewer persons than the minimum in one of what is compared")
FEW_ITEMS, REFUSED = "few items", "refused"


@dataclass(frozen=True, eq=False)
class InvarianceAnalysis:
    """`steps`: a row for each level climbed; `verdicts`: a row for each ladder; `structure`: fit of factor models."""

    steps: pd.DataFrame
    verdicts: pd.DataFrame
    structure: pd.DataFrame


@dataclass(frozen=True)
class LadderPlan:
    """One ladder to climb, or why it cannot be."""

    sample: str
    over: str  # waves, arms or language
    wave: str  # "" over waves
    rows: pd.DataFrame
    column: str  # what tells the members apart


def measure_invariance(
    answers: pd.DataFrame, scale: Scale, study: Study, settings: MeasurementSettings = MeasurementSettings()
) -> InvarianceAnalysis:
    """The ladder over waves, over arms at each wave and over language versions, and the factor structure per wave.

    answers: answers of `Measurements`. The model has one factor for each subscale, or one for all items; its verdict
    holds for the total and every subscale. With ten teams or more, standard errors and test statistics allow for
    teams. Over waves the ladder is longitudinal (one group, residuals of an item correlated over waves). An
    analysis that the answers cannot carry, or in which a wave, an arm or a language has fewer persons than the study's
    minimum, is a verdict "not tested" with the reason; `means_comparable` is True for
    at least partial scalar invariance, False when it was rejected and missing when it could not be tested.
    """
    steps, verdicts = [], []
    for plan in _plans(answers, scale, study):
        outcome = _climb(plan, scale, settings, study.min_cell_size)
        steps += _step_rows(plan, scale, outcome)
        verdicts.append(_verdict_row(plan, scale, outcome))
    return InvarianceAnalysis(
        steps=pd.DataFrame(steps, columns=list(STEP_COLUMNS)),
        verdicts=pd.DataFrame(verdicts, columns=list(VERDICT_COLUMNS)).astype(
            {"means_comparable": "boolean"}
        ),
        structure=fit_structures(answers, scale, settings.estimator, settings.missing),
    )


def _plans(answers: pd.DataFrame, scale: Scale, study: Study) -> Iterator[LadderPlan]:
    rows = answers.loc[answers["sample"].isin(scale.samples)]
    columns = scale.items if scale.key is not None else (scale.delivered or "",)
    asked = asked_waves(rows, columns)
    for sample in scale.samples:
        waves = [w for s, w in asked if s == sample]
        here = rows.loc[rows["sample"] == sample]
        if len(waves) > 1:
            yield LadderPlan(sample, "waves", "", here.loc[here["wave"].isin(waves)], "wave")
        for over, column in (("arms", "arm"), ("language", LANGUAGE)):
            if (
                column not in here.columns
                or here[column].nunique() < 2
                or (over == "arms" and not study.has_arms)
            ):
                continue
            for wave in waves:
                yield LadderPlan(sample, over, str(wave), here.loc[here["wave"] == wave], column)


@dataclass(frozen=True)
class Outcome:
    """What became of one ladder."""

    found: Invariance | None
    model: str = ""
    n_teams: int = 0
    dropped: tuple[str, ...] = ()
    obstacle: tuple[str, str] = ("", "")  # why nothing was fitted: the word, and what the program says
    notes: tuple[str, ...] = ()


def _climb(plan: LadderPlan, scale: Scale, settings: MeasurementSettings, minimum: int) -> Outcome:
    if scale.key is None:
        return Outcome(None, obstacle=DELIVERED)
    if _answered(plan, scale).groupby(plan.column, observed=True)["person"].nunique().min() < minimum:
        return Outcome(None, obstacle=FEW_PERSONS)
    items, dropped = usable_items(plan.rows, plan.rows[plan.column], scale)
    if items.shape[1] < LEAST_ITEMS:
        few = "1 item" if items.shape[1] == 1 else f"{items.shape[1]} items"
        said = f"{few}; a factor model needs {LEAST_ITEMS}"
        return Outcome(None, dropped=dropped, obstacle=(FEW_ITEMS, said))
    model = factor_model(scale.key, list(items.columns))
    data = items.rename(columns=model_name).assign(person=plan.rows["person"], team=plan.rows["team"])
    data[plan.column] = plan.rows[plan.column]
    data = data.loc[items.notna().any(axis=1) & data[plan.column].notna()]
    n_teams, cluster = data["team"].nunique(), team_column(data)
    notes: tuple[str, ...] = ()
    try:
        found = _invariance(model, data, plan, cluster, settings)
        if cluster and any(no_statistic(fit) for fit in found.fits.values()):
            found = _invariance(model, data, plan, None, settings)
            cluster, notes = None, (NO_TEAMS,)
    except ScaleError as refusal:
        reason = refusal.problems[0].found if refusal.problems else str(refusal)
        return Outcome(None, model, n_teams, dropped, (REFUSED, reason))
    if not found.fits["configural"].converged:
        return Outcome(None, model, n_teams, dropped, NOT_CONVERGED)
    return Outcome(found, model, n_teams if cluster else 0, dropped, notes=notes)


@refusals()
def _invariance(
    model: str,
    data: pd.DataFrame,
    plan: LadderPlan,
    cluster: str | None,
    settings: MeasurementSettings,
) -> Invariance:
    from dww_analysis.factor.invariance import invariance

    over_waves = plan.over == "waves"
    return invariance(
        model,
        data,
        group=None if over_waves else plan.column,
        waves=plan.column if over_waves else None,
        person="person" if over_waves else None,
        cluster=cluster,
        estimator=settings.estimator,
        missing=settings.missing,
        cutoffs=settings.cutoffs,
    )


def _step_rows(plan: LadderPlan, scale: Scale, outcome: Outcome) -> list[dict[str, Any]]:
    if outcome.found is None:
        return []
    head = {"sample": plan.sample, "scale": scale.id, "over": plan.over, "wave": plan.wave}
    rows = [{**head, **row, "released": ""} for row in outcome.found.steps.to_dict("records")]
    level = f"partial {rows[-1]['level']}"
    for row in outcome.found.partial.to_dict("records"):
        fit = outcome.found.fits.get(level) if row["accepted"] else None
        own = (
            {n: getattr(fit, n) for n in ("chi_square", "df", "p_value", "cfi", "tli", "rmsea", "srmr")}
            if fit
            else {}
        )
        kept = {k: v for k, v in row.items() if k.startswith("delta") or k in ("accepted", "reason")}
        rows.append({**head, "level": level, "released": row["parameter"], **kept, **own})
    return [{**row, "step": i + 1} for i, row in enumerate(rows)]


def _verdict_row(plan: LadderPlan, scale: Scale, outcome: Outcome) -> dict[str, Any]:
    found = outcome.found
    row: dict[str, Any] = dict.fromkeys(VERDICT_COLUMNS, "")
    row |= {
        "sample": plan.sample,
        "scale": scale.id,
        "over": plan.over,
        "wave": plan.wave,
        "model": outcome.model,
    }
    row |= {
        "n_teams": outcome.n_teams,
        "n_persons": 0,
        "n_obs": len(_answered(plan, scale)),
        "verdict": NOT_TESTED,
        "means_comparable": pd.NA,
    }
    notes = (
        [f"left out, not answered in different ways everywhere: {', '.join(outcome.dropped)}"]
        if outcome.dropped
        else []
    )
    if found is None:
        row["why"], row["stopped"] = outcome.obstacle
    else:
        released = _released(found)
        row |= {
            "members": ", ".join(found.members),
            "verdict": found.verdict,
            "means_comparable": found.means_comparable,
            "released": ", ".join(released),
            "n_persons": found.n_obs,
            "estimator": found.estimator,
            "missing": found.missing,
            "cutoffs": found.cutoffs.name,
            "stopped": found.stopped,
        }
        notes += [*outcome.notes, *_doubts(found), *_once(found.warnings)]
    row["notes"] = "; ".join(notes)
    return row


def _answered(plan: LadderPlan, scale: Scale) -> pd.DataFrame:
    """The rows in which anybody answered something of the scale: of persons in two waves two."""
    answered = plan.rows[list(scale.columns())].notna().any(axis=1)
    return plan.rows[answered & plan.rows[plan.column].notna()]


def _doubts(found: Invariance) -> list[str]:
    """Levels that the cut-offs accept although the chi-square difference is clear."""
    steps = found.steps
    odd = steps[steps["accepted"].astype(bool) & (steps["delta_p"] < CLEAR_P)]
    return [
        f"{row['level']} was accepted by its change of fit, but the chi-square difference has p = {row['delta_p']:.4f}"
        for row in odd.to_dict("records")
    ]


def _once(warnings: Sequence[str]) -> list[str]:
    """Warnings of all levels, each said once: without the level, and once for sentences that differ in numbers only."""
    said: dict[str, str] = {}
    for warning in warnings:
        text = re.sub(r"^(partial )?(configural|metric|scalar|strict): ", "", warning)
        said.setdefault(re.sub(r"[\d.]+", "#", text), text)
    return list(said.values())


def _released(found: Invariance) -> list[str]:
    return [str(p) for p in found.partial["parameter"]] if found.partial_accepted else []
