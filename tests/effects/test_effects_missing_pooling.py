"""Pooling against R (mice, mitml) on stored completed data, and by hand."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from dww_analysis.effects.missing.pooling import joint_df, pool, pool_test
from dww_analysis.multilevel import fit

ORACLES = Path(__file__).parents[1] / "oracles"
EXACT = 1e-9  # the same arithmetic on the same numbers
END_TO_END = 1e-5  # through our own mixed-model fits: standard errors
DF = 1e-3  # Kenward-Roger df end to end
P = 1e-3


@cache
def oracle(case):
    return json.loads((ORACLES / case / "oracle.json").read_text(encoding="utf-8"))


def completed(name):
    table = pd.read_csv(ORACLES / "12_missing_data" / name)
    return [one for _, one in table.groupby("imp")]


def same_pooled(found, row, tolerance):
    assert found.estimate == pytest.approx(row["estimate"], rel=tolerance)
    assert found.std_error == pytest.approx(row["se"], rel=tolerance)
    assert found.df == pytest.approx(row["df"], rel=tolerance)
    assert found.riv == pytest.approx(row["riv"], rel=tolerance)
    assert found.fmi == pytest.approx(row["fmi"], rel=tolerance)


def stored(fits, term):
    """Estimates and variances of a term over the stored fits of one model."""
    at = fits["1"]["vcov"]["rows"].index(term)
    rows = [fits[str(i + 1)] for i in range(len(fits))]
    return [r["coef"][term] for r in rows], [r["vcov"]["values"][at][at] for r in rows]


def joint(fits, terms):
    rows = [fits[str(i + 1)] for i in range(len(fits))]
    at = [rows[0]["vcov"]["rows"].index(t) for t in terms]
    Q = np.array([[r["coef"][t] for t in terms] for r in rows])
    return Q, np.array([np.array(r["vcov"]["values"])[np.ix_(at, at)] for r in rows])


def test_the_published_example():
    found = pool([10, 11, 12], [1, 1, 1], 28)
    assert found.std_error**2 == pytest.approx(2.333333, abs=1e-6)
    assert found.riv == pytest.approx(1.333333, abs=1e-6)
    assert found.df == pytest.approx(3.962816640, abs=1e-9)
    assert found.fmi == pytest.approx(0.694531462, abs=1e-9)


def test_by_hand():
    case = oracle("12_missing_data")["pooling_by_hand"]
    found, row = pool(*list(case["inputs"].values())), case["result"]
    assert (found.estimate, found.within, found.between) == pytest.approx(
        (row["qbar"], row["ubar"], row["b"])
    )
    assert found.std_error**2 == pytest.approx(row["t"], rel=EXACT)
    assert (found.df, found.riv) == pytest.approx((row["df"], row["riv"]), rel=EXACT)
    assert (found.fmi, found.share_missing) == pytest.approx((row["fmi"], row["lambda"]), rel=EXACT)


@pytest.mark.parametrize(
    "block,rows", [("pooled_barnard_rubin", "small"), ("pooled_large_sample_df", "large sample")]
)
def test_nhanes_as_mice_pools(block, rows):
    case = oracle("12_missing_data")["nhanes"]
    for row in case[block]:
        found = pool(*stored(case["per_imputation"], row["term"]), row["df_complete"] or np.inf)
        same_pooled(found, row, EXACT)
        assert found.p_value == pytest.approx(row["p"], rel=1e-6)
        assert found.limits() == pytest.approx((row["lower"], row["upper"]), rel=1e-8)
        assert (found.within, found.between) == pytest.approx((row["within"], row["between"]), rel=EXACT)


def test_nhanes_from_the_completed_data():
    """The stored data sets, our own least squares, pooled."""
    case = oracle("12_missing_data")["nhanes"]
    fits = [_least_squares(d, "bmi", ["age", "chl"]) for d in completed("nhanes_imputed.csv")]
    for i, row in enumerate(case["pooled_barnard_rubin"]):
        found = pool([b[i] for b, _ in fits], [V[i, i] for _, V in fits], 22)
        same_pooled(found, row, 1e-8)


def _least_squares(data, outcome, names):
    X = np.column_stack([np.ones(len(data)), data[names]])
    b, rest, *_ = np.linalg.lstsq(X, data[outcome].to_numpy(), rcond=None)
    return b, np.linalg.inv(X.T @ X) * rest[0] / (len(data) - X.shape[1])


@pytest.mark.parametrize(
    "data,block,df", [("studentratings", "pooled_rubin", np.inf), ("studentratings", "pooled_barnard_rubin_df46", 46),
                      ("popmis", "pooled_rubin", np.inf)],
)  # fmt: skip
def test_schools_as_mitml_pools(data, block, df):
    case = oracle("12_missing_data")[data]
    for row in case[block]["estimates"]:
        same_pooled(pool(*stored(case["per_imputation"], row["term"]), df), row, EXACT)


def test_joint_tests_as_mice_and_mitml_do_them():
    nhanes = oracle("12_missing_data")["nhanes"]
    same_test(pool_test(*joint(nhanes["per_imputation"], ["age", "chl"]), 22), nhanes["D1"], "F")
    schools = oracle("12_missing_data")["studentratings"]
    same_test(pool_test(*joint(schools["per_imputation"], ["ReadDis", "SES"])), schools["D1_two_slopes"], "F")


def same_test(found, row, statistic, tolerance=EXACT):
    p = row["p"] if "p" in row else row["P(>F)"]
    assert found.statistic == pytest.approx(row[statistic], rel=tolerance)
    assert found.num_df == row["df1"]
    assert found.den_df == pytest.approx(row["df2"], rel=tolerance)
    assert found.p_value == pytest.approx(p, rel=1e-3)
    assert found.riv == pytest.approx(row["riv"] if "riv" in row else row["RIV"], rel=tolerance)


@cache
def popular_fits():
    return [fit("popular ~ sex + texp + (1 | school)", d) for d in completed("popmis_40_imputed.csv")]


def test_kenward_roger_fits_pooled_with_their_own_df():
    """df of a teacher's property is of schools: 27.98, where rows as df would give 181."""
    for row in oracle("21_pooling_kr")["terms"]:
        tables = [
            f.coefficients(df="kenward-roger").set_index("term").loc[row["term"]] for f in popular_fits()
        ]
        df = float(np.mean([t["df"] for t in tables]))
        found, want = (
            pool([t["estimate"] for t in tables], [t["std_error"] ** 2 for t in tables], df),
            row["pooled"],
        )
        assert df == pytest.approx(want["df_complete"], rel=DF)
        assert found.estimate == pytest.approx(want["estimate"], rel=1e-6)
        assert found.std_error == pytest.approx(want["se"], rel=END_TO_END)
        assert found.df == pytest.approx(want["df"], rel=DF)
        assert found.p_value == pytest.approx(want["p"], rel=P)
        assert (found.riv, found.fmi) == pytest.approx((want["riv"], want["fmi"]), rel=1e-4)


