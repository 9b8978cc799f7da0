"""What the engine refuses, and that each message names what was found and what to do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dww_analysis.multilevel import (
    DesignError,
    FormulaError,
    MethodError,
    MultilevelError,
    NotEstimableError,
    fit,
    fit_ols,
)


@pytest.fixture
def data() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    n = 96
    frame = pd.DataFrame(
        {
            "org": np.repeat(np.arange(4), 24),
            "team": np.repeat(np.arange(12), 8),
            "person": np.repeat(np.arange(48), 2),
            "wave": np.tile([0, 1], 48),
            "x": rng.normal(size=n),
            "w": rng.uniform(1, 2, n),
        }
    )
    frame["arm"] = np.where(frame["team"] % 2 == 0, "control", "intervention")
    frame["y"] = (
        rng.normal(size=n) + rng.normal(size=12)[frame["team"]] + rng.normal(size=48)[frame["person"]]
    )
    return frame


REFUSED = [
    # formula, change of the data, error, words of the message
    ("y ~ arm + (1 | taem)", {}, FormulaError, "'taem'.*Did you mean team"),
    ("y ~ arm + (1 | team", {}, FormulaError, "closing bracket"),
    ("y ~ arm + 1 | team", {}, FormulaError, "brackets"),
    ("~ arm + (1 | team)", {}, FormulaError, "outcome"),
    ("y arm", {}, FormulaError, "cannot be read"),
    ("y ~ . + (1 | team)", {}, FormulaError, "all other columns"),
    ("y ~ Q('x y') + (1 | team)", {}, FormulaError, "backticks"),
    ("y ~ splines(x) + (1 | team)", {}, FormulaError, r"splines\(\) is not supported"),
    ("y ~ x + 2 + (1 | team)", {}, FormulaError, "number 2"),
    ("y ~ x == 1 + (1 | team)", {}, FormulaError, "I()"),
    ("y ~ y + (1 | team)", {}, FormulaError, "also a predictor"),
    ("y ~ x * (1 | team)", {}, FormulaError, r"added with '\+'"),
    ("y ~ x + (0 | team)", {}, FormulaError, "has no column"),
    ("y ~ x + (1 | team + org)", {}, FormulaError, "one random term per group"),
    ("y ~ log(arm) + (1 | team)", {}, FormulaError, "categorical"),
    ("y ~ arm + k + (1 | team)", {"k": "only"}, DesignError, "one level only"),
    ("y ~ arm + (1 | g)", {"g": "one"}, DesignError, "Group g has one level"),
    ("y ~ arm + (1 | g)", {"g": lambda d: np.arange(len(d))}, DesignError, "96 levels for 96 rows"),
    ("y ~ arm + (wave | person)", {}, DesignError, "96 random effects for 96 rows"),
    ("y ~ arm + (1 | team) + (1 | team)", {}, DesignError, "two terms"),
    ("y ~ arm + (1 | team) + (x | team)", {}, DesignError, "two terms"),
    ("y ~ arm + (1 | team) + (1 | copy)",
     {"copy": lambda d: "t" + d["team"].astype(str)}, DesignError, "in the same way"),
    ("y ~ arm + (1 | arm)", {}, DesignError, "each of the 2 levels of arm"),
    ("y ~ x + factor(org) + (x | org) + (1 | team)", {}, DesignError, "Intercept. for each of the 4 levels of org"),
    ("y ~ x * factor(org) + (0 + x | org) + (1 | team)", {}, DesignError, "effect of x for each"),
    ("y ~ arm + (x + z | team)", {"z": lambda d: 2 * d["x"]}, DesignError, "within team.*combination"),
    ("y ~ arm + (1 | team)", {"y": 2.0}, DesignError, "no variation"),
    ("y ~ arm + (1 | team)", {"y": "high"}, DesignError, "categorical"),
    ("y ~ x + (1 | team)", {"x": lambda d: d["x"].where(d.index != 3, np.inf)}, DesignError, "'x' is infinite in 1"),
    ("y ~ x + (1 | team)", {"y": lambda d: d["y"].where(d.index != 3, -np.inf)}, DesignError, "'y' is infinite"),
    ("y ~ log(x) + (1 | team)", {}, DesignError, "infinite or not a number"),
    ("y ~ x + (1 | team)", {"x": np.nan}, DesignError, "No row is complete"),
    ("y ~ when + (1 | team)", {"when": pd.Timedelta(days=1)}, DesignError, "'when' has type"),
    ("y ~ 0 + (1 | team)", {}, DesignError, "no fixed effect"),
    ("y ~ arm + wave", {}, MultilevelError, "random term"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("formula", "change", "error", "words"), REFUSED, ids=[f"{r[0]}-{i}" for i, r in enumerate(REFUSED)]
)
def test_refused(data, formula, change, error, words):
    for name, value in change.items():
        data[name] = value(data) if callable(value) else value
    with pytest.raises(error, match=words):
        fit(formula, data)


def test_empty_data_and_wrong_types(data):
    with pytest.raises(DesignError, match="no rows"):
        fit("y ~ x + (1 | team)", data.iloc[:0])
    with pytest.raises(DesignError, match="data frame"):
        fit("y ~ x + (1 | team)", data.to_dict("list"))
    with pytest.raises(FormulaError, match="text"):
        fit(None, data)


def test_random_effects_beside_fixed_ones_of_the_same_group(data):
    for formula in ("y ~ factor(org) + (1 | team)", "y ~ factor(org) + x + (0 + x | org)"):
        assert fit(formula, data).n_obs == len(data)


def test_weights_and_offsets(data):
    with pytest.raises(DesignError, match="negative in 1 of 96"):
        fit("y ~ x + (1 | team)", data, weights=np.r_[-1.0, np.ones(95)])
    with pytest.raises(DesignError, match="one number for each of the 96"):
        fit("y ~ x + (1 | team)", data, weights=np.ones(5))
    with pytest.raises(DesignError, match="another index"):
        fit("y ~ x + (1 | team)", data, offset=pd.Series(np.ones(96), index=np.arange(96) + 1))
    with pytest.raises(FormulaError, match="'ww'"):
        fit("y ~ x + (1 | team)", data, weights="ww")


def test_unknown_choices_list_the_known_ones(data):
    for settings, words in (
        ({"method": "reml"}, "REML, ML"),
        ({"family": "gamma"}, "gaussian, binomial, poisson"),
        ({"quadrature": 9}, "Quadrature"),
    ):
        with pytest.raises(MethodError, match=words):
            fit("y ~ x + (1 | team)", data, **settings)
    m = fit("y ~ x + arm + (1 | team)", data)
    with pytest.raises(MethodError, match="kenward-roger, satterthwaite, between-within, normal"):
        m.coefficients(df="kr")
    with pytest.raises(MethodError, match="none, holm"):
        m.contrasts("arm", adjust="scheffe")
    with pytest.raises(MethodError, match="CR0, CR1, CR1S, CR2"):
        m.robust("team", kind="HC3")
    with pytest.raises(MethodError, match="conf_level"):
        m.coefficients(conf_level=95)


def test_named_methods_that_do_not_apply_are_never_replaced(data):
    ml = fit("y ~ x + (1 | team)", data, method="ML")
    assert set(ml.coefficients()["df_method"]) == {"satterthwaite"}
    for ask in (
        lambda: ml.coefficients("kenward-roger"),
        lambda: ml.vcov(adjusted=True),
        lambda: ml.anova("kenward-roger"),
    ):
        with pytest.raises(MethodError, match="REML"):
            ask()
    crossed = fit("y ~ x + (1 | team) + (1 | wave:org)", data)
    with pytest.raises(MethodError, match="crosses"):
        crossed.coefficients("between-within")
    binary = fit("z ~ x + (1 | team)", data.assign(z=(data["y"] > 0) * 1), family="binomial")
    assert set(binary.coefficients()["df_method"]) == {"normal"}
    for method in ("kenward-roger", "satterthwaite"):
        with pytest.raises(MethodError, match="Gaussian"):
            binary.coefficients(method)
    with pytest.raises(MethodError, match="Gaussian"):
        binary.robust("team")


def test_robust_clusters_must_hold_whole_random_groups(data):
    m = fit("y ~ arm + (1 | org) + (1 | team)", data)
    with pytest.raises(MethodError, match=r"team lies inside the random grouping org.*Cluster by org"):
        m.robust("team")
    with pytest.raises(MethodError, match="crosses the random grouping team"):
        fit("y ~ arm + (1 | team)", data).robust("wave")
    with pytest.raises(FormulaError, match="'orgg'"):
        m.robust("orgg")
    holes = data.assign(region=data["org"].where(data["org"] > 0))
    with pytest.raises(DesignError, match="missing in 24 of the 96"):
        fit("y ~ arm + (1 | team)", holes).robust("region")


def test_contrasts_that_are_not_estimable(data):
    m = fit("y ~ arm * wave + x + (1 | team)", data)
    with pytest.raises(NotEstimableError, match="'team' is not a predictor"):
        m.means("team")
    with pytest.raises(NotEstimableError, match="96 distinct values"):
        m.means("x")
    with pytest.raises(NotEstimableError, match="no level placebo"):
        m.means("arm", at={"arm": ["placebo"]})
    with pytest.raises(NotEstimableError, match="5 fixed effects"):
        m.test([1.0, 0.0])
    with pytest.raises(NotEstimableError, match="independent"):
        m.test([[0, 1.0, 0, 0, 0], [0, 2.0, 0, 0, 0]])
    with pytest.raises(FormulaError, match="not a fixed effect"):
        m.test("armplacebo")
    with pytest.raises(MethodError, match="two means"):
        m.contrasts("arm", at={"arm": ["control"]})


def test_new_data_must_be_known(data):
    m = fit("y ~ arm + x + (1 | team)", data)
    with pytest.raises(DesignError, match="does not know in 2 new rows; it knows control, intervention"):
        m.predict(pd.DataFrame({"arm": ["placebo"] * 2, "x": 0.0, "team": 1}))
    with pytest.raises(DesignError, match="missing in 1 of 2"):
        m.predict(pd.DataFrame({"arm": ["control", None], "x": 0.0, "team": 1}))
    with pytest.raises(FormulaError, match="'team'"):
        m.predict(pd.DataFrame({"arm": ["control"], "x": 0.0}))
    with pytest.raises(DesignError, match="shape"):
        m.refit(np.ones(3))


def test_binomial_and_poisson_outcomes(data):
    with pytest.raises(DesignError, match=r"0\.\.1"):
        fit("y ~ x + (1 | team)", data, family="binomial")
    with pytest.raises(DesignError, match="counts"):
        fit("y ~ x + (1 | team)", data, family="poisson")
    with pytest.raises(DesignError, match="not whole"):
        fit("s ~ x + (1 | team)", data.assign(s=0.3 + 0.1 * data["wave"]), family="binomial")
    with pytest.raises(DesignError, match="family='binomial'"):
        fit("cbind(wave, org) ~ x + (1 | team)", data)
    with pytest.raises(DesignError, match="no trials"):
        fit("cbind(wave, org) ~ x + (1 | team)", data, family="binomial")


def test_least_squares_takes_no_random_terms(data):
    with pytest.raises(FormulaError, match="use fit"):
        fit_ols("y ~ x + (1 | team)", data)
    m = fit_ols("y ~ x", data)
    with pytest.raises(MethodError, match="OLS"):
        m.coefficients("kenward-roger")


def test_messages_hold_no_answers_or_identifiers(data):
    data["person"] = "jan.jansen"
    data.loc[5, "x"] = np.inf
    with pytest.raises(DesignError) as caught:
        fit("y ~ x + (1 | team)", data)
    assert "jansen" not in str(caught.value)


UNUSABLE = [
    # what is asked of the fit, error, words of the message
    (lambda m: m.profile(95), MethodError, "conf_level"),
    (lambda m: m.bootstrap(2, 1, conf_level=0), MethodError, "conf_level"),
    (lambda m: m.bootstrap(2.5, 1), MethodError, "bootstrap draws is a whole number from 1"),
    (lambda m: m.simulate(-1, 1), MethodError, "whole number from 0"),
    (lambda m: m.means("arm", at={"x": "high"}), DesignError, "x is numeric"),
    (lambda m: m.means("arm", at={"x": [0, np.nan]}), NotEstimableError, "missing or infinite"),
    (lambda m: m.means("arm", at={"arm": []}), NotEstimableError, "names no value"),
    (lambda m: m.test([[0, 1, 0], [1]]), DesignError, "numbers only"),
    (lambda m: m.test([0, 1, 0])["power"], KeyError, "power"),
    (lambda m: m.influence(["team", "org"]), DesignError, "one group by name"),
    (lambda m: m.refit(["low"] * 96), DesignError, "numbers only"),
    (lambda m: m.refit_many(m.simulate(1, 1)).term("z"), FormulaError, "'z' is not a fixed effect"),
    (lambda m: m.refit(m.frame["y"].iloc[::-1]), DesignError, "another index"),
    (lambda m: m.refit_many(m.frame[["y", "x"]].set_index("x")), DesignError, "another index"),
    (lambda m: m.refit_many(np.ones((5, 2))), DesignError, r"shape \(5, 2\)"),
    (
        lambda m: m.refit_many(np.full((96, 1), np.nan)),
        DesignError,
        "in 1 of 1",
    ),
    (lambda m: m.predict({"arm": ["control"]}), DesignError, "data frame"),
    (lambda m: m.predict(m.frame.iloc[0]), DesignError, r"iloc\[\[0\]\]"),
    (lambda m: m.predict(m.frame.assign(x="high")), DesignError, "x is a number in the model"),
    (lambda m: m.predict(m.frame, offset=np.full(96, np.nan)), DesignError, "missing or infinite in 96"),
    (lambda m: m.predict(m.frame, offset="shift"), FormulaError, "'shift'"),
]


@pytest.mark.parametrize(("ask", "error", "words"), UNUSABLE, ids=[str(i) for i in range(len(UNUSABLE))])
def test_what_a_fit_cannot_use_is_named(data, ask, error, words):
    m = fit("y ~ x + arm + (1 | team)", data)
    with pytest.raises(error, match=words):
        ask(m)


def test_memory_is_a_number(data):
    for memory in ("1 GB", -1, None):
        with pytest.raises(MethodError, match="positive number of bytes"):
            fit("y ~ x + (1 | team)", data, max_memory=memory)
    assert fit("y ~ x + (1 | team)", data, max_memory=np.int64(10**9)).converged


def test_columns_that_cannot_be_refitted_are_named_in_every_family(data):
    binary = fit("z ~ x + (1 | team)", data.assign(z=(data["y"] > 0) * 1), family="binomial")
    for m in (fit("y ~ x + (1 | team)", data), binary):
        Y = m.simulate(3, 1)
        Y[4, 1] = np.nan
        with pytest.raises(DesignError, match=r"in 1 of 3 columns \(positions from 0: 1\)"):
            m.refit_many(Y)


def test_an_outcome_that_groups_explain_without_rest_is_refused():
    team = np.repeat(np.arange(20), 6)
    level = np.random.default_rng(0).normal(size=20)
    data = pd.DataFrame({"team": team, "climate": 2.0 * level[team]})
    with pytest.raises(DesignError, match="climate without rest"):
        fit("climate ~ 1 + (1 | team)", data)
