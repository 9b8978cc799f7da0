"""One arrow of the theory: an effect of the arm as the design's own model has it, or an association of two scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.domain.design import first_treated_wave
from dww_analysis.domain.formulas import Terms
from dww_analysis.domain.study import Study
from dww_analysis.domain.theory import Arrow, Node, Part
from dww_analysis.effects.designs.terms import covariates, joined, random_terms, strata
from dww_analysis.effects.estimate import estimates_of, fit_entry
from dww_analysis.effects.fitted import EntryData
from dww_analysis.effects.mechanisms.rows import Rows, TheoryData, column, rows_of
from dww_analysis.effects.refusals import REFUSALS
from dww_analysis.effects.smallest import protecting, two_answers
from dww_analysis.effects.untested import untested

LEAST_UNITS = 4  # with fewer no mean of units says anything about another
LEAST_DF = 2  # of a coefficient between units
LEAST_SD = 1e-9  # of a cause, in its own points
FEW_UNITS, FEW_PERSONS, NO_DATA, NO_STEP = "few_units", "few_persons", "no_data", "no_step"
NOT_FITTED = "not_fitted"  # also where everybody gave one answer, which is not told
MODERATOR = "moderator"  # name of its column
MEASURED = ("score", MODERATOR)  # columns of rows that are one person's answer, beside the causes
NUMBERS = ("estimate", "std_error", "df", "p_value", "conf_low", "conf_high")


@dataclass(frozen=True, eq=False)
class Found:
    """What one arrow gave. numbers: those of `NUMBERS`; counts: n_obs, n_persons, n_smallest, n_units.

    remark: why there is no estimate, "" where there is one. fitted, rows: the model behind it, for what rests on it.
    """

    part: str
    noun: str = "association"
    numbers: Mapping[str, float] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    remark: str = ""
    fitted: Any = None
    rows: Rows | None = None


class Unestimable(Exception):
    """Why something cannot be estimated, by the id of a remark: reported, not an error."""

    def __init__(self, remark: str):
        super().__init__(remark)
        self.remark = remark


# --- from the arm


def wave_after_start(study: Study, lag: int) -> int:
    """The wave that is the `lag`-th since the start, in a trial with arms side by side."""
    return first_treated_wave(study) + lag - 1


def when_of(study: Study, lag: int) -> dict[str, Any]:
    """The wave, or the exposure, of a plan entry whose contrast lies so many waves (lag) since the start."""
    return {"exposure": lag} if study.starts else {"wave": wave_after_start(study, lag)}


def arm_data(data: TheoryData, outcome: Node, lag: int, **more: Any) -> EntryData:
    """All that the design's own contrast of the arms needs, so many waves (lag) since the start. KeyError for an
    outcome whose scale has no scores."""
    own, when = str(outcome.score), when_of(data.study, lag)
    adjust = tuple(name for name in data.theory.adjust if name != own)
    entry = data.entry(outcome, **{"covariates": adjust, **when, **more})
    scale = own.split(".")[0]
    return EntryData(
        entry, data.plan, data.study, data.scales[scale], data.scores[scale], data.scores, data.answers
    )


def arm_arrow(data: TheoryData, outcome: Node, lag: int) -> Found:
    """The contrast of the arms in one outcome, `lag` waves since the start: the design's own model and test, without p
    where no test exists."""
    try:
        needed = arm_data(data, outcome, lag)
        fit = fit_entry(needed)
        row = estimates_of(needed, fit).query("primary").iloc[0]
    except REFUSALS:
        return Found("total", remark=_few_answers(data, outcome, lag) or NOT_FITTED)
    counts = {name: int(row[name]) for name in ("n_obs", "n_persons", "n_smallest")}
    numbers = {n: float(row[n]) for n in NUMBERS}
    if untested(needed, fit.used, fit.model.planned.contrast):
        numbers["p_value"] = float("nan")
    counts |= _units(fit.used, data)
    return Found("total", str(row["noun"]), numbers, counts, fitted=fit.fitted)


def _few_answers(data: TheoryData, outcome: Node, lag: int) -> str:
    """The remark of an outcome that too few persons of an arm answered at the wave of the contrast."""
    rows = data.scores_of(outcome)
    if not data.study.starts:
        rows = rows[rows["wave"] == wave_after_start(data.study, lag)]
    return FEW_PERSONS if smallest(rows, data) < data.study.min_cell_size else ""


# --- from a score


def score_arrow(
    data: TheoryData, outcome: Node, causes: Sequence[tuple[Node, int]], since_start: bool = False
) -> dict[str, Found]:
    """part -> association of the outcome with that part of the first cause, beside the arms, the other causes, the
    waves, and what the theory adjusts for. Parts are those that the rows have."""
    cause = causes[0][0]
    try:
        rows = rows_of(data, outcome, causes, since_start)
        fitted = fit_rows(rows, [node for node, _ in causes], data)
    except Unestimable as reason:
        return _nothing(data, cause, reason.remark)
    except REFUSALS:
        few = smallest(data.scores_of(outcome), data) < data.study.min_cell_size
        return _nothing(data, cause, FEW_PERSONS if few else NOT_FITTED)
    return {part: _part(part, cause, rows, fitted, data) for part in parts_of(rows, cause, data)}


def part_shown(arrow: Arrow, data: TheoryData) -> Part:
    """The part that is the arrow's own: between units where only units can act, else within them."""
    if data.unit is None:
        return "total"
    ends = (data.theory.node(arrow.origin), data.theory.node(arrow.target))
    between = data.theory.from_the_arm(arrow) or any(n.level == "team" for n in ends)
    return "between" if between else "within"


