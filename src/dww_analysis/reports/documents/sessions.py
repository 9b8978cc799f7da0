"""The report of a study of sessions only: what they find important, and where everything came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dww_analysis.domain.plan import Plan
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block
from dww_analysis.reports.sections.provenance import provenance_of

SECTIONS = ("priorities", "documents", "provenance", "citation")


def sessions_part(
    blocks: list[Block], provenance: Mapping[str, Any], plan: Plan, labels: Labels, beside: bool
) -> dict[str, Any]:
    """What the template shows of such a study in one language, beside what every report has. blocks: of the
    priorities; without any a sentence says that there are none. beside: whether something was counted that stands
    on another page."""
    words = labels.words
    nothing = words("acting.elsewhere" if beside else "priorities.nothing")
    return {
        "sections": [(name, words(f"section.{name}")) for name in SECTIONS],
        "priorities": blocks or [Block(sentences=(nothing,))],
        "provenance": provenance_of(provenance, {}, plan, (), labels),
        "glossary": [],
    }
