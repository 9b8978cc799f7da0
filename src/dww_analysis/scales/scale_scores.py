"""The scores of one scale of a study: measurements in, one row per person, wave and (sub)scale out.

Joins `score` to the study's persons and to the reasons why answers are absent. A score delivered as such passes
through its range check and carries no number of items.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from dww_analysis.domain.measurements import MissingReason
from dww_analysis.domain.scales import Scale
from dww_analysis.errors import ScaleError
from dww_analysis.scales.scoring import INCOMPLETE, TOTAL, score, score_names

PERSON = ("sample", "person", "wave")
WHERE_IN_STUDY = ("organisation", "team", "arm", "start", "current_team")
REASONS = tuple(str(r) for r in MissingReason)


def score_scale(answers: pd.DataFrame, missing: pd.DataFrame, scale: Scale) -> pd.DataFrame:
    """The scores table of one scale for its samples, in the order of `answers`.

    answers, missing: the two tables of `Measurements`.
    Returns sample, person, wave, organisation, team, arm, current_team (those that `answers` has), scale (scale id, or
    id.subscale), score, n_answered, n_items (missing for a delivered score), reason ("", a `MissingReason` when one
    reason holds for every absent answer of an unanswered scale, else "incomplete"), flag, key_id, key_version.
    Refuses absent columns and values outside the range with a `ScaleError`.
    """
    rows = answers.loc[answers["sample"].isin(scale.samples)].reset_index(drop=True)
    absent = missing.loc[missing["sample"].isin(scale.samples)]
    parts = _delivered(rows, absent, scale) if scale.key is None else _from_items(rows, absent, scale)
    out = pd.concat(parts, ignore_index=True)
    return out.astype(
        {"n_answered": "Int64", "n_items": "Int64", **dict.fromkeys(("reason", "flag", "scale"), "str")}
    )


def asked_waves(rows: pd.DataFrame, columns: tuple[str, ...]) -> list[tuple[str, int]]:
    """(sample, wave) pairs in which any of the columns was answered by anybody, in order."""
    answered = rows[list(columns)].notna().any(axis=1)
    pairs = rows.loc[answered, ["sample", "wave"]].drop_duplicates()
    return sorted((str(s), int(w)) for s, w in pairs.itertuples(index=False))


def _from_items(rows: pd.DataFrame, missing: pd.DataFrame, scale: Scale) -> list[pd.DataFrame]:
    key = scale.key
    assert key is not None
    scored = score(rows, key, columns=scale.items, where=f"scale {scale.id}")
    column_of = dict(zip(key.items, scale.items, strict=True))
    parts = []
    for name in score_names(key):
        part = scored.loc[scored["scale"] == name].drop(columns="band")
        part["scale"] = scale.id if name == TOTAL else f"{scale.id}.{name}"
        columns = [column_of[c] for c in key.items_of(name)]
        unanswered = part["n_answered"].to_numpy() == 0
        part["reason"] = _reasons(rows, missing, columns, part["reason"], unanswered)
        parts.append(pd.concat([_who(rows), part], axis=1))
    return parts


def _delivered(rows: pd.DataFrame, missing: pd.DataFrame, scale: Scale) -> list[pd.DataFrame]:
    column = scale.delivered or ""
    if column not in rows.columns:
        raise ScaleError.of(
            found=f"no column {column}",
            where=f"scale {scale.id}",
            expected="the delivered score as a column of the answers",
            action="add it to `columns` of the sources, or correct `delivered`",
        )
    values = rows[column].to_numpy(dtype=float, na_value=np.nan)
    _check_delivered(values, scale)
    absent = np.isnan(values)
    reason = pd.Series(np.where(absent, INCOMPLETE, ""), index=rows.index)
    part = pd.DataFrame(
        {
            "scale": scale.id,
            "score": values,
            "n_answered": pd.array([pd.NA] * len(rows), dtype="Int64"),
            "n_items": pd.array([pd.NA] * len(rows), dtype="Int64"),
            "reason": _reasons(rows, missing, [column], reason, absent),
            "flag": "",
            "key_id": "",
            "key_version": "",
        },
        index=rows.index,
    )
    return [pd.concat([_who(rows), part], axis=1)]


def _check_delivered(values: np.ndarray, scale: Scale) -> None:
    low, high = scale.score_range()
    bad = ~np.isnan(values) & ~((values >= low - 1e-9) & (values <= high + 1e-9))
    if bad.any():
        raise ScaleError.of(
            found=f"{int(bad.sum())} values outside the range, from {values[bad].min():g} to {values[bad].max():g}",
            where=f"scale {scale.id}, column {scale.delivered}",
            expected=f"{low:g} to {high:g}",
            action="correct the range in scales.yaml, or declare the values as missing codes",
        )


def _who(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[[c for c in (*PERSON, *WHERE_IN_STUDY) if c in rows.columns]]


def _reasons(
    rows: pd.DataFrame, missing: pd.DataFrame, columns: list[str], reason: pd.Series, unanswered: np.ndarray
) -> np.ndarray:
    """`reason`, replaced by the one reason of all absent answers where the scale was not answered at all."""
    given = missing.loc[missing["column"].isin(columns), [*PERSON, "reason"]]
    if given.empty or not unanswered.any():
        return reason.to_numpy()
    by_person = given.groupby(list(PERSON), observed=True)["reason"].agg(["nunique", "first"]).reset_index()
    found = rows[list(PERSON)].merge(by_person, on=list(PERSON), how="left")
    known = found["first"].isin(REASONS).to_numpy()
    single = unanswered & known & (found["nunique"] == 1).to_numpy()
    return np.where(single, found["first"].astype("str").to_numpy(), reason.to_numpy())
