"""How helpful people find the functions of the practice profile, by function and role, and what they say it needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dww_analysis.domain.practice import ALL_ROLES, APP_CODES, OTHERS, Function
from dww_analysis.reports.blocks import block
from dww_analysis.reports.cells import Cell, count, heading, hidden, nothing, number
from dww_analysis.reports.sections.acting_drawings import DrawnBlock, drawn_block
from dww_analysis.reports.sections.agreement import PROVISIONAL_BELOW, alpha_of
from dww_analysis.reports.sections.measurement import cell_notes, there
from dww_analysis.reports.sections.networks.pictures import Lines
from dww_analysis.reports.sections.networks.rated import (
    change_said,
    mean_interval,
    mean_line,
    no_interval,
    spanned,
)
from dww_analysis.reports.sections.quantity_rows import Row, roles_alone
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


@dataclass(frozen=True)
class _Asked:
    """One function that was rated, in one of several rounds ("" where it was asked once)."""

    function: Function
    round: str

    @property
    def subject(self) -> str:
        """What its rows are about."""
        return f"{self.function.id}:{self.round}" if self.round else self.function.id


def _asked(told: StudyRows) -> list[_Asked]:
    """The functions that were rated, in the order of the study, each by round."""
    known = [s.partition(":")[::2] for s in told.subjects(RATING)]
    return [
        _Asked(f, name)
        for f in told.practice.functions
        for name in sorted((n for id, n in known if id == f.id), key=lambda n: (len(n), n))
    ]


def _rated(told: StudyRows) -> DrawnBlock:
    words, asked = told.labels.words, _asked(told)
    if not asked:
        return drawn_block(block())
    few = [a for a in asked if flagged(told.row(RATING, a.subject) or {})]
    minimum = told.labels.study.min_cell_size
    sentences = [
        words("profile.rating_is"),
        words("profile.rating_few", minimum=minimum) if few else "",
        "" if _by_role(told, asked) else words("profile.no_roles"),
    ]
    points = list(_changes(told))
    plain = block(words("profile.helpful"), sentences=sentences, points=points, tables=[_table(told, asked)])
    return drawn_block(plain, lines=(_lines(told, asked),) if len(few) < len(asked) else ())


def _name(told: StudyRows, function: Function) -> str:
    return told.labels.words.capital(told.labels.words.say(function.label))


def _changes(told: StudyRows) -> Iterator[str]:
    """How the same people changed from the first round on, by function."""
    words = told.labels.words
    for function in told.practice.functions:
        for subject in told.subjects("rating_change"):
            id, _, rounds = subject.partition(":")
            if id == function.id:
                said = change_said(told.row("rating_change", subject), rounds, words)
                yield words("profile.change", function=_name(told, function), said=said)


def _lines(told: StudyRows, asked: list[_Asked]) -> Lines:
    """The mean of each function on a line from 0 to 10, of all roles together."""
    words = told.labels.words
    rows = tuple(mean_line(told, _label(told, a), told.row(RATING, a.subject)) for a in asked)
    notes = (*_notes(told), *no_interval(told, ALL_ROLES))
    return Lines(
        words(f"profile.rating_caption{'_interval' if spanned(rows) else ''}"), ("0", "10"), rows, notes
    )


def _label(told: StudyRows, asked: _Asked) -> str:
    name = _name(told, asked.function)
    return f"{name}, {told.labels.words('networks.round', round=asked.round)}" if asked.round else name


def _notes(told: StudyRows) -> Iterator[str]:
    words = told.labels.words
    for basis in sorted({r["basis"] for r in told.of_quantity(RATING)}):
        yield words(f"networks.basis.{basis}", minimum=told.labels.study.min_cell_size)
    yield from roles_alone(told.of_quantity(RATING), words)


def _by_role(told: StudyRows, asked: list[_Asked]) -> list[tuple[_Asked, str]]:
    """Each function with the roles that stand alone, in the order of the study; others together last."""
    known = {(str(r["subject"]), r["role"]) for r in told.of_quantity(RATING)}
    order = (*told.practice.ids("roles"), OTHERS)
    return [(a, role) for a in asked for role in order if (a.subject, role) in known]


def _table(told: StudyRows, asked: list[_Asked]) -> Table:
    """Mean, interval, middle half and number: of all, then by role; of each round where there are several."""
    words, by_role = told.labels.words, _by_role(told, asked)
    found = [(a, role) for a in asked for role in (ALL_ROLES, *(r for b, r in by_role if b == a))]
    rounds = any(a.round for a in asked)
    rows = [
        [
            heading(_name(told, a.function)),
            *([Cell(a.round or "–")] if rounds else []),
            Cell(words.capital(told.role(role))),
            *_numbers(told, a, role),
        ]
        for a, role in found
    ]
    heads = [words(f"profile.{key}") for key in ("function", "role", "mean", "interval", "middle", "raters")]
    if rounds:
        heads.insert(1, words("networks.round_head"))
    notes = [words("profile.rating_note"), *no_interval(told), *cell_notes(rows, told.labels)]
    strong = first_of_each([a.subject for a, _ in found])
    return build_table("profile-ratings", words("profile.rating_table"), heads, rows, notes, CSV, strong)


def _numbers(told: StudyRows, asked: _Asked, role: str) -> list[Cell]:
    row = told.row(RATING, asked.subject, role)
    if row is None or flagged(row):
        return [hidden()] * 4
    return [number(row["value"], 1), mean_interval(row), _middle(told, asked, role), count(row["n"])]


def _middle(told: StudyRows, asked: _Asked, role: str) -> Cell:
    """Median with quartiles, of all roles together."""
    if role != ALL_ROLES:
        return nothing()
    words = told.labels.words
    low, middle, high = (told.value(q, asked.subject) for q in QUARTILES)
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
