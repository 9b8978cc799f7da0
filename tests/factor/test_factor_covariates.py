"""Factor models with observed predictors, of which nothing counts in an index, and with means of factors."""

from pathlib import Path

import pandas as pd
import pytest

from dww_analysis.factor import fit_cfa

FOLDER = Path(__file__).parents[1] / "oracles" / "10_cfa"
MIMIC = (
    "visual =~ x1+x2+x3\ntextual =~ x4+x5+x6\nspeed =~ x7+x8+x9\n"
    "visual ~ ageyr + sex\ntextual ~ sex"
)  # fmt: skip
# fitMeasures of lavaan 0.6-14, missing = "fiml": cfi.robust, tli.robust, rmsea.robust, rmsea.ci.upper.robust
OF_LAVAAN = {
    "ML": (0.849225002, 0.801418296, 0.108487291, 0.126648426),
    "MLR": (0.850415997, 0.802986923, 0.107944458, 0.126412966),
}


@pytest.mark.parametrize("estimator", OF_LAVAAN)
def test_indices_corrected_for_gaps_are_those_of_lavaan(estimator):
    gaps = pd.read_csv(FOLDER / "holzinger_missing.csv")
    found = fit_cfa(MIMIC, gaps, missing="fiml", estimator=estimator).robust
    indices = (found.cfi, found.tli, found.rmsea, found.rmsea_high)
    assert indices == pytest.approx(OF_LAVAAN[estimator], abs=2e-5)


def test_without_gaps_nothing_is_corrected():
    fit = fit_cfa(MIMIC, pd.read_csv(FOLDER / "holzinger.csv"), missing="fiml")
    plain, robust = fit.unscaled, fit.robust
    assert (robust.cfi, robust.tli, robust.rmsea) == pytest.approx(
        (plain.cfi, plain.tli, plain.rmsea), abs=1e-9
    )


def test_the_mean_of_a_factor_in_the_unit_of_its_marker_is_found():
    """lavaan: cfa("visual =~ x1+x2+x3+x4; x1 ~ 0*1; visual ~ 1"), the log-likelihood that it has without these lines
    too. A start at zero ended where the factor explained nothing, which was refused as not identified."""
    pupils = pd.read_csv(FOLDER / "holzinger.csv")
    fit = fit_cfa("visual =~ x1+x2+x3+x4\nx1 ~ 0*1\nvisual ~ 1", pupils)
    assert fit.log_likelihood == pytest.approx(-1812.31446, abs=1e-4)
    (row,) = fit.parameters.query("lhs == 'visual' and op == '~1'").itertuples()
    assert row.estimate == pytest.approx(pupils["x1"].mean(), rel=1e-6)
