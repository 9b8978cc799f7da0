"""Outcomes that personnel records offer, beside the scales of a study."""

from __future__ import annotations

from collections.abc import Iterable

from dww_analysis.domain.exposure import Favourable, HrRules
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Source

LEAVING = "leaving"  # time until somebody leaves the employer


def of_records(outcome: str, scales: Iterable[Scale]) -> bool:
    """Whether an outcome is read from personnel records: a scale of that name is itself."""
    return outcome == LEAVING and outcome not in {s.id for s in scales}


def leaving_outcome(samples: Iterable[str], direction: Favourable = "lower is better") -> Scale:
    """Leaving, in the samples with personnel records. It has no label: that stands with our words."""
    return Scale(
        LEAVING,
        {},
        tuple(dict.fromkeys(samples)),
        delivered=LEAVING,
        delivered_range=(0.0, 1.0),
        direction=direction,
        measure="time_to_event",
        unit={"nl": "aandeel", "en": "share"},
    )


def record_outcomes(sources: Iterable[Source]) -> dict[str, Scale]:
    """Outcome -> its facts; {} in a study without personnel records."""
    records = [s for s in sources if s.kind == "hr"]
    said = [s.rules.direction for s in records if isinstance(s.rules, HrRules)]
    if not records:
        return {}
    return {LEAVING: leaving_outcome((s.sample for s in records), *said[:1])}
