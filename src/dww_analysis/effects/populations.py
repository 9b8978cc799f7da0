"""Whose answers an estimate is about, where that is more than who answered: persons under contract at the wave."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.effects.fitted import EntryData

KEYS = ["sample", "person", "wave"]


def only_employed(data: EntryData, employed: pd.DataFrame) -> EntryData:
    """The entry with the answers of persons who were employed at the wave at which they gave them, and notes of how
    many others there are and of waves that the records do not reach.

    employed: columns sample, person, wave, a row for each wave at which a person was. Rows of other samples stay.
    """

    def of(table: pd.DataFrame) -> pd.DataFrame:
        return table[under_contract(table, employed) | (table["sample"] != data.entry.sample).to_numpy()]

    scores = of(data.scores)
    lost = data.scores.drop(scores.index)
    mine = (lost["sample"] == data.entry.sample) & (lost["scale"] == data.entry.outcome)
    lost = lost[mine & lost["score"].notna()]
    known = set(employed.loc[employed["sample"] == data.entry.sample, "wave"].astype(int))
    unknown = lost[~lost["wave"].astype(int).isin(known)]
    beyond, others = _not_reached(data, unknown), lost.drop(unknown.index)
    notes = (*beyond, *([] if beyond and others.empty else [_said(data, others)]))
    return replace(data, scores=scores, answers=of(data.answers), notes=notes)


def with_contracts(data: EntryData, employed: pd.DataFrame) -> EntryData:
    """The entry with who was under contract at each wave, for the analysis of their answers alone. As it is where the
    records know of nobody at a wave at which its scores were had: then other waves would be compared."""
    own = data.scores[(data.scores["sample"] == data.entry.sample) & data.scores["score"].notna()]
    known = own.loc[under_contract(own, employed), "wave"]
    return replace(data, employed=employed) if set(own["wave"]) == set(known) else data


def under_contract(table: pd.DataFrame, employed: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether the person of each row was under contract at its wave. Both: sample, person, wave."""
    there = pd.MultiIndex.from_frame(employed[KEYS].astype(str))
    found: NDArray[np.bool_] = pd.MultiIndex.from_frame(table[KEYS].astype(str)).isin(there)
    return found


def _not_reached(data: EntryData, lost: pd.DataFrame) -> list[str]:
    """Waves with answers at which the records know of nobody."""
    return [
        f"{data.entry.id}: the personnel records know of nobody who was under contract at wave {wave}; no answers of "
        "that wave count."
        for wave in sorted(lost["wave"].astype(int).unique())
    ]


def _said(data: EntryData, lost: pd.DataFrame) -> str:
    """How many answers do not count; of few persons no number."""
    persons, least = lost["person"].nunique(), data.study.min_cell_size
    if persons == 0:
        said = "all answers are of persons who were under contract at the wave."
    elif persons < least:
        said = f"answers of fewer than {least} persons without a contract at the wave do not count."
    else:
        said = f"{len(lost)} answers of persons without a contract at the wave do not count."
    return f"{data.entry.id}: {said}"
