"""What the data-quality page shows: answers that are absent and why, and items that drift apart between waves.

Counts and shares only. Teams appear as a summary over teams: never one by one, and without the lowest or highest.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pandas as pd

DRIFT_WORTH_A_QUESTION = 0.30  # SD that an item moves differently from the other items of its scale


def missing_by_scale(
    answers: pd.DataFrame, missing: pd.DataFrame, scale_of: Mapping[str, str]
) -> pd.DataFrame:
    """One row per sample, wave, scale and reason: asked (persons x items), absent, share of asked.

    answers, missing: as in `Measurements`. scale_of: item column -> scale id. Items not asked in a wave do not count.
    """
    asked = _asked(answers, scale_of)
    absent = missing[missing["column"].isin(scale_of) & (missing["reason"] != "not asked")]
    absent = absent.assign(scale=absent["column"].map(scale_of))
    counts = absent.groupby(["sample", "wave", "scale", "reason"]).size().rename("absent").reset_index()
    table = counts.merge(
        asked.groupby(["sample", "wave", "scale"], as_index=False)[["asked", "n"]].agg(
            {"asked": "sum", "n": "max"}
        )
    )
    return table.assign(share=table["absent"] / table["asked"])


def _asked(answers: pd.DataFrame, scale_of: Mapping[str, str]) -> pd.DataFrame:
    """sample, wave, column, scale, n (persons), asked (equal to n for an item that was asked at all)."""
    rows = []
    columns = [c for c in scale_of if c in answers.columns]
    for (sample, wave), part in answers.groupby(["sample", "wave"]):
        for column in columns:
            if part[column].notna().any():
                rows.append((sample, wave, column, scale_of[column], len(part), len(part)))
    return pd.DataFrame(rows, columns=["sample", "wave", "column", "scale", "n", "asked"])


def missing_by_item(
    answers: pd.DataFrame, missing: pd.DataFrame, scale_of: Mapping[str, str]
) -> pd.DataFrame:
    """One row per sample, wave and item that was asked: n persons, absent, share."""
    asked = _asked(answers, scale_of)
    absent = missing[missing["reason"] != "not asked"].groupby(["sample", "wave", "column"]).size()
    keys = pd.MultiIndex.from_frame(asked[["sample", "wave", "column"]])
    count = absent.reindex(keys).fillna(0).astype(int).to_numpy()
    table = asked.drop(columns="asked").assign(absent=count, share=count / asked["asked"].to_numpy())
    return table.rename(columns={"column": "item"})


def missing_by_team(answers: pd.DataFrame, scale_of: Mapping[str, str], minimum: int) -> pd.DataFrame:
    """One row per sample and wave: teams that answered, teams with fewer than `minimum` persons, and over the other
    teams the median and the quartiles of the share of absent answers."""
    rows = []
    columns = [c for c in scale_of if c in answers.columns]
    for (sample, wave), part in answers.groupby(["sample", "wave"]):
        asked = [c for c in columns if part[c].notna().any()]
        if not asked or part["team"].isna().all():
            continue
        share = part[asked].isna().mean(axis=1).groupby(part["team"]).agg(["size", "mean"])
        large = share.loc[share["size"] >= minimum, "mean"]
        q25, median, q75 = large.quantile([0.25, 0.5, 0.75]) if len(large) >= 3 else (np.nan,) * 3
        rows.append((sample, wave, len(share), int((share["size"] < minimum).sum()), q25, median, q75))
    return pd.DataFrame(
        rows, columns=["sample", "wave", "n_teams", "n_small_teams", "share_q25", "share_median", "share_q75"]
    )


def drift(answers: pd.DataFrame, scale_of: Mapping[str, str]) -> pd.DataFrame:
    """How far each item's mean moved since the wave before, in SDs of that wave, beside the scale's median item.

    Columns sample, wave (the later one), scale, item, n (smaller of the two that follow), n_before and n_after (answers
    at the wave before and at this one), change_sd, scale_change_sd, question
    (True when the item moved 0.30 SD or more differently: ask whether its wording or its codes changed).
    """
    rows = []
    columns = [c for c in scale_of if c in answers.columns]
    for sample, part in answers.groupby("sample"):
        waves = sorted(part["wave"].unique())
        for before, after in pairwise(waves):
            old, new = (part.loc[part["wave"] == w, columns] for w in (before, after))
            both = [c for c in columns if old[c].notna().any() and new[c].notna().any() and old[c].std() > 0]
            for c in both:
                change = (new[c].mean() - old[c].mean()) / old[c].std()
                n = (old[c].count(), new[c].count())
                rows.append((sample, after, scale_of[c], c, min(n), *n, change))
    names = ["sample", "wave", "scale", "item", "n", "n_before", "n_after", "change_sd"]
    table = pd.DataFrame(rows, columns=names)
    median = table.groupby(["sample", "wave", "scale"])["change_sd"].transform("median")
    different = (table["change_sd"] - median).abs() >= DRIFT_WORTH_A_QUESTION
    return table.assign(scale_change_sd=median, question=different)
