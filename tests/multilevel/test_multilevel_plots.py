"""Figures of a fit: the numbers of its tables and of R, words for who does not see them, nothing imported before."""

from __future__ import annotations

import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from oracle_models import model_data, oracle_fit, read_oracle
from scipy import stats

from dww_analysis.multilevel import MethodError, fit, fit_ols
from dww_analysis.multilevel.plots import KINDS
from dww_analysis.multilevel.plots.rows import binned, scaled_residuals
from dww_analysis.multilevel.shapes import zero_probability

ROOT = 1.959964  # of the rise in deviance at a 95 % limit
R_SPLINES = 5e-3  # limits of R, on a curve of straight pieces between 21 points
DEVIANCE = 1e-4
QUANTILE = 1e-9


@pytest.fixture(scope="module")
def sleep():
    return oracle_fit("01_sleepstudy", "random_slope")


@pytest.fixture(scope="module")
def trial():
    return oracle_fit("07_cluster_trial", "no_org")


@pytest.fixture(scope="module")
def herds():
    return oracle_fit("06_cbpp", "laplace")


SPECS = {"means": ("Days",)}


class Images(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.slow
def test_every_kind_is_a_figure_with_words_numbers_and_bytes_that_repeat(sleep, kind):
    plot, again = (sleep.plot(kind, *SPECS.get(kind, ())) for _ in range(2))
    assert isinstance(plot, Figure)
    assert len(plot.alt) > 60 and "nan" not in plot.alt
    assert len(plot.data)
    assert plot.png() == again.png()
    page = Images()
    page.feed(plot._repr_html_())
    ((tag, attributes),) = page.found
    assert tag == "img" and attributes["alt"] == plot.alt
    assert attributes["src"].startswith("data:image/png;base64,")


def stays_on_its_paper(plot):
    plot.canvas.draw()
    paper, drawn = plot.bbox, plot.get_tightbbox().transformed(plot.dpi_scale_trans)
    assert drawn.x0 >= paper.x0 - 1 and drawn.y0 >= paper.y0 - 1
    assert drawn.x1 <= paper.x1 + 1 and drawn.y1 <= paper.y1 + 1


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "profile"])
def test_nothing_of_one_fit_is_drawn_outside_the_paper(sleep, kind):
    stays_on_its_paper(sleep.plot(kind, *SPECS.get(kind, ())))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.slow
def test_nothing_is_drawn_outside_the_paper(sleep, trial, herds, kind):
    for m, specs in ((sleep, ("Days",)), (trial, (["wave", "condition"],)), (herds, ("period",))):
        if kind != "qq" or m is not herds:
            stays_on_its_paper(m.plot(kind, *(specs if kind == "means" else ())))