def _nothing(data: TheoryData, cause: Node, remark: str) -> dict[str, Found]:
    parts: Sequence[Part] = ("total",) if data.unit is None else ("between", "within")
    return {part: Found(part, remark=remark) for part in parts if part != "within" or cause.level == "person"}


def _part(part: str, cause: Node, rows: Rows, fitted: Any, data: TheoryData) -> Found:
    try:
        numbers = coefficient(fitted, column(part, cause), data.plan.conf_level, part == "between")
    except Unestimable as reason:
        return Found(part, remark=reason.remark)
    used = rows.frame.loc[fitted.frame.index]
    return Found(
        part,
        "association",
        numbers,
        persons_of(used, data, rows.behind(used)),
        fitted=fitted,
        rows=rows,
    )


def parts_of(rows: Rows, cause: Node, data: TheoryData) -> tuple[Part, ...]:
    """The parts of one cause: without units the score as it is; persons' own only where enough of them answered at both
    waves and the cause is one of persons."""
    if data.unit is None:
        return ("total",)
    seen = rows.frame.loc[rows.frame[column("within", cause)].notna(), "person"].nunique()
    within = cause.level == "person" and seen >= data.study.min_cell_size
    return ("between", "within") if within else ("between",)


def columns_of(rows: Rows, causes: Sequence[Node], data: TheoryData) -> list[str]:
    """The columns of the causes that enter a model together."""
    return [column(part, cause) for cause in causes for part in parts_of(rows, cause, data)]


def fit_rows(rows: Rows, causes: Sequence[Node], data: TheoryData, more: Sequence[str] = ()) -> Any:
    """score ~ waves + arms + causes + more + covariates + strata + variance between units, waves of a unit and
    persons.

    more: further columns of the rows. Raises Unestimable where persons or units are too few or a cause does not
    vary.
    """
    columns = columns_of(rows, causes, data)
    frame = rows.frame.dropna(subset=columns)
    _require(frame, rows, columns, data)
    waves = ["wave"] if frame["wave"].nunique() > 1 else []
    arms = [a for a in rows.arms if frame[a].nunique() > 1]
    entry = rows.entry
    shared = (covariates(entry), strata(entry, data.plan, data.study, frame))
    parts = joined([*shared, random_terms(entry, data.study, frame)])
    fitted = fit_formula("score ~ " + " + ".join([*waves, *arms, *columns, *more, *parts.terms]), frame)
    if any(name in fitted.dropped for name in (*columns, *more)):  # no column is named as a random term is
        raise Unestimable(NOT_FITTED)
    return fitted


