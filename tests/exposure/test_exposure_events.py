"""xAPI statements: what counts, who is who, sessions, and the dose of a person at a wave."""

import dataclasses
import hashlib
import json
import math

import pandas as pd
import pytest
from learning_study import STUDY

from dww_analysis.domain.exposure import VOIDED, EventRules
from dww_analysis.domain.study import DropRule, Source
from dww_analysis.errors import MeasurementError
from dww_analysis.exposure.events import read_events, with_non_users
from dww_analysis.exposure.statements import Unusable, seconds_of_duration

LOG = Source("app", "app.jsonl", None, "events", "auto", "main", None, {}, rules=EventRules())
HOME = "https://app.example"


def statement(number, verb="profile_viewed", when="2026-03-02T08:00:00Z", who="k3f9a2", **more):
    return {
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "actor": {"account": {"homePage": HOME, "name": who}},
        "verb": {"id": verb if ":" in verb else f"{HOME}/verbs/{verb}"},
        "object": {"id": f"{HOME}/page/1", "definition": {"type": f"{HOME}/types/page"}},
        "timestamp": when,
        "stored": "2026-08-01T00:00:00Z",
    } | more


def read(statements, **changes):
    lines = [s if isinstance(s, str) else json.dumps(s) for s in statements]
    return read_events(lines, dataclasses.replace(LOG, **changes), STUDY, lambda code: "p:" + code)


def dropped(exposure):
    flow = exposure.flow[exposure.flow["step"] == "dropped"]
    return dict(zip(flow["reason"], flow["rows"], strict=True))


def test_twice_delivered_and_voided_statements_do_not_count():
    voiding = statement(
        9, verb=VOIDED, object={"objectType": "StatementRef", "id": statement(2)["id"].upper()}
    )
    again = statement(1, stored="2026-09-01T00:00:00Z", version="1.0.0")
    void_the_voiding = statement(10, verb=VOIDED, object={"objectType": "StatementRef", "id": voiding["id"]})
    exposure = read([voiding, statement(1), again, statement(2), statement(3), void_the_voiding])
    assert len(exposure.table) == 2
    assert dropped(exposure) == {"delivered twice": 1, "voiding statement": 2, "voided": 1}
    assert exposure.flow.set_index("step").loc[["read", "kept"], "rows"].tolist() == [6, 2]


def test_one_id_with_two_contents_needs_a_rule():
    both = [statement(1), statement(1, verb="goal_set")]
    with pytest.raises(MeasurementError, match="have the id of another statement"):
        read(both)
    assert read(both, duplicates="keep_first").table["kind"].tolist() == ["profile_viewed"]
    assert read(both, duplicates="keep_last_complete").table["kind"].tolist() == ["goal_set"]


def test_an_address_and_its_checksum_are_one_person():
    checksum = hashlib.sha1(b"mailto:a@b.example").hexdigest()
    exposure = read(
        [
            statement(1, actor={"mbox": "mailto:a@b.example", "name": "Anna"}),
            statement(2, actor={"mbox_sha1sum": checksum.upper()}),
            statement(3, who=" K3f9A2"),
            statement(4),
        ]
    )
    assert exposure.table["person"].nunique() == 2 and "p:K3F9A2" in set(exposure.table["person"])
    assert "Anna" not in exposure.table.to_csv() and "a@b.example" not in exposure.table.to_csv()


def test_sessions_end_after_half_an_hour_of_silence():
    times = ["08:00:00", "08:30:00", "09:00:01", "09:05:00"]
    exposure = read([statement(n, when=f"2026-03-02T{t}Z") for n, t in enumerate(times)])
    assert exposure.table["session"].tolist() == [1, 1, 2, 2]
    features = exposure.features.iloc[0]
    assert features[["events", "sessions", "active_days", "active_weeks"]].tolist() == [4, 2, 1, 1]
    assert features["session_minutes"] == pytest.approx(30 + 4 + 59 / 60)
    wide = read([statement(n, when=f"2026-03-02T{t}Z") for n, t in enumerate(times)],
                rules=EventRules(session_gap_minutes=31))  # fmt: skip
    assert wide.features["sessions"].tolist() == [1]


def test_weeks_are_calendar_weeks_of_local_time():
    # Sunday 23:30 UTC is Monday in the Netherlands
    exposure = read(
        [statement(1, when="2026-03-08T23:30:00Z"), statement(2, when="2026-03-09T12:00:00+01:00")]
    )
    assert exposure.features["active_weeks"].tolist() == [1]
    assert exposure.table["time"].tolist() == [
        pd.Timestamp("2026-03-09 00:30"),
        pd.Timestamp("2026-03-09 12:00"),
    ]


