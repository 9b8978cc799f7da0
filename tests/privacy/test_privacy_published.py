"""Two publications side by side: nothing about a few persons follows from what either of them shows."""

import json
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from invented_tables import MINIMUM, baseline, declared, descriptives, through

from dww_analysis.domain.tables import register
from dww_analysis.language import Words
from dww_analysis.privacy.audit import attack
from dww_analysis.privacy.gate import let_out
from dww_analysis.privacy.published import as_published, significant, state_of


def publication(groups: dict[str, tuple[int, float]], earlier: pd.DataFrame | None = None) -> pd.DataFrame:
    """Descriptives of these arms as readers get them, beside those that they have already."""
    before = {} if earlier is None else state_of({"descriptives": earlier})
    gated = {"descriptives": through("descriptives", descriptives(groups))}
    return as_published(gated, before, MINIMUM)[0]["descriptives"]


def by_arm(shown: pd.DataFrame, column: str = "n") -> dict[str, float]:
    return shown.set_index("arm")[column].to_dict()


def items(n: int, mean: float) -> pd.DataFrame:
    row = {
        "sample": "main",
        "scale": "agency",
        "wave": 0,
        "item": ["i1", "i2"],
        "n": n,
        "mean": mean,
        "sd": 0.7,
    }
    return pd.DataFrame(row | {"floor_share": 0.2, "ceiling_share": 0.2, "score_min": 1, "score_max": 5})


def test_a_difference_of_three_persons_between_deliveries_cannot_be_read_off():
    first = publication({"a": (30, 3.0), "b": (40, 3.0)})
    shown = publication({"a": (33, 3.1), "b": (60, 3.2)}, first)
    assert by_arm(shown) == {"": 70, "a": 30, "b": 40}  # 93 - 60 would be the new number of persons in a
    assert by_arm(shown, "mean") == by_arm(first, "mean")


def test_enough_new_persons_renew_the_numbers():
    first = publication({"a": (30, 3.0), "b": (40, 3.0)})
    shown = publication({"a": (38, 3.1), "b": (40, 3.0)}, first)
    assert by_arm(shown) == {"": 78, "a": 38, "b": 40}


def test_nothing_changes_on_the_same_delivery():
    once = publication({"a": (30, 3.1234567), "b": (40, 3.0)})
    pd.testing.assert_frame_equal(once, publication({"a": (30, 3.1234567), "b": (40, 3.0)}, once))


def test_hidden_parts_beside_a_total_that_differs_by_a_few_do_not_stop_publication():
    first = publication({"a": (3, 3.0), "b": (8, 3.0), "c": (40, 3.0)})
    shown = publication({"a": (3, 3.0), "b": (5, 3.0), "c": (48, 3.0)}, first)
    assert by_arm(shown)[""] == 51 and by_arm(shown)["c"] == 40
    assert attack({"descriptives": shown}, MINIMUM) == []


def test_a_group_that_was_hidden_does_not_follow_from_one_that_is_shown_now():
    """The earlier total without c and without b as it is shown now are the three persons that a had."""
    first = publication({"a": (3, 2.0), "b": (8, 3.0), "c": (40, 3.0)})
    assert by_arm(first)[""] == 51 and np.isnan(by_arm(first)["b"])
    shown = publication({"a": (11, 2.5), "b": (8, 3.0), "c": (40, 3.0)}, first)
    assert np.isnan([by_arm(shown)["a"], by_arm(shown)["b"]]).all()


def test_a_category_keeps_its_numbers_with_the_others():
    """With 12 new persons of a, 3 of them young, the others' new count is the new n minus the young."""
    first, _ = as_published(
        {"baseline": through("baseline", baseline({"young": {"a": 20}, "old": {"a": 30}}))}, {}, MINIMUM
    )
    gated = {"baseline": through("baseline", baseline({"young": {"a": 23}, "old": {"a": 39}}))}
    shown, _ = as_published(gated, state_of(first), MINIMUM)
    assert shown["baseline"]["count"].tolist() == first["baseline"]["count"].tolist()
    assert shown["baseline"]["n"].tolist() == first["baseline"]["n"].tolist()


