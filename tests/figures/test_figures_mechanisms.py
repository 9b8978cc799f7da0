"""The picture of a theory of change: every arrow says what it is, how sure, and nothing lies on anything else."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from invented_reports import trial_study

from dww_analysis.domain.study import Allocation
from dww_analysis.domain.theory import Arrow, Node, Theory
from dww_analysis.figures import draw_mechanisms
from dww_analysis.figures.drawing import NARROW, WIDTH, arm_style
from dww_analysis.figures.mechanisms import BLUE, FAINT, ORANGE, _boxes, _passes, _routes, layers_of


def node(id: str, **more) -> Node:
    return Node(id, {"nl": f"{id} nl", "en": f"{id} en"}, **more)


SMALL = Theory(
    (node("support", arm=True), node("potential", scale="a", level="team"), node("agency", scale="b"), node("care")),
    (
        Arrow("support", "potential", 1, "+"),
        Arrow("potential", "agency", 0, "+"),
        Arrow("support", "agency", 2),
        Arrow("agency", "care", 1),
    ),
)  # fmt: skip


def row(arrow: Arrow, estimate: float, evidence: str, remark: str = "", suppressed: bool = False) -> dict:
    noun = "effect" if arrow.origin == "support" else "association"
    numbers = {
        "estimate": estimate,
        "std_error": 0.1,
        "conf_low": estimate - 0.2,
        "conf_high": estimate + 0.2,
    }
    known = {} if remark or suppressed else {**numbers, "evidence": evidence}
    absent = dict.fromkeys(("estimate", "std_error", "conf_low", "conf_high"), np.nan) | {"evidence": ""}
    words = {
        "kind": "arrow",
        "id": arrow.id,
        "part": "between",
        "shown": True,
        "noun": noun,
        "remark": remark,
    }
    return {**words, **absent, **known, "suppressed": suppressed, "through": "", "by": ""}  # fmt: skip


def drawn_of(table: pd.DataFrame, words, theory: Theory = SMALL, **changes):
    return draw_mechanisms(table, theory=theory, study=trial_study(**changes), words=words)


def table(theory: Theory = SMALL) -> pd.DataFrame:
    said = [(0.3, "as_expected", ""), (-0.3, "against", ""), (0.1, "unclear", ""), (0, "", "no_data")]
    return pd.DataFrame([row(a, *said[i % 4]) for i, a in enumerate(theory.arrows)])


@pytest.fixture(scope="module")
def drawing(words):
    return drawn_of(table(), words)


def test_every_arrow_has_its_number_its_noun_and_how_sure(drawing, words):
    svg = drawing.svg()
    for said in ("0.30", "0.10") if words.language == "en" else ("0,30", "0,10"):
        assert said in svg
    for key in ("effect", "association"):
        assert words(f"mechanisms.noun.{key}") in svg
    for key in ("as_expected", "against", "unclear"):
        assert words(f"mechanisms.evidence.{key}") in svg
    assert words("mechanisms.remark.no_data") in svg


def test_within_one_wave_the_arrow_is_dashed_and_no_other(drawing):
    lines = {str(line.get_linestyle()): line for line in drawing.figure.axes[0].lines}
    styles = [line.get_linestyle() for line in drawing.figure.axes[0].lines]
    assert styles.count("--") == 1 and styles.count("-") == len(SMALL.arrows) - 1
    assert lines["--"].get_color() == ORANGE


def test_without_data_the_arrow_is_grey(drawing):
    colours = [line.get_color() for line in drawing.figure.axes[0].lines]
    assert colours.count(FAINT) == 1


def test_it_is_told_in_words_arrow_by_arrow(drawing, words):
    assert len(drawing.long_description.split("\n")) == len(SMALL.arrows)
    assert "support" in drawing.alt and words("mechanisms.remark.no_data") in drawing.alt
    assert drawing.svg() == drawn_of(table(), words).svg()


def test_a_hidden_row_shows_no_number(words):
    hidden = table()
    hidden.loc[0, ["estimate", "conf_low", "conf_high"]] = np.nan
    hidden["suppressed"] = [True, False, False, False]
    drawn = drawn_of(hidden, words)
    assert words("mechanisms.remark.suppressed") in drawn.alt


def test_nodes_stand_below_what_leads_to_them():
    assert [[n.id for n in layer] for layer in layers_of(SMALL)] == [
        ["support"],
        ["potential"],
        ["agency"],
        ["care"],
    ]


@pytest.mark.parametrize("width", [WIDTH, NARROW])
def test_words_lie_on_no_node_and_not_on_each_other(width):
    boxes = _boxes(layers_of(SMALL), width, 6.0)
    text = "association, other than expected\n-0.30 [-0.50, -0.10]" if width == WIDTH else "1"
    routes = _routes(SMALL, {a.id: text for a in SMALL.arrows}, boxes, width)
    assert routes is not None
    places = [place for _, place in routes.values()]
    for i, place in enumerate(places):
        others = [*boxes.values(), *places[:i]]
        assert not any(place.touches(b) for b in others)
    for arrow in SMALL.arrows:
        ends = (boxes[arrow.origin], boxes[arrow.target])
        assert _passes(routes[arrow.id][0], boxes.values(), ends, width)


def crowded() -> Theory:
    names = [f"n{i}" for i in range(9)]
    arrows = tuple(Arrow(a, b, 1) for i, a in enumerate(names) for b in names[i + 1 :])
    return Theory(tuple(node(n, scale=n) for n in names), arrows)


def test_where_words_do_not_fit_arrows_are_numbered_with_a_list(words):
    theory = crowded()
    drawn = drawn_of(table(theory), words, theory)
    texts = [t.get_text() for t in drawn.figure.axes[0].texts]
    assert str(len(theory.arrows)) in texts
    assert any(t.count("\n") >= len(theory.arrows) - 1 for t in texts)


def test_the_title_counts_what_is_clear_and_says_when_nothing_is_known(words):
    titles = {
        n: drawn_of(t, words).title
        for n, t in (("some", table()), ("none", table().assign(remark="few_units")))
    }
    assert words.few(2) in titles["some"] and words.few(3) in titles["some"]
    assert titles["none"] == words("mechanisms.figure.title_none")


def test_the_caption_speaks_of_the_intervention_where_an_arrow_starts_at_it(words):
    scores = replace(SMALL, nodes=(node("support", scale="c"), *SMALL.nodes[1:]))
    captions = [drawn_of(table(), words, t).caption for t in (SMALL, scores)]
    assert ["intervent" in caption for caption in captions] == [True, False]


@pytest.mark.parametrize("unit", ["team", "organisation"])
def test_a_mean_is_that_of_what_was_allocated(words, unit):
    drawn = drawn_of(table(), words, allocation=Allocation(unit, "allocation", True, None))
    named = words.named(trial_study().level_labels, unit)
    texts = [t.get_text() for t in drawn.figure.axes[0].texts]
    assert named("mechanisms.figure.team_mean") in texts
    assert named.level_name(unit) in named("mechanisms.figure.team_mean")


def test_colours_are_those_of_the_other_figures():
    assert {ORANGE, BLUE} == {arm_style(0)["color"], arm_style(1)["color"]}
