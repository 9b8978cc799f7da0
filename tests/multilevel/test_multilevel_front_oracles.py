"""Stored R results beyond the Gaussian model blocks: binomial models, least squares with CR2, contextual and mediation
models, pooled imputations, and the golden numbers with their recipes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from oracle_models import matrix, models_with, oracle_fit, read_oracle, read_table

from dww_analysis.multilevel import fit, fit_ols

pytestmark = pytest.mark.oracle

EXACT = 1e-8  # closed forms
FIXED = 1e-6
STD_ERROR = 1e-5
VARIANCE = 1e-4
DF = 1e-3
GLMM_ESTIMATE, GLMM_SE = 1e-4, 1e-3  # R's Hessian is by finite differences


def near(found, expected, rtol, atol=1e-8):
    np.testing.assert_allclose(
        np.asarray(found, dtype=float), np.asarray(expected, dtype=float), rtol=rtol, atol=atol
    )


# ---- least squares with robust covariances -----------------------------------------------------------------------
@pytest.mark.parametrize("cluster", ["org", "team"])
def test_least_squares_with_cr2(cluster):
    m = fit_ols("y ~ condition * wave", read_table("07_cluster_trial", "main"))
    block = read_oracle("07_cluster_trial")["robust_ols"][cluster]
    expected, found = pd.DataFrame(block["coef"]), m.robust(cluster)
    near(found["estimate"], expected["estimate"], EXACT)
    near(found["std_error"], expected["se"], EXACT)
    near(found["df"], expected["df"], EXACT)
    near(found["p_value"], expected["p"], 1e-6, 1e-14)
    near(m.robust_inference(cluster, "CR0").vcov, matrix(block["cr0"]), EXACT, 1e-12)
    near(m.robust_inference(cluster, "CR1").vcov, matrix(block["cr1"]), EXACT, 1e-12)
    joint = m.robust_inference(cluster).joint(m.hypotheses()["condition:wave"])
    for key, value in block["joint_condition_by_wave_htz"].items():
        near(
            {"F": joint.statistic, "num_df": joint.num_df, "den_df": joint.den_df, "p": joint.p_value}[key],
            value,
            1e-7,
        )


# ---- binomial models ---------------------------------------------------------------------------------------------
BINOMIAL = [c for family in ("binomial", "poisson") for c in models_with("ml", family=family)]


@pytest.mark.parametrize(("case", "name"), BINOMIAL)
def test_generalised_coefficients(case, name):
    model, m = read_oracle(case)["models"][name], oracle_fit(case, name)
    expected, found = pd.DataFrame(model["ml"]["fixed"]), m.coefficients()
    near(found["estimate"], expected["estimate"], GLMM_ESTIMATE, 1e-5)
    near(found["std_error"], expected["se"], GLMM_SE)
    assert set(found["df_method"]) == {"normal"}
    assert np.isinf(found["df"]).all()
    near(m.fitted[:10], model["fitted_head"], 1e-3)


@pytest.mark.parametrize(("case", "name"), models_with("icc", family="binomial"))
def test_generalised_shares(case, name):
    model, m = read_oracle(case)["models"][name], oracle_fit(case, name)
    near(m.icc()["adjusted"], model["icc"]["adjusted"], GLMM_SE)
    near(m.icc()["unadjusted"], model["icc"]["unadjusted"], GLMM_SE)
    near(m.r2()["marginal"], model["r2_nakagawa"]["marginal"], GLMM_SE)
    near(m.r2()["conditional"], model["r2_nakagawa"]["conditional"], GLMM_SE)


@pytest.mark.parametrize("scale", ["link", "response"])
def test_generalised_means(scale):
    m = oracle_fit("06_cbpp", "laplace")
    block = read_oracle("06_cbpp")["models"]["laplace"]["emmeans"].get(scale)
    if block is None:
        pytest.skip("not stored")
    expected, found = pd.DataFrame(block["means"]), m.means("period", type=scale)
    value = next(c for c in ("emmean", "prob", "estimate") if c in expected)
    near(found["estimate"], expected[value], GLMM_ESTIMATE)
    near(found["std_error"], expected["se"], GLMM_SE)
    near(found["conf_low"], expected["lower"], GLMM_SE)
    near(found["conf_high"], expected["upper"], GLMM_SE)
    expected = pd.DataFrame(block["contrasts"])
    found = m.contrasts("period", adjust="holm", type=scale, method=block["contrast_method"])
    assert list(found["contrast"]) == list(expected["contrast"])
    near(found["p_adjusted"], expected["p_holm"], 10 * GLMM_SE)
    near(
        found["estimate"], expected["estimate"] if "estimate" in expected else expected["odds.ratio"], GLMM_SE
    )
    near(found["std_error"], expected["se"], GLMM_SE)


# ---- contextual and mediation models -----------------------------------------------------------------------------
def test_contextual_model():
    block = read_oracle("11_aggregation")["contextual"]
    m = fit(block["formula"], read_table("11_aggregation", "bh1996"))
    expected = block["reml"]
    near(m.log_likelihood, expected["logLik"], 0, 1e-6)
    near(m.coefficients()["estimate"], [f["estimate"] for f in expected["fixed"]], FIXED)
    near(np.sqrt(np.diag(m.vcov())), [f["se"] for f in expected["fixed"]], STD_ERROR)
    near(m.variance_components()["estimate"], [v["value"] for v in expected["varcomp"]], VARIANCE)
    if "satterthwaite" in block:
        near(m.coefficients("satterthwaite")["df"], [c["df"] for c in block["satterthwaite"]["coef"]], DF)


def test_unconflated_mediation_models():
    block = read_oracle("13_mediation")["unconflated_mlm"]
    data = read_table("13_mediation", "multilevel").copy()
    data["m_cm"] = data.groupby("cluster")["m"].transform("mean")
    data["m_cwc"] = data["m"] - data["m_cm"]
    for formula, stored in (
        ("m ~ condition + (1 | cluster)", block["fixed_a"]),
        ("y ~ condition + m_cwc + m_cm + (1 | cluster)", block["fixed_b"]),
    ):
        found = fit(formula, data).coefficients(df="normal")
        assert list(found["term"]) == [row["term"] for row in stored]
        near(found["estimate"], [row["estimate"] for row in stored], FIXED, 1e-8)
        near(found["std_error"], [row["se"] for row in stored], STD_ERROR)


@pytest.mark.parametrize(
    ("study", "formula"),
    [
        ("studentratings", "ReadAchiev ~ ReadDis + SES + (1 | ID)"),
        ("popmis", "popular ~ sex + texp + (1 | school)"),
    ],
)
def test_fits_of_completed_data(study, formula):
    block = read_oracle("12_missing_data")[study]
    data = pd.read_csv(_imputed(block))
    which = next(c for c in (".imp", "imp", "imputation", "m") if c in data)
    for number, stored in block["per_imputation"].items():
        m = fit(formula, data[data[which] == int(number)])
        near(m.fixed_effects[list(stored["coef"])], list(stored["coef"].values()), 5e-6, 1e-7)
        expected = matrix(stored["vcov"])
        near(m.vcov(), expected, 1e-3, 1e-4 * np.abs(expected).max())


def _imputed(block):
    from oracle_models import ORACLES

    return ORACLES / "12_missing_data" / block["imputed"]["file"]


# ---- golden numbers ----------------------------------------------------------------------------------------------
def test_closed_kenward_roger_recipe():
    i = np.arange(30)
    g, x = i // 5, np.sin(1.3 * i) + 0.1 * i
    c = np.array([-0.6, 0.3, 0.9, -0.2, 0.4, -0.8])
    data = pd.DataFrame({"x": x, "g": g, "y": 2 + 0.5 * x + c[g] + 0.5 * np.sin(2.9 * i + 0.4)})
    m = fit("y ~ x + (1 | g)", data)
    near(m.variance_components()["estimate"], [0.41778384, 0.13995228], 1e-6)
    row = m.coefficients().iloc[1]
    near(row["estimate"], 0.4869519, 1e-6)
    near(np.sqrt(np.diag(m.vcov()))[1], 0.10779386, 1e-6)
    near(row["std_error"], 0.11334149, 1e-6)
    test = m.anova().iloc[0]
    near([test["statistic"], test["den_df"], test["p_value"]], [18.458410, 27.367979, 1.9657909e-04], 1e-6)


def _parallel_trial() -> pd.DataFrame:
    sizes = (4, 6, 5, 7, 5, 6, 4, 8)
    cl = np.repeat(np.arange(1, 9), sizes)
    i = np.arange(45)
    u = np.array([-0.5, 0.4, 0.1, -0.2, 0.6, -0.3, 0.2, -0.1])[cl - 1]
    arm = (cl % 2 == 0).astype(float)
    b = np.round(3 + np.sin(1.7 * i) + 0.3 * np.cos(cl), 4)
    y = np.round(1 + 0.5 * b + 0.4 * arm + u + 0.6 * np.sin(2.3 * i + 0.5), 4)
    assert abs(y.sum() - 124.2584) < 1e-9
    assert abs(b.sum() - 134.5456) < 1e-9
    return pd.DataFrame({"cl": cl, "arm": arm, "b": b, "y": y})


def test_parallel_trial_recipe():
    data = _parallel_trial()
    m = fit("y ~ arm + b + (1 | cl)", data)
    satterthwaite, kr = m.coefficients("satterthwaite").iloc[1], m.coefficients().iloc[1]
    near(
        satterthwaite[["estimate", "std_error", "df", "p_value"]],
        [0.131883547, 0.273258253, 5.7656392, 0.647131],
        2e-6,
    )
    near(kr[["std_error", "df", "p_value"]], [0.273361355, 6.00044925, 0.646580], 2e-6)
    near(m.variance_components()["estimate"], [0.108135419, 0.219428085], 2e-6)
    ols = fit_ols("y ~ arm + b", data)
    row = ols.robust("cl").iloc[1]
    expected = [0.109127321, 0.265282242, 5.68771170, 0.695854733, -0.548732984, 0.766987626]
    near(row[["estimate", "std_error", "df", "p_value", "conf_low", "conf_high"]], expected, 1e-7)
    near(ols.robust("cl", kind="CR1S").iloc[1]["std_error"], 0.252353271, 1e-7)


def _three_level(variant: int) -> pd.DataFrame:
    t, person, w = (
        a.ravel() for a in np.meshgrid(np.arange(1, 9), np.arange(1, 6), np.arange(3), indexing="ij")
    )
    person = (t - 1) * 5 + person
    j = np.arange(120)
    arm = (t % 2 == 0).astype(float)
    u = np.array([-0.3, 0.25, 0.1, -0.2, 0.35, -0.15, 0.05, -0.1])[t - 1]
    y = 3.5 + 0.1 * w + 0.25 * arm * (w == 1) + 0.4 * arm * (w == 2) + u
    y = y + 0.5 * np.sin(2.1 * person + 0.2) + 0.35 * np.sin(1.3 * j + 0.9)
    y = np.round(y + (0.25 * np.cos(1.9 * t * (w + 1)) if variant == 2 else 0), 4)
    w1, w2 = (w == 1) * 1.0, (w == 2) * 1.0
    columns = {"t": t, "person": person, "wave": w, "w1": w1, "w2": w2, "a1": arm * w1, "a2": arm * w2}
    return pd.DataFrame({**columns, "arm": arm, "y": y})


def test_three_level_recipe():
    data = _three_level(1)
    assert abs(data["y"].sum() - 446.1445) < 1e-9
    m = fit("y ~ w1 + w2 + a1 + a2 + (1 | t) + (1 | person)", data)
    row = m.coefficients().set_index("term").loc["a2"]
    near(
        row[["estimate", "std_error", "df", "p_value"]],
        [0.386836966, 0.117923905, 82.9993, 0.001516688],
        1e-4,  # from a default optimum of R
    )
    near(-2 * m.log_likelihood, 122.588483, 1e-7)
    joint = m.test(["a1", "a2"])
    near([joint.statistic, joint.den_df, joint.p_value], [5.49647554, 80.479, 0.005787190], 1e-4)
    near(m.robust("t").set_index("term").loc["a2", "df"], 6.0005, 1e-4)


@pytest.mark.parametrize(
    ("variant", "expected"),
    [(1, [0.119103, 14.095, 0.005792]), (2, [0.20707144, 16.768, 0.073215])],
)
def test_team_by_wave_keeps_its_df(variant, expected):
    """Variant 1 estimates the team-by-wave variance at zero: kept in the information, so df stay team-level."""
    m = fit("y ~ w1 + w2 + a1 + a2 + (1 | t) + (1 | t:wave) + (1 | person)", _three_level(variant))
    row = m.coefficients().set_index("term").loc["a2"]
    near(row[["std_error", "df", "p_value"]], expected, 1e-4)
    assert (m.boundary == ("t:wave (Intercept)",)) == (variant == 1)
    methods = set(m.coefficients("satterthwaite")["df_method"])
    assert methods == ({"satterthwaite (boundary)"} if variant == 1 else {"satterthwaite"})


def test_stepped_wedge_recipe():
    c, t, _ = (
        a.ravel() for a in np.meshgrid(np.arange(1, 7), np.arange(1, 5), np.arange(1, 6), indexing="ij")
    )
    x = (t > np.ceil(c / 2)).astype(float)
    j = np.arange(120)
    u = np.array([-0.6, 0.3, 0.1, -0.2, 0.5, -0.1])[c - 1]
    y = np.round(5 + 0.2 * t + 0.5 * x + u + 0.7 * np.sin(1.9 * j + 0.3), 4)
    assert x.sum() == 60
    data = pd.DataFrame({"c": c, "t": t, "x": x, "y": y})
    m = fit("y ~ x + factor(t) + (1 | c)", data)
    row = m.coefficients().iloc[1]
    near(
        row[["estimate", "std_error", "df", "p_value"]],
        [0.506135242, 0.169636184, 114.991559, 0.003479160],
        1e-5,
    )
    near(m.variance_components()["estimate"], [0.142754603, 0.242228235], 1e-5)
    near(np.sqrt(np.diag(m.vcov()))[1], 0.166627064, 1e-6)
    kept = fit("y ~ x + factor(t) + (1 | c) + (1 | c:t)", data)
    near(kept.coefficients().iloc[1]["df"], 15.3, 0.01)


def test_within_and_between_recipe():
    data = _three_level(1)
    data = data[data["wave"] == 2].copy()
    shift = np.array([0.2, -0.1, 0.3, -0.2, 0.1, 0.0, -0.3, 0.15])[data["t"] - 1]
    data["m"] = np.round(2 + 0.3 * data["arm"] + 0.4 * np.cos(1.1 * data["person"]) + shift, 4)
    a = fit("m ~ arm + (1 | t)", data).coefficients("satterthwaite").iloc[1]
    near(a[["estimate", "std_error"]], [0.18757, 0.144518416], 1e-4)
    data["mt"] = data.groupby("t")["m"].transform("mean")
    data["mw"] = data["m"] - data["mt"]
    b = fit("y ~ arm + mw + mt + (1 | t)", data).coefficients().set_index("term")
    near(b.loc[["mw", "mt"], "estimate"], [0.0551007439, -0.0271393178], 1e-6)
    near(b.loc[["mw", "mt"], "std_error"], [0.285166584, 0.633973323], 1e-5)
