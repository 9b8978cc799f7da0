"""What a scoring key must say, and the refusals when it does not: from plain mappings to `ScoringKey` values.

The same reader serves the package's own library and the keys a study declares, so both are held to the same rules.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from dww_analysis.domain.scales import ScoringKey
from dww_analysis.errors import Problem, ScaleError, raise_all

METHODS = ("mean", "sum", "top_score", "table")
DIRECTIONS = ("higher is better", "lower is better", "neutral")
TRANSFORMS = {
    "multiply": "a number or a fraction such as 20/9 by which the score is multiplied",
    "table": "a table from whole raw sums to scores",
    "round": "true: round prorated sums half up before anything else",
    "total_of": "the subscales whose scores make up the total",
    "differences": "further scores, each one subscale minus another: {id: {of: [plus, minus], name: {nl, en}}}",
}
FIELDS = {
    "id": True,
    "version": True,
    "name": True,
    "reference": True,
    "items": True,
    "range": True,
    "reversed": False,
    "subscales": False,
    "total": False,
    "method": False,
    "min_answered": False,
    "transform": False,
    "score_range": False,
    "direction": False,
    "bands": False,
    "text_licence": False,
    "text_included": False,
    "verified": False,
    "checked": False,
    "notes": False,
}  # name -> required


def parse_key(mapping: Mapping[str, Any]) -> ScoringKey:
    """The scoring key that a mapping (as read from YAML) describes.

    Refuses with one `ScaleError` that lists every problem: unknown or missing fields, items that are not there, a
    reversal or subscale of unknown items, an unknown method, bands out of order, a missing reference.
    """
    if not isinstance(mapping, Mapping):
        raise ScaleError.of(
            found=f"a {type(mapping).__name__}",
            where="scoring key",
            expected="fields with values",
            action="write one field a line",
        )
    where = f"scoring key {mapping.get('id', '(without id)')}"
    problems = [
        *_field_problems(mapping, where),
        *_item_problems(mapping, where),
        *_number_problems(mapping, where),
        *_choice_problems(mapping, where),
        *_transform_problems(mapping, where),
    ]
    raise_all(problems, ScaleError)
    return _build(mapping)


def _build(m: Mapping[str, Any]) -> ScoringKey:
    subscales = m.get("subscales") or {}
    low, high = m["range"]
    score_range = m.get("score_range")
    return ScoringKey(
        id=str(m["id"]),
        version=str(m["version"]),
        name=_text(m["name"]),
        reference=str(m["reference"]),
        items=tuple(str(i) for i in m["items"]),
        minimum=float(low),
        maximum=float(high),
        reversed=tuple(str(i) for i in m.get("reversed") or ()),
        subscales={str(s): tuple(str(i) for i in d["items"]) for s, d in subscales.items()},
        subscale_names={str(s): _text(d.get("name", s)) for s, d in subscales.items()},
        total=bool(m.get("total", True)),
        method=m.get("method", "mean"),
        min_answered=None if m.get("min_answered") is None else float(m["min_answered"]),
        transform=_transform(m.get("transform") or {}),
        score_range=None if score_range is None else (float(score_range[0]), float(score_range[1])),
        direction=m.get("direction", "higher is better"),
        bands=tuple((str(b["name"]), float(b["from"]), float(b["to"])) for b in m.get("bands") or ()),
        text_licence=str(m.get("text_licence", "")),
        text_included=bool(m.get("text_included", False)),
        verified=bool(m.get("verified", False)),
        checked=str(m.get("checked", "")),
        notes=str(m.get("notes", "")),
    )


def _text(value: Any) -> Mapping[str, str]:
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, Mapping) else {"en": str(value)}


def _transform(t: Mapping[str, Any]) -> dict[str, Any]:
    out = dict(t)
    if "multiply" in t:
        out["multiply"] = float(Fraction(str(t["multiply"])))
    if "table" in t:
        out["table"] = {int(raw): float(score) for raw, score in t["table"].items()}
    return out


def _field_problems(m: Mapping[str, Any], where: str) -> Iterable[Problem]:
    for name in m:
        if name not in FIELDS:
            near = difflib.get_close_matches(str(name), FIELDS, 1)
            hint = f"did you mean `{near[0]}`?" if near else "known fields: " + ", ".join(FIELDS)
            yield Problem(
                found=f"unknown field `{name}`", where=where, expected="a field of a scoring key", action=hint
            )
    for name, required in FIELDS.items():
        if required and m.get(name) in (None, "", [], {}):
            yield Problem(
                found=f"no `{name}`", where=where, expected=f"`{name}` is given", action=f"add `{name}:`"
            )


def _item_problems(m: Mapping[str, Any], where: str) -> Iterable[Problem]:
    items = m.get("items") or []
    if not isinstance(items, list | tuple):
        yield Problem(
            found="`items` is not a list",
            where=where,
            expected="a list of item codes",
            action="write items: [code_1, code_2, ...]",
        )
        return
    known = [str(i) for i in items]
    if len(set(known)) < len(known):
        yield Problem(
            found="an item code twice in `items`",
            where=where,
            expected="every code once",
            action="remove the double",
        )
    yield from _unknown_items(m.get("reversed") or (), known, "`reversed`", where)
    subscales = m.get("subscales") or {}
    if not isinstance(subscales, Mapping):
        yield Problem(
            found="`subscales` is not a mapping",
            where=where,
            expected="id: {name, items}",
            action="give each subscale an id",
        )
        return
    for sub, description in subscales.items():
        members = description.get("items") if isinstance(description, Mapping) else None
        if not members:
            yield Problem(
                found=f"subscale `{sub}` without items",
                where=where,
                expected="{name, items: [...]}",
                action="list its items",
            )
            continue
        yield from _unknown_items(members, known, f"subscale `{sub}`", where)


def _unknown_items(codes: Iterable[Any], known: list[str], part: str, where: str) -> Iterable[Problem]:
    named = [str(c) for c in codes]
    for code in dict.fromkeys(c for c in named if named.count(c) > 1):
        yield Problem(
            found=f"{part} names item `{code}` twice",
            where=where,
            expected="every code once",
            action="remove the double",
        )
    for code in named:
        if code not in known:
            near = difflib.get_close_matches(code, known, 1)
            hint = f"did you mean `{near[0]}`?" if near else "add it to `items` or leave it out"
            yield Problem(
                found=f"{part} names item `{code}`",
                where=where,
                expected="a code that is in `items`",
                action=hint,
            )


def _number_problems(m: Mapping[str, Any], where: str) -> Iterable[Problem]:
    for name in ("range", "score_range"):
        value = m.get(name)
        if value is not None and not _is_pair(value):
            yield Problem(
                found=f"`{name}` is {value!r}",
                where=where,
                expected="two numbers, lowest first",
                action=f"write {name}: [1, 5]",
            )
    share = m.get("min_answered")
    if share is not None and not (_is_number(share) and 0 < share <= 1):
        yield Problem(
            found=f"`min_answered` is {share!r}",
            where=where,
            expected="a share above 0 and at most 1",
            action="1.0 means complete only",
        )
    yield from _band_problems(m.get("bands") or (), where)


def _band_problems(bands: Any, where: str) -> Iterable[Problem]:
    previous = -math.inf
    for band in bands:
        if not isinstance(band, Mapping) or not _is_band(band):
            yield Problem(
                found="a band without name, from or to",
                where=where,
                expected="{name, from, to}",
                action="complete the band",
            )
            return
        if not band["from"] < band["to"] or band["from"] < previous:
            yield Problem(
                found=f"band `{band['name']}` from {band['from']} to {band['to']}",
                where=where,
                expected="bands in ascending order that do not overlap",
                action="`from` belongs to the band, `to` to the next one",
            )
        previous = band["to"]


def _is_band(band: Mapping[str, Any]) -> bool:
    return bool(band.get("name")) and _is_number(band.get("from")) and _is_number(band.get("to"))


def _is_table(table: Mapping[Any, Any]) -> bool:
    """Whole raw sums, or texts of them, to numbers."""
    return all(str(raw).removeprefix("-").isdecimal() and _is_number(score) for raw, score in table.items())


def _choice_problems(m: Mapping[str, Any], where: str) -> Iterable[Problem]:
    for name, known in (("method", METHODS), ("direction", DIRECTIONS)):
        if name in m and m[name] not in known:
            yield Problem(
                found=f"`{name}` is {m[name]!r}",
                where=where,
                expected="one of: " + ", ".join(known),
                action="choose one",
            )
    for name in ("total", "text_included", "verified"):
        if name in m and not isinstance(m[name], bool):
            yield Problem(
                found=f"`{name}` is {m[name]!r}",
                where=where,
                expected="true or false",
                action="write true or false",
            )
    if m.get("total") is False and not m.get("subscales"):
        yield Problem(
            found="`total: false` without subscales",
            where=where,
            expected="at least one score",
            action="add subscales or leave `total` out",
        )
    if m.get("verified") is True and not m.get("checked"):
        yield Problem(
            found="`verified: true` without `checked`",
            where=where,
            expected="what was checked against which source",
            action="fill in `checked`",
        )


_SHAPES: dict[str, type] = {"table": dict, "total_of": list, "differences": dict}


def _transform_problems(m: Mapping[str, Any], where: str) -> Iterable[Problem]:
    transform = m.get("transform") or {}
    if not isinstance(transform, Mapping):
        yield Problem(
            found="`transform` is not a mapping",
            where=where,
            expected=", ".join(TRANSFORMS),
            action="write transform: {...}",
        )
        return
    misshaped = [name for name, kind in _SHAPES.items() if not isinstance(transform.get(name, kind()), kind)]
    if not misshaped and not _is_table(transform.get("table", {})):
        misshaped = ["table"]
    if misshaped:
        yield Problem(
            found=f"`{misshaped[0]}` is not of its form",
            where=where,
            expected=TRANSFORMS[misshaped[0]],
            action="correct the transform",
        )
        return
    for name in transform:
        if name not in TRANSFORMS:
            yield Problem(
                found=f"unknown transform `{name}`",
                where=where,
                expected=", ".join(TRANSFORMS),
                action="choose a known one",
            )
    if "multiply" in transform and not _is_fraction(transform["multiply"]):
        yield Problem(
            found=f"`multiply` is {transform['multiply']!r}",
            where=where,
            expected="a number or fraction",
            action="write 4 or 20/9",
        )
    if (m.get("method") == "table") != ("table" in transform):
        yield Problem(
            found="method `table` and transform `table` do not go together",
            where=where,
            expected="both or neither",
            action="add the other",
        )
    subscales = [str(s) for s in (m.get("subscales") or {})]
    named = [("total_of", transform.get("total_of") or ())]
    for new, rule in (transform.get("differences") or {}).items():
        pair = rule.get("of") if isinstance(rule, Mapping) else None
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            yield Problem(
                found=f"difference `{new}` without two subscales",
                where=where,
                expected="{of: [plus, minus]}",
                action="name the two",
            )
            continue
        named.append((f"difference `{new}`", pair))
    for part, codes in named:
        yield from _unknown_items(codes, subscales, part, where)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_pair(value: Any) -> bool:
    return (
        isinstance(value, list | tuple)
        and len(value) == 2
        and all(map(_is_number, value))
        and value[0] < value[1]
    )


def _is_fraction(value: Any) -> bool:
    try:
        return Fraction(str(value)) != 0
    except (ValueError, ZeroDivisionError):
        return False
