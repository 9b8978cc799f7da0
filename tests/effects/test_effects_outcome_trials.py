"""Yes/no and counts tried on invented trials: each trial is the planned analysis of its answers, drawn with the effect
that it says."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from effects_studies import data_of, entry, scale, trial_study

from dww_analysis import storage
from dww_analysis.domain.plan import Calibration
from dww_analysis.effects import estimate_entry, outcome_trials, tries
from dww_analysis.effects.analysis import analyse
from dww_analysis.effects.calibration import summary
from dww_analysis.effects.outcome_trials import (
    _planned_test,
    outcome_work,
    parts_at_most,
    planned_trials,
)
from dww_analysis.effects.shares import permuted_shares, unit_shares
from dww_analysis.multilevel.generalised.trials import GeneralisedTrials, invented
from dww_analysis.parts import share, whole
from dww_analysis.privacy.gate import let_out
from dww_analysis.stages import calibrate

LOW = replace(scale(low=0.0, high=1.0), measure="yes_no")
COUNT = replace(scale(low=0.0, high=50.0), measure="count")
SETTINGS = Calibration(60, (0.0, "sesoi"), 7, 5)


def answers(kind="yes_no", waves=(2,), teams=12, size=9, control=-0.3, seed=1):
    rng = np.random.default_rng(seed)
    rows = []
    for t in range(teams):
        u = 0.6 * rng.normal()
        for i in range(size + t % 3):
            v = 0.5 * rng.normal()
            for w in waves:
                eta = control + u + v + 0.5 * (t % 2) * (w > 0)
                y = rng.random() < 1 / (1 + np.exp(-eta)) if kind == "yes_no" else rng.poisson(np.exp(eta))
                arm = "intervention" if t % 2 else "control"
                rows.append((f"p{t}_{i}", w, "o1", f"t{t:02}", arm, float(y), f"g{i % 2}"))
    named = ["person", "wave", "organisation", "team", "arm", "score", "sex"]
    return pd.DataFrame(rows, columns=named).assign(sample="main", scale="y")


def study_of(waves):
    whole = trial_study()
    return replace(whole, waves=tuple(w for w in whole.waves if w.number in waves), background=("sex",))


def asked(kind="yes_no", waves=(2,), scores=None, **changes):
    one = entry(**{"sesoi": 0.2, **changes})
    found = answers(kind, waves) if scores is None else scores
    return data_of(one, found, scale=LOW if kind == "yes_no" else COUNT, study=study_of(waves))


def drawn(data, n, seed=3):
    """How trials are analysed, and n of them without effect: (rows, n)."""
    how = _planned_test(data, analyse(data))
    return how, invented(how.origin.found.fitted.solution, n, seed, beta=how.origin.beta)


def with_answers(data, found, y):
    """The same study with other answers in the rows that were fitted."""
    own = found.used.assign(drawn=y)[["person", "wave", "drawn"]].astype({"person": str, "wave": int})
    scores = data.scores.merge(own, on=["person", "wave"], how="left")
    scores["score"] = scores["drawn"].fillna(scores["score"])
    return replace(data, scores=scores.drop(columns="drawn"), answers=scores.drop(columns="drawn"))


def same_as_the_study(data, trials=2, rel=1e-6):
    how, Y = drawn(data, trials)
    found = how.tried(Y, how.origin.beta, 0.0, 0.0)[how.method]
    for i, y in enumerate(Y.T):
        row = estimate_entry(with_answers(data, how.origin.found, y)).estimates.iloc[0]
        assert row["id"] == "e" and row["df_method"] == how.method
        assert found.estimate[i] == pytest.approx(row["estimate"], rel=rel, abs=1e-6)
        assert found.std_error[i] == pytest.approx(row["std_error"], rel=max(rel, 3e-4))
        assert found.df[i] == row["df"]
        assert found.p_value[i] == pytest.approx(row["p_value"], rel=max(rel, 1e-3), abs=1e-6)
        assert found.covered[i] == (row["conf_low"] <= 0 <= row["conf_high"])


@pytest.mark.long
def test_a_trial_of_shares_is_the_planned_analysis_of_its_answers():
    same_as_the_study(asked())


@pytest.mark.long
@pytest.mark.parametrize(
    "changes",
    [
        {"summary": "risk_ratio"},
        {"covariates": ("sex",), "summary": "risk_difference", "average": "cluster"},
        {"waves": (0, 2), "summary": "risk_difference", "baseline": "ancova"},
        {"waves": (0, 2), "summary": "risk_difference", "baseline": "ancova", "covariates": ("sex",)},
        {"summary": "odds_ratio"},
        {"waves": (0, 1, 2), "summary": "odds_ratio"},
        {"waves": (0, 1, 2), "summary": "risk_difference"},
        {"waves": (0, 2), "summary": "risk_ratio"},
        {"kind": "count"},
        {"kind": "count", "waves": (0, 2)},
    ],
)
def test_a_trial_of_any_planned_answer_is_the_analysis_of_its_answers(changes):
    same_as_the_study(asked(**changes))


@pytest.mark.long
def test_trials_have_the_effect_that_they_say():
    """Shares of many trials drawn with the smallest effect differ by that between arms, each unit counted once; counts
    by that number, whatever the random effects."""
    for kind, sesoi in (("yes_no", 0.2), ("count", 0.4)):
        data = asked(kind, sesoi=sesoi)
        how, Y = drawn(data, 2000)
        size = how.origin.size_of((sesoi, True), lower_is_better=False)
        beta = how.origin.beta + size * how.origin.shift
        Z = invented(how.origin.found.fitted.solution, 2000, 3, beta=beta)
        used = how.origin.found.used
        treated = (used["arm"] == "intervention").to_numpy()
        if kind == "yes_no":
            means = pd.DataFrame(Z - Y).groupby(used["team"].astype(str).to_numpy()).mean()
            arm = used.drop_duplicates("team").set_index(used.drop_duplicates("team")["team"].astype(str))[
                "arm"
            ]
            found = means[(arm.loc[means.index] == "intervention").to_numpy()].mean().to_numpy()
        else:
            found = (Z - Y)[treated].mean(axis=0)
        assert found.mean() == pytest.approx(sesoi, abs=4 * found.std() / np.sqrt(2000))


@pytest.mark.long
def test_every_effect_has_rows_and_bins_in_the_unit_of_the_estimate():
    found = planned_trials(asked(summary="odds_ratio"), SETTINGS)
    table = found.table[found.table["components"] == "estimated"]
    assert list(table["method"]) == ["between-within", "z"] * 2
    assert list(table["effect"]) == [0.0, 0.0, 0.2, 0.2] and set(table["trials"]) == {60}
    own = table[table["method"] == "between-within"].set_index("effect")
    assert own.loc[0.0, "truth"] == 0 and own.loc[0.2, "truth"] > 0.6  # log odds
    for effect, bins in found.bins.groupby("effect"):
        assert bins["trials"].sum() == 60
        assert bins["rejected"].sum() == round(own.loc[effect, "rejected"] * 60)
    assert own.loc[0.2, "rejected"] > own.loc[0.0, "rejected"]


@pytest.mark.long
def test_the_smallest_effect_is_to_the_better_where_there_is_room():
    data = asked()
    how, _ = drawn(data, 1)
    up, down = (how.origin.size_of((0.2, True), lower) for lower in (False, True))
    assert how.origin.truth(up, "risk_difference") == pytest.approx(0.2, abs=1e-9)
    assert how.origin.truth(down, "risk_difference") == pytest.approx(-0.2, abs=1e-9)
    rare = how.origin.size_of((0.6, True), True)  # no share can fall by so much
    assert rare is None or how.origin.difference(rare) == pytest.approx(0.6, abs=1e-9)
    assert how.origin.size_of((1.2, True), False) is None and how.origin.size_of((0.0, False), False) == 0.0


def test_trials_without_a_test_of_the_model_are_answered_by_the_shares():
    """Of ten trials in which hardly anyone of an arm says yes the model tests none."""
    how, Y = drawn(asked(summary="odds_ratio"), 10)
    treated = (how.origin.found.used["arm"] == "intervention").to_numpy()
    Y[treated] = 0.0
    found = how.tried(Y, how.origin.beta, 0.0, 0.0)["between-within"]
    assert np.isnan(found.estimate).all() and np.isfinite(found.p_value).all() and found.converged.all()
    np.testing.assert_allclose(found.p_value, how.shares.difference(Y, 0.0).p_value)


def test_units_of_which_everybody_says_yes_have_a_share_of_exactly_one():
    # 49 times 1/49 is less than 1 for the machine: no exact test was found, where the study would have had one
    how, _ = drawn(asked(scores=answers(teams=6, size=49)), 1)
    arm = how.shares.treated[how.shares.waves[0].unit]
    Y = np.stack([np.ones(len(arm)), arm.astype(float)], axis=1)
    found = how.shares.difference(Y, 0.0)
    assert list(found.estimate) == [0.0, 1.0]
    assert list(found.p_value) == [
        1.0,
        pytest.approx(2 * 0.5**6),
    ]  # of six units, where yes and no are as likely
    assert list(found.covered) == [True, False]


@pytest.mark.long
def test_the_first_trials_decide_whether_more_are_made(monkeypatch):
    asked_for = []

    def analysed(solution, Y, beta):
        n, k, p = Y.shape[1], len(solution.theta), len(beta)
        asked_for.append(n)
        nothing = np.full((n, k + p, k + p), np.nan)
        flags = np.zeros(n, dtype=bool)
        return GeneralisedTrials(nothing[:, :k, 0], nothing[:, :p, 0], nothing, flags, flags, flags)

    monkeypatch.setattr("dww_analysis.multilevel.generalised.trials.analysed", analysed)
    found = planned_trials(asked("count"), replace(SETTINGS, trials=400)).table
    assert asked_for == [20] and list(found["remark"]) == ["stopped"] and list(found["trials"]) == [20]
    assert list(found["share_failed"]) == [1.0] and list(found["rejected"]) == [0.0]


@pytest.mark.long
def test_the_same_seed_gives_the_same_trials_however_many_are_held(monkeypatch):
    data = asked()
    whole = planned_trials(data, SETTINGS)
    monkeypatch.setattr(outcome_trials, "AT_ONCE", 25)
    pd.testing.assert_frame_equal(whole.table, planned_trials(data, SETTINGS).table)


@pytest.mark.long
def test_fewer_trials_are_made_of_larger_models():
    small, large = (drawn(asked("count", waves), 1)[0] for waves in ((2,), (0, 1, 2)))
    assert small.affordable(2) > large.affordable(2) >= 100
    assert large.affordable(1) >= large.affordable(2)
    assert drawn(asked(), 1)[0].affordable(2) is None  # shares of units take no time


def test_where_nothing_can_be_drawn_there_is_a_line_of_no_trials():
    nobody = answers(control=-9.0)
    nobody.loc[[0, 30, 60, 90], "score"] = 1.0
    table = planned_trials(asked(scores=nobody), SETTINGS).table
    assert list(table["remark"]) == ["not offered"] and list(table["trials"]) == [0]


@pytest.mark.long
def test_the_t_test_of_shares_keeps_its_level():
    """In two thousand trials without effect, within three Monte Carlo standard errors."""
    table = planned_trials(asked(scores=answers(teams=16)), Calibration(2000, (0.0,), 5, 0)).table
    row = table.iloc[0]
    assert row["rejected"] == pytest.approx(0.05, abs=3 * row["rejected_mcse"])
    assert row["coverage"] == pytest.approx(1 - row["rejected"])
    assert abs(row["bias"]) < 4 * row["bias_mcse"] and row["share_failed"] == 0


@pytest.mark.long
def test_a_fit_that_failed_counts_as_a_trial_that_found_nothing():
    how, Y = drawn(asked("count"), 4)
    Y[:, 1] = 0.0  # nobody: there is no fit
    found = how.tried(Y, how.origin.beta, 0.0, 0.0)["between-within"]
    row = summary(found, 0.0, 0.05)
    assert row["trials"] == 4 and row["share_failed"] == 0.25 and row["share_not_converged"] >= 0.25


@pytest.mark.long
@pytest.mark.parametrize(
    "changes", [{}, {"waves": (0, 2), "summary": "risk_difference", "baseline": "ancova"}]
)
def test_permutations_of_a_trial_are_those_of_its_shares(changes):
    """All 924 allocations of twelve teams are listed, there and here."""
    data = asked(**changes)
    how, Y = drawn(data, 2)
    estimate, p = how.shares.permuted(Y, 7)
    for i, y in enumerate(Y.T):
        own = with_answers(data, how.origin.found, y)
        one = permuted_shares(own, unit_shares(own))
        assert one.n_allocations == 924 and p[i] == pytest.approx(one.p_value)
        assert estimate[i] == pytest.approx(one.estimate, abs=1e-9)
    rows = planned_trials(data, SETTINGS).table.set_index("method")
    assert rows.loc["permutation", "trials"] == 5 and rows.loc["permutation", "effect"] == 0


@pytest.mark.long
def test_of_a_hidden_estimate_nothing_of_its_trials_is_shown():
    """From power, and from what an effect is in log odds, follows how many say yes."""
    data = asked(summary="odds_ratio")
    found = planned_trials(data, SETTINGS)
    estimates = estimate_entry(data).estimates.assign(n_smallest=3)
    given = {"estimates": estimates, "calibration": found.table, "calibration_bins": found.bins}
    shown = let_out(given, 8)["calibration"]
    keys = ["entry", "effect", "is_sesoi", "method", "components", "trials", "remark"]
    told = shown.drop(columns=[*keys, "suppressed", "suppressed_columns"])
    assert shown["suppressed"].all() and told.isna().all().all()
    assert (
        let_out({**given, "estimates": estimates.assign(n_smallest=9)}, 8)["calibration"].notna().all().any()
    )


@pytest.mark.long
def test_shares_of_units_are_tried_with_the_variance_between_units_at_both_ends():
    """More variance between teams makes shares of teams differ more; the effect stays what it is."""
    table = planned_trials(asked(scores=answers(teams=16)), replace(SETTINGS, trials=400)).table
    ends = table[table["components"] != "estimated"]
    assert list(dict.fromkeys(ends["components"])) == ["team low", "team high"]
    spread = ends[ends["effect"] == 0].set_index("components")["empirical_sd"]
    assert spread["team low"] < spread["team high"]
    assert (ends["truth"] - ends["effect"]).abs().max() < 1e-9 and set(ends["method"]) == {"units"}
    other = asked(scores=answers(teams=16), family="secondary")
    assert set(planned_trials(other, SETTINGS).table["components"]) == {"estimated"}


@pytest.mark.long
@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"waves": (0, 2), "summary": "odds_ratio"}, ["team", "team:wave"]),
        ({"kind": "count"}, ["team"]),
    ],
)
def test_models_that_are_fitted_trial_by_trial_are_tried_at_both_ends(changes, names):
    """The planned test alone, of variances between units: not of persons, nor of the rows of counts."""
    table = planned_trials(asked(**changes), Calibration(30, (0.0,), 7, 5)).table
    ends = table[table["components"] != "estimated"]
    assert list(ends["components"]) == [f"{n} {end}" for n in names for end in ("low", "high")]
    assert set(ends["method"]) == {"between-within"} and set(ends["trials"]) == {30}
    spread = ends.set_index("components")["empirical_sd"]
    assert spread["team low"] < spread["team high"]


@pytest.mark.long
def test_an_end_that_is_not_known_is_a_line_of_no_trials(monkeypatch):
    nothing = pd.DataFrame([{"conf_low": 0.0, "conf_high": np.nan}])
    monkeypatch.setattr("dww_analysis.multilevel.result.Fit.profile", lambda *_, **__: nothing)
    table = planned_trials(asked("count"), Calibration(20, (0.0,), 7, 0)).table.set_index("components")
    assert table.loc["team low", "trials"] == 20
    assert table.loc["team high", ["trials", "remark"]].tolist() == [0, "not offered"]


@pytest.mark.long
def test_a_given_formula_is_tried_without_effect_and_the_rest_is_said():
    """No difference of shares belongs to its coefficient."""
    data = asked(formula="score ~ arm + (1 | team)", term="armintervention")
    data = replace(data, study=replace(data.study, background=()))
    found = planned_trials(data, SETTINGS).table
    assert set(found["effect"]) == {0.0} and not found["is_sesoi"].any()
    (said,) = calibrate._unsaid("e", found, 0.2, SETTINGS)
    assert "no coefficient of the planned model stands for a `sesoi` of 0.2" in said


@pytest.mark.long
def test_trials_of_a_model_in_pieces_are_the_trials_of_one(monkeypatch, tmp_path):
    for module in (outcome_trials, tries):
        monkeypatch.setattr(module, "PORTION", 10)
    data = asked(summary="odds_ratio", family="secondary")
    known = {}
    for k in (1, 2, 3):
        part = share(outcome_work(data, SETTINGS), k, 3)
        known |= storage.load_parts(storage.save_parts(part, tmp_path / f"{k}.npz"))
    assert set(known) == {f"effect {i}, from {at}" for i in (0, 1) for at in (20, 30, 40, 50)}
    found, one = whole(outcome_work(data, SETTINGS), known), planned_trials(data, SETTINGS)
    pd.testing.assert_frame_equal(found.table, one.table, check_exact=True)
    pd.testing.assert_frame_equal(found.bins, one.bins, check_exact=True)
    assert len(known) <= parts_at_most(SETTINGS, data.scale.measure, False) <= 2 * len(known)
