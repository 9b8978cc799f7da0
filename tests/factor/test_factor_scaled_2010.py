"""The scaled difference of Satorra & Bentler (2010) beside lavaan 0.6-14, on `HolzingerSwineford1939`."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dww_analysis.factor import fit_cfa
from dww_analysis.factor.errors import FactorError
from dww_analysis.factor.nesting import wide_at_narrow

PUPILS = pd.read_csv(Path(__file__).parents[1] / "oracles/10_cfa/holzinger.csv")
HS = "visual =~ x1+x2+x3\ntextual =~ x4+x5+x6\nspeed =~ x7+x8+x9"
METHOD = "satorra.bentler.2010"
LEVELS = ((), ("loadings",), ("loadings", "intercepts"))
# lavTestLRT(..., method = "satorra.bentler.2010") of metric and of scalar invariance. For the last by MLR lavaan has
# 34.44: it sets parameters by name, and the wider model then does not imply what the narrower one does. Here stands
# what it has when started from parameters that do (optim.method = "none").
OF_LAVAAN = {"MLR": (5.32265756, 40.0487652), "MLM": (7.85206265, 40.2501294)}


@pytest.mark.parametrize("estimator", OF_LAVAAN)
def test_differences_are_those_of_lavaan(estimator):
    ladder = [fit_cfa(HS, PUPILS, group="school", equal=equal, estimator=estimator) for equal in LEVELS]
    for less, more, expected in zip(ladder, ladder[1:], OF_LAVAAN[estimator], strict=False):
        last = less.compare(more, method=METHOD).iloc[1]
        assert last["delta_chi_square"] == pytest.approx(expected, rel=1e-4)
        assert last["delta_method"] == "Satorra & Bentler 2010"
        for found, (mu, sigma) in zip(
            wide_at_narrow(less, more).implied_moments, more._fitted.implied_moments, strict=True
        ):
            np.testing.assert_allclose(found[0], mu, atol=1e-6)
            np.testing.assert_allclose(found[1], sigma, atol=1e-5)


def test_other_words_and_other_models_are_refused():
    plain = fit_cfa(HS, PUPILS)
    narrow = fit_cfa(HS + "\nvisual ~~ 0*textual", PUPILS)
    for method, found in (("2010", "method='2010'"), (METHOD, f"method='{METHOD}'")):
        with pytest.raises(FactorError, match=found):
            plain.compare(narrow, method=method)
