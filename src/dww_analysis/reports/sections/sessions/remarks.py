"""Coded remarks: how many of each theme and kind, how far coders agree, and whether sessions still bring new themes."""

from __future__ import annotations

from collections.abc import Sequence

from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block, block
from dww_analysis.reports.cells import heading
from dww_analysis.reports.sections.agreement import alpha_of
from dww_analysis.reports.sections.quantity_rows import Row
from dww_analysis.reports.sections.sessions.rows import SessionRows
from dww_analysis.reports.sections.sessions.tables import cell_of, session_table
from dww_analysis.reports.tables import Table, flagged

CODED = ("theme", "kind")  # subjects of alpha that are of remarks
LITTLE_NEW = 0.05  # new themes, as a part of those heard first (Guest, Namey & Chen 2020)


def remarks_block(told: SessionRows) -> Block:
    """Remarks by theme and kind; they are no counts of people. Nothing where none were coded."""
    words, all_of = told.labels.words, told.row("remarks", "")
    if all_of is None:
        return block()
    if flagged(all_of):
        said = words("priorities.remarks_hidden")
    else:
        said = words("priorities.agreed", agreed=words.count(all_of["value"]), n=words.count(all_of["n"]))
    title = words("priorities.remarks", session=words.capital(told.label))
    return block(title, sentences=[said], tables=filter(None, [_table(told)]))


def _table(told: SessionRows) -> Table:
    words, practice = told.labels.words, told.practice
    subjects = {f"{t}:{k}": (t, k) for t in practice.ids("themes") for k in practice.kinds}
    seen = {subjects[r["subject"]] for r in told.rows if r["quantity"] == "remarks" and r["subject"]}
    kinds = [k for k in practice.kinds if any(kind == k for _, kind in seen)]
    names = {t: told.name("themes", t) for t, _ in seen}
    rows = [
        [heading(words.capital(names[t])), *(cell_of(told, "remarks", f"{t}:{k}") for k in kinds)]
        for t in sorted(names, key=lambda t: names[t].casefold())
    ]
    heads = [words("priorities.theme"), *(words(f"priorities.kind.{k}") for k in kinds)]
    caption = words("priorities.remarks_of", session=told.label)
    return session_table(
        told, "remarks", caption, heads, rows, [words("priorities.note_remarks")], ("remarks",)
    )


def coding_block(rows: Sequence[Row], labels: Labels) -> Block:
    """What was told in all sessions together. rows: those of the study."""
    said = [_alpha(r, labels.words) for r in rows if r["quantity"] == "alpha" and r["subject"] in CODED]
    heard = [r for r in rows if r["quantity"] == "new_information" and ":" not in str(r["subject"])]
    said += [_new(r, labels.words) for r in heard]
    return block(labels.words("priorities.coding"), sentences=said)


def _alpha(row: Row, words: Words) -> str:
    key, values = alpha_of(row, words)
    return words(f"priorities.{key}", about=words(f"priorities.coded.{row['subject']}"), **values)


def _new(row: Row, words: Words) -> str:
    first, _, last = str(row["subject"]).partition("-")
    key = "little_new" if row["value"] <= LITTLE_NEW else "still_new"
    return words(f"priorities.{key}", first=first, last=last, share=words.percent(float(row["value"])))
