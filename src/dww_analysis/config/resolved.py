"""The resolved entry: one frozen value with everything that decides the numbers of one plan entry, and its hash.

What equals its default is left out, so that a later version with one more choice does not make every plan differ. Words
are never in it: a label, a question or a reason may be put differently without changing what is
estimated. Nor are files: what is delivered later does not change what was planned.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from typing import Any

from dww_analysis.config.files import StudyFiles
from dww_analysis.domain.coverage import COVERAGE, coverage_sources
from dww_analysis.domain.exposure import HrRules
from dww_analysis.domain.plan import EMPLOYED, Missing, PlanEntry, names_in
from dww_analysis.domain.records import record_outcomes
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Background, Source, Study
from dww_analysis.domain.theory import THEORY

ENTRY_WORDS = {"question", "why", "unit", "status", "events", "deviation"}
SCALE_WORDS = {"label", "unit", "key", "samples", "team_property"}
KEY_NUMBERS = (
    *("items", "minimum", "maximum", "reversed", "subscales", "total", "method", "min_answered", "transform"),
    *("score_range", "direction"),
)
SOURCE_FILES = {
    *("file", "sha256", "format", "options", "identifiers", "position", "rules", "rows_of_others"),
    *("basis", "consent", "date", "by", "participant"),
}
SOURCE_SPELLING = {"written", "may_be_absent"}  # how rules are written, and what stops when they meet nothing
LINKING_BOUNDS = {"plausible"}  # what stops the run; it decides no link
BY_COLUMN = ("columns", "recode", "conflicts", "apart")  # of a source: a mapping from our columns
THEORY_PARTS = ("nodes", "arrows", "paths", "moderations")
PLACES = {"person", "team", "organisation", "arm", "start", "submitted"}


@dataclass(frozen=True)
class ResolvedEntry:
    """Everything that decides the numbers of one entry, as plain values by part.

    Always true: two entries with the same `canonical` text get the same numbers from the same answers.
    """

    id: str
    facts: Mapping[str, Any]
    defaults: Mapping[str, Any] = field(
        default_factory=dict, compare=False
    )  # path -> what holds when not stated

    @property
    def canonical(self) -> str:
        """The facts as one JSON text: keys sorted, no spaces, the same on every machine. Raises as `canonical_text`."""
        return canonical_text(self.facts)

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical text, 64 hexadecimal digits."""
        return hash_of(self.facts)


def resolve_entry(files: StudyFiles, entry: PlanEntry) -> ResolvedEntry:
    """The entry with its plan, design, arms, allocation, scoring, columns, recoding, rules, linking and seed."""
    scales, background, defaults = _scales_of(files, entry), _background_of(files, entry), Defaults()
    facts = {
        "entry": defaults.stated(entry, "entry", ENTRY_WORDS),
        "family": _family(files, entry),
        "design": _design(files.study, entry, defaults),
        "scales": {s.id: _scale(s, defaults) for s in scales},
        "background": {b.name: _background(b) for b in background},
        "sources": _sources(files, entry, {*_columns_of(scales), *(b.name for b in background)}, defaults),
        "linking": _linking(files, entry, defaults),
        "seed": files.study.seed,
    }
    records = _records(files, entry, defaults)
    if records:
        facts["records"] = records
    told = _fragments(files, entry, scales, defaults)
    if told:
        facts["fragments"] = told
    if files.plan.missing != Missing():
        facts["missing"] = defaults.stated(files.plan.missing, "missing")
    if files.plan.propensity:
        facts["propensity"] = list(files.plan.propensity)
    return ResolvedEntry(entry.id, facts, defaults.found)


def resolve_theory(files: StudyFiles) -> ResolvedEntry | None:
    """Everything of the theory of change that decides numbers, with the scoring of the scales that it names; None where
    there is none. Labels decide nothing."""
    theory = files.theory
    if theory is None:
        return None
    defaults = Defaults()
    facts = defaults.stated(theory, THEORY, {*THEORY_PARTS})
    for part in THEORY_PARTS:
        facts[part] = {
            one.id: defaults.stated(one, f"{THEORY}.{part}.{one.id}", {"id", "label"})
            for one in getattr(theory, part)
        }
    named = {name.split(".")[0] for name in (*(n.scale for n in theory.nodes if n.scale), *theory.adjust)}
    scales = [s for s in files.scales if s.id in named and theory.sample in s.samples]
    facts["scales"] = {s.id: _scale(s, defaults, f"{THEORY}.scales") for s in scales}
    return ResolvedEntry(THEORY, facts, defaults.found)


def theory_differences(sealed: Mapping[str, Any], now: ResolvedEntry) -> list[tuple[str, str, str]]:
    """(what, old, new) of every value of the theory that differs from what was sealed, as `differences` has them."""
    found = _differing(sealed, now.facts, THEORY, now.defaults)
    return [(what, _shown(old), _shown(new)) for what, old, new in found]


