"""Beeps of a diary: their status, lags within a day, centring, compliance and learning moments."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from learning_study import STUDY

from dww_analysis.domain.exposure import OWN_COLUMNS, DiaryRules
from dww_analysis.domain.study import DropRule, Source
from dww_analysis.errors import MeasurementError
from dww_analysis.exposure.diary import read_diary

ROUNDING = 1e-12  # means of a few numbers between 0 and 10

DIARY = Source(
    "diary",
    "diary.csv",
    None,
    "diary",
    "auto",
    "main",
    None,
    {
        "person": "who",
        "beep": "no",
        "sent": "sent",
        "started": "start",
        "finished": "end",
        "energy": "energy",
        "learning_source": "from",
    },
    rules=DiaryRules(expires_after_minutes=30),
)


def rows(*records, columns=("who", "no", "sent", "start", "end", "energy", "from")):
    frame = pd.DataFrame(list(records), columns=list(columns))
    frame.attrs["first_line"] = 2
    return frame


def read(data, source=DIARY, **changes):
    return read_diary(data, dataclasses.replace(source, **changes), STUDY, lambda code: "p" + code)


ONE_PERSON = [
    ("a1", 1, "2026-03-02 09:00", "2026-03-02 09:05", "2026-03-02 09:07", "4", "colleagues"),
    ("a1", 2, "2026-03-02 12:00", "2026-03-02 12:01", "2026-03-02 12:02", "6", "colleagues; protocols"),
    ("a1", 3, "2026-03-02 15:00", "", "", "", ""),
    ("a1", 4, "2026-03-02 18:00", "2026-03-02 18:10", "2026-03-02 18:12", "8", ""),
    ("a1", 5, "2026-03-03 00:30", "2026-03-03 00:31", "2026-03-03 00:32", "3", ""),
    ("a1", 6, "2026-03-03 09:00", "2026-03-03 09:02", "2026-03-03 09:03", "5", "models"),
    ("a1", 7, "2026-03-03 12:00", "2026-03-03 12:45", "2026-03-03 12:50", "9", "clients"),
]


def test_status_latency_and_late_answers():
    table = read(rows(*ONE_PERSON)).table
    expected = ["answered", "answered", "expired", "answered", "answered", "answered", "expired"]
    assert table["status"].tolist() == expected
    assert table["latency_minutes"].tolist()[:2] == [5, 1] and np.isnan(table["latency_minutes"].iloc[6])
    assert np.isnan(table["energy"].iloc[6])  # begun 45 minutes after the beep: no answer
    assert table["minutes"].iloc[0] == 2
    assert table["wave"].tolist() == [1] * 7


def test_no_item_can_have_the_name_of_another_column():
    own = {c for c in read(rows(*ONE_PERSON)).table if not c.startswith("energy")}
    assert own - {"person", "team", "beep"} == set(OWN_COLUMNS["diary"]) - {"row"}


def test_boxes_are_ticked_in_words_that_are_recoded():
    data = rows(*ONE_PERSON[:2]).assign(**{"from": ["waar", "leeg"]})
    columns = {k: c for k, c in DIARY.columns.items() if k != "learning_source"} | {"source_models": "from"}
    exposure = read(data, columns=columns, recode={"source_models": {"leeg": "0"}})
    assert exposure.features["source_models"].tolist() == [1]


def test_a_night_is_never_a_lag():
    table = read(rows(*ONE_PERSON)).table
    nan = np.nan
    # the beep of half past midnight belongs to the evening before; the next morning has no lag
    np.testing.assert_array_equal(table["lag_beeps"], [nan, 1, nan, 2, 1, nan, nan])
    np.testing.assert_array_equal(table["lag_minutes"], [nan, 180, nan, 360, 390, nan, nan])
    np.testing.assert_array_equal(table["night_minutes"], [nan, nan, nan, nan, nan, 510, nan])
    np.testing.assert_array_equal(table["energy_lag"], [nan, 4, nan, nan, 8, nan, nan])


def test_centring_leaves_nothing_between_persons():
    rng = np.random.default_rng(1)
    data = rows(
        *[
            (f"p{n % 7}", n, f"2026-03-{2 + n // 50:02d} 09:{n % 50:02d}", "", f"2026-03-{2 + n // 50:02d} 10:00",
             round(rng.uniform(0, 10), 3), "")
            for n in range(200)
        ]
    )  # fmt: skip
    table = read(data, rules=DiaryRules()).table
    within = table.groupby("person")["energy_within"].mean()
    assert within.abs().max() < ROUNDING
    np.testing.assert_allclose(table["energy_within"] + table["energy_between"], table["energy"], atol=1e-9)
    brute = {p: g["energy"].mean() for p, g in table.groupby("person")}
    np.testing.assert_allclose(table["energy_between"], table["person"].map(brute))


def test_features_count_moments_once_and_sources_each():
    features = read(rows(*ONE_PERSON)).features.iloc[0]
    assert features[["beeps_sent", "beeps_answered", "beeps_expired", "diary_days"]].tolist() == [7, 5, 2, 2]
    assert features["compliance"] == pytest.approx(5 / 7)
    assert features["moments"] == 3
    assert features[["source_colleagues", "source_protocols", "source_models", "source_clients"]].tolist() == [
        2, 1, 1, 0,
    ]  # fmt: skip
    assert features[["moments_direct", "moments_indirect"]].tolist() == [2, 2]
    assert "process_feedback" not in features  # never asked: not zero


def test_boxes_recoded_words_and_waves_by_date():
    source = dataclasses.replace(
        DIARY,
        columns={
            "person": "who", "scheduled": "plan", "finished": "end", "source_clients": "box",
            "learning_process": "how",
        },
        recode={"learning_process": {"Terugkijken": "reflecting"}},
        rules=DiaryRules(separator="|"),
    )  # fmt: skip
    columns = ("who", "plan", "end", "box", "how")
    data = rows(
        ("a", 1772182800, 1772182860, "1", "terugkijken|feedback"),  # 2026-02-27 10:00 in the Netherlands
        ("a", 1774429200000, 1774429260000, "0", ""),  # 2026-03-25
        ("a", 1781684400, 1781684460, "1", "trying"),  # 2026-06-17, after the last wave
        columns=columns,
    )
    exposure = read(data, source)
    assert exposure.table["time"].iloc[0] == pd.Timestamp("2026-02-27 10:00")
    assert exposure.table["wave"].astype("float").tolist()[:2] == [0, 1]
    assert pd.isna(exposure.table["wave"].iloc[2])
    features = exposure.features.set_index("wave")
    assert features.loc[0, ["moments", "source_clients", "process_reflecting", "process_feedback"]].tolist() == [
        1, 1, 1, 1,
    ]  # fmt: skip
    assert features.loc[1, "moments"] == 0 and 2 not in features.index


def test_sent_and_scheduled_stay_apart_without_expiry():
    source = dataclasses.replace(DIARY, columns=DIARY.columns | {"scheduled": "plan"}, rules=DiaryRules())
    data = rows(*ONE_PERSON[2:4]).assign(plan="2026-03-02 15:00")
    data = pd.concat([data, data.iloc[[0]].assign(no=9, sent="", plan="2026-03-02 19:00")], ignore_index=True)
    assert read(data, source).table["status"].tolist() == ["sent", "answered", "scheduled"]
    features = read(data, source).features.iloc[0]
    assert features[["beeps_scheduled", "beeps_sent", "compliance"]].tolist() == [3, 2, 0.5]


def test_all_problems_at_once_without_cells():
    data = rows(
        ("secretname", 1, "yesterday", "", "", "4", ""),
        ("b", 1, "2026-03-02 09:00", "2026-03-02 08:00", "2026-03-02 08:01", "4", ""),
        ("c", 1, "2026-03-02 09:00", "", "2026-03-02 09:01", "happy", "Aunt Truus"),
        ("d", 1, "2026-03-02 09:00", "", "2026-03-02 09:01", "11", ""),
        ("e", 1, "2026-03-02 09:00", "", "2026-03-02 09:01", "1", ""),
        ("E", 1, "2026-03-02 09:00", "", "2026-03-02 09:01", "2", ""),
    )
    with pytest.raises(MeasurementError) as error:
        read(data, rules=DiaryRules(ranges={"energy": (0, 10)}))
    found = " | ".join(p.found for p in error.value.problems)
    for part in ("not a time on 1 row (line 2)", "(line 3)", "not a number on 1 row (line 4)",
                 "an unknown source of learning on 1 row (line 4)", "out of range on 1 row (line 5)",
                 "the same beep of one person more than once on 2 rows (line 6, 7)"):  # fmt: skip
        assert part in found
    text = str(error.value)
    assert not any(cell in text for cell in ("secretname", "yesterday", "happy", "Truus"))


def test_rules_settle_what_would_stop():
    data = rows(
        ("a", 1, "2026-03-02 09:00", "2026-03-02 08:00", "2026-03-02 08:01", "4", ""),
        ("a", 2, "2026-03-02 12:00", "", "", "", ""),
        ("a", 2, "2026-03-02 12:00", "2026-03-02 12:01", "2026-03-02 12:02", "7", "students"),
        ("", 3, "2026-03-02 15:00", "", "", "", ""),
        ("test", 3, "2026-03-02 15:00", "", "", "", ""),
    )
    exposure = read(
        data,
        rules=DiaryRules(impossible_times="drop"),
        duplicates="keep_last_complete",
        drop_rows=(DropRule("who", ("test",), "test person"),),
    )
    assert exposure.table["energy"].tolist() == [7]
    dropped = exposure.flow[exposure.flow["step"] == "dropped"].set_index("reason")["rows"].to_dict()
    assert dropped == {
        "test person": 1,
        "no person code": 1,
        "answered before it was sent": 1,
        "duplicate submission": 1,
    }
    assert exposure.flow.set_index("step").loc[["read", "kept"], "rows"].tolist() == [5, 1]


@pytest.mark.parametrize("column", ["sent", "start", "end"])
def test_a_clock_that_was_reset_is_a_problem(column):
    data = rows(*ONE_PERSON[:2])
    data.loc[0, column] = "1970-01-01 00:03"
    with pytest.raises(MeasurementError, match=r"or from before 1990, on 1 row \(line 2\)"):
        read(data)
    exposure = read(data, rules=DiaryRules(impossible_times="drop"))
    assert exposure.notes == ("diary: 1 wrong clock",) and len(exposure.table) == 1


def test_columns_that_identify_are_refused():
    data = rows(*ONE_PERSON).assign(energy="x@home.example")
    with pytest.raises(MeasurementError, match="identifies persons"):
        read(data)
    with pytest.raises(MeasurementError, match="neither finished nor started"):
        read(rows(*ONE_PERSON), columns={"person": "who", "sent": "sent"})


def test_a_daily_questionnaire_knows_only_its_answers():
    """Without rows for unanswered days compliance is unknown, unless the study says how many days were asked."""
    columns = {"person": "token", "started": "startdate", "finished": "submitdate", "energy": "G01"}
    source = dataclasses.replace(DIARY, columns=columns, rules=DiaryRules())
    data = rows(
        ("a", "2026-03-02 17:00:00", "2026-03-02 17:03:00", "6"),
        ("a", "2026-03-03 17:00:00", "2026-03-03 17:03:00", "7"),
        ("b", "2026-03-02 17:00:00", "", ""),
        columns=("token", "startdate", "submitdate", "G01"),
    )
    exposure = read(data, source)
    assert exposure.table["status"].tolist() == ["answered", "answered", "sent"]
    assert exposure.table["lag_minutes"].isna().all() and exposure.table["night_minutes"].iloc[1] == 1440
    assert exposure.features["compliance"].isna().all()
    expected = read(data, dataclasses.replace(source, rules=DiaryRules(expected_beeps=5))).features
    assert expected["compliance"].tolist() == [0.4, 0.0] and expected["beeps_sent"].tolist() == [5, 5]
