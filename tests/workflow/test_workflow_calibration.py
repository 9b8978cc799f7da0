"""Tests tried on invented trials of the example's own design: what the run shows, and the numbers at full size."""

import numpy as np
import pandas as pd
import pytest
import yaml

from dww_analysis.domain.plan import Calibration
from dww_analysis.stages.calibrate import calibrated
from dww_analysis.stages.entries import entry_data
from dww_analysis.stages.project import open_project
from dww_analysis.stages.register import stage
from dww_analysis.stages.stage import Tables

pytestmark = pytest.mark.workflow
# Shares found by an implementation of its own, with R's numbers for the fit, over 2000 (checks: 400) trials.
PUBLISHED = {"kenward-roger": 0.052, "z": 0.055, "without unit by wave": 0.108}
CHECKED = {"CR2": 0.053, "permutation": 0.045}


def test_the_table_has_every_planned_entry(finished_example):
    root, _ = finished_example
    table = pd.read_csv(root / "reports/example/tables/calibration.csv")
    project = open_project(root, "example")
    assert list(dict.fromkeys(table["entry"])) == calibrated(project)
    assert "learning_potential_by_experience" not in set(table["entry"])
    planned = table[table["method"] == "kenward-roger"]
    assert set(planned["trials"]) == {project.files.plan.calibration.trials}
    primary = table[table["method"].isin(["CR2", "permutation"])]
    assert set(primary["entry"]) == {e.id for e in project.files.plan.entries if e.family == "primary"}


def test_the_report_says_how_little_power_there_is(finished_example):
    root, _ = finished_example
    page = (root / "reports/example/index.html").read_text(encoding="utf-8")
    assert 'id="calibration-nl"' in page and 'id="calibration-en"' in page
    assert "as large as the smallest effect of interest, a study like this one often misses it" in page
    assert "zo groot is als het kleinste effect dat ertoe doet, mist een onderzoek als dit het vaak" in page


def test_how_firm_and_the_limits_have_one_power(finished_example):
    root, _ = finished_example
    tables = root / "reports/example/tables"
    answers, tried = (pd.read_csv(tables / f"{name}.csv") for name in ("answers", "calibration"))
    own = tried[
        (tried["method"] == "kenward-roger") & (tried["components"] == "estimated") & tried["is_sesoi"]
    ]
    power = answers.set_index("entry")["power"]
    assert len(own) > 3 and (power[own["entry"]].to_numpy() == own["rejected"].to_numpy()).all()
    page = (root / "reports/example/index.html").read_text(encoding="utf-8")
    assert "in simulated studies the chance of finding" in page
    assert "in nagebootste onderzoeken was de kans om" in page


def test_without_calibration_nothing_is_tried(finished_example, tmp_path):
    root, _ = finished_example
    plan = yaml.safe_load((root / "config/example/plan.yaml").read_text(encoding="utf-8"))
    (tmp_path / "config/example").mkdir(parents=True)
    for file in (root / "config/example").glob("*.yaml"):
        (tmp_path / "config/example" / file.name).write_bytes(file.read_bytes())
    del plan["calibration"]
    (tmp_path / "config/example/plan.yaml").write_text(yaml.safe_dump(plan), encoding="utf-8")
    assert calibrated(open_project(tmp_path, "example")) == []


@pytest.mark.slow
def test_the_example_at_full_size(finished_example):
    from dww_analysis.effects.calibration import calibrate

    root, _ = finished_example
    project = open_project(root, "example")
    name = "learning_potential"
    tables = Tables(stage("calibrate").reads(project, name))
    table = calibrate(entry_data(project, name, tables), Calibration(2000, (0.0, "sesoi"), 7, 400))
    estimated = table[table["components"] == "estimated"]
    null = estimated[estimated["effect"] == 0].set_index("method")
    for method, share in PUBLISHED.items():
        assert null.at[method, "rejected"] == pytest.approx(share, abs=within(share, 2000)), method
    for method, share in CHECKED.items():
        assert null.at[method, "rejected"] == pytest.approx(share, abs=within(share, 400)), method
    power = estimated[estimated["is_sesoi"]].set_index("method").at["kenward-roger", "rejected"]
    assert power == pytest.approx(0.25, abs=within(0.25, 2000))
    assert null.at["kenward-roger", "share_boundary"] == pytest.approx(0.16, abs=within(0.16, 2000))
    assert null.at["kenward-roger", "share_not_converged"] == 0


def within(share: float, trials: int) -> float:
    """Three Monte Carlo standard errors of the difference of two such simulations."""
    return 3 * float(np.sqrt(2 * share * (1 - share) / trials))
