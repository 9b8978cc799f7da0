"""The measurement tables of one scale in a study: reliability, items and descriptives for each sample and wave.

A cell that the answers cannot carry stays empty and its note says why, in English and Dutch. Teams are those the
persons were allocated to, as in the models of effects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.domain.scales import Scale
from dww_analysis.scales.aggregation import aggregation_verdict
from dww_analysis.scales.cell_reliability import consistency
from dww_analysis.scales.cell_teams import agreement, between_teams, two_levels
from dww_analysis.scales.cells import Cell, cells_of, notes_as_text
from dww_analysis.scales.items import item_analysis
from dww_analysis.scales.stability import retest_table

RELIABILITY_COLUMNS = (
    "sample", "scale", "wave", "n_persons", "n_items", "alpha", "alpha_low", "alpha_high", "omega", "omega_low",
    "omega_high", "omega_method", "alpha_ordinal", "omega_categorical", "omega_categorical_low",
    "omega_categorical_high", "omega_within", "omega_between", "item_rest_min",
    "item_rest_max", "icc1", "icc1_low", "icc1_high", "icc2",
    "icc_f_p", "n_teams", "smallest_team", "rwgj_mean", "rwgj_median", "rwgj_min", "rwgj_max",
    "rwgj_out_of_range", "rwgj_skew_median", "rwgj_skew_out_of_range", "ad_m_median", "team_mean", "notes",
)  # fmt: skip
ITEM_COLUMNS = (
    "sample", "scale", "wave", "item", "label", "n", "missing", "mean", "sd", "floor_share", "ceiling_share",
    "score_min", "score_max", "item_rest", "alpha_if_dropped", "sign_question",
)  # fmt: skip
DESCRIPTIVE_COLUMNS = (
    "sample", "scale", "wave", "arm", "n", "n_complete", "mean", "sd", "q25", "median", "q75", "score_min", "score_max",
)  # fmt: skip
ALL_ARMS = ""


@dataclass(frozen=True, eq=False)
class ScaleAnalysis:
    """One row per sample, (sub)scale and wave, and per item or arm within it; `stability` per pair of waves."""

    reliability: pd.DataFrame
    items: pd.DataFrame
    descriptives: pd.DataFrame
    stability: pd.DataFrame


def analyse_scale(answers: pd.DataFrame, scores: pd.DataFrame, scale: Scale) -> ScaleAnalysis:
    """Reliability, item analysis and descriptives of one scale, for each sample and wave in which it was asked.

    answers: answers of `Measurements`. scores: what `score_scale` made of them.
    Reliability rests on the persons with complete answers (n_persons): alpha with Feldt's interval; omega total with
    its interval, or Spearman-Brown for two items; both for ordered answers; ICC(1), ICC(2) of the scores (ANOVA, mean
    team size); rwg(j) with a uniform and, for five answers, a slightly skewed null, and AD_M, over teams of two or
    more. `team_mean` is "yes", "no" or, when the scale is no property of teams, "".
    """
    cells = list(cells_of(answers, scores, scale))
    reliability = [_reliability_row(cell, scale) for cell in cells]
    items = [t for cell in cells if (t := _item_rows(cell, scale)) is not None]
    return ScaleAnalysis(
        reliability=pd.DataFrame(reliability, columns=list(RELIABILITY_COLUMNS)),
        items=pd.concat(items, ignore_index=True) if items else pd.DataFrame(columns=list(ITEM_COLUMNS)),
        descriptives=_descriptives(scores, scale),
        stability=retest_table(scores),
    )


def _reliability_row(cell: Cell, scale: Scale) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(RELIABILITY_COLUMNS, np.nan)
    row |= {**cell.where, "omega_method": "", "team_mean": ""}
    has_items = cell.items.shape[1] > 0
    row["n_items"] = cell.items.shape[1]
    row["n_persons"] = len(cell.complete) if has_items else int(cell.scores["score"].notna().sum())
    if has_items:
        row |= consistency(cell) | agreement(cell) | two_levels(cell, scale)
    row |= between_teams(cell)
    if scale.team_property:
        verdict = aggregation_verdict(row["rwgj_median"], row["icc1"], row["icc2"], row["icc_f_p"])
        row["team_mean"] = "yes" if verdict.allowed else "no"
    row["notes"] = notes_as_text(cell.notes)
    return row


def _item_rows(cell: Cell, scale: Scale) -> pd.DataFrame | None:
    key = cell.key
    if key is None or cell.items.shape[1] == 0:
        return None
    column_of = dict(zip(key.items, scale.items, strict=True))
    table = item_analysis(cell.items, key.minimum, key.maximum, key.reversed)
    table["label"] = [column_of[c] for c in table["item"]]
    for name, value in (cell.where | {"score_min": key.minimum, "score_max": key.maximum}).items():
        table[name] = value
    return table[list(ITEM_COLUMNS)]


def _descriptives(scores: pd.DataFrame, scale: Scale) -> pd.DataFrame:
    rows = []
    scored = scores.dropna(subset=["score"])
    for (sample, label, wave), part in scored.groupby(["sample", "scale", "wave"], sort=False, observed=True):
        low, high = scale.score_range(str(label))
        arms = [(ALL_ARMS, part)]
        if "arm" in part.columns:
            arms += [(str(a), p) for a, p in part.groupby("arm", sort=True, observed=True)]
        for arm, own in arms:
            q25, median, q75 = own["score"].quantile([0.25, 0.5, 0.75])
            sizes = (len(own), _complete(own))
            found = (*sizes, own["score"].mean(), own["score"].std(), q25, median, q75, low, high)
            rows.append((sample, label, int(wave), arm, *found))
    return pd.DataFrame(rows, columns=list(DESCRIPTIVE_COLUMNS))


def _complete(scored: pd.DataFrame) -> int:
    """How many of these persons answered every item; all where a score was delivered as such."""
    absent = scored["n_answered"].astype("float64") < scored["n_items"].astype("float64")
    return int((~absent).sum())