def fit_formula(formula: str, frame: pd.DataFrame) -> Any:
    """The mixed model, or least squares where every row is a person of its own and nothing lies above persons.
    Unestimable where the search did not converge."""
    from dww_analysis.multilevel import fit, fit_ols

    fitted = fit(formula, frame) if Terms.read(formula).random else fit_ols(formula, frame)
    if not fitted.converged:
        raise Unestimable(NOT_FITTED)
    return fitted


def require_persons(frame: pd.DataFrame, data: TheoryData, behind: Sequence[pd.DataFrame] = ()) -> None:
    """Unestimable where too few persons answered the outcome, or what means of units in its rows rest on (behind)."""
    if smallest(frame, data, behind) < data.study.min_cell_size:
        raise Unestimable(FEW_PERSONS)


def _require(frame: pd.DataFrame, rows: Rows, columns: Sequence[str], data: TheoryData) -> None:
    require_persons(frame, data, rows.behind(frame))
    if data.unit is not None and frame[data.unit].nunique() < LEAST_UNITS:
        raise Unestimable(FEW_UNITS)
    if any(frame[c].std() < LEAST_SD for c in columns):
        raise Unestimable(NOT_FITTED)


def coefficient(fitted: Any, name: str, conf_level: float, between: bool) -> dict[str, float]:
    """The numbers of one coefficient, named as its column. Raises Unestimable for one between units that has next to
    no df."""
    return contrast(fitted, {name: 1.0}, conf_level, between)


def contrast(fitted: Any, weights: Mapping[str, float], conf_level: float, between: bool) -> dict[str, float]:
    """The numbers of a weighted sum of coefficients, by the fit's own test: estimate, SE, df, p and interval.
    weights: column -> weight. Raises Unestimable without an SE, and between units with next to no df."""
    L = np.array([[weights.get(name, 0.0) for name in fitted.design.x_names]])
    row = fitted.linear(L, conf_level=conf_level).iloc[0]
    if not np.isfinite(row["std_error"]):
        raise Unestimable(NOT_FITTED)
    if between and not row["df"] >= LEAST_DF:
        raise Unestimable(FEW_UNITS)
    return {n: float(row[n]) for n in NUMBERS}


def persons_of(used: pd.DataFrame, data: TheoryData, behind: Sequence[pd.DataFrame] = ()) -> dict[str, int]:
    """What rows rest on: rows, persons, persons in the smaller arm, units. behind: answers that means of units rest on;
    the fewest persons of all count."""
    return {
        "n_obs": len(used),
        "n_persons": min(_persons(rows) for rows in (used, *behind)),
        "n_smallest": smallest(used, data, behind),
        **_units(used, data),
    }


def _units(used: pd.DataFrame, data: TheoryData) -> dict[str, int]:
    return {"n_units": int(used[data.unit].nunique())} if data.unit is not None else {}


def smallest(frame: pd.DataFrame, data: TheoryData, behind: Sequence[pd.DataFrame] = ()) -> int:
    """Persons in the smaller arm, or of all without arms side by side; the fewest of the frame and `behind`. Of yes and
    no (outcome, cause or moderator with two values) as `smallest.protecting` says."""
    parts = [(rows, group) for rows in (frame, *behind) for group in _groups(rows, data.study)]
    groups = min(_persons(group) for _, group in parts)
    answers = [
        _persons(group[group[name] == said])
        for rows, group in parts
        for name in rows.columns[[c in MEASURED or str(c).startswith("total_") for c in rows]]
        for said in two_answers(rows[name])
    ]
    return protecting(groups, min(answers), data.study.min_cell_size) if answers else groups


def _groups(rows: pd.DataFrame, study: Study) -> list[pd.DataFrame]:
    return [rows[rows["arm"] == arm.id] for arm in study.groups] or [rows]


def _persons(rows: pd.DataFrame) -> int:
    return int(rows["person"].nunique())
