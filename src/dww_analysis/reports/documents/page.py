"""The report of one study: every section in every language, from the same tables, in one file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from dww_analysis.domain.plan import Plan
from dww_analysis.domain.practice import Practice
from dww_analysis.domain.report import ReportSettings
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Study, Text
from dww_analysis.domain.theory import Theory
from dww_analysis.errors import ReportError
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block
from dww_analysis.reports.documents.acting_pages import acting_links
from dww_analysis.reports.documents.network_pages import network_links, network_summary, networks_of
from dww_analysis.reports.documents.practice_pages import page_links
from dww_analysis.reports.documents.session_pages import links
from dww_analysis.reports.documents.sessions import sessions_part
from dww_analysis.reports.figure_record import FigureRecord
from dww_analysis.reports.headlines import headline_rows, main_noun, with_answers
from dww_analysis.reports.render.html import asset, render
from dww_analysis.reports.sections.absent import absent_blocks
from dww_analysis.reports.sections.calibration import calibration_blocks
from dww_analysis.reports.sections.correlations import correlations_table
from dww_analysis.reports.sections.curve import curve_blocks
from dww_analysis.reports.sections.design import design_table, deviation_blocks
from dww_analysis.reports.sections.exposure import exposure_blocks
from dww_analysis.reports.sections.feedback import feedback_limits, feedback_methods
from dww_analysis.reports.sections.fits import fit_blocks
from dww_analysis.reports.sections.invariance import (
    Comparability,
    item_blocks,
    marked_estimates,
    said_on_first_screen,
    sameness_blocks,
)
from dww_analysis.reports.sections.leaving import leaving_blocks
from dww_analysis.reports.sections.limits import limits_of
from dww_analysis.reports.sections.measurement import descriptives_table, items_table, marked
from dww_analysis.reports.sections.mechanisms import mechanism_blocks
from dww_analysis.reports.sections.methods import methods_of
from dww_analysis.reports.sections.notices import notices_of
from dww_analysis.reports.sections.participants import (
    Counts,
    baseline_table,
    counts_of,
    flow_tables,
    not_recognised,
)
from dww_analysis.reports.sections.planned import planned_block
from dww_analysis.reports.sections.priorities import priority_blocks
from dww_analysis.reports.sections.provenance import (
    package_of,
    provenance_of,
    versions_of,
)
from dww_analysis.reports.sections.quality import quality_blocks
from dww_analysis.reports.sections.reliability import reliability_tables
from dww_analysis.reports.sections.results import components_table, estimate_tables
from dww_analysis.reports.sections.sensemaking import sensemaking
from dww_analysis.reports.sections.sensitivity import sensitivity_blocks
from dww_analysis.reports.sections.stability import stability_table
from dww_analysis.reports.sections.summary import summary_of
from dww_analysis.reports.sections.units import units_blocks
from dww_analysis.reports.sections.weighting import weighting_blocks
from dww_analysis.reports.tables import Table

Tables = Mapping[str, pd.DataFrame]
Fits = Mapping[str, Mapping[str, Any]]
# The document: its sections in the order in which they are read. Each has a template of its own name.
SECTIONS = (
    *("summary", "results", "flow", "baseline", "quality", "measurement", "exposure", "variance", "figures"),
    *("curve", "mechanisms", "priorities", "calibration", "methods", "limits", "provenance", "sensemaking"),
    *("glossary", "citation"),
)
GLOSSARY = ("interval", "sd", "p", "df", "icc", "alpha", "rwg", "boundary", "smallest", "sealed")


def build_report(
    *,
    tables: Tables,
    fits: Fits,
    figures: Iterable[Any],
    study: Study,
    plan: Plan,
    scales: Sequence[Scale],
    settings: ReportSettings,
    provenance: Mapping[str, Any],
    learning: Mapping[str, Mapping[str, Text]] | None = None,
    theory: Theory | None = None,
    practice: Practice | None = None,
    interpretations: pd.DataFrame | None = None,
) -> dict[str, str]:
    """`{"index.html": page}`: one self-contained file with all languages of `settings`, the first one shown first.

    tables: "estimates" (columns of domain.estimate, p values corrected), "answers" (what they say), and where they
    exist "variance_components", "flow", "baseline", "reliability", "items" and "descriptives", after disclosure
    control. Every table is checked again: a statistic of fewer than `study.min_cell_size` persons raises
    DisclosureError.
    fits: entry id -> its fit record (formula, n_groups, icc, team_size, methods, search, warnings; or `failed`).
    figures: drawings, their `record()`s or `FigureRecord`s, in every language; links go to
    figures/<name>.<language>.svg and .png, figures/<name>.csv and tables/<name>.csv.
    provenance: what provenance.json holds: package {name, version}, python, packages {name: version}, seed,
    config_hash, sources [{id, sha256}], pseudonyms ("fixed test key" or not), jobs [{stage, python, packages,
    warnings, ...}].
    A study of sessions only has no tables but "quantities" and "agenda".
    learning: what the study calls its own sources and processes of learning (`domain.exposure.own_words`).
    interpretations: what was answered to the four questions and is for all; None where nobody could.
    """
    of_sessions = "quantities" in tables and set(tables) <= {"quantities", "agenda"}
    for needed in ("estimates", "answers"):
        if needed not in tables and not of_sessions:
            raise ReportError.of(
                found=f"no table of {needed}",
                where="report",
                expected=f"tables['{needed}']",
                action="run the estimates first",
            )
    records = [FigureRecord.of(f) for f in figures if f is not None]
    parts = []
    for language in settings.languages:
        labels = Labels(study, scales, Words(language), learning)
        beside = acting_links(tables.get("quantities"), practice, labels)
        said = priority_blocks(tables.get("quantities"), practice, labels)
        sheets = _beside(tables, practice, labels) if said else []
        networks = networks_of(tables.get("quantities"), practice, study)
        said += filter(None, [network_summary(networks, language)])
        own: dict[str, Any] = (
            sessions_part(said, provenance, plan, labels, bool(beside))
            if of_sessions
            else _language(
                labels, tables, fits, records, plan, settings, provenance, theory, said, interpretations
            )
        )
        pages = {"factsheets": sheets, "network_pages": network_links(networks, language), "beside": beside}
        parts.append({**_around(labels, settings, provenance), **own, **pages})
    page = render(
        {
            "parts": parts,
            "css": asset("page.css"),
            "js": asset("page.js"),
            "first": parts[0],
            "author": study.contact,
        }
    )
    return {"index.html": page}


def _beside(tables: Tables, practice: Practice | None, labels: Labels) -> list[tuple[str, str]]:
    """(name, address) of the pages about sessions that lie beside the report."""
    if practice is None:
        return []
    return [*page_links(tables, practice, labels), *links(practice.sessions, labels)]


def _language(
    labels: Labels,
    tables: Tables,
    fits: Fits,
    records: Sequence[FigureRecord],
    plan: Plan,
    settings: ReportSettings,
    provenance: Mapping[str, Any],
    theory: Theory | None,
    of_sessions: list[Block],
    interpretations: pd.DataFrame | None = None,
) -> dict[str, Any]:
    """Everything the template shows in one language about the study's answers, and about its sessions."""
    words, study = labels.words, labels.study
    estimates = tables["estimates"]
    headlines = with_answers(
        headline_rows(estimates, study, plan, labels.scales.values(), words), tables["answers"]
    )
    own = [r for r in records if r.language == words.language]
    suppressed = set(headlines.loc[headlines["hidden"], "entry"])
    passages, references = methods_of(tables, fits, plan, labels, versions_of(provenance))
    noun = main_noun(study)
    samples, known = {e.id: e.sample for e in plan.entries}, Comparability(tables.get("invariance"), labels)
    counts = counts_of(tables.get("flow"))
    summary = summary_of(headlines, counts, plan, labels)
    summary["found"] = said_on_first_screen(summary["found"], estimates, samples, known)
    sections = {"quality": quality_blocks(tables, labels), "exposure": exposure_blocks(tables, labels, own)}
    sections["quality"] += absent_blocks(tables, plan, labels)
    sections["calibration"] = calibration_blocks(tables.get("calibration"), headlines, plan, labels)
    sections["mechanisms"] = mechanism_blocks(tables.get("mechanisms"), theory, own, labels)
    sections["curve"] = curve_blocks(tables, headlines, own, labels)
    sections["priorities"] = of_sessions
    filled = {name: bool(blocks) for name, blocks in sections.items()}
    filled["baseline"] = not _empty(tables.get("baseline"))
    return {
        "summary": summary,
        "unverified": any(f["label"].endswith("†") for f in summary["found"]),
        "headline_figure": _first(own, "forest"),
        "sections": _sections(words, noun, filled),
        **sections,
        "noun": noun,
        "flow_intro": _flow_intro(counts, labels),
        "flow_figure": _first(own, "flow"),
        "flow_tables": [
            *_filled(design_table(tables.get("design"), labels)),
            *flow_tables(tables.get("flow"), labels),
        ],
        "baseline": baseline_table(tables.get("baseline"), labels),
        "baseline_intro": words("baseline.intro_arms" if study.groups else "baseline.intro_waves"),
        **reliability_tables(tables.get("reliability"), labels, plan.conf_level),
        "stability": stability_table(tables.get("stability"), labels, plan.conf_level),
        "descriptives": descriptives_table(tables.get("descriptives"), labels),
        "item_table": items_table(tables.get("items"), labels),
        "results_intro": _results_intro(noun, labels),
        "estimates": marked_estimates(
            estimate_tables(estimates, plan, labels, fits), estimates, samples, known
        ),
        "measured": [*sameness_blocks(tables, own, labels), *item_blocks(tables.get("items"), own, labels)],
        "leaving": leaving_blocks(estimates, fits, plan, labels),
        "other_ways": [
            *sensitivity_blocks(tables.get("sensitivity"), headlines, plan, labels),
            *weighting_blocks(tables.get("weighting"), headlines, labels),
        ],
        "searches": fit_blocks(estimates, fits, plan, labels),
        "failed": _failed(headlines, fits, words),
        "clustered": study.allocation is not None and study.unit != "person",
        "components": components_table(tables.get("variance_components"), plan, labels, fits),
        "correlations": correlations_table(tables.get("correlations"), plan, labels),
        "units": units_blocks(own, labels),
        "gallery": _gallery(own, headlines, labels),
        "passages": [*passages, *feedback_methods(settings.units, labels)],
        "planned": [planned_block(plan, labels)],
        "deviations": deviation_blocks(tables.get("deviations"), plan, labels, theory),
        "references": references,
        "limits": [
            *limits_of(headlines, tables, fits, plan, labels),
            *feedback_limits(settings.units, labels),
        ],
        "sensemaking": sensemaking(interpretations, labels),
        "provenance": provenance_of(provenance, fits, plan, suppressed, labels),
        "glossary": [(k, words(f"glossary.{k}.term"), words(f"glossary.{k}.text")) for k in GLOSSARY],
    }


