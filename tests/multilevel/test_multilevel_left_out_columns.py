"""Columns the data cannot tell apart are left out as lme4 does, said, and never answer a question they cannot.

`expected/around/empty_cells.csv` is invented: no row has arm3 "app only" at wave T2. R 4.2.2, lme4 1.1-31, pbkrtest:
lmer(y ~ arm3 * wave_f + (1 | team) + (1 | person)), "fixed-effect model matrix is rank deficient so dropping 1 column".
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dww_analysis.multilevel import NotEstimableError, fit, fit_ols

HERE = Path(__file__).parent / "expected" / "around"
LEVELS = ["app + coach", "app only", "control"]
FORMULA = "y ~ arm3 * wave_f + (1 | team) + (1 | person)"
GONE = "arm3app only:wave_fT2"


@pytest.fixture(scope="module")
def cells() -> pd.DataFrame:
    data = pd.read_csv(HERE / "empty_cells.csv")
    other = np.random.default_rng(7).normal(size=len(data))
    return data.assign(arm3=pd.Categorical(data["arm3"], LEVELS), x=other)


@pytest.fixture(scope="module")
def m(cells):
    return fit(FORMULA, cells)


def test_estimates_are_those_of_lme4(m):
    row = m.coefficients().set_index("term").loc["arm3control:wave_fT3"]
    assert m.log_likelihood == pytest.approx(-415.5597621, abs=1e-5)
    assert row["estimate"] == pytest.approx(0.5046449985, rel=1e-5)
    assert row["std_error"] == pytest.approx(0.2028116762, rel=1e-4)  # Kenward-Roger


def test_the_column_and_its_cell_are_said(m):
    assert list(m.dropped) == [GONE] and GONE not in m.design.x_names
    assert m.dropped[GONE] == "no row of the data has arm3 app only with wave_f T2"
    assert m.notes[0] in m.summary() and GONE in repr(m)


def test_cells_without_rows_have_no_mean(cells, m):
    means = m.means(["arm3", "wave_f"])
    occurs = {(a, w) for a, w in zip(cells["arm3"], cells["wave_f"], strict=True)}
    known = [(a, w) in occurs for a, w in zip(means["arm3"], means["wave_f"], strict=True)]
    np.testing.assert_array_equal(means["estimate"].notna(), known)
    assert means.loc[means["estimate"].isna(), "df_method"].tolist() == ["not estimable"]


@pytest.mark.parametrize("seed", range(4))
def test_contrasts_are_estimable_exactly_where_cells_determine_them(cells, seed):
    """Brute force: with arms and waves crossed freely, a combination is determined by the cells that occur."""
    rng = np.random.default_rng(seed)
    gone = [(LEVELS[i], f"T{j}") for i, j in zip(rng.integers(0, 3, 3), rng.integers(0, 4, 3), strict=True)]
    data = cells[[(a, w) not in gone for a, w in zip(cells["arm3"], cells["wave_f"], strict=True)]]
    found = fit("y ~ arm3 * wave_f + (1 | team)", data)
    occurs = {(a, w) for a, w in zip(data["arm3"], data["wave_f"], strict=True)}
    for wave, block in found.contrasts("arm3", by="wave_f").groupby("wave_f", observed=True):
        for row in block.itertuples():
            sides = [level for level in LEVELS if level in row.contrast]
            assert np.isfinite(row.estimate) == all((side, wave) in occurs for side in sides)


def test_estimable_parts_equal_those_of_the_cell_means_model(cells, m):
    """The same model with one coefficient for each cell that occurs has nothing to leave out."""
    by_cell = fit(
        "y ~ 0 + cell + (1 | team) + (1 | person)",
        cells.assign(cell=cells["arm3"].astype(str) + " at " + cells["wave_f"]),
    )
    assert by_cell.log_likelihood == pytest.approx(m.log_likelihood, abs=1e-6) and not by_cell.dropped
    means = m.means(["arm3", "wave_f"]).dropna(subset="estimate")
    expected = by_cell.coefficients().set_index("term")
    for row in means.itertuples():
        other = expected.loc[f"cell{row.arm3} at {row.wave_f}"]
        assert (row.estimate, row.std_error, row.df) == pytest.approx(
            (other["estimate"], other["std_error"], other["df"]), rel=1e-4
        )


def test_type_three_tests_keep_what_is_estimable(m):
    table = m.anova().set_index("term")
    assert table["num_df"].tolist() == [1, 2, 5]
    contrast = m.contrasts("arm3").dropna(subset="estimate").iloc[0]  # the two arms that have all waves
    assert table.loc["arm3", "statistic"] == pytest.approx(contrast["statistic"] ** 2, rel=1e-8)
    assert table.loc["arm3", "den_df"] == pytest.approx(contrast["df"], rel=1e-8)
    waves = m.contrasts("wave_f", adjust="none").dropna(subset="estimate")
    assert len(waves) == 3  # among the three waves that all arms have
    interaction = [n for n in m.design.x_names if ":" in n]
    joint = m.test(interaction)
    assert table.loc["arm3:wave_f", "statistic"] == pytest.approx(joint.statistic, rel=1e-8)


def test_a_term_without_an_estimable_part_has_no_test(cells):
    data = cells[~((cells["arm3"] == "app + coach") & (cells["wave_f"] == "T3"))]
    found = fit("y ~ arm3 * wave_f + (1 | team)", data)
    row = found.anova().set_index("term").loc["arm3"]
    assert row["num_df"] == 0 and np.isnan(row["statistic"]) and row["df_method"] == "not estimable"
    assert len(found.dropped) == 2


def test_questions_about_the_column_are_refused_with_the_reason(cells, m):
    with pytest.raises(NotEstimableError, match=r"no row of the data has arm3 app only with wave_f T2"):
        m.test(GONE)
    with pytest.raises(NotEstimableError, match="not estimable"):
        m.linear({GONE: 1.0, "arm3app only": 1.0})
    with pytest.raises(NotEstimableError, match=r"None of these is estimable.*app only with wave_f T2"):
        m.means("arm3", at={"arm3": ["app only"], "wave_f": ["T2"]})
    new = pd.DataFrame({"arm3": ["app only", "control"], "wave_f": ["T2", "T2"], "team": 1, "person": 1})
    with pytest.raises(NotEstimableError, match=r"1 of 2 new rows.*Leave these rows out"):
        m.predict(new)
    assert len(m.predict(new.iloc[[1]])) == 1
    np.testing.assert_allclose(m.predict(cells), m.linear_predictor, atol=1e-10)


OTHERS = {
    "two predictors on one line": ("y ~ x + z + (1 | team)", {"z": lambda d: 2 * d["x"] - 1}, "z",
                                   r"linear combination of \(Intercept\), x"),
    "a constant": ("y ~ x + k + (1 | team)", {"k": lambda d: 3.0}, "k", r"linear combination of \(Intercept\)"),
    "zero throughout": ("y ~ x + k + (1 | team)", {"k": lambda d: 0.0}, "k", "zero in every row"),
    "a factor told by another": ("y ~ wave_f + first + (1 | team)",
                                 {"first": lambda d: np.where(d["wave_f"] == "T0", "yes", "no")}, "firstyes",
                                 "linear combination"),
    "a share of one": ("y ~ a + b + (1 | team)",
                       {"a": lambda d: (d["x"] < 0) * 1, "b": lambda d: (d["x"] >= 0) * 1}, "b", "linear combination"),
}  # fmt: skip


@pytest.mark.parametrize("case", OTHERS)
def test_the_later_column_goes_and_the_fit_is_that_without_it(cells, case):
    formula, change, gone, why = OTHERS[case]
    data = cells.assign(**{name: make(cells) for name, make in change.items()})
    found = fit(formula, data)
    assert list(found.dropped) == [gone]
    assert re.search(why, found.dropped[gone])
    last = formula.split("+")[-2]
    without = fit(formula.replace(f"+{last}", "", 1), data)
    assert found.log_likelihood == pytest.approx(without.log_likelihood, abs=1e-7)
    np.testing.assert_allclose(found.fixed_effects, without.fixed_effects, rtol=1e-7)


def test_other_engines_leave_the_column_out_too(cells):
    data = cells.assign(high=(cells["y"] > 3.2).astype(int))
    for found in (
        fit("high ~ arm3 * wave_f + (1 | team)", data, family="binomial"),
        fit("y ~ arm3 * wave_f + (1 | team)", data, residual_variance="arm3"),
        fit_ols("y ~ arm3 * wave_f", data),
    ):
        assert list(found.dropped) == [GONE]
        assert np.isfinite(found.coefficients()["std_error"]).all()


def test_what_is_done_with_a_fit_works_without_the_column(m):
    assert len(m.robust("team")) == 11
    assert len(m.bootstrap(3, rng=1)) == 14
    again = m.refit(m.design.y + 1)
    np.testing.assert_allclose(again.fixed_effects.iloc[1:], m.fixed_effects.iloc[1:], atol=1e-6)
    assert m.refit_many(np.column_stack([m.design.y, -m.design.y])).estimate.shape == (2, 11)
