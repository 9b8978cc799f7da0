"""Teams that were combined, merged or split: whose last words a sheet opens with, and whose it never does."""

import pandas as pd
import pytest

from dww_analysis.domain.cycle import CYCLE_COLUMNS
from dww_analysis.sheets.cycles import ToldRows
from dww_analysis.sheets.units import origins_of

# T12 goes on beside T13, which half of it became at wave 1; T3 and T4 became T7 at wave 1; T1 and T4 stand together
TEAMS = pd.DataFrame(
    [("T12", w) for w in (0, 1, 2)] + [("T13", w) for w in (1, 2)] + [("T3", 0), ("T4", 0)]
    + [("T7", w) for w in (1, 2)] + [(t, w) for t in ("T1", "T2") for w in (0, 1, 2)],
    columns=["team", "wave"],
)  # fmt: skip
COMBINE = {"Noord": ("T1", "T2")}
CAME_FROM = {"T13": ("T12",), "T7": ("T3", "T4")}
ANSWERED = TEAMS.replace({"T1": "Noord", "T2": "Noord"}).rename(columns={"team": "unit"}).assign(level="team")
ORIGINS = origins_of(ANSWERED, COMBINE, CAME_FROM, TEAMS)


def said(unit: str, round: int, text: str, **changes) -> dict:
    base = {
        "level": "team",
        "question": "recognise",
        "share": "unit",
        "about": "",
        "date": "2026-01-05",
        "present": 6.0,
    }
    return base | {"present": 6.0, "unit": unit, "round": round, "text": text} | changes


def told_of(unit: str, rows: list[dict], carried=("Noord", "T13", "T7"), wave=2):
    empty = {kind: pd.DataFrame(columns=list(columns)) for kind, columns in CYCLE_COLUMNS.items()}
    told = ToldRows(
        **empty | {"interpretations": pd.DataFrame(rows, columns=list(CYCLE_COLUMNS["interpretations"]))},
        homes={}, origins=ORIGINS, carried=carried,
    )  # fmt: skip
    return told.of("team", unit, wave)


def texts(told) -> list[str]:
    return [i.text for i in told.last.interpretations]


def test_origins_are_those_that_are_declared_with_the_rounds_that_were_theirs():
    assert ORIGINS == {
        "Noord": [("T1", 3), ("T2", 3)],
        "T13": [("T12", 1)],
        "T7": [("T3", 3), ("T4", 3)],
    }


def test_the_last_words_of_teams_that_stand_together_open_their_sheet_without_their_names():
    told = told_of("Noord", [said("T1", 0, "oud"), said("T1", 1, "van een"), said("T2", 1, "van twee")])
    assert (told.before, texts(told), told.last.round) == ("carried", ["van een", "van twee"], 1)
    assert {(i.unit, i.date, i.present) for i in told.last.interpretations} == {("", "", None)}


def test_a_team_that_was_split_gives_what_it_said_before_and_nothing_after():
    rows = [said("T12", 0, "samen"), said("T12", 1, "alleen T12")]
    assert texts(told_of("T13", rows)) == ["samen"]
    own = told_of("T12", rows)
    assert (own.before, texts(own)) == ("", ["alleen T12"])


@pytest.mark.parametrize("unit", ["Noord", "T13", "T7"])
def test_without_a_declaration_a_sheet_says_that_it_was_another_team_and_no_word_of_it(unit):
    rows = [said(team, 0, "besloten") for team in ("T1", "T12", "T4")]
    told = told_of(unit, rows, carried=())
    assert (told.before, told.last) == ("other", None)
    assert "besloten" not in str(told)


def test_own_words_stand_before_those_of_others():
    told = told_of("T7", [said("T3", 0, "van T3"), said("T7", 1, "van ons")])
    assert (told.before, texts(told)) == ("", ["van ons"])


def test_what_one_person_alone_said_is_not_carried_to_others():
    told = told_of("T7", [said("T3", 0, "alleen ik", present=1.0)])
    assert (told.before, told.last) == ("other", None)
    both = told_of("T7", [said("T3", 0, "alleen ik", present=1.0), said("T4", 0, "wij samen", present=None)])
    assert texts(both) == ["wij samen"]


def test_who_came_from_nobody_and_never_wrote_has_nothing():
    assert told_of("T9", [said("T1", 0, "iets")]) is None
    assert told_of("T7", []) is None
