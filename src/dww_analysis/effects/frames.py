"""The table one model is fitted on: one row per person and wave with the score, the design and the covariates."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from dww_analysis.domain.plan import PlanEntry
from dww_analysis.domain.study import Study
from dww_analysis.errors import PlanError

COLUMNS = ("sample", "person", "wave", "organisation", "team", "arm", "start", "score")
DESIGN_COLUMNS = ("wave", "wave_number", "arm", "organisation", "team", "person")


def analysis_frame(
    entry: PlanEntry,
    study: Study,
    scores: pd.DataFrame,
    covariates: Mapping[str, pd.DataFrame],
    answers: pd.DataFrame,
) -> pd.DataFrame:
    """Rows of the entry's sample with `score`, the design columns and what its formula names.

    scores: the scores table of the outcome's scale; covariates: scores tables of further scales by scale id;
    answers: Measurements' answers, for background variables. Persons are made unique over teams by their pseudonym.
    Rows without a score are kept: the engine drops and counts them.
    """
    rows = scores[(scores["scale"] == entry.outcome) & (scores["sample"] == entry.sample)]
    frame = rows.reindex(columns=list(COLUMNS))
    frame["wave_number"] = frame["wave"].astype(float)
    for name in covariate_names(entry, study):
        frame = frame.merge(_covariate(name, entry, covariates, answers), on=["person", "wave"], how="left")
    waves = [w.number for w in study.waves if w.number in set(frame["wave"])]
    frame["wave"] = pd.Categorical(frame["wave"].astype(int).astype(str), [str(w) for w in waves])
    if study.has_arms:
        frame["arm"] = pd.Categorical(frame["arm"], [a.id for a in study.arms])
    for level in ("organisation", "team", "person"):
        frame[level] = _as_factor(frame[level])
    return frame.reset_index(drop=True)


def covariate_names(entry: PlanEntry, study: Study) -> list[str]:
    """Names in the entry's formula that are neither the outcome nor the design's own columns."""
    if entry.formula is None:
        return []
    right = entry.formula.split("~", 1)[1]
    functions = set(re.findall(r"([A-Za-z_.][\w.]*)\s*\(", right))
    names = re.findall(r"[A-Za-z_][\w.]*", right)
    return sorted({n for n in names if n not in DESIGN_COLUMNS and n not in functions and n != entry.outcome})


def _covariate(
    name: str, entry: PlanEntry, covariates: Mapping[str, pd.DataFrame], answers: pd.DataFrame
) -> pd.DataFrame:
    """person, wave and one column `name`: the score of another scale, or a column of the answers."""
    scale = name.split(".")[0]
    if scale in covariates:
        table = covariates[scale]
        table = table[(table["scale"] == name) & (table["sample"] == entry.sample)]
        return table[["person", "wave", "score"]].rename(columns={"score": name})
    if name in answers.columns:
        rows = answers[answers["sample"] == entry.sample]
        return rows[["person", "wave", name]]
    raise PlanError.of(
        found=f"the formula of `{entry.id}` names `{name}`",
        where="plan.yaml",
        expected="design columns (" + ", ".join(DESIGN_COLUMNS) + "), a scale, or a background variable",
        action="correct the name, or add the variable to study.yaml or scales.yaml",
    )


def _as_factor(values: pd.Series) -> pd.Categorical:
    text = values.astype("string")
    return pd.Categorical(text, sorted(text.dropna().unique()))
