"""Stories that people share with all: what they recognise or explain, without anything that says which unit it was.

A story that names a unit, or calls it by its number ("team 7" of T07), is no story for everybody's wall.
"""

from __future__ import annotations

import re
from collections.abc import Collection

import pandas as pd

from dww_analysis.domain.tables.cycle import STORIES

COUNTED = r"(?:s|en)?\s*(?:nr\.?|nummers?|numbers?)?[\s#(:_-]*"  # between the name of a level and a number
TOLD = ("recognise", "explain")  # the questions that are answered with a story


def stories_of(
    shared: pd.DataFrame, units: Collection[str], levels: Collection[str]
) -> tuple[pd.DataFrame, int]:
    """round, question, text: one row a story, in no order of units; and how many name a unit and are left out.

    shared: rows of interpretations that are shared with all. units: the names of all teams and organisations; levels:
    what the study calls a team or an organisation.
    """
    told = shared[shared["question"].isin(TOLD)][list(STORIES.names)].drop_duplicates("text")
    pattern = _of_units(units, levels)
    named = told["text"].str.contains(pattern, case=False, regex=True) if pattern else told["text"].isna()
    kept = told[~named.astype(bool)].sort_values(["round", "question", "text"], kind="stable")
    return kept.reset_index(drop=True), int(named.sum())


def _of_units(units: Collection[str], levels: Collection[str]) -> str:
    """Whole words that are the name of a unit, or its number behind the name of its level, one or many of it."""
    names = [_spelled(name) for name in units if name.strip() and not name.isdigit()]
    numbers = {found[1] for name in units if (found := re.fullmatch(r"\D*?0*(\d+)", name))}
    called = "|".join(re.escape(level) for level in levels if level.strip())
    names += [rf"(?:{called}){COUNTED}0*{n}" for n in sorted(numbers)] if called else []
    return rf"(?<!\w)(?:{'|'.join(names)})(?!\w)" if names else ""


def _spelled(name: str) -> str:
    """A name however its words and numbers are set apart, with or without noughts: T07 is also T7 and t-07."""
    parts = re.findall(r"\d+|[^\W\d_]+", name)
    if not parts:
        return re.escape(name)
    return r"[\s_.-]*".join(rf"0*{int(p)}" if p.isdigit() else re.escape(p) for p in parts)
