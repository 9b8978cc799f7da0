"""The body of the article: abstract, questions, methods, results, discussion, and what a report has to account for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dww_analysis.domain.answer import UNSEEN
from dww_analysis.domain.checklist import INTERVENTION
from dww_analysis.domain.plan import PlanEntry
from dww_analysis.reports.blocks import Block, block
from dww_analysis.reports.citations import joined
from dww_analysis.reports.documents.chapters import Chapter, chapter
from dww_analysis.reports.documents.matter import Matter, compares_shares, facts_of
from dww_analysis.reports.headlines import harmful
from dww_analysis.reports.sections.abstract import abstract_sentences, registered
from dww_analysis.reports.sections.calibration import as_planned, calibration_blocks
from dww_analysis.reports.sections.checklist import checklist_block
from dww_analysis.reports.sections.design import design_table, deviation_blocks
from dww_analysis.reports.sections.exposure import exposure_blocks
from dww_analysis.reports.sections.feedback import feedback_limits, feedback_methods
from dww_analysis.reports.sections.limits import limits_of
from dww_analysis.reports.sections.mechanisms import mechanism_blocks
from dww_analysis.reports.sections.one_table import results_table
from dww_analysis.reports.sections.outcome_page import outcome_block
from dww_analysis.reports.sections.outcomes import outcomes_table
from dww_analysis.reports.sections.participants import baseline_table, flow_tables
from dww_analysis.reports.sections.planned import planned_table
from dww_analysis.reports.sections.prompts import discussion_blocks, told_sentences, told_table
from dww_analysis.reports.sections.results import listed
from dww_analysis.reports.sections.summary import design_sentence, harm_sentence, of_family
from dww_analysis.reports.sections.symbols import in_symbols
from dww_analysis.reports.sections.units import units_blocks
from dww_analysis.reports.sections.units_at_start import units_table

OF_LOT = ("allocation_sequence", "concealment", "implementation")
OTHERS = ("funding", "interests", "protocol", "data_availability", "contributions")


def body_chapters(matter: Matter) -> list[Chapter]:
    """The chapters before the one that accounts for the report, in the order of an article and not yet numbered;
    those whose tables the study has not are empty."""
    words = matter.labels.words
    made = {
        "abstract": [matter.section("abstract", [_abstract(matter)])],
        "questions": [matter.section("questions", [_questions(matter)])],
        "methods": [
            matter.section("design", [_design(matter)]),
            matter.section("setting", [_setting(matter)]),
            matter.section("intervention", [_intervention(matter)]),
            matter.section("outcomes", [_outcomes(matter)]),
            matter.section("allocation", [_allocation(matter)]),
            matter.section("model", [_model(matter)]),
            matter.section("missing", [_passage(matter, "rules")]),
            matter.section(
                "deviations",
                _unheaded(
                    deviation_blocks(
                        matter.tables.get("deviations"), matter.plan, matter.labels, matter.theory
                    )
                )
                or [block(sentences=[words("article.not_sealed")])],
            ),
        ],
        "results": [
            matter.section("flow", [_flow(matter)]),
            matter.section("baseline", [_baseline(matter)]),
            matter.section("results", [_results(matter)]),
            matter.section(
                "each", outcome_blocks(matter, [e for e in matter.plan.entries if e.id in matter.main])
            ),
            matter.section("harms", [_harms(matter)]),
            matter.section("exposure", _exposure(matter)),
            matter.section("units", _unheaded(units_blocks(matter.figures, matter.labels))),
            matter.section("mechanisms", _without_folds(_mechanisms(matter))),
            matter.section("calibration", _without_folds(_calibration(matter))),
        ],
        "discussion": [
            matter.section(
                "written",
                discussion_blocks(matter.discussion, matter.labels, elsewhere=matter.elsewhere),
            ),
            matter.section("limits", [_limits(matter)]),
        ],
    }
    return [chapter(id, words(f"article.chapter.{id}"), sections) for id, sections in made.items()]


def checked_chapter(matter: Matter, places: Mapping[str, str]) -> Chapter:
    """What the report accounts for: funding and the like, ethics, references, and the check-list with the places of
    all other sections.

    places: section id -> its number, as `places_of` gives them of all other chapters. What about.yaml does not say is
    named as not stated.
    """
    words, about, labels = matter.labels.words, matter.about, matter.labels
    names = [n for n in OTHERS if n != "protocol" or labels.study.arms]
    place = registered(matter.plan, about, labels)
    told = [words("told.line", name=words("told.registration"), text=place)] if place else []
    if about.licence:
        told.append(words("told.line", name=words("told.licence"), text=about.licence))
    absent = [] if place else ["registration"]
    made = [
        matter.section(
            "funding", [block(sentences=[*told, *told_sentences([*names, *absent], about, labels)])]
        ),
        matter.section("ethics", [block(sentences=told_sentences(["ethics", "consent"], about, labels))]),
    ]
    last = len({p.split(".")[0] for p in places.values() if p[0].isdigit()}) + 1
    own = {"funding": f"{last}.1", "ethics": f"{last}.2"}
    checked = checklist_block(facts_of(matter), {**places, **own}, labels, shares=compares_shares(matter))
    made += [
        matter.section("checklist", [checked]),
        matter.section("references", [block(points=matter.references)]),
    ]
    return chapter("account", words("article.chapter.account"), made)


def outcome_blocks(matter: Matter, entries: list[PlanEntry]) -> list[Block]:
    """A page of each of these entries of the plan, in this order: a Block with its question, answer, figures and
    tables."""
    return [_outcome(matter, e) for e in entries]


def _outcome(matter: Matter, entry: PlanEntry) -> Block:
    row = next(r for r in matter.rows if r["entry"] == entry.id)
    return outcome_block(row, entry, matter.results, of_family(row, matter.rows), matter.labels)


def _abstract(matter: Matter) -> Block:
    said = abstract_sentences(matter.rows, matter.counts, matter.plan, matter.about, matter.labels)
    return block(sentences=said)


def _questions(matter: Matter) -> Block:
    told = told_sentences(["background", "objectives"], matter.about, matter.labels)
    table = planned_table(matter.plan, matter.labels, matter.tables.get("estimates"))
    return block(sentences=told, tables=[table])


def _design(matter: Matter) -> Block:
    words, labels, study = matter.labels.words, matter.labels, matter.labels.study
    waves = [
        words(
            "article.wave",
            wave=words.say(w.label),
            date=words.date(w.date) if w.date else words("article.no_date"),
        )
        for w in study.waves
    ]
    levels = words("article.levels", unit=words.level_names("unit"), person=words.level_names("person"))
    return block(
        sentences=[
            design_sentence(matter.rows, matter.counts, labels),
            *_passage(matter, "design").sentences,
            levels if study.arms else "",
            words("article.waves", waves=words.listing(waves)),
        ],
        figures=matter.kind("design")[:1],
        tables=[] if matter.kind("design") else [design_table(matter.tables.get("design"), labels)],
    )


def _setting(matter: Matter) -> Block:
    names = ["setting", "eligibility_units", "eligibility_persons", "recruitment", "recruitment_dates"]
    if matter.labels.study.unit == "person" or not matter.labels.study.arms:
        names.remove("eligibility_units")
    return block(sentences=told_sentences(names, matter.about, matter.labels))


def _intervention(matter: Matter) -> Block:
    """By TIDieR; a study that nobody told of says so in one sentence."""
    names = [*INTERVENTION, "comparison"] if matter.labels.study.arms else list(INTERVENTION)
    given = matter.about.given() & set(names)
    if not matter.labels.study.arms and not given:
        return block()
    if not given:
        return block(sentences=told_sentences(names, matter.about, matter.labels))
    return block(tables=[told_table("intervention", names, matter.about, matter.labels)])


def _outcomes(matter: Matter) -> Block:
    told = told_sentences(["outcome_changes"], matter.about, matter.labels)
    table = outcomes_table(matter.plan, matter.tables.get("reliability"), matter.labels)
    return block(sentences=told, tables=[table])


def _allocation(matter: Matter) -> Block:
    names = ["sample_size", "stopping"]
    if matter.labels.study.by_lot:
        names += OF_LOT
    if matter.labels.study.arms:
        names.append("blinding")
    return block(sentences=told_sentences(names, matter.about, matter.labels))


def _passage(matter: Matter, name: str) -> Block:
    passage = matter.passages.get(name)
    return block() if passage is None else block(sentences=[joined(passage.sentences)])


def _model(matter: Matter) -> Block:
    """The model in words and in symbols, the tests with their corrections, and how units heard about themselves."""
    words, model = matter.labels.words, matter.passages.get("model")
    formulas = model.formulas if model is not None else ()
    symbols = [in_symbols(one.formula, one.kind) for one in formulas]
    points = []
    for one, found in zip(formulas, symbols, strict=True):
        points.append(words("article.formula", label=words.capital(one.label), formula=one.formula))
        if found is not None:
            points.append(words("article.symbols", model=found[0], drawn=found[1]))
    told = [s for p in feedback_methods(matter.settings.units, matter.labels) for s in p.sentences]
    return block(
        sentences=[
            *_passage(matter, "model").sentences,
            *_passage(matter, "testing").sentences,
            " ".join(told),
            words("article.read_symbols") if any(symbols) else "",
        ],
        points=points,
    )


def _flow(matter: Matter) -> Block:
    tables = flow_tables(matter.tables.get("flow"), matter.labels)
    return block(figures=matter.kind("flow")[:1], tables=[t for t in tables if t.id == "flow"])


def _baseline(matter: Matter) -> Block:
    labels = matter.labels
    tables = [
        baseline_table(matter.tables.get("baseline"), labels),
        units_table(matter.tables.get("baseline_units"), labels),
    ]
    intro = labels.words("baseline.intro_arms" if labels.study.groups else "baseline.intro_waves")
    return block(sentences=[intro] if any(tables) else [], tables=tables)


def _results(matter: Matter) -> Block:
    table = results_table(matter.headlines, matter.tables, matter.plan, matter.labels)
    return block(figures=matter.kind("forest")[:1], tables=[table])


def _harms(matter: Matter) -> Block:
    """What was unfavourable among the planned outcomes, of which that is not known, and what people told of events."""
    words = matter.labels.words
    planned = [r for r in matter.rows if r["status"] != "exploratory"]
    unseen = [r for r in planned if r["verdict"] in UNSEEN]
    found = [harm_sentence(r, words) for r in harmful(planned)]
    if not found and len(unseen) < len(planned):
        found.append(words("article.no_harm"))
    if unseen:
        found.append(words("article.harm_unseen", labels=listed(unseen, words)))
    return block(sentences=[*found, *told_sentences(["harms"], matter.about, matter.labels)])


def _exposure(matter: Matter) -> list[Block]:
    """Learning at work; where a figure shows it, its table stands in the appendix."""
    blocks = exposure_blocks(matter.tables, matter.labels, matter.figures)
    return _without_folds([replace(b, tables=()) if b.figures else b for b in blocks])


def _mechanisms(matter: Matter) -> list[Block]:
    return mechanism_blocks(matter.tables.get("mechanisms"), matter.theory, matter.figures, matter.labels)


def _calibration(matter: Matter) -> list[Block]:
    """The planned tests alone; how others would have done stands in the appendix."""
    found = matter.tables.get("calibration")
    if found is not None:
        found = as_planned(found, matter.headlines)
    return calibration_blocks(found, matter.headlines, matter.plan, matter.labels, matter.figures)


def _unheaded(blocks: list[Block]) -> list[Block]:
    """Blocks below the heading of their section, without their own."""
    return [replace(b, heading="") for b in blocks]


def _without_folds(blocks: list[Block]) -> list[Block]:
    """Blocks without what a page folds away: that stands in the appendix."""
    return [
        block(b.heading, sentences=b.sentences, points=b.points, figures=b.figures, tables=b.tables)
        for b in blocks
    ]


def _limits(matter: Matter) -> Block:
    """To whom the results may also apply, and what limits them."""
    labels = matter.labels
    found = [
        *limits_of(matter.headlines, matter.tables, matter.fits, matter.plan, labels),
        *feedback_limits(matter.settings.units, labels),
    ]
    return block(sentences=told_sentences(["generalisability"], matter.about, labels), points=found)
