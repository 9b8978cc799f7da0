"""Learning agendas: each item as it stands now, gaps both ways, and team values beside building blocks."""

import pandas as pd
import pytest

from dww_analysis.domain.practice import NationalItem, Practice, Region, Role, Theme
from dww_analysis.domain.study import Source
from dww_analysis.errors import PracticeError
from dww_analysis.practice import agenda_gaps, agenda_items, agenda_table, read_agenda, team_values

COLUMNS = ["item", "level", "region", "theme", "status", "since", "owner_role"]
ROWS = [
    ("i1", "national", "", "time", "taken up", "2025-01-01", "boards"),
    ("i2", "national", "", "", "stopped", "2025-01-01", ""),
    ("i3", "national", "", "", "new", "2025-01-01", ""),
    ("a", "region", "north", "time", "new", "2025-03-01", "boards"),
    ("a", "region", "north", "time", "taken up", "2026-03-01", "parents"),
    ("b", "region", "north", "voice", "new", "2025-05-01", ""),
    ("c", "region", "south", "voice", "anchored", "2025-05-01", ""),
    ("d", "region", "south", "old", "new", "2025-05-01", ""),
    ("e", "region", "south", "gone", "new", "2025-05-01", ""),
    ("e", "region", "south", "gone", "stopped", "2025-06-01", ""),
]


def same(text):
    return {"nl": text, "en": text}


PRACTICE = Practice(
    roles=(Role("parents", same("p")), Role("boards", same("b"))),
    themes=(
        Theme("time", same("time"), "i1"), Theme("voice", same("voice")), Theme("old", same("old"), "i2"),
        Theme("gone", same("gone"), "i3"),
    ),
    national=tuple(NationalItem(i, same(i)) for i in ("i1", "i2", "i3")),
    regions=(Region("north", same("N")), Region("south", same("S"))),
)  # fmt: skip


def source(id="agenda"):
    return Source(
        id=id, file="agenda.csv", sha256=None, kind="agenda", format="auto", sample="main", wave=None,
        columns={c: c for c in COLUMNS},
    )  # fmt: skip


def items_of(rows=ROWS, practice=PRACTICE):
    read = read_agenda(pd.DataFrame(rows, columns=COLUMNS), source(), practice)
    return agenda_items([(source(), read)], practice)


def test_an_item_stands_as_its_last_row_says():
    found = agenda_table(items_of()).set_index("id")
    assert found.loc["north.a", ["status", "since", "first", "owner_role", "national"]].tolist() == [
        "taken up", "2026-03-01", "2025-03-01", "parents", "i1",
    ]  # fmt: skip
    assert found["carried_over"].to_dict() == {i: i == "north.a" for i in found.index}, (
        "what stopped runs no more"
    )
    assert len(found) == 8


def test_gaps_go_both_ways():
    assert agenda_gaps(items_of(), ("i1", "i2", "i3")) == {
        ("not_national", "voice"): 2,  # in north and south
        ("stopped_nationally", "old"): 1,
        ("asked_nowhere", "i3"): 0,  # its only region stopped
    }


def test_the_order_of_rows_and_a_second_export_change_nothing():
    mixed = [*ROWS[::-1], *ROWS[:3]]
    read = read_agenda(pd.DataFrame(mixed, columns=COLUMNS), source(), PRACTICE)
    assert read.repeated == 3
    assert agenda_items([(source(), read), (source("again"), read)], PRACTICE) == items_of()


def test_two_sources_that_contradict_each_other_are_refused():
    one = read_agenda(pd.DataFrame(ROWS, columns=COLUMNS), source(), PRACTICE)
    other = read_agenda(
        pd.DataFrame([("a", "region", "north", "time", "stopped", "2026-03-01", "")], columns=COLUMNS),
        source(), PRACTICE,
    )  # fmt: skip
    with pytest.raises(PracticeError, match="1 agenda items of which two sources"):
        agenda_items([(source(), one), (source("other"), other)], PRACTICE)


def test_all_problems_of_a_file_come_at_once():
    rows = [
        ("i9", "national", "", "time", "new", "2025-01-01", ""),
        ("a", "region", "", "tme", "begun", "later", "nobody"),
    ]
    with pytest.raises(PracticeError) as refused:
        read_agenda(pd.DataFrame(rows, columns=COLUMNS), source(), PRACTICE)
    said = str(refused.value)
    for part in ("'i9'", "without a region", "'tme'", "did you mean", "'begun'", "no day", "'nobody'"):
        assert part in said, part


def measured(team_mean="yes"):
    where = {"sample": "main", "scale": "safety"}
    descriptives = pd.DataFrame(
        [
            where | {"wave": 0, "arm": "", "n": 90, "mean": 3.0, "sd": 1.0},
            where | {"wave": 1, "arm": "", "n": 100, "mean": 4.0, "sd": 1.0},
            where | {"wave": 1, "arm": "control", "n": 50, "mean": 1.0, "sd": 1.0},
        ]
    )
    reliability = pd.DataFrame(
        [where | {"wave": w, "icc1": 0.1, "n_teams": 10, "team_mean": team_mean} for w in (0, 1)]
    )
    return descriptives, reliability


def test_the_value_of_teams_has_the_design_effect_of_teams():
    (found,) = team_values(*measured(), ["safety", "other"], "study")
    # R: qt(.975, 9) * 1 / sqrt(100) * sqrt(1 + (10 - 1) * .1) = 2.262157 * .1 * 1.378405
    assert (found.value, found.n) == (4.0, 100)
    assert found.conf_high - found.value == pytest.approx(2.262157 * 0.1 * 1.378405, abs=1e-6)


@pytest.mark.parametrize("verdict", ["no", "", float("nan")])
def test_teams_have_no_value_where_members_do_not_agree(verdict):
    assert team_values(*measured(verdict), ["safety"], "study") == []


def test_a_column_of_days_in_which_nothing_stands_is_a_problem_and_no_crash():
    empty = pd.DataFrame(ROWS, columns=COLUMNS).assign(since=None)
    with pytest.raises(PracticeError, match="no day"):
        read_agenda(empty, source(), PRACTICE)
