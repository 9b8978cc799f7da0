"""App use from xAPI statements: which events count, sessions, and the dose of every person at every wave.

A statement delivered twice counts once, a voided one not at all. Actors become the same keyed pseudonyms as the
persons of the questionnaires, so that use can be laid beside scores.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.delivery.codes import code_text, fold, name_reader, shown
from dww_analysis.delivery.ledger import Met, unmet
from dww_analysis.domain.exposure import (
    EVENT_KINDS,
    FEEDBACK_EVENTS,
    HOME_ZONE,
    REFLECTION_EVENTS,
    VOIDED,
    EventRules,
    Exposure,
)
from dww_analysis.domain.practice import verb_of
from dww_analysis.domain.study import Source, Study
from dww_analysis.errors import MeasurementError, Problem, raise_all
from dww_analysis.exposure import exposed
from dww_analysis.exposure.contracts import check
from dww_analysis.exposure.periods import EARLIEST, TIME_DTYPE, waves_of
from dww_analysis.exposure.statements import Statement, Unusable, read_statement, records

CLOCK_TOLERANCE = pd.Timedelta(minutes=10)  # clocks of telephones are seldom further off
LONGEST_WAIT = pd.Timedelta(
    days=5 * 366
)  # from an event to its storing: a log may have moved to another system
EARLIEST_UTC = EARLIEST.tz_localize("UTC")
COUNTS = (
    *("events", "sessions", "active_days", "active_weeks", "feedback_events", "reflection_events"),
    *(f"n_{kind}" for kind in EVENT_KINDS),
    *("session_minutes", "duration_minutes"),
)


def read_events(
    lines: Sequence[str],
    source: Source,
    study: Study,
    pseudonymise: Callable[[str], str],
    verbs: Collection[str] = (),
) -> Exposure:
    """A log of xAPI statements, one a line (or one JSON list), as events and features per person and wave.

    `source.columns` may name the path of the team (such as context.team.name); `drop_rows` and `team_aliases` work
    with such paths as with columns. verbs: those that functions of a practice profile name (`domain.practice.verb_of`);
    with them the events have a column `verb`, empty for others. Raises one
    `MeasurementError` with everything the rules do not settle: lines that are no statements, one id with two contents,
    accounts of several systems, events from after they were stored.
    """
    rules = _rules(source)
    paths = [rule.column for rule in source.drop_rows] + [*source.identifiers, source.columns.get("team", "")]
    found, unusable, filled = _statements(lines, rules, paths)
    dropped: dict[str, int] = {}
    problems = _broken(unusable, rules, source, dropped)
    problems += unmet(_ledger(found, source), source)
    kept = _without_rule(found, source, dropped)
    kept, problems_once = _once(kept, source, dropped)
    kept = _not_voided(kept, dropped)
    kept = [s for s in kept if s.actor or _count(dropped, "a group, not a person")]
    kept, problems_home = _of_these_systems(kept, rules, source, dropped)
    kept, problems_clock = _clocks(kept, rules, source, dropped)
    problems += [*problems_once, *problems_home, *problems_clock]
    if not kept and not problems:
        problems.append(
            Problem(
                found="no event is left",
                where=source.file,
                expected="statements of persons",
                action="check the log and its rules",
            )
        )
    raise_all(problems, MeasurementError)
    table = _laid_out(kept, source, study, pseudonymise, verbs)
    steps = [("read", "", filled), *(("dropped", r, n) for r, n in dropped.items()), ("kept", "", len(table))]
    return Exposure(
        check(table, "events"),
        check(event_features(table), "event_features"),
        exposed.flow_table(source, steps),
        check(sessions_of(table), "sessions"),
        (*exposed.notes_of(dropped, source), *_never_met(verbs, table, source)),
    )


def _never_met(verbs: Collection[str], table: pd.DataFrame, source: Source) -> Iterator[str]:
    """Verbs that functions name and no event has."""
    for verb in sorted(set(verbs) - set(table.get("verb", ()))):
        yield f"{source.id}: no event has the verb {verb}, which a function in practice.yaml names"


def _count(dropped: dict[str, int], reason: str, number: int = 1) -> bool:
    """Count what is left out; False, so that it can stand in a condition."""
    if number:
        dropped[reason] = dropped.get(reason, 0) + number
    return False


def _statements(
    lines: Sequence[str], rules: EventRules, paths: list[str]
) -> tuple[list[Statement], dict[str, list[int]], int]:
    """Statements in order, the lines of what is none by reason, and the number of filled lines."""
    found: list[Statement] = []
    unusable: dict[str, list[int]] = {}
    filled = 0
    for line, value in records(lines):
        filled += 1
        try:
            found.append(read_statement(line, value, rules, paths))
        except Unusable as error:
            unusable.setdefault(str(error), []).append(line)
    return found, unusable, filled


def _broken(
    unusable: dict[str, list[int]], rules: EventRules, source: Source, dropped: dict[str, int]
) -> list[Problem]:
    if rules.broken_lines == "drop":
        for what, lines in unusable.items():
            _count(dropped, what, len(lines))
        return []
    return [
        Problem(
            found=what,
            where=f"{source.file}, {len(lines)} lines (line {shown(lines)})",
            expected="one xAPI statement a line",
            action="ask for the log again, or leave such lines out with events: {broken_lines: drop}",
        )
        for what, lines in unusable.items()
    ]


def _ledger(found: Sequence[Statement], source: Source) -> list[Met]:
    """What the rules for statements met; paths of identifiers count when any statement fills them."""
    ledger = []
    for position, rule in enumerate(source.drop_rows):
        texts = [code_text(s.declared[position]) for s in found]
        parts = {value: texts.count(code_text(value)) for value in rule.values}
        name = f"{rule.column}: {', '.join(rule.values)}"
        ledger.append(Met("drop_rows", name, parts, len(found), "statements", allowed=rule.may_be_absent))
    for position, path in enumerate(source.identifiers, start=len(source.drop_rows)):
        filled = sum(bool(s.declared[position]) for s in found)
        ledger.append(Met("identifiers", path, {path: filled}, len(found), "statements"))
    teams = [fold(code_text(s.declared[-1])) for s in found] if "team" in source.columns else []
    for typed in source.team_aliases:
        ledger.append(Met("team_aliases", typed, {typed: teams.count(fold(typed))}, len(found), "statements"))
    return ledger


def _without_rule(found: list[Statement], source: Source, dropped: dict[str, int]) -> list[Statement]:
    """Statements that no declared rule leaves out."""
    kept = []
    for statement in found:
        reason = next(
            (
                rule.reason
                for rule, text in zip(source.drop_rows, statement.declared, strict=False)
                if code_text(text) in {code_text(v) for v in rule.values}
            ),
            None,
        )
        if reason is None:
            kept.append(statement)
        else:
            _count(dropped, reason)
    return kept


def _once(
    found: list[Statement], source: Source, dropped: dict[str, int]
) -> tuple[list[Statement], list[Problem]]:
    """Every id once. The same id with another content is a conflict, which only a rule can settle."""
    first: dict[str, Statement] = {}
    conflicts = []
    for statement in found:
        earlier = first.setdefault(statement.id, statement)
        if earlier is statement:
            continue
        if earlier.content != statement.content:
            conflicts.append(statement.line)
            if source.duplicates == "keep_last_complete":
                first[statement.id] = statement
        _count(dropped, "delivered twice")
    if conflicts and source.duplicates == "stop":
        problem = Problem(
            found=f"{len(conflicts)} statements have the id of another statement",
            where=f"{source.file}, line {shown(conflicts)}",
            expected="one content for each id",
            action="ask for the log again, or declare duplicates: keep_first or keep_last_complete",
        )
        return list(first.values()), [problem]
    return list(first.values()), []


def _not_voided(found: list[Statement], dropped: dict[str, int]) -> list[Statement]:
    """Without voiding statements and what they void. A voiding statement itself cannot be voided."""
    voiding = [s for s in found if s.verb == VOIDED]
    gone = {s.voids for s in voiding if s.voids} - {s.id for s in voiding}
    kept = [s for s in found if s.verb != VOIDED and s.id not in gone]
    _count(dropped, "voiding statement", len(voiding))
    _count(dropped, "voided", len(found) - len(voiding) - len(kept))
    return kept


def _of_these_systems(
    found: list[Statement], rules: EventRules, source: Source, dropped: dict[str, int]
) -> tuple[list[Statement], list[Problem]]:
    """Accounts of the declared systems: the same name in another system may be somebody else."""
    wanted = {page.rstrip("/") for page in rules.home_pages}
    pages = {s.home_page for s in found if s.home_page}
    if wanted:
        kept = [s for s in found if not s.home_page or s.home_page in wanted]
        _count(dropped, "account of another system", len(found) - len(kept))
        return kept, []
    if len(pages) <= 1:
        return found, []
    problem = Problem(
        found=f"accounts of {len(pages)} systems (homePage)",
        where=source.file,
        expected="accounts of one system, because one name may be two persons in two systems",
        action="say which count: events: {home_pages: [...]}",
    )
    return found, [problem]


def _clocks(
    found: list[Statement], rules: EventRules, source: Source, dropped: dict[str, int]
) -> tuple[list[Statement], list[Problem]]:
    """Events at a time that cannot be: the clock of the device was wrong."""
    wrong = [s for s in found if _wrong_clock(s)]
    if rules.wrong_clock == "drop":
        _count(dropped, "wrong clock", len(wrong))
        return [s for s in found if not _wrong_clock(s)], []
    found_what = f"happened after they were stored, over five years before that, or before {EARLIEST.year}"
    expected = "timestamp not after stored, and not long before"
    action = "use the time of storing or leave them out: events: {wrong_clock: stored} or {wrong_clock: drop}"
    if rules.wrong_clock == "stored":
        wrong = [s for s in wrong if _happened(s) < EARLIEST_UTC]
        found_what = f"happened before {EARLIEST.year}, and no later time of storing is known"
        expected, action = f"times from {EARLIEST.year} on", "leave them out: events: {wrong_clock: drop}"
    if not wrong:
        return found, []
    where = f"{source.file}, line {shown(sorted({s.line for s in wrong}))}"
    return found, [
        Problem(found=f"{len(wrong)} events {found_what}", where=where, expected=expected, action=action)
    ]


def _wrong_clock(statement: Statement) -> bool:
    """Whether the timestamp cannot be: beside the time of storing, or at all."""
    timestamp, stored = statement.timestamp, statement.stored
    if timestamp is None or stored is None:
        return bool(_happened(statement) < EARLIEST_UTC)
    return not max(stored - LONGEST_WAIT, EARLIEST_UTC) <= timestamp <= stored + CLOCK_TOLERANCE


def _happened(statement: Statement) -> Any:
    """When it happened; the time of storing when nothing else is known, or when the clock was wrong."""
    timestamp, stored = statement.timestamp, statement.stored
    if timestamp is None or stored is None:
        return stored if timestamp is None else timestamp
    return stored if _wrong_clock(statement) else timestamp


def _rules(source: Source) -> EventRules:
    return source.rules if isinstance(source.rules, EventRules) else EventRules()


def _laid_out(
    kept: list[Statement],
    source: Source,
    study: Study,
    pseudonymise: Callable[[str], str],
    verbs: Collection[str],
) -> pd.DataFrame:
    """One row an event, in order of person and time; `time` is local time."""
    utc = pd.Series(pd.DatetimeIndex([_happened(s) for s in kept])).dt.as_unit("us")
    stored = pd.Series(pd.DatetimeIndex([s.stored for s in kept], tz="UTC"))
    name = name_reader("team", source)
    teams = [name(s.declared[-1]) if "team" in source.columns else "" for s in kept]
    table = pd.DataFrame(
        {
            "sample": pd.Series([source.sample] * len(kept), dtype="str"),
            "person": exposed.pseudonyms(pd.Series([s.actor for s in kept], dtype="str"), pseudonymise),
            "team": pd.Series([t or None for t in teams], dtype="str"),
            "time": utc.dt.tz_convert(HOME_ZONE).dt.tz_localize(None).astype(TIME_DTYPE),
            "kind": pd.Categorical([s.kind for s in kept], categories=list(EVENT_KINDS)),
            "object_type": pd.Series([s.object_type for s in kept], dtype="str"),
            "stored_after_minutes": (stored - utc) / pd.Timedelta(minutes=1),
            "duration_seconds": [s.duration_seconds for s in kept],
            "score_scaled": [s.score_scaled for s in kept],
            "success": pd.array([s.success for s in kept], dtype="boolean"),
            "completion": pd.array([s.completion for s in kept], dtype="boolean"),
        }
    )
    if verbs:
        table["verb"] = [verb if (verb := verb_of(s.verb)) in verbs else "" for s in kept]
    table.insert(4, "wave", waves_of(table["time"], source, study))
    order = np.lexsort((np.arange(len(kept)), utc.astype("int64").to_numpy(), table["person"].to_numpy(str)))
    table, utc = table.iloc[order].reset_index(drop=True), utc.iloc[order].reset_index(drop=True)
    table["session"] = session_numbers(table["person"], utc, _rules(source).session_gap_minutes)
    return table


def session_numbers(person: pd.Series, moments: pd.Series, gap_minutes: float = 30.0) -> pd.Series:
    """1, 2, ... for the sessions of each person: a silence longer than `gap_minutes` starts a new one.

    `moments` in order of time within each person.
    """
    silence = moments.groupby(person, sort=False).diff()
    starts = silence.isna() | (silence > pd.Timedelta(minutes=gap_minutes))
    return starts.astype("int64").groupby(person, sort=False).cumsum()


def event_features(table: pd.DataFrame) -> pd.DataFrame:
    """Per sample, person and wave: events, sessions, active days and weeks, events by kind, minutes, first use.

    A week is a calendar week (Monday to Sunday); a session belongs to the wave in which it began.
    feedback_latency_hours is the median time from asking for feedback to the next that was received. `first_use` is
    the day of the person's first event at all. Events after the last wave have no row.
    """
    keys = ["sample", "person", "wave"]
    day = table["time"].dt.normalize()
    first = day.groupby([table["sample"], table["person"]]).transform("min")
    week = day - pd.to_timedelta(day.dt.weekday, unit="D")
    sessions = sessions_of(table)
    rows = table.assign(day=day, week=week, first_use=first)
    rows = rows[rows["wave"].notna()]
    grouped = rows.groupby(keys, sort=True)
    features = pd.DataFrame({"team": grouped["team"].first(), "events": grouped.size()})
    begun = sessions[sessions["wave"].notna()].groupby(keys)
    index = features.index
    features["sessions"] = begun.size().reindex(index).fillna(0).astype("int64")
    features["active_days"] = grouped["day"].nunique()
    features["active_weeks"] = grouped["week"].nunique()
    for kind in EVENT_KINDS:
        counts = rows[(rows["kind"] == kind).to_numpy()].groupby(keys).size()
        features[f"n_{kind}"] = counts.reindex(index).fillna(0).astype("int64")
    features["feedback_events"] = features[[f"n_{k}" for k in FEEDBACK_EVENTS]].sum(axis=1)
    features["reflection_events"] = features[[f"n_{k}" for k in REFLECTION_EVENTS]].sum(axis=1)
    features["session_minutes"] = begun["minutes"].sum().reindex(index).fillna(0.0)
    features["duration_minutes"] = grouped["duration_seconds"].sum() / 60
    features["feedback_latency_hours"] = _latencies(rows).reindex(index)
    features["first_use"] = grouped["first_use"].first()
    return features.reset_index()


def sessions_of(table: pd.DataFrame) -> pd.DataFrame:
    """One row a session: sample, person, session, wave at its start, start, minutes to its last event, events."""
    grouped = table.groupby(["sample", "person", "session"], sort=False)
    length = (grouped["time"].max() - grouped["time"].min()) / pd.Timedelta(minutes=1)
    columns = {"wave": grouped["wave"].nth(0).to_numpy(), "start": grouped["time"].min(), "minutes": length}
    return pd.DataFrame(columns | {"events": grouped.size()}).reset_index()


def _latencies(rows: pd.DataFrame) -> pd.Series:
    """Median hours from a request for feedback to the next feedback, by sample, person and wave of the request."""
    received = rows["time"].where(rows["kind"] == "feedback_received")
    following = received.groupby([rows["sample"], rows["person"]], sort=False).bfill()
    asked = (rows["kind"] == "feedback_requested").to_numpy()
    hours = (following - rows["time"])[asked] / pd.Timedelta(hours=1)
    return hours.groupby([rows[k][asked] for k in ("sample", "person", "wave")]).median()


def with_non_users(features: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """`features` with a row of zeros for everybody who answered at a wave and did nothing in the app before it."""
    keys = ["sample", "person", "wave"]
    present = answers[keys].drop_duplicates()
    present = present[present["sample"].isin(features["sample"].unique())].astype({"wave": "Int64"})
    whole = features.merge(present, on=keys, how="outer", sort=True)
    counts = [c for c in COUNTS if c in whole]
    whole[counts] = whole[counts].fillna(0)
    return whole.astype({c: features[c].dtype for c in counts})
