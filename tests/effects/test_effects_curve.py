"""A specification curve: all combinations, the plan's own to the last digit, reasons of failures, the joint test."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from effects_studies import data_of, entry, trial_scores, trial_study
from missing_studies import QUICK, entry_data, wide_trial
from test_effects_shares import drawn, yes_no

from dww_analysis.domain.plan import Curve
from dww_analysis.domain.tables.effects import CURVE, CURVE_TEST
from dww_analysis.effects.answered import answered
from dww_analysis.effects.curve import curve_of, own_point, points_of
from dww_analysis.effects.estimate import fit_entry
from dww_analysis.effects.impact import sealed_numbers
from dww_analysis.effects.missing.impute import Imputing, impute_entry
from dww_analysis.effects.shares import share_difference, unit_shares
from dww_analysis.privacy.gate import let_out

ALL = Curve(
    ("rule", "complete_items"), ((), ("g",)), ("likelihood",), (), ("keep", "drop"), "unit"
)  # 8 points, 8 teams
NUMBERS = ["estimate", "std_error", "df", "conf_low", "conf_high", "n_obs", "n_persons"]


def scores():
    rows = trial_scores(True)
    rows["n_items"] = 4
    rows["n_answered"] = np.where(np.arange(len(rows)) % 7 == 0, 3, 4)
    rows["g"] = np.where(np.arange(len(rows)) // 3 % 3 == 0, "a", "b")
    return rows


def careless():
    rows = scores()[["sample", "person", "wave"]]
    return rows.assign(careless=np.arange(len(rows)) % 11 == 0)


@pytest.fixture(scope="module")
def data():
    study = replace(trial_study(), min_cell_size=3)
    return data_of(entry(), scores(), study=study)


@pytest.fixture(scope="module")
def found(data):
    return curve_of(data, ALL, careless())


def test_points_are_the_product_and_units_stand_beside(found):
    table, _ = found
    assert (table["kind"] == "choices").sum() == 2 * 2 * 2
    assert (table["kind"] == "unit").sum() == 8
    choices = table.loc[table["kind"] == "choices", ["scoring", "covariates", "missing", "careless"]]
    assert not choices.duplicated().any() and set(choices["covariates"]) == {"none", "g"}
    assert list(table.columns) == list(CURVE.names)
    assert list(table["point"][:8]) == list(range(1, 9)) and table["point"].is_unique


def test_the_plans_own_point_equals_the_main_table_to_the_last_digit(data, found):
    (own,) = found[0][found[0]["registered"]].to_dict("records")
    main = answered(data, careless()).result.estimates
    (main,) = main[main["primary"] & ~main["standardised"]].to_dict("records")
    assert {n: own[n] for n in NUMBERS} == {n: main[n] for n in NUMBERS}


def test_covariates_of_the_plan_in_another_order_are_the_plans_own(data):
    rows = scores().assign(h=lambda d: np.where(d["person"].str[-1].isin(list("13579")), "x", "y"))
    planned = data_of(entry(covariates=("g", "h")), rows, study=data.study)
    table, _ = curve_of(planned, Curve(covariates=((), ("h", "g"))), careless())
    main = answered(planned, careless()).result.estimates
    main = main[main["primary"] & ~main["standardised"]].iloc[0]
    own = table[table["registered"]].iloc[0]
    assert own["covariates"] == "g, h" and own["estimate"] == main["estimate"]


def test_each_choice_is_made_on_the_rows_that_it_says(data, found):
    choices = found[0][found[0]["kind"] == "choices"]
    table = choices.set_index(["scoring", "covariates", "careless"]).sort_index()
    rows = data.scores
    whole, flagged = rows["n_answered"] == 4, careless()["careless"].to_numpy()
    assert table.at[("rule", "none", "drop"), "n_obs"] == (~flagged).sum()
    assert table.at[("complete_items", "none", "keep"), "n_obs"] == whole.sum()
    assert table.at[("complete_items", "g", "drop"), "n_obs"] == (whole & ~flagged).sum()
    by_hand = fit_entry(replace(data, scores=rows[whole & ~flagged]))
    estimate = by_hand.coefficients.loc[by_hand.model.planned.single, "estimate"]
    assert table.at[("complete_items", "none", "drop"), "estimate"] == pytest.approx(estimate)


def test_units_are_left_out_one_by_one_and_not_named(data, found):
    units = found[0][found[0]["kind"] == "unit"]
    by_hand = []
    for team in sorted(set(data.scores["team"])):
        one = fit_entry(replace(data, scores=data.scores[data.scores["team"] != team]))
        by_hand.append(one.coefficients.loc[one.model.planned.single, "estimate"])
    np.testing.assert_allclose(sorted(units["estimate"]), sorted(by_hand), rtol=1e-12)
    assert set(units["n_apart"]) == {5}
    assert not units.astype(str).apply(lambda c: c.isin(set(data.scores["team"]))).any().any()


def test_the_place_of_a_unit_tells_nothing_of_its_answers_and_stays_in_the_next_delivery(data, found):
    """With one team less and other answers, each other team has the point that it had."""
    less = data.scores[data.scores["team"] != data.scores["team"].iloc[0]]
    less = less.assign(score=6 - less["score"])
    units, others = (
        t[t["kind"] == "unit"]
        for t in (found[0], curve_of(replace(data, scores=less), Curve(leave_out="unit"), careless())[0])
    )
    assert len(set(units["point"]) - set(others["point"])) == 1 and set(others["point"]) < set(units["point"])
    for table in (units, others):
        assert table["point"].is_monotonic_increasing and not table["estimate"].is_monotonic_increasing
        assert not table["estimate"].is_monotonic_decreasing


def test_a_point_that_fails_is_a_point_with_its_reason(data):
    rows = scores()
    lonely = (rows["arm"] == "intervention") & (rows["wave"] == 2)
    rows.loc[lonely, "n_answered"] = 3
    table, test = curve_of(replace(data, scores=rows), Curve(("rule", "complete_items")), careless())
    failed = table[table["remark"] == "failed"]
    assert len(table) == 2 and list(failed["scoring"]) == ["complete_items"]
    assert "no answers of intervention at wave 2" in failed["note"].iloc[0]
    assert failed["estimate"].isna().all() and test["n_points"].tolist() == [1]


def test_points_that_differ_by_few_persons_say_how_few(data):
    few = careless().assign(careless=lambda d: d["person"].isin(["p1", "p2"]))
    table, _ = curve_of(data, Curve(careless=("keep", "drop")), few)
    assert table.set_index("careless")["n_apart"].to_dict() == {"keep": 0, "drop": 2}


def test_points_with_another_covariate_say_by_how_few_they_differ(data):
    """A deviation from a sealed covariate was hidden for the two whose group is not known; the curve showed it."""
    rows = scores().assign(g=lambda d: d["g"].mask(d["person"].isin(["p1", "p2"])))
    without = replace(data, scores=rows, answers=rows)
    table, test = curve_of(without, Curve(covariates=((), ("g",))), careless())
    assert table.set_index("covariates")["n_apart"].to_dict() == {"none": 0, "g": 2}
    sealed = replace(without, entry=entry(covariates=("g",)))
    assert sealed_numbers(sealed, without)["n_changed"] == 2
    estimates = answered(without, careless()).result.estimates
    shown = let_out({"curve": table, "curve_test": test, "estimates": estimates}, 3)
    assert shown["curve"]["suppressed"].tolist() == [False, True] and shown["curve_test"]["suppressed"].all()


def test_points_with_other_links_of_few_persons_say_how_few(data):
    """The same answers; one person of two waves and one of the third are one by the study's own rule."""
    links = data.scores[["sample", "person", "wave"]].copy()
    links["person_fuzzy"] = links["person"]
    links["person_exact"] = links["person"].mask(links["person"].eq("p1") & links["wave"].eq(2), "p1 again")
    table, _ = curve_of(replace(data, links=links), Curve(linkage=("fuzzy", "exact")), careless())
    assert table.set_index("linkage")["n_apart"].to_dict() == {"fuzzy": 0, "exact": 1}


