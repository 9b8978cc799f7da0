"""Roles by exact name, by what tools know, by words in the name; never a tool's number of a response."""

import pytest
import yaml
from tables import file_of, items, people, role

from dww_analysis.guess import draft_study, texts_of

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
        *("Wat is jouw deelnemerscode?", "Vul hier je respondentnummer in"),
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


@pytest.mark.parametrize("format", ["qualtrics", "sav"])
def test_team_and_person_by_the_question_where_columns_are_numbered(format):
    data = {"Q1": people()["team"], "Q2": people()["code"], **items(["Q3_1", "Q3_2", "Q3_3"])}
    texts = {"Q1": "In welk team werk je?", "Q2": "Vul hier je persoonlijke code in"}
    source = first_source(data, format=format, texts=texts)
    assert (role(source, "team"), role(source, "person")) == ("Q1", "Q2")


def test_a_question_about_a_team_asks_not_which_one():
    texts = {"V2": "In welke mate voel je je deel van het team?", "V3": "Wat vind je van je team?"}
    data = {"code": people()["code"], **items(["V2", "V3", "V4"])}
    assert role(first_source(data, texts=texts), "team") is None


@pytest.mark.parametrize("word", ["true", "No", "yes", "ON", "null"])
def test_a_name_that_is_a_value_to_yaml_gets_another_one(word):
    found = draft_study("s", [file_of({**people(), word: [1, 2, 3, 4, 5] * 8})], "2026-01-31")
    assert all(s.id == f"item_{word.lower()}" for s in found.scales)
    listed = file_of({"team": [f"Team {i}" for i in range(6)], "arm": [word, "other"] * 3}, "list.csv")
    both = draft_study("no", [file_of({**people(), **ITEMS}), listed], "2026-01-31")
    assert f"arm_{word.lower()}" in [id_ for id_, _ in both.arms.arms]
    assert yaml.safe_load(texts_of(both)["study.yaml"])["study"] == "no"
