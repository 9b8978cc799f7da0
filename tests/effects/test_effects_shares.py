"""Yes or no between arms as a difference of shares: R's t test of unit proportions, and few answers yes."""

import dataclasses
import itertools
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from effects_studies import data_of, entry, scale, trial_study
from scipy import stats

from dww_analysis.domain.plan import Calibration
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Allocation
from dww_analysis.effects import adjust_families, estimate_entry
from dww_analysis.effects.analysis import analyse
from dww_analysis.effects.answered import answered
from dww_analysis.effects.answers import Facts, answer_of
from dww_analysis.effects.calibration import calibrate
from dww_analysis.effects.shares import share_difference, share_ratio, unit_shares
from dww_analysis.errors import FitError
from dww_analysis.privacy.gate import let_out

CASE = Path(__file__).parents[1] / "oracles" / "18_outcomes"
WITNESS = json.loads((CASE / "oracle.json").read_text("utf-8"))["leaving"]["cluster_level_risk_difference"]
EXACT = 1e-8  # the same arithmetic on the same numbers
YES_NO = dataclasses.replace(scale(low=0.0, high=1.0), measure="yes_no")
PLANNED, ODDS = entry(summary="risk_difference"), entry(summary="odds_ratio")


def leaving():
    """Who left in the months that were seen, one row a person, at one wave."""
    raw = pd.read_csv(CASE / "18_leaving_person_months.csv")
    persons = raw.groupby(["team", "person"]).agg(arm=("arm", "first"), score=("left", "max")).reset_index()
    return rows_of(persons.assign(wave=2, organisation="o1"))


def rows_of(persons):
    arm = np.where(persons["arm"] == 1, "intervention", "control")
    return persons.assign(sample="main", scale="y", arm=arm, score=persons["score"].astype(float))


def drawn(control, treated, waves=(2,), teams=16, size=10, seed=1):
    rng = np.random.default_rng(seed)
    rows = [
        (f"p{t}_{i}", w, f"o{t // 4}", f"t{t:02}", t % 2, rng.random() < (treated if t % 2 else control))
        for t in range(teams) for i in range(size) for w in waves
    ]  # fmt: skip
    return rows_of(pd.DataFrame(rows, columns=["person", "wave", "organisation", "team", "arm", "score"]))


def yes_no(one, scores, **changes):
    return data_of(one, scores, scale=YES_NO, **changes)


def all_of(data):
    return answered(data, data.scores[["sample", "person", "wave"]].assign(careless=False))


@pytest.mark.oracle
def test_the_planned_difference_of_shares_is_the_t_test_of_unit_proportions():
    found = all_of(yes_no(PLANNED, leaving()))
    row = found.result.estimates.set_index("id").loc["e"]
    names = {"estimate": "estimate", "std_error": "se", "df": "df", "p_value": "p", "conf_low": "lower",
             "conf_high": "upper"}  # fmt: skip
    for ours, theirs in names.items():
        assert row[ours] == pytest.approx(WITNESS[theirs], rel=EXACT), ours
    assert (row["summary"], row["unit"], row["noun"]) == ("risk_difference", "share", "effect")
    assert row["primary"] and row["family"] == "primary" and row["n_teams"] == 16 and row["fallback"] == ""


def test_absolute_and_relative_stand_together_whichever_is_planned():
    scores = leaving()
    absolute, relative = (estimate_entry(yes_no(e, scores)).estimates for e in (PLANNED, ODDS))
    assert list(absolute["id"]) == ["e", "e.odds_ratio", "e.risk_ratio"]
    assert list(relative["id"]) == ["e", "e.risk_difference", "e.risk_ratio"]
    for table in (absolute, relative):
        assert list(table["primary"]) == [True, False, False] and list(table["family"]) == ["primary", "", ""]
    numbers = ["estimate", "std_error", "p_value"]
    both = absolute.set_index("summary")[numbers], relative.set_index("summary")[numbers]
    pd.testing.assert_frame_equal(both[0].sort_index(), both[1].sort_index())


def test_few_units_at_one_wave_are_compared_in_shares_unless_the_plan_asks_otherwise():
    usual = estimate_entry(yes_no(entry(), leaving())).estimates.iloc[0]
    assert (usual["id"], usual["summary"], usual["fallback"]) == ("e", "risk_difference", "")
    assert usual["p_value"] == pytest.approx(WITNESS["p"])
    asked = estimate_entry(yes_no(ODDS, leaving()))
    assert asked.estimates.iloc[0]["summary"] == "odds_ratio"
    assert any("few units at one wave" in warning for warning in asked.record["warnings"])
    many = drawn(0.3, 0.5, teams=32)
    assert estimate_entry(yes_no(entry(), many)).estimates.iloc[0]["summary"] == "odds_ratio"


