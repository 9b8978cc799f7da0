"""The table one model is fitted on: one row per person and wave with the score, the design and the covariates."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from dww_analysis.domain.plan import PlanEntry
from dww_analysis.domain.study import Study
from dww_analysis.errors import FitError, PlanError

COLUMNS = ("sample", "person", "wave", "organisation", "team", "arm", "start", "score")
PRECISION, PERIOD = "(precision)", "(period)"  # of a row: its weight, and the time that it counts over
UNWEIGHTED = "(unweighted)"  # a score without one of them, where the plan asks for it
COUNTS_BY = {PRECISION: "how many cases a row stands for", PERIOD: "over how much time a row counts"}
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
    frame = _of_population(rows, entry).reindex(columns=list(COLUMNS))
    frame["wave_number"] = frame["wave"].astype(float)
    for name in covariate_names(entry, study):
        column = _covariate(name, entry, covariates, answers)
        if entry.formula is None:
            column = _as_at_first(column)
        frame = frame.merge(column, on=[c for c in ("person", "wave") if c in column], how="left")
    frame[UNWEIGHTED] = False
    for number, column in ((entry.weights, PRECISION), (entry.per, PERIOD)):
        if number is not None:
            frame = _with_number(frame, entry, answers, number, column)
    waves = [w.number for w in study.waves if w.number in set(frame["wave"])]
    frame["wave"] = pd.Categorical(frame["wave"].astype(int).astype(str), [str(w) for w in waves])
    if study.has_arms:
        frame["arm"] = pd.Categorical(frame["arm"], [a.id for a in study.arms])
    for level in ("organisation", "team", "person"):
        frame[level] = _as_factor(frame[level])
    return frame.reset_index(drop=True)


def _with_number(
    frame: pd.DataFrame, entry: PlanEntry, answers: pd.DataFrame, name: str, column: str
) -> pd.DataFrame:
    """With what each row counts by; a score without one is absent. FitError where one is not above zero."""
    given = _covariate(name, entry, {}, answers).rename(columns={name: column})
    frame = frame.merge(given, on=["person", "wave"], how="left")
    scored, number = frame["score"].notna(), frame[column].astype(float)
    bad = int((scored & (number <= 0)).sum())
    if bad:
        raise FitError.of(
            found=f"`{name}` is zero or negative in rows with a score",
            detail=f"{bad} rows",
            where=f"plan.yaml, entry {entry.id}, {'weights' if column == PRECISION else 'per'}",
            expected=f"numbers above zero: {COUNTS_BY[column]}",
            action="correct the numbers, or drop the rows by a rule",
        )
    unknown = scored & number.isna()
    return frame.assign(
        score=frame["score"].mask(unknown),
        **{column: number.where(number > 0, 1.0), UNWEIGHTED: frame[UNWEIGHTED] | unknown},
    )


def covariate_names(entry: PlanEntry, study: Study) -> list[str]:
    """The entry's covariates: those of the plan, or names in its formula that are neither outcome nor design. Names
    of functions, as in `log(x)`, are no columns."""
    if entry.formula is None:
        return list(entry.covariates)
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


def _as_at_first(column: pd.DataFrame) -> pd.DataFrame:
    """The covariate of each person at the first wave that there is: nothing measured later enters."""
    first = column[column["wave"] == column["wave"].min()]
    return first.drop(columns="wave").drop_duplicates("person")


def _of_population(rows: pd.DataFrame, entry: PlanEntry) -> pd.DataFrame:
    """Rows of those only who answered the first wave, where the plan asks for them; else of all that there are."""
    if entry.population != "baseline_members":
        return rows
    first = rows[(rows["wave"] == rows["wave"].min()) & rows["score"].notna()]
    return rows[rows["person"].isin(first["person"])]


def _as_factor(values: pd.Series) -> pd.Categorical:
    text = values.astype("string")
    return pd.Categorical(text, sorted(text.dropna().unique()))
