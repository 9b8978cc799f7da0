"""The resolved entry: one frozen value with everything that decides the numbers of one plan entry, and its hash.

Words are never in it: a label, a question or a reason may be put differently without changing what is estimated. Nor
are files: what is delivered later does not change what was planned.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any

from dww_analysis.domain.plan import PlanEntry
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Source, Study

if TYPE_CHECKING:
    from dww_analysis.config.whole import StudyFiles

ENTRY_WORDS = {"question", "why", "unit", "status", "deviation"}
SCALE_WORDS = {"label", "unit", "key", "samples", "team_property"}
KEY_NUMBERS = (
    *("items", "minimum", "maximum", "reversed", "subscales", "total", "method", "min_answered", "transform"),
    *("score_range", "direction"),
)
SOURCE_FILES = {"file", "sha256", "format", "options", "identifiers", "position", "rules"}
BY_COLUMN = ("columns", "recode", "conflicts", "apart")  # of a source: a mapping from our columns
PLACES = {"person", "team", "organisation", "arm", "start", "submitted"}


@dataclass(frozen=True)
class ResolvedEntry:
    """Everything that decides the numbers of one entry, as plain values by part.

    Always true: two entries with the same `canonical` text get the same numbers from the same answers.
    """

    id: str
    facts: Mapping[str, Any]

    @property
    def canonical(self) -> str:
        """The facts as one JSON text: keys sorted, no spaces, the same on every machine."""
        return canonical_text(self.facts)

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical text, 64 hexadecimal digits."""
        return hash_of(self.facts)


def resolve_entry(files: StudyFiles, entry: PlanEntry) -> ResolvedEntry:
    """The entry with its plan, design, arms, allocation, scoring, columns, recoding, rules, linking and seed."""
    scales = _scales_of(files, entry)
    return ResolvedEntry(
        entry.id,
        {
            "entry": plain({n: getattr(entry, n) for n in _names(entry) if n not in ENTRY_WORDS}),
            "family": _family(files, entry),
            "design": _design(files.study, entry),
            "scales": {s.id: _scale(s) for s in scales},
            "background": {b.name: _background(b) for b in _background_of(files.study, entry)},
            "sources": _sources(files, entry, scales),
            "linking": _linking(files, entry),
            "seed": files.study.seed,
        },
    )


def canonical_text(facts: Any) -> str:
    """Plain values as one JSON text with sorted keys."""
    return json.dumps(
        plain(facts), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )


def hash_of(facts: Any) -> str:
    """SHA-256 of the canonical text."""
    return hashlib.sha256(canonical_text(facts).encode("utf-8")).hexdigest()


def plain(value: Any) -> Any:
    """Frozen values as mappings, lists, texts, numbers, true, false and nothing."""
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


def differences(sealed: Any, now: Any, where: str = "") -> list[tuple[str, str, str]]:
    """(what, old, new) of every value that differs, e.g. ("entry.wave", "2", "1"); absent values are empty texts."""
    if isinstance(sealed, Mapping) and isinstance(now, Mapping):
        names = [*sealed, *(n for n in now if n not in sealed)]
        below = [(f"{where}.{n}" if where else n, sealed.get(n), now.get(n)) for n in names]
        return [found for name, old, new in below for found in differences(old, new, name)]
    return [] if sealed == now else [(where, _shown(sealed), _shown(now))]


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


def _design(study: Study, entry: PlanEntry) -> dict[str, Any]:
    """Dates of waves count where they say at which wave a unit starts."""
    return {
        "design": study.design,
        "waves": [[w.number, w.date] if study.starts else [w.number] for w in study.waves],
        "arms": [a.id for a in study.arms],
        "allocation": plain(study.allocation),
        "sample": entry.sample,
        "min_cell_size": study.min_cell_size,
    }


def _named_in(entry: PlanEntry) -> set[str]:
    """Names in the right-hand side of the entry's formula."""
    right = entry.formula.split("~", 1)[1] if entry.formula and "~" in entry.formula else ""
    return set(re.findall(r"[A-Za-z_][\w.]*", right))


def _scales_of(files: StudyFiles, entry: PlanEntry) -> list[Scale]:
    """The outcome's scale and those that the formula names."""
    wanted = {entry.outcome.split(".")[0], *(n.split(".")[0] for n in _named_in(entry))}
    return [s for s in files.scales if s.id in wanted]


def _scale(scale: Scale) -> dict[str, Any]:
    own = {n: getattr(scale, n) for n in _names(scale) if n not in SCALE_WORDS}
    key = {n: getattr(scale.key, n) for n in KEY_NUMBERS} if scale.key is not None else None
    return {**plain(own), "key": _without_words(plain(key))}


def _without_words(value: Any) -> Any:
    """Without the names that a key gives to the parts of its transform."""
    if isinstance(value, dict):
        return {k: _without_words(v) for k, v in value.items() if k != "name"}
    return [_without_words(v) for v in value] if isinstance(value, list) else value


def _background_of(study: Study, entry: PlanEntry) -> list[Any]:
    return [b for b in study.background if b.name in _named_in(entry)]


def _background(variable: Any) -> dict[str, Any]:
    return {
        "kind": variable.kind,
        "categories": list(variable.categories),
        "valid_range": plain(variable.valid_range),
    }


def _sources(files: StudyFiles, entry: PlanEntry, scales: list[Scale]) -> dict[str, Any]:
    """Sources of answers of the entry's sample and the list that allocates, with what they say about used columns."""
    allocates = files.study.allocation.source if files.study.allocation else None
    used = {*PLACES, *(b.name for b in _background_of(files.study, entry)), *_columns_of(scales)}
    answers = [s for s in files.sources if s.kind == "answers" and s.sample == entry.sample]
    chosen = [*answers, *(s for s in files.sources if s.id == allocates)]
    return {s.id: _source(s, used) for s in chosen}


def _columns_of(scales: list[Scale]) -> set[str]:
    delivered = {s.delivered for s in scales if s.delivered is not None}
    return delivered | {item for s in scales for item in s.items}


def _source(source: Source, used: set[str]) -> dict[str, Any]:
    own = {n: plain(getattr(source, n)) for n in _names(source) if n not in SOURCE_FILES}
    for name in BY_COLUMN:
        if isinstance(own.get(name), dict):
            own[name] = {column: v for column, v in own[name].items() if column in used}
    return own


def _linking(files: StudyFiles, entry: PlanEntry) -> Any:
    """How persons are linked, where a source of the entry's sample needs it."""
    coded = any(s.persons == "code" and s.sample == entry.sample for s in files.sources)
    return plain(files.study.linking) if coded else None
