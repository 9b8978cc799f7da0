"""What the file says about its codes against what the study says, and which differences are none."""

import dataclasses

import pandas as pd
import pytest

from dww_analysis.delivery.table import DeliveredTable
from dww_analysis.delivery.wording import alike, is_no_answer, meanings, pole, same_meaning
from dww_analysis.domain.scales import Scale, ScoringKey
from dww_analysis.domain.study import Allocation, Arm, Background, Source, Study, Wave
from dww_analysis.errors import MeasurementError
from dww_analysis.ingest import ingest_source, read_allocation
from dww_analysis.ingest.conflicts import is_mirrored
from dww_analysis.ingest.fractions import fraction_lines
from dww_analysis.ingest.labels import direction_lines, direction_problems
from dww_analysis.storage.tables import variables_frame

FUNCTION = Background(
    *("function", {"en": "function"}, "category"),
    {"1": {"nl": "jeugdhulpverlener"}, "2": {"nl": "gedragswetenschapper"}, "3": {"nl": "teamleider"}},
)
STUDY = Study(
    *("trial", {"en": "Trial"}, "invented", "2026-01-01", "parallel_cluster", (Wave(0, {"en": "before"}),)),
    (
        Arm("control", {"nl": "Controle", "en": "Control"}),
        Arm("new", {"nl": "Interventie", "en": "Intervention"}),
    ),
    *(Allocation("team", "list", True), {"main": {"en": "all"}}, {}, (FUNCTION,)),
)
ITEMS = ("i_01", "i_02", "i_03")
KEY = ScoringKey("k", "1", {"en": "k"}, "none", ("a", "b", "c"), 1, 5)
SCALE = Scale("s", {"en": "s"}, ("main",), KEY, ITEMS)
SOURCE = Source(
    *("w0", "w0.sav", None, "answers", "auto", "main", 0),
    {"person": "code", "function": "FUN", **{item: item.upper() for item in ITEMS}},
)
AGREE = {1.0: "Oneens", 2.0: "Beetje oneens", 3.0: "Neutraal", 4.0: "Beetje eens", 5.0: "Eens"}
TURNED = {6 - code: text for code, text in AGREE.items()}


def ingest(labels, source=SOURCE):
    data = pd.DataFrame({"code": ["a", "b"], "FUN": [1, 2], **{item.upper(): [1, 5] for item in ITEMS}})
    variables = variables_frame(list(data.columns), value_labels=labels)
    given = DeliveredTable.of(data, source, variables)
    return ingest_source(given, STUDY, dict.fromkeys(ITEMS, (1.0, 5.0)), str)


def downwards(labels, source=SOURCE, key=KEY):
    scale = dataclasses.replace(SCALE, key=key)
    return [p.found for p in direction_problems(ingest(labels, source).codebook, [scale], source)]


def items(labels):
    return {item.upper(): labels for item in ITEMS}


@pytest.mark.parametrize(
    "labels",
    [
        {1.0: "Gedragswetenschapper", 2.0: "Jeugdhulpverlener"},
        {1.0: "1. gedragswetenschapper", 2.0: "2. jeugdhulpverlener", 3.0: "3. teamleider"},
        {1.0: "<b>gedragswetenschaper</b>", 2.0: "jeugdhulpverlener"},  # a letter short
    ],
)
def test_categories_of_another_code_stop(labels):
    with pytest.raises(MeasurementError, match=r"1 = .*which is 'jeugdhulpverlener' here") as error:
        ingest({"FUN": labels})
    assert "source w0, column FUN (function)" in str(error.value)


@pytest.mark.parametrize(
    ("labels", "recode"),
    [
        ({1.0: "Jeugdhulpverlener", 2.0: "GEDRAGSWETENSCHAPPER"}, {}),
        ({1.0: "worker", 2.0: "scientist"}, {}),  # words that cannot be matched
        ({1.0: "gedragswetenschapper", 2.0: "jeugdhulpverlener"}, {"1": "2", "2": "1"}),
    ],
)
def test_categories_that_agree_or_cannot_be_matched_pass(labels, recode):
    source = dataclasses.replace(SOURCE, recode={"function": recode} if recode else {})
    assert len(ingest({"FUN": labels}, source).answers) == 2


@pytest.mark.parametrize(
    "labels", [{1.0: "Interventie", 2.0: "Controle"}, {1.0: "interventiegroep", 2.0: "controlegroep"}]
)
def test_arms_of_another_code_stop(labels):
    data = pd.DataFrame({"team": ["T1", "T2"], "arm": [1, 2]})
    listed = Source(
        *("list", "list.sav", None, "allocation", "auto", "main", None, {"team": "team", "arm": "arm"}),
        recode={"arm": {"1": "control", "2": "new"}},
    )
    variables = variables_frame(["team", "arm"], value_labels={"arm": labels})
    with pytest.raises(MeasurementError, match="recoded to control, which is 'Controle' here"):
        read_allocation(DeliveredTable.of(data, listed, variables), STUDY)
    right = dataclasses.replace(listed, recode={"arm": {"1": "new", "2": "control"}})
    found = read_allocation(DeliveredTable.of(data, right, variables), STUDY)
    assert found["arm"].tolist() == ["new", "control"]


def test_a_word_that_is_recoded_to_the_other_arm_stops():
    data = pd.DataFrame({"team": ["T1", "T2"], "arm": ["Interventie", "Controle"]})
    recode = {"arm": {"Interventie": "control", "Controle": "new"}}
    listed = Source(
        "list",
        "l.csv",
        None,
        "allocation",
        "auto",
        "main",
        None,
        {"team": "team", "arm": "arm"},
        recode=recode,
    )
    with pytest.raises(MeasurementError, match="'Interventie', recoded to control"):
        read_allocation(DeliveredTable.of(data, listed), STUDY)


