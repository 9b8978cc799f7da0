"""Whether a study can make the choices that `curve` of its plan varies."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from dww_analysis.config.covariates import covariates_known
from dww_analysis.config.curve import NONE, CurveConfig
from dww_analysis.config.plan import EntryConfig, PlanConfig
from dww_analysis.config.rules import unknown
from dww_analysis.config.sources import SourcesConfig
from dww_analysis.config.study import StudyConfig
from dww_analysis.domain.records import of_records
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Linking
from dww_analysis.errors import Problem


def check_curve(
    parts: Mapping[str, Any], scales: Sequence[Scale], outcomes: Mapping[str, Collection[str]], where: str
) -> list[Problem]:
    """Options that this study cannot take, and choices among whose options the plan's own is not: a Problem each,
    once. Nothing without a curve.

    parts: plan, study and sources, as written. outcomes: the scores that there are, as scale or scale.subscale, and
    the samples that have them. where: file and line of `curve`.
    """
    plan, study, sources = parts["plan"], parts["study"], parts["sources"]
    curve = plan.curve
    if curve is None:
        return []
    planned = [e for e in plan.planned if e.family == plan.primary]
    by_id = {s.id: s for s in scales}
    varied = [e for e in planned if not of_records(e.outcome, by_id.values())]
    problems = [] if varied else [_nothing(plan.primary, where)]
    for entry in varied:
        scale = by_id.get(entry.outcome.split(".")[0])
        if scale is not None:
            problems += [*_scoring(curve, entry, scale, where), *_missing(curve, plan, entry, scale, where)]
        problems += [
            *_covariates(curve, entry, study, outcomes, where),
            *_linkage(curve, entry, study, sources, where),
        ]
    problems += [*_kept(curve.careless, "careless", "keep", where), *_units(curve, study, where)]
    return list(dict.fromkeys(problems))


def _nothing(family: str, where: str) -> Problem:
    return Problem(
        found=f"`curve`, and the primary family `{family}` has no planned entry about scores",
        where=where,
        expected="a planned entry in the primary family whose outcome is a scale: its choices are varied",
        action="plan one, or take `curve` out",
    )


def _cannot(option: str, why: str, where: str, action: str = "take it out of the curve") -> Problem:
    return Problem(
        found=f"`{option}` in `curve`, and {why}",
        where=where,
        expected="choices that this study can make",
        action=action,
    )


def _kept(options: Sequence[str], choice: str, own: str, where: str) -> Iterator[Problem]:
    """The plan's own option has to be among those of a choice that varies."""
    if options and own not in options:
        yield _absent(choice, own, where)


def _absent(choice: str, own: str, where: str) -> Problem:
    return Problem(
        found=f"`curve: {choice}` without `{own}`, which is what the plan does",
        where=where,
        expected="the plan's own option among the others: it is the point that they are compared with",
        action=f"add `{own}`",
    )


def _scoring(curve: CurveConfig, entry: EntryConfig, scale: Scale, where: str) -> Iterator[Problem]:
    yield from _kept(curve.scoring, "scoring", "rule", where)
    if "complete_items" not in curve.scoring:
        return
    part = entry.outcome.partition(".")[2]
    if scale.key is None:
        yield _cannot("complete_items", f"the scores of `{scale.id}` were delivered without items", where)
    elif scale.key.items_needed(part) == len(scale.key.items_of(part)):
        yield _cannot("complete_items", f"the rule of `{entry.outcome}` asks for all items already", where)


def _missing(
    curve: CurveConfig, plan: PlanConfig, entry: EntryConfig, scale: Scale, where: str
) -> Iterator[Problem]:
    yield from _kept(curve.missing, "missing", "likelihood", where)
    if "imputed" not in curve.missing:
        return
    if plan.missing.imputation is None:
        action = "add `missing: imputation`, or take it out of the curve"
        yield _cannot("imputed", "the plan has no `missing: imputation`", where, action)
    if scale.measure != "continuous":
        yield _cannot("imputed", f"`{scale.id}` has `measure: {scale.measure}`; imputation is normal", where)


def _covariates(
    curve: CurveConfig,
    entry: EntryConfig,
    study: StudyConfig,
    outcomes: Mapping[str, Collection[str]],
    where: str,
) -> Iterator[Problem]:
    if not curve.covariates:
        return
    if entry.formula is not None:
        yield _cannot("covariates", f"entry `{entry.id}` has a formula, which names its own", where)
        return
    known = covariates_known(study, outcomes, entry.sample)
    named = dict.fromkeys(name for option in curve.covariates for name in option)
    if entry.outcome in named:
        yield _cannot(entry.outcome, f"it is the outcome of entry `{entry.id}`", where)
    yield from (unknown("covariate", name, {*known, NONE}, where) for name in named if name not in known)
    if sorted(entry.covariates) not in [sorted(option) for option in curve.covariates]:
        own = ", ".join(entry.covariates) or NONE
        yield _absent("covariates", own, where)


def _linkage(
    curve: CurveConfig, entry: EntryConfig, study: StudyConfig, sources: SourcesConfig, where: str
) -> Iterator[Problem]:
    if not curve.linkage:
        return
    made = {s.sample for s in sources.sources if s.kind == "answers" and s.persons == "code"}
    if entry.sample in made:
        own = study.linking.rule if study.linking else Linking().rule
        yield from _kept(curve.linkage, "linkage", own, where)
    else:
        why = f"nobody of sample `{entry.sample}` made a code of their own to be linked by"
        yield _cannot("linkage", why, where)


def _units(curve: CurveConfig, study: StudyConfig, where: str) -> Iterator[Problem]:
    if curve.leave_out is None:
        return
    if study.allocation is None:
        yield _cannot("leave_out: unit", "this study allocated no units", where)
    elif study.allocation.unit == "person":
        yield _cannot("leave_out: unit", "persons were allocated, who are not left out one by one", where)