def test_the_gate_hides_what_tells_about_few_persons(data):
    few = careless().assign(careless=lambda d: d["person"].isin(["p1", "p2"]))
    table, test = curve_of(data, Curve(careless=("keep", "drop")), few)
    estimates = answered(data, few).result.estimates
    shown = let_out({"curve": table, "curve_test": test, "estimates": estimates}, 3)
    assert shown["curve"].set_index("careless")["suppressed"].to_dict() == {"keep": False, "drop": True}
    assert shown["curve_test"]["suppressed"].all() and shown["curve_test"]["p_value"].isna().all()


@pytest.mark.parametrize("unit", ["team", "organisation"])
def test_the_joint_test_lays_the_median_beside_all_allocations(unit):
    """Brute force: with the variances of each point's model without effects, GLS by hand under all 70 allocations.
    Eight teams, or as many organisations of one team."""
    study = replace(trial_study(), min_cell_size=3)
    study = replace(study, allocation=replace(study.allocation, unit=unit))
    rows = scores() if unit == "team" else scores().assign(organisation=lambda rows: "o" + rows["team"])
    data = data_of(entry(), rows, study=study)
    _, test = curve_of(data, Curve(("rule", "complete_items"), careless=("keep", "drop")), careless())
    from dww_analysis.effects.checks import allotted
    from dww_analysis.effects.curve import specified

    own = own_point(data)
    points = points_of(Curve(("rule", "complete_items"), careless=("keep", "drop")), own)
    lots = [allotted(d, fit_entry(d)) for d in (specified(data, p, careless()) for p in points)]
    medians = {}
    for chosen in combinations(range(8), 4):
        medians[chosen] = np.median([_gls(lot, chosen) for lot in lots])
    actual = tuple(np.flatnonzero(lots[0].lot.given))
    sizes = np.abs(list(medians.values()))
    assert test["n_allocations"].item() == 70 and test["exact"].item()
    assert test["median"].item() == pytest.approx(medians[actual])
    assert test["p_value"].item() == pytest.approx((sizes >= abs(medians[actual]) - 1e-9).mean())
    assert list(test.columns) == list(CURVE_TEST.names)


