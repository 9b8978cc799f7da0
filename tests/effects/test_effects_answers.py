"""Answers: by direction, after correction, against the smallest effect (R), in everyday terms, and how firm."""

import json
import math
from dataclasses import asdict, replace
from pathlib import Path

import effects_studies as made
import pandas as pd
import pytest
from scipy import stats

from dww_analysis.domain.answer import CRITERIA, WHY, Criterion
from dww_analysis.domain.estimate import COLUMNS
from dww_analysis.domain.records import leaving_outcomes
from dww_analysis.domain.scales import Scale, ScoringKey
from dww_analysis.domain.study import Background
from dww_analysis.domain.tables import register
from dww_analysis.effects.answers import Facts, answer_of, answer_table
from dww_analysis.effects.attrition import alike
from dww_analysis.effects.baseline import baseline_table
from dww_analysis.effects.sizes import power_of_test
from dww_analysis.storage.declared import typed

ORACLE = json.loads(
    (Path(__file__).parent.parent / "oracles/22_equivalence_and_size/oracle.json").read_text("utf-8")
)


def estimate(value, se, df=20.0, *, noun="effect", arm="intervention", kind="continuous", sd=1.0, **more):
    """The planned contrast and, for continuous outcomes, its row in standard deviations."""
    half = stats.t.ppf(0.975, df) * se
    p = 2 * stats.t.sf(abs(value / se), df)
    row = {
        "id": "e", "entry": "e", "outcome": "y", "kind": kind, "term": "t", "noun": noun, "arm": arm,
        "summary": "mean_difference" if kind == "continuous" else "odds_ratio",
        "reference": "control" if arm else "", "wave": 2.0, "from_wave": math.nan, "exposure": "", "per": "",
        "primary": True, "standardised": False, "estimate": value, "std_error": se, "df": df, "statistic": value / se,
        "p_value": p, "conf_low": value - half, "conf_high": value + half, "conf_level": 0.95,
        "df_method": "kenward-roger", "family": "primary", "p_adjusted": p, "adjust_method": "holm", "n_obs": 300,
        "n_persons": 200, "n_smallest": 90, "n_teams": 24, "n_organisations": 6, "unit": "points", "sd_used": math.nan,
        "status": "registered", "converged": True, "boundary": "", "fallback": "",
    } | more  # fmt: skip
    rows = [row]
    if kind == "continuous":
        scaled = {k: row[k] / sd for k in ("estimate", "std_error", "conf_low", "conf_high")}
        rows.append(row | scaled | {"id": "e.sd", "standardised": True, "sd_used": sd})
    return pd.DataFrame(rows, columns=list(COLUMNS))


def answer(
    estimates, *, sesoi=None, direction="higher is better", status="registered", study=None, scale=None
):
    scale = scale or replace(made.scale(), direction=direction)
    one = made.entry(sesoi=sesoi, status=status)
    facts = Facts(made.plan_of(one), study or made.trial_study(), {"y": scale}, None)
    return answer_of(one, estimates, facts)


# --- the table of verdicts, case by case


def test_off_zero_after_correction_is_fairly_certain():
    found = answer(estimate(0.5, 0.1, p_adjusted=0.003), sesoi=0.2)
    assert (found.plain, found.corrected, found.verdict, found.harm) == (
        "favourable",
        "favourable",
        "sure",
        False,
    )


def test_off_zero_before_correction_only_is_less_certain():
    found = answer(estimate(0.25, 0.1, p_adjusted=0.066), sesoi=0.2)
    assert (found.plain, found.corrected, found.verdict) == ("favourable", "unclear", "less_sure")


def test_inside_the_smallest_effect_is_probably_no_difference_that_matters():
    found = answer(estimate(0.02, 0.05), sesoi=0.2)
    assert (found.verdict, found.equivalence.against) == ("no_difference", "inside")


def test_over_zero_and_beyond_is_not_known():
    found = answer(estimate(0.1, 0.2), sesoi=0.2)
    assert (found.plain, found.verdict, found.equivalence.against) == ("unclear", "unclear", "unclear")


@pytest.mark.parametrize("p", [0.001, 0.4])
def test_unfavourable_is_harm_whatever_the_correction(p):
    found = answer(estimate(0.5, 0.1, p_adjusted=p), direction="lower is better")
    assert found.plain == "unfavourable" and found.harm
    assert found.verdict == ("sure" if p < 0.05 else "less_sure")


