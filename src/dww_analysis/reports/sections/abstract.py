"""The structured abstract: why, what was asked, how, what came out, what it means, who paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dww_analysis.domain.about import About
from dww_analysis.domain.answer import UNSEEN
from dww_analysis.domain.plan import Plan
from dww_analysis.language.labels import Labels
from dww_analysis.reports.headlines import harmful
from dww_analysis.reports.sections.one_minute import line_of, main_rows, planned_rows, title_parts
from dww_analysis.reports.sections.participants import Counts
from dww_analysis.reports.sections.prompts import not_told
from dww_analysis.reports.sections.results import listed
from dww_analysis.reports.sections.summary import design_sentence, persons_sentences

Row = Mapping[str, Any]
TOLD = ("background", "setting", "funding")


def abstract_sentences(
    rows: Sequence[Row], counts: Counts, plan: Plan, about: About, labels: Labels
) -> list[str]:
    """Paragraphs with their names before them, in the order of an abstract. rows: headlines with their answers, of
    every entry. What neither the plan nor about.yaml says is named as not stated in a last line."""
    words = labels.words
    planned = planned_rows(rows)
    main = main_rows(planned)
    given = about.given()
    parts = {
        "background": words.say(about.background) if "background" in given else "",
        "methods": " ".join(_methods(rows, counts, about, labels)),
        "questions": " ".join(dict.fromkeys(str(r["question"]) for r in main if r["question"])),
        "results": " ".join(_results(main, rows, counts, labels)),
        "conclusion": "; ".join(text for _, text in title_parts(main, labels)) + ".",
        "registration": registered(plan, about, labels),
        "funding": words.say(about.funding) if "funding" in given else "",
    }
    order = ("background", "questions", "methods", "results", "conclusion", "registration", "funding")
    said = [words("told.line", name=words(f"abstract.{n}"), text=parts[n]) for n in order if parts[n]]
    absent = [n for n in TOLD if n not in given]
    if not parts["registration"]:
        absent.append("registration")
    return [*said, *([not_told(absent, labels)] if absent else [])]


def registered(plan: Plan, about: About, labels: Labels) -> str:
    """Where the plan was registered, as the plan says, else as people told; "" where neither does."""
    words, place = labels.words, plan.registered_at
    if place is not None:
        return words("planned.registered", registry=place.registry, id=place.id, date=words.date(place.date))
    return words.say(about.registration) if about.registration else ""


def _methods(rows: Sequence[Row], counts: Counts, about: About, labels: Labels) -> list[str]:
    words = labels.words
    setting = [words.say(about.setting)] if about.setting else []
    return [design_sentence(rows, counts, labels), *setting]


def _results(main: Sequence[Row], rows: Sequence[Row], counts: Counts, labels: Labels) -> list[str]:
    """Who answered and who was analysed, each main outcome with its estimate, and what was unfavourable."""
    words = labels.words
    harm = [r for r in harmful(rows) if r["entry"] not in {m["entry"] for m in main}]
    return [
        *(persons_sentences(rows, counts, labels) if len(labels.study.samples) == 1 else []),
        *(_finding(r, labels) for r in main),
        *([words("limits.harm", labels=listed(harm, words))] if harm else []),
    ]


def _finding(row: Row, labels: Labels) -> str:
    words = labels.words
    said = line_of(row, labels, with_contrast=False)["said"]
    label = words.capital(str(row["label"]))
    if row["verdict"] in UNSEEN:
        return words("abstract.unseen", label=label, said=said)
    adjusted = row["adjust_method"] not in ("none", "") and row["p_adjusted"] == row["p_adjusted"]
    p = words.p_phrase(row["p_adjusted"] if adjusted else row["p_value"])
    key = "abstract.finding_adjusted" if adjusted else "abstract.finding"
    return words(key, label=label, estimate=words.estimate(row, row["unit"]), p=p, said=said)
