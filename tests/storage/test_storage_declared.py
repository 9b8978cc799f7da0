"""Declared tables give their types back whatever kind of number or text stood in a column."""

import numpy as np
import pandas as pd
import pytest

from dww_analysis.domain.tables import Column, Table
from dww_analysis.errors import SourceError
from dww_analysis.storage.declared import typed

TABLE = Table(
    "trial",
    (
        Column("name", "text", shows="key"),
        Column("n", "whole", absent=True),
        Column("mean", "number", absent=True),
    ),
    ("name",),
    more=True,
)
NUMBERS = {
    "small": np.array([1, 2], dtype="int8"),
    "unsigned": np.array([1, 2], dtype="uint16"),
    "single": np.array([1, 2], dtype="float32"),
    "texts": ["1", "2"],
    "objects": np.array([1, 2.0], dtype=object),
    "nullable": pd.array([1, 2], dtype="Int64"),
}


@pytest.mark.parametrize("how", NUMBERS)
def test_numbers_come_back_as_declared(how):
    given = pd.DataFrame({"name": ["a", "b"], "more": [True, False], "n": NUMBERS[how], "mean": NUMBERS[how]})
    found = typed(given, TABLE, "trial.csv")
    assert found.columns.tolist() == ["name", "more", "n", "mean"]
    assert found["n"].tolist() == [1, 2] and found["n"].dtype == "int64"
    assert found["mean"].tolist() == [1.0, 2.0] and found["mean"].dtype == "float64"
    assert found["more"].dtype == "bool"


def test_absent_numbers_stay_absent_and_rows_keep_their_labels():
    given = pd.DataFrame({"name": ["a", "b"], "n": [np.nan, 3.0], "mean": [0.5, np.nan]}, index=[7, 7])
    found = typed(given, TABLE, "trial.csv")
    assert found.index.tolist() == [7, 7] and found["n"].dtype == "float64"
    assert found.isna().to_numpy().tolist() == [[False, True, False], [False, False, True]]
    assert given["n"].isna().tolist() == [True, False]


@pytest.mark.parametrize("values", [[1.5, 2.0], np.array([1.5, 2.0], dtype="float32"), ["x", "2"]])
def test_what_is_no_whole_number_is_counted(values):
    given = pd.DataFrame({"name": ["a", "b"], "n": values, "mean": [0.0, 0.0]})
    with pytest.raises(SourceError, match="1 of 2 values are not of kind whole"):
        typed(given, TABLE, "trial.csv")