def test_matplotlib_is_imported_when_a_figure_is_drawn():
    code = (
        "import sys, pandas as pd, numpy as np\n"
        "from dww_analysis.multilevel import fit_ols\n"
        "m = fit_ols('y ~ x', pd.DataFrame({'x': np.arange(9.0), 'y': np.arange(9.0) ** 2}))\n"
        "m.summary(), m._repr_html_()\n"
        "before = 'matplotlib' in sys.modules\n"
        "m.plot('qq')\n"
        "print(before, 'matplotlib' in sys.modules, 'matplotlib.pyplot' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split() == ["False", "True", "False"]


# ---- residuals ---------------------------------------------------------------------------------------------------
def test_residuals_are_those_of_the_fit_in_units_of_the_model(sleep, herds):
    data = sleep.plot("residuals", draws=3).data
    np.testing.assert_allclose(data["residual"] * sleep.sigma, sleep.residuals)
    np.testing.assert_allclose(data["fitted"], sleep.fitted)
    size, p = model_data("06_cbpp", "laplace")["size"].to_numpy(), herds.fitted
    pearson = (herds.design.y * size - size * p) / np.sqrt(size * p * (1 - p))
    np.testing.assert_allclose(scaled_residuals(herds), pearson)
    rng = np.random.default_rng(1)
    counts = pd.DataFrame({"y": rng.poisson(3.0, 120), "team": np.repeat(np.arange(12), 10)})
    m = fit("y ~ 1 + (1 | team)", counts, family="poisson")
    np.testing.assert_allclose(scaled_residuals(m), (counts["y"] - m.fitted) / np.sqrt(m.fitted))


@pytest.mark.parametrize("family", ["poisson", "nbinom2", "zip"])
def test_counts_are_in_units_of_the_spread_that_the_model_draws(family):
    rng = np.random.default_rng(6)
    data = pd.DataFrame({"team": np.repeat(np.arange(20), 15)})
    mean = np.exp(1 + 0.4 * rng.normal(size=20))[data["team"]]
    data["y"] = rng.poisson(mean * rng.gamma(2.0, 0.5, 300)) * (rng.random(300) > 0.2)
    m = fit("y ~ 1 + (1 | team)", data, family=family)
    zeros = float(np.max(zero_probability(m.solution)))
    mu, k = m.fitted[0] / (1 - zeros), np.arange(400)
    theta = m.dispersion if family == "nbinom2" else np.inf
    counts = stats.poisson(mu) if family != "nbinom2" else stats.nbinom(theta, theta / (theta + mu))
    chance = (1 - zeros) * counts.pmf(k) + zeros * (k == 0)
    variance = chance @ k**2 - (chance @ k) ** 2
    assert m.residuals[0] / scaled_residuals(m)[0] == pytest.approx(np.sqrt(variance), rel=1e-6)


def test_averages_are_of_neighbours():
    found = binned(np.arange(40.0)[::-1], np.repeat([1.0, 2.0, 3.0, 4.0, 5.0], 8))
    assert list(found["residual"]) == [5, 4, 3, 2, 1]
    assert list(found["fitted"]) == [3.5, 11.5, 19.5, 27.5, 35.5]


def test_a_curve_that_the_model_leaves_out_is_seen_and_a_right_model_is_not_suspected():
    rng = np.random.default_rng(7)
    data = pd.DataFrame({"x": np.tile(np.linspace(-2, 2, 10), 20), "team": np.repeat(np.arange(20), 10)})
    right = data["x"] + rng.normal(size=20)[data["team"]] + rng.normal(size=200)
    m = fit("y ~ x + (1 | team)", data.assign(y=right))
    assert "; 0 of them outside" in m.plot().alt or "; 1 of them outside" in m.plot().alt
    bent = fit("y ~ x + (1 | team)", data.assign(y=right + data["x"] ** 2)).plot().alt
    assert int(bent.split("; ")[-1].split()[0]) >= 5
    assert "outside" not in m.plot(draws=0).alt


def test_quantiles_and_their_band(trial):
    table = trial.plot("qq").data
    n = len(table)
    ranks = np.arange(1, n + 1)
    low = stats.norm.ppf(stats.beta.ppf(0.025, ranks, n + 1 - ranks))
    np.testing.assert_allclose(table["low"], low, rtol=QUANTILE, atol=QUANTILE)
    np.testing.assert_allclose(table["high"], -low[::-1], rtol=QUANTILE, atol=QUANTILE)
    np.testing.assert_allclose(table["residual"], np.sort(stats.zscore(trial.residuals, ddof=1)))


# ---- levels ------------------------------------------------------------------------------------------------------
def test_random_effects_in_order_with_names_up_to_forty(trial):
    plot = trial.plot("random")
    team, person = plot.axes
    assert [len(ax.get_yticklabels()) for ax in (person, team)] == [0, 40]
    teams = plot.data[plot.data["group"] == "team"]
    expected = trial.random_effects().query("group == 'team'").sort_values("estimate")
    assert list(teams["estimate"]) == list(expected["estimate"])
    assert [t.get_text() for t in team.get_yticklabels()] == list(expected["level"])
    np.testing.assert_allclose(teams["conf_high"] - teams["estimate"], ROOT * teams["std_error"], rtol=1e-6)
    assert len(trial.plot("random", group="team").axes) == 1
    with pytest.raises(MethodError, match="no random effects of 'org'; known are team, person"):
        trial.plot("random", group="org")


# ---- means -------------------------------------------------------------------------------------------------------
def test_means_are_those_of_the_table(trial, herds):
    plot = trial.plot("means", "wave", by="condition", conf_level=0.9)
    pd.testing.assert_frame_equal(plot.data, trial.means("wave", by="condition", conf_level=0.9))
    assert [ax.texts[0].get_text() for ax in plot.axes] == ["control", "intervention"]
    plot = trial.plot("means", ["wave", "condition"])
    assert [t.get_text() for t in plot.legends[0].get_texts()] == ["control", "intervention"]
    looks = {(line.get_marker(), str(line.get_linestyle())) for line in plot.axes[0].lines}
    assert len(looks) == 2  # not by colour alone
    first = trial.means(["wave", "condition"]).iloc[0]
    assert f"wave T0, condition control: {first['estimate']:.4g} ({first['conf_low']:.4g} to" in plot.alt
    plot = herds.plot("means", "period", type="response")
    assert plot.axes[0].get_ylabel().startswith("Probability of")
    assert herds.plot("means", "period").axes[0].get_ylabel().startswith("Log odds of")


def test_an_axis_says_what_its_numbers_are():
    rng = np.random.default_rng(9)
    data = pd.DataFrame({"team": np.repeat(np.arange(12), 10), "arm": np.tile(["a", "b"], 60)})
    data["hours"] = rng.gamma(3.0, size=120)
    data["calls"] = rng.poisson(3.0, 120) * (rng.random(120) > 0.3)
    of_log, zip_, plain = (
        fit(f"{left} ~ arm + (1 | team)", data, family=family)
        for left, family in (("log(hours)", "gaussian"), ("calls", "zip"), ("hours", "gaussian"))
    )
    for m, scale, label in (
        (of_log, "link", "Mean of log(hours)"),
        (of_log, "response", "hours, turned back from the mean of log(hours)"),
        (plain, "response", "Mean of hours"),
        (zip_, "response", "Expected calls where it is no extra zero"),
        (zip_, "link", "Log of expected calls where it is no extra zero"),
    ):
        plot = m.plot("means", "arm", type=scale)
        assert plot.axes[0].get_ylabel().replace("\n", " ") == label
        assert plot.alt.startswith(label)


def test_many_means_are_summarised_in_words_and_too_many_refused(trial):
    rng = np.random.default_rng(4)
    data = pd.DataFrame({"g": np.repeat([f"g{k:02d}" for k in range(15)], 6), "x": rng.normal(size=90)})
    data["y"] = rng.normal(size=90)
    m = fit_ols("y ~ g + x", data)
    assert m.plot("means", "g").alt.count("; ") == 0
    assert "15 means, from g g" in m.plot("means", "g").alt
    with pytest.raises(MethodError, match="need 15 colours, and 4 can be told apart"):
        m.plot("means", ["x", "g"])
    line = m.plot("means", "x")
    assert len(line.data) == 25 and line.data["x"].max() == pytest.approx(data["x"].max())
    with pytest.raises(MethodError, match=r"needs the variables to show.*known are condition, wave"):
        trial.plot("means")


# ---- profiles ----------------------------------------------------------------------------------------------------
@pytest.mark.long
@pytest.mark.oracle
def test_curves_reach_the_limits_of_r_where_they_should(sleep, herds):
    for m, case, name in ((sleep, "01_sleepstudy", "random_slope"), (herds, "06_cbpp", "laplace")):
        curves = m.plot("profile").data
        for row in read_oracle(case)["models"][name]["ci_profile"]["rows"]:
            curve = curves[curves["term"] == row["term"]]
            roots = np.interp([row["lower"], row["upper"]], curve["value"], curve["root"])
            np.testing.assert_allclose(roots, ROOT, rtol=R_SPLINES, err_msg=row["term"])


def test_a_curve_is_the_deviance_of_models_with_the_coefficient_held(sleep):
    best = fit(sleep.formula, sleep.frame, method="ML").log_likelihood
    curve = sleep.plot("profile", terms="Days").data
    for value, root in curve[["value", "root"]].iloc[[0, 5, 14, -1]].to_numpy():
        data = sleep.frame.assign(held=value * sleep.frame["Days"])
        held = fit("Reaction ~ 1 + (Days | Subject)", data, offset="held", method="ML").log_likelihood
        assert root**2 == pytest.approx(2 * (best - held), abs=DEVIANCE)


# ---- refusals ----------------------------------------------------------------------------------------------------
def test_what_cannot_be_drawn_is_said(sleep, herds):
    ols = fit_ols("Reaction ~ Days", sleep.frame)
    with pytest.raises(
        MethodError, match="no plot 'scatter'; known are residuals, qq, random, means, profile"
    ):
        sleep.plot("scatter")
    with pytest.raises(MethodError, match=r"plot\('qq'\).*'colour'; it takes conf_level"):
        sleep.plot("qq", colour="red")
    with pytest.raises(MethodError, match="Residuals of a binomial outcome are not normal"):
        herds.plot("qq")
    with pytest.raises(MethodError, match="no random effects to draw"):
        ols.plot("random")
    with pytest.raises(MethodError, match="t intervals are exact"):
        ols.plot("profile")


def test_other_kinds_of_models_are_drawn_or_refused_with_a_reason():
    rng = np.random.default_rng(11)
    data = pd.DataFrame({"team": np.repeat(np.arange(20), 12), "time": np.tile(np.arange(4.0), 60)})
    data["person"] = np.repeat(np.arange(60), 4)
    data["arm"] = np.where(data["team"] < 10, "a", "b")
    data["y"] = rng.normal(size=240) + rng.normal(size=20)[data["team"]]
    data["answer"] = pd.cut(data["y"], 4, labels=False)
    ols = fit_ols("y ~ arm * time", data)
    variances = fit("y ~ arm + (1 | team)", data, residual_variance="arm")
    waves = fit("y ~ arm * time", data, residual_correlation="ar1(time | person)")
    ordered = fit("answer ~ arm + (1 | team)", data, family="ordinal")
    for m in (ols, variances, waves):
        np.testing.assert_allclose(np.sqrt(np.mean(m.plot(draws=2).data["residual"] ** 2)), 1, atol=0.08)
        assert m.plot("qq").alt
    assert ordered.plot("means", "arm").axes[0].get_ylabel() == "Location of answer, in log odds"
    assert len(ordered.plot("random").axes) == 1
    with pytest.raises(MethodError, match="no fitted mean and no residual"):
        ordered.plot("residuals")
    with pytest.raises(MethodError, match="Profile intervals are not available with a residual structure"):
        variances.plot("profile")
