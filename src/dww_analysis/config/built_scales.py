"""Scales of a study, each built from its scoring key: one of the library, or one of the study's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dww_analysis.config.files import Keys
from dww_analysis.config.rules import unknown, unused
from dww_analysis.config.scales import ScaleConfig, ScalesConfig
from dww_analysis.config.yaml_file import YamlFile
from dww_analysis.domain.outcomes import KINDS, contradicting
from dww_analysis.domain.scales import Scale, ScoringKey
from dww_analysis.errors import DwwError, Problem


def build_scales(config: ScalesConfig, file: YamlFile, keys: Keys) -> tuple[list[Scale], list[Problem]]:
    """Every scale that can be built, and a problem for every scale and own key that cannot, or that nothing uses.

    file: where each stands; keys: the library's, by the loader of the room that keeps it.
    """
    problems: list[Problem] = []
    own: dict[str, ScoringKey] = {}
    for index, raw in enumerate(config.own_keys):
        try:
            key = keys.parse(raw.as_written())
            own[key.id] = key
        except DwwError as error:
            where = file.where(("own_keys", index))
            problems += [
                Problem(found=p.found, where=f"{where}, {p.where}", expected=p.expected, action=p.action)
                for p in error.problems
            ]
            if not error.problems:
                problems.append(
                    Problem(found=str(error), where=where, expected="a scoring key", action="correct it")
                )
    problems += _check_own_keys(config, file, keys)
    scales: list[Scale] = []
    for index, scale in enumerate(config.scales):
        where = file.where(("scales", index))
        built = _scale(scale, where, keys, own)
        if isinstance(built, Scale):
            scales.append(built)
            problems += _check_measure(built, where)
        else:
            problems.append(built)
    return scales, problems


def _check_own_keys(config: ScalesConfig, file: YamlFile, keys: Keys) -> Iterator[Problem]:
    """Own keys that no scale uses, and those with the name of a key of the library."""
    used = {scale.key for scale in config.scales}
    for index, key in enumerate(config.own_keys):
        where = file.where(("own_keys", index))
        if key.id in keys.known:
            expected, action = (
                "another id than the keys of `dww scales`",
                "rename it, or remove it for that key",
            )
            yield Problem(
                found=f"the own key `{key.id}` has the id of a key of the library",
                where=where,
                expected=expected,
                action=action,
            )
        elif key.id not in used:
            expected = f"a scale with `key: {key.id}`"
            yield unused(f"the own key `{key.id}` is used by no scale", where, expected, "use it")


def _check_measure(scale: Scale, where: str) -> Iterator[Problem]:
    """A kind of outcome that the lowest or highest possible score cannot be of: yes and no from 1 to 2."""
    low, high = scale.score_range()
    if contradicting(scale.measure, (low, high)):
        kind = KINDS[scale.measure]
        how = (
            "recode the lower answer to 0 and the higher to 1 (`recode` in sources.yaml), with range [0, 1]"
            if kind.has_shares
            else "correct the range, or leave `measure` out"
        )
        yield Problem(
            found=f"scale `{scale.id}` has `measure: {scale.measure}` and scores from {low:g} to {high:g}",
            where=where,
            expected=f"scores that are {kind.expected}",
            action=how,
        )


def _scale(config: ScaleConfig, where: str, keys: Keys, own: Mapping[str, ScoringKey]) -> Scale | Problem:
    shared: dict[str, Any] = {
        "id": config.id,
        "label": config.label,
        "samples": tuple(config.samples),
        "team_property": config.team_property,
        "measure": config.kind(),
    }
    if config.unit:
        shared["unit"] = config.unit
    if config.short:
        shared["short"] = config.short
    if config.key is None:
        direction = config.direction or "neutral"
        return Scale(delivered=config.delivered, delivered_range=config.range, direction=direction, **shared)
    if config.key not in own and config.key not in keys.known:
        return unknown("scoring key", config.key, [*own, *keys.known], where)
    key = own[config.key] if config.key in own else keys.load(config.key)
    items = tuple(config.items or key.items)
    if len(items) != len(key.items):
        return Problem(
            found=f"scale `{config.id}` gives {len(items)} item columns",
            where=where,
            expected=f"{len(key.items)}, as many as the scoring key {key.id} has items",
            action="list the columns in the order of the key's items",
        )
    if len(items) == 1 and key.range_of_score() == (key.minimum, key.maximum):
        shared["measure"] = config.kind((key.minimum, key.maximum))
    return Scale(key=key, items=items, direction=key.direction, **shared)
