"""What an arrow depends on: the product of the cause with something measured before, tested by Kenward-Roger.

A slope within units gets variance between units of its own: without it the test of a cross-level interaction is too
sure (Heisig & Schaeffer 2019).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from dww_analysis.domain.theory import Arrow, Moderation
from dww_analysis.effects.designs import model_for, prepared
from dww_analysis.effects.designs.stepped_wedge import CONSTANT
from dww_analysis.effects.frames import analysis_frame
from dww_analysis.effects.mechanisms.arrows import (
    MODERATOR,
    NOT_FITTED,
    Found,
    Unestimable,
    arm_data,
    contrast,
    fit_formula,
    fit_rows,
    part_shown,
    persons_of,
    require_persons,
)
from dww_analysis.effects.mechanisms.rows import TheoryData, column, rows_of
from dww_analysis.effects.refusals import REFUSALS


def moderated(one: Moderation, data: TheoryData) -> Found:
    """How much the arrow changes with one point more of the moderator, beside the moderator itself."""
    arrow = data.theory.arrow(one.arrow)
    from_arm = data.theory.node(arrow.origin).arm
    part = "total" if from_arm else part_shown(arrow, data)
    try:
        return _of_the_arm(one, arrow, data) if from_arm else _of_a_score(one, arrow, part, data)
    except Unestimable as reason:
        return Found(part, remark=reason.remark)
    except REFUSALS:
        return Found(part, remark=NOT_FITTED)


def _of_the_arm(one: Moderation, arrow: Arrow, data: TheoryData) -> Found:
    study, name = data.study, _measured_as(one.by, data)
    needed = arm_data(data, data.theory.node(arrow.target), arrow.lag)
    entry = needed.entry
    wide = replace(entry, covariates=(*dict.fromkeys((*entry.covariates, name)),))
    frame = prepared(analysis_frame(wide, study, needed.scores, data.scores, data.answers), entry, study)
    frame = _with_moderator(frame, one.by, data)
    require_persons(frame, data, _behind(frame, one.by, data))
    model = model_for(entry, data.plan, study, frame)
    columns = dict.fromkeys(n for target in model.targets for n in target.weights)
    products = {n: f"{n}:{MODERATOR}" for n in ([CONSTANT] if study.starts else columns)}
    fitted = fit_formula(" + ".join([model.formula, MODERATOR, *products.values()]), frame)
    weights = {CONSTANT: 1.0} if study.starts else model.planned.weights
    used = frame.loc[fitted.frame.index]
    counts = persons_of(used, data, _behind(used, one.by, data))
    return _found("total", fitted, {products[n]: w for n, w in weights.items()}, counts, data)


def _of_a_score(one: Moderation, arrow: Arrow, part: str, data: TheoryData) -> Found:
    cause = data.theory.node(arrow.origin)
    since = data.theory.from_the_arm(arrow)
    measured = (_measured_as(one.by, data),)
    rows = rows_of(data, data.theory.node(arrow.target), [(cause, arrow.lag)], since, measured)
    rows = replace(rows, frame=_with_moderator(rows.frame, one.by, data))
    require_persons(rows.frame, data, _behind(rows.frame, one.by, data))
    name = column(part, cause)
    slopes = [f"(0 + {name} | {data.unit})"] if part == "within" else []
    fitted = fit_rows(rows, [cause], data, [MODERATOR, f"{name}:{MODERATOR}", *slopes])
    used = rows.frame.loc[fitted.frame.index]
    counts = persons_of(used, data, [*rows.behind(used), *_behind(used, one.by, data)])
    return _found(part, fitted, {f"{name}:{MODERATOR}": 1.0}, counts, data)


def _found(
    part: str, fitted: Any, weights: Mapping[str, float], counts: Mapping[str, int], data: TheoryData
) -> Found:
    if any(name in fitted.dropped for name in weights):
        raise Unestimable(NOT_FITTED)
    numbers = contrast(fitted, weights, data.plan.conf_level, part == "between")
    return Found(part, "association", numbers, counts, fitted=fitted)


def _measured_as(by: str, data: TheoryData) -> str:
    """The scale of a node, or the background variable itself."""
    scale = next((n.scale for n in data.theory.nodes if n.id == by), None)
    return scale or by


def _with_moderator(frame: pd.DataFrame, by: str, data: TheoryData) -> pd.DataFrame:
    """Rows with the moderator as at the first wave, minus its mean: persons' own, or the mean of the team."""
    values = pd.to_numeric(frame[_measured_as(by, data)])
    answers = _answers_of_means(by, data)
    if answers is not None:
        means = answers.groupby("unit")["score"].mean()
        values = frame[data.unit].astype(str).map(means)
    frame = frame.assign(**{MODERATOR: values - values.mean()})
    return frame[frame[MODERATOR].notna()].reset_index(drop=True)


def _answers_of_means(by: str, data: TheoryData) -> pd.DataFrame | None:
    """Answers at the first wave of a moderator that is one of teams, with their unit; None for any other."""
    node = next((n for n in data.theory.nodes if n.id == by), None)
    if node is None or node.level != "team" or data.unit is None:
        return None
    scores = data.scores_of(node)
    first = scores[scores["wave"] == scores["wave"].min()]
    return first.assign(unit=first[data.unit].astype(str))


def _behind(used: pd.DataFrame, by: str, data: TheoryData) -> list[pd.DataFrame]:
    """The answers that a moderator's means of units in the rows `used` rest on."""
    answers = _answers_of_means(by, data)
    return [] if answers is None else [answers[answers["unit"].isin(used[data.unit].astype(str))]]
