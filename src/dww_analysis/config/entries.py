"""Where an entry stands in its plan: exploring stays out of the primary family, and its contrast exists."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from dww_analysis.config.covariates import covariates_known
from dww_analysis.config.estimands import averages_units, check_estimand, check_test
from dww_analysis.config.leaving import about_answers
from dww_analysis.config.plan import EntryConfig, PlanConfig
from dww_analysis.config.rules import unused
from dww_analysis.config.sources import SourceConfig
from dww_analysis.config.strict import shorten
from dww_analysis.config.study import StudyConfig
from dww_analysis.config.yaml_file import YamlFile
from dww_analysis.domain.design import start_wave
from dww_analysis.domain.outcomes import KINDS
from dww_analysis.domain.plan import EMPLOYED, names_in
from dww_analysis.domain.records import OFFERED
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import STARTS
from dww_analysis.errors import Problem


def check_place(entry: EntryConfig, plan: PlanConfig, study: StudyConfig, where: str) -> list[Problem]:
    """Problems of an entry with its family, wave and exposure; [] where there are none. where: file and line of the
    entry."""
    return [
        *_exploring(entry, plan, where),
        *_before_the_start(entry, study, where),
        *_exposure(entry, study, where),
        *_mediators(entry, where),
    ]


def _exploring(entry: EntryConfig, plan: PlanConfig, where: str) -> list[Problem]:
    if entry.status != "exploratory" or entry.family != plan.primary:
        return []
    return [
        Problem(
            found=f"entry `{entry.id}` is exploratory and in the primary family `{plan.primary}`",
            where=where,
            expected="a family of planned entries only: whatever else is in it changes their corrected p values",
            action="give it another family, for example `family: exploratory`",
        )
    ]


def _before_the_start(entry: EntryConfig, study: StudyConfig, where: str) -> list[Problem]:
    if study.design == "waves_only":
        return _before_the_change(entry, study, where)
    if study.design != "parallel_cluster" or entry.wave != 0 or len(study.waves) < 2:
        return []
    return [
        Problem(
            found=f"the wave of entry `{entry.id}` is the one before the start",
            where=where,
            expected="a wave at which the arms can differ",
            action="name a later wave, or leave `wave` out for the last",
        )
    ]


def _before_the_change(entry: EntryConfig, study: StudyConfig, where: str) -> list[Problem]:
    waves = study.to_domain().waves
    first = 1 if study.start is None else start_wave(study.start, waves) or 1
    if entry.wave is None or entry.wave >= first:
        return []
    return [
        Problem(
            found=f"the wave of entry `{entry.id}` is {entry.wave}",
            where=where,
            expected=f"a wave after the change began: {first} to {max(len(waves) - 1, first)}",
            action="name a later wave, or leave `wave` out for the last",
        )
    ]


def _exposure(entry: EntryConfig, study: StudyConfig, where: str) -> list[Problem]:
    said: list[tuple[str, str, str]] = []  # found, expected, action
    first, last, at = study.first_exposure, len(study.waves), entry.exposure
    if study.design not in STARTS and at is not None:
        expected = "an exposure in designs whose units start at waves of their own"
        said.append((f"entry `{entry.id}` has an `exposure`", expected, "remove it; `wave` says when"))
    elif study.design in STARTS and entry.wave is not None:
        expected = "the mean over exposure times, or a number of waves since the start"
        said.append((f"entry `{entry.id}` has a `wave`", expected, "remove it; `exposure` says when"))
    if study.design in STARTS and at not in (None, "mean") and not first <= int(at or 0) <= last:
        left_out = ": answers of waves in transition do not count" if first > 1 else ""
        said.append(
            (f"entry `{entry.id}` has exposure {at}", f"mean, or {first} to {last}{left_out}", "correct it")
        )
    return [Problem(found=f, where=where, expected=e, action=a) for f, e, a in said]


def _mediators(entry: EntryConfig, where: str) -> list[Problem]:
    absent = [m for m in entry.mediators if m not in names_in(entry.formula)]
    return [
        Problem(
            found=f"the mediator `{name}` of entry `{entry.id}` is not in its formula",
            where=where,
            expected="covariates of `formula`",
            action="correct the name or remove it",
        )
        for name in absent
    ]


def check_population(
    entry: EntryConfig, study: StudyConfig, sources: Iterable[SourceConfig], where: str
) -> Iterator[Problem]:
    """Persons under contract, in a study whose records, codes or dates do not say who was: a Problem each, with file
    and line."""
    if entry.estimand is None or entry.estimand.population != EMPLOYED or entry.outcome in OFFERED:
        return
    sources = [s for s in sources if s.sample == entry.sample]
    if not any(s.kind == "hr" for s in sources):
        yield Problem(
            found=f"entry `{entry.id}` has `population: {EMPLOYED}`, and sample `{entry.sample}` no personnel records",
            where=where,
            expected="a source of kind hr of this sample, which says who was under contract",
            action="add the records, or take `answered_once` or `baseline_members`",
        )
    strangers = [s.id for s in sources if s.kind == "answers" and s.persons != "key"]
    if strangers:
        yield Problem(
            found=f"entry `{entry.id}` has `population: {EMPLOYED}`, and persons of {', '.join(strangers)} have no "
            "codes of personnel records",
            where=where,
            expected="answers with `persons: key`: by their codes persons are looked up in the records",
            action="take `answered_once` or `baseline_members`",
        )
    undated = [str(w.number) for w in study.waves if w.date is None]
    if undated:
        yield Problem(
            found=f"entry `{entry.id}` has `population: {EMPLOYED}`, and no date has wave {', '.join(undated)}",
            where=where,
            expected="a date of every wave, at which contracts are looked up",
            action="give each wave its `date` in study.yaml",
        )


def check_start(plan: PlanConfig, study: StudyConfig, file: YamlFile) -> Iterator[Problem]:
    """A `start` in a plan that looks for no change from it: a Problem each, with file and line. file: study.yaml."""
    if study.start is not None and all(e.formula is not None for e in plan.entries):
        yield unused(
            "`start` is given, and no entry has the model of the design",
            file.where(("start",)),
            "an entry without `formula`: change is looked for from the start on",
            "plan one",
        )


def check_families(plan: PlanConfig, file: YamlFile) -> list[Problem]:
    """Problems of families that no entry is in; the primary one may be empty where nothing is planned (no row of
    `planned`)."""
    used = {e.family for e in plan.entries}
    if not plan.planned:
        used.add(plan.primary)
    return [
        unused(
            f"the family `{shorten(name)}` has no entries",
            file.where(("families", name)),
            "a family of one or more entries",
            "name it in `family` of an entry",
        )
        for name in plan.families
        if name not in used
    ]


def check_calibration(plan: PlanConfig, file: YamlFile) -> Iterator[Problem]:
    """Trials of no entry, or of a smallest effect of interest that none names: a Problem each, with file and line."""
    if plan.calibration is None:
        return
    where, tried = file.where(("calibration",)), plan.planned
    asked = "effects" in plan.calibration.model_fields_set and "sesoi" in plan.calibration.effects
    if not tried:
        expected = "a planned entry: its test is tried"
        yield unused("`calibration` has no planned entry to try", where, expected, "plan one")
    elif asked and not any(e.sesoi for e in tried):
        yield Problem(
            found="`calibration.effects` names `sesoi`, and no planned entry has one",
            where=where,
            expected="a `sesoi` in one or more planned entries",
            action="add it, or take it out of `effects`",
        )


def check_participation(
    plan: PlanConfig, study: StudyConfig, scores: Collection[str], file: YamlFile
) -> Iterator[Problem]:
    """What goes with taking part, where neither an imputation model nor a table of who answered again reads it: a
    Problem each, with file and line.

    scores: the outcomes of the scales.
    """
    missing = plan.missing
    asked = [e for e in about_answers(plan.entries, scores) if e.family == plan.primary]
    if missing.participation and missing.imputation is None and not (asked and len(study.waves) > 1):
        yield unused(
            "`missing: participation` is given, and nothing reads it",
            file.where(("missing",)),
            "`missing: imputation`, or an entry about a scale in the primary family and a later wave",
            "add one of the two",
        )


def check_imputation(plan: PlanConfig, scales: Iterable[Scale], file: YamlFile) -> Iterator[Problem]:
    """Imputation in a plan none of whose outcomes is imputed; one that does not exist is a problem of its own."""
    known = {**dict.fromkeys(OFFERED, ""), **{s.id: s.measure for s in scales}}
    drawn = [e for e in plan.entries if e.baseline != "ancova" and not averages_units(e)]
    measures = [known.get(e.outcome.split(".")[0], "continuous") for e in drawn]
    if plan.missing.imputation is not None and "continuous" not in measures:
        yield unused(
            "`missing: imputation` is given, and no entry has an outcome that is imputed",
            file.where(("missing",)),
            "an entry about a scale with `measure: continuous`, without `baseline: ancova` and `average: cluster`: "
            "the imputation model is normal, with the first wave as an outcome, and its answers count alike",
            "add one",
        )


def check_parts(
    entry: EntryConfig,
    study: StudyConfig,
    scales: Iterable[Scale],
    outcomes: Mapping[str, Collection[str]],
    where: str,
) -> list[Problem]:
    """Problems of an entry's estimand and covariates with the scales and background that there are.

    outcomes: the scores that there are, as scale or scale.subscale, and the samples that have them.
    """
    by_id = {s.id: s for s in scales}
    known = {*covariates_known(study, outcomes, entry.sample)} - {entry.outcome}
    problems = [
        Problem(
            found=f"the covariate `{name}` of entry `{entry.id}` is not known",
            where=where,
            expected="one of " + (", ".join(sorted(known)) or "(no background, no other scales)"),
            action="correct the name; the outcome at the first wave is in the model already",
        )
        for name in entry.covariates
        if name not in known
    ]
    scale = by_id.get(entry.outcome.split(".")[0])
    measure = scale.measure if scale is not None else KINDS["continuous"].id
    problems += [*_weights(entry, study, measure, where), *_per(entry, study, measure, where)]
    problems += check_test(entry, study, KINDS[measure], where)
    return [*problems, *([] if scale is None else check_estimand(entry, study, KINDS[scale.measure], where))]


def _weights(entry: EntryConfig, study: StudyConfig, measure: str, where: str) -> Iterator[Problem]:
    """Precision weights that are no number of the rows, or of an outcome whose rows have no residual variance."""
    if entry.weights is None:
        return
    found = f"the weights `{entry.weights}` of entry `{entry.id}` are no background number"
    yield from _no_number(entry.weights, found, "how precise each row is", study, where)
    if measure != "continuous":
        yield Problem(
            found=f"entry `{entry.id}` has `weights`, and its outcome is `{measure}`",
            where=where,
            expected="an outcome with `measure: continuous`, whose rows can differ in precision",
            action="leave `weights` out; write `measure: continuous` for shares of cells",
        )


def _per(entry: EntryConfig, study: StudyConfig, measure: str, where: str) -> Iterator[Problem]:
    """A time that is no number of the rows, or of an outcome that counts nothing."""
    if entry.per is None:
        return
    found = f"`per: {entry.per}` of entry `{entry.id}` is no background number"
    yield from _no_number(entry.per, found, "over what time each row counts", study, where)
    if measure != "count":
        yield Problem(
            found=f"entry `{entry.id}` has `per`, and its outcome is `{measure}`",
            where=where,
            expected="an outcome with `measure: count`, whose rows count over a time",
            action="leave `per` out",
        )


def _no_number(name: str, found: str, says: str, study: StudyConfig, where: str) -> Iterator[Problem]:
    """A name that should say something of each row, and is no number of `background`."""
    known = [b.name for b in study.background if b.kind == "number"]
    if name not in known:
        yield Problem(
            found=found,
            where=where,
            expected="one of " + (", ".join(known) or "(no background numbers)"),
            action=f"name a number in `background` of study.yaml that says {says}",
        )


def check_weights(plan: PlanConfig, file: YamlFile) -> Iterator[Problem]:
    """Entries with precision weights in plans that impute rows or weigh units, which have no such weight: a Problem
    each, with file and line."""
    weighted = [e.id for e in plan.entries if e.weights is not None]
    beside = {"missing: imputation": plan.missing.imputation, "propensity": plan.propensity}
    for name in (n for n, given in beside.items() if given is not None and weighted):
        yield Problem(
            found=f"the plan has `{name}`, and entries with `weights`: {', '.join(weighted)}",
            where=file.where(("entries",)),
            expected=f"`weights` (how precise a row is) without `{name}`, whose rows have none",
            action="leave one of the two out",
        )