def test_a_group_that_was_not_there_is_hidden_beside_kept_ones():
    first = publication({"a": (30, 3.0), "b": (40, 3.0)})
    shown = publication({"a": (33, 3.1), "b": (40, 3.0), "c": (20, 3.0)}, first).set_index("arm")
    assert shown.loc["c", "suppressed"] and shown.loc["c", ["n", "mean", "sd", "median"]].isna().all()
    assert shown.loc[["", "a", "b"], "n"].tolist() == [70, 30, 40]


def test_items_and_subscales_keep_their_numbers_with_their_scale():
    """The items' means at 73 persons make the mean of the scale, of which 70 persons were published."""

    def gated(n: int, mean: float) -> dict[str, pd.DataFrame]:
        scales = [
            descriptives({"a": (n, mean), "b": (40, 3.0)}, scale) for scale in ("agency", "agency.need")
        ]
        found = {"descriptives": pd.concat(scales, ignore_index=True), "items": items(n + 40, mean)}
        found["descriptives"].loc[found["descriptives"]["scale"] == "agency.need", "n"] = 40
        return let_out(found, MINIMUM)

    first, _ = as_published(gated(30, 3.0), {}, MINIMUM)
    shown, _ = as_published(gated(33, 3.1), state_of(first), MINIMUM)
    for name, frame in first.items():
        pd.testing.assert_frame_equal(shown[name], frame)


FOLLOWING = {
    "imputation": {"likelihood_estimate": 0.0},
    "curve_test": {"median": 0.0},
    "weighting": {"part": "answer", "name": "overlap weights", "e_value": 0.0},
    "correlations": {"quantity": "individual", "estimate": 0.0},
    "variance_components": {"group": "team", "estimate": 0.0},
    "delta": {"estimate": 0.0, "delta_a": 0.5},
    "tipping": {"arm": "a", "direction": 1, "estimate": 0.0},
}


@pytest.mark.parametrize("name", FOLLOWING)
@pytest.mark.parametrize(("n_persons", "renewed"), [(81, False), (90, True)])
def test_what_follows_an_estimate_keeps_its_numbers_with_it(name, n_persons, renewed):
    """Of another entry, with as many persons as before, the numbers are new."""

    def gated(n: int, value: float) -> dict[str, pd.DataFrame]:
        (number,) = (c for c, v in FOLLOWING[name].items() if v == 0)
        row = {**FOLLOWING[name], number: value}
        persons = {"one": n, "other": 60}
        estimates = [
            {"id": e, "entry": e, "estimate": value, "n_persons": k, "n_smallest": 30}
            for e, k in persons.items()
        ]
        following = declared(name, *({"entry": e, **row} for e in persons))
        return let_out({name: following, "estimates": declared("estimates", *estimates)}, MINIMUM)

    first, _ = as_published(gated(80, 0.2), {}, MINIMUM)
    shown, _ = as_published(gated(n_persons, 0.23), json.loads(json.dumps(state_of(first))), MINIMUM)
    new, _ = as_published(gated(n_persons, 0.23), {}, MINIMUM)
    for table in (name, "estimates"):
        expected = pd.concat([(new if renewed else first)[table].iloc[:1], new[table].iloc[1:]])
        pd.testing.assert_frame_equal(shown[table], expected)


PLANNED = {"id": "e", "entry": "e", "summary": "mean_difference", "n_persons": 124, "n_smallest": 45}


def estimates(*rows: dict) -> dict[str, pd.DataFrame]:
    return let_out({"estimates": declared("estimates", *({**PLANNED, **row} for row in rows))}, MINIMUM)


@pytest.mark.parametrize(("n_obs", "estimate"), [(214, 0.2), (220, 0.23)])
def test_answers_of_a_few_persons_who_were_known_cannot_be_read_off(n_obs, estimate):
    """Three of the larger arm, who answered at the first wave, answer again: as many persons, three rows more."""
    first, _ = as_published(estimates({"n_obs": 211, "estimate": 0.2}), {}, MINIMUM)
    shown, _ = as_published(estimates({"n_obs": n_obs, "estimate": 0.23}), state_of(first), MINIMUM)
    assert shown["estimates"]["estimate"].tolist() == [estimate]


