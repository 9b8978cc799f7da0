"""What stands at each stop of the talking picture, in a few words, and what is known of the road between two stops.

A stop says what the answers of its outcomes say (`domain.answer`); the road says nothing of them. It is whole only
where an arrow of the theory of change was estimated and its interval has no zero in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from dww_analysis.domain.answer import UNSEEN
from dww_analysis.domain.stops import Stop
from dww_analysis.language.labels import Labels
from dww_analysis.reports.headlines import short_label
from dww_analysis.reports.sections.one_minute import (
    FAVOURS,
    brief_of,
    compared_with,
    favour_of,
    identity,
    line_of,
    way_of,
)
from dww_analysis.reports.tables import flagged, is_number

Row = Mapping[str, Any]
Sign = Literal["favourable", "unfavourable", "up", "down", "same", "unclear", "unseen"]
Road = Literal["whole", "broken", "dotted"]
MOST_SAW, MOST_SURE = 12, 10  # words


@dataclass(frozen=True)
class StopSaid:
    """One stop.

    saw: (id of an estimate or "", text) of what stands in the picture; counted: the same where that has no room; sure:
    of the first outcome, whose id is `lead`; alike: whether all outcomes say the same as that one; every: of each
    outcome its id, name and whole answer; strong: whether its sign is filled.
    """

    name: str
    sign: Sign
    strong: bool
    lead: str
    saw: tuple[tuple[str, str], ...]
    counted: tuple[tuple[str, str], ...]
    sure: str
    alike: bool
    every: tuple[Mapping[str, str], ...]


def stops_said(stops: Sequence[Stop], planned: Sequence[Row], labels: Labels) -> list[StopSaid]:
    """Every stop, in the order of the road. planned: rows of the planned outcomes, the primary ones first."""
    return [_stop(stop, rows_at(stop, planned), planned, labels) for stop in stops]


def rows_at(stop: Stop, planned: Sequence[Row]) -> list[Row]:
    """The headlines of a stop's outcomes: the unfavourable ones, then the primary ones, then the rest as the stop
    names them; [] where it stands for no planned outcome."""
    own = [r for outcome in stop.outcomes for r in planned if r["outcome"] == outcome]
    return sorted(own, key=lambda r: (not r["harm"], not r["primary"]))


def name_of(stop: Stop, labels: Labels) -> str:
    """What a stop is called, with a capital."""
    own = labels.words.say(stop.label) if stop.label else labels.words(f"praatplaat.stop.{stop.id}")
    return labels.words.capital(own)


def sign_of(row: Row) -> Sign:
    """The sign of one outcome, told by shape as well as by colour."""
    way = way_of(row)
    if way == "none":
        return "unseen"
    if way == "level":
        return "same" if row["verdict"] == "no_difference" else "unclear"
    if row["plain"] in FAVOURS:
        return "favourable" if row["plain"] == "favourable" else "unfavourable"
    return "up" if way == "up" else "down"


def is_strong(row: Row) -> bool:
    """Whether a sign is filled: an open one says less certain. Harm is never softened."""
    return row["verdict"] != "less_sure" or bool(row["harm"])


def _stop(stop: Stop, rows: Sequence[Row], planned: Sequence[Row], labels: Labels) -> StopSaid:
    words, name = labels.words, name_of(stop, labels)
    if not rows:
        said = words("praatplaat.not_asked" if stop.measured else "praatplaat.not_measured")
        nothing = (("", said),)
        return StopSaid(name, "unseen", True, "", nothing, nothing, words("praatplaat.ask"), True, ())
    several = len(compared_with(planned)) > 1
    lead = rows[0]
    return StopSaid(
        name=name,
        sign=sign_of(lead),
        strong=is_strong(lead),
        lead=identity(lead),
        saw=tuple(_saw(rows, labels)),
        counted=((identity(lead), _counted(rows, labels)),),
        sure=sure_of(lead, labels),
        alike=len({(way_of(r), r["verdict"], r["harm"]) for r in rows}) == 1,
        every=tuple(_every(r, several, labels) for r in rows),
    )


def _saw(rows: Sequence[Row], labels: Labels) -> Iterable[tuple[str, str]]:
    """An outcome on each line, as many as MOST_SAW words hold; of the others how many there are."""
    said = [(identity(r), _line(r, labels)) for r in rows]
    if n_words(*(text for _, text in said)) <= MOST_SAW:
        return said
    for n in range(len(said) - 1, 0, -1):
        more = labels.words.many("praatplaat.more", len(said) - n)
        if n_words(*(text for _, text in said[:n]), more) <= MOST_SAW:
            return [*said[:n], ("", more)]
    return [(identity(rows[0]), _counted(rows, labels))]


def _line(row: Row, labels: Labels) -> str:
    label = labels.words.capital(short_label(row, labels))
    return labels.words("praatplaat.saw", label=label, said=brief_of(row, labels))


def _counted(rows: Sequence[Row], labels: Labels) -> str:
    """What the first outcome says where its name has no room, and how many others there are."""
    more = labels.words.many("praatplaat.more", len(rows) - 1) if len(rows) > 1 else ""
    return f"{_unnamed(rows[0], more, labels)} {more}".strip()


def _unnamed(row: Row, more: str, labels: Labels) -> str:
    """How an outcome went without its name: *higher* would be read of the name of the stop, so that it is the side that
    is said; of an outcome without a better side as much of its name as MOST_SAW words leave beside `more`."""
    words, brief, favour = labels.words, brief_of(row, labels), favour_of(row)
    if favour:
        said = words(f"factsheet.favour.{favour}")
        unsure = row["verdict"] == "less_sure" and not row["harm"]
        brief = words("factsheet.brief.less_sure", said=said) if unsure else said
    elif way_of(row) in ("up", "down"):
        name = labels.short(str(row["outcome"])).split()[: MOST_SAW - n_words(brief, more)]
        return words("praatplaat.saw", label=words.capital(f"{' '.join(name)}…"), said=brief)
    return words("praatplaat.alone", said=words.capital(brief))


def sure_of(row: Row, labels: Labels) -> str:
    """How sure, in the words of the table of verdicts; of harm also that it was not expected, of what chance did not
    decide that its cause is not known, of what cannot be said a question. At most `MOST_SURE` words."""
    words = labels.words
    if row["verdict"] in UNSEEN:
        return words("praatplaat.ask")
    brief = words("praatplaat.alone", said=words.capital(words(f"factsheet.sure.{row['verdict']}")))
    if row["harm"]:
        unexpected = words("factsheet.unexpected")
        both = f"{brief} {unexpected}"
        return both if n_words(both) <= MOST_SURE else unexpected
    if row["noun"] != "effect" and row["verdict"] in ("sure", "less_sure"):
        return f"{brief} {words('praatplaat.no_cause')}"
    return words(f"answer.verdict.{row['verdict']}")


def _every(row: Row, with_contrast: bool, labels: Labels) -> Mapping[str, str]:
    """One outcome as the list beside the picture tells it."""
    line = line_of(row, labels, with_contrast=with_contrast)
    parts = (line["said"], line["harm"])
    return {"id": line["id"], "label": line["label"], "said": " ".join(p for p in parts if p)}


def n_words(*texts: str) -> int:
    """How many words texts have together."""
    return sum(len(text.split()) for text in texts)


def roads_of(stops: Sequence[Stop], mechanisms: Iterable[Row]) -> list[Road]:
    """The road from each stop to the next. mechanisms: rows of the table after disclosure control."""
    arrows = [r for r in mechanisms if r["kind"] == "arrow" and r["shown"]]
    return [_road(a, b, arrows) for a, b in pairwise(stops)]


def _road(a: Stop, b: Stop, arrows: Sequence[Row]) -> Road:
    """Whole where every arrow between them that was estimated has an interval without zero."""
    known = [
        r for r in arrows
        if r["from"] in a.nodes and r["to"] in b.nodes and not flagged(r) and is_number(r["conf_low"])
    ]  # fmt: skip
    if not known:
        return "dotted"
    return "whole" if all(r["conf_low"] > 0 or r["conf_high"] < 0 for r in known) else "broken"
