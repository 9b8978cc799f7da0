"""Outcomes that personnel records offer, beside the scales of a study."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from dww_analysis.domain.exposure import Favourable, HrRules
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Source

LEAVING = "leaving"  # time until somebody leaves the employer
LEFT = "left"  # whether somebody who was there at the start had left by a wave
OFFERED: Mapping[str, Literal["time_to_event", "yes_no"]] = {LEAVING: "time_to_event", LEFT: "yes_no"}


def of_records(outcome: str, scales: Iterable[Scale]) -> bool:
    """Whether an outcome is read from personnel records: a scale of that name is itself."""
    return outcome in OFFERED and outcome not in {s.id for s in scales}


def leaving_outcomes(samples: Iterable[str], direction: Favourable = "lower is better") -> dict[str, Scale]:
    """What records offer, in the samples that have them. They have no labels: these stand with our words."""
    named = tuple(dict.fromkeys(samples))
    return {name: _outcome(name, named, direction) for name in OFFERED}


def _outcome(name: str, samples: tuple[str, ...], direction: Favourable) -> Scale:
    return Scale(
        name,
        {},
        samples,
        delivered=name,
        delivered_range=(0.0, 1.0),
        direction=direction,
        measure=OFFERED[name],
        unit={"nl": "aandeel", "en": "share"},
    )


def record_outcomes(sources: Iterable[Source]) -> dict[str, Scale]:
    """Outcome -> its facts as a Scale; {} in a study without personnel records. The first source says the direction;
    `config.leaving` refuses sources that differ."""
    records = [s for s in sources if s.kind == "hr"]
    said = [s.rules.direction for s in records if isinstance(s.rules, HrRules)]
    if not records:
        return {}
    return leaving_outcomes((s.sample for s in records), *said[:1])
