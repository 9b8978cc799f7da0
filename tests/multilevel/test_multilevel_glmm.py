"""Generalised mixed models against lme4 (oracles, oracles_extra/generalised/make.R) and brute force."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import binom, norm

from dww_analysis.multilevel import fit
from dww_analysis.multilevel.errors import DesignError, MethodError
from dww_analysis.multilevel.formula.design import build_design
from dww_analysis.multilevel.generalised.families import BINOMIAL, POISSON
from dww_analysis.multilevel.generalised.laplace import Laplace
from dww_analysis.multilevel.generalised.quadrature import Quadrature
from dww_analysis.multilevel.generalised.solve import solve_generalised

ESTIMATE = 1e-4  # lme4's derivative-free search (oracle README)
STANDARD_ERROR = 1e-3  # lme4's finite-difference Hessian (oracle README)
LOG_LIKELIHOOD = 1e-6  # absolute (oracle README)
MODES = 1e-4  # oracle README
GRADIENT = 1e-5  # central differences of a deviance of some hundreds
FLOOR = 1e-8

TESTS = Path(__file__).parents[1]
EXTRA = TESTS / "oracles_extra" / "generalised"
EXPECTED = json.loads((EXTRA / "expected.json").read_text())


def oracle(case: str) -> tuple[dict, pd.DataFrame]:
    folder = TESTS / "oracles" / case
    stored = json.loads((folder / "oracle.json").read_text())
    data = pd.read_csv(folder / "data.csv")
    for name, column in stored["data"]["columns"].items():
        if column["type"] == "factor":
            data[name] = pd.Categorical(data[name].astype(str), categories=column["levels"])
    return stored["models"], data


@pytest.fixture(scope="module")
def cbpp() -> tuple[dict, pd.DataFrame]:
    models, data = oracle("06_cbpp")
    return models, data.assign(obs=np.arange(1, len(data) + 1).astype(str))


def matrix(stored: dict) -> np.ndarray:
    return np.array(stored["values"], dtype=float).reshape(len(stored["rows"]), -1)


def fixed(stored: dict, what: str) -> np.ndarray:
    return np.array([row[what] for row in stored["ml"]["fixed"]])


def check_estimates(m, stored: dict) -> None:
    assert m.converged and bool(m.boundary) == stored["ml"]["singular"]
    assert m.log_likelihood == pytest.approx(stored["ml"]["logLik"], abs=LOG_LIKELIHOOD)
    table = m.coefficients()
    assert list(table["term"]) == [row["term"] for row in stored["ml"]["fixed"]]
    assert set(table["df_method"]) == {"normal"} and np.isinf(table["df"]).all()
    np.testing.assert_allclose(table["estimate"], fixed(stored, "estimate"), rtol=ESTIMATE)
    np.testing.assert_allclose(table["std_error"], fixed(stored, "se"), rtol=STANDARD_ERROR)
    np.testing.assert_allclose(table["statistic"], fixed(stored, "z"), rtol=STANDARD_ERROR)
    np.testing.assert_allclose(
        m.solution.vcov, matrix(stored["ml"]["vcov"]), rtol=2 * STANDARD_ERROR, atol=1e-6
    )
    np.testing.assert_allclose(
        m.solution.extra.vcov_rx, matrix(stored["ml"]["vcov_rx"]), rtol=2 * STANDARD_ERROR, atol=1e-6
    )
    components = m.variance_components()
    for row in stored["ml"]["varcomp"]:
        mine = components[components["group"] == row["group"]]
        np.testing.assert_allclose(mine["estimate"], row["value"], rtol=ESTIMATE, atol=FLOOR)
    limits = {row["term"]: row for row in stored["ci_wald"]["rows"]}
    np.testing.assert_allclose(
        table["conf_low"], [limits[t]["lower"] for t in table["term"]], rtol=STANDARD_ERROR
    )


CBPP = {
    "laplace": ("cbind(incidence, size - incidence) ~ period + (1 | herd)", 1),
    "agq9": ("cbind(incidence, size - incidence) ~ period + (1 | herd)", 9),
    "agq25": ("cbind(incidence, size - incidence) ~ period + (1 | herd)", 25),
    "overdispersion_olre": ("cbind(incidence, size - incidence) ~ period + (1 | herd) + (1 | obs)", 1),
}


@pytest.mark.oracle
@pytest.mark.parametrize("name", CBPP)
def test_cbpp_models_are_those_of_glmer(cbpp, name):
    models, data = cbpp
    formula, quadrature = CBPP[name]
    m = fit(formula, data, family="binomial", quadrature=quadrature)
    check_estimates(m, models[name])
    np.testing.assert_allclose(m.fitted[:10], models[name]["fitted_head"], rtol=MODES)


@pytest.mark.oracle
@pytest.mark.parametrize("name", ["agq9", "agq25", "overdispersion_olre"])
def test_cbpp_conditional_modes(cbpp, name):
    # The stored modes of "laplace" belong to another theta than the stored fit (its fitted values do not follow from
    # them), so that model's modes are tested through its fitted values above.
    models, data = cbpp
    formula, quadrature = CBPP[name]
    table = fit(formula, data, family="binomial", quadrature=quadrature).random_effects()
    for group, stored in models[name]["ranef"].items():
        mine = table[table["group"] == group].set_index("level").loc[stored["levels"]]
        np.testing.assert_allclose(mine["estimate"], np.ravel(stored["mode"]), rtol=MODES, atol=1e-6)
        np.testing.assert_allclose(mine["std_error"] ** 2, np.ravel(stored["cond_var"]), rtol=MODES)


@pytest.mark.oracle
def test_cbpp_means_on_both_scales(cbpp):
    models, data = cbpp
    m = fit(CBPP["laplace"][0], data, family="binomial")
    for scale in ("link", "response"):
        stored = models["laplace"]["emmeans"][scale]
        means = m.means("period", type=scale)
        key = "emmean" if scale == "link" else "prob"
        np.testing.assert_allclose(means["estimate"], [r[key] for r in stored["means"]], rtol=ESTIMATE)
        np.testing.assert_allclose(
            means["std_error"], [r["se"] for r in stored["means"]], rtol=STANDARD_ERROR
        )
        np.testing.assert_allclose(
            means["conf_low"], [r["lower"] for r in stored["means"]], rtol=STANDARD_ERROR
        )
    contrasts = m.contrasts("period", adjust="holm")
    stored_pairs = models["laplace"]["emmeans"]["link"]["contrasts"]
    np.testing.assert_allclose(
        contrasts["estimate"], [r["estimate"] for r in stored_pairs], rtol=ESTIMATE, atol=1e-5
    )
    np.testing.assert_allclose(contrasts["p_adjusted"], [r["p_holm"] for r in stored_pairs], rtol=0.01)


@pytest.mark.oracle
def test_cbpp_intraclass_correlation_and_r2(cbpp):
    models, data = cbpp
    for name in ("laplace", "overdispersion_olre"):
        m = fit(CBPP[name][0], data, family="binomial")
        for key, value in models[name]["icc"].items():
            assert m.icc()[key] == pytest.approx(value, rel=STANDARD_ERROR)
        for key, value in models[name]["r2_nakagawa"].items():
            assert m.r2()[key] == pytest.approx(value, rel=STANDARD_ERROR)


@pytest.mark.oracle
def test_stepped_wedge_yes_no_outcome():
    models, data = oracle("08_stepped_wedge")
    stored = models["binary_event"]
    m = fit(stored["formula"], data, family="binomial")
    check_estimates(m, stored)
    np.testing.assert_allclose(m.fitted[:10], stored["fitted_head"], rtol=MODES)


@pytest.mark.parametrize("name", EXPECTED["models"])
def test_further_models_are_those_of_glmer(name):
    stored = EXPECTED["models"][name]
    data = pd.read_csv(EXTRA / stored["data"])
    if "trt" in data:
        data["trt"] = pd.Categorical(data["trt"], categories=["placebo", "drug", "drug+"])
        data["present"] = (data["y"] == "y").astype(int)
    if "arm" in data:
        data["arm"] = pd.Categorical(data["arm"], categories=["new", "old"])
    formula = stored["formula"].replace("((1 | person) + (0 + hard | person))", "(1 + hard || person)")
    m = fit(formula, data, family=stored["family"], quadrature=stored["quadrature"])
    assert m.converged
    assert m.log_likelihood > stored["logLik"] - LOG_LIKELIHOOD  # glmer may stop short of the top
    assert m.log_likelihood == pytest.approx(stored["logLik"], abs=10 * LOG_LIKELIHOOD)
    table = m.coefficients().set_index("term").loc[stored["terms"]]
    np.testing.assert_allclose(
        table["estimate"], stored["estimate"], rtol=ESTIMATE, atol=2e-4 * table["std_error"].max()
    )
    np.testing.assert_allclose(table["std_error"], stored["se"], rtol=STANDARD_ERROR)
    rx = np.sqrt(np.diag(m.solution.extra.vcov_rx))
    order = [m.design.x_names.index(t) for t in stored["terms"]]
    np.testing.assert_allclose(rx[order], stored["se_rx"], rtol=STANDARD_ERROR)
    np.testing.assert_allclose(m.fitted[:8], stored["fitted"], rtol=1e-3)
    components = m.variance_components()
    mine = sorted(components.loc[components["term_2"].isna(), "estimate"])
    theirs = sorted(row["vcov"] for row in stored["varcomp"] if row.get("var2") is None)
    np.testing.assert_allclose(mine, theirs, rtol=1e-3)


# ---- brute force
@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    person = np.repeat(np.arange(60), 4)
    frame = pd.DataFrame({"person": person, "wave": np.tile(np.arange(4), 60), "x": rng.normal(size=240)})
    frame["team"], frame["org"] = person // 6, person // 24
    frame["rater"] = rng.integers(0, 7, 240)
    frame["trials"] = rng.integers(1, 6, 240)
    eta = -0.3 + 0.5 * frame["x"] + rng.normal(0, 0.8, 60)[person] + rng.normal(0, 0.6, 10)[frame["team"]]
    frame["hits"] = rng.binomial(frame["trials"], expit(eta))
    frame["misses"] = frame["trials"] - frame["hits"]
    frame["count"] = rng.poisson(np.exp(eta))
    frame["yes"] = rng.binomial(1, expit(eta))
    return frame


STRUCTURES = [
    "(1 | org/team) + (1 | person)",
    "(1 + wave | team) + (1 | person)",
    "(1 | person) + (1 | rater) + (1 | team:wave)",
    "(1 + x || rater) + (1 | wave) + (1 + wave | person)",
]


def dense_laplace(design, family, theta: np.ndarray, beta: np.ndarray) -> float:
    """The Laplace deviance with dense matrices, straight from its definition."""
    columns, at = [], 0
    for term in design.random:
        q = len(term.names)
        factor = np.zeros((q, q))
        for j in range(q):
            for i in range(j, q):
                factor[i, j], at = theta[at], at + 1
        spread = np.zeros((design.n, term.n_levels * q))
        for c in range(q):
            spread[np.arange(design.n), term.codes * q + c] = (term.Z @ factor)[:, c]
        columns.append(spread)
    A, u = np.hstack(columns), np.zeros(sum(c.shape[1] for c in columns))
    for _ in range(60):
        eta = design.offset + design.X @ beta + A @ u
        mu = family.mean(eta)
        H = np.eye(len(u)) + A.T @ (A * (design.weights * family.variance(mu))[:, None])
        u = u + np.linalg.solve(H, A.T @ (design.weights * (design.y - mu)) - u)
    log_density = np.sum(
        design.weights * (design.y * eta - family.cumulant(eta)) + family.constant(design.y, design.weights)
    )
    return float(-2 * log_density + u @ u + np.linalg.slogdet(H)[1])


@pytest.mark.parametrize("random", STRUCTURES)
@pytest.mark.parametrize("family", [BINOMIAL, POISSON], ids=lambda f: f.name)
def test_deviance_is_that_of_dense_matrices_and_gradient_that_of_differences(panel, random, family):
    response = "cbind(hits, misses)" if family is BINOMIAL else "count"
    design = build_design(f"{response} ~ x + wave + {random}", panel, None, None, family.name)
    design = replace(design, offset=np.linspace(-0.3, 0.3, design.n))
    problem = Laplace(design, family)
    psi = np.concatenate([np.linspace(0.3, 0.9, problem.k), [-0.2, 0.4, 0.1]])
    value, gradient = problem.value_gradient(psi)
    assert value == pytest.approx(dense_laplace(design, family, psi[: problem.k], psi[problem.k :]), abs=1e-8)
    numeric = [(problem.value(psi + e) - problem.value(psi - e)) / 2e-5 for e in 1e-5 * np.eye(len(psi))]
    np.testing.assert_allclose(gradient, numeric, atol=GRADIENT * 10)


def test_quadrature_is_the_integral(panel):
    """Many nodes against numerical integration of every level's likelihood."""
    design = build_design("cbind(hits, misses) ~ x + (1 | team)", panel, None, None, "binomial")
    problem = Quadrature(design, BINOMIAL, 30)
    psi = np.array([0.7, -0.4, 0.5])
    fixed_part = design.X @ psi[1:]
    total = 0.0
    for level in range(10):
        rows = design.random[0].codes == level
        hits, trials, eta = design.y[rows] * design.weights[rows], design.weights[rows], fixed_part[rows]

        def likelihood(u, hits=hits, trials=trials, eta=eta):
            return np.exp(binom.logpmf(np.round(hits), trials, expit(eta + 0.7 * u)).sum() + 40) * norm.pdf(u)

        total += np.log(quad(likelihood, -8, 8, limit=200, epsabs=0)[0]) - 40
    assert problem.full_value(problem.value(psi)) == pytest.approx(-2 * total, abs=1e-6)
    gradient = problem.value_gradient(psi)[1]
    numeric = [(problem.value(psi + e) - problem.value(psi - e)) / 2e-5 for e in 1e-5 * np.eye(3)]
    np.testing.assert_allclose(gradient, numeric, atol=GRADIENT)


