"""The factsheet: the answer as title, everything that was planned, plain words, few of them, and no cause named."""

from __future__ import annotations

import re
from dataclasses import replace

import invented_reports as made
import numpy as np
import pandas as pd
import pytest
from from_parts import build_factsheet
from page_reader import phrases, read_page

from dww_analysis.domain.answer import CRITERIA
from dww_analysis.domain.report import SENSEMAKING
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.documents.factsheet import MOST_WORDS, words_in
from dww_analysis.reports.headlines import headline_rows, with_answers
from dww_analysis.reports.sections.done import done_of
from dww_analysis.reports.sections.hundred import SPAN, bars_of, plates_of
from dww_analysis.reports.sections.one_minute import (
    lines_of,
    main_rows,
    planned_rows,
    title_compared,
    title_parts,
)

LANGUAGES = ("nl", "en")
TRIAL, WAVES = made.trial(), made.waves_only()
UNEXPECTED = {"nl": "Dit hadden we niet verwacht.", "en": "We did not expect this."}
METHODS = (
    *(
        "kenward",
        "satterthwaite",
        "holm",
        "multilevel",
        "regress",
        "mixed model",
        "hazard",
        "odds",
        "icc",
        "p =",
    ),
    *(
        "interval",
        "95%",
        "significan",
        "cohen",
        "standaarddev",
        "standard dev",
        "bewezen",
        "proven",
        "variance",
    ),
)
CAUSES = (" door ", "leidt tot", "effect", "leads to", "caused", "because of", "dankzij", "thanks to")
LONGEST, LONGEST_MEAN, LEAST_FLESCH = 20, 12, 60  # words in a sentence; the formula of Douma
NEVER = {
    "nl": ("significant", "interval", "effectgrootte", "respons", "gemiddeld", "primaire"),
    "en": ("significant", "interval", "effect size", "response", "average", "primary"),
}


def page_of(study: dict, language: str = "nl", licence: str = "CC BY 4.0", **changes) -> str:
    facts = {k: study[k] for k in ("study", "plan", "scales")} | changes
    return build_factsheet(study["tables"], licence=licence, version="0.1.0", language=language, **facts)


def changed(entry: str, answered: bool = True, **cells) -> dict:
    """The trial with other numbers in one entry's estimates; or in its answer."""
    table = "estimates" if answered else "answers"
    frame = TRIAL["tables"][table].copy()
    own = frame["id"] == entry
    for name, value in cells.items():
        frame[name] = frame[name].astype(object).where(~own, value).infer_objects()
    tables = TRIAL["tables"] | {table: frame}
    return made.with_answers(TRIAL | {"tables": tables}) if answered else TRIAL | {"tables": tables}


def harmed(entry: str) -> dict:
    numbers = {"estimate": -0.3, "conf_low": -0.5, "conf_high": -0.1, "p_value": 0.01, "p_adjusted": 0.2}
    return changed(entry, **numbers)


def many(n: int) -> dict:
    """A trial of n planned outcomes, every fifth of them unfavourable."""
    plan, base = TRIAL["plan"], TRIAL["tables"]["estimates"]
    scales, entries, rows = list(TRIAL["scales"]), [], []
    for i in range(n):
        like, old = scales[i % 5], plan.entries[i % 5]
        scales.append(replace(like, id=f"s{i}", label={"nl": f"uitkomst {i}", "en": f"outcome {i}"}))
        family = "primary" if i < 5 else "secondary"
        entries.append(replace(old, id=f"e{i}", outcome=f"s{i}", family=family, status="registered"))
        own = base[base["entry"] == old.id].copy()
        ids = own["id"].str.replace(old.id, f"e{i}")
        rows.append(own.assign(id=ids, entry=f"e{i}", outcome=f"s{i}", status="registered"))
    tables = TRIAL["tables"] | {"estimates": pd.concat(rows, ignore_index=True)}
    plan = replace(plan, entries=tuple(entries))
    return made.with_answers(TRIAL | {"plan": plan, "scales": scales, "tables": tables})


