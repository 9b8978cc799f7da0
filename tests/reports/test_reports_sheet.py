"""The sheet of a unit: what stands on it, in words that people understand, and what never does."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from invented_reports import trial

from dww_analysis.domain.report import SENSEMAKING
from dww_analysis.domain.sheets import UnitSettings
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.documents.sheet import Sheet, SheetStudy, folder_name, outcomes_of, sheet_files

MADE = trial()
SCALES = [s for s in MADE["scales"] if s.measure == "continuous"]
LANGUAGES = ("nl", "en")
LONGEST = 20  # words in a sentence
LONGEST_MEAN, LEAST_FLESCH = 12, 60
NEVER = {
    "nl": ("significant", "interval", "effectgrootte", "respons", "gemiddeld", "standaard", "bewezen", "%"),
    "en": ("significant", "interval", "effect size", "response", "average", "standard", "proven", "%"),
}


def study_of(**settings) -> SheetStudy:
    return SheetStudy(MADE["study"], SCALES, UnitSettings(**settings), LANGUAGES)


OF = study_of()
OUTCOMES = [name for name, _ in OF.measured]


def row(scale: str, **changes) -> dict:
    base = {
        "level": "team", "unit": "T02", "wave": 2, "scale": scale, "n": 9, "mean": 3.4, "conf_low": 3.2,
        "conf_high": 3.6, "band_low": 3.0, "band_high": 3.9, "verdict": "as_others", "change": "too_few",
        "extreme": "", "shown": True, "why": "", "since": 0,
    }  # fmt: skip
    return base | changes


def sheet_of(rows: list[dict], level="team", unit="T02", members=12, wave=2) -> Sheet:
    return Sheet(level, unit, wave, 10, members, pd.DataFrame(rows))


def whole(**changes) -> Sheet:
    return sheet_of([row(name) for name in OUTCOMES], **changes)


class Reader(HTMLParser):
    """Texts of a page by block, the attributes of its elements, and what stands inside each row."""

    def __init__(self):
        super().__init__()
        self.elements, self.texts, self.inside, self.style, self.stack = [], [], [], False, []

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.elements.append((tag, found, [d["data-scale"] for d in self.stack if "data-scale" in d]))
        if tag not in ("meta", "path", "rect", "circle", "br"):
            self.stack.append(found)
        self.style = tag == "style"

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes), []))

    def handle_endtag(self, tag):
        self.stack.pop()
        self.style = False

    def handle_data(self, data):
        if data.strip() and not self.style:
            self.texts.append(" ".join(data.split()))


def read(sheet: Sheet, language: str, of: SheetStudy = OF) -> Reader:
    reader = Reader()
    reader.feed(sheet_files(sheet, of)[f"sheet.{language}.html"])
    return reader


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sheet_asks_what_the_report_asks(language):
    words, texts = Words(language), read(whole(), language).texts
    for question in SENSEMAKING:
        asked, hint = (words(f"sensemaking.{question}.{part}") for part in ("question", "hint"))
        assert texts[texts.index(asked) + 1] == hint


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_element_a_scale_with_the_words_of_change_inside(language):
    found = read(whole(), language)
    assert [a["data-scale"] for _, a, _ in found.elements if "data-scale" in a] == OUTCOMES
    changes = [(a["data-change"], within) for _, a, within in found.elements if "data-change" in a]
    assert changes == [("too_few", [name]) for name in OUTCOMES]


def test_favourable_rows_first_and_then_as_declared_whatever_the_scores():
    rows = [row(name, mean=5 - 0.1 * i, verdict="unclear") for i, name in enumerate(OUTCOMES)]
    better = next(name for name, scale in OF.measured[1:] if scale.favourable() == "higher is better")
    rows[OUTCOMES.index(better)]["verdict"] = "above"
    found = [a["data-scale"] for _, a, _ in read(sheet_of(rows), "nl").elements if "data-scale" in a]
    assert found == [better, *(n for n in OUTCOMES if n != better)]


def test_what_is_lower_and_better_is_favourable():
    lower = next(name for name, scale in OF.measured if scale.favourable() == "lower is better")
    rows = [row(name, verdict="unclear") for name in OUTCOMES]
    rows[OUTCOMES.index(lower)]["verdict"] = "below"
    page = sheet_files(sheet_of(rows), OF)["sheet.nl.html"]
    assert "lager dan in de meeste teams (gunstig)" in page
    assert "gunstiger dan in de meeste teams." in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_at_most_two_sentences_about_what_goes_well_and_never_an_unfavourable_one(language):
    rows = [row(name, verdict="below") for name in OUTCOMES]
    texts = read(sheet_of(rows), language).texts
    first, last = (
        texts.index(t)
        for t in (
            ("Wat gaat goed", "Hoe staan jullie ervoor?")
            if language == "nl"
            else ("What goes well", "How are you doing?")
        )
    )
    said = texts[first + 1 : last]
    assert 1 <= len(said) <= 2
    assert not any(re.search("ongunstig|unfavourable|lager|lower", s) for s in said)


def test_what_moved_to_the_worse_side_does_not_go_well_and_what_moved_to_the_better_does():
    """Of people in a team whose burn-out rose it is not said that it goes well, also where it is as in others."""
    lower = next(name for name, scale in OF.measured if scale.favourable() == "lower is better")
    higher = next(name for name, scale in OF.measured if scale.favourable() == "higher is better")
    named = {name: Labels(OF.study, OF.scales, Words("nl")).short(name) for name in (lower, higher)}
    rows = [row(lower, change="up"), row(higher, change="up")]
    texts = " ".join(read(sheet_of(rows), "nl").texts)
    good = texts[texts.index("Wat gaat goed") : texts.index("Hoe staan jullie ervoor?")].casefold()
    assert named[lower].casefold() not in good
    assert f"{named[higher].casefold()}: sinds voormeting gaat het de goede kant op." in good
    rows = [row(lower, change="down"), row(higher, change="down")]
    texts = " ".join(read(sheet_of(rows), "nl").texts)
    good = texts[texts.index("Wat gaat goed") : texts.index("Hoe staan jullie ervoor?")].casefold()
    assert named[higher].casefold() not in good and "de goede kant op" in good


def test_without_anything_good_in_the_numbers_the_team_is_asked():
    rows = [row(name, verdict="no_comparison", band_low=np.nan, band_high=np.nan) for name in OUTCOMES]
    texts = read(sheet_of(rows), "nl").texts
    assert "Dat kunnen deze cijfers niet zeggen. Waar zijn jullie zelf blij mee?" in texts
    assert any("te weinig teams om jullie mee te vergelijken" in t for t in texts)


def test_what_may_not_be_shown_has_words_and_no_number():
    rows = [
        row(OUTCOMES[0], shown=False, why="too_few", mean=np.nan, verdict="", change=""),
        row(OUTCOMES[1], shown=False, why="follows", mean=np.nan, verdict="", change=""),
        *(row(name) for name in OUTCOMES[3:]),
    ]
    page = sheet_files(sheet_of(rows), OF)
    assert "te weinig mensen om te laten zien" in page["sheet.nl.html"]
    assert "dan volgt iets over een kleine groep" in page["sheet.nl.html"]
    assert "niet gemeten" in page["sheet.nl.html"], "a scale that nobody was asked"
    assert [n["scale"] for n in page["sheet.json"]["numbers"]] == OUTCOMES[3:]


def test_a_mean_that_would_bound_everybody_is_a_word_without_picture():
    gone = dict.fromkeys(("mean", "conf_low", "conf_high", "band_low", "band_high"), np.nan)
    files = sheet_files(sheet_of([row(OUTCOMES[0], extreme="very_high", verdict="", **gone)]), OF)
    assert "zeer hoog" in files["sheet.nl.html"]
    assert "very high" in files["sheet.en.html"]
    assert "<svg" not in files["sheet.nl.html"]
    assert files["sheet.json"]["numbers"][0]["mean"] is None


def test_the_numbers_beside_the_sheet_are_those_on_it():
    files = sheet_files(whole(), OF)
    numbers = files["sheet.json"]
    assert (numbers["unit"], numbers["answered"], numbers["members"]) == ("T02", 10, 12)
    assert [n["id"] for n in numbers["numbers"]] == [f"team-T02.w2.{name}" for name in OUTCOMES]
    assert {n["mean"] for n in numbers["numbers"]} == {3.4}
    assert len(re.findall(r">3,4</text>", files["sheet.nl.html"])) == len(OUTCOMES)
    assert len(re.findall(r">3\.4</text>", files["sheet.en.html"])) == len(OUTCOMES)
    json.dumps(numbers)


def test_one_other_number_changes_its_row_and_the_check_number_only():
    rows = [row(name) for name in OUTCOMES]
    other = [dict(r) for r in rows]
    other[2] |= {"mean": 3.5}
    before, after = (sheet_files(sheet_of(r), OF)["sheet.nl.html"].splitlines() for r in (rows, other))
    changed = [line for line, new in zip(before, after, strict=True) if line != new]
    assert len([line for line in changed if "controlegetal" not in line]) == 3, "its words, dot and number"


def test_the_picture_says_what_the_verdict_says_when_rounding_moved_it():
    near = {"mean": 3.0, "conf_low": 2.85, "conf_high": 3.15, "band_low": 2.9, "band_high": 3.9}
    page = sheet_files(sheet_of([row(OUTCOMES[0], **near)]), OF)["sheet.nl.html"]
    band = float(re.search(r'class="band" x="([\d.]+)"', page)[1])
    start = float(re.search(r'class="span" d="M([\d.]+) ', page)[1])
    assert start >= band


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_arm_and_no_other_unit_is_named(language):
    text = " ".join(read(whole(), language).texts)
    arms = [a.label[language] for a in MADE["study"].arms] + [a.id for a in MADE["study"].arms]
    assert not [a for a in arms if re.search(rf"\b{re.escape(a)}\b", text)]
    assert not re.search(r"\bT(?!02)\d\d\b", text)


def test_the_first_wave_has_no_change():
    sheet = Sheet("team", "T02", 0, 10, 12, pd.DataFrame([row(OUTCOMES[0], wave=0)]))
    files = sheet_files(sheet, OF)
    assert "dit is de eerste meting" in files["sheet.nl.html"]
    assert "Hoeveel jullie veranderden" not in files["sheet.nl.html"]
    assert files["sheet.json"]["numbers"][0]["change"] == ""


def test_change_counts_from_the_first_wave_at_which_the_scale_was_asked():
    rows = [row(OUTCOMES[0], change="up"), row(OUTCOMES[1], since=1), row(OUTCOMES[2], since=2)]
    page = sheet_files(sheet_of(rows), OF)["sheet.nl.html"]
    first, later = (MADE["study"].wave_label(w, "nl") for w in (0, 1))
    assert f"sinds {first}: omhoog" in page
    assert f"sinds {later}: te weinig dezelfde mensen" in page
    assert page.count("dit is de eerste meting") == 1


def test_who_answered_is_said_also_when_nobody_knows_of_how_many():
    assert "10 van de 12" in read(whole(), "nl").texts[2]
    assert "weten we niet" in read(whole(members=None), "nl").texts[2]


def test_a_page_is_small_needs_nothing_else_and_is_the_same_again():
    first, again = (sheet_files(whole(), OF) for _ in range(2))
    assert first == again
    page = str(first["sheet.nl.html"])
    assert len(page.encode()) < 150_000
    assert not re.search(r"https?:|src=|@import|<script", page)


def test_the_other_reference_is_named():
    text = " ".join(read(whole(), "nl", study_of(reference="organisation")).texts)
    assert "8 van de 10 teams in jullie organisatie" in text


@pytest.mark.parametrize(
    ("unit", "expected"), [("T02", "T02"), ("Noord-Oost", "Noord-Oost"), ("Zuid / West", "Zuid-West-")]
)
def test_every_unit_has_a_folder_of_its_own(unit, expected):
    assert folder_name(unit).startswith(expected)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", folder_name(unit))
    assert folder_name("a/b") != folder_name("a b")
    assert folder_name("../..") not in ("..", ".")


def test_a_scale_without_a_total_shows_its_subscales():
    from dataclasses import replace

    keyed = next(s for s in SCALES if s.key is not None and s.key.subscales)
    without = replace(keyed, key=replace(keyed.key, total=False))
    assert outcomes_of(without) == [f"{keyed.id}.{name}" for name in keyed.key.subscales]
    assert outcomes_of(keyed) == [keyed.id]


# --- plain language


def sentences_of(language: str) -> list[str]:
    """Everything that sheets can say, in sentences; labels of a study are the study's own."""
    verdicts = ("above", "below", "as_others", "unclear", "no_comparison")
    changes = ("up", "same", "down", "unclear", "too_few")
    texts: list[str] = []
    for verdict, change in zip(verdicts, changes, strict=True):
        rows = [row(name, verdict=verdict, change=change) for name in OUTCOMES]
        rows[0] |= {"shown": False, "why": "follows"}
        texts += read(sheet_of(rows), language).texts
        texts += read(sheet_of(rows[1:], members=None), language).texts
    labels = {str(t).lower() for s in SCALES for t in s.label.values()}
    found = dict.fromkeys(s for text in texts for s in re.split(r"(?<=[.?!:])\s+", text))
    return [s for s in found if re.search("[a-z]{2}", s) and s.lower().strip(":") not in labels]


def syllables(word: str) -> int:
    return max(1, len(re.findall(r"[aeiouyëïüéèö]+", word.lower())))


@pytest.mark.long
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_of_a_sheet_are_plain(language):
    said = [re.findall(r"[A-Za-zÀ-ÿ-]+", s) for s in sentences_of(language)]
    said = [s for s in said if s]
    assert max(map(len, said)) <= LONGEST
    words = [w for s in said for w in s]
    mean = len(words) / len(said)
    assert mean <= LONGEST_MEAN
    if language == "nl":
        flesch = 206.84 - 77 * sum(map(syllables, words)) / len(words) - 0.93 * mean
        assert flesch >= LEAST_FLESCH
    text = " ".join(sentences_of(language)).lower()
    assert not [word for word in NEVER[language] if word in text]
