"""Random unbalanced data of twelve structures, half of them on a boundary, against stored results of R.

`expected/random_designs/make_lme4.R` made them: the best of three optimisers of lme4, with lmerTest and pbkrtest.
"""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dww_analysis.multilevel import fit

FOLDER = Path(__file__).parent / "expected" / "random_designs"
MODELS = json.loads((FOLDER / "lme4.json").read_text())["models"]
CASES = range(len(MODELS))
LOG_LIKELIHOOD = 1e-6  # absolute; ours may be better than lme4's, never worse
ESTIMATE = 1e-5  # relative; lme4's optimisers stop within this of the optimum
ERROR = 2e-5
DF = 1e-4  # lmerTest differentiates numerically


@cache
def fitted(i):
    return fit(MODELS[i]["formula"], pd.read_csv(FOLDER / f"design_{i:02d}.csv"))


@pytest.mark.parametrize("i", CASES)
def test_optimum(i):
    m, stored = fitted(i), MODELS[i]
    assert m.converged
    assert m.log_likelihood == pytest.approx(stored["logLik"], abs=LOG_LIKELIHOOD)
    assert list(m.fixed_effects.index) == stored["term"]
    np.testing.assert_allclose(m.fixed_effects, stored["estimate"], rtol=ESTIMATE, atol=1e-7)
    np.testing.assert_allclose(np.sqrt(np.diag(m.vcov())), stored["se"], rtol=ERROR)
    assert bool(m.boundary) == stored["singular"]


@pytest.mark.parametrize("i", CASES)
def test_small_sample_inference(i):
    table, stored = fitted(i).coefficients("kenward-roger"), MODELS[i]
    np.testing.assert_allclose(table["std_error"], stored["kr_se"], rtol=ERROR)
    np.testing.assert_allclose(table["df"], stored["kr_df"], rtol=DF)
    np.testing.assert_allclose(
        fitted(i).coefficients("satterthwaite")["df"], stored["satterthwaite_df"], rtol=DF
    )
