"""What documents are made from: the results of a study's steps, and its set-up, which was there before them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from dww_analysis.domain.about import About, Discussion
from dww_analysis.domain.plan import Plan
from dww_analysis.domain.practice import Practice
from dww_analysis.domain.report import ReportSettings
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Study, Text
from dww_analysis.domain.theory import Theory
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.figure_record import FigureRecord
from dww_analysis.reports.sections.participants import in_teams

Tables = Mapping[str, pd.DataFrame]
Fits = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, eq=False)
class Results:
    """What the steps of a study made, as readers get it.

    tables: "estimates" (columns of domain.estimate, p values corrected), "answers" (what they say), and where they
    exist "variance_components", "flow", "baseline", "reliability", "items" and "descriptives", after disclosure
    control; of a study of sessions only "quantities" and "agenda".
    fits: entry id -> its fit record (formula, n_groups, icc, team_size, methods, search, warnings; or `failed`).
    figures: drawings, their `record()`s or `FigureRecord`s, in every language; None for one that was not drawn.
    provenance: what provenance.json holds: package {name, version}, python, packages {name: version}, seed,
    config_hash, sources [{id, sha256}], pseudonyms ("fixed test key" or not), jobs [{stage, python, packages,
    warnings, ...}].
    """

    tables: Tables
    fits: Fits
    figures: Iterable[Any]
    provenance: Mapping[str, Any]

    def records(self) -> list[FigureRecord]:
        """The figures that were drawn, in every language."""
        return [FigureRecord.of(figure) for figure in self.figures if figure is not None]


@dataclass(frozen=True)
class Setup:
    """How a study was set up and what people told of it.

    scales: whatever an entry may be about. learning: what the study calls its own sources and processes of learning
    (`domain.exposure.own_words`). about, discussions (by file): what an article prints beside the results.
    """

    study: Study
    settings: ReportSettings
    plan: Plan = field(default_factory=lambda: Plan((), {}))
    scales: Sequence[Scale] = ()
    learning: Mapping[str, Mapping[str, Text]] | None = None
    theory: Theory | None = None
    practice: Practice | None = None
    about: About = field(default_factory=About)
    discussions: Mapping[str, Discussion] = field(default_factory=dict)

    def labels(self, language: str, tables: Tables | None = None) -> Labels:
        """The labels of the study in one language. tables: what a document is made from, which say whether there are
        teams."""
        return Labels(self.study, self.scales, Words(language), self.learning, in_teams(tables or {}))

    def every_labels(self, tables: Tables | None = None) -> list[Labels]:
        """The labels in each language of the report, the first one first. tables: as for `labels`."""
        return [self.labels(language, tables) for language in self.settings.languages]
