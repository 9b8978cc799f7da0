"""Formulas taken apart as texts, beside the engine that reads them for their columns."""

import pytest

from dww_analysis.domain.formulas import Terms
from dww_analysis.effects.averages import fixed_part
from dww_analysis.effects.calibration import of_all_waves
from dww_analysis.effects.models import Model
from dww_analysis.effects.relinking import without_persons
from dww_analysis.multilevel.formula.terms import read_formula
from dww_analysis.reports.sections.symbols import in_symbols

FORMULAS = [
    "score ~ wave + (1 | team) + (1 | team:wave) + (1 | person)",
    "y~x+(1|team)",
    "y ~ (1 | team)",
    "y ~ 0 + x + (0 + log(x) | person)",
    "y ~ x - 1 + (1 | organisation/team/wave)",
    "y ~ (x + (1 | team)) + z",
    "y ~ wave * arm + (1 + x || team)",
    "y ~ I(x + z) + (1 | (team:wave))",
    "y ~ poly(x, degree = 2) +\n  (1 | `my team`)",
    "y ~ ns(x, df = 3) + (1 | organisation:team/person)",
    'y ~ C(arm, Treatment("a + b")) + (1 | team)',
]


@pytest.mark.parametrize("text", FORMULAS)
def test_the_engine_groups_by_the_same_and_reads_what_is_written_back_alike(text):
    engine, written = read_formula(text), Terms.read(text)
    groups = {frozenset(str(node.args[0]) for node in bar.group) for bar in engine.random}
    assert {frozenset(f.strip("`") for f in level) for level in written.levels} == groups
    back = read_formula(str(written))
    assert (back.fixed, back.random, back.response) == (engine.fixed, engine.random, engine.response)


@pytest.mark.parametrize("text", FORMULAS)
def test_the_fixed_part_is_all_but_the_random_terms(text):
    assert read_formula(fixed_part(text)).fixed == read_formula(text).fixed
    assert not read_formula(fixed_part(text)).random


@pytest.mark.parametrize(
    ("random", "left"),
    [
        ("(0 + log(x) | person) + (1 | team)", "(1 | team)"),  # brackets within brackets
        ("(x || person) + (x || team)", "(x || team)"),
        ("(1 | (team:person)) + (1 | team)", "(1 | team)"),
    ],
)
def test_persons_leave_however_their_term_is_written(random, left):
    assert without_persons(Model(f"score ~ wave + {random}", {}, ())).formula == f"score ~ wave + {left}"


def test_a_unit_at_a_wave_leaves_wherever_its_term_stands():
    assert of_all_waves("y ~ (1 | team:wave) + wave + (1 | team)") == "y ~ wave + (1 | team)"
    assert of_all_waves("y ~ wave + (1 | (team/wave))") == "y ~ wave + (1 | team)"
    assert of_all_waves("y ~ wave + (1 | wave)") == "y ~ wave + (1 | wave)"


def test_symbols_do_not_cut_a_sum_within_brackets():
    found = in_symbols("score ~ I(x + z) + (1 | team)")
    assert found is not None and found[0] == "score = β₀ + β(I(x + z)) + u(team) + ε"
    assert in_symbols("score ~ 0 + wave + (1 | team)") is None  # has no β₀
