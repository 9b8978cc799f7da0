"""The practice profile: per function who reached it and came back, how long an answer took, use over the weeks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dww_analysis.domain.practice import Function
from dww_analysis.reports.blocks import Block, block, fold
from dww_analysis.reports.cells import Cell, count, heading, hidden, nothing, percent, text
from dww_analysis.reports.sections.measurement import cell_notes, there
from dww_analysis.reports.sections.study_rows import CSV, StudyRows
from dww_analysis.reports.tables import Table, build_table, first_of_each, flagged

HOURS_A_DAY = 24
DAYS_FROM = 48  # hours that are said in days


@dataclass(frozen=True)
class Week:
    """One bar: which week, its share in percent and in words; absent where it may not be shown."""

    number: int
    height: float
    said: str
    hidden: bool


@dataclass(frozen=True)
class Bars:
    """Use over the weeks of one function, as a figure."""

    title: str
    caption: str
    alt: str
    weeks: tuple[Week, ...]


def has_profile(told: StudyRows) -> bool:
    """Whether functions of a practice profile were counted."""
    return bool(told.of_quantity("reached"))


def profile_blocks(told: StudyRows) -> list[Block]:
    """What people did with each function."""
    words = told.labels.words
    parts = [
        block(
            sentences=[_users(told), words("profile.observed")],
            points=[s for f in told.practice.functions for s in [_said(told, f)] if s],
            tables=[_table(told)],
        ),
        block(words("profile.weeks"), sentences=_weeks_intro(told)),
    ]
    weeks = _weeks_table(told)
    if weeks:
        parts[1] = block(
            words("profile.weeks"),
            sentences=_weeks_intro(told),
            folded=[fold(words("profile.every_week"), weeks)],
        )
    return [part for part in parts if part]


def _users(told: StudyRows) -> str:
    words = told.labels.words
    known = [r["n"] for r in told.of_quantity("reached") if not flagged(r) and there(r["n"])]
    if not known:
        return words("profile.users_few", minimum=told.labels.study.min_cell_size)
    return words.many("profile.users", float(known[0]))


def _said(told: StudyRows, function: Function) -> str:
    """One function in sentences."""
    words, name = told.labels.words, told.labels.words.capital(told.labels.words.say(function.label))
    row = told.row("reached", function.id)
    if row is None or flagged(row):
        return words("profile.function_few", function=name)
    if not row["value"]:
        return words("profile.function_nobody", function=name)
    sentences = [
        words("profile.reached", function=name, count=_persons(row), n=words.count(row["n"])),
        *_parts(told, function),
    ]
    return " ".join(sentences)


def _persons(row: dict[str, float]) -> str:
    return f"{round(float(row['value']) * float(row['n']))}"


def _parts(told: StudyRows, function: Function) -> Iterator[str]:
    words = told.labels.words
    for quantity in ("used_again", "answered"):
        row = told.row(quantity, function.id)
        if row is not None and not flagged(row):
            yield words(f"profile.{quantity}", count=_persons(row), n=words.count(row["n"]))
    hours = told.value("answer_hours", function.id)
    if there(hours):
        yield words("profile.waiting", time=_time(told, hours))


def _time(told: StudyRows, hours: float) -> str:
    """Hours, or days from two days on."""
    words = told.labels.words
    if hours < 1:
        return words("profile.within_hour")
    if hours < DAYS_FROM:
        return words.many("profile.hours", float(round(hours)))
    return words.many("profile.days", float(round(hours / HOURS_A_DAY)))


def _table(told: StudyRows) -> Table:
    words, asks = told.labels.words, any(f.answered_by for f in told.practice.functions)
    kinds = ("reached", "used_again", *(("answered",) if asks else ()))
    heads = [words("profile.function")]
    for kind in kinds:
        heads += [words(f"profile.head_{kind}"), words("profile.interval")]
    heads += [words("profile.head_waiting")] if asks else []
    rows = []
    for function in told.practice.functions:
        cells = [heading(words.capital(words.say(function.label)))]
        for kind in kinds:
            cells += _share(told, kind, function.id)
        cells += [_waiting(told, function.id)] if asks else []
        rows.append(cells)
    notes = [
        words("profile.note_shares"),
        words("profile.note_basis", minimum=told.labels.study.min_cell_size),
    ]
    return build_table(
        "profile", words("profile.table"), heads, rows, [*notes, *cell_notes(rows, told.labels)], CSV
    )


def _share(told: StudyRows, quantity: str, subject: str) -> list[Cell]:
    row = told.row(quantity, subject)
    if row is None:
        return [nothing()] * 2
    if flagged(row):
        return [hidden()] * 2
    return [
        percent(row["value"]),
        Cell("", "percent_span", also=(float(row["conf_low"]), float(row["conf_high"]))),
    ]


def _waiting(told: StudyRows, function: str) -> Cell:
    row = told.row("answer_hours", function)
    if row is None:
        return nothing()
    return hidden() if flagged(row) else text(_time(told, float(row["value"])))


def _weeks_of(told: StudyRows, function: str) -> list[tuple[int, dict[str, float] | None]]:
    """(week, its row or None where it is hidden), in order."""
    start = f"{function}:week_"
    rows = [r for r in told.of_quantity("weekly_use") if str(r["subject"]).startswith(start)]
    numbered = sorted((int(str(r["subject"]).removeprefix(start)), r) for r in rows)  # weeks differ
    return [(number, None if flagged(row) else row) for number, row in numbered]


def _weeks_intro(told: StudyRows) -> list[str]:
    words = told.labels.words
    return [words("profile.weeks_intro" if told.of_quantity("weekly_use") else "profile.weeks_few")]


def bars_of(told: StudyRows) -> list[Bars]:
    """A figure of the weeks of each function."""
    words = told.labels.words
    found = []
    for function in told.practice.functions:
        weeks = _weeks_of(told, function.id)
        if any(row is not None for _, row in weeks):
            n = next(row["n"] for _, row in weeks if row is not None)
            name = words.capital(words.say(function.label))
            caption = words("profile.bars_caption", n=words.count(n))
            found.append(Bars(name, caption, _alt(told, name, weeks), tuple(_bar(told, *w) for w in weeks)))
    return found


def _bar(told: StudyRows, number: int, row: dict[str, float] | None) -> Week:
    if row is None:
        return Week(number, 0.0, "", True)
    return Week(
        number, round(100 * float(row["value"]), 1), told.labels.words.percent(float(row["value"])), False
    )


def _alt(told: StudyRows, name: str, weeks: list[tuple[int, dict[str, float] | None]]) -> str:
    words = told.labels.words
    shown = [(number, row) for number, row in weeks if row is not None]
    (first, one), (last, other) = shown[0], shown[-1]
    return words(
        "profile.bars_alt", function=name, first=first, share=words.percent(float(one["value"])), last=last,
        other=words.percent(float(other["value"])),
    )  # fmt: skip


def _weeks_table(told: StudyRows) -> Table | None:
    words = told.labels.words
    found = [(f, number) for f in told.practice.functions for number, _ in _weeks_of(told, f.id)]
    if not found:
        return None
    rows = [
        [
            heading(words.capital(words.say(f.label))),
            count(number),
            *_share(told, "weekly_use", f"{f.id}:week_{number}"),
        ]
        for f, number in found
    ]
    heads = [words(f"profile.{key}") for key in ("function", "week", "share", "interval")]
    strong = first_of_each([f.id for f, _ in found])
    notes = cell_notes(rows, told.labels)
    return build_table("profile-weeks", words("profile.weeks_table"), heads, rows, notes, CSV, strong)