def test_without_a_lot_nothing_is_by_lot():
    assert answer(estimate(0.5, 0.1, noun="difference")).by_lot == Criterion(False, "chosen")
    assert answer(estimate(0.5, 0.1, noun="change", arm="")).everyday.kind == ""
    slope = answer(estimate(0.5, 0.1, noun="association", arm=""), direction="lower is better")
    assert (slope.direction, slope.plain, slope.harm) == ("neutral", "higher", False)


def test_an_entry_without_estimate_is_not_measured():
    empty = estimate(0.5, 0.1).iloc[:0]
    found = answer(empty, sesoi=0.2)
    assert (found.verdict, found.plain, found.harm, found.enough_units.why) == (
        "not_measured",
        "",
        False,
        "no_estimate",
    )
    study, plan = made.trial_study(), made.plan_of(made.entry(sesoi=0.2))
    table = answer_table(empty, plan, study, [made.scale()], None)
    assert table["verdict"].tolist() == ["not_measured"]
    assert typed(table, register()["answers"], "answers")["noun"].tolist() == [""]


# --- directions mirror each other


def test_the_other_direction_is_the_mirror_image():
    one = answer(estimate(0.4, 0.1), sesoi=0.2)
    other = answer(estimate(-0.4, 0.1), sesoi=0.2, direction="lower is better")
    assert (one.plain, one.verdict, one.equivalence.against) == (
        other.plain,
        other.verdict,
        other.equivalence.against,
    )
    assert asdict(one.everyday) == pytest.approx(asdict(other.everyday))
    harmed = answer(estimate(-0.4, 0.1))
    assert harmed.harm and harmed.everyday.value == pytest.approx(100 - one.everyday.value)


def test_an_interval_that_touches_zero_is_not_off_zero():
    found = answer(estimate(0.4, 0.1, conf_low=0.0))
    assert found.plain == "unclear"


# --- against the smallest effect (R)


@pytest.mark.parametrize(("sesoi", "against"), [(0.5, "unclear"), (0.8, "inside")])
def test_two_one_sided_tests_use_the_contrasts_own_df(sesoi, against):
    contrast, tost = ORACLE["contrast"], ORACLE["tost"][f"sesoi_{sesoi}"]
    found = answer(estimate(contrast["estimate"], contrast["se"], contrast["df"]), sesoi=sesoi).equivalence
    assert found.p_value == pytest.approx(tost["p"], rel=1e-6)
    assert (found.low, found.high) == pytest.approx(tuple(tost["interval_90"]), abs=1e-7)
    assert (found.against, found.level) == (against, pytest.approx(0.9))
    assert found.p_value > 5 * ORACLE["tost"]["trap: sesoi_0.8 with person df"]["p"]


def test_wholly_past_the_smallest_effect_is_beyond_on_either_side():
    assert answer(estimate(0.6, 0.1), sesoi=0.2).equivalence.against == "beyond"
    assert answer(estimate(-0.6, 0.1), sesoi=0.2).equivalence.against == "beyond"
    assert answer(estimate(0.6, 0.1)).equivalence.against == ""


def test_a_share_is_never_held_against_log_odds():
    odds = estimate(0.04, 0.02, kind="yes_no")
    alone = answer(odds, sesoi=0.05)
    assert alone.equivalence.against == "" and math.isnan(alone.sesoi) and alone.everyday.kind == ""
    assert alone.enough_units.why == "other_scale"
    risk = estimate(0.12, 0.04, kind="yes_no", summary="risk_difference", id="e.rd", primary=False)
    both = answer(pd.concat([odds, risk]), sesoi=0.05)
    assert both.everyday.kind == "per_100" and both.everyday.value == pytest.approx(12)
    assert both.equivalence.against == "beyond" and both.id == "e"


# --- everyday size


def test_pairs_come_from_the_standardised_row_with_its_interval():
    found = answer(estimate(0.35, 0.1, sd=0.7)).everyday
    half = stats.t.ppf(0.975, 20) * 0.1
    assert found.value == pytest.approx(100 * stats.norm.cdf(0.5 / 2**0.5))
    assert found.low == pytest.approx(100 * stats.norm.cdf((0.35 - half) / 0.7 / 2**0.5))
    assert found.high == pytest.approx(100 * stats.norm.cdf((0.35 + half) / 0.7 / 2**0.5))


def test_who_changed_more_need_not_be_better_off_so_changes_give_no_pairs():
    assert answer(estimate(0.35, 0.1, noun="difference", from_wave=0.0)).everyday.kind == ""


