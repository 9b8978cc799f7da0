"""Arrows, paths and moderations of a theory of change, against R, published numbers, brute force and collapses."""

import json
from dataclasses import replace
from pathlib import Path as File

import numpy as np
import pandas as pd
import pytest
from effects_studies import data_of as entry_data
from effects_studies import entry, scale, trial_scores, trial_study
from mechanism_studies import data_of, found, long_scores, node, not_by_lot, study_by_person, theory

from dww_analysis.domain.theory import Arrow
from dww_analysis.effects import estimate_entry
from dww_analysis.effects.mechanisms.doses import dose_scales, dose_scores
from dww_analysis.effects.mechanisms.monte_carlo import Draws, Factor, expected_product, product
from dww_analysis.effects.mechanisms.results import mechanism_table
from dww_analysis.effects.mechanisms.slopes import slopes_of
from dww_analysis.privacy.gate import let_out

CASE = File(__file__).parents[1] / "oracles" / "13_mediation"
COEFFICIENT, STD_ERROR = 1e-6, 1e-5  # relative, of R's mixed models (README of the oracles)
MANY = Draws(1_000_000, 3)
ARROWS = (Arrow("arm", "m", 1, "+"), Arrow("m", "y", 1, "+"))
PATH = "arm m y"


@pytest.fixture(scope="module")
def oracle():
    return json.loads((CASE / "oracle.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def multilevel():
    """Case 13 as scores: the mediator at wave 1, the outcome at wave 2."""
    rows = pd.read_csv(CASE / "multilevel_mediation.csv")
    named = rows.assign(
        person=[f"p{i}" for i in range(len(rows))],
        team="t" + rows["cluster"].astype(str),
        arm=np.where(rows["condition"] == 1, "intervention", "control"),
        x=rows["x_within"],
    )
    return long_scores(named, {"m": 1, "y": 2, "x": 1})


# --- two levels, an arm of teams


@pytest.mark.oracle
def test_between_path_is_that_of_unconflated_mixed_models_in_r(multilevel, oracle):
    known = oracle["unconflated_mlm"]
    table = found(theory(*ARROWS, paths=[PATH], draws=1_000_000), multilevel)
    a, b = table.loc[("arrow", "arm>m", "total")], table.loc[("arrow", "m>y", "between")]
    assert a["estimate"] == pytest.approx(known["a"], rel=COEFFICIENT)
    assert a["std_error"] == pytest.approx(known["se_a"], rel=STD_ERROR)
    assert b["estimate"] == pytest.approx(known["b"], rel=COEFFICIENT)
    assert b["std_error"] == pytest.approx(known["se_b"], rel=STD_ERROR)
    path = table.loc[("path", "arm>m>y", "between")]
    assert path["estimate"] == pytest.approx(known["indirect"], rel=COEFFICIENT)
    assert path["std_error"] == pytest.approx(known["sobel_se"], rel=STD_ERROR)
    interval = known["monte_carlo_ci"]
    assert path["conf_low"] == pytest.approx(interval["lower"], abs=interval["tolerance"])
    assert path["conf_high"] == pytest.approx(interval["upper"], abs=interval["tolerance"])
    direct = {c["term"]: c for c in known["fixed_b"]}["condition"]
    assert path["direct"] == pytest.approx(direct["estimate"], rel=COEFFICIENT)
    assert path["noun"] == "indirect_effect"
    assert path["evidence"] == "as_expected"


@pytest.mark.oracle
def test_normal_draws_are_the_exact_product_of_normals(oracle):
    known = oracle["unconflated_mlm"]
    drawn = product(Factor(known["a"], known["se_a"]), Factor(known["b"], known["se_b"]), MANY)
    exact = known["product_normal_ci"]
    assert [drawn.conf_low, drawn.conf_high] == pytest.approx([exact["lower"], exact["upper"]], abs=1e-3)


def test_few_df_make_the_interval_wider():
    normal, few = (product(Factor(0.5, 0.2, df), Factor(0.5, 0.2, df), MANY) for df in (np.inf, 5))
    assert few.conf_high - few.conf_low > 1.1 * (normal.conf_high - normal.conf_low)


def test_the_within_part_never_enters_a_path_from_an_arm_of_teams(multilevel):
    """Adding anything to persons that has no team mean leaves the path as it is."""
    plain = found(theory(*ARROWS, paths=[PATH]), multilevel).loc[("path", "arm>m>y", "between")]
    y = multilevel["y"]
    m = multilevel["m"]["score"]
    own = m - m.groupby(y["team"]).transform("mean")
    moved = {**multilevel, "y": y.assign(score=y["score"] + 3 * own)}
    other = found(theory(*ARROWS, paths=[PATH]), moved).loc[("path", "arm>m>y", "between")]
    assert other["estimate"] == pytest.approx(plain["estimate"], rel=1e-6)


def test_domain_brief_between_and_within():
    """Eight teams of five (domain 6.5): a .18757 on 6 df; within .0551; between -.0271 on 5 df."""
    y = trial_scores(False)
    y = y[y["wave"] == 2].reset_index(drop=True)
    who = y["person"].str[1:].astype(int)
    team = y["team"].str[1:].astype(int)
    shift = np.array([0.2, -0.1, 0.3, -0.2, 0.1, 0.0, -0.3, 0.15])[team - 1]
    arm = (y["arm"] == "intervention").astype(int)
    score = np.round(2 + 0.3 * arm + 0.4 * np.cos(1.1 * who) + shift, 4)
    scores = {"m": y.assign(scale="m", wave=1, score=score), "y": y}
    table = found(theory(*ARROWS), scores)
    a, between = table.loc[("arrow", "arm>m", "total")], table.loc[("arrow", "m>y", "between")]
    within = table.loc[("arrow", "m>y", "within")]
    assert a[["estimate", "std_error", "df"]].tolist() == pytest.approx([0.18757, 0.144518416, 6], rel=1e-4)
    numbers = between[["estimate", "std_error", "df"]].tolist()
    assert numbers == pytest.approx([-0.0271393178, 0.633973323, 5], rel=1e-3)
    assert within[["estimate", "std_error"]].tolist() == pytest.approx([0.0551007439, 0.285166584], rel=1e-4)


def test_the_arrow_from_the_arm_is_the_plans_own_estimate():
    scores = trial_scores(True)
    planned = estimate_entry(entry_data(entry(wave=2), scores)).estimates.query("id == 'e'").iloc[0]
    arrow = found(theory(Arrow("arm", "y", 2)), {"y": scores}).loc[("arrow", "arm>y", "total")]
    for name in ("estimate", "std_error", "df", "p_value", "conf_low", "conf_high"):
        assert arrow[name] == planned[name]
    assert arrow["noun"] == "effect"


# --- persons


@pytest.mark.oracle
def test_an_arm_of_persons_is_the_textbook_example(oracle):
    """Tal-Or et al. (2010), the worked example of Hayes: indirect .2413, Sobel SE .1280, bootstrap .009 to .523."""
    rows = pd.read_csv(CASE / "tal_or.csv")
    rows = rows.assign(
        person=[f"p{i}" for i in range(len(rows))],
        arm=np.where(rows["cond"] == 1, "intervention", "control"),
        m=rows["pmi"].astype(float),
        y=rows["reaction"],
    )
    scores = long_scores(rows, {"m": 1, "y": 2})
    known = oracle["single_level_tal_or"]
    table = found(theory(*ARROWS, paths=[PATH]), scores, study=study_by_person())
    path = table.loc[("path", "arm>m>y", "total")]
    assert path["estimate"] == pytest.approx(known["indirect"], rel=COEFFICIENT)
    assert path["std_error"] == pytest.approx(known["sobel_se"], rel=STD_ERROR)
    assert path["direct"] == pytest.approx(known["b_model"][1]["estimate"], rel=COEFFICIENT)
    bootstrap = known["percentile_bootstrap"]
    assert path["conf_low"] == pytest.approx(bootstrap["lower"], abs=bootstrap["tolerance"])
    assert path["conf_high"] == pytest.approx(bootstrap["upper"], abs=bootstrap["tolerance"])


@pytest.mark.oracle
def test_persons_within_teams_are_near_the_two_level_sem(multilevel, oracle):
    """lavaan has one slope for all teams; with slopes that may differ the means of the slopes stay near."""
    known = {p["label"]: p["est"] for p in oracle["msem_2_1_1"]["parameters"] if p["label"]}
    arrows = (Arrow("x", "m", 0), Arrow("m", "y", 1))
    row = found(theory(*arrows, paths=["x m y"]), multilevel).loc[("path", "x>m>y", "within")]
    assert row["product"] == pytest.approx(known["ind_within"], abs=0.004)
    assert row["estimate"] == pytest.approx(row["product"] + row["covariance"], rel=1e-12)
    assert row["noun"] == "association"


def test_slopes_that_go_together_add_their_covariance():
    """E(ab) = ab + cov: the mean over units of the product of each unit's own least-squares slopes."""
    rng = np.random.default_rng(3)
    slopes = rng.multivariate_normal([0.4, 0.3], [[0.09, 0.05], [0.05, 0.08]], size=60)
    units = []
    for unit, (a, b) in enumerate(slopes):
        x = rng.standard_normal(30)
        m = rng.normal() + a * x + 0.8 * rng.standard_normal(30)
        y = rng.normal() + b * m + 0.1 * x + rng.standard_normal(30)
        units.append(pd.DataFrame({"unit": f"u{unit}", "cause": x, "mediator": m, "outcome": y}))
    rows = pd.concat(units, ignore_index=True).assign(wave="1")
    rows["person"] = [f"p{i}" for i in range(len(rows))]
    own = np.array([own_slopes(u) for u in units])
    fitted, _ = slopes_of(rows)
    assert fitted.means == pytest.approx(own.mean(axis=0), abs=0.01)
    brute = float((own[:, 0] * own[:, 1]).mean())
    assert fitted.means.prod() + fitted.covariance == pytest.approx(brute, abs=0.01)
    assert fitted.covariance > 2 * fitted.covariance_error
    spread = float((own[:, 0] * own[:, 1]).std(ddof=1) / np.sqrt(len(own)))
    assert expected_product(fitted, Draws(10_000, 1)).std_error == pytest.approx(spread, rel=0.15)


def own_slopes(unit: pd.DataFrame) -> tuple[float, float]:
    one = np.ones(len(unit))
    a = np.linalg.lstsq(np.column_stack([unit["cause"], one]), unit["mediator"], rcond=None)[0][0]
    both = np.column_stack([unit["mediator"], unit["cause"], one])
    return a, np.linalg.lstsq(both, unit["outcome"], rcond=None)[0][0]


# --- what an arrow depends on


def test_a_moderation_is_a_difference_of_differences():
    """Persons by lot, one wave, a moderator of two values: the interaction is what four means give."""
    rng = np.random.default_rng(5)
    n = 200
    rows = pd.DataFrame({"person": [f"p{i}" for i in range(n)], "team": None})
    rows["arm"] = np.where(np.arange(n) % 2 == 0, "control", "intervention")
    rows["young"] = (np.arange(n) % 4 < 2).astype(float)
    rows["y"] = rng.normal(size=n) + (rows["arm"] == "intervention") * (0.2 + 0.5 * rows["young"])
    scores = long_scores(rows, {"y": 1})
    answers = pd.concat(
        [rows.assign(sample="main", wave=w)[["sample", "person", "wave", "young"]] for w in (0, 1)]
    )
    asked = theory(Arrow("arm", "y", 1), moderations=[("arm", "y", "young")])
    table = found(asked, scores, study=study_by_person(), answers=answers)
    row = table.loc[("moderation", "arm>y*young", "total")]
    means = rows.groupby(["young", "arm"])["y"].mean().unstack()
    by_hand = (means["intervention"] - means["control"]).diff().iloc[1]
    assert row["estimate"] == pytest.approx(by_hand, rel=1e-8)
    assert row["df"] == pytest.approx(n - 4)
    assert row["noun"] == "association"


def test_a_slope_within_teams_may_depend_on_the_team(multilevel):
    asked = theory(
        Arrow("m", "y", 1),
        moderations=[("m", "y", "x")],
        nodes=[node("x", level="team")],
    )
    asked = replace(asked, nodes=(*asked.nodes, node("x", level="team")))
    row = found(asked, multilevel).loc[("moderation", "m>y*x", "within")]
    assert np.isfinite(row[["estimate", "std_error", "p_value"]].astype(float)).all()
    teams = multilevel["x"]["team"].nunique()
    assert row["df"] < teams, "judged against how much slopes of teams differ, not against persons"


# --- what may not be claimed


def test_within_one_wave_a_path_is_an_association(multilevel):
    here = {**multilevel, "m": multilevel["m"].assign(wave=2)}
    arrows = (Arrow("arm", "m", 2), Arrow("m", "y", 0))
    row = found(theory(*arrows, paths=[PATH]), here).loc[("path", "arm>m>y", "between")]
    assert row["noun"] == "association"


def test_without_a_lot_nothing_is_an_effect(multilevel):
    table = found(theory(*ARROWS, paths=[PATH]), multilevel, study=not_by_lot())
    assert set(table["noun"]) == {"difference", "association"}


def test_an_arrow_between_scores_is_never_an_effect(multilevel):
    table = found(theory(*ARROWS), multilevel)
    assert set(table.loc[("arrow", "m>y")]["noun"]) == {"association"}


# --- what few persons answered


def hidden_and_shown(asked, scores):
    """The table of mechanisms as it is shown, by kind and id, and as it was found."""
    made = mechanism_table(data_of(asked, scores))
    shown = let_out({"mechanisms": made}, trial_study().min_cell_size)["mechanisms"]
    return shown.set_index(["kind", "id"]), made.set_index(["kind", "id"])


def without_most(scores, name, persons, n=5):
    """The scores with `name` known of n of these persons, and of everybody else."""
    gone = persons[n:]
    return {**scores, name: scores[name][~scores[name]["person"].isin(gone)]}


def half_of_teams(scores):
    """Mediators of every second person of a team."""
    return scores["m"][scores["m"].groupby("team").cumcount() % 2 == 0]


def test_a_hidden_arrow_does_not_follow_from_a_path_through_it(multilevel):
    """Attack: who divides a path from the arm by its second arrow has the first."""
    half = half_of_teams(multilevel)
    treated = half.loc[half["arm"] == "intervention", "person"]
    scores = {**without_most(multilevel, "x", treated), "m": half}
    asked = theory(*ARROWS, paths=[PATH], nodes=[node("m", level="team")], adjust=("x",))
    shown, made = hidden_and_shown(asked, scores)
    assert made.loc[("arrow", "arm>m"), "n_smallest"] < trial_study().min_cell_size
    assert shown.loc[("arrow", "arm>m"), "suppressed"] and not shown.loc[("arrow", "m>y"), "suppressed"]
    numbers = shown.loc[("path", "arm>m>y")][["estimate", "product", "conf_low", "conf_high", "direct"]]
    assert numbers.isna().all(), "path / second arrow is the first"


def test_a_path_between_scores_rests_on_the_smaller_of_its_steps(multilevel):
    """What is adjusted for is known of fewer persons with the mediator than with the outcome."""
    half = half_of_teams(multilevel)
    first = multilevel["x"].assign(wave=0)
    scores = {**multilevel, "m": half, "x": first, "z": first.assign(scale="z")}
    nodes = [node(n, level="team") for n in "xm"]
    asked = theory(Arrow("x", "m", 1), Arrow("m", "y", 1), paths=["x m y"], nodes=nodes, adjust=("z",))
    table = found(asked, without_most(scores, "z", half["person"], 100))
    one, two = (table.loc[("arrow", id, "between")] for id in ("x>m", "m>y"))
    path = table.loc[("path", "x>m>y", "between")]
    assert one["n_persons"] == 100 and two["n_persons"] == len(half)
    assert path[["n_persons", "n_smallest"]].tolist() == one[["n_persons", "n_smallest"]].tolist()


def one_in_each_team(scores, name, of_each_arm):
    """The scores with `name` known of one person in each of so many teams of each arm, and of no one else."""
    first = scores[name].groupby("team").head(1)
    kept = [first[first["arm"] == arm].head(n) for arm, n in of_each_arm.items()]
    return {**scores, name: pd.concat(kept)}


@pytest.mark.parametrize("treated, control", [(3, 3), (3, 20), (20, 3)])
def test_a_cause_that_few_persons_answered_is_not_shown(multilevel, treated, control):
    """Attack: everybody in the team answered the outcome, and the mean of the team is the answer of one person."""
    few = one_in_each_team(multilevel, "m", {"intervention": treated, "control": control})
    shown, made = hidden_and_shown(theory(*ARROWS, paths=[PATH]), few)
    assert set(made.loc[("arrow", "m>y"), "remark"]) == {"few_persons"}
    assert shown.loc[[("arrow", "m>y"), ("path", "arm>m>y")], "estimate"].isna().all()


def test_an_arrow_counts_who_answered_its_cause_where_they_are_fewer(multilevel):
    some = one_in_each_team(multilevel, "m", {"intervention": 12, "control": 15})
    row = found(theory(Arrow("m", "y", 1), nodes=[node("m", level="team")]), some).loc[
        "arrow", "m>y", "between"
    ]
    assert row[["n_persons", "n_smallest"]].tolist() == [27, 12]
    assert row["n_obs"] > 27


@pytest.mark.parametrize("measured", ["y", "m"])
@pytest.mark.parametrize("few", [True, False])
def test_few_who_said_yes_to_outcome_or_cause_hide_an_arrow_between_scores(multilevel, measured, few):
    """Yes and no as a number: with three yes among many the arrow tells who they are."""
    rows = multilevel[measured]
    said = pd.Series(np.random.default_rng(2).integers(0, 2, len(rows)), rows.index)
    if few:
        said = rows.groupby("arm").cumcount() < rows["arm"].map({"intervention": 3, "control": 40})
    scores = {**multilevel, measured: rows.assign(score=said.astype(float))}
    made = found(theory(Arrow("m", "y", 1)), scores)
    assert (set(made["remark"]) == {"few_persons"}) == few


def test_a_moderator_of_yes_and_no_needs_enough_of_both_in_each_arm():
    random = np.random.default_rng(4)
    rows = pd.DataFrame({"person": [f"p{i}" for i in range(80)], "arm": ["control", "intervention"] * 40})
    rows = rows.assign(team="t", organisation="o1", y=random.normal(size=80))
    asked = theory(Arrow("arm", "y", 1), moderations=[("arm", "y", "young")])
    for few, remark in ((3, "few_persons"), (15, "")):
        young = pd.DataFrame({"young": (rows.groupby("arm").cumcount() < few).astype(float)})
        known = long_scores(rows, {"y": 1})
        answers = known["y"].assign(young=young["young"])
        made = found(asked, known, study=study_by_person(), answers=answers)
        assert made.loc[("moderation", "arm>y*young", "total"), "remark"] == remark


def test_answers_of_the_cause_in_other_units_and_waves_do_not_count(multilevel):
    """Enough persons answered the cause, but few of them where and when the outcome has an answer."""
    few = one_in_each_team(multilevel, "m", {"intervention": 5, "control": 5})["m"]
    later = multilevel["m"].assign(wave=2)
    elsewhere = multilevel["m"].assign(team=multilevel["m"]["team"] + "x")
    scores = {**multilevel, "m": pd.concat([few, later, elsewhere], ignore_index=True)}
    assert set(found(theory(Arrow("m", "y", 1)), scores)["remark"]) == {"few_persons"}


@pytest.mark.parametrize("cause", ["arm", "m"])
def test_a_moderator_of_teams_that_few_persons_answered_is_not_shown(multilevel, cause):
    asked = theory(Arrow(cause, "y", 2), moderations=[(cause, "y", "x")])
    asked = replace(asked, nodes=(*asked.nodes, node("x", level="team")))
    scores = {**multilevel, "m": multilevel["m"].assign(wave=0), "x": multilevel["x"].assign(wave=0)}
    enough, few = (
        found(asked, one_in_each_team(scores, "x", {"intervention": n, "control": 15}))
        .loc["moderation"]
        .iloc[0]
        for n in (12, 3)
    )
    assert (enough["remark"], few["remark"]) == ("", "few_persons")
    assert (enough["n_persons"], enough["n_smallest"]) == (27, 12)


# --- what cannot be estimated is a remark


def test_three_teams_are_too_few_for_means_of_teams(multilevel):
    few = {k: t[t["team"].isin(["t1", "t2", "t3", "t4"])] for k, t in multilevel.items()}
    three = {k: t[t["team"] != "t4"] for k, t in few.items()}
    table = found(theory(*ARROWS, paths=[PATH]), three)
    assert table.loc[("arrow", "m>y", "between")]["remark"] == "few_units"
    assert table.loc[("path", "arm>m>y", "between")]["remark"] == "no_step"


def test_a_cause_that_does_not_vary_is_said_so(multilevel):
    flat = {**multilevel, "m": multilevel["m"].assign(score=3.0)}
    table = found(theory(Arrow("m", "y", 1)), flat)
    assert set(table["remark"]) == {"not_fitted"}
    assert table["estimate"].isna().all()


def test_few_persons_are_said_so_and_shown_nothing_of(multilevel):
    few = {k: t.groupby("arm").head(4) for k, t in multilevel.items()}
    table = found(theory(*ARROWS, paths=[PATH]), few)
    assert set(table.loc["arrow"]["remark"]) == {"few_persons"}
    assert table[["estimate", "n_persons"]].isna().all(axis=None)


def test_what_was_not_measured_has_no_data(multilevel):
    arrows = (*ARROWS, Arrow("y", "care", 1))
    asked = theory(*arrows, paths=["m y care"], nodes=[node("care", scale=None)])
    table = found(asked, multilevel)
    assert table.loc[("arrow", "y>care", "total")]["remark"] == "no_data"
    assert table.loc[("path", "m>y>care", "total")]["remark"] == "no_data"


def test_a_scale_that_nobody_answered_ends_nothing(multilevel):
    empty = {**multilevel, "m": multilevel["m"].assign(score=np.nan)}
    table = found(theory(*ARROWS, paths=[PATH]), empty)
    assert (table["remark"] != "").all()


# --- repeatable


def test_the_seed_repeats_the_interval_and_another_moves_it_a_little(multilevel):
    one, same, other = (
        found(theory(*ARROWS, paths=[PATH], seed=s), multilevel).loc[("path", "arm>m>y", "between")]
        for s in (1, 1, 2)
    )
    assert one["conf_low"] == same["conf_low"]
    assert one["conf_low"] != other["conf_low"]
    assert one["conf_low"] == pytest.approx(other["conf_low"], abs=0.01)


def test_what_is_adjusted_for_enters_every_model(multilevel):
    plain = found(theory(*ARROWS), multilevel)
    waves = {**multilevel, "x": multilevel["x"].assign(wave=0)}
    adjusted = found(theory(*ARROWS, adjust=("x",)), waves)
    assert (adjusted["estimate"] != plain["estimate"]).all()
    assert adjusted.loc[("arrow", "m>y", "within")]["estimate"] == pytest.approx(0.2631, abs=0.002)


def test_a_stepped_wedge_and_waves_without_arms_have_arrows_too():
    scores = trial_scores(True)
    mediator = scores.assign(scale="m", score=scores["score"] + np.sin(np.arange(len(scores))))
    both = {"m": mediator, "y": scores}
    waves = replace(trial_study(), design="waves_only", arms=(), allocation=None)
    alone = {k: t.drop(columns="arm") for k, t in both.items()}
    table = found(theory(Arrow("m", "y", 1)), alone, study=waves)
    assert (table["remark"] == "").all()
    start = scores["team"].str[1:].astype(int).map(lambda t: 1.0 if t % 2 else 2.0)
    wedge = replace(trial_study(), design="stepped_wedge")
    stepped = {k: t.assign(start=start.to_numpy()) for k, t in both.items()}
    table = found(theory(*ARROWS, paths=[PATH]), stepped, study=wedge)
    assert (table["remark"] == "").all()
    assert table.loc[("arrow", "arm>m", "total")]["noun"] == "effect"


def test_where_nobody_has_a_team_the_score_enters_as_it_is(multilevel):
    """Least squares of y on m, by hand: no mean of teams, and no variance between teams that nobody has."""
    waves = replace(trial_study(), design="waves_only", arms=(), allocation=None)
    alone = {k: t.assign(team=None, organisation=None).drop(columns="arm") for k, t in multilevel.items()}
    asked = theory(Arrow("m", "y", 1))
    assert data_of(asked, alone, study=waves).unit is None
    row = found(asked, alone, study=waves).loc[("arrow", "m>y", "total")]
    by_hand = np.polyfit(multilevel["m"]["score"], multilevel["y"]["score"], 1)[0]
    assert row["estimate"] == pytest.approx(by_hand, rel=1e-8)
    assert row["df"] == pytest.approx(len(multilevel["y"]) - 2)


def test_a_difference_of_changes_can_depend_on_something(multilevel):
    """Without a lot the contrast is a sum of columns, and so is what it depends on."""
    y, x = multilevel["y"], multilevel["x"]["score"]
    gained = 0.5 * x * (y["arm"] == "intervention") + np.random.default_rng(4).normal(0, 0.3, len(y))
    waves = [y.assign(wave=0), y.assign(wave=1, score=y["score"] + gained)]
    scores = {"y": pd.concat(waves, ignore_index=True), "x": multilevel["x"].assign(wave=0)}
    asked = theory(Arrow("arm", "y", 1), moderations=[("arm", "y", "x")])
    asked = replace(asked, nodes=(*asked.nodes, node("x")))
    row = found(asked, scores, study=not_by_lot()).loc[("moderation", "arm>y*x", "total")]
    assert row["estimate"] == pytest.approx(0.5, abs=0.1)
    assert row["evidence"] == "clear"


# --- doses


def test_a_path_through_a_dose_is_an_association_whatever_its_waves(multilevel):
    """How much somebody used was not given by lot: the numbers are those of a scale, the noun is not."""
    features = multilevel["m"].assign(active_weeks=multilevel["m"]["score"]).drop(columns=["score", "scale"])
    asked = theory(
        Arrow("arm", "use", 1),
        Arrow("use", "y", 1),
        paths=["arm use y"],
        nodes=[node("use", scale=None, dose=("app", "active_weeks"))],
    )
    scores = {"y": multilevel["y"], **dose_scores(asked, {"app": features})}
    data = replace(data_of(asked, scores), scales={"y": scale("y", -9, 9), **dose_scales(asked)})
    table = mechanism_table(data).set_index(["kind", "id", "part"])
    path = table.loc[("path", "arm>use>y", "between")]
    as_scale = found(theory(*ARROWS, paths=[PATH]), multilevel).loc[("path", "arm>m>y", "between")]
    assert path["estimate"] == as_scale["estimate"]
    assert (path["noun"], as_scale["noun"]) == ("association", "indirect_effect")
    assert table.loc[("arrow", "arm>use", "total")]["noun"] == "effect"
