"""What a deviation does to an answer: the planned estimate under the sealed plan, and who counts in one only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from dww_analysis.domain.theory import THEORY
from dww_analysis.effects.analysis import Analysis, analyse, result_of
from dww_analysis.effects.apart import persons_apart, rows_of
from dww_analysis.effects.fitted import EntryData
from dww_analysis.effects.refusals import REFUSALS

TAKEN = {
    "estimate": "estimate", "conf_low": "conf_low", "conf_high": "conf_high", "p_value": "p",
    "n_obs": "n_obs", "n_persons": "n_persons", "n_smallest": "n_smallest",
}  # fmt: skip
PLACE = ("wave", "arm", "organisation", "team")
SAYS = ("score", "left", "start")  # numbers: what a row says, and when its unit started


def planned_numbers(estimates: pd.DataFrame, when: str) -> pd.DataFrame:
    """Columns entry and estimate, conf_low, conf_high, p, n_obs, n_persons, n_smallest, each with `_<when>` behind it:
    the planned contrast of every entry in the outcome's own unit. estimates: columns of domain.estimate."""
    planned = estimates[estimates["primary"].astype(bool) & ~estimates["standardised"].astype(bool)]
    names = {column: f"{name}_{when}" for column, name in TAKEN.items()}
    return planned[["entry", *names]].rename(columns=names).reset_index(drop=True)


def theory_numbers(mechanisms: pd.DataFrame, when: str) -> pd.DataFrame:
    """The same columns of the shown part of every arrow, path and moderation; entry: as of `theory_key`."""
    shown = mechanisms[mechanisms["shown"].astype(bool)]
    entry = [theory_key(kind, identity) for kind, identity in zip(shown["kind"], shown["id"], strict=True)]
    taken = {f"{name}_{when}": shown[column].astype(float) for column, name in TAKEN.items()}
    return pd.DataFrame({"entry": entry, **taken}).reset_index(drop=True)


def theory_key(kind: str, identity: str) -> str:
    """What an arrow, path or moderation is called beside the entries of the plan."""
    return f"{THEORY} {kind} {identity}"


def theory_impact(sealed: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """Columns entry, the sealed numbers and n_changed of what the sealed theory gave. Both tables: not yet let out.

    n_changed: persons by whom both differ, as far as counts tell; 1 where as many persons gave another number of rows.
    """
    was, found = theory_numbers(sealed, "sealed"), theory_numbers(now, "now")
    rows = was.merge(found, on="entry", how="left")
    persons = (rows["n_persons_sealed"] - rows["n_persons_now"]).abs()
    answers = rows[["n_obs_sealed", "n_obs_now"]]
    other_rows = answers["n_obs_sealed"].ne(answers["n_obs_now"]) & answers.notna().all(axis=1)
    return was.assign(n_changed=persons.mask(other_rows & persons.eq(0), 1.0).to_numpy())


def sealed_numbers(sealed: EntryData, now: EntryData | None) -> dict[str, Any]:
    """The planned contrast of an entry as it was sealed, and `n_changed`: persons with an answer that counts either
    then or now, not both, or that counts as another one, by its score, place or covariates (NaN where there is no
    present fit to compare with).

    One of effects.refusals.REFUSALS where the sealed model cannot be estimated.
    """
    found = analyse(sealed)
    row = planned_numbers(result_of(sealed, found).estimates, "sealed").iloc[0].to_dict()
    return {**row, "n_changed": _changed(found, now, sealed.entry.covariates)}


def _changed(sealed: Analysis, now: EntryData | None, covariates: Sequence[str]) -> float:
    if now is None:
        return float("nan")
    try:
        present = analyse(now)
    except REFUSALS:
        return float("nan")
    used = [_told(found.used) for found in (sealed, present)]
    known = [n for n in (*PLACE, *SAYS, *covariates) if all(n in rows for rows in used)]
    return float(persons_apart(*(rows_of(rows, *known) for rows in used)))


def _told(used: pd.DataFrame) -> pd.DataFrame:
    """The rows with their numbers in one spelling."""
    numbers = [name for name in used if name in SAYS or pd.api.types.is_numeric_dtype(used[name])]
    return used.assign(**{name: used[name].astype(float).round(9) + 0.0 for name in numbers})


def only_waves(data: EntryData) -> EntryData:
    """The same entry with the rows of the study's own waves alone, of scores, answers and covariates."""
    numbers = [w.number for w in data.study.waves]

    def of(table: pd.DataFrame) -> pd.DataFrame:
        return table[table["wave"].isin(numbers)]

    covariates = {name: of(table) for name, table in data.covariates.items()}
    return replace(data, scores=of(data.scores), answers=of(data.answers), covariates=covariates)
