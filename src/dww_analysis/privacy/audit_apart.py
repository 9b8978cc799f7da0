"""The attacker before tables about nearly the same persons: what differs between two numbers is of those few."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from dww_analysis.domain.tables import register
from dww_analysis.privacy.few_apart import (
    OF_SCALE,
    SQUARES,
    counts_near_planned,
    families_told,
    hidden_sds_told,
    scales_partly_answered,
    squares_told,
)

Published = Mapping[str, pd.DataFrame]


def few_apart(published: Published, minimum: int) -> Iterator[tuple[str, str, int]]:
    """(table, what follows, rows): answers of few persons that are the mean of a scale without those of its items or
    subscales, that of a difference beside both, and SDs of few who answered at one of two waves."""
    for name in (n for n in published if n in register()):
        near = counts_near_planned(published, name, minimum)
        for count, few in near.items():
            yield name, f"{count} that is few from that of the planned estimate", int(few.sum())
        yield (
            name,
            "estimates of a few persons more or fewer that say that nobody is",
            _of_others(published[name]),
        )
    scores = published.get("descriptives")
    if scores is None or "n_complete" not in scores:
        return
    items = published.get("items", pd.DataFrame(columns=[*OF_SCALE, "n", "mean"]))
    yield (
        "items",
        "answers of few to some items follow from the mean of their scale",
        _of_items(scores, items, minimum),
    )
    families = list(families_told(scores, items, minimum))
    told = sum(_all_shown(scores, rows) for rows in families)
    yield "descriptives", "answers of few follow from a scale beside its subscales, or their difference", told
    if "stability" in published:
        pairs = published["stability"]
        shown = pairs[[c for c in SQUARES if c in pairs]].notna().any(axis=1).to_numpy()
        squares = squares_told(pairs, scores, minimum) & shown
        yield (
            "stability",
            "squares of few who answered once follow from those who answered twice",
            int(squares.sum()),
        )
        sds = hidden_sds_told(pairs, scores, scores["sd"].isna().to_numpy()) & shown
        yield "stability", "an SD that is hidden follows from agreement with another wave", int(sds.sum())


def _of_others(frame: pd.DataFrame) -> int:
    """Points of a curve with an estimate of which nobody is said to be apart, while how many they rest on is hidden:
    these are a few from the planned estimate."""
    if not {"registered", "n_apart", "estimate", "suppressed_columns"} <= set(frame):
        return 0
    said = [str(names).split("; ") for names in frame["suppressed_columns"].fillna("")]
    hidden = np.array(["n_persons" in names for names in said], dtype=bool)
    return int((hidden & frame["n_apart"].eq(0).to_numpy() & frame["estimate"].notna().to_numpy()).sum())


def _of_items(scores: pd.DataFrame, items: pd.DataFrame, minimum: int) -> int:
    partly = [scale for scale, few in scales_partly_answered(scores, items, minimum) if few]
    if not partly:
        return 0
    shown = items.groupby(OF_SCALE)["mean"].apply(lambda mean: mean.notna().all())
    everybody = scores[np.asarray(scores["arm"].astype("object").fillna("") == "")].set_index(OF_SCALE)[
        "mean"
    ]
    return sum(bool(shown[scale] and everybody.loc[[scale]].notna().all()) for scale in partly)


def _all_shown(scores: pd.DataFrame, rows: np.ndarray) -> bool:
    """Whether some arm has the means of the whole family of these rows."""
    family = scores["scale"].astype("str").str.split(".").str[0]
    at = scores[["sample", "wave"]].assign(family=family)
    same = (at == at.iloc[rows[0]]).all(axis=1)
    by_arm = scores[same].groupby("arm", dropna=False)["mean"].apply(lambda mean: mean.notna().all())
    return bool(by_arm.any())
