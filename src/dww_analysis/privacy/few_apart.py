"""Numbers about nearly the same persons: laid beside each other they tell about the few by whom these differ.

* The mean of a scale times its items is the sum of the items' means, but for who answered some items only: their
  answers, or what stands for the absent ones, are the difference.
* So is the mean of a scale beside those of its subscales, and that of the difference of two subscales beside both.
* How many persons an estimate under other choices rests on, beside the planned one: in its smallest group it can be few
  fewer where many are apart.
* Agreement of two waves (sem, ICC with r) gives the SDs of who answered twice: beside the SD of a wave, how far the
  others are from its mean; and where that SD is hidden, nearly the SD itself.

Where these are 1 to minimum - 1 persons, one number of each sum is hidden. It is no secret itself: the others nearly
tell it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.domain.tables import register
from dww_analysis.privacy.hidden import Hidden, Mask

Array = NDArray[np.float64]
Frames = Mapping[str, pd.DataFrame]
AT_WAVE = ["sample", "wave"]
OF_SCALE = ["sample", "scale", "wave"]
LEAST_HIDDEN = 2  # means of items: of one, the scale tells all
SQUARES = ("icc", "sem", "smallest_detectable_change")


def with_few_apart(frames: Frames, hidden: Mapping[str, Hidden], minimum: int) -> dict[str, Hidden]:
    """`hidden` extended by what tells about few persons who are in one number and not in another, in the tables
    descriptives, items and stability, and in those of estimates beside the planned ones, of those that are there."""
    found = {n: _beside_planned(frames, n, h, minimum) for n, h in hidden.items()}
    if "descriptives" not in frames or "n_complete" not in frames["descriptives"]:
        return found
    scores = frames["descriptives"]
    off = np.zeros(len(scores), dtype=bool)
    items = frames.get("items", pd.DataFrame(columns=[*OF_SCALE, "n", "mean"]))
    partly = [scale for scale, few in scales_partly_answered(scores, items, minimum) if few]
    for rows in families_told(scores, items, minimum):
        off[rows] = True
        partly += [tuple(scores.iloc[rows[0]][OF_SCALE])]
    found["descriptives"] = found["descriptives"].more(off & ~found["descriptives"].rows, "mean")
    if "items" in frames:
        found["items"] = _without_means(items, found["items"], partly)
    if "stability" in frames:
        told = squares_told(frames["stability"], scores, minimum)
        told |= hidden_sds_told(frames["stability"], scores, found["descriptives"].column("sd"))
        found["stability"] = found["stability"].more(told & ~found["stability"].rows, *SQUARES)
    return found


def _beside_planned(frames: Frames, name: str, own: Hidden, minimum: int) -> Hidden:
    for count, told in counts_near_planned(frames, name, minimum).items():
        own = own.more(told & ~own.rows, count)
    return Hidden(own.rows | said_to_be_of_all(frames, name, minimum), own.cells)


def counts_near_planned(frames: Frames, name: str, minimum: int) -> dict[str, Mask]:
    """Counts of persons of a table of the planned estimates under other choices -> the rows in which they are 1 to
    minimum - 1 from that of the planned row."""
    table = register()[name]
    if not table.apart or table.carries is None or "estimates" not in frames:
        return {}
    planned = frames["estimates"].drop_duplicates("id").set_index("id")
    at = frames[name]["entry"]
    found = {}
    for count in (c for c in table.showing("persons") if c in planned and c in frames[name]):
        apart = np.abs(_numbers(frames[name], count) - _numbers(planned.reindex(at), count))
        found[count] = (apart > 0) & (apart < minimum)
    return found


def said_to_be_of_all(frames: Frames, name: str, minimum: int) -> Mask:
    """Rows of a curve that say that nobody is apart, of 1 to minimum - 1 persons more or fewer than the planned row:
    whoever counted did so by something else than who is in them. Other tests may rest on fewer waves."""
    near = counts_near_planned(frames, name, minimum).get("n_persons")
    if near is None or "registered" not in frames[name]:
        return np.zeros(len(frames[name]), dtype=bool)
    return np.logical_and.reduce([near, *(_numbers(frames[name], n) == 0 for n in register()[name].apart)])


def few_partly(n: Array, complete: float, minimum: int) -> bool:
    """Whether persons who are in some of these numbers only may be 1 to minimum - 1: at least the largest of the counts
    n without who answered everything. NaN in n is left out; nobody is no secret."""
    known = n[np.isfinite(n)]
    return bool(
        len(known)
        and np.isfinite(complete)
        and (known != complete).any()
        and known.max() - complete < minimum
    )


def scales_partly_answered(
    scores: pd.DataFrame, items: pd.DataFrame, minimum: int
) -> Iterator[tuple[tuple[object, ...], bool]]:
    """(sample, scale, wave) of items with the means of everybody beside them, and whether few answered only some."""
    of_all = _everybody(scores).drop_duplicates(OF_SCALE)
    names = zip(*(of_all[name] for name in OF_SCALE), strict=True)
    counts = dict(
        zip(names, zip(_numbers(of_all, "n"), _numbers(of_all, "n_complete"), strict=True), strict=True)
    )
    n_items = _numbers(items, "n")
    for scale, rows in items.groupby(OF_SCALE, sort=False).indices.items():
        if len(rows) >= LEAST_HIDDEN and scale in counts:
            n, complete = counts[scale]
            yield scale, few_partly(np.append(n_items[rows], n), float(complete), minimum)


def families_told(scores: pd.DataFrame, items: pd.DataFrame, minimum: int) -> Iterator[NDArray[np.int_]]:
    """The rows of one subscale, or of a difference of two, in all arms of a wave: the mean of one such, hidden, leaves
    nothing to be said of few persons from a scale and its subscales."""
    names = scores["scale"].astype("str")
    family = names.str.split(".").str[0]
    for _, at in scores.groupby([*AT_WAVE, family], sort=False).indices.items():
        own = scores.iloc[at]
        differs = is_difference(own)
        whole = np.asarray(names.iloc[at] == family.iloc[at]) & ~differs
        part = ~whole & ~differs
        if whole.any() and part.any() and _few_in_parts(own, whole, minimum):
            named = _most_absent(own[part], items)
            yield at[np.asarray(names.iloc[at] == named)]
        for name in dict.fromkeys(names.iloc[at][differs]):
            of = np.asarray(names.iloc[at] == name)
            if _few_in_difference(own[of], own[part], minimum):
                yield at[of]


def is_difference(scores: pd.DataFrame) -> Mask:
    """Rows of the difference of two scores: their range goes as far below zero as above."""
    low, high = _numbers(scores, "score_min"), _numbers(scores, "score_max")
    return np.asarray((low < 0) & (low == -high))


def _few_in_parts(own: pd.DataFrame, whole: Mask, minimum: int) -> bool:
    return any(
        few_partly(_numbers(rows, "n"), float(rows["n_complete"][whole[at]].iloc[0]), minimum)
        for at, rows in _by_arm(own)
        if whole[at].any()
    )


def _few_in_difference(difference: pd.DataFrame, parts: pd.DataFrame, minimum: int) -> bool:
    """Whether 1 to minimum - 1 persons have one of two subscales only, of any two: which ones they are is not said."""
    of_arm = {arm: _numbers(rows, "n") for arm, rows in parts.groupby("arm", dropna=False, sort=False)}
    for arm, n in zip(difference["arm"], _numbers(difference, "n"), strict=True):
        alone = of_arm.get(arm, np.array([])) - n
        if any(0 < one + other < minimum for one, other in combinations(alone[alone >= 0], 2)):
            return True
    return False


def _by_arm(own: pd.DataFrame) -> Iterator[tuple[NDArray[np.int_], pd.DataFrame]]:
    for at in own.groupby("arm", dropna=False, sort=False).indices.values():
        yield at, own.iloc[at]


def _most_absent(parts: pd.DataFrame, items: pd.DataFrame) -> str:
    """The subscale that most persons answered partly: what its items leave open is open of the whole scale too."""
    absent = {}
    for name, own in parts.groupby("scale", sort=False):
        at = items[(items["scale"] == name) & (items["sample"] == own["sample"].iloc[0])]
        n = _numbers(at[at["wave"] == own["wave"].iloc[0]], "n")
        absent[str(name)] = float(np.nansum(np.abs(n - _numbers(own, "n_complete").max())))
    return max(absent, key=lambda name: absent[name])


def squares_told(stability: pd.DataFrame, scores: pd.DataFrame, minimum: int) -> Mask:
    """Pairs of waves of which one has 1 to minimum - 1 persons who did not answer at the other."""
    n = _everybody(scores).set_index(OF_SCALE)["n"]
    both = _numbers(stability, "n_persons")
    told = np.zeros(len(stability), dtype=bool)
    for wave in ("wave_1", "wave_2"):
        at = pd.MultiIndex.from_frame(stability[["sample", "scale", wave]])
        once = n.reindex(at).to_numpy(dtype="float64", na_value=np.nan) - both
        told |= (once > 0) & (once < minimum)
    return told


def hidden_sds_told(stability: pd.DataFrame, scores: pd.DataFrame, hidden: Mask) -> Mask:
    """Pairs of waves at one of which everybody's SD is hidden: ICC and sem of the same persons are nearly that SD.
    hidden: rows of scores without an SD."""
    everybody = np.asarray(scores["arm"].astype("object").fillna("") == "")
    off = pd.MultiIndex.from_frame(scores.loc[everybody & hidden, OF_SCALE])
    at = [pd.MultiIndex.from_frame(stability[["sample", "scale", wave]]) for wave in ("wave_1", "wave_2")]
    return np.logical_or.reduce([np.asarray(keys.isin(off), dtype=bool) for keys in at])


def _without_means(items: pd.DataFrame, own: Hidden, partly: list[tuple[object, ...]]) -> Hidden:
    """Two means of the items of these scales hidden, those nearest the middle first, in the scale and its subscales."""
    off = own.column("mean").copy()
    low, high = _numbers(items, "score_min"), _numbers(items, "score_max")
    away = np.abs(_numbers(items, "mean") - (low + high) / 2)
    keys = pd.MultiIndex.from_frame(items[OF_SCALE])
    for scale in sorted(
        set(partly), key=lambda of: -str(of[1]).count(".")
    ):  # subscales first: theirs are the whole's
        at = np.flatnonzero(np.asarray(keys == scale))
        shown = at[~off[at]]
        more = shown[np.argsort(away[shown], kind="stable")][: max(0, LEAST_HIDDEN - int(off[at].sum()))]
        off[more] = True
        off = _in_whole_and_part(items, off)
    return own.more(off & ~own.rows, "mean", "floor_share", "ceiling_share")


def _in_whole_and_part(items: pd.DataFrame, off: Mask) -> Mask:
    family = items.assign(scale=items["scale"].astype("str").str.split(".").str[0])
    keys = pd.MultiIndex.from_frame(family[[*OF_SCALE, "item"]])
    return np.asarray(keys.isin(keys[off]))


def _everybody(scores: pd.DataFrame) -> pd.DataFrame:
    return scores[np.asarray(scores["arm"].astype("object").fillna("") == "")]


def _numbers(frame: pd.DataFrame, name: str) -> Array:
    return pd.to_numeric(frame[name]).to_numpy(dtype="float64", na_value=np.nan)