@pytest.mark.parametrize(
    "more",
    [{6.0: "Zeer eens", 7.0: "Geheel eens"}, {0.0: "Geheel oneens"}],
)
def test_labels_beyond_the_key_stop_once_for_the_set(more):
    with pytest.raises(MeasurementError, match=r"i_01, i_02, i_03.*\n.*1 to 5") as error:
        ingest(items(AGREE | more))
    assert len(error.value.problems) == 1


def test_a_longer_scale_with_only_its_ends_worded_stops():
    with pytest.raises(MeasurementError, match="7 = 'Eens'"):
        ingest(items({1.0: "Oneens", 7.0: "Eens"}))


@pytest.mark.parametrize(
    "more", [{6.0: "n.v.t."}, {6.0: "Weet niet"}, {9.0: "Geen antwoord"}, {99.0: "anders"}]
)
def test_codes_for_no_answer_are_no_points_of_the_scale(more):
    assert len(ingest(items(AGREE | more)).answers) == 2


def test_a_scale_whose_labels_run_downwards_stops_unless_it_is_recoded_or_declared():
    (found,) = downwards(items(TURNED))
    assert "run downwards, from 1 = 'Eens' to 5 = 'Oneens'" in found
    turn = {item: {"1": "5", "2": "4", "4": "2", "5": "1"} for item in ITEMS}
    assert not downwards(items(TURNED), dataclasses.replace(SOURCE, recode=turn))
    assert not downwards(items(TURNED), dataclasses.replace(SOURCE, conflicts=dict.fromkeys(ITEMS, "same")))
    assert not downwards(items(TURNED), key=dataclasses.replace(KEY, reversed=("a", "b", "c")))


def test_an_item_that_runs_against_the_others_is_named():
    labels = {**items(AGREE), "I_02": TURNED}
    (line,) = direction_lines(ingest(labels).codebook, [SCALE], SOURCE)
    assert "i_02" in line and "look reversed" in line
    key = dataclasses.replace(KEY, reversed=("b",))
    (line,) = direction_lines(ingest(labels).codebook, [dataclasses.replace(SCALE, key=key)], SOURCE)
    assert "i_02 would be reversed twice" in line


PLAIN = {str(int(code)): text for code, text in AGREE.items()}


@pytest.mark.parametrize(
    "front",
    [
        "{c} {t}",
        "[{c}] {t}",
        "{c}. {t}",
        "({c}) {t}",
        "{c}) {t}",
        "{c} = {t}",
        "{c}: {t}",
        "{c} - {t}",
        "<b>{t}</b>",
        "{t}&nbsp;",
        "<p>{c}. {t}</p>",
    ],
)
def test_marks_and_numbers_in_front_are_no_meaning(front):
    assert meanings({c: front.format(c=c, t=t) for c, t in PLAIN.items()}) == meanings(PLAIN)


def test_numbers_that_are_the_meaning_stay():
    bands = {"1": "18-30", "2": "31-40", "3": "41-50"}
    assert list(meanings(bands).values()) == ["18 30", "31 40", "41 50"]
    days = {"1": "1 dag", "2": "2 dagen", "3": "3 dagen"}
    assert meanings(days)["2"] == "2 dagen"
    assert meanings({"1": "5 jaar of minder", "2": "10 jaar of meer"})["1"] == "5 jaar of minder"


@pytest.mark.parametrize("between", ["..", "", "-", "…", "{c}", "&nbsp;", "."])
def test_what_stands_between_worded_ends_means_nothing(between):
    labels = {c: t if c in "15" else between.format(c=c) for c, t in PLAIN.items()}
    assert meanings(labels) == {"1": "oneens", "5": "eens"}


def test_a_label_that_was_cut_off_is_the_same():
    long = "helemaal niet van toepassing op mijn werk in het team"
    assert same_meaning(long, long[:20]) and same_meaning(long[:40], long)
    assert not same_meaning("eens", "oneens") and not same_meaning("mee eens", "mee")


def test_mirrored_labels_are_seen_and_equal_ones_are_not():
    turned = {str(int(code)): text for code, text in TURNED.items()}
    assert is_mirrored(PLAIN, turned) and not is_mirrored(PLAIN, PLAIN)
    assert not is_mirrored(PLAIN, {**turned, "1": "Anders"})


def test_words():
    assert [
        pole(t) for t in ("Helemaal mee oneens", "Mee eens", "Nooit", "Altijd", "Not at all", "Neutraal")
    ] == [*(-1, 1, -1, 1, -1, 0)]
    assert alike("gedragswetenschapper", "gedragswetenschaper") and not alike("tevreden", "ontevreden")
    assert not alike("team 1", "team 2") and is_no_answer("Weet ik niet") and not is_no_answer("Neutraal")


def test_a_few_fractions_among_whole_answers_are_a_line_and_sliders_are_not():
    first, second, *_ = SCALE.items
    answers = pd.DataFrame({"source": "w0", first: [4.5, 3, 2, None], second: [1.5, 2.5, 3.5, 2]})
    assert fraction_lines(answers, [SCALE]) == [
        f"w0: 1 answer is no whole number, while the others are: {first}"
    ]
    assert fraction_lines(answers.assign(**{first: 3}), [SCALE]) == []
