"""The register of formats and their options; what a file needs to be told, as data."""

import pytest

from dww_analysis.errors import SourceError
from dww_analysis.storage import formats, needed_options, option_problems, options_of, read_table
from dww_analysis.storage.register import FORMATS, KINDS


def test_every_option_has_a_type_and_a_meaning():
    for format in FORMATS.values():
        for option in format.options:
            assert option.kind in KINDS and len(option.meaning) > 10
            assert all(option.takes(choice) for choice in option.choices)
    assert {"header_line", "header_rows", "sheet"} <= {o.name for o in options_of("xlsx")}
    assert {o.name for o in options_of("auto")} >= {"sheet", "delimiter", "catalog", "member"}
    assert [o.name for o in options_of("lines")] == ["encoding"]
    assert set(formats()["format"]) == set(FORMATS)


@pytest.mark.parametrize(
    ("format", "options", "says"),
    [
        ("csv", {"delimeter": ";"}, "write 'delimiter'"),
        ("csv", {"sheet": "x"}, "'sheet' is an option of xlsx, ods"),
        ("csv", {"kolommen": 3}, "one of delimiter, encoding, header_line"),
        ("xlsx", {"header_line": "4"}, "a whole number from 1"),
        ("xlsx", {"header_line": 0}, "a whole number from 1"),
        ("xlsx", {"header_line": True}, "a whole number from 1"),
        ("csv", {"header_rows": 2.0}, "a whole number from 1 to 5"),
        ("csv", {"header_rows": 500}, "to 5"),
        ("csv", {"decimal": "komma"}, "one of '.', ','"),
        ("csv", {"dates": "no"}, "true or false"),
        ("csv", {"absent": "NA"}, "a list of texts"),
        ("csv", {"absent": [1]}, "a list of texts"),
        ("csv", {"duplicate_names": "rename"}, "one of 'stop', 'number'"),
        ("csv", {"delimiter": ";;"}, "one character"),
        ("csv", {"encoding": None}, "a text"),
        ("csv", {"structure": ["a"]}, "a text"),
        ("xlsx", {"sheet": 1.5}, "a text, or a whole number"),
        ("sav", {"encoding": 8}, "a text"),
        ("lines", {"delimiter": ";"}, "not known"),
    ],
)
def test_options_that_are_wrong(format, options, says):
    (problem,) = option_problems(format, options, "sources.yaml, source a")
    assert says in str(problem) and problem.where == "sources.yaml, source a"


def test_all_options_that_are_wrong_are_told_at_once(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    with pytest.raises(SourceError) as error:
        read_table(tmp_path / "a.csv", shet="x", decimal=3, header_line="4", dates="no")
    assert len(error.value.problems) == 4
    assert option_problems("auto", {"sheet": 1, "delimiter": "tab", "member": "a", "catalog": "c"}, "x") == []


def test_what_a_file_needs_is_data(tmp_path, write_xlsx):
    rows = [["Titel"], ["code", "Status", "Status"], ["A", 0, 1], ["B", 1, 1]]
    write_xlsx(tmp_path / "a.xlsx", {"Uitleg": [["lees"]], "Data": rows})
    look = needed_options(tmp_path / "a.xlsx")
    assert [n.option for n in look.needs] == ["sheet", "header_line", "duplicate_names"]
    assert look.suggested == {"sheet": "Data", "header_line": 2, "duplicate_names": "number"}
    assert look.table is not None and look.table.data.columns.tolist() == ["code", "Status", "Status.2"]
    assert read_table(tmp_path / "a.xlsx", **look.suggested).data.equals(look.table.data)


def test_a_choice_that_does_not_lie_at_hand_stays_open(tmp_path, write_zip):
    look = needed_options(write_zip(tmp_path / "a.zip", {"a.csv": b"a\n1\n", "b.csv": b"a\n1\n"}))
    assert look.suggested == {} and look.table is None and look.needs[0].choices == ("a.csv", "b.csv")
    (tmp_path / "b.sav").write_bytes(b"$FL2")
    look = needed_options(tmp_path / "b.sav")
    assert look.needs == () and look.table is None and look.error is not None
    look = needed_options(tmp_path / "absent.csv")
    assert "not there" in str(look.error)