@pytest.mark.parametrize(
    ("n_obs", "n_persons", "renewed"),
    [(221, 124, False), (234, 124, False), (235, 124, True), (221, 134, True), (211 - 10, 124, False)],
)
def test_five_persons_who_answer_again_at_two_waves_do_not_renew_an_estimate(n_obs, n_persons, renewed):
    """Ten answers of five: the difference of two publications would be theirs. Of three waves 24 are of 8 at least."""
    rows = {"n_obs": n_obs, "n_persons": n_persons, "estimate": 0.23}
    first, _ = as_published(estimates({"n_obs": 211, "estimate": 0.2}), {}, MINIMUM, 3)
    shown, _ = as_published(estimates(rows), state_of(first), MINIMUM, 3)
    assert shown["estimates"]["estimate"].tolist() == [0.23 if renewed else 0.2]


def test_that_an_estimate_may_be_shown_now_does_not_tell_what_a_few_answered():
    """Fewer than the minimum of an arm said yes, and their shares were compared at one wave; three persons more, and a
    model of all waves has enough: each of them may be known to have said yes."""
    yes = {"summary": "risk_difference", "n_obs": 91, "n_persons": 91, "n_smallest": 7, "estimate": 0.1}
    first, _ = as_published(estimates(yes), {}, MINIMUM)
    now = {"n_obs": 214, "n_smallest": 46}
    later = [
        {**now, "summary": "odds_ratio", "estimate": 0.6},
        {**now, "summary": "risk_difference", "id": "e.risk_difference", "estimate": 0.08},
    ]
    shown, _ = as_published(estimates(*later), state_of(first), MINIMUM)
    pd.testing.assert_frame_equal(shown["estimates"], first["estimates"])
    many = {**yes, "n_obs": 120, "n_persons": 120, "n_smallest": 20}
    shown, _ = as_published(estimates(many), state_of(first), MINIMUM)
    assert shown["estimates"]["estimate"].tolist() == [0.1], "many more by the same analysis are no few"


def test_a_model_of_who_answered_keeps_all_its_numbers_together():
    """Odds ratios of one model: those of earlier answers keep theirs, so that the others do."""
    rows = [
        {"entry": "e", "variable": v, "n_persons": 120, "n_smallest": n, "odds_ratio": 0.8}
        for v, n in (("score_before", 33), ("function", 11))
    ]
    first, _ = as_published(
        let_out({"participation": declared("participation", *rows)}, MINIMUM), {}, MINIMUM
    )
    later = [{**rows[0], "n_smallest": 30, "odds_ratio": 0.9}, {**rows[1], "odds_ratio": 0.9}]
    gated = let_out({"participation": declared("participation", *later)}, MINIMUM)
    shown, _ = as_published(gated, state_of(first), MINIMUM)
    assert shown["participation"]["odds_ratio"].tolist() == [0.8, 0.8]


def measured(n_after: int, value: float) -> dict[str, pd.DataFrame]:
    """How a scale was measured at two waves: 120 persons before, `n_after` of them again."""
    where = {"sample": "main", "scale": "agency"}
    items = [
        {**where, "wave": w, "item": i, "n": n, "missing": 0, "alpha_if_dropped": v}
        for w, n, v in ((0, 120, 0.8), (1, n_after, value))
        for i in ("i1", "i2")
    ]
    fit = {**where, "wave": 1, "model": "one factor", "n_persons": 112, "cfi": value}
    ladder = {**where, "over": "waves", "wave": np.nan, "n_persons": 120, "n_obs": 120 + n_after}
    steps = [{**where, "over": "waves", "wave": np.nan, "step": k, "cfi": value} for k in (1, 2)]
    moved = [
        {**where, "wave": 1, "item": i, "n": n_after, "n_before": 120, "n_after": n, "change_sd": value}
        for i, n in (("i1", n_after), ("i2", 110))
    ]
    rows = {"items": items, "factor_structure": [fit], "invariance": [ladder], "invariance_steps": steps}
    return let_out({n: declared(n, *r) for n, r in {**rows, "drift": moved}.items()}, MINIMUM)


