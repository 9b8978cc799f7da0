"""What an entry asks to be estimated, and which test is to decide: what this program has no answer for is refused."""

from __future__ import annotations

from collections.abc import Iterator

from dww_analysis.config.plan import EntryConfig, EstimandConfig
from dww_analysis.config.study import StudyConfig
from dww_analysis.domain.outcomes import RISK_DIFFERENCE, RISK_RATIO, OutcomeKind
from dww_analysis.domain.plan import KENWARD_ROGER, PERMUTATION
from dww_analysis.errors import Problem

UNITS_ONCE = (
    "; units count once (`cluster`) in a mean difference between arms side by side of teams or organisations, by the "
    "design's own model and without `weights`, and in shares of such arms"
)


def check_estimand(entry: EntryConfig, study: StudyConfig, kind: OutcomeKind, where: str) -> list[Problem]:
    """What is asked for and not estimated."""
    asked = entry.estimand or EstimandConfig.model_validate({})
    summary = asked.summary or kind.summaries[0]
    estimated = {kind.summaries[0]: _of_means(entry, study, kind), **_of_shares(entry, study, kind)}
    if summary not in estimated:
        found, expected = f"`summary: {summary}`", " or ".join(f"`{name}`" for name in estimated)
        reason = f"{expected}, which is what is estimated for `measure: {kind.id}` in this design"
        action = "correct `summary`, or `measure` of the scale"
    elif asked.average not in (None, *estimated[summary]):
        averages = " or ".join(f"`{average}`" for average in estimated[summary])
        found, reason = f"`average: {asked.average}`", f"{averages} for `summary: {summary}`{UNITS_ONCE}"
        action = "correct `average`, or leave it out"
    elif entry.baseline == "ancova" and not _has_first_wave(entry, study):
        found = "`baseline: ancova`"
        reason = "it for arms side by side by lot, with two or more waves, in the design's own model"
        action = "leave it out: without a lot, and in other designs, changes are compared"
    elif entry.baseline == "ancova" and not (
        kind.family == "gaussian" or ("cluster" in estimated[summary] and asked.average != "participant")
    ):
        found, reason = (
            "`baseline: ancova`",
            f"it for a mean difference, or `summary: {RISK_DIFFERENCE}` with `average: cluster`",
        )
        action = "leave it out: the design's own model has the first wave in it"
    else:
        return []
    return [
        Problem(found=f"entry `{entry.id}` asks for {found}", where=where, expected=reason, action=action)
    ]


def _has_first_wave(entry: EntryConfig, study: StudyConfig) -> bool:
    """Whether there is a wave before a lot, which later waves can be adjusted for."""
    by_lot = study.allocation is not None and study.allocation.randomised
    side_by_side = study.design == "parallel_cluster" and entry.formula is None
    return side_by_side and by_lot and len(study.waves) > 1


def _of_means(entry: EntryConfig, study: StudyConfig, kind: OutcomeKind) -> tuple[str, ...]:
    """Whom what the model itself estimates may average over."""
    allocation = study.allocation
    of_units = study.design == "parallel_cluster" and allocation is not None and allocation.unit != "person"
    own_model = entry.formula is None and entry.weights is None
    return ("participant", *(["cluster"] if kind.family == "gaussian" and of_units and own_model else []))


def _of_shares(entry: EntryConfig, study: StudyConfig, kind: OutcomeKind) -> dict[str, tuple[str, ...]]:
    """How yes or no may be compared beside what its model estimates: summary -> whom it may average over."""
    if not kind.has_shares or entry.formula or study.design == "waves_only":
        return {}
    averages = ("cluster", "participant") if study.design == "parallel_cluster" else ("participant",)
    return dict.fromkeys((RISK_DIFFERENCE, RISK_RATIO), averages)


def check_test(entry: EntryConfig, study: StudyConfig, kind: OutcomeKind, where: str) -> Iterator[Problem]:
    """A choice of tests of what has no other tests, or of a lot that there was not."""
    if entry.test is None:
        return
    if study.design != "parallel_cluster" or entry.formula or kind.family != "gaussian":
        yield Problem(
            found=f"entry `{entry.id}` has a `test`, and is no mean difference between arms side by side",
            where=where,
            expected="an outcome that is a number, in a design with arms side by side and its own model",
            action="leave `test` out: what is tested otherwise stands beside the estimate",
        )
    elif not (study.allocation is not None and study.allocation.randomised):
        named = [entry.test.primary, *(w.then for w in entry.test.when)]
        named += entry.test.beside if "beside" in entry.test.model_fields_set else []
        if PERMUTATION in named:
            yield Problem(
                found=f"the `test` of entry `{entry.id}` names `{PERMUTATION}`, and arms were not given by lot",
                where=where,
                expected="kenward-roger or CR2: permutation asks what else the lot could have given",
                action="take it out",
            )
    yield from _test_of_units(entry, where)


def _test_of_units(entry: EntryConfig, where: str) -> Iterator[Problem]:
    """The mixed model's own test, named for a difference in which each unit counts once."""
    if entry.test is None or not averages_units(entry):
        return
    named = [entry.test.primary] if "primary" in entry.test.model_fields_set else []
    named += [w.then for w in entry.test.when]
    if KENWARD_ROGER in named:
        yield Problem(
            found=f"the `test` of entry `{entry.id}` names `{KENWARD_ROGER}`, and its estimand `average: cluster`",
            where=where,
            expected="CR2 or permutation: Kenward-Roger is the mixed model's, in which units do not count once",
            action="take it out, or leave `average` out",
        )


def averages_units(entry: EntryConfig) -> bool:
    """Whether an entry asks that each unit counts once."""
    return entry.estimand is not None and entry.estimand.average == "cluster"
