"""Stories for everybody's wall: what is recognised or explained, in an order that tells nothing, and no unit in it."""

import pandas as pd
import pytest

from dww_analysis.practice import stories_of

UNITS = ("T07", "Noord-Oost", "org_2", "704", "De Vlinder")
LEVELS = ("team", "afdeling", "organisation")


def shared(*texts: str, question: str = "explain", round: int = 1) -> pd.DataFrame:
    return pd.DataFrame(
        {"level": "team", "round": round, "date": "", "question": question, "about": "", "text": texts}
    )


def kept(*texts: str) -> list[str]:
    return stories_of(shared(*texts), UNITS, LEVELS)[0]["text"].tolist()


@pytest.mark.parametrize(
    "text",
    [
        "Bij T07 is het rustiger.", "bij t07 ook", "Team 7 doet het zo.", "Onze afdeling 07 kijkt terug.",
        "In noord-oost lukt het.", "De Vlinder heeft tijd.", "Zo gaat het bij org_2.", "team nr. 704 heeft het druk",
        "De teams 7 en 9 ook.", "team-7 ook", "Team #7 ook", "t-07 ook", "T7 heeft rust.", "Noord Oost ook",
    ],
)  # fmt: skip
def test_a_story_that_names_a_unit_or_its_number_is_left_out_and_counted(text):
    stories, named = stories_of(shared(text, "Er is meer rust."), UNITS, LEVELS)
    assert stories["text"].tolist() == ["Er is meer rust."]
    assert named == 1


@pytest.mark.parametrize(
    "text",
    [
        "We keken 7 keer terug.",
        "704 mensen.",
        "T070 is iets anders.",
        "Een vlinder vloog.",
        "In team 70.",
        "T 17 graden.",
    ],
)
def test_words_that_only_look_like_it_stay(text):
    assert kept(text) == [text]


def test_only_what_is_recognised_or_explained_once_each_and_in_no_order_of_units():
    table = pd.concat(
        [shared("b", "a", "b"), shared("oordeel", question="judge"), shared("actie", question="act"),
         shared("c", question="recognise", round=0)]
    )  # fmt: skip
    stories, named = stories_of(table, UNITS, LEVELS)
    assert stories.to_dict("list") == {
        "round": [0, 1, 1], "question": ["recognise", "explain", "explain"], "text": ["c", "a", "b"],
    }  # fmt: skip
    assert named == 0


def test_a_study_without_units_and_a_round_without_stories():
    assert stories_of(shared("Team 7 ook."), (), ())[0]["text"].tolist() == ["Team 7 ook."]
    assert stories_of(shared("x", question="act"), UNITS, LEVELS)[0].empty