@pytest.mark.parametrize(("n_after", "renewed"), [(83, False), (90, True)])
def test_how_a_scale_was_measured_keeps_its_numbers_when_a_few_known_persons_answer_again(n_after, renewed):
    """Factor models and ladders rest on as many persons as before; of one item nobody said more."""
    first, _ = as_published(measured(80, 0.9), {}, MINIMUM)
    state = json.loads(json.dumps(state_of(first)))
    shown, _ = as_published(measured(n_after, 0.93), state, MINIMUM)
    new, _ = as_published(measured(n_after, 0.93), {}, MINIMUM)
    for name in first:
        assert shown[name].to_csv() == (new if renewed else first)[name].to_csv()


def test_five_persons_with_ten_answers_are_no_ten_persons():
    """At each of two waves five answer again: together ten answers more in the ladder over the waves."""

    def gated(n: int, value: float) -> dict[str, pd.DataFrame]:
        where = {"sample": "main", "scale": "agency"}
        scales = [descriptives({"a": (n, value)}, wave=w) for w in (0, 1)]
        ladder = {**where, "over": "waves", "wave": np.nan, "n_persons": 120, "n_obs": 2 * n}
        ladders = declared("invariance", {**ladder, "released": f"i{value:g}~1"})
        return let_out({"descriptives": pd.concat(scales), "invariance": ladders}, MINIMUM)

    first, _ = as_published(gated(100, 3.0), {}, MINIMUM)
    shown, _ = as_published(gated(105, 4.0), state_of(first), MINIMUM)
    pd.testing.assert_frame_equal(shown["invariance"], first["invariance"])


def ladder(n_persons: int, *steps: dict) -> dict[str, pd.DataFrame]:
    where = {"sample": "main", "scale": "agency", "over": "waves", "wave": np.nan}
    verdict = {"n_persons": n_persons, "n_obs": 2 * n_persons, "means_comparable": False, "n_teams": 12}
    said = {"verdict": "metric", "released": "i1~1", "members": "0, 1"}
    rows = [{**where, "step": k, "accepted": True, **step} for k, step in enumerate(steps, 1)]
    steps_taken = declared("invariance_steps", *rows, where)[
        : len(rows)
    ]  # where there are none the columns stay
    found = {"invariance": declared("invariance", where | said | verdict), "invariance_steps": steps_taken}
    return let_out(found, MINIMUM)


def test_how_far_a_ladder_of_few_went_is_not_told():
    """Of a few persons neither the verdict nor what was released is told, nor how many steps there were."""
    shown = ladder(5, {"level": "configural"}, {"level": "metric", "accepted": False})
    row = shown["invariance"].iloc[0]
    assert row["suppressed"] and row[["verdict", "released", "members"]].tolist() == ["", "", ""]
    assert row[["means_comparable", "n_teams"]].isna().all() and shown["invariance_steps"].empty
    assert attack(shown, MINIMUM) == []


@pytest.mark.parametrize(("before", "now"), [(2, 3), (3, 2), (2, 0)])
def test_how_far_a_ladder_went_is_not_told_of_a_few_who_came(before, now):
    """A step more or less than before says what the answers of three persons changed."""
    levels = [{"level": level, "df": 8} for level in ("configural", "metric", "scalar")]
    levels[before - 1] |= {"accepted": False, "df": np.nan}
    first, _ = as_published(ladder(120, *levels[:before]), {}, MINIMUM)
    new = ladder(123, *({**step, "accepted": True, "df": 8} for step in levels[:now]))
    shown, kept = as_published(new, json.loads(json.dumps(state_of(first))), MINIMUM)
    for name in first:
        assert shown[name].to_csv() == first[name].to_csv()
    assert kept == 1 + before
    pd.testing.assert_frame_equal(
        as_published(new, {}, MINIMUM)[0]["invariance_steps"], new["invariance_steps"]
    )


