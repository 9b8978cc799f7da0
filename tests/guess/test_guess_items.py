"""Items of one scale: by names that count over all waves, by labels, by where they stand."""

import numpy as np
import pytest
from tables import AGREE, answers, file_of, items, people, role, scale_columns, their_columns

from dww_analysis.domain.tables.answers import RESERVED
from dww_analysis.guess import draft_study, texts_of


def draft(*files):
    return draft_study("s", list(files), "2026-01-31")


def names_in(source):
    return {m.theirs: m.ours for m in source.columns}


def test_items_keep_their_number_over_waves_that_differ():
    first = file_of({**people(), **items([f"B{i:02d}" for i in range(1, 7)])}, "w0.csv")
    fewer = file_of({**people(), **items(["b1", "b2", "b4", "b6"])}, "w1.csv")
    turned = file_of({**items(["B_6", "B_5", "B_3", "B_1"]), **people()}, "w2.csv")
    found = draft(fewer, first, turned)
    assert [s.items for s in found.scales] == [tuple(f"b_0{i}" for i in range(1, 7))]
    assert names_in(found.sources[0])["b4"] == names_in(found.sources[1])["B04"] == "b_04"
    assert names_in(found.sources[2])["B_3"] == names_in(found.sources[1])["B03"] == "b_03"


@pytest.mark.parametrize(
    "names",
    [
        ["uit_1", "uit_2_r", "uit_3", "uit_4R"],
        ["pv1r", "pv2", "pv3", "pv4"],
        ["steun_a", "steun_b", "steun_c"],
        ["q4a", "q4b", "q4c", "q4d"],
        ["item1_nl", "item2_nl", "item3_nl"],
        ["G02Q07[SQ001]", "G02Q07[SQ002]", "G02Q07[SQ003]"],
        ["Uitspraken [Ik lees]", "Uitspraken [Ik schrijf]", "Uitspraken [Ik luister]"],
        ["Stelling - Ik lees veel", "Stelling - Ik vraag door", "Stelling - Ik kijk af"],
        ["Ik lees veel", "Ik vraag door", "Ik kijk af bij een ander"],
        ["rust", "zorg", "plezier", "spanning"],
    ],
)
def test_columns_that_are_one_scale(names):
    found = draft(file_of({**people(), **items(names)}))
    assert scale_columns(found) == [set(names)]


def test_a_text_that_the_file_calls_missing_is_no_word_of_an_answer():
    data = {**people(), **items(["lpwa", "lpwb", "lpwc"])}
    data["lpwb"] = ["##USER_MISSING_95##", *map(str, data["lpwb"][1:])]
    found = draft(file_of(data, missing={"lpwb": ["##USER_MISSING_95##"]}, format="castor"))
    assert scale_columns(found) == [{"lpwa", "lpwb", "lpwc"}]


@pytest.mark.parametrize("name", ["Rapportcijfer voor je werk", "Mark for the team", "Cijfer"])
def test_a_mark_is_a_scale_of_one_though_nobody_gave_the_lowest(name):
    marks = [4, 7, 8, 10, 6, 7, 8, 9] * 5
    found = draft(file_of({**people(), name: marks}))
    assert [(m.minimum, m.maximum) for m in found.scales] == [(1, 10)]
    assert "range: [1, 10]  # GUESS: wider than what was seen" in texts_of(found)["scales.yaml"]


@pytest.mark.parametrize(
    ("text", "answers", "highest"),
    [
        ("Het rapport is duidelijk", [1, 2, 3, 5], 5),
        ("Give a mark", [1, 2, 4, 5], 5),
        ("Cijfer", [1, 3, 6, 8], 10),
    ],
)
def test_a_question_about_a_report_or_with_five_answers_is_no_mark(text, answers, highest):
    found = draft(file_of({**people(), "v1": answers * 10}, texts={"v1": text}))
    assert [(s.minimum, s.maximum) for s in found.scales] == [(1, highest)]


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ([1, 2, 3, 4, 5], "[1, 5]  # GUESS: from what was seen"),
        ([2, 3, 4, 5, 5], "[1, 5]  # GUESS: wider than what was seen"),
        ([61.5, 70, 80, 82, 90], "[0, 100]  # GUESS: wider than what was seen"),
    ],
)
def test_a_range_that_is_wider_than_the_answers_says_so(seen, said):
    assert (
        f"range: {said}\n" in texts_of(draft(file_of({**people(), "Hoe gaat het?": seen * 8})))["scales.yaml"]
    )


