"""Entries with precision weights: against least squares of statsmodels, and REML by dense matrices."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from effects_studies import data_of, entry, trial_scores, trial_study
from scipy.optimize import minimize

from dww_analysis.domain.plan import Calibration
from dww_analysis.domain.study import Allocation, Wave
from dww_analysis.effects.analysis import estimate_entry
from dww_analysis.effects.calibration import calibrate
from dww_analysis.effects.checks import allotted
from dww_analysis.effects.estimate import fit_entry
from dww_analysis.effects.planned import permute_planned
from dww_analysis.effects.sensitivity import sensitivity_of
from dww_analysis.errors import FitError


def cells(seed=2):
    """The trial with the cases behind each row."""
    scores = trial_scores(True)
    return scores.assign(cases=np.random.default_rng(seed).integers(1, 30, len(scores)).astype(float))


def weighted(scores, **changes):
    return data_of(entry(weights="cases"), scores, answers=scores, **changes)


def no_careless():
    return pd.DataFrame({"sample": [], "person": [], "wave": [], "careless": []}).astype({"careless": bool})


def test_weighted_least_squares_is_that_of_statsmodels():
    scores = cells()
    scores = scores[scores["wave"] == 2].assign(wave=0)
    study = replace(
        trial_study(),
        waves=(Wave(0, {"en": "after"}),),
        allocation=Allocation("person", "list", True),
    )
    scores = scores.assign(team=None, organisation=None)
    row = estimate_entry(weighted(scores, study=study)).estimates.iloc[0]
    treated = (scores["arm"] == "intervention").astype(float)
    wls = sm.WLS(scores["score"], sm.add_constant(treated.rename("x")), weights=scores["cases"]).fit()
    assert row["estimate"] == pytest.approx(wls.params["x"], rel=1e-10)
    assert row["std_error"] == pytest.approx(wls.bse["x"], rel=1e-10)
    assert (row["p_value"], row["df"]) == (pytest.approx(wls.pvalues["x"]), wls.df_resid)


def test_the_mixed_model_is_the_one_of_dense_matrices():
    scores = cells()
    found = fit_entry(weighted(scores))
    rows = found.used
    groups = [
        rows[g.split(":")].astype(str).agg("/".join, axis=1).to_numpy()
        for g in ("team", "team:wave", "person")
    ]
    same = [(g[:, None] == g[None, :]).astype(float) for g in groups]
    X, y, w = found.fitted.design.X, found.fitted.design.y, rows["(precision)"].to_numpy()
    assert w.tolist() == scores["cases"].tolist()

    def solved(log_sd):
        *between, residual = np.exp(2 * np.asarray(log_sd))
        V = np.diag(residual / w) + sum(v * s for v, s in zip(between, same, strict=True))
        inverse = np.linalg.inv(V)
        information = X.T @ inverse @ X
        beta = np.linalg.solve(information, X.T @ inverse @ y)
        rest = y - X @ beta
        signs = np.linalg.slogdet(V)[1] + np.linalg.slogdet(information)[1]
        return signs + rest @ inverse @ rest, beta, np.linalg.inv(information)

    best = minimize(lambda t: solved(t)[0], np.log([0.2, 0.2, 0.4, 1.0]), method="Nelder-Mead",
                    options={"xatol": 1e-9, "fatol": 1e-11, "maxiter": 4000, "maxfev": 4000})  # fmt: skip
    _, beta, vcov = solved(best.x)
    at = list(found.fitted.design.x_names).index("intervention_wave2")
    row = found.coefficients.loc["intervention_wave2"]
    assert row["estimate"] == pytest.approx(beta[at], rel=1e-5)
    assert found.fitted.solution.vcov[at, at] == pytest.approx(vcov[at, at], rel=1e-4)


def test_equal_weights_are_no_weights():
    scores = cells().assign(cases=7.0)
    one, other = (estimate_entry(d).estimates for d in (weighted(scores), data_of(entry(), scores)))
    plain = other[~other["standardised"]]
    for name in ("estimate", "std_error", "df", "p_value", "conf_low"):
        assert one[name].to_numpy() == pytest.approx(plain[name].to_numpy(), rel=1e-6), name


def test_rows_in_other_units_are_not_offered_and_the_record_says_what_was_weighed():
    scores = cells()
    lost = scores["person"].isin(scores["person"].unique()[:9])
    scores.loc[lost, "cases"] = np.nan
    result = estimate_entry(weighted(scores))
    assert not result.estimates["standardised"].any()
    assert "precision_weights" in result.record["methods"]
    said = f"e: {lost.sum()} rows with a score have no `cases` and do not count."
    assert said in result.record["warnings"]
    assert result.record["n_obs"] == len(scores) - lost.sum()


def test_rows_of_few_persons_without_a_weight_are_not_counted_on_the_page():
    scores = cells()
    scores.loc[scores.index[:3], "cases"] = np.nan
    said = estimate_entry(weighted(scores)).record["warnings"]
    assert "e: rows with a score of fewer than 8 persons have no `cases` and do not count." in said


def test_weights_are_above_zero():
    scores = cells()
    scores.loc[scores.index[5], "cases"] = 0
    with pytest.raises(FitError, match="zero or negative in rows with a score: 1 rows"):
        estimate_entry(weighted(scores))


def test_permutation_weighs_too():
    data = weighted(cells())
    found = fit_entry(data)
    by_lot = allotted(data, found)
    result = permute_planned(by_lot.null, by_lot.units, by_lot.lot, by_lot.effects, seed=1, conf_level=0.95)
    rows, null = found.frame.loc[by_lot.null.frame.index], by_lot.null
    V = np.diag(null.sigma**2 / rows["(precision)"].to_numpy())
    table = null.variance_components().set_index("group")["estimate"]
    for name in ("team", "team:wave", "person"):
        group = rows[name.split(":")].astype(str).agg("/".join, axis=1).to_numpy()
        V += table[name] * (group[:, None] == group[None, :])
    columns = found.fitted.design.X[
        :, [found.fitted.design.x_names.index(f"intervention_wave{w}") for w in (2, 1)]
    ]
    X = np.column_stack([columns, null.design.X])
    inverse = np.linalg.inv(V)
    beta = np.linalg.solve(X.T @ inverse @ X, X.T @ inverse @ null.design.y)
    assert result.estimate == pytest.approx(beta[0], rel=1e-8)


def test_every_analysis_beside_it_and_the_trials_can_be_had():
    scores = cells()
    data = weighted(scores)
    table = sensitivity_of(data, fit_entry(data), no_careless())
    assert set(table["analysis"]) == {"CR2 by team", "permutation of teams"} and (table["remark"] == "").all()
    tried = calibrate(data, Calibration(20, (0.0,), 1, 20))
    assert tried["share_failed"].max() < 0.2