def _around(labels: Labels, settings: ReportSettings, provenance: Mapping[str, Any]) -> dict[str, Any]:
    """What stands around the sections of every report."""
    words, study = labels.words, labels.study
    return {
        "w": words,
        "lang": words.language,
        "title": words.say(study.title),
        "subtitle": words.say(settings.subtitle) if settings.subtitle else "",
        "delivered": words("page.delivered", date=words.date(study.delivered)),
        "notices": notices_of(provenance, labels),
        "citation": words.say(study.citation) if study.citation else "",
        "licence": settings.licence or words("citation.no_licence"),
        "contact": study.contact,
        "version": words("page.version", version=package_of(provenance)),
    }


def _sections(words: Words, noun: str, filled: Mapping[str, bool]) -> list[tuple[str, str]]:
    """(id, heading) of the sections in reading order, without those that have nothing to show."""
    present = [name for name in SECTIONS if filled.get(name, True)]
    return [(n, words(f"section.results_{noun}" if n == "results" else f"section.{n}")) for n in present]


def _filled(table: Table) -> list[Table]:
    return [table] if table else []


def _empty(frame: pd.DataFrame | None) -> bool:
    return frame is None or frame.empty


def _first(records: Sequence[FigureRecord], kind: str) -> FigureRecord | None:
    return next((r for r in records if r.kind == kind), None)


