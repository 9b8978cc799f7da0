"""A sealed entry turned back into what an analysis takes.

What an analysis is told (the entry's own values, arms, waves, strata, scoring) comes from the seal. What decides how
delivered files are read (rules for rows, columns, recoding, dates of waves, persons' links) has already been done to
the data as they were read: where a sealed value of that kind is another one, the files are to be read again, by the
sealed rules. What neither can follow is named.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dww_analysis.config.files import StudyFiles
from dww_analysis.config.resolved import BY_COLUMN, PLACES, THEORY_PARTS, differences, resolve_entry
from dww_analysis.config.seal import Seal, list_changes
from dww_analysis.config.sealed_reading import known, read_as_sealed
from dww_analysis.domain.plan import DecidingTest, Missing, Plan, PlanEntry, names_in
from dww_analysis.domain.scales import Scale, ScoringKey
from dww_analysis.domain.study import Allocation, Linking, Study
from dww_analysis.domain.theory import Arrow, Moderation, Node, Path, Theory

WITHOUT_NUMBERS = (
    "seed",
    "missing",
    "propensity",
    "family.adjust",
    "family.members",
    "family.primary",
    "design.min_cell_size",
)
NO_WORDS: dict[str, str] = {}


@dataclass(frozen=True)
class Unsealed:
    """One entry as it was sealed. Always true: with `kept` empty its estimate is that of the sealed plan.

    reread: sealed values (paths into the resolved entry) by which the files were to be read and are not read now; with
    any the answers are those of `reading`, and study and scales are of it. kept: sealed values that no reading of these
    files can follow.
    """

    entry: PlanEntry
    plan: Plan
    study: Study
    scales: tuple[Scale, ...]  # the outcome's and those of covariates, by sealed scoring
    linking: str  # rule by which persons who made their own codes were to be linked
    reading: StudyFiles  # the configuration with the sealed rules of reading
    reread: tuple[str, ...]
    kept: tuple[str, ...]

    @property
    def of_records(self) -> bool:
        """Whether the sealed outcome comes from personnel records: no scale of the seal scores it."""
        return self.entry.outcome.split(".")[0] not in {s.id for s in self.scales}


def unsealed(files: StudyFiles, seal: Seal, name: str) -> Unsealed:
    """The entry `name` as it was sealed; KeyError when it was not sealed."""
    facts = seal.entries[name]
    now = next((e for e in files.plan.entries if e.id == name), None)
    entry = _entry(facts["entry"], now)
    study = _study(facts["design"], files.study)
    scales = tuple(_scale(id, own, files, entry.sample) for id, own in facts["scales"].items())
    plan = replace(files.plan, entries=(entry,), missing=Missing(), **_plan_values(facts["family"]))
    others = tuple(s for s in files.scales if s.id not in facts["scales"])
    stand_in = replace(files, study=study, plan=plan, scales=(*scales, *others))
    needed = {n.split(".")[0] for n in (entry.outcome, *entry.covariates, *names_in(entry.formula))}
    needed |= {name for name in (entry.weights, entry.per) if name}
    used = tuple(s for s in scales if s.id in needed)
    columns = {*PLACES, *needed, *_facts(facts), *(c for s in used for c in s.columns())}

    def apart(by: StudyFiles) -> tuple[str, ...]:
        left = [what for what, _, _ in differences(facts, resolve_entry(by, entry))]
        return tuple(w for w in left if _counts(w, needed, columns, facts))

    reading, reread = read_as_sealed(stand_in, facts), apart(stand_in)
    rule = _linking(facts).get("rule", Linking().rule)
    kept = (*apart(reading), *(what for what, _, _ in list_changes(files, seal)))
    return Unsealed(entry, plan, reading.study if reread else study, used, rule, reading, reread, kept)


def unsealed_theory(files: StudyFiles, sealed: Mapping[str, Any]) -> tuple[Theory, tuple[Scale, ...]]:
    """The theory of change as it was sealed, and the scales that it names by their sealed scoring. sealed: facts of
    the seal; a field that `Theory` has no place for is left out, and stays a difference."""
    labels = {n.id: n.label for n in files.theory.nodes} if files.theory is not None else {}
    nodes = tuple(
        Node(id, labels.get(id, {"en": id}), **known(Node, own)) for id, own in sealed["nodes"].items()
    )
    rest = known(Theory, {name: v for name, v in sealed.items() if name not in THEORY_PARTS})
    theory = Theory(
        nodes,
        tuple(Arrow(**known(Arrow, own)) for own in sealed["arrows"].values()),
        tuple(Path(**known(Path, own)) for own in sealed["paths"].values()),
        tuple(Moderation(**known(Moderation, own)) for own in sealed["moderations"].values()),
        **rest,
    )
    return theory, tuple(_scale(id, own, files, theory.sample) for id, own in sealed["scales"].items())


def _linking(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was sealed about links; nothing where persons did not make their own codes."""
    return facts.get("linking") or {}


