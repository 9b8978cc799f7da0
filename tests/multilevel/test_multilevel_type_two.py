"""Type II tests: those of lmerTest, comparisons of least-squares fits, and type III where data are balanced."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from oracle_models import is_singular, models_with, oracle_fit, read_oracle

from dww_analysis.multilevel import MethodError, fit, fit_ols

SATTERTHWAITE = 1e-3  # lmerTest differentiates numerically
EXACT = 1e-9

STORED = [c for c in models_with("anova_type2_satterthwaite") if not is_singular(*c)]


@pytest.mark.oracle
@pytest.mark.parametrize(("case", "name"), STORED)
def test_those_of_lmertest(case, name):
    expected = pd.DataFrame(read_oracle(case)["models"][name]["anova_type2_satterthwaite"]["tests"])
    found = oracle_fit(case, name).anova(df="satterthwaite", type=2)
    assert list(found["term"]) == list(expected["term"])
    assert list(found["num_df"]) == list(expected["num_df"])
    for ours, theirs in (("den_df", "den_df"), ("statistic", "F"), ("p_value", "p")):
        np.testing.assert_allclose(found[ours], expected[theirs], rtol=SATTERTHWAITE, atol=1e-12)


@pytest.fixture(scope="module")
def unbalanced() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    n = 240
    team = rng.integers(0, 20, n)
    arm = np.where(team < 7, "a", np.where(team < 12, "b", "c"))
    data = pd.DataFrame(
        {"team": team, "arm": arm, "wave": rng.choice(["t0", "t1", "t2"], n, p=[0.6, 0.3, 0.1])}
    )
    data["age"] = rng.normal(40, 10, n)
    data["y"] = rng.normal(size=n) + rng.normal(size=20)[team] + 0.3 * (data["arm"] == "b")
    return data


# term, a model without it and what contains it, the same with the term
PAIRS = [
    ("arm", "y ~ wave + age", "y ~ wave + age + arm"),
    ("wave", "y ~ arm + age", "y ~ arm + age + wave"),
    ("age", "y ~ arm * wave", "y ~ arm * wave + age"),
    ("arm:wave", "y ~ arm + wave + age", "y ~ arm * wave + age"),
]


@pytest.mark.parametrize(("term", "without", "beside"), PAIRS)
def test_the_sum_of_squares_is_that_of_two_models(unbalanced, term, without, beside):
    whole = fit_ols("y ~ arm * wave + age", unbalanced)
    row = whole.anova(type=2).set_index("term").loc[term]
    rss = [float(np.sum(fit_ols(f, unbalanced).residuals ** 2)) for f in (without, beside)]
    assert row["statistic"] * row["num_df"] * whole.sigma**2 == pytest.approx(rss[0] - rss[1], rel=EXACT)


def test_a_number_beside_its_interaction_is_tested_without_it_and_a_factor_with_it(unbalanced):
    m = fit_ols("y ~ arm * age", unbalanced)
    two, three = (m.anova(type=t).set_index("term") for t in (2, 3))
    rss = [float(np.sum(fit_ols(f, unbalanced).residuals ** 2)) for f in ("y ~ arm", "y ~ arm + age")]
    assert two.loc["age", "statistic"] * m.sigma**2 == pytest.approx(rss[0] - rss[1], rel=EXACT)
    assert two.loc["arm", "statistic"] == pytest.approx(three.loc["arm", "statistic"], rel=EXACT)
    assert two.loc["arm:age", "statistic"] == pytest.approx(three.loc["arm:age", "statistic"], rel=EXACT)


def test_balanced_data_give_type_three():
    rng = np.random.default_rng(3)
    grid = pd.MultiIndex.from_product([range(12), ["t0", "t1", "t2"], range(2)], names=["team", "wave", "k"])
    data = grid.to_frame(index=False)
    data["arm"] = np.where(data["team"] < 6, "control", "programme")
    data["y"] = rng.normal(size=len(data)) + rng.normal(size=12)[data["team"]]
    m = fit("y ~ arm * wave + (1 | team)", data)
    pd.testing.assert_frame_equal(m.anova(type=2), m.anova(), rtol=1e-8)


def test_left_out_columns_and_thresholds_are_no_part_of_it(unbalanced):
    data = unbalanced[~((unbalanced["arm"] == "c") & (unbalanced["wave"] == "t2"))]
    m = fit("y ~ arm * wave + (1 | team)", data)
    assert m.dropped
    assert list(m.anova(type=2)["num_df"]) == [2, 2, 3]
    data = unbalanced.assign(answer=pd.cut(unbalanced["y"], 4, labels=False))
    ordered = fit("answer ~ arm + age + (1 | team)", data, family="ordinal")
    # each term given the other is what its own coefficients say
    pd.testing.assert_frame_equal(ordered.anova(type=2), ordered.anova(), rtol=1e-8)


def test_other_types_are_refused(unbalanced):
    with pytest.raises(MethodError, match="type 2 or 3, not 1"):
        fit_ols("y ~ arm", unbalanced).anova(type=1)


def test_satterthwaite_df_of_type_three_do_not_depend_on_the_coding(unbalanced):
    """As in lmerTest, which takes differences from the first level whatever the coding of a factor."""
    found = [
        fit(f"y ~ {f} + (1 | team)", unbalanced).anova("satterthwaite")
        for f in ("arm * wave", "C(arm, Sum) * ordered(wave)", "C(arm, SAS) * C(wave, Helmert)")
    ]
    for other in found[1:]:
        np.testing.assert_allclose(other["den_df"], found[0]["den_df"], rtol=1e-6)
        np.testing.assert_allclose(other["statistic"], found[0]["statistic"], rtol=1e-6)


@pytest.mark.parametrize("type", [2, 3])
def test_a_term_that_says_the_same_as_another_is_not_tested(unbalanced, type):
    """`I(age * x)` and `age:x` are one column: the second adds nothing, and it once gave a raw error."""
    data = unbalanced.assign(x=np.arange(240.0) % 7)
    table = fit_ols("y ~ age + I(age * x) + age:x", data).anova(type=type).set_index("term")
    assert table.loc["age:x", "num_df"] == 0 and table.loc["age:x", "df_method"] == "not estimable"