def test_features_by_wave_kind_and_feedback_latency():
    exposure = read(
        [
            statement(1, "feedback_requested", "2026-02-20T08:00:00Z"),
            statement(2, "feedback-received", "2026-02-21T08:00:00Z"),
            statement(3, "reflection_written", "2026-03-05T08:00:00Z", result={"duration": "PT10M"}),
            statement(4, "http://id.tincanapi.com/verb/viewed", "2026-03-05T08:01:00Z"),
            statement(5, "goal_set", "2026-07-01T08:00:00Z"),
        ],
        rules=EventRules(kinds={"http://id.tincanapi.com/verb/viewed": "video_reviewed"}),
    )
    features = exposure.features.set_index("wave")
    assert list(features.index) == [0, 1]
    assert features.loc[0, ["events", "feedback_events", "feedback_latency_hours"]].tolist() == [2, 2, 24]
    assert features.loc[1, ["reflection_events", "n_video_reviewed", "duration_minutes"]].tolist() == [
        2,
        1,
        10,
    ]
    assert features["first_use"].tolist() == [pd.Timestamp("2026-02-20")] * 2
    answers = pd.DataFrame({"sample": "main", "person": ["p:K3F9A2", "pB"], "wave": [1, 1]})
    everybody = with_non_users(exposure.features, answers).set_index(["person", "wave"])
    assert len(everybody) == 3 and everybody.loc[("pB", 1), "events"] == 0
    assert everybody["sessions"].dtype == "int64" and pd.isna(everybody.loc[("pB", 1), "first_use"])


def test_broken_lines_are_named_by_number_only():
    lines = [
        statement(1),
        '{"id": "SecretName',
        "",
        '["Secret"]',
        json.dumps(statement(2) | {"id": "SecretId"}),
        json.dumps(statement(3, when="SecretDay")),
        json.dumps(statement(4, actor={"name": "Secret"})),
        json.dumps(statement(5, result={"duration": "SecretLong"})),
        json.dumps(statement(6, result={"score": {"scaled": 5}})),
        "[" * 100_000,
        '{"a": NaN}',
    ]
    with pytest.raises(MeasurementError) as error:
        read(lines)
    where = {p.found: p.where for p in error.value.problems}
    assert where["not JSON"] == "app.jsonl, 3 lines (line 2, 10, 11)"
    assert where["no statement id (a UUID)"].endswith("(line 5)") and len(where) == 7
    assert "Secret" not in str(error.value)
    exposure = read(lines, rules=EventRules(broken_lines="drop"))
    assert len(exposure.table) == 1 and sum(dropped(exposure).values()) == 9
    assert exposure.notes and "Secret" not in " ".join(exposure.notes)


def test_a_json_list_is_read_as_well():
    assert len(read(json.dumps([statement(1), statement(2)], indent=1).splitlines()).table) == 2


def test_groups_other_systems_tests_and_wrong_clocks():
    elsewhere = {"account": {"homePage": "https://other.example/", "name": "k3f9a2"}}
    early = statement(5, when="2026-03-05T10:00:00Z", stored="2026-03-04T10:00:00Z")
    statements = [
        statement(1),
        statement(2, actor={"objectType": "Group", "member": []}),
        statement(3, actor=elsewhere),
        statement(4, context={"platform": "acceptance"}),
        early,
    ]
    with pytest.raises(MeasurementError) as error:
        read(statements)
    assert {p.found for p in error.value.problems} == {
        "accounts of 2 systems (homePage)",
        "1 events happened after they were stored, over five years before that, or before 1990",
    }
    exposure = read(
        statements,
        drop_rows=(DropRule("context.platform", ("acceptance",), "test event"),),
        rules=EventRules(home_pages=(HOME + "/",), wrong_clock="stored"),
    )
    assert dropped(exposure) == {
        "test event": 1,
        "a group, not a person": 1,
        "account of another system": 1,
    }
    assert exposure.table["time"].tolist()[1] == pd.Timestamp("2026-03-04 11:00")


def test_a_clock_that_was_reset_is_a_problem():
    reset = statement(1, when="1970-01-01T00:03:00Z", stored="2026-03-04T10:00:00Z")
    unstored = statement(2, when="1970-01-01T00:03:00Z")
    del unstored["stored"]
    statements = [reset, unstored, statement(3, when="2025-03-01T10:00:00Z")]
    with pytest.raises(MeasurementError, match="2 events happened after they were stored, over five years"):
        read(statements)
    assert len(read(statements, rules=EventRules(wrong_clock="drop")).table) == 1
    by_store = EventRules(wrong_clock="stored")
    with pytest.raises(MeasurementError, match="line 2: 1 events happened before 1990, and no later time"):
        read(statements, rules=by_store)
    times = read([reset, statements[2]], rules=by_store).table["time"]
    assert times.tolist() == [pd.Timestamp("2025-03-01 11:00"), pd.Timestamp("2026-03-04 11:00")]


def test_the_team_of_the_context_goes_through_the_aliases():
    exposure = read(
        [statement(1, context={"team": {"name": "Team Zon!"}})],
        columns={"team": "context.team.name"},
        team_aliases={"team zon": "T1"},
    )
    assert exposure.features["team"].tolist() == ["T1"]


@pytest.mark.parametrize(
    "text, seconds",
    [
        ("PT1H30M", 5400),
        ("PT0.5S", 0.5),
        ("PT1,5M", 90),
        ("P1DT12H", 129600),
        ("P2W", 1209600),
        ("PT36H", 129600),
    ],
)
def test_durations(text, seconds):
    assert seconds_of_duration(text) == pytest.approx(seconds)


def test_durations_that_vary_or_are_none():
    assert math.isnan(seconds_of_duration("P1Y2M"))
    for text in ("", "P", "PT", "1H", "PT1H30", "P1H", "PT-5S", "P1W2D"):
        with pytest.raises(Unusable):
            seconds_of_duration(text)
