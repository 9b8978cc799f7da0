"""The four questions of a page, with what people answered: of the study as a whole, and what units share with all."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from dww_analysis.domain.report import SENSEMAKING
from dww_analysis.language.labels import Labels


@dataclass(frozen=True)
class Question:
    """One question: its name, itself, a hint, and the answers in the order in which they came."""

    name: str
    question: str
    hint: str
    said: tuple[str, ...] = ()


def sensemaking(interpretations: pd.DataFrame | None, labels: Labels) -> list[Question]:
    """The questions with their answers; interpretations: as the step of that name lets them out, None without any."""
    words = labels.words
    return [
        Question(
            words(f"sensemaking.{key}.name"),
            words(f"sensemaking.{key}.question"),
            words(f"sensemaking.{key}.hint"),
            _said(interpretations, key, labels),
        )
        for key in SENSEMAKING
    ]


def _said(interpretations: pd.DataFrame | None, question: str, labels: Labels) -> tuple[str, ...]:
    if interpretations is None:
        return ()
    own = interpretations[interpretations["question"] == question]
    ordered = own.sort_values(["round", "date", "level", "text"], kind="stable")
    return tuple(_one(row, labels) for row in ordered.to_dict("records"))


def _one(row: dict, labels: Labels) -> str:
    """An answer in quotation marks; behind it from which kind of unit, about which outcome, and when."""
    words = labels.words
    parts = [
        words("cycle.page.unit", level=_level(str(row["level"]), labels)) if row["level"] != "study" else "",
        words("cycle.page.about", outcome=labels.outcome(str(row["about"]))) if row["about"] else "",
        words.date(str(row["date"])) if row["date"] else "",
    ]
    told, behind = words.quoted(str(row["text"])), ", ".join(part for part in parts if part)
    return f"{told} ({behind})" if behind else told


def _level(level: str, labels: Labels) -> str:
    return labels.words("cycle.level.region") if level == "region" else labels.words.level_name(level)