def test_one_node_is_laplace(panel):
    design = build_design("yes ~ x + (1 | person)", panel, None, None, "binomial")
    laplace, one = Laplace(design, BINOMIAL), Quadrature(design, BINOMIAL, 1)
    psi = np.array([0.8, -0.2, 0.4])
    (a, ga), (b, gb) = laplace.value_gradient(psi), one.value_gradient(psi)
    assert one.full_value(b) == pytest.approx(a, abs=1e-9)
    np.testing.assert_allclose(ga, gb, atol=1e-7)


def test_optimum_has_no_lower_neighbour(panel):
    design = build_design("yes ~ x + (1 | team) + (1 | person)", panel, None, None, "binomial")
    s = solve_generalised(design, "binomial")
    problem, best = Laplace(design, BINOMIAL), np.concatenate([s.theta, s.beta])
    rng = np.random.default_rng(3)
    at = problem.value(best)
    assert all(problem.value(best + 0.02 * rng.normal(size=4)) > at for _ in range(30))
    assert at == pytest.approx(-2 * s.log_likelihood, abs=1e-9)


# ---- properties
def test_row_order_and_labels_do_not_matter(panel):
    first = fit("yes ~ x * wave + (1 | team) + (1 | person)", panel, family="binomial")
    relabelled = panel.sample(frac=1, random_state=5).assign(
        person=lambda d: "z" + (97 - d["person"]).astype(str),
        team=lambda d: "k" + (31 - d["team"]).astype(str),
    )
    second = fit("yes ~ x * wave + (1 | team) + (1 | person)", relabelled, family="binomial")
    assert second.log_likelihood == pytest.approx(first.log_likelihood, abs=1e-8)
    np.testing.assert_allclose(second.fixed_effects, first.fixed_effects, atol=1e-5)


