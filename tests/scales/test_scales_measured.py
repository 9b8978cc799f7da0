"""The ladder of a study's scale: tables and sentences, and what is said when it cannot be climbed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dww_analysis.domain.scales import MeasurementSettings, Scale
from dww_analysis.domain.study import Arm, Study, Wave
from dww_analysis.scales import measure_invariance, parse_key
from dww_analysis.scales.structure import factor_model, model_name

LABEL = {"nl": "schaal", "en": "scale"}
ITEMS = ["a1", "a2", "a3", "b1", "b2", "b3"]


def study(arms: bool = True) -> Study:
    waves = tuple(Wave(k, {"nl": f"meting {k}", "en": f"wave {k}"}) for k in (0, 1))
    both = (Arm("control", LABEL), Arm("intervention", LABEL)) if arms else ()
    design = "parallel_cluster" if arms else "waves_only"
    return Study("s", LABEL, "invented", "2026-01-01", design, waves, both, None, {"main": LABEL}, {}, ())


def key(**more):
    fields = {"id": "k", "version": 1, "name": "k", "reference": "test", "items": ITEMS, "range": [-9, 9]}
    return parse_key({**fields, **more})


def two_factors() -> dict:
    return {"a": {"items": ITEMS[:3]}, "b": {"items": ITEMS[3:]}}


def answers(shift: float = 0.0, n: int = 600, seed: int = 3) -> pd.DataFrame:
    """Two waves, two factors; item a2 answered `shift` higher at wave 1 by everyone, whatever their factor."""
    rng = np.random.default_rng(seed)
    stable = rng.standard_normal((n, 2)) @ np.array([[1, 0], [0.5, 0.87]]).T
    own = rng.standard_normal((n, 6)) * 0.4
    parts = []
    for wave in (0, 1):
        factor = 0.8 * stable + 0.6 * rng.standard_normal((n, 2)) + 0.2 * wave
        X = np.repeat(factor, 3, axis=1) * 0.8 + own + 0.5 * rng.standard_normal((n, 6))
        X[:, 1] += shift * wave
        part = pd.DataFrame(X, columns=ITEMS).assign(wave=wave, person=[f"p{i:03d}" for i in range(n)])
        parts.append(part)
    out = pd.concat(parts, ignore_index=True).assign(sample="main", organisation="o")
    number = out["person"].str[1:].astype(int)
    out["team"] = "t" + (number % 20).astype("str")
    out["arm"] = np.where(number % 2 == 0, "control", "intervention")
    return out


SCALE = Scale("s", LABEL, ("main",), key(subscales=two_factors()), tuple(ITEMS))


LISTWISE = MeasurementSettings(estimator="ML", missing="listwise")


@pytest.fixture(scope="module")
def invariant():
    return measure_invariance(answers(), SCALE, study(), LISTWISE)


@pytest.fixture(scope="module")
def shifted():
    return measure_invariance(answers(shift=1.0), SCALE, study(arms=False), LISTWISE)


def test_ladders_over_waves_and_over_arms_at_each_wave(invariant):
    found = invariant.verdicts[["over", "wave"]].apply(tuple, axis=1).tolist()
    assert found == [("waves", ""), ("arms", "0"), ("arms", "1")]
    assert invariant.verdicts["means_comparable"].all()
    assert invariant.verdicts["n_teams"].tolist() == [20, 20, 20]
    assert set(invariant.verdicts["n_persons"]) == {600}
    assert invariant.verdicts["n_obs"].tolist() == [1200, 600, 600], "answers: of each person at each wave"


def test_steps_are_numbered_from_configural(invariant):
    part = invariant.steps.query("over == 'waves'")
    assert part["level"].tolist()[:3] == ["configural", "metric", "scalar"]
    assert part["step"].tolist() == list(range(1, len(part) + 1))
    assert part["delta_cfi"].isna().tolist()[0] and part["delta_cfi"].notna().tolist()[1]


def test_an_item_that_shifts_is_released_and_said(shifted):
    row = shifted.verdicts.query("over == 'waves'").iloc[0]
    assert row["verdict"] == "partial scalar" and row["released"] == "a2~1" and row["means_comparable"]
    last = shifted.steps.iloc[-1]
    assert last["level"] == "partial scalar" and last["released"] == "a2~1" and last["accepted"]
    assert not shifted.steps.query("level == 'scalar'")["accepted"].item()


def test_without_arms_there_is_no_ladder_over_arms(shifted):
    assert set(shifted.verdicts["over"]) == {"waves"}


def test_structure_compares_one_and_several_factors(invariant):
    table = invariant.structure.query("wave == 0").set_index("model")
    assert list(table.index) == ["one factor", "correlated factors"]
    assert table.loc["correlated factors", "cfi"] > 0.99 > table.loc["one factor", "cfi"]


@pytest.mark.parametrize(
    ("scale", "reason"),
    [
        (Scale("d", LABEL, ("main",), delivered="a1", delivered_range=(-9, 9)), "delivered"),
        (Scale("o", LABEL, ("main",), key(items=["x"]), ("a1",)), "few items"),
    ],
)
def test_what_cannot_be_tested_is_a_row_with_its_reason(scale, reason):
    found = measure_invariance(answers(n=60), scale, study())
    assert set(found.verdicts["verdict"]) == {"not tested"} and found.steps.empty
    assert found.verdicts["means_comparable"].isna().all()
    assert set(found.verdicts["why"]) == {reason} and (found.verdicts["stopped"] != "").all()


@pytest.mark.slow
def test_too_few_persons_are_a_refusal_with_a_reason():
    found = measure_invariance(answers(n=8), SCALE, study(), LISTWISE)
    assert set(found.verdicts["verdict"]) == {"not tested"} and (found.verdicts["stopped"] != "").all()


def test_a_ladder_over_arms_is_not_climbed_with_a_few_persons_in_one():
    """Its differences of fit would be about these seven."""
    data = answers(n=120)
    small = data["arm"].eq("control") & data["person"].isin([f"p{i:03d}" for i in range(0, 14, 2)])
    found = measure_invariance(data[data["arm"].eq("intervention") | small], SCALE, study(), LISTWISE)
    arms = found.verdicts.query("over == 'arms'")
    assert set(arms["why"]) == {"few persons"} and (arms["stopped"] != "").all()
    assert set(found.steps["over"]) <= {"waves"} and set(arms["n_obs"]) == {67}


def test_an_item_that_one_wave_did_not_ask_is_left_out():
    data = answers(n=300)
    data.loc[data["wave"] == 1, "b3"] = np.nan
    found = measure_invariance(data, SCALE, study(arms=False), LISTWISE)
    row = found.verdicts.iloc[0]
    assert "b3" in row["notes"] and "b3" not in row["model"] and row["verdict"] != "not tested"


def test_a_single_wave_has_no_ladder_over_waves():
    found = measure_invariance(answers().query("wave == 0"), SCALE, study(), LISTWISE)
    assert found.verdicts["over"].tolist() == ["arms"]


def test_factor_model_uses_subscales_with_two_items_or_more():
    assert factor_model(SCALE.key, ITEMS) == "a =~ a1 + a2 + a3\nb =~ b1 + b2 + b3"
    assert factor_model(SCALE.key, ["a1", "a2", "a3", "b1"]) == "factor =~ a1 + a2 + a3 + b1"
    assert factor_model(key(), ITEMS[:3]) == "factor =~ a1 + a2 + a3"


def test_codes_that_model_text_cannot_hold_are_renamed():
    assert [model_name(c) for c in ("1a", "item-2", "ok_3", "é")] == ["i1a", "item_2", "ok_3", "_"]
    odd = key(items=["1", "2-b", "3 c"], subscales={})
    scale = Scale("s", LABEL, ("main",), odd, ("a1", "a2", "a3"))
    found = measure_invariance(answers(n=300), scale, study(arms=False), LISTWISE)
    assert found.verdicts["model"].item() == "factor =~ i1 + i2_b + i3_c"
    assert found.verdicts["verdict"].item() != "not tested"


def test_a_subscale_with_the_name_of_an_item_is_renamed():
    same = key(subscales={"a1": {"items": ITEMS[:3]}, "b": {"items": ITEMS[3:]}})
    assert factor_model(same, ITEMS).startswith("a1_factor =~ a1 + a2")


def test_ordered_answers_with_gaps_pair_by_pair():
    """In three categories, a tenth of the answers absent, teams in the errors."""
    data, rng = answers(n=500), np.random.default_rng(1)
    data[ITEMS] = np.digitize(data[ITEMS], [-0.7, 0.7]) + 1.0
    data[ITEMS] = data[ITEMS].mask(rng.random((len(data), 6)) < 0.1)
    scale = Scale("s", LABEL, ("main",), key(subscales=two_factors(), range=[1, 3]), tuple(ITEMS))
    found = measure_invariance(
        data, scale, study(), MeasurementSettings(estimator="WLSMV", missing="pairwise")
    )
    assert found.verdicts["verdict"].tolist() == ["scalar"] * 3
    assert found.verdicts["n_teams"].tolist() == [20] * 3
    assert found.verdicts["n_persons"].tolist() == [500] * 3
    assert set(found.verdicts["missing"]) == {"pairwise"} and set(found.verdicts["estimator"]) == {"WLSMV"}
    assert found.structure["cfi"].dropna().between(0.9, 1.0).any()
