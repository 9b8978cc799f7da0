"""Which rows of a file count: test rows, rows without a person, and persons who answered twice.

Every dropped row is counted with a reason. Without a declared rule a case is a problem, never a silent choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from dww_analysis.delivery.codes import by_distinct, code_text, holds, nearest, shown, text_column
from dww_analysis.delivery.ledger import MOST_SHOWN, Met
from dww_analysis.delivery.table import DeliveredTable
from dww_analysis.domain.study import Source
from dww_analysis.errors import Problem, SourceError, raise_all

NO_PERSON = "no person code"
UNANSWERED = "opened, nothing answered"
DUPLICATE = "duplicate submission"
OTHER_TEAM = "same code in another team"
_SUBMITTED = ("RecordedDate", "EndDate", "submitdate", "datestamp", "Completed On", "Survey Completed On")
PREVIEWS = {  # column of Qualtrics -> what it holds in previews and tests
    "Status": {"1", "2", "17", "Survey Preview", "Survey Test", "Preview", "Offline Survey Preview"},
    "DistributionChannel": {"preview"},
}


@dataclass
class Rows:
    """Which rows are still kept (bool, one per delivered row), and why the others are not."""

    keep: np.ndarray
    dropped: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    met: list[Met] = field(default_factory=list)  # what each rule for rows met

    def drop(self, found: np.ndarray, reason: str) -> None:
        """Leave out the rows `found` that are still kept."""
        now = self.keep & found
        if now.any():
            self.dropped[reason] = self.dropped.get(reason, 0) + int(now.sum())
            self.keep = self.keep & ~now


def rows_of_source(data: pd.DataFrame, source: Source) -> np.ndarray:
    """Which rows belong to the source by its `rows` rule, one bool a delivered row; all without such a rule.

    SourceError when the column is not there, a value is in no row, or rows hold a value that no source of the file
    takes: they would be left out in silence.
    """
    if source.rows is None:
        return np.ones(len(data), dtype=bool)
    column, values = source.rows
    if column not in data.columns:
        raise SourceError.of(
            found=f"`rows` names the column {column!r}, which is not in the file",
            where=f"{source.file}, source {source.id}",
            expected="a column of the file" + nearest(column, map(str, data.columns)),
            action="correct `rows` in sources.yaml",
        )
    raise_all(_row_problems(data[column], source), SourceError)
    return _any(holds(data[column], values), len(data))


def _row_problems(delivered: pd.Series, source: Source) -> list[Problem]:
    assert source.rows is not None
    column, values = source.rows
    where = f"{source.file}, column {column}, source {source.id}"
    found = holds(delivered, (*values, *source.rows_of_others))
    taken, problems = _any(found, len(delivered)), []
    listed = _listed(delivered)
    for value in values:
        if not found[value].any():
            problems.append(
                Problem(
                    found=f"no row has the value {value!r} of `rows`",
                    where=where,
                    expected=f"a value of this column: {listed}",
                    action="correct `rows` in sources.yaml",
                )
            )
    blank = text_column(delivered).isna().to_numpy()
    if blank.any() and "" not in (*values, *source.rows_of_others):
        problems.append(
            Problem(
                found=f"{int(blank.sum())} of {len(delivered)} rows have no value in the column of `rows`",
                where=where,
                expected=f"one of {listed}" if listed else "a value in every row",
                action='fill it in in the file, or give the blank rows to a source: `value: ["", ...]`',
            )
        )
        taken = taken | blank
    left = int((~taken).sum())
    if left:
        problems.append(
            Problem(
                found=f"{left} of {len(delivered)} rows belong to no source: {_listed(delivered[~taken])}",
                where=where,
                expected="a source with `rows` for every value",
                action="add a source for the other values, or give the source all of them: `value: [...]`",
            )
        )
    return problems


def _listed(delivered: pd.Series) -> str:
    """The values of a column with how many rows have each, short ones only; of very many how many there are."""
    there = text_column(delivered).dropna().value_counts()
    shown = ", ".join(
        f"{value} ({count} rows)" for value, count in there.items() if len(value) <= LONGEST_MARK
    )
    return shown if len(there) <= MOST_SHOWN else f"{len(there)} different values"


def drop_declared(rows: Rows, data: pd.DataFrame, source: Source) -> None:
    """Apply the rules of the study, such as "Status is 1: test row"."""
    for rule in source.drop_rows:
        if rule.column not in data.columns:
            rows.problems.append(
                Problem(
                    found=f"drop_rows names the column {rule.column!r}, which is not in the file",
                    where=source.file,
                    expected="a column of the file" + nearest(rule.column, map(str, data.columns)),
                    action="correct drop_rows in sources.yaml",
                )
            )
            continue
        found = holds(data[rule.column], rule.values)
        parts = {value: int(same.sum()) for value, same in found.items()}
        name = f"{rule.column}: {', '.join(rule.values)}"
        rows.met.append(Met("drop_rows", name, parts, len(data), "rows", allowed=rule.may_be_absent))
        rows.drop(_any(found, len(data)), rule.reason)


def _any(found: Mapping[str, np.ndarray], length: int) -> np.ndarray:
    return np.any([np.zeros(length, dtype=bool), *found.values()], axis=0)


def refuse_previews(rows: Rows, given: DeliveredTable) -> None:
    """Put a Problem in `rows` for previews and test answers of Qualtrics that no rule drops: they are not answers of
    persons. Other files are left alone."""
    data, source, lines = given.data, given.source, given.lines
    if "ResponseId" not in data.columns and "ResponseID" not in data.columns:
        return
    for column, marks in PREVIEWS.items():
        if column not in data.columns:
            continue
        found = rows.keep & _any(holds(data[column], marks), len(data))
        if found.any():
            rows.problems.append(
                Problem(
                    found=f"{int(found.sum())} rows are previews or tests (line {shown(lines[found])})",
                    where=f"{source.file}, column {column}",
                    expected="answers of persons only",
                    action=f"drop them by a rule: drop_rows: [{{column: {column}, values: [...], reason: test row}}]",
                )
            )
            return


def finished_rows(rows: Rows, data: pd.DataFrame, source: Source) -> np.ndarray:
    """For each row whether the person finished, by the declared mark; all True without a declaration."""
    everyone = np.ones(len(data), dtype=bool)
    if source.complete is None:
        return everyone
    name, value = source.complete
    if name not in data.columns:
        rows.problems.append(
            Problem(
                found=f"`complete` names the column {name!r}, which is not in the file",
                where=source.file,
                expected="a column of the file" + nearest(name, map(str, data.columns)),
                action="correct `complete` in sources.yaml",
            )
        )
        return everyone
    if value is None:
        finished = ~holds(data[name], [""])[""] & data[name].notna().to_numpy()
    else:
        finished = holds(data[name], [value])[value]
    written = "not empty" if value is None else value
    rows.met.append(
        Met("complete", name, {written: int(finished.sum())}, len(data), "rows", _marks(data[name]))
    )
    return finished


def _marks(column: pd.Series) -> str:
    """The few short values of a column that marks finished rows; nothing where it could hold anything else."""
    texts = text_column(column).dropna().value_counts()
    if len(texts) > MOST_SHOWN or any(len(text) > LONGEST_MARK for text in texts.index):
        return ""
    return ", ".join(f"{text} ({count} rows)" for text, count in texts.items())


LONGEST_MARK = 20  # characters of a mark that a message shows


def settle_duplicates(
    rows: Rows,
    person: np.ndarray,
    team: np.ndarray,
    finished: np.ndarray,
    given: DeliveredTable,
) -> None:
    """One row per person by the declared rule. `person` and `team` are numbers of codes, one per row.

    keep_first: the first delivered row. keep_last_complete: the last finished one, or the last when none is finished,
    by the time of submission where the file has one, else by delivered order.
    """
    source, at = given.source, np.flatnonzero(rows.keep)
    _, first, inverse, counts = np.unique(
        person[at], return_index=True, return_inverse=True, return_counts=True
    )
    if not (counts > 1).any():
        return
    if source.duplicates == "stop":
        in_groups = np.zeros(len(rows.keep), dtype=bool)
        in_groups[at] = counts[inverse] > 1
        several = in_groups & _several_teams(at, inverse, team, len(rows.keep))
        _refuse(rows, in_groups & ~several, several, source, given.lines)
        return
    chosen = at[first] if source.duplicates == "keep_first" else _last(at, inverse, finished, given.data)
    stays = np.zeros(len(rows.keep), dtype=bool)
    stays[chosen] = True
    elsewhere = np.zeros(len(rows.keep), dtype=bool)
    elsewhere[at] = team[at] != team[chosen[inverse]]
    rows.drop(~stays & elsewhere, OTHER_TEAM)
    rows.drop(~stays & ~elsewhere, DUPLICATE)


def refuse_contradictions(
    rows: Rows,
    person: np.ndarray,
    categories: Mapping[str, pd.Series],
    numbers: Mapping[str, pd.Series],
    given: DeliveredTable,
) -> None:
    """Rows of one code that contradict each other about the person are two persons: no rule may drop one of them.

    `categories`, `numbers`: delivered columns of background, such as age band and years of experience. Another category
    is a contradiction; one other number may be a slip, two are not. With duplicates: stop such rows are refused anyway.
    """
    source, lines = given.source, given.lines
    if source.duplicates == "stop":
        return
    at = np.flatnonzero(rows.keep)
    _, inverse, counts = np.unique(person[at], return_inverse=True, return_counts=True)
    repeated = at[counts[inverse.ravel()] > 1]
    if not len(repeated):
        return
    differ = {
        name: _differs(column, person, repeated) for name, column in (*categories.items(), *numbers.items())
    }
    other_category = np.any([differ[name] for name in categories], axis=0) if categories else False
    other_numbers = np.sum([differ[name] for name in numbers], axis=0) >= 2 if numbers else False
    wrong = np.broadcast_to(other_category | other_numbers, len(repeated))
    if wrong.any():
        names = [name for name, found in differ.items() if (found & wrong).any()]
        rows.problems.append(
            Problem(
                found=f"the same person code on rows that differ in {' and '.join(names)} "
                f"(line {shown(lines[repeated[wrong]])})",
                where=f"{source.file}, column {source.columns.get('person', 'person')}",
                expected="one code per person",
                action=(
                    "these are probably two persons: give one of them another code, or leave a row "
                    "out with drop_rows"
                ),
            )
        )


def _differs(column: pd.Series, person: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """For each of `rows` whether its person gives more than one answer in this column; blanks do not count."""
    indices, texts = by_distinct(column.iloc[rows], code_text)
    filled = np.array([bool(text) for text in texts])[indices]
    fact = pd.Series(indices).where(filled)
    return (fact.groupby(person[rows]).transform("nunique") > 1).to_numpy()


def _several_teams(at: np.ndarray, inverse: np.ndarray, team: np.ndarray, length: int) -> np.ndarray:
    """Rows whose person appears in more than one team, and only once in the row's own team."""
    pairs, pair = np.unique(np.column_stack([inverse, team[at]]), axis=0, return_inverse=True)
    per_pair = np.bincount(pair.ravel(), minlength=len(pairs))
    result = np.zeros(length, dtype=bool)
    result[at] = per_pair[pair.ravel()] == 1
    return result


