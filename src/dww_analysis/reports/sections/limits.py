"""What a study cannot say, as sentences that follow from its facts: few units, drop-out, boundaries, fallbacks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from dww_analysis.domain.plan import Plan
from dww_analysis.domain.study import Study
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.headlines import harmful
from dww_analysis.reports.sections.calibration import calibration_limits
from dww_analysis.reports.sections.methods import without_team_by_wave
from dww_analysis.reports.sections.participants import (
    Counts,
    allocated_of,
    count_of,
    counts_of,
    group_label,
    groups_of,
    not_recognised,
)
from dww_analysis.reports.sections.results import flags_of, listed
from dww_analysis.reports.sections.sensitivity import corrected_sentences

FEW_UNITS, FEW_UNITS_PER_ARM, FEW_ORGANISATIONS = 40, 8, 10
LOW_RELIABILITY = 0.70
ONE_START = {"change_since_start", "change_of_trend"}  # methods of models of waves around one start


def limits_of(
    headlines: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Mapping[str, Any]],
    plan: Plan,
    labels: Labels,
) -> list[str]:
    """The sentences of the limits section, most serious first: harm, few units, fits, tests that go wrong, who did
    not answer, measures, deviations. tables: after disclosure control; one that is absent (None) says nothing."""
    rows, counts = headlines.to_dict("records"), counts_of(tables.get("flow"))
    harm = harmful(rows)
    tried = calibration_limits(tables.get("calibration"), rows, plan, labels)
    return [
        *([labels.words("limits.harm", labels=listed(harm, labels.words))] if harm else []),
        *_power(rows, labels.words),
        *_design(rows, counts, fits, labels),
        *_fits(rows, fits, plan, labels),
        *tried,
        *_drop_out(rows, counts, labels),
        *_measurement(tables.get("reliability"), labels),
        *_asked(plan, labels),
        *_plan(rows, plan, labels),
    ]


def _design(
    rows: Sequence[Mapping[str, Any]], counts: Counts, fits: Mapping[str, Mapping[str, Any]], labels: Labels
) -> list[str]:
    words, study = labels.words, labels.study
    sentences = []
    if not study.arms:
        sentences.append(words("limits.no_control"))
    elif started_together(fits, labels):
        sentences.append(words("limits.not_randomised_together"))
    elif not study.by_lot:
        sentences.append(labels.by_design("limits.not_randomised"))
    if study.arms:
        units = allocated_of(study.unit, rows, counts, labels)
        organisations = _fewest(rows, "n_organisations")
        if units < FEW_UNITS:
            sentences.append(words("limits.few_clusters", units=words.amount("unit", units)))
        if _smallest_arm(counts, study) < FEW_UNITS_PER_ARM:
            sentences.append(words("limits.few_per_arm"))
        if 0 < organisations < FEW_ORGANISATIONS:  # none: the study has no organisations
            amount = words.amount("organisation", organisations)
            sentences.append(words("limits.few_organisations", organisations=amount))
    return sentences


def started_together(fits: Mapping[str, Mapping[str, Any]], labels: Labels) -> bool:
    """Whether units that could have started at waves of their own all started at one: waves were compared. fits: entry
    id -> its record, whose `methods` are read."""
    methods = {m for fit in fits.values() for m in fit.get("methods", ())}
    return labels.study.starts and bool(methods & ONE_START)


def _power(rows: Sequence[Mapping[str, Any]], words: Words) -> list[str]:
    """The chance that the smallest effect of interest would have been found, where that is too small; of what was tried
    on invented trials `calibration_limits` says it."""
    few = [r for r in rows if r["enough_units_why"] == "too_few" and r["primary"]]
    if not few:
        return []
    low, high = (words.percent(f(r["power"] for r in few)) for f in (min, max))
    power = low if low == high else words("number.span", low=low, high=high)
    smallest = words(f"noun.{few[0]['noun']}.smallest")
    return [words("limits.chance", smallest=smallest, power=power, labels=listed(few, words))]


def _fewest(rows: Sequence[Mapping[str, Any]], column: str) -> float:
    return min((float(r[column]) for r in rows if r[column] == r[column]), default=math.inf)


def _smallest_arm(counts: Counts, study: Study) -> float:
    """The fewest units of one arm; infinite where units change condition or no table says."""
    units = [count_of(counts, study.unit, "allocated", None, a.id, None) for a in study.groups]
    return min((_size(n) for n in units if n is not None), default=math.inf)


def _size(count: Any) -> float:
    try:
        return float(count)
    except (TypeError, ValueError):
        return 0.0  # "<8"


def _fits(
    rows: Sequence[Mapping[str, Any]], fits: Mapping[str, Mapping[str, Any]], plan: Plan, labels: Labels
) -> list[str]:
    words = labels.words
    sentences = []
    failed = [r for r in rows if r["verdict"] == "not_measured"]
    if failed:
        sentences.append(words("limits.failed", labels=listed(failed, words)))
    for kind in ("not_converged", "fallback"):
        touched = [r for r in rows if kind in flags_of(r)]
        if touched:
            sentences.append(words(f"limits.{kind}", labels=listed(touched, words)))
    touched = [r for r in rows if "boundary" in flags_of(r)]
    if touched:
        groups = dict.fromkeys(labels.group(g) for r in touched for g in flags_of(r)["boundary"])
        sentences.append(
            words("limits.boundary", labels=listed(touched, words), groups=words.listing(groups))
        )
    sentences += corrected_sentences(fits, plan, labels)
    lacking = without_team_by_wave(fits, plan, labels)
    if lacking:
        sentences.append(words("limits.team_by_wave", labels=words.listing(lacking)))
    return sentences


def _drop_out(rows: Sequence[Mapping[str, Any]], counts: Counts, labels: Labels) -> list[str]:
    """How many persons of each group did not answer again, and a sentence when the answers say that arms differ."""
    words, study = labels.words, labels.study
    if not_recognised(counts):
        return [words("limits.not_recognised")]
    sentences = []
    for arm, sample in groups_of(study):
        first = count_of(counts, "person", "answered", study.waves[0].number, arm, sample)
        later = [w.number for w in study.waves[1:]]
        left = [count_of(counts, "person", "left", w, arm, sample) for w in later]
        new = [count_of(counts, "person", "new", w, arm, sample) for w in later]
        if first is None or not any(x is not None for x in left):
            continue
        total = _size(first) + sum(_size(n) for n in new if n is not None)
        gone = sum(_size(n) for n in left if n is not None)
        if total > 0 and gone > 0:
            blanks = {"left": words.count(gone), "total": words.count(total)}
            if len(groups_of(study)) > 1:
                group = words.quoted(group_label(arm, sample, labels))
                sentences.append(words("limits.dropout", group=group, **blanks))
            else:
                sentences.append(words("limits.dropout_all", **blanks))
    points = [r["dropout_points"] for r in rows if r["alike_why"] == "differs"]
    if points:
        sentences.append(words("limits.dropout_difference", points=words.number(max(points), 0)))
    return sentences


def _measurement(reliability: pd.DataFrame | None, labels: Labels) -> list[str]:
    words = labels.words
    sentences = []
    if reliability is not None and not reliability.empty:
        low = reliability[pd.to_numeric(reliability["alpha"], errors="coerce") < LOW_RELIABILITY]
        names = [labels.outcome(str(s)) for s in dict.fromkeys(low["scale"])]
        if names:
            sentences.append(words("limits.reliability", labels=words.listing(names)))
    unverified = [
        words.say(s.label) for s in labels.scales.values() if s.key is not None and not s.key.verified
    ]
    if unverified:
        sentences.append(words("limits.unverified", labels=words.listing(unverified)))
    return sentences


def _asked(plan: Plan, labels: Labels) -> list[str]:
    """Which outcomes are what people say themselves: those scored from items. Of delivered scores that is not known."""
    scales = [labels.scale_of(e.outcome) for e in plan.entries]
    asked = dict.fromkeys(labels.words.say(s.label) for s in scales if s is not None and s.key is not None)
    return (
        [labels.words("limits.self_report", labels=labels.words.capital(labels.words.listing(asked)))]
        if asked
        else []
    )


def _plan(rows: Sequence[Mapping[str, Any]], plan: Plan, labels: Labels) -> list[str]:
    sentences = [] if plan.sealed else [labels.words("limits.not_sealed")]
    if any(r["status"] == "exploratory" for r in rows):
        sentences.append(labels.words("limits.exploratory"))
    return sentences