def test_pairs_are_what_drawn_colleagues_show(rng=None):
    import numpy as np

    rng = np.random.default_rng(5)
    treated, control = rng.normal(0.47, 1, 200_000), rng.normal(0, 1, 200_000)
    found = answer(estimate(0.47, 0.1)).everyday
    assert found.value == pytest.approx(100 * (treated > control).mean(), abs=0.5)


# --- how firm


def test_power_matches_simulated_t_tests():
    import numpy as np

    # R: power.t.test(n = 20, delta = 1, sd = 1)$power = 0.8689528
    assert power_of_test(1, (2 / 20) ** 0.5, 38) == pytest.approx(0.8689528, abs=1e-6)
    assert power_of_test(0, 0.1, 12) == pytest.approx(0.05)
    rng = np.random.default_rng(3)
    t = (rng.normal(0.2, 0.1, 100_000)) / (0.1 * np.sqrt(rng.chisquare(9, 100_000) / 9))
    seen = (abs(t) > stats.t.ppf(0.975, 9)).mean()
    assert power_of_test(0.2, 0.1, 9) == pytest.approx(seen, abs=0.005)


def trials_of(**changed):
    """Rows of the table of invented trials: without and with the smallest effect, by two tests."""
    one = {"entry": "e", "components": "estimated", "trials": 2000, "remark": "", "method": "kenward-roger"}
    rows = [
        one | {"is_sesoi": False, "rejected": 0.05},
        one | {"is_sesoi": True, "rejected": 0.77} | changed,
        one | {"is_sesoi": True, "rejected": 0.9, "method": "z"},
        one | {"is_sesoi": True, "rejected": 0.99, "components": "team low"},
        one | {"is_sesoi": True, "rejected": 0.99, "entry": "other"},
    ]
    return pd.DataFrame(rows)


def firm(estimates, trials):
    facts = Facts(made.plan_of(made.entry()), made.trial_study(), {"y": made.scale()}, None, trials)
    return answer_of(made.entry(sesoi=0.2), estimates, facts).enough_units


def test_where_the_smallest_effect_was_tried_its_power_is_that_of_the_trials():
    # the formula says .97: beside it the limits would say that less than 80 % of the trials found the effect
    assert answer(estimate(0.1, 0.05), sesoi=0.2).enough_units.why == "enough"
    assert firm(estimate(0.1, 0.05), trials_of()) == Criterion(False, "too_few_tried", 0.77)
    assert firm(estimate(0.1, 0.15), trials_of(rejected=0.8)) == Criterion(True, "enough_tried", 0.8)


@pytest.mark.parametrize("changed", [{"remark": "stopped"}, {"trials": 0}, {"method": "CR2"}])
def test_what_was_not_tried_to_the_end_by_the_test_that_decides_is_told_by_the_formula(changed):
    assert firm(estimate(0.1, 0.05), trials_of(**changed)).why == "enough"


def test_trials_know_the_power_of_log_odds_that_the_estimate_alone_does_not():
    alone = estimate(0.4, 0.2, kind="yes_no", df_method="between-within")
    assert firm(alone, None).why == "other_scale"
    tried = trials_of(method="between-within")
    assert firm(alone, tried) == Criterion(False, "too_few_tried", 0.77)


def test_units_are_enough_when_the_smallest_effect_would_be_found():
    assert answer(estimate(0.1, 0.05), sesoi=0.2).enough_units.met
    few = answer(estimate(0.1, 0.15), sesoi=0.2).enough_units
    assert (few.met, few.why) == (False, "too_few") and 0.2 < few.value < 0.3
    assert answer(estimate(0.1, 0.05)).enough_units.why == "no_sesoi"


def keyed(verified):
    key = ScoringKey("k", "1", {"en": "k"}, "source", ("i",), 1, 5, verified=verified)
    return Scale("y", {"en": "y"}, ("main",), key, ("i",))


@pytest.mark.parametrize(
    ("scale", "why"), [(keyed(True), "verified"), (keyed(False), "unverified"), (made.scale(), "delivered")]
)
def test_a_measure_counts_as_checked_only_when_its_key_was(scale, why):
    found = answer(estimate(0.1, 0.05), scale=scale).checked
    assert found == Criterion(why == "verified", why)


@pytest.mark.parametrize("status", ["registered", "planned", "sealed after data", "deviation", "exploratory"])
def test_only_a_plan_sealed_before_the_data_counts_as_sealed(status):
    found = answer(estimate(0.1, 0.05), status=status).sealed
    assert found.met == (status == "registered") and found.why in WHY["sealed"]


