"""What a report says of fits, as tables that disclosure control reads, and back into the records of the fits.

A record also holds words of the program (warnings, why an entry failed) and the course of a search: of an estimate that
is hidden they would tell what was hidden, such as that everybody of an arm gave one answer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.domain.tables import register

Record = Mapping[str, Any]
SEARCHED = ("evaluations", "max_gradient", "smallest_curvature")
TOLD = (  # parts of a record that the tables carry, or that tell of answers
    *("n_obs", "n_groups", "team_size", "log_likelihood", "converged", "boundary", "search", "icc", "risks"),
    *("means", "unit_effects", "sd_used", "sd_df", "n_rows_without_score"),
)


def fact_tables(fits: Mapping[str, Record], persons: Mapping[str, float]) -> dict[str, pd.DataFrame]:
    """fit_facts, fit_groups and fit_risks of the records (entry -> record). persons: entry -> persons of its planned
    estimate; entries without are left out."""
    known = {entry: fits[entry] for entry, n in persons.items() if entry in fits and np.isfinite(n)}
    rows = {
        "fit_facts": [_facts(entry, fit, persons[entry]) for entry, fit in known.items()],
        "fit_groups": [row for entry, fit in known.items() for row in _groups(entry, fit)],
        "fit_risks": [row for entry, fit in known.items() for row in _risks(entry, fit)],
    }
    return {
        name: pd.DataFrame(found, columns=list(register()[name].names)).astype(_types(name))
        for name, found in rows.items()
    }


def _types(name: str) -> dict[str, str]:
    kinds = {"text": "str", "whole": "float64", "number": "float64", "flag": "boolean"}
    return {c.name: kinds[c.kind] for c in register()[name].columns}


def _facts(entry: str, fit: Record, persons: float) -> dict[str, Any]:
    sizes, search = fit.get("team_size") or {}, fit.get("search") or {}
    return {
        "entry": entry,
        "n_persons": persons,
        "smallest_team": sizes.get("min"),
        "largest_team": sizes.get("max"),
        "n_obs": fit.get("n_obs"),
        "log_likelihood": fit.get("log_likelihood"),
        "converged": fit.get("converged", True),
        **{name: search.get(name) for name in SEARCHED},
    }


def _groups(entry: str, fit: Record) -> Iterable[dict[str, Any]]:
    sizes, shares = fit.get("n_groups") or {}, fit.get("icc") or {}
    for group in dict.fromkeys((*sizes, *shares)):
        yield {"entry": entry, "group": group, "n_groups": sizes.get(group), "share": shares.get(group)}


def _risks(entry: str, fit: Record) -> Iterable[dict[str, Any]]:
    names = ("arm", "estimate", "conf_low", "conf_high")
    for arm in (fit.get("risks") or {}).get("arms", ()):
        yield {"entry": entry, **{name: arm[name] for name in names}}


def with_facts(
    fits: Mapping[str, Record], tables: Mapping[str, pd.DataFrame], hidden: Collection[str]
) -> dict[str, dict[str, Any]]:
    """The records with what `tables` (of `fact_tables`, as readers get them) say, and without what tells of answers.

    hidden: entries whose planned estimate is not shown; their records hold `hidden: True` and no more than names.
    """
    named = {name: frame[~frame["suppressed"].astype(bool)] for name, frame in tables.items()}
    return {
        entry: _of_plan(fit) if entry in hidden else _of_tables(entry, fit, named)
        for entry, fit in fits.items()
    }


def _of_plan(fit: Record) -> dict[str, Any]:
    """Whose record it is; that there is a model at all says that enough gave each answer."""
    return {**{name: fit[name] for name in ("entry", "outcome") if name in fit}, "hidden": True}


def _without_why(fit: Record) -> dict[str, Any]:
    """An entry that failed without what the program says of its answers: that is in the terminal and the log."""
    found = {name: value for name, value in fit.items() if name != "failed_openly"}
    if "failed" in found:
        found["failed"] = fit["failed_openly"]
    return found


def _of_tables(entry: str, fit: Record, tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    facts, groups, risks = (
        tables[name][tables[name]["entry"] == entry].to_dict("records")
        for name in ("fit_facts", "fit_groups", "fit_risks")
    )
    found = _without_why({name: value for name, value in fit.items() if name not in TOLD})
    if facts:
        found |= _shown_facts(fit, facts[0])
    found |= {
        "n_groups": {g["group"]: int(g["n_groups"]) for g in groups if g["n_groups"] == g["n_groups"]},
        "icc": {g["group"]: g["share"] for g in groups if g["share"] == g["share"]},
        "boundary": fit.get("boundary", []),
    }
    if "risks" in fit and risks:
        known = {r["arm"]: {n: r[n] for n in ("estimate", "conf_low", "conf_high")} for r in risks}
        arms = [{**arm, **known[arm["arm"]]} for arm in fit["risks"]["arms"] if arm["arm"] in known]
        found["risks"] = {**fit["risks"], "arms": arms}
    return found


def _shown_facts(fit: Record, facts: Mapping[str, Any]) -> dict[str, Any]:
    search = {name: facts[name] for name in SEARCHED}
    found: dict[str, Any] = {name: facts[name] for name in ("n_obs", "log_likelihood") if name in fit}
    found["converged"] = facts["converged"] is not pd.NA and bool(facts["converged"])
    if "search" in fit:
        found["search"] = {"starts": fit["search"].get("starts"), **search}
    if fit.get("team_size"):
        found["team_size"] = {"min": facts["smallest_team"], "max": facts["largest_team"]}
    return found
