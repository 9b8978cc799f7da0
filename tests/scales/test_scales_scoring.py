"""Scoring: published rules on answers whose scores can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dww_analysis.domain.scales import Scale, ScoringKey
from dww_analysis.errors import ScaleError
from dww_analysis.scales import band_of, load_key, parse_key, score
from dww_analysis.scales.scoring import score_names

EXACT = 1e-12  # arithmetic on a handful of numbers
NA = np.nan


def answers(key: str, *rows: list[float]) -> pd.DataFrame:
    return pd.DataFrame([list(r) for r in rows], columns=list(load_key(key).items), dtype=float)


def total(key: str, *rows: list[float]) -> list[float]:
    out = score(answers(key, *rows), key)
    return out.loc[out["scale"] == "", "score"].tolist()


def subscale(key: str, name: str, *rows: list[float]) -> list[float]:
    out = score(answers(key, *rows), key)
    return out.loc[out["scale"] == name, "score"].tolist()


def test_who5_is_the_raw_sum_times_four():
    assert total("who5", [5, 4, 3, 2, 1]) == [60]


def test_sdmq9_runs_from_0_to_100():
    assert total("sdmq9", [3] * 9, [5] * 9, [0] * 9) == pytest.approx([60, 100, 0], abs=EXACT)


def test_sdmq9_fills_two_missing_items_with_the_mean_and_not_three():
    two, three = [3, 4, 3, 4, 3, 4, 3, NA, NA], [3, 4, 3, 4, 3, 4, NA, NA, NA]
    found = total("sdmq9", two, three)
    assert found[0] == pytest.approx(24 / 7 * 9 * 20 / 9, abs=EXACT)
    assert np.isnan(found[1])


@pytest.mark.parametrize(
    ("row", "metric"),
    [([3] * 7, 19.25), ([4] * 7, 25.03), ([4] * 6 + [5], 26.02), ([1] * 7, 7), ([5] * 7, 35)],
)
def test_swemwbs_converts_by_table(row, metric):
    assert total("swemwbs", row) == [metric]


def test_swemwbs_needs_every_item_and_says_incomplete():
    out = score(answers("swemwbs", [3] * 6 + [NA]), "swemwbs")
    assert np.isnan(out["score"].iloc[0]) and out["reason"].iloc[0] == "incomplete"


def test_swemwbs_refuses_a_sum_that_is_not_in_the_table():
    with pytest.raises(ScaleError, match="whole number"):
        total("swemwbs", [3.5] + [3] * 6)


def test_uwes9_subscales_and_total():
    row = [0, 1, 2, 3, 4, 5, 6, 0, 1]
    assert subscale("uwes9", "vigour", row) == pytest.approx([5 / 3], abs=EXACT)
    assert subscale("uwes9", "dedication", row) == pytest.approx([11 / 3], abs=EXACT)
    assert subscale("uwes9", "absorption", row) == pytest.approx([2.0], abs=EXACT)
    assert total("uwes9", row) == pytest.approx([22 / 9], abs=EXACT)


@pytest.mark.parametrize(
    ("mean", "band"),
    [(2.53, "green"), (2.54, "orange"), (2.95, "orange"), (2.9599, "orange"), (2.96, "red"), (5.0, "red")],
)
def test_bat12_bands_compare_the_unrounded_mean(mean, band):
    assert band_of(pd.Series([mean]), load_key("bat12")).tolist() == [band]


@pytest.mark.parametrize(("raw", "band"), [(31, "orange"), (30, "green"), (35, "orange"), (36, "red")])
def test_bat12_bands_from_answers(raw, band):
    row = [2] * 12
    for i in range(raw - 24):
        row[i] += 1
    out = score(answers("bat12", row), "bat12")
    assert out["score"].iloc[0] == pytest.approx(raw / 12, abs=EXACT)
    assert out["band"].iloc[0] == band


def test_bat23_has_its_own_cut_offs():
    assert band_of(pd.Series([2.58, 2.59, 3.02]), load_key("bat23")).tolist() == ["green", "orange", "red"]


def test_bat4_is_never_coloured():
    assert load_key("bat4").bands == ()


def test_psychological_safety_reverses_items_1_3_5():
    assert total("edmondson7", [7] * 7) == pytest.approx([31 / 7], abs=EXACT)
    assert total("edmondson7", [1, 7, 1, 7, 1, 7, 7]) == [7]


def test_team_learning_reverses_item_2_and_feedback_has_seven_facets_of_three():
    """By hand: six items of 7 and one of 8 - 7; three items of 2, 4 and 6 in every facet have the mean 4."""
    assert total("edmondson_learning7", [7] * 7) == pytest.approx([43 / 7], abs=EXACT)
    assert total("edmondson_learning7", [7, 1, 7, 7, 7, 7, 7]) == [7]
    assert total("tlb9", [1, 2, 3] * 3) == [2]
    for source in ("supervisor", "coworker"):
        out = score(answers(f"fes_{source}21", [2, 4, 6] * 7), f"fes_{source}21").set_index("scale")
        assert len(out) == 8 and (out["score"] == 4).all()


def test_collaborate_top_score_leaves_incomplete_answers_out():
    rows = [[9, 9, 9], [9, 9, 8], [9, 9, NA]]
    out = score(answers("collaborate", *rows), "collaborate")
    assert out["score"].tolist()[:2] == [1, 0] and np.isnan(out["score"].iloc[2])
    assert out["score"].mean() == 0.5 and out["score"].count() == 2


def test_collaborate_with_five_points_has_another_top():
    assert total("collaborate5", [4, 4, 4], [4, 4, 3]) == [1, 0]


def test_sdq_reversed_item_answered_2_contributes_0():
    key = load_key("sdq")
    row = pd.Series(0.0, index=key.items)
    for code in key.reversed:
        row[code] = 2.0
    out = score(row.to_frame().T, key).set_index("scale")["score"]
    assert out["conduct"] == 0 and out[""] == 0
    row["sdq_7"] = 0
    assert score(row.to_frame().T, key).set_index("scale").loc["conduct", "score"] == 2


def test_sdq_prorates_rounds_half_up_and_leaves_prosocial_out_of_the_total():
    key = load_key("sdq")
    row = pd.Series(0.0, index=key.items)
    row[list(key.reversed)] = 2.0
    row[["sdq_1", "sdq_4", "sdq_9", "sdq_17", "sdq_20"]] = 2.0
    row[["sdq_3", "sdq_8"]] = [1, 1]
    row["sdq_24"] = NA  # 2 over four items: 2.5, rounded up
    out = score(row.to_frame().T, key).set_index("scale")["score"]
    assert out["emotional"] == 3 and out["prosocial"] == 10 and out[""] == 3
    row[["sdq_16", "sdq_13"]] = NA
    out = score(row.to_frame().T, key).set_index("scale")
    assert np.isnan(out.loc["emotional", "score"]) and np.isnan(out.loc["", "score"])


def test_three_item_subscale_needs_two_and_flags_the_score():
    rows = [[4, 5, NA] + [3] * 9, [4, NA, NA] + [3] * 9]
    out = score(answers("lpw12", *rows), "lpw12")
    part = out[out["scale"] == "reflection"]
    assert part["score"].iloc[0] == 4.5 and part["flag"].iloc[0] == "2 of 3 items"
    assert np.isnan(part["score"].iloc[1]) and part["n_answered"].tolist() == [2, 1]
    assert part["reason"].tolist() == ["", "incomplete"]


@pytest.mark.parametrize(
    ("n", "share", "need"),
    [
        *[(12, 0.8, 10), (9, 0.8, 8), (5, 0.8, 4), (3, 0.8, 3), (3, 1.0, 3), (5, 0.6, 3), (1, 0.8, 1)],
        *[(3, None, 2), (12, None, 10), (9, None, 8)],  # without a share: .8, and two of three
    ],
)
def test_eighty_per_cent_rule_rounds_up(n, share, need):
    items = tuple(f"i{i}" for i in range(n))
    key = ScoringKey("k", "1", {"en": "k"}, "r", items, 1, 5, min_answered=share)
    assert key.items_needed() == need


def test_a_score_made_from_subscales_needs_what_these_need():
    subscales = {"a": ("i0", "i1", "i2"), "b": ("i3", "i4", "i5", "i6")}
    made = {"total_of": ("a", "b"), "differences": {"gap": {"of": ("a", "b")}}}
    items = tuple(f"i{i}" for i in range(7))
    key = ScoringKey("k", "1", {"en": "k"}, "r", items, 1, 5, subscales=subscales, transform=made)
    assert [key.items_needed(name) for name in ("a", "b", "gap", "")] == [2, 4, 6, 6]


def test_a_value_outside_the_range_stops_with_column_and_row():
    with pytest.raises(ScaleError) as refusal:
        score(answers("bat12", [3] * 12, [3] * 4 + [6] + [3] * 7), "bat12", where="wave1.csv")
    text = str(refusal.value)
    assert "wave1.csv" in text and "distance_2" in text and "row 2" in text and "value 6" in text
    assert "1 to 5" in text


def test_all_range_problems_are_listed_at_once():
    rows = answers("who5", [9, 1, 1, 1, -3])
    with pytest.raises(ScaleError) as refusal:
        score(rows, "who5")
    assert len(refusal.value.problems) == 2


def test_absent_columns_and_text_are_refused():
    items = answers("who5", [1] * 5)
    with pytest.raises(ScaleError, match="no column who_5"):
        score(items.drop(columns="who_5"), "who5")
    with pytest.raises(ScaleError, match="not numbers"):
        score(items.astype({"who_1": "str"}), "who5")


def test_an_item_nobody_was_asked_is_missing_and_not_text():
    items = answers("bat12", [3] * 12).astype(object)
    items["exhaustion_1"] = None
    for c in items.columns[1:]:
        items[c] = items[c].astype(float)
    out = score(items, "bat12")
    assert out["n_answered"].iloc[0] == 11 and out["score"].iloc[0] == 3


def test_columns_may_carry_other_names_in_the_order_of_the_key():
    items = answers("who5", [5, 4, 3, 2, 1]).set_axis(list("abcde"), axis=1)
    assert score(items, "who5", columns=list("abcde"))["score"].tolist() == [60]
    with pytest.raises(ScaleError, match="4 columns for 5 items"):
        score(items, "who5", columns=list("abcd"))


def test_index_is_kept_and_every_score_carries_the_key_version():
    items = answers("uwes9", [3] * 9, [4] * 9).set_axis(["a", "b"], axis=0)
    out = score(items, "uwes9")
    assert list(out.index) == ["a", "b"] * 4
    assert set(out["key_id"]) == {"uwes9"} and set(out["key_version"]) == {load_key("uwes9").version}


def test_unknown_key_suggests_the_nearest():
    with pytest.raises(ScaleError, match="uwes9"):
        load_key("uwes")


AGENCY = {
    "id": "agency",
    "version": 2,
    "name": "Agency in learning",
    "reference": "programme",
    "items": ["i1", "i2", "n1", "n2", "p1", "p2"],
    "range": [1, 5],
    "total": False,
    "subscales": {
        "influence": {"items": ["i1", "i2"]},
        "need": {"items": ["n1", "n2"]},
        "possibility": {"items": ["p1", "p2"]},
    },
    "transform": {"differences": {"gap": {"of": ["possibility", "need"]}}},
}


def test_gap_is_possibility_minus_need_and_both_stay_raw():
    key = parse_key(AGENCY)
    out = score(pd.DataFrame([[1, 1, 4, 5, 2, 3]], columns=list(key.items)), key).set_index("scale")
    assert score_names(key) == ("influence", "need", "possibility", "gap")
    assert out["score"].to_dict() == {"influence": 1, "need": 4.5, "possibility": 2.5, "gap": -2}
    assert key.range_of_score("gap") == (-4, 4)
    assert out.loc["gap", "n_items"] == 4


def test_score_stays_in_its_range_for_extreme_answers():
    from dww_analysis.scales import load_all_keys

    for key in load_all_keys().values():
        both = pd.DataFrame(
            [[key.minimum] * len(key.items), [key.maximum] * len(key.items)], columns=list(key.items)
        )
        out = score(both, key)
        for name in score_names(key):
            low, high = key.range_of_score(name)
            assert out.loc[out["scale"] == name, "score"].between(low - 1e-9, high + 1e-9).all(), (
                key.id,
                name,
            )


def test_the_range_of_a_scale_is_that_of_its_scores_not_of_its_items():
    items = [f"q{i}" for i in range(1, 5)]
    key = parse_key({"id": "s", "version": "1", "name": "s", "reference": "r", "items": items, "range": [0, 10],
                     "method": "sum", "subscales": {"a": {"items": items[:2]}}})  # fmt: skip
    scale = Scale("s", {"nl": "s", "en": "s"}, ("main",), key=key, items=tuple(items))
    assert scale.score_range() == (0, 40) and scale.score_range("s.a") == (0, 20)
