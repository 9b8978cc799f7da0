"""Transformed outcomes turned back, contrasts on both scales, and what an offset changes.

`expected/around/*.csv` are invented data. Numbers of R 4.2.2 (lme4 1.1-31, emmeans 1.8.4):
m <- lmer(log(y) ~ arm * wave + (1 | team) + (1 | person), base)
emmeans(m, ~ arm, type = "response"); pairs(emmeans(m, ~ arm), type = "response").
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dww_analysis.multilevel import DesignError, FormulaError, fit, fit_ols

HERE = Path(__file__).parent / "expected" / "around"
RIGHT = " ~ arm * wave + (1 | team) + (1 | person)"
R_DIGITS = 2e-3  # R printed three digits
SAME = 1e-6  # two fits of one model in other units


@pytest.fixture(scope="module")
def base() -> pd.DataFrame:
    data = pd.read_csv(HERE / "base.csv")
    return data.assign(
        share=data["y"] / 9, woman=(data["age"] > 40).astype(int), log_hours=np.log(data["hours"])
    )


@pytest.fixture(scope="module")
def of_log(base):
    return fit("log(y)" + RIGHT, base)


def test_means_and_ratio_of_log_are_those_of_emmeans(of_log):
    means, ratio = of_log.means("arm", type="response"), of_log.contrasts("arm", type="response").iloc[0]
    np.testing.assert_allclose(means["estimate"], [3.24, 3.22], rtol=R_DIGITS)
    assert ratio["estimate"] == pytest.approx(1.00618, rel=R_DIGITS)
    assert (ratio["contrast"], ratio["scale"]) == ("care as usual / new: learning", "ratio")


def test_limits_and_tests_are_those_of_the_log_scale(of_log):
    link, back = of_log.contrasts("arm").iloc[0], of_log.contrasts("arm", type="response").iloc[0]
    assert np.exp([link.estimate, link.conf_low, link.conf_high]) == pytest.approx(
        [back.estimate, back.conf_low, back.conf_high]
    )
    assert (link.p_value, link.df) == (back.p_value, back.df)
    assert back.std_error == pytest.approx(link.std_error * back.estimate)


def test_predictions_are_in_units_of_the_outcome(base, of_log):
    np.testing.assert_allclose(
        of_log.predict(base.head(9), type="response"), np.exp(of_log.linear_predictor[:9]), rtol=1e-12
    )
    np.testing.assert_allclose(of_log.predict(type="response"), np.exp(of_log.predict()), rtol=1e-12)
    np.testing.assert_allclose(of_log.fitted + of_log.residuals, np.log(base["y"]), rtol=1e-12)


LOGARITHMS = [
    "log2(y)",
    "log10(y)",
    "log(y, base = 3)",
    "log(y, 5)",
    "log(base = 5, y)",
    "I(log(y) * 100)",
    "log(10 * y)",
    "-log(y)",
    "log(y / 7)",
]


@pytest.mark.parametrize("outcome", LOGARITHMS)
def test_every_logarithm_gives_the_same_means_and_ratio(base, of_log, outcome):
    other = fit(outcome + RIGHT, base)
    columns = ["estimate", "std_error", "conf_low", "conf_high", "p_value"]
    for mine, theirs in (
        (other.means("arm", type="response"), of_log.means("arm", type="response")),
        (other.contrasts("arm", type="response"), of_log.contrasts("arm", type="response")),
    ):
        drop = columns[:-1] if outcome.startswith("-") or "10 *" in outcome or "/ 7" in outcome else columns
        drop = (
            columns[:4] if "estimate" in mine and "contrast" not in mine else drop
        )  # a mean is tested against 1
        np.testing.assert_allclose(mine[drop], theirs[drop], rtol=SAME)


@pytest.mark.parametrize(
    "outcome", ["I(y / 2)", "I(3 * y + 1)", "10 - y", "scale(y)", "center(y)", "(y)", "-y"]
)
def test_straight_lines_give_what_the_outcome_itself_gives(base, outcome):
    plain, other = fit("y" + RIGHT, base), fit(outcome + RIGHT, base)
    columns = ["estimate", "std_error", "conf_low", "conf_high"]
    for name in ("means", "contrasts"):
        mine, theirs = (getattr(m, name)("arm", type="response") for m in (other, plain))
        np.testing.assert_allclose(mine[columns], theirs[columns], rtol=SAME, atol=1e-8)
    assert other.contrasts("arm", type="response")["contrast"][0] == "care as usual - new: learning"


CURVES = {
    "sqrt(y)": np.square, "I(y^2)": np.sqrt, "I(y^3)": np.cbrt, "1/y": lambda x: 1 / x, "exp(y)": np.log,
    "exp(-y)": lambda x: -np.log(x), "expm1(y)": np.log1p, "log1p(y)": np.expm1, "log(y + 1)": np.expm1,
    "asinh(y)": np.sinh, "qlogis(share)": lambda x: 1 / (1 + np.exp(-x)), "asin(sqrt(share))": lambda x: np.sin(x) ** 2,
    "sqrt(log(y + 2))": lambda x: np.exp(x**2) - 2, "2^y": np.log2, "sqrt(y) / 3": lambda x: (3 * x) ** 2,
}  # fmt: skip


@pytest.mark.parametrize("outcome", CURVES)
def test_curves_are_undone_with_the_delta_method(base, outcome):
    m, undo = fit(outcome + RIGHT, base), CURVES[outcome]
    link, back = m.means("arm"), m.means("arm", type="response")
    np.testing.assert_allclose(back["estimate"], undo(link["estimate"]), rtol=1e-10)
    step = 1e-6
    slope = (undo(link["estimate"] + step) - undo(link["estimate"] - step)) / (2 * step)
    np.testing.assert_allclose(back["std_error"], np.abs(slope) * link["std_error"], rtol=1e-6)
    limits = np.sort(undo(link[["conf_low", "conf_high"]].to_numpy()), axis=1)
    np.testing.assert_allclose(back[["conf_low", "conf_high"]], limits, rtol=1e-10)
    np.testing.assert_allclose(
        m.predict(base.head(), type="response"), undo(m.linear_predictor[:5]), rtol=1e-9
    )


@pytest.mark.parametrize("outcome", ["sqrt(y)", "I(y^2)", "exp(y)", "1/y", "asinh(y)", "asin(sqrt(share))"])
def test_a_difference_of_a_curve_is_refused_by_name(base, outcome):
    m = fit(outcome + RIGHT, base)
    with pytest.raises(FormulaError, match=r"difference of the transformed .*(y|share).*type='link'"):
        m.contrasts("arm", type="response")
    assert len(m.contrasts("arm")) == 1


@pytest.mark.parametrize(
    ("outcome", "scale"),
    [
        ("log1p(y)", "ratio of 1 + y"),
        ("log(y + 1)", "ratio of y + 1"),
        ("qlogis(share)", "odds ratio"),
        ("qlogis(y/9)", "odds ratio of y/9"),
        ("log(sqrt(y))", "ratio of sqrt(y)"),
    ],
)
def test_a_ratio_says_of_what(base, outcome, scale):
    m = fit(outcome + RIGHT, base)
    link, back = m.contrasts("arm").iloc[0], m.contrasts("arm", type="response").iloc[0]
    assert back["scale"] == scale
    assert back["estimate"] == pytest.approx(np.exp(link["estimate"]))


@pytest.mark.parametrize(
    "outcome",
    [
        "abs(y)",
        "round(y)",
        "I(y - age)",
        "y * age",
        "sin(y)",
        "pmin(y, 4)",
        "I(center(y)^2)",
        "y %% 2",
        "I(y > 3)",
    ],
)
def test_what_has_no_way_back_is_refused_by_name(base, outcome):
    m = fit(outcome + " ~ arm + (1 | team)", base)
    for ask in (m.means, m.contrasts):
        with pytest.raises(FormulaError, match="The outcome is the transformed"):
            ask("arm", type="response")
    with pytest.raises(FormulaError, match="type='link'"):
        m.predict(base.head(), type="response")
    assert np.isfinite(m.means("arm")["estimate"]).all()


def test_limits_across_a_gap_are_missing(base):
    few = base.assign(z=1 / (base["y"] - base["y"].mean() + 0.02))
    back = fit("1/z ~ 1 + (1 | team)", few.assign(z=few["z"])).predict(population=True, type="response")
    assert np.isfinite(back).all()
    table = fit("1/z ~ arm + (1 | team)", few).means("arm", type="response")
    link = fit("1/z ~ arm + (1 | team)", few).means("arm")
    across = (link["conf_low"] < 0) & (link["conf_high"] > 0)
    assert across.any() and table.loc[across, ["conf_low", "conf_high"]].isna().all(axis=None)


def test_least_squares_and_residual_structures_turn_back_too(base):
    for m in (fit_ols("log(y) ~ arm", base), fit("log(y) ~ arm + (1 | team)", base, residual_variance="arm")):
        near = np.exp(m.means("arm")["estimate"])
        np.testing.assert_allclose(m.means("arm", type="response")["estimate"], near, rtol=1e-12)


# ---- labels ------------------------------------------------------------------------------------------------------
def test_labels_with_signs_are_bracketed_on_both_scales(base):
    cut = pd.cut(base["age"], [0, 35, 45, 99], labels=["18 - 34", "35 / 44", "45+"]).astype(str)
    data = base.assign(agecat=cut)
    link = fit("y ~ agecat + (1 | team)", data).contrasts("agecat")["contrast"].tolist()
    odds = fit("b ~ agecat + (1 | team)", data, family="binomial").contrasts("agecat", type="response")
    assert link == ["(18 - 34) - (35 / 44)", "(18 - 34) - (45+)", "(35 / 44) - (45+)"]
    assert odds["contrast"].tolist() == ["(18 - 34) / (35 / 44)", "(18 - 34) / (45+)", "(35 / 44) / (45+)"]
    product = fit("y ~ agecat * arm + (1 | team)", data).contrasts(["agecat", "arm"], interaction=True)
    assert product["agecat_contrast"][0] == "(18 - 34) - (35 / 44)"
    assert product["arm_contrast"][0] == "care as usual - new: learning"


# ---- where numbers stand -----------------------------------------------------------------------------------------
def test_the_table_says_where_a_yes_no_number_stands(base):
    m = fit("y ~ arm * woman + age + (1 | team)", base)
    table = m.means("arm")
    share, age = base["woman"].mean(), base["age"].mean()
    assert table["held_at"].tolist() == [f"woman = {share:.6g}, age = {age:.6g}"] * 2
    stated = m.means("arm", at={"woman": share, "age": age})
    np.testing.assert_allclose(table["estimate"], stated["estimate"], rtol=1e-12)
    by_value = m.means("arm", by="woman").set_index(["arm", "woman"])["estimate"]
    mix = [(1 - share) * by_value[a, 0.0] + share * by_value[a, 1.0] for a in table["arm"]]
    np.testing.assert_allclose(table["estimate"], mix, rtol=1e-12)
    assert "woman" not in m.means("arm", by="woman")["held_at"][0]
    assert m.contrasts("arm")["held_at"][0] == table["held_at"][0]


# ---- offsets -----------------------------------------------------------------------------------------------------
PLACES = {
    "in the formula": lambda d, **k: fit("cnt ~ arm + offset(log_hours) + (1 | team)", d, **k),
    "calculated in the formula": lambda d, **k: fit("cnt ~ arm + offset(log(hours)) + (1 | team)", d, **k),
    "a column beside it": lambda d, **k: fit("cnt ~ arm + (1 | team)", d, offset="log_hours", **k),
    "numbers beside it": lambda d, **k: fit("cnt ~ arm + (1 | team)", d, offset=np.log(d["hours"]), **k),
}


@pytest.mark.parametrize("family", ["poisson", "gaussian"])
@pytest.mark.parametrize("place", PLACES)
def test_an_offset_is_the_same_wherever_it_stands(base, family, place):
    first, m = PLACES["in the formula"](base, family=family), PLACES[place](base, family=family)
    assert m.log_likelihood == pytest.approx(first.log_likelihood, abs=1e-8)
    np.testing.assert_allclose(m.means("arm")["estimate"], first.means("arm")["estimate"], rtol=1e-9)
    assert m.means("arm")["held_at"].tolist() == [f"offset = {base['log_hours'].mean():.6g}"] * 2
    new = base.head(7)
    given = {"offset": np.log(new["hours"])} if place == "numbers beside it" else {}
    np.testing.assert_allclose(m.predict(new, **given), first.predict(new), rtol=1e-7)
    np.testing.assert_allclose(m.icc(), first.icc(), rtol=1e-6)
    if family == "gaussian":
        np.testing.assert_allclose(
            m.robust("team")["std_error"], first.robust("team")["std_error"], rtol=1e-9
        )
        shifted = fit("shifted ~ arm + (1 | team)", base.assign(shifted=base["cnt"] - base["log_hours"]))
        np.testing.assert_allclose(
            m.robust("team")["std_error"], shifted.robust("team")["std_error"], rtol=1e-9
        )


def test_an_offset_whose_column_is_named_is_evaluated_there(base):
    m = PLACES["calculated in the formula"](base, family="poisson")
    at = m.means("arm", at={"hours": 20.0})["estimate"]
    beta = m.fixed_effects
    np.testing.assert_allclose(at, [np.log(20) + beta.iloc[0], np.log(20) + beta.sum()], rtol=1e-9)


def test_shares_of_variance_do_not_depend_on_the_unit_of_the_offset(base):
    def shares(unit: float) -> np.ndarray:
        data = base.assign(o=np.log(base["hours"] * unit))
        m = fit("cnt ~ arm + (1 | team)", data, family="poisson", offset="o")
        return np.concatenate([m.icc(), m.r2()])

    np.testing.assert_allclose(shares(60), shares(1), atol=1e-5)
    np.testing.assert_allclose(shares(1 / 40), shares(1), atol=1e-5)


def test_a_constant_offset_changes_no_share(base):
    plain = fit("cnt ~ arm + (1 | team)", base, family="poisson")
    moved = fit("cnt ~ arm + (1 | team)", base, family="poisson", offset=np.full(len(base), 2.0))
    np.testing.assert_allclose(moved.icc(), plain.icc(), atol=1e-5)


def test_an_offset_that_is_not_a_number_says_what_to_do(base):
    with pytest.raises(DesignError, match="correct"):
        fit("cnt ~ arm + offset(log(nothing)) + (1 | team)", base.assign(nothing=0.0), family="poisson")