def _gls(lot, chosen):
    frame, table = lot.null.frame, lot.null.variance_components().set_index("group")["estimate"]
    V = np.eye(len(frame)) * table["Residual"]
    for group in (g for g in table.index if g != "Residual"):
        codes = frame.groupby(group.split(":"), observed=True).ngroup().to_numpy()
        V += table[group] * (codes[:, None] == codes[None, :])
    effects = lot.effects.columns[:, 0] * np.isin(lot.units, chosen)[:, None]
    X = np.column_stack([effects, lot.null.design.X])
    W = np.linalg.inv(V)
    return np.linalg.solve(X.T @ W @ X, X.T @ W @ lot.null.design.y)[0]


def test_one_point_gives_the_permutation_test_of_unstudentised_estimates(data):
    """The special case: one point's median is that point."""
    one, _ = curve_of(data, Curve(leave_out="unit"), careless())
    _, test = curve_of(data, Curve(leave_out="unit"), careless())
    assert test["n_points"].item() == 1 and len(one) == 9
    assert test["smallest_p"].item() == pytest.approx(2 / 70)


@pytest.mark.parametrize("change", ["no lot", "formula"])
def test_without_a_lot_there_is_no_joint_test(data, change):
    if change == "no lot":
        allocation = replace(data.study.allocation, randomised=False)
        other = replace(data, study=replace(data.study, allocation=allocation))
    else:
        formula = "y ~ wave * arm + (1 | team) + (1 | team:wave) + (1 | person)"
        other = replace(data, entry=entry(formula=formula, term="wave2:armintervention"))
    table, test = curve_of(other, Curve(careless=("keep", "drop")), careless())
    assert len(table) == 2 and len(test) == 0 and list(test.columns) == list(CURVE_TEST.names)


