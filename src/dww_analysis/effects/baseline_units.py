"""The units of allocation at the first wave: how many, how large, and how the means of units spread, by arm.

Table 1 of a trial that allocates teams describes teams too, not only persons (CONSORT extension for cluster trials;
Campbell, Piaggio, Elbourne & Altman 2012, BMJ 345, e5661). No p values, for the reason that `baseline` gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Study
from dww_analysis.effects.baseline import ALL

ANSWERED = "answered"  # the variable that counts persons of a unit who answered
COLUMNS = ("sample", "variable", "arm", "n_units", "n_persons", "mean", "sd")


def baseline_units(
    study: Study, scales: Iterable[Scale], answers: pd.DataFrame, scores: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """One row per sample, variable (persons who answered, then each scale) and arm ("" = all); columns of COLUMNS.

    A unit counts once however many persons answered; a scale that nobody has a score of has no row. Persons: those who
    answered the first wave of their sample and whose unit is known. No rows where persons were allocated, or no unit is
    known.
    """
    unit = study.unit
    if unit == "person" or unit not in answers:
        return pd.DataFrame(columns=list(COLUMNS))
    there = answers[answers["participated"].astype(bool)] if "participated" in answers else answers
    first = there[there["wave"] == there.groupby("sample")["wave"].transform("min")].dropna(subset=[unit])
    rows: list[dict[str, Any]] = []
    for sample, people in first.groupby("sample", observed=True):
        sizes = people.groupby(unit, observed=True).size().astype(float)
        rows += [{"sample": sample, "variable": ANSWERED, **r} for r in _by_arm(study, people, sizes)]
        for scale in scales:
            found = _scored(scale, scores[scale.id], people)
            if found.empty:
                continue
            means = found.groupby(unit, observed=True)["score"].mean()
            rows += [{"sample": sample, "variable": scale.id, **r} for r in _by_arm(study, found, means)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _scored(scale: Scale, scores: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """The people who have a score of the scale, with it."""
    own = scores.loc[scores["scale"] == scale.id, ["sample", "person", "wave", "score"]]
    return people.merge(own.dropna(subset=["score"]), on=["sample", "person", "wave"])


def _by_arm(study: Study, people: pd.DataFrame, values: pd.Series) -> list[dict[str, Any]]:
    """Mean and SD over units of one value a unit, by arm that units stay in, then of all."""
    groups = [(arm.id, people[people["arm"] == arm.id]) for arm in study.groups]
    rows = []
    for arm, own in [*groups, (ALL, people)]:
        x = values.loc[own[study.unit].unique()]
        rows.append(
            {"arm": arm, "n_units": len(x), "n_persons": len(own), "mean": x.mean(), "sd": x.std(ddof=1)}
        )
    return rows