def test_proportions_with_trials_are_cbind_and_rows_of_single_trials(panel):
    together = fit("cbind(hits, misses) ~ x + (1 | team)", panel, family="binomial")
    shares = panel.assign(share=panel["hits"] / panel["trials"])
    weighted = fit("share ~ x + (1 | team)", shares, family="binomial", weights="trials")
    assert weighted.log_likelihood == pytest.approx(together.log_likelihood, abs=1e-9)
    rows = panel.loc[panel.index.repeat(panel["trials"])]
    number = rows.groupby(level=0).cumcount()
    single = fit(
        "one ~ x + (1 | team)",
        rows.assign(one=(number < rows["hits"]).astype(int)).reset_index(),
        family="binomial",
    )
    np.testing.assert_allclose(
        single.fixed_effects, together.fixed_effects, atol=1e-5
    )  # constants differ, estimates do not


def test_offset_shifts_the_intercept(panel):
    plain = fit("count ~ x + (1 | team)", panel, family="poisson")
    shifted = fit("count ~ x + (1 | team)", panel.assign(o=1.5), family="poisson", offset="o")
    np.testing.assert_allclose(plain.fixed_effects - shifted.fixed_effects, [1.5, 0.0], atol=1e-5)


def test_a_variance_of_zero_stays_in_the_model_and_is_named(panel):
    rng = np.random.default_rng(8)
    data = panel.assign(coin=np.tile([0, 1], 120)[rng.permutation(240)], pair=panel["person"])
    data["coin"] = np.tile(
        [0, 1, 1, 0], 60
    )  # every person has two of each: less variation between persons than chance
    m = fit("coin ~ x + (1 | pair)", data, family="binomial")
    assert m.boundary == ("pair (Intercept)",)
    assert m.converged and m.theta[0] == 0.0
    assert len(m.search.starts) > 1  # a second search from inside