def test_no_means_of_log_odds_are_offered_for_a_scale_of_shares():
    assert estimate_entry(yes_no(entry(), leaving())).record["means"] == []


def test_only_the_planned_row_is_corrected():
    data = yes_no(PLANNED, leaving())
    table = adjust_families(estimate_entry(data).estimates, data.plan).set_index("id")
    assert table.at["e", "p_adjusted"] == pytest.approx(WITNESS["p"]) and np.isnan(
        table.at["e.odds_ratio", "p_adjusted"]
    )


def test_units_count_once_and_not_by_their_size():
    scores = drawn(0.3, 0.5)
    twice = pd.concat([scores, scores[scores["team"] == "t03"].assign(person=lambda d: d["person"] + "x")])
    one, other = (estimate_entry(yes_no(PLANNED, s)).estimates.iloc[0] for s in (scores, twice))
    assert one["estimate"] == pytest.approx(other["estimate"], abs=1e-12) and other["n_persons"] == 170


def test_organisations_are_the_units_where_they_were_allocated():
    scores = drawn(0.3, 0.5)
    scores["organisation"] = scores["team"].map(lambda t: f"o{int(t[1:]) % 2}{int(t[1:]) // 4}")
    study = dataclasses.replace(trial_study(), allocation=Allocation("organisation", "a", randomised=True))
    row = estimate_entry(yes_no(PLANNED, scores, study=study)).estimates.iloc[0]
    by_hand = scores.groupby(["organisation", "arm"])["score"].mean().reset_index()
    split = [by_hand.loc[by_hand["arm"] == a, "score"] for a in ("intervention", "control")]
    assert (
        row["p_value"] == pytest.approx(stats.ttest_ind(*split).pvalue) and row["df"] == len(by_hand) - 2 == 6
    )


def test_strata_and_the_share_at_the_first_wave_are_least_squares_of_the_units():
    scores = drawn(0.3, 0.5, waves=(0, 2), seed=4)
    study = dataclasses.replace(
        trial_study(), allocation=Allocation("team", "a", randomised=True, strata="organisation")
    )
    one = entry(summary="risk_difference", baseline="ancova")
    row = estimate_entry(yes_no(one, scores, study=study)).estimates.iloc[0]
    units = scores.pivot_table(
        index=["team", "organisation", "arm"], columns="wave", values="score"
    ).reset_index()
    X = np.column_stack([
        units["arm"] == "intervention", units[0], *(units["organisation"] == o for o in ("o0", "o1", "o2", "o3"))
    ]).astype(float)  # fmt: skip
    beta, rss, *_ = np.linalg.lstsq(X, units[2].to_numpy(), rcond=None)
    error = np.sqrt(rss[0] / (16 - 6) * np.linalg.inv(X.T @ X)[0, 0])
    assert (row["df"], row["estimate"], row["std_error"]) == (
        10,
        pytest.approx(beta[0]),
        pytest.approx(error),
    )


def test_units_without_a_first_wave_are_counted():
    scores = drawn(0.3, 0.5, waves=(0, 2))
    scores = scores[(scores["team"] != "t05") | (scores["wave"] == 2)]
    result = estimate_entry(yes_no(entry(summary="risk_difference", baseline="ancova"), scores))
    assert result.estimates.iloc[0]["n_teams"] == 15
    assert any("1 team without answers at the first wave is" in w for w in result.record["warnings"])


@pytest.mark.parametrize("waves", [(2,), (0,)])
def test_without_a_wave_before_there_is_no_share_to_adjust_for(waves):
    study = (
        trial_study() if waves == (2,) else dataclasses.replace(trial_study(), waves=trial_study().waves[:1])
    )
    data = yes_no(
        entry(summary="risk_difference", baseline="ancova"), drawn(0.3, 0.5, waves=waves), study=study
    )
    with pytest.raises(FitError, match="no answers at a wave before"):
        estimate_entry(data)


