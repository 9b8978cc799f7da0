"""Cards to talk with: which findings, in which order, in plain words, and backs that lie behind their fronts."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import invented_reports as made
import pandas as pd
import pypdfium2
import pytest
from from_parts import build_cards
from page_reader import phrases, read_page
from plain_words import refuse_hard

from dww_analysis.language import Words
from dww_analysis.reports.documents.cards import DRIVES, MOST_CARDS, TIPS
from dww_analysis.scales.keys import key_ids, load_key

LANGUAGES = ("nl", "en")
TRIAL, WAVES = made.trial(), made.waves_only()
CARE = {"nl": "betere hulp", "en": "better care"}
EDGE = 11 / 25.4 * 72  # points that stay free beside the words of a card
A4, A6_WIDE, A6_HIGH = (595.3, 841.9), 105 / 25.4 * 72, 148.5 / 25.4 * 72  # points
CAUSES = (" door ", "leidt tot", "effect", "leads to", "caused", "because of", "dankzij", "thanks to")


def build(study: dict, language: str = "nl", unmeasured=(CARE,)) -> dict:
    facts = {k: study[k] for k in ("study", "plan", "scales")}
    return build_cards(
        study["tables"], **facts, unmeasured=unmeasured, language=language, pdf_file=f"cards.{language}.pdf"
    )


def many(n: int, primary: int = 3) -> dict:
    """A trial of n planned outcomes, so many of them primary; names as long as the longest of all scoring keys."""
    names = [load_key(key).name for key in key_ids()]
    longest = {lang: max((name[lang] for name in names), key=len) for lang in LANGUAGES}
    plan, base = TRIAL["plan"], TRIAL["tables"]["estimates"]
    scales, entries, rows = [], [], []
    for i in range(n):
        like, old = TRIAL["scales"][i % 5], plan.entries[i % 5]
        scales.append(replace(like, id=f"s{i}", label={k: f"{v} {i}" for k, v in longest.items()}))
        family = "primary" if i < primary else "secondary"
        entries.append(replace(old, id=f"e{i}", outcome=f"s{i}", family=family, status="registered"))
        own = base[base["entry"] == old.id].copy()
        ids = own["id"].str.replace(old.id, f"e{i}")
        rows.append(own.assign(id=ids, entry=f"e{i}", outcome=f"s{i}", status="registered"))
    tables = TRIAL["tables"] | {"estimates": pd.concat(rows, ignore_index=True)}
    return made.with_answers(
        TRIAL | {"plan": replace(plan, entries=tuple(entries)), "scales": scales, "tables": tables}
    )


def harmed(study: dict = TRIAL, id: str = "safety") -> dict:
    frame = study["tables"]["estimates"].copy()
    own = frame["id"] == id
    for name, value in {"estimate": -0.3, "conf_low": -0.5, "conf_high": -0.1, "p_adjusted": 0.2}.items():
        frame[name] = frame[name].astype(object).where(~own, value).infer_objects()
    return made.with_answers(study | {"tables": study["tables"] | {"estimates": frame}})


STUDIES = {"trial": TRIAL, "waves": WAVES, "harmed": harmed(), "many": many(20)}


@cache
def built(name: str, language: str) -> dict:
    return build(STUDIES[name], language)


def cards_in(page: str) -> list:
    return [li for li in read_page(page).all("li") if li.get("class") == "card"]


def sides(card) -> tuple[str, str]:
    front, back = card.all("div")
    return front.text(), back.text()


def test_a_card_has_the_short_name_of_its_outcome():
    long = TRIAL["scales"][0]
    short = replace(long, short={"nl": "kort", "en": "brief"})
    page = build(TRIAL | {"scales": [short, *TRIAL["scales"][1:]]}, "en")["page"]
    fronts = [sides(card)[0] for card in cards_in(page)]
    assert any("Brief" in front for front in fronts)
    assert not any(long.label["en"].lower() in front.lower() for front in fronts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_primary_ones_come_first_then_harm_then_what_nobody_measured_then_the_rest(language):
    found = [
        (c.get("data-estimate"), c.all("h2")[0].text()) for c in cards_in(built("harmed", language)["page"])
    ]
    words = Words(language)
    assert [id for id, _ in found] == ["learning", "engagement", "burnout", "safety", "", ""]
    assert [name for _, name in found][-2:] == [words.capital(CARE[language]), words("cards.blank")]


def test_without_harm_what_was_not_measured_comes_before_the_rest():
    ids = [c.get("data-estimate") for c in cards_in(built("trial", "nl")["page"])]
    assert ids == ["learning", "engagement", "burnout", "", "safety", ""]


def test_what_may_not_be_shown_has_a_card_and_no_finding():
    hidden = TRIAL["tables"]["answers"].assign(suppressed=lambda t: t["entry"] == "safety")
    page = build(TRIAL | {"tables": TRIAL["tables"] | {"answers": hidden}})["page"]
    (card,) = [c for c in cards_in(page) if c.get("data-estimate") == "safety"]
    assert "Te weinig mensen om te laten zien." in sides(card)[0] and "oger" not in sides(card)[0]
    assert [c.get("data-estimate") for c in cards_in(page)].index("safety") == 3


def test_at_most_sixteen_of_which_one_is_blank():
    found = cards_in(built("many", "nl")["page"])
    assert len(found) == MOST_CARDS == 16
    assert [sides(c)[0].startswith("Onze eigen vraag") for c in found] == [False] * 15 + [True]


def test_what_is_unfavourable_has_a_card_where_primary_outcomes_fill_the_deck():
    study = many(20, primary=18)
    ids = [c.get("data-estimate") for c in cards_in(build(harmed(study, "e18"))["page"])]
    assert len(ids) == MOST_CARDS and ids[-2] == "e18"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", STUDIES)
def test_a_front_says_sign_finding_and_certainty_and_a_back_asks(name, language):
    words = Words(language)
    drives = {words(f"cards.drive.{d}") for d in DRIVES}
    for card in cards_in(built(name, language)["page"])[:-1]:
        front, back = sides(card)
        assert len(card.all("svg")) == 1 and any(
            words(f"praatplaat.sign.{s}") in front
            for s in ("favourable", "unfavourable", "unclear", "same", "up", "down", "unseen")
        )
        assert sum(d in back for d in drives) == 1 and back.count("?") >= 1
        assert words("cards.tip") in back and len(front.split()) > 4


def test_the_certainty_is_that_of_the_answer():
    found = {c.get("data-estimate"): sides(c)[0] for c in cards_in(built("trial", "nl")["page"])}
    assert "Hoger. Dit is vrij zeker." in found["learning"]
    assert "We weten het niet: meer of minder kan allebei." in found["engagement"]
    assert "ongunstig" in found["burnout"] and "Dit hadden we niet verwacht." in found["burnout"]
    assert "Dit hadden we niet verwacht." not in found["learning"] + found["safety"]


def test_questions_of_findings_alike_do_not_return_before_all_were_asked():
    found = [sides(c)[1] for c in cards_in(built("many", "nl")["page"])[:-1]]
    assert len(set(found)) >= 9


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_a_lot_no_cause_is_named(language):
    text = f" {read_page(built('waves', language)['page']).all('main')[0].text().lower()} "
    assert not [w for w in CAUSES if w in text]


@pytest.mark.parametrize("language", LANGUAGES)
def test_its_words_are_plain(language):
    texts = phrases(language, "cards")
    refuse_hard(texts.values(), language)
    asked = [text for key, text in texts.items() if key.startswith("cards.ask.")]
    assert all("?" in text for text in asked) and len(set(asked)) == len(asked) == 18
    assert sum(key.startswith("cards.tip.") for key in texts) == len(DRIVES) * TIPS
    for name in ("trial", "harmed"):
        refuse_hard([p.text() for p in read_page(built(name, language)["page"]).all("p")], language)


def places(page, text: str) -> list[tuple[float, float]]:
    """Left and bottom of each place of a text on a side of paper."""
    searched = page.get_textpage()
    finder, found = searched.search(text, match_case=True), []
    while (hit := finder.get_next()) is not None:
        left, bottom, _, _ = searched.get_charbox(hit[0])
        found.append((left, bottom))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["harmed", "many"])
def test_turned_over_its_long_edge_every_back_lies_behind_its_front(name, language):
    pdf = pypdfium2.PdfDocument(built(name, language)["pdf"])
    found = cards_in(built(name, language)["page"])
    assert len(pdf) == 2 * -(-len(found) // 4) and pdf.is_tagged()
    words = Words(language)
    for i, card in enumerate(found):
        across, down = i % 2, i % 4 // 2
        front, back = pdf[2 * (i // 4)], pdf[2 * (i // 4) + 1]
        assert front.get_size() == pytest.approx(A4, abs=0.1)
        label = card.all("h2")[0].text()[:4]
        wanted = (card.all("p")[0] if i == len(found) - 1 else card).text()
        drive = next(
            (words(f"cards.drive.{d}") for d in DRIVES if words(f"cards.drive.{d}") in sides(card)[1]), ""
        )
        at_front = {(int(x > A6_WIDE), int(y < A6_HIGH)) for x, y in places(front, label)}
        assert (across, down) in at_front, wanted
        asked = drive or words("cards.blank_back").split()[0]
        at_back = {(int(x > A6_WIDE), int(y < A6_HIGH)) for x, y in places(back, asked)}
        assert (1 - across, down) in at_back, asked


def named(*names: str) -> dict:
    """The trial with these names of its scales, in every language."""
    renamed = [
        replace(s, label=dict.fromkeys(LANGUAGES, n)) for s, n in zip(TRIAL["scales"], names, strict=False)
    ]
    return made.with_answers(TRIAL | {"scales": [*renamed, *TRIAL["scales"][len(names) :]]})


def test_a_name_of_one_long_word_stays_beside_the_edge_of_its_card():
    """Letters that reach the edge of the paper are not printed: a name of 15 letters ran over it."""
    words = ("vertrekintentie", "mmmmmmmmmmmmmmmmm", "arbeidsmarktkrapte in wwwwwwwwwwwwwwww")
    for page in pypdfium2.PdfDocument(build(named(*words))["pdf"]):
        letters = page.get_textpage()
        for i in (i for i in range(letters.count_chars()) if letters.get_text_range(i, 1).strip()):
            left, _, right, _ = letters.get_charbox(i)
            card = A6_WIDE * (left > A6_WIDE)
            assert left - card >= EDGE - 1 and right - card <= A6_WIDE - EDGE + 1


def test_the_same_bytes_every_time():
    assert build(TRIAL) == built("trial", "nl")


def test_no_number_is_on_a_card():
    for card in cards_in(built("harmed", "en")["page"]):
        assert not re.search(r"\d", " ".join(sides(card)))
