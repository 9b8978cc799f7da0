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
from numpy.typing import NDArray

from dww_analysis.domain.tables import AddsUp
from dww_analysis.privacy.hidden import Hidden, Mask
from dww_analysis.privacy.items import wave_before
from dww_analysis.privacy.sums import parts_and_totals

Frames = Mapping[str, pd.DataFrame]
Array = NDArray[np.float64]
# table -> what names the scores, or the background, of everybody and of each arm in it
OF_EVERYBODY = {"descriptives": ["sample", "scale", "wave"], "baseline": ["sample", "variable"]}
# table -> the columns that name a scale at a wave; any of them will do
RESTS_ON = {
    "reliability": (("scale", "wave"),),
    "stability": (("scale", "wave_1"), ("scale", "wave_2")),
    "scale_correlations": (("scale_1", "wave"), ("scale_2", "wave")),
    "baseline_units": (("variable", "wave"),),
    "drift": (("scale", "wave"), ("scale", "earlier")),
}
# table -> the column that names a background variable among its rows
RESTS_ON_BACKGROUND = {"weighting": "name", "participation": "variable", "mechanisms": "by"}
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
    off = _shares(frames, {name: hidden[name].column("mean") for name in OF_EVERYBODY if name in frames})
    return {**hidden, **{n: Hidden(hidden[n].rows | m, hidden[n].cells) for n, m in _resting(frames, off)}}


def told_by_two_answers(published: Frames) -> Iterator[tuple[str, str, int]]:
    """(table, what follows, rows) of published numbers about yes or no whose share is not shown."""
    gone = {n: published[n]["mean"].isna().to_numpy() for n in OF_EVERYBODY if "mean" in published.get(n, ())}
    for name, resting in _resting(published, _shares(published, gone)):
        numbers = published[name].select_dtypes("number").drop(columns=PLACES, errors="ignore")
        yield name, WHAT, int((resting & numbers.notna().any(axis=1).to_numpy()).sum())


def _shares(frames: Frames, hidden: Mapping[str, Mask]) -> dict[str, pd.MultiIndex]:
    """Table of OF_EVERYBODY -> the keys of `hidden_shares` of it."""
    return {
        name: hidden_shares(frames[name], hidden[name], OF_EVERYBODY[name])
        for name in hidden
        if {*OF_EVERYBODY[name], "arm", "mean", "score_min", "score_max"} <= set(frames[name])
    }


def hidden_shares(scores: pd.DataFrame, hidden: Mask, keys: list[str]) -> pd.MultiIndex:
    """The keys of scores, or of background, that lie 1 apart, as 0 and 1 do, of which everybody's mean is hidden."""
    everybody = np.asarray(scores["arm"].astype("object").fillna("") == "")
    low, high = (
        pd.to_numeric(scores[name]).to_numpy(dtype="float64", na_value=np.nan)
        for name in ("score_min", "score_max")
    )
    return pd.MultiIndex.from_frame(scores.loc[everybody & (high - low == 1) & hidden, keys])


def _resting(frames: Frames, off: Mapping[str, pd.MultiIndex]) -> Iterator[tuple[str, Mask]]:
    scores, background = (off.get(name, ()) for name in OF_EVERYBODY)
    for name in (n for n in RESTS_ON if n in frames and len(scores)):
        own = _with_waves(frames[name], frames["descriptives"])
        keys = [pd.MultiIndex.from_frame(own[["sample", *at]]) for at in RESTS_ON[name]]
        yield name, np.logical_or.reduce([np.asarray(k.isin(scores)) for k in keys])
    for name in (n for n in RESTS_ON_BACKGROUND if n in frames and len(background)):
        known = {variable for _, variable in background}
        yield name, frames[name][RESTS_ON_BACKGROUND[name]].isin(known).to_numpy(dtype=bool)


def open_totals(frame: pd.DataFrame, rule: AddsUp, few: Mask, n: Array, yes: Array, minimum: int) -> Mask:
    """Totals of yes and no that are shown though parts of them are few: beside hidden parts alone.

    few: rows that are hidden for their own sake. n, yes: persons of each row, and of how many of them yes is known. A
    total stays where it is not few itself and says of each part no fewer counts of yes than the minimum, and no less
    than half of what the part could have: the parts are hidden all.
    """
    stay = np.zeros(len(frame), dtype=bool)
    for parts, totals in parts_and_totals(frame, rule):
        if len(totals) == 1 and len(parts) > 1 and few[parts].any() and not few[totals[0]]:
            total = int(totals[0])
            least = np.maximum(0, yes[total] - (n[total] - n[parts]))
            width = np.minimum(n[parts], yes[total]) - least
            stay[total] = bool((width >= np.maximum(minimum - 1, n[parts] / 2)).all())  # NaN: no yes and no
    return stay


def _with_waves(own: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """With the waves that its rows are about beside those it names: the first of the sample where it names none, and
    the one before."""
    if "wave_1" in own:
        return own
    if "wave" not in own:
        return own.assign(wave=own["sample"].map(scores.groupby("sample")["wave"].min()))
    before = wave_before(scores)
    return own.assign(earlier=[before.get(at, -1) for at in zip(own["sample"], own["wave"], strict=True)])
