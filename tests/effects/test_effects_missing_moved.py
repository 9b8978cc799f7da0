"""Imputed values moved by arm against R: Kenward-Roger of every completed set by lmerTest, pooled by mitml and mice."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from effects_studies import data_of, entry, trial_study

from dww_analysis.domain.plan import Delta
from dww_analysis.domain.study import Wave
from dww_analysis.effects import fit_entry
from dww_analysis.effects.missing.delta import Moving, delta_table
from dww_analysis.effects.missing.impute import _refits, expected_frame

STORED = Path(__file__).parents[1] / "oracles_extra" / "moved"
SETS = [f"y{i}" for i in range(1, 6)]
TOLERANCES = {"estimate": 1e-5, "std_error": 1e-5, "df": 1e-3, "p_value": 1e-3}


def test_moved_and_pooled_answers_are_those_of_r():
    rows = pd.read_csv(STORED / "moved.csv")
    answered = rows["y1"].where(rows["missing"] == 0)
    scores = rows.assign(sample="main", organisation="o1", scale="y", score=answered, participated=True)
    study = trial_study()
    study = type(study)(**{**study.__dict__, "waves": tuple(Wave(i, {"en": f"{i}"}) for i in range(2))})
    data = data_of(entry(), scores, study=study)
    frame = expected_frame(data)
    place = rows.set_index(["person", "wave"]).loc[
        list(zip(frame["person"].astype(str), frame["wave"].astype(int), strict=True))
    ]
    completed, missing = place[SETS].to_numpy().T, frame["score"].isna().to_numpy()
    assert missing.sum() == rows["missing"].sum() > 10
    refits = _refits(fit_entry(data), frame, completed[0])
    np.testing.assert_array_equal(refits.rows, np.arange(len(frame)))
    delta = Delta(("control", "intervention"), "score", -0.4, 0.4, 0.4)
    moving = Moving(completed, missing, frame["arm"].astype(str).to_numpy(), 1.0, refits.pool_near)
    unmoved = refits.pool_many(completed[None])[0]
    found = delta_table(moving, delta, unmoved).set_index(["delta_control", "delta_intervention"])
    for witness in json.loads((STORED / "moved.json").read_text(encoding="utf-8")):
        row = found.loc[(witness["control"], witness["intervention"])]
        for column, tolerance in TOLERANCES.items():
            assert row[column] == pytest.approx(witness[column], rel=tolerance, abs=1e-6), column
        if witness["control"] == witness["intervention"] == 0:
            assert unmoved.df_complete == pytest.approx(witness["df_complete"], rel=1e-3)
