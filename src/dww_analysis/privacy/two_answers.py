"""Numbers that are computed from answers of yes and no, beside their hidden share.

With few who said yes (or no) there are few ways in which these can be spread over teams, waves and other scores. An
ICC with four digits, beside the sizes of teams, tells how many they are and from which team, and so does the mean of
the teams' shares; a correlation with another scale tells the score of the only one; a move in SDs since the wave before
is that of two counts. So what rests on such answers is hidden where their share is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from dww_analysis.privacy.hidden import Hidden, Mask
from dww_analysis.privacy.items import wave_before

Frames = Mapping[str, pd.DataFrame]
OF_SCALE = ["sample", "scale", "wave"]
# table -> the columns that name a scale at a wave; any of them will do
RESTS_ON = {
    "reliability": (("scale", "wave"),),
    "stability": (("scale", "wave_1"), ("scale", "wave_2")),
    "scale_correlations": (("scale_1", "wave"), ("scale_2", "wave")),
    "baseline_units": (("variable", "wave"),),
    "drift": (("scale", "wave"), ("scale", "earlier")),
}
# what says which row it is and of how many, which stays where a row is hidden
PLACES = [
    "wave",
    "wave_1",
    "wave_2",
    "n_persons",
    "n_items",
    "n_teams",
    "n_units",
    "n",
    "n_before",
    "n_after",
]
WHAT = "answers of yes and no of which few are one of both"


def with_two_answers(frames: Frames, hidden: Mapping[str, Hidden]) -> dict[str, Hidden]:
    """`hidden` extended by the rows of RESTS_ON about yes or no whose share among everybody is hidden."""
    if not _has_ranges(frames):
        return dict(hidden)
    off = hidden_shares(frames["descriptives"], hidden["descriptives"].column("mean"))
    return {**hidden, **{n: Hidden(hidden[n].rows | m, hidden[n].cells) for n, m in _resting(frames, off)}}


def told_by_two_answers(published: Frames) -> Iterator[tuple[str, str, int]]:
    """(table, what follows, rows) of published numbers about yes or no whose share is not shown."""
    if _has_ranges(published):
        scores = published["descriptives"]
        off = hidden_shares(scores, scores["mean"].isna().to_numpy())
        for name, resting in _resting(published, off):
            numbers = published[name].select_dtypes("number").drop(columns=PLACES, errors="ignore")
            yield name, WHAT, int((resting & numbers.notna().any(axis=1).to_numpy()).sum())


def hidden_shares(scores: pd.DataFrame, hidden: Mask) -> pd.MultiIndex:
    """(sample, scale, wave) of scores that lie 1 apart, as 0 and 1 do, of which everybody's mean is hidden."""
    everybody = np.asarray(scores["arm"].astype("object").fillna("") == "")
    low, high = (
        pd.to_numeric(scores[name]).to_numpy(dtype="float64", na_value=np.nan)
        for name in ("score_min", "score_max")
    )
    return pd.MultiIndex.from_frame(scores.loc[everybody & (high - low == 1) & hidden, OF_SCALE])


def _has_ranges(frames: Frames) -> bool:
    return {*OF_SCALE, "arm", "mean", "score_min", "score_max"} <= set(frames.get("descriptives", ()))


def _resting(frames: Frames, off: pd.MultiIndex) -> Iterator[tuple[str, Mask]]:
    for name in (n for n in RESTS_ON if n in frames and len(off)):
        own = _with_waves(frames[name], frames["descriptives"])
        keys = [pd.MultiIndex.from_frame(own[["sample", *at]]) for at in RESTS_ON[name]]
        yield name, np.logical_or.reduce([np.asarray(k.isin(off)) for k in keys])


def _with_waves(own: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """With the waves that its rows are about beside those it names: the first of the sample where it names none, and
    the one before."""
    if "wave_1" in own:
        return own
    if "wave" not in own:
        return own.assign(wave=own["sample"].map(scores.groupby("sample")["wave"].min()))
    before = wave_before(scores)
    return own.assign(earlier=[before.get(at, -1) for at in zip(own["sample"], own["wave"], strict=True)])
