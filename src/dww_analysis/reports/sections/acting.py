"""Action knowledge: core elements by situations, white spots, agreement of coders, whether new ways are still heard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dww_analysis.domain.practice import Element, Situation
from dww_analysis.domain.study import Text
from dww_analysis.language import Words
from dww_analysis.reports.blocks import block, fold
from dww_analysis.reports.cells import Cell, count, count_beside, heading, hidden, span, text
from dww_analysis.reports.sections.acting_drawings import Dot, DrawnBlock, Map, drawn_block
from dww_analysis.reports.sections.agreement import PROVISIONAL_BELOW, alpha_of
from dww_analysis.reports.sections.measurement import cell_notes, there
from dww_analysis.reports.sections.quantity_rows import Row
from dww_analysis.reports.sections.sessions.remarks import LITTLE_NEW
from dww_analysis.reports.sections.study_rows import CSV, StudyRows
from dww_analysis.reports.tables import Table, build_table, first_of_each, flagged

CODES = ("element", "situation", "way")
PERSONS, WAYS = "persons_with_example", "ways"
LARGEST, SMALLEST = 17.0, 4.0  # half a dot, in a cell of 40 by 40


def has_map(told: StudyRows) -> bool:
    """Whether fragments were counted: there is a row of quantity persons_asked, also a hidden one."""
    return told.row("persons_asked") is not None


def map_of(told: StudyRows) -> Map:
    """The figure: a row for each core element, a column for each situation, in the order of practice.yaml; a dot's
    size is the number of persons, and one that is hidden is told apart from an empty one."""
    words = told.labels.words
    most = max(
        (v for r in told.of_quantity(PERSONS) if there(v := told.value(PERSONS, r["subject"]))), default=1.0
    )
    rows = tuple(
        (_name(words, e), tuple(_dot(told, f"{e.id}:{s.id}", most or 1.0) for s in told.practice.situations))
        for e in told.practice.elements
    )
    states = {dot.state for _, dots in rows for dot in dots}
    legend = tuple((s, words(f"acting.legend_{s}")) for s in ("filled", "empty", "hidden") if s in states)
    return Map(
        words("acting.map"), words("acting.map_caption"), _alt(told),
        tuple(_name(words, s) for s in told.practice.situations), rows, legend,
    )  # fmt: skip


def _name(words: Words, entry: Element | Situation) -> str:
    return words.capital(words.say(entry.label))


def _dot(told: StudyRows, subject: str, most: float) -> Dot:
    words, row = told.labels.words, told.row(PERSONS, subject)
    if row is None or flagged(row):
        return Dot("hidden", LARGEST / 2, "", words("acting.too_few"))
    n = float(row["value"])
    if not n:
        return Dot("empty", LARGEST / 2, "", words("acting.nobody"))
    radius = max(SMALLEST, LARGEST * (n / most) ** 0.5)
    return Dot(
        "filled", round(radius, 1), words.count(n), words.many("acting.ways", told.value(WAYS, subject))
    )


def _alt(told: StudyRows) -> str:
    """What the figure shows: the fullest cell, and how many are empty or hidden."""
    words = told.labels.words
    shown = [(told.value(PERSONS, s), s) for s in _subjects(told) if there(told.value(PERSONS, s))]
    filled = sorted((-n, s) for n, s in shown if n)
    empty, gone = len(_white(told)), len(_subjects(told)) - len(shown)
    most = (
        words("acting.alt_most", cell=_cell(told, filled[0][1]), n=words.count(-filled[0][0]))
        if filled
        else ""
    )
    rest = [
        words.many("acting.alt_empty", float(empty)),
        words.many("acting.alt_hidden", float(gone)) if gone else "",
    ]
    return " ".join(s for s in (words("acting.alt"), most, *rest) if s)


def _subjects(told: StudyRows) -> list[str]:
    return [f"{e.id}:{s.id}" for e in told.practice.elements for s in told.practice.situations]


def _white(told: StudyRows) -> list[str]:
    """Cells of which nobody gave an example."""
    return [s for s in _subjects(told) if told.value(PERSONS, s) == 0]


def _cell(told: StudyRows, subject: str) -> str:
    """A cell in words."""
    words, (element, situation) = told.labels.words, subject.split(":")
    return words(
        "acting.cell",
        element=words.say(_label(told.practice.elements, element)),
        situation=words.say(_label(told.practice.situations, situation)),
    )


def acting_blocks(told: StudyRows) -> list[DrawnBlock]:
    """What was told in sentences and tables: the map, white spots, agreement, new ways. Needs rows for which
    `has_map` holds; parts about which there are none fall away."""
    words = told.labels.words
    white = [_cell(told, s) for s in _white(told)]
    nothing_white = words("acting.no_white" if not _any_hidden(told) else "acting.no_white_shown")
    parts = [
        block(
            sentences=_intro(told),
            tables=[_table(told)],
            folded=[fold(words("acting.every_cell"), _cells(told))],
        ),
        block(
            words("acting.white"),
            sentences=[words("acting.white_intro") if white else nothing_white],
            points=map(words.capital, white),
        ),
        block(words("acting.coding"), sentences=_agreement(told)),
        block(words("acting.new"), sentences=_new(told)),
    ]
    first, *others = parts
    return [drawn_block(first, map=map_of(told)), *(drawn_block(part) for part in others if part)]


def _any_hidden(told: StudyRows) -> bool:
    return any(flagged(r) for r in told.of_quantity(PERSONS))


def provisional(told: StudyRows) -> bool:
    """Whether coders agree too little for the counts to stand: an alpha of `CODES` below `PROVISIONAL_BELOW`. One
    that could not be computed does not count."""
    return any(told.value("alpha", code) < PROVISIONAL_BELOW for code in CODES)


def _intro(told: StudyRows) -> Iterator[str]:
    words, row = told.labels.words, told.row("persons_asked")
    assert row is not None
    minimum = told.labels.study.min_cell_size
    if flagged(row):
        yield words("acting.asked_few", minimum=minimum)
        return
    yield words.many("acting.asked", float(row["value"]))
    yield words("acting.map_intro")
    if not _any_hidden(told):
        cells = len(_subjects(told))
        yield words("acting.filled", filled=words.count(cells - len(_white(told))), cells=words.count(cells))
    yield words("acting.provisional") if provisional(told) else ""
    yield words(f"acting.basis.{row['basis']}", minimum=minimum)


def _table(told: StudyRows) -> Table:
    """Core elements by situations: persons, and ways in brackets."""
    words, practice = told.labels.words, told.practice
    heads = [words("acting.element"), *(_name(words, s) for s in practice.situations)]
    rows = [
        [heading(_name(words, e)), *(_both(told, f"{e.id}:{s.id}") for s in practice.situations)]
        for e in practice.elements
    ]
    notes = [words("acting.table_note"), *cell_notes(rows, told.labels)]
    return build_table("acting", words("acting.table"), heads, rows, notes, CSV)


def _both(told: StudyRows, subject: str) -> Cell:
    persons, ways = told.value(PERSONS, subject), told.value(WAYS, subject)
    if not there(persons):
        return hidden()
    return count_beside(persons, ways) if persons else count(0)


def _cells(told: StudyRows) -> Table:
    """Every cell with its interval."""
    words = told.labels.words
    heads = [words(f"acting.{key}") for key in ("element", "situation", "persons", "interval", "n_ways")]
    found = [s.split(":") for s in _subjects(told)]
    rows = [
        [
            heading(words.capital(words.say(_label(told.practice.elements, e)))),
            text(words.say(_label(told.practice.situations, s))),
            *_numbers(told, f"{e}:{s}"),
        ]
        for e, s in found
    ]
    notes = [words("acting.interval_note"), *cell_notes(rows, told.labels)]
    strong = first_of_each([e for e, _ in found])
    return build_table("acting-cells", words("acting.cells"), heads, rows, notes, CSV, strong)


def _label(entries: Iterable[Element] | Iterable[Situation], id: str) -> Text:
    """What a core element or a situation is called."""
    return next(entry.label for entry in entries if entry.id == id)


def _numbers(told: StudyRows, subject: str) -> list[Cell]:
    row = told.row(PERSONS, subject)
    if row is None or flagged(row):
        return [hidden()] * 3
    ends = span(row["conf_low"], row["conf_high"], 0)
    return [count(row["value"]), ends, told.counted(WAYS, subject)]


def _agreement(told: StudyRows) -> list[str]:
    words = told.labels.words
    rows = [row for code in CODES if (row := told.row("alpha", code)) is not None]
    if not rows:
        return [words("acting.one_coder")]
    return [*(_alpha(row, words) for row in rows), words("acting.alpha_read")]


def _alpha(row: Row, words: Words) -> str:
    key, values = alpha_of(row, words)
    return words(f"acting.{key}", about=words(f"acting.coded.{row['subject']}"), **values)


def _new(told: StudyRows) -> list[str]:
    """The last run of two persons decides; the others stand before it in the table of quantities."""
    words = told.labels.words
    runs = [r for r in told.of_quantity("new_information") if str(r["subject"]).startswith("ways:")]
    if not runs:
        return [words("acting.new_few")]
    if any(flagged(r) for r in runs):
        return [words("acting.new_hidden", minimum=told.labels.study.min_cell_size)]
    last = max(runs, key=lambda r: int(str(r["subject"]).rpartition("-")[2]))
    key = "little_new" if last["value"] <= LITTLE_NEW else "still_new"
    first, _, end = str(last["subject"]).removeprefix("ways:").partition("-")
    order = "codes" if str(last["method"]).endswith("codes") else "days"
    share = words.percent(float(last["value"]))
    return [words(f"acting.{key}", first=first, last=end, share=share), words(f"acting.order_{order}")]
