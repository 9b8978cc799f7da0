"""Factor models on further surveys against lavaan; made by tests/oracles_extra/factor_models.R."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dww_analysis.factor import CHEN_2007, Cutoffs, Limits, fit_cfa, invariance, one_factor

pytestmark = pytest.mark.oracle

ESTIMATE = 1e-4  # lavaan stops near 1e-5 of an estimate
STD_ERROR = 1e-3
CHI_SQUARE = 1e-3  # absolute
INDEX = 1e-4  # absolute
LOOSE = 2e-4  # absolute, for small estimates of the WLSMV fits, where lavaan's search is flat

FOLDER = Path(__file__).parents[1] / "oracles_extra"
ORACLE = json.loads((FOLDER / "factor_models.json").read_text(encoding="utf-8"))
SURVEY = pd.read_csv(FOLDER / "factor_survey.csv")
SURVEY["new"] = (SURVEY["arm"] == "new").astype(float)
WAVES = pd.read_csv(FOLDER / "factor_waves.csv")
ORDERED_WAVES = pd.read_csv(FOLDER / "factor_ordered_waves.csv")

TWO = "f1 =~ q1 + q2 + q3 + q4\nf2 =~ q5 + q6 + q7 + q8\n"
PATH = TWO + "f2 ~ b*f1\nq1 ~~ c*q2\nq5 ~~ q6\ntwice := 2*b + c^2\nf1 ~~ v*f1\nr2 := b^2*v"
FIXED = "f1 =~ NA*q1 + l*q2 + l*q3 + 0.7*q4\nf1 ~~ 1*f1\nf2 =~ q5 + 0.9*q6 + start(0.5)*q7 + q8\nf1 ~~ 0*f2\nq1 ~ 0*1"
SECOND_ORDER = "f1 =~ q1 + q2 + q3\nf2 =~ q4 + q5 + q6\nf3 =~ q7 + q8\ng =~ f1 + f2 + f3"
EVERYTHING = ("loadings", "intercepts", "residuals", "lv.variances", "lv.covariances", "means")
MODELS = {
    "ml": (TWO, {}),
    "mlr": (TWO, {"estimator": "MLR"}),
    "mlr_cluster": (TWO, {"cluster": "team"}),
    "fiml": (TWO, {"missing": "fiml"}),
    "fiml_mlr": (TWO, {"missing": "fiml", "estimator": "MLR"}),
    "fiml_mlr_cluster": (TWO, {"missing": "fiml", "estimator": "MLR", "cluster": "team"}),
    "path": (PATH, {}),
    "path_mlr": (PATH, {"estimator": "MLR"}),
    "fixed": (FIXED, {"meanstructure": True}),
    "mimic": (TWO + "f1 + f2 ~ new", {}),
    "second_order": (SECOND_ORDER, {}),
    "std_lv_groups": (TWO, {"group": "arm", "std_lv": True, "equal": ("loadings",)}),
    "equal_everything": (TWO, {"group": "arm", "equal": EVERYTHING}),
    "wlsmv": (TWO, {"estimator": "WLSMV"}),
}
LADDERS = {
    "ml": {},
    "mlr_cluster": {"cluster": "team"},
    "fiml_mlr_cluster": {"cluster": "team", "missing": "fiml"},
    "wlsmv": {"estimator": "WLSMV"},
}
NEVER = Cutoffs("never", "rejects nothing", Limits(9.0), Limits(9.0), configural_cfi=0.0)
THREE_WAVES = "f1 =~ x1 + x2 + x3\nf2 =~ x4 + x5 + x6"


def assert_block(fit, expected, loose=1e-6):
    """Fit and parameters of one stored model."""
    numbers = expected["fit"]
    assert (fit.n_parameters, fit.df, fit.converged) == (numbers["npar"], numbers["df"], True)
    found = {
        "chisq": (fit.chi_square_unscaled, CHI_SQUARE),
        "logl": (fit.log_likelihood, CHI_SQUARE),
        "aic": (fit.aic, CHI_SQUARE),
        "bic": (fit.bic, CHI_SQUARE),
        "baseline_chisq": (fit.baseline_chi_square, CHI_SQUARE),
        "srmr": (fit.srmr, INDEX),
        "cfi": (fit.unscaled.cfi, INDEX),
        "tli": (fit.unscaled.tli, INDEX),
        "rmsea": (fit.unscaled.rmsea, INDEX),
        "rmsea_ci_lower": (fit.unscaled.rmsea_low, INDEX),
        "rmsea_ci_upper": (fit.unscaled.rmsea_high, INDEX),
    }
    if fit.scaled is not None:
        found |= {
            "chisq_scaled": (fit.scaled.chi_square, CHI_SQUARE),
            "cfi_scaled": (fit.scaled.cfi, INDEX),
            "tli_scaled": (fit.scaled.tli, INDEX),
            "rmsea_scaled": (fit.scaled.rmsea, INDEX),
            "pvalue_scaled": (fit.scaled.p_value, INDEX),
        }
    if fit.robust is not None:
        found |= {
            "cfi_robust": (fit.robust.cfi, INDEX),
            "tli_robust": (fit.robust.tli, INDEX),
            "rmsea_robust": (fit.robust.rmsea, INDEX),
            "rmsea_ci_lower_robust": (fit.robust.rmsea_low, INDEX),
            "rmsea_ci_upper_robust": (fit.robust.rmsea_high, INDEX),
        }
    for name, (value, tolerance) in found.items():
        if numbers.get(name) is not None:
            assert value == pytest.approx(numbers[name], abs=tolerance), name
    assert_parameters(fit, expected["parameters"], loose)


def assert_parameters(fit, expected, loose=1e-6):
    ours = {}
    for row in fit.parameters.itertuples():
        ours[row.lhs, row.op, row.rhs, row.group] = row
        if row.op == "~~":
            ours[row.rhs, row.op, row.lhs, row.group] = row
    for row in expected:
        group = row.get("group", 1) if row["op"] != ":=" else 0
        mine = ours[row["lhs"], row["op"], row["rhs"], group]
        assert mine.estimate == pytest.approx(row["est"], rel=ESTIMATE, abs=loose), row
        assert mine.std_error == pytest.approx(row["se"], rel=STD_ERROR, abs=1e-5), row
        if row.get("std.all") is not None:
            assert mine.standardised == pytest.approx(row["std.all"], rel=ESTIMATE, abs=max(loose, 1e-5)), row


@pytest.mark.parametrize("name", MODELS)
def test_models(name):
    text, options = MODELS[name]
    assert_block(
        fit_cfa(text, SURVEY, **options), ORACLE["models"][name], loose=LOOSE if name == "wlsmv" else 1e-6
    )


@pytest.mark.parametrize("name", LADDERS)
def test_ladder_over_arms(name):
    """Every level of lavaan's ladder and every step between, scaled where the statistics are."""
    expected = ORACLE["ladders"][name]
    ladder = invariance(TWO, SURVEY, group="arm", cutoffs=NEVER, **LADDERS[name])
    assert list(ladder.steps["level"]) == list(expected["steps"])
    for level, block in expected["steps"].items():
        assert_block(ladder.fits[level], block, loose=LOOSE if name == "wlsmv" else 1e-6)
    assert_steps(ladder, expected["comparisons"])


