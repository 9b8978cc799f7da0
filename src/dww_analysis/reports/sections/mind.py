"""How firm the answer is, by five criteria with their reasons, and what contradicts or limits it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dww_analysis.domain.answer import CRITERIA, UNSEEN
from dww_analysis.language.labels import Labels
from dww_analysis.reports.sections.answers import firmness_of
from dww_analysis.reports.sections.one_minute import favour_of, identity, way_of
from dww_analysis.reports.sections.results import flags_of, listed

Row = Mapping[str, Any]


def firm_of(main: Sequence[Row], labels: Labels) -> dict[str, Any] | None:
    """The total and the five marks (id of the estimate, whether met, that as a word, why) of the title's outcomes.

    A criterion is met when it is for each of them; else the first that does not meet it says why. None where no outcome
    may be shown.
    """
    shown = [r for r in main if r["verdict"] not in UNSEEN]
    if not shown:
        return None
    words, marks = labels.words, []
    for i, criterion in enumerate(CRITERIA):
        row = next((r for r in shown if not r[criterion]), shown[0])
        met, word, why = firmness_of(row, labels)["marks"][i]
        marks.append({"id": identity(row), "met": met, "word": word, "why": why})
    n = sum(mark["met"] for mark in marks)
    return {
        "total": words("answer.firm", n=words.count(n), total=words.count(len(CRITERIA))),
        "marks": marks,
        "each": words("factsheet.firm_each") if len(shown) > 1 else "",
    }


def mind_of(planned: Sequence[Row], labels: Labels) -> list[str]:
    """Sentences about what contradicts or limits, most serious first. planned: rows of headlines with their answers."""
    return [
        *_trust(planned, labels),
        *_against(planned, labels),
        *_cause(labels),
        *_said_by_people(planned, labels),
    ]


def _trust(planned: Sequence[Row], labels: Labels) -> Iterator[str]:
    """Estimates that are not to be used, or not as planned."""
    words = labels.words
    ended = [r for r in planned if "not_converged" in flags_of(r)]
    if ended:
        yield words("summary.sure_not_converged", labels=listed(ended, words))
    other = [r for r in planned if r["status"] == "deviation"]
    if other:
        yield words("factsheet.mind.deviation", labels=listed(other, words))


def _against(planned: Sequence[Row], labels: Labels) -> Iterator[str]:
    """Outcomes that went opposite ways, and records that do not show what people say."""
    words = labels.words
    good, bad = ([r for r in planned if favour_of(r) == kind] for kind in ("favourable", "unfavourable"))
    if good and bad:
        yield words("factsheet.mind.against", labels=listed(bad, words))
    records = [r for r in planned if r["checked_why"] == "records" and way_of(r) == "level"]
    if records and any(way_of(r) in ("up", "down") and r["checked_why"] != "records" for r in planned):
        yield words("factsheet.mind.records", labels=words.capital(listed(records, words)))


def _cause(labels: Labels) -> Iterator[str]:
    if not labels.study.has_arms:
        yield labels.words("summary.sure_change")
    elif not labels.study.by_lot:
        yield labels.by_design("summary.sure_given")


def _said_by_people(planned: Sequence[Row], labels: Labels) -> Iterator[str]:
    scales = [labels.scale_of(r["outcome"]) for r in planned]
    if any(s is not None and s.key is not None for s in scales):
        yield labels.words("factsheet.mind.self_report")
