"""Splines, codings of factors, new variables and dates in formulas, against numbers of R and dense definitions."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from patsy.test_splines_bs_data import R_bs_test_data, R_bs_test_x
from scipy.interpolate import CubicSpline

from dww_analysis.multilevel import DesignError, FormulaError, fit, fit_ols
from dww_analysis.multilevel.formula.contrasts import find_contrasts
from dww_analysis.multilevel.formula.splines import SplineCall, find_knots

EXACT = 1e-9  # both sides evaluate the same polynomials
SHOWN = 2e-7  # R printed seven digits

WOMEN = pd.DataFrame(
    {
        "height": np.arange(58.0, 73.0),
        "weight": [115, 117, 120, 123, 126, 129, 132, 135, 139, 142, 146, 150, 154, 159, 164],
    }
)


@pytest.fixture(scope="module")
def teams() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    n = 240
    team = np.repeat(np.arange(24), 10)
    arm = np.array(["app", "book", "none"])[team % 3]
    x = rng.uniform(0, 10, n)
    y = np.sin(x) + (arm == "app") + rng.normal(0, 0.7, 24)[team] + rng.normal(0, 0.5, n)
    return pd.DataFrame({"y": y, "x": x, "arm": arm, "team": team, "wave": np.tile(np.arange(5), 48)})


# ---- splines -----------------------------------------------------------------------------------------------------
def test_natural_splines_are_those_of_r():
    """Coefficients of lm(weight ~ ns(height, df = 5), women), as printed in the README of the R package splintr."""
    table = fit_ols("weight ~ ns(height, df = 5)", WOMEN).coefficients()
    assert table["term"].tolist()[1:] == [f"ns(height, df = 5){i}" for i in range(1, 6)]
    estimate = [114.74466, 15.94736, 25.16949, 33.25822, 50.78938, 45.03633]
    std_error = [0.2337541, 0.3698567, 0.4322604, 0.3540711, 0.6061996, 0.2784267]
    np.testing.assert_allclose(table["estimate"], estimate, rtol=SHOWN)
    np.testing.assert_allclose(table["std_error"], std_error, rtol=SHOWN)


def _cases():
    for text in R_bs_test_data.split("--BEGIN TEST CASE--")[1:]:
        fields = dict(re.findall(r"^([\w.]+)=(.*)$", text, re.M))
        yield {k: eval(v, {"np": np, "TRUE": True, "FALSE": False}) for k, v in fields.items()}


@pytest.mark.parametrize("case", _cases(), ids=lambda c: f"{c['degree']}-{c['df']}-{c['intercept']}")
def test_b_splines_are_those_of_r(case):
    """72 bases of R, as patsy stores them for its own tests."""
    knots = None if case["knots"] is None else tuple(np.atleast_1d(case["knots"]).tolist())
    ends = None if case["Boundary.knots"] is None else tuple(case["Boundary.knots"].tolist())
    asked = SplineCall("bs(x)", False, case["df"], knots, case["degree"], case["intercept"], ends)
    found = find_knots(R_bs_test_x, asked).columns(R_bs_test_x)
    np.testing.assert_allclose(found, case["output"], rtol=EXACT, atol=EXACT)


@pytest.mark.parametrize("intercept", [False, True])
def test_natural_splines_are_natural(intercept):
    """Every column is the cubic spline through its values at the knots without curvature at the ends, and goes on along
    its tangents; together with a constant they span that space."""
    x = np.linspace(0.0, 9.0, 91)
    knots = find_knots(x, SplineCall("ns(x)", True, 4 + intercept, intercept=intercept))
    every = np.array([knots.low, *knots.inner, knots.high])
    assert len(knots.inner) == 3
    for column, at_knots in zip(knots.columns(x).T, knots.columns(every).T, strict=True):
        np.testing.assert_allclose(column, CubicSpline(every, at_knots, bc_type="natural")(x), atol=EXACT)
    outside = knots.columns(np.array([-2.0, -1.0, 0.0, 9.0, 10.0, 11.0]))
    np.testing.assert_allclose(np.diff(outside[:3], 2, axis=0), 0.0, atol=EXACT)
    np.testing.assert_allclose(np.diff(outside[3:], 2, axis=0), 0.0, atol=EXACT)
    columns = knots.columns(x) if intercept else np.column_stack([np.ones(91), knots.columns(x)])
    assert np.linalg.matrix_rank(columns) == 5


def test_splines_may_be_asked_for_by_knots():
    by_df = fit_ols("weight ~ ns(height, df = 3)", WOMEN)
    inner = ", ".join(f"{q:.15g}" for q in np.quantile(WOMEN["height"], [1 / 3, 2 / 3]))
    for written in (
        f"ns(height, knots = c({inner}))",
        f"ns(height, 3, knots = c({inner}), Boundary.knots = c(72, 58))",
    ):
        np.testing.assert_allclose(fit_ols(f"weight ~ {written}", WOMEN).fitted, by_df.fitted, rtol=1e-9)
    quadratic = fit_ols("weight ~ bs(height, degree = 2)", WOMEN).fitted
    np.testing.assert_allclose(quadratic, fit_ols("weight ~ poly(height, 2)", WOMEN).fitted, rtol=1e-9)


@pytest.mark.parametrize("term", ["ns(x, 3)", "bs(x, df = 5)", "cut(x, 4)"])
def test_new_rows_are_treated_with_what_the_fit_learned(teams, term):
    m = fit(f"y ~ {term} * arm + (1 | team)", teams)
    few = teams.iloc[[3, 50, 199]]
    np.testing.assert_allclose(m.predict(few), m.fitted[[3, 50, 199]], rtol=EXACT)
    (row,) = m.means("arm", at={"x": 4.0})["estimate"].iloc[[0]]
    new = pd.DataFrame({"x": [4.0], "arm": ["app"]})
    np.testing.assert_allclose(m.predict(new, population=True), row, rtol=EXACT)


def test_knots_come_from_every_row_that_has_the_variable():
    data = WOMEN.assign(weight=WOMEN["weight"].where(WOMEN["height"] > 60))
    m = fit_ols("weight ~ ns(height, knots = c(66)) ", data)
    assert m.n_obs == 12
    whole = find_knots(WOMEN["height"].to_numpy(), SplineCall("", True, knots=(66.0,)))
    np.testing.assert_allclose(m.design.X[:, 1:], whole.columns(WOMEN["height"].to_numpy()[3:]), atol=EXACT)


# ---- codings -----------------------------------------------------------------------------------------------------
R_TABLES = {  # contr.helmert(4), contr.sum(4), contr.poly(4), contr.poly(5) as R prints them
    "helmert 4": [[-1, -1, -1], [1, -1, -1], [0, 2, -1], [0, 0, 3]],
    "sum 4": [[1, 0, 0], [0, 1, 0], [0, 0, 1], [-1, -1, -1]],
    "poly 4": [
        [-0.6708204, 0.5, -0.2236068],
        [-0.2236068, -0.5, 0.6708204],
        [0.2236068, -0.5, -0.6708204],
        [0.6708204, 0.5, 0.2236068],
    ],
    "poly 5": [
        [-0.6324555, 0.5345225, -0.3162278, 0.1195229],
        [-0.3162278, -0.2672612, 0.6324555, -0.4780914],
        [0.0, -0.5345225, 0.0, 0.7171372],
        [0.3162278, -0.2672612, -0.6324555, -0.4780914],
        [0.6324555, 0.5345225, 0.3162278, 0.1195229],
    ],
    "SAS 3": [[1, 0], [0, 1], [0, 0]],
}


@pytest.mark.parametrize("which", R_TABLES)
def test_codings_are_those_of_r(which):
    name, k = which.split()
    table, _ = find_contrasts(name).table(tuple("abcdefgh"[: int(k)]))
    np.testing.assert_allclose(table, R_TABLES[which], atol=1e-7)


def test_polynomials_of_many_levels_are_those_of_a_qr():
    k = 7
    powers = np.vander(np.arange(k) - (k - 1) / 2, increasing=True)
    Q, R = np.linalg.qr(powers)
    found, names = find_contrasts("Poly").table(tuple("abcdefg"))
    np.testing.assert_allclose(found, (Q * np.sign(np.diag(R)))[:, 1:], atol=1e-10)
    assert names == (".L", ".Q", ".C", "^4", "^5", "^6")
    many, _ = find_contrasts("poly").table(tuple(str(i) for i in range(60)))
    np.testing.assert_allclose(many.T @ many, np.eye(59), atol=1e-10)


@pytest.mark.parametrize(
    ("term", "names"),
    [
        ("C(arm, Sum)", ["C(arm, Sum)1", "C(arm, Sum)2"]),
        ("C(arm, contr.helmert)", ["C(arm, contr.helmert)1", "C(arm, contr.helmert)2"]),
        ("C(arm, Poly)", ["C(arm, Poly).L", "C(arm, Poly).Q"]),
        (
            "C(arm, Treatment, base = 2)",
            ["C(arm, Treatment, base = 2)app", "C(arm, Treatment, base = 2)none"],
        ),
        (
            "C(arm, base = 2)",
            ["C(arm, base = 2)app", "C(arm, base = 2)none"],
        ),  # once the first, without a word
        ('C(arm, Treatment("none"))', ['C(arm, Treatment("none"))app', 'C(arm, Treatment("none"))book']),
        ("C(arm, SAS)", ["C(arm, SAS)app", "C(arm, SAS)book"]),
        ("C(arm)", ["C(arm)book", "C(arm)none"]),
        ("ordered(arm)", ["ordered(arm).L", "ordered(arm).Q"]),
    ],
)
def test_columns_are_named_as_in_r_and_means_do_not_depend_on_the_coding(teams, term, names):
    plain = fit("y ~ arm * x + (1 | team)", teams)
    coded = fit(f"y ~ {term} * x + (1 | team)", teams)
    assert list(coded.design.x_names[1:3]) == names
    columns = ["estimate", "std_error", "df"]
    np.testing.assert_allclose(coded.means("arm")[columns], plain.means("arm")[columns], rtol=1e-6)
    np.testing.assert_allclose(
        coded.anova().iloc[:, 1:5].astype(float), plain.anova().iloc[:, 1:5].astype(float), rtol=1e-5
    )
    few = teams[teams["arm"] == "app"].iloc[:3]
    np.testing.assert_allclose(
        coded.predict(few, population=True), plain.predict(few, population=True), rtol=1e-6
    )


def test_a_reference_is_a_level_or_its_place(teams):
    data = teams.assign(late=teams["wave"] > 2, wave=teams["wave"] + 1)
    for written, reference in (
        ('C(wave, Treatment("3"))', "3"),
        ("C(wave, Treatment, base = 3)", "3"),
        ("C(late, Treatment(TRUE))", "TRUE"),
        ("relevel(factor(late), ref = TRUE)", "TRUE"),
        ("C(late, Treatment(base = 2))", "TRUE"),
    ):
        names = fit_ols(f"y ~ {written}", data).design.x_names[1:]
        levels = {"1", "2", "3", "4", "5"} if "wave" in written else {"FALSE", "TRUE"}
        assert {name.removeprefix(written) for name in names} == levels - {reference}


def test_a_sum_coded_intercept_is_the_mean_of_the_means(teams):
    m = fit("y ~ C(arm, Sum) + (1 | team)", teams)
    means = m.means("arm")["estimate"].to_numpy()
    np.testing.assert_allclose(
        m.fixed_effects.iloc[:3], [means.mean(), *(means[:2] - means.mean())], rtol=1e-8
    )


def test_ordered_categoricals_are_coded_by_polynomials(teams):
    data = teams.assign(wave=pd.Categorical(teams["wave"], ordered=True))
    m = fit("y ~ wave + (1 | team)", data)
    assert list(m.design.x_names[1:]) == ["wave.L", "wave.Q", "wave.C", "wave^4"]
    table = m.means("wave")
    linear = find_contrasts("poly").table(tuple("01234"))[0][:, 0]
    np.testing.assert_allclose(m.fixed_effects["wave.L"], linear @ table["estimate"], rtol=1e-8)
    plain = fit("y ~ C(wave, Treatment) + (1 | team)", data)
    assert plain.design.x_names[1] == "C(wave, Treatment)1"
    new = pd.DataFrame({"wave": ["3"]})
    np.testing.assert_allclose(m.predict(new, population=True), table["estimate"].iloc[3], rtol=1e-8)


# ---- new variables -----------------------------------------------------------------------------------------------
def test_cut_gives_the_intervals_of_r():
    """cut(0:10, 5), cut(0:10, c(0, 5, 10)) and its variants in the notation of R."""
    data = pd.DataFrame({"x": np.arange(11.0), "y": np.sin(np.arange(11.0))})
    X = fit_ols("y ~ 0 + cut(x, 5)", data).design
    assert [n.removeprefix("cut(x, 5)") for n in X.x_names] == [
        "(-0.01,2]", "(2,4]", "(4,6]", "(6,8]", "(8,10]",
    ]  # fmt: skip
    assert X.X.sum(axis=0).tolist() == [3, 2, 2, 2, 2]
    for written, levels, counts in (
        ("cut(x, c(0, 5, 10), include.lowest = TRUE)", ["[0,5]", "(5,10]"], [6, 5]),
        ("cut(x, c(0, 5, 11), right = FALSE)", ["[0,5)", "[5,11)"], [5, 6]),
        ("cut(x, c(-Inf, 5, Inf))", ["(-Inf,5]", "(5, Inf]".replace(" ", "")], [6, 5]),
        ('cut(x, c(-1, 1, 10), labels = c("low", "high"))', ["low", "high"], [2, 9]),
        ("cut(x, 3)", ["(-0.01,3.33]", "(3.33,6.67]", "(6.67,10]"], [4, 3, 4]),
        ("cut(x, 3, dig.lab = 5)", ["(-0.01,3.3333]", "(3.3333,6.6667]", "(6.6667,10.01]"], [4, 3, 4]),
    ):
        design = fit_ols(f"y ~ 0 + {written}", data).design
        assert [name[len(written) :] for name in design.x_names] == levels
        assert design.X.sum(axis=0).tolist() == counts
    numbers = fit_ols("y ~ cut(x, c(-1, 3, 10), labels = FALSE)", data).design.X[:, 1]
    assert numbers.tolist() == [1.0] * 4 + [2.0] * 7
    ordered = fit_ols("y ~ cut(x, 3, ordered_result = TRUE)", data).design.x_names
    assert [name[-2:] for name in ordered[1:]] == [".L", ".Q"]


def test_conditions_make_numbers_or_factors(teams):
    m = fit('y ~ ifelse(x > 5, "late", "early") + (1 | team)', teams)
    assert m.design.x_names[1].endswith("late")
    np.testing.assert_array_equal(m.design.X[:, 1], teams["x"] > 5)
    piecewise = fit("y ~ x + ifelse(x > 5, x - 5, 0) + (1 | team)", teams)
    np.testing.assert_array_equal(piecewise.design.X[:, 2], np.maximum(teams["x"] - 5, 0))
    among = fit('y ~ I(arm %in% c("app", "book")) + ifelse(wave %in% c(0, 2), 1, 0) + (1 | team)', teams)
    np.testing.assert_array_equal(among.design.X[:, 1], teams["arm"] != "none")
    np.testing.assert_array_equal(among.design.X[:, 2], teams["wave"].isin([0, 2]))
    few = teams[teams["arm"] == "none"].iloc[:2]
    np.testing.assert_allclose(among.predict(few), among.fitted[few.index], rtol=EXACT)


@pytest.mark.parametrize(
    ("written", "holds"),
    [
        ('arm == "app"', lambda d: d["arm"] == "app"),
        ("arm != other", lambda d: d["arm"] != d["other"]),
        ("factor(wave) == wave - wave %% 2", lambda d: d["wave"] % 2 == 0),
        ("late == TRUE", lambda d: d["late"]),
        ("partly == TRUE", lambda d: d["late"]),
        ("partly %in% c(TRUE)", lambda d: d["late"]),
        ("late %in% c(TRUE)", lambda d: d["late"]),
        ("late %in% c(0)", lambda d: ~d["late"]),
        ("(late * 1) %in% c(TRUE)", lambda d: d["late"]),
    ],
)
def test_categories_and_conditions_are_compared_by_label(teams, written, holds):
    late, other = teams["wave"] > 2, np.roll(teams["arm"], 5)
    data = teams.assign(late=late, partly=late.astype("boolean"), other=other)
    data.loc[7, "partly"] = pd.NA
    m = fit_ols(f"y ~ I({written})", data)
    np.testing.assert_array_equal(m.design.X[:, 1], holds(data.loc[m.frame.index]))
    few = data[data["arm"] == "none"].iloc[2:9]
    few = few[few["partly"].notna()]
    np.testing.assert_allclose(m.predict(few), m.fitted[m.frame.index.isin(few.index)], rtol=EXACT)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d,
        lambda d: d.dt.tz_localize("Europe/Amsterdam"),
        lambda d: pd.Series([v.date() for v in d], dtype=object),
    ],
    ids=["datetime", "with zone", "python dates"],
)
def test_dates_count_in_days_since_the_first(teams, change):
    days = 30 * teams["wave"]
    data = teams.assign(days=days, day=change(pd.Timestamp("2025-01-06") + pd.to_timedelta(days, unit="D")))
    m, plain = (fit(f"y ~ {x} + (1 | team)", data) for x in ("day", "days"))
    np.testing.assert_allclose(m.fixed_effects, plain.fixed_effects, rtol=1e-6)
    few = data.iloc[[4, 2]]
    np.testing.assert_allclose(m.predict(few), m.fitted[[4, 2]], rtol=EXACT)
    at = m.means("day", at={"day": ["2025-02-05"]})
    np.testing.assert_allclose(at["estimate"], plain.means("days", at={"days": [30]})["estimate"], rtol=1e-6)
    slopes = m.slopes("day", at={"day": ["2025-02-05", "2025-03-07"]})
    wanted = plain.slopes("days", at={"days": [30, 60]})
    assert slopes["day"].tolist() == [30.0, 60.0]
    np.testing.assert_allclose(slopes["estimate"], wanted["estimate"], rtol=1e-6)
    one = m.slopes("day", at={"day": pd.Timestamp("2025-02-05")})
    np.testing.assert_allclose(one["estimate"], wanted["estimate"][:1], rtol=1e-6)


def test_new_rows_with_dates_where_the_model_has_numbers_are_refused(teams):
    m = fit("y ~ x + (1 | team)", teams)
    with pytest.raises(DesignError, match="holds dates"):
        m.predict(teams.assign(x=pd.Timestamp("2025-01-06")))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("log(base = 2, x + 1)", "log(x + 1, base = 2)"),
        ("log(x + 1, 2)", "log2(x + 1)"),
        ("poly(degree = 2, x)", "poly(x, 2)"),
        ("scale(scale = FALSE, x, FALSE)", "x"),
        ("C(contr = Sum, object = arm)", "C(arm, Sum)"),
        ('relevel(ref = "book", x = arm)', 'relevel(arm, "book")'),
        ("round(digits = 1, x)", "round(x, 1)"),
    ],
)
def test_arguments_are_matched_by_name_first(teams, written, meant):
    by_name, in_order = (fit_ols(f"y ~ {term}", teams).design.X for term in (written, meant))
    np.testing.assert_allclose(by_name, in_order, rtol=EXACT)


# ---- refusals ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("term", "error", "words"),
    [
        ("lg(x)", FormulaError, r"Did you mean log\(\)"),
        ("bsp(x, 3)", FormulaError, r"Did you mean bs\(\)"),
        ("C(arm, Sun)", FormulaError, "Did you mean Sum"),
        ("C(arm, Sum, base = 2)", FormulaError, "only Treatment"),
        ("C(ordered(wave), base = 2)", FormulaError, "only Treatment"),
        ('C(arm, Treatment("q"))', DesignError, "'q' is not a level"),
        ('C(arm, Treatment("none", 3))', FormulaError, r"has 2 arguments; Treatment\(\) takes base"),
        ("C(arm, Treatment(2), base = 3)", FormulaError, "a reference twice"),
        ("C(arm, SAS, base = 2)", FormulaError, "only Treatment"),
        ("C(arm, Treatment, base = 4)", DesignError, "'4' is not a level"),
        ("C(wave, Treatment(2))", FormulaError, "2 is a level and also the place of level '1'"),
        ("ns(x, 0)", FormulaError, "at least 1"),
        ("bs(x, df = 2)", FormulaError, "at least 3"),
        ("ns(x, 2.5)", FormulaError, "whole number"),
        ("ns(x, degree = 2)", FormulaError, "takes x, df, knots, intercept"),
        ("ns(x, 3, 4, TRUE, 5, 6)", FormulaError, "6 arguments"),
        ("ns(df = 3)", FormulaError, "needs a column"),
        ("ns(x, knots = c(2, 2))", DesignError, "coincide"),
        ("bs(x, knots = c(50))", DesignError, "between its boundary knots"),
        ("ns(arm, 2)", FormulaError, "categorical"),
        ("scale(x, centre = FALSE)", FormulaError, "argument centre; scale.. takes x, center, scale"),
        ("scale(x, center = 3)", FormulaError, "center is 3; write TRUE or FALSE"),
        ("poly(x, 2, rw = TRUE)", FormulaError, "argument rw; poly.. takes x, degree, raw"),
        ("poly(x, degre = 2)", FormulaError, "argument degre;"),
        ("poly(x, 2.5)", FormulaError, "2.5 must be one whole number"),
        ("poly(x, 0, raw = TRUE)", FormulaError, "at least 1"),
        ("poly(x, degree = 2, degree = 3)", FormulaError, "argument degree twice"),
        (
            'factor(arm, level = c("none", "app", "book"))',
            FormulaError,
            "argument level; factor.. takes x, levels",
        ),
        ('factor(arm, c("app", "book", "none"), c("a", "b", "c"))', FormulaError, "3 arguments"),
        ('ordered(arm, labels = c("a", "b", "c"))', FormulaError, "argument labels;"),
        ("factor(arm, order = TRUE)", FormulaError, "argument order;"),
        ('relevel(arm, reference = "book")', FormulaError, "argument reference; relevel.. takes x, ref"),
        ("relevel(arm)", FormulaError, "needs its argument ref"),
        ("log(x, bse = 2)", FormulaError, "argument bse; log.. takes x, base"),
        ("sqrt(x, 2)", FormulaError, "has 2 arguments; sqrt.. takes x"),
        ("round(x, 0.5)", FormulaError, "whole number"),
        ("pmin(x)", FormulaError, "needs its argument y: pmin"),
        ("offset(x, 2)", FormulaError, "has 2 arguments; offset"),
        ("cut(x, c(2, 5))", DesignError, "outside the breaks"),
        ("cut(x, 1)", FormulaError, "number of intervals"),
        ("cut(x, 3, dig.lab = 0)", FormulaError, "dig.lab must be at least 1"),
        ("cut(x, c(0, 5, 5, 10))", FormulaError, "named twice"),
        ('cut(x, c(-1, 5, 11), labels = c("a"))', FormulaError, "2 intervals and 1 labels"),
        ('cut(x, c(-1, 2, 5, 11), labels = c("a", "b", "a"))', FormulaError, "a level is named twice"),
        ("factor(wave, levels = c(0, 1, 1, 2, 3, 4))", FormulaError, "a level is named twice"),
        ("ifelse(x > 5, 1)", FormulaError, "needs its argument no: ifelse"),
        ('I(arm %in% c("app", "bok"))', DesignError, "bok is not a level"),
        (
            'x + ifelse(arm == "bok", x, 0)',
            DesignError,
            "bok is not a level of arm; there are app, book, none",
        ),
        ('x + ifelse("bok" != arm, 1, 0)', DesignError, "bok is not a level of arm"),
        ("I(factor(wave) == 7)", DesignError, "7 is not a level"),
        ('arm %in% c("app", "book")', FormulaError, "nesting"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_to_write(teams, term, error, words):
    with pytest.raises(error, match=words):
        fit(f"y ~ {term} + (1 | team)", teams)
