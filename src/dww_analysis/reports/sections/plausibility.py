"""Whether persons were recognised plausibly between waves: a row per pair of waves, in counts and shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block, block
from dww_analysis.reports.cells import Cell, count, heading, hidden, nothing, percent, text
from dww_analysis.reports.sections.measurement import cell_notes
from dww_analysis.reports.tables import (
    Table,
    build_table,
    cell_of,
    counted,
    flagged,
    hides,
    is_number,
    rows_of,
    truth,
)

Row = dict[str, Any]
SHARES = ("changed_team", "changed_fact", "other_spelling")


def plausibility_blocks(pairs: pd.DataFrame | None, labels: Labels) -> list[Block]:
    """The block of how persons were recognised between waves; none in a study with one wave."""
    found, words = rows_of(pairs), labels.words
    if not found:
        return []
    nobody = all(truth(r["recognisable"]) is False for r in found)
    adjacent = [r for r in found if truth(r["adjacent"])]
    sentences = [] if nobody else [words("plausible.intro"), *(_pair_sentence(r, labels) for r in adjacent)]
    return [
        block(
            words("plausible.heading"),
            sentences=sentences or [words("plausible.nobody")],
            tables=[plausibility_table(found, labels)],
        )
    ]


def _pair_sentence(row: Row, labels: Labels) -> str:
    """How many persons of the smaller of two waves in a row were seen in both; or that nobody can be recognised."""
    words = labels.words
    waves = {"first": labels.wave(row["from_wave"]), "second": labels.wave(row["to_wave"])}
    if truth(row["recognisable"]) is False:
        return words("plausible.unrecognised", **waves)
    if flagged(row) or not is_number(row["seen_again"]):
        return ""
    n, share = words.count(row["seen_again"]), row["share_seen_again"]
    if not is_number(share):  # it tells how few were not seen again
        return words("plausible.seen_count", n=n, **waves)
    return words("plausible.seen", n=n, share=words.percent(share), **waves)


def plausibility_table(found: Sequence[Row], labels: Labels) -> Table:
    """One row per pair of waves (and sample); columns without any number in them are left out."""
    words = labels.words
    many = len(labels.study.samples) > 1
    shown = [
        s for s in SHARES if any(is_number(r[s]) or flagged(r) for r in found if truth(r["recognisable"]))
    ]
    rows = [_row(r, shown, many, labels) for r in found]
    heads = [
        "pair",
        *(["sample"] if many else []),
        "from_persons",
        "to_persons",
        "seen_again",
        "share",
        *shown,
    ]
    notes = [words("plausible.note"), *_notes(found, labels), *cell_notes(rows, labels)]
    columns = [words(f"plausible.{h}") for h in heads]
    caption = words.capital(words("plausible.caption"))
    return build_table("link-plausibility", caption, columns, rows, notes, "link_plausibility.csv")


def _row(row: Row, shown: Sequence[str], many: bool, labels: Labels) -> list[Cell]:
    words = labels.words
    pair = words("plausible.waves", first=labels.wave(row["from_wave"]), second=labels.wave(row["to_wave"]))
    cells = [heading(words.capital(pair)), *([text(labels.sample(str(row["sample"])))] if many else [])]
    cells += [counted(row, "from_persons"), counted(row, "to_persons")]
    if truth(row["recognisable"]) is False:
        return [*cells, text(words("plausible.not_recognisable")), *[nothing()] * (1 + len(shown))]
    if flagged(row):
        return [*cells, *[hidden()] * (2 + len(shown))]
    cells += [cell_of(row, "seen_again", count), cell_of(row, "share_seen_again", percent)]
    return [*cells, *(_share(row, name) for name in shown)]


def _share(row: Row, name: str) -> Cell:
    """A share, hidden where too few persons are behind it, absent where nobody counts it."""
    if hides(row, name) or hides(row, f"share_{name}"):
        return hidden()
    share = row[f"share_{name}"]
    return percent(share, 1) if is_number(share) else nothing()


def _notes(found: Sequence[Row], labels: Labels) -> list[str]:
    """Which fact was compared, and what the spellings differ in."""
    words = labels.words
    facts = dict.fromkeys(labels.column(str(r["fact"])) for r in found if _said(r.get("fact")))
    spellings = dict.fromkeys(_spelling(str(r["spelling"]), words) for r in found if _said(r.get("spelling")))
    return [
        words("plausible.fact_note", facts=words.listing(facts)) if facts else "",
        words("plausible.spelling_note", spellings=words.listing(spellings)) if spellings else "",
    ]


def _spelling(name: str, words: Words) -> str:
    return words.listing(words.known("plausible.without", p.replace(" ", "_")) for p in name.split(" and "))


def _said(value: Any) -> bool:
    return isinstance(value, str) and bool(value)
