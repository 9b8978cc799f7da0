"""Workplace learning in tables ready to show: by sample, wave and arm, never by team or person.

Use of an app and answers in a diary are about people at work: nothing here is laid out below the arm. There is no row
over all arms, so that a number hidden in one arm cannot be had by subtraction. Small groups are still in these tables;
the disclosure control of the command line hides them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from dww_analysis.domain.exposure import DESTINATIONS, EVENT_KINDS

KEYS = ["sample", "wave", "arm"]
COMPLIANCE_COLUMNS = (
    *(*KEYS, "n_persons", "beeps_scheduled", "beeps_sent", "beeps_answered", "beeps_expired"),
    *("compliance_mean", "compliance_sd", "compliance_q25", "compliance_median", "compliance_q75"),
    *("share_below_half", "latency_minutes_median", "diary_days_mean"),
)
LEARNING_COLUMNS = (*KEYS, "learning", "code", "n_persons", "n_with", "moments", "share", "per_ten_beeps")
APP_COLUMNS = (
    *(
        *KEYS,
        "n_persons",
        "n_users",
        "share_users",
        "active_weeks_mean",
        "active_weeks_median",
        "sessions_mean",
    ),
    *("events_mean", "feedback_events_mean", "reflection_events_mean"),
    *(*(f"n_{kind}_mean" for kind in EVENT_KINDS), "duration_minutes_mean"),
)
HR_COLUMNS = (
    *(*KEYS, "what", "code", "n_persons", "person_months", "count", "share", "per_100_person_months"),
)
OBSERVED_COLUMNS = (*KEYS, "n_persons", "observations", "met_mean", "met_sd", "met_median")
FLOW_COLUMNS = ("source", "sample", "kind", "step", "reason", "rows")


def exposure_tables(
    features: Mapping[str, Sequence[pd.DataFrame]], flows: Sequence[pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """The tables of the kinds of sources that a study has (see `TABLES_OF`), and exposure_flow.

    `features`: kind of source -> features per person and wave, with the arm of each person (see `exposed.placed`).
    Persons whose arm is not known are counted in exposure_flow and are in no other table.
    """
    tables = {}
    for kind, frames in features.items():
        whole = _with_arms(frames)
        for name, (make, columns) in TABLES_OF[kind].items():
            tables[name] = pd.DataFrame(make(whole), columns=list(columns))
    flow = pd.concat([*flows, *_not_placed(features)], ignore_index=True)
    return tables | {"exposure_flow": flow[list(FLOW_COLUMNS)]}


def _with_arms(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Features of all sources of one kind; arm "" in a study without arms."""
    table = pd.concat(list(frames), ignore_index=True)
    if "arm" not in table:
        return table.assign(arm="")
    return table[table["arm"].notna()]


def _not_placed(features: Mapping[str, Sequence[pd.DataFrame]]) -> list[pd.DataFrame]:
    records = []
    for kind, frames in features.items():
        for frame in frames:
            lost = frame[frame["arm"].isna()] if "arm" in frame else frame.iloc[:0]
            if len(lost):
                source = {"source": "", "sample": lost["sample"].iloc[0], "kind": kind}
                count = lost["person"].nunique()
                records.append(source | {"step": "persons", "reason": "without a known arm", "rows": count})
    return [pd.DataFrame(records, columns=list(FLOW_COLUMNS))] if records else []


def _groups(features: pd.DataFrame):  # type: ignore[no-untyped-def]
    for (sample, wave, arm), rows in features.groupby(KEYS, sort=True):
        yield {"sample": sample, "wave": int(wave), "arm": arm, "n_persons": rows["person"].nunique()}, rows


def diary_compliance(features: pd.DataFrame) -> list[dict[str, object]]:
    """How the diary was kept, a row for each sample, wave and arm: counts of beeps, and the distribution of
    compliance over persons, not its mean alone."""
    records = []
    for group, rows in _groups(features):
        shares = rows["compliance"].dropna()
        quartiles = shares.quantile([0.25, 0.5, 0.75]).to_numpy() if len(shares) else [np.nan] * 3
        counts = ("beeps_scheduled", "beeps_sent", "beeps_answered", "beeps_expired")
        records.append(
            group
            | {name: int(rows[name].sum()) for name in counts}
            | dict(zip(("compliance_q25", "compliance_median", "compliance_q75"), quartiles, strict=True))
            | {
                "compliance_mean": shares.mean(),
                "compliance_sd": shares.std(),
                "share_below_half": (shares < 0.5).mean() if len(shares) else np.nan,
                "latency_minutes_median": rows["latency_minutes"].median(),
                "diary_days_mean": rows["diary_days"].mean(),
            }
        )
    return records


