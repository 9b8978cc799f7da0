"""Answers in words, and files with several waves below each other."""

import numpy as np
import pandas as pd
import pytest

from dww_analysis.config.sources import SourcesConfig
from dww_analysis.delivery.rows import rows_of_source
from dww_analysis.errors import SourceError
from dww_analysis.ingest.values import Facts, read_numbers


def read(texts, recode):
    facts = Facts("ab_02", "AB2", "w0.csv, column AB2 (ab_02)", recode=recode, valid_range=(1, 3))
    return read_numbers(pd.Series(texts), facts, np.arange(2, 2 + len(texts)))


def test_case_and_spaces_do_not_count_in_words():
    column = read(["Vaak", "vaak ", "VAAK", "heel  vaak", "Heel vaak", None], {"vaak": "2", "Heel Vaak": "3"})
    assert not column.problems
    assert column.values[:5].tolist() == [2, 2, 2, 3, 3] and np.isnan(column.values[5])
    assert column.recoded == {"vaak": 3, "Heel Vaak": 2}


def test_an_exact_code_comes_before_one_in_another_case():
    assert read(["a", "A"], {"a": "1", "A": "2"}).values.tolist() == [1, 2]


@pytest.mark.parametrize("blanks", [" ", "  ", "\u00a0", "\u2009", "\u200b", "\t"])
def test_blanks_around_a_number_change_nothing_and_within_it_are_refused(blanks):
    facts = Facts("age", "Age", "w0.csv, column Age (age)", open_number=True)
    texts = [f"3,5{blanks}", f"{blanks}3.5", f"{blanks}4{blanks}", blanks, "3 ,5", "1 234,5"]
    column = read_numbers(pd.Series(texts), facts, np.arange(2, 8))
    assert column.values[:3].tolist() == [3.5, 3.5, 4] and np.isnan(column.values[3:]).all()
    (problem,) = column.problems
    assert problem.found.startswith("2 answers are words") and "line 6, 7" in problem.found


def test_words_that_are_left_are_named_with_their_counts_unless_one_person_wrote_them():
    (problem,) = read(["vaak", "soms", "soms", "nooit", "ik weet het niet meer zo"], {"vaak": "2"}).problems
    assert "'soms' (2)" in problem.found and "nooit" not in problem.found and "ik weet" not in problem.found
    assert "vaak" not in problem.found and "ab_02" in problem.where


def sources(*values, drop=()):
    entries = [
        {
            "id": f"w{i}",
            "file": "long.csv",
            "wave": i,
            "columns": {"person": "code", "x": "X"},
            "rows": {"column": "t", "value": v},
        }
        for i, v in enumerate(values)
    ]
    return SourcesConfig.model_validate({"sources": entries}).to_domain()


LONG = pd.DataFrame({"code": list("aabbcc"), "t": ["voor", "na"] * 3, "X": range(6)})


def test_each_source_takes_its_rows():
    first, second = sources("voor", "na")
    assert rows_of_source(LONG, first).tolist() == [True, False] * 3
    assert rows_of_source(LONG, second).tolist() == [False, True] * 3
    (both,) = sources(["voor", "na"])
    assert rows_of_source(LONG, both).all()
    assert (first.shared, second.shared) == ((), ())  # other rows: the same column is another answer


def test_rows_of_no_source_and_values_of_no_row_are_refused():
    (only,) = sources("voor")
    with pytest.raises(SourceError, match=r"3 of 6 rows belong to no source: na \(3 rows\)\n"):
        rows_of_source(LONG, only)
    first, second, third = sources("voor", "na", "later")
    with pytest.raises(SourceError, match="no row has the value 'later'"):
        rows_of_source(LONG, third)
    blank = LONG.assign(t=["voor", "na", "voor", "na", None, "na"])
    with pytest.raises(SourceError, match="1 of 6 rows have no value in the column of `rows`") as refused:
        rows_of_source(blank, first)
    assert len(refused.value.problems) == 1, "it is not also said that they belong to no source"
    first, *_ = sources("voor", ["na", ""])
    assert rows_of_source(blank, first).tolist() == [True, False, True, False, False, False]
    with pytest.raises(SourceError, match="not in the file"):
        rows_of_source(LONG.drop(columns="t"), second)
