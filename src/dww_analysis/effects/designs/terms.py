"""The parts that all designs share: random terms by the unit of allocation, strata, and what is left out of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from dww_analysis.domain.plan import Plan, PlanEntry
from dww_analysis.domain.study import Study
from dww_analysis.effects.models import LEAST_SQUARES

CLUSTERS = ("organisation", "team")  # from the outside in
WITHOUT_UNIT_BY_WAVE = "without_unit_by_wave"


@dataclass(frozen=True)
class Parts:
    """Terms of a formula with the ids of what the report says about them, and warnings."""

    terms: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def __add__(self, other: Parts) -> Parts:
        return Parts(self.terms + other.terms, self.methods + other.methods, self.warnings + other.warnings)


def joined(parts: Iterable[Parts]) -> Parts:
    """All parts together, in order."""
    return sum(parts, Parts())


def strata(entry: PlanEntry, plan: Plan, study: Study, frame: pd.DataFrame) -> Parts:
    """Organisations above the unit of allocation: fixed strata while they are few (`organisations_fixed_below` of
    the plan), random when they are many; no term with one organisation or where they were allocated."""
    n_organisations = frame["organisation"].nunique()
    allocation = study.allocation
    if allocation is None:
        return _around_teams(entry, plan, frame)
    if allocation.unit == "organisation" or n_organisations < 2:
        return Parts()
    if allocation.strata == "organisation" and n_organisations < plan.organisations_fixed_below:
        return Parts(("organisation",), ("organisation_fixed",), _one_arm(entry, study, frame))
    scored = frame.dropna(subset=["score"])
    if allocation.unit == "team" and distinct(CLUSTERS, scored) == ["organisation"]:
        return Parts()  # organisations of one team each: the team's own term is theirs
    return Parts(("(1 | organisation)",), ("organisation_random",))


def _around_teams(entry: PlanEntry, plan: Plan, frame: pd.DataFrame) -> Parts:
    """Organisations where nothing was allocated: fixed while they are few; many change each in their own way."""
    scored = frame.dropna(subset=["score"])
    teams, n_organisations = bool(scored["team"].notna().any()), scored["organisation"].nunique()
    if n_organisations < 2 or (teams and distinct(CLUSTERS, scored) != [*CLUSTERS]):
        return Parts()
    if n_organisations < plan.organisations_fixed_below and teams:
        return Parts(("organisation",), ("organisation_fixed",))
    return _level("organisation", entry, scored) + Parts(methods=("organisation_random",))


def _one_arm(entry: PlanEntry, study: Study, frame: pd.DataFrame) -> tuple[str, ...]:
    if study.starts:
        return ()
    arms = (
        frame.dropna(subset=["organisation", "arm"]).groupby("organisation", observed=True)["arm"].nunique()
    )
    alone = ", ".join(str(name) for name in arms.index[arms == 1])
    found = f"{entry.id}: strata with one arm only ({alone}) inform the waves, not the contrast between arms."
    return (found,) if alone else ()


def scored_waves(frame: pd.DataFrame) -> list[str]:
    """The waves with a score, in order; at others an outcome may have rows, of who answered other questions."""
    seen = set(frame.loc[frame["score"].notna(), "wave"].astype(str))
    return [str(w) for w in frame["wave"].cat.categories if str(w) in seen]


def wave_terms(frame: pd.DataFrame) -> tuple[str, ...]:
    """Waves as categories, where there are several with a score."""
    return ("wave",) if len(scored_waves(frame)) > 1 else ()


def covariates(entry: PlanEntry) -> Parts:
    """What the plan adds to the design's own model."""
    return Parts(entry.in_model, ("covariates",) if entry.covariates else ())


def random_terms(entry: PlanEntry, study: Study, frame: pd.DataFrame) -> Parts:
    """The unit of allocation gets (1 | unit) and (1 | unit:wave), every level between unit and person the same, and
    persons who answer more than once (1 | person).

    A treatment given to a unit is judged against how much such units differ, at every wave anew: without the terms
    the df count persons (or teams). Terms that the rows cannot tell apart are left out and named. Of allocated persons
    who all answered once the teams are left; without teams of several persons there is nothing, and least squares.
    """
    scored = frame.dropna(subset=["score"])
    levels = CLUSTERS[CLUSTERS.index(study.unit) :] if study.unit in CLUSTERS else ()
    kept = distinct(levels, scored)
    alone = kept and scored["person"].nunique() == scored.groupby(kept[-1], observed=True).ngroups
    persons = Parts() if alone else _persons(scored)  # units of one person each: the unit's term is theirs
    found = joined([*(_level(level, entry, scored) for level in kept), persons])
    return found if found.terms else found + _teams(scored)


def distinct(levels: Iterable[str], scored: pd.DataFrame) -> list[str]:
    """Levels (columns of `scored`, the widest first) without those that nobody has, or that are the same grouping as
    the one around them."""
    kept: list[str] = []
    around = 0
    for level in levels:
        groups = scored.groupby(level, observed=True).ngroups
        if groups > around:
            kept.append(level)
            around = groups
    return kept


def _level(level: str, entry: PlanEntry, scored: pd.DataFrame) -> Parts:
    own = Parts((f"(1 | {level})",))
    if scored["wave"].nunique() < 2:
        return own
    if not entry.team_by_wave:
        return own + Parts((), (WITHOUT_UNIT_BY_WAVE,), (without_unit_by_wave(entry, level),))
    cells = scored.groupby([level, "wave"], observed=True).ngroups
    if cells == len(scored):
        return own + Parts(methods=("unit_by_wave_is_residual",))
    return own + Parts((f"(1 | {level}:wave)",))


def _teams(scored: pd.DataFrame) -> Parts:
    """(1 | team) where several teams have several persons and organisations do not say the same."""
    several = int((scored.groupby("team", observed=True)["person"].nunique() > 1).sum())
    teams, around = (scored.groupby(level, observed=True).ngroups for level in ("team", "organisation"))
    known = bool(scored["team"].notna().all())
    return Parts(("(1 | team)",)) if known and several > 1 and teams > around else Parts()


def modelled(effects: Parts, entry: PlanEntry, plan: Plan, study: Study, frame: pd.DataFrame) -> Parts:
    """The whole of a design's own model around its effects; named as least squares where no random term is in it."""
    found = joined(
        [effects, covariates(entry), strata(entry, plan, study, frame), random_terms(entry, study, frame)]
    )
    return found if any("|" in term for term in found.terms) else found + Parts(methods=(LEAST_SQUARES,))


def _persons(scored: pd.DataFrame) -> Parts:
    if scored["person"].duplicated().any():
        return Parts(("(1 | person)",))
    return Parts(methods=("persons_once",))


def without_unit_by_wave(entry: PlanEntry, unit: str) -> str:
    """The warning that a planned model judges an effect against the wrong variation."""
    return (
        f"{entry.id}: the model has no (1 | {unit}:wave). {unit.capitalize()}s were allocated, so an effect at a wave "
        f"has to be judged against how much {unit}s differ at that wave; without the term the df counts persons and "
        "the p value is usually too small."
    )
