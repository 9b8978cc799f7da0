"""How the invented professionals learned at work: a diary, an app log and personnel records, with known truth.

The same people as in the questionnaires, with a random stream of its own, so that the answers stay as they were.
Supported teams have more learning moments at the last wave and use the app; leaving does not depend on the arm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dww_analysis.simulate.people import AWAY, Cohort

DIARY_MONDAYS = {0: "2025-05-19", 2: "2026-05-18"}  # wave -> first day of a week of beeps before it
BEEPS = ("09:30", "12:30", "15:30")  # up to an hour later
WAVE_DATES = ("2025-06-12", "2025-11-27", "2026-06-11")
APP_OPENED, APP_CLOSED = "2025-07-01", "2026-06-10"
EXTRACT = "2026-06-15"  # day on which the personnel records were drawn
KINDS = ("profile_viewed", "reflection_written", "feedback_requested", "feedback_received", "goal_set",
         "video_reviewed")  # fmt: skip
KIND_SHARES = (0.40, 0.18, 0.14, 0.12, 0.06, 0.10)
SOURCES = ("colleagues", "students", "clients", "trainers", "protocols", "models")
SOURCE_SHARES = (0.42, 0.06, 0.22, 0.10, 0.12, 0.08)
PROCESSES = ("trying", "observing", "exchanging", "feedback", "reflecting", "looking_up")
PROCESS_SHARES = (0.16, 0.12, 0.30, 0.14, 0.16, 0.12)
DESTINATIONS = ("other_care", "outside_care", "not_employee", "")
DESTINATION_SHARES = (0.50, 0.22, 0.20, 0.08)


@dataclass(frozen=True)
class ExposureTruth:
    """What is true of learning, app use and leaving in the example."""

    diary_share: float = 0.42  # of members take part in a week of beeps
    sent: float = 0.97  # of beeps reach the telephone
    answered: float = 0.70  # of sent beeps, on average
    moment: float = 0.40  # chance of a learning moment in an answered beep, before the support
    moment_odds_ratio: float = 1.8  # supported against other teams at the last wave
    adoption: float = 0.80  # of members of supported teams ever use the app
    weekly_use: float = 0.16  # chance that a user opens the app in a week, in the first week
    half_life_weeks: float = 30.0  # of that chance
    strays: int = 3  # members of other teams that use the app


TRUTH = ExposureTruth()


def draw_diary(cohort: Cohort, rng: np.random.Generator, truth: ExposureTruth = TRUTH) -> pd.DataFrame:
    """One row a beep: code, beep, scheduled, sent, started, finished, expired (NaT where not), energy, pressure,
    sources and processes (lists)."""
    willing = rng.random(len(cohort.people)) < truth.diary_share
    records = []
    for wave, monday in DIARY_MONDAYS.items():
        team = cohort.membership[:, wave]
        for person in np.flatnonzero(willing & (team != AWAY)):
            supported = wave == 2 and cohort.teams["arm"].to_numpy()[team[person]] == 1
            records += _beeps(cohort.people["code"].iloc[person], monday, bool(supported), rng, truth)
    return pd.DataFrame(records)


def _beeps(
    code: str, monday: str, supported: bool, rng: np.random.Generator, truth: ExposureTruth
) -> list[dict[str, object]]:
    """The week of one person, who answers as often as she does and has her own level of energy."""
    faithful = rng.beta(7 * truth.answered, 7 * (1 - truth.answered))
    energy, pressure = rng.normal(6.3, 1.1), rng.normal(5.0, 1.3)
    odds = truth.moment / (1 - truth.moment) * np.exp(rng.normal(0, 0.5))
    odds *= truth.moment_odds_ratio if supported else 1.0
    records = []
    for number in range(5 * len(BEEPS)):
        day = pd.Timestamp(monday) + pd.Timedelta(days=number // len(BEEPS))
        scheduled = day + pd.Timedelta(f"{BEEPS[number % len(BEEPS)]}:00")
        scheduled += pd.Timedelta(minutes=int(rng.integers(0, 60)))
        record: dict[str, object] = {"code": code, "beep": number + 1, "scheduled": scheduled}
        if rng.random() < truth.sent:
            record["sent"] = scheduled + pd.Timedelta(seconds=int(rng.integers(0, 20)))
            record |= _answer(record["sent"], faithful, odds, (energy, pressure), rng)
        records.append(record)
    return records


def _answer(
    sent: object, faithful: float, odds: float, level: tuple[float, float], rng: np.random.Generator
) -> dict[str, object]:
    """What became of a beep that was sent: answered within three quarters of an hour, or expired."""
    if rng.random() >= faithful:
        return {"expired": sent + pd.Timedelta(minutes=45)}  # type: ignore[operator]
    started = sent + pd.Timedelta(seconds=int(rng.gamma(1.3, 420) % 2600) + 5)  # type: ignore[operator]
    answer: dict[str, object] = {
        "started": started,
        "finished": started + pd.Timedelta(seconds=int(rng.integers(35, 160))),
        "energy": int(np.clip(round(rng.normal(level[0], 1.4)), 0, 10)),
        "pressure": int(np.clip(round(rng.normal(level[1], 1.8)), 0, 10)),
    }
    if rng.random() < odds / (1 + odds):
        answer["sources"] = _some(SOURCES, SOURCE_SHARES, rng)
        answer["processes"] = _some(PROCESSES, PROCESS_SHARES, rng)
    return answer


def _some(codes: tuple[str, ...], shares: tuple[float, ...], rng: np.random.Generator) -> list[str]:
    """One code, now and then two."""
    n = 2 if rng.random() < 0.25 else 1
    return [str(code) for code in rng.choice(codes, size=n, replace=False, p=shares)]


def draw_events(cohort: Cohort, rng: np.random.Generator, truth: ExposureTruth = TRUTH) -> pd.DataFrame:
    """One row an event, in order of time: code, kind, time (UTC), seconds (of a reflection or a recording, else 0)."""
    arms = cohort.teams["arm"].to_numpy()
    arm = np.where(cohort.membership == AWAY, 0, arms[cohort.membership])[:, 1:]
    users = (arm.max(axis=1) == 1) & (rng.random(len(arm)) < truth.adoption)
    others = np.flatnonzero((arm.max(axis=1) == 0) & (cohort.membership[:, 2] != AWAY))
    users[rng.choice(others, size=truth.strays, replace=False)] = True
    weeks = pd.date_range(APP_OPENED, APP_CLOSED, freq="7D")
    records = []
    for person in np.flatnonzero(users):
        keen = rng.gamma(2.5, 1 / 2.5)
        for number, week in enumerate(weeks):
            if not _member(cohort, int(person), week):
                continue
            if rng.random() < min(1.0, keen * truth.weekly_use * 0.5 ** (number / truth.half_life_weeks)):
                records += _session(cohort.people["code"].iloc[person], week, rng)
    return pd.DataFrame(records).sort_values("time", kind="stable", ignore_index=True)


def _member(cohort: Cohort, person: int, week: pd.Timestamp) -> bool:
    """Whether the person is there: at the wave before the week, and at the next."""
    at = 0 if week < pd.Timestamp(WAVE_DATES[1]) else 1
    return bool((cohort.membership[person, at : at + 2] != AWAY).all())


def _session(code: str, week: pd.Timestamp, rng: np.random.Generator) -> list[dict[str, object]]:
    moment = week + pd.Timedelta(days=int(rng.integers(0, 4)), seconds=int(rng.integers(6 * 3600, 16 * 3600)))
    records = []
    for kind in rng.choice(KINDS, size=1 + rng.poisson(1.4), p=KIND_SHARES):
        long = kind in ("reflection_written", "video_reviewed")
        seconds = int(rng.integers(90, 900)) if long else 0
        records.append({"code": code, "kind": str(kind), "time": moment, "seconds": seconds})
        moment += pd.Timedelta(seconds=seconds + int(rng.integers(20, 400)))
    return records


def draw_contracts(cohort: Cohort, rng: np.random.Generator) -> pd.DataFrame:
    """One row a contract, by team: code, team, organisation, start, end (NaT while it lasts), function, fte,
    destination ("" while it lasts or when nobody noted it), moved and over (bool: ended in a
    move, ended at all; a renewed contract is not over)."""
    records: list[dict[str, object]] = []
    for person, membership in enumerate(cohort.membership):
        there = np.flatnonzero(membership != AWAY)
        about = cohort.people.iloc[person]
        start = _start(int(there[0]), int(about["years_youth_care"]), rng)
        for position, wave in enumerate(there):
            follows = there[position + 1] if position + 1 < len(there) else None
            stays = follows is not None and membership[follows] == membership[wave]
            if stays:
                continue
            end = _between(int(wave), rng) if wave < len(membership) - 1 else pd.NaT
            leaves = follows is None and not pd.isna(end)
            records.append(
                {
                    "code": about["code"],
                    "team": cohort.teams["team"].iloc[membership[wave]],
                    "organisation": cohort.teams["organisation"].iloc[membership[wave]],
                    "start": start,
                    "end": end,
                    "function": int(about["function"]),
                    "fte": round(float(about["hours"]) / 36, 2),
                    "destination": str(rng.choice(DESTINATIONS, p=DESTINATION_SHARES)) if leaves else "",
                    "moved": follows is not None,
                    "over": not pd.isna(end),
                }
            )
            if not pd.isna(end):
                start = end + pd.Timedelta(days=1)
    contracts = pd.DataFrame([part for record in records for part in _renewed(record, rng)])
    return contracts.sort_values(["organisation", "team", "code", "start"], kind="stable", ignore_index=True)


def _start(first_wave: int, years: int, rng: np.random.Generator) -> pd.Timestamp:
    """First day: somewhere in the years in youth care, or after the wave at which somebody was not there yet."""
    if first_wave > 0:
        return _between(first_wave - 1, rng)
    days = int(rng.uniform(0.1, 1.0) * (years * 365 + 120))
    return (pd.Timestamp(WAVE_DATES[0]) - pd.Timedelta(days=days + 5)).replace(day=1)


def _between(wave: int, rng: np.random.Generator) -> pd.Timestamp:
    """A day between a wave and the next, mostly the last of a month."""
    first, last = pd.Timestamp(WAVE_DATES[wave]), pd.Timestamp(WAVE_DATES[wave + 1])
    day = first + pd.Timedelta(days=int(rng.integers(5, (last - first).days - 20)))
    month_end = day + pd.offsets.MonthEnd(0)
    return month_end if rng.random() < 0.7 and month_end < last else day


def _renewed(record: dict[str, object], rng: np.random.Generator) -> list[dict[str, object]]:
    """Some lasting contracts are the second of two: the first was for a limited time."""
    start, until = record["start"], record["start"] + pd.Timedelta(days=200)  # type: ignore[operator]
    recent = start > pd.Timestamp("2024-08-01") and until < pd.Timestamp(EXTRACT)  # type: ignore[operator]
    if not (recent and pd.isna(record["end"]) and rng.random() < 0.3):
        return [record]
    return [record | {"end": until, "over": False}, record | {"start": until + pd.Timedelta(days=1)}]
