"""The public fit: data types, missing rows, names, invariance, grids, predictions, influence."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from oracle_models import read_table

from dww_analysis.multilevel import fit, fit_ols
from dww_analysis.multilevel.formula.expression import parse, write

SAME = 1e-6  # the same model written differently: only the search's own precision


@pytest.fixture(scope="module")
def trial() -> pd.DataFrame:
    return read_table("07_cluster_trial", "main")


@pytest.fixture(scope="module")
def fitted(trial):
    return fit("y ~ condition * wave + (1 | org) + (1 | team) + (1 | person)", trial)


def near(found, expected, rtol=SAME, atol=1e-8):
    np.testing.assert_allclose(
        np.asarray(found, dtype=float), np.asarray(expected, dtype=float), rtol=rtol, atol=atol
    )


# ---- expressions -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("log( x )", "log(x)"), ("I(x ^2)", "I(x^2)"), ("I(a*b+ c)", "I(a * b + c)"), ("x**2", "x^2"),
        ("scale(x,center=FALSE)", "scale(x, center = FALSE)"), ("`a b`:c", "`a b`:c"), ("-x^2", "-x^2"),
        ("G.HRS + .x1", "G.HRS + .x1"), ("I((a - b) / 2)", "I((a - b)/2)"), ("a %in% b", "a %in% b"), ("1e-3", "1e-3"),
    ],
)  # fmt: skip
def test_expressions_are_written_as_r_does(text, written):
    assert write(parse(text)) == written


def test_precedence_is_that_of_r():
    assert parse("a + b:c * d") == parse("a + ((b:c) * d)").__class__("+", (parse("a"), parse("b:c * d")))
    assert parse("-x^2").kind == "-"
    assert parse("2^3^2").args[1] == parse("3^2")
    assert parse("1 + x | g").kind == "|"


# ---- data types --------------------------------------------------------------------------------------------------
def test_every_way_to_store_a_column_gives_the_same_fit(trial):
    formula = "y ~ condition * time + (1 | team) + (1 | person)"
    plain = fit(formula, trial)
    ways = {
        "object": lambda d: d.assign(
            condition=d["condition"].astype(str).astype(object), team=d["team"].astype(object)
        ),
        "string": lambda d: d.assign(
            condition=d["condition"].astype("string"), person=d["person"].astype("string")
        ),
        "nullable": lambda d: d.assign(y=d["y"].astype("Float64"), time=d["time"].astype("Int64")),
        "codes": lambda d: d.assign(
            team=d["team"].astype("category").cat.codes, person=pd.factorize(d["person"])[0]
        ),
        "unused level": lambda d: d.assign(condition=d["condition"].cat.add_categories(["placebo"])),
        "float32": lambda d: d.assign(time=d["time"].astype("float32")),
        "index": lambda d: d.set_index(np.arange(len(d))[::-1] * 3 + 7),
    }
    for name, change in ways.items():
        other = fit(formula, change(trial.copy()))
        assert other.design.x_names == plain.design.x_names, name
        near(other.solution.beta, plain.solution.beta)
        near(other.log_likelihood, plain.log_likelihood, 1e-9)


def test_logicals_are_named_as_in_r(trial):
    data = trial.assign(late=trial["time"] > 1)
    m = fit("y ~ late * condition + (1 | team)", data)
    assert m.design.x_names == (
        "(Intercept)",
        "lateTRUE",
        "conditionintervention",
        "lateTRUE:conditionintervention",
    )
    assert m.means("late")["late"].tolist() == [False, True]
    nullable = fit("y ~ late * condition + (1 | team)", data.assign(late=data["late"].astype("boolean")))
    near(nullable.solution.beta, m.solution.beta)
    as_number = fit("y ~ late * condition + (1 | team)", data.assign(late=data["late"].astype(int)))
    near(as_number.solution.beta, m.solution.beta)


def test_first_level_is_the_reference_and_strings_sort(trial):
    data = trial.assign(condition=trial["condition"].cat.reorder_categories(["intervention", "control"]))
    assert fit("y ~ condition + (1 | team)", data).design.x_names[1] == "conditioncontrol"
    data["condition"] = data["condition"].astype(str)
    assert fit("y ~ condition + (1 | team)", data).design.x_names[1] == "conditionintervention"


def test_missing_rows_are_dropped_and_counted(trial):
    data = trial.copy()
    data.loc[data.index[:7], "y"] = np.nan
    data.loc[data.index[5:10], "condition"] = None
    data["unrelated"] = np.nan
    m = fit("y ~ condition + (1 | team)", data)
    assert (m.n_obs, m.n_dropped) == (len(data) - 10, 10)
    assert m.missing == {"y": 7, "condition": 5}
    assert "10 dropped" in m.summary()
    assert m.frame.index.equals(data.index[10:])
    near(m.solution.beta, fit("y ~ condition + (1 | team)", data.iloc[10:]).solution.beta)


def test_the_data_are_left_alone(trial):
    before = trial.copy(deep=True)
    fit("y ~ condition * factor(time) + (1 | team)", trial).means("condition")
    pd.testing.assert_frame_equal(trial, before)


def test_what_happens_to_the_data_later_does_not_reach_the_fit(trial):
    weights, offset = np.ones(len(trial)), np.zeros(len(trial))
    theirs = trial.copy(deep=True)
    m = fit("y ~ condition * time + (1 | team)", theirs, weights=weights, offset=offset)
    residuals, robust = m.residuals, m.robust("org")
    theirs.loc[theirs.index[:9], ["y", "time"]] = 77
    theirs.loc[theirs.index[:9], "org"] = theirs["org"].iloc[-1]
    theirs["condition"] = "gone"
    weights[:], offset[:] = 5.0, 3.0
    again = fit("y ~ condition * time + (1 | team)", trial)
    for one in (m, again):
        near(one.residuals, residuals)
        near(one.robust("org")["std_error"], robust["std_error"])
        near(
            one.contrasts("condition", by="time")["estimate"],
            again.contrasts("condition", by="time")["estimate"],
        )
    near(m.influence("org")["change"], again.influence("org")["change"])
    near(m.refit(m.design.y).log_likelihood, again.log_likelihood)


def test_what_a_fit_hands_out_is_the_callers_own(trial):
    m = fit("y ~ condition + (1 | team)", trial)
    residuals, table, tests = m.residuals, m.coefficients(), m.anova()
    for array in (m.fitted, m.predict(), m.linear_predictor, m.theta, *m.hypotheses().values()):
        array += 1.0
    covariance, beta, frame = m.vcov(), m.fixed_effects, m.frame
    covariance.iloc[:] = 0.0
    beta.iloc[:] = 0.0
    m.conditional_covariances()["team"][:] = 0.0
    frame.loc[frame.index[0], "y"] = 99.0
    near(m.residuals, residuals)
    near(m.frame["y"], m.design.y)
    pd.testing.assert_frame_equal(m.coefficients(), table)
    pd.testing.assert_frame_equal(m.anova(), tests)
    assert (m.random_effects()["std_error"] > 0).all()


# ---- invariance --------------------------------------------------------------------------------------------------
def test_row_order_and_labels_do_not_matter(trial, fitted):
    shuffled = trial.sample(frac=1, random_state=3)
    shuffled["team"] = "unit " + shuffled["team"].astype(str).str[::-1]
    other = fit(fitted.formula, shuffled)
    near(other.coefficients()["estimate"], fitted.coefficients()["estimate"])
    near(other.coefficients()["df"], fitted.coefficients()["df"], 1e-4)
    near(other.robust("org")["std_error"], fitted.robust("org")["std_error"])


def test_nesting_written_in_three_ways(trial):
    data = trial.assign(
        team_in_org=trial.groupby("org", observed=True)["team"].transform(lambda t: pd.factorize(t)[0]),
    )
    one = fit("y ~ wave + (1 | org/team)", trial)
    two = fit("y ~ wave + (1 | org) + (1 | team)", trial)
    three = fit("y ~ wave + (1 | org/team_in_org)", data)
    for other in (two, three):
        near(other.log_likelihood, one.log_likelihood, 1e-9)
        near(
            sorted(other.variance_components()["estimate"]),
            sorted(one.variance_components()["estimate"]),
            1e-4,
        )
    assert one.n_groups == {"team:org": 40, "org": 10}


def test_type3_does_not_depend_on_the_coding(trial):
    formula = "y ~ condition * wave + (1 | team) + (1 | person)"
    m = fit(formula, trial)
    turned = trial.assign(
        condition=trial["condition"].cat.reorder_categories(["intervention", "control"]),
        wave=trial["wave"].cat.reorder_categories(["T2", "T0", "T3", "T1"]),
    )
    columns = ["num_df", "den_df", "statistic", "p_value"]
    near(fit(formula, turned).anova()[columns], m.anova()[columns], 1e-5)
    reversed_terms = fit("y ~ wave * condition + (1 | team) + (1 | person)", trial).anova().set_index("term")
    near(
        reversed_terms.loc["condition", columns], m.anova().set_index("term").loc["condition", columns], 1e-6
    )


def test_shift_and_scale(fitted, trial):
    other = fit(fitted.formula, trial.assign(y=100 * trial["y"] - 7))
    a, b = fitted.coefficients(), other.coefficients()
    near(b["estimate"][1:], 100 * a["estimate"][1:], 1e-5)
    near(b["p_value"], [other_p(b, 0), *a["p_value"][1:]], 1e-4, 1e-15)
    near(b["df"], a["df"], 1e-4)


def other_p(table, row):
    return table["p_value"][row]


def test_p_value_and_interval_agree(fitted):
    for df in ("kenward-roger", "satterthwaite", "between-within", "normal"):
        for level in (0.9, 0.99):
            table = fitted.coefficients(df=df, conf_level=level)
            excluded = (table["conf_low"] > 0) | (table["conf_high"] < 0)
            assert (excluded == (table["p_value"] < 1 - level)).all()


# ---- grids -------------------------------------------------------------------------------------------------------
def test_named_numbers_at_observed_values_and_others_at_their_mean(trial):
    m = fit("y ~ condition * time + age + (1 | team)", trial)
    means = m.means("condition", by="time")
    assert means["time"].unique().tolist() == sorted(trial["time"].unique().tolist())
    beta = m.fixed_effects
    expected = beta["(Intercept)"] + beta["age"] * m.frame["age"].mean() + 2 * beta["time"]
    near(means[(means["condition"] == "control") & (means["time"] == 2)]["estimate"], [expected], 1e-10)
    at = m.means("condition", at={"time": 1.5, "age": 30})
    assert len(at) == 2
    expected = beta["(Intercept)"] + beta["age"] * 30 + 1.5 * beta["time"]
    near(at["estimate"][0], expected, 1e-10)
    assert m.contrasts("time", at={"time": [0, 3]})["contrast"].tolist() == ["time0 - time3"]


def test_levels_that_are_not_named_count_equally(trial):
    m = fit("y ~ condition * wave + (1 | team)", trial)
    cells, margin = m.means("condition", by="wave"), m.means("condition")
    near(margin["estimate"], cells.groupby("condition", observed=True)["estimate"].mean(), 1e-10)
    assert m.means([]).shape[0] == 1
    as_factor = fit("y ~ condition * factor(time) + (1 | team)", trial)
    near(as_factor.means("condition")["estimate"], margin["estimate"], 1e-5)
    near(as_factor.means("time")["estimate"], m.means("wave")["estimate"], 1e-5)


def test_transforms_are_repeated_on_the_grid_and_on_new_rows(trial):
    m = fit("y ~ poly(time, 2) + scale(age) + (1 | team)", trial)
    raw = fit("y ~ time + I(time^2) + age + (1 | team)", trial)
    near(m.means("time")["estimate"], raw.means("time")["estimate"], 1e-6)
    near(m.predict(trial.iloc[::50]), raw.predict(trial.iloc[::50]), 1e-6)


def test_contrasts_are_differences_of_means_first_minus_second(fitted):
    means = fitted.means("condition", by="wave")
    table = fitted.contrasts("condition", by="wave")
    wide = means.pivot(index="wave", columns="condition", values="estimate")
    near(table["estimate"], wide["control"] - wide["intervention"], 1e-10)
    assert table["contrast"].unique().tolist() == ["control - intervention"]
    assert (table["p_adjusted"] >= table["p_value"]).all()
    assert (fitted.contrasts("condition", by="wave", adjust="none")["p_adjusted"] == table["p_value"]).all()
    assert len(fitted.contrasts("wave")) == 6
    assert len(fitted.contrasts(["condition", "wave"])) == 28


# ---- hypotheses --------------------------------------------------------------------------------------------------
def test_a_hypothesis_may_be_given_in_five_ways(fitted):
    names = fitted.design.x_names
    terms = [n for n in names if ":" in n]
    L = np.zeros((3, len(names)))
    for row, term in enumerate(terms):
        L[row, names.index(term)] = 1
    expected = fitted.test(L)
    for way in (terms, pd.DataFrame(L, columns=list(names)), L.tolist()):
        near(fitted.test(way).statistic, expected.statistic, 1e-12)
    one = fitted.test({terms[0]: 1, terms[1]: -1})
    near(one.statistic, fitted.linear({terms[0]: 1, terms[1]: -1})["statistic"][0] ** 2, 1e-8)
    near(expected["p"], expected.p_value, 0)
    near(fitted.anova().iloc[2]["statistic"], expected.F, 1e-8)


# ---- prediction, influence, least squares ------------------------------------------------------------------------
def test_predictions_for_known_and_new_groups(fitted, trial):
    rows = trial.iloc[[0, 100, 500]].copy()
    near(fitted.predict(rows), fitted.predict()[[0, 100, 500]], 1e-10)
    new = rows.assign(org="new", team="new", person="new")
    near(fitted.predict(new), fitted.predict(rows, population=True), 1e-10)
    modes = fitted.random_effects().set_index(["group", "level"])["estimate"]
    part = rows.assign(team="new", person="new")
    added = [modes["org", str(level)] for level in rows["org"]]
    near(fitted.predict(part), fitted.predict(rows, population=True) + added, 1e-10)


def test_predictions_with_random_slopes_and_interaction_groups(trial):
    m = fit("y ~ time + (time | team) + (1 | team:wave)", trial)
    near(m.predict(trial), m.fitted, 1e-10)
    near(m.predict(trial.assign(wave=trial["wave"].astype(str))), m.fitted, 1e-10)


def test_new_rows_may_be_none_logical_or_bring_their_offset(trial):
    treated = trial.assign(treated=(trial["condition"] == "intervention") * 1)
    m = fit("y ~ treated + (1 | team)", treated)
    near(m.predict(treated.assign(treated=treated["treated"] == 1)), m.fitted)
    near(m.predict(treated.assign(treated=(treated["treated"] == 1).astype("boolean"))), m.fitted)
    assert m.predict(treated.iloc[:0]).shape == (0,)
    near(m.predict(treated, offset="time"), m.fitted + trial["time"])


def test_offsets_follow_into_predictions(trial):
    data = trial.assign(known=trial["age"] / 50)
    inside = fit("y ~ condition + offset(known) + (1 | team)", data)
    beside = fit("y ~ condition + (1 | team)", data, offset="known")
    near(inside.log_likelihood, beside.log_likelihood, 1e-10)
    near(inside.predict(data), beside.predict(data), 1e-8)
    near(inside.means("condition")["estimate"], beside.means("condition")["estimate"], 1e-6)


def test_influence_is_the_refit_without_the_level(trial):
    m = fit("y ~ condition + time + (1 | team)", trial)
    table = m.influence("team")
    assert len(table) == 40 * 3
    one = table[table["level"] == table["level"].iloc[0]]
    without = fit(m.formula, trial[trial["team"].astype(str) != one["level"].iloc[0]])
    near(one["estimate"], without.solution.beta, 1e-5)
    near(one["change"], without.solution.beta - m.solution.beta, 1e-3, 1e-6)
    assert one["n_left_out"].iloc[0] == m.n_obs - without.n_obs
    assert (table["status"] == "refitted").all()


def test_influence_says_where_the_rest_cannot_carry_the_model(trial):
    data = trial[trial["org"].isin(trial["org"].unique()[:3])].copy()
    data["only"] = (data["org"] == data["org"].iloc[0]) * data["age"]
    table = fit("y ~ only + (1 | team)", data).influence("org")
    lost = table[table["level"] == str(data["org"].iloc[0])]
    assert lost["estimate"].isna().all()
    assert lost["status"].str.contains("zero throughout").all()


@pytest.mark.parametrize("separate", [False, True], ids=["weights", "separate variances"])
def test_cr2_agrees_with_brute_force(trial, separate):
    """Dense matrices, straight from the definition of Pustejovsky & Tipton (2018)."""
    data = trial[trial["org"].isin(trial["org"].unique()[:5])]
    settings = {"residual_variance": "condition"} if separate else {"weights": 1 + (np.arange(len(data)) % 3)}
    m = fit("y ~ condition * time + (time | team)", data, **settings)
    X, n = m.design.X, m.n_obs
    V = np.diag(m.solution.extra.residual_row_variances if separate else m.sigma**2 / m.design.weights)
    for r, term in enumerate(m.design.random):
        Z = np.zeros((n, term.n_levels, 2))
        Z[np.arange(n), term.codes] = term.Z
        V += np.einsum("ila,ab,jlb->ij", Z, m.solution.covariance(r), Z)
    W = np.linalg.inv(V)
    M = np.linalg.inv(X.T @ W @ X)
    residual = m.design.y - X @ m.solution.beta
    hat = X @ M @ X.T @ W
    clusters = pd.factorize(m.frame["team"])[0]
    meat, g = np.zeros_like(M), []
    for c in np.unique(clusters):
        i = np.flatnonzero(clusters == c)
        D = np.linalg.cholesky(V[np.ix_(i, i)]).T
        keep = np.eye(n)[i] - hat[i]
        values, vectors = np.linalg.eigh(D @ keep @ V @ keep.T @ D.T)
        A = D.T @ (vectors / np.sqrt(values) @ vectors.T) @ D
        part = X[i].T @ W[np.ix_(i, i)] @ A
        score = part @ residual[i]
        meat += np.outer(score, score)
        g.append(M @ part @ keep)
    inference = m.robust_inference("team")
    near(inference.vcov, M @ meat @ M, 1e-6)
    rows = np.array([one[3] for one in g])
    P = rows @ V @ rows.T
    near(inference.df(np.eye(4))[3], np.trace(P) ** 2 / (P**2).sum(), 1e-6)


def test_least_squares_is_that_of_closed_form(trial):
    m = fit_ols("y ~ condition + age", trial, weights=1 + (np.arange(len(trial)) % 2))
    w = m.design.weights
    X, y = m.design.X, m.design.y
    beta = np.linalg.solve(X.T @ (X * w[:, None]), X.T @ (y * w))
    near(m.solution.beta, beta, 1e-10)
    s2 = (w * (y - X @ beta) ** 2).sum() / (len(y) - 3)
    near(m.vcov(), s2 * np.linalg.inv(X.T @ (X * w[:, None])), 1e-8)
    assert set(m.coefficients()["df_method"]) == {"residual"}
    assert m.coefficients()["df"].unique().tolist() == [len(y) - 3]
    assert m.variance_components()["group"].tolist() == ["Residual"]
    near(m.fitted + m.residuals, y, 1e-12)


# ---- printing and import -----------------------------------------------------------------------------------------
def test_summary_says_what_a_reader_must_know(fitted):
    text = str(fitted)
    for part in (
        "REML",
        "997",
        "org 10, team 40, person 284",
        "Converged",
        "conditionintervention:waveT3",
        "kenward-roger",
    ):
        assert part in text
    assert "997 rows" in repr(fitted)


def test_import_needs_no_heavy_package():
    code = (
        "import sys, dww_analysis.multilevel;"
        "print([m for m in ('scipy.stats','statsmodels','numba','matplotlib','pingouin') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


# ---- every question to every kind of model -----------------------------------------------------------------------
KINDS = {
    "gaussian": ("y ~ condition * wave + (1 | team) + (1 | person)", {}),
    "ml": ("y ~ condition * wave + (time | team)", {"method": "ML"}),
    "binomial": ("high ~ condition * wave + (1 | team)", {"family": "binomial"}),
    "poisson": ("count ~ condition + time + (1 | team)", {"family": "poisson"}),
    "variances": ("y ~ condition * time + (1 | team)", {"residual_variance": "condition"}),
    "ar1": ("y ~ condition * time", {"residual_correlation": "ar1(time | person)"}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_model_answers(trial, kind):
    formula, settings = KINDS[kind]
    data = trial[trial["org"].isin(trial["org"].unique()[:5])]
    data = data.assign(high=(data["y"] > 3.2) * 1, count=np.round(data["y"] * 2).clip(lower=0))
    m = fit(formula, data, **settings)
    for df in (None, "normal", "between-within"):
        table = m.coefficients(df)
        assert table.columns.tolist() == [
            "term", "estimate", "std_error", "df", "statistic", "p_value", "conf_low", "conf_high", "df_method",
        ]  # fmt: skip
        assert table.notna().all().all()
    assert m.anova()["p_value"].between(0, 1).all()
    assert m.contrasts("condition")["p_value"].notna().all()
    assert {"group", "level", "term", "estimate", "std_error"} == set(m.random_effects().columns)
    near(m.fitted + m.residuals, m.design.y)
    near(m.predict(data.head(5), type="response"), m.fitted[:5])
    assert 0 <= m.r2()["marginal"] <= m.r2()["conditional"] <= 1
    Y = m.simulate(2, rng=1)
    assert Y.shape == (m.n_obs, 2)
    np.testing.assert_array_equal(Y, m.simulate(2, rng=1))
    many = m.refit_many(Y)
    near(many.estimate[1], m.refit(Y[:, 1]).solution.beta, 1e-3, 1e-5)
    limits = m.bootstrap(4, rng=2)
    assert (limits["conf_low"] <= limits["conf_high"]).all()
    assert len(m.influence("org")) == 5 * len(m.design.x_names)
    assert m.summary()


def test_long_codes_stay_apart(trial):
    """Sixteen digits and more do not fit a float; two persons must not become one."""
    number = pd.Series(pd.factorize(trial["person"])[0], index=trial.index)
    expected = fit("y ~ time + (1 | person)", trial).log_likelihood
    for kind in ("int64", "Int64"):
        m = fit("y ~ time + (1 | code)", trial.assign(code=(9_000_000_000_000_000_000 + number).astype(kind)))
        assert m.n_groups == {"code": trial["person"].nunique()}
        near(m.log_likelihood, expected, 1e-10)


def test_the_order_of_a_crossed_group_does_not_matter_for_nesting(trial):
    large = fit("y ~ time + (1 | team/time)", trial)  # names the group time:team
    small = fit("y ~ time + (1 | team:time)", trial)
    assert small.compare(large)["mixture"].iloc[1] == "0.5 chi2(0) + 0.5 chi2(1)"


def test_labels_of_residual_variances_and_adjustments(trial):
    m = fit(
        "y ~ condition * time + (1 | team)",
        trial.assign(wave=trial["time"].astype(int)),
        residual_variance="wave",
    )
    levels = [str(int(t)) for t in sorted(trial["time"].unique())]
    assert m.variance_components().query("group == 'Residual'")["term_1"].tolist() == levels
    table = m.contrasts("condition", by="time", adjust="FDR")
    assert set(table["adjust_method"]) == {"bh"}


def test_refits_by_term(trial):
    m = fit("y ~ condition * time + (1 | team)", trial)
    found = m.refit_many(m.simulate(3, 1))
    table = found.term("time")
    near(table["p_value"], found.p_value[:, 2])
    assert len(table) == 3 and table["converged"].all()
    assert "3 responses, 3 converged" in repr(found)
