"""Trials of leaving: cells have the likelihood of single months, persons are followed as the records have it, and each
trial is the planned analysis of its months."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from effects_studies import entry
from test_effects_leaving import data, in_strata, stored_months

from dww_analysis.domain.plan import Calibration
from dww_analysis.effects.estimate import read_estimates
from dww_analysis.effects.leaving import estimate_leaving, hazard_fit, months_of
from dww_analysis.effects.leaving_trials import leaving_test
from dww_analysis.effects.outcome_trials import parts_at_most, planned_trials

SETTINGS = Calibration(24, (0.0, "sesoi"), 7, 0)


def long_months(seed=3, teams=16, n_months=18, start=6, move=0.02):
    """Teams of four organisations, persons who come later, and some who move to another team after the start."""
    rng, rows = np.random.default_rng(seed), []
    months = pd.date_range("2024-07-01", periods=n_months, freq="MS")
    for t in range(teams):
        u = 0.5 * rng.normal()
        for i in range(12):
            for m in range(0 if rng.random() < 0.7 else rng.integers(0, n_months - 3), n_months):
                left = rng.random() < 0.03 * np.exp(u - 0.3 * (t % 2) * (m >= start))
                arm = "intervention" if (t // 4) % 2 else "control"
                rows.append((f"p{t}_{i}", f"o{t % 4}", f"t{t:02}", arm, months[m], m >= start, float(left)))
                if left or (m >= start and rng.random() < move):
                    break
    names = ["person", "organisation", "team", "arm", "month", "in_force", "left"]
    return pd.DataFrame(rows, columns=names).assign(sample="main")


def asked(months=None, minimum=3, strata=False, **changes):
    rows = long_months() if months is None else months
    if not strata:
        return data(rows, minimum=minimum, **{"sesoi": 0.1, **changes})
    own = in_strata(rows, dict(zip(rows["team"], rows["organisation"], strict=True)))
    plan = replace(own.plan, organisations_fixed_below=9)
    return replace(own, plan=plan, study=replace(own.study, min_cell_size=minimum))


def as_seen(how):
    """The months as the records have them, as a trial."""
    gone = np.zeros_like(how.follow.seen)
    who = np.flatnonzero(how.follow.left)
    gone[who, how.follow.last[who]] = True
    return how.cells.counted(how.follow, how.follow.seen, gone)


@pytest.mark.long
@pytest.mark.parametrize(
    "own", [asked(stored_months()), asked(), asked(strata=True)], ids=["one", "random", "fixed"]
)
def test_cells_have_the_fit_of_single_months(own):
    how = leaving_test(own)
    row = how.found.coefficients.loc["intervention_in_force"]
    estimate, std_error, converged, _ = how._refit(as_seen(how))
    assert converged
    assert estimate == pytest.approx(row["estimate"], abs=2e-4 * row["std_error"])
    assert std_error == pytest.approx(row["std_error"], rel=3e-4)
    np.testing.assert_allclose(as_seen(how).risks, how.units["share"], atol=1e-12)
    n = how.follow.arm
    assert as_seen(how).persons.tolist() == months_of(own).persons().tolist() and len(n) <= len(
        set(own.scores["person"])
    )
    assert how.df == read_estimates(own, hazard_fit(own, months_of(own))).estimates["df"].iloc[0]


def months_of_trial(own, how, seed, size=0.0):
    """A trial as person-months, by the same draws: potential months, effects, who leaves."""
    kept = {}
    counted = how.cells.__class__.counted

    def keep(self, follow, there, leaves):
        kept.update(there=there, leaves=leaves)
        return counted(self, follow, there, leaves)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(how.cells.__class__, "counted", keep)
        trial = how.cells.draw(how.follow, size, how.theta, np.random.default_rng([seed, 0]))
    person, month = np.nonzero(kept["there"])
    place = how.cells.blocks.to_frame(index=False).iloc[how.follow.block[person]].reset_index(drop=True)
    rows = place.assign(
        sample="main",
        person=[f"q{i}" for i in person],
        month=how.cells.months[month],
        in_force=how.cells.in_force[month],
        left=kept["leaves"][person, month].astype(float),
    )
    return trial, replace(own, scores=rows)


@pytest.mark.long
@pytest.mark.parametrize("strata", [False, True])
def test_a_trial_is_the_planned_analysis_of_its_months(strata):
    own = asked(strata=strata)
    how = leaving_test(own)
    for seed in (1, 2):
        trial, drawn = months_of_trial(own, how, seed)
        table = estimate_leaving(drawn).result.estimates.set_index("id")
        found = how.tried([trial], 0.0)
        for method, row in (("between-within", table.loc["e"]), ("units", table.loc["e.risk"])):
            one = found[method]
            assert one.estimate[0] == pytest.approx(row["estimate"], abs=1e-3 * row["std_error"])
            assert one.std_error[0] == pytest.approx(row["std_error"], rel=1e-3)
            assert one.df[0] == row["df"]
            assert one.p_value[0] == pytest.approx(row["p_value"], rel=5e-3, abs=1e-6)
            assert one.covered[0] == (row["conf_low"] <= 0 <= row["conf_high"])


# R: lme4 1.1-31, glmer(left ~ factor(month) + arm + (1 | team), family = binomial("cloglog"), nAGQ = 1) on one row per
# person and month of the first trials of the stored case, seed 11
GLMER = ((0.425330486, 0.24786937), (0.328365822, 0.24806885), (0.022125249, 0.24814057))


@pytest.mark.oracle
def test_trials_are_fitted_as_glmer_fits_their_months():
    how = leaving_test(asked(stored_months()))
    for number, (estimate, std_error) in enumerate(GLMER):
        trial = how.cells.draw(how.follow, 0.0, how.theta, np.random.default_rng([11, number]))
        found = how._refit(trial)
        assert found[0] == pytest.approx(estimate, abs=1e-4 * std_error)
        assert found[1] == pytest.approx(std_error, rel=1e-4)


def test_who_stayed_or_moved_is_followed_as_long_as_the_records_do_and_who_left_longer():
    how = leaving_test(asked())
    follow, last = how.follow, how.follow.seen.shape[1] - 1
    moved = ~follow.left & (follow.last < last)
    assert moved.sum() > 5 and follow.left.sum() > 20
    months = [follow.potential(np.random.default_rng(i)) for i in range(200)]
    for drawn in months[:5]:
        assert (drawn[~follow.left] == follow.seen[~follow.left]).all()
        assert (drawn[follow.left] >= follow.seen[follow.left]).all()
    ends = np.array([drawn.shape[1] - 1 - drawn[:, ::-1].argmax(axis=1) for drawn in months])[:, follow.left]
    # who left in the first months after the start is lost from sight later as often as others of her arm are
    who = np.flatnonzero(follow.left)[0]
    stay = np.cumprod(1 - follow.moves[follow.arm[who], follow.last[who] :])
    assert (ends[:, 0] == last).mean() == pytest.approx(stay[:-1][-1] if len(stay) > 1 else 1.0, abs=0.12)


def test_without_moves_everybody_can_be_seen_to_the_end():
    how = leaving_test(asked(stored_months()))
    drawn = how.follow.potential(np.random.default_rng(1))
    assert how.follow.moves.sum() == 0 and drawn.all()


@pytest.mark.long
def test_trials_have_the_difference_of_risks_that_they_say():
    how = leaving_test(asked(stored_months()))
    size = how.size_of((0.1, True))
    assert size < 0 and how.difference(size) == pytest.approx(-0.1, abs=1e-9)  # fewer leave: to the better
    rngs = [np.random.default_rng([5, i]) for i in range(2000)]
    S = np.array([how.cells.draw(how.follow, size, how.theta, r).risks for r in rngs])
    treated = how.units["treated"].to_numpy() == 1
    found = S[:, treated].mean(axis=1) - S[:, ~treated].mean(axis=1)
    assert found.mean() == pytest.approx(-0.1, abs=4 * found.std() / np.sqrt(2000))
    assert how.size_of((0.99, True)) is None and how.size_of((0.0, False)) == 0.0


@pytest.mark.long
def test_of_every_effect_there_are_rows_of_the_hazards_and_of_the_risks():
    own = asked(stored_months())
    found = planned_trials(own, SETTINGS)
    table = found.table[found.table["components"] == "estimated"]
    assert table["method"].tolist() == ["between-within", "z", "units"] * 2
    named = table.set_index(["effect", "method"])
    assert named.loc[(0.1, "units"), "truth"] == pytest.approx(-0.1)
    assert named.loc[(0.1, "between-within"), "truth"] == pytest.approx(
        leaving_test(own).size_of((0.1, True))
    )
    ends = found.table[found.table["components"] != "estimated"]
    assert ends["components"].tolist() == ["team low"] * 2 + ["team high"] * 2
    assert set(ends["method"]) == {"between-within"}
    assert found.bins.groupby("effect")["trials"].sum().tolist() == [24, 24]
    again = planned_trials(own, SETTINGS)
    pd.testing.assert_frame_equal(found.table, again.table)
    assert parts_at_most(SETTINGS, "time_to_event", True) >= 2


def test_where_hardly_anyone_left_the_risks_answer_and_too_few_to_be_shown_have_no_estimate():
    how = leaving_test(asked(stored_months(), minimum=3))
    trial = how.cells.draw(how.follow, 0.0, how.theta, np.random.default_rng([11, 0]))
    few, hidden = replace(trial, left=np.array([20, 4])), replace(trial, left=np.array([20, 2]))
    nobody = replace(trial, left=np.array([20, 0]))
    found = how.tried([trial, few, hidden, nobody], 0.0)
    hazards, risks = found["between-within"], found["units"]
    assert np.isfinite(hazards.estimate).tolist() == [True, False, False, False]
    assert np.isfinite(hazards.p_value).tolist() == [True, True, False, True]
    assert hazards.p_value[1] == risks.p_value[1] and hazards.converged.tolist() == [True, True, False, True]
    assert not hazards.covered[2] and not risks.covered[2]


def test_without_leavers_of_an_arm_there_is_nothing_to_draw_from():
    months = stored_months()
    months.loc[months["arm"] == "intervention", "left"] = 0.0
    table = planned_trials(asked(months), SETTINGS).table
    assert table["remark"].tolist() == ["not offered"] and table["trials"].tolist() == [0]


def test_organisations_in_which_arms_were_not_drawn_have_a_level_of_their_own():
    """Their term was built on scores, which months do not have."""
    assert "(1 | organisation)" in hazard_fit(asked(), months_of(asked())).model.formula
    assert entry().family == "primary"


@pytest.mark.slow
def test_the_test_of_the_hazards_keeps_its_level():
    """Within three Monte Carlo standard errors of .05 from above; with few units and a variance near zero it is
    cautious. Of the risks on both sides."""
    table = planned_trials(asked(family="secondary"), Calibration(1000, (0.0,), 5, 0)).table
    rows = table[table["components"] == "estimated"].set_index("method")
    hazards, risks = rows.loc["between-within"], rows.loc["units"]
    assert 0.02 < hazards["rejected"] < 0.05 + 3 * hazards["rejected_mcse"]
    assert risks["rejected"] == pytest.approx(0.05, abs=3 * risks["rejected_mcse"])
    for row in (hazards, risks):
        assert abs(row["bias"]) < 4 * row["bias_mcse"] and row["share_failed"] == 0
        assert row["mean_std_error"] == pytest.approx(row["empirical_sd"], rel=0.12)
