"""Beside ordered outcomes and counts: the odds of a higher category, the units' rates, and counts over time."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from effects_studies import data_of, entry, scale
from scipy.stats import ttest_ind
from statsmodels.miscmodels.ordinal_model import OrderedModel

from dww_analysis.effects.answered import answered

ORDERED, COUNT = (replace(scale(low=0.0, high=50.0), measure=m) for m in ("ordered", "count"))
LOW, HIGH = (1, 1, 2, 2, 2, 3, 3, 4), (1, 2, 2, 3, 3, 4, 4, 4)
BESIDE = {"family": "secondary", "wave": 2}


def one_wave(of_team):
    """Twelve teams at the last wave, odd ones treated; of_team(number, treated): the scores of its persons."""
    rows = []
    for t in range(12):
        for p, score in enumerate(of_team(t, t % 2)):
            arm = "intervention" if t % 2 else "control"
            rows.append(("main", f"{t}-{p}", 2, "o1", f"t{t:02d}", arm, "y", float(score), 1.0 + (p % 3)))
    names = ["sample", "person", "wave", "organisation", "team", "arm", "scale", "score", "months"]
    return pd.DataFrame(rows, columns=names)


def beside(scores, measured, **changes):
    data = data_of(entry(**{**BESIDE, **changes}), scores, scale=measured)
    found = answered(data, scores[["sample", "person", "wave"]].assign(careless=False))
    return found.result, found.sensitivity.set_index("analysis")


def test_the_odds_of_a_higher_category_without_variance_of_teams_are_those_of_all_persons():
    """All teams of an arm answer alike, so no variance is left to them: an ordinary cumulative logit (statsmodels)."""
    scores = one_wave(lambda t, treated: HIGH if treated else LOW)
    _, table = beside(scores, ORDERED)
    row = table.loc["cumulative logit"]
    treated = (scores["arm"] == "intervention").astype(float).to_frame("treated")
    plain = OrderedModel(scores["score"].astype(int), treated, distr="logit").fit(method="bfgs", disp=False)
    assert row["estimate"] == pytest.approx(plain.params["treated"], abs=1e-3)
    assert row["std_error"] == pytest.approx(plain.bse["treated"], abs=1e-3)
    assert row["estimate"] > 0 and row["df"] == 10 and row["unit"] == "log odds"
    assert row["boundary"] == "team"
    assert "permutation of teams" in table.index


def test_teams_that_all_have_the_mean_of_their_arm_leave_no_standard_error():
    _, table = beside(
        one_wave(lambda t, treated: HIGH if treated else LOW), replace(ORDERED, measure="continuous")
    )
    row = table.loc["CR2 by team"]
    assert row["remark"] == "failed" and np.isnan(row["p_value"])
    assert row["note"].endswith("no standard error from how units differ")


def test_answers_that_are_told_apart_have_no_odds():
    scores = one_wave(lambda t, treated: (4, 5, 6, 5) if treated else (1, 2, 3, 2))
    _, table = beside(scores, ORDERED)
    assert table.loc["cumulative logit", "remark"] == "failed"
    assert np.isnan(table.loc["cumulative logit", "p_value"])


def test_numbers_have_no_odds_and_no_rate():
    _, table = beside(one_wave(lambda t, treated: HIGH), replace(ORDERED, measure="continuous"))
    assert not table.index.str.contains("logit|rate").any()


def counts(t, treated):
    return np.random.default_rng(t).poisson(3 + 2 * treated + 0.2 * (t % 3), 9)


def test_the_rates_of_units_are_compared_by_a_t_test():
    scores = one_wave(counts)
    _, table = beside(scores, COUNT, per="months")
    row, by_team = table.loc["rate by team"], scores.groupby(["arm", "team"])[["score", "months"]].sum()
    rates = by_team["score"] / by_team["months"]
    found = ttest_ind(rates["intervention"], rates["control"])
    assert row["estimate"] == pytest.approx(rates["intervention"].mean() - rates["control"].mean())
    assert row["p_value"] == pytest.approx(found.pvalue, rel=1e-9) and row["df"] == 10
    assert row["unit"] == "events per months"
    _, plain = beside(scores, COUNT)
    means = scores.groupby(["arm", "team"])["score"].mean()
    assert plain.loc["rate by team", "estimate"] == pytest.approx(
        means["intervention"].mean() - means["control"].mean()
    )


def test_counts_are_taken_by_their_time():
    """Without variance between teams and rows the log rate ratio is that of sums of counts over sums of time."""
    scores = one_wave(lambda t, treated: (2, 4, 6, 2, 4, 6) if treated else (1, 2, 3, 1, 2, 3))
    result, _ = beside(scores, COUNT, per="months")
    sums = scores.groupby("arm")[["score", "months"]].sum()
    rate = sums["score"] / sums["months"]
    row = result.estimates.set_index("id").loc["e"]
    assert row["estimate"] == pytest.approx(np.log(rate["intervention"] / rate["control"]), abs=1e-6)
    assert result.record["formula"].endswith("(1 | row)")
    assert {"overdispersion", "counted_over"} <= set(result.record["methods"])


def test_counts_that_vary_more_than_poisson_have_a_larger_standard_error():
    """A gamma mixture of Poisson counts: the term by row takes what a Poisson distribution does not allow."""
    rng = np.random.default_rng(5)
    scores = one_wave(lambda t, treated: rng.poisson(rng.gamma(0.7, 4 + 2 * treated, 12)))
    result, _ = beside(scores, COUNT)
    found = result.components.set_index("group")["estimate"]
    assert found["row"] > 0.3
    sums = scores.groupby("arm")["score"].sum()
    poisson = np.sqrt((1 / sums).sum())
    assert result.estimates.set_index("id").loc["e", "std_error"] > 1.5 * poisson


def test_a_time_that_is_not_above_zero_is_refused():
    scores = one_wave(counts)
    scores["months"] = scores["months"].mask(scores["months"] == 3, 0)
    result, _ = beside(scores, COUNT, per="months")
    assert "`months` is zero or negative in rows with a score: 36 rows" in result.record["failed"]
    assert "36" not in result.record["failed_openly"]


def test_a_formula_without_a_term_by_row_is_warned_about():
    """A person answers once a wave, so person and wave together are rows: the model of the design itself."""
    scores, given = one_wave(counts), {"term": "armintervention", "wave": None}
    plain, _ = beside(scores, COUNT, formula="y ~ arm + (1 | team)", **given)
    by_row, _ = beside(scores, COUNT, formula="y ~ arm + (1 | team) + (1 | person:wave)", **given)
    warned = ["no term with a level for each row" in "".join(r.record["warnings"]) for r in (plain, by_row)]
    assert warned == [True, False]
    planned, _ = beside(scores, COUNT)
    assert not any("each row" in said for said in planned.record["warnings"])
    numbers = by_row.estimates[["estimate", "std_error"]].to_numpy()
    assert numbers == pytest.approx(planned.estimates[["estimate", "std_error"]].to_numpy(), rel=1e-5)
