"""Disclosure control for the tables about workplace learning: small groups and what would give them away.

Nothing is shown below the arm. A count of persons between 1 and the minimum is hidden with everything that follows from
it: the counts it adds up with to a shown total, and the same count at other waves when the whole period is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

# table -> kind of source; counts of persons, the last of which adds up; groups in which it adds up to something shown
_GROUP = ("sample", "wave", "arm")
_RULES: Mapping[str, tuple[str, Sequence[str], Sequence[Sequence[str]]]] = {
    "diary_compliance": ("diary", ["n_persons"], []),
    "diary_learning": ("diary", ["n_persons", "n_with"], [[*_GROUP, "learning"]]),
    "app_use": ("events", ["n_persons", "n_users"], []),
    "hr_flow": ("hr", ["n_persons", "count"], [[*_GROUP, "what"], ["sample", "arm", "what", "code"]]),
    "observations": ("observations", ["n_persons"], []),
}
_KEYS = ("sample", "wave", "arm", "learning", "what", "code", "n_persons", "suppressed")


def tables_of(kinds: Iterable[str]) -> list[str]:
    """The names of the tables of a study with these kinds of sources."""
    found = set(kinds)
    return [
        *(name for name, (kind, *_) in _RULES.items() if kind in found),
        *(["exposure_flow"] if found else []),
    ]


def safe_exposure(tables: Mapping[str, pd.DataFrame], minimum: int) -> dict[str, pd.DataFrame]:
    """The same tables with values of fewer than `minimum` persons missing and a column `suppressed`."""
    safe = {
        name: _hidden(tables[name], counts, totals, minimum)
        for name, (_, counts, totals) in _RULES.items()
        if name in tables
    }
    return safe | {"exposure_flow": _without_sums(tables["exposure_flow"], safe)}


def _without_sums(flow: pd.DataFrame, safe: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The flow without the sums from which a hidden group of a kind of source follows: all beeps, all events."""
    first = {"diary": "diary_compliance", "events": "app_use", "observations": "observations"}
    small = [kind for kind, table in first.items() if table in safe and safe[table]["suppressed"].any()]
    sums = flow["kind"].isin(small) & ~flow["step"].isin(["dropped", "persons"])
    rows = flow["rows"].astype("float64").mask(sums)
    return flow.assign(rows=rows, suppressed=sums)


def _hidden(
    table: pd.DataFrame, counts: Sequence[str], totals: Sequence[Sequence[str]], minimum: int
) -> pd.DataFrame:
    """`table` with the values of rows hidden in which one of `counts` is small.

    `totals`: columns that name groups of rows which add up to something shown; in those more rows are hidden, until
    what is hidden together is no small group either. The last of `counts` is what adds up. A persons' total over the
    whole period (no wave) stands beside its waves, so it is not one of their parts.
    """
    from dww_analysis.privacy.disclosure import complement

    result = table.copy()
    hidden = np.zeros(len(table), dtype=bool)
    for name in counts:
        n = pd.to_numeric(table[name]).to_numpy(dtype="float64")
        hidden |= (n > 0) & (n < minimum)
    before = None
    while before is None or (hidden != before).any():
        before = hidden.copy()
        for within in totals:
            parts = np.ones(len(table), dtype=bool) if "wave" in within else table["wave"].notna().to_numpy()
            n = pd.to_numeric(table[counts[-1]]).to_numpy(dtype="float64")[parts]
            hidden[parts] = complement(table[parts], n, hidden[parts], minimum, within)
    values = [c for c in table.columns if c not in _KEYS]
    for name in values:
        result[name] = pd.to_numeric(result[name]).astype("float64").mask(hidden)
    result["suppressed"] = hidden
    return result