@pytest.mark.parametrize(("n_obs", "renewed"), [(203, False), (210, True)])
def test_a_deviation_of_the_theory_keeps_its_numbers_when_a_few_known_persons_answer_again(n_obs, renewed):
    """An arrow has no planned estimate that it could follow, and rests on as many persons as before."""

    def gated(n: int, value: float) -> dict[str, pd.DataFrame]:
        counts = {f"{c}_{when}": 120 for c in ("n_persons", "n_smallest") for when in ("sealed", "now")}
        row = {"entry": "theory", "what": "arrows.x", "estimate_now": value, "n_changed": 0, **counts}
        return let_out({"deviations": declared("deviations", {**row, "n_obs_now": n})}, MINIMUM)

    first, _ = as_published(gated(200, 0.2), {}, MINIMUM)
    shown, _ = as_published(gated(n_obs, 0.23), state_of(first), MINIMUM)
    assert shown["deviations"]["estimate_now"].tolist() == [0.23 if renewed else 0.2]


def test_a_mean_of_a_model_at_another_wave_keeps_its_numbers_with_those_of_the_wave_of_a_few():
    """A mixed model moves all its means when three persons answer again at one wave."""

    def gated(n: int, value: float) -> dict[str, pd.DataFrame]:
        rows = [
            {"entry": "e", "arm": arm, "wave": w, "n": k, "estimate": value}
            for arm in "ab"
            for w, k in ((0, 60), (1, n if arm == "a" else 50))
        ]
        return let_out({"model_means": declared("model_means", *rows)}, MINIMUM)

    first, _ = as_published(gated(50, 3.0), {}, MINIMUM)
    shown, _ = as_published(gated(53, 3.1), state_of(first), MINIMUM)
    assert shown["model_means"]["estimate"].tolist() == [3.0] * 4


def curve(units: dict[int, int]) -> dict[str, pd.DataFrame]:
    """A curve of everybody, and without each unit: the unit's point -> its persons."""
    everybody = sum(units.values())
    own = {"point": 1, "kind": "choices", "registered": True, "n_persons": everybody, "n_apart": 0}
    others = [
        {"point": i, "kind": "unit", "n_persons": everybody - n, "n_apart": n} for i, n in units.items()
    ]
    rows = [{"entry": "e", "estimate": 0.2, **row} for row in (own, *others)]
    planned = {"id": "e", "entry": "e", "estimate": 0.2, "n_persons": everybody, "n_smallest": 98}
    return let_out({"curve": declared("curve", *rows), "estimates": declared("estimates", planned)}, MINIMUM)


def over_waves(n: int, moved: float):
    """Two waves, of which the second has n persons: a model's means, descriptives, and sameness over both waves."""
    cells = [("a", 0, 40, 3.0), ("a", 1, n, 3.2), ("b", 0, 40, 3.1), ("b", 1, 60, 3.3)]
    means = [{"entry": "e", "arm": arm, "wave": w, "n": k, "estimate": m + moved} for arm, w, k, m in cells]
    scores = pd.concat(
        [descriptives({arm: (k, m) for arm, v, k, m in cells if v == w}, wave=w) for w in (0, 1)]
    )
    ladder = {"sample": "main", "scale": "agency", "over": "waves", "n_persons": 120}
    steps = [{**ladder, "step": step, "cfi": 0.9 + moved} for step in (1, 2)]
    return {
        "model_means": declared("model_means", *means),
        "descriptives": scores.reset_index(drop=True),
        "invariance": declared("invariance", ladder),
        "invariance_steps": declared(
            "invariance_steps", *({k: v for k, v in s.items() if k != "n_persons"} for s in steps)
        ),
    }


@pytest.mark.parametrize(("n", "renewed"), [(43, False), (60, True)])
def test_what_is_of_all_waves_keeps_its_numbers_when_few_answered_one_more(n, renewed):
    """Three new answers at the second wave move a model's mean of the first, and the fit over both."""
    first = as_published(let_out(over_waves(40, 0.0), MINIMUM), {}, MINIMUM)[0]
    shown = as_published(let_out(over_waves(n, 0.02), MINIMUM), state_of(first), MINIMUM)[0]
    moved = shown["model_means"]["estimate"] - first["model_means"]["estimate"]
    assert np.allclose(moved, 0.02 if renewed else 0.0)
    assert shown["invariance_steps"]["cfi"].eq(0.92 if renewed else 0.9).all()


