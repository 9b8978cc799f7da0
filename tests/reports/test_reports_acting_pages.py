"""Pages of action knowledge and of the practice profile: from quantities to words, in both languages."""

import pandas as pd
import pytest
from invented_sessions import STUDY
from pypdfium2 import PdfDocument

from dww_analysis.domain.practice import Element, Function, Practice, Role, Situation
from dww_analysis.domain.report import ReportSettings
from dww_analysis.errors import DisclosureError
from dww_analysis.practice.origin import Origin
from dww_analysis.practice.sessions import as_table
from dww_analysis.practice.shown import HowAsked
from dww_analysis.reports import build_acting_pages

PRACTICE = Practice(
    roles=(Role("staff", {"nl": "medewerkers", "en": "staff"}),),
    elements=(Element("deciding", {"nl": "samen beslissen", "en": "deciding together"}),),
    situations=(
        Situation("talk", {"nl": "gesprek", "en": "talk"}),
        Situation("crisis", {"nl": "crisis", "en": "crisis"}),
        Situation("end", {"nl": "afscheid", "en": "goodbye"}),
    ),
    functions=(
        Function("ask", {"nl": "om feedback vragen", "en": "asking for feedback"}, ("asked",), ("given",)),
    ),
)
SETTINGS = ReportSettings(languages=("nl", "en"), subtitle={}, licence="CC0")
OF_STUDY = {"unit_level": "study", "n": 20.0}


def quantity_of(unit, subject, role, quantity, value, basis, unit_level="session", **more):
    return Origin(unit, unit_level, HowAsked(basis, 8)).quantity(quantity, value, subject, role, **more)


def hidden_of(unit, subject, role, quantity, basis, unit_level="session"):
    return Origin(unit, unit_level, HowAsked(basis, 8)).hidden(quantity, subject, role)


def cell(situation, persons, ways, basis="private"):
    subject = f"deciding:{situation}"
    return [
        quantity_of("s", subject, "all", "persons_with_example", persons, basis, conf_low=0.4 * persons,
                    conf_high=min(20, persons + 4), conf_level=0.95, **OF_STUDY),
        quantity_of("s", subject, "all", "ways", ways, basis, unit_level="study", n=persons or 20.0),
    ]  # fmt: skip


def alpha(value, code="way"):
    return quantity_of(
        "s", code, "all", "alpha", value, "private", conf_low=0.5, conf_high=0.9, conf_level=0.95, **OF_STUDY
    )


ASKED = quantity_of("s", "", "all", "persons_asked", 20.0, "private", **OF_STUDY)
HIDDEN = [
    hidden_of("s", "deciding:crisis", "all", name, "private", unit_level="study")
    for name in ("persons_with_example", "ways")
]


def pages(*rows):
    return build_acting_pages(as_table(list(rows)), PRACTICE, STUDY, SETTINGS)


def test_the_map_says_persons_ways_white_spots_and_what_is_hidden():
    found = pages(ASKED, *cell("talk", 12.0, 1.0), *HIDDEN, *cell("end", 0.0, 0.0), alpha(0.6))
    assert set(found) == {f"action_knowledge.{end}" for end in ("nl.html", "nl.pdf", "en.html", "en.pdf")}
    page = found["action_knowledge.nl.html"]
    for words in (
        "Aan 20 professionals", "1 manier</span>", "12 (1)", "Samen beslissen (situatie: afscheid)", "te weinig",
        "Eén vak is leeg. Eén vak heeft te weinig mensen om te tonen.", "voorlopig", "Het betekent niet dat zij",
    ):  # fmt: skip
        assert words in page, words
    assert "of deciding together (situation: talk)" in found["action_knowledge.en.html"]
    assert "one coder" not in found["action_knowledge.en.html"]


