"""What the tables of a report hide about small groups, and that it cannot be had by subtraction."""

import numpy as np
import pandas as pd

from dww_analysis.cli.safe_tables import safe_tables

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
