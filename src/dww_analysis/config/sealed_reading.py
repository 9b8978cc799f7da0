"""How delivered files were to be read by the seal: sources, dates of waves, background and links as they were sealed,
in the configuration as it is now.

Files, their formats and what is dropped as identifying are those of now: a seal does not hold them. A sealed rule that
meets nothing decides no number, so that each may.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

from dww_analysis.config.files import StudyFiles
from dww_analysis.config.resolved import BY_COLUMN, PLACES
from dww_analysis.domain.exposure import HrRules
from dww_analysis.domain.study import Allocation, Background, DropRule, Linking, Source, Study, rule_name

RULES = ("recode", "missing_codes", "team_aliases")  # that are written by column, code or name


def read_as_sealed(files: StudyFiles, facts: Mapping[str, Any]) -> StudyFiles:
    """`files` with the sources, dates, background, allocation and links of a sealed entry. What cannot be had back (a
    source that is gone) is left as it is. files: with the entry's sealed waves, arms and scales."""
    study, records = files.study, facts.get("records") or {}
    study = replace(
        study,
        design=facts["design"].get("design", study.design),
        waves=tuple(_dated(study, [*records.get("waves", ()), *facts["design"]["waves"]])),
        allocation=_allocation(facts["design"]["allocation"], study.allocation),
        background=tuple(_background(b, facts["background"].get(b.name)) for b in study.background),
        linking=_linking(facts.get("linking"), study.linking),
    )
    sealed = {**facts["sources"], **records.get("read", {})}
    used = {*PLACES, *facts["background"], *_columns(files, facts)}
    rules = records.get("rules", {})
    there = {s.id: s for s in files.sources}
    as_sealed = [
        _source(there[name], own, used, rules.get(name)) for name, own in sealed.items() if name in there
    ]
    others = [s for s in files.sources if s.id not in sealed and s.kind != "answers"]
    return replace(files, study=study, sources=(*as_sealed, *others))


def known(kind: type[Any], stated: Mapping[str, Any]) -> dict[str, Any]:
    """The stated values that the type has a field for, as it holds them; what an older seal says beside it stays a
    difference."""
    names = {f.name for f in fields(kind)}
    return {name: frozen(value) for name, value in stated.items() if name in names}


def frozen(value: Any) -> Any:
    """Plain values as frozen ones: lists as tuples."""
    if isinstance(value, Mapping):
        return {name: frozen(inner) for name, inner in value.items()}
    return tuple(frozen(v) for v in value) if isinstance(value, list | tuple) else value


def _columns(files: StudyFiles, facts: Mapping[str, Any]) -> Iterator[str]:
    for scale in files.scales:
        if scale.id in facts["scales"]:
            yield from scale.columns()


def _dated(study: Study, sealed: Iterable[list[Any]]) -> Iterator[Any]:
    dates = {wave[0]: wave[1] for wave in sealed if len(wave) > 1}
    for wave in study.waves:
        yield replace(wave, date=dates.get(wave.number, wave.date))


def _allocation(sealed: Mapping[str, Any] | None, now: Allocation | None) -> Allocation | None:
    """The allocation with the list, and the units in it, that the seal names."""
    if sealed is None or now is None:
        return now
    return replace(now, unit=sealed["unit"], source=sealed["source"])


def _background(now: Background, sealed: Mapping[str, Any] | None) -> Background:
    if sealed is None:
        return now
    categories = {code: now.categories.get(code, {"en": code}) for code in sealed["categories"]}
    bounds = frozen(sealed["valid_range"])
    each_wave = bool(sealed.get("each_wave"))
    return replace(now, kind=sealed["kind"], categories=categories, valid_range=bounds, each_wave=each_wave)


def _linking(sealed: Mapping[str, Any] | None, now: Linking) -> Linking:
    return now if sealed is None else replace(Linking(plausible=now.plausible), **known(Linking, sealed))


def _source(now: Source, sealed: Mapping[str, Any], used: set[str], rules: Any) -> Source:
    """A source by its sealed rules; about columns that the seal was not about those of now."""
    own = known(Source, sealed)
    for name in BY_COLUMN:
        others = {column: v for column, v in getattr(now, name).items() if column not in used}
        own[name] = {**others, **own.get(name, {})}
    own["shared"] = (*own.get("shared", ()), *(c for c in now.shared if c not in used))
    own["drop_rows"] = tuple(_drop_rule(rule) for rule in own.get("drop_rows", ()))
    files = {n: getattr(now, n) for n in ("file", "sha256", "format", "options", "identifiers", "position")}
    files |= {n: getattr(now, n) for n in ("rows_of_others", "written", "participant")}
    made = Source(id=now.id, **{**files, **{n: v for n, v in own.items() if n not in ("id", *files)}})
    read_by = HrRules(**known(HrRules, rules)) if rules is not None else now.rules
    return replace(made, rules=read_by, may_be_absent=(*now.may_be_absent, *_rules_of(made)))


def _drop_rule(sealed: Any) -> DropRule:
    column, values = (sealed["column"], sealed["values"]) if isinstance(sealed, Mapping) else sealed
    return DropRule(column, tuple(values), "by a sealed rule", may_be_absent=True)


def _rules_of(source: Source) -> Iterator[str]:
    for kind in RULES:
        for name in getattr(source, kind):
            yield rule_name(kind, source.written.get(rule_name(kind, name), name))
    if source.complete is not None:
        yield rule_name("complete", source.complete[0])
