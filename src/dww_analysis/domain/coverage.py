"""How many core elements a person gave an example of, as a score: what coded fragments of a wave offer the plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from dww_analysis.domain.scales import Scale

COVERAGE = "coverage"
WORDS = {
    "label": {"nl": "kernelementen met voorbeelden", "en": "core elements with examples"},
    "unit": {"nl": "kernelementen", "en": "core elements"},
}


class _Source(Protocol):
    @property
    def kind(self) -> str: ...
    @property
    def wave(self) -> int | None: ...
    @property
    def sample(self) -> str: ...


S = TypeVar("S", bound=_Source)


def coverage_sources(sources: Iterable[S]) -> list[S]:
    """Sources of fragments that say of which wave they are: their persons get a score."""
    return [s for s in sources if s.kind == "fragments" and s.wave is not None]


def coverage_scale(
    sources: Iterable[_Source], elements: Sequence[object], taken: Iterable[str]
) -> Scale | None:
    """The delivered score `coverage`, from 0 to the number of core elements; None without such sources, or where a
    scale of the study has that name (it is itself). taken: ids of the scales."""
    own = coverage_sources(sources)
    if not own or not elements or COVERAGE in taken:
        return None
    return Scale(
        COVERAGE,
        WORDS["label"],
        tuple(dict.fromkeys(s.sample for s in own)),
        delivered=COVERAGE,
        delivered_range=(0.0, float(len(elements))),
        direction="higher is better",
        unit=WORDS["unit"],
    )
