"""Hazards and risks of leaving: R (oracle 18_outcomes), special cases that collapse, and what is refused."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from effects_studies import data_of, entry, plan_of, scale, trial_study
from scipy import stats

from dww_analysis.domain.records import LEAVING, LEFT, record_outcomes
from dww_analysis.domain.study import Source
from dww_analysis.effects.answered import answered
from dww_analysis.effects.leaving import ODDS, hazard_fit, joined_months, months_of, unit_risks
from dww_analysis.privacy.gate import let_out

CASE = Path(__file__).parents[1] / "oracles" / "18_outcomes"
STORED = json.loads((CASE / "oracle.json").read_text())["leaving"]
HR = Source("hr", "hr.csv", None, "hr", "auto", "main", None, {})
SCALE = record_outcomes([HR])[LEAVING]
NOBODY_CARELESS = pd.DataFrame({"sample": [], "person": [], "wave": [], "careless": []})


def stored_months() -> pd.DataFrame:
    """The person-months of the stored case: twelve months, all after the start."""
    rows = pd.read_csv(CASE / "18_leaving_person_months.csv")
    return pd.DataFrame(
        {
            "sample": "main",
            "person": rows["person"],
            "organisation": "o1",
            "team": rows["team"],
            "arm": np.where(rows["arm"] == 1, "intervention", "control"),
            "month": rows["month"].map(lambda m: pd.Timestamp("2025-06-01") + pd.DateOffset(months=m)),
            "in_force": True,
            "left": rows["left"].astype(float),
        }
    )


def data(months: pd.DataFrame, minimum: int = 8, **changes):
    study = dataclasses.replace(trial_study(), min_cell_size=minimum)
    one = entry(outcome=LEAVING, **changes)
    return data_of(one, months, study=study, scale=SCALE, plan=plan_of(one))


def by_quarter(monkeypatch):
    """Months in quarters, as the stored model has them."""

    def quarters(rows):
        number = (rows["month"].dt.year - 2025) * 12 + rows["month"].dt.month - 7
        return pd.Series(pd.Categorical((number // 3).astype(str)), index=rows.index)

    monkeypatch.setattr("dww_analysis.effects.leaving.joined_months", quarters)


@pytest.mark.oracle
@pytest.mark.parametrize("stored", [f for f in STORED["fits"] if f["nAGQ"] == 1], ids=lambda f: f["link"])
def test_the_hazard_model_is_that_of_glmer(monkeypatch, stored):
    by_quarter(monkeypatch)
    own = data(stored_months())
    found = hazard_fit(own, months_of(own), stored["link"])
    row = found.coefficients.loc["intervention_in_force"]
    assert found.model.formula == "left ~ month + intervention_in_force + (1 | team)"
    assert row["estimate"] == pytest.approx(stored["arm"]["Estimate"], rel=1e-4)
    assert row["std_error"] == pytest.approx(stored["arm"]["Std. Error"], rel=1e-3)
    assert found.fitted.log_likelihood == pytest.approx(stored["logLik"], abs=1e-5)
    components = found.fitted.variance_components().set_index("group")
    assert components.at["team", "estimate"] == pytest.approx(stored["team_variance"], rel=1e-3)


@pytest.mark.oracle
def test_the_risk_beside_it_is_the_t_test_of_team_shares():
    result = answered(data(stored_months()), NOBODY_CARELESS).result
    table, stored = result.estimates.set_index("id"), STORED["cluster_level_risk_difference"]
    risk = table.loc["e.risk"]
    assert [risk["estimate"], risk["std_error"], risk["p_value"]] == pytest.approx(
        [stored["estimate"], stored["se"], stored["p"]], abs=1e-8
    )
    assert (risk["df"], risk["summary"], risk["family"]) == (stored["df"], "risk_difference", "")
    assert [risk["conf_low"], risk["conf_high"]] == pytest.approx([stored["lower"], stored["upper"]])
    arms = {a["arm"]: a["estimate"] for a in result.record["risks"]["arms"]}
    assert arms["intervention"] - arms["control"] == pytest.approx(stored["estimate"])


def test_ratio_and_difference_stand_together_and_only_the_ratio_is_corrected():
    found = answered(data(stored_months()), NOBODY_CARELESS)
    table = found.result.estimates
    assert table["id"].tolist() == ["e", "e.risk"]
    assert table["primary"].tolist() == [True, False] and table["family"].tolist() == ["primary", ""]
    assert table["summary"].tolist() == ["hazard_ratio", "risk_difference"]
    assert found.sensitivity["analysis"].tolist() == [ODDS]
    assert found.result.record["risks"]["first"] == "2025-07"


def test_life_tables_are_shares_where_all_enter_at_once():
    own = data(stored_months())
    months = months_of(own)
    risks = unit_risks(months, own.study)["share"]
    people = months.rows.groupby("team", observed=True)["person"].nunique()
    left = months.rows.groupby("team", observed=True)["left"].sum()
    np.testing.assert_allclose(risks, left / people, atol=1e-12)


def test_who_enters_late_counts_from_there():
    """Two teams: of ten all at once, and of whom five enter when one of the first five has left."""
    rows = [("t1", f"a{i}", m, 0.0) for i in range(10) for m in (1, 2)]
    rows += [("t2", f"b{i}", 1, float(i == 0)) for i in range(5)] + [
        ("t2", f"b{i}", 2, 0.0) for i in range(1, 5)
    ]
    rows += [("t2", f"c{i}", 2, float(i == 0)) for i in range(6)]
    frame = pd.DataFrame(rows, columns=["team", "person", "m", "left"])
    frame = frame.assign(sample="main", organisation="o1", in_force=True)
    frame["arm"] = np.where(frame["team"] == "t1", "control", "intervention")
    frame["month"] = frame["m"].map(lambda m: pd.Timestamp(2025, m, 1))
    own = data(frame, minimum=1)
    from dww_analysis.effects.leaving import Months

    risks = unit_risks(Months(frame, "x", 0), own.study)["share"]
    assert risks["t2"] == pytest.approx(1 - 4 / 5 * 9 / 10)


def in_strata(months: pd.DataFrame, organisation_of) -> Any:
    """Data of which the arms were drawn within organisations."""
    own = data(months.assign(organisation=months["team"].map(organisation_of)))
    allocation = dataclasses.replace(own.study.allocation, strata="organisation")
    return dataclasses.replace(own, study=dataclasses.replace(own.study, allocation=allocation))


@pytest.mark.parametrize("below", [3, 10])
def test_risks_and_shares_of_who_left_are_one_difference(below):
    """However many organisations are fixed in mixed models, units are compared within the strata of their lot."""
    months = stored_months()
    first = months.groupby("arm")["team"].transform(lambda t: t.isin(sorted(t.unique())[:3]))
    strata = dict(zip(months["team"], np.where(first, "o1", "o2"), strict=True))
    own = in_strata(months, strata)
    own = dataclasses.replace(own, plan=dataclasses.replace(own.plan, organisations_fixed_below=below))
    persons = own.scores.groupby(["sample", "organisation", "team", "arm", "person"], as_index=False)[
        "left"
    ].max()
    persons = persons.rename(columns={"left": "score"}).assign(wave=2, scale="y")
    asked = dataclasses.replace(scale(low=0.0, high=1.0), measure="yes_no")
    shares = data_of(
        entry(summary="odds_ratio"), persons, study=own.study, scale=asked, plan=plan_of(entry())
    )
    rows = [answered(d, NOBODY_CARELESS).result.estimates.iloc[1] for d in (own, shares)]
    names = [
        "summary",
        "term",
        "estimate",
        "std_error",
        "df",
        "df_method",
        "p_value",
        "conf_low",
        "conf_high",
    ]
    left, said = (row[names].tolist() for row in rows)
    assert left == pytest.approx(said) and rows[0]["df"] == 16 - 3
    arms = {a["arm"]: a["estimate"] for a in answered(own, NOBODY_CARELESS).result.record["risks"]["arms"]}
    assert arms["intervention"] - arms["control"] == pytest.approx(rows[0]["estimate"])


def test_organisations_of_one_arm_each_have_no_difference_within_them():
    months = stored_months()
    arms = dict(zip(months["team"], months["arm"], strict=True))
    result = answered(in_strata(months, arms), NOBODY_CARELESS).result
    assert result.estimates.empty and "no organisation holds both arms" in result.record["failed"]


def test_hazards_and_risks_do_not_tell_by_two_counts_who_left_before_the_start():
    months = stored_months().assign(in_force=lambda t: t["month"] >= "2025-10-01")
    table = answered(data(months), NOBODY_CARELESS).result.estimates
    assert months_of(data(months)).after["person"].nunique() < months["person"].nunique()
    assert table["n_persons"].nunique() == table["n_obs"].nunique() == 1


def test_months_without_leavers_join_the_next_and_never_pass_the_start():
    left = {1: 0, 2: 0, 3: 0, 4: 1, 5: 0, 6: 2, 7: 0}
    rows = pd.DataFrame(
        {"month": pd.Timestamp(2025, m, 1), "left": float(i < n), "in_force": m > 2}
        for m, n in left.items()
        for i in range(3)
    )
    groups = joined_months(rows).groupby(rows["month"].dt.month).first()
    assert groups.isna().tolist() == [True, True] + [False] * 5
    assert groups.loc[3:].tolist() == ["2025-03..2025-04"] * 2 + ["2025-05..2025-07"] * 3


def test_the_arm_is_in_force_from_the_start_only():
    months = stored_months().assign(in_force=lambda t: t["month"] >= "2025-10-01")
    frame = months_of(data(months)).rows
    treated = frame["intervention_in_force"] == 1
    assert (treated == ((frame["arm"] == "intervention") & frame["in_force"])).all()
    assert not frame["in_force"].all()


def test_arms_that_were_chosen_are_compared_after_the_start():
    months = stored_months().assign(in_force=lambda t: t["month"] >= "2025-10-01")
    own = data(months)
    allocation = dataclasses.replace(own.study.allocation, randomised=False)
    chosen = dataclasses.replace(own, study=dataclasses.replace(own.study, allocation=allocation))
    assert months_of(chosen).rows["in_force"].all()
    assert answered(chosen, NOBODY_CARELESS).result.estimates["noun"].tolist() == ["difference"] * 2


def few(n: int) -> pd.DataFrame:
    """The stored months in which all but `n` of the treated arm stay."""
    rows = stored_months()
    leavers = rows.index[(rows["left"] == 1) & (rows["arm"] == "intervention")]
    rows.loc[leavers[n:], "left"] = 0.0
    return rows


def test_few_leavers_give_a_difference_of_risks_and_no_p_of_a_model():
    found = answered(data(few(3), minimum=2), NOBODY_CARELESS)
    row = found.result.estimates.iloc[0]
    assert len(found.result.estimates) == 1 and found.sensitivity.empty
    assert (row["id"], row["summary"], row["primary"], row["df"]) == ("e", "risk_difference", True, 14)
    assert "no p" in found.result.record["warnings"][-1]
    assert found.result.record["methods"] == ["few_leavers"]


@pytest.mark.parametrize(("n", "minimum"), [(1, 2), (7, 8)])
def test_too_few_leavers_of_an_arm_are_a_sentence_without_their_number(n, minimum):
    found = answered(data(few(n), minimum=minimum), NOBODY_CARELESS)
    assert found.result.estimates.empty
    assert f"fewer than {minimum} persons of intervention left" in found.result.record["failed"]


def test_where_nobody_of_an_arm_left_the_risks_are_compared():
    found = answered(data(few(0)), NOBODY_CARELESS).result
    row, months = found.estimates.iloc[0], few(0)
    shares = months.groupby(["arm", "team", "person"])["left"].max().groupby(["arm", "team"]).mean()
    test = stats.ttest_ind(shares["intervention"], shares["control"])
    assert [row["estimate"], row["p_value"]] == pytest.approx([-shares["control"].mean(), test.pvalue])
    empty, other = sorted(found.record["risks"]["arms"], key=lambda a: a["arm"] == "control")
    assert (empty["estimate"], empty["conf_low"], empty["conf_high"]) == (
        0, 0, pytest.approx(1 - 0.025 ** (1 / 8)),
    ), "as where nobody of the other arm left either"  # fmt: skip
    assert 0 < other["conf_low"] < other["estimate"] < other["conf_high"]
    assert (row["summary"], row["df"], len(found.estimates)) == ("risk_difference", 14, 1)
    shown = let_out({"estimates": found.estimates}, 8)["estimates"]
    assert not shown["suppressed"].any()


def test_where_nobody_left_the_interval_is_exact():
    """Eight teams an arm: nobody of any team left with probability (1 - mean risk) ** 8 at most."""
    found = answered(data(stored_months().assign(left=0.0)), NOBODY_CARELESS).result
    row, limit = found.estimates.iloc[0], 1 - 0.025 ** (1 / 8)
    assert row[["estimate", "conf_low", "conf_high", "p_value"]].tolist() == pytest.approx(
        [0, -limit, limit, 1]
    )
    assert (row["df_method"], row["summary"], row["primary"]) == ("exact", "risk_difference", True)
    for arm in found.record["risks"]["arms"]:
        assert (arm["estimate"], arm["conf_low"], arm["conf_high"]) == (0, 0, pytest.approx(limit))
    shown = let_out({"estimates": found.estimates}, 8)["estimates"]
    assert not shown["suppressed"].any() and found.record["risks"]["n_smallest"] >= 8
    assert answer(stored_months().assign(left=0.0), sesoi=0.05)["verdict"] == "unclear"


@pytest.mark.parametrize(("told", "hidden"), [(LEFT, False), ("y", True)])
def test_that_nobody_left_by_a_wave_is_shown_and_that_nobody_said_yes_is_not(told, hidden):
    rows = stored_months().drop_duplicates(["team", "person"]).assign(wave=2, scale=told, score=0.0)
    asked = (
        record_outcomes([HR])[LEFT] if told == LEFT else dataclasses.replace(SCALE, id="y", measure="yes_no")
    )
    one = entry(outcome=told)
    found = answered(data_of(one, rows, scale=asked, plan=plan_of(one)), NOBODY_CARELESS).result.estimates
    assert found.iloc[0]["estimate"] == 0 and found.iloc[0]["df_method"] == "exact"
    assert let_out({"estimates": found}, 8)["estimates"]["suppressed"].eq(hidden).all()


@pytest.mark.parametrize(("stayers", "hidden"), [(0, True), (1, True), (7, True), (8, False)])
def test_how_many_left_or_stayed_is_never_the_count_that_is_shown(stayers, hidden):
    """All but `stayers` of the treated arm leave in the last month they were seen."""
    months = stored_months()
    treated = months[months["arm"] == "intervention"]
    leaving = sorted(treated["person"].unique())[stayers:]
    last = treated[treated["person"].isin(leaving)].groupby("person")["month"].idxmax()
    months.loc[treated.index, "left"] = 0.0
    months.loc[last, "left"] = 1.0
    result = answered(data(months), NOBODY_CARELESS).result
    shown = let_out({"estimates": result.estimates}, 8)["estimates"]
    assert len(shown) and shown["suppressed"].eq(hidden).all()
    assert set(shown["n_smallest"].dropna()) == (set() if hidden else {treated["person"].nunique()})
    assert (result.record["risks"]["n_smallest"] < 8) == hidden


def test_persons_without_an_arm_are_counted():
    rows = stored_months()
    rows.loc[rows["team"] == "t16", ["team", "arm"]] = None
    n = rows.loc[rows["team"].isna(), "person"].nunique()
    for minimum, said in ((n, str(n)), (n + 1, f"fewer than {n + 1}")):
        record = answered(data(rows, minimum=minimum), NOBODY_CARELESS).result.record
        assert f"e: personnel records of {said} persons without an arm are left out." in record["warnings"]


def answer(months, minimum=8, **changes):
    from dww_analysis.effects.answers import answer_table
    from dww_analysis.effects.families import adjust_families

    own = data(months, minimum, **changes)
    estimates = adjust_families(answered(own, NOBODY_CARELESS).result.estimates, own.plan)
    return answer_table(estimates, own.plan, own.study, [SCALE], None).iloc[0]


def test_the_answer_is_by_direction_and_against_a_share():
    found = answer(stored_months(), sesoi=0.05)
    assert (found["direction"], found["verdict"], found["everyday"]) == (
        "lower is better",
        "unclear",
        "per_100",
    )
    assert found["everyday_size"] == pytest.approx(6.25)  # fewer left: better off
    assert found["checked_why"] == "records" and found["against"] == "unclear"


def test_more_leaving_in_the_treated_arm_is_harm():
    months = stored_months()
    control = months["arm"] == "control"
    stays = months.index[control & (months["left"] == 1)][8:]
    months.loc[stays, "left"] = 0.0
    found = answer(months)
    assert found["plain"] == "unfavourable" and found["harm"]


def test_few_leavers_have_an_answer_from_the_difference():
    months = stored_months()
    months.loc[months.index[(months["left"] == 1) & (months["arm"] == "intervention")][3:], "left"] = 0.0
    found = answer(months, minimum=2)
    assert found["id"] == "e" and found["plain"] == "favourable" and found["everyday"] == "per_100"


def test_the_odds_beside_hazards_that_rest_on_few_stayers_are_hidden_with_them():
    months = stored_months()
    ends = months.drop_duplicates("person", keep="last")
    stayed = ends[(ends["arm"] == "intervention") & (ends["left"] == 0)]
    months.loc[stayed.index[3:], "left"] = 1.0
    found = answered(data(months), NOBODY_CARELESS)
    assert found.sensitivity["n_smallest"].tolist() == [3] and found.sensitivity["estimate"].notna().all()
    shown = let_out({"sensitivity": found.sensitivity}, 8)["sensitivity"]
    assert shown["suppressed"].all() and shown["estimate"].isna().all()


def test_arms_that_were_never_there_in_the_same_month_are_a_sentence():
    months = stored_months()
    early = months["month"] < "2026-01-01"
    apart = months[early == (months["arm"] == "control")]
    failed = answered(data(apart, minimum=1), NOBODY_CARELESS).result.record["failed"]
    assert "intervention_in_force is left out" in failed


@pytest.mark.parametrize("before", [False, True])
def test_the_hazards_are_tested_as_units_differ(before):
    """Months before the start are not in the treated arm; the df stay those of teams, and were infinite: with ten units
    8.7 % of 1 199 invented trials without any effect were then called one (normal), 4.2 % with t on 8 df."""
    months = stored_months()
    if before:
        first = months["month"].min()
        months["in_force"] = months["month"] > first
    row = answered(data(months), NOBODY_CARELESS).result.estimates.set_index("id").loc["e"]
    n_teams = months["team"].nunique()
    assert (row["df_method"], row["df"]) == ("between-within", n_teams - 2)
    t = row["estimate"] / row["std_error"]
    assert row["p_value"] == pytest.approx(2 * stats.t.sf(abs(t), n_teams - 2), rel=1e-9)
