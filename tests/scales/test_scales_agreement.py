"""rwg, rwg(j), AD_M, ICC(1) and ICC(2) against package multilevel (R), published examples and degenerate teams."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dww_analysis.errors import ScaleError
from dww_analysis.scales import (
    ad_m,
    aggregation_verdict,
    group_mean_reliability,
    icc1,
    icc2,
    icc_shrout_fleiss,
    rwg,
    rwg_j,
    rwg_j_lindell,
    team_scores,
)
from dww_analysis.scales.aggregation import one_way
from dww_analysis.scales.agreement import null_variance

FOLDER = Path(__file__).parents[1] / "oracles" / "11_aggregation"
ORACLE = json.loads((FOLDER / "oracle.json").read_text(encoding="utf-8"))
RWG = ORACLE["rwg"]
CLOSED = 1e-8  # mean squares and variances are closed forms
REML = 1e-4  # the other side searched for its ratio of variances


@pytest.fixture(scope="module")
def bh1996() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "bh1996.csv")


@pytest.fixture(scope="module")
def lq2002() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "lq2002.csv")


@pytest.mark.oracle
@pytest.mark.parametrize("case", ORACLE["aggregation"], ids=lambda c: c["variable"])
def test_icc_by_every_convention(bh1996, case):
    values, group = bh1996[case["variable"]], bh1996[case["group"]]
    found = icc1(values, group)
    assert found.estimate == pytest.approx(case["icc1_mean_size"], rel=CLOSED)
    assert found.estimate == pytest.approx(case["multilevel_ICC1"], rel=CLOSED)
    assert icc1(values, group, size="n0").estimate == pytest.approx(case["icc1_n0"], rel=CLOSED)
    assert icc2(values, group).estimate == pytest.approx(case["multilevel_ICC2"], rel=CLOSED)
    assert icc1(values, group, method="reml").estimate == pytest.approx(case["icc1_reml"], rel=REML)
    assert icc2(values, group, method="reml").estimate == pytest.approx(case["icc2_reml_mean_size"], rel=REML)
    assert (found.f, found.n, found.n_groups) == pytest.approx(
        (case["F"], case["n"], case["groups"]), rel=CLOSED
    )
    assert found.p_value == pytest.approx(case["p"], rel=1e-6)
    assert found.conf_low < found.estimate < found.conf_high


@pytest.mark.oracle
@pytest.mark.parametrize("case", ORACLE["aggregation"], ids=lambda c: c["variable"])
def test_anova_parts_and_reliability_of_group_means(bh1996, case):
    values, group = bh1996[case["variable"]], bh1996[case["group"]]
    found = one_way(values, group)
    pairs = {"ms_between": "msb", "ms_within": "msw", "mean_size": "mean_size", "n0": "n0", "eta2": "eta2"}
    for ours, theirs in pairs.items():
        assert getattr(found, ours) == pytest.approx(case[theirs], rel=CLOSED), ours
    assert [found.df_between, found.df_within] == case["df"]
    means = group_mean_reliability(values, group)["value"]
    np.testing.assert_allclose(means[:5], case["group_mean_reliability_first5"], rtol=REML)
    assert means.mean() == pytest.approx(case["group_mean_reliability_mean"], rel=REML)


def same(table: pd.DataFrame, expected: list[dict]) -> None:
    assert [str(g) for g in table["group"]] == [row["group"] for row in expected]
    assert table["n"].tolist() == [row["size"] for row in expected]
    np.testing.assert_allclose(table["value"], [row["value"] for row in expected], rtol=CLOSED, atol=1e-12)


@pytest.mark.oracle
def test_agreement_of_companies_on_leadership(lq2002):
    items, group = lq2002[RWG["items"]], lq2002["COMPID"]
    same(rwg_j(items, group, options=5), RWG["rwg_j_uniform"])
    same(rwg_j(items, group, options=5, null="slight skew"), RWG["rwg_j_slight_skew"])
    same(rwg_j_lindell(items, group, options=5), RWG["rwg_j_lindell_uniform"])
    same(rwg(lq2002["LEAD"], group, options=5), RWG["rwg_single_item_LEAD_uniform"])
    same(ad_m(items, group), RWG["ad_m"])
    values = rwg_j(items, group, options=5)["value"]
    assert values.mean() == pytest.approx(RWG["mean_rwg_j_uniform"], rel=CLOSED)
    assert values.median() == pytest.approx(RWG["median_rwg_j_uniform"], rel=CLOSED)
    skewed = rwg_j(items, group, options=5, null="slight skew")
    assert (skewed.loc[skewed["out_of_range"], "value"] == 0).all() and skewed["out_of_range"].any()


@pytest.mark.oracle
def test_leadership_icc_of_the_item_mean(lq2002):
    score, group = lq2002[RWG["items"]].mean(axis=1), lq2002["COMPID"]
    assert icc1(score, group).estimate == pytest.approx(0.08795621852, rel=CLOSED)
    assert icc2(score, group).estimate == pytest.approx(0.80075437301, rel=CLOSED)


@pytest.mark.oracle
def test_options_are_taken_from_the_answers_and_said(lq2002):
    items, group = lq2002[RWG["items"]], lq2002["COMPID"]
    with pytest.warns(UserWarning, match=r"answer options \(5\)"):
        same(rwg_j(items, group), RWG["rwg_j_uniform"])


@pytest.mark.parametrize(("J", "A", "variance", "expected"), [(5, 5, 0.5, 0.9375), (7, 7, 1.0, 0.954545)])
def test_rwg_j_worked_examples(J, A, variance, expected):
    """Ten members of whom half answer one step d below and half d above the middle: item variance 10 d^2 / 9."""
    step = np.sqrt(variance * 9 / 10)
    items = pd.DataFrame(np.tile([[3 - step], [3 + step]], (5, J)))
    found = rwg_j(items, pd.Series([1] * 10), options=A)
    assert found["value"].item() == pytest.approx(expected, abs=5e-7)


def test_null_variances():
    assert null_variance(5) == 2 and null_variance(7) == 4
    assert null_variance(5, "slight skew") == pytest.approx(1.34, abs=1e-12)
    with pytest.raises(ScaleError, match="five options"):
        null_variance(7, "slight skew")
    with pytest.raises(ScaleError, match="two or more"):
        null_variance(1)


def test_shrout_fleiss_six_targets_four_judges():
    rows = [(9, 2, 5, 8), (6, 1, 3, 2), (8, 4, 6, 8), (7, 1, 2, 6), (10, 5, 6, 9), (6, 2, 4, 7)]
    found = icc_shrout_fleiss(pd.DataFrame(rows))
    six = (found.icc_1_1, found.icc_2_1, found.icc_3_1, found.icc_1_k, found.icc_2_k, found.icc_3_k)
    printed = (0.165742, 0.289764, 0.714841, 0.442797, 0.620050, 0.909316)
    assert six == pytest.approx(printed, abs=1e-6)  # six decimals, the fifth number is cut off
    squares = (found.bms, found.wms, found.jms, found.ems)
    assert squares == pytest.approx((11.241667, 6.263889, 32.486111, 1.019444), abs=5e-7)


def test_icc1_of_rows_equals_shrout_fleiss_1_1():
    rows = np.array(
        [(9, 2, 5, 8), (6, 1, 3, 2), (8, 4, 6, 8), (7, 1, 2, 6), (10, 5, 6, 9), (6, 2, 4, 7)], dtype=float
    )
    flat, group = pd.Series(rows.ravel()), pd.Series(np.repeat(range(6), 4))
    assert icc1(flat, group).estimate == pytest.approx(
        icc_shrout_fleiss(pd.DataFrame(rows)).icc_1_1, rel=1e-12
    )
    assert icc1(flat, group, size="n0").estimate == pytest.approx(icc1(flat, group).estimate, rel=1e-12)


def test_icc2_is_spearman_brown_of_icc1():
    """ICC(1) .10 in groups of 10 gives .526316, .15 in groups of 8 gives .585366."""
    for rho, k, expected in ((0.10, 10, 0.526316), (0.15, 8, 0.585366)):
        table = group_mean_reliability(pd.Series(range(2 * k)), pd.Series([1] * k + [2] * k), icc=rho)
        assert table["value"].iloc[0] == pytest.approx(expected, abs=5e-7)


def test_icc_interval_covers_the_truth():
    rng, covered = np.random.default_rng(11), 0
    for _ in range(300):
        values = np.repeat(rng.standard_normal(20) * np.sqrt(0.2), 8) + rng.standard_normal(160) * np.sqrt(
            0.8
        )
        found = icc1(pd.Series(values), pd.Series(np.repeat(range(20), 8)))
        covered += found.conf_low <= 0.2 <= found.conf_high
    assert 0.92 <= covered / 300 <= 0.98


def test_missing_values_and_groups_are_left_out():
    values = pd.Series([1, 2, 5, 6, np.nan, 4])
    group = pd.Series(["a", "a", "b", "b", "b", None])
    assert icc1(values, group).n == 4


def test_groups_without_differences_give_a_negative_icc_with_a_note():
    found = icc1(pd.Series([1, 3, 1, 3.0]), pd.Series([1, 1, 2, 2]))
    assert found.estimate == -1 and "negative" in found.note


def test_members_who_all_agree_give_icc_one():
    found = icc1(pd.Series([1, 1, 3, 3.0]), pd.Series([1, 1, 2, 2]))
    assert found.estimate == 1 and found.p_value == 0


@pytest.mark.parametrize(
    ("values", "group", "reason"),
    [
        ([1, 2, 3], [1, 1, 1], "at least two groups"),
        ([1, 2, 3], [1, 2, 3], "more than one member"),
        ([2, 2, 2, 2], [1, 1, 2, 2], "same value everywhere"),
        ([np.nan] * 4, [1, 1, 2, 2], "0 values"),
    ],
)
def test_icc_refuses_what_means_nothing(values, group, reason):
    with pytest.raises(ScaleError, match=reason):
        icc1(pd.Series(values, dtype=float), pd.Series(group))


def test_a_team_of_one_and_a_team_without_answers_have_no_agreement():
    items = pd.DataFrame({"a": [1, 2, 3, np.nan, np.nan], "b": [1, 2, 3, np.nan, 4.0]})
    group = pd.Series(["x", "x", "one", "none", "none"])
    for table in (rwg_j(items, group, options=5), ad_m(items, group), rwg_j_lindell(items, group, options=5)):
        table = table.set_index("group")
        assert table["n"].to_dict() == {"none": 0, "one": 1, "x": 2}
        assert table["value"].isna().to_dict() == {"none": True, "one": True, "x": False}
        assert not table["out_of_range"].any()


def test_perfect_agreement_is_one_and_polarised_teams_are_out_of_range():
    items = pd.DataFrame({"a": [3, 3, 1, 5], "b": [4, 4, 1, 5.0]})
    found = rwg_j(items, pd.Series([1, 1, 2, 2]), options=5).set_index("group")
    assert found.loc[1, "value"] == 1 and found.loc[2, "value"] == 0 and found.loc[2, "out_of_range"]
    assert rwg_j_lindell(items, pd.Series([1, 1, 2, 2]), options=5)["value"].iloc[1] == -3


def test_group_labels_may_be_categories_with_an_unused_level():
    group = pd.Series(pd.Categorical(["a", "a", "b", "b"], categories=["a", "b", "c"]))
    found = rwg_j(pd.DataFrame({"i": [1, 2, 3, 3.0], "j": [1, 2, 3, 3.0]}), group, options=5)
    assert [str(g) for g in found["group"]] == ["a", "b"]


def test_rwg_takes_several_items_one_by_one():
    found = rwg(pd.DataFrame({"i": [1, 2, 3, 3.0], "j": [1, 5, 3, 3.0]}), pd.Series([1, 1, 2, 2]), options=5)
    assert list(found["item"]) == ["i", "i", "j", "j"]


def test_relabelled_groups_and_shuffled_rows_change_nothing(lq2002):
    shuffled = lq2002.sample(frac=1, random_state=3)
    names = "team " + shuffled["COMPID"].astype(str)
    before = rwg_j(lq2002[RWG["items"]], lq2002["COMPID"], options=5)["value"]
    after = rwg_j(shuffled[RWG["items"]], names, options=5)["value"]
    np.testing.assert_allclose(np.sort(before), np.sort(after), rtol=1e-12)


def test_verdict_needs_all_three():
    assert aggregation_verdict(0.87, 0.088, 0.80, 1e-10).allowed
    weak = aggregation_verdict(0.87, 0.02, 0.35, 0.03)
    assert not weak.allowed and weak.failed == ("ICC(2)",)
    assert not aggregation_verdict(np.nan, 0.2, 0.9, 0.001).allowed


def test_team_scores_need_enough_members():
    values = pd.Series([1, 2, 3, 4, 5, np.nan])
    group = pd.Series(["a", "a", "a", "b", "b", "b"])
    table = team_scores(values, group).set_index("group")
    assert table.loc["a", "mean"] == 2 and np.isnan(table.loc["b", "mean"])
    assert table.loc["b", "reason"] == "fewer than 3 answers"
    thin = team_scores(values, group, 2, pd.Series({"a": 10, "b": 3})).set_index("group")
    assert thin.loc["a", "reason"] == "fewer than 50% answered" and thin.loc["b", "mean"] == 4.5
