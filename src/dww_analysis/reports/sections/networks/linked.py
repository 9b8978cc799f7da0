"""Contacts in a network: how many of those that could be, what silence leaves open, between which roles. No persons."""

from __future__ import annotations

from collections.abc import Iterator

from dww_analysis.domain.practice import OTHERS
from dww_analysis.reports.cells import Cell, count, heading, hidden, percent
from dww_analysis.reports.sections.measurement import there
from dww_analysis.reports.sections.networks.pictures import LineRow, Lines, NetworkBlock
from dww_analysis.reports.sections.networks.rows import NetworkRows
from dww_analysis.reports.tables import Table, build_table, flagged

DENSITIES = ("density_directed", "density_undirected", "density_both_say")
LEAST_ANSWERED = 0.6  # of the members: the counting gives no density below it


def linked_blocks(told: NetworkRows) -> list[NetworkBlock]:
    """A block for each relation, and one where too few answered for any."""
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
    ]
    notes = (words("networks.density_note"), *told.notes(*DENSITIES))
    lines = () if hidden_rows else (Lines(words("networks.density_caption"), ("0%", "100%"), rows, notes),)
    tables = tuple(t for t in (_cells(told, subject),) if t)
    return NetworkBlock(title, tuple(s for s in sentences if s), tables=tables, lines=lines)


def _density(told: NetworkRows, quantity: str, subject: str) -> LineRow:
    words, row = told.labels.words, told.row(quantity, subject)
    label = words(f"networks.{quantity}")
    if row is None or flagged(row):
        return LineRow(label, words("table.suppressed_mark"))
    low, high, at = (round(100 * float(row[k]), 1) for k in ("conf_low", "conf_high", "value"))
    if not there(row["conf_low"]):
        return LineRow(label, words.percent(row["value"]), at)
    text = words(
        "networks.bounds", share=words.percent(row["value"]),
        low=words.percent(row["conf_low"]), high=words.percent(row["conf_high"]),
    )  # fmt: skip
    same = row["conf_low"] == row["conf_high"]
    return LineRow(label, words.percent(row["value"]) if same else text, at, low, high)


def _said(told: NetworkRows, subject: str) -> Iterator[str]:
    words = told.labels.words
    if there(confirmed := told.value("confirmed", subject)):
        yield words("networks.confirmed", share=words.percent(confirmed))
    if there(e_i := told.value("e_i", subject)):
        way = "outside" if e_i > 0 else "inside" if e_i < 0 else "both"
        yield words(f"networks.e_i_{way}", e_i=words.number(e_i))


def _cells(told: NetworkRows, subject: str) -> Table | None:
    """Contacts between each two roles; hidden where there are few pairs."""
    words = told.labels.words
    relation, _, name = subject.partition(":")
    own = [s for s in told.subjects("contacts") if s.startswith(f"{subject}:")]
    own = [s for s in own if len(s.split(":")) == len(subject.split(":")) + 2]
    if not own:
        return None
    order = {r: i for i, r in enumerate((*told.practice.ids("roles"), OTHERS))}
    pairs = {s: sorted(s.split(":")[-2:], key=order.__getitem__) for s in own}
    rows: list[list[Cell]] = []
    for s in sorted(own, key=lambda s: [order[r] for r in pairs[s]]):
        row = told.row("contacts", s)
        first, second = (told.role(r) for r in pairs[s])
        label = (
            words("networks.among", role=first)
            if first == second
            else words("networks.between", a=first, b=second)
        )
        shown = row is not None and not flagged(row)
        cells = (
            [percent(row["value"]), count(row["n_possible"])] if row is not None and shown else [hidden()] * 2
        )
        rows.append([heading(words.capital(label)), *cells])
    heads = [words(f"networks.{key}") for key in ("between_head", "share_head", "pairs_head")]
    caption = words("networks.contacts_by_role", relation=words.quoted(told.relation(relation)))
    return build_table(
        f"contacts-{told.network.id}-{relation}{name}",
        caption,
        heads,
        rows,
        [words("networks.pairs_note"), *told.notes("contacts")],
    )
