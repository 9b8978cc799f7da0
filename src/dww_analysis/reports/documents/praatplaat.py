"""The talking picture: a road along what a study looked at, on one A3, to stand around, talk about and write on.

It prints what answers.csv, mechanisms.csv and the quantities of sessions say, of the study as a whole, and computes
nothing. Beside it stands a page that tells the same as a list, and a picture without findings for who starts from
what people see themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from dww_analysis.domain.practice import TIERS
from dww_analysis.domain.stops import Stop
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.headlines import headline_rows, with_answers
from dww_analysis.reports.material import Setup, Tables
from dww_analysis.reports.render.content import picture as as_content
from dww_analysis.reports.render.fonts import FAMILY, embedded, letters_of, shown
from dww_analysis.reports.render.html import asset, fill
from dww_analysis.reports.render.plate import (
    MARGIN,
    ROWS,
    SMALLEST,
    WIDE,
    Ask,
    Piece,
    Place,
    Stories,
    Themes,
    boxes_of,
    every_piece,
    header,
    key_row,
    piece,
    places_of,
    road_paths,
)
from dww_analysis.reports.render.typst import Paper, compile_pdf
from dww_analysis.reports.sections.done import done_of
from dww_analysis.reports.sections.notices import talking_foot
from dww_analysis.reports.sections.one_minute import planned_rows
from dww_analysis.reports.sections.sessions.chosen import Chosen, chosen_of
from dww_analysis.reports.sections.stops import Road, StopSaid, roads_of, stops_said
from dww_analysis.reports.tables import rows_of

ASKS = ("chances", "barriers", "needs")
SIGNS = ("favourable", "unclear", "same", "unfavourable", "up", "down", "unseen")  # in the order of the key
TREES = ((22, 184, 1.1), (96, 182, 0.9), (132, 184, 1.2), (254, 183, 1), (290, 185, 1.2), (398, 184, 1))


@dataclass(frozen=True)
class Picture:
    """A picture as SVG, its title, and what it shows for who cannot see it."""

    svg: str
    title: str
    described: str


@dataclass(frozen=True)
class Facts:
    """What a talking picture is made from, in one language."""

    labels: Labels
    stops: Sequence[StopSaid]
    roads: Sequence[Road]
    lead: Sequence[str]
    chosen: Chosen | None
    stories: Sequence[str] = ()

    @property
    def words(self) -> Words:
        return self.labels.words


def build_praatplaat(
    tables: Tables, setup: Setup, *, stops: Sequence[Stop], language: str, empty_file: str
) -> dict[str, str | bytes]:
    """{"picture", "empty": SVG; "pdf", "empty_pdf": the same on A3; "page": HTML} in one language.

    tables: "estimates", "answers", "flow", where there are any also "mechanisms" and "quantities", after disclosure
    control, and "stories", which name no unit; they stand where no session chose themes. empty_file: what the picture
    without findings is called.
    """
    labels, study = setup.labels(language, tables), setup.study
    headlines = headline_rows(tables["estimates"], study, setup.plan, setup.scales, labels.words)
    rows = with_answers(headlines, tables["answers"]).to_dict("records")
    planned = planned_rows(rows)
    facts = Facts(
        labels,
        stops_said(stops, planned, labels),
        roads_of(stops, rows_of(tables.get("mechanisms"))),
        done_of(rows, planned, tables.get("flow"), labels, briefly=False),
        chosen_of(tables.get("quantities"), setup.practice, labels),
        told_stories(tables.get("stories"), labels),
    )
    full, empty = _picture(facts), _empty_picture(facts)
    return {
        "picture": full.svg,
        "pdf": _pdf(full, facts),
        "empty": empty.svg,
        "empty_pdf": _pdf(empty, facts),
        "page": _page(facts, full, empty_file),
    }


def told_stories(table: pd.DataFrame | None, labels: Labels) -> tuple[str, ...]:
    """The stories of the last round that has any, in quotation marks, the shortest first: so most voices have room.

    table: columns round and text, one row a story, which names no unit; None where the study has no stories.
    """
    if table is None or table.empty:
        return ()
    last = table[table["round"] == table["round"].max()]
    texts = [text for text in map(shown, last["text"].astype(str)) if text]
    return tuple(labels.words.quoted(text) for text in sorted(texts, key=lambda text: (len(text), text)))


def _picture(facts: Facts) -> Picture:
    words = facts.words
    title = words("praatplaat.title", study=words.capital(words.say(facts.labels.study.title)))
    return _drawn(facts, title, places_of(facts.stops), _describe(facts))


def _empty_picture(facts: Facts) -> Picture:
    words = facts.words
    title = words("praatplaat.title_empty", study=words.capital(words.say(facts.labels.study.title)))
    ask = (words("praatplaat.ask_saw"), words("praatplaat.ask_sure"))
    places = places_of(facts.stops, empty=True, ask=ask)
    blank = Facts(facts.labels, facts.stops, (), [words("praatplaat.lead_empty")], None)
    return _drawn(blank, title, places, _describe(facts, empty=True))


def _pdf(picture: Picture, facts: Facts) -> bytes:
    """A picture on one side of A3; its text alternative is what the picture says of itself."""
    about = Paper(picture.title, facts.words.language, facts.labels.study.delivered)
    alt = f"{picture.title} {picture.described}"
    return compile_pdf("praatplaat", {"picture": as_content(picture.svg, alt)}, about)


def _describe(facts: Facts, *, empty: bool = False) -> str:
    """What the picture shows, for who cannot see it; of what was found everything that is written at the stops."""
    words, n = facts.words, facts.words.count(len(facts.stops))
    if empty:
        return words("praatplaat.describe_empty", n=n, stops=words.listing(stop.name for stop in facts.stops))
    told = (
        words("praatplaat.describe_stop", name=stop.name, sign=_sign(stop, words), said=" ".join(_told(stop)))
        for stop in facts.stops
    )
    return " ".join([words("praatplaat.describe", n=n), *told])


def _told(stop: StopSaid) -> list[str]:
    return [*(text for _, text in stop.saw[:1]), stop.sure, *(text for _, text in stop.saw[1:])]


def _sign(stop: StopSaid, words: Words) -> str:
    key = "praatplaat.signed" if stop.strong else "praatplaat.signed_less"
    return words(key, sign=words(f"praatplaat.sign.{stop.sign}"))


def _drawn(facts: Facts, title: str, places: Sequence[Place], described: str) -> Picture:
    words, roads = facts.words, list(facts.roads)
    head, boxes = header(title, facts.lead), boxes_of(_contents(facts))
    key_signs = key_row(_key_signs(facts, places), ROWS[0], 7)
    key_roads = key_row(_key_roads(facts, roads), ROWS[1], 17)
    foot = _foot(facts, ROWS[2 if roads else 1])
    rows = [*(p for _, _, p in (*key_signs, *key_roads)), *foot]
    written = every_piece(head, places, boxes, rows)
    context = {
        "lang": words.language,
        "family": FAMILY,
        "fonts": {bold: embedded(letters_of(texts), bold) for bold, texts in written.items()},
        "title": title,
        "description": described,
        "head": head,
        "places": places,
        "roads": [(path, roads[i] if roads else "") for i, path in enumerate(road_paths(places))],
        "trees": TREES,
        "boxes": boxes,
        "key_signs": key_signs,
        "key_roads": key_roads,
        "foot": foot,
    }
    return Picture(fill("praatplaat.svg.j2", context), title, described)


def _key_roads(facts: Facts, roads: Sequence[Road]) -> list[tuple[str, str]]:
    """The kinds of road that are on the picture, and what its order does not say."""
    words, known = facts.words, [road for road in ("whole", "broken", "dotted") if road in roads]
    order = [("", words("praatplaat.key.order"))] if roads else []
    return [*((road, words(f"praatplaat.key.{road}")) for road in known), *order]


def _key_signs(facts: Facts, places: Sequence[Place]) -> list[tuple[str, str]]:
    """The signs that are on the picture; on an empty one those that people may draw."""
    drawn = {place.sign for place in places}
    shown = ("favourable", "unclear", "unfavourable", "unseen") if drawn == {"blank"} else SIGNS
    found = [(s, facts.words(f"praatplaat.sign.{s}")) for s in shown if s in drawn or drawn == {"blank"}]
    return found + (
        [] if all(place.strong for place in places) else [("open", facts.words("praatplaat.sign.open"))]
    )


def _foot(facts: Facts, base: float = ROWS[2]) -> list[Piece]:
    said = " ".join(talking_foot(facts.labels))
    return [piece(said, MARGIN, base - 3.4, WIDE - 2 * MARGIN, SMALLEST)]


def _contents(facts: Facts) -> list[Ask | Themes | Stories]:
    """What the boxes along the bottom hold: three questions, and themes of a session, else stories that people shared,
    else room for stories."""
    words = facts.words

    def ask(kind: str) -> Ask:
        return Ask(kind, words(f"praatplaat.{kind}"), words(f"praatplaat.{kind}_ask"))

    asks = [ask(kind) for kind in ASKS]
    if facts.chosen is not None:
        return [*asks, _themes(facts.chosen, words)]
    if facts.stories:
        more = partial(words.many, "praatplaat.stories_more")
        return [*asks, Stories(words("praatplaat.stories_told"), facts.stories, more)]
    return [*asks, ask("stories")]


def _themes(chosen: Chosen, words: Words) -> Themes:
    tiers = [tier for tier in TIERS if tier in {theme.tier for theme in chosen.themes}]
    key = " ".join(words(f"praatplaat.themes_key.{tier}") for tier in tiers) or words(
        "praatplaat.themes_bars"
    )
    bars = [(theme.name, theme.share, theme.tier) for theme in chosen.themes]
    return Themes(words("praatplaat.themes"), chosen.source, bars, key)


def _page(facts: Facts, picture: Picture, empty_file: str) -> str:
    """The picture, and the same as a list in plain words."""
    words = facts.words
    context: dict[str, Any] = {
        "w": words,
        "lang": words.language,
        "css": asset("a4.css") + asset("praatplaat.css"),
        "title": picture.title,
        "lead": facts.lead,
        "picture": picture.svg,
        "stops": [
            {
                "name": stop.name,
                "sign": _sign(stop, words),
                "every": stop.every,
                "nothing": "" if stop.every else f"{stop.saw[0][1]} {stop.sure}",
                "road": words(f"praatplaat.road.{facts.roads[i]}") if i < len(facts.roads) else "",
            }
            for i, stop in enumerate(facts.stops)
        ],
        "asks": [c for c in _contents(facts) if isinstance(c, Ask)],
        "chosen": facts.chosen,
        "stories": facts.stories if facts.chosen is None else (),
        "foot": [*(line for p in _foot(facts) for _, _, line in p.lines)],
        "empty_file": words("praatplaat.both", file=empty_file),
    }
    return fill("praatplaat.html.j2", context)