def _results_intro(noun: str, labels: Labels) -> str:
    arms = labels.study.arms
    arm = labels.words.quoted(labels.words.say(arms[-1].label)) if arms else ""
    return labels.by_design(f"results.intro_{noun}", arm=arm)


def _flow_intro(counts: Counts, labels: Labels) -> str:
    """What the counts of several waves say; "" for a single one."""
    if not_recognised(counts):
        return labels.words("flow.intro_unrecognised")
    return labels.words("flow.intro") if len(labels.study.waves) > 1 else ""


def _failed(headlines: pd.DataFrame, fits: Fits, words: Words) -> list[tuple[str, str]]:
    """(sentence, reason as the program gave it) of every entry that could not be estimated."""
    absent = headlines[headlines["verdict"] == "not_measured"]
    return [
        (words("results.failed", label=r["label"]), str(fits.get(r["entry"], {}).get("failed", "")))
        for r in absent.to_dict("records")
    ]


def _gallery(
    records: Sequence[FigureRecord], headlines: pd.DataFrame, labels: Labels
) -> list[tuple[str, str, list[FigureRecord]]]:
    """(id, outcome, its figures) for every outcome that has some, in the plan's order, then the other scales."""
    shown = [r for r in records if r.kind in ("trajectories", "raincloud")]
    subjects = dict.fromkeys([*headlines["outcome"], *(r.subject for r in shown)])
    gallery = []
    for subject in subjects:
        own = sorted((r for r in shown if r.subject == subject), key=lambda r: r.kind != "trajectories")
        if own:
            gallery.append((subject.replace(".", "-"), marked(subject, labels), own))
    return gallery
