"""How helpful people find the functions of the practice profile, by function and role, and what they say it needs."""

from __future__ import annotations

from collections.abc import Iterator

from dww_analysis.domain.practice import ALL_ROLES, APP_CODES, OTHERS, Function
from dww_analysis.reports.blocks import block
from dww_analysis.reports.cells import Cell, count, heading, hidden, nothing, number
from dww_analysis.reports.sections.acting_drawings import DrawnBlock, drawn_block
from dww_analysis.reports.sections.agreement import PROVISIONAL_BELOW, alpha_of
from dww_analysis.reports.sections.measurement import cell_notes, there
from dww_analysis.reports.sections.networks.pictures import Lines
from dww_analysis.reports.sections.networks.rated import mean_interval, mean_line, no_interval
from dww_analysis.reports.sections.quantity_rows import Row
from dww_analysis.reports.sections.study_rows import CSV, StudyRows
from dww_analysis.reports.tables import Table, build_table, first_of_each, flagged

RATING, REMARKS = "rating_mean", "app_remarks"
CODED = ("app_function", "app_kind")
QUARTILES = ("rating_quartile_low", "rating_median", "rating_quartile_high")


def has_ratings(told: StudyRows) -> bool:
    """Whether functions were rated, or remarks about the app counted: there are rows of these quantities, also hidden
    ones."""
    return bool(told.of_quantity(RATING, REMARKS))


def helpful_blocks(told: StudyRows) -> list[DrawnBlock]:
    """Ratings by function and role, then remarks; of what there are rows of."""
    return [part for part in (_rated(told), _said(told)) if part]


def _functions(told: StudyRows) -> list[Function]:
    """The functions that were rated, in the order of the study."""
    return [f for f in told.practice.functions if told.row(RATING, f.id) is not None]


def _rated(told: StudyRows) -> DrawnBlock:
    words, functions = told.labels.words, _functions(told)
    if not functions:
        return drawn_block(block())
    few = [f for f in functions if flagged(told.row(RATING, f.id) or {})]
    minimum = told.labels.study.min_cell_size
    sentences = [
        words("profile.rating_is"),
        words("profile.rating_few", minimum=minimum) if few else "",
        "" if _by_role(told, functions) else words("profile.no_roles"),
    ]
    plain = block(words("profile.helpful"), sentences=sentences, tables=[_table(told, functions)])
    return drawn_block(plain, lines=(_lines(told, functions),) if len(few) < len(functions) else ())


def _name(told: StudyRows, function: Function) -> str:
    return told.labels.words.capital(told.labels.words.say(function.label))


def _lines(told: StudyRows, functions: list[Function]) -> Lines:
    """The mean of each function on a line from 0 to 10, of all roles together."""
    words = told.labels.words
    rows = tuple(mean_line(told, _name(told, f), told.row(RATING, f.id)) for f in functions)
    notes = (*_notes(told), *no_interval(told, ALL_ROLES))
    return Lines(words("profile.rating_caption"), ("0", "10"), rows, notes)


def _notes(told: StudyRows) -> Iterator[str]:
    words = told.labels.words
    for basis in sorted({r["basis"] for r in told.of_quantity(RATING)}):
        yield words(f"networks.basis.{basis}", minimum=told.labels.study.min_cell_size)


def _by_role(told: StudyRows, functions: list[Function]) -> list[tuple[Function, str]]:
    """Each function with the roles that stand alone, in the order of the study; others together last."""
    known = {(str(r["subject"]), r["role"]) for r in told.of_quantity(RATING)}
    order = (*told.practice.ids("roles"), OTHERS)
    return [(f, role) for f in functions for role in order if (f.id, role) in known]


def _table(told: StudyRows, functions: list[Function]) -> Table:
    """Mean, interval, middle half and number: of all, then by role."""
    words, by_role = told.labels.words, _by_role(told, functions)
    found = [(f, role) for f in functions for role in (ALL_ROLES, *(r for g, r in by_role if g is f))]
    rows = [
        [heading(_name(told, f)), Cell(words.capital(told.role(role))), *_numbers(told, f, role)]
        for f, role in found
    ]
    heads = [words(f"profile.{key}") for key in ("function", "role", "mean", "interval", "middle", "raters")]
    notes = [words("profile.rating_note"), *no_interval(told), *cell_notes(rows, told.labels)]
    strong = first_of_each([f.id for f, _ in found])
    return build_table("profile-ratings", words("profile.rating_table"), heads, rows, notes, CSV, strong)


def _numbers(told: StudyRows, function: Function, role: str) -> list[Cell]:
    row = told.row(RATING, function.id, role)
    if row is None or flagged(row):
        return [hidden()] * 4
    return [number(row["value"], 1), mean_interval(row), _middle(told, function, role), count(row["n"])]


def _middle(told: StudyRows, function: Function, role: str) -> Cell:
    """Median with quartiles, of all roles together."""
    if role != ALL_ROLES:
        return nothing()
    words = told.labels.words
    low, middle, high = (told.value(q, function.id) for q in QUARTILES)
    if not there(middle):
        return hidden()
    return Cell(words("profile.median", median=words.number(middle, 1), span=words.span(low, high, 1)))


def _said(told: StudyRows) -> DrawnBlock:
    """What people say the app needs, under which conditions, and where it goes wrong."""
    words, total = told.labels.words, told.row(REMARKS)
    if total is None:
        return drawn_block(block())
    title = words("profile.remarks")
    if flagged(total):
        return drawn_block(block(title, sentences=[words("profile.remarks_few")]))
    sentences = [
        words("profile.remarks_of", agreed=words.count(total["value"]), n=words.count(total["n"])),
        words("acting.provisional") if any(told.value("alpha", c) < PROVISIONAL_BELOW for c in CODED) else "",
        *_agreement(told),
    ]
    return drawn_block(block(title, sentences=sentences, tables=[_counts(told)]))


def _agreement(told: StudyRows) -> Iterator[str]:
    words = told.labels.words
    rows = [row for code in CODED if (row := told.row("alpha", code)) is not None]
    if not rows:
        yield words("profile.one_coder")
    for row in rows:
        key, values = alpha_of(row, words)
        yield words(f"profile.{key}", about=words(f"profile.coded.{row['subject']}"), **values)


def _counts(told: StudyRows) -> Table:
    """Functions, and the app as a whole, by what is said of them."""
    words = told.labels.words
    said = {str(r["subject"]).split(":")[0] for r in told.of_quantity(REMARKS) if r["subject"]}
    about = [(f.id, _name(told, f)) for f in told.practice.functions if f.id in said]
    about += [("", words("profile.whole_app"))] if "" in said else []
    rows = [
        [heading(name), *(_remarks(told.row(REMARKS, f"{id}:{code}")) for code in APP_CODES)]
        for id, name in about
    ]
    heads = [words("profile.about"), *(words(f"profile.code.{code}") for code in APP_CODES)]
    notes = [words("profile.remarks_note"), *cell_notes(rows, told.labels)]
    return build_table("profile-remarks", words("profile.remarks_table"), heads, rows, notes, CSV)


def _remarks(row: Row | None) -> Cell:
    if row is None:
        return count(0)
    return hidden() if flagged(row) else count(row["value"])
