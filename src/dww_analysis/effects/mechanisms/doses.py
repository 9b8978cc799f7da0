"""Doses as scores: how much of something each person met or did up to a wave, where a theory names it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from dww_analysis.domain.scales import Scale
from dww_analysis.domain.theory import Theory, dose_name

KEYS = ("sample", "person", "wave", "organisation", "team", "arm", "start")


def dose_scores(theory: Theory, features: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Scores tables by the first part of their names. features: source -> one row per person and wave."""
    found: dict[str, list[pd.DataFrame]] = {}
    for node in theory.nodes:
        if node.dose is not None:
            source, feature = node.dose
            table = features[source].reindex(columns=[*KEYS, feature])
            table = table[table["wave"].notna()].rename(columns={feature: "score"})
            named = table.assign(scale=dose_name(source, feature), wave=table["wave"].astype(int))
            found.setdefault(_first_part(source), []).append(named.astype({"score": float}))
    return {name: pd.concat(tables, ignore_index=True) for name, tables in found.items()}


def dose_scales(theory: Theory) -> dict[str, Scale]:
    """A scale for each source of doses: continuous, without an end."""
    sources = dict.fromkeys(n.dose[0] for n in theory.nodes if n.dose is not None)
    whole = (0.0, float("inf"))
    return {
        _first_part(s): Scale(_first_part(s), {}, (theory.sample,), delivered=s, delivered_range=whole)
        for s in sources
    }


def _first_part(source: str) -> str:
    return dose_name(source, "").removesuffix(".")
