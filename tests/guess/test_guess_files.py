"""What a file is: answers of one or more waves, a list of arms, a diary, records, observations."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tables import answers, file_of, items, people, role, scale_columns

from dww_analysis.domain.written import OPEN
from dww_analysis.guess import draft_study, texts_of
from dww_analysis.guess.networks import network_kind
from dww_analysis.guess.patterns import pair_ranges, ranges_of
from dww_analysis.guess.write import MOST_LEFT, source_lines


def draft(*files):
    return draft_study("s", list(files), "2026-01-31")


def stacked(values, column, n=30, person="deelnemer"):
    parts = []
    for i, value in enumerate(values):
        part = pd.DataFrame({**people(n, code=person), **items(["m1", "m2", "m3"], n=n, seed=i)})
        parts.append(part.assign(**{column: value}))
    return pd.concat(parts, ignore_index=True).sample(frac=1, random_state=1).reset_index(drop=True)


@pytest.mark.parametrize(
    ("column", "values", "order"),
    [
        ("week", [0, 10, 2], ["0", "2", "10"]),
        ("meetmoment", ["na", "voor", "follow-up"], ["voor", "na", "follow-up"]),
        ("redcap_event_name", ["meting_2_arm_1", "meting_1_arm_1"], ["meting_1_arm_1", "meting_2_arm_1"]),
    ],
)
def test_waves_below_each_other(column, values, order):
    found = draft(file_of(stacked(values, column)))
    assert [s.rows for s in found.sources] == [(column, v) for v in order]
    assert [s.wave for s in found.sources] == list(range(len(order))) and len(found.waves) == len(order)
    assert all(role(s, "person") == "deelnemer" for s in found.sources)
    assert scale_columns(found) == [{"m1", "m2", "m3"}]


def test_a_column_called_week_in_one_wave_makes_no_waves():
    data = {**people(), "week": np.arange(40) % 4, **items(["m1", "m2", "m3"])}
    assert [s.rows for s in draft(file_of(data)).sources] == [None]


@pytest.mark.parametrize("pattern", ["{}_t{}", "T{1}_{0}", "{}.w{}", "w{1}{0}", "{}_meting{}"])
def test_waves_beside_each_other(pattern):
    data = people()
    for wave in (0, 1, 2):
        for i, values in enumerate(answers(4, seed=wave), 1):
            data[pattern.format(f"ab{i}", wave)] = values
    data["leeftijd"] = np.arange(40) + 20
    found = draft(file_of(data))
    assert len(found.sources) == 3
    assert found.scales[0].items == ("ab_01", "ab_02", "ab_03", "ab_04")
    third = {m.ours: m.theirs for m in found.sources[2].columns}
    assert third["ab_02"] == pattern.format("ab2", 2) and third["leeftijd"] == "leeftijd"
    assert (third["person"], third["team"]) == ("code", "team")


def test_columns_that_the_configuration_cannot_name_are_left_as_comments():
    names = ["?", "? hoe", "item {1-3}"]
    found = draft(file_of({**people(), **items(["m1", "m2", "m3"]), **items(names, seed=4)}))
    assert not {m.theirs for m in found.sources[0].columns} & set(names)
    written = texts_of(found)["sources.yaml"]
    assert all(f'# not used: "{name}"' in written for name in names)


def test_words_for_waves_beside_each_other():
    data = people()
    for mark in ("na", "voor"):
        data |= {f"zorg{i}_{mark}": v for i, v in enumerate(answers(3), 1)}
    found = draft(file_of(data))
    assert [s.columns[-1].theirs for s in found.sources] == ["zorg3_voor", "zorg3_na"]


def test_a_mark_of_the_wave_in_each_file_is_no_part_of_the_name():
    files = [file_of({**people(), **items([f"t{w}_za{i}" for i in (1, 2, 3)])}, f"w{w}.csv") for w in (0, 1)]
    found = draft(*files)
    assert [s.items for s in found.scales] == [("za_01", "za_02", "za_03")]


@pytest.mark.parametrize(
    ("unit", "arm", "values"),
    [
        ("team", "Conditie", ["interventie", "controle"]),
        ("afdeling", "studiearm", [1, 0]),
        ("Team", "Groep", ["ondersteuning", "wachtlijst"]),
        ("team", "groep", ["meedoen", "wachten"]),
        ("team", "randomised", ["B", "A"]),
        ("school", "treatment", ["usual", "coaching"]),
    ],
)
def test_a_list_of_arms_is_the_allocation(unit, arm, values):
    wave = file_of({**people(team="team"), **items(["m1", "m2", "m3"])}, "w0.csv")
    listed = file_of({unit: [f"Team {i}" for i in range(6)], arm: values * 3}, "lijst.csv")
    found = draft(wave, listed)
    source = found.sources[1]
    assert source.kind == "allocation" and role(source, "arm") == arm
    assert len(found.waves) == 1 and found.arms is not None and len(found.arms.arms) == 2
    assert "design: parallel_cluster" in texts_of(found)["study.yaml"]
    reference = found.arms.arms[0][1]
    assert reference in ("controle", "0", "wachtlijst", "wachten", "A", "usual")


def test_three_arms_are_said_and_left():
    wave = file_of({**people(), **items(["m1", "m2", "m3"])}, "w0.csv")
    listed = file_of({"team": list("abcdef"), "arm": ["x", "y", "control"] * 2}, "lijst.csv")
    found = draft(wave, listed)
    assert found.arms is None and "3 arms (control, x, y)" in found.undecided
    assert 'design: "? the allocation has 3 arms' in texts_of(found)["study.yaml"]


@pytest.mark.parametrize(
    ("unit", "start"), [("team", [1, 2]), ("afdeling", pd.to_datetime(["2024-03-01", "2024-05-01"]))]
)
def test_a_list_of_starts_is_the_allocation_and_no_wave(unit, start):
    waves = [file_of({**people(), **items(["m1", "m2", "m3"], seed=w)}, f"w{w}.csv") for w in range(2)]
    listed = file_of({unit: [f"Team {i}" for i in range(4)], "Startdatum": [*start, *start]}, "starts.csv")
    found = draft(*waves, listed)
    source = found.sources[2]
    assert source.kind == "allocation" and role(source, "start") == "Startdatum" and len(found.waves) == 2
    text = texts_of(found)["study.yaml"]
    assert "design: before_after" in text and "unit: team" in text
    assert "randomised: false}  # GUESS: randomised is true only when chance decided" in text
    alone = draft(waves[0], listed)
    assert "two or more waves" in alone.undecided and alone.arms is None


def test_columns_that_are_not_used_are_listed_or_counted():
    (source,) = draft(file_of({**people(), **items(["m1", "m2", "m3"])})).sources
    lines = source_lines(replace(source, left=tuple((f"open_{i}", "") for i in range(MOST_LEFT + 3))))
    text = "\n".join(lines)
    assert text.count("# not used: ") == MOST_LEFT + 1 and "# not used: 3 more columns" in text


def test_a_list_of_persons_and_arms_is_the_allocation_and_no_wave():
    waves = [file_of({**people(), **items(["m1", "m2", "m3"], seed=w)}, f"w{w}.csv") for w in range(2)]
    listed = file_of({"code": people()["code"], "groep": ["controle", "interventie"] * 20}, "loting.csv")
    found = draft(*waves, listed)
    source = found.sources[2]
    assert source.kind == "allocation" and len(found.waves) == 2
    assert (role(source, "person"), role(source, "arm")) == ("code", "groep")
    assert found.arms is not None and found.arms.unit == "person"


def test_a_list_of_persons_has_its_arms_by_what_they_hold_and_its_strata():
    wave = file_of({**people(), **items(["m1", "m2", "m3"])}, "w0.csv")
    code = people()["code"]
    drawn = {"code": code, "instelling": ["Oever", "Brug"] * 20, "Groep": ["wachtlijst", "app"] * 20}
    source = draft(wave, file_of(drawn, "loting.csv")).sources[1]
    assert source.kind == "allocation"
    assert [role(source, r) for r in ("person", "organisation", "arm")] == ["code", "instelling", "Groep"]
    plan = texts_of(draft(wave, file_of(drawn, "loting.csv")))["plan.yaml"]
    assert "formula" not in plan, "one wave after a lot: the arms are compared, by the design's own model"
    fact = {"code": code, "Overgeplaatst": ["ja", "nee"] * 20}
    assert all(s.kind != "allocation" for s in draft(wave, file_of(fact, "feiten.csv")).sources)


def test_answers_with_an_arm_for_each_person_are_no_list():
    wave = file_of(
        {**people(), "conditie": ["controle", "interventie"] * 20, "cijfer": [6.5, 7, 8, 5.5] * 10}
    )
    assert draft(wave).sources[0].kind == "answers"


def moments(n, text):
    return pd.to_datetime([f"2024-03-0{1 + i % 5} {text}" for i in range(n)])


def test_records_of_learning_at_work():
    n = 30
    who = [f"v{i % 10:03d}" for i in range(n)]
    diary = file_of(
        {"participant": who, "beep": range(n), "gepland": moments(n, "10:00"), "verstuurd": moments(n, "10:01"),
         "beantwoord": moments(n, "10:02"), "energie": np.arange(n) % 7 + 1},
        "app.csv",
    )  # fmt: skip
    hr = file_of(
        {
            "personeelsnummer": range(1000, 1030),
            "in dienst": moments(n, ""),
            "uit dienst": [None] * n,
            "FTE": [0.8] * n,
        },
        "p.csv",
    )
    seen = file_of(
        {
            "deelnemer": who,
            "datum": moments(n, ""),
            "observator": ["a", "b"] * 15,
            "c1": ["ja", "nee", "deels"] * 10,
        },
        "o.csv",
    )
    found = draft(file_of({**people(), **items(["m1", "m2", "m3"])}), diary, hr, seen)
    assert [s.kind for s in found.sources] == ["answers", "diary", "hr", "observations"]
    columns = [{m.ours: m.theirs for m in s.columns} for s in found.sources]
    assert (columns[1]["scheduled"], columns[1]["finished"]) == ("gepland", "beantwoord")
    assert (columns[2]["start"], columns[2]["end"]) == ("in dienst", "uit dienst")
    assert columns[3]["observer"] == "observator" and columns[3]["c1"] == "c1"
    assert {s.wave for s in found.sources} == {0}


def test_a_survey_with_a_start_and_an_end_is_no_personnel_record():
    data = {
        **people(),
        "StartDate": moments(40, "10:00"),
        "EndDate": moments(40, "10:09"),
        **items(["m1", "m2", "m3"]),
    }
    assert draft(file_of(data)).sources[0].kind == "answers"


def test_numbered_teams_take_their_names_from_the_labels():
    labels = {"team": {i: f"Team {i}" for i in range(5)}}
    wave = file_of(
        {**people(), "team": [i % 5 for i in range(40)], **items(["m1", "m2", "m3"])}, labels=labels
    )
    listed = file_of({"team": [f"team {i}" for i in range(5)], "arm": list("ababa")}, "lijst.csv")
    assert draft(wave, listed).sources[0].recode["team"] == {str(i): f"Team {i}" for i in range(5)}
    assert "team" not in draft(wave).sources[0].recode


def test_names_that_count_on_are_ranges():
    pairs = [(f"a_{i:02d}", f"A{i}_t1") for i in range(1, 12)] + [("b", "B"), ("a_13", "A13_t1")]
    assert pair_ranges(pairs) == [("a_{01-11}", "A{1-11}_t1"), ("b", "B"), ("a_13", "A13_t1")]
    assert ranges_of(["x_1", "x_2", "x_4", "x_5", "x_6"]) == ["x_1", "x_2", "x_{4-6}"]
    assert ranges_of(["q_08", "q_09", "q_10"]) == ["q_{08-10}"]
    assert ranges_of(["x1_1", "x2_2", "x3_3"]) == ["x1_1", "x2_2", "x3_3"]


def test_a_team_that_another_wave_knows_is_in_the_model():
    first = file_of({**people(), **items(["m1", "m2", "m3"])}, "w0.csv")
    later = people()
    del later["team"]
    found = draft(first, file_of({**later, **items(["n1", "n2", "n3"])}, "w1.csv"))
    assert "formula: n ~ 1 + (1 | team)" in texts_of(found)["plan.yaml"]


def test_a_name_that_looks_like_a_range_is_left_out():
    found = draft(file_of({**people(), **items(["m1", "m2", "m3", "Kies {1-5}"])}))
    assert scale_columns(found) == [{"m1", "m2", "m3"}]
    assert "Kies {1-5}" in dict(found.sources[0].left)


@pytest.mark.parametrize(
    ("first", "last"), [("2023", "2024"), ("mrt", "juni"), ("voorjaar", "najaar"), ("Jan", "Dec")]
)
def test_years_and_months_beside_each_other_are_waves(first, last):
    columns = {
        f"ab{i}_{mark}": c for mark in (last, first) for i, c in enumerate(answers(4, seed=len(mark)), 1)
    }
    found = draft(file_of({**people(), **columns}))
    assert [len(s.items) for s in found.scales] == [4] and len(found.waves) == 2
    assert all(m.theirs.endswith(first) for m in found.sources[0].columns if m.ours not in ("person", "team"))


def test_background_of_two_years_is_no_wave():
    known = {f"{asked}_{year}": range(40) for asked in ("inkomen", "uren") for year in (2022, 2023)}
    assert len(draft(file_of({**people(), **known, **items(["m1", "m2", "m3"])})).waves) == 1


def test_numbers_that_look_like_years_are_items():
    found = draft(file_of({**people(), **items([f"v_{n}" for n in range(2001, 2007)])}))
    assert len(found.waves) == 1 and [len(s.items) for s in found.scales] == [6]


@pytest.mark.parametrize(
    "other",
    [
        {"variabele": ["code", "q1"], "uitleg": ["wie antwoordde", "ik leer"]},
        {"team": [f"Team {i}" for i in range(5)], "leden": [12, 10, 9, 8, 11]},
        {"Dit is de uitleg bij de data": ["De data staan in w0", "Groet"]},
    ],
    ids=["code book", "team sizes", "prose"],
)
def test_a_file_without_answers_is_no_wave(other):
    wave = file_of({**people(), **items(["m1", "m2", "m3"])}, "w0.csv")
    found = draft(file_of(other, "other.csv"), wave)
    assert found.left_out == ("other.csv",) and [s.file for s in found.sources] == ["w0.csv"]
    assert len(found.waves) == 1 and found.sources[0].wave == 0
    alone = draft(file_of(other, "other.csv"))
    assert not alone.left_out and alone.sources


RATED = {"cijfer": [6, 7, 8, 9] * 10}


@pytest.mark.parametrize(
    "asked",
    [
        {"functie": ["docent", "leider"] * 20, **RATED},
        {"netwerk": ["oost", "west"] * 20, "ronde": [1] * 40, **RATED},
        {"netwerk": ["oost", "west"] * 20, "Ronde 1": RATED["cijfer"], "Ronde 2": RATED["cijfer"]},
    ],
)
def test_ratings_beside_items_of_a_scale_are_a_questionnaire(asked):
    persons = people(code="deelnemer")
    assert network_kind(file_of({**persons, **asked})).endswith("ratings")
    found = draft(file_of({**persons, **asked, **items(["lpw_1", "lpw_2", "lpw_3"])}))
    assert found.practice is None and [s.kind for s in found.sources] == ["answers"]
    assert {"lpw_1", "lpw_2", "lpw_3"} in scale_columns(found)


def test_rounds_in_words_are_translated_to_their_numbers_or_left_open():
    asked = {"netwerk": ["oost", "west"] * 20, "ronde": ["Ronde 1", "Ronde 10", "na", "3"] * 10, **RATED}
    found = draft(file_of({**people(code="deelnemer"), **asked}))
    assert found.sources[0].recode["round"] == {"Ronde 1": "1", "Ronde 10": "10", "na": OPEN}
