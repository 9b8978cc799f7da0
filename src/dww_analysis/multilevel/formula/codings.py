"""The functions that make a factor with its levels, reference and contrasts: `factor`, `ordered`, `relevel`, `C`."""

from __future__ import annotations

from dataclasses import replace

from ..errors import DesignError, FormulaError
from .arguments import Environment, Given, flag, level_labels
from .contrasts import POLY, TREATMENT, Contrasts, find_contrasts
from .expression import Node, match_arguments, write
from .reading import Factor, Value, drop_unused, label_of, match_levels, some, to_factor


def make_factor(env: Environment, node: Node, given: Given) -> Factor:
    factor = _with_levels(env, node, given)
    if "ordered" not in given:
        return factor
    return replace(factor, contrasts=POLY if flag(given, "ordered", False, node) else TREATMENT)


def make_ordered(env: Environment, node: Node, given: Given) -> Factor:
    return replace(_with_levels(env, node, given), contrasts=POLY)


def _with_levels(env: Environment, node: Node, given: Given) -> Factor:
    factor = drop_unused(to_factor(env.evaluate(given["x"])))
    if "levels" not in given:
        return factor
    levels = level_labels(env, given["levels"], node)
    unknown = [level for level in factor.levels if level not in levels]
    if unknown:
        raise DesignError(
            f"{write(node)} leaves out the level(s) {some(unknown)}, which occur in the data; name them "
            "all, or leave their rows out."
        )
    return match_levels(factor, levels)


def relevel(env: Environment, node: Node, given: Given) -> Factor:
    """R's relevel(): the factor with another reference. FormulaError for a level that it has not."""
    factor, label = to_factor(env.evaluate(given["x"])), label_of(env.evaluate(given["ref"]))
    if env.frozen:
        return factor  # new rows need not hold the reference; labels are matched to the learned levels later
    _level(node, factor, label)
    others = (level for level in factor.levels if level != label)
    return match_levels(replace(factor, contrasts=TREATMENT), (label, *others))


def coded(env: Environment, node: Node, given: Given) -> Factor:
    """R's C(): a factor with contrasts of its own. FormulaError for an unknown coding, or a reference that is named
    twice."""
    factor = drop_unused(to_factor(env.evaluate(given["object"])))
    chosen = given.get("contr")
    if env.frozen:
        return factor
    if chosen is None:
        base = given.get("base")
        return (
            factor
            if base is None
            else replace(factor, contrasts=_based(env, node, factor, factor.contrasts, base))
        )
    if chosen.kind not in ("name", "string", "call"):
        raise FormulaError(f"{write(node)}: write the coding by name, as in C(arm, Sum).")
    contrasts = find_contrasts(chosen.args[0])
    inside = match_arguments(chosen, ("base",), needs=0) if chosen.kind == "call" else {}
    if "base" in inside and "base" in given:
        raise FormulaError(f"{write(node)} names a reference twice; name it once.")
    base = {**inside, **given}.get("base")
    return replace(
        factor, contrasts=contrasts if base is None else _based(env, node, factor, contrasts, base)
    )


def _based(env: Environment, node: Node, factor: Factor, contrasts: Contrasts, base: Node) -> Contrasts:
    """Treatment contrasts with another reference: a level, or its number as in R."""
    if contrasts != TREATMENT:
        raise FormulaError(f"{write(node)}: only Treatment has a reference level of choice; leave it out.")
    value = env.evaluate(base)
    place, label = _place(value, len(factor.levels)), label_of(value)
    if place is None:
        return replace(contrasts, base=_level(node, factor, label))
    if label in factor.levels and factor.levels[place] != label:
        raise FormulaError(
            f"{write(node)}: {label} is a level and also the place of level {factor.levels[place]!r}; "
            f'write the level that is meant in quotes, as in base = "{label}".'
        )
    return replace(contrasts, base=place)


def _place(value: Value, count: int) -> int | None:
    """The position that a number from 1 to `count` gives; None for other values."""
    if isinstance(value, (str, bool)) or not float(value).is_integer() or not 1 <= value <= count:
        return None
    return int(value) - 1


def _level(node: Node, factor: Factor, label: str) -> int:
    """The position of a level by its label; refuses what is none."""
    if label not in factor.levels:
        raise DesignError(f"{write(node)}: {label!r} is not a level; there are {some(factor.levels)}.")
    return factor.levels.index(label)
