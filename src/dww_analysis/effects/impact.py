"""What a deviation does to an answer: the planned estimate under the sealed plan, and who counts in one only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from dww_analysis.effects.analysis import Analysis, analyse, result_of
from dww_analysis.effects.apart import persons_apart, rows_of
from dww_analysis.effects.fitted import EntryData
from dww_analysis.effects.refusals import REFUSALS

TAKEN = {
    "estimate": "estimate", "conf_low": "conf_low", "conf_high": "conf_high", "p_value": "p",
    "n_persons": "n_persons", "n_smallest": "n_smallest",
}  # fmt: skip


def planned_numbers(estimates: pd.DataFrame, when: str) -> pd.DataFrame:
    """Columns entry and estimate, conf_low, conf_high, p, n_persons, n_smallest, each with `_<when>` behind it: the
    planned contrast of every entry in the outcome's own unit. estimates: columns of domain.estimate."""
    planned = estimates[estimates["primary"].astype(bool) & ~estimates["standardised"].astype(bool)]
    names = {column: f"{name}_{when}" for column, name in TAKEN.items()}
    return planned[["entry", *names]].rename(columns=names).reset_index(drop=True)


def sealed_numbers(sealed: EntryData, now: EntryData | None) -> dict[str, Any]:
    """The planned contrast of an entry as it was sealed, and `n_changed`: persons with an answer that counts either
    then or now, not both (NaN where there is no present fit to compare with).

    One of effects.refusals.REFUSALS where the sealed model cannot be estimated.
    """
    found = analyse(sealed)
    row = planned_numbers(result_of(sealed, found).estimates, "sealed").iloc[0].to_dict()
    return {**row, "n_changed": _changed(found, now)}


def _changed(sealed: Analysis, now: EntryData | None) -> float:
    if now is None:
        return float("nan")
    try:
        present = analyse(now)
    except REFUSALS:
        return float("nan")
    return float(persons_apart(*(rows_of(found.used, "wave") for found in (sealed, present))))


def only_waves(data: EntryData) -> EntryData:
    """The same entry with the answers of the study's own waves alone."""
    numbers = [w.number for w in data.study.waves]

    def of(table: pd.DataFrame) -> pd.DataFrame:
        return table[table["wave"].isin(numbers)]

    covariates = {name: of(table) for name, table in data.covariates.items()}
    return replace(data, scores=of(data.scores), answers=of(data.answers), covariates=covariates)