def chosen() -> dict:
    """The trial with arms that were not made by lot."""
    lot = replace(TRIAL["study"].allocation, randomised=False)
    estimates = TRIAL["tables"]["estimates"].assign(noun="difference")
    tables = TRIAL["tables"] | {"estimates": estimates}
    return made.with_answers(TRIAL | {"study": made.trial_study(allocation=lot), "tables": tables})


STUDIES = {
    "trial": TRIAL,
    "waves": WAVES,
    "harmed": harmed("safety"),
    "chosen": chosen(),
    "many": many(10),
}


def lines(page: str) -> dict[str, str]:
    """Estimate -> text of its line."""
    (found,) = [n for n in read_page(page).all("ul") if n.get("class").startswith("outcomes")]
    return {n.get("data-estimate"): n.text() for n in found.all("li")}


def text_of(page: str) -> str:
    return read_page(page).all("main")[0].text()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", STUDIES)
def test_at_most_350_words_and_no_name_of_a_method(name, language):
    page = page_of(STUDIES[name], language)
    shown = text_of(page)
    assert len(shown.split()) <= MOST_WORDS and words_in(page) <= MOST_WORDS
    assert not [m for m in METHODS if m in shown.lower()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_title_is_the_answer_to_every_primary_question_in_their_order(language):
    title = read_page(page_of(TRIAL, language)).all("h1")[0]
    assert [n.get("data-estimate") for n in title.all("span")] == ["learning", "engagement", "burnout"]
    assert (
        title.text()
        == {
            "nl": "Leerpotentieel van de werkplek: hoger Werkbevlogenheid: niet duidelijk "
            "Burn-outklachten: misschien hoger (ongunstig)",
            "en": "Learning potential of the workplace: higher Work engagement: not clear "
            "Burnout complaints: perhaps higher (unfavourable)",
        }[language]
    )


def test_a_title_counts_where_it_cannot_name_all_and_names_harm():
    title = read_page(page_of(STUDIES["many"])).all("h1")[0].text()
    assert title == "Vijf hoofdvragen: één gunstig, één ongunstig en drie niet duidelijk"


def main_of(study: dict, labels: Labels) -> list[dict]:
    facts = [study[k] for k in ("study", "plan", "scales")]
    headlines = headline_rows(study["tables"]["estimates"], *facts, labels.words)
    return main_rows(planned_rows(with_answers(headlines, study["tables"]["answers"]).to_dict("records")))


def test_one_outcome_at_two_waves_is_told_apart_in_title_and_lines():
    labels = Labels(TRIAL["study"], TRIAL["scales"], Words("nl"))
    first, other = main_of(TRIAL, labels)[:2]
    twice = [first, {**first, "entry": "early", "contrast": "interventie − controle, tussenmeting"}]
    label = "Leerpotentieel van de werkplek"
    assert [text for _, text in title_parts([*twice, other], labels)] == [
        f"{label} (interventiegroep − controlegroep, nameting): hoger",
        f"{label} (interventie − controle, tussenmeting): hoger",
        "Werkbevlogenheid: niet duidelijk",
    ]
    assert [line["label"] for line in lines_of([*twice, other], labels)] == [
        f"{label} (interventiegroep − controlegroep, nameting)",
        f"{label} (interventie − controle, tussenmeting)",
        "Werkbevlogenheid",
    ]


def test_what_higher_means_is_said_where_the_title_says_higher():
    labels = Labels(TRIAL["study"], TRIAL["scales"], Words("nl"))
    up, level = main_of(TRIAL, labels)[:2]
    neutral = {**up, "plain": "higher"}
    hidden = {**up, "verdict": "suppressed", "plain": ""}
    said = ["Hoger betekent: meer bij ‘interventiegroep’."]
    assert title_compared([up], labels) == title_compared([level, up], labels) == said
    assert title_compared([neutral, *[level] * 4], labels) == said
    for silent in ([], [level], [hidden], [level, hidden], [up, *[level] * 4]):
        assert title_compared(silent, labels) == []


def test_what_higher_means_is_not_said_where_no_line_says_higher():
    labels = Labels(TRIAL["study"], TRIAL["scales"], Words("nl"))
    rows = main_of(TRIAL, labels)
    unclear = [{**r, "verdict": "unclear", "plain": "unclear", "harm": False} for r in rows]
    compared = "Hoger betekent: meer bij ‘interventiegroep’."
    assert compared in done_of(rows, rows, None, labels)
    assert compared in done_of(rows, [*unclear, rows[0]], None, labels)
    assert compared not in done_of(rows, unclear, None, labels)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", STUDIES)
def test_every_planned_outcome_has_a_line_with_arrow_words_and_bar(name, language):
    study = STUDIES[name]
    page = page_of(study, language)
    planned = {e.id for e in study["plan"].entries if e.status != "exploratory"}
    assert set(lines(page)) == planned
    (found,) = [n for n in read_page(page).all("ul") if n.get("class").startswith("outcomes")]
    assert all(len(n.all("svg")) == 2 and len(n.text().split()) > 2 for n in found.all("li"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_unfavourable_comes_after_the_primary_ones_and_says_so(language):
    found = lines(page_of(harmed("safety"), language))
    assert list(found) == ["learning", "engagement", "burnout", "safety"]
    word = {"nl": "ongunstig", "en": "unfavourable"}[language]
    assert all(word in found[e] and UNEXPECTED[language] in found[e] for e in ("burnout", "safety"))
    assert UNEXPECTED[language] not in found["learning"] + found["engagement"]


def test_an_unfavourable_outcome_too_small_to_matter_is_still_said_to_be_one():
    small = {"estimate": -0.05, "conf_low": -0.08, "conf_high": -0.02, "std_error": 0.015}
    found = lines(page_of(changed("safety", **small)))["safety"]
    assert "Lager, ongunstig, waarschijnlijk geen verschil dat ertoe doet." in found
    assert UNEXPECTED["nl"] in found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("how", ["suppressed", "not_measured"])
def test_what_is_hidden_or_not_measured_has_words_and_no_number(language, how):
    hidden = TRIAL["tables"]["answers"].assign(suppressed=lambda t: t["entry"] == "learning")
    estimates = TRIAL["tables"]["estimates"]
    tables = (
        {"answers": hidden}
        if how == "suppressed"
        else {"estimates": estimates[estimates["entry"] != "learning"]}
    )
    study = TRIAL | {"tables": TRIAL["tables"] | tables}
    page = page_of(study if how == "suppressed" else made.with_answers(study), language)
    said = Words(language)(f"factsheet.sure.{how}")
    line = lines(page)["learning"]
    assert said in line.lower() and said in read_page(page).all("h1")[0].text()
    (item,) = [n for n in read_page(page).all("li") if n.get("data-estimate") == "learning" and n.all("h3")]
    assert len(item.all("svg")) == 1, "an arrow, no bar"
    assert not re.search(r"\d", line)
    assert "learning" not in [n.get("data-estimate") for n in read_page(page).all("div")], "no dots"


def test_when_nothing_may_be_shown_nothing_is_firm():
    hidden = TRIAL | {
        "tables": TRIAL["tables"] | {"answers": TRIAL["tables"]["answers"].assign(suppressed=True)}
    }
    page = page_of(hidden)
    assert "te weinig mensen om te laten zien" in text_of(page)
    assert "Hoe stevig" not in text_of(page) and "Hoe groot" not in text_of(page)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["chosen", "waves"])
def test_without_a_lot_no_cause_is_named(name, language):
    shown = f" {text_of(page_of(STUDIES[name], language)).lower()} "
    for allowed in ("niet door het lot", "not randomised"):
        shown = shown.replace(allowed, "")
    assert not [w for w in CAUSES if w in shown]


def test_other_causes_are_named_where_chance_did_not_decide():
    assert "kan dus ook een andere oorzaak hebben" in text_of(page_of(STUDIES["chosen"]))
    assert "andere oorzaken" in text_of(page_of(WAVES))
    assert "oorzaak" not in text_of(page_of(TRIAL))


def plates(page: str) -> dict[str, list]:
    found = [n for n in read_page(page).all("div") if n.get("class") == "plate"]
    return {n.get("data-estimate"): n.all("circle") for n in found}


def test_100_dots_are_full_up_to_the_number_and_have_a_rim_over_the_range():
    answers = TRIAL["tables"]["answers"].set_index("entry")
    page = page_of(TRIAL)
    assert list(plates(page)) == ["learning", "engagement", "burnout"]
    for entry, dots in plates(page).items():
        value, low, high = answers.loc[entry, ["everyday_size", "everyday_low", "everyday_high"]].astype(
            float
        )
        classes = [dot.get("class").split() for dot in dots]
        assert len(dots) == 100
        assert sum("full" in c for c in classes) == round(value)
        ringed = [i + 1 for i, c in enumerate(classes) if "ring" in c]
        assert (ringed[0], ringed[-1]) == (round(low), round(high))
        assert f"In {value:.0f} van 100 duo’s ({low:.0f} tot {high:.0f})." in text_of(page)


def bars(page: str) -> dict[str, tuple[float, float, float]]:
    pattern = r'<li data-estimate="([\w.]+)".*?M([\d.]+) 14H([\d.]+)"/><circle class="dot" cx="([\d.]+)"'
    return {m[0]: tuple(map(float, m[1:])) for m in re.findall(pattern, page, re.S)}


def test_a_bar_lies_right_of_the_middle_where_it_is_better_and_left_where_it_is_worse():
    found = bars(page_of(TRIAL))
    assert found["learning"][0] > 120 and found["burnout"][1] < 120  # burnout rose, and lower is better
    assert found["engagement"][0] < 120 < found["engagement"][1]
    assert all(low < dot < high for low, high, dot in found.values())


def test_what_lies_past_the_axis_is_drawn_at_its_end():
    far = {"everyday_size": 80.0, "everyday_low": 40.0, "everyday_high": 99.0}
    low, high, dot = bars(page_of(changed("learning", answered=False, **far)))["learning"]
    assert 0 < low < dot < high == 240


def test_pairs_and_people_of_a_hundred_stand_on_one_axis():
    """Ten of 100 people more are better off: ten pairs more one way than the other, so 55 pairs against 45."""
    as_pairs = {"everyday": "pairs", "everyday_size": 55.0, "everyday_low": 52.5, "everyday_high": 57.5}
    as_people = {"everyday": "per_100", "everyday_size": 10.0, "everyday_low": 5.0, "everyday_high": 15.0}
    one, other = (page_of(changed("safety", answered=False, **a)) for a in (as_pairs, as_people))
    assert bars(one)["safety"] == bars(other)["safety"]


def marks(page: str) -> list[tuple[str, bool, str]]:
    (found,) = [n for n in read_page(page).all("ul") if n.get("class") == "firm"]
    return [(n.get("data-estimate"), n.get("class") == "met", n.text()) for n in found.all("li")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_five_criteria_hold_when_they_do_for_every_primary_question(language):
    page = page_of(TRIAL, language)
    answers = TRIAL["tables"]["answers"]
    primary = answers[answers["family"] == "primary"]
    met = [bool(primary[c].all()) for c in CRITERIA]
    assert [m for _, m, _ in marks(page)] == met
    total = Words(language)("answer.firm", n=sum(met), total=5)
    assert total in [n.text() for n in read_page(page).all("h2")]
    for (entry, held, why), criterion in zip(marks(page), CRITERIA, strict=True):
        assert why and bool(answers.set_index("entry").loc[entry, criterion]) == held


def test_one_primary_question_has_the_total_of_its_answer():
    one = replace(TRIAL["plan"], entries=(TRIAL["plan"].entries[0], *TRIAL["plan"].entries[3:]))
    study = made.with_answers(TRIAL | {"plan": one})
    firm = study["tables"]["answers"].set_index("entry").loc["learning", "firm"]
    page = page_of(study)
    assert f"Hoe stevig: {firm:.0f} van de 5 kenmerken" in text_of(page)
    assert "elke hoofdvraag" not in text_of(page)


def test_what_contradicts_and_limits_is_said():
    shown = text_of(page_of(harmed("safety")))
    assert (
        "Niet alles wijst dezelfde kant op. Ongunstig: Burn-outklachten en Psychologische veiligheid."
        in shown
    )
    assert "Anders berekend dan het plan zei: Werkbevlogenheid." in shown
    assert "De antwoorden zijn wat mensen zelf zeggen." in shown
    ended = changed("learning", converged=False)
    assert "Gebruik die schatting niet." in text_of(page_of(ended))


def test_records_that_do_not_show_what_people_say_are_named():
    records = changed("safety", answered=False, checked_why="records")
    assert "Psychologische veiligheid: in de administratie is geen duidelijk verschil" in text_of(
        page_of(records)
    )
    assert "administratie" not in text_of(page_of(TRIAL))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_four_questions_have_lines_and_nothing_is_recommended(language):
    page = read_page(page_of(TRIAL, language))
    boxes = [n for n in page.all("div") if n.get("class") == "ask"]
    words = Words(language)
    asked = [f"{words(f'sensemaking.{k}.question')} {words(f'sensemaking.{k}.hint')}" for k in SENSEMAKING]
    assert [n.text() for n in boxes] == asked
    assert all(len(n.all("i")) >= 2 for n in boxes)


def test_the_foot_says_whose_data_which_version_whom_to_ask_and_whether_to_share():
    foot = read_page(page_of(TRIAL)).all("footer")[0].text()
    assert "verzonnen" in foot and "30 juni 2026" in foot and "0.1.0" in foot and "team@example.org" in foot
    assert "Delen mag: CC BY 4.0." in foot
    assert "Vraag het eerst" in read_page(page_of(TRIAL, licence="")).all("footer")[0].text()


def check_number(page: str) -> str:
    return re.search(r"(?:controlegetal|check number) ([0-9a-f]{8})", page)[1]


def test_the_check_number_is_of_what_is_printed_whatever_the_language():
    assert check_number(page_of(TRIAL, "nl")) == check_number(page_of(TRIAL, "en"))
    other = changed("safety", estimate=0.13)
    assert check_number(page_of(other)) != check_number(page_of(TRIAL))


def test_one_other_estimate_changes_its_own_elements_and_the_check_number_only():
    numbers = {"everyday_size": 63.6, "everyday_low": 54.6, "everyday_high": 70.6}
    before, after = (page_of(s) for s in (TRIAL, changed("learning", answered=False, **numbers)))

    def without(page: str) -> str:
        kept = re.sub(r'<(li|div|span)[^>]* data-estimate="learning".*?</\1>', "", page, flags=re.S)
        return kept.replace(check_number(page), "")

    assert before != after and without(before) == without(after)


def test_a_page_is_small_needs_nothing_else_and_is_the_same_again():
    page = page_of(TRIAL)
    assert page == page_of(made.trial())
    assert len(page.encode()) < 150_000
    assert not re.search(r"https?:|src=|@import|<script", page)


def test_a_study_with_more_to_say_gets_less_detail_and_loses_no_outcome():
    few, much = (page_of(many(n)) for n in (4, 12))
    assert len(plates(few)) == 3 and len(plates(much)) < 3
    assert len(lines(much)) == 12
    assert lines(much)["e7"].count("ongunstig") == 1


def test_with_less_detail_the_size_of_what_is_unfavourable_stays():
    labels = Labels(TRIAL["study"], TRIAL["scales"], Words("nl"))
    estimates = headline_rows(
        TRIAL["tables"]["estimates"], TRIAL["study"], TRIAL["plan"], TRIAL["scales"], Words("nl")
    )
    main = main_rows(planned_rows(with_answers(estimates, TRIAL["tables"]["answers"]).to_dict("records")))
    assert [p["id"] for p in plates_of(main, labels, 2)] == ["learning", "burnout"]


def test_with_more_than_one_pair_of_arms_each_line_says_what_it_compares():
    estimates = TRIAL["tables"]["estimates"].copy()
    estimates.loc[estimates["entry"] == "safety", "arm"] = "other"
    page = page_of(made.with_answers(TRIAL | {"tables": TRIAL["tables"] | {"estimates": estimates}}))
    assert all("−" in line for line in lines(page).values())
    assert "Hoger betekent" not in text_of(page)


def test_waves_without_arms_are_a_change_on_an_axis_of_their_own():
    page = page_of(WAVES)
    assert "ging omhoog" in read_page(page).all("h1")[0].text()
    assert bars(page)["jobsat_time"][0] > 120 and plates(page) == {}
    assert "Hoger betekent" not in text_of(page)


def test_a_plan_without_planned_questions_says_so():
    plan = replace(
        TRIAL["plan"],
        primary="none",
        entries=tuple(e for e in TRIAL["plan"].entries if e.status == "exploratory"),
    )
    page = page_of(made.with_answers(TRIAL | {"plan": plan}))
    assert read_page(page).all("h1")[0].text() == "Geen enkele vraag lag vooraf vast"
    assert lines(page) == {}


# --- plain language


def syllables(word: str) -> int:
    return max(1, len(re.findall(r"[aeiouyëïüéèö]+", word.lower())))


@pytest.mark.parametrize("language", LANGUAGES)
def test_its_words_are_plain(language):
    blank = re.compile(r"{\w+}")
    texts = [blank.sub("x", p) for p in phrases(language, "factsheet").values()]
    texts += [
        blank.sub("x", p)
        for k, p in phrases(language, "sensemaking").items()
        if k.endswith((".question", ".hint"))
    ]
    sentences = [s for t in texts for s in re.split(r"(?<=[.?!:])\s+", t)]
    said = [re.findall(r"[A-Za-zÀ-ÿ-]+", s) for s in sentences]
    said = [s for s in said if s]
    words = [w for s in said for w in s]
    assert max(map(len, said)) <= LONGEST
    mean = len(words) / len(said)
    assert mean <= LONGEST_MEAN
    if language == "nl":
        assert 206.84 - 77 * sum(map(syllables, words)) / len(words) - 0.93 * mean >= LEAST_FLESCH
    assert not [w for w in NEVER[language] if w in " ".join(texts).lower()]


def test_numbers_of_absent_persons_leave_no_dash():
    flow = TRIAL["tables"]["flow"].assign(count=np.nan)
    assert "–" not in text_of(page_of(TRIAL | {"tables": TRIAL["tables"] | {"flow": flow}}))


def test_the_factsheet_says_the_short_name_of_an_outcome_everywhere():
    long = TRIAL["scales"][0]
    short = replace(long, short={"nl": "korte naam", "en": "short name"})
    page = page_of(TRIAL | {"scales": [short, *TRIAL["scales"][1:]]})
    text = read_page(page).text().lower()
    assert text.count("korte naam") >= 2 and long.label["nl"].lower() not in text


def test_an_outcome_that_has_an_answer_and_no_bar_is_explained():
    nothing = {"everyday": "", "everyday_size": np.nan, "everyday_low": np.nan, "everyday_high": np.nan}
    key = Words("nl")("factsheet.key_bare")
    assert key not in page_of(TRIAL)
    assert key in page_of(changed("safety", answered=False, **nothing))
    assert key not in page_of(changed("safety", answered=False, **nothing, verdict="suppressed"))


def test_bars_stand_on_the_axis_of_the_first_outcome():
    """Of a difference of changes there are no pairs: the primary outcome had no bar beside a share of who left."""
    empty = dict.fromkeys(
        ("everyday_size", "everyday_low", "everyday_high", *(f"sd_{n}" for n in SPAN)), np.nan
    )
    row = {**empty, "verdict": "sure", "everyday": "", "direction": "higher is better"}
    change = {**row, "entry": "change", "sd_estimate": 0.5, "sd_conf_low": 0.0, "sd_conf_high": 1.0}
    shares = {"everyday_size": 14.0, "everyday_low": 7.0, "everyday_high": 21.0}
    left = {**row, "entry": "left", "everyday": "per_100", **shares}
    assert bars_of([change, left]) == {"change": {"value": 180.0, "low": 120.0, "high": 240.0}}
    assert list(bars_of([left, change])) == ["left"] and bars_of([]) == {}
