"""The form in which a unit writes back: what it says, agrees on and counts, with a list to choose from where it can be.

A form names its unit, round and rows, so that it comes back as a source as it is. It holds no numbers of the study and
no words of another unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dww_analysis.domain.cycle import (
    CHOICES,
    CYCLE_COLUMNS,
    FREE_TEXTS,
    QUESTIONS,
    Action,
    CycleLevel,
)
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels

INSTRUCTIONS = 9  # lines
ROWS_A_QUESTION, NEW_ACTIONS, NEW_COUNTS = 2, 6, 24
GIVEN = ("level", "unit", "round", "action")  # filled in, and grey
DATES, NUMBERS = ("date", "start", "check"), ("present", "value", "out_of")
Cell = str | int


@dataclass(frozen=True)
class FormColumn:
    """One column: our name of it, its heading, what may be chosen, and whether it holds dates or was filled in."""

    ours: str
    heading: str
    choices: tuple[str, ...] = ()
    holds: str = "text"  # text, long, date, number
    given: bool = False


@dataclass(frozen=True)
class FormSheet:
    """One sheet of a form, which comes back as a source of this kind."""

    kind: str
    name: str
    columns: tuple[FormColumn, ...]
    rows: tuple[dict[str, Cell], ...]


@dataclass(frozen=True)
class Form:
    """The form of one unit. texts: the sheet with instructions, a heading first."""

    title: str
    instructions_name: str
    texts: tuple[str, ...]
    choose: tuple[str, str]  # what is said when a word is not on the list: title, text
    sheets: tuple[FormSheet, ...]


@dataclass(frozen=True)
class FormFor:
    """Whose form it is. actions: those of this unit alone that are known; unfinished ones are on the form again."""

    level: CycleLevel
    unit: str
    round: int
    outcomes: tuple[str, ...]
    actions: tuple[Action, ...] = ()


def build_form(of: FormFor, labels: Labels) -> Form:
    """The form of one unit in one language."""
    words = labels.words
    named = (
        words.say(labels.study.title) if of.level == "study" else f"{words.level_name(of.level)} {of.unit}"
    )
    asked = [
        f"{words(f'cycle.question.{q}')}: {words(f'sensemaking.{q}.question')} {words(f'sensemaking.{q}.hint')}"
        for q in QUESTIONS
    ]
    lines = [words(f"cycle.form.line_{i}") for i in range(1, INSTRUCTIONS + 1)]
    title = words("cycle.form.title", named=named, wave=labels.wave(of.round))
    rows = {
        "interpretations": _answers(of, words),
        "actions": _actions(of, words),
        "counts": _counts(of, words),
    }
    return Form(
        title=title,
        instructions_name=words("cycle.form.sheet.instructions"),
        texts=(*lines, *asked),
        choose=(words("cycle.form.choose"), words("cycle.form.choose_why")),
        sheets=tuple(
            FormSheet(
                kind,
                words(f"cycle.form.sheet.{kind}"),
                tuple(_column(c, kind, of, labels) for c in columns),
                tuple(rows[kind]),
            )
            for kind, columns in CYCLE_COLUMNS.items()
        ),
    )


def word_of(words: Words, column: str, id: str) -> str:
    """How a form says a word of a list; levels as the study calls them."""
    if column == "level" and id in ("team", "organisation"):
        return words.level_name(id)
    return words(f"cycle.{column}.{id}")


def _column(ours: str, kind: str, of: FormFor, labels: Labels) -> FormColumn:
    words = labels.words
    choices = tuple(word_of(words, ours, id) for id in CHOICES.get(ours, ()))
    if ours == "about":
        choices = tuple(labels.outcome(name) for name in of.outcomes)
    long = "long" if ours in FREE_TEXTS[kind] else "text"
    holds = "date" if ours in DATES else "number" if ours in NUMBERS else long
    return FormColumn(ours, words(f"cycle.form.column.{ours}"), choices, holds, ours in GIVEN)


def _whose(of: FormFor, words: Words) -> dict[str, Cell]:
    return {"level": word_of(words, "level", of.level), "unit": of.unit}


def _answers(of: FormFor, words: Words) -> list[dict[str, Cell]]:
    """Rows for each of the four questions."""
    share = word_of(words, "share", "unit")
    return [
        {**_whose(of, words), "round": of.round, "question": word_of(words, "question", q), "share": share}
        for q in QUESTIONS
        for _ in range(ROWS_A_QUESTION)
    ]


def _actions(of: FormFor, words: Words) -> list[dict[str, Cell]]:
    """What is not finished, to be brought up to date, and rows for new agreements with ids that are free."""
    old = [_filled(a, words) for a in of.actions if a.status in ("open", "running")]
    taken = {a.action for a in of.actions}
    free = (f"r{of.round}-{i}" for i in range(1, NEW_ACTIONS + len(taken) + 1))
    new = [id for id in free if id not in taken][:NEW_ACTIONS]
    begun = {"status": word_of(words, "status", "open"), "share": word_of(words, "share", "unit")}
    return [*old, *({**_whose(of, words), "round": of.round, "action": id, **begun} for id in new)]


def _filled(action: Action, words: Words) -> dict[str, Cell]:
    row: dict[str, Any] = {c: getattr(action, c) for c in CYCLE_COLUMNS["actions"]}
    return {c: word_of(words, c, v) if c in CHOICES else v for c, v in row.items()}


def _counts(of: FormFor, words: Words) -> list[dict[str, Cell]]:
    """Rows for counts, of the indicator that was agreed on last."""
    named: Sequence[str] = [a.indicator for a in of.actions if a.indicator]
    indicator = {"indicator": named[-1]} if named else {}
    return [{**_whose(of, words), **indicator} for _ in range(NEW_COUNTS)]
