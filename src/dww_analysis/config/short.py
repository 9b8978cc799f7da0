"""Short forms of labels: shorter than the label in each of its languages, and of something that has a narrow place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dww_analysis.config.rules import unused
from dww_analysis.config.stops import PICTURE, planned_outcomes
from dww_analysis.config.yaml_file import YamlFile
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Text
from dww_analysis.errors import Problem

NARROW = (PICTURE, "factsheet", "cards")  # documents that print outcomes in narrow places


@dataclass(frozen=True)
class _Named:
    """Something with a label and a short form. place: why the short form has a place, "" where it has none."""

    what: str
    label: Text
    short: Text
    where: str
    used: bool
    place: str


def check_shorts(
    parts: Mapping[str, Any], scales: Iterable[Scale], files: Mapping[str, YamlFile]
) -> Iterator[Problem]:
    """Problems of every `short`: not shorter, not in the languages of its label, or printed nowhere."""
    for named in (*_scales(parts, scales, files), *_nodes(parts, files), *_themes(parts, files)):
        yield from _not_shorter(named)
        if not named.used:
            found = f"the `short` of {named.what} is printed nowhere"
            yield unused(found, named.where, named.place, "ask for that document")


def _not_shorter(named: _Named) -> Iterator[Problem]:
    if set(named.short) != set(named.label):
        yield Problem(
            found=f"the `short` of {named.what} is in {', '.join(sorted(named.short))}",
            where=named.where,
            expected=f"the languages of its label: {', '.join(sorted(named.label))}",
            action="write both in the same languages",
        )
    for language in named.short:
        longest, n = len(named.label.get(language, "")), len(named.short[language])
        if language in named.label and not 0 < n < longest:
            yield Problem(
                found=f"the `short` of {named.what} has {n} characters in {language}",
                where=named.where,
                expected=f"1 to {longest - 1}: less than its label",
                action="shorten it, or leave `short` out",
            )


def _scales(
    parts: Mapping[str, Any], scales: Iterable[Scale], files: Mapping[str, YamlFile]
) -> Iterator[_Named]:
    """On the sheets of units, and in the documents about the whole study that have narrow places."""
    measured = {scale.id: scale for scale in scales}
    samples, units = list(parts["study"].samples), parts["reports"].units
    sheets = units is not None and units.release != "never"
    told = {outcome.split(".")[0] for outcome in planned_outcomes(parts)}
    narrow = any(document in NARROW for document in parts["reports"].documents)
    for index, config in enumerate(parts["scales"].scales):
        scale = measured.get(config.id)
        if config.short is None or scale is None:
            continue
        on_sheet = sheets and scale.measure == "continuous" and samples[0] in scale.samples
        yield _Named(
            f"scale `{config.id}`",
            config.label,
            config.short,
            files["scales"].where(("scales", index, "short")),
            on_sheet or (narrow and config.id in told),
            "sheets of units that show it (`units` in reports.yaml), or one of "
            f"`documents: [{', '.join(NARROW)}]` and a plan with it",
        )


def _nodes(parts: Mapping[str, Any], files: Mapping[str, YamlFile]) -> Iterator[_Named]:
    """In the boxes of the picture of the theory of change, which every theory has."""
    theory = parts.get("theory")
    for id, node in theory.nodes.items() if theory is not None else ():
        if node.short is not None:
            where = files["theory"].where(("nodes", id, "short"))
            yield _Named(f"node `{id}`", node.label, node.short, where, True, "")


def _themes(parts: Mapping[str, Any], files: Mapping[str, YamlFile]) -> Iterator[_Named]:
    """Beside the bars of the talking picture."""
    practice = parts.get("practice")
    for index, theme in enumerate(practice.themes if practice is not None else ()):
        if theme.short is not None:
            where = files["practice"].where(("themes", index, "short"))
            asked = PICTURE in parts["reports"].documents
            place = f"`documents: [{PICTURE}]` in reports.yaml"
            yield _Named(f"theme `{theme.id}`", theme.label, theme.short, where, asked, place)
