"""Ordered items that not everybody answered, and persons in teams: brute force, the jackknife and copies of persons."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import multivariate_normal, norm

from dww_analysis.factor import fit_cfa
from dww_analysis.factor.errors import FactorError
from dww_analysis.factor.ordinal_moments import ordinal_moments

TEXT = "f =~ a + b + c + d"
SEARCHED = 1e-5  # of a one-dimensional search over a numerical distribution function
JACKKNIFE = 0.04  # the sandwich expects the slope of a correlation's scores instead of taking it


def answers(n: int = 600, gaps: float = 0.25, seed: int = 1) -> pd.DataFrame:
    """Four items of three categories in teams of six, a quarter of the answers absent."""
    rng = np.random.default_rng(seed)
    team = np.arange(n) // 6
    factor = 0.7 * rng.normal(size=n) + 0.5 * rng.normal(size=n)[team]
    data = pd.DataFrame(
        {name: np.digitize(factor + rng.normal(size=n), (-0.5, 0.8)) + 1.0 for name in "abcd"}
    )
    return data.mask(rng.random(data.shape) < gaps).assign(team=team)


def codes_of(data: pd.DataFrame) -> np.ndarray:
    return data[list("abcd")].fillna(0).to_numpy(dtype=int) - 1


def test_each_statistic_rests_on_all_who_answered():
    data = answers()
    moments = ordinal_moments(codes_of(data), [3] * 4)
    tau = [norm.ppf([(data[x].dropna() <= k).mean() for k in (1, 2)]) for x in "abcd"]
    np.testing.assert_allclose(moments.location, np.concatenate(tau), atol=1e-12)
    both = data[["a", "b"]].dropna()
    limits = [np.concatenate([[-9], t, [9]]) for t in tau[:2]]

    def minus(rho: float) -> float:
        normal = multivariate_normal(cov=[[1, rho], [rho, 1]])
        total = 0.0
        for (i, j), count in both.astype(int).value_counts().items():
            low, high = np.array([limits[0][i - 1], limits[1][j - 1]]), np.array([limits[0][i], limits[1][j]])
            total -= count * np.log(normal.cdf(high, lower_limit=low))
        return total

    found = minimize_scalar(minus, bounds=(-0.9, 0.9), method="bounded", options={"xatol": 1e-7})
    assert moments.correlation[0, 1] == pytest.approx(found.x, abs=SEARCHED)


def test_covariance_agrees_with_the_jackknife():
    """Who left out one person of a pattern left out any of that pattern, so that many persons cost few refits."""
    codes = codes_of(answers(20_000))[:, :3]
    moments = ordinal_moments(codes, [3] * 3)
    _, first, counts = np.unique(codes, axis=0, return_index=True, return_counts=True)
    without = np.array([ordinal_moments(np.delete(codes, k, axis=0), [3] * 3).observed for k in first])
    d = without - counts @ without / counts.sum()
    jackknife = (len(codes) - 1) * (counts[:, None] * d).T @ d
    np.testing.assert_allclose(moments.gamma, jackknife, rtol=JACKKNIFE, atol=JACKKNIFE)
    np.testing.assert_array_equal(moments.variances, np.diag(moments.gamma))


def test_complete_answers_give_the_same_pair_by_pair():
    data = answers(gaps=0.0)
    one, other = (fit_cfa(TEXT, data, estimator="WLSMV", missing=word) for word in ("listwise", "pairwise"))
    pd.testing.assert_frame_equal(one.parameters, other.parameters)
    assert (one.chi_square, one.cfi) == (other.chi_square, other.cfi)
    assert (one.missing, other.missing) == ("listwise", "pairwise")


def test_pairwise_keeps_who_skipped_an_item_and_gives_smaller_errors():
    data = answers(3000)
    fit = fit_cfa(TEXT, data, estimator="WLSMV", missing="pairwise")
    short = fit_cfa(TEXT, data, estimator="WLSMV")
    assert fit.n_obs == int(data[list("abcd")].notna().any(axis=1).sum()) > 2 * short.n_obs
    loadings = fit.parameters["op"] == "=~"
    free = loadings & fit.parameters["free"]
    assert (fit.parameters.loc[free, "std_error"] < short.parameters.loc[free, "std_error"]).all()
    np.testing.assert_allclose(fit.parameters.loc[loadings, "standardised"], np.sqrt(0.74 / 1.74), atol=0.05)


@pytest.mark.parametrize("estimator", ["WLSMV", "ULSMV"])
def test_copies_of_persons_as_teams_change_no_error_and_no_test(estimator):
    """Each person twice, the copies as a team: what independent persons give, but for (N - 1) / N."""
    data = answers(300)
    n = int(data[list("abcd")].notna().any(axis=1).sum())
    twice = pd.concat([data, data], keys=["one", "two"]).reset_index(level=1, names=["", "person"])
    single = fit_cfa(TEXT, data, estimator=estimator, missing="pairwise")
    double = fit_cfa(TEXT, twice, estimator=estimator, missing="pairwise", cluster="person")
    np.testing.assert_allclose(single.theta, double.theta, atol=1e-8)
    np.testing.assert_allclose(double.covariance, single.covariance * 2 * n / (2 * n - 1), rtol=1e-6)
    assert double.chi_square == pytest.approx(single.chi_square, rel=0.02)
    assert (double.n_clusters, double.n_obs) == (n, 2 * n)
    naive = fit_cfa(TEXT, twice, estimator=estimator, missing="pairwise")
    np.testing.assert_allclose(naive.theta, double.theta, atol=1e-8)
    assert naive.chi_square > 1.8 * single.chi_square


def test_few_teams_are_said():
    data = answers(600, gaps=0.0)
    fit = fit_cfa(TEXT, data.assign(team=data["team"] % 8), estimator="WLSMV", cluster="team")
    assert "8 clusters for 12 free parameters: robust errors lean on few teams" in fit.warnings


@pytest.mark.parametrize(
    ("change", "choices", "reason"),
    [
        ("a", {"estimator": "WLSMV", "missing": "pairwise"}, "answered together by 0"),
        ("", {"estimator": "WLSMV", "missing": "fiml"}, "'listwise' or 'pairwise'"),
        ("", {"estimator": "DWLS", "cluster": "team"}, "WLSMV or ULSMV"),
        ("", {"estimator": "MLR", "missing": "pairwise"}, "pair by pair"),
        ("team", {"estimator": "WLSMV", "cluster": "team"}, "one cluster"),
    ],
)
def test_what_cannot_be_is_refused(change, choices, reason):
    data = answers()
    if change == "a":
        even = np.arange(len(data)) % 2 == 0
        data = data.assign(a=data["a"].where(even), b=data["b"].where(~even))
    elif change:
        data[change] = 1
    with pytest.raises(FactorError, match=reason):
        fit_cfa(TEXT, data, **choices)
