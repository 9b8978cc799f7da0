"""The main job on real data: the reference values of data/raw/workplace/README.md (R) come out in the tables."""

import pandas as pd
import pytest

from dww_analysis.domain.estimate import parts_of

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

FIXED, SE, VARIANCE, DF = 1e-6, 1e-5, 1e-4, 1e-3  # relative, as for the stored results of R


@pytest.fixture(scope="module")
def tables(finished_workplace):
    root, result = finished_workplace
    assert result.returncode == 0, result.stderr
    folder = root / "data" / "derived" / "workplace" / "tables"  # with all digits
    frames = {p.stem: pd.read_csv(p) for p in folder.glob("*.csv")}
    return root, result, frames


def estimate(frames, outcome):
    rows = frames["estimates"]
    return rows[(rows["outcome"] == outcome) & rows["sd_used"].isna()].iloc[0]


def variances(frames, entry):
    rows = frames["variance_components"]
    return rows[rows["entry"] == entry].set_index("group")


def test_change_in_job_satisfaction(tables):
    row = estimate(tables[2], "jobsat")
    assert row["n_obs"] == 1396
    assert row["estimate"] == pytest.approx(0.052043514, rel=FIXED)
    assert row["std_error"] == pytest.approx(0.021680683, rel=SE)
    assert row["df"] == pytest.approx(921.158453, rel=DF)
    assert row["p_value"] == pytest.approx(0.016572187, rel=DF)
    assert row["df_method"] == "kenward-roger"


def test_variance_components_and_the_boundary(tables):
    rows = variances(tables[2], estimate(tables[2], "jobsat")["id"])
    assert rows.loc["person", "estimate"] == pytest.approx(0.395632613, rel=VARIANCE)
    assert rows.loc["team:organisation", "estimate"] == pytest.approx(0.047220939, rel=VARIANCE)
    assert rows.loc["Residual", "estimate"] == pytest.approx(0.429756110, rel=VARIANCE)
    assert rows.loc["organisation", "estimate"] == pytest.approx(0, abs=1e-8)
    assert bool(rows.loc["organisation", "boundary"])
    assert "organisation" in parts_of(estimate(tables[2], "jobsat")["boundary"])


def test_wellbeing_by_hours_is_exploratory(tables):
    row = estimate(tables[2], "wellbeing")
    assert row["status"] == "exploratory"
    assert row["estimate"] == pytest.approx(-0.052080526, rel=FIXED)
    rows = variances(tables[2], row["id"])
    assert rows.loc["team", "estimate"] == pytest.approx(0.024661998, rel=VARIANCE)
    assert rows.loc["Residual", "estimate"] == pytest.approx(0.780064947, rel=VARIANCE)


def test_leadership_climate(tables):
    rows = tables[2]["reliability"]
    row = rows[(rows["sample"] == "lq2002") & (rows["n_items"] == 11)].iloc[0]
    assert row["alpha"] == pytest.approx(0.9022366, abs=5e-8)
    assert row["icc1"] == pytest.approx(0.08795621852, rel=1e-8)
    assert row["icc2"] == pytest.approx(0.80075437301, rel=1e-8)
    agreement = row[["rwgj_mean", "rwgj_median", "rwgj_min", "rwgj_max"]].tolist()
    assert agreement == pytest.approx([0.8678, 0.8701, 0.7749, 0.9423], abs=5e-5)


def test_never_called_an_effect(tables):
    root, result, _ = tables
    assert "change" in result.stdout
    assert "effect" not in result.stdout.lower()
    page = (root / "reports" / "workplace" / "index.html").read_text(encoding="utf-8").lower()
    assert "boundary" in page
