"""The table that every design is: unit x wave -> 0, transition or 1, with the waves since the start (exposure).

Figures draw it and models read it. A start is the number of a wave, or a date: the first wave on or after it counts.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from dww_analysis.domain.study import Study, Wave

Condition = Literal["0", "transition", "1"]
COLUMNS = ("unit", "wave", "condition", "exposure", "sequence")  # of design.csv
NEVER = "never"


@dataclass(frozen=True)
class Cell:
    """One unit at one wave. Always true: exposure is 0 exactly where the condition is 0."""

    condition: Condition
    exposure: int  # wave - start + 1


def start_wave(value: str, waves: Iterable[Wave]) -> int | None:
    """The wave at which a start falls: its number, or the first wave on or after an ISO date. None when there is none:
    after the last wave, not a wave, no such date, or a date where a wave has none."""
    waves = list(waves)
    if value.isdecimal():
        return int(value) if int(value) in {w.number for w in waves} else None
    dates = [w.date for w in waves]
    if not is_date(value) or None in dates:
        return None
    return next((w.number for w, date in zip(waves, dates, strict=True) if date and date >= value), None)


def is_date(value: str) -> bool:
    """Whether a text is a day written YYYY-MM-DD."""
    try:
        return len(value) == 10 and datetime.date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def cell_at(start: float | None, wave: int, transition_waves: int = 0) -> Cell:
    """What a unit that starts at `start` (None or NaN: never) is in at `wave`."""
    if start is None or start != start or wave < start:
        return Cell("0", 0)
    exposure = int(wave - start) + 1
    return Cell("transition" if exposure <= transition_waves else "1", exposure)


def first_treated_wave(study: Study) -> int:
    """The wave at which arms can first differ: the second one, or the only one."""
    return study.waves[min(1, len(study.waves) - 1)].number


def start_of(study: Study, arm: str | None, start: float | None) -> float | None:
    """The wave at which a unit starts: its own in a stepped wedge, the first after the baseline in a treated arm;
    None for one that never does."""
    if study.starts:
        return start
    treated = study.has_arms and arm == study.treated_arm
    return float(first_treated_wave(study)) if treated else None


def arm_at(study: Study, start: float | None, wave: int) -> str:
    """The condition of a unit at a wave, where units start at waves of their own, as an arm: the treated one from its
    start on."""
    return study.reference_arm if cell_at(start, wave).condition == "0" else study.treated_arm


def design_rows(study: Study, units: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """design.csv: a row per unit and wave. units: `unit`, and `arm` or `start` as the design allocates."""
    rows = []
    for unit in units:
        start = start_of(study, unit.get("arm"), unit.get("start"))
        sequence = NEVER if start is None or start != start else str(int(start))
        for wave in study.waves:
            cell = cell_at(start, wave.number, study.transition_waves)
            where = {"unit": unit["unit"], "wave": wave.number}
            rows.append(
                {**where, "condition": cell.condition, "exposure": cell.exposure, "sequence": sequence}
            )
    return rows


def sequence_order(sequence: str) -> tuple[bool, int]:
    """What sequences of design.csv are sorted by: by their start, those that never start last."""
    return (sequence == NEVER, 0 if sequence == NEVER else int(sequence))
