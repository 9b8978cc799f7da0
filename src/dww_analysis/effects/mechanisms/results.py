"""The table of mechanisms: a row for each part of each arrow, each path and each moderation, also for those without an
estimate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.domain.tables.effects import MECHANISMS
from dww_analysis.domain.theory import Arrow, Moderation, Path
from dww_analysis.effects.mechanisms.arrows import (
    NO_DATA,
    Found,
    arm_arrow,
    part_shown,
    score_arrow,
)
from dww_analysis.effects.mechanisms.moderation import moderated
from dww_analysis.effects.mechanisms.paths import Along, along
from dww_analysis.effects.mechanisms.rows import TheoryData

EXPECTED = {"+": "positive", "-": "negative", "": ""}
UNCLEAR = "unclear"
Row = dict[str, Any]


def mechanism_table(data: TheoryData) -> pd.DataFrame:
    """All that the theory asks for, in its order: the rows and columns of the table mechanisms. What cannot be
    estimated has a remark, and NaN."""
    theory = data.theory
    found = {arrow.id: _arrow(arrow, data) for arrow in theory.arrows}
    rows = [
        *(row for arrow in theory.arrows for row in _arrow_rows(arrow, found[arrow.id], data)),
        *(_path_row(path, found, data) for path in theory.paths),
        *(_moderation_row(one, data) for one in theory.moderations),
    ]
    return pd.DataFrame(rows, columns=list(MECHANISMS.names))


def _arrow(arrow: Arrow, data: TheoryData) -> Mapping[str, Found]:
    """part -> what the arrow gave; one part without data where an end was not measured."""
    origin, target = data.theory.node(arrow.origin), data.theory.node(arrow.target)
    if not (origin.measured and target.measured):
        return {"total": Found("total", remark=NO_DATA)}
    if origin.arm:
        return {"total": arm_arrow(data, target, arrow.lag)}
    return score_arrow(data, target, [(origin, arrow.lag)], data.theory.from_the_arm(arrow))


def _arrow_rows(arrow: Arrow, found: Mapping[str, Found], data: TheoryData) -> Iterator[Row]:
    own = part_shown(arrow, data)
    shown = own if own in found else next(iter(found))
    for part, one in found.items():
        yield {
            **_shared("arrow", arrow, data, part, one.noun, one.remark),
            "lag": arrow.lag,
            "shown": part == shown,
            **_numbers(one, arrow.sign),
        }


def _path_row(path: Path, found: Mapping[str, Mapping[str, Found]], data: TheoryData) -> Row:
    nodes = [data.theory.node(n) for n in path.through]
    gave = along(path, found, data) if all(n.measured for n in nodes) else Along("total", remark=NO_DATA)
    sign = data.theory.sign_of(path)
    row = _shared("path", path, data, gave.part, gave.noun, gave.remark)
    row |= {"lag": sum(data.theory.arrow(step).lag for step in path.steps), "through": path.through[1]}
    row |= {"sign": EXPECTED[sign], "interaction_p": gave.interaction_p, **gave.counts}
    if gave.indirect is not None:
        row |= {**asdict(gave.indirect), "evidence": evidence(gave.indirect, sign)}
        if any(_untested(one) for step in path.steps for one in found[step].values()):
            row["evidence"] = UNCLEAR
    return row | {f"direct{_end(name)}": value for name, value in gave.direct.items()}


def _end(name: str) -> str:
    return "" if name == "estimate" else name.removeprefix("conf")


def _moderation_row(one: Moderation, data: TheoryData) -> Row:
    gave = moderated(one, data) if _can_be(one, data) else Found("total", remark=NO_DATA)
    row = _shared("moderation", one, data, gave.part, gave.noun, gave.remark)
    return {**row, "by": one.by, "lag": data.theory.arrow(one.arrow).lag, **_numbers(gave, "")}


def _can_be(one: Moderation, data: TheoryData) -> bool:
    return all(data.theory.node(n).measured for n in (one.origin, one.target))


def _shared(
    kind: str, one: Arrow | Path | Moderation, data: TheoryData, part: str, noun: str, remark: str
) -> Row:
    """The columns that every row has."""
    ends = (one.through[0], one.through[2]) if isinstance(one, Path) else (one.origin, one.target)
    row: Row = dict.fromkeys(MECHANISMS.names, np.nan)
    texts = {c.name: "" for c in MECHANISMS.columns if c.kind == "text"}
    named = {"kind": kind, "id": one.id, "part": part, "from": ends[0], "to": ends[1], "noun": noun}
    known = {"status": one.status, "remark": remark, "conf_level": data.plan.conf_level, "shown": True}
    return {**row, **texts, **named, **known}


def _numbers(one: Found, sign: str) -> Row:
    row: Row = {"sign": EXPECTED[sign], **one.counts}
    if one.remark:
        return row
    return {**row, **one.numbers, "evidence": UNCLEAR if _untested(one) else evidence(one.numbers, sign)}


def _untested(one: Found) -> bool:
    """Whether there is an estimate and no test of it: its interval says nothing of which side it is on."""
    return not one.remark and bool(np.isnan(one.numbers.get("p_value", 0.0)))


def evidence(row: Any, sign: str) -> str:
    """Where an interval lies: `unclear` with zero in it, else by the sign `as_expected` or `against`, or `clear`."""
    low, high = (row[k] if isinstance(row, Mapping) else getattr(row, k) for k in ("conf_low", "conf_high"))
    if not (low > 0 or high < 0):
        return UNCLEAR
    if not sign:
        return "clear"
    return "as_expected" if (low > 0) == (sign == "+") else "against"
