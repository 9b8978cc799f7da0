"""What the room thought of a statement, before and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dww_analysis.domain.practice import RoomVote
from dww_analysis.reports.blocks import Block, block
from dww_analysis.reports.cells import Cell, heading, hidden, nothing, number, p_value
from dww_analysis.reports.sections.measurement import there
from dww_analysis.reports.sections.sessions.rows import SessionRows
from dww_analysis.reports.sections.sessions.tables import session_table, with_interval
from dww_analysis.reports.tables import Table, flagged

Moments = Mapping[str, Mapping[str, str]]  # moment -> option -> the subject of its rows


def vote_block(told: SessionRows, vote: RoomVote) -> Block:
    """One statement, its options in rows and moments in columns; empty where it was not voted on."""
    words, moments = told.labels.words, _moments(told, vote)
    if not moments:
        return block()
    changed = any(told.row("vote_change", f"{vote.id}:{option}") is not None for option in vote.options)
    sentences = [words("priorities.statement", statement=words.say(vote.text))]
    if len(moments) > 1 and not changed:
        sentences.append(words("priorities.without_codes"))
    title = words("priorities.votes", session=words.capital(told.label))
    return block(title, sentences=sentences, tables=[_table(told, vote, moments, changed)])


def _moments(told: SessionRows, vote: RoomVote) -> Moments:
    """The moments at which was voted."""
    every = {
        moment: {option: f"{vote.id}:{option}:{moment}" for option in vote.options}
        for moment in ("before", "after")
    }
    return {
        moment: subjects
        for moment, subjects in every.items()
        if any(told.row("vote_share", s) is not None for s in subjects.values())
    }


def _table(told: SessionRows, vote: RoomVote, moments: Moments, changed: bool) -> Table:
    words = told.labels.words
    heads = [words("priorities.option")]
    for moment, subjects in moments.items():
        n = _voters(told, subjects.values())
        heads += [words(f"priorities.{moment}", n=n), words("priorities.interval")]
    heads += [words("priorities.change"), words("priorities.p")] if changed else []
    rows = []
    for option, label in vote.options.items():
        cells = [heading(words.capital(words.say(label)))]
        for subjects in moments.values():
            cells += _share(told, subjects[option])
        rows.append([*cells, *(_moved(told, f"{vote.id}:{option}") if changed else ())])
    caption = words("priorities.votes_of", statement=words.say(vote.text))
    notes = [words("priorities.note_change") if changed else ""]
    return session_table(told, f"vote-{vote.id}", caption, heads, rows, notes, ("vote_share", "vote_change"))


def _voters(told: SessionRows, subjects: Iterable[str]) -> str:
    rows = [told.row("vote_share", s) for s in subjects]
    known = [r["n"] for r in rows if r is not None and there(r["n"])]
    return told.labels.words.count(known[0]) if known else "–"


def _share(told: SessionRows, subject: str) -> list[Cell]:
    row = told.row("vote_share", subject)
    return [hidden()] * 2 if row is None else with_interval(row)[:2]


def _moved(told: SessionRows, subject: str) -> list[Cell]:
    change = told.row("vote_change", subject)
    if change is None:
        return [nothing()] * 2
    if flagged(change):
        return [hidden()] * 2
    return [number(100 * float(change["value"]), 0), p_value(told.value("mcnemar_p", subject))]
