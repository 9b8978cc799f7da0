"""Simulation: with few teams the Kenward-Roger test keeps its level, the z test does not. Minutes; run with -m slow."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "multilevel_small_samples.py"
TRIALS = 5000
MONTE_CARLO = 2.6 * np.sqrt(0.05 * 0.95 / TRIALS)  # 99 % of simulations lie within


@pytest.fixture(scope="module")
def cells():
    spec = importlib.util.spec_from_file_location("multilevel_small_samples", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return {(t, i): module.run_cell(t, i, TRIALS) for t in module.TEAMS for i in module.ICCS}


@pytest.mark.slow
def test_kenward_roger_never_rejects_too_often(cells):
    for cell in cells.values():
        assert cell.rejected["kenward-roger"] <= 0.05 + MONTE_CARLO
        assert cell.covered["kenward-roger"] >= 0.95 - MONTE_CARLO


@pytest.mark.slow
@pytest.mark.parametrize("teams", [20, 40])
def test_kenward_roger_is_exact_where_the_variance_is_well_estimated(cells, teams):
    assert cells[teams, 0.15].rejected["kenward-roger"] == pytest.approx(0.05, abs=MONTE_CARLO)


@pytest.mark.slow
def test_kenward_roger_is_cautious_where_the_variance_is_often_zero(cells):
    assert cells[12, 0.02].zero_variance > 0.3
    assert cells[12, 0.02].rejected["kenward-roger"] < 0.05


@pytest.mark.slow
def test_z_tests_visibly_fail(cells):
    assert cells[12, 0.15].rejected["normal"] > 0.05 + 3 * MONTE_CARLO


@pytest.mark.slow
def test_every_search_converged(cells):
    assert max(cell.not_converged for cell in cells.values()) < 0.001
