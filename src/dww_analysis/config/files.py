"""What a study's files say together, and where scoring keys come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dww_analysis.domain.about import About, Discussion, discussion_in
from dww_analysis.domain.plan import Plan
from dww_analysis.domain.practice import Practice
from dww_analysis.domain.records import record_outcomes
from dww_analysis.domain.report import ReportSettings
from dww_analysis.domain.scales import MeasurementSettings, Scale, ScoringKey
from dww_analysis.domain.stops import Stop
from dww_analysis.domain.study import Source, Study
from dww_analysis.domain.theory import Theory


@dataclass(frozen=True)
class Keys:
    """Where scoring keys come from: the library's by id, and how to read one of the study's own."""

    known: tuple[str, ...]
    load: Callable[[str], ScoringKey]
    parse: Callable[[Mapping[str, Any]], ScoringKey]


@dataclass(frozen=True)
class StudyFiles:
    """Everything a study's configuration says, checked and frozen."""

    study: Study
    sources: tuple[Source, ...]
    scales: tuple[Scale, ...]
    plan: Plan
    reports: ReportSettings
    measurement: MeasurementSettings
    theory: Theory | None = None
    practice: Practice | None = None
    stops: tuple[Stop, ...] = ()  # as theory.yaml declares them
    about: About = field(default_factory=About)
    list_sha256: str = ""  # of the list that gives arms or starts to units; "" while it is not there
    discussions: Mapping[str, Discussion] = field(default_factory=dict)  # by file

    def outcomes(self) -> tuple[Scale, ...]:
        """What an entry may be about: the scales, and what personnel records offer."""
        return (*self.scales, *record_outcomes(self.sources).values())

    def discussion(self, language: str) -> Discussion | None:
        """What people make of the results, in that language where it was written in it; None while nobody wrote."""
        return discussion_in(self.discussions, language)

    def item_ranges(self) -> dict[str, tuple[float, float]]:
        """Our column -> lowest and highest valid value, for all items and delivered scores."""
        ranges: dict[str, tuple[float, float]] = {}
        for scale in self.scales:
            if scale.key is not None:
                ranges.update(dict.fromkeys(scale.items, (scale.key.minimum, scale.key.maximum)))
            else:
                ranges[str(scale.delivered)] = scale.score_range()
        for variable in self.study.background:
            if variable.valid_range is not None:
                ranges[variable.name] = variable.valid_range
        return ranges
