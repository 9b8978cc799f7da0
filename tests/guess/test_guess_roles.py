"""Roles by exact name, by what tools know, by words in the name; never a tool's number of a response."""

import pytest
from tables import file_of, items, people, role

from dww_analysis.guess import draft_study

ITEMS = items(["vk1", "vk2", "vk3"])


def first_source(data, **facts):
    return draft_study("s", [file_of(data, **facts)], "2026-01-31").sources[0]


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Persoonlijke code",
            "Unieke code",
            "respondentnummer",
            "Respondent ID",
            "Participant Id",
            "subject_id",
        ),
        *(
            "token",
            "ExternalReference",
            "externalDataReference",
            "medewerkerscode",
            "leerling_id",
            "PPN",
            "pseudoniem",
        ),
        *("deelnemersnummer", "Wat is je persoonlijke code?", "personeelsnummer", "Record ID", "StudyCode"),
    ],
)
def test_the_person_beside_a_number_that_the_tool_counts_with(name):
    data = {"Id": range(1, 41), **people(code=name), **ITEMS}
    source = first_source(data)
    assert role(source, "person") == name and source.persons == "key"


def test_an_exact_name_comes_before_words_in_a_name_and_before_the_tool():
    data = {"respondent_code_oud": [f"o{i}" for i in range(40)], "token": range(40), **people(), **ITEMS}
    assert role(first_source(data), "person") == "code"


def test_the_person_is_the_column_whose_values_occur_once():
    data = {
        "school_code": ["S1", "S2"] * 20,
        "klas_id": ["a", "b", "c", "d"] * 10,
        **people(code="pupil_id"),
        **ITEMS,
    }
    source = first_source(data)
    assert role(source, "person") == "pupil_id"
    assert role(source, "organisation") == "school_code"


def test_a_shared_code_is_no_person():
    data = {"code": ["A", "B"] * 20, **people(code="respondentnr"), **ITEMS}
    assert role(first_source(data), "person") == "respondentnr"


@pytest.mark.parametrize("name", ["Id", "ID", "ResponseId", "Response number"])
def test_a_tool_s_count_alone_makes_no_person(name):
    data = {name: range(1, 41), "Starttime": ["x"] * 40, "team": ["T"] * 20 + ["U"] * 20, **ITEMS}
    source = first_source(data)
    assert role(source, "person") is None and source.persons == "anonymous"


def test_id_is_the_person_where_no_tool_counted():
    data = {"id": range(101, 141), "team": ["T", "U"] * 20, **ITEMS}
    assert role(first_source(data), "person") == "id"


@pytest.mark.parametrize(
    "name",
    [
        "Team",
        "team_nr",
        "afdeling",
        "Wijkteam",
        "In welk team werk je?",
        "Which department?",
        "teamcode_2024",
    ],
)
def test_the_team_beside_items_about_teams(name):
    data = {
        **items(["teamklimaat_1", "teamklimaat_2", "teamklimaat_3", "In mijn team zeg ik wat ik denk"]),
        **people(team=name),
    }
    source = first_source(data)
    assert role(source, "team") == name
    assert role(source, "organisation") is None


def test_addresses_are_never_used():
    data = {**people(), "E-mailadres": [f"a{i}@b.nl" for i in range(40)], **ITEMS}
    source = first_source(data)
    assert "E-mailadres" not in {m.theirs for m in source.columns}
    assert ("E-mailadres", "never read: identifies persons") in source.left
