"""CR2 with weights that say how much a row counts: R's clubSandwich, and the sums written out."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import sqrtm

from dww_analysis.multilevel import fit, fit_ols
from dww_analysis.multilevel.errors import MethodError


def rows(n: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(
        {"g": np.repeat(list("abcdefgh"), n // 8), "x": rng.normal(size=n), "w": rng.uniform(0.2, 3, n)}
    )
    return frame.assign(
        z=(frame["g"] < "e") * 1.0, y=frame["x"] + rng.normal(size=n) + rng.normal(size=8).repeat(n // 8)
    )


def test_covariance_and_df_are_the_definitions():
    """Dense, with the n x n hat matrix: A_i the root of the inverse of a cluster's variance of residuals."""
    data = rows()
    X, W = np.column_stack([np.ones(40), data["x"], data["z"]]), np.diag(data["w"])
    M = np.linalg.inv(X.T @ W @ X)
    left = np.eye(40) - X @ M @ X.T @ W
    e, meat, G = left @ data["y"].to_numpy(), np.zeros((3, 3)), []
    for own in data.groupby("g").indices.values():
        spread = (left @ left.T)[np.ix_(own, own)]
        A = np.linalg.inv(np.real(sqrtm(spread)))
        half = M @ X[own].T @ W[np.ix_(own, own)] @ A
        meat += np.outer(half @ e[own], half @ e[own])
        G.append(half @ left[own])  # (3, 40)
    for k in range(3):
        g = np.array([part[k] for part in G])
        gram = g @ g.T
        table = fit_ols("y ~ x + z", data, weights="w").robust("g", weights="sampling")
        assert table.at[k, "std_error"] == pytest.approx(np.sqrt(meat[k, k]), rel=1e-9)
        assert table.at[k, "df"] == pytest.approx(np.trace(gram) ** 2 / (gram**2).sum(), rel=1e-9)


def test_equal_weights_make_both_readings_one():
    data = rows()
    found = fit_ols("y ~ x + z", data)
    pd.testing.assert_frame_equal(found.robust("g"), found.robust("g", weights="sampling"), rtol=1e-9)


def test_a_joint_test_of_one_row_is_its_t_test():
    m = fit_ols("y ~ x + z", rows(), weights="w")
    row = m.robust("g", weights="sampling").loc[1]
    joint = m.robust_inference("g", weights="sampling").joint(np.eye(3)[1:2])
    assert (joint.num_df, joint.scaling) == (1, 1.0)
    assert joint.statistic == pytest.approx(row["statistic"] ** 2, rel=1e-9)
    assert [joint.den_df, joint.p_value] == pytest.approx([row["df"], row["p_value"]], rel=1e-9)


def test_refused_by_name():
    data = rows()
    with pytest.raises(MethodError, match="fit_ols"):
        fit("y ~ x + (1 | g)", data).robust("g", weights="sampling")
    with pytest.raises(MethodError, match="'sampling' with CR2"):
        fit_ols("y ~ x", data).robust("g", kind="CR1", weights="sampling")
    with pytest.raises(MethodError, match=r"A test of 3 contrasts together .* one by one"):
        fit_ols("y ~ x + z", data).robust_inference("g", weights="sampling").joint(np.eye(3))


def test_weights_of_overlap_have_the_witnesss_interval():
    """R: vcovCR(lm(mAch ~ treated + ..., weights = overlap weight), cluster = school, type = "CR2")."""
    folder = Path(__file__).parents[1] / "oracles"
    wanted = json.loads((folder / "20_overlap_weights" / "oracle.json").read_text())
    pupils = pd.read_csv(folder / "04_exam_hsb" / "hsb82.csv", dtype={"school": str})
    pupils = pupils.assign(minrty=pupils["minrty"] == "Yes", treated=(pupils["sector"] == "Catholic") * 1.0)
    by_school = pupils.groupby("school")
    data = (
        by_school[["mAch", "meanses", "minrty", "treated"]].mean().assign(size=by_school.size()).reset_index()
    )
    b = wanted["propensity"]
    linear = b["(Intercept)"] + sum(b[c] * data[c] for c in ("meanses", "size", "minrty"))
    chance = 1 / (1 + np.exp(-linear))
    data["w"] = np.where(data["treated"] == 1, 1 - chance, chance)
    for formula, case in (
        ("mAch ~ treated", "ato"),
        ("mAch ~ treated + meanses + size + minrty", "ato_with_covariates"),
    ):
        row = (
            fit_ols(formula, data, weights="w")
            .robust("school", weights="sampling")
            .set_index("term")
            .loc["treated"]
        )
        assert row["estimate"] == pytest.approx(wanted[case]["estimate"], rel=1e-7)
        assert row["std_error"] == pytest.approx(wanted[case]["se_cr2"], rel=1e-7)
        assert row["df"] == pytest.approx(wanted[case]["df"], rel=1e-6)
