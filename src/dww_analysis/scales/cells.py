"""One (sub)scale in one wave of one sample: the answers and scores that a row of the measurement tables rests on.

What a reader should know about a row is collected here as notes while it is computed; their words belong to reports.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pandas as pd

from dww_analysis.domain.scales import Scale, ScoringKey
from dww_analysis.errors import ScaleError
from dww_analysis.scales.engine import refusals
from dww_analysis.scales.scale_scores import asked_waves
from dww_analysis.scales.scoring import TOTAL, direct_scores, reverse_items, score_names

Result = TypeVar("Result")


@dataclass(frozen=True)
class Note:
    """What the reader should know about a cell: a word that a report turns into a sentence, and what it is about."""

    note: str
    about: Mapping[str, Any] = field(default_factory=dict)


def notes_as_text(notes: Iterable[Note]) -> str:
    """Notes as a column holds them: a JSON list of objects with `note` and what it is about; "" for none."""
    told = [{"note": n.note, **n.about} for n in notes]
    return json.dumps(told, ensure_ascii=False) if told else ""


@dataclass
class Cell:
    """One (sub)scale in one wave of one sample: its items, reversed, and its scores."""

    where: dict[str, Any]  # sample, scale, wave
    items: pd.DataFrame  # columns by item code, reversed; empty for scores that were delivered or derived
    scores: pd.DataFrame
    team: pd.Series  # team of each row of answers
    key: ScoringKey | None
    notes: list[Note] = field(default_factory=list)

    def note(self, note: str, **about: Any) -> None:
        """Add a note."""
        self.notes.append(Note(note, about))

    @property
    def complete(self) -> pd.DataFrame:
        """The rows of `items` of persons who answered every item."""
        return self.items.dropna()


def cells_of(answers: pd.DataFrame, scores: pd.DataFrame, scale: Scale) -> Iterator[Cell]:
    """The cells of a scale: samples, waves in which it was asked, total and subscales of which some score is there.

    answers: one row per person and wave, with columns sample, wave, team and the items; scores: person, sample,
    wave, scale, score.
    """
    rows = answers.loc[answers["sample"].isin(scale.samples)]
    columns = scale.items if scale.key is not None else (scale.delivered or "",)
    for sample, wave in asked_waves(rows, columns):
        here = rows.loc[(rows["sample"] == sample) & (rows["wave"] == wave)]
        given = scores.loc[(scores["sample"] == sample) & (scores["wave"] == wave)]
        names = (TOTAL,) if scale.key is None else score_names(scale.key)
        for name in names:
            label = scale.id if name == TOTAL else f"{scale.id}.{name}"
            own = given.loc[given["scale"] == label]
            if own["score"].notna().any():
                where = {"sample": sample, "scale": label, "wave": wave}
                yield _with_items(
                    Cell(where, pd.DataFrame(), own, here["team"], scale.key), here, scale, name
                )


def _with_items(cell: Cell, here: pd.DataFrame, scale: Scale, name: str) -> Cell:
    key = scale.key
    if key is None:
        cell.note("delivered")
        return cell
    if name not in direct_scores(key) and name != TOTAL:
        cell.note("difference")
        return cell
    column_of = dict(zip(key.items, scale.items, strict=True))
    codes = key.items_of(name)
    frame = here[[column_of[c] for c in key.items]].set_axis(list(key.items), axis=1).astype(float)
    frame = reverse_items(frame, key)[list(codes)]
    unasked = [c for c in codes if frame[c].isna().all()]
    if unasked:
        cell.note("not_asked", items=", ".join(unasked))
    cell.items = frame.drop(columns=unasked).dropna(how="all")
    return cell


def attempt(cell: Cell, what: str, compute: Callable[[], Result]) -> Result | None:
    """The result, or None with the refusal as a note: an empty cell that says why."""
    try:
        with refusals():
            return compute()
    except ScaleError as refusal:
        found = refusal.problems[0].found if refusal.problems else str(refusal)
        cell.note("refused", what=what, found=found)
        return None