def test_a_small_unit_does_not_follow_from_the_units_of_the_next_publication():
    """The first shows 200 of 245 without the units of 5 and 40; the second would show the 40 as they are."""
    first, _ = as_published(curve({70: 5, 80: 40, 90: 200}), {}, MINIMUM)
    assert first["curve"]["suppressed"].tolist() == [False, True, True, False]
    second, _ = as_published(curve({70: 13, 80: 40, 90: 200}), state_of(first), MINIMUM)
    pd.testing.assert_frame_equal(second["curve"].iloc[1:], first["curve"].iloc[1:])
    third, kept = as_published(curve({70: 40, 80: 60, 90: 230}), state_of(second), MINIMUM)
    assert not third["curve"]["suppressed"].any() and not kept


ARMS = st.fixed_dictionaries(dict.fromkeys("abc", st.integers(0, 40)))
MOVES = st.fixed_dictionaries(dict.fromkeys("abc", st.integers(-12, 12)))


@settings(max_examples=50, deadline=None)
@given(ARMS, MOVES)
@pytest.mark.slow
def test_who_has_both_publications_learns_about_no_few_persons(persons, moves):
    first = publication({arm: (n, 3.0) for arm, n in persons.items()})
    groups = {arm: (max(n + moves[arm], 0), 3.0) for arm, n in persons.items()}
    shown = publication(groups, first)
    assert attack({"descriptives": shown}, MINIMUM) == []
    pd.testing.assert_frame_equal(publication(groups, shown), shown)
    one, other = by_arm(first), by_arm(shown)
    both = [abs(other[arm] - n) for arm, n in one.items() if not np.isnan(n + other[arm])]
    assert not [d for d in both if 0 < d < MINIMUM]
    for total, own, beside in ((one, one, other), (other, other, one)):
        crossed = [beside[a] for a in persons if np.isnan(own[a]) and not np.isnan(beside[a])]
        rest = total[""] - np.nansum([own[a] for a in persons])
        some = [sum(c) for k in range(1, len(crossed) + 1) for c in combinations(crossed, k)]
        assert not [n for n in some if 0 < rest - n < MINIMUM]


@pytest.mark.parametrize("name", [n for n, t in register().items() if t.same_persons])
def test_rows_that_rest_on_the_same_persons_say_on_whom(name):
    table = register()[name]
    assert {"scale", "entry"} & set(table.same_persons) and set(table.same_persons) <= set(table.names)


# --- fewer digits still


def exactly_rounded(value: float, decimals: int) -> Decimal:
    """By the number as it is written, with nothing in between."""
    return Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


@given(st.floats(-9999, 9999).filter(lambda v: abs(v) > 1e-4), st.integers(0, 3))
@settings(max_examples=500)
def test_a_published_number_is_printed_as_the_number_behind_it(value, decimals):
    assume(
        len({exactly_rounded(value * by, decimals) for by in (1 - 1e-10, 1 + 1e-10)}) == 1
        or len(repr(value)) < 12
    )
    (published,) = significant(np.array([value]))
    printed = Words("en").number(published, decimals).replace("−", "-")
    kept = decimals + len(str(int(abs(value)))) if abs(value) >= 1 else decimals - leading_zeros(value)
    if kept < 4:
        assert Decimal(printed) == exactly_rounded(value, decimals)
    assert abs(published - value) < 10.0 ** (np.floor(np.log10(abs(value))) - 3)
    assert significant(np.array([published]))[0] == published


def leading_zeros(value: float) -> int:
    return -int(np.floor(np.log10(abs(value)))) - 1


@pytest.mark.parametrize(
    ("p", "published", "said"),
    [
        (0.293547, 0.2935, ".294"),  # above the half, and stays there
        (0.293462, 0.2934, ".293"),  # below it: 0.2935 would have been printed as .294
        (0.0294962, 0.02949, ".029"),
        (0.9995, 0.9995, "> .999"),
        (0.99949, 0.9994, ".999"),
        (0.0499962, 0.04999, ".050"),
        (0.05, 0.05, ".050"),
    ],
)
def test_a_p_value_in_words_is_that_of_the_test(p, published, said):
    assert significant(np.array([p]))[0] == published
    assert Words("en").p_value(published) == Words("en").p_value(p) == said
