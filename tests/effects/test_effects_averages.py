"""Averages over participants and over units beside the mixed model, and as planned: R's numbers, and when they are
given."""

import dataclasses
import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from effects_studies import data_of, entry, trial_scores, trial_study
from scipy import stats

from dww_analysis.domain.plan import Calibration, DecidingTest, Imputation
from dww_analysis.domain.study import Wave
from dww_analysis.effects import fit_entry, sensitivity_of
from dww_analysis.effects.answered import answered
from dww_analysis.effects.answers import Facts, answer_of
from dww_analysis.effects.averages import each_unit_once, independent, over_units, sizes_differ
from dww_analysis.effects.calibration import Source, calibrate
from dww_analysis.effects.missing.impute import impute_entry
from dww_analysis.effects.trial_checks import checked_trials
from dww_analysis.errors import FitError
from dww_analysis.multilevel.trials import invented_outcomes

ORACLES = Path(__file__).parents[1] / "oracles"
WITNESS = json.loads((ORACLES / "19_estimands" / "oracle.json").read_text())


def schools() -> pd.DataFrame:
    frame = pd.read_csv(ORACLES / "04_exam_hsb" / "hsb82_40schools.csv", dtype={"school": str})
    return frame.assign(wave="1", person=np.arange(len(frame)))


@pytest.mark.parametrize("average", ["participant", "cluster"])
def test_averages_are_those_of_least_squares_with_cr2(average):
    """R: vcovCR(lm(mAch ~ sector, weights = 1 / N_j), cluster = school, type = "CR2"), coef_test."""
    frame = schools()
    weights = np.ones(len(frame)) if average == "participant" else each_unit_once(frame, "school")
    row = independent("mAch ~ sector + (1 | school)", frame, weights).robust("school", weights="sampling")
    wanted, found = WITNESS[f"{average}_average"]["CR2"], row.set_index("term").loc["sectorPublic"]
    assert found["estimate"] == pytest.approx(wanted["estimate"], rel=1e-9)
    assert found["std_error"] == pytest.approx(wanted["se"], rel=1e-8)
    assert found["df"] == pytest.approx(wanted["df"], rel=1e-7)
    assert found["p_value"] == pytest.approx(wanted["p"], rel=1e-6)


def test_sizes_differ_from_a_fifth_of_their_mean():
    frame = schools()
    assert WITNESS["size"]["cv"] > 0.2 and sizes_differ(frame, "school", 1)
    equal = frame.groupby("school").head(14)
    assert not sizes_differ(equal, "school", 1)


def test_units_of_one_size_have_one_average():
    equal = schools().groupby("school").head(14).reset_index(drop=True)
    fits = [
        independent("mAch ~ sector + (1 | school)", equal, w)
        for w in (np.ones(len(equal)), each_unit_once(equal, "school"))
    ]
    tables = [f.robust("school", weights="sampling").drop(columns="df_method") for f in fits]
    pd.testing.assert_frame_equal(tables[0], tables[1], rtol=1e-8)


def names_of(table: pd.DataFrame) -> dict[str, pd.Series]:
    data = data_of(entry(), table)
    flags = table[["sample", "person", "wave"]].assign(careless=False)
    found = sensitivity_of(data, fit_entry(data), flags)
    return {r["analysis"]: r for _, r in found.iterrows()}