@pytest.mark.parametrize(
    ("share", "said"), [(0.0, "Bijna niets nieuws"), (0.05, "Bijna niets"), (0.2, "Nog nieuw")]
)
def test_the_last_run_decides_whether_there_is_still_something_new(share, said):
    runs = [
        quantity_of("s", f"ways:{i}-{i + 1}", "all", "new_information", value, "open", unit_level="study", n=1.0,
                    method="in order of codes")
        for i, value in ((9, 0.5), (10, share), (5, 0.9))
    ]  # fmt: skip
    page = pages(ASKED, *cell("talk", 12.0, 1.0), *runs)["action_knowledge.nl.html"]
    assert said in page and "persoon 10 en 11" in page and "volgorde van hun code" in page
    assert "één codeur" in page, "no alpha: said"


def test_a_number_of_too_few_stops_the_page():
    with pytest.raises(DisclosureError):
        pages(ASKED, *cell("talk", 5.0, 2.0))


def test_the_profile_says_counts_and_that_it_was_observed():
    rows = [
        quantity_of("s", "ask", "all", name, value, "private", conf_low=0.3, conf_high=1.0, conf_level=0.95,
                    unit_level="study", n=n)
        for name, value, n in (("reached", 0.75, 40.0), ("used_again", 0.5, 30.0), ("answered", 1.0, 30.0))
    ]  # fmt: skip
    rows.append(quantity_of("s", "ask", "all", "answer_hours", 72.0, "private", unit_level="study", n=30.0))
    rows.append(hidden_of("s", "ask:week_2", "all", "weekly_use", "private", unit_level="study"))
    rows.append(
        quantity_of("s", "ask:week_10", "all", "weekly_use", 0.4, "private", unit_level="study", n=30.0,
                    conf_low=0.2, conf_high=0.6)
    )  # fmt: skip
    found = pages(*rows)
    assert set(found) == {f"practice_profile.{end}" for end in ("nl.html", "nl.pdf", "en.html", "en.pdf")}
    page = found["practice_profile.en.html"]
    for words in (
        "30 of 40 people",
        "15 did so on another day",
        "3 days",
        "not drawn by lot",
        "40% in week 10",
    ):
        assert words in page, words
    assert page.index(">2<") < page.index(">10<"), "weeks stand in order of their numbers"


@pytest.mark.parametrize(("hours", "said"), [(2.5, "3 hours"), (60.0, "3 days")])
def test_half_an_hour_or_day_is_rounded_up(hours, said):
    rows = [
        quantity_of("s", "ask", "all", name, value, "private", unit_level="study", n=40.0)
        for name, value in (("reached", 0.75), ("answer_hours", hours))
    ]
    assert said in pages(*rows)["practice_profile.en.html"]


def test_four_weeks_together_are_named_so_and_what_is_hidden_has_no_figure():
    def week(subject, value):
        return quantity_of("s", subject, "all", "four_weekly_use", value, "private", unit_level="study", n=30.0,
                           conf_low=0.2, conf_high=0.6)  # fmt: skip

    reached = quantity_of("s", "ask", "all", "reached", 0.75, "private", unit_level="study", n=40.0,
                          conf_low=0.6, conf_high=0.9, conf_level=0.95)  # fmt: skip
    some = pages(reached, week("ask:weeks_5-8", 0.3), week("ask:weeks_1-4", 0.4))["practice_profile.en.html"]
    assert "40% in weeks 1-4, 30% in weeks 5-8" in some and "by four weeks" in some
    assert some.index("1–4") < some.index("5–8") and "too few people" not in some
    hidden = hidden_of("s", "ask:weeks_1-4", "all", "four_weekly_use", "private", unit_level="study")
    none = pages(reached, hidden)["practice_profile.en.html"]
    assert "too few people were followed" in none and '<div class="weeks"' not in none


def test_paper_says_what_the_page_says():
    found = pages(ASKED, *cell("talk", 12.0, 1.0), *HIDDEN, *cell("end", 0.0, 0.0), alpha(0.6))
    paper = PdfDocument(found["action_knowledge.nl.pdf"])
    text = "".join(page.get_textpage().get_text_bounded() for page in paper)
    for words in ("12 1 manier", "niemand", "te weinig", "Samen beslissen (situatie: afscheid)", "voorlopig"):
        assert words in text, words
    again = pages(ASKED, *cell("talk", 12.0, 1.0), *HIDDEN, *cell("end", 0.0, 0.0), alpha(0.6))
    assert again["action_knowledge.nl.pdf"] == found["action_knowledge.nl.pdf"], "the same bytes every time"


