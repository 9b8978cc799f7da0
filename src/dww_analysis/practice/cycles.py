"""What units said, agreed on and counted, read and checked: every cell that cannot be, with its line, all at once.

The words of a list may be written as ids or in either language; what rows may name is given as `Known`. Whether a cell
names a person is not decided here but before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import pandas as pd

from dww_analysis.delivery.codes import day_of, fold, nearest
from dww_analysis.domain.cycle import CHOICES, CYCLE_COLUMNS, FREE_TEXTS, LONGEST_ID, LONGEST_TEXT
from dww_analysis.domain.study import Source
from dww_analysis.errors import PracticeError, Problem, amount, raise_all
from dww_analysis.practice.delivered import Delivered

NUMBERS = ("round", "present", "value", "out_of")
DATES = ("date", "start", "check")
# A row of a form in which nobody wrote: all of these are empty.
TELLING: Mapping[str, tuple[str, ...]] = {
    "interpretations": ("text",),
    "actions": ("what", "why", "start", "check", "result", "reflection"),
    "counts": ("date", "value", "out_of"),
}
KEYS: Mapping[str, tuple[str, ...]] = {
    "actions": ("level", "unit", "action"),
    "counts": ("level", "unit", "indicator", "date"),
}
# What may not differ between two deliveries of one action, or of one count.
SAME: Mapping[str, tuple[str, ...]] = {"actions": ("round", "what"), "counts": ("value", "out_of")}
WRITTEN = 40  # characters of a word that a message repeats
FORMULA = ("a formula in a cell", "what people typed", "copy the cells, paste them as values, and save")
EXCEL_DAYS = (20_000, 60_000)  # whole numbers that are dates of 1954 to 2064 in Excel


@dataclass(frozen=True)
class Known:
    """What rows may name.

    units: level -> names as sheets call them; None where teams are not known yet. combined: team -> the name it stands
    under. split: team -> the teams that were made of it, and the last wave at which it answered. words: column ->
    folded word -> id. current: the last round with answers; before it a team that stands under another name now may
    have spoken for itself.
    """

    study: str
    rounds: tuple[int, ...]
    outcomes: tuple[str, ...]
    units: Mapping[str, Sequence[str]] | None = None
    combined: Mapping[str, str] = field(default_factory=dict)
    split: Mapping[str, tuple[tuple[str, ...], int]] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    current: int | None = None


@dataclass(frozen=True)
class Read:
    """The rows of one source as declared for its kind, and how many rows nobody wrote in or say the same again."""

    rows: pd.DataFrame
    empty: int
    repeated: int


def read_cycle(
    data: pd.DataFrame,
    source: Source,
    known: Known,
    *,
    lines: np.ndarray | None = None,
    formulas: Mapping[str, Sequence[int]] = MappingProxyType({}),
) -> Read:
    """The columns of `CYCLE_COLUMNS[source.kind]`, one row an answer, an action or a count; absent texts are "".

    formulas: column of the sheet -> lines with a formula in it. Raises one PracticeError: cells that are empty and
    may not be, words, units, rounds and outcomes that nobody knows, dates that are numbers or no dates, formulas, texts
    that are too long, an action checked before it starts, an action twice, a value that cannot be.
    """
    needed = [c for c in source.columns if c in CYCLE_COLUMNS[source.kind]]
    table = Delivered.of(data, source, lines, needed)
    table, empty = _written(table, source)
    for column, at in formulas.items():
        table.refuse(np.isin(table.lines, list(at)), column, *FORMULA)
    rows = pd.DataFrame({c: _column(table, c, known) for c in CYCLE_COLUMNS[source.kind]})
    rows["unit"] = rows["unit"].mask((rows["level"] == "study") & rows["unit"].isna(), known.study)
    _units(table, rows, known)
    once = ~rows.duplicated()
    if source.kind in OF_KIND:
        OF_KIND[source.kind](table, rows)
    table.done()
    return Read(_filled(rows[once], source.kind), empty, int((~once).sum()))


def _written(table: Delivered, source: Source) -> tuple[Delivered, int]:
    """The rows in which somebody wrote, and how many are left out."""
    cells = [table.text(c) for c in TELLING[source.kind] if c in source.columns]
    there = np.any([cell.notna().to_numpy() for cell in cells], axis=0)
    kept = table.data[there].reset_index(drop=True)
    return Delivered(kept, source, table.lines[there]), int((~there).sum())


def _filled(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    texts = [c for c in rows if c not in NUMBERS]
    found = rows.reset_index(drop=True)
    found[texts] = found[texts].fillna("").astype("str")
    return found


def _column(table: Delivered, ours: str, known: Known) -> pd.Series:
    """One column, read as what it holds."""
    kind = table.source.kind
    if ours in CHOICES:
        return _chosen(table, ours, CHOICES[ours], known)
    if ours == "round":
        return _round(table, known)
    if ours in DATES:
        return _dates(table, ours, needed=kind == "counts")
    if ours in ("present", "value", "out_of"):
        return _number(table, ours)
    if ours == "about":
        return _about(table, known)
    return _text(table, ours, needed=ours in ("text", "what", "action") or kind == "counts")


def _text(table: Delivered, ours: str, needed: bool) -> pd.Series:
    cells = table.text(ours)
    free = ours in FREE_TEXTS[table.source.kind]
    most = LONGEST_TEXT if free else LONGEST_ID
    if needed and ours != "unit":
        table.refuse(cells.isna(), ours, f"no {ours}", "a text in every row", "add it, or use drop_rows")
    long = cells.str.len().fillna(0) > most
    table.refuse(
        long, ours, f"a cell of more than {most} characters", f"at most {most} characters",
        "write the core of it, and keep the rest outside this file",
    )  # fmt: skip
    table.refuse(cells.str.startswith("=").fillna(False) & ~long, ours, *FORMULA)
    return cells


def _chosen(table: Delivered, ours: str, ids: Sequence[str], known: Known) -> pd.Series:
    """A word of a list, as its id."""
    cells, words = table.text(ours), known.words.get(ours, {})
    table.refuse(cells.isna(), ours, f"no {ours}", f"one of {', '.join(ids)}", "fill it in, or use drop_rows")
    chosen = cells.map(lambda cell: words.get(fold(cell), cell), na_action="ignore")
    _refuse_unknown(table, ours, cells, chosen.isin(ids) | cells.isna(), ids)
    return chosen


def _about(table: Delivered, known: Known) -> pd.Series:
    """The outcome that an answer is about; empty where it is about all."""
    cells, words = table.text("about"), known.words.get("about", {})
    chosen = cells.where(cells.isin(known.outcomes), cells.map(lambda c: words.get(fold(c), c), "ignore"))
    _refuse_unknown(table, "about", cells, chosen.isin(known.outcomes) | cells.isna(), known.outcomes)
    return chosen


def _refuse_unknown(
    table: Delivered, ours: str, cells: pd.Series, right: pd.Series, ids: Sequence[str]
) -> None:
    for word in pd.unique(cells[~right]):
        table.refuse(
            cells == word, ours, f"the {ours} {word[:WRITTEN]!r}, which is not in the list",
            f"one of {', '.join(ids)}{nearest(word[:WRITTEN], ids)}",
            f"choose one of the list, or translate it with `recode: {{{ours}: ...}}`",
        )  # fmt: skip


def _round(table: Delivered, known: Known) -> pd.Series:
    rounds = ", ".join(map(str, known.rounds))
    return table.numbers(
        "round", f"a round of measurement of the study: {rounds}", lambda n: n.isin(list(known.rounds))
    )


def _number(table: Delivered, ours: str) -> pd.Series:
    if ours == "present":
        whole = "how many people were there, a whole number of at least 1"
        return table.numbers(ours, whole, lambda n: (n >= 1) & (n == n.round()), absent=True)
    if ours == "out_of":
        return table.numbers(ours, "a number above 0", lambda n: (n > 0) & np.isfinite(n), absent=True)
    return table.numbers(ours, "a number of at least 0", lambda n: (n >= 0) & np.isfinite(n))


def _dates(table: Delivered, ours: str, needed: bool) -> pd.Series:
    """ISO dates. A number is refused: which day it stands for depends on the program that stored it."""
    cells = table.text(ours)
    days = cells.map(day_of, na_action="ignore")
    number = pd.to_numeric(cells, errors="coerce").between(*EXCEL_DAYS) & days.isna()
    table.refuse(
        number, ours, "a number where a date should be: how Excel stores a day", "a date such as 2026-03-01",
        "give the column the format of a date in Excel and save, or type the date as text",
    )  # fmt: skip
    table.refuse(
        cells.notna() & days.isna() & ~number,
        ours,
        "what is no date",
        "a date such as 2026-03-01",
        "correct it",
    )
    if needed:
        table.refuse(cells.isna(), ours, f"no {ours}", "a date in every row", "add it, or use drop_rows")
    return days.astype("str").where(days.notna(), None)


def _units(table: Delivered, rows: pd.DataFrame, known: Known) -> None:
    """Units that nobody knows, that stand under another name, or that were split before the round."""
    level, unit = rows["level"], rows["unit"]
    table.refuse(
        unit.isna() & level.notna(),
        "unit",
        "no unit",
        "the name of the unit in every row",
        "add it, or use drop_rows",
    )
    table.refuse(
        (level == "study") & unit.notna() & (unit != known.study), "unit", "a row of the study with another unit",
        f"{known.study}, or an empty cell", "correct the level or the unit",
    )  # fmt: skip
    if known.units is None:
        return
    past = rows["round"] < known.current if "round" in rows and known.current is not None else level.isna()
    for name in pd.unique(unit[(level == "team") & unit.isin(list(known.combined)) & ~past]):
        table.refuse(
            (level == "team") & (unit == name) & ~past, "unit", f"the team {name!r}, which has no sheet of its own",
            f"{known.combined[name]!r}, under which it stands in reports.yaml",
            "write that name where the teams say it together, or leave the row out with drop_rows",
        )  # fmt: skip
    for kind, names in known.units.items():
        own = (level == kind) & unit.notna() & ~unit.isin([*names, *known.combined])
        for word in pd.unique(unit[own]):
            table.refuse(
                own & (unit == word), "unit", f"the {kind} {word[:WRITTEN]!r}, which nobody knows",
                f"the name of a {kind} as the answers have it{nearest(word[:WRITTEN], names)}",
                "correct it, or translate it with `recode: {unit: ...}`",
            )  # fmt: skip
    if "round" in rows:
        _split(table, rows, known)


def _split(table: Delivered, rows: pd.DataFrame, known: Known) -> None:
    for team, (made, last) in known.split.items():
        late = (rows["level"] == "team") & (rows["unit"] == team) & (rows["round"] > last)
        table.refuse(
            late, "unit", f"the team {team!r} after it was split or merged",
            f"{' or '.join(made)}, which were made of it",
            "write for which of them it holds; what the team said before stays with its own round",
        )  # fmt: skip


def _actions(table: Delivered, rows: pd.DataFrame) -> None:
    early = rows["start"].notna() & rows["check"].notna() & (rows["check"] < rows["start"])
    table.refuse(
        early, "check", "an action that is checked before it starts", "a day of looking back after the start",
        "correct one of the two dates",
    )  # fmt: skip
    twice = rows.duplicated(list(KEYS["actions"]), keep=False) & rows["action"].notna()
    table.refuse(
        twice, "action", "the same action id twice", "an id for each action of a unit", "give one another id"
    )


def _counts(table: Delivered, rows: pd.DataFrame) -> None:
    table.refuse(
        rows["value"] > rows["out_of"], "value", "a value above `out_of`", "at most as many as there could be",
        "correct one of the two numbers",
    )  # fmt: skip
    twice = _what(rows[~rows.duplicated()], "counts").duplicated(keep=False)
    table.refuse(
        twice.reindex(rows.index, fill_value=False), "date", "two counts of one indicator on one day",
        "one count of an indicator a day", "add them up, or correct the date",
    )  # fmt: skip
    table.refuse(
        _mixed(rows), "out_of", "an indicator with and without `out_of`",
        "the same for all counts of one indicator", "fill it in, or leave it out, in all of them",
    )  # fmt: skip


def _what(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    """What a row is about: an action, or an indicator on a day, however its name is written."""
    key = rows[list(KEYS[kind])]
    return key.assign(indicator=key["indicator"].map(fold, na_action="ignore")) if "indicator" in key else key


def _mixed(rows: pd.DataFrame) -> pd.Series:
    """Counts of an indicator of a unit that has some with, and some without `out_of`."""
    of = _what(rows, "counts").drop(columns="date").assign(percent=rows["out_of"].notna())
    return of.groupby(["level", "unit", "indicator"])["percent"].transform("nunique").gt(1)


OF_KIND = {
    "actions": _actions,
    "counts": _counts,
}  # what cells of one row, or several rows, may not say together


def cycles_together(kind: str, parts: Sequence[tuple[Source, Read]]) -> tuple[pd.DataFrame, list[str]]:
    """The rows of all sources of one kind, and notes with counts.

    A later source (in the order of sources.yaml) tells how an action of an earlier one goes on, and that counts; rows
    that say the same again count once. PracticeError where two sources mean different actions by one id of a unit, or
    count differently on one day, or an indicator now with and then without `out_of`.
    """
    rows = pd.concat([read.rows.assign(source=s.id) for s, read in parts], ignore_index=True)
    plain = [c for c in rows if c != "source"]
    once = rows[~rows.duplicated(plain)]
    repeated = len(rows) - len(once) + sum(read.repeated for _, read in parts)
    notes = [
        f"{s.id}: {amount(read.empty, 'row', 'rows')} in which nobody wrote"
        for s, read in parts
        if read.empty
    ]
    said = amount(repeated, "row says the same again and counts", "rows say the same again and count")
    notes += [f"{kind}: {said} once"] if repeated else []
    if kind not in KEYS:
        return once[plain].reset_index(drop=True), notes
    raise_all(_contradictions(kind, once), PracticeError)
    last = once[~_what(once, kind).duplicated(keep="last")]
    told = len(once) - len(last)
    notes += (
        [f"{kind}: {amount(told, 'row is', 'rows are')} told again by a later source, which counts"]
        if told
        else []
    )
    return last[plain].reset_index(drop=True), notes


def _contradictions(kind: str, rows: pd.DataFrame) -> Iterator[Problem]:
    if kind == "counts" and (mixed := _mixed(rows)).any():
        yield Problem(
            found="an indicator of a unit with `out_of` in one source and without in another",
            where=f"sources {_sources(rows[mixed])}, column out_of",
            expected="the same for all counts of one indicator",
            action="fill it in, or leave it out, in all of them",
        )
    what = _what(rows, kind)
    told = what.join(rows[list(SAME[kind])]).drop_duplicates()
    wrong = told.loc[told.duplicated(list(what), keep=False), list(what)].drop_duplicates()
    if wrong.empty:
        return
    names = _sources(rows[pd.MultiIndex.from_frame(what).isin(pd.MultiIndex.from_frame(wrong))])
    if kind == "actions":
        yield Problem(
            found=f"{len(wrong)} times the same action id for two actions of a unit",
            where=f"sources {names}, columns round and what",
            expected="an id for each action; a later source may tell how it goes on, not what it is",
            action="give one another id",
        )
    else:
        yield Problem(
            found=f"{len(wrong)} times two counts of one indicator on one day",
            where=f"sources {names}, columns value and out_of",
            expected="one count of an indicator a day, or the same rows again",
            action="correct one of the files",
        )


def _sources(rows: pd.DataFrame) -> str:
    return ", ".join(dict.fromkeys(rows["source"]))
