"""Three invented stepped wedges against lmerTest, pbkrtest and emmeans: unequal sizes, unanswered waves, transition.

The planned mean over exposures, each exposure by itself, and the F test that exposure does not matter.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from effects_studies import data_of, entry, wedge_study

from dww_analysis.domain.study import Allocation, Wave
from dww_analysis.effects import estimate_entry, fit_entry
from dww_analysis.effects.checks import exposure_test

STORED = Path(__file__).parents[1] / "oracles_extra" / "wedges"
TOLERANCES = {
    "estimate": 1e-5,
    "std_error": 1e-5,
    "df": 1e-3,
    "p_value": 1e-3,
    "conf_low": 1e-4,
    "conf_high": 1e-4,
}
EXPECTED = json.loads((STORED / "wedges.json").read_text(encoding="utf-8"))


def wedge(name):
    rows = pd.read_csv(STORED / "wedges.csv")
    rows = rows[rows["wedge"] == name]
    arm = np.where(rows["start"].le(rows["wave"]), "intervention", "control")
    scores = rows.assign(sample="main", organisation="o1", arm=arm, scale="y", score=rows["y"])
    transition = EXPECTED[name]["transition"]
    study = wedge_study(
        waves=tuple(Wave(i, {"en": f"{i}"}) for i in range(rows["wave"].max() + 1)),
        allocation=Allocation("team", "allocation", randomised=True, transition_waves=transition),
        min_cell_size=2,
    )
    return data_of(entry(), scores, study=study)


@pytest.mark.parametrize("name", EXPECTED)
def test_exposures_are_those_of_r(name):
    expected = EXPECTED[name]
    table = estimate_entry(wedge(name)).estimates.set_index("id")
    assert table.loc["e", "n_obs"] == expected["n"] and table.loc["e", "exposure"] == "mean"
    each = {"e": expected["mean"]} | {
        f"e.exposure_{k}": row for k, row in zip(expected["exposures"], expected["by_exposure"], strict=True)
    }
    for identity, witness in each.items():
        for column, tolerance in TOLERANCES.items():
            found = table.loc[identity, column]
            assert found == pytest.approx(witness[column], rel=tolerance, abs=tolerance), (identity, column)


@pytest.mark.parametrize("name", EXPECTED)
def test_equality_of_exposures_is_that_of_r(name):
    data = wedge(name)
    found = exposure_test(data, fit_entry(data))
    for column, witness in EXPECTED[name]["test"].items():
        assert found[column] == pytest.approx(witness, rel=1e-3), column
