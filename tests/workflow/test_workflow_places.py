"""What is stored at a path is known by its place, whatever a study, a source or a scale is called."""

from pathlib import Path

import pandas as pd
import pytest

from dww_analysis.domain.tables import register
from dww_analysis.errors import SourceError
from dww_analysis.stages import places
from dww_analysis.stages.paths import Paths
from dww_analysis.stages.places import Place, table_at
from dww_analysis.stages.stage import save

NAMES = ("trial", "tables", "derived", "interim", "reports", "scores", "measurement", "figures")
KEPT = [p for p in places._places("") if p.table]


def paths(study: str) -> Paths:
    return Paths(Path("/data/derived/root"), study)


@pytest.mark.parametrize("study", NAMES)
@pytest.mark.parametrize("place", KEPT, ids=lambda place: place.pattern)
def test_a_kept_table_has_its_own_declaration_under_every_name(place, study):
    for name in NAMES:
        assert table_at(place.at(paths(study), name)) == place.declared()


@pytest.mark.parametrize("study", NAMES)
@pytest.mark.parametrize("place", [places.safe_table, places.page_table], ids=["safe", "page"])
def test_a_table_that_may_be_shown_is_checked_as_a_safe_one(place, study):
    for table in register():
        assert table_at(place(table).at(paths(study))) == register()[table].safe()


def test_other_folders_of_that_name_hold_no_declared_table():
    drawn = places.FIGURES.at(paths("trial"), "tables") / "items.csv"
    assert table_at(drawn) is None
    assert table_at(Path("/elsewhere/tables/items.csv")) is None


@pytest.mark.parametrize("part", [p for p in places.ENTRY_IMPUTATION if p != "diagnosis"])
def test_what_imputation_says_of_an_entry_is_checked_when_it_is_saved(part, tmp_path):
    place: Place = places.ENTRY_IMPUTATION[part]
    path = place.at(Paths(tmp_path, "trial"), "burnout")
    with pytest.raises(SourceError, match=f"the columns of table {part}"):
        save(pd.DataFrame({"other": [1]}), path)
    assert not path.exists()


def test_moved_values_keep_a_column_for_each_arm(tmp_path):
    path = places.ENTRY_IMPUTATION["delta"].at(Paths(tmp_path, "trial"), "burnout")
    row = {"entry": "1", "delta_control": 0.5, "estimate": 1.0, "std_error": 0.1, "df": 9.0, "p_value": 0.01}
    save(pd.DataFrame([row]), path)
    assert path.read_text() == "entry,delta_control,estimate,std_error,df,p_value\n1,0.5,1,0.1,9,0.01\n"
