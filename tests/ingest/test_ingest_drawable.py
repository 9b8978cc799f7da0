"""The list of allocations that could have been drawn: how it is read, and what is wrong with it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dww_analysis.delivery.table import DeliveredTable
from dww_analysis.domain.study import Allocation, Arm, Source, Study, Wave
from dww_analysis.errors import MeasurementError
from dww_analysis.ingest import read_allocation
from dww_analysis.ingest.drawable import read_drawable

WAVES = tuple(Wave(i, {"en": f"{i}"}, f"2026-0{i + 1}-01") for i in range(3))
STUDY = Study(
    *("trial", {"en": "Trial"}, "invented", "2026-01-01", "parallel_cluster", WAVES),
    (Arm("control", {"nl": "Controle"}), Arm("new", {"nl": "Nieuw"})),
    *(Allocation("team", "list", True, listed="drawn.csv"), {"main": {"en": "all"}}, {}, ()),
)
SOURCE = Source(
    *("list", "list.csv", None, "allocation", "auto", "main", None),
    {"team": "Team", "arm": "Arm"},
    team_aliases={"team noord": "A"},
)
TEAMS = pd.DataFrame({"Team": ["Team Noord", "B", "C", "D"], "Arm": ["new", "new", "control", "control"]})
WIDE = pd.DataFrame(
    {"allocation": [1, 2, 3], "Team Noord": [1, 0, 1], "B": ["Nieuw", "new", "0"], "D": [0, 1, 0], "C": [0, 0, 1]}
)  # fmt: skip


def drawable(data, study=STUDY, source=SOURCE, teams=TEAMS):
    return read_drawable(data, source, study, read_allocation(DeliveredTable.of(teams, source), study))


def test_names_and_arms_are_read_by_the_rules_of_the_list_of_what_was_drawn():
    found = drawable(WIDE)
    rows = found.pivot(index="allocation", columns="unit", values="condition")
    assert rows.to_numpy().tolist() == [[1, 1, 0, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
    assert list(rows.columns) == list("ABCD")


def test_a_row_for_each_unit_says_the_same():
    long = WIDE.melt("allocation", var_name="team", value_name="arm").sample(frac=1, random_state=1)
    one, other = drawable(WIDE), drawable(long)
    wide = [t.pivot(index="allocation", columns="unit", values="condition") for t in (one, other)]
    assert sorted(wide[0].to_numpy().tolist()) == sorted(wide[1].to_numpy().tolist())
    with pytest.raises(MeasurementError, match="hold every unit once"):
        drawable(long.iloc[1:])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.drop(columns="D"), "no column for the teams D"),
        (lambda d: d.assign(Dd=0), "the columns Dd are no teams"),
        (lambda d: d.assign(A=0), "columns for one team: A"),
        (lambda d: d.assign(D=[0, "nieuwst", np.nan]), "2 cells are no arm"),
        (lambda d: d.iloc[[0, 1, 2, 2]], "1 allocations are in the list more than once"),
        (lambda d: d.iloc[[0]], "1 allocation"),
        (lambda d: d.iloc[1:], "as it was drawn is not in the list"),
    ],
)
def test_what_is_wrong_with_a_list(change, said):
    with pytest.raises(MeasurementError, match=said):
        drawable(change(WIDE))


def test_starts_are_waves_or_dates_and_empty_is_never():
    study = replace(STUDY, design="stepped_wedge")
    source = replace(SOURCE, columns={"team": "Team", "start": "Start"}, team_aliases={})
    teams = pd.DataFrame({"Team": list("ABC"), "Start": ["1", "2", ""]})
    found = drawable(
        pd.DataFrame({"A": ["1", ""], "B": ["2026-02-15", "1"], "C": ["", "2"]}), study, source, teams
    )
    assert found["condition"].tolist() == [1, 2, -1, -1, 1, 2]
