"""Quotes inside cells, in both spellings. What is written here by Python's and R's own writers comes back."""

import csv

import pytest

from dww_analysis.errors import SourceError
from dww_analysis.storage import read_table

TEXTS = ['zei "ja" hoor', 'zei "ja", en; ging', "gewoon", 'eindigt op "', '"begint', 'regel\nmet "q" erin']


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_quotes_that_python_escapes_by_a_backslash(tmp_path, mark):
    with open(tmp_path / "a.csv", "w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(
            handle,
            delimiter=mark,
            doublequote=False,
            escapechar="\\",
            quoting=csv.QUOTE_ALL,
            lineterminator="\n",
        )
        writer.writerows([["id", "q", "t"], *([i, 3, text] for i, text in enumerate(TEXTS))])
    table = read_table(tmp_path / "a.csv")
    assert table.data["t"].tolist() == TEXTS
    assert table.lines.tolist() == [2, 3, 4, 5, 6, 7]
    assert any("backslash" in note for note in table.notes)


def test_a_file_of_r_keeps_the_backslashes_of_a_path(tmp_path):
    # R 4.2: write.csv(data.frame(id = 1:2, t = c('a "b", c', 'C:\\map')), row.names = FALSE, qmethod = "escape")
    (tmp_path / "a.csv").write_text('"id","t"\n1,"a \\"b\\", c"\n2,"C:\\map"\n')
    assert read_table(tmp_path / "a.csv").data["t"].tolist() == ['a "b", c', "C:\\map"]


def test_a_backslash_before_a_closing_quote_stays_where_quotes_are_doubled(tmp_path):
    (tmp_path / "a.csv").write_text('id,q,txt\n1,2,"C:\\map\\"\n2,3,"zei ""ja"" hoor"\n')
    table = read_table(tmp_path / "a.csv")
    assert table.data["txt"].tolist() == ["C:\\map\\", 'zei "ja" hoor']
    assert not any("backslash" in note for note in table.notes)


@pytest.mark.parametrize(
    "text",
    [
        'id,q,t\n1,2,"zei "ja" hoor"\n2,3,x\n',
        'id,q,t\n1,2,"zei "ja", hoor"\n2,3,x\n',
        'id,q,t\n1,2,"a \\"b\\" c"d\n2,3,x\n',
    ],
)
def test_quotes_that_follow_neither_spelling_are_refused_with_their_line(tmp_path, text):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(SourceError, match=r"line 2: a quoted cell goes on after its closing quote"):
        read_table(tmp_path / "a.csv")


def test_the_line_counts_what_stands_above(tmp_path):
    (tmp_path / "a.csv").write_text('sep=,\nTitel\nid,q,t\n1,2,x\n1,2,"zei "ja" hoor"\n')
    with pytest.raises(SourceError, match="line 5"):
        read_table(tmp_path / "a.csv", header_line=3)


def test_inches_outside_quotes_are_text(tmp_path):
    (tmp_path / "a.csv").write_text('id,t\n1,5" buis\n2,"6"" buis"\n')
    assert read_table(tmp_path / "a.csv").data["t"].tolist() == ['5" buis', '6" buis']
