"""Persons who are the only one with their values, counted by hand."""

import pandas as pd

from dww_analysis.privacy.alone import persons_alone

ROWS = pd.DataFrame(
    [("a", "T1", "1"), ("a", "T1", "1"), ("b", "T1", "1"), ("c", "T1", "2"), ("d", "T2", None), ("e", "T2", None),
     ("f", "T3", None), ("f", "T1", "1")],
    columns=["person", "team", "age"],
)  # fmt: skip


def test_rows_of_one_person_are_no_company():
    assert persons_alone(ROWS, ["person"], ["team", "age"]) == 2  # c; f in T3, where no answer was given
    assert persons_alone(ROWS[ROWS["person"] == "a"], ["person"], ["team"]) == 1


def test_nothing_known_and_nobody_there():
    assert persons_alone(ROWS, ["person"], []) == 0
    assert persons_alone(ROWS.iloc[:0], ["person"], ["team"]) == 0
