"""Check-lists: what raters saw done, by block; and what organisations said before a network started."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dww_analysis.domain.networks import INTAKE, METS, Checklist
from dww_analysis.domain.study import Text
from dww_analysis.language import Words
from dww_analysis.reports.blocks import Block, block
from dww_analysis.reports.cells import Cell, count, heading
from dww_analysis.reports.sections.agreement import PROVISIONAL_BELOW
from dww_analysis.reports.sections.measurement import there
from dww_analysis.reports.sections.networks.pictures import NetworkBlock, Part, StripRow, Strips
from dww_analysis.reports.sections.networks.rows import NetworkRows
from dww_analysis.reports.sections.quantity_rows import QuantityRows
from dww_analysis.reports.tables import Table, build_table, flagged


def checked_block(told: NetworkRows, checklist: Checklist) -> NetworkBlock:
    """One check-list: strips of done, partly, not and not seen by block, and how far raters agree. Where no row of it
    may be shown, a sentence that says so."""
    words = told.labels.words
    rounds = _rounds(told, checklist)
    shown = any(
        there(told.value("checklist", s)) for s in told.subjects("checklist") if s.startswith(checklist.id)
    )
    heading_said = words.say(checklist.name)
    if not shown:
        return NetworkBlock(
            heading_said, (words("networks.checklist_hidden", minimum=told.labels.study.min_cell_size),)
        )
    strips = tuple(_strips(told, checklist, name) for name in rounds)
    sentences = (words("networks.checklist_is"), *_agreement(told, checklist, rounds))
    return NetworkBlock(heading_said, sentences, strips=strips)


def checked_tables(
    told: QuantityRows, checklists: Sequence[Checklist], hidden: str = "networks.checklist_hidden"
) -> list[Block]:
    """The check-lists that were filled in about a session, each as a block with a table a round, a row for each
    point; the intake, which is about networks, is left out. hidden: the key of the words for one that is not shown."""
    return [_tabled(told, c, hidden) for c in checklists if c.id != INTAKE and _rounds(told, c)]


def _tabled(told: QuantityRows, checklist: Checklist, hidden: str) -> Block:
    words, rounds = told.labels.words, _rounds(told, checklist)
    title = words.capital(words.say(checklist.name))
    tables = [t for after in rounds if (t := _table(told, checklist, after)) is not None]
    if not tables:
        return block(title, sentences=[words(hidden, minimum=told.labels.study.min_cell_size)])
    said = [words("networks.checklist_is"), *_agreement(told, checklist, rounds)]
    return block(title, sentences=said, tables=tables)


def _table(told: QuantityRows, checklist: Checklist, after: str) -> Table | None:
    words = told.labels.words
    sizes = [
        [told.value("checklist", f"{checklist.id}:{part.id}:{met}{after}") for met in METS]
        for part in checklist.blocks
    ]
    if not any(map(there, sizes[0])):
        return None
    rows = [
        [heading(words.say(part.label)), *map(count, own)]
        for part, own in zip(checklist.blocks, sizes, strict=True)
    ]
    heads = [words("networks.part_head"), *(words.capital(words(f"networks.met.{met}")) for met in METS)]
    caption = words("networks.checklist_caption")
    if after:
        caption = f"{caption}, {words('networks.round', round=after[1:])}"
    source = words("networks.checklist_source", source=words.say(checklist.source))
    return build_table(
        f"checklist-{checklist.id}{after}", caption, heads, rows, [source, *told.notes("checklist")]
    )


def _rounds(told: QuantityRows, checklist: Checklist) -> list[str]:
    """Endings of subjects: "" of a single round, else ":1", ":2", ..."""
    own = (s.split(":") for s in told.subjects("checklist") if s.startswith(f"{checklist.id}:"))
    found = {f":{parts[3]}" if len(parts) > 3 else "" for parts in own}
    return sorted(found, key=lambda s: (len(s), s))


def _strips(told: NetworkRows, checklist: Checklist, after: str) -> Strips:
    words = told.labels.words
    rows = []
    for part in checklist.blocks:
        sizes = {met: told.value("checklist", f"{checklist.id}:{part.id}:{met}{after}") for met in METS}
        parts = [
            Part(words("networks.part", name=words(f"networks.met.{met}"), n=words.count(n)), n, met)
            for met, n in sizes.items()
            if there(n) and n
        ]
        rows.append(StripRow(words.say(part.label), tuple(parts)))
    caption = words("networks.checklist_caption")
    if after:
        caption = f"{caption}, {words('networks.round', round=after[1:])}"
    source = words("networks.checklist_source", source=words.say(checklist.source))
    return Strips(caption, tuple(rows), (source, *told.notes("checklist")))


def _agreement(told: QuantityRows, checklist: Checklist, rounds: list[str]) -> Iterator[str]:
    words = told.labels.words
    for after in rounds:
        row = told.row("alpha", f"{checklist.id}{after}")
        if row is None:
            yield words("networks.one_rater")
        elif flagged(row) or not there(row["value"]):
            yield words("networks.alpha_none")
        else:
            key = "alpha_provisional" if row["value"] < PROVISIONAL_BELOW else "alpha"
            yield words(f"networks.{key}", n=words.count(row["n"]), alpha=words.number(row["value"]))


def intake_blocks(told: NetworkRows, checklist: Checklist) -> list[NetworkBlock]:
    """The seven questions with the answers beside each other, a row each, where they differ, and what each answer
    fits. Nothing for another check-list or without answers; a sentence where none may be shown."""
    if checklist.id != INTAKE or not any(s.startswith(f"{INTAKE}:") for s in told.subjects("checklist")):
        return []
    words = told.labels.words
    answers = {
        item.id: {
            met: told.value("checklist", f"{INTAKE}:{item.id}:{met}{_latest(told, checklist)}")
            for met in METS
        }
        for item in checklist.items
    }
    if not any(there(n) for sizes in answers.values() for n in sizes.values()):
        said = words("networks.intake_hidden", minimum=told.labels.study.min_cell_size)
        return [NetworkBlock(told.title, (said,))]
    rows, points = [], []
    for item in checklist.items:
        sizes = answers[item.id]
        heard = {met for met in METS if met != "unknown" and sizes[met] > 0}
        cells = [count(sizes[met]) for met in METS]
        rows.append(
            [heading(words.say(item.text)), *cells, Cell(words("networks.differ") if len(heard) > 1 else "")]
        )
        if heard == {"yes"}:
            points.append(_fits(words, item.text, "yes", item.yes))
        elif heard == {"no"}:
            points.append(_fits(words, item.text, "no", item.no))
    heads = [
        words("networks.question"),
        *(words(f"networks.answer.{met}") for met in METS),
        words("networks.differ_head"),
    ]
    notes = [words("networks.intake_source", source=words.say(checklist.source)), *told.notes("checklist")]
    table = build_table(f"intake-{told.network.id}", words("networks.intake_caption"), heads, rows, notes)
    differing = sum(bool(row[-1].value) for row in rows)
    first = words.many("networks.intake_differ", differing) if differing else words("networks.intake_alike")
    advice = words("networks.advice") if points else words("networks.no_advice")
    return [NetworkBlock(told.title, (first, advice), points=tuple(points), tables=(table,))]


def _fits(words: Words, question: Text, met: str, fits: Text) -> str:
    """What the answer of all to one question fits."""
    return f"{words.say(question)} {words(f'networks.answer.{met}')}. {words.say(fits)}"


def _latest(told: NetworkRows, checklist: Checklist) -> str:
    return _rounds(told, checklist)[-1]
