"""Cards to talk with: on the front one finding in words, on the back one open question, a drive and a tip.

They print what answers.csv says and compute nothing; there is no number on them. What is unfavourable and what nobody
measured has its card as well as what went well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from dww_analysis.domain.answer import UNSEEN
from dww_analysis.domain.study import Text
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.headlines import headline_rows, in_short, with_answers
from dww_analysis.reports.material import Setup, Tables
from dww_analysis.reports.render.html import asset, fill
from dww_analysis.reports.render.typst import Paper, compile_pdf
from dww_analysis.reports.sections.answers import verdict_sentence
from dww_analysis.reports.sections.notices import talking_foot
from dww_analysis.reports.sections.one_minute import (
    brief_of,
    compared_of,
    compared_with,
    identity,
    line_of,
    planned_rows,
    way_of,
)
from dww_analysis.reports.sections.stops import is_strong, sign_of

Row = Mapping[str, Any]
MOST_CARDS = 16  # with the blank one: four sides of A4
DRIVES = ("better", "known", "together")
TIPS = 3  # of each drive
KINDS = (
    "favourable",
    "unfavourable",
    "unseen",
    "unclear",
    "same",
    "differs",
)  # of findings, each with its questions
ASKED = {"up": "differs", "down": "differs"}


@dataclass(frozen=True)
class Card:
    """One card. sign: in words, "" on the blank one; svg: the same as a picture; estimate: id of what it prints."""

    label: str
    said: tuple[str, ...]
    question: str = ""
    sign: str = ""
    svg: str = ""
    drive: str = ""
    tip: str = ""
    estimate: str = ""
    blank: bool = False


def build_cards(
    tables: Tables, setup: Setup, *, unmeasured: Sequence[Text], language: str, pdf_file: str
) -> dict[str, str | bytes]:
    """{"page": HTML, "pdf": bytes} in one language.

    tables: "estimates" and "answers" after disclosure control, rows as declared. unmeasured: what belongs to the
    theory of change and has no data. pdf_file: what the PDF is called.
    """
    labels, study = setup.labels(language, tables), setup.study
    words = labels.words
    headlines = headline_rows(tables["estimates"], study, setup.plan, setup.scales, words)
    rows = planned_rows(in_short(with_answers(headlines, tables["answers"]).to_dict("records"), labels))
    cards = [*deck_of(rows, unmeasured, labels), _blank(words)]
    title = words("cards.title", study=words.say(study.title))
    content = {
        "cards": [asdict(card) for card in cards],
        "tip": words("cards.tip"),
        "foot": " ".join(talking_foot(labels)[:-1]),
    }
    page = {
        "w": words,
        "lang": language,
        "css": asset("a4.css") + asset("cards.css"),
        "title": title,
        "pdf_file": pdf_file,
        "cards": cards,
        "foot": talking_foot(labels),
    }
    pdf = compile_pdf("cards", content, Paper(title, language, study.delivered))
    return {"page": fill("cards.html.j2", page), "pdf": pdf}


def deck_of(planned: Sequence[Row], unmeasured: Sequence[Text], labels: Labels) -> list[Card]:
    """The cards with a finding: primary outcomes, then others that are unfavourable, then what has no answer, then
    the rest as planned; as many as leave room for the blank one, and what is unfavourable in any case.

    planned: rows of headlines with their answers. unmeasured: what has no data, a card each.
    """
    several = len(compared_with(planned)) > 1
    backs = _Backs(labels.words)
    return [
        backs.turned(_of_row(found, compared_of(planned, labels), several, labels), sign_of(found))
        if "entry" in found
        else backs.turned(_of_nothing(found, labels), "unseen")
        for found in _with_room(list(_in_order(planned, unmeasured)))
    ]


def _in_order(planned: Sequence[Row], unmeasured: Sequence[Text]) -> Iterator[Row]:
    """Rows of outcomes, and names of what has no data."""
    others = [r for r in planned if not r["primary"]]
    yield from (r for r in planned if r["primary"])
    yield from (r for r in others if r["harm"])
    yield from (r for r in others if r["verdict"] in UNSEEN)
    yield from unmeasured
    yield from (r for r in others if not r["harm"] and r["verdict"] not in UNSEEN)


def _with_room(found: Sequence[Row]) -> list[Row]:
    """In their order as many as there are cards for; what is unfavourable is never among those that fall away."""
    kept = sorted(range(len(found)), key=lambda i: not found[i].get("harm"))[: MOST_CARDS - 1]
    return [found[i] for i in sorted(kept)]


def _of_row(row: Row, compared: Sequence[str], several: bool, labels: Labels) -> Card:
    words, sign, strong = labels.words, sign_of(row), is_strong(row)
    seen, named = row["verdict"] not in UNSEEN, words(f"praatplaat.sign.{sign}")
    line = line_of(row, labels, with_contrast=several)
    said = [words("cards.said", said=words.capital(brief_of(row, labels)))] if seen else []
    said += [
        verdict_sentence(row, labels),
        line["harm"],
        *(compared if way_of(row) in ("up", "down") else []),
    ]
    return Card(
        label=line["label"],
        said=tuple(s for s in said if s),
        sign=named if strong else f"{named}, {words('factsheet.sure.less_sure')}",
        svg=fill("sign.svg.j2", {"kind": sign, "strong": strong}),
        estimate=identity(row),
    )


def _of_nothing(name: Row, labels: Labels) -> Card:
    words = labels.words
    return Card(
        label=words.capital(words.say(name)),
        said=(words("cards.no_finding"),),
        sign=words("praatplaat.sign.unseen"),
        svg=fill("sign.svg.j2", {"kind": "unseen", "strong": True}),
    )


class _Backs:
    """What stands on the backs: of findings alike no question twice before all were asked, and tips by turns."""

    def __init__(self, words: Words):
        self.words = words
        self.asked: Counter[str] = Counter()
        self.told: Counter[str] = Counter()

    def turned(self, card: Card, sign: str) -> Card:
        """The card with its question, drive and tip."""
        kind = ASKED.get(sign, sign)
        drive = DRIVES[(KINDS.index(kind) + self.asked[kind]) % len(DRIVES)]
        tip = self.told[drive] % TIPS + 1
        self.asked[kind] += 1
        self.told[drive] += 1
        words = self.words
        return replace(
            card,
            question=words(f"cards.ask.{kind}.{drive}"),
            drive=words(f"cards.drive.{drive}"),
            tip=words(f"cards.tip.{drive}.{tip}"),
        )


def _blank(words: Words) -> Card:
    hint = (words("cards.blank_hint"),)
    return Card(words("cards.blank"), hint, words("cards.blank_back"), blank=True)
