"""Contacts in a network: how many of those that could be, what silence leaves open, between which roles. No persons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dww_analysis.domain.networks import LEAST_ANSWERED
from dww_analysis.domain.practice import OTHERS
from dww_analysis.reports.cells import Cell, count, heading, hidden, percent
from dww_analysis.reports.sections.measurement import there
from dww_analysis.reports.sections.networks.pictures import LineRow, Lines, NetworkBlock
from dww_analysis.reports.sections.networks.rows import NetworkRows
from dww_analysis.reports.sections.quantity_rows import Row
from dww_analysis.reports.tables import Table, build_table, flagged

DENSITIES = ("density_directed", "density_undirected", "density_both_say")
BETWEEN = OF_ROLES, OF_ORGANISATIONS = ("contacts", "contacts_organisations")


def linked_blocks(told: NetworkRows) -> list[NetworkBlock]:
    """A block for each relation, and one where too few answered for any; nothing without a row of who answered."""
    words = told.labels.words
    subjects = told.subjects("density_directed")
    answered = [s for s in _answered(told) if s]
    if not answered:
        return []
    if not subjects:
        return [NetworkBlock(words("networks.contacts"), tuple(answered))]
    return [_relation(told, subject, answered) for subject in subjects]


def _answered(told: NetworkRows) -> Iterator[str]:
    words = told.labels.words
    for subject in told.subjects("ties_answered"):
        row = told.row("ties_answered", subject)
        if row is None or flagged(row):
            yield words("networks.ties_hidden", minimum=told.labels.study.min_cell_size)
            continue
        said = {"n": words.count(row["n"]), "members": words.count(row["n_possible"])}
        yield words("networks.answered", **said)
        if row["value"] < LEAST_ANSWERED:
            yield words("networks.too_few_answered")


def _relation(told: NetworkRows, subject: str, answered: list[str]) -> NetworkBlock:
    words = told.labels.words
    relation, _, name = subject.partition(":")
    about = words("networks.contacts_about", relation=words.quoted(told.relation(relation)))
    title = f"{about}, {words('networks.round', round=name)}" if name else about
    rows = tuple(_density(told, quantity, subject) for quantity in DENSITIES)
    hidden_rows = all(row.at is None for row in rows)
    sentences = [
        *answered,
        " ".join(_said(told, subject)),
        words("networks.contacts_few") if hidden_rows else "",
        *(
            words(f"networks.none_{quantity}")
            for quantity in BETWEEN
            if _nothing_shown(told, quantity, subject)
        ),
    ]
    notes = (words("networks.density_note"), *told.notes(*DENSITIES))
    densities = Lines(words("networks.density_caption"), ("0%", "100%"), rows, notes)
    bands = (_band(told, quantity, subject) for quantity in BETWEEN)
    lines = (*(() if hidden_rows else (densities,)), *(band for band in bands if band is not None))
    tables = tuple(t for quantity in BETWEEN if (t := _table(told, quantity, subject)) is not None)
    return NetworkBlock(title, tuple(s for s in sentences if s), tables=tables, lines=lines)


def _density(told: NetworkRows, quantity: str, subject: str) -> LineRow:
    row = told.row(quantity, subject)
    return _on_line(
        told, told.labels.words(f"networks.{quantity}"), None if row is None or flagged(row) else row
    )


def _on_line(told: NetworkRows, label: str, row: Row | None) -> LineRow:
    """A share, with its bounds where they differ; a mark where there is none to show."""
    words = told.labels.words
    if row is None:
        return LineRow(label, words("table.suppressed_mark"))
    low, high, at = (float(row[k]) for k in ("conf_low", "conf_high", "value"))
    shown = words.percent(at)
    if not there(low):
        return LineRow(label, shown, round(100 * at, 1))
    bounds = words("networks.bounds", share=shown, low=words.percent(low), high=words.percent(high))
    text = shown if words.percent(low) == words.percent(high) else bounds
    return LineRow(label, text, *(round(100 * v, 1) for v in (at, low, high)))


def _said(told: NetworkRows, subject: str) -> Iterator[str]:
    words = told.labels.words
    if there(confirmed := told.value("confirmed", subject)):
        yield words("networks.confirmed", share=words.percent(confirmed))
    if there(e_i := told.value("e_i", subject)):
        way = "outside" if e_i > 0 else "inside" if e_i < 0 else "both"
        yield words(f"networks.e_i_{way}", e_i=words.number(e_i))


@dataclass(frozen=True)
class _Cell:
    """Two groups with their contacts as they are named; row: None where it is not shown."""

    label: str
    row: Row | None


def _found(told: NetworkRows, quantity: str, subject: str) -> list[_Cell]:
    """Each two groups of a relation, in the order of the study; organisations in the order of their codes."""
    own = [s for s in told.subjects(quantity) if s.startswith(f"{subject}:")]
    pairs = {s: s.removeprefix(f"{subject}:").split(":") for s in own}
    pairs = {s: pair for s, pair in pairs.items() if len(pair) == 2}  # others are of rounds
    roles = (*told.practice.ids("roles"), OTHERS) if quantity == OF_ROLES else ()
    order = {
        name: i for i, name in enumerate((*roles, *sorted({n for p in pairs.values() for n in p} - {*roles})))
    }
    order[OTHERS] = len(order)
    pairs = {s: sorted(pair, key=order.__getitem__) for s, pair in pairs.items()}
    return [
        _Cell(_label(told, quantity, *pairs[s]), None if flagged(row) else row)
        for s in sorted(pairs, key=lambda s: [order[n] for n in pairs[s]])
        if (row := told.row(quantity, s)) is not None
    ]


def _nothing_shown(told: NetworkRows, quantity: str, subject: str) -> bool:
    """Whether there are such cells and none of them is shown."""
    cells = _found(told, quantity, subject)
    return bool(cells) and all(cell.row is None for cell in cells)


def _label(told: NetworkRows, quantity: str, first: str, second: str) -> str:
    """Two groups in words; codes of organisations as they are."""
    words = told.labels.words
    names = [_name(told, quantity, n) for n in (first, second)]
    same = first == second
    said = (
        words("networks.among", role=names[0]) if same else words("networks.between", a=names[0], b=names[1])
    )
    return words.capital(said) if quantity == OF_ROLES else said


def _name(told: NetworkRows, quantity: str, id: str) -> str:
    if quantity == OF_ROLES:
        return told.role(id)
    return told.labels.words("networks.other_organisations") if id == OTHERS else id


def _notes(told: NetworkRows, quantity: str) -> Iterator[str]:
    """The basis of these rows, from how many members an organisation stands alone, and why a cell is not shown."""
    words = told.labels.words
    yield words("networks.basis.open")
    alone = {OF_ROLES: "roles_alone", OF_ORGANISATIONS: "organisations_alone"}[quantity]
    yield words(f"networks.{alone}")
    if told.hidden(quantity):
        yield words("networks.pairs_hidden")


def _band(told: NetworkRows, quantity: str, subject: str) -> Lines | None:
    """The share of each cell on a line, with a band for what silence leaves open."""
    words, cells = told.labels.words, _found(told, quantity, subject)
    if all(cell.row is None for cell in cells):
        return None
    rows = tuple(_on_line(told, cell.label, cell.row) for cell in cells)
    silence = (words("networks.band_note"),) if any(row.low != row.high for row in rows) else ()
    notes = (*silence, *_notes(told, quantity))
    return Lines(words(f"networks.band_{quantity}"), ("0%", "100%"), rows, notes)


def _table(told: NetworkRows, quantity: str, subject: str) -> Table | None:
    """The same in numbers; hidden where there are few pairs."""
    words, cells = told.labels.words, _found(told, quantity, subject)
    if all(cell.row is None for cell in cells):
        return None
    rows: list[list[Cell]] = []
    for cell in cells:
        row = cell.row
        numbers = [hidden()] * 2 if row is None else [percent(row["value"]), count(row["n_possible"])]
        rows.append([heading(cell.label), *numbers])
    relation, _, name = subject.partition(":")
    heads = [words(f"networks.{key}") for key in ("between_head", "share_head", "pairs_head")]
    caption = words(f"networks.by_{quantity}", relation=words.quoted(told.relation(relation)))
    notes = [words("networks.pairs_note"), *_notes(told, quantity)]
    return build_table(f"{quantity}-{told.network.id}-{relation}{name}", caption, heads, rows, notes)
