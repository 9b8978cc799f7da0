"""What the numbers of a scale say about an item that is hidden, and those of a scale that is a single item.

The mean of a scale times its items is the sum of their means: one hidden mean is that minus the others. Alpha and the
SD of the scale give the sum of the items' variances: one hidden SD is that minus the others; with alpha without each
item, and its correlation with the rest, so are more of them. How far an item moved since a wave is said in SDs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.privacy.hidden import Hidden, Mask
from dww_analysis.privacy.options import no_whole_numbers, tells_options

Array = NDArray[np.float64]
Frames = Mapping[str, pd.DataFrame]
OF_SCALE = ["sample", "scale", "wave"]
NUMBERS = ("mean", "sd", "score_min", "score_max")
ENOUGH = 4  # hidden SDs of a scale beside which correlations with the rest leave them open
NARROWEST = 0.5  # of an item's range
WIDEST = 10  # range of a whole score of which each value is an answer option


def with_items(frames: Frames, hidden: Mapping[str, Hidden], minimum: int) -> dict[str, Hidden]:
    """`hidden` extended by what the tables of a scale (items, reliability, drift; those that are there) say of hidden
    items."""
    if "items" not in frames or not {*NUMBERS} <= set(frames["items"].columns):
        return dict(hidden)
    items = frames["items"].reset_index(drop=True)
    own = _completed(items, hidden["items"])
    found = {**hidden, "items": own}
    if "reliability" in frames:
        found["reliability"] = _without_ends(frames["reliability"], hidden["reliability"], items, own)
    if "drift" in frames:
        found["drift"] = _without_moves(frames["drift"], hidden["drift"], items, own)
    return found


def _groups(items: pd.DataFrame) -> Iterator[NDArray[np.int_]]:
    yield from items.groupby(OF_SCALE, sort=False, dropna=False).indices.values()


def _completed(items: pd.DataFrame, own: Hidden) -> Hidden:
    means, sds = own.column("mean").copy(), own.column("sd").copy()
    dropped, rest = np.zeros(len(items), dtype=bool), np.zeros(len(items), dtype=bool)
    for rows in (g for g in _groups(items) if len(g) > 1):
        means[rows] = _with_means(items.iloc[rows], means[rows])
        if sds[rows].sum() == 1:
            sds[rows[np.flatnonzero(~sds[rows])[0]]] = True
    means, sds = (_in_all_scales(items, mask) for mask in (means, sds))
    for rows in _groups(items):
        dropped[rows] = sds[rows]
        rest[rows] = sds[rows] & (sds[rows].sum() < ENOUGH)
    ends = ("floor_share", "ceiling_share")
    result = own.more(means & ~own.rows, "mean", "sd", *ends).more(sds & ~own.rows, "sd", *ends)
    return result.more(dropped, "alpha_if_dropped").more(rest, "item_rest", "sign_question")


def _with_means(items: pd.DataFrame, hidden: Mask) -> Mask:
    """More means of one scale are hidden, those nearest the middle first, until their sum says little of each."""
    mean, low, high = (_numbers(items, c) for c in ("mean", "score_min", "score_max"))
    result = hidden.copy()
    away = np.abs(mean - (low + high) / 2) / (high - low)
    while result.any() and not result.all() and _told(mean, low, high, result):
        shown = np.flatnonzero(~result)
        result[shown[np.argmin(np.nan_to_num(away[shown], nan=np.inf))]] = True
    return result


def _told(mean: Array, low: Array, high: Array, hidden: Mask) -> bool:
    """Whether the sum of the hidden means leaves one of them less than half of its range."""
    total, lows, highs = (np.nansum(x[hidden]) for x in (mean, low, high))
    least = np.maximum(low[hidden], total - (highs - high[hidden]))
    most = np.minimum(high[hidden], total - (lows - low[hidden]))
    width = NARROWEST * (high[hidden] - low[hidden])
    return bool((most - least < width).any())


def _in_all_scales(items: pd.DataFrame, hidden: Mask) -> Mask:
    """An item of a scale and of its subscale has the same numbers in both."""
    whole = items.assign(scale=items["scale"].astype("str").str.split(".").str[0])
    keys = pd.MultiIndex.from_frame(whole[[*OF_SCALE, "item"]])
    return np.asarray(keys.isin(keys[hidden]))


def _keyed(frame: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(frame[OF_SCALE])


def _without_ends(reliability: pd.DataFrame, hidden: Hidden, items: pd.DataFrame, own: Hidden) -> Hidden:
    """Without the lowest and highest correlation of an item with the rest where those of items are hidden."""
    few = own.column("sd") & own.column("item_rest")
    there = np.asarray(_keyed(reliability).isin(_keyed(items)[few]))
    return hidden.more(there, "item_rest_min", "item_rest_max")


def _without_moves(drift: pd.DataFrame, hidden: Hidden, items: pd.DataFrame, own: Hidden) -> Hidden:
    """Without how far items moved where that and what is shown give a hidden mean or SD of an item of the scale: in SDs
    of the wave before. (The two tables name items in their own ways, so that all items of the scale are meant.)"""
    off = {name: set(_keyed(items)[own.column(name)]) for name in ("mean", "sd")}
    before = wave_before(items)
    told = np.zeros(len(drift), dtype=bool)
    for i, (sample, scale, wave) in enumerate(_keyed(drift)):
        earlier = (sample, scale, before.get((sample, wave)))
        told[i] = (sample, scale, wave) in off["mean"] or earlier in off["mean"] | off["sd"]
    return hidden.more(told, "change_sd", "scale_change_sd")


def wave_before(items: pd.DataFrame) -> dict[tuple[str, int], int]:
    """(sample, wave) -> the wave before of the sample."""
    found: dict[tuple[str, int], int] = {}
    for sample, waves in items.groupby("sample")["wave"].unique().items():
        found |= {(sample, later): earlier for earlier, later in pairwise(sorted(waves))}
    return found


# --- scales whose scores are whole numbers: each value is an answer option


def with_options(frame: pd.DataFrame, by: list[str], own: Hidden, minimum: int) -> Hidden:
    """More hidden of rows of n, mean, sd, score_min and score_max, where scores are whole numbers of a few options: the
    SD, where it and the mean leave the count of an option narrow (as `options.tells_options` says).

    by: the columns that name what is scored. An SD of one group follows from that of all and the others: where one is
    hidden, another is too.
    """
    numbers = {c: _numbers(frame, c) for c in ("n", "mean", "sd", "score_min", "score_max")}
    whole = _whole(frame, by, numbers)
    if not whole.any():
        return own
    n, low, high = (numbers[c] for c in ("n", "score_min", "score_max"))
    shown = dict.fromkeys(("floor_share", "ceiling_share"), np.full(len(frame), np.nan))
    shown |= {c: np.where(whole & ~own.rows, numbers[c], np.nan) for c in ("mean", "sd")}
    telling = tells_options(n, low, high, shown, minimum) | own.rows & whole
    return own.more(_in_pairs(frame, [*by, *_at_wave(frame)], telling) & ~own.rows, "sd")


def _numbers(frame: pd.DataFrame, name: str) -> Array:
    return frame[name].to_numpy(dtype="float64", na_value=np.nan)


def _at_wave(frame: pd.DataFrame) -> list[str]:
    return ["wave"] if "wave" in frame else []


def _whole(frame: pd.DataFrame, by: list[str], numbers: Mapping[str, Array]) -> Mask:
    """Rows of what is scored in whole numbers of at most eleven values, as sums and sums of squares show."""
    n, mean, sd, low, high = (numbers[c] for c in ("n", "mean", "sd", "score_min", "score_max"))
    known = np.isfinite(mean + sd) & (n > 1)
    odd = known & no_whole_numbers(n, mean, sd)
    keys = pd.MultiIndex.from_frame(frame[by])
    few = (high - low > 1) & (high - low <= WIDEST) & (low == np.round(low)) & (high == np.round(high))
    return np.asarray(few & keys.isin(keys[known]) & ~keys.isin(keys[odd]))


def _in_pairs(frame: pd.DataFrame, by: list[str], hidden: Mask) -> Mask:
    """Where the SD of one arm is hidden beside a single other, that of the other too."""
    result = hidden.copy()
    arms = np.asarray(frame["arm"].astype("object").fillna("") != "")
    for rows in frame.groupby(by, sort=False, dropna=False).indices.values():
        parts = rows[arms[rows]]
        if len(parts) > 1 and result[parts].sum() == 1:
            result[parts[np.flatnonzero(~result[parts])[0]]] = True
    return result