def _last(at: np.ndarray, inverse: np.ndarray, finished: np.ndarray, data: pd.DataFrame) -> np.ndarray:
    moment = np.zeros(len(at), dtype="int64")
    for name in _SUBMITTED:
        if name in data.columns and pd.api.types.is_datetime64_any_dtype(data[name]):
            times = data[name].iloc[at]
            moment = times.astype("int64").to_numpy()
            moment = np.where(times.isna().to_numpy(), np.iinfo("int64").min, moment)
            break
    order = np.lexsort((at, moment, finished[at], inverse))
    last = np.flatnonzero(np.append(np.diff(inverse[order]) != 0, True))
    return at[order[last]]


def _refuse(
    rows: Rows, same_team: np.ndarray, other_team: np.ndarray, source: Source, lines: np.ndarray
) -> None:
    action = (
        "find out whether these are two persons (give one of them another code) or one person twice (declare "
        "duplicates: keep_first or keep_last_complete)"
    )
    for found, words in ((same_team, "in one team"), (other_team, "in different teams")):
        if found.any():
            rows.problems.append(
                Problem(
                    found=f"the same person code {words} on {int(found.sum())} rows (line {shown(lines[found])})",
                    where=f"{source.file}, column {source.columns.get('person', 'person')}",
                    expected="one row per person in a wave",
                    action=action,
                )
            )
