"""The practice profile: per function who reached it and came back, how long an answer took, use over the weeks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dww_analysis.domain.practice import Function
from dww_analysis.language import half_up
from dww_analysis.reports.blocks import Block, block, fold
from dww_analysis.reports.cells import Cell, heading, hidden, nothing, percent, text, with_interval
from dww_analysis.reports.sections.acting_drawings import Bars, DrawnBlock, Week, drawn_block
from dww_analysis.reports.sections.helpful import has_ratings, helpful_blocks
from dww_analysis.reports.sections.measurement import cell_notes, there
from dww_analysis.reports.sections.quantity_rows import Row
from dww_analysis.reports.sections.study_rows import CSV, StudyRows
from dww_analysis.reports.tables import Table, build_table, first_of_each, flagged

HOURS_A_DAY = 24
DAYS_FROM = 48  # hours that are said in days
TOGETHER = "four_weekly_use"
OVER_WEEKS = ("weekly_use", TOGETHER)


def has_profile(told: StudyRows) -> bool:
    """Whether use of functions was counted, or people rated them or spoke of them."""
    return has_use(told) or has_ratings(told)


def has_use(told: StudyRows) -> bool:
    """Whether use of functions was counted: there are rows of quantity reached."""
    return bool(told.of_quantity("reached"))


def profile_blocks(told: StudyRows) -> list[DrawnBlock]:
    """What people did with each function, a row each, how helpful they find it and what they say of it; of what there
    is."""
    words = told.labels.words
    helpful = helpful_blocks(told)
    if not has_use(told):
        return helpful
    used = block(
        sentences=[_users(told), words("profile.observed")],
        points=[s for f in told.practice.functions for s in [_said(told, f)] if s],
        tables=[_table(told)],
    )
    return [drawn_block(used), drawn_block(_over_weeks(told), bars=bars_of(told)), *helpful]


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
        return words.many("profile.hours", float(half_up(hours, 0)))
    return words.many("profile.days", float(half_up(hours / HOURS_A_DAY, 0)))


def _table(told: StudyRows) -> Table:
    words, asks = told.labels.words, any(f.answered_by for f in told.practice.functions)
    kinds = ("reached", "used_again", *(("answered",) if asks else ()))
    heads = [words(f"profile.{key}") for key in ("function", *(f"head_{kind}" for kind in kinds))]
    heads += [words("profile.head_waiting")] if asks else []
    rows = []
    for function in told.practice.functions:
        cells = [heading(words.capital(words.say(function.label)))]
        cells += [_in_brackets(told, kind, function.id) for kind in kinds]
        cells += [_waiting(told, function.id)] if asks else []
        rows.append(cells)
    notes = [
        words("profile.note_shares"),
        words("profile.note_basis", minimum=told.labels.study.min_cell_size),
    ]
    return build_table(
        "profile", words("profile.table"), heads, rows, [*notes, *cell_notes(rows, told.labels)], CSV
    )


def _in_brackets(told: StudyRows, quantity: str, subject: str) -> Cell:
    """A share in per cent with its interval."""
    row = told.row(quantity, subject)
    if row is None:
        return nothing()
    if flagged(row):
        return hidden()
    value, low, high = (100 * float(row[key]) for key in ("value", "conf_low", "conf_high"))
    return with_interval(value, low, high, 0)


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


def _weeks_of(told: StudyRows, function: str) -> list[tuple[str, Row]]:
    """(week or weeks, its row), in order."""
    found = [r for r in told.of_quantity(*OVER_WEEKS) if str(r["subject"]).partition(":")[0] == function]
    numbered = [(str(r["subject"]).rpartition("_")[2], r) for r in found]
    return sorted(numbered, key=lambda one: int(one[0].partition("-")[0]))


def _drawn(told: StudyRows) -> list[Function]:
    """The functions of which use over the weeks may be shown, in their order."""
    return [
        f
        for f in told.practice.functions
        if any(not flagged(row) and row["value"] for _, row in _weeks_of(told, f.id))
    ]


def _over_weeks(told: StudyRows) -> Block:
    """Use over the weeks in words and numbers, and of which functions it is not shown."""
    words, drawn = told.labels.words, _drawn(told)
    reached = [f for f in told.practice.functions if told.value("reached", f.id) != 0]
    without = [words.say(f.label) for f in reached if f not in drawn]
    few = words("profile.weeks_without", functions=words.listing(without)) if without and drawn else ""
    table = _weeks_table(told, drawn)
    return block(
        words("profile.weeks"),
        sentences=[words("profile.weeks_intro" if drawn else "profile.weeks_few"), few],
        folded=[fold(words("profile.every_week"), table)] if drawn else [],
    )


def bars_of(told: StudyRows) -> tuple[Bars, ...]:
    """A figure of the weeks of each function that has at least one row that may be shown; hidden weeks are marked in
    it."""
    words = told.labels.words
    found = []
    for function in _drawn(told):
        weeks = _weeks_of(told, function.id)
        n = next(row["n"] for _, row in weeks if not flagged(row))
        name, unit = words.capital(words.say(function.label)), _unit(weeks)
        hidden_too = " " + words("profile.bars_hidden") if any(flagged(row) for _, row in weeks) else ""
        caption = words(f"profile.bars_caption_{unit}", n=words.count(n)) + hidden_too
        found.append(Bars(name, caption, _alt(told, name, weeks), tuple(_bar(told, *w) for w in weeks)))
    return tuple(found)


def _unit(weeks: Sequence[tuple[str, Row]]) -> str:
    return "weeks" if weeks[0][1]["quantity"] == TOGETHER else "week"


def _bar(told: StudyRows, number: str, row: Row) -> Week:
    shown = number.replace("-", "–")
    if flagged(row):
        return Week(shown, 0.0, "", True)
    share = float(row["value"])
    return Week(shown, round(100 * share, 1), told.labels.words.percent(share), False)


def _alt(told: StudyRows, name: str, weeks: Sequence[tuple[str, Row]]) -> str:
    words = told.labels.words
    shown = [(number, row) for number, row in weeks if not flagged(row)]
    (first, one), (last, other) = shown[0], shown[-1]
    return words(
        f"profile.bars_alt_{_unit(weeks)}", function=name, first=first, share=words.percent(float(one["value"])),
        last=last, other=words.percent(float(other["value"])),
    )  # fmt: skip


def _weeks_table(told: StudyRows, drawn: Sequence[Function]) -> Table:
    words = told.labels.words
    found = [(f, number, row) for f in drawn for number, row in _weeks_of(told, f.id)]
    rows = [
        [
            heading(words.capital(words.say(f.label))),
            Cell(number.replace("-", "–")),
            *_share(told, row["quantity"], str(row["subject"])),
        ]
        for f, number, row in found
    ]
    heads = [words(f"profile.{key}") for key in ("function", "week", "share", "interval")]
    strong = first_of_each([f.id for f, _, _ in found])
    notes = cell_notes(rows, told.labels)
    return build_table("profile-weeks", words("profile.weeks_table"), heads, rows, notes, CSV, strong)
