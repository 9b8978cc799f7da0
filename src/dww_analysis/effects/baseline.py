"""Who took part: background and first-wave scores by arm, with standardised differences and without p values.

A p value for baseline balance answers no question in a randomised design (allocation was by chance), so none is made
(CONSORT 2025; Moher et al. 2010).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Background, Study, say
from dww_analysis.effects.smallest import YES_NO

COLUMNS = [
    "sample",
    "variable",
    "label_nl",
    "label_en",
    "category",
    "category_nl",
    "category_en",
    "arm",
    "n",
    "mean",
    "sd",
    "count",
    "share",
    "smd",
    "score_min",
    "score_max",
]
NO_AND_YES = (YES_NO, (1.0, 2.0))  # how they are written
FEW_VALUES = 10  # a wider range says little of what single persons answered
ALL = ""  # the arm of a row over all persons


def baseline_table(
    study: Study, scales: Iterable[Scale], answers: pd.DataFrame, scores: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """One row per variable (and category), sample and arm that persons stay in ("" = all persons); scales with the
    range of their scores.

    Persons: those who answered the first wave of their sample. smd stands on the rows of the second arm: for numbers
    (m1 - m0) / sqrt((s1^2 + s0^2) / 2), for categories the same with shares (Austin 2009).
    """
    first = _first_wave(answers)
    rows: list[dict[str, Any]] = []
    for variable in study.background:
        if variable.name in first.columns:
            rows += _background_rows(study, variable, first)
    for scale in scales:
        rows += _score_rows(study, scale, scores[scale.id], first)
    return pd.DataFrame(rows, columns=COLUMNS)


def _first_wave(answers: pd.DataFrame) -> pd.DataFrame:
    first_number = answers.groupby("sample")["wave"].transform("min")
    return answers[answers["wave"] == first_number]


def _background_rows(study: Study, variable: Background, first: pd.DataFrame) -> list[dict[str, Any]]:
    shared = {
        "variable": variable.name,
        "label_nl": _label(variable, "nl"),
        "label_en": _label(variable, "en"),
    }
    rows: list[dict[str, Any]] = []
    for sample, people in first.groupby("sample", observed=True):
        known = people.dropna(subset=[variable.name])
        if known.empty:
            continue
        maker = _number_rows if variable.kind == "number" else _category_rows
        rows += [{**shared, "sample": sample, **row} for row in maker(study, variable, known)]
    return rows


def _label(variable: Background, language: str) -> str:
    unit = f" ({say(variable.unit, language)})" if variable.unit else ""
    return say(variable.label, language) + unit


def _groups(study: Study, people: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    arms = [(a.id, people[people["arm"] == a.id]) for a in study.groups]
    return [*arms, (ALL, people)]


def _number_rows(study: Study, variable: Background, people: pd.DataFrame) -> list[dict[str, Any]]:
    values = people[variable.name].astype(float)
    low, high = _ends(variable, values)
    ends = {"score_min": low, "score_max": high}
    return [{**row, **ends} for row in _summaries(study, people, values)]


def _ends(variable: Background, values: pd.Series) -> tuple[float, float]:
    """Lowest and highest answer of a number of which each answer may tell: yes and no (0 and 1, or 1 and 2), also where
    all said the same, or the range that was declared where it has few values; else NaN."""
    written = next((ends for ends in NO_AND_YES if values.isin(ends).all()), None)
    low, high = written or variable.valid_range or (np.nan, np.nan)
    return (float(low), float(high)) if high - low <= FEW_VALUES else (np.nan, np.nan)


def _summaries(study: Study, people: pd.DataFrame, values: pd.Series) -> list[dict[str, Any]]:
    """n, mean, sd and the standardised difference of one numeric variable by arm."""
    rows: list[dict[str, Any]] = []
    for arm, group in _groups(study, people):
        x = values.loc[group.index]
        rows.append({"arm": arm, "category": "", "n": len(x), "mean": x.mean(), "sd": x.std(ddof=1)})
    if study.groups:
        reference, other = rows[0], rows[1]
        pooled = np.sqrt((float(reference["sd"]) ** 2 + float(other["sd"]) ** 2) / 2)
        other["smd"] = (float(other["mean"]) - float(reference["mean"])) / pooled if pooled > 0 else np.nan
    return rows


def _category_rows(study: Study, variable: Background, people: pd.DataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    values = people[variable.name].astype("string")
    for code, label in variable.categories.items():
        cells: list[dict[str, Any]] = []
        for arm, group in _groups(study, people):
            here = values.loc[group.index]
            count = int((here == code).sum())
            cells.append({"arm": arm, "n": len(here), "count": count, "share": count / max(len(here), 1)})
        if study.groups:
            cells[1]["smd"] = _share_difference(float(cells[0]["share"]), float(cells[1]["share"]))
        words = {"category": code, "category_nl": say(label, "nl"), "category_en": say(label, "en")}
        rows += [{**words, **cell} for cell in cells]
    return rows


def _share_difference(reference: float, other: float) -> float:
    pooled = np.sqrt((reference * (1 - reference) + other * (1 - other)) / 2)
    return float((other - reference) / pooled) if pooled > 0 else float("nan")


def _score_rows(
    study: Study, scale: Scale, scores: pd.DataFrame, first: pd.DataFrame
) -> list[dict[str, Any]]:
    low, high = scale.score_range()
    shared: dict[str, Any] = {
        "variable": scale.id,
        "label_nl": say(scale.label, "nl"),
        "label_en": say(scale.label, "en"),
    }
    shared |= {"score_min": low, "score_max": high}
    rows: list[dict[str, Any]] = []
    own = scores[scores["scale"] == scale.id].dropna(subset=["score"])
    keys = first[["sample", "person", "wave"]]
    own = own.merge(keys, on=["sample", "person", "wave"])
    for sample, people in own.groupby("sample", observed=True):
        rows += [{**shared, "sample": sample, **row} for row in _summaries(study, people, people["score"])]
    return rows