def test_simulated_outcomes_return_the_parameters():
    rng = np.random.default_rng(21)
    data = pd.DataFrame({"team": np.repeat(np.arange(150), 20), "x": rng.normal(size=3000)})
    data["y"] = rng.poisson(np.exp(0.2 + 0.4 * data["x"] + rng.normal(0, 0.5, 150)[data["team"]]))
    m = fit("y ~ x + (1 | team)", data, family="poisson")
    again = m.refit(m.simulate(1, np.random.default_rng(2))[:, 0])
    se = m.coefficients()["std_error"].to_numpy()
    assert (np.abs(again.fixed_effects - m.fixed_effects) < 4 * se).all()
    assert again.theta[0] == pytest.approx(m.theta[0], rel=0.25)
    assert (np.abs(m.fixed_effects - [0.2, 0.4]) < 4 * se).all()


@pytest.mark.parametrize("family", ["binomial", "poisson"])
@pytest.mark.parametrize(
    ("scale", "shift"), [(1e6, 0.0), (1e-6, 0.0), (1.0, 50.0), (1e6, 50.0), (1.0, 2020.0)]
)
def test_the_scale_and_origin_of_a_slope_do_not_matter(family, scale, shift):
    rng = np.random.default_rng(5)
    group, x = np.repeat(np.arange(20), 20), rng.normal(size=400)
    b = rng.normal(0, 0.7, (20, 2))
    eta = -0.5 + 0.4 * x + b[group, 0] + b[group, 1] * x
    data = pd.DataFrame(
        {"group": group, "x": x, "yes": rng.binomial(1, expit(eta)), "n": rng.poisson(np.exp(eta))}
    )
    formula = "yes ~ x + (1 + x | group)" if family == "binomial" else "n ~ x + (1 + x | group)"
    plain = fit(formula, data, family=family)
    moved = fit(formula, data.assign(x=(data["x"] + shift) * scale), family=family)
    assert moved.converged
    assert moved.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-8)
    assert moved.fixed_effects["x"] * scale == pytest.approx(plain.fixed_effects["x"], rel=1e-5)


