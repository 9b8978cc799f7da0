"""How a list of arms or starts was read, in lines: how many units have which, and which of them never answered."""

from __future__ import annotations

import pandas as pd

from dww_analysis.delivery.identifiers import is_plain_name
from dww_analysis.domain.study import Study
from dww_analysis.ingest.teams import qualify_teams

MOST_NAMED = 8  # units that never answered


def allocation_lines(allocation: pd.DataFrame, study: Study, answers: pd.DataFrame | None) -> list[str]:
    """allocation: of `read_allocation`. answers: of `Measurements`; None where these cannot be laid together (yet)."""
    assert study.allocation is not None
    source, unit = study.allocation.source, study.unit
    units = allocation.drop_duplicates([c for c in ("organisation", unit) if c in allocation])
    lines = [f"{source}: {_given(units, study)}"]
    return lines if answers is None else [*lines, *_silent(units, source, unit, answers)]


def _given(units: pd.DataFrame, study: Study) -> str:
    if not study.starts:
        counts = units["arm"].value_counts()
        return ", ".join(f"{_many(counts.get(arm.id, 0), study.unit)} in arm {arm.id}" for arm in study.arms)
    starts = units["start"].value_counts().sort_index()
    said = [f"{_many(count, study.unit)} from wave {int(wave)} on" for wave, count in starts.items()]
    never = int(units["start"].isna().sum())
    return "starts: " + ", ".join([*said, f"{_many(never, study.unit)} never"] if never else said)


def _many(count: int, unit: str) -> str:
    return f"{count} {unit}" + ("" if count == 1 else "s")


def _silent(units: pd.DataFrame, source: str, unit: str, answers: pd.DataFrame) -> list[str]:
    """A line where units of the list have no answer at any wave; persons are counted and not named."""
    if unit not in units:
        return []
    named = units if unit != "team" else qualify_teams(answers.iloc[:0], units)[1]
    assert named is not None
    names = named[unit].dropna()
    silent = sorted(names[~names.isin(set(answers[unit].dropna()))])
    if not silent:
        return []
    plain = [name for name in silent if is_plain_name(name)][:MOST_NAMED] if unit != "person" else []
    shown = f": {', '.join(plain)}{', ...' if len(silent) > len(plain) else ''}" if plain else ""
    return [f"{source}: {len(silent)} of {len(names)} {unit}s without answers at any wave{shown}"]