def diary_learning(features: pd.DataFrame) -> list[dict[str, object]]:
    """Learning moments in all, direct and indirect, by source and by process.

    n_with: persons with at least one; share: of the moments (a moment may have several sources); per_ten_beeps: moments
    for every ten answered beeps.
    """
    if "moments" not in features:
        return []
    columns = {"moments": ("all", "")}
    columns |= {
        f"moments_{c}": ("direction", c) for c in ("direct", "indirect") if f"moments_{c}" in features
    }
    for what in ("source", "process"):
        columns |= {c: (what, c.removeprefix(f"{what}_")) for c in features if c.startswith(f"{what}_")}
    records = []
    for group, rows in _groups(features):
        moments, answered = rows["moments"].sum(), rows["beeps_answered"].sum()
        for column, (learning, code) in columns.items():
            count = rows[column].sum()
            records.append(
                group
                | {
                    "learning": learning,
                    "code": code,
                    "n_with": int((rows[column] > 0).sum()),
                    "moments": int(count),
                    "share": count / moments if moments else np.nan,
                    "per_ten_beeps": 10 * count / answered if answered else np.nan,
                }
            )
    return records


def app_use(features: pd.DataFrame) -> list[dict[str, object]]:
    """Who used the app and how much, a row for each sample, wave and arm: means over those who used it in the period
    of the wave."""
    records = []
    for group, rows in _groups(features):
        users = rows[rows["events"] > 0]
        means = (
            "active_weeks",
            "sessions",
            "events",
            "feedback_events",
            "reflection_events",
            "duration_minutes",
        )
        names = (*means, *(f"n_{kind}" for kind in EVENT_KINDS))
        records.append(
            group
            | {f"{name}_mean": users[name].mean() for name in names}
            | {
                "n_users": users["person"].nunique(),
                "share_users": users["person"].nunique() / group["n_persons"],
                "active_weeks_median": users["active_weeks"].median(),
            }
        )
    return records


def hr_flow(features: pd.DataFrame) -> list[dict[str, object]]:
    """Who stayed and left, moved within the employer, and where leavers went.

    Rows of one wave tell stayed and left (together everybody at risk) and moved (part of stayed); rows without a wave
    are the whole period up to the last wave, and tell the destinations as well. share: of persons at risk;
    per_100_person_months: the monthly risk in percent.
    """
    records = []
    for group, rows in _groups(features):
        records += [group | row for row in _outcomes(rows)]
    for (sample, arm), rows in features.groupby(["sample", "arm"], sort=True):
        group = {"sample": sample, "wave": pd.NA, "arm": arm, "n_persons": rows["person"].nunique()}
        records += [group | row for row in [*_outcomes(rows), *_destinations(rows)]]
    return records


def _outcomes(rows: pd.DataFrame) -> list[dict[str, object]]:
    persons = rows.groupby("person")[["left", "moved"]].any()
    counts = {
        "left": int(persons["left"].sum()),
        "stayed": int((~persons["left"]).sum()),
        "moved": int(persons["moved"].sum()),
    }
    return [
        _flow_row("move" if code == "moved" else "outcome", code, count, len(persons), rows)
        for code, count in counts.items()
    ]


def _destinations(rows: pd.DataFrame) -> list[dict[str, object]]:
    last = rows[rows["left"]].drop_duplicates("person", keep="last")
    n = rows["person"].nunique()
    return [
        _flow_row("destination", code, int((last["destination"] == code).sum()), n, rows)
        for code in DESTINATIONS
        if code != "stayed"
    ]


def _flow_row(what: str, code: str, count: int, n: int, rows: pd.DataFrame) -> dict[str, object]:
    months = int(rows["person_months"].sum())
    rate = np.nan if code == "stayed" else 100 * count / months
    return {
        "what": what,
        "code": code,
        "person_months": months,
        "count": count,
        "share": count / n,
        "per_100_person_months": rate,
    }


def observed(features: pd.DataFrame) -> list[dict[str, object]]:
    """How much of the check-lists was met, a row for each sample, wave and arm: the distribution over persons of
    each person's mean."""
    return [
        group
        | {
            "observations": int(rows["observations"].sum()),
            "met_mean": rows["met"].mean(),
            "met_sd": rows["met"].std(),
            "met_median": rows["met"].median(),
        }
        for group, rows in _groups(features)
    ]


# kind of source -> its tables: how each is made, and its columns
TABLES_OF: Mapping[str, Mapping[str, tuple[Callable[..., list[dict[str, object]]], Sequence[str]]]] = {
    "diary": {
        "diary_compliance": (diary_compliance, COMPLIANCE_COLUMNS),
        "diary_learning": (diary_learning, LEARNING_COLUMNS),
    },
    "events": {"app_use": (app_use, APP_COLUMNS)},
    "hr": {"hr_flow": (hr_flow, HR_COLUMNS)},
    "observations": {"observations": (observed, OBSERVED_COLUMNS)},
}