def test_large_counts_converge():
    rng = np.random.default_rng(6)
    group, x = np.repeat(np.arange(20), 20), rng.normal(size=400)
    eta = 9 + 0.3 * x + rng.normal(0, 1, 20)[group] + rng.normal(0, 0.5, 400)
    data = pd.DataFrame({"group": group, "row": np.arange(400), "x": x, "n": rng.poisson(np.exp(eta))})
    for random in ("(1 | group)", "(1 | group) + (1 | row)"):
        m = fit(f"n ~ x + {random}", data, family="poisson")
        assert m.converged
    assert m.theta == pytest.approx([1.0, 0.5], rel=0.3)
    assert m.fixed_effects["x"] == pytest.approx(0.3, abs=0.1)


# ---- refusals
def test_separation_by_a_predictor_is_refused(panel):
    data = panel.assign(arm=(panel["team"] < 5).astype(int))
    data["bad"] = np.where(data["arm"] == 1, 0, data["yes"])  # never an event in one arm
    with pytest.raises(DesignError, match=r"separated exactly by .*arm"):
        fit("bad ~ arm + x + (1 | team)", data, family="binomial")
    with pytest.raises(DesignError, match="infinite"):
        fit(
            "none ~ arm + (1 | team)",
            data.assign(none=np.where(data["arm"] == 1, 0, data["count"])),
            family="poisson",
        )


def test_outcomes_constant_within_every_level_are_refused(panel):
    data = panel.assign(fixed=(panel["person"] % 2))
    with pytest.raises(DesignError, match="no finite estimate"):
        fit("fixed ~ x + (1 | person)", data, family="binomial")


def test_almost_constant_levels_do_not_pass_as_converged(panel):
    data = panel.assign(almost=panel["person"] % 2)
    data.loc[0, "almost"] = 1 - data.loc[0, "almost"]
    try:
        m = fit("almost ~ wave + (1 | person)", data, family="binomial")
    except DesignError:
        return
    assert not m.converged and any("infinity" in note for note in m.search.notes)


@pytest.mark.parametrize("formula", ["yes ~ x + (1 | team) + (1 | person)", "yes ~ x + (1 + x | team)"])
def test_quadrature_is_for_one_scalar_term(panel, formula):
    with pytest.raises(MethodError, match="one scalar random effect"):
        fit(formula, panel, family="binomial", quadrature=9)


@pytest.mark.parametrize(
    ("column", "family"),
    [("x", "binomial"), ("x", "poisson"), ("trials", "binomial")],
)
def test_values_the_family_cannot_have_are_refused(panel, column, family):
    with pytest.raises(DesignError):
        fit(f"{column} ~ wave + (1 | team)", panel, family=family)


def test_methods_for_gaussian_models_are_refused(panel):
    m = fit("yes ~ x + (1 | team)", panel, family="binomial")
    for method in ("kenward-roger", "satterthwaite"):
        with pytest.raises(MethodError):
            m.coefficients(df=method)
