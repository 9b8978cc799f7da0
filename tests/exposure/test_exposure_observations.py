"""Observation check-lists: what was met, what had no occasion, and agreement of observers."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from learning_study import STUDY

from dww_analysis.domain.exposure import OWN_COLUMNS, ObservationRules
from dww_analysis.domain.study import Source
from dww_analysis.errors import MeasurementError
from dww_analysis.exposure.observations import observer_agreement, read_observations

LIST = Source(
    "seen", "seen.xlsx", None, "observations", "auto", "main", None,
    {"person": "wie", "date": "dag", "observer": "door", "a": "A", "b": "B", "c": "C"},
    rules=ObservationRules(),
)  # fmt: skip


def read(*rows, **changes):
    frame = pd.DataFrame(list(rows), columns=["wie", "dag", "door", "A", "B", "C"])
    frame.attrs["first_line"] = 2
    return read_observations(frame, dataclasses.replace(LIST, **changes), STUDY, lambda code: "p" + code)


def test_no_occasion_is_not_no():
    exposure = read(
        ("k1", "02-03-2026", "x", "ja", "nee", "n.v.t."),
        ("k1", "09-03-2026", "x", "Deels", "ja", "ja"),
        ("k1", "16-03-2026", "y", "ja", "", "niet gezien"),
    )
    assert exposure.table["met"].tolist()[:2] == [0.5, pytest.approx(2.5 / 3)]
    assert np.isnan(exposure.table["met"].iloc[2])  # one of three items was seen
    assert exposure.table["n_observed"].tolist() == [2, 3, 1]
    features = exposure.features.iloc[0]
    assert features[["wave", "observations", "observers"]].tolist() == [1, 3, 2]
    assert features["met"] == pytest.approx((0.5 + 2.5 / 3) / 2)
    assert len(exposure.detail) == 6
    assert set(exposure.table["observer"]) == {"pOBSERVER:X", "pOBSERVER:Y"}


def test_all_problems_at_once_and_rules():
    rows = [
        ("k1", "sometime", "x", "ja", "ja", "ja"),
        ("k2", "02-03-2026", "x", "secret", "ja", "ja"),
        ("k3", "02-03-2026", "x", "nee", "ja", "ja"),
        ("k3", "02-03-2026", "x", "ja", "ja", "ja"),
    ]
    with pytest.raises(MeasurementError) as error:
        read(*rows)
    found = {p.found for p in error.value.problems}
    assert found == {
        "no date since 1990 on 1 row (line 2)",
        "an unknown word on 1 row (line 3)",
        "the same observation on 2 rows (line 4, 5)",
    }
    assert "secret" not in str(error.value) and "sometime" not in str(error.value)
    assert read(*rows[2:], duplicates="keep_last_complete").table["a"].tolist() == [1]
    own = ObservationRules(words={"secret": 0.25, "ja": 1.0})
    assert read(rows[1], rules=own).table["a"].tolist() == [0.25]


@pytest.mark.parametrize("date", ["1970-01-01", "00-01-1900", "0001-01-01"])
def test_a_date_of_before_there_were_check_lists_is_none(date):
    with pytest.raises(MeasurementError, match=r"no date since 1990 on 1 row \(line 2\)"):
        read(("k1", date, "x", "ja", "ja", "ja"), ("k1", "02-03-2026", "x", "ja", "ja", "ja"))


def test_words_are_recoded_and_codes_for_no_answer_left_out():
    exposure = read(
        ("k1", "02-03-2026", "x", "gezien", "nee", "999"),
        recode={"a": {"Gezien": "ja"}},
        missing_codes={"999": "skipped"},
    )
    assert exposure.table[["a", "b"]].to_numpy().tolist() == [[1, 0]] and np.isnan(
        exposure.table["c"].iloc[0]
    )


def test_no_item_can_have_the_name_of_another_column():
    exposure = read(("k1", "02-03-2026", "x", "ja", "ja", "ja"))
    names = {*exposure.table, *exposure.detail} - {"item"}  # names of items stand below it, beside no column
    assert names - {*LIST.columns, "team"} == set(OWN_COLUMNS["observations"])


def test_agreement_of_two_observers_after_scott():
    """Ten pairs: 4 both yes, 3 both no, 3 differ. p_o = .7; shares .55 and .45; p_e = .505; pi = .3939."""
    pairs = [(1, 1)] * 4 + [(0, 0)] * 3 + [(1, 0)] * 2 + [(0, 1)]
    rows = []
    for n, (one, other) in enumerate(pairs):
        for observer, value in (("x", one), ("y", other)):
            rows.append((f"k{n}", "2026-03-02", observer, "ja" if value else "nee", "ja", ""))
    agreement = observer_agreement(read(*rows).detail).set_index("item")
    assert agreement.loc["a", ["n_pairs", "n_persons", "equal"]].tolist() == [10, 10, 0.7]
    assert agreement.loc["a", "scott_pi"] == pytest.approx((0.7 - 0.505) / (1 - 0.505))
    assert agreement.loc["b", "equal"] == 1 and np.isnan(agreement.loc["b", "scott_pi"])
    assert "c" not in agreement.index
