"""What the page shows in one language of a study's answers: the first screen, and its sections without an article."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block
from dww_analysis.reports.documents.matter import Matter
from dww_analysis.reports.figure_record import FigureRecord
from dww_analysis.reports.headlines import main_noun
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
from dww_analysis.reports.sections.one_minute import Row, compared_with, lines_of, planned_rows
from dww_analysis.reports.sections.participants import (
    Counts,
    baseline_table,
    flow_tables,
    not_recognised,
)
from dww_analysis.reports.sections.planned import planned_block
from dww_analysis.reports.sections.provenance import provenance_of
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

# The sections in the order in which they are read. Each has a template of its own name.
SECTIONS = (
    *("summary", "teams", "documents", "results", "flow", "baseline", "quality", "measurement", "exposure"),
    *("variance", "figures", "curve", "mechanisms", "priorities", "calibration", "methods", "limits"),
    *("provenance", "sensemaking", "glossary", "citation"),
)
GLOSSARY = ("interval", "sd", "p", "df", "icc", "alpha", "rwg", "boundary", "smallest", "sealed")
OF_TEAMS = ("icc", "rwg")  # what only a study with teams prints


def first_part(matter: Matter, interpretations: pd.DataFrame | None) -> dict[str, Any]:
    """What stands on the page whether there is an article or not: the answer, for teams, limits, and what it means.

    interpretations: rows of what units wrote that is for all, None where nobody was asked. Returns the values of the
    template by name.
    """
    labels, words = matter.labels, matter.labels.words
    summary = summary_of(matter.headlines, matter.counts, matter.plan, labels)
    planned = planned_rows(matter.rows)
    samples, known = _compared(matter)
    summary["found"] = said_on_first_screen(summary["found"], matter.tables["estimates"], samples, known)
    return {
        "summary": summary,
        "unverified": any(f["label"].endswith("†") for f in summary["found"]),
        "headline_figure": next(iter(matter.kind("forest")), None),
        "in_teams": labels.in_teams,
        "minute": lines_of(planned, labels),
        "compared": _compared_words(planned, labels),
        "sheets": matter.settings.units,
        "limits": [
            *limits_of(matter.headlines, matter.tables, matter.fits, matter.plan, labels),
            *feedback_limits(matter.settings.units, labels),
        ],
        "sensemaking": sensemaking(interpretations, labels),
        "glossary": [
            (k, words(f"glossary.{k}.term"), labels.by_teams(f"glossary.{k}.text"))
            for k in GLOSSARY
            if labels.in_teams or k not in OF_TEAMS
        ],
    }


def _compared_words(planned: Sequence[Row], labels: Labels) -> str:
    """What higher and lower mean where all lines compare the same two arms; else the lines say so themselves."""
    pairs = compared_with(planned)
    if len(pairs) != 1:
        return ""
    arm, reference = map(labels.words.quoted, pairs[0])
    return labels.by_design("teams.compared", arm=arm, reference=reference)


def sections_part(matter: Matter, of_sessions: list[Block]) -> dict[str, Any]:
    """The sections of the study's answers and their order: values of the template by name, a list of blocks or tables
    each. A section for which no table has rows is left out of `sections`. of_sessions: what its sessions say."""
    labels, tables, fits, plan = matter.labels, matter.tables, matter.fits, matter.plan
    words, study, own = labels.words, labels.study, matter.figures
    estimates, headlines = tables["estimates"], matter.headlines
    suppressed = set(headlines.loc[headlines["hidden"], "entry"])
    noun = main_noun(study)
    samples, known = _compared(matter)
    sections = {"quality": quality_blocks(tables, labels), "exposure": exposure_blocks(tables, labels, own)}
    sections["quality"] += absent_blocks(tables, plan, labels)
    sections["calibration"] = calibration_blocks(tables.get("calibration"), headlines, plan, labels, own)
    sections["mechanisms"] = mechanism_blocks(tables.get("mechanisms"), matter.theory, own, labels)
    sections["curve"] = curve_blocks(tables, headlines, own, labels)
    sections["priorities"] = of_sessions
    filled = {name: bool(blocks) for name, blocks in sections.items()}
    filled["baseline"] = matter.has("baseline")
    return {
        "sections": _sections(words, noun, filled),
        **sections,
        "flow_intro": _flow_intro(matter.counts, labels),
        "design_figure": next(iter(matter.kind("design")), None),
        "flow_figure": next(iter(matter.kind("flow")), None),
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
        "correlations": correlations_table(tables.get("correlations"), plan, labels, fits),
        "units": units_blocks(own, labels),
        "gallery": _gallery(own, headlines, labels),
        "passages": [*matter.passages.values(), *feedback_methods(matter.settings.units, labels)],
        "planned": [planned_block(plan, labels, estimates)],
        "deviations": deviation_blocks(tables.get("deviations"), plan, labels, matter.theory),
        "references": matter.references,
        "provenance": provenance_of(matter.provenance, fits, plan, suppressed, labels),
    }


def _compared(matter: Matter) -> tuple[dict[str, str], Comparability]:
    """The sample of each entry, and how far scales measure the same over waves and arms."""
    samples = {e.id: e.sample for e in matter.plan.entries}
    return samples, Comparability(matter.tables.get("invariance"), matter.labels)


def _sections(words: Words, noun: str, filled: Mapping[str, bool]) -> list[tuple[str, str]]:
    """(id, heading) of the sections in reading order, without those that have nothing to show."""
    present = [name for name in SECTIONS if filled.get(name, True)]
    return [(n, words(f"section.results_{noun}" if n == "results" else f"section.{n}")) for n in present]


def _filled(table: Table) -> list[Table]:
    return [table] if table else []


def _results_intro(noun: str, labels: Labels) -> str:
    arms = labels.study.arms
    arm = labels.words.quoted(labels.words.say(arms[-1].label)) if arms else ""
    return labels.by_design(f"results.intro_{noun}", arm=arm)


def _flow_intro(counts: Counts, labels: Labels) -> str:
    """What the counts of several waves say; "" for a single one."""
    if not_recognised(counts):
        return labels.words("flow.intro_unrecognised")
    if len(labels.study.waves) < 2:
        return ""
    return labels.by_teams("flow.intro")


def _failed(
    headlines: pd.DataFrame, fits: Mapping[str, Mapping[str, Any]], words: Words
) -> list[tuple[str, str]]:
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