class Defaults:
    """Writes frozen values down without what equals its default, and remembers the defaults by path."""

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}

    def stated(self, value: Any, where: str, without: Collection[str] = ()) -> dict[str, Any]:
        """The fields of a frozen value that are not at their default, as plain values; the defaults that were met are
        noted under `<where>.<field>`. without: fields that are left out."""
        result = {}
        for one in (f for f in fields(value) if f.name not in without):
            now, default = plain(getattr(value, one.name)), _default(one)
            if default is not MISSING:
                self.found[f"{where}.{one.name}"] = default
            if now != default:
                result[one.name] = now
        return result


def _default(one: Field[Any]) -> Any:
    if one.default_factory is not MISSING:
        return plain(one.default_factory())
    return MISSING if one.default is MISSING else plain(one.default)


def canonical_text(facts: Any) -> str:
    """Plain values as one JSON text with sorted keys. ValueError for NaN and infinity, TypeError for a type that
    `plain` does not know."""
    return json.dumps(
        plain(facts), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )


def hash_of(facts: Any) -> str:
    """SHA-256 of the canonical text."""
    return hashlib.sha256(canonical_text(facts).encode("utf-8")).hexdigest()


def plain(value: Any) -> Any:
    """Frozen values as mappings, lists, texts, numbers, true, false and None; a set is sorted. TypeError for anything
    else."""
    if is_dataclass(value) and not isinstance(value, type):
        return {n: plain(getattr(value, n)) for n in _names(value)}
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(v) for v in value)
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(f"a value of type {type(value).__name__} has no canonical text")


def differences(sealed: Mapping[str, Any], now: ResolvedEntry) -> list[tuple[str, str, str]]:
    """(what, old, new) of every value that differs, e.g. ("entry.wave", "2", "1"). What is not stated has its default;
    an absent value is an empty text."""
    found = _differing(_comparable(sealed), now.facts, "", now.defaults)
    return [(what, _shown(old), _shown(new)) for what, old, new in found]


def _comparable(sealed: Mapping[str, Any]) -> dict[str, Any]:
    """What was sealed, without the spelling of rules that a seal may hold."""
    sources = {name: _rules_only(source) for name, source in sealed.get("sources", {}).items()}
    linking = sealed.get("linking")
    bare = {k: v for k, v in linking.items() if k not in LINKING_BOUNDS} if linking else linking
    return {**sealed, "sources": sources, "linking": bare}


def _differing(
    sealed: Any, now: Any, where: str, defaults: Mapping[str, Any]
) -> Iterator[tuple[str, Any, Any]]:
    old, new = (defaults.get(where) if v is None else v for v in (sealed, now))
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in [*old, *(n for n in new if n not in old)]:
            below = f"{where}.{name}" if where else name
            yield from _differing(old.get(name), new.get(name), below, defaults)
    elif old != new:
        yield where, old, new


