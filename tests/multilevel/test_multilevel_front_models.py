"""Formulas with transforms, weights, offsets and unusual random terms against lme4 and lmerTest (front_models.R)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dww_analysis.multilevel import fit

LIKELIHOOD = 1e-5  # R's optimiser stops at its own precision
ESTIMATE, STD_ERROR, DF = 1e-5, 1e-4, 2e-3

WITNESS = json.loads((Path(__file__).parent / "expected" / "front_models.json").read_text())
NESTED = json.loads((Path(__file__).parent / "expected" / "between_within.json").read_text())
DATA = pd.DataFrame(WITNESS["data"])


def near(found, expected, rtol, atol=1e-8):
    np.testing.assert_allclose(
        np.asarray(found, dtype=float), np.asarray(expected, dtype=float), rtol=rtol, atol=atol
    )


@pytest.mark.parametrize("case", WITNESS["models"], ids=lambda c: c["formula"])
def test_models_of_lme4(case):
    m = fit(
        case["formula"],
        DATA,
        method="REML" if case["reml"] else "ML",
        weights="w" if case["weights"] else None,
        offset="known" if case["offset"] else None,
    )
    assert m.n_obs == case["nobs"]
    assert m.n_obs + m.n_dropped == len(DATA)
    near(m.log_likelihood, case["logLik"], 0, LIKELIHOOD)
    df = case["ddf"].lower()
    table = m.coefficients(df=df)
    assert list(table["term"]) == (case["terms"] if isinstance(case["terms"], list) else [case["terms"]])
    near(table["estimate"], case["estimate"], ESTIMATE, ESTIMATE * np.max(case["se"]))
    near(table["std_error"], case["se"], STD_ERROR)
    if not m.boundary:
        near(table["df"], case["df"], DF)
        near(table["p_value"], case["p"], 5 * DF, 1e-12)
    residual = m.sigma**2
    near(sorted(m.variance_components()["estimate"]), sorted(case["varcomp"]), 1e-3, 1e-4 * residual)


@pytest.mark.parametrize("case", [c for c in WITNESS["models"] if c.get("anova")], ids=lambda c: c["formula"])
def test_type3_of_lmertest(case):
    m = fit(
        case["formula"],
        DATA,
        method="REML" if case["reml"] else "ML",
        weights="w" if case["weights"] else None,
        offset="known" if case["offset"] else None,
    )
    found, expected = m.anova(df=case["ddf"].lower()), case["anova"]
    assert list(found["term"]) == expected["term"]
    near(found["num_df"], expected["num_df"], 0)
    near(found["statistic"], expected["F"], 1e-3)
    if not m.boundary:
        near(found["den_df"], expected["den_df"], DF)


@pytest.mark.parametrize("case", NESTED["models"], ids=lambda c: c["formula"])
def test_between_within_df_are_those_of_nlme(case):
    """Except for the intercept, which takes the df of the outermost level here and of the rows in nlme."""
    data = pd.DataFrame(NESTED["data"])
    data[NESTED["numeric"]] = data[NESTED["numeric"]].astype(float)
    table = fit(case["formula"], data).coefficients(df="between-within")
    assert list(table["term"]) == case["terms"]
    near(table["df"][1:], case["df"][1:], 0)
    assert table["df"][0] <= min(case["df"][1:])


MEANS = [
    c for c in WITNESS["models"] if c.get("ls_means") and not c["offset"] and "I(" not in c["formula"]
]  # lmerTest holds I(wave^2) at its own mean and leaves offsets out


@pytest.mark.parametrize("case", MEANS, ids=lambda c: c["formula"])
def test_marginal_means_of_lmertest(case):
    m = fit(case["formula"], DATA, weights="w" if case["weights"] else None)
    stored = pd.DataFrame(case["ls_means"]).set_index("row")
    for term, rows in stored.groupby("term"):
        variables = term.split(":")
        found = m.means(variables, df=case["ddf"].lower())
        labels = [
            ":".join(v + str(row[i]) for i, v in enumerate(variables))
            for row in found[variables].itertuples(index=False)
        ]
        found = found.set_index(pd.Index(labels)).loc[rows.index]
        near(found["estimate"], rows["estimate"], 1e-5)
        near(found["std_error"], rows["se"], 10 * STD_ERROR)
        if not m.boundary:
            near(found["df"], rows["df"], DF)


@pytest.mark.parametrize("case", [c for c in WITNESS["models"] if c.get("cr2")], ids=lambda c: c["formula"])
def test_robust_inference_of_clubsandwich(case):
    m, stored = fit(case["formula"], DATA), case["cr2"]
    table = m.robust(stored["cluster"])
    near(table["std_error"], stored["se"], STD_ERROR)
    near(table["df"], stored["df"], 1e-3)
    joint = m.robust_inference(stored["cluster"]).joint(np.eye(len(table))[1:3])
    near(joint.statistic, stored["F"], 1e-3)
    near(joint.den_df, stored["den_df"], 1e-3)
    near(joint.p_value, stored["p"], 1e-3)
