"""A region of any number of teams: the same files again, people who move, and a configuration that passes its check."""

import numpy as np
import pandas as pd
import pytest
import yaml

from dww_analysis.cli.check import check_study
from dww_analysis.cli.simulate import simulate_study
from dww_analysis.errors import ConfigError
from dww_analysis.simulate.people import AWAY, build_cohort
from dww_analysis.simulate.region import REGION_SEED, TEAMS, TRUTH, draw_region
from dww_analysis.stages.project import open_project


def test_the_same_number_of_teams_gives_the_same_tables_and_the_waves_are_six():
    first, again = draw_region(20), draw_region(20)
    assert list(first) == ["teams.csv", *(f"wave{w}.csv" for w in range(6))]
    for name, table in first.items():
        pd.testing.assert_frame_equal(table, again[name])
    teams = first["teams.csv"]
    assert teams.groupby("organisation")["arm"].value_counts().eq(5).all()
    assert set(first["wave5.csv"]["team"]) <= set(teams["team"])


def test_a_tenth_of_the_persons_changes_team_and_three_thousand_teams_have_sixty_thousand():
    # tries the truth at 300 teams: shares are those of 3 000, numbers a tenth
    truth = TRUTH.__class__(**{**TRUTH.__dict__, "organisations": 30})
    places = build_cohort(truth, np.random.default_rng(REGION_SEED)).membership
    numbers = [len(set(row[row != AWAY])) for row in places]
    assert np.mean(np.array(numbers) > 1) == pytest.approx(0.10, abs=0.02)
    assert len(places) * 10 == pytest.approx(60_000, rel=0.05)
    assert TRUTH.organisations * TRUTH.teams_per_organisation == TEAMS


def test_a_region_passes_its_own_check_and_is_not_written_over_another(tmp_path):
    files = simulate_study(tmp_path, "region", None, 20)
    assert all(file.is_file() for file in files)
    assert yaml.safe_load((tmp_path / "config/region/plan.yaml").read_text())["entries"][0]["wave"] == 5
    assert list(check_study(open_project(tmp_path, "region")).problems) == []
    before = {file: file.read_bytes() for file in files}
    with pytest.raises(ConfigError, match="exists already"):
        simulate_study(tmp_path, "region", None, 30)
    assert {file: file.read_bytes() for file in files} == before


def test_with_another_folder_only_delivered_files_are_written(tmp_path):
    files = simulate_study(tmp_path, "region", tmp_path / "raw", 20)
    assert {file.suffix for file in files} == {".csv"}
    assert not (tmp_path / "config").exists()


@pytest.mark.parametrize(
    ("study", "teams", "said"),
    [("twins", None, "no invented study"), ("region", 25, "multiple of ten"), ("region", 0, "multiple of ten"),
     ("example", 30, "leave --teams out")],
)  # fmt: skip
def test_what_cannot_be_is_refused(tmp_path, study, teams, said):
    with pytest.raises(ConfigError, match=said):
        simulate_study(tmp_path, study, None, teams)
    assert not list(tmp_path.iterdir())
