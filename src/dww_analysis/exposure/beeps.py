"""What is computed of beeps: their status, lags within a day, centring, compliance and learning moments.

Pure functions on the table of beeps of `diary.py`. A night between two answers is never a lag, and an answer given
after a beep had expired is no answer (Bolger and Laurenceau 2013, Intensive longitudinal methods, chapters 4 and 10).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dww_analysis.domain.exposure import BEEP_STATUS, DiaryRules

MOMENT_COLUMNS = ("sample", "person", "wave", "moment", "time", "learning", "code", "direct")


def beep_status(beeps: pd.DataFrame, expires_after_minutes: float | None = None) -> pd.Series:
    """How far each beep came: "scheduled" (never sent), "sent" (no answer), "answered" or "expired".

    `beeps`: times scheduled, sent, started, finished, expired (NaT where not). A beep is answered when it was finished
    and begun before it expired; it expired at the delivered time, or `expires_after_minutes` after it was sent.
    Begun after that, or not finished, it is expired; without any time of expiry an unanswered beep stays "sent".
    """
    deadline = beeps["expired"]
    if expires_after_minutes is not None:
        deadline = deadline.fillna(beeps["sent"] + pd.Timedelta(minutes=expires_after_minutes))
    begun = beeps["started"].fillna(beeps["finished"])
    late = (begun > deadline) & deadline.notna()
    answered = beeps["finished"].notna() & ~late
    never_sent = beeps["sent"].isna()
    status = np.select(
        [answered.to_numpy(), never_sent.to_numpy(), deadline.notna().to_numpy()],
        ["answered", "scheduled", "expired"],
        "sent",
    )
    return pd.Series(pd.Categorical(status, categories=list(BEEP_STATUS)), index=beeps.index)


def with_lags(beeps: pd.DataFrame, items: list[str]) -> pd.DataFrame:
    """Beeps with their distance to the answered beep before: lag_beeps, lag_minutes, night_minutes, <item>_lag.

    `beeps`: columns sample, person, day, time, status, items; in order of person and time. A lag lives within one
    day of one person: lag_beeps counts beeps since the last answered one (1 = the beep before was answered),
    lag_minutes the time since. <item>_lag is the answer to the beep before, missing when that one was not answered.
    The first answer of a day has no lag; its distance to the last answer of an earlier day is night_minutes.
    """
    result = beeps.copy()
    answered = (result["status"] == "answered").to_numpy()
    sent = (result["status"] != "scheduled").to_numpy()
    day = result.groupby(["sample", "person", "day"], sort=False).ngroup().to_numpy()
    person = result.groupby(["sample", "person"], sort=False).ngroup().to_numpy()
    number = pd.Series(sent.astype("int64")).groupby(day).cumsum().to_numpy()
    at = np.flatnonzero(answered)
    before, here = at[:-1], at[1:]
    same_day, same_person = day[before] == day[here], person[before] == person[here]
    minutes = (result["time"].to_numpy()[here] - result["time"].to_numpy()[before]) / np.timedelta64(1, "m")
    for name in ("lag_beeps", "lag_minutes", "night_minutes"):
        result[name] = np.nan
    lags = np.full((len(result), 3), np.nan)
    lags[here[same_day], 0] = (number[here] - number[before])[same_day]
    lags[here[same_day], 1] = minutes[same_day]
    night = same_person & ~same_day
    lags[here[night], 2] = minutes[night]
    result[["lag_beeps", "lag_minutes", "night_minutes"]] = lags
    next_to = same_day & (number[here] - number[before] == 1)
    for item in items:
        values = np.full(len(result), np.nan)
        values[here[next_to]] = result[item].to_numpy(dtype="float64")[before[next_to]]
        result[f"{item}_lag"] = values
    return result


def centred(beeps: pd.DataFrame, items: list[str]) -> pd.DataFrame:
    """Beeps with columns <item>_between, the person's mean, and <item>_within, the distance to it (mean 0 per
    person); NaN where the item was not answered."""
    result = beeps.copy()
    groups = [result["sample"], result["person"]]
    for item in items:
        mean = result[item].groupby(groups).transform("mean")
        within = result[item] - mean
        result[f"{item}_between"] = mean
        result[f"{item}_within"] = within - within.groupby(groups).transform(
            "mean"
        )  # rounding of the first step
    return result


def compliance(beeps: pd.DataFrame, expected: int | None = None) -> pd.DataFrame:
    """One row per sample, person and wave: beeps scheduled, sent, answered, expired; compliance; latency.

    compliance = answered / sent (beeps that reached the person), missing when none did; latency_minutes is the median.
    `expected`: beeps sent to everybody, for files without the unanswered ones; more rows than that count as sent.
    """
    status = beeps["status"].astype("str")
    table = pd.DataFrame(
        {
            "beeps_scheduled": 1,
            "beeps_sent": (status != "scheduled").astype("int64"),
            "beeps_answered": (status == "answered").astype("int64"),
            "beeps_expired": (status == "expired").astype("int64"),
        }
    )
    keys = [beeps["sample"], beeps["person"], beeps["wave"]]
    counts = table.groupby(keys, sort=True).sum()
    for name in ("beeps_scheduled", "beeps_sent"):
        counts[name] = counts[name].clip(lower=expected)
    sent = counts["beeps_sent"].where(counts["beeps_sent"] > 0)
    counts["compliance"] = (counts["beeps_answered"] / sent).astype("float64")
    counts["latency_minutes"] = beeps["latency_minutes"].groupby(keys).median()
    counts["diary_days"] = beeps["day"].where(status == "answered").groupby(keys).nunique()
    return counts.reset_index()


def learning_moments(
    table: pd.DataFrame, learning: Mapping[str, list[list[str]]], rules: DiaryRules
) -> pd.DataFrame:
    """One row per answered beep, source and process named in it; `moment` numbers the beeps."""
    answered = (table["status"] == "answered").to_numpy()
    records = []
    for row in np.flatnonzero(answered):
        for what in ("source", "process"):
            for code in learning[what][row]:
                direct = rules.sources[code].direct if what == "source" else None
                records.append((row, what, code, direct))
    at = np.array([r[0] for r in records], dtype="int64")
    base = table[["sample", "person", "wave", "time"]].iloc[at].reset_index(drop=True)
    base["moment"] = at
    base["learning"] = pd.Series([r[1] for r in records], dtype="str")
    base["code"] = pd.Series([r[2] for r in records], dtype="str")
    base["direct"] = pd.array([r[3] for r in records], dtype="boolean")
    return base[list(MOMENT_COLUMNS)]


def diary_features(
    table: pd.DataFrame,
    moments: pd.DataFrame,
    rules: DiaryRules,
    asked: Sequence[str] = ("source", "process"),
) -> pd.DataFrame:
    """Per sample, person and wave: compliance, and learning moments in all, by source and by process (if `asked`).

    A moment is an answered beep in which a source or process was named; it counts once in `moments`, and once for each
    of its sources (source_<id>) and processes (process_<id>). `moments_direct` and `moments_indirect` count moments
    with at least one source of that kind. Beeps after the last wave have no row.
    """
    keys = ["sample", "person", "wave"]
    features = compliance(table[table["wave"].notna()], rules.expected_beeps).set_index(keys)
    own = table.dropna(subset=["wave", "team"]).drop_duplicates(keys).set_index(keys)["team"]
    features.insert(0, "team", own.reindex(features.index).astype("str"))
    if asked:
        features["moments"] = _distinct(moments, keys, features.index)
    for direct, name in ((True, "moments_direct"), (False, "moments_indirect")) if "source" in asked else ():
        chosen = moments[(moments["direct"] == direct).fillna(False).to_numpy(dtype=bool)]
        features[name] = _distinct(chosen, keys, features.index)
    vocabulary = {"source": rules.sources, "process": rules.processes}
    for what in asked:
        for code in vocabulary[what]:
            chosen = moments[((moments["learning"] == what) & (moments["code"] == code)).to_numpy()]
            features[f"{what}_{code}"] = _distinct(chosen, keys, features.index)
    return features.reset_index()


def _distinct(moments: pd.DataFrame, keys: list[str], index: pd.MultiIndex) -> np.ndarray:
    counts = moments.groupby(keys)["moment"].nunique() if len(moments) else pd.Series(dtype="int64")
    return counts.reindex(index).fillna(0).astype("int64").to_numpy()
