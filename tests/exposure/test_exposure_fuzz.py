"""Whatever a diary, a log or a personnel file holds: a table that keeps its contract, or one clear error."""

import dataclasses
import json

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from dww_analysis.domain.exposure import DiaryRules, EventRules, HrRules, ObservationRules
from dww_analysis.domain.study import Source, Study, Wave
from dww_analysis.errors import MeasurementError
from dww_analysis.exposure import read_diary, read_events, read_hr, read_observations

STUDY = Study(
    id="trial",
    title={"en": "Trial"},
    data="invented",
    delivered="2026-06-30",
    design="waves_only",
    waves=(Wave(0, {"en": "first"}, "2025-06-01"), Wave(1, {"en": "second"}, "2026-06-01")),
    arms=(),
    allocation=None,
    samples={"main": {"en": "all"}},
    level_labels={},
    background=(),
)
SECRET = "Zwaantje Geheimsma"
CELLS = st.one_of(
    st.sampled_from(
        ["", "2026-03-02", "2026-03-02 09:00", "02-03-2025", "2025-11", "31-12-9999", "1772182800", "0,5", "1", "7",
         "ja", "nee", "stayed", "other_care", "colleagues", "a1", "b2", "-1", "1e400", "nan", "T1", SECRET]
    ),
    st.text(max_size=8),
    st.none(),
    st.floats(width=32),
)  # fmt: skip
EXAMPLES = settings(max_examples=40, deadline=None)


def source(kind, columns, rules, **more):
    whole = Source("s", f"s.{kind}", None, kind, "auto", "main", None, {c: c for c in columns}, rules=rules)
    return dataclasses.replace(whole, **more)


def tables(columns):
    return st.lists(st.tuples(*[CELLS] * len(columns)), min_size=1, max_size=6).map(
        lambda rows: pd.DataFrame(rows, columns=list(columns), dtype=object)
    )


def holds(read, *arguments):
    """A table, or one error that shows no cell."""
    try:
        exposure = read(*arguments, lambda code: f"p{abs(hash(code))}")
    except MeasurementError as error:
        assert error.problems and SECRET not in str(error)
        return
    assert len(exposure.table) >= 0 and SECRET not in exposure.table.drop(columns="team").to_csv()


DIARY = (
    "person",
    "team",
    "beep",
    "scheduled",
    "sent",
    "started",
    "finished",
    "expired",
    "learning_source",
    "mood",
)


@EXAMPLES
@given(tables(DIARY), st.booleans())
def test_any_diary(data, lenient):
    rules = DiaryRules(impossible_times="drop") if lenient else DiaryRules(expires_after_minutes=30)
    more = {"duplicates": "keep_last_complete", "out_of_range": "missing"} if lenient else {}
    holds(read_diary, data, source("diary", DIARY, rules, **more), STUDY)


HR = ("person", "team", "start", "end", "fte", "function", "exit_reason", "destination", "internal_transfer")


@EXAMPLES
@given(tables(HR), st.booleans())
def test_any_personnel_file(data, lenient):
    rules = HrRules("drop", "merge", "unknown") if lenient else HrRules()
    more = {"duplicates": "keep_first", "out_of_range": "missing"} if lenient else {}
    data["function"], data["exit_reason"] = "x", "y"  # words that are kept as they are
    holds(read_hr, data, source("hr", HR, rules, **more), STUDY)


SEEN = ("person", "team", "date", "observer", "i1", "i2")


@EXAMPLES
@given(tables(SEEN), st.booleans())
def test_any_check_list(data, lenient):
    more = {"duplicates": "keep_first"} if lenient else {}
    holds(read_observations, data, source("observations", SEEN, ObservationRules(), **more), STUDY)


JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=6),
        st.sampled_from(["mailto:a@b.example", "2026-03-02T08:00:00Z", "PT5M", "Group", SECRET]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
PARTS = ("id", "actor", "verb", "object", "result", "context", "timestamp", "stored")
WHOLE = {
    "id": "00000000-0000-4000-8000-000000000001",
    "actor": {"account": {"homePage": "https://app.example", "name": "k3f9a2"}},
    "verb": {"id": "https://app.example/verbs/goal_set"},
    "object": {"id": "https://app.example/1"},
    "timestamp": "2026-03-02T08:00:00Z",
}


@EXAMPLES
@given(st.lists(st.tuples(st.sampled_from(PARTS), JSON), max_size=4), st.text(max_size=20), st.booleans())
def test_any_log(changes, garbage, lenient):
    statements = [WHOLE | {part: value} for part, value in changes]
    lines = [json.dumps(s) for s in [WHOLE, *statements]] + [garbage]
    rules = EventRules(broken_lines="drop", wrong_clock="drop") if lenient else EventRules()
    more = {"duplicates": "keep_first"} if lenient else {}
    holds(read_events, lines, source("events", (), rules, **more), STUDY)