def _facts(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """Background that the sealed plan links persons by."""
    return tuple(_linking(facts).get("facts", ()))


def _counts(what: str, needed: Collection[str], columns: Collection[str], facts: Mapping[str, Any]) -> bool:
    """Whether a sealed value bears on the planned estimate: not what other scales, columns or corrections are about."""
    if what.startswith(WITHOUT_NUMBERS) or what == "linking.rule":
        return False
    part, *names = what.split(".")
    if part == "scales":
        return names[0] in needed
    if part == "background":
        return names[0] in {*needed, *_facts(facts)}
    if part == "sources" and len(names) > 2 and names[1] in BY_COLUMN:
        return names[2] in columns
    return True


def _entry(stated: Mapping[str, Any], now: PlanEntry | None) -> PlanEntry:
    """The entry's sealed values with the words of the present one, where there is one."""
    words: dict[str, Any] = {"question": NO_WORDS, "why": NO_WORDS, "unit": None}
    if now is not None:
        words = {name: getattr(now, name) for name in words}
    values = known(PlanEntry, stated)
    test = {"test": DecidingTest(**values["test"])} if "test" in values else {}
    return PlanEntry(**{**values, **test}, **words, status="deviation")


def _plan_values(family: Mapping[str, Any]) -> dict[str, Any]:
    return {n: family[n] for n in ("conf_level", "organisations_fixed_below") if n in family}


def _study(design: Mapping[str, Any], study: Study) -> Study:
    """The study with the sealed waves, arms and allocation, as far as the data hold them."""
    numbers, arms = [w[0] for w in design["waves"]], list(design["arms"])
    waves = {w.number: w for w in study.waves}
    named = {a.id: a for a in study.arms}
    if set(numbers) <= set(waves):
        study = replace(study, waves=tuple(waves[n] for n in numbers))
    if set(arms) == set(named):
        study = replace(study, arms=tuple(named[a] for a in arms))
    allocation = _allocation(design["allocation"], study.allocation)
    return replace(study, allocation=allocation, start=design.get("start"))


def _allocation(sealed: Mapping[str, Any] | None, now: Allocation | None) -> Allocation | None:
    """The sealed rules of allocation with the present list. Whom it names (persons, or units of persons) is in the
    data; which of two nested units it was is not."""
    if sealed is None or now is None:
        return now
    listed = now.listed if sealed.get("listed_sha256") else ""
    values = {**known(Allocation, sealed), "source": now.source, "listed": listed}
    if "person" in (values["unit"], now.unit):
        values["unit"] = now.unit
    return Allocation(**values)


def _scale(identity: str, own: Mapping[str, Any], files: StudyFiles, sample: str) -> Scale:
    """A scale by its sealed scoring, with the words of the present one, where there is one."""
    now = next((s for s in files.scales if s.id == identity), None)
    base = now or Scale(identity, {"en": identity}, (sample,), delivered="")
    stated = {n: v for n, v in known(Scale, own).items() if n != "key"}
    default = Scale(identity, base.label, base.samples, unit=base.unit, team_property=base.team_property)
    return replace(default, **stated, key=_key(own["key"], base.key) if own.get("key") else None)


def _key(stated: Mapping[str, Any], now: ScoringKey | None) -> ScoringKey:
    values = known(ScoringKey, stated)
    table = values.get("transform", {}).get("table")
    if table is not None:
        values["transform"] = {**values["transform"], "table": {int(raw): v for raw, v in table.items()}}
    names = ("id", "version", "name", "reference")
    words = {n: getattr(now, n) for n in names} if now is not None else dict.fromkeys(names, "")
    return ScoringKey(**{**words, **values})