def _shown(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else canonical_text(value)


def _names(value: Any) -> list[str]:
    return [f.name for f in fields(value)]


def _family(files: StudyFiles, entry: PlanEntry) -> dict[str, Any]:
    plan = files.plan
    family = plan.families.get(entry.family)
    return {
        "adjust": family.adjust if family else None,
        "members": sorted(e.id for e in plan.entries if e.family == entry.family),
        "primary": entry.family == plan.primary,
        "conf_level": plan.conf_level,
        "organisations_fixed_below": plan.organisations_fixed_below,
    }


def _design(study: Study, entry: PlanEntry, defaults: Defaults) -> dict[str, Any]:
    """Dates of waves count where they say at which wave a unit starts."""
    return {
        "design": study.design,
        "waves": [[w.number, w.date] if study.starts or study.start else [w.number] for w in study.waves],
        **({"start": study.start} if study.start else {}),
        "arms": [a.id for a in study.arms],
        "allocation": defaults.stated(study.allocation, "design.allocation", {"listed"})
        if study.allocation
        else None,
        "sample": entry.sample,
        "min_cell_size": study.min_cell_size,
    }


def _named_in(files: StudyFiles, entry: PlanEntry) -> set[str]:
    """Scales and background that the entry's numbers hang on beside its outcome: names in its formula, covariates, what
    missing values are imputed with, what units are weighed by, and facts that persons are linked by."""
    missing = files.plan.missing
    imputed = {*missing.participation, *missing.imputation.auxiliaries} if missing.imputation else set()
    facts = files.study.linking.facts if _coded(files, entry) else ()
    weights = [name for name in (entry.weights, entry.per) if name]
    return {*names_in(entry.formula), *entry.covariates, *weights, *imputed, *files.plan.propensity, *facts}


def _coded(files: StudyFiles, entry: PlanEntry) -> bool:
    """Whether persons of the entry's sample are linked by codes that they made themselves."""
    return any(s.persons == "code" and s.sample == entry.sample for s in files.sources)


def _scales_of(files: StudyFiles, entry: PlanEntry) -> list[Scale]:
    """The outcome's scale, and those that its numbers hang on."""
    wanted = {n.split(".")[0] for n in (entry.outcome, *_named_in(files, entry))}
    return [s for s in files.scales if s.id in wanted and entry.sample in s.samples]


def _scale(scale: Scale, defaults: Defaults, among: str = "scales") -> dict[str, Any]:
    where = f"{among}.{scale.id}"
    own = defaults.stated(scale, where, SCALE_WORDS)
    if scale.key is None:
        return own
    words = set(_names(scale.key)) - set(KEY_NUMBERS)
    return {**own, "key": _without_words(defaults.stated(scale.key, f"{where}.key", words))}


def _without_words(value: Any) -> Any:
    """Without the names that a key gives to the parts of its transform."""
    if isinstance(value, dict):
        return {k: _without_words(v) for k, v in value.items() if k != "name"}
    return [_without_words(v) for v in value] if isinstance(value, list) else value


def _background_of(files: StudyFiles, entry: PlanEntry) -> list[Background]:
    named = _named_in(files, entry)
    return [b for b in files.study.background if b.name in named]


def _background(variable: Background) -> dict[str, Any]:
    return {
        "kind": variable.kind,
        "categories": list(variable.categories),
        "valid_range": plain(variable.valid_range),
        **({"each_wave": True} if variable.each_wave else {}),
    }


def _sources(files: StudyFiles, entry: PlanEntry, columns: set[str], defaults: Defaults) -> dict[str, Any]:
    """Sources of answers of the entry's sample and the list that allocates, with what they say about `columns` and
    about persons and units."""
    allocates = files.study.allocation.source if files.study.allocation else None
    answers = [s for s in files.sources if s.kind == "answers" and s.sample == entry.sample]
    chosen = [*answers, *(s for s in files.sources if s.id == allocates)]
    return {s.id: _source(s, PLACES | columns, defaults) for s in chosen}


def _records(files: StudyFiles, entry: PlanEntry, defaults: Defaults) -> dict[str, Any]:
    """The personnel records that the entry is about, or that say whose answers count, with their rules and the dates
    that months are counted from; {} for others."""
    offered = entry.outcome not in {s.id for s in files.scales} and entry.outcome in record_outcomes(
        files.sources
    )
    if not offered and entry.population != EMPLOYED:
        return {}
    chosen = [s for s in files.sources if s.kind == "hr" and s.sample == entry.sample]
    read = {s.id: _source(s, {*s.columns}, defaults) for s in chosen}
    rules = {
        s.id: defaults.stated(s.rules, f"records.{s.id}.rules")
        for s in chosen
        if isinstance(s.rules, HrRules)
    }
    dates = [[w.number, w.date] for w in files.study.waves]
    return {"read": read, "rules": rules, "waves": dates}


def _fragments(
    files: StudyFiles, entry: PlanEntry, scales: list[Scale], defaults: Defaults
) -> dict[str, Any]:
    """The coded fragments that the score of coverage is made of, and the core elements that it counts; {} where the
    entry's numbers do not hang on it."""
    if files.practice is None or not any(s.delivered == COVERAGE for s in scales):
        return {}
    chosen = [s for s in coverage_sources(files.sources) if s.sample == entry.sample]
    read = {s.id: _source(s, {*s.columns}, defaults) for s in chosen}
    return {"read": read, "elements": list(files.practice.ids("elements"))} if read else {}


def _columns_of(scales: list[Scale]) -> set[str]:
    return {column for scale in scales for column in scale.columns()}


def _source(source: Source, used: set[str], defaults: Defaults) -> dict[str, Any]:
    own = _rules_only(defaults.stated(source, f"sources.{source.id}", SOURCE_FILES))
    for name in BY_COLUMN:
        if isinstance(own.get(name), dict):
            own[name] = {column: v for column, v in own[name].items() if column in used}
    if "shared" in own:
        own["shared"] = [column for column in own["shared"] if column in used]
    return {name: value for name, value in own.items() if name not in (*BY_COLUMN, "shared") or value}


def _rules_only(source: Mapping[str, Any]) -> dict[str, Any]:
    """A source as plain values, its rules without the way they are written: a rule that leaves rows out is its column
    and values."""
    own = {name: value for name, value in source.items() if name not in SOURCE_SPELLING}
    if "drop_rows" in own:
        own["drop_rows"] = [
            [r["column"], r["values"]] if isinstance(r, Mapping) else r for r in own["drop_rows"]
        ]
    return own


def _linking(files: StudyFiles, entry: PlanEntry, defaults: Defaults) -> Any:
    """How persons are linked, where a source of the entry's sample needs it."""
    if not _coded(files, entry):
        return None
    return defaults.stated(files.study.linking, "linking", LINKING_BOUNDS)
