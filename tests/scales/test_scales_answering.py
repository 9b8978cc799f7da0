"""Careless answering, test-retest and sampling adequacy."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dww_analysis import scales
from dww_analysis.domain.scales import Scale
from dww_analysis.errors import ScaleError
from dww_analysis.scales import (
    careless_answers,
    careless_flags,
    icc_shrout_fleiss,
    load_key,
    parse_key,
    retest_table,
    sampling_adequacy,
)
from dww_analysis.scales.careless import longest_run

FOLDER = Path(__file__).parents[1] / "oracles" / "09_reliability_bfi"
CLOSED = 1e-8
SETS = {"s1": ["a1", "a2"], "s2": ["b1", "b2"], "s3": ["c1", "c2"], "s4": ["d1", "d2"]}
ITEMS = [i for columns in SETS.values() for i in columns]


@pytest.mark.parametrize(
    ("row", "run"),
    [([1, 1, 1, 2], 3), ([1, 2, 3], 1), ([2, 2, np.nan, 2], 3), ([np.nan] * 3, 0), ([5], 1), ([1, 3, 3], 2)],
)
def test_longest_run(row, run):
    assert longest_run(np.array(row, dtype=float)) == run


def test_a_straight_line_is_flagged_and_a_varied_row_is_not():
    items = pd.DataFrame([[3] * 8, [1, 2, 4, 5, 2, 2, 5, 4]], columns=ITEMS, index=["line", "varied"])
    flags = careless_flags(items, SETS)
    assert flags["flag_longstring"].to_dict() == {"line": True, "varied": False}
    assert flags["careless"].to_dict() == {"line": True, "varied": False}
    assert np.isnan(flags.loc["line", "even_odd"]), "no variance over scales is no consistency"


def test_even_odd_is_high_for_consistent_and_negative_for_contradicting_rows():
    items = pd.DataFrame([[1, 1, 2, 2, 4, 4, 5, 5], [1, 5, 2, 4, 4, 2, 5, 1]], columns=ITEMS)
    flags = careless_flags(items, SETS)
    assert flags["even_odd"].tolist() == pytest.approx([1, -1])
    assert flags["flag_even_odd"].tolist() == [False, True]


def test_even_odd_matches_the_formula():
    row = [1, 2, 3, 3, 5, 4, 2, 4]
    r = np.corrcoef(row[0::2], row[1::2])[0, 1]
    flags = careless_flags(pd.DataFrame([row], columns=ITEMS), SETS)
    assert flags["even_odd"].item() == pytest.approx(2 * r / (1 + r), rel=1e-12)


def test_reversed_items_are_turned_for_even_odd():
    items = pd.DataFrame([[1, 5, 2, 4, 4, 2, 5, 1]], columns=ITEMS)
    turned = careless_flags(items, SETS, reversed=["a2", "b2", "c2", "d2"], answer_range=(1, 5))
    assert turned["even_odd"].item() == pytest.approx(1)
    with pytest.raises(ScaleError, match="without the range"):
        careless_flags(items, SETS, reversed=["a2"])


def test_speed_is_judged_per_answered_item():
    items = pd.DataFrame([[1, 2, 3, 4, 5, 1, 2, 3]] * 2 + [[1, 2, 3, 4] + [np.nan] * 4], columns=ITEMS)
    flags = careless_flags(items, seconds=pd.Series([15.9, 16.0, 7.9]))
    assert flags["flag_speed"].tolist() == [True, False, True]
    assert not careless_flags(items)["flag_speed"].any(), "without durations nobody is fast"


def test_few_answers_raise_no_longstring_flag():
    items = pd.DataFrame([[3, 3] + [np.nan] * 6], columns=ITEMS)
    assert not careless_flags(items)["careless"].any()


@pytest.mark.parametrize("n_items", [3, 4, 6, 7])
def test_a_short_questionnaire_raises_no_longstring_flag(n_items):
    """Three equal answers in a row are what most people give: they say nothing about care."""
    items = pd.DataFrame([[3] * n_items], columns=ITEMS[:n_items])
    assert not careless_flags(items)["careless"].any()


def test_retest_icc_equals_shrout_fleiss():
    rng = np.random.default_rng(1)
    first = rng.standard_normal(40)
    second = 0.7 * first + 0.5 * rng.standard_normal(40) + 0.3
    found = scales.test_retest(pd.Series(first), pd.Series(second))
    judges = icc_shrout_fleiss(pd.DataFrame({"a": first, "b": second}))
    assert found.icc == pytest.approx(judges.icc_2_1, rel=1e-12)
    assert found.icc_consistency == pytest.approx(judges.icc_3_1, rel=1e-12)
    assert found.sem == pytest.approx(np.sqrt(judges.ems), rel=1e-12)
    assert found.r == pytest.approx(np.corrcoef(first, second)[0, 1], rel=1e-12)
    assert found.r_low < found.r < found.r_high


def test_retest_matches_persons_by_index():
    first = pd.Series([1, 2, 3, 4, 5.0], index=list("abcde"))
    second = pd.Series([5, 4, 3, 2.5, 9], index=list("edcbz"))
    found = scales.test_retest(first, second)
    assert found.n_persons == 4 and found.r > 0.9


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [([1, 2, 3], [1, 2, 3], "3 persons"), ([2, 2, 2, 2], [1, 2, 3, 4], "all scores are equal")],
)
def test_retest_refuses_what_means_nothing(first, second, reason):
    with pytest.raises(ScaleError, match=reason):
        scales.test_retest(pd.Series(first), pd.Series(second))


def test_retest_table_pairs_all_waves_and_notes_what_is_absent():
    scores = pd.DataFrame(
        {
            "sample": "main", "scale": "s", "person": list("abcde") * 2 + ["a"], "wave": [0] * 5 + [1] * 5 + [2],
            "score": [1, 2, 3, 4, 5, 2, 2, 3, 5, 5, 1.0],
        }
    )  # fmt: skip
    table = retest_table(scores)
    assert list(zip(table["wave_1"], table["wave_2"], strict=True)) == [(0, 1), (0, 2), (1, 2)]
    assert (
        table["n_persons"].tolist() == [5, 1, 1] and table["note"].tolist()[1] == "1 persons with both scores"
    )


@pytest.mark.oracle
def test_kmo_bartlett_and_eigenvalues_of_25_items():
    expected = json.loads((FOLDER / "oracle.json").read_text(encoding="utf-8"))["parallel"]
    items = pd.read_csv(FOLDER / "bfi.csv")[[f"{s}{i}" for s in "ACENO" for i in range(1, 6)]]
    found = sampling_adequacy(items)
    assert found.kmo == pytest.approx(expected["kmo"], rel=CLOSED)
    assert found.bartlett_chi_square == pytest.approx(expected["bartlett"]["chisq"], rel=CLOSED)
    assert (found.bartlett_df, found.bartlett_p) == (expected["bartlett"]["df"], expected["bartlett"]["p"])
    np.testing.assert_allclose(found.eigenvalues, expected["eigenvalues_25_items"], rtol=CLOSED)


def test_bartlett_p_is_uniform_for_unrelated_items():
    rng = np.random.default_rng(9)
    p = [sampling_adequacy(pd.DataFrame(rng.standard_normal((80, 4)))).bartlett_p for _ in range(400)]
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.03)


def test_a_copied_item_is_refused():
    x = pd.DataFrame(np.random.default_rng(1).standard_normal((30, 3)))
    with pytest.raises(ScaleError, match="positive definite"):
        sampling_adequacy(x.assign(copy=x[0]))


def test_flags_of_a_study_put_scales_of_different_range_side_by_side():
    """Items of 1-5 and of 0-10 with reversal; the straight liner is flagged, the consistent person is not."""
    ranges = {"x": [1, 5], "y": [0, 10], "z": [1, 5]}
    keys = {
        name: parse_key(
            {
                "id": name, "version": 1, "name": name, "reference": "test", "items": ["a", "b", "c", "d"],
                "range": span, "reversed": ["b"],
            }
        )
        for name, span in ranges.items()
    }  # fmt: skip
    study = [Scale(n, {"en": n}, ("main",), k, tuple(f"{n}{i}" for i in "abcd")) for n, k in keys.items()]
    consistent = [5, 1, 5, 4, 1, 8, 2, 2, 3, 3, 4, 3]
    data = pd.DataFrame([[3] * 12, consistent], columns=[c for s in study for c in s.items])
    data = data.assign(sample="main", person=["line", "good"], wave=0, seconds=[10.0, 90.0])
    flags = careless_answers(data, study, "seconds").set_index("person")
    assert flags["careless"].to_dict() == {"line": True, "good": False}
    assert flags.loc["line", "flag_speed"] and flags.loc["good", "even_odd"] > 0.9


def test_waves_without_items_have_no_flags():
    scale = Scale("x", {"en": "x"}, ("main",), load_key("who5"), tuple("abcde"))
    data = pd.DataFrame(np.nan, index=range(3), columns=list("abcde"))
    data = data.assign(sample="main", person=list("pqr"), wave=0)
    assert careless_answers(data, [scale]).empty


def test_persons_who_are_not_recognised_have_no_test_retest():
    rows = [("main", f"p{i}{w}", w, "y", float(i % 4)) for i in range(20) for w in range(3)]
    table = retest_table(pd.DataFrame(rows, columns=["sample", "person", "wave", "scale", "score"]))
    assert table.empty and "n_persons" in table  # three pairs of waves with 0 persons and dashes before