WAVE_LADDERS = {
    "waves_ml": (WAVES, {}),
    "waves_fiml": (WAVES, {"missing": "fiml"}),
    "waves_fiml_mlr_cluster": (WAVES, {"missing": "fiml", "cluster": "team"}),
    "waves_wlsmv": (ORDERED_WAVES, {"estimator": "WLSMV"}),
}


@pytest.mark.parametrize("name", WAVE_LADDERS)
def test_ladder_over_waves(name):
    data, options = WAVE_LADDERS[name]
    expected = ORACLE["ladders"][name]
    ladder = invariance(THREE_WAVES, data, waves=["T0", "T1", "T2"], cutoffs=NEVER, **options)
    assert list(ladder.steps["level"]) == list(expected["steps"])
    for level, block in expected["steps"].items():
        assert_block(ladder.fits[level], block, loose=LOOSE if name == "waves_wlsmv" else 1e-5)
    assert_steps(ladder, expected["comparisons"])


def assert_steps(ladder, expected):
    for row, step in zip(ladder.steps.iloc[1:].itertuples(), expected, strict=True):
        assert row.delta_chi_square == pytest.approx(step["chisq_diff"], abs=CHI_SQUARE)
        assert row.delta_df == step["df_diff"]
        assert row.delta_p == pytest.approx(step["p"], abs=INDEX)


