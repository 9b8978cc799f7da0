"""Alpha, omega, Spearman-Brown and item analysis against psych and lavaan (R), published values and special cases."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dww_analysis.errors import ScaleError
from dww_analysis.scales import (
    cronbach_alpha,
    item_analysis,
    omega_hierarchical,
    omega_minres,
    omega_total,
    score,
    sign_questions,
    spearman_brown,
)

FOLDER = Path(__file__).parents[1] / "oracles" / "09_reliability_bfi"
ORACLE = json.loads((FOLDER / "oracle.json").read_text(encoding="utf-8"))
SCALES = list(ORACLE["scales"])
CLOSED = 1e-8  # alpha and item statistics are closed forms
FITTED = 1e-5  # omega rests on an iterative fit on the other side (lavaan stops at about 1e-6)
CHI_SQUARE = 1e-3
EXPLORED = 1e-3  # exploratory factors and their rotation stop earlier on the other side

ATTITUDE = """43 51 30 39 61 92 45;63 64 51 54 63 73 47;71 70 68 69 76 86 48;61 63 45 47 54 84 35;81 78 56 66 71 83 47;
43 55 49 44 54 49 34;58 67 42 56 66 68 35;71 75 50 55 70 66 41;72 82 72 67 71 83 31;67 61 45 47 62 80 41;
64 53 53 58 58 67 34;67 60 47 39 59 74 41;69 62 57 42 55 63 25;68 83 83 45 59 77 35;77 77 54 72 79 77 46;
81 90 50 72 60 54 36;74 85 64 69 79 79 63;65 60 65 75 55 80 60;65 70 46 57 75 85 46;50 58 68 54 64 78 52;
50 40 33 34 43 64 33;64 61 52 62 66 80 41;53 66 52 50 63 80 37;40 37 42 58 50 57 49;63 54 42 48 66 75 33;
66 77 66 63 88 76 72;78 75 58 74 80 78 49;48 57 44 45 51 83 38;85 85 71 71 77 74 55;82 82 39 59 64 78 39"""


@pytest.fixture(scope="module")
def bfi() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "bfi.csv")


@pytest.fixture(scope="module")
def attitude() -> pd.DataFrame:
    return pd.DataFrame([[float(v) for v in row.split()] for row in ATTITUDE.split(";")])


def scale_items(bfi: pd.DataFrame, name: str) -> pd.DataFrame:
    case = ORACLE["scales"][name]
    items = bfi[[i.lstrip("-") for i in case["key"]]].copy()
    for code in case["reversed"]:
        items[code] = 7 - items[code]
    return items


@pytest.mark.oracle
@pytest.mark.parametrize("name", SCALES)
@pytest.mark.parametrize(("block", "missing"), [("pairwise", "pairwise"), ("complete_cases", "complete")])
def test_alpha_and_intervals(bfi, name, block, missing):
    found, expected = cronbach_alpha(scale_items(bfi, name), missing=missing), ORACLE["scales"][name][block]
    pairs = {
        "alpha": "alpha_raw", "standardised": "alpha_std", "std_error": "se_alpha", "mean_r": "mean_r",
        "median_r": "median_r", "lambda6": "guttman_lambda6", "n_persons": "n",
    }  # fmt: skip
    for ours, theirs in pairs.items():
        assert getattr(found, ours) == pytest.approx(expected[theirs], rel=CLOSED), ours
    feldt, duhachek = expected["ci_feldt"], expected["ci_duhachek"]
    assert (found.conf_low, found.conf_high) == pytest.approx((feldt["lower"], feldt["upper"]), rel=CLOSED)
    limits = (found.conf_low_duhachek, found.conf_high_duhachek)
    assert limits == pytest.approx((duhachek["lower"], duhachek["upper"]), rel=CLOSED)


@pytest.mark.oracle
@pytest.mark.parametrize("name", SCALES)
@pytest.mark.parametrize("block", ["pairwise", "complete_cases"])
def test_item_statistics(bfi, name, block):
    items = scale_items(bfi, name)
    items = items if block == "pairwise" else items.dropna()
    table = item_analysis(items, 1, 6, ORACLE["scales"][name]["reversed"])
    expected = pd.DataFrame(ORACLE["scales"][name][block]["items"])
    pairs = {
        "n": "n", "mean": "mean", "sd": "sd", "item_rest": "r_item_rest", "item_total": "r_raw",
        "item_rest_smc": "r_corrected_for_overlap", "alpha_if_dropped": "alpha_if_dropped",
        "std_alpha_if_dropped": "std_alpha_if_dropped",
    }  # fmt: skip
    assert list(table["item"]) == list(expected["item"])
    for ours, theirs in pairs.items():
        np.testing.assert_allclose(table[ours], expected[theirs], rtol=CLOSED, err_msg=ours)
    assert (table["sign_question"] == "").all()


@pytest.mark.oracle
@pytest.mark.parametrize("name", SCALES)
def test_omega_total_and_its_one_factor_model(bfi, name):
    found, expected = omega_total(scale_items(bfi, name)), ORACLE["scales"][name]["omega_total_cfa"]
    assert found.omega == pytest.approx(expected["value"], rel=FITTED)
    assert found.observed_total == pytest.approx(expected["value_observed_total"], rel=FITTED)
    assert found.ave == pytest.approx(expected["ave"], rel=FITTED)
    np.testing.assert_allclose(found.loadings, list(expected["loadings"].values()), rtol=1e-4)
    assert found.chi_square == pytest.approx(expected["fit"]["chisq"], abs=CHI_SQUARE)
    assert found.df == expected["fit"]["df"]
    assert found.conf_low < found.omega < found.conf_high


@pytest.mark.oracle
@pytest.mark.parametrize("name", SCALES)
def test_minres_omega(bfi, name):
    expected = ORACLE["scales"][name]["omega_total_minres"]["value"]
    assert omega_minres(scale_items(bfi, name)) == pytest.approx(expected, rel=EXPLORED)


@pytest.mark.oracle
@pytest.mark.slow
def test_omega_hierarchical_of_25_items(bfi):
    items = bfi[[f"{s}{i}" for s in "ACENO" for i in range(1, 6)]]
    found, expected = omega_hierarchical(items, 5), ORACLE["omega_hierarchical_all25"]
    assert found.omega_hierarchical == pytest.approx(expected["omega_h"], rel=EXPLORED)
    assert found.omega_total == pytest.approx(expected["omega_total"], rel=EXPLORED)
    assert found.alpha == pytest.approx(expected["alpha"], rel=CLOSED)
    assert len(found.turned) <= 12


def test_omega_hierarchical_needs_three_group_factors(bfi):
    with pytest.raises(ScaleError, match="not determined"):
        omega_hierarchical(bfi[[f"{s}{i}" for s in "AC" for i in range(1, 6)]], 2)


@pytest.mark.oracle
@pytest.mark.parametrize("name", SCALES)
def test_mean_score_when_half_is_answered(bfi, name):
    from dww_analysis.scales import parse_key

    case = ORACLE["scales"][name]
    codes = [i.lstrip("-") for i in case["key"]]
    key = parse_key(
        {
            "id": name,
            "version": 1,
            "name": name,
            "reference": "psych::bfi",
            "items": codes,
            "range": [1, 6],
            "reversed": case["reversed"],
            "min_answered": 0.5,
        }
    )
    scores, expected = score(bfi, key)["score"], case["score_mean_half_rule"]
    assert scores.count() == expected["n_scored"]
    assert scores.mean() == pytest.approx(expected["mean"], rel=CLOSED)
    assert scores.std() == pytest.approx(expected["sd"], rel=CLOSED)
    np.testing.assert_allclose(scores.head(20), expected["first20"], rtol=CLOSED)


@pytest.mark.oracle
def test_an_unreversed_item_becomes_a_question(bfi):
    items = bfi[["A1", "A2", "A3", "A4", "A5"]].dropna()
    expected = ORACLE["unreversed_check"]
    assert cronbach_alpha(items).alpha == pytest.approx(expected["alpha_raw"], rel=CLOSED)
    table = item_analysis(items).set_index("item")
    assert table.loc["A1", "item_rest"] == pytest.approx(expected["r_item_rest_A1"], rel=CLOSED)
    assert table["sign_question"].to_dict() == {"A1": "reversed?", "A2": "", "A3": "", "A4": "", "A5": ""}


@pytest.mark.oracle
def test_two_items_by_spearman_brown(bfi):
    found, expected = spearman_brown(bfi[["N1", "N2"]]), ORACLE["two_items"]
    assert (found.r, found.estimate) == pytest.approx((expected["r"], expected["spearman_brown"]), rel=CLOSED)
    assert found.n_persons == expected["n"] and found.conf_low < found.estimate < found.conf_high


def test_attitude_alpha_with_feldt_interval(attitude):
    found = cronbach_alpha(attitude)
    assert found.alpha == pytest.approx(0.84314277, abs=5e-9)
    assert found.standardised == pytest.approx(0.839083803, abs=5e-10)
    assert (found.conf_low, found.conf_high) == pytest.approx((0.739375686, 0.915773072), abs=5e-10)
    omega = omega_total(attitude)
    assert omega.observed_total == pytest.approx(
        0.8263181, abs=1e-6
    )  # lavaan loadings over the observed variance
    assert omega.omega == pytest.approx(0.8563268, abs=1e-6)


def test_alpha_agrees_with_pingouin_to_its_three_decimals(attitude):
    pingouin = pytest.importorskip("pingouin")
    alpha, interval = pingouin.cronbach_alpha(data=attitude)
    found = cronbach_alpha(attitude)
    assert found.alpha == pytest.approx(alpha, rel=CLOSED)
    assert (found.conf_low, found.conf_high) == pytest.approx(tuple(interval), abs=6e-4)


def parallel_items(n: int, loadings: list[float], residuals: list[float], seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    factor = rng.standard_normal(n)
    X = np.outer(factor, loadings) + rng.standard_normal((n, len(loadings))) * np.sqrt(residuals)
    return pd.DataFrame(X, columns=[f"i{k}" for k in range(len(loadings))])


def test_omega_from_known_standardised_loadings():
    """Loadings .7, .6, .8 give omega .744932 and AVE .496667."""
    L = np.array([0.7, 0.6, 0.8])
    S = np.outer(L, L) + np.diag(1 - L**2)
    Z = np.random.default_rng(3).standard_normal((200, 3))
    Z = (Z - Z.mean(axis=0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(Z, rowvar=False, bias=True))).T
    found = omega_total(pd.DataFrame(Z @ np.linalg.cholesky(S).T))
    assert found.omega == pytest.approx(0.744932, abs=1e-6)
    assert found.ave == pytest.approx(0.496667, abs=1e-6)


def test_omega_equals_alpha_for_parallel_items():
    """Equal loadings and residuals: alpha is omega (tau-equivalence), here with an exact sample covariance."""
    S = np.full((4, 4), 0.5) + 0.5 * np.eye(4)
    Z = np.random.default_rng(5).standard_normal((100, 4))
    Z = (Z - Z.mean(axis=0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(Z, rowvar=False))).T
    items = pd.DataFrame(Z @ np.linalg.cholesky(S).T)
    assert omega_total(items).omega == pytest.approx(cronbach_alpha(items).alpha, abs=1e-8)


def test_omega_standard_error_matches_the_spread_over_samples():
    draws = [
        omega_total(parallel_items(300, [0.8, 0.7, 0.6, 0.7], [0.4, 0.5, 0.6, 0.5], s)) for s in range(200)
    ]
    assert np.mean([d.std_error for d in draws]) == pytest.approx(np.std([d.omega for d in draws]), rel=0.15)
    truth = 2.8**2 / (2.8**2 + 2.0)
    covered = np.mean([d.conf_low <= truth <= d.conf_high for d in draws])
    assert 0.90 <= covered <= 0.99


def test_alpha_does_not_change_with_a_shift_or_a_common_scale(attitude):
    assert cronbach_alpha(attitude * 3 + 5).alpha == pytest.approx(cronbach_alpha(attitude).alpha, rel=1e-12)


def test_alpha_is_invariant_to_row_order_and_rows_without_answers(attitude):
    shuffled = attitude.sample(frac=1, random_state=1)
    empty = pd.DataFrame(np.nan, index=range(5), columns=attitude.columns)
    assert cronbach_alpha(pd.concat([shuffled, empty])).conf_low == pytest.approx(
        cronbach_alpha(attitude).conf_low, rel=1e-12
    )


def test_one_item_and_constant_items_are_refused(attitude):
    with pytest.raises(ScaleError, match="1 item"):
        cronbach_alpha(attitude[[0]])
    with pytest.raises(ScaleError, match="no variance in 2"):
        cronbach_alpha(attitude.assign(**{"2": 3.0})[[0, 1]].assign(**{"2": 3.0}))
    with pytest.raises(ScaleError, match="at least three"):
        omega_total(attitude[[0, 1]])
    with pytest.raises(ScaleError, match="two items"):
        spearman_brown(attitude)


def test_items_never_asked_together_are_refused():
    items = pd.DataFrame({"a": [1, 2, 3, np.nan, np.nan, np.nan], "b": [np.nan] * 3 + [1, 2, 4]})
    with pytest.raises(ScaleError, match="nobody answered together"):
        cronbach_alpha(items)
    with pytest.raises(ScaleError, match="0 persons with complete"):
        cronbach_alpha(items, missing="complete")


def test_text_answers_are_refused():
    with pytest.raises(ScaleError, match="text in a"):
        cronbach_alpha(pd.DataFrame({"a": ["x", "y"], "b": [1, 2]}))


def test_fewer_persons_than_items_are_refused_by_omega():
    items = parallel_items(5, [0.7] * 6, [0.5] * 6, 1)
    with pytest.raises(ScaleError, match="more persons than items"):
        omega_total(items)


def test_a_duplicated_item_is_refused_by_omega(attitude):
    with pytest.raises(ScaleError, match="positive definite"):
        omega_total(attitude[[0, 1, 2]].assign(copy=attitude[0]))


def test_a_heywood_case_is_said_and_has_no_interval():
    S = np.array([[1, 0.8, 0.8], [0.8, 1, 0.4], [0.8, 0.4, 1]])
    Z = np.random.default_rng(2).standard_normal((300, 3))
    Z = (Z - Z.mean(axis=0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(Z, rowvar=False, bias=True))).T
    found = omega_total(pd.DataFrame(Z @ np.linalg.cholesky(S).T))
    assert any("Heywood" in w for w in found.warnings) and np.isnan(found.conf_low)


def test_two_wrong_reversals_do_not_hide_each_other():
    """Reversing 1, 3, 5 where 3, 5, 7 are meant: exactly items 1 and 7 are asked about, each in its own words."""
    items = parallel_items(400, [0.7] * 7, [0.5] * 7, 8).set_axis([str(i) for i in range(1, 8)], axis=1)
    items[["3", "5", "7"]] *= -1  # as worded
    items[["1", "3", "5"]] *= -1  # as the wrong key reverses
    found = sign_questions(items, reversed=["1", "3", "5"]).set_index("item")["question"]
    assert found.to_dict() == {"1": "not reversed?", "7": "reversed?"}


def test_unrelated_items_raise_no_question():
    items = pd.DataFrame(np.random.default_rng(4).standard_normal((300, 6)))
    assert sign_questions(items).empty


def test_two_opposite_items_are_both_asked_about():
    items = parallel_items(200, [0.8, 0.8], [0.4, 0.4], 6)
    items["i1"] *= -1
    assert sign_questions(items)["question"].tolist() == ["opposite directions?"] * 2


@pytest.mark.parametrize("turned", [1, -1])
def test_two_items_together_beside_two_unrelated_ones_raise_no_question(turned, monkeypatch):
    """As many one way as the other: of the first component both signs are right, and rounding gives one of them."""
    items = parallel_items(300, [0.8, 0.8, 0.05, 0.05], [0.4, 0.4, 1, 1], 3)
    items[["i2", "i3"]] *= -1
    eigh = np.linalg.eigh
    monkeypatch.setattr(np.linalg, "eigh", lambda S: (eigh(S)[0], turned * eigh(S)[1]))
    assert sign_questions(items).empty


def test_item_analysis_counts_floor_ceiling_and_missing():
    items = pd.DataFrame({"a": [1, 1, 5, np.nan], "b": [2, 2, 2, 2.0], "c": [1, 5, 5, 5.0]})
    table = item_analysis(items, 1, 5).set_index("item")
    assert table.loc["a", ["n", "missing"]].tolist() == [3, 1]
    assert table.loc["a", "floor_share"] == pytest.approx(2 / 3) and table.loc["c", "ceiling_share"] == 0.75
    assert np.isnan(table.loc["b", "item_rest"])


def test_numbers_kept_as_objects_or_categories_are_numbers(attitude):
    expected = cronbach_alpha(attitude).alpha
    for kind in ("object", "category", "Float64"):
        assert cronbach_alpha(attitude.astype(kind)).alpha == pytest.approx(expected, rel=1e-12), kind


def test_a_column_named_twice_is_refused(attitude):
    with pytest.raises(ScaleError, match="more than one column 0"):
        cronbach_alpha(attitude.set_axis([0, 0, 1, 2, 3, 4, 5], axis=1))


def test_two_persons_have_no_reliability(attitude):
    with pytest.raises(ScaleError, match="2 persons"):
        cronbach_alpha(attitude.head(2))


def test_a_negative_alpha_is_kept_with_a_warning():
    items = parallel_items(100, [0.8, 0.8], [0.4, 0.4], 6)
    items["i1"] *= -1
    found = cronbach_alpha(items)
    assert found.alpha < 0 and "run against each other" in " ".join(found.warnings)
