"""Overlap weights: R's numbers, their identity, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dww_analysis.effects.overlap import e_value, overlap
from dww_analysis.errors import FitError

ORACLES = Path(__file__).parents[1] / "oracles"
WITNESS = json.loads((ORACLES / "20_overlap_weights" / "oracle.json").read_text())
COVARIATES = ("meanses", "size", "minrty")


def schools() -> pd.DataFrame:
    """One row a school: Catholic schools stand for the treated ones."""
    pupils = pd.read_csv(ORACLES / "04_exam_hsb" / "hsb82.csv", dtype={"school": str})
    pupils = pupils.assign(minrty=pupils["minrty"] == "Yes", treated=pupils["sector"] == "Catholic")
    by_school = pupils.groupby("school")
    means = by_school[["mAch", "meanses", "minrty"]].mean().rename(columns={"mAch": "change"})
    more = {"size": by_school.size(), "treated": by_school["treated"].first()}
    return means.assign(**more).rename_axis("unit").reset_index()


def test_the_witness():
    found = overlap(schools(), COVARIATES)
    balance = found.balance.set_index("covariate")
    for name, before in WITNESS["smd_before"].items():
        assert balance.at[name, "smd_before"] == pytest.approx(before, rel=1e-9)
        assert abs(balance.at[name, "smd_after"]) < 1e-12
    for arm, name in ((True, "treated"), (False, "control")):
        assert found.effective[arm] == pytest.approx(WITNESS["effective_clusters"][name], rel=1e-8)
        assert found.support[arm] == pytest.approx(WITNESS["common_support"][name], rel=1e-8)
    answers = found.answers.set_index("answer")
    assert answers.at["unweighted", "estimate"] == pytest.approx(WITNESS["unweighted"], rel=1e-9)
    for name, case in (("overlap weights", "ato"), ("overlap weights and covariates", "ato_with_covariates")):
        wanted = WITNESS[case]
        assert answers.at[name, "estimate"] == pytest.approx(wanted["estimate"], rel=1e-8)
        assert answers.at[name, "std_error"] == pytest.approx(wanted["se_cr2"], rel=1e-7)
        assert answers.at[name, "df"] == pytest.approx(wanted["df"], rel=1e-6)
        assert answers.at[name, "p_value"] == pytest.approx(wanted["p"], rel=1e-5)


def test_units_and_names_in_any_order():
    whole = overlap(schools(), COVARIATES).answers
    turned = overlap(schools().sample(frac=1, random_state=1), COVARIATES[::-1]).answers
    pd.testing.assert_frame_equal(whole, turned, rtol=1e-9)


def few(n: int, seed: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"unit": [f"u{i}" for i in range(2 * n)], "treated": np.arange(2 * n) < n})
    return frame.assign(**{c: rng.normal(size=2 * n) for c in ("change", "a", "b")})


def test_few_units_carry_one_covariate():
    assert len(overlap(few(6), ["a"]).answers) == 3
    with pytest.raises(FitError, match="2 covariates for a smallest group of 6 units"):
        overlap(few(6), ["a", "b"])
    with pytest.raises(FitError, match="smallest group of 0 units"):
        overlap(few(6).assign(treated=True), ["a"])


def test_groups_that_do_not_overlap_are_refused():
    units = few(12)
    with pytest.raises(FitError, match="tell apart without error"):
        overlap(units.assign(a=units["treated"] * 10.0 + units["a"]), ["a"])
    with pytest.raises(FitError, match="the same for every unit"):
        overlap(units.assign(a=1.0), ["a"])


def test_e_values():
    """d = .5 is a risk ratio of exp(.455) = 1.576; E = RR + sqrt(RR (RR - 1))."""
    estimate, limit = e_value(0.5, 0.1)
    assert estimate == pytest.approx(2.5291, abs=5e-4) and limit == pytest.approx(1.4183, abs=5e-4)
    assert e_value(-0.5, -0.1) == (estimate, limit)
    assert e_value(0.5, -0.1)[1] == 1.0
