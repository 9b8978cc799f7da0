"""Factor models against stored results of lavaan 0.6-14 and semTools (tests/oracles/10_cfa)."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dww_analysis.factor import fit_cfa

pytestmark = pytest.mark.oracle

# lavaan's optimiser stops with relative gradients near 1e-7 and its EM at 1e-5, so agreement beyond these is luck
ESTIMATE = 1e-4
STD_ERROR = 1e-3
CHI_SQUARE = 1e-3  # absolute
INDEX = 1e-4  # CFI, TLI, RMSEA, SRMR, absolute
MODIFICATION = 1e-3

FOLDER = Path(__file__).parents[1] / "oracles" / "10_cfa"
ORACLE = json.loads((FOLDER / "oracle.json").read_text(encoding="utf-8"))
HOLZINGER = pd.read_csv(FOLDER / "holzinger.csv")
GAPS = pd.read_csv(FOLDER / "holzinger_missing.csv")
EXLONG = pd.read_csv(FOLDER / "exlong.csv")
MODEL = ORACLE["syntax"]
EQUAL = {
    "configural": {},
    "metric": {"equal": ("loadings",)},
    "scalar": {"equal": ("loadings", "intercepts")},
    "strict": {"equal": ("loadings", "intercepts", "residuals")},
    "partial_scalar": {"equal": ("loadings", "intercepts"), "partial": ("x3~1", "x7~1")},
}
BY_SCHOOL = {
    "ml": (HOLZINGER, {}),
    "mlr": (HOLZINGER, {"estimator": "MLR"}),
    "fiml_mlr": (GAPS, {"estimator": "MLR", "missing": "fiml"}),
}
SINGLE = {
    "ml": (HOLZINGER, {}),
    "ml_std_lv": (HOLZINGER, {"std_lv": True}),
    "mlr": (HOLZINGER, {"estimator": "MLR"}),
    "mlm": (HOLZINGER, {"estimator": "MLM"}),
    "meanstructure": (HOLZINGER, {"meanstructure": True}),
    "fiml": (GAPS, {"missing": "fiml"}),
    "fiml_mlr": (GAPS, {"missing": "fiml", "estimator": "MLR"}),
    "listwise": (GAPS, {}),
}


def assert_fit(fit, expected):
    """Every number of a stored `fit` block that has a counterpart."""
    near = lambda value, tolerance: pytest.approx(value, abs=tolerance)  # noqa: E731
    assert (fit.n_parameters, fit.df, fit.converged) == (expected["npar"], expected["df"], True)
    plain = fit.unscaled
    for name, value in [("chisq", plain.chi_square), ("baseline_chisq", fit.baseline_chi_square)]:
        assert value == near(expected[name], CHI_SQUARE), name
    for name, value in [("logl", fit.log_likelihood), ("aic", fit.aic), ("bic", fit.bic)]:
        assert value == near(expected[name], CHI_SQUARE), name
    assert fit.log_likelihood_saturated == near(expected["unrestricted_logl"], CHI_SQUARE)
    assert fit.baseline_df == expected["baseline_df"]
    indices = {
        "cfi": plain.cfi,
        "tli": plain.tli,
        "rmsea": plain.rmsea,
        "rmsea_ci_lower": plain.rmsea_low,
        "rmsea_ci_upper": plain.rmsea_high,
        "pvalue": plain.p_value,
        "srmr": fit.srmr,
    }
    shown = "_robust" if "chisq_scaled" in expected else ""
    for name in ("cfi", "tli", "rmsea"):
        assert getattr(fit, name) == near(expected[name + shown], INDEX), name
    assert fit.rmsea_low == near(expected["rmsea_ci_lower" + shown], INDEX)
    assert fit.rmsea_high == near(expected["rmsea_ci_upper" + shown], INDEX)
    if "chisq_scaled" in expected:
        assert fit.chi_square == fit.scaled.chi_square == near(expected["chisq_scaled"], CHI_SQUARE)
        indices |= {
            "cfi_scaled": fit.scaled.cfi,
            "tli_scaled": fit.scaled.tli,
            "rmsea_scaled": fit.scaled.rmsea,
            "pvalue_scaled": fit.p_value,
            "chisq_scaling_factor": fit.scaling_factor,
        }
    if "cfi_robust" in expected:
        indices |= {
            "cfi_robust": fit.robust.cfi,
            "tli_robust": fit.robust.tli,
            "rmsea_robust": fit.robust.rmsea,
            "rmsea_ci_lower_robust": fit.robust.rmsea_low,
            "rmsea_ci_upper_robust": fit.robust.rmsea_high,
        }
    for name, value in indices.items():
        assert value == near(expected[name], INDEX), name


def assert_parameters(fit, expected):
    table = fit.parameters.set_index(["lhs", "op", "rhs", "group", "level"])
    for row in expected:
        ours = table.loc[(row["lhs"], row["op"], row["rhs"], row.get("group", 1), row.get("level", 1))]
        assert ours.estimate == pytest.approx(row["est"], rel=ESTIMATE, abs=1e-6), row
        assert ours.std_error == pytest.approx(row["se"], rel=STD_ERROR, abs=1e-6), row
        if row["std.all"] is not None:
            assert ours.standardised == pytest.approx(row["std.all"], rel=ESTIMATE, abs=1e-5), row


@pytest.mark.parametrize("name", SINGLE)
def test_one_group(name):
    data, options = SINGLE[name]
    fit, expected = fit_cfa(MODEL, data, **options), ORACLE["models"][name]
    assert_fit(fit, expected["fit"])
    assert_parameters(fit, expected["parameters"])
    assert fit.n_obs == expected["n_total"]


@pytest.mark.parametrize("level", EQUAL)
@pytest.mark.parametrize("estimator", BY_SCHOOL)
def test_groups(estimator, level):
    data, options = BY_SCHOOL[estimator]
    expected = ORACLE["invariance_by_school"][estimator]["steps"][level]
    fit = fit_cfa(MODEL, data, group="school", **EQUAL[level], **options)
    assert_fit(fit, expected["fit"])
    assert_parameters(fit, expected["parameters"])
    assert [len(fit._fitted.summary.moments[g].rows) for g in (0, 1)] == expected["n"]


def test_the_negative_residual_variance_is_found_and_said():
    fit = fit_cfa(MODEL, GAPS, group="school", estimator="MLR", missing="fiml")
    row = fit.parameters.query("lhs == 'x1' and op == '~~' and rhs == 'x1' and group == 1").iloc[0]
    assert row.estimate < 0
    assert fit.heywood == ("x1 (group 1)",)
    assert any("Heywood" in sentence for sentence in fit.warnings)


@pytest.mark.parametrize("estimator", BY_SCHOOL)
def test_score_tests_of_equalities(estimator):
    data, options = BY_SCHOOL[estimator]
    expected = ORACLE["invariance_by_school"][estimator]["score_test_scalar"]
    fit = fit_cfa(MODEL, data, group="school", **EQUAL["scalar"], **options)
    ours = fit.score_tests().set_index("parameter")
    assert len(ours) == len(expected)
    for row in expected:
        assert ours.loc[row["parameter"], "x2"] == pytest.approx(row["x2"], abs=CHI_SQUARE), row["parameter"]
        assert ours.loc[row["parameter"], "p_value"] == pytest.approx(row["p"], abs=INDEX), row["parameter"]


@pytest.mark.parametrize("level", ["configural", "metric", "scalar", "strict"])
def test_waves_written_out_in_full(level):
    expected = ORACLE["longitudinal_invariance"]["steps"][level]
    fit = fit_cfa(expected["syntax"], EXLONG, meanstructure=True)
    assert_fit(fit, expected["fit"])
    assert_parameters(fit, expected["parameters"])


def test_modification_indices():
    ours = fit_cfa(MODEL, HOLZINGER).modification_indices()
    for k, row in enumerate(ORACLE["extras"]["modification_indices_top10"]):
        assert tuple(ours.loc[k, ["lhs", "op", "rhs"]]) == (row["lhs"], row["op"], row["rhs"])
        assert ours.loc[k, "mi"] == pytest.approx(row["mi"], abs=MODIFICATION)
        assert ours.loc[k, "epc"] == pytest.approx(row["epc"], rel=MODIFICATION)
        assert ours.loc[k, "sepc_all"] == pytest.approx(row["sepc.all"], rel=MODIFICATION)


@pytest.mark.parametrize("method", ["regression", "bartlett"])
def test_factor_scores(method):
    scores = fit_cfa(MODEL, HOLZINGER).factor_scores(method)
    expected = np.array(ORACLE["extras"][f"factor_scores_{method}_first5"])
    np.testing.assert_allclose(scores.head().to_numpy(), expected, rtol=ESTIMATE, atol=1e-5)
    assert scores.index.equals(HOLZINGER.index)


def test_implied_and_observed_covariances():
    fit = fit_cfa(MODEL, HOLZINGER)
    np.testing.assert_allclose(
        fit.implied[0],
        np.reshape(ORACLE["extras"]["implied_cov"]["values"], (9, 9)),
        rtol=ESTIMATE,
        atol=1e-5,
    )
    np.testing.assert_allclose(
        fit.sample[0], np.reshape(ORACLE["extras"]["sample_cov"]["values"], (9, 9)), rtol=1e-8, atol=1e-10
    )


def test_reliability_and_distance_of_factors():
    fit, expected = fit_cfa(MODEL, HOLZINGER), ORACLE["extras"]
    table = fit.reliability().set_index("factor")
    for factor in ("visual", "textual", "speed"):
        assert table.loc[factor, "omega"] == pytest.approx(expected["compRelSEM"][factor], rel=ESTIMATE)
        assert table.loc[factor, "ave"] == pytest.approx(expected["ave"][factor], rel=ESTIMATE)
    (apart,) = fit.heterotrait_monotrait()
    np.testing.assert_allclose(apart, np.reshape(expected["htmt"]["values"], (3, 3)), rtol=1e-8)


def test_residual_correlations():
    (residual,) = fit_cfa(MODEL, HOLZINGER).residual_correlations()
    expected = np.reshape(ORACLE["extras"]["residual_cor"]["values"], (9, 9))
    np.testing.assert_allclose(residual, expected, atol=1e-5)