def test_two_question_blocks_with_labels_are_two_scales():
    first, second = ["rust", "zorg", "plezier"], ["hoofd", "buik", "rug", "nek"]
    often = {0: "Nooit", 1: "Soms", 2: "Vaak"}
    data = {**people(), **items(first, top=4), **{n: np.arange(40) % 3 for n in second}}
    labels = {**dict.fromkeys(first, AGREE), **dict.fromkeys(second, often)}
    found = draft(file_of(data, labels=labels, format="sav"))
    assert scale_columns(found) == [set(first), set(second)]
    assert [(s.minimum, s.maximum) for s in found.scales] == [(1, 4), (0, 2)]


def test_one_question_is_a_scale_of_one_and_a_ready_score_is_delivered():
    data = {
        **people(),
        "Hoe gezond voel je je?": np.arange(40) % 10 + 1,
        "leesscore": np.linspace(41.5, 80.5, 40),
    }
    found = draft(file_of(data))
    assert [(len(s.items), s.delivered) for s in found.scales] == [(1, False), (1, True)]
    assert (found.scales[1].minimum, found.scales[1].maximum) == (0, 100)


@pytest.mark.parametrize("name", ["Participated", "Source", "Current team", "Wave number", "Score"])
def test_a_column_called_as_one_of_the_tables_gets_another_name(name):
    found = draft(file_of(people() | {name: [i % 4 + 1 for i in range(40)]}))
    ours = {m.ours for s in found.sources for m in s.columns if m.theirs == name}
    ids = {*ours, *(s.id for s in found.scales), *(b.name for b in found.background)}
    assert ours and not ids & RESERVED


def test_background_is_no_item():
    data = {
        **people(),
        "geslacht": np.arange(40) % 2 + 1,
        "leeftijd": np.arange(40) % 9 + 1,
        **items(["p1", "p2", "p3"]),
    }
    found = draft(file_of(data, labels={"geslacht": {1: "man", 2: "vrouw"}}))
    assert scale_columns(found) == [{"p1", "p2", "p3"}]
    assert [(b.name, dict(b.categories)) for b in found.background] == [
        ("geslacht", {"1": "man", "2": "vrouw"}),
        ("leeftijd", {}),
    ]


def test_the_same_question_under_another_name_is_found_by_its_text():
    texts = ["Ik leer van wat er misgaat", "Ik vraag anderen hoe ik het doe", "Ik probeer een andere aanpak"]
    first = file_of(
        {**people(), **items(["L1", "L2", "L3"])},
        "w0.sav",
        texts=dict(zip(["L1", "L2", "L3"], texts, strict=True)),
    )
    second = file_of({**people(), **items(texts)}, "w1.xlsx")
    found = draft(first, second)
    assert scale_columns(found) == [{"L1", "L2", "L3", *texts}]


def test_items_that_run_against_the_others_are_reversed():
    columns = answers(6)
    columns[1], columns[4] = 6 - columns[1], 6 - columns[4]
    found = draft(file_of({**people(), **{f"z{i + 1}": c for i, c in enumerate(columns)}}))
    assert set(found.scales[0].reversed) == {"z_02", "z_05"}


@pytest.mark.parametrize("mark", ["r", "_rev", " (R)", "(omgekeerd)", " [r]", "-neg"])
def test_a_mark_of_reversal_is_no_other_item(mark):
    columns = answers(4)
    columns[1] = 6 - columns[1]
    found = draft(file_of({**people(), **dict(zip(["z1", f"z2{mark}", "z3", "z4"], columns, strict=True))}))
    assert [len(s.items) for s in found.scales] == [4] and set(found.scales[0].reversed) == {"z_02"}


def test_a_name_that_says_reversed_and_runs_along_is_said_but_not_turned_again():
    found = draft(file_of({**people(), **items(["z1", "z2_rev", "z3", "z4"])}))
    assert not found.scales[0].reversed
    assert "recoded already" in found.scales[0].perhaps["z_02"]


