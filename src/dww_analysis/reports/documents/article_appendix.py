"""The appendix of the article: other outcomes, all estimates, measurement, what was missing, provenance."""

from __future__ import annotations

from dww_analysis.reports.blocks import Block, block
from dww_analysis.reports.citations import joined
from dww_analysis.reports.documents.article_body import outcome_blocks
from dww_analysis.reports.documents.chapters import Chapter, chapter
from dww_analysis.reports.documents.matter import Matter
from dww_analysis.reports.sections.absent import absent_blocks
from dww_analysis.reports.sections.calibration import calibration_blocks
from dww_analysis.reports.sections.correlations import correlations_table
from dww_analysis.reports.sections.curve import curve_blocks
from dww_analysis.reports.sections.exposure import exposure_blocks
from dww_analysis.reports.sections.fits import fit_blocks
from dww_analysis.reports.sections.invariance import item_blocks, sameness_blocks
from dww_analysis.reports.sections.leaving import leaving_blocks
from dww_analysis.reports.sections.measurement import descriptives_table, items_table
from dww_analysis.reports.sections.mechanisms import mechanism_blocks
from dww_analysis.reports.sections.participants import flow_tables
from dww_analysis.reports.sections.provenance import provenance_of
from dww_analysis.reports.sections.quality import quality_blocks
from dww_analysis.reports.sections.reliability import reliability_tables
from dww_analysis.reports.sections.residuals import residual_blocks
from dww_analysis.reports.sections.results import components_table, estimate_tables
from dww_analysis.reports.sections.scales_together import together_tables
from dww_analysis.reports.sections.sensitivity import sensitivity_blocks
from dww_analysis.reports.sections.stability import stability_table
from dww_analysis.reports.sections.weighting import weighting_blocks
from dww_analysis.reports.tables import Table


def appendix_chapters(matter: Matter) -> list[Chapter]:
    """The chapters of the appendix in their order, not yet numbered; those whose tables the study has not are empty."""
    words = matter.labels.words
    others = [e for e in matter.plan.entries if e.id not in matter.main]
    made = {
        "others": [
            matter.section("other_outcomes", outcome_blocks(matter, others)),
            matter.section("distributions", [block(figures=matter.kind("raincloud"))]),
        ],
        "estimates": [
            matter.section("estimates", [_tables(*_estimates(matter)), *_leaving(matter)]),
            matter.section("sensitivity", _sensitivity(matter)),
            matter.section("curve", _curves(matter)),
            matter.section("variance", [_tables(*_variance(matter))]),
            matter.section("searches", _searches(matter)),
            matter.section("residuals", _residuals(matter)),
            matter.section("trials", _calibration(matter)),
        ],
        "measurement": [
            matter.section("reliability", [_reliability(matter)]),
            matter.section("descriptives", [_tables(_descriptives(matter))]),
            matter.section(
                "together", [_tables(*together_tables(matter.tables, matter.plan.conf_level, matter.labels))]
            ),
            matter.section("sameness", sameness_blocks(matter.tables, matter.figures, matter.labels)),
            matter.section("items", _items(matter)),
        ],
        "participation": [
            matter.section("sources", [_tables(*_sources(matter))]),
            matter.section("quality", quality_blocks(matter.tables, matter.labels)),
            matter.section("imputed", absent_blocks(matter.tables, matter.plan, matter.labels)),
            matter.section("learning", _learning(matter)),
            matter.section("arrows", _folded(_mechanisms(matter))),
        ],
        "provenance": [matter.section("provenance", [_provenance(matter)])],
    }
    return [chapter(id, words(f"article.chapter.{id}"), sections) for id, sections in made.items()]


def _tables(*tables: Table | None) -> Block:
    return block(tables=[t for t in tables if t])


def _folded(blocks: list[Block]) -> list[Block]:
    """What a page folds away, without what stands in the body already."""
    return [f for b in blocks for f in b.folded]


def _estimates(matter: Matter) -> list[Table]:
    return estimate_tables(matter.tables["estimates"], matter.plan, matter.labels, matter.fits)


def _leaving(matter: Matter) -> list[Block]:
    return leaving_blocks(matter.tables["estimates"], matter.fits, matter.plan, matter.labels)


def _sensitivity(matter: Matter) -> list[Block]:
    return [
        *sensitivity_blocks(matter.tables.get("sensitivity"), matter.headlines, matter.plan, matter.labels),
        *weighting_blocks(matter.tables.get("weighting"), matter.headlines, matter.labels),
    ]


def _curves(matter: Matter) -> list[Block]:
    return curve_blocks(matter.tables, matter.headlines, matter.figures, matter.labels)


def _variance(matter: Matter) -> list[Table | None]:
    tables, plan, labels = matter.tables, matter.plan, matter.labels
    return [
        components_table(tables.get("variance_components"), plan, labels, matter.fits),
        correlations_table(tables.get("correlations"), plan, labels, matter.fits),
    ]


def _searches(matter: Matter) -> list[Block]:
    return fit_blocks(matter.tables["estimates"], matter.fits, matter.plan, matter.labels)


def _calibration(matter: Matter) -> list[Block]:
    return calibration_blocks(matter.tables.get("calibration"), matter.headlines, matter.plan, matter.labels)


def _learning(matter: Matter) -> list[Block]:
    """Tables about learning at work of which the body has a figure, and what a page folds away."""
    blocks = exposure_blocks(matter.tables, matter.labels, matter.figures)
    beside = [block(b.heading, tables=b.tables) for b in blocks if b.figures]
    return [*beside, *_folded(blocks)]


def _residuals(matter: Matter) -> list[Block]:
    """What planned models leave unexplained."""
    return residual_blocks(matter.tables, matter.headlines, matter.figures, matter.labels)


def _mechanisms(matter: Matter) -> list[Block]:
    return mechanism_blocks(matter.tables.get("mechanisms"), matter.theory, matter.figures, matter.labels)


def _reliability(matter: Matter) -> Block:
    """How reliability and agreement were computed, and what they are."""
    tables, level = matter.tables, matter.plan.conf_level
    found = reliability_tables(tables.get("reliability"), matter.labels, level)
    said = [matter.passages[name] for name in ("reliability", "checks") if name in matter.passages]
    return block(
        sentences=[joined(p.sentences) for p in said],
        tables=[
            t for t in (*found.values(), stability_table(tables.get("stability"), matter.labels, level)) if t
        ],
    )


def _descriptives(matter: Matter) -> Table:
    return descriptives_table(matter.tables.get("descriptives"), matter.labels)


def _items(matter: Matter) -> list[Block]:
    items = matter.tables.get("items")
    return [_tables(items_table(items, matter.labels)), *item_blocks(items, matter.figures, matter.labels)]


def _sources(matter: Matter) -> list[Table]:
    return [t for t in flow_tables(matter.tables.get("flow"), matter.labels) if t.id != "flow"]


def _provenance(matter: Matter) -> Block:
    """Facts, versions and checksums."""
    words, rows = matter.labels.words, matter.rows
    hidden = {r["entry"] for r in rows if r["hidden"]}
    found = provenance_of(matter.provenance, matter.fits, matter.plan, hidden, matter.labels)
    facts = [words("told.line", name=name, text=value) for name, value in found["facts"]]
    software = matter.passages.get("software")
    return block(
        sentences=[*facts, *(software.sentences if software is not None else ())],
        tables=found["tables"],
    )
