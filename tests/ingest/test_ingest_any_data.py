"""Whatever a file holds, ingest gives measurements that keep their promises, or a list of problems."""

import datetime as dt

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dww_analysis.delivery.table import DeliveredTable
from dww_analysis.domain.measurements import MissingReason
from dww_analysis.domain.study import Background, Source, Study, Wave
from dww_analysis.errors import MeasurementError
from dww_analysis.ingest import combine, ingest_source
from dww_analysis.storage.tables import variables_frame

STUDY = Study(
    "s", {"en": "S"}, "invented", "2026-01-01", "waves_only", (Wave(0, {"en": "0"}), Wave(1, {"en": "1"})), (), None,
    {"main": {"en": "all"}}, {},
    (Background("sex", {"en": "Sex"}, "category", {"1": {"en": "a"}, "2": {"en": "b"}}),
     Background("age", {"en": "Age"}, "number", valid_range=(15, 80))),
)  # fmt: skip
RANGES = {"i1": (1, 5), "i2": (0, 10)}
CODES = st.sampled_from([None, "", "a1", "A1 ", "b2", "c3", "1", 1.0, "é"])
NUMBERS = st.one_of(
    st.none(),
    st.integers(-1, 12),
    st.floats(allow_nan=True),
    st.sampled_from(["3", " 4", "x", "N/A", "2,5", "9", ""]),
)
OTHERS = st.one_of(st.none(), st.integers(0, 3), st.sampled_from(["1", "2", "a", "zz"]), st.booleans())
ROWS = st.lists(st.tuples(CODES, CODES, NUMBERS, NUMBERS, OTHERS, NUMBERS, st.booleans()), max_size=8)


def ingest(rows, wave, duplicates, out_of_range, complete):
    data = pd.DataFrame(rows, columns=["P", "T", "Q1", "Q2", "S", "A", "Done"])
    source = Source(
        f"w{wave}", f"w{wave}.csv", None, "answers", "auto", "main", wave,
        {"person": "P", "team": "T", "i1": "Q1", "i2": "Q2", "sex": "S", "age": "A"},
        duplicates=duplicates, out_of_range=out_of_range, missing_codes={"9": "not applicable", "x": "skipped"},
        complete=("Done", "1") if complete else None,
    )  # fmt: skip
    variables = variables_frame(
        list(data.columns), missing_values={"Q2": ["N/A", 2]}, missing_ranges={"Q2": [(11, 12)]}
    )
    return ingest_source(DeliveredTable.of(data, source, variables), STUDY, RANGES, lambda code: f"p{code}")


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.tuples(ROWS, ROWS),
    st.sampled_from(["stop", "keep_first", "keep_last_complete"]),
    st.sampled_from(["stop", "missing"]),
    st.booleans(),
)
def test_measurements_keep_their_promises(tables, duplicates, out_of_range, complete):
    try:
        parts = [ingest(rows, w, duplicates, out_of_range, complete) for w, rows in enumerate(tables)]
        measurements, flow = combine(parts, None, STUDY)
    except MeasurementError as error:
        assert error.problems and all(p.found and p.where and p.expected and p.action for p in error.problems)
        return
    answers, missing = measurements.answers, measurements.missing
    assert not answers.duplicated(["sample", "person", "wave"]).any()
    for name, (low, high) in (RANGES | {"age": (15, 80)}).items():
        assert answers[name].dropna().between(low, high).all()
    assert answers["sex"].dropna().isin(["1", "2"]).all()
    assert set(missing["reason"]) <= {str(r) for r in MissingReason}
    names = ["i1", "i2", "sex", "age"]
    absent = answers[names].isna().to_numpy()
    keys = {(answers["person"].iloc[i], answers["wave"].iloc[i], names[j]) for i, j in np.argwhere(absent)}
    told = list(zip(missing["person"], missing["wave"], missing["column"], strict=True))
    assert len(told) == len(set(told)) and set(told) == keys
    for part in parts:
        rows = part.flow.set_index("step")["rows"]
        dropped = part.flow.loc[part.flow["step"] == "dropped", "rows"].sum()
        assert rows["read"] == rows["kept"] + dropped and rows["kept"] == len(part.answers)
    assert (flow["count"] >= 0).all()


def test_dates_where_numbers_are_expected_are_a_problem_and_no_crash():
    rows = [("a1", "t", dt.datetime(2026, 1, 1), 3, 1, 30, True)]
    try:
        ingest(rows, 0, "stop", "stop", False)
    except MeasurementError as error:
        assert "words, not codes" in str(error)
