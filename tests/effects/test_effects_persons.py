"""Persons who were allocated themselves and answered once: their teams are left to count, or nothing, against R."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from effects_studies import data_of, entry, scale, trial_study
from missing_studies import QUICK
from scipy import stats

from dww_analysis.domain.plan import Calibration
from dww_analysis.domain.study import Allocation, Background, Wave
from dww_analysis.domain.tables.effects import ESTIMATES, SENSITIVITY, VARIANCE_COMPONENTS
from dww_analysis.effects import fit_entry
from dww_analysis.effects.analysis import estimate_entry
from dww_analysis.effects.answered import answered
from dww_analysis.effects.calibration import calibrate
from dww_analysis.effects.missing.impute import impute_entry
from dww_analysis.errors import FitError
from dww_analysis.storage.declared import typed

ORACLE = Path(__file__).parents[1] / "oracles" / "07_cluster_trial"
KR = 1e-3  # Kenward-Roger df and SE end to end
EXACT = 1e-6  # estimates of two programs that both search to the optimum
ONE_WAVE = dataclasses.replace(
    trial_study(),
    waves=(Wave(3, {"en": "after"}),),
    allocation=Allocation("person", "allocation", randomised=True),
    background=(Background("age", {"en": "age"}, "number"),),
)


def after(**changes):
    """The last wave of the trial of the oracle, as if persons had been allocated."""
    rows = pd.read_csv(ORACLE / "post_with_baseline.csv").query("wave == 'T3'")
    scores = pd.DataFrame(
        {
            "sample": "main",
            "person": rows["person"],
            "wave": rows["time"],
            "organisation": rows["org"],
            "team": rows["team"],
            "arm": rows["condition"],
            "age": rows["age"],
            "scale": "y",
            "score": rows["y"],
        }
    ).assign(**changes)
    before = scores.assign(scale="y0", score=rows["y0"])
    return scores, before


def data(one, scores, before):
    return data_of(
        one,
        scores,
        study=ONE_WAVE,
        scale=scale(low=-1.0, high=9.0),
        covariates={"y0": before},
        answers=scores,
    )


def told(found):
    return answered(found, found.scores[["sample", "person", "wave"]].assign(careless=False))


def test_persons_who_answered_once_are_judged_with_their_teams_as_in_r():
    found = data(entry(covariates=("y0", "age")), *after())
    answer = told(found)
    assert answer.result.record["formula"] == (
        "score ~ intervention_wave3 + y0 + age + (1 | organisation) + (1 | team)"
    )
    models = json.loads((ORACLE / "oracle.json").read_text(encoding="utf-8"))["models"]
    witness = next(
        row for row in models["t3_ancova"]["kenward_roger"]["coef"] if row["term"] == "conditionintervention"
    )
    planned = answer.result.estimates.set_index("id").loc["e"]
    assert planned["estimate"] == pytest.approx(witness["estimate"], rel=EXACT)
    for ours, theirs in {"std_error": "se", "df": "df", "p_value": "p"}.items():
        assert planned[ours] == pytest.approx(witness[theirs], rel=KR), ours


def test_persons_inside_teams_are_no_independent_clusters():
    scores, before = after(organisation="o1")
    found = data(entry(), scores, before)
    assert fit_entry(found).model.formula == "score ~ intervention_wave3 + (1 | team)"
    sensitivity = told(found).sensitivity.set_index("analysis")
    assert set(sensitivity.index) == {"permutation of persons"} and sensitivity["remark"].eq("").all()
    tried = calibrate(found, Calibration(20, (0.0,), seed=1, checks=0))
    assert tried["remark"].eq("").all()


NO_TEAMS = [{"team": None, "organisation": None}, {"team": "t1", "organisation": "o1"}]


@pytest.fixture(scope="module", params=NO_TEAMS, ids=["no teams", "one team"])
def alone(request):
    found = data(entry(), *after(**request.param))
    return found, told(found)


def test_without_teams_the_answer_is_the_t_test(alone):
    found, answer = alone
    values = [found.scores.query("arm == @arm")["score"] for arm in ("intervention", "control")]
    expected = stats.ttest_ind(*values)
    planned = answer.result.estimates.set_index("id").loc["e"]
    assert planned["p_value"] == pytest.approx(expected.pvalue, rel=1e-9)
    assert planned["df"] == expected.df
    limits = expected.confidence_interval()
    assert (planned["conf_low"], planned["conf_high"]) == pytest.approx((limits.low, limits.high), rel=1e-9)
    assert (planned["df_method"], planned["fallback"]) == ("residual", "")
    typed(answer.result.estimates, ESTIMATES, "e.csv")


def test_its_standardised_row_is_hedges_g_with_the_pooled_sd(alone):
    found, answer = alone
    table = answer.result.estimates.set_index("id")
    ours, sd = table.loc["e.sd"], found.scores.groupby("arm")["score"].std()
    n = found.scores["arm"].value_counts()
    pooled = np.sqrt(sum((n[arm] - 1) * sd[arm] ** 2 for arm in sd.index) / (n.sum() - 2))
    assert ours["sd_used"] == pytest.approx(pooled, rel=1e-9)
    df = n.sum() - 2
    assert ours["estimate"] == pytest.approx(
        table.loc["e", "estimate"] / pooled * (1 - 3 / (4 * df - 1)), rel=1e-4
    )


def test_the_residual_variance_has_the_limits_of_chi_square(alone):
    """Bartlett's own interval of a normal variance, by the share of draws that it covers."""
    _, answer = alone
    (row,) = typed(answer.result.components, VARIANCE_COMPONENTS, "c.csv").to_dict("records")
    df = answer.result.estimates["df"].iloc[0]
    drawn = row["estimate"] * np.random.default_rng(1).chisquare(df, 200_000) / df
    covered = row["estimate"] * row["estimate"] / drawn
    low, high = np.quantile(covered, [0.025, 0.975])
    assert (row["conf_low"], row["conf_high"]) == pytest.approx((low, high), rel=5e-3)