def test_the_trap_of_rows_as_df():
    trap = oracle("21_pooling_kr")["trap"]
    fits = popular_fits()
    at = list(fits[0].fixed_effects.index).index("texp")
    found = pool(
        [f.fixed_effects["texp"] for f in fits], [f.vcov().iloc[at, at] for f in fits], trap["df_complete"]
    )
    assert (found.df, found.std_error) == pytest.approx((trap["df"], trap["se"]), rel=END_TO_END)


def test_joint_test_of_kenward_roger_fits():
    case, terms = oracle("21_pooling_kr"), ["sex", "texp"]
    fits = popular_fits()
    Q = np.array([f.fixed_effects[terms] for f in fits])
    U = np.array([f.vcov().loc[terms, terms] for f in fits])  # as mitml reads lme4
    for block, df in (("D1_sex_texp", np.inf), ("D1_sex_texp_dfcom37_reiter", 37)):
        same_test(pool_test(Q, U, df), case[block], "F.value", END_TO_END)


def test_nothing_missing_is_the_complete_answer():
    found = pool([0.4] * 5, [0.04] * 5, 20)
    assert (found.estimate, found.std_error, found.riv, found.share_missing) == (
        0.4,
        pytest.approx(0.2),
        0,
        0,
    )
    assert found.df == pytest.approx(21 / 23 * 20)
    assert joint_df(5, 2, 0.0, 20) == 20


def test_one_parameter_tested_jointly_is_its_own_square():
    Q, U = np.array([0.2, 0.5, 0.1, 0.3, 0.6]), np.array([0.04, 0.05, 0.045, 0.038, 0.052])
    one, together = pool(Q, U), pool_test(Q[:, None], U[:, None, None])
    assert together.statistic == pytest.approx(one.statistic**2, rel=EXACT)
    assert together.riv == pytest.approx(one.riv, rel=EXACT)


def test_coverage_of_a_mean_with_values_missing_at_random():
    """Normal data, 40 of 60 observed, proper draws: the pooled interval covers in about 95 of 100."""
    rng, hits, trials = np.random.default_rng(3), 0, 600
    for _ in range(trials):
        seen = rng.normal(size=20)
        Q, U = zip(*(_completed_mean(seen, 10, rng) for _ in range(10)), strict=True)
        low, high = pool(Q, U, 29).limits()
        hits += low <= 0 <= high
    assert abs(hits / trials - 0.95) < 3 * np.sqrt(0.95 * 0.05 / trials)


def _completed_mean(seen, absent, rng):
    n = len(seen)
    variance = seen.var(ddof=1) * (n - 1) / rng.chisquare(n - 1)
    mean = rng.normal(seen.mean(), np.sqrt(variance / n))
    y = np.concatenate([seen, rng.normal(mean, np.sqrt(variance), absent)])
    return y.mean(), y.var(ddof=1) / len(y)


@pytest.mark.parametrize(
    "call", [lambda: pool([1.0], [1.0]), lambda: pool([1, 2], [1, 0]), lambda: pool([1, np.nan], [1, 1]),
             lambda: pool([1, 2], [1, 1, 1]), lambda: pool([1, 2], [1, 1], 0), lambda: pool_test([[1, 2]], [[[1]]]),
             lambda: joint_df(3, 2, 0.5, 30)],
)  # fmt: skip
def test_what_cannot_be_pooled_is_refused(call):
    with pytest.raises(ValueError):
        call()


def test_p_value_is_two_sided():
    found = pool([2.0, 2.2, 1.8], [0.5, 0.5, 0.5], 12)
    assert found.p_value == pytest.approx(2 * (1 - stats.t.cdf(found.statistic, found.df)))
