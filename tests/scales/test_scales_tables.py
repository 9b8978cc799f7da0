"""The tables of the pipeline: scores of a scale, and its reliability, items and descriptives."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dww_analysis.domain.scales import Scale
from dww_analysis.errors import ScaleError
from dww_analysis.scales import (
    analyse_scale,
    cronbach_alpha,
    icc1,
    load_key,
    omega_categorical,
    omega_total,
    omega_two_level,
    parse_key,
    score_scale,
)
from dww_analysis.scales.tables import ScaleAnalysis

ORACLE = Path(__file__).parents[1] / "oracles" / "11_aggregation" / "lq2002.csv"
NO_MISSING = pd.DataFrame(columns=["sample", "person", "wave", "column", "reason"])
LABEL = {"nl": "schaal", "en": "scale"}


def study_key(id: str, items: list[str], **more) -> object:
    fields = {"id": id, "version": 1, "name": id, "reference": "test", "items": items, "range": [1, 5]}
    return parse_key({**fields, **more})


@pytest.fixture(scope="module")
def uwes() -> Scale:
    return Scale("work", LABEL, ("main",), load_key("uwes9"), tuple(f"u{i}" for i in range(1, 10)))


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    """Three waves of 60 persons in 6 teams; wave 2 asked nothing; one person skipped all, one skipped a lot."""
    rng = np.random.default_rng(20)
    rows = []
    for wave in (0, 1, 2):
        person = rng.standard_normal(60)
        team = np.repeat(rng.standard_normal(6) * 0.5, 10)
        X = np.clip(np.round(3 + person[:, None] + team[:, None] + rng.standard_normal((60, 9))), 0, 6)
        frame = pd.DataFrame(X, columns=[f"u{i}" for i in range(1, 10)])
        frame["person"] = [f"p{i:02d}" for i in range(60)]
        frame["team"] = np.repeat([f"t{i}" for i in range(6)], 10)
        rows.append(frame.assign(wave=wave))
    out = pd.concat(rows, ignore_index=True).assign(
        sample="main", organisation="o", source="s", complete=True
    )
    out["arm"] = np.where(out["team"] < "t3", "control", "intervention")
    items = [f"u{i}" for i in range(1, 10)]
    out.loc[out["wave"] == 2, items] = np.nan
    out.loc[0, items] = np.nan
    out.loc[1, items[:5]] = np.nan
    other = out.head(1).assign(sample="other")
    return pd.concat([out, other], ignore_index=True)


@pytest.fixture(scope="module")
def missing(answers) -> pd.DataFrame:
    items = [f"u{i}" for i in range(1, 10)]
    long = answers.melt(["sample", "person", "wave"], items, var_name="column")
    long = long[long["value"].isna()].drop(columns="value")
    long["reason"] = np.where(long["wave"] == 2, "not asked", "skipped")
    return long


def test_scores_table_has_a_row_for_each_person_wave_and_scale(answers, missing, uwes):
    scores = score_scale(answers, missing, uwes)
    assert list(scores["scale"].unique()) == ["work", "work.vigour", "work.dedication", "work.absorption"]
    assert len(scores) == 4 * 180 and set(scores["sample"]) == {"main"}
    assert not scores.duplicated(["sample", "person", "wave", "scale"]).any()
    assert (scores["n_answered"] <= scores["n_items"]).all()
    assert scores["score"].dropna().between(0, 6).all()
    assert set(scores["key_id"]) == {"uwes9"} and set(scores["key_version"]) == {load_key("uwes9").version}


def test_reasons_of_absent_scores_are_kept_apart(answers, missing, uwes):
    scores = score_scale(answers, missing, uwes).query("scale == 'work'")
    assert (scores["reason"] == "").equals(scores["score"].notna())
    first = scores.query("wave == 0").set_index("person")["reason"]
    assert first["p00"] == "skipped" and first["p01"] == "incomplete" and first["p02"] == ""
    assert (scores.query("wave == 2")["reason"] == "not asked").all()


def test_analysis_covers_the_waves_that_were_asked(answers, missing, uwes):
    found = analyse_scale(answers, score_scale(answers, missing, uwes), uwes)
    assert isinstance(found, ScaleAnalysis)
    assert found.reliability[["scale", "wave"]].apply(tuple, axis=1).tolist() == [
        (s, w) for w in (0, 1) for s in ("work", "work.vigour", "work.dedication", "work.absorption")
    ]
    assert len(found.items) == 2 * 18


def test_reliability_row_equals_the_public_functions(answers, missing, uwes):
    scores = score_scale(answers, missing, uwes)
    row = analyse_scale(answers, scores, uwes).reliability.query("scale == 'work' and wave == 1").iloc[0]
    here = answers.query("sample == 'main' and wave == 1")
    items = here[[f"u{i}" for i in range(1, 10)]]
    alpha, omega = cronbach_alpha(items), omega_total(items)
    assert (row["alpha"], row["alpha_low"], row["alpha_high"]) == pytest.approx(
        (alpha.alpha, alpha.conf_low, alpha.conf_high), rel=1e-12
    )
    assert (row["omega"], row["omega_low"]) == pytest.approx((omega.omega, omega.conf_low), rel=1e-12)
    assert row["icc1"] == pytest.approx(icc1(items.mean(axis=1), here["team"]).estimate, rel=1e-12)
    assert row["omega_categorical"] == pytest.approx(omega_categorical(items).omega, rel=1e-12)
    assert row["n_persons"] == 60 and row["n_items"] == 9 and row["n_teams"] == 6


def test_descriptives_by_arm_and_for_all(answers, missing, uwes):
    table = analyse_scale(answers, score_scale(answers, missing, uwes), uwes).descriptives
    part = table.query("scale == 'work' and wave == 1").set_index("arm")
    assert list(part.index) == ["", "control", "intervention"]
    assert part["n"].tolist() == [60, 30, 30]
    assert part.loc["", "mean"] == pytest.approx(
        (part.loc["control", "mean"] + part.loc["intervention", "mean"]) / 2
    )
    assert set(part["score_min"]) == {0} and set(part["score_max"]) == {6}


def test_a_study_without_arms_has_one_row_a_wave(answers, missing, uwes):
    scores = score_scale(answers.drop(columns="arm"), missing, uwes)
    assert "arm" not in scores.columns
    table = analyse_scale(answers.drop(columns="arm"), scores, uwes).descriptives
    assert set(table["arm"]) == {""}


def test_delivered_scores_pass_through_with_unknown_items(answers):
    data = answers.query("sample == 'main'").assign(jobsat=lambda d: d["u1"])
    scale = Scale("jobsat", LABEL, ("main",), delivered="jobsat", delivered_range=(0, 6))
    scores = score_scale(data, NO_MISSING, scale)
    assert scores["n_answered"].isna().all() and scores["score"].notna().sum() == data["u1"].notna().sum()
    found = analyse_scale(data, scores, scale)
    assert found.items.empty and found.reliability["alpha"].isna().all()
    assert (
        found.reliability["icc1"].notna().all() and found.reliability["notes"].str.contains("delivered").all()
    )
    with pytest.raises(ScaleError, match="outside the range"):
        score_scale(data.assign(jobsat=9.0), NO_MISSING, scale)
    with pytest.raises(ScaleError, match="no column jobsat"):
        score_scale(data.drop(columns="jobsat"), NO_MISSING, scale)


def test_one_item_and_two_items(answers):
    data = answers.query("sample == 'main'")
    one = Scale("one", LABEL, ("main",), study_key("one", ["a"], range=[0, 6]), ("u1",))
    row = analyse_scale(data, score_scale(data, NO_MISSING, one), one).reliability.iloc[0]
    assert np.isnan(row["alpha"]) and json.loads(row["notes"]) == [{"note": "one_item"}]
    two = Scale("two", LABEL, ("main",), study_key("two", ["a", "b"], range=[0, 6]), ("u1", "u2"))
    row = analyse_scale(data, score_scale(data, NO_MISSING, two), two).reliability.iloc[0]
    r = data.query("wave == 0")[["u1", "u2"]].corr().iloc[0, 1]
    assert row["omega"] == pytest.approx(2 * r / (1 + r)) and row["omega_method"].startswith("Spearman-Brown")


def test_an_item_without_variance_empties_the_cell_and_says_so(answers):
    data = answers.query("sample == 'main'").assign(u1=3.0)
    scale = Scale("s", LABEL, ("main",), study_key("s", ["a", "b", "c"], range=[0, 6]), ("u1", "u2", "u3"))
    row = (
        analyse_scale(data, score_scale(data, NO_MISSING, scale), scale)
        .reliability.query("wave == 0")
        .iloc[0]
    )
    assert (
        np.isnan(row["alpha"])
        and {"note": "not_estimable"} in json.loads(row["notes"])
        and row["rwgj_mean"] > 0
    )


def test_a_wave_that_left_an_item_out_is_analysed_without_it(answers):
    data = answers.query("sample == 'main'").copy()
    data.loc[data["wave"] == 1, "u3"] = np.nan
    key = study_key("s", ["a", "b", "c", "d", "e"], range=[0, 6])
    scale = Scale("s", LABEL, ("main",), key, ("u1", "u2", "u3", "u4", "u5"))
    table = analyse_scale(data, score_scale(data, NO_MISSING, scale), scale).reliability.set_index("wave")
    assert table.loc[1, "n_items"] == 4 and {"note": "not_asked", "items": "c"} in json.loads(
        table.loc[1, "notes"]
    )
    assert np.isfinite(table.loc[1, "alpha"])


def test_one_team_has_no_icc_and_says_why(answers):
    data = answers.query("sample == 'main' and team == 't1'")
    scale = Scale("s", LABEL, ("main",), study_key("s", ["a", "b", "c"], range=[0, 6]), ("u1", "u2", "u3"))
    row = analyse_scale(data, score_scale(data, NO_MISSING, scale), scale).reliability.iloc[0]
    assert np.isnan(row["icc1"]) and json.loads(row["notes"])[-1]["what"] == "ICC" and row["n_teams"] == 1


def test_gap_scores_are_scored_and_described_without_items(answers):
    data = answers.query("sample == 'main'")
    key = study_key(
        "g", ["n1", "n2", "p1", "p2"], range=[0, 6], total=False,
        subscales={"need": {"items": ["n1", "n2"]}, "possibility": {"items": ["p1", "p2"]}},
        transform={"differences": {"gap": {"of": ["possibility", "need"]}}},
    )  # fmt: skip
    scale = Scale("g", LABEL, ("main",), key, ("u1", "u2", "u3", "u4"))
    scores = score_scale(data, NO_MISSING, scale)
    wide = scores.query("wave == 1").pivot(index="person", columns="scale", values="score")
    np.testing.assert_allclose(wide["g.gap"], wide["g.possibility"] - wide["g.need"])
    found = analyse_scale(data, scores, scale)
    row = found.reliability.query("scale == 'g.gap'").iloc[0]
    assert np.isnan(row["alpha"]) and "difference" in row["notes"]
    gap = found.descriptives.query("scale == 'g.gap'").iloc[0]
    assert (gap["score_min"], gap["score_max"]) == (-6, 6)


def test_wrongly_declared_reversal_is_asked_about_in_the_items_table(answers):
    data = answers.query("sample == 'main'")
    key = study_key("s", ["a", "b", "c", "d"], range=[0, 6], reversed=["b"])
    scale = Scale("s", LABEL, ("main",), key, ("u1", "u2", "u3", "u4"))
    items = analyse_scale(data, score_scale(data, NO_MISSING, scale), scale).items.query("wave == 0")
    assert items["sign_question"].tolist() == ["", "not reversed?", "", ""]
    assert items["label"].tolist() == ["u1", "u2", "u3", "u4"]


@pytest.mark.oracle
def test_leadership_of_companies():
    """alpha 0.9022366, rwg(j) mean .8678, median .8701, range .7749-.9423, ICC(1) .08795621852, ICC(2) .80075437301."""
    data = pd.read_csv(ORACLE)
    items = tuple(f"LEAD{i:02d}" for i in range(1, 12))
    data = data.assign(
        sample="lq", person=[str(i) for i in range(len(data))], wave=0, team=data["COMPID"], organisation=""
    )
    scale = Scale("lead", LABEL, ("lq",), study_key("lead", list(items)), items, team_property=True)
    row = analyse_scale(data, score_scale(data, NO_MISSING, scale), scale).reliability.iloc[0]
    assert row["alpha"] == pytest.approx(0.9022366, abs=5e-8)
    rwgj = row[["rwgj_mean", "rwgj_median", "rwgj_min", "rwgj_max"]].tolist()
    assert rwgj == pytest.approx([0.8678, 0.8701, 0.7749, 0.9423], abs=5e-5)
    assert row["icc1"] == pytest.approx(0.08795621852, rel=1e-8)
    assert row["icc2"] == pytest.approx(0.80075437301, rel=1e-8)
    assert row["rwgj_skew_out_of_range"] == 16 and row["rwgj_out_of_range"] == 0
    assert row["team_mean"] == "yes"
    assert np.isnan(row["omega_categorical"]) and "no_categorical_omega" in row["notes"]


def test_scoring_starts_with_numpy_and_pandas_only():
    code = (
        "import sys; from dww_analysis.scales.tables import score_scale;"
        "print([m for m in ('scipy', 'pingouin', 'statsmodels', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_omega_within_and_between_teams_of_a_team_property():
    """Three items, 60 teams of 8 that clearly differ: the table has what `omega_two_level` gives."""
    rng = np.random.default_rng(12)
    team = np.repeat(np.arange(60), 8)
    level = (
        rng.standard_normal(60)[team] + 0.5 * rng.standard_normal((3, 60))[:, team] + rng.standard_normal(480)
    )
    data = pd.DataFrame((level + 0.7 * rng.standard_normal((3, 480))).T, columns=list("abc"))
    data = data.assign(sample="main", person=[str(i) for i in range(480)], wave=0, team=team.astype(str))
    key = study_key("s", list("abc"), range=[-20, 20])
    scale = Scale("s", LABEL, ("main",), key, tuple("abc"), team_property=True)
    row = analyse_scale(data, score_scale(data, NO_MISSING, scale), scale).reliability.iloc[0]
    expected = omega_two_level(data[list("abc")], data["team"])
    assert row["omega_within"] == pytest.approx(expected.within, rel=1e-6)
    assert row["omega_between"] == pytest.approx(expected.between, rel=1e-6)
    flat = data.assign(team=rng.permutation(team).astype(str))
    row = analyse_scale(flat, score_scale(flat, NO_MISSING, scale), scale).reliability.iloc[0]
    assert np.isnan(row["omega_between"]) and "no_omega_between_teams" in row["notes"]