def test_a_trial_with_unequal_teams_has_both_averages_and_one_with_equal_teams_none():
    table = trial_scores(True)
    assert not [name for name in names_of(table) if name.startswith("average")]
    teams = sorted(table["team"].unique())
    large = table["team"].isin(teams[: len(teams) // 2])
    unequal = table[large | (table.groupby(["team", "wave"]).cumcount() < 2)]
    rows = names_of(unequal)
    persons, units = rows["average over participants"], rows["average over teams"]
    assert persons["df_method"] == units["df_method"] == "CR2"
    assert persons["estimate"] != pytest.approx(units["estimate"], rel=1e-6)


def test_least_squares_has_no_variance_at_its_limit():
    """Without variation between waves of a team the model's own variance is zero; that of no average is."""
    table = trial_scores(False)
    large = table["team"].isin(sorted(table["team"].unique())[:4])
    rows = names_of(table[large | (table.groupby(["team", "wave"]).cumcount() < 2)])
    assert rows["CR2 by team"]["boundary"]
    for name in ("average over participants", "average over teams"):
        assert rows[name]["boundary"] == "" and rows[name]["converged"]


# --- as planned

NUMBERS = ["estimate", "std_error", "df", "p_value", "conf_low", "conf_high"]


def asked(scores, study=None, **changes):
    one = entry(average="cluster", sesoi=0.4, **changes)
    return data_of(one, scores, **({} if study is None else {"study": study}))


def told(data):
    return answered(data, data.scores[["sample", "person", "wave"]].assign(careless=False))


def unequal() -> pd.DataFrame:
    """The trial with every third team of two persons."""
    table = trial_scores(True)
    small = table["team"].isin(["t1", "t4", "t6"]) & ~table["person"].isin(
        table.drop_duplicates(["team", "person"]).groupby("team").head(2)["person"]
    )
    return table[~small].reset_index(drop=True)


def planned(found, standardised=False):
    rows = found.result.estimates
    return rows[rows["primary"] & (rows["standardised"] == standardised)].iloc[0]


def test_the_planned_average_over_units_is_that_of_r():
    rows = schools()
    scores = rows.assign(
        sample="main",
        wave=0,
        organisation="o1",
        team=rows["school"],
        arm=np.where(rows["sector"] == "Public", "intervention", "control"),
        scale="y",
        score=rows["mAch"],
    )
    study = dataclasses.replace(trial_study(), waves=(Wave(0, {"en": "once"}),))
    found, wanted = told(asked(scores, study)), WITNESS["cluster_average"]["CR2"]
    row = planned(found)
    assert row[["estimate", "std_error", "df", "p_value"]].to_list() == pytest.approx(
        [wanted["estimate"], wanted["se"], wanted["df"], wanted["p"]], rel=1e-6
    )
    half = stats.t(wanted["df"]).ppf(0.975) * wanted["se"]
    assert row["conf_high"] - row["estimate"] == pytest.approx(half, rel=1e-6)
    assert (row["df_method"], row["boundary"], row["fallback"]) == ("CR2", "", "")
    beside = found.sensitivity.set_index("analysis")
    mixed, persons = WITNESS["mixed_model"], WITNESS["participant_average"]["CR2"]
    assert beside.loc["Kenward-Roger", "estimate"] == pytest.approx(mixed["estimate"], rel=1e-6)
    assert beside.loc["average over participants", "estimate"] == pytest.approx(persons["estimate"], rel=1e-6)
    assert not {"average over teams", "CR2 by team"} & {*beside.index}
    in_sd = planned(found, standardised=True)
    assert (in_sd["df_method"], in_sd["df"]) == ("CR2", row["df"])
    assert "averaged_over_units" in found.result.record["methods"]
    assert found.result.record["planned_formula"] == "score ~ intervention_wave0"


@pytest.mark.long
def test_every_wave_is_an_average_over_units():
    """By hand: of each wave the mean of the teams' means, the first wave's shared by the arms."""
    data = asked(unequal())
    rows = told(data).result.estimates.set_index("id")
    frame = fit_entry(data).used
    X = np.column_stack(
        [
            np.ones(len(frame)),
            *(frame["wave"] == w for w in ("1", "2")),
            *((frame["wave"] == w) & (frame["arm"] == "intervention") for w in ("1", "2")),
        ]
    ).astype(float)
    size = frame.groupby(["team", "wave"], observed=True)["score"].transform("size").to_numpy()
    root = 1 / np.sqrt(size)
    beta = np.linalg.lstsq(X * root[:, None], frame["score"].to_numpy() * root, rcond=None)[0]
    assert [rows.loc["e.wave1", "estimate"], rows.loc["e", "estimate"]] == pytest.approx(beta[3:], rel=1e-9)
    assert set(rows["df_method"]) == {"CR2"}
    usual = told(data_of(entry(sesoi=0.4), unequal())).sensitivity.set_index("analysis")
    assert rows.loc["e", NUMBERS].to_list() == usual.loc["average over teams", NUMBERS].to_list()


@pytest.mark.long
def test_permutation_is_of_the_average_that_is_planned():
    """Every allocation of eight teams, four to each arm, by weighted least squares."""
    data = asked(unequal())
    frame = fit_entry(data).used
    size = frame.groupby(["team", "wave"], observed=True)["score"].transform("size").to_numpy()
    root, y = 1 / np.sqrt(size), frame["score"].to_numpy()
    waves = [frame["wave"] == w for w in ("1", "2")]
    own = frozenset(frame.loc[frame["arm"] == "intervention", "team"].unique())

    def statistic(treated):
        given = frame["team"].isin(treated)
        X = np.column_stack([np.ones(len(frame)), *waves, *(given & w for w in waves)]) * root[:, None]
        inverse = np.linalg.inv(X.T @ X)
        return abs((inverse @ X.T @ (y * root))[4]) / np.sqrt(inverse[4, 4])

    found = {frozenset(t): statistic(t) for t in combinations(sorted(frame["team"].unique()), 4)}
    p = np.mean([value >= found[own] * (1 - 1e-9) for value in found.values()])
    beside = told(data).sensitivity.set_index("analysis").loc["permutation of teams"]
    assert (beside["p_value"], beside["n_allocations"]) == (pytest.approx(p), 70)
    decided = planned(told(asked(unequal(), test=DecidingTest("permutation"))))
    assert (decided["p_value"], decided["df_method"]) == (beside["p_value"], "permutation")
    assert decided["estimate"] == pytest.approx(planned(told(data))["estimate"], rel=1e-9)


def test_a_permuted_average_has_the_standard_error_of_the_average_beside_it():
    """By CR2: the mixed model's would be that of another estimate, by which the smallest effect was held against."""
    own = told(asked(unequal()))
    data = asked(unequal(), test=DecidingTest("permutation"))
    found = told(data)
    for standardised, row in ((False, planned(found)), (True, planned(found, standardised=True))):
        robust = planned(own, standardised)
        assert row["df_method"] == "permutation"
        assert row["std_error"] == pytest.approx(robust["std_error"], rel=1e-9)
        assert np.isnan(row["df"]) if not standardised else row["df"] == robust["df"]
    answer = answer_of(data.entry, found.result.estimates, Facts(data.plan, data.study, {}, None))
    robust = planned(own)
    low = robust["estimate"] - stats.t(robust["df"]).ppf(0.95) * robust["std_error"]
    assert answer.equivalence.low == pytest.approx(low, rel=1e-9)


def test_of_few_units_there_is_no_average_but_by_the_lot():
    rows = unequal()
    six = rows[~rows["team"].isin(["t7", "t8"])].reset_index(drop=True)
    assert "as an average over teams: fewer than eight teams" in told(asked(six)).result.record["failed"]
    few = DecidingTest(when=((5, "permutation"),))
    said = told(asked(six, test=few)).result.record["failed"]  # 20 allocations: p is .1 at best
    assert "no test at .05 exists: by lot no p below .1 can come out; fewer than eight teams" in said


def test_a_lot_that_gives_no_small_p_leaves_the_average_without_a_test():
    """Four pairs as strata: 16 allocations."""
    rows = unequal()
    number = rows["team"].str[1:].astype(int)
    study = dataclasses.replace(
        trial_study(), allocation=dataclasses.replace(trial_study().allocation, strata="organisation")
    )
    pairs = rows.assign(organisation="o" + ((number + 1) // 2).astype(str))
    found = told(asked(pairs, study, test=DecidingTest("permutation")))
    row = planned(found)
    assert found.result.record["untested"].startswith("no test at .05 exists")
    assert np.isnan(row["p_value"]) and np.isfinite(row["conf_low"]) and row["df_method"] == "CR2"


def test_trials_of_an_average_are_averages_of_the_trials():
    data, settings = asked(unequal()), Calibration(40, (0.0, "sesoi"), 7, 4)
    found = fit_entry(data)
    source = Source.of(found, settings)
    checked = checked_trials(data, found, source.beta, settings)["CR2"]
    average = over_units(found, "team")
    for i, y in enumerate(invented_outcomes(found.fitted, 4, 7, beta=source.beta).T):
        rows = average.frame.assign(score=y)
        fitted = independent(average.model.formula, rows, each_unit_once(rows, "team"))
        row = fitted.robust("team", weights="sampling").set_index("term").loc["intervention_wave2"]
        for part in ("estimate", "std_error", "df"):
            assert checked[part][i] == pytest.approx(row[part], rel=1e-8), part
    table = calibrate(data, settings).set_index(["method", "effect"])
    assert {("CR2", 0.0), ("CR2", 0.4), ("permutation", 0.0)} <= {*table.index}


def test_an_average_over_units_is_not_imputed():
    with pytest.raises(FitError, match="average: cluster"):
        impute_entry(asked(unequal()), Imputation(m=2, burn_in=2, between=1), {})
