"""The plan laid beside the study, its sources and scales: what entries and the rest of plan.yaml name must be there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from dww_analysis.config.entries import (
    check_calibration,
    check_families,
    check_imputation,
    check_participation,
    check_parts,
    check_place,
    check_population,
    check_weights,
)
from dww_analysis.config.leaving import check_leaving
from dww_analysis.config.missing import check_missing
from dww_analysis.config.plan import EntryConfig, PlanConfig
from dww_analysis.config.propensity import check_propensity
from dww_analysis.config.rules import unknown
from dww_analysis.config.study import StudyConfig
from dww_analysis.config.varied import check_curve
from dww_analysis.config.yaml_file import Location, YamlFile
from dww_analysis.domain.outcomes import KINDS
from dww_analysis.domain.records import leaving_outcomes
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import STARTS
from dww_analysis.domain.written import is_open
from dww_analysis.errors import Problem


def check_plan(
    parts: Mapping[str, Any], scales: list[Scale], file: YamlFile, sealed: Iterable[str]
) -> list[Problem]:
    """Problems of plan.yaml with the other files. `sealed`: ids of the entries that were sealed."""
    plan, study = parts["plan"], parts["study"]
    outcomes = outcomes_of(scales)
    problems = [
        problem
        for index, entry in enumerate(plan.entries)
        for problem in _check_entry(entry, parts, scales, file.where(("entries", index, "id")))
    ]
    problems += check_missing(plan.missing, study, scales, outcomes, file.where(("missing",)))
    problems += [*check_imputation(plan, scales, file), *check_participation(plan, study, outcomes, file)]
    problems += [*check_families(plan, file), *check_calibration(plan, file)]
    problems += check_curve(parts, scales, outcomes, file.where(("curve",)))
    known = {*sealed, *(e.id for e in plan.entries)}
    problems += [
        unknown("entry", deviation.entry, known, file.where(("deviations", index)))
        for index, deviation in enumerate(plan.deviations)
        if deviation.entry not in known
    ]
    problems += after_today(plan, file)
    problems += check_weights(plan, file)
    problems += check_propensity(plan, study, outcomes, file)
    if plan.families and plan.primary not in plan.families:
        problems.append(unknown("family", plan.primary, plan.families, file.where(("primary",))))
    return problems


def after_today(plan: PlanConfig, file: YamlFile, today: date | None = None) -> Iterator[Problem]:
    """Days on which something was decided or registered that are still to come. today: of the machine, if not given."""
    days: dict[Location, str] = {
        ("deviations", i, "when"): d.when for i, d in enumerate(plan.deviations) if d.when
    }
    if plan.registered_at is not None:
        days[("registered_at", "date")] = plan.registered_at.date
    for place, day in days.items():
        if date.fromisoformat(day) > (today or date.today()):
            yield Problem(
                found=f"the day {day} of `{place[0]}` is after today",
                where=file.where(place),
                expected="the day on which it was decided or registered, today or before",
                action="correct the day",
            )


def _check_entry(
    entry: EntryConfig, parts: Mapping[str, Any], scales: list[Scale], where: str
) -> list[Problem]:
    """Problems of one entry: its outcome and sample, family and wave, its parts, and its model."""
    plan, study, sources = parts["plan"], parts["study"], parts["sources"].sources
    outcomes = outcomes_of(scales)
    in_records = [s.sample for s in sources if s.kind == "hr"]
    records = leaving_outcomes(in_records) if in_records else {}
    samples = {**{name: own.samples for name, own in records.items()}, **outcomes}
    waves = [str(w.number) for w in study.waves]
    problems = []
    if entry.outcome not in samples:
        problems.append(unknown("scale", entry.outcome, samples, where))
    elif entry.sample not in samples[entry.outcome]:
        problems.append(unknown("sample of this scale", entry.sample, samples[entry.outcome], where))
    if entry.family not in plan.families:
        problems.append(unknown("family", entry.family, plan.families, where))
    if entry.wave is not None and str(entry.wave) not in waves and study.design not in STARTS:
        problems.append(unknown("wave", str(entry.wave), waves, where))
    problems += [*check_place(entry, plan, study, where), *check_population(entry, study, sources, where)]
    problems += check_parts(entry, study, [*scales, *records.values()], outcomes, where)
    problems += _check_sesoi(entry, [*scales, *records.values()], where)
    if entry.outcome in records:
        return [*problems, *check_leaving(entry, study, sources, outcomes, where)]
    return [*problems, *_check_model(entry, study, where)]


def _check_sesoi(entry: EntryConfig, scales: list[Scale], where: str) -> list[Problem]:
    """A smallest effect of interest that no difference of two scores can reach."""
    scale = next((s for s in scales if s.id == entry.outcome.partition(".")[0]), None)
    if scale is None or entry.sesoi is None or entry.formula is not None or scale.measure == "count":
        return []
    if entry.outcome not in outcomes_of([scale]):
        return []
    low, high = scale.score_range(entry.outcome)
    if entry.sesoi < high - low:
        return []
    shares = not KINDS[scale.measure].standardises
    found = "it is of shares" if shares else f"scores run from {low:g} to {high:g}"
    expected = f"a difference of scores below {high - low:g}, in units of the outcome"
    return [
        Problem(
            found=f"the `sesoi` of entry `{entry.id}` is {entry.sesoi:g}, and {found}",
            where=where,
            expected="a difference of shares below 1: 0.05 is 5 percentage points" if shares else expected,
            action="correct `sesoi`",
        )
    ]


def _check_model(entry: EntryConfig, study: StudyConfig, where: str) -> list[Problem]:
    if is_open(entry.formula) or is_open(entry.term):
        return []
    if entry.formula is None and entry.term is None and study.design == "waves_only" and len(study.waves) < 2:
        return [
            Problem(
                found=f"entry `{entry.id}` has no formula, and the study one wave",
                where=where,
                expected="two waves, of which the design's own model gives the change; or a formula and a term",
                action=f"add for example `formula: {entry.outcome} ~ hours + (1 | team)`, `term: hours`",
            )
        ]
    if (entry.formula is None) != (entry.term is None):
        return [
            Problem(
                found=f"entry `{entry.id}` gives only one of `formula` and `term`",
                where=where,
                expected="both, or neither for the design's own model",
                action="add the other one",
            )
        ]
    if entry.formula and entry.formula.split("~")[0].strip() != entry.outcome:
        return [
            Problem(
                found=f"the formula of `{entry.id}` has another outcome than `outcome`",
                where=where,
                expected=f"`{entry.outcome} ~ ...`",
                action="make the two agree",
            )
        ]
    return []


def outcomes_of(scales: list[Scale]) -> dict[str, tuple[str, ...]]:
    """Outcome name -> samples in which it is measured; `<scale>` where there is a total, and `<scale>.<subscale>` of
    each part."""
    outcomes: dict[str, tuple[str, ...]] = {}
    for scale in scales:
        if scale.key is None or scale.key.total:
            outcomes[scale.id] = scale.samples
        for part in _parts(scale):
            outcomes[f"{scale.id}.{part}"] = scale.samples
    return outcomes


def _parts(scale: Scale) -> list[str]:
    """Subscales and derived differences of a scale."""
    return [*scale.key.subscales, *scale.key.transform.get("differences", {})] if scale.key else []
