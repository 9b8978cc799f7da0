"""The talking picture: every text in its box, the road without a verdict, nothing left out, plain words, one A3."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import invented_reports as made
import invented_sessions
import matplotlib
import pandas as pd
import pypdfium2
import pytest
from from_parts import build_praatplaat
from matplotlib.ft2font import FT2Font, LoadFlags
from page_reader import phrases, read_page
from plain_words import refuse_hard

from dww_analysis.domain.stops import DEFAULT_STOPS, Stop, default_stops, home_of, stops_of
from dww_analysis.domain.theory import Arrow, Node, Theory
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.headlines import headline_rows, with_answers
from dww_analysis.reports.render.fonts import width, wrap
from dww_analysis.reports.sections.one_minute import planned_rows
from dww_analysis.reports.sections.stops import MOST_SAW, MOST_SURE, roads_of, stops_said
from dww_analysis.scales.keys import key_ids, load_key

LANGUAGES = ("nl", "en")
SVG = "{http://www.w3.org/2000/svg}"
SMALLEST, SMALLEST_NAME = 3.53, 6.0  # mm; 10 pt is 3.53 mm
SPARE = 0.3  # mm: what hinting and a renderer may differ
LEAST_CONTRAST = 4.5
GROUNDS = ("#fbf7ee", "#fffdf7", "#ffffff", "#d3e6da")
TRIAL, WAVES = made.trial(), made.waves_only()
CAUSES = (" door ", "leidt tot", "effect", "leads to", "caused", "because of", "dankzij", "thanks to")


def with_entries(study: dict, *statuses: str) -> dict:
    """The study with its entries planned, so that the stops have more to tell."""
    entries = tuple(replace(e, status="registered") for e in study["plan"].entries)
    tables = study["tables"] | {"estimates": study["tables"]["estimates"].assign(status="registered")}
    return made.with_answers(study | {"plan": replace(study["plan"], entries=entries), "tables": tables})


def stops_for(study: dict, declared: tuple[Stop, ...] = (), theory: Theory | None = None) -> tuple[Stop, ...]:
    """Those of the study; of the default ones the first has what belongs nowhere by its name, as a study would say."""
    planned = [e.outcome for e in study["plan"].entries if e.status != "exploratory"]
    first, *others = stops_of(declared, planned, study["scales"], theory)
    told = {o for s in (first, *others) for o in s.outcomes}
    more = () if declared else tuple(o for o in planned if o not in told)
    return (replace(first, outcomes=(*first.outcomes, *more)), *others)


def build(study: dict, language: str = "nl", stops=None, practice=None, **tables) -> dict:
    return build_praatplaat(
        study["tables"] | tables,
        stops=stops_for(study) if stops is None else stops,
        study=study["study"],
        plan=study["plan"],
        scales=study["scales"],
        practice=practice,
        language=language,
        empty_file="praatplaat-empty.pdf",
    )


def long_labels() -> dict:
    """The trial with a measure for every outcome that has the longest name of all scoring keys."""
    names = [load_key(key).name for key in key_ids()]
    longest = {lang: max((n[lang] for n in names), key=len) for lang in LANGUAGES}
    scales = [replace(s, label={k: f"{v} {s.id}" for k, v in longest.items()}) for s in TRIAL["scales"]]
    title = {k: f"{v}: {v} in {v}, een onderzoek in drie regio's" for k, v in longest.items()}
    return with_entries(TRIAL | {"scales": scales, "study": replace(TRIAL["study"], title=title)})


def harmed() -> dict:
    study = TRIAL
    frame = study["tables"]["estimates"].copy()
    own = frame["id"] == "safety"
    for name, value in {"estimate": -0.3, "conf_low": -0.5, "conf_high": -0.1, "p_adjusted": 0.2}.items():
        frame[name] = frame[name].astype(object).where(~own, value).infer_objects()
    return made.with_answers(study | {"tables": study["tables"] | {"estimates": frame}})


LONG_STOPS = tuple(
    Stop(f"stop_{i}", {"nl": name, "en": name}, outcomes, (), True)
    for i, (name, outcomes) in enumerate(
        [
            ("verantwoordelijkheidsgevoelsontwikkeling", ("learning",)),
            ("hoe we leren van elkaar en met ouders om", ("engagement", "burnout", "safety")),
            ("regie", ("turnover", "learning.task")),
        ]
    )
)
SHORT_STORY, LONG_STORY = (
    "Er is meer rust.",
    "We kijken elke week samen terug op wat goed ging en wat niet. " * 6,
)


def with_stories(*texts: str) -> dict:
    stories = pd.DataFrame({"round": 1, "question": "explain", "text": texts})
    return TRIAL | {"tables": TRIAL["tables"] | {"stories": stories}}


STUDIES = {
    "stories": (with_stories(*(f"{i} {LONG_STORY[: 60 * i]}" for i in range(1, 7))), None),
    "one_story": (with_stories(LONG_STORY * 3 + "verantwoordelijkheidsgevoelsontwikkeling " * 5), None),
    "trial": (TRIAL, None),
    "waves": (WAVES, None),
    "planned": (with_entries(TRIAL), None),
    "long": (long_labels(), None),
    "long_stops": (long_labels(), LONG_STOPS),
    "harmed": (harmed(), None),
}


@cache
def built(name: str, language: str) -> dict:
    study, stops = STUDIES[name]
    return build(study, language, stops)


@cache
def font(bold: bool) -> FT2Font:
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    found = FT2Font(str(folder / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")), hinting_factor=1)
    found.set_size(100, 72)
    return found


def measured(text: str, size: float, bold: bool) -> float:
    """The width of a text as FreeType lays it out, kerning and all."""
    found = font(bold)
    found.set_text(text, 0.0, flags=LoadFlags.NO_HINTING)
    return found.get_width_height()[0] / 64 / 100 * size


def groups(svg: str) -> list[ET.Element]:
    return [g for g in ET.fromstring(svg).iter(f"{SVG}g") if g.get("data-box")]


def texts_of(group: ET.Element) -> list[str]:
    return [t.text or "" for t in group.iter(f"{SVG}text")]


# --- every text in its box


@pytest.mark.parametrize("text", ["Leren op het werk", "WAVE To AV", "Één ijzeren “duo’s” (54 tot 71)"])
@pytest.mark.parametrize("bold", [False, True])
def test_no_text_is_wider_than_its_metrics_say(text, bold):
    """Against FreeType by way of matplotlib: metrics without kerning are never narrower, and hardly wider."""
    own = width(text, 10, bold)
    assert measured(text, 10, bold) - 0.2 <= own <= measured(text, 10, bold) * 1.06 + 0.3


def test_a_word_that_is_wider_than_a_line_is_cut_with_a_hyphen():
    lines = wrap("een verantwoordelijkheidsgevoel is groot", 30, 6, True)
    assert all(width(line, 6, True) <= 30 for line in lines)
    assert "".join(lines).replace("-", "").replace(" ", "") == "eenverantwoordelijkheidsgevoelisgroot"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", STUDIES)
@pytest.mark.parametrize("part", ["picture", "empty"])
def test_every_text_stands_in_its_box_and_on_the_paper(name, language, part):
    svg = built(name, language)[part]
    found = groups(svg)
    inside = sum(len(texts_of(g)) for g in found)
    assert inside == svg.count("<text") > 15, "no text outside a box"
    for group in found:
        left, top, wide, high = map(float, group.get("data-box").split())
        size, bold = float(group.get("font-size")), group.get("font-weight") == "700"
        assert left >= 0 and left + wide <= 420 and top >= 0 and top + high <= 297
        for text in group.iter(f"{SVG}text"):
            x, base = float(text.get("x")), float(text.get("y"))
            assert x >= left - 0.01 and x + measured(text.text, size, bold) <= left + wide + SPARE, text.text
            assert base - 0.76 * size >= top - 0.01 and base + 0.24 * size <= top + high + 0.1, text.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", STUDIES)
def test_no_text_at_a_stop_leaves_the_stop_or_lies_over_another(name, language):
    found = [tuple(map(float, g.get("data-box").split())) for g in groups(built(name, language)["picture"])]
    stops = [
        tuple(float(r.get(k)) for k in ("x", "y"))
        for r in ET.fromstring(built(name, language)["picture"]).iter(f"{SVG}rect")
        if r.get("width") == "75"
    ]
    for x, y in stops:
        own = [b for b in found if x <= b[0] < x + 75 and y <= b[1] < y + 55]
        assert len(own) >= 3
        assert all(b[0] + b[2] <= x + 75 and b[1] + b[3] <= y + 55 for b in own)
        overlap = [(a, b) for a in own for b in own if a[1] < b[1] and a[1] + 0.9 * a[3] > b[1] + 0.1 * b[3]]
        assert not overlap


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", STUDIES)
@pytest.mark.parametrize("part", ["picture", "empty"])
def test_no_text_lies_over_another(name, language, part):
    found = [tuple(map(float, g.get("data-box").split())) for g in groups(built(name, language)[part])]
    for i, (x, y, wide, high) in enumerate(found):
        for a, b, c, d in found[i + 1 :]:
            across = min(x + wide, a + c) - max(x, a)
            down = min(y + high, b + d) - max(y, b)
            assert across <= 0.2 or down <= 0.6, "lines may touch, no more"


@pytest.mark.parametrize("n", [1, 60, 400, 4000])
@pytest.mark.slow
def test_a_title_of_any_length_stays_in_the_head(n):
    title = {"nl": "woord " * (n // 6) + "einde", "en": "word"}
    study = TRIAL | {"study": replace(TRIAL["study"], title=title)}
    found = [tuple(map(float, g.get("data-box").split())) for g in groups(build(study)["picture"])]
    head = [box for box in found if box[1] < 50]
    assert len(head) == 2 and all(y + high <= 44 for _, y, _, high in head)
    assert head[0][1] + head[0][3] <= head[1][1] + 0.5


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", STUDIES)
def test_type_is_large_enough_to_read_from_a_wall(name, language):
    for part in ("picture", "empty"):
        found = groups(built(name, language)[part])
        assert min(float(g.get("font-size")) for g in found) >= SMALLEST
        names = [
            g
            for g in found
            if g.get("font-weight") == "700" and 55 <= float(g.get("data-box").split()[1]) < 165
        ]
        assert names and all(float(g.get("font-size")) >= SMALLEST_NAME for g in names)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def grey(colour: str) -> str:
    """As a black and white printer makes it (ITU-R BT.601)."""
    level = round(
        sum(w * int(colour[i : i + 2], 16) for w, i in zip((0.299, 0.587, 0.114), (1, 3, 5), strict=True))
    )
    return f"#{level:02x}{level:02x}{level:02x}"


def test_text_and_signs_stand_out_in_colour_and_in_grey():
    svg = built("harmed", "nl")["picture"] + built("trial", "nl")["empty"]
    inks = set(re.findall(r'data-box="[^>]*fill="(#\w{6})"', svg))
    assert len(inks) >= 2
    pairs = [(ink, ground) for ink in inks for ground in GROUNDS]
    pairs += [
        (colour, "#ffffff") for colour in re.findall(r'<circle r="[\d.]+" fill="(#(?!ffffff)\w{6})"', svg)
    ]
    assert all(contrast(a, b) >= LEAST_CONTRAST <= contrast(grey(a), grey(b)) for a, b in pairs)


# --- what stands at a stop


def planned_of(study: dict, language: str) -> tuple[list[dict], Labels]:
    """Rows of the planned outcomes with their answers, the primary ones first, and the names of the study."""
    labels = Labels(study["study"], study["scales"], Words(language))
    facts = (study["study"], study["plan"], labels.scales.values(), labels.words)
    headlines = headline_rows(study["tables"]["estimates"], *facts)
    return planned_rows(with_answers(headlines, study["tables"]["answers"]).to_dict("records")), labels


def said_at(svg: str) -> dict[str, list[str]]:
    """Estimate -> what is printed of it."""
    found: dict[str, list[str]] = {}
    for g in groups(svg):
        if g.get("data-estimate"):
            found.setdefault(g.get("data-estimate"), []).append(" ".join(texts_of(g)))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", STUDIES)
def test_what_is_printed_of_an_estimate_has_its_id_and_few_words(name, language):
    study, _ = STUDIES[name]
    said = said_at(built(name, language)["picture"])
    assert said and set(said) <= set(study["tables"]["estimates"]["id"])
    by_stop = [s for texts in said.values() for s in texts]
    assert all(len(text.split()) <= MOST_SAW for text in by_stop)
    certain = [
        Words(language)(f"answer.verdict.{v}") for v in ("sure", "less_sure", "unclear", "no_difference")
    ]
    assert all(len(text.split()) <= MOST_SURE for text in certain)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", STUDIES)
def test_all_that_was_seen_at_a_stop_is_at_most_twelve_words_and_how_sure_ten(name, language):
    study, stops = STUDIES[name]
    rows, labels = planned_of(study, language)
    for stop in stops_said(stops_for(study) if stops is None else stops, rows, labels):
        assert sum(len(text.split()) for _, text in stop.saw) <= MOST_SAW
        assert len(stop.sure.split()) <= MOST_SURE


def test_the_verdicts_are_those_of_the_answers_in_their_words():
    said = said_at(built("trial", "nl")["picture"])
    assert said["learning"] == ["Leerpotentieel van de werkplek: hoger.", "Dit is vrij zeker."]
    assert said["engagement"] == ["Werkbevlogenheid: niet duidelijk."]
    assert said["burnout"] == [
        "Burn-outklachten: misschien hoger (ongunstig).",
        "Minder zeker. Dit hadden we niet verwacht. Praat erover.",
    ]
    assert said["safety"] == ["Psychologische veiligheid: niet duidelijk."]


def named(study: dict, **labels: str) -> dict:
    """The study with other names of its scales."""
    own = [replace(s, label={"nl": labels.get(s.id, s.label["nl"]), "en": "x"}) for s in study["scales"]]
    return study | {"scales": own}


def test_where_a_name_has_no_room_the_side_is_said_and_never_the_direction_alone():
    """At a stop called Plezier en energie, *hoger* of burn-out would be read as more pleasure."""
    said = said_at(
        build(named(TRIAL, burnout="klachten van burn-out " * 4, learning="leren " * 13))["picture"]
    )
    assert said["burnout"][0] == "Ongunstig. En nog 1." and said["learning"][0] == "Gunstig. En nog 1."
    study = named(TRIAL, learning="woord " * 13)
    (higher, *_), labels = planned_of(study, "nl")
    stop = Stop("work", {"nl": "werk", "en": "work"}, ("learning",), (), True)
    (told,) = stops_said([stop], [{**higher, "plain": "higher"}], labels)
    assert told.saw == (("learning", f"Woord{' woord' * 10}…: hoger."),)


def test_what_is_unfavourable_comes_first_at_its_stop_and_gives_the_sign():
    svg = built("harmed", "nl")["picture"]
    order = list(said_at(svg))
    assert order.index("safety") < order.index("learning"), "they share a stop"
    assert "Dit hadden we niet verwacht" in " ".join(said_at(svg)["safety"])
    page = read_page(built("harmed", "nl")["page"])
    (first, *_) = [li for li in page.all("li") if li.all("h3")]
    assert "Teken: ongunstig: let op." in first.text()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["trial", "waves", "planned", "harmed"])
def test_the_list_tells_every_planned_outcome(name, language):
    study, _ = STUDIES[name]
    planned = {e.id for e in study["plan"].entries if e.status != "exploratory"}
    page = read_page(built(name, language)["page"])
    told = {li.get("data-estimate"): li.text() for li in page.all("li") if li.get("data-estimate")}
    assert set(told) == planned


def test_a_changed_estimate_changes_what_is_said_of_it_and_nothing_else():
    before, after = (said_at(built(name, "nl")["picture"]) for name in ("trial", "harmed"))
    assert {id for id in before | after if before.get(id) != after.get(id)} <= {"safety", "learning"}
    assert "hoger." in " ".join(after["learning"]) and before["burnout"] == after["burnout"]
    assert "lager (ongunstig)" in " ".join(after["safety"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_hidden_or_not_measured_has_words_and_no_number(language):
    hidden = TRIAL["tables"]["answers"].assign(suppressed=lambda t: t["entry"] == "learning")
    said = said_at(build(TRIAL, language, answers=hidden)["picture"])["learning"]
    assert Words(language)("factsheet.sure.suppressed") in " ".join(said).lower()
    assert Words(language)("praatplaat.ask") in said and not re.search(r"\d[.,]\d", " ".join(said))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_stop_without_a_question_is_not_called_unmeasured_when_it_was_measured(language):
    words = Words(language)
    svg = " ".join(t for g in groups(built("trial", language)["picture"]) for t in texts_of(g))
    assert words("praatplaat.not_asked").split()[0] in svg  # intention to leave is exploratory here
    assert svg.count(words("praatplaat.not_measured").split()[0]) >= 1
    measured = {s.id: s.measured for s in stops_for(TRIAL)}
    assert measured == dict.fromkeys(DEFAULT_STOPS, True) | {"agency": False, "care": False}


def test_without_a_lot_no_cause_is_named():
    for language in LANGUAGES:
        text = f" {read_page(built('waves', language)['page']).all('main')[0].text().lower()} "
        for allowed in ("niet door het lot", "not randomised"):
            text = text.replace(allowed, "")
        assert not [w for w in CAUSES if w in text]


def test_an_answer_without_a_lot_says_that_its_cause_is_not_known():
    lot = replace(TRIAL["study"].allocation, randomised=False)
    tables = TRIAL["tables"] | {"estimates": TRIAL["tables"]["estimates"].assign(noun="difference")}
    study = made.with_answers(TRIAL | {"study": made.trial_study(allocation=lot), "tables": tables})
    assert said_at(build(study)["picture"])["learning"][-1] == "Vrij zeker. De oorzaak kennen we niet."


# --- the road


def arrow(a: str, b: str, low: float, high: float, **more) -> dict:
    row = {"kind": "arrow", "from": a, "to": b, "shown": True, "suppressed": False}
    return row | {"conf_low": low, "conf_high": high} | more


STEPS = tuple(Stop(i, {"nl": i, "en": i}, nodes=(i,)) for i in "abcd")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], ["dotted"] * 3),
        ([arrow("a", "b", 0.1, 0.4), arrow("b", "c", -0.1, 0.4)], ["whole", "broken", "dotted"]),
        ([arrow("a", "b", -0.4, -0.1)], ["whole", "dotted", "dotted"]),
        ([arrow("a", "b", 0.1, 0.4, suppressed=True)], ["dotted"] * 3),
        ([arrow("a", "b", math.nan, math.nan)], ["dotted"] * 3),
        ([arrow("a", "b", 0.1, 0.4, shown=False)], ["dotted"] * 3),
        ([arrow("b", "a", 0.1, 0.4), arrow("a", "c", 0.1, 0.4)], ["dotted"] * 3),
        ([arrow("a", "b", 0.1, 0.4, kind="moderation")], ["dotted"] * 3),
    ],
)
def test_the_road_is_whole_only_where_an_arrow_was_estimated_and_zero_is_outside(rows, expected):
    assert roads_of(STEPS, rows) == expected


def test_two_arrows_between_stops_make_a_whole_road_only_together():
    stops = (Stop("x", {}, nodes=("a", "b")), Stop("y", {}, nodes=("c",)))
    both = [arrow("a", "c", 0.1, 0.4), arrow("b", "c", -0.1, 0.4)]
    assert roads_of(stops, both) == ["broken"] and roads_of(stops, both[:1]) == ["whole"]


def roads_in(svg: str) -> list[tuple[str, str]]:
    return [
        (p.get("data-road"), p.get("stroke"))
        for p in ET.fromstring(svg).iter(f"{SVG}path")
        if p.get("data-road")
    ]


def test_the_road_wears_no_colour_of_a_verdict_and_does_not_change_with_one():
    trial, harm = (roads_in(built(name, "nl")["picture"]) for name in ("trial", "harmed"))
    assert trial == harm and len(trial) == 4 and len({colour for _, colour in trial}) == 1
    verdicts = re.findall(r'<circle r="5" fill="(#\w{6})"', built("harmed", "nl")["picture"])
    assert trial[0][1] not in verdicts


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_road_is_drawn_and_told_from_the_table_of_mechanisms(language):
    nodes = (Node("a", {}, scale="learning"), Node("b", {}, scale="engagement"))
    theory = Theory(nodes, (Arrow("a", "b", 1),))
    third = Stop("c", {"nl": "c", "en": "c"}, ("burnout", "safety"))
    declared = (*(Stop(n.id, {"nl": n.id, "en": n.id}, (), (n.id,)) for n in nodes), third)
    stops = stops_for(TRIAL, declared, theory)
    assert [s.outcomes for s in stops] == [("learning",), ("engagement",), ("burnout", "safety")]
    found = build(TRIAL, language, stops, mechanisms=pd.DataFrame([arrow("a", "b", 0.1, 0.4)]))
    assert [kind for kind, _ in roads_in(found["picture"])] == ["whole", "dotted"]
    assert Words(language)("praatplaat.road.whole") in read_page(found["page"]).all("main")[0].text()


# --- the stops of a study that names none


@pytest.mark.parametrize(
    ("outcome", "home"),
    [
        ("learning_potential", "learning"),
        ("agency_in_learning.use", "agency"),
        ("work_engagement", "wellbeing"),
        ("burnout", "wellbeing"),
        ("turnover_intention", "leaving"),
        ("left", "leaving"),
        ("lefthandedness", ""),
        ("parking", ""),
    ],
)
def test_outcomes_find_their_stop_by_name(outcome, home):
    assert home_of(outcome, ()) == home


def test_the_key_tells_where_the_scale_s_own_name_does_not():
    scale = replace(TRIAL["scales"][0], id="vragenlijst", key=replace(TRIAL["scales"][0].key, id="uwes9"))
    assert home_of("vragenlijst", [scale]) == "wellbeing"


def test_every_measure_of_the_library_that_is_at_a_stop_is_at_one():
    homes = {key: home_of(key, ()) for key in key_ids()}
    assert {k for k, home in homes.items() if not home} == {"aim", "iam", "fim", "practice_rating"}
    assert homes["who5"] == homes["swemwbs"] == "wellbeing" and homes["sdmqdoc"] == "care"


def test_default_stops_are_the_five_of_the_road():
    assert [s.id for s in default_stops([], (), None)] == [
        "learning",
        "agency",
        "wellbeing",
        "leaving",
        "care",
    ]


# --- the boxes, the empty picture, the paper


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_empty_picture_has_the_stops_and_no_finding(language):
    svg = built("harmed", language)["empty"]
    words = Words(language)
    text = " ".join(t for g in groups(svg) for t in texts_of(g))
    assert not said_at(svg) and not roads_in(svg)
    assert words("praatplaat.ask_saw") in text and "311" not in text and "?" in text
    assert words("answer.verdict.sure") not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_three_questions_have_lines_to_write_on(language):
    text = " ".join(t for g in groups(built("trial", language)["picture"]) for t in texts_of(g))
    words = Words(language)
    assert all(words(f"praatplaat.{kind}") in text for kind in ("chances", "barriers", "needs", "stories"))
    lines = [
        p
        for p in ET.fromstring(built("trial", language)["picture"]).iter(f"{SVG}path")
        if p.get("stroke") == "#8a949c"
    ]
    assert len(lines) >= 4 * 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_themes_of_sessions_are_bars_and_dark_only_where_surely_on_top(language):
    practice = invented_sessions.PRACTICE
    svg = build(TRIAL, language, practice=practice, quantities=invented_sessions.quantities())["picture"]
    bars = [
        (float(r.get("width")), r.get("fill"))
        for r in ET.fromstring(svg).iter(f"{SVG}rect")
        if r.get("height") == "2.8"
    ]
    assert len(bars) == 5 and [fill for _, fill in bars].count("#0068a3") == 1
    assert bars[0] == (0.0, "#0068a3"), "t0 has a share of 0 of 10"
    shares = [wide / bars[1][0] for wide, _ in bars[1:]]
    assert shares == pytest.approx([1, 6 / 7, 5 / 7, 4 / 7], abs=1e-3)
    assert Words(language)("praatplaat.stories") not in svg
    for group in groups(svg):
        wide = float(group.get("data-box").split()[2])
        size, bold = float(group.get("font-size")), group.get("font-weight") == "700"
        assert all(measured(t, size, bold) <= wide + SPARE for t in texts_of(group))


def test_long_names_of_themes_and_sessions_are_cut_where_the_box_ends():
    practice = invented_sessions.PRACTICE
    themes = tuple(
        replace(t, label={"nl": f"{t.label['nl']} en heel veel meer dan dat alles", "en": "x"})
        for t in practice.themes
    )
    session = replace(practice.sessions[0], label={"nl": "sessie " * 40, "en": "x"})
    long = replace(practice, themes=themes, sessions=(session,))
    svg = build(TRIAL, "nl", practice=long, quantities=invented_sessions.quantities())["picture"]
    found = [tuple(map(float, g.get("data-box").split())) for g in groups(svg)]
    own = sorted(box for box in found if box[0] > 315 and 190 <= box[1] < 268)
    assert len(own) == 8 and svg.count("…</text>") >= 5
    tops = sorted((y, y + high) for _, y, _, high in own)
    assert all(a[1] <= b[0] + 0.6 for a, b in pairwise(tops)) and tops[-1][1] <= 268


def test_hidden_themes_make_no_bar():
    table = invented_sessions.quantities().assign(suppressed=True)
    svg = build(TRIAL, "nl", practice=invented_sessions.PRACTICE, quantities=table)["picture"]
    assert "Verhalen" in svg and 'height="2.8"' not in svg


def in_last_box(svg: str) -> str:
    """What stands in the box along the bottom at the right."""
    places = [(g, *map(float, g.get("data-box").split()[:2])) for g in groups(svg)]
    return " ".join(t for g, left, top in places if left > 315 and 190 <= top < 268 for t in texts_of(g))


def test_stories_that_people_shared_stand_where_no_session_chose_themes():
    lacking = chr(0x1FAE0)  # a face that the font has not
    texts = ["van vroeger", f"Nu gaat het veel beter{lacking}.", SHORT_STORY]
    table = pd.DataFrame({"round": [0, 1, 1], "question": "explain", "text": texts})
    found = build(TRIAL, "nl", stories=table)
    assert in_last_box(found["picture"]) == (
        "Wat mensen vertelden ‘Er is meer rust.’ ‘Nu gaat het veel beter.’"
    ), "of the last round, the shortest first, in letters that the font has"
    assert found["page"].count("‘Er is meer rust.’") == 2, "in the picture and in the list beside it"
    assert SHORT_STORY not in found["empty"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_stories_without_room_are_counted_and_all_are_on_the_page(language):
    found = built("stories", language)
    said = in_last_box(found["picture"])
    shown = [n for n in range(1, 7) if f"‘{n} " in said or f"“{n} " in said]
    assert shown == list(range(1, len(shown) + 1)) and 2 <= len(shown) < 6, "the shortest, each of them whole"
    assert Words(language).many("praatplaat.stories_more", 6 - len(shown)) in said
    assert all(f"{n} We" in found["page"] for n in range(1, 7))
    cut = in_last_box(built("one_story", language)["picture"])
    assert "We kijken elke week" in cut and cut.endswith("…’"), "one without room is cut where the box ends"


def test_themes_stand_before_stories():
    told = pd.DataFrame({"round": [1], "question": ["explain"], "text": [SHORT_STORY]})
    practice = invented_sessions.PRACTICE
    found = build(TRIAL, "nl", practice=practice, quantities=invented_sessions.quantities(), stories=told)
    assert SHORT_STORY not in found["picture"] and SHORT_STORY not in found["page"]


def test_a_theme_has_its_short_form_on_the_picture_and_its_whole_name_beside_it():
    practice = invented_sessions.PRACTICE
    themes = tuple(replace(t, short={"nl": f"kort {t.id}", "en": "short"}) for t in practice.themes)
    found = build(
        TRIAL, "nl", practice=replace(practice, themes=themes), quantities=invented_sessions.quantities()
    )
    assert in_last_box(found["picture"]).count("Kort t") == 5
    assert "Kort t" not in found["page"].split("</svg>")[-1]


def test_an_outcome_has_its_short_form_at_its_stop_and_its_whole_name_in_the_list():
    scales = [replace(s, short={"nl": f"kort-{s.id}", "en": "short"}) for s in TRIAL["scales"]]
    study = with_entries(TRIAL | {"scales": scales})
    found = build(study, "nl")
    assert "Kort-" in found["picture"] and "Kort-" not in found["page"].split("</svg>")[-1]


def test_the_pdf_is_one_tagged_side_of_a3_with_text_as_text_and_the_same_bytes():
    found = built("trial", "nl")
    for part in ("pdf", "empty_pdf"):
        pdf = pypdfium2.PdfDocument(found[part])
        assert len(pdf) == 1 and pdf.is_tagged()
        wide, high = pdf[0].get_size()
        assert (wide, high) == pytest.approx((420 / 25.4 * 72, 297 / 25.4 * 72), abs=0.1)
        assert "Leren op het" in pdf[0].get_textpage().get_text_range()
    assert build(TRIAL)["pdf"] == found["pdf"] and build(TRIAL)["picture"] == found["picture"]


def test_what_a_study_calls_itself_is_no_markup():
    title = {"nl": 'Leren <b>"samen"</b> & zo', "en": "Learning"}
    study = TRIAL | {"study": replace(TRIAL["study"], title=title)}
    found = build(study)
    assert "<b>" not in found["picture"] and ET.fromstring(found["picture"]) is not None


@pytest.mark.parametrize("language", LANGUAGES)
def test_its_words_are_plain(language):
    refuse_hard(phrases(language, "praatplaat").values(), language)
    page = read_page(built("trial", language)["page"])
    refuse_hard([n.text() for n in page.all("p")], language)
