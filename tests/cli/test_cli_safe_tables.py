"""What the tables of a report hide about small groups, and that it cannot be had by subtraction."""

import numpy as np
import pandas as pd

from dww_analysis.stages.safe_tables import safe_tables

MINIMUM = 8


def categories(counts: dict[str, tuple[int, int]]) -> pd.DataFrame:
    """Baseline rows of one categorical variable: counts in two arms and together."""
    totals = [sum(c[i] for c in counts.values()) for i in (0, 1)]
    rows = []
    for category, (one, two) in counts.items():
        for arm, count, n in (
            ("control", one, totals[0]),
            ("intervention", two, totals[1]),
            ("", one + two, sum(totals)),
        ):
            rows.append(
                {
                    "sample": "main",
                    "variable": "v",
                    "category": category,
                    "arm": arm,
                    "n": n,
                    "count": count,
                    "share": count / n,
                }
            )
    return pd.DataFrame(rows).assign(mean=np.nan, sd=np.nan, smd=np.nan)


def shown(frame: pd.DataFrame) -> set[str]:
    return set(frame.loc[~frame["suppressed"], "category"])


def test_statistics_of_few_persons_are_hidden_and_counts_stay():
    table = pd.DataFrame({"sample": "main", "wave": 0, "n": [7, 8], "mean": [3.0, 4.0], "score_min": [1, 1]})
    safe = safe_tables({"descriptives": table}, MINIMUM)["descriptives"]
    assert safe["mean"].isna().tolist() == [True, False]
    assert safe["suppressed"].tolist() == [True, False]
    assert safe["n"].tolist() == [7, 8]
    assert safe["score_min"].tolist() == [1, 1]


def test_small_category_takes_another_with_it():
    safe = safe_tables({"baseline": categories({"a": (40, 41), "b": (30, 29), "c": (3, 12)})}, MINIMUM)[
        "baseline"
    ]
    assert shown(safe) == {"a"}
    assert safe.loc[safe["suppressed"], "count"].isna().all()


def test_hidden_categories_hold_enough_persons_together():
    table = categories({"a": (40, 41), "b": (30, 29), "c": (2, 2), "d": (3, 1)})
    safe = safe_tables({"baseline": table}, MINIMUM)["baseline"]
    hidden = table[~table["category"].isin(shown(safe))]
    assert hidden.groupby("arm")["count"].sum().min() >= MINIMUM


def test_large_categories_are_all_shown():
    safe = safe_tables({"baseline": categories({"a": (40, 41), "b": (30, 29)})}, MINIMUM)["baseline"]
    assert not safe["suppressed"].any()


def test_few_careless_persons_are_not_counted_out():
    careless = pd.DataFrame(
        {
            "sample": "main",
            "wave": [0, 1],
            "flag_longstring": [3, 9],
            "flag_speed": [0, 8],
            "careless": [3, 12],
            "n": 5,
        }
    )
    safe = safe_tables({"careless": careless}, MINIMUM)["careless"]
    assert safe["flag_longstring"].tolist() == ["<8", "9"]
    assert safe["flag_speed"].tolist() == ["0", "8"]
    assert safe["careless"].tolist() == ["<8", "12"]
    assert safe["n"].tolist() == [5, 5] and safe["wave"].tolist() == [0, 1]


def test_waves_of_a_hidden_comparison_stay_known():
    stability = pd.DataFrame({"wave_1": [0], "wave_2": [1], "n_persons": [5], "r": [0.4]})
    safe = safe_tables({"stability": stability}, MINIMUM)["stability"]
    assert safe.loc[0, ["wave_1", "wave_2"]].tolist() == [0, 1]
    assert safe["r"].isna().all() and bool(safe.loc[0, "suppressed"])