def test_imputed_points_pool_the_planned_model_and_share_their_chain():
    wide = wide_trial(3, teams=12, persons=5)
    absent = np.random.default_rng(1).random(len(wide)) < 0.15
    absent[wide["wave"] != 1] = False
    wide.loc[absent, "y"] = np.nan
    wide["g"] = np.where(np.arange(len(wide)) // 3 % 2 == 0, "a", "b")
    wide["g"] = wide["g"].mask((wide["wave"] == 0) & (np.arange(len(wide)) < 12))  # told at a later wave only
    data, others = entry_data(wide)
    how = Imputing(QUICK, others, background=["g"])
    curve = Curve(covariates=((), ("g",)), missing=("likelihood", "imputed"))
    flags = wide[["sample", "person", "wave"]].assign(careless=False)
    table, test = curve_of(data, curve, flags, how)
    imputed = table[table["missing"] == "imputed"].set_index("covariates")
    assert len(table) == 4 and len(how.memory) == 1 and test["n_points"].item() == 2
    pooled = impute_entry(data, QUICK, others, background=["g"]).pooled
    assert imputed.at["none", "estimate"] == pytest.approx(pooled.estimate, abs=1e-8)
    assert imputed.at["none", "std_error"] == pytest.approx(pooled.std_error, abs=1e-8)
    assert imputed.at["none", "n_obs"] == len(wide)
    assert imputed.at["g", "estimate"] != imputed.at["none", "estimate"]


def planned_shares(data):
    return share_difference(data, unit_shares(data), planned=True).estimate


@pytest.mark.parametrize(
    ("one", "control"),
    [(entry(summary="risk_difference", average="cluster"), 0.3), (entry(summary="odds_ratio"), 0.02)],
    ids=["planned", "hardly any yes"],
)
@pytest.mark.slow
def test_where_a_difference_of_shares_answers_all_points_are_differences_of_shares(one, control):
    rows = drawn(control, 0.5, waves=(0, 2), teams=8, size=20)
    few = rows[["sample", "person", "wave"]].assign(careless=rows["person"].str.endswith("_3"))
    data = yes_no(one, rows)
    table, test = curve_of(data, Curve(careless=("keep", "drop"), leave_out="unit"), few)
    main = answered(data, few).result.estimates.iloc[0]
    assert main["summary"] == "risk_difference" and set(table["unit"]) == {main["unit"]}
    choices = table[table["kind"] == "choices"].set_index("careless")
    assert choices.at["keep", "registered"] and choices.at["keep", "estimate"] == main["estimate"]
    kept = replace(data, scores=rows[~few["careless"]])
    assert choices.at["drop", "estimate"] == pytest.approx(planned_shares(kept))
    teams = [replace(data, scores=rows[rows["team"] != t]) for t in sorted(set(rows["team"]))]
    units = table.loc[table["kind"] == "unit", "estimate"]
    np.testing.assert_allclose(sorted(units), sorted(planned_shares(d) for d in teams))
    assert test.empty


@pytest.mark.slow
def test_a_point_without_an_odds_ratio_is_no_difference_of_shares_among_odds_ratios():
    """As many of the control arm as may be shown say yes, in all four teams: without one of these, too few do."""
    rows = drawn(0.3, 0.5, waves=(0, 2), teams=8, size=20)
    asked = (rows["arm"] == "control") & (rows["wave"] == 2)
    yes = [f"p{team}_{i}" for team in (0, 2, 4, 6) for i in (0, 1)]
    rows.loc[asked, "score"] = rows.loc[asked, "person"].isin(yes).astype(float)
    flags = rows[["sample", "person", "wave"]].assign(careless=False)
    table, _ = curve_of(yes_no(entry(summary="odds_ratio"), rows), Curve(leave_out="unit"), flags)
    assert set(table["unit"].dropna()) == {"log odds"} and table["estimate"].isna().sum() == 4
    (why,) = set(table.loc[table["remark"] == "failed", "note"])
    assert "no odds ratio" in why


def test_without_imputation_in_the_plan_an_imputed_point_says_so(data):
    table, _ = curve_of(data, Curve(missing=("likelihood", "imputed")), careless())
    assert table["remark"].tolist() == ["", "failed"] and "missing: imputation" in table["note"].iloc[1]


def test_other_links_are_other_persons_of_the_same_answers(data):
    links = data.scores[["sample", "person", "wave"]].copy()
    links["person_fuzzy"] = links["person"]
    links["person_exact"] = links["person"] + np.where(links["wave"] == 2, "x", "")
    linked = replace(data, links=links)
    table, _ = curve_of(linked, Curve(linkage=("fuzzy", "exact")), careless())
    by_rule = table.set_index("linkage")
    assert by_rule.at["fuzzy", "registered"] and by_rule.at["fuzzy", "n_persons"] == 40
    assert by_rule.at["exact", "n_persons"] == 80 and by_rule.at["exact", "n_obs"] == 120
