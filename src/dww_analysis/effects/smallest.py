"""How few persons an estimate rests on: the count that decides whether it may be shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from dww_analysis.domain.contrasts import Contrast
from dww_analysis.domain.outcomes import OutcomeKind
from dww_analysis.domain.study import Study
from dww_analysis.effects.fitted import EntryFit
from dww_analysis.effects.models import Target

YES_NO = (0.0, 1.0)  # scores of no and yes


def smallest_of(target: Target, found: EntryFit, study: Study) -> int:
    """n_smallest of a target of a fitted entry."""
    side = smallest_side(target, found)
    others = found.used["person"].nunique() if target.primary else _thin_exposure(target, found, study)
    return min(n_smallest(target.contrast, found.used, study, found.kind), side, others)


def _thin_exposure(target: Target, found: EntryFit, study: Study) -> int:
    """n_smallest of the exposure time with the fewest persons, where that is fewer than may be shown, else of all.

    The mean over exposure times minus the others is that one's effect: only the planned contrast stands then.
    """
    contrast, used = target.contrast, found.used
    everybody = int(used["person"].nunique())
    if not contrast.exposure:
        return everybody
    times = used.loc[used["exposure"] > 0, "exposure"].unique()
    each = [n_smallest(replace(contrast, exposure=str(k)), used, study, found.kind) for k in times]
    return min(each) if min(each) < study.min_cell_size else everybody


def n_smallest(
    contrast: Contrast, used: pd.DataFrame, study: Study, kind: OutcomeKind, *, nobody_is_told: bool = False
) -> int:
    """Persons in the smallest group that a contrast rests on; of yes or no as of `protecting`, also where that was
    declared as a number.

    nobody_is_told: whether that nobody of a group said yes is no secret (of who left, tables of the records say it).
    """
    groups = smallest_group(contrast, used, study)
    if not kind.has_shares and not ("score" in used and len(two_answers(used["score"]))):
        return groups
    answers = smallest_answer(contrast, used, study, without_nobody=nobody_is_told)
    return protecting(groups, answers, study.min_cell_size)


def two_answers(scores: pd.Series) -> tuple[float, ...]:
    """The lower and the higher score where only two occur (0 and 1, or no as 1 and yes as 2; NaN left out): a mean of
    them counts who said yes. Else ()."""
    found = sorted(float(score) for score in scores.dropna().unique())
    return tuple(found) if len(found) == 2 else ()


def protecting(groups: int, answers: int, minimum: int) -> int:
    """n_smallest where every group holds two answers. groups, answers: persons of the smallest.

    It counts groups, unless fewer persons than may be shown gave one answer: their number hides the row. A larger one
    would be published, and what other tables count minus it can be a few persons. Nobody counts as one person: then
    everybody's answer would be known.
    """
    return groups if answers >= minimum else max(1, min(groups, answers))


def smallest_of_shares(rows: pd.DataFrame, minimum: int, answers: Sequence[float] = YES_NO) -> int:
    """n_smallest of the share of yes among these rows. answers: the scores of no and yes."""
    counts = [int(rows.loc[rows["score"] == said, "person"].nunique()) for said in answers]
    return protecting(int(rows["person"].nunique()), min(counts), minimum)


def smallest_group(contrast: Contrast, used: pd.DataFrame, study: Study) -> int:
    """Persons in the smallest group that a contrast rests on: of an arm at a wave, under a condition, or at one of
    the waves that are compared. used: the rows that were fitted."""
    if not contrast.arm and contrast.wave is None:
        return int(used["person"].nunique())
    return min(int(_persons(rows, groups).min()) for rows, groups in _groups(contrast, used, study))


def smallest_answer(
    contrast: Contrast, used: pd.DataFrame, study: Study, *, without_nobody: bool = False
) -> int:
    """Persons who said yes, or no, in such a group, whichever are fewer; 0 where nobody did. used: the rows that
    were fitted, with score 0 or 1, or with two others. without_nobody: groups in which nobody said yes count by who
    said no alone."""
    counts: list[int] = []
    no, yes = two_answers(used["score"]) or YES_NO
    for rows, groups in _groups(contrast, used, study):
        for value in (no, yes):
            said = rows["score"] == value
            persons = _persons(rows[said], groups[said]).reindex(groups.unique(), fill_value=0)
            counts += [int(n) for n in persons if n or value == no or not without_nobody]
    return min(counts)


def _groups(contrast: Contrast, used: pd.DataFrame, study: Study) -> Iterator[tuple[pd.DataFrame, pd.Series]]:
    """Rows that a contrast rests on, and the group of each; of two waves one after the other."""
    if contrast.arm and study.starts and "exposure" in used:
        exposed = used["exposure"] > 0
        if contrast.exposure.isdecimal():
            exposed = exposed & (used["exposure"] == int(contrast.exposure))
        here = used[exposed | (used["exposure"] == 0)]
        yield here, here["exposure"] > 0
        return
    waves = [str(w) for w in (contrast.wave, contrast.from_wave) if w is not None]
    for rows in [used[used["wave"] == w] for w in waves] or [used]:
        yield rows, rows["arm"] if contrast.arm else pd.Series(True, index=rows.index)


def _persons(rows: pd.DataFrame, groups: pd.Series) -> pd.Series:
    return rows.groupby(groups, observed=False)["person"].nunique()


def smallest_side(target: Target, found: EntryFit) -> int:
    """Persons on the smaller side of the columns that a target rests on, where the plan gives the formula.

    Of a column with two values both sides count; of another, who differ from its most common value. A term that rests
    on one person would be that person's answer.
    """
    person, design = found.used["person"], found.fitted.design
    everybody = int(person.nunique())
    if target.contrast.arm or len(design.X) != len(
        person
    ):  # stacked rows of thresholds are not persons' rows
        return everybody
    sides = [everybody]
    for name in (n for n in target.weights if n != "(Intercept)"):
        values, counts = np.unique(design.X[:, design.x_names.index(name)], return_counts=True)
        column, common = design.X[:, design.x_names.index(name)], values[counts.argmax()]
        sides.append(int(person[column != common].nunique()))
        if len(values) == 2:
            sides.append(int(person[column == common].nunique()))
    return min(sides)
