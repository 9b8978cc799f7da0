"""Reading model text: what it understands, what it fills in, what it refuses."""

import pytest

from dww_analysis.factor.errors import FactorError
from dww_analysis.factor.syntax import parse_model
from dww_analysis.factor.table import Choices, build_table


def statements(text):
    return [(s.lhs, s.op, s.rhs) for s in parse_model(text).statements]


def free_names(text, **choices):
    return {r.name for r in build_table(parse_model(text), Choices(**choices)).rows if r.free}


def test_comments_semicolons_and_lines_that_go_on():
    text = """
    # a comment
    f =~ x1 + x2 +   ! the line goes on
         x3
    g =~ y1
       + y2 + y3; f ~~ g
    """
    assert statements(text) == [
        ("f", "=~", "x1"),
        ("f", "=~", "x2"),
        ("f", "=~", "x3"),
        ("g", "=~", "y1"),
        ("g", "=~", "y2"),
        ("g", "=~", "y3"),
        ("f", "~~", "g"),
    ]


def test_modifiers():
    found = {
        s.rhs: s.modifier
        for s in parse_model("f =~ 1*a + NA*b + -0.5*c + l2*d + start(0.8)*e + c(p,q)*g + 1e+2*h").statements
    }
    assert found["a"].fixed == (1.0,) and found["b"].fixed == (None,) and found["c"].fixed == (-0.5,)
    assert found["d"].label == ("l2",) and found["e"].start == (0.8,) and found["g"].label == ("p", "q")
    assert found["h"].fixed == (100.0,)


def test_one_line_for_several_left_sides_and_intercepts():
    assert statements("f =~ a + b + c\na + b ~ 0*1\nf ~ 1 + z")[3:] == [
        ("a", "~1", ""),
        ("b", "~1", ""),
        ("f", "~1", ""),
        ("f", "~", "z"),
    ]


def test_a_relation_said_twice_keeps_label_and_value():
    (first, *_) = parse_model("f =~ a*x1 + x2 + x3\nf =~ 1*x1").statements
    assert first.modifier.label == ("a",) and first.modifier.fixed == (1.0,)


def test_levels_and_definitions():
    text = parse_model("level: 1\nfw =~ a + b + c\nlevel: 2\nfb =~ a + b + c\ntwice := 2*k")
    assert text.n_levels == 2 and {s.level for s in text.statements} == {1, 2}
    assert text.definitions[0].name == "twice"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no model"),
        ("f = x1 + x2", "f = x1"),
        ("a == b", "shared label"),
        ("f <~ x1 + x2", "formative"),
        ("a > 0", "inequality"),
        ("f =~ x 1 + x2", "name of a column"),
        ("f =~ 2x*x1", "a number, NA, a label"),
        ("group: 1\nf =~ x1", "group argument"),
        ("f =~ 1", "an intercept"),
    ],
)
def test_refusals(text, reason):
    with pytest.raises(FactorError, match=reason):
        parse_model(text)


def test_what_the_text_leaves_unsaid():
    two = "f =~ a + b + c\ng =~ d + e + h"
    assert free_names(two) == {
        *("f=~b", "f=~c", "g=~e", "g=~h"),
        *(f"{x}~~{x}" for x in "abcdeh"),
        *("f~~f", "g~~g", "f~~g"),
    }
    assert "f=~a" in free_names(two, std_lv=True) and "f~~f" not in free_names(two, std_lv=True)
    assert {"a~1", "h~1"} <= free_names(two, mean_structure=True)
    assert "f~1" not in free_names(two, mean_structure=True)
    assert "f~~g" not in free_names(two + "\nf ~~ 0*g")


def test_a_freed_first_loading_needs_no_marker():
    assert {"f=~a", "f=~b"} <= free_names("f =~ NA*a + b + c\nf ~~ 1*f")


def test_single_items_and_outcomes():
    names = free_names("f =~ a\ng =~ b + c + d\nf ~ g")
    assert "a~~a" not in names and {"f~g", "f~~f", "g~~g"} <= names and "f~~g" not in names
    both = free_names("f =~ a + b + c\ng =~ d + e + h\nf ~ z\ng ~ z")
    assert "f~~g" in both and "z~~z" not in both


def test_equalities_over_groups():
    table = build_table(
        parse_model("f =~ a + b + c"),
        Choices(n_groups=2, mean_structure=True, equal=("loadings", "intercepts"), partial=("c~1",)),
    )
    labels = {(r.name, r.group): r.label for r in table.rows}
    assert labels["f=~b", 1] == labels["f=~b", 2] != ""
    assert labels["c~1", 1] == labels["c~1", 2] == ""
    means = {r.group: r.free for r in table.rows if r.name == "f~1"}
    assert means == {1: False, 2: True}


def test_unknown_words_are_refused():
    with pytest.raises(FactorError, match="loadings, intercepts"):
        build_table(parse_model("f =~ a + b + c"), Choices(n_groups=2, equal=("slopes",)))
    with pytest.raises(FactorError, match="partial"):
        build_table(
            parse_model("f =~ a + b + c"), Choices(n_groups=2, equal=("loadings",), partial=("f=~z",))
        )
