"""Fixed and random columns against R's model.matrix and lme4's lFormula (expected/model_matrix.R)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dww_analysis.multilevel.formula.design import build_design, combine, formula_offset
from dww_analysis.multilevel.formula.evaluation import Environment
from dww_analysis.multilevel.formula.matrix import evaluate_variables, model_matrix
from dww_analysis.multilevel.formula.reading import drop_unused, read_column, to_factor
from dww_analysis.multilevel.formula.terms import read_formula
from dww_analysis.multilevel.model import label_text

TOLERANCE = 1e-8  # R wrote ten digits; both sides compute the same products

WITNESS = json.loads((Path(__file__).parent / "expected" / "model_matrix.json").read_text())


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    frame = pd.DataFrame(WITNESS["data"])
    frame["a"] = pd.Categorical(frame["a"], categories=["lo", "mid", "hi"])
    return frame


def environment(data: pd.DataFrame) -> Environment:
    return Environment({str(c): read_column(data[c], str(c)) for c in data}, len(data))


@pytest.mark.parametrize("case", WITNESS["fixed"], ids=lambda c: c["formula"])
def test_fixed_columns_are_those_of_r(case, data):
    plan = read_formula(case["formula"])
    env = environment(data)
    columns = model_matrix(plan.fixed, evaluate_variables(plan.fixed, env), len(data))
    labels = case["labels"] if isinstance(case["labels"], list) else [case["labels"]]
    assert list(plan.fixed.labels) == labels
    assert list(columns.names) == (
        case["columns"] if isinstance(case["columns"], list) else [case["columns"]]
    )
    np.testing.assert_allclose(columns.X, np.array(case["values"]).reshape(len(data), -1), atol=TOLERANCE)
    np.testing.assert_allclose(formula_offset(plan, env), case["offset"], atol=TOLERANCE)


@pytest.mark.parametrize(
    "case", [c for c in WITNESS["fixed"] if c["rank"] < len(c["columns"])], ids=lambda c: c["formula"]
)
def test_what_r_finds_rank_deficient_is_left_out(case, data):
    design = build_design(case["formula"] + " + (1 | g)", data)
    assert design.X.shape[1] == case["rank"] == np.linalg.matrix_rank(design.X)
    assert set(design.x_names) | set(design.spec.dropped) == set(case["columns"])


@pytest.mark.parametrize("case", WITNESS["random"], ids=lambda c: c["formula"])
def test_random_terms_are_those_of_lme4(case, data):
    plan = read_formula(case["formula"])
    env = environment(data)
    found = {}
    for bar in plan.random:
        group = combine([drop_unused(to_factor(env.value(node))) for node in bar.group])
        names = model_matrix(bar.left, evaluate_variables(bar.left, env), len(data)).names
        found.setdefault((bar.group_name, names), []).append(group)
    expected = case["terms"]
    assert len(plan.random) == len(expected)
    for term in expected:
        names = tuple(term["names"] if isinstance(term["names"], list) else [term["names"]])
        (group,) = found[_group(term["group"]), names]
        assert [label_text(level) for level in group.levels] == [str(level) for level in term["levels"]]
        np.testing.assert_array_equal(group.codes, term["codes"])


def _group(name: str) -> str:
    """lme4 numbers repeated groups: g, g.1, g.2."""
    stem, _, number = name.rpartition(".")
    return stem if number.isdigit() and stem else name