def rated(role, mean, n=20.0, **more):
    own = {"conf_low": mean - 1, "conf_high": mean + 1, "conf_level": 0.95, "unit_level": "study", "n": n}
    return quantity_of("s", "ask", role, "rating_mean", mean, "private", **{**own, **more})


def test_ratings_stand_by_role_and_remarks_as_counts_of_remarks():
    remarks = [
        quantity_of("s", subject, "all", "app_remarks", value, "open", unit_level="study", n=9.0)
        for subject, value in (("", 8.0), ("ask:need", 5.0), (":pitfall", 3.0))
    ]
    low = quantity_of("s", "app_kind", "all", "alpha", 0.5, "open", conf_low=0.2, conf_high=0.7, conf_level=0.95,
                      unit_level="study", n=9.0)  # fmt: skip
    found = pages(rated("all", 6.4), rated("staff", 7.2), rated("other_roles", 5.1), *remarks, low)
    page = found["practice_profile.en.html"]
    for words in (
        "6.4 (5.4 to 7.4); 20 people", "7.2", "Other roles", "not follow that a function helps", "provisional",
        "The app as a whole", "Counted are remarks, not people", "others may think otherwise",
    ):  # fmt: skip
        assert words in page, words
    assert "who used the app" not in page, "nothing was counted of use"
    assert "What people think of the practice profile" in page and "How people use" not in page
    hidden = hidden_of("s", "ask", "all", "rating_mean", "private", unit_level="study")
    few = pages(hidden)["practice_profile.nl.html"]
    assert "te weinig mensen vulden het in" in few and 'class="lines"' not in few


def test_a_mean_without_an_interval_says_why():
    bare = {"conf_low": float("nan"), "conf_high": float("nan"), "conf_level": float("nan")}
    page = pages(rated("all", 6.4, **bare), rated("staff", 7.2, **bare))["practice_profile.nl.html"]
    assert "6,4; 20 mensen" in page and page.count("losse cijfers") == 2, (
        "below the lines, and below the table"
    )
    spanned = pages(rated("all", 6.4), rated("staff", 7.2))["practice_profile.nl.html"]
    assert "losse cijfers" not in spanned
    caption = "Gemiddeld cijfer per functie, alle rollen samen"
    assert caption in page and f"{caption}, met" not in page and f"{caption}, met 95%-interval" in spanned


def test_a_study_without_either_has_no_pages():
    assert build_acting_pages(as_table([]), PRACTICE, STUDY, SETTINGS) == {}
    assert isinstance(as_table([]), pd.DataFrame)


def change(low, mean, high):
    return quantity_of(
        "s", "ask:1-2", "all", "rating_change", mean, "private", unit_level="study", n=10.0, conf_low=low,
        conf_high=high, conf_level=0.95,
    )  # fmt: skip


def test_rounds_stand_apart_with_the_change_of_the_same_people():
    rows = [
        quantity_of(
            "s", f"ask:{name}", "all", "rating_mean", mean, "private", conf_low=mean - 1, conf_high=mean + 1,
            conf_level=0.95, **OF_STUDY,
        )
        for name, mean in (("9", 5.8), ("10", 6.6))
    ]  # fmt: skip
    found = pages(*rows, change(0.2, 0.8, 1.4))
    page = found["practice_profile.nl.html"]
    first, second = page.index("Om feedback vragen, ronde 9"), page.index("Om feedback vragen, ronde 10")
    assert first < second, "in the order of their numbers"
    assert "Om feedback vragen. Wie in ronde 1 en in ronde 2 een cijfer gaf (10 mensen)" in page
    assert "gemiddeld 0,8 punt omhoog (0,2 tot 1,4)" in page and ">Ronde</th>" in page
    bare = pages(rated("all", 6.4))["practice_profile.nl.html"]
    assert ">Ronde</th>" not in bare, "one round is none to tell apart"