def test_codes_for_no_answer_are_no_part_of_the_range():
    columns = items(["k1", "k2", "k3"])
    columns["k1"][3], columns["k2"][5] = 99, 9
    found = draft(file_of({**people(), **columns}))
    assert (found.scales[0].minimum, found.scales[0].maximum) == (1, 5)
    assert dict(found.sources[0].missing_codes) == {"99": "skipped", "9": "skipped"}
    labels = {name: {**AGREE, 5: "Niet van toepassing"} for name in ("k1", "k2", "k3")}
    columns = items(["k1", "k2", "k3"], top=4)
    columns["k1"][3] = 5
    found = draft(file_of({**people(), **columns}, labels=labels))
    assert (found.scales[0].minimum, found.scales[0].maximum) == (1, 4)
    assert dict(found.sources[0].missing_codes) == {"5": "not applicable"}


def test_tick_boxes_and_bookkeeping_are_no_scale():
    boxes = {f"bron___{i}": np.arange(40) % 2 for i in (1, 2, 3)}
    found = draft(
        file_of({**people(), **boxes, "Progress": [100] * 40, "Duration (in seconds)": np.arange(40) + 0.5})
    )
    assert found.scales == () and role(found.sources[0], "person") == "code"


def test_items_of_a_scale_that_one_wave_does_not_have():
    found = draft(
        file_of({**people(), **items(["a1", "a2", "a3"])}, "w0.csv"),
        file_of({**people(), **items(["b1", "b2", "b3"])}, "w1.csv"),
    )
    assert their_columns(found, "a") == {"a1", "a2", "a3"} and their_columns(found, "b") == {"b1", "b2", "b3"}


def test_worded_ends_of_a_numbered_scale():
    columns = {}
    for name, values in items(["e1", "e2", "e3"]).items():
        columns[name] = [{1: "1 nooit", 5: "5 altijd"}.get(v, str(v)) for v in values]
    found = draft(file_of({**people(), **columns}))
    assert scale_columns(found) == [{"e1", "e2", "e3"}]
    assert (found.scales[0].minimum, found.scales[0].maximum) == (1, 5)
    assert {found.words[0].numbers[w] for w in ("1 nooit", "5 altijd")} == {"1", "5"}


@pytest.mark.parametrize(
    "name", ["Q_RecaptchaScore", "t_Page Submit", "vragenlijst_complete", "gewicht", "groupTime12"]
)
def test_what_a_tool_adds_is_no_outcome(name):
    found = draft(file_of({**people(), **items(["e1", "e2", "e3"]), name: np.linspace(0.1, 2.5, 40)}))
    assert scale_columns(found) == [{"e1", "e2", "e3"}]


def test_texts_of_a_grid_are_the_texts_of_its_items():
    names = {"LPW1": "Ik leer van fouten", "LPW2": "Ik vraag om hulp", "LPW3": "Ik deel wat ik weet"}
    tool = {
        f"Q6_{i}": f"Wat geldt voor u? - {text} (kies er een)" for i, text in enumerate(names.values(), 1)
    }
    first = file_of({**people(), **items(list(names))}, "w0.sav", texts=names)
    found = draft(first, file_of({**people(), **items(list(tool))}, "w1.csv", texts=tool))
    assert [s.items for s in found.scales] == [("lpw_01", "lpw_02", "lpw_03")]
    assert names_in(found.sources[1])["Q6_2"] == "lpw_02"


def test_numbers_far_apart_are_questions_of_a_form():
    texts = {"Q2": "Leeftijdsgroep (kies)", "Q4": "Wat is uw functie?"}
    found = draft(file_of({**people(), **items(["Q2", "Q4", "Q11", "Q19"])}, texts=texts))
    assert [b.name for b in found.background] == ["q2", "q4"]
    assert all(len(s.items) == 1 for s in found.scales)


def test_neighbours_of_which_only_the_ends_are_worded_are_one_scale():
    names = ["kalm", "blij", "druk"]
    ends = {1: "helemaal niet", 5: "heel erg"}
    data = {**people(), **items(names), "rust": [1, 2, 3, 4, 5] * 8}
    found = draft(file_of(data, labels=dict.fromkeys(names, ends)))
    assert set(names) in scale_columns(found)