def test_two_level_estimates_with_negative_variances():
    """lavaan keeps the saturated covariance between teams positive, we do not: only the model itself is compared."""
    text = "level: 1\nfw =~ q1 + q2 + q3 + q4\nlevel: 2\nfb =~ q1 + q2 + q3 + q4"
    fit, expected = fit_cfa(text, SURVEY, cluster="team"), ORACLE["models"]["two_level"]
    assert fit.log_likelihood == pytest.approx(expected["fit"]["logl"], abs=CHI_SQUARE)
    ours = fit.parameters.set_index(["lhs", "op", "rhs", "level"])
    for row in expected["parameters"]:
        mine = ours.loc[(row["lhs"], row["op"], row["rhs"], row["level"])]
        assert mine.estimate == pytest.approx(row["est"], rel=ESTIMATE, abs=1e-5)
        assert mine.std_error == pytest.approx(row["se"], rel=STD_ERROR, abs=1e-5)
    assert set(fit.heywood) == {"q2 (between)", "q4 (between)"}
    assert any("not positive definite" in sentence for sentence in fit.warnings)


def test_modification_indices_with_equal_parameters():
    fit = fit_cfa(TWO, SURVEY, group="arm", equal=("loadings", "intercepts"))
    ours = {frozenset((r.lhs, r.rhs)) | {r.op, r.group}: r for r in fit.modification_indices().itertuples()}
    seen = 0
    for row in ORACLE["modification_indices_groups"]:
        mine = ours.get(frozenset((row["lhs"], row["rhs"])) | {row["op"], row["group"]})
        if mine is not None:
            seen += 1
            assert mine.mi == pytest.approx(row["mi"], abs=CHI_SQUARE)
            assert mine.epc == pytest.approx(row["epc"], rel=STD_ERROR)
    assert seen >= 8


def test_factor_scores_of_persons_with_gaps():
    scores = fit_cfa(TWO, SURVEY, missing="fiml").factor_scores()
    expected = pd.DataFrame(ORACLE["factor_scores_fiml"]).to_numpy()
    np.testing.assert_allclose(scores.head(8).to_numpy(), expected, atol=1e-4)


def test_one_factor_with_its_covariance():
    block = ORACLE["one_factor"]
    fit = one_factor(np.array(block["cov"]), block["n"])
    np.testing.assert_allclose(np.r_[fit.loadings, fit.residual_variances], block["estimate"], rtol=ESTIMATE)
    np.testing.assert_allclose(fit.covariance, block["vcov"], rtol=STD_ERROR, atol=1e-7)
    assert fit.chi_square == pytest.approx(block["chisq"], abs=CHI_SQUARE)


def test_partial_scalar_invariance_finds_the_item_that_was_made_to_differ():
    """In the survey the third item was raised by half a point in one arm."""
    ladder = invariance(TWO, SURVEY, group="arm", missing="fiml", cutoffs=CHEN_2007)
    assert (ladder.verdict, ladder.highest_level, ladder.means_comparable) == (
        "partial scalar",
        "metric",
        True,
    )
    assert list(ladder.partial["parameter"]) == ["q3~1"]
    ordered = invariance(TWO, SURVEY, group="arm", estimator="WLSMV")
    assert ordered.verdict == "partial scalar"
    assert list(ordered.partial["parameter"]) == ["q3|t1,t2,t3"]
