"""What a report says of a study that no data file knows: written by the people who did it, printed as they wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from dww_analysis.domain.study import Prose, Text

MANUSCRIPT = "discussion"  # stem of the files that hold the discussion


@dataclass(frozen=True)
class About:
    """Prompts of about.yaml; what nobody answered is empty.

    The order is that of the report. `authors` are names as they are cited, with what each did in `contributions`.
    """

    background: Text = field(default_factory=dict)
    objectives: Text = field(default_factory=dict)
    setting: Text = field(default_factory=dict)
    eligibility_units: Text = field(default_factory=dict)
    eligibility_persons: Text = field(default_factory=dict)
    recruitment: Text = field(default_factory=dict)
    recruitment_dates: Text = field(default_factory=dict)
    stopping: Text = field(default_factory=dict)
    intervention_why: Text = field(default_factory=dict)
    intervention_materials: Text = field(default_factory=dict)
    intervention_procedures: Text = field(default_factory=dict)
    intervention_who: Text = field(default_factory=dict)
    intervention_how: Text = field(default_factory=dict)
    intervention_where: Text = field(default_factory=dict)
    intervention_dose: Text = field(default_factory=dict)
    intervention_tailoring: Text = field(default_factory=dict)
    intervention_changes: Text = field(default_factory=dict)
    intervention_fidelity: Text = field(default_factory=dict)
    comparison: Text = field(default_factory=dict)
    outcome_changes: Text = field(default_factory=dict)
    sample_size: Text = field(default_factory=dict)
    allocation_sequence: Text = field(default_factory=dict)
    concealment: Text = field(default_factory=dict)
    implementation: Text = field(default_factory=dict)
    blinding: Text = field(default_factory=dict)
    harms: Text = field(default_factory=dict)
    generalisability: Text = field(default_factory=dict)
    funding: Text = field(default_factory=dict)
    interests: Text = field(default_factory=dict)
    ethics: Text = field(default_factory=dict)
    consent: Text = field(default_factory=dict)
    registration: Text = field(default_factory=dict)
    protocol: Text = field(default_factory=dict)
    data_availability: Text = field(default_factory=dict)
    contributions: Text = field(default_factory=dict)
    authors: tuple[Prose, ...] = ()
    licence: Prose = ""

    def given(self) -> frozenset[str]:
        """The prompts that were answered."""
        return frozenset(f.name for f in fields(self) if getattr(self, f.name))

    def text(self, name: str) -> Text:
        """The answer to a prompt in words; {} where nobody answered."""
        found = getattr(self, name)
        return found if isinstance(found, Mapping) else {}


PROMPTS = tuple(f.name for f in fields(About))


@dataclass(frozen=True)
class Passage:
    """A stretch of what people wrote: a heading ("" for none), paragraphs, and points below them."""

    heading: Prose = ""
    paragraphs: tuple[Prose, ...] = ()
    points: tuple[Prose, ...] = ()


@dataclass(frozen=True)
class Discussion:
    """What people make of the results. Always true: it says who wrote it and on which day."""

    by: Prose
    date: str  # ISO
    passages: tuple[Passage, ...]


def discussion_in(written: Mapping[str, Discussion], language: str) -> Discussion | None:
    """Of the discussions by file: that of a language, else the one for every language; None where neither is."""
    return written.get(f"{MANUSCRIPT}.{language}.md") or written.get(f"{MANUSCRIPT}.md")