def test_checks_of_independent_persons(alone):
    _, answer = alone
    rows = typed(answer.sensitivity, SENSITIVITY, "s.csv").set_index("analysis")
    planned = answer.result.estimates.set_index("id").loc["e"]
    for name in ("CR2 by person", "permutation of persons"):
        assert rows.loc[name, "estimate"] == pytest.approx(planned["estimate"], rel=1e-9), name
        assert rows.loc[name, "p_value"] == pytest.approx(planned["p_value"], rel=0.5), name


def test_the_report_says_least_squares(alone):
    record = alone[1].result.record
    assert record["estimation"] == "least squares" and "least_squares" in record["methods"]
    assert record["icc"] == {} and record["boundary"] == []


def test_imputation_without_levels_is_refused_in_words(alone):
    with pytest.raises(FitError, match="least squares"):
        impute_entry(alone[0], QUICK, {})


def test_a_given_formula_without_random_terms_stays_refused():
    one = entry(formula="y ~ arm", term="armintervention")
    with pytest.raises(FitError, match="random"):
        fit_entry(data(one, *after()))


def by_lot_once(seed=4, n=90, **changes):
    """Persons allocated by lot who said yes or no once, with a covariate."""
    rng = np.random.default_rng(seed)
    arm, years = rng.integers(0, 2, n), rng.normal(0, 1, n)
    yes = rng.random(n) < 1 / (1 + np.exp(-(0.2 + 0.7 * arm + 0.5 * years)))
    rows = pd.DataFrame({
        "sample": "main", "person": [f"p{i}" for i in range(n)], "wave": 0, "organisation": None, "team": None,
        "arm": np.where(arm == 1, "intervention", "control"), "scale": "y", "score": yes.astype(float),
        "years": years,
    })  # fmt: skip
    study = dataclasses.replace(
        trial_study(),
        waves=(Wave(0, {"en": "after"}),),
        allocation=Allocation("person", "list", randomised=True),
        background=(Background("years", {"en": "years"}, "number"),),
    )
    yes_no = dataclasses.replace(scale(low=0.0, high=1.0), measure="yes_no")
    return rows, data_of(entry(**changes), rows, study=study, scale=yes_no, answers=rows)


@pytest.mark.parametrize("covariates", [(), ("years",)])
def test_persons_who_answered_once_have_the_odds_ratio_of_logistic_regression(covariates):
    rows, data = by_lot_once(covariates=covariates, summary="odds_ratio")
    table = estimate_entry(data).estimates.set_index("id")
    assert list(table.index) == ["e", "e.risk_difference", "e.risk_ratio"]
    columns = [(rows["arm"] == "intervention").astype(float), *(rows[c] for c in covariates)]
    logit = sm.Logit(rows["score"].to_numpy(), np.column_stack([np.ones(len(rows)), *columns])).fit(
        disp=0, tol=1e-12
    )
    row = table.loc["e"]
    assert (row["summary"], row["unit"], row["df"]) == (
        "odds_ratio",
        "log odds",
        len(rows) - 2 - len(covariates),
    )
    assert row["estimate"] == pytest.approx(logit.params[1], rel=1e-8)
    assert row["std_error"] == pytest.approx(logit.bse[1], rel=1e-6)


def test_the_unit_of_a_covariate_decides_nothing_about_the_odds_ratio():
    """A year of birth makes the intercept large, a rate in thousandths its coefficient; neither tells people apart."""
    rows, data = by_lot_once(covariates=("years",), summary="odds_ratio")

    def odds(years):
        other = rows.assign(years=years)
        table = estimate_entry(dataclasses.replace(data, scores=other, answers=other)).estimates
        assert table["summary"].iloc[0] == "odds_ratio"
        return table[["estimate", "std_error"]].iloc[0].to_numpy(float)

    for years in (1980 + 10 * rows["years"], rows["years"] / 1000):
        assert odds(years) == pytest.approx(odds(rows["years"]), rel=1e-6)


def test_the_odds_ratio_stands_beside_planned_shares_of_persons():
    _, data = by_lot_once(summary="risk_difference")
    result = estimate_entry(data)
    assert list(result.estimates["id"]) == ["e", "e.odds_ratio", "e.risk_ratio"]
    assert "logistic" in result.record["methods"] and not result.record["warnings"]


def test_no_odds_ratio_where_a_covariate_tells_yes_from_no():
    rows, _ = by_lot_once()
    rows = rows.assign(years=rows["score"] * (np.arange(len(rows)) % 4 == 0))
    data = by_lot_once(covariates=("years",))[1]
    result = estimate_entry(dataclasses.replace(data, scores=rows, answers=rows))
    assert "odds_ratio" not in set(result.estimates["summary"])
    assert "no_odds_ratio" in result.record["methods"]
