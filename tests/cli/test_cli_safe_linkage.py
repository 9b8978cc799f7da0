"""What the tables about linking hide: small counts of teams and what would give them away, means of few persons."""

import numpy as np
import pandas as pd
import pytest

from dww_analysis.stages.safe_linkage import safe_linkage

MINIMUM = 8
OUTCOMES = ("exact", "one error", "unlinked")


def report(counts: dict[str, list[int]]) -> pd.DataFrame:
    """Counts of outcomes by team, and over all teams."""
    rows = [
        ("main", 1, t, o, n)
        for t, values in counts.items()
        for o, n in zip(OUTCOMES, values, strict=True)
        if n
    ]
    totals = np.sum(list(counts.values()), axis=0)
    rows += [("main", 1, "", o, int(n)) for o, n in zip(OUTCOMES, totals, strict=True)]
    table = pd.DataFrame(rows, columns=["sample", "wave", "team", "outcome", "count"])
    return table.assign(share=table["count"] / table.groupby(["wave", "team"])["count"].transform("sum"))


def compared(**changes) -> pd.DataFrame:
    row = {
        "sample": "main", "wave": 1, "kind": "score", "variable": "mood", "category": "", "label": "mood",
        "n_linked": 40, "mean_linked": 3.0, "sd_linked": 1.0,
        "n_unlinked": 20, "mean_unlinked": 3.2, "sd_unlinked": 1.0, "difference": -0.2,
    }  # fmt: skip
    return pd.DataFrame([{**row, **changes}])


def safe(counts=None, comparison=None):
    tables = {
        "linkage": report(counts or {"T1": [20, 10, 9]}),
        "linkage_placebo": pd.DataFrame({"sample": ["main"], "wave": [1], "links": [3]}),
        "linkage_compare": compared() if comparison is None else comparison,
    }
    return safe_linkage(tables, MINIMUM)


def test_totals_stay_exact_and_large_counts_are_shown():
    table = safe({"T1": [20, 10, 9], "T2": [30, 12, 8]})["linkage"]
    assert not table["suppressed"].any()
    assert table.loc[table["team"] == "", "count"].tolist() == [50, 22, 17]


def test_a_small_count_is_hidden_with_enough_others():
    table = safe({"T1": [20, 10, 3], "T2": [30, 12, 9], "T3": [25, 14, 11]})["linkage"]
    hidden = table[table["suppressed"]]
    assert ("T1", "unlinked") in set(zip(hidden["team"], hidden["outcome"], strict=True))
    assert hidden["count"].isna().all() and hidden["share"].isna().all()
    assert not hidden["team"].eq("").any()


@pytest.mark.parametrize("seed", range(20))
def test_no_small_count_follows_from_a_total(seed):
    """Every hidden count stands with others of its team, and of its outcome, that together are at least the minimum."""
    rng = np.random.default_rng(seed)
    counts = {f"T{t}": rng.poisson([14, 9, 9]).tolist() for t in range(8)}
    full = report(counts)
    shown = safe(counts)["linkage"]
    assert shown["suppressed"].any()
    hidden = full.assign(suppressed=shown["suppressed"])[shown["suppressed"]]
    everything = full[full["team"] != ""].merge(
        shown[["team", "outcome", "suppressed"]], on=["team", "outcome"]
    )
    assert not (everything["count"].lt(MINIMUM) & ~everything["suppressed"]).any()
    for by in ("team", "outcome"):
        assert (hidden.groupby(by)["count"].sum() >= MINIMUM).all()
        assert (hidden.groupby(by).size() >= 2).all()


def test_means_of_few_are_hidden_on_both_sides():
    for group in ("linked", "unlinked"):
        row = safe(comparison=compared(**{f"n_{group}": 7}))["linkage_compare"].iloc[0]
        assert row["suppressed"]
        assert np.isnan(row["mean_linked"]) and np.isnan(row["mean_unlinked"]) and np.isnan(row["difference"])
    assert not safe()["linkage_compare"]["suppressed"].any()


def test_a_small_category_is_hidden_with_another():
    shares = [(0.50, 0.50), (0.45, 0.30), (0.05, 0.20)]  # the last: 2 of 40 linked
    rows = [
        compared(kind="background", variable="born", category=str(i), mean_linked=a, mean_unlinked=b)
        for i, (a, b) in enumerate(shares)
    ]
    table = safe(comparison=pd.concat(rows, ignore_index=True))["linkage_compare"]
    assert table["suppressed"].tolist() == [False, True, True]