def test_a_share_is_adjusted_by_what_the_covariates_lead_to_expect():
    """A covariate that makes all the difference between the arms leaves nothing; one without any changes nothing."""
    scores = drawn(0.2, 0.6, size=40, seed=3)
    first = scores.assign(wave=0, scale="z")
    tables = {"noise": first.assign(score=np.tile([0.0, 1.0], len(first) // 2)),
              "reason": first.assign(score=(scores["arm"] == "intervention").astype(float) + 0.0)}  # fmt: skip
    found = {}
    for name, table in tables.items():
        data = yes_no(entry(summary="risk_difference", covariates=("z",)), scores, covariates={"z": table})
        found[name] = estimate_entry(data).estimates.iloc[0]["estimate"]
    plain = estimate_entry(yes_no(PLANNED, scores)).estimates.iloc[0]["estimate"]
    assert found["noise"] == pytest.approx(plain, abs=0.02) and plain > 0.3
    assert found["reason"] == pytest.approx(0, abs=1e-6)


def test_arms_not_formed_by_lot_give_a_difference():
    study = dataclasses.replace(trial_study(), allocation=Allocation("team", "a", randomised=False))
    found = all_of(yes_no(PLANNED, leaving(), study=study))
    assert found.result.estimates.iloc[0]["noun"] == "difference"
    assert "permutation of teams" not in set(found.sensitivity["analysis"])


def test_without_a_lot_changes_of_shares_are_compared():
    study = dataclasses.replace(trial_study(), allocation=Allocation("team", "a", randomised=False))
    scores = drawn(0.4, 0.6, waves=(0, 2), size=20)
    data = yes_no(entry(sesoi=0.05, summary="risk_difference", average="cluster"), scores, study=study)
    table = estimate_entry(data).estimates.set_index("summary")
    shares = scores.pivot_table(index=["team", "arm"], columns="wave", values="score").reset_index()
    change = (shares[2] - shares[0]).groupby(shares["arm"])
    treated, control = (change.get_group(a) for a in ("intervention", "control"))
    row = table.loc["risk_difference"]
    assert row["estimate"] == pytest.approx(treated.mean() - control.mean())
    assert row["p_value"] == pytest.approx(stats.ttest_ind(treated, control).pvalue)
    assert (row["noun"], row["wave"], row["from_wave"], row["n_smallest"]) == ("difference", 2, 0, 160)
    facts = Facts(data.plan, data.study, {}, None)
    assert answer_of(data.entry, table.reset_index(), facts).sesoi == 0.05  # the same contrast in both rows


def answers_by_age():
    """Persons of 40 teams at two waves: the treated are older, and the older say yes more often; nothing changes."""
    rng = np.random.default_rng(1)
    persons = pd.DataFrame({"team": np.repeat(np.arange(40), 20)})
    persons["arm"] = persons["team"] % 2
    persons["age"] = rng.normal(size=len(persons)) + 1.5 * persons["arm"]
    persons = persons.assign(person=[f"p{i}" for i in persons.index], organisation="o1")
    rows = pd.concat([persons.assign(wave=w) for w in (0, 2)], ignore_index=True)
    rows["score"] = rng.random(len(rows)) < 1 / (1 + np.exp(0.75 - rows["age"]))
    return rows_of(rows.assign(team=rows["team"].map("t{:02}".format)))


def test_covariates_make_no_change_of_shares_where_there_is_none():
    """Arms of different age: what age leads to expect is taken off both waves, not off the later one alone."""
    study = dataclasses.replace(trial_study(), allocation=Allocation("team", "a", randomised=False))
    one, rows = entry(summary="risk_difference", covariates=("age",)), answers_by_age()
    data = yes_no(one, rows.drop(columns="age"), study=study, answers=rows)
    row = estimate_entry(data).estimates.iloc[0]
    assert row["from_wave"] == 0 and row["p_value"] > 0.2
    assert row["estimate"] == pytest.approx(0, abs=0.05)


# --- few answers yes


@pytest.mark.parametrize(("control", "waves"), [(0.0, (2,)), (0.0, (0, 2)), (0.02, (2,))])
def test_with_hardly_any_yes_in_an_arm_the_difference_of_shares_answers_alone(control, waves):
    found = all_of(yes_no(ODDS, drawn(control, 0.3, waves=waves)))
    table = found.result.estimates
    assert "failed" not in found.result.record and table.iloc[0]["id"] == "e"
    assert set(table["summary"]) <= {"risk_difference", "risk_ratio"}
    assert (
        table.iloc[0]["summary"] == table.iloc[0]["fallback"] == "risk_difference"
        and table.iloc[0]["primary"]
    )
    assert any("no odds ratio" in w for w in found.result.record["warnings"])
    exact = found.sensitivity.set_index("analysis").loc["permutation of teams"]
    assert exact["exact"] and exact["p_value"] < 0.01 and exact["conf_low"] < 0.3 < exact["conf_high"]


@pytest.mark.parametrize("treated", [0.0, 0.3])
def test_an_arm_without_any_yes_has_no_ratio_and_a_planned_one_leaves_the_difference(treated):
    """A mean share that is zero but for rounding has no logarithm."""
    scores = drawn(0.4 if treated == 0.0 else 0.0, treated)
    found = all_of(yes_no(entry(summary="risk_ratio"), scores))
    (row,) = found.result.estimates.to_dict("records")
    assert (row["id"], row["summary"], row["fallback"]) == ("e", "risk_difference", "risk_difference")
    plain = estimate_entry(yes_no(PLANNED, scores)).estimates
    assert list(plain["summary"]) == ["risk_difference"]
    assert row["estimate"] == plain.iloc[0]["estimate"] and plain.iloc[0]["fallback"] == ""
    assert any("no ratio of shares" in w for w in found.result.record["warnings"])
    assert found.sensitivity.set_index("analysis").at["permutation of teams", "estimate"] == pytest.approx(
        row["estimate"]
    )


def test_the_exact_test_is_over_every_allocation_of_the_units():
    scores = drawn(0.0, 0.3, teams=8)
    exact = all_of(yes_no(entry(), scores)).sensitivity.set_index("analysis").loc["permutation of teams"]
    shares = scores.groupby("team")["score"].mean().to_numpy()
    own, differences = np.arange(8) % 2 == 1, []
    for chosen in itertools.combinations(range(8), 4):
        treated = np.isin(np.arange(8), chosen)
        differences.append(shares[treated].mean() - shares[~treated].mean())
    observed = shares[own].mean() - shares[~own].mean()
    assert exact["estimate"] == pytest.approx(observed) and exact["n_allocations"] == 70
    assert exact["p_value"] == pytest.approx(np.mean(np.abs(differences) >= observed - 1e-9))


@pytest.mark.parametrize("one", [PLANNED, entry(), ODDS])
@pytest.mark.parametrize(("control", "treated"), [(0.0, 0.0), (1.0, 1.0), (0.0, 1.0), (1.0, 0.0)])
def test_arms_in_which_everybody_says_the_same_have_an_exact_interval(one, control, treated):
    """Every mean inside the limits, and none outside, gives the units a chance of alpha / 2: tried one by one."""
    found = all_of(yes_no(one, drawn(control, treated, teams=14).query("team != 't13'")))  # 7 units and 6
    (row,) = found.result.estimates.to_dict("records")
    assert "failed" not in found.result.record and "untested" not in found.result.record
    assert (row["summary"], row["df_method"], row["n_teams"]) == ("risk_difference", "exact", 13)
    assert row["estimate"] == treated - control and np.isnan([row["std_error"], row["df"]]).all()
    low, high, p = by_trying(treated, 6, control, 7)
    assert (row["conf_low"], row["conf_high"]) == pytest.approx((low, high), abs=3e-4)
    assert row["p_value"] == pytest.approx(p, abs=1e-5)
    assert row["n_smallest"] == 1  # everybody's answer is known: no page shows it


def by_trying(treated, n, control, m):
    """Limits and p by brute force over all pairs of chances, from binomial probabilities of units."""
    grid = np.linspace(0, 1, 4001)
    one, other = (stats.binom.pmf(round(k * share), k, grid) for k, share in ((n, treated), (m, control)))
    if treated == control:  # both arms are held at once, each against its own mean
        far = [abs(grid[p > 0.025] - share).max() for p, share in ((one, treated), (other, control))]
        return (-far[1], far[0], 1.0) if treated == 0 else (-far[0], far[1], 1.0)
    steps = len(grid) - 1
    inside = [k for k in range(-steps, steps + 1) if likely(one, other, k) > 0.025]
    return min(inside) / steps, max(inside) / steps, 2 * likely(one, other, 0)


def likely(one, other, k):
    """The largest chance of both arms as they are, over means that lie k steps of the grid apart."""
    n = len(one)
    return (one[max(k, 0) : n + min(k, 0)] * other[max(-k, 0) : n - max(k, 0)]).max()


def test_units_that_do_not_differ_between_yes_and_no_are_a_sentence():
    half = drawn(0.0, 0.0).assign(score=lambda d: d["person"].str[-1].isin(list("01234")).astype(float))
    found = all_of(yes_no(PLANNED, half))
    assert found.result.estimates.empty and found.result.record["failed"]


def test_a_planned_difference_that_cannot_be_had_is_no_odds_ratio_instead():
    scores = drawn(0.4, 0.5, teams=16).query("team in ['t00', 't01']")
    with pytest.raises(FitError, match="difference of shares"):
        analyse(yes_no(PLANNED, scores))


# --- against the smallest effect


def test_a_share_of_interest_meets_the_difference_of_shares_with_its_own_df():
    for one in (entry(summary="risk_difference", sesoi=0.05), entry(summary="odds_ratio", sesoi=0.05)):
        data = yes_no(one, leaving())
        facts = Facts(data.plan, data.study, {"y": Scale("y", {"en": "y"}, ("main",), delivered="y")}, None)
        answer = answer_of(one, estimate_entry(data).estimates, facts)
        b, se, law = WITNESS["estimate"], WITNESS["se"], stats.t(WITNESS["df"])
        p = max(law.sf((b + 0.05) / se), law.cdf((b - 0.05) / se))
        assert answer.equivalence.p_value == pytest.approx(p) and answer.sesoi == 0.05
        assert answer.equivalence.low == pytest.approx(b - law.ppf(0.95) * se)
        assert answer.everyday.kind == "per_100" and answer.everyday.value == pytest.approx(-6.25)
        assert answer.id == "e" and answer.enough_units.value < 0.2


# --- what goes with it


def test_other_rows_give_the_same_kind_of_answer():
    scores = drawn(0.3, 0.5, waves=(0, 2)).assign(current_team=lambda d: d["team"])
    scores = scores[(scores["wave"] == 2) | (scores["person"].str[-1] != "3")]
    found = all_of(yes_no(PLANNED, scores)).sensitivity.set_index("analysis")
    members = scores[scores["person"].str[-1] != "3"]
    again = estimate_entry(yes_no(PLANNED, members)).estimates.iloc[0]
    row = found.loc["baseline members only"]
    assert row["estimate"] == pytest.approx(again["estimate"]) and row["unit"] == "share"


def test_a_difference_of_shares_is_not_tried_on_invented_scores():
    data = yes_no(PLANNED, drawn(0.0, 0.3))
    assert list(calibrate(data, Calibration(20, (0.0,)))["remark"]) == ["not offered"]


@pytest.mark.slow
def test_the_test_keeps_its_level_with_few_units_of_unequal_size():
    """Over 600 trials without effect, 6 units an arm of 5 to 40 persons, log odds that differ between units (SD .5)."""
    rng = np.random.default_rng(11)
    sizes, rejected, of_ratio = np.array([5, 10, 15, 20, 30, 40] * 2), 0, 0
    team, arm = np.repeat(np.arange(12), sizes), np.repeat(np.arange(12) // 6, sizes)
    for _ in range(600):
        p = 1 / (1 + np.exp(1 - 0.5 * rng.normal(size=12)))
        persons = pd.DataFrame(
            {"team": [f"t{t:02}" for t in team], "arm": arm, "wave": 2, "organisation": "o1"}
        )
        persons["person"] = [f"p{i}" for i in range(len(team))]
        persons["score"] = rng.random(len(team)) < p[team]
        data = yes_no(PLANNED, rows_of(persons))
        shares = unit_shares(data)
        rejected += share_difference(data, shares, planned=True).p_value < 0.05
        of_ratio += share_ratio(data, shares, planned=False).p_value < 0.05
    error = np.sqrt(0.05 * 0.95 / 600)
    assert rejected / 600 == pytest.approx(0.05, abs=3 * error)
    assert 0 < of_ratio / 600 < 0.05 + 3 * error  # the logarithm makes it a little cautious


def test_a_hidden_row_does_not_say_that_everybody_of_an_arm_said_the_same():
    """An exact interval is made of such arms alone."""
    found = all_of(yes_no(PLANNED, drawn(0.0, 1.0, teams=14)))
    shown = let_out({"estimates": found.result.estimates, "sensitivity": found.sensitivity}, 10)
    assert found.result.estimates["df_method"].eq("exact").all()
    for table in shown.values():
        assert "exact" not in set(table.select_dtypes(exclude="bool").astype(str).to_numpy().ravel())
