"""The standardised solution with errors of its own, beside `standardizedSolution` of lavaan 0.6-14."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dww_analysis.factor import fit_cfa
from dww_analysis.factor.cautions import without_numbers

ORACLES = Path(__file__).parents[1]
CLOSE = {"rel": 1e-4}  # lavaan's search ends within some 1e-5 of the top
HS = "visual =~ x1+x2+x3\ntextual =~ x4+x5+x6\nspeed =~ x7+x8+x9"


@pytest.fixture(scope="module")
def pupils():
    return pd.read_csv(ORACLES / "oracles/10_cfa/holzinger.csv")


def cell(table, lhs, op, rhs, group=1):
    at = (table["lhs"] == lhs) & (table["op"] == op) & (table["rhs"] == rhs)
    (row,) = table[at & table["group"].isin([group, 0])].itertuples()
    return row.standardised, row.std_error


# standardizedSolution(cfa(HS, HolzingerSwineford1939, estimator = ...))
OF_LAVAAN = {
    ("ML", HS): {
        ("visual", "=~", "x1"): (0.77188042, 0.054972729),
        ("visual", "=~", "x2"): (0.42360099, 0.059619117),
        ("textual", "=~", "x5"): (0.85506545, 0.02234125),
        ("x1", "~~", "x1"): (0.40420062, 0.084864746),
        ("visual", "~~", "textual"): (0.4585093, 0.063779351),
    },
    ("MLR", HS): {
        ("visual", "=~", "x1"): (0.77188042, 0.074338844),
        ("visual", "=~", "x2"): (0.42360099, 0.067799499),
        ("textual", "=~", "x5"): (0.85506545, 0.021195079),
        ("x1", "~~", "x1"): (0.40420062, 0.1147614),
        ("visual", "~~", "textual"): (0.4585093, 0.073268657),
    },
    ("ML", HS + "\ng =~ visual + textual + speed"): {
        ("g", "=~", "visual"): (0.87315011, 0.11466395),
        ("g", "=~", "textual"): (0.52512225, 0.079265025),
        ("visual", "~~", "visual"): (0.23760889, 0.20023768),
    },
    ("ML", "visual =~ x1+a*x2+b*x3\ntextual =~ x4+x5+x6\ngap := a-b"): {
        ("gap", ":=", "a-b"): (-0.13734375, 0.078664045),
    },
}


@pytest.mark.parametrize(("how", "text"), OF_LAVAAN)
def test_standardised_solution_is_that_of_lavaan(pupils, how, text):
    found = fit_cfa(text, pupils, estimator=how).standardised()
    for name, numbers in OF_LAVAAN[how, text].items():
        assert cell(found, *name) == pytest.approx(numbers, **CLOSE), name


def test_standardised_solution_of_two_levels_is_that_of_lavaan():
    teams = pd.read_csv(ORACLES / "oracles_extra/two_level_mlr.csv")
    text = "level: 1\nfw =~ y1+y2+y3+y4\nlevel: 2\nfb =~ y1+y2+y3+y4"
    found = fit_cfa(text, teams, cluster="clus").standardised()
    assert cell(found, "fw", "=~", "y2") == pytest.approx((0.83632231, 0.012913073), **CLOSE)
    assert cell(found, "fb", "=~", "y4") == pytest.approx((0.98343749, 0.022949635), **CLOSE)


def test_standardised_solution_does_not_depend_on_units(pupils):
    table = fit_cfa(HS, pupils).standardised()
    small = pupils.assign(x1=pupils["x1"] * 1e-4, x5=pupils["x5"] * 1e5)
    same = fit_cfa(HS, small).standardised()
    numbers = table["op"] != "~1"
    np.testing.assert_allclose(
        same.loc[numbers, ["standardised", "std_error"]],
        table.loc[numbers, ["standardised", "std_error"]],
        atol=1e-7,
    )


def test_variances_that_are_one_have_no_error_and_a_failed_search_no_solution(pupils):
    table = fit_cfa(HS, pupils).standardised()
    assert cell(table, "visual", "~~", "visual") == (pytest.approx(1.0, abs=1e-12), 0.0)
    failed = without_numbers(fit_cfa(HS, pupils))
    assert failed.standardised()[["standardised", "std_error", "p_value"]].isna().all(axis=None)


# x4 to x9 in three answers; all pupils of Grant-White, the first 40 of Pasteur. Estimates, errors and the statistic of
# lavaan: cfa(..., group = "school", group.equal = c("loadings", "thresholds")), standardizedSolution of the same
CUTS = {
    "x4": (2.7, 3.6),
    "x5": (3.75, 5.0),
    "x6": (1.6, 2.6),
    "x7": (3.55, 4.75),
    "x8": (5.05, 5.95),
    "x9": (4.8, 5.95),
}


def unequal_groups(pupils):
    part = pd.concat([pupils.iloc[:40], pupils.iloc[156:]], ignore_index=True)
    answers = {
        name: pd.Categorical(np.searchsorted(cuts, part[name], side="right"), ordered=True)
        for name, cuts in CUTS.items()
    }
    return part[["school"]].assign(**answers)


@pytest.fixture(scope="module")
def ordered(pupils):
    return fit_cfa(
        "textual =~ x4+x5+x6\nspeed =~ x7+x8+x9",
        unequal_groups(pupils),
        group="school",
        estimator="WLSMV",
        equal=["loadings", "thresholds"],
    )


def test_ordered_groups_of_unequal_size_weigh_as_in_the_statistic(ordered):
    """Weighing a group by n where the statistic has n - 1 moved thresholds that groups share by up to 1 in 300."""
    rows = ordered.parameters.set_index(["lhs", "op", "rhs", "group"])
    for name, numbers in {
        ("x4", "|", "t1", 1): (0.32450954, 0.16745829),
        ("x5", "|", "t1", 1): (-0.18628223, 0.18242574),
        ("x6", "|", "t1", 1): (0.0078023451, 0.1593359),
        ("textual", "=~", "x5", 1): (1.084943, 0.18845815),
        ("speed", "=~", "x8", 1): (1.9219346, 0.69481999),
        ("x5", "~*~", "x5", 2): (1.1479167, 0.24195871),
    }.items():
        assert tuple(rows.loc[name, ["estimate", "std_error"]]) == pytest.approx(
            numbers, rel=1e-4, abs=1e-5
        ), name
    assert (ordered.chi_square_unscaled, ordered.chi_square) == pytest.approx(
        (22.61801725, 31.45455348), rel=1e-6
    )


def test_standardised_solution_of_ordered_items_is_that_of_lavaan(ordered):
    found = ordered.standardised()
    assert cell(found, "speed", "=~", "x8") == pytest.approx((0.76747306, 0.19891378), **CLOSE)
    assert cell(found, "x9", "~~", "x9", 2) == pytest.approx((0.60626433, 0.10520238), **CLOSE)
    assert cell(found, "textual", "~~", "speed", 2) == pytest.approx((0.31768649, 0.11076446), **CLOSE)
