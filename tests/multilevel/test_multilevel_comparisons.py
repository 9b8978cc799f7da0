"""Contrasts, slopes, weighted means and predictions with standard errors, against emmeans, scipy and dense numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multicomp import pairwise_tukeyhsd

from dww_analysis.multilevel import FormulaError, MethodError, NotEstimableError, fit, fit_ols
from dww_analysis.multilevel.formula.reading import number_label
from dww_analysis.multilevel.inference.comparisons import find_comparisons
from dww_analysis.multilevel.inference.simultaneous import multivariate_t_p

SAME = 1e-8  # the same linear function written twice
ROUND = 6e-4  # emmeans printed four decimals, or four digits
LATTICE = 2e-4  # of a p value: what averaging over 65 536 directions leaves

BREAKS = {  # R's data set warpbreaks, by wool and tension
    "A L": [26, 30, 54, 25, 70, 52, 51, 26, 67], "A M": [18, 21, 29, 17, 12, 18, 35, 30, 36],
    "A H": [36, 21, 24, 18, 10, 43, 28, 15, 26], "B L": [27, 14, 29, 19, 29, 31, 41, 20, 44],
    "B M": [42, 26, 19, 16, 39, 28, 21, 39, 29], "B H": [20, 21, 24, 17, 13, 15, 15, 16, 28],
}  # fmt: skip


@pytest.fixture(scope="module")
def warp():
    rows = [(*cell.split(), y) for cell, values in BREAKS.items() for y in values]
    data = pd.DataFrame(rows, columns=["wool", "tension", "breaks"])
    data["tension"] = pd.Categorical(data["tension"], ["L", "M", "H"])
    return fit_ols("breaks ~ wool * tension", data)


@pytest.fixture(scope="module")
def teams() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    team = np.repeat(np.arange(20), rng.integers(4, 15, 20))
    n = len(team)
    arm = np.array(["app", "book", "none", "talk"])[team % 4]
    x = rng.uniform(0, 10, n)
    sex = np.where(rng.random(n) < 0.7, "f", "m")
    y = 0.1 * x * (arm == "app") + 0.01 * x**2 + rng.normal(0, 0.5, 20)[team] + rng.normal(0, 1, n)
    place = np.array(["city", "land"])[team % 3 // 2]
    return pd.DataFrame({"y": y, "x": x, "arm": arm, "team": team, "sex": sex, "place": place})


@pytest.fixture(scope="module")
def fitted(teams):
    return fit("y ~ arm * x + sex + place + (1 | team)", teams)


# ---- contrasts ---------------------------------------------------------------------------------------------------
def test_pairs_with_tukey_are_those_of_emmeans(warp):
    """pairs(emmeans(lm(breaks ~ wool * tension, warpbreaks), ~ tension | wool)), as in the examples of emmeans."""
    table = warp.contrasts("tension", by="wool", adjust="tukey")
    assert table["contrast"].tolist() == ["L - M", "L - H", "M - H"] * 2
    np.testing.assert_allclose(table["estimate"], [20.556, 20, -0.556, -0.556, 9.444, 10], atol=ROUND)
    np.testing.assert_allclose(table["statistic"], [3.986, 3.878, -0.108, -0.108, 1.831, 1.939], atol=ROUND)
    np.testing.assert_allclose(
        table["p_adjusted"], [0.0006, 0.0009, 0.9936, 0.9936, 0.1704, 0.1389], atol=ROUND
    )
    assert (table["adjust_method"] == "tukey").all()


def test_polynomials_are_those_of_emmeans(warp):
    """contrast(emmeans(..., ~ tension | wool), "poly"), as in the examples of emmeans."""
    table = warp.contrasts("tension", by="wool", method="polynomial", adjust="none")
    assert table["contrast"].tolist() == ["linear", "quadratic"] * 2
    np.testing.assert_allclose(table["estimate"], [-20, 21.1111, -9.4444, -10.5556], atol=ROUND)
    np.testing.assert_allclose(table["p_value"], [0.0003, 0.0222, 0.0733, 0.2432], atol=ROUND)


PRINTED = {  # tables of orthogonal polynomials (Fisher & Yates)
    3: [[-1, 0, 1], [1, -2, 1]],
    4: [[-3, -1, 1, 3], [1, -1, -1, 1], [-1, 3, -3, 1]],
    5: [[-2, -1, 0, 1, 2], [2, -1, -2, -1, 2], [-1, 2, 0, -2, 1], [1, -4, 6, -4, 1]],
    6: [
        [-5, -3, -1, 1, 3, 5],
        [5, -1, -4, -4, -1, 5],
        [-5, 7, 4, -4, -7, 5],
        [1, -3, 2, 2, -3, 1],
        [-1, 5, -10, 10, -5, 1],
    ],
}


@pytest.mark.parametrize("k", PRINTED)
def test_polynomials_are_those_of_printed_tables(k):
    found = find_comparisons("polynomial", [str(i) for i in range(k)])
    assert [one.weights.tolist() for one in found] == PRINTED[k]
    assert found[-1].label == ("quadratic", "cubic", "quartic", "degree 5")[k - 3]
    assert len(find_comparisons("polynomial", [str(i) for i in range(12)])) == 6


def test_effects_and_custom_weights_are_functions_of_the_means(fitted):
    means = fitted.means("arm")["estimate"].to_numpy()
    effects = fitted.contrasts("arm", method="effects")
    assert effects["contrast"].tolist() == ["app effect", "book effect", "none effect", "talk effect"]
    np.testing.assert_allclose(effects["estimate"], means - means.mean(), rtol=SAME, atol=SAME)
    weights = {"app against book and talk": [1, -0.5, 0, -0.5], "none - app": [-1, 0, 1, 0]}
    table = fitted.contrasts("arm", method="custom", weights=weights, adjust="holm")
    assert table["contrast"].tolist() == list(weights)
    np.testing.assert_allclose(table["estimate"], np.array([*weights.values()]) @ means, rtol=SAME)
    pairs = fitted.contrasts("arm").set_index("contrast")
    np.testing.assert_allclose(table["std_error"][1], pairs["std_error"]["app - none"], rtol=SAME)
    np.testing.assert_allclose(table["df"][1], pairs["df"]["app - none"], rtol=1e-6)
    smallest = table["p_value"].min()
    np.testing.assert_allclose(table["p_adjusted"].min(), min(1, 2 * smallest), rtol=SAME)


def test_the_reference_may_be_chosen(fitted):
    table = fitted.contrasts("arm", method="trt.vs.ctrl", reference="none", adjust="none")
    assert table["contrast"].tolist() == ["app - none", "book - none", "talk - none"]
    means = fitted.means("arm")["estimate"].to_numpy()
    np.testing.assert_allclose(table["estimate"], means[[0, 1, 3]] - means[2], rtol=SAME, atol=SAME)
    numbers = fitted.contrasts("x", at={"x": [2, 5]}, method="trt.vs.ctrl", reference=5)
    assert numbers["contrast"].tolist() == [f"x{number_label(2.0)} - x5"]


def test_contrasts_of_contrasts_take_every_method(fitted):
    table = fitted.contrasts(
        ["arm", "x"], at={"x": [0, 10]}, method=["effects", "polynomial"], interaction=True
    )
    assert table["x_contrast"].tolist() == ["linear"] * 4
    slope = fitted.slopes("x", by="arm")["estimate"].to_numpy()
    np.testing.assert_allclose(table["estimate"], 10 * (slope - slope.mean()), atol=1e-6)


# ---- several tests together --------------------------------------------------------------------------------------
def test_tukey_is_that_of_statsmodels(teams):
    table = fit_ols("y ~ arm", teams).contrasts("arm", method="revpairwise", adjust="tukey")
    other = pairwise_tukeyhsd(teams["y"], teams["arm"])
    order = [f"{b} - {a}" for a, b in ((r[0], r[1]) for r in other.summary().data[1:])]
    np.testing.assert_allclose(table.set_index("contrast").loc[order, "p_adjusted"], other.pvalues, atol=1e-6)


def test_the_multivariate_t_is_tukey_where_that_is_exact(warp):
    """Balanced one-way comparisons: the range of independent means."""
    tukey = warp.contrasts("tension", adjust="tukey")["p_adjusted"]
    np.testing.assert_allclose(warp.contrasts("tension", adjust="mvt")["p_adjusted"], tukey, atol=LATTICE)


def test_the_multivariate_t_is_dunnett_against_one_reference(teams):
    groups = {arm: d["y"].to_numpy() for arm, d in teams.groupby("arm")}
    found = fit_ols("y ~ arm", teams).contrasts("arm", method="trt.vs.ctrl", reference="none", adjust="mvt")
    wanted = stats.dunnett(
        *(groups[a] for a in ("app", "book", "talk")),
        control=groups["none"],
        random_state=np.random.default_rng(1),
    )
    np.testing.assert_allclose(found["p_adjusted"], wanted.pvalue, atol=1e-3)  # dunnett is random itself


def test_the_multivariate_t_does_not_hang_on_signs_of_eigenvectors(monkeypatch):
    """These are decided by rounding, which differs between machines; with them p moved by 1e-4."""
    A = np.random.default_rng(2).normal(size=(4, 6))
    t, df, eigh = np.array([1.0, 1.8, 2.4, 3.0]), np.full(4, 30.0), np.linalg.eigh
    as_given = multivariate_t_p(t, df, A @ A.T)
    monkeypatch.setattr(np.linalg, "eigh", lambda V: (eigh(V)[0], eigh(V)[1] * np.array([1, -1, 1, -1])))
    np.testing.assert_allclose(multivariate_t_p(t, df, A @ A.T), as_given, rtol=1e-12)


@pytest.mark.parametrize("df", [7.5, np.inf])
def test_the_multivariate_t_of_uncorrelated_and_of_equal_tests(df):
    t = np.array([0.5, 2.2, 4.0])
    one = 2 * (stats.t.sf(t, df) if np.isfinite(df) else stats.norm.sf(t))
    same = multivariate_t_p(t, np.full(3, df), np.ones((3, 3)) * 4.0)
    np.testing.assert_allclose(same, one, rtol=1e-9)
    apart = multivariate_t_p(t, np.full(3, df), np.diag([1.0, 4.0, 9.0]))
    if np.isinf(df):
        np.testing.assert_allclose(apart, 1 - (1 - one) ** 3, rtol=1e-3)
    else:
        x = np.linspace(1e-6, 12, 200_001)
        density = stats.chi2.pdf(x**2 * df, df) * 2 * x * df
        wanted = [1 - np.trapezoid((1 - 2 * stats.norm.sf(v * x)) ** 3 * density, x) for v in t]
        np.testing.assert_allclose(apart, wanted, rtol=1e-3)


def test_simultaneous_p_values_lie_between_plain_and_bonferroni(fitted):
    for adjust in ("tukey", "mvt"):
        table = fitted.contrasts("arm", adjust=adjust)
        assert (table["p_adjusted"] >= table["p_value"] - 1e-9).all()
        assert (table["p_adjusted"] <= np.minimum(1, 6 * table["p_value"]) + 5e-3).all()


# ---- slopes ------------------------------------------------------------------------------------------------------
def test_slopes_are_sums_of_coefficients(fitted):
    table = fitted.slopes("x", by="arm")
    assert table["arm"].tolist() == ["app", "book", "none", "talk"]
    weights = [{"x": 1}, *({"x": 1, f"arm{a}:x": 1} for a in ("book", "none", "talk"))]
    wanted = pd.concat([fitted.linear(w) for w in weights])
    for column in ("estimate", "std_error", "df", "p_value"):
        np.testing.assert_allclose(table[column], wanted[column], rtol=1e-6)
    mean = fitted.slopes("x")
    np.testing.assert_allclose(mean["estimate"], table["estimate"].mean(), rtol=1e-7)
    assert fitted.slopes("x", by="arm", df="normal")["df"].eq(np.inf).all()


def test_slopes_of_curves_stand_where_they_are_taken(teams):
    m = fit("y ~ x + I(x^2) + log(x + 1) + arm + (1 | team)", teams)
    table = m.slopes("x", at={"x": [1, 8]})
    assert table["x"].tolist() == [1, 8]
    for x, slope in zip((1, 8), table["estimate"], strict=True):
        row = {"x": 1, "I(x^2)": 2 * x, "log(x + 1)": 1 / (x + 1)}
        np.testing.assert_allclose(slope, m.linear(row)["estimate"][0], rtol=1e-6)
    middle = m.slopes("x", by="arm")
    assert middle["held_at"][0] == f"x = {teams['x'].mean():.6g}"
    spline = fit("y ~ ns(x, 3) + arm + (1 | team)", teams)
    near = spline.means("x", at={"x": [5 - 1e-4, 5 + 1e-4]})["estimate"]
    np.testing.assert_allclose(spline.slopes("x", at={"x": 5})["estimate"], np.diff(near) / 2e-4, rtol=1e-6)


def test_an_offset_has_a_slope_without_error(teams):
    m = fit("y ~ sex + offset(x / 2) + (1 | team)", teams)
    table = m.slopes("x")
    assert table["std_error"].tolist() == [0.0]
    np.testing.assert_allclose(table["estimate"], 0.5, rtol=1e-9)


@pytest.mark.parametrize(
    "term",
    [
        "cut(x, 4)", 'ifelse(x > 5, "late", "early")', "I(x > 5)", "I(round(x) %in% c(2, 3)) * arm", "floor(x)",
        "sign(x - 5)", "I(log(x + 1) >= 1 & x < 7)", "as.numeric(cut(x, 4))", "I(x %/% 3)", "I(!pmax(x - 5, 0))",
    ],
)  # fmt: skip
def test_what_enters_by_steps_has_no_slope(teams, term):
    m = fit_ols(f"y ~ {term} + sex", teams)
    with pytest.raises(MethodError, match=r"by steps .*so it has no slope; compare its values: contrasts"):
        m.slopes("x")


def test_a_piecewise_line_has_the_slope_of_its_piece(teams):
    m = fit_ols("y ~ x + ifelse(x > 5, x - 5, 0) + sex", teams)
    early, late = m.fixed_effects.iloc[1], m.fixed_effects.iloc[1:3].sum()
    np.testing.assert_allclose(m.slopes("x", at={"x": [2, 8]})["estimate"], [early, late], rtol=1e-6)


# ---- means and predictions ---------------------------------------------------------------------------------------
def test_proportional_weights_count_levels_as_often_as_they_occur(fitted, teams):
    found = fitted.means("arm", weights="proportional")["estimate"]
    cells = fitted.means(["arm", "sex", "place"]).set_index(["arm", "sex", "place"])["estimate"]
    share = teams.groupby(["sex", "place"]).size() / len(teams)
    for arm, mean in zip(["app", "book", "none", "talk"], found, strict=True):
        np.testing.assert_allclose(mean, (cells[arm] * share).sum(), rtol=SAME)
    women = fitted.means("arm", at={"sex": "f"}, weights="proportional")["estimate"][0]
    share = teams[teams["sex"] == "f"].groupby("place").size()
    np.testing.assert_allclose(women, (cells["app"]["f"] * share).sum() / share.sum(), rtol=SAME)
    numbers = fit("y ~ factor(g) + arm + (1 | team)", teams.assign(g=np.digitize(teams["x"], [2, 7])))
    share = np.bincount(np.digitize(teams["x"], [2, 7])) / len(teams)
    by_g = numbers.means(["g"], at={"arm": "app"})["estimate"]
    app = numbers.means("arm", weights="proportional")["estimate"][0]
    np.testing.assert_allclose(app, share @ by_g, rtol=SAME)


@pytest.mark.parametrize(
    "term", ["I(wave == 2)", "ifelse(wave %in% c(0, 2), 1, 0)", "cut(wave, c(-1, 1, 3))", "round(wave / 2)"]
)
def test_means_average_over_the_values_of_what_enters_by_steps(teams, term):
    """Between the waves there is none, so that no mean stands at wave 1.5; fitted values, wave by wave."""
    waves = teams.assign(wave=np.arange(len(teams)) % 4)
    m = fit_ols(f"y ~ {term} * arm", waves)
    grid = pd.DataFrame({"wave": range(4), "arm": "app"})
    table = m.means("arm")
    np.testing.assert_allclose(table["estimate"][0], m.predict(grid).mean(), rtol=SAME)
    assert table["held_at"][0] == ""
    share = np.bincount(waves["wave"]) / len(waves)
    by_rows = m.means("arm", weights="proportional")["estimate"][0]
    np.testing.assert_allclose(by_rows, share @ m.predict(grid), rtol=SAME)
    spread = fit_ols("y ~ cut(x, 3) + arm", teams)
    at_each = spread.predict(teams.assign(arm="app")).mean()
    np.testing.assert_allclose(spread.means("arm")["estimate"][0], at_each, rtol=SAME)


def test_levels_made_of_a_condition_are_those_that_occur(teams):
    waves = teams.assign(wave=np.arange(len(teams)) % 4)
    made, plain = (
        fit_ols(f"y ~ {t} + arm", waves).means("arm")
        for t in ("factor(ifelse(wave == 3, 9, wave))", "factor(wave)")
    )
    np.testing.assert_allclose(made["estimate"], plain["estimate"], rtol=SAME)


def test_proportional_means_of_a_saturated_model_are_those_of_the_data(warp):
    few = warp.frame.iloc[:-5]
    m = fit_ols("breaks ~ wool * tension", few)
    found = m.means("tension", weights="proportional")["estimate"]
    shares = few["wool"].value_counts(normalize=True)
    cells = few.groupby(["tension", "wool"], observed=True)["breaks"].mean().unstack()
    np.testing.assert_allclose(found, cells[shares.index] @ shares, rtol=SAME)
    np.testing.assert_allclose(
        m.means([], weights="proportional")["estimate"], few["breaks"].mean(), rtol=SAME
    )


def test_predictions_with_standard_errors_are_means_at_those_values(fitted, teams):
    new = teams.iloc[[5, 60, 7]][["x", "arm", "sex", "place"]]
    table = fitted.predict(new, population=True, se=True)
    assert table.index.equals(new.index)
    np.testing.assert_allclose(table["estimate"], fitted.predict(new, population=True), rtol=SAME)
    for label, row in new.iterrows():
        mean = fitted.means(["arm", "sex", "place"], at={"x": row["x"]})
        mean = mean[
            (mean["arm"] == row["arm"]) & (mean["sex"] == row["sex"]) & (mean["place"] == row["place"])
        ]
        columns = ["estimate", "std_error", "df", "conf_low", "conf_high"]
        np.testing.assert_allclose(table.loc[[label], columns], mean[columns], rtol=1e-6)
    assert (table["df_method"] == "kenward-roger").all()
    X = fitted.design.X
    whole = fitted.predict(population=True, se=True, df="satterthwaite")
    np.testing.assert_allclose(
        whole["std_error"], np.sqrt(np.diag(X @ fitted.vcov().to_numpy() @ X.T)), rtol=1e-6
    )
    assert len(fitted.predict(new.iloc[:0], population=True, se=True)) == 0


def test_predictions_on_the_scale_of_the_outcome(teams):
    m = fit("I(y > 0) ~ x + arm + (1 | team)", teams, family="binomial")
    table = m.predict(teams.iloc[:2], population=True, se=True, type="response")
    link = m.predict(teams.iloc[:2], population=True, se=True)
    np.testing.assert_allclose(table["conf_high"], 1 / (1 + np.exp(-link["conf_high"])), rtol=SAME)
    p = table["estimate"]
    np.testing.assert_allclose(table["std_error"], link["std_error"] * p * (1 - p), rtol=SAME)


# ---- refusals ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("ask", "error", "words"),
    [
        (lambda m: m.contrasts("arm", method="custom"), MethodError, "needs weights by label"),
        (
            lambda m: m.contrasts("arm", method="custom", weights={"a": [1, -1]}),
            MethodError,
            "expected 4 finite",
        ),
        (
            lambda m: m.contrasts("arm", method="custom", weights={"a": [0, 0, 0, 0]}),
            MethodError,
            "not all zero",
        ),
        (lambda m: m.contrasts("arm", weights={"a": [1, -1, 0, 0]}), MethodError, "method='custom'"),
        (lambda m: m.contrasts("arm", reference="none"), MethodError, "trt.vs.ctrl"),
        (
            lambda m: m.contrasts("arm", method="trt.vs.ctrl", reference="q"),
            NotEstimableError,
            "none of the means",
        ),
        (lambda m: m.contrasts("arm", method="effects", adjust="tukey"), MethodError, "all pairs"),
        (lambda m: m.contrasts("arm", method="poly"), MethodError, "polynomial, custom"),
        (
            lambda m: m.contrasts("arm", method="custom", weights={"a": [1, 0, 0, 0]}, type="response"),
            MethodError,
            "add up to zero",
        ),
        (lambda m: m.means("arm", weights="outer"), MethodError, "'equal' or 'proportional'"),
        (lambda m: m.slopes("arm"), MethodError, "categorical"),
        (lambda m: m.slopes("z"), FormulaError, "there are arm, x, sex, place"),
        (lambda m: m.predict(se=True), MethodError, "population=True"),
        (lambda m: m.predict(population=True, df="satterthwaite"), MethodError, "add se=True"),
        (lambda m: m.predict(conf_level=0.9), MethodError, "add se=True"),
    ],
)
def test_what_has_no_answer_says_what_to_write(fitted, ask, error, words):
    with pytest.raises(error, match=words):
        ask(fitted)
