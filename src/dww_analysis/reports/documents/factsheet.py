"""The factsheet: what a study found, on two sides of A4, for who decides. The title is the answer.

It prints what answers.csv says and computes nothing. There is no recommendation: the last part asks.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dww_analysis.domain.answer import UNSEEN
from dww_analysis.domain.report import SENSEMAKING
from dww_analysis.language.labels import Labels
from dww_analysis.reports.headlines import headline_rows, in_short, with_answers
from dww_analysis.reports.material import Setup, Tables
from dww_analysis.reports.render.html import asset, fill
from dww_analysis.reports.sections.done import done_of
from dww_analysis.reports.sections.hundred import HIGH, SIZE, WIDE, bars_of, plates_of
from dww_analysis.reports.sections.mind import firm_of, mind_of
from dww_analysis.reports.sections.notices import data_foot
from dww_analysis.reports.sections.one_minute import (
    compared_with,
    identity,
    lines_of,
    main_rows,
    planned_rows,
    title_parts,
)

Row = Mapping[str, Any]
MOST_WORDS = 350
MOST_LOOSE = 8  # outcomes that stand apart on paper; more stand closer
DECIDES = ("estimate", "everyday_size", "everyday_low", "everyday_high", "verdict", "plain", "firm")


@dataclass(frozen=True)
class Detail:
    """How much a factsheet says: a study with many outcomes or long names gets less, so that two sides hold it."""

    plates: int = 3  # outcomes of which the size is shown
    limits: int = 5  # sentences of what to mind
    questions: bool = True  # whether the four questions are written out


DETAILS = (
    *(Detail(), Detail(plates=2), Detail(plates=1), Detail(plates=1, limits=2)),
    Detail(plates=1, limits=2, questions=False),
)


def factsheet_said(tables: Tables, setup: Setup, *, version: str, language: str) -> dict[str, Any]:
    """What the page and the PDF in one language show, with as much detail as stays within MOST_WORDS; the least there
    is where none does.

    tables: "estimates", "answers" and "flow" after disclosure control. version: of the package.
    """
    labels = setup.labels(language, tables)
    headlines = headline_rows(tables["estimates"], setup.study, setup.plan, setup.scales, labels.words)
    rows = in_short(with_answers(headlines, tables["answers"]).to_dict("records"), labels)
    facts = _Facts(rows, planned_rows(rows), tables, labels, setup.settings.licence, version)
    said: dict[str, Any] = {}
    for detail in DETAILS:
        said = _said(facts, detail)
        if words_in(factsheet_page(said)) <= MOST_WORDS:
            break
    return said


def factsheet_page(said: Mapping[str, Any]) -> str:
    """The page: one file that needs nothing else. said: what `factsheet_said` returns."""
    return fill("factsheet.html.j2", said)


def build_factsheet(tables: Tables, setup: Setup, *, version: str, language: str) -> str:
    """The page in one language, from what `factsheet_said` takes."""
    return factsheet_page(factsheet_said(tables, setup, version=version, language=language))


def words_in(page: str) -> int:
    """How many words a reader of the page sees: its text without the `<head>` and without markup."""
    text = re.sub(r"<head>.*?</head>", " ", page, flags=re.S)
    return len(re.findall(r"\w[\w’'.,:/@-]*", re.sub(r"<[^>]*>", " ", text)))


@dataclass(frozen=True, eq=False)
class _Facts:
    """What a factsheet is made from."""

    rows: Sequence[Row]
    planned: Sequence[Row]
    tables: Mapping[str, pd.DataFrame]
    labels: Labels
    licence: str
    version: str


def _said(facts: _Facts, detail: Detail) -> dict[str, Any]:
    labels, planned = facts.labels, facts.planned
    words, main = labels.words, main_rows(facts.planned)
    bars = {identity(r): bars_of(planned).get(r["entry"]) for r in planned}
    plates = plates_of(main, labels, detail.plates)
    return {
        "w": words,
        "lang": words.language,
        "css": asset("a4.css") + asset("factsheet.css"),
        "study": words.say(labels.study.title),
        "title": title_parts(main, labels),
        "done": done_of(facts.rows, planned, facts.tables.get("flow"), labels),
        "lines": [{**line, "bar": bars[line["id"]]} for line in lines_of(planned, labels)],
        "dense": len(planned) > MOST_LOOSE,
        "key": _key(planned, [bool(bars[identity(r)]) for r in planned], labels),
        "wide": WIDE,
        "high": HIGH,
        "plates": plates,
        "plates_key": _plates_key(plates, main, labels),
        "plate_size": 10 * SIZE,
        "firm": firm_of(main, labels),
        "mind": mind_of(planned, labels)[: detail.limits],
        "questions": SENSEMAKING,
        "written_out": detail.questions,
        "foot": _foot(facts),
    }


def _key(planned: Sequence[Row], drawn: Sequence[bool], labels: Labels) -> str:
    """How to read the bars, and why an outcome that has an answer has none. drawn: of each outcome whether it has."""
    if not any(drawn):
        return ""
    neutral = any(r["direction"] == "neutral" for r in planned)
    bare = any(not bar and r["verdict"] not in UNSEEN for r, bar in zip(planned, drawn, strict=True))
    said = [labels.words("factsheet.key_neutral" if neutral else "factsheet.key")]
    return " ".join([*said, *([labels.words("factsheet.key_bare")] if bare else [])])


def _plates_key(plates: Sequence[Row], main: Sequence[Row], labels: Labels) -> str:
    """How to read the dots."""
    pairs = compared_with(main)
    if not any(plate["dots"] for plate in plates) or len(pairs) != 1:
        return ""
    neutral = any(r["direction"] == "neutral" for r in main)
    key = "factsheet.full_neutral" if neutral else "factsheet.full"
    return labels.by_design(
        "factsheet.plates_key", full=labels.by_design(key, arm=labels.words.quoted(pairs[0][0]))
    )


def _foot(facts: _Facts) -> list[str]:
    """Whose data, which version, whom to ask, and whether it may be shared."""
    words, study = facts.labels.words, facts.labels.study
    date = words.date(study.delivered)
    contact = (
        words("factsheet.foot.contact", contact=study.contact)
        if study.contact
        else words("citation.no_contact")
    )
    share = "factsheet.foot.share" if facts.licence else "factsheet.foot.ask"
    return [
        *data_foot(facts.labels),
        words("factsheet.foot.check", date=date, version=facts.version, hash=_checksum(facts)),
        contact,
        words(share, licence=facts.licence),
    ]


def _checksum(facts: _Facts) -> str:
    """Eight figures that tell apart what is printed; the same in every language."""
    printed = [[identity(r), *(str(r[name]) for name in DECIDES)] for r in facts.planned]
    text = json.dumps([facts.labels.study.id, facts.labels.study.delivered, facts.version, printed])
    return hashlib.sha256(text.encode()).hexdigest()[:8]
