"""Guessing a first configuration from names and labels."""

import pytest
import yaml

from dww_analysis.config.guess import Column, Delivered, guess_items, write_config

LIKERT = {"1": "never", "2": "sometimes", "3": "often", "4": "always"}


def likert(name):
    return Column(name, f"label of {name}", LIKERT, whole_numbers=True, minimum=1, maximum=3)


def test_items_with_one_stem_and_the_same_options_belong_together():
    columns = (
        [likert(f"A{i}") for i in range(1, 5)] + [likert(f"B{i}") for i in range(1, 3)] + [Column("age")]
    )
    (items,) = guess_items(columns)
    assert items.columns == ("A1", "A2", "A3", "A4")
    assert (items.minimum, items.maximum) == (1, 4)  # from the labels: nobody answered 4


def test_other_answer_options_are_another_scale():
    other = [Column(f"A{i}", "", {"0": "no", "1": "yes"}, True, 0, 1) for i in range(5, 8)]
    sets = guess_items([likert(f"A{i}") for i in range(1, 4)] + other)
    assert [s.columns for s in sets] == [("A1", "A2", "A3"), ("A5", "A6", "A7")]
    assert len({s.id for s in sets}) == 2


@pytest.mark.parametrize("name", ["G01Q01[SQ001]", "Q3_1", "lpw01"])
def test_names_of_survey_tools(name):
    stem = name.rstrip("]1")
    columns = [
        Column(f"{stem}{i}" + ("]" if "[" in name else ""), "", LIKERT, True, 1, 4) for i in range(1, 4)
    ]
    assert len(guess_items(columns)) == 1


def test_written_configuration_is_yaml_and_marks_guesses():
    columns = (Column("code"), Column("team"), *(likert(f"A{i}") for i in range(1, 4)), Column('odd: "name"'))
    texts = write_config("mine", [Delivered("w0.sav", "0" * 64, "sav", columns)] * 2, "2026-01-31")
    values = {name: yaml.safe_load(text) for name, text in texts.items()}
    columns_of_first = values["sources.yaml"]["sources"][0]["columns"]
    assert columns_of_first == {"person": "code", "team": "team", "a_01": "A1", "a_02": "A2", "a_03": "A3"}
    assert values["scales.yaml"]["scales"][0]["items"] == ["a_01", "a_02", "a_03"]
    assert values["study.yaml"]["data"] == "private"
    assert all(
        "# GUESS" in texts[name] for name in ("study.yaml", "sources.yaml", "scales.yaml", "plan.yaml")
    )
