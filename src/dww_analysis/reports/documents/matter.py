"""What all sections of the article are made from, in one language, put together once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from dww_analysis.domain.about import About, Discussion, discussion_in
from dww_analysis.domain.checklist import list_of
from dww_analysis.domain.outcomes import ODDS_RATIO, RISK_DIFFERENCE, RISK_RATIO
from dww_analysis.domain.plan import Plan
from dww_analysis.domain.report import ReportSettings
from dww_analysis.domain.theory import Theory
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block
from dww_analysis.reports.documents.chapters import Section, section
from dww_analysis.reports.figure_record import FigureRecord
from dww_analysis.reports.headlines import headline_rows, with_answers
from dww_analysis.reports.material import Fits, Results, Setup, Tables
from dww_analysis.reports.sections.methods import Passage, methods_of
from dww_analysis.reports.sections.participants import Counts, counts_of
from dww_analysis.reports.sections.provenance import versions_of


@dataclass(frozen=True, eq=False)
class Matter:
    """Everything a section asks for. figures: in the language of `labels`."""

    labels: Labels
    tables: Tables
    fits: Fits
    figures: Sequence[FigureRecord]
    plan: Plan
    settings: ReportSettings
    provenance: Mapping[str, Any]
    about: About
    discussion: Discussion | None
    elsewhere: bool  # whether there is a discussion in any language
    theory: Theory | None
    headlines: pd.DataFrame
    counts: Counts
    passages: Mapping[str, Passage]  # of the methods, by what they are about
    references: Sequence[str]

    @property
    def results(self) -> Results:
        """The results that it was put together from, with the figures of its language."""
        return Results(self.tables, self.fits, self.figures, self.provenance)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The headlines of all entries, in the plan's order: a dictionary by column for each, anew at each call."""
        return [dict(row) for row in self._rows]

    @cached_property
    def _rows(self) -> list[dict[str, Any]]:
        return [{str(k): v for k, v in r.items()} for r in self.headlines.to_dict("records")]

    @property
    def main(self) -> list[str]:
        """Entries of the primary family; without those all."""
        return [r["entry"] for r in self.rows if r["primary"]] or [r["entry"] for r in self.rows]

    def section(self, id: str, blocks: Sequence[Block]) -> Section:
        """A section under the heading that the catalogue has for it: phrase `article.section.<id>`."""
        return section(id, self.labels.words(f"article.section.{id}"), blocks)

    def kind(self, kind: str) -> list[FigureRecord]:
        """The figures of one kind."""
        return [f for f in self.figures if f.kind == kind]

    def has(self, table: str) -> bool:
        """Whether a table is there and has rows."""
        frame = self.tables.get(table)
        return frame is not None and not frame.empty


PASSAGES = ("design", "model", "testing", "reliability", "checks", "rules", "software")


def matter_of(results: Results, setup: Setup, labels: Labels) -> Matter:
    """The matter of one language, with headlines and answers put together and the methods said.

    results: with the tables "estimates" and "answers" at least. Of figures and discussions those of the labels'
    language are taken. DisclosureError for estimates of too few persons, ReportError for an entry without an answer.
    """
    words, tables, fits, plan = labels.words, results.tables, results.fits, setup.plan
    headlines = with_answers(
        headline_rows(tables["estimates"], labels.study, plan, labels.scales.values(), words),
        tables["answers"],
    )
    found, references = methods_of(tables, fits, plan, labels, versions_of(results.provenance))
    named = {words(f"methods.{name}"): name for name in PASSAGES}
    return Matter(
        labels=labels,
        tables=tables,
        fits=fits,
        figures=[f for f in results.records() if f.language == words.language],
        plan=plan,
        settings=setup.settings,
        provenance=results.provenance,
        about=setup.about,
        discussion=discussion_in(setup.discussions, words.language),
        elsewhere=bool(setup.discussions),
        theory=setup.theory,
        headlines=headlines,
        counts=counts_of(tables.get("flow")),
        passages={named[p.heading]: p for p in found if p.heading in named},
        references=references,
    )


def facts_of(matter: Matter) -> frozenset[str]:
    """The names of what the check-list may find known (`domain.checklist`): prompts of about.yaml that were answered,
    and facts of configuration and tables."""
    study, plan = matter.labels.study, matter.plan
    holds = {
        "title_design": _names_design(matter),
        "questions": any(e.question for e in plan.entries),
        "dates": all(w.date for w in study.waves),
        "sealed": plan.sealed is not None,
        "strata": study.allocation is not None and study.allocation.strata is not None,
        "model": any("formula" in fit for fit in matter.fits.values()),
        "sensitivity": matter.has("sensitivity"),
        "absent": matter.has("flow"),
        "baseline": matter.has("baseline") and (study.unit == "person" or matter.has("baseline_units")),
        "compared": bool(study.groups) and matter.has("baseline"),
        "estimates": any(r["verdict"] not in ("not_measured", "suppressed") for r in matter.rows),
        "other_outcomes": len(matter.main) < len(matter.rows),
        "discussion": matter.discussion is not None,
        "registration": plan.registered_at is not None,
    }
    return matter.about.given() | {fact for fact, known in holds.items() if known}


def compares_shares(matter: Matter) -> bool:
    """Whether an outcome is yes or no: some headline has an odds ratio, risk ratio or difference of shares in column
    summary."""
    return bool(set(matter.headlines["summary"]) & {ODDS_RATIO, RISK_RATIO, RISK_DIFFERENCE})


def _names_design(matter: Matter) -> bool:
    """Whether the study's title says by which design it was done."""
    words = matter.labels.words
    known = words(f"checklist.title.{list_of(matter.labels.study)}").split(", ")
    title = words.say(matter.labels.study.title).lower()
    return any(re.search(rf"\b{re.escape(name)}", title) for name in known)
