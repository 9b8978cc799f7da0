"""Check-lists: what raters saw done, by block; and what organisations said before a network started."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dww_analysis.domain.networks import INTAKE, METS, Checklist
from dww_analysis.domain.study import Text
from dww_analysis.language import Words
from dww_analysis.reports.blocks import Block, block
from dww_analysis.reports.cells import Cell, heading
from dww_analysis.reports.sections.agreement import PROVISIONAL_BELOW
from dww_analysis.reports.sections.measurement import there
from dww_analysis.reports.sections.networks.pictures import NetworkBlock, Part, StripRow, Strips
from dww_analysis.reports.sections.networks.rows import NetworkRows
from dww_analysis.reports.sections.quantity_rows import QuantityRows
from dww_analysis.reports.tables import Table, build_table, flagged


def checked_block(told: NetworkRows, checklist: Checklist) -> NetworkBlock:
    """One check-list: strips of done, partly, not and not seen by block, and how far raters agree. Where no row of it
    may be shown, a sentence that says so."""
    shown = _shown_rounds(told, checklist)
    strips = tuple(_strips(told, checklist, name) for name in shown)
    said = _said(told, checklist, shown, "checklist")
    return NetworkBlock(told.labels.words.say(checklist.name), tuple(said), strips=strips)


def checked_tables(
    told: QuantityRows, checklists: Sequence[Checklist], why: str = "checklist"
) -> list[Block]:
    """The check-lists that were filled in about a session, each as a block with a table a round, a row for each
    point; the intake, which is about networks, is left out. why: in the keys of the words for what is not shown."""
    return [_tabled(told, c, why) for c in checklists if c.id != INTAKE and _rounds(told, c)]


def _tabled(told: QuantityRows, checklist: Checklist, why: str) -> Block:
    words, shown = told.labels.words, _shown_rounds(told, checklist)
    tables = [_table(told, checklist, after) for after in shown]
    title = words.capital(words.say(checklist.name))
    return block(title, sentences=_said(told, checklist, shown, why), tables=tables)


def _said(told: QuantityRows, checklist: Checklist, shown: list[str], why: str) -> list[str]:
    """How points count, how far raters agree, and which rounds are not shown. shown: those that are; why: in the
    keys of the words for what is not."""
    words, minimum = told.labels.words, told.labels.study.min_cell_size
    if not shown:
        return [words(f"networks.{why}_hidden", minimum=minimum)]
    said = [words("networks.checklist_is"), *_agreement(told, checklist, shown)]
    left = [_round_name(after, words) for after in _rounds(told, checklist) if after not in shown]
    if left:
        said.append(words(f"networks.{why}_rounds_hidden", rounds=words.listing(left), minimum=minimum))
    return said


def _sizes(told: QuantityRows, checklist: Checklist, part: str, after: str) -> dict[str, float]:
    """How many points of a part were found so, by what was found."""
    return {met: told.value("checklist", f"{checklist.id}:{part}:{met}{after}") for met in METS}


def _table(told: QuantityRows, checklist: Checklist, after: str) -> Table:
    words = told.labels.words
    rows = [
        [
            heading(words.say(part.label)),
            *(told.counted("checklist", f"{checklist.id}:{part.id}:{met}{after}") for met in METS),
        ]
        for part in checklist.blocks
    ]
    heads = [words("networks.part_head"), *(words.capital(words(f"networks.met.{met}")) for met in METS)]
    notes = [_source(checklist, words), *told.notes("checklist")]
    return build_table(f"checklist-{checklist.id}{after}", _caption(after, words), heads, rows, notes)


def _caption(after: str, words: Words) -> str:
    caption = words("networks.checklist_caption")
    return f"{caption}, {_round_name(after, words)}" if after else caption


def _round_name(after: str, words: Words) -> str:
    return words("networks.round", round=after[1:])


def _source(checklist: Checklist, words: Words) -> str:
    return words("networks.checklist_source", source=words.say(checklist.source))


def _shown_rounds(told: QuantityRows, checklist: Checklist) -> list[str]:
    """The rounds of which something may be shown."""
    return [
        after
        for after in _rounds(told, checklist)
        if any(
            there(n) for part in checklist.blocks for n in _sizes(told, checklist, part.id, after).values()
        )
    ]


def _rounds(told: QuantityRows, checklist: Checklist) -> list[str]:
    """Endings of subjects: "" of a single round, else ":1", ":2", ..."""
    own = (s.split(":") for s in told.subjects("checklist") if s.startswith(f"{checklist.id}:"))
    found = {f":{parts[3]}" if len(parts) > 3 else "" for parts in own}
    return sorted(found, key=lambda s: (len(s), s))


def _strips(told: NetworkRows, checklist: Checklist, after: str) -> Strips:
    words = told.labels.words
    rows = []
    for part in checklist.blocks:
        sizes = _sizes(told, checklist, part.id, after)
        parts = [
            Part(words("networks.part", name=words(f"networks.met.{met}"), n=words.count(n)), n, met)
            for met, n in sizes.items()
            if there(n) and n
        ]
        rows.append(StripRow(words.say(part.label), tuple(parts)))
    notes = (_source(checklist, words), *told.notes("checklist"))
    return Strips(_caption(after, words), tuple(rows), notes)


def _agreement(told: QuantityRows, checklist: Checklist, rounds: list[str]) -> Iterator[str]:
    words = told.labels.words
    for after in rounds:
        row = told.row("alpha", f"{checklist.id}{after}")
        if row is None and _raters(told, checklist, after) == 1:
            yield words("networks.one_rater")
        elif row is None or flagged(row) or not there(row["value"]):
            yield words("networks.alpha_none")
        else:
            key = "alpha_provisional" if row["value"] < PROVISIONAL_BELOW else "alpha"
            yield words(f"networks.{key}", n=words.count(row["n"]), alpha=words.number(row["value"]))


def _raters(told: QuantityRows, checklist: Checklist, after: str) -> float:
    """How many raters filled in a check-list in a round of which something is shown."""
    row = told.row("checklist", f"{checklist.id}:{checklist.blocks[0].id}:{METS[0]}{after}")
    return float(row["n"]) if row is not None else 1.0


def intake_blocks(told: NetworkRows, checklist: Checklist) -> list[NetworkBlock]:
    """The seven questions with the answers beside each other, a row each, where they differ, and what each answer
    fits. Nothing for another check-list or without answers; a sentence where none may be shown."""
    if checklist.id != INTAKE or not any(s.startswith(f"{INTAKE}:") for s in told.subjects("checklist")):
        return []
    words = told.labels.words
    after = _latest(told, checklist)
    answers = {item.id: _sizes(told, checklist, item.id, after) for item in checklist.items}
    if not any(there(n) for sizes in answers.values() for n in sizes.values()):
        said = words("networks.intake_hidden", minimum=told.labels.study.min_cell_size)
        return [NetworkBlock(told.title, (said,))]
    rows, points = [], []
    for item in checklist.items:
        sizes = answers[item.id]
        heard = {met for met in METS if met != "unknown" and sizes[met] > 0}
        cells = [told.counted("checklist", f"{INTAKE}:{item.id}:{met}{after}") for met in METS]
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
