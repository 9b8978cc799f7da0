"""The list of allocations that could have been drawn: where the lot was bound to some of all possible ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pandas as pd

from dww_analysis.delivery.codes import code_text, fold, name_reader, nearest, shown
from dww_analysis.domain.design import start_wave
from dww_analysis.domain.study import Source, Study
from dww_analysis.errors import MeasurementError, Problem, raise_all
from dww_analysis.ingest.allocation import arm_words

NUMBER = "allocation"  # column that numbers the allocations; the only one that is no unit
LONG = 3  # columns of a list with a row for each unit of each allocation
NEVER = -1  # condition of a unit that never starts
UNKNOWN = -2


def read_drawable(data: pd.DataFrame, source: Source, study: Study, allocation: pd.DataFrame) -> pd.DataFrame:
    """Columns allocation (1, 2, ...), unit, condition: one row per unit of each allocation that could have been drawn.

    data: a row per allocation and a column per unit (and maybe `allocation`), or the columns allocation, unit and arm
    (or start). Cells hold an arm by its id or label, or 0 and 1 for the first and the second arm; where units start at
    waves of their own a wave or date, empty for never. Names go through the rules of `source`, the list of what was
    drawn (`allocation`, as `read_allocation` gives it). condition: 1 in the second arm, else 0; or the wave of the
    start, -1 for never.

    Raises one `MeasurementError` with every unit that is absent, unknown or there twice, cell that is no arm (start),
    allocation that occurs twice, and where what was drawn is not among them.
    """
    assert study.allocation is not None  # always true where there is a list
    file, unit = study.allocation.listed, study.unit
    read = name_reader(unit, source)
    problems: list[Problem] = []
    wide = _laid_wide(data, unit, "start" if study.starts else "arm", file, problems)
    raise_all(problems, MeasurementError)
    wide.columns = pd.Index([read(name) for name in wide.columns])
    drawn = _drawn(allocation, unit, study)
    problems += _unit_problems(list(wide.columns), list(drawn.index), unit, file)
    raise_all(problems, MeasurementError)
    conditions = _conditions(wide[list(drawn.index)], source, study)
    problems += _cell_problems(conditions, wide, unit, file, study)
    raise_all(problems, MeasurementError)
    problems += _row_problems(conditions, drawn.to_numpy(), file)
    raise_all(problems, MeasurementError)
    m, units = conditions.shape
    return pd.DataFrame(
        {
            "allocation": np.repeat(np.arange(1, m + 1), units),
            "unit": np.tile(drawn.index.to_numpy(dtype=object), m),
            "condition": conditions.ravel(),
        }
    ).astype({"unit": "str"})


def _laid_wide(data: pd.DataFrame, unit: str, what: str, file: str, problems: list[Problem]) -> pd.DataFrame:
    """A column for each unit; lists with a row for each unit of each allocation are laid out so."""
    names = {fold(str(name)): name for name in data.columns}
    if {NUMBER, unit, what} <= set(names) and len(data.columns) == LONG:
        number, units = (data[names[column]].map(code_text) for column in (NUMBER, unit))
        twice = pd.DataFrame({"number": number, "unit": units}).duplicated()
        full = len(data) == number.nunique() * units.nunique()
        if twice.any() or not full:
            problems.append(
                Problem(
                    found="allocations do not each hold every unit once",
                    where=file,
                    expected=f"as many rows with the same `{NUMBER}` as there are units",
                    action="complete the list",
                )
            )
            return data
        cells = pd.Series(data[names[what]].to_numpy(dtype=object), index=[number, units])
        return cells.unstack(sort=False)
    others = [name for name in data.columns if fold(str(name)) != NUMBER]
    return data[others].astype(object)


def _drawn(allocation: pd.DataFrame, unit: str, study: Study) -> pd.Series:
    """The condition of every unit as it was drawn, by name."""
    units = allocation.dropna(subset=[unit]).drop_duplicates(unit).set_index(unit)
    if study.starts:
        return units["start"].fillna(NEVER).astype(int)
    return (units["arm"] == study.treated_arm).astype(int)


def _unit_problems(given: list[str], units: list[str], unit: str, file: str) -> Iterator[Problem]:
    action = "correct the list of allocations, or the list of what was drawn"
    twice = sorted({name for name in given if given.count(name) > 1})
    if twice:
        yield Problem(
            found=f"columns for one {unit}: {', '.join(twice)}",
            where=file,
            expected=f"each {unit} once",
            action=action,
        )
    unknown = [name for name in dict.fromkeys(given) if name not in units]
    if unknown:
        near = nearest(unknown[0], units)
        expected = f"columns `{NUMBER}` and the {unit}s that were allocated{near}"
        yield Problem(
            found=f"the columns {', '.join(unknown[:5])} are no {unit}s",
            where=file,
            expected=expected,
            action=action,
        )
    absent = [name for name in units if name not in given]
    if absent:
        yield Problem(
            found=f"no column for the {unit}s {', '.join(absent[:5])}",
            where=file,
            expected=f"a column for each {unit}",
            action=action,
        )


def _conditions(wide: pd.DataFrame, source: Source, study: Study) -> np.ndarray:
    """(m, units) what each cell stands for; UNKNOWN where it is nothing known."""
    meaning = _start_reader(study) if study.starts else _arm_reader(source, study)
    codes, distinct = pd.factorize(wide.to_numpy(dtype=object).ravel(), use_na_sentinel=False)
    meant = np.array([meaning(code_text(value)) for value in distinct], dtype=int)
    return meant[codes].reshape(wide.shape)


def _arm_reader(source: Source, study: Study) -> Callable[[str], int]:
    numbers = {study.reference_arm: 0, study.treated_arm: 1}
    words: Mapping[str, str] = {
        "0": study.reference_arm, "1": study.treated_arm, **arm_words(source, study)
    }  # fmt: skip
    by_fold = {fold(word): numbers[arm] for word, arm in words.items() if arm in numbers}
    return lambda text: by_fold.get(fold(text), UNKNOWN)


def _start_reader(study: Study) -> Callable[[str], int]:
    def wave(text: str) -> int:
        start = start_wave(text, study.waves) if text else NEVER
        return UNKNOWN if start is None else start

    return wave


def _cell_problems(
    conditions: np.ndarray, wide: pd.DataFrame, unit: str, file: str, study: Study
) -> Iterator[Problem]:
    unknown = conditions == UNKNOWN
    if not unknown.any():
        return
    rows = np.flatnonzero(unknown.any(axis=1))
    known = "waves or dates, empty for never" if study.starts else ", ".join(a.id for a in study.arms)
    what = "start" if study.starts else "arm"
    yield Problem(
        found=f"{int(unknown.sum())} cells are no {what} (allocations {shown(rows + 1)})",
        where=file,
        expected=f"for each {unit}: {known}",
        action="correct the list",
    )


def _row_problems(conditions: np.ndarray, drawn: np.ndarray, file: str) -> Iterator[Problem]:
    distinct = np.unique(conditions, axis=0)
    if len(distinct) < len(conditions):
        found = f"{len(conditions) - len(distinct)} allocations are in the list more than once"
        yield Problem(
            found=found,
            where=file,
            expected="each allocation once: all are as likely",
            action="remove the repetitions",
        )
    if len(distinct) < 2:
        yield Problem(
            found=f"{len(distinct)} allocation",
            where=file,
            expected="two or more that chance chose from",
            action="complete the list",
        )
    elif not (conditions == drawn).all(axis=1).any():
        yield Problem(
            found="the allocation as it was drawn is not in the list",
            where=file,
            expected="every allocation that chance could have given, with the one that it gave",
            action="complete the list, or correct the list of what was drawn",
        )
