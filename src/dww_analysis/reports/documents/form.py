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
    CYCLE_KINDS,
    FREE_TEXTS,
    QUESTIONS,
    SHARES,
    Action,
    CycleLevel,
)
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels

LINES = tuple(f"line_{i}" for i in range(1, 10))  # of instructions
LINES_WITHOUT_SHEET = ("line_1_page", *(line for line in LINES if line not in ("line_1", "line_5", "line_6")))
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
    """Whose form it is. actions: those of this unit alone that are known; unfinished ones are on the form again.

    has_sheet: whether a sheet prints what the unit writes. Without one there is only the page, which prints answers for
    all: no agreements, no counts, and nobody else to share with.
    """

    level: CycleLevel
    unit: str
    round: int
    outcomes: tuple[str, ...]
    actions: tuple[Action, ...] = ()
    has_sheet: bool = True

    @property
    def kinds(self) -> tuple[str, ...]:
        """What the unit is asked to write, a sheet of the form each: interpretations, and actions and counts only of
        a unit that has a sheet of its own (`has_sheet`)."""
        return CYCLE_KINDS if self.has_sheet else ("interpretations",)

    @property
    def shares(self) -> tuple[str, ...]:
        """The values of column share, which say how far a text may go; the first where nobody chooses."""
        return SHARES if self.has_sheet else ("all", "no")


def build_form(of: FormFor, labels: Labels) -> Form:
    """The form of one unit in one language: instructions, and for each of its `kinds` a sheet with the columns of
    `CYCLE_COLUMNS` and the rows that stand there already."""
    words = labels.words
    named = (
        words.say(labels.study.title) if of.level == "study" else f"{words.level_name(of.level)} {of.unit}"
    )
    asked = [
        f"{words(f'cycle.question.{q}')}: {words(f'sensemaking.{q}.question')} {words(f'sensemaking.{q}.hint')}"
        for q in QUESTIONS
    ]
    lines = [words(f"cycle.form.{line}") for line in (LINES if of.has_sheet else LINES_WITHOUT_SHEET)]
    title = words("cycle.form.title", named=named, wave=labels.wave(of.round))
    return Form(
        title=title,
        instructions_name=words("cycle.form.sheet.instructions"),
        texts=(*lines, *asked),
        choose=(words("cycle.form.choose"), words("cycle.form.choose_why")),
        sheets=tuple(
            FormSheet(
                kind,
                words(f"cycle.form.sheet.{kind}"),
                tuple(_column(c, kind, of, labels) for c in CYCLE_COLUMNS[kind]),
                tuple(ROWS_OF[kind](of, words)),
            )
            for kind in of.kinds
        ),
    )


def word_of(words: Words, column: str, id: str) -> str:
    """How a form says a value of a column that has a list of values; levels as the study calls them."""
    if column == "level" and id in ("team", "organisation"):
        return words.level_name(id)
    return words(f"cycle.{column}.{id}")


def _column(ours: str, kind: str, of: FormFor, labels: Labels) -> FormColumn:
    words = labels.words
    ids = of.shares if ours == "share" else CHOICES.get(ours, ())
    choices = tuple(word_of(words, ours, id) for id in ids)
    if ours == "about":
        choices = tuple(labels.outcome(name) for name in of.outcomes)
    long = "long" if ours in FREE_TEXTS[kind] else "text"
    holds = "date" if ours in DATES else "number" if ours in NUMBERS else long
    return FormColumn(ours, words(f"cycle.form.column.{ours}"), choices, holds, ours in GIVEN)


def _whose(of: FormFor, words: Words) -> dict[str, Cell]:
    return {"level": word_of(words, "level", of.level), "unit": of.unit}


def _answers(of: FormFor, words: Words) -> list[dict[str, Cell]]:
    """Rows for each of the four questions."""
    share = word_of(words, "share", of.shares[0])
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
    begun = {"status": word_of(words, "status", "open"), "share": word_of(words, "share", of.shares[0])}
    return [*old, *({**_whose(of, words), "round": of.round, "action": id, **begun} for id in new)]


def _filled(action: Action, words: Words) -> dict[str, Cell]:
    row: dict[str, Any] = {c: getattr(action, c) for c in CYCLE_COLUMNS["actions"]}
    return {c: word_of(words, c, v) if c in CHOICES else v for c, v in row.items()}


def _counts(of: FormFor, words: Words) -> list[dict[str, Cell]]:
    """Rows for counts, of the indicator that was agreed on last."""
    named: Sequence[str] = [a.indicator for a in of.actions if a.indicator]
    indicator = {"indicator": named[-1]} if named else {}
    return [{**_whose(of, words), **indicator} for _ in range(NEW_COUNTS)]


ROWS_OF = {"interpretations": _answers, "actions": _actions, "counts": _counts}