def flow(**left):
    rows = [
        {"source": "", "sample": "main", "wave": w, "level": "person", "arm": arm, "step": step, "count": n}
        for arm in ("control", "intervention")
        for w, step, n in (
            (0, "answered", 100),
            (1, "newly in", 0),
            (1, "left", 0),
            (2, "left", left.get(arm, 10)),
        )
    ]
    return pd.DataFrame(rows)


def test_drop_out_is_alike_under_five_points():
    study = made.trial_study()
    assert alike(flow(control=10, intervention=14), study, "main") == Criterion(
        True, "alike", pytest.approx(4)
    )
    assert alike(flow(control=10, intervention=15), study, "main") == Criterion(
        False, "differs", pytest.approx(5)
    )
    assert alike(None, study, "main").why == "unknown"
    unknown = pd.DataFrame([{"source": "", "sample": "main", "wave": 1, "level": "person", "arm": "",
                             "step": "not recognised", "count": 90}])  # fmt: skip
    assert alike(pd.concat([flow(), unknown]), study, "main").why == "not_recognised"
    assert (
        alike(flow(), replace(study, arms=(), allocation=None, design="waves_only"), "main").why
        == "no_groups"
    )


def test_conditions_that_everybody_passes_through_are_no_groups_to_drop_out_of():
    study = made.wedge_study()
    assert alike(flow(), study, "main") == Criterion(False, "no_groups")
    people = made.wedge_scores()
    age = Background("age", {"en": "age"}, "number")
    table = baseline_table(replace(study, background=(age,)), [], people.assign(age=40.0), {})
    assert set(table["arm"]) == {""}


def test_every_reason_is_one_of_those_that_have_words():
    found = answer(estimate(0.1, 0.05), sesoi=0.2)
    assert all(getattr(found, name).why in WHY[name] for name in CRITERIA)
    assert found.firm == sum(getattr(found, name).met for name in CRITERIA)


@pytest.mark.parametrize(("answered", "found"), [(109, ("alike", True)), (90, ("differs", False))])
def test_with_one_wave_persons_who_were_given_an_arm_and_never_answered_dropped_out(answered, found):
    """120 in each arm, of whom 104 answered in the one; it was said not to be known."""
    study = made.trial_study()
    study = replace(study, waves=study.waves[:1])
    rows = [
        {"level": "person", "sample": "main", "arm": arm, "wave": wave, "step": step, "count": count}
        for arm, n in (("control", answered), ("intervention", 104))
        for wave, step, count in ((float("nan"), "allocated", 120), (0, "answered", n))
    ]
    said = alike(pd.DataFrame(rows), study, "main")
    assert (said.why, said.met) == found
    assert said.value == pytest.approx(100 * abs(answered - 104) / 120)
    without = pd.DataFrame(rows).query("step == 'answered'")
    assert alike(without, study, "main").why == "unknown"


@pytest.mark.parametrize(
    ("values", "declared", "ends"),
    [
        ([0, 0, 1, 0], None, (0, 1)),
        ([1, 2, 2, 1], None, (1, 2)),
        ([0, 0, 0, 0], None, (0, 1)),
        ([2, 2, 2, 2], None, (1, 2)),
        ([0, 3, 1, 1], (0, 5), (0, 5)),
        ([0, 3, 1, 1], None, None),
        ([20, 30, 40, 50], (15, 75), None),
    ],
)
def test_a_background_number_of_few_values_says_between_which_ends_it_lies(values, declared, ends):
    """Disclosure control needs it: 3 of 60 who care for somebody is a mean of .05. No lowest or highest age is said."""
    variable = Background("carer", {"en": "carer"}, "number", valid_range=declared)
    people = pd.DataFrame(
        {"sample": "main", "wave": 0, "person": list("abcd"), "arm": ["control", "intervention"] * 2}
    )
    study = replace(made.trial_study(), background=(variable,))
    table = baseline_table(study, [], people.assign(carer=values), {})
    found = table[["score_min", "score_max"]].drop_duplicates().dropna().to_numpy(float).tolist()
    assert found == ([list(ends)] if ends else [])


def test_who_left_is_known_of_everybody_however_many_answered_again():
    leaving = leaving_outcomes(["main"])["leaving"]
    facts = Facts(made.plan_of(made.entry()), made.trial_study(), {"y": leaving}, flow(intervention=40))
    found = answer_of(made.entry(), estimate(-0.5, 0.2), facts)
    assert found.alike == Criterion(True, "records") == Criterion(True, found.alike.why)
    facts = replace(facts, study=replace(facts.study, arms=(), allocation=None, design="waves_only"))
    assert answer_of(made.entry(), estimate(-0.5, 0.2), facts).alike.why == "no_groups"
