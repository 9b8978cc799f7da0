"""Models with one term, formulas with constants (lmerTest 3.1-3 on nlme::Orthodont), and tables of estimates."""

from __future__ import annotations

import numpy as np
import pytest
from oracle_models import read_table

from dww_analysis.multilevel import DesignError, fit
from dww_analysis.multilevel.inference.means import linear_table

DF = 1e-3


def orthodont(without: tuple[int, ...] = ()):
    return read_table("05_orthodont").drop(index=list(without)).reset_index(drop=True)


@pytest.mark.parametrize(
    ("formula", "without", "den_df", "statistic", "p_value"),
    [
        ("distance ~ age:Sex + (0 + age | Subject)", (), 57.43025983, 52.0667976, 1.262017168e-13),
        (
            "distance ~ factor(age) + (age | Subject)",
            (2, 8, 13, 14, 39, 40, 76, 89),
            39.41783014, 28.65178363, 5.329851319e-10,
        ),
    ],
)  # fmt: skip
def test_one_term_is_tested_with_the_rows_of_type_one(formula, without, den_df, statistic, p_value):
    row = fit(formula, orthodont(without)).anova(df="satterthwaite").iloc[0]
    assert row["den_df"] == pytest.approx(den_df, rel=DF)
    assert row["statistic"] == pytest.approx(statistic, rel=1e-5)
    assert row["p_value"] == pytest.approx(p_value, rel=1e-2)


def test_the_rows_of_one_term_are_those_of_doolittle():
    m = fit("distance ~ factor(age) + (age | Subject)", orthodont((2, 8, 13, 14, 39, 40, 76, 89)))
    expected = [[0, 1, -0.3333333333, -0.3466666667], [0, 0, 1, -0.52], [0, 0, 0, 1]]
    np.testing.assert_allclose(m.hypotheses()["factor(age)"], expected, atol=1e-9)


def test_constants_of_a_formula_are_not_asked_of_new_data():
    m = fit("distance ~ sin(2 * pi * age / 24) * Sex + (sin(2 * pi * age / 24) | Subject)", orthodont())
    new = orthodont().iloc[:2].assign(age=[9, 15], Sex=["Male", "Female"], Subject=["M01", "F02"])
    new = new[["age", "Sex", "Subject"]]
    np.testing.assert_allclose(m.predict(new), [25.5806765133, 25.2454252197], rtol=1e-5)
    np.testing.assert_allclose(m.predict(new, population=True), [23.2873800482, 24.5613082464], rtol=1e-5)
    slopes = m.means("Sex", at={"age": 9})
    assert slopes["estimate"].iloc[0] == pytest.approx(23.2873800482, rel=1e-5)
    np.testing.assert_allclose(
        m.means("sin(2 * pi * age/24)", at={"age": [9]})["estimate"],
        m.means("age", at={"age": [9]})["estimate"],
    )


def test_columns_of_a_random_term_that_repeat_each_other_are_named_as_random():
    data = orthodont().assign(late=lambda d: np.where(d["age"] > 10, "yes", "no"))
    with pytest.raises(DesignError, match=r"random effects cannot be told apart.*Sex"):
        fit("distance ~ age + (late:Sex | age)", data)


class Indefinite:
    """A small-sample covariance that gives one direction a negative variance."""

    vcov = np.diag([1.0, -0.1])

    def df(self, L):
        return np.full(len(L), 5.0)


def test_a_negative_variance_is_missing_not_zero():
    table = linear_table(
        np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]), np.array([2.0, 3.0]), Indefinite(), 0.95
    )
    assert table["estimate"].tolist() == [2.0, 3.0, 0.0]
    np.testing.assert_array_equal(table["std_error"], [1.0, np.nan, 0.0])
    assert np.isnan([table[c][1] for c in ("statistic", "p_value", "conf_low", "conf_high")]).all()
