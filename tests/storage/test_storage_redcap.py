"""REDCap: raw and labels, events in one file, tick boxes, the data dictionary, laid out as its manual shows."""

import pandas as pd
import pytest

from dww_analysis.errors import SourceError
from dww_analysis.storage import read_table

RAW = [
    [
        "record_id",
        "redcap_event_name",
        "redcap_repeat_instrument",
        "lpw_1",
        "tools___1",
        "tools___2",
        "base_timestamp",
        "base_complete",
    ],
    [1, "t0_arm_1", None, 3, 0, 1, "2024-01-05 10:00:00", 2],
    [2, "t0_arm_1", None, 4, 1, 0, "2024-01-06 10:00:00", 2],
    [1, "t1_arm_1", None, 5, 0, 0, "[not completed]", 0],
]
LABELS = [
    ["Record ID", "Event Name", "Ik leer", "Welke? (choice=Hamer)", "Complete?", "Ik deel", "Complete?"],
    [1, "Start", "Vaak", "Checked", "Complete", "Soms", "Incomplete"],
    [1, "Na een jaar", "Soms", "Unchecked", "Complete", "Soms", "Complete"],
]
DICTIONARY = (
    '"Variable / Field Name","Form Name","Field Type","Field Label","Choices, Calculations, OR Slider Labels"\n'
    'lpw_1,base,radio,"<b>Ik leer</b>","3, soms | 4, vaak, vaker | 5, altijd"\n'
    'tools,base,checkbox,Welke?,"1, hamer | 2, zaag"\n'
    'age,base,calc,Leeftijd,"[a] + 1, 2 | 3"\n'
)


def facts(table, name):
    return table.variables.set_index("name").loc[name]


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "ods"])
def test_raw_export_with_events_in_one_file(tmp_path, write_rows, suffix):
    table = read_table(write_rows(tmp_path / f"r.{suffix}", RAW))
    assert table.format == "redcap" and len(table.data) == 3
    assert facts(table, "tools___1")["value_labels"] == {0: "Unchecked", 1: "Checked"}
    assert facts(table, "base_complete")["value_labels"][2] == "Complete"
    assert table.data["base_timestamp"].isna().tolist() == [False, False, True]
    assert table.data["base_timestamp"].iloc[0] == pd.Timestamp("2024-01-05 10:00")
    assert any("t0_arm_1 (2), t1_arm_1 (1)" in note for note in table.notes)


def test_export_with_labels(tmp_path, write_rows):
    table = read_table(write_rows(tmp_path / "r.csv", LABELS))
    assert table.format == "redcap" and table.data["redcap_event_name"].tolist() == ["Start", "Na een jaar"]
    assert table.data["Complete?"].tolist() == ["Complete", "Complete"]
    assert table.data["Complete?.2"].tolist() == ["Incomplete", "Complete"]
    assert facts(table, "redcap_event_name")["label"] == "Event Name"


def test_the_data_dictionary_gives_labels(tmp_path, write_rows):
    (tmp_path / "dictionary.csv").write_text(DICTIONARY)
    table = read_table(write_rows(tmp_path / "r.csv", RAW), structure="dictionary.csv")
    assert facts(table, "lpw_1")["label"] == "Ik leer"
    assert facts(table, "lpw_1")["value_labels"] == {3: "soms", 4: "vaak, vaker", 5: "altijd"}
    assert facts(table, "tools___2")["label"] == "Welke? [zaag]"
    assert facts(table, "tools___2")["value_labels"] == {0: "Unchecked", 1: "Checked"}
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(SourceError, match="data dictionary"):
        read_table(tmp_path / "r.csv", structure="other.csv")


def test_a_table_that_only_resembles_redcap_is_a_table(tmp_path):
    (tmp_path / "a.csv").write_text("id,Event Name,base_complete\n1,x,2\n")
    assert read_table(tmp_path / "a.csv").format == "csv"
