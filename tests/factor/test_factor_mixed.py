"""Ordered and continuous items in one model: what Mplus and lavaan printed, brute force, limits and a simulation."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.stats import multivariate_normal, norm

from dww_analysis.factor import fit_cfa, invariance
from dww_analysis.factor.errors import FactorError
from dww_analysis.factor.ordinal_moments import ContinuousItem, OrderedItem, item_moments, ordinal_moments
from dww_analysis.factor.polyserial import polyserial, product_moment

# Example 5.3 of the Mplus User's Guide (statmodel.com): its data, what Mplus 8.8 printed, and what lavaan 0.6-17
# printed beside it (github.com/lucdw/lavaan-mplus: MPLUS_ex/ex5.3.out_mimlavaan.log,
# Categorical/ex5.3.ULSMV.out_mimlavaan.log)
GUIDE = pd.read_csv(Path(__file__).parents[1] / "oracles_extra" / "mixed_items.csv")
GUIDE_TEXT = "f1 =~ u1 + u2 + u3\nf2 =~ y4 + y5 + y6"
PRINTED = {  # estimate, standard error
    "f1=~u2": (1.066, 0.043), "f1=~u3": (1.000, 0.039), "f2=~y5": (1.051, 0.039), "f2=~y6": (0.997, 0.041),
    "f1~~f2": (-0.004, 0.044), "f1~~f1": (0.801, 0.046), "f2~~f2": (0.774, 0.062), "y4~~y4": (0.251, 0.025),
    "y5~~y5": (0.170, 0.021), "y6~~y6": (0.218, 0.021), "u1|t1": (0.010, 0.056), "u2|t1": (0.015, 0.056),
    "u3|t1": (-0.010, 0.056), "y4~1": (-0.016, 0.045), "y5~1": (-0.016, 0.045), "y6~1": (0.014, 0.045),
}  # fmt: skip
STATISTICS = {  # of lavaan; Mplus gives 3.935 and 3.927 for the scaled ones
    "WLSMV": {"plain": 0.946, "scaled": 3.932, "factor": 0.543, "baseline": 3021.794, "tli": 1.005},
    "ULSMV": {"plain": 1.486, "scaled": 3.924, "factor": 0.856, "baseline": 2007.728, "tli": 1.011},
}
DECIMALS = 5.1e-4  # three are printed
SEARCHED = 1e-5  # of a one-dimensional search
DIFFERENCED = 1e-6  # slopes by differences

TEXT = "f =~ a + b + c + d"
LIMITS = {"a": (-0.5, 0.8), "b": (0.2,)}


def ordered(codes, n: int) -> pd.Categorical:
    return pd.Categorical(codes, categories=range(n), ordered=True)


def answers(n: int, seed: int = 3, gaps: float = 0.0, shift: float = 0.0) -> pd.DataFrame:
    """Two ordered items (three and two categories) and two numbers of one factor: loadings 1, variances of what is
    left 1, the number d in units of ten around fifty."""
    rng = np.random.default_rng(seed)
    factor = rng.normal(size=n)
    star = pd.DataFrame({name: factor + rng.normal(size=n) for name in "abcd"})
    star = star.mask(rng.random(star.shape) < gaps)
    data = pd.DataFrame({"c": star["c"] + shift, "d": 50 + 10 * star["d"]})
    for name, limits in LIMITS.items():
        codes = np.digitize(star[name], limits).astype(float)
        codes[star[name].isna()] = np.nan
        data[name] = ordered(codes, len(limits) + 1)
    return data


def items_of(data: pd.DataFrame):
    return [
        *(OrderedItem(data[name].cat.codes.to_numpy(dtype=np.intp), len(LIMITS[name]) + 1) for name in "ab"),
        *(ContinuousItem(data[name].to_numpy(dtype=float)) for name in "cd"),
    ]


def as_guide() -> pd.DataFrame:
    return GUIDE.assign(**{name: ordered(GUIDE[name], 2) for name in ("u1", "u2", "u3")})


# ---- published
@pytest.mark.parametrize("estimator", ["WLSMV", "ULSMV"])
def test_the_example_of_the_mplus_guide(estimator):
    fit, expected = fit_cfa(GUIDE_TEXT, as_guide(), estimator=estimator), STATISTICS[estimator]
    assert (fit.n_parameters, fit.df, fit.n_obs) == (16, 8, 500)
    rows = fit.parameters
    found = {f"{r.lhs}{r.op}{r.rhs}": (r.estimate, r.std_error) for r in rows.itertuples()}
    loose = {"f1=~u3": 1.5e-3}  # 1.001 for ULSMV
    for name, printed in PRINTED.items():
        np.testing.assert_allclose(found[name], printed, atol=loose.get(name, DECIMALS), err_msg=name)
    assert fit.chi_square_unscaled == pytest.approx(expected["plain"], abs=DECIMALS)
    assert fit.chi_square == pytest.approx(expected["scaled"], abs=DECIMALS)
    assert fit.scaling_factor == pytest.approx(expected["factor"], abs=DECIMALS)
    assert fit.baseline_chi_square == pytest.approx(expected["baseline"], rel=1e-6)
    assert (fit.cfi, fit.rmsea) == (1.0, 0.0)
    assert fit.tli == pytest.approx(expected["tli"], abs=DECIMALS)
    assert fit.shown.rmsea_high == pytest.approx(0.028, abs=DECIMALS)
    assert fit.srmr == pytest.approx(0.012, abs=DECIMALS)
    assert fit.robust is None  # not given by lavaan either
    assert "taken as continuous, being no ordered categoricals: y4, y5, y6" in fit.warnings


# ---- brute force
def test_a_polyserial_correlation_is_the_top_of_the_integrated_likelihood():
    data = answers(60)
    codes, y = data["a"].cat.codes.to_numpy(dtype=np.intp), data["d"].to_numpy()
    z = (y - y.mean()) / y.std()
    tau = norm.ppf([(codes <= k).mean() for k in (0, 1)])
    edges = np.concatenate([[-8.0], tau, [8.0]])

    def minus(rho: float) -> float:
        density = multivariate_normal(cov=[[1, rho], [rho, 1]]).pdf
        cells = [
            quad(lambda x, v=v: density([x, v]), edges[k], edges[k + 1])[0]
            for k, v in zip(codes, z, strict=True)
        ]
        return -float(np.log(cells).sum())

    best = minimize_scalar(minus, bounds=(0.2, 0.9), method="bounded", options={"xatol": 1e-6})
    assert polyserial(z, codes, tau) == pytest.approx(best.x, abs=SEARCHED)


def test_a_pair_of_numbers_has_the_product_moment_correlation():
    data = answers(300)
    z = (data[["c", "d"]] - data[["c", "d"]].mean()) / data[["c", "d"]].std(ddof=0)
    assert product_moment(*z.to_numpy().T) == pytest.approx(data["c"].corr(data["d"]), abs=1e-9)


def log_likelihood_of_pair(first, second, own_1, own_2, rho: float) -> np.ndarray:
    """Of each person, from scipy: an item is (codes, None) with its thresholds, or (None, values) with mean and
    variance."""
    root = np.sqrt(1 - rho**2)
    if first[0] is not None and second[0] is not None:
        limits = [np.concatenate([[-9.0], own, [9.0]]) for own in (own_1, own_2)]
        cell = multivariate_normal(cov=[[1, rho], [rho, 1]]).cdf
        table = np.array(
            [
                [
                    cell([limits[0][i + 1], limits[1][j + 1]], lower_limit=[limits[0][i], limits[1][j]])
                    for j in range(len(own_2) + 1)
                ]
                for i in range(len(own_1) + 1)
            ]
        )
        return np.log(table[first[0], second[0]])
    if first[0] is None and second[0] is None:
        sd = np.sqrt([own_1[1], own_2[1]])
        cov = np.outer(sd, sd) * [[1, rho], [rho, 1]]
        return multivariate_normal([own_1[0], own_2[0]], cov).logpdf(np.column_stack([first[1], second[1]]))
    if first[0] is None:
        return log_likelihood_of_pair(second, first, own_2, own_1, rho)
    z = (second[1] - own_2[0]) / np.sqrt(own_2[1])
    limits = np.concatenate([[-np.inf], own_1, [np.inf]])
    above, below = (norm.cdf((limits[first[0] + k] - rho * z) / root) for k in (1, 0))
    return np.log(above - below) + norm.logpdf(second[1], own_2[0], np.sqrt(own_2[1]))


def log_likelihood_of_item(item, own) -> np.ndarray:
    if item[0] is None:
        return norm.logpdf(item[1], own[0], np.sqrt(own[1]))
    share = np.diff(np.concatenate([[0.0], norm.cdf(own), [1.0]]))
    return np.log(share[item[0]])


def sandwich_by_differences(raw, own, correlation) -> np.ndarray:
    """N times the covariance of (thresholds or mean and variance of each item, correlations): Muthen's equations with
    every score a difference of log-likelihoods."""

    def slopes(f, at):
        h = 1e-5 * np.maximum(1.0, np.abs(at))
        return np.column_stack(
            [(f(at + e) - f(at - e)) / (2 * e.sum()) for e in np.diag(h)]
        )  # fmt: skip

    starts = np.concatenate([[0], np.cumsum([len(o) for o in own])])
    both = [(i, j) for j in range(len(raw)) for i in range(j + 1, len(raw))]
    scores = [slopes(lambda at, i=i: log_likelihood_of_item(raw[i], at), own[i]) for i in range(len(raw))]
    of_rho, cross = [], np.zeros((len(both), starts[-1]))
    for k, (i, j) in enumerate(both):
        rho = np.array([correlation[i, j]])
        s = slopes(lambda at, i=i, j=j: log_likelihood_of_pair(raw[i], raw[j], own[i], own[j], at[0]), rho)
        of_rho.append(s[:, 0])
        f1 = slopes(
            lambda at, i=i, j=j, r=rho[0]: log_likelihood_of_pair(raw[i], raw[j], at, own[j], r), own[i]
        )
        f2 = slopes(
            lambda at, i=i, j=j, r=rho[0]: log_likelihood_of_pair(raw[i], raw[j], own[i], at, r), own[j]
        )
        cross[k, starts[i] : starts[i + 1]] = s[:, 0] @ f1
        cross[k, starts[j] : starts[j + 1]] = s[:, 0] @ f2
    every = np.column_stack([*scores, *of_rho])
    inner, B = every.T @ every, np.zeros((every.shape[1],) * 2)
    for a, b in pairwise(starts):
        B[a:b, a:b] = inner[a:b, a:b]
    n_own = starts[-1]
    B[n_own:, :n_own] = cross
    B[n_own:, n_own:] = np.diag(np.diag(inner)[n_own:])
    bread = np.linalg.inv(B)
    return len(every) * bread @ inner @ bread.T


def test_the_covariance_of_all_statistics_by_differences():
    data = answers(250, seed=8)
    moments = item_moments(items_of(data))
    codes = [data[name].cat.codes.to_numpy(dtype=int) for name in "ab"]
    raw = [(codes[0], None), (codes[1], None), (None, data["c"].to_numpy()), (None, data["d"].to_numpy())]
    own = [moments.location[moments.item == k] for k in (0, 1)]
    own += [np.array([x.mean(), x.var()]) for _, x in raw[2:]]
    expected = sandwich_by_differences(raw, own, moments.correlation)
    sd = np.array([1.0, 1.0, *np.sqrt([own[2][1], own[3][1]])])
    both = [(1, 0), (2, 0), (3, 0), (2, 1), (3, 1), (3, 2)]  # H: to minus means, variances and covariances
    H = np.zeros((13, 13))  # statistics: 3 thresholds, 2 means, 2 variances, 6 covariances
    H[[0, 1, 2], [0, 1, 2]] = 1.0
    H[[3, 4], [3, 5]], H[[5, 6], [4, 6]] = -1.0, 1.0
    for k, (i, j) in enumerate(both):
        H[7 + k, 7 + k] = sd[i] * sd[j]
        for item, other in ((i, j), (j, i)):
            if item > 1:
                H[7 + k, {2: 4, 3: 6}[item]] = moments.correlation[i, j] * sd[other] / (2 * sd[item])
    expected = H @ expected @ H.T
    unit = np.sqrt(np.diag(expected))
    np.testing.assert_allclose(
        moments.gamma / np.outer(unit, unit), expected / np.outer(unit, unit), atol=DIFFERENCED
    )
    np.testing.assert_allclose(moments.observed[3:7], [-own[2][0], -own[3][0], own[2][1], own[3][1]])
    np.testing.assert_allclose(moments.covariance[2:, 2:], np.cov(data[["c", "d"]].T, ddof=0))


def test_with_gaps_each_number_rests_on_who_gave_it():
    data = answers(400, gaps=0.3)
    moments = item_moments(items_of(data))
    c, d = data["c"], data["d"]
    np.testing.assert_allclose(moments.observed[3:7], [-c.mean(), -d.mean(), c.var(ddof=0), d.var(ddof=0)])
    own = [(x.mean(), x.var(ddof=0)) for x in (c, d)]
    together = data[["c", "d"]].dropna().to_numpy().T

    def minus(rho: float) -> float:
        return -log_likelihood_of_pair((None, together[0]), (None, together[1]), *own, rho).sum()

    best = minimize_scalar(minus, bounds=(-0.9, 0.9), method="bounded", options={"xatol": 1e-8})
    assert moments.correlation[3, 2] == pytest.approx(best.x, abs=SEARCHED)


# ---- limits
def test_numbers_cut_into_many_categories_tend_to_numbers():
    rng = np.random.default_rng(12)
    factor = rng.normal(size=20_000)
    star = factor[:, None] + rng.normal(size=(20_000, 3))
    fine = np.column_stack([np.digitize(x, norm.ppf(np.arange(1, 12) / 12) * np.sqrt(2)) for x in star.T])
    cut = ordinal_moments(fine, [12] * 3)
    mixed = item_moments([OrderedItem(fine[:, 0], 12), *(ContinuousItem(x) for x in star[:, 1:].T)])
    np.testing.assert_allclose(cut.correlation, mixed.correlation, atol=0.01)
    rho = [m.gamma[-1, -1] for m in (cut, mixed)]
    scaled = rho[1] / np.prod(np.diag(mixed.covariance)[1:])  # of a covariance; a correlation varies less
    assert 1.0 < rho[0] / (0.5**2 - 1) ** 2 < scaled / (0.5**2 - 1) ** 2


def test_units_of_numbers_change_nothing_but_units():
    data = answers(500)
    fit = fit_cfa(TEXT, data, estimator="WLSMV")
    other = fit_cfa(TEXT, data.assign(d=data["d"] * 1e5 + 7, c=data["c"] / 300), estimator="WLSMV")
    assert other.chi_square == pytest.approx(fit.chi_square, rel=1e-6)
    assert other.srmr == pytest.approx(fit.srmr, rel=1e-6)
    np.testing.assert_allclose(other.parameters["standardised"], fit.parameters["standardised"], atol=1e-5)
    z = fit.parameters["op"].isin(["=~", "|"])
    np.testing.assert_allclose(other.parameters.loc[z, "z"], fit.parameters.loc[z, "z"], rtol=1e-4)


def test_data_without_an_ordered_categorical_are_all_ordered():
    fit = fit_cfa("f =~ u1 + u2 + u3", GUIDE, estimator="WLSMV")
    same = fit_cfa("f =~ u1 + u2 + u3", as_guide(), estimator="WLSMV")
    pd.testing.assert_frame_equal(fit.parameters, same.parameters)
    assert fit.warnings == same.warnings


# ---- predictors
def test_a_predictor_is_refused_by_name_with_what_to_write_instead():
    with pytest.raises(FactorError, match=r"(?s)age, which no factor .* \(f_age =~ 1\*age; age ~~ 0\*age\)"):
        fit_cfa("f =~ a + b\nf ~ age", answers(50).assign(age=1.0 * np.arange(50)), estimator="WLSMV")


def test_a_number_with_a_factor_of_its_own_predicts():
    """Standardised slope of the factor behind the items: .6 / sqrt(1.36) as drawn; the loadings sqrt(1.36 / 2.36)."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=3000)
    factor = 0.6 * x + rng.normal(size=3000)
    data = pd.DataFrame(
        {k: ordered(np.digitize(factor + rng.normal(size=3000), (-0.7, 0.4)), 3) for k in "abc"}
    )
    text = "f =~ a + b + c; f_age =~ 1*age; age ~~ 0*age; f ~ f_age"
    rows = fit_cfa(text, data.assign(age=40 + 9 * x), estimator="WLSMV").parameters
    slope = rows.query("lhs == 'f' and op == '~'").iloc[0]
    true = 0.6 / np.sqrt(1.36)
    error = slope["std_error"] / slope["estimate"] * slope["standardised"]
    assert abs(slope["standardised"] - true) < 3 * error < 0.1
    loadings = rows.query("lhs == 'f' and op == '=~'")["standardised"]
    np.testing.assert_allclose(loadings, np.sqrt(1.36 / 2.36), atol=0.05)


# ---- gaps, teams and ladders
def test_pairwise_and_teams():
    data = answers(1200, gaps=0.2)
    by_pair = fit_cfa(TEXT, data, estimator="WLSMV", missing="pairwise")
    listwise = fit_cfa(TEXT, data, estimator="WLSMV")
    assert by_pair.n_obs == int(data.notna().any(axis=1).sum()) > 2 * listwise.n_obs
    free = by_pair.parameters["free"] & (by_pair.parameters["op"] == "=~")
    assert (by_pair.parameters.loc[free, "std_error"] < listwise.parameters.loc[free, "std_error"]).all()
    twice = pd.concat([data, data], keys=["one", "two"]).reset_index(level=1, names=["", "person"])
    double = fit_cfa(TEXT, twice, estimator="WLSMV", missing="pairwise", cluster="person")
    n = by_pair.n_obs
    np.testing.assert_allclose(double.covariance, by_pair.covariance * 2 * n / (2 * n - 1), rtol=1e-4)


def test_teams_change_errors_and_no_estimates():
    data = answers(400).sort_values("d").assign(team=np.arange(400) // 8)
    alone, teams = (fit_cfa(TEXT, data, estimator="WLSMV", cluster=name) for name in (None, "team"))
    np.testing.assert_allclose(teams.parameters["estimate"], alone.parameters["estimate"], rtol=1e-6)
    mean = alone.parameters.query("lhs == 'd' and op == '~1'").index[0]
    sd = data["d"].std(ddof=0)
    z = (data["d"] - data["d"].mean()) / sd
    scores = pd.DataFrame({"mean": z / sd, "variance": (z**2 - 1) / (2 * sd**2)})
    of_teams = scores.groupby(data["team"]).sum()
    bread = np.linalg.inv(scores.T @ scores)
    for fit, middle in ((alone, scores.T @ scores), (teams, of_teams.T @ of_teams * 50 / 49)):
        by_hand = np.sqrt((bread @ middle.to_numpy() @ bread)[0, 0] * 400 / 399)  # N - 1 as in lavaan
        assert fit.parameters.loc[mean, "std_error"] == pytest.approx(by_hand, rel=1e-6)


def two_arms(shift: float, gaps: float = 0.0) -> pd.DataFrame:
    one, other = answers(800, 5, gaps), answers(800, 6, gaps, shift)
    return pd.concat([one.assign(arm="old"), other.assign(arm="new")], ignore_index=True)


def test_a_ladder_over_arms():
    found = invariance(TEXT, two_arms(0.0), group="arm", estimator="WLSMV")
    assert (found.highest_level, list(found.fits)) == ("scalar", ["configural", "metric", "scalar"])
    # configural 2 (14 statistics - 3 loadings, 1 variance, 3 thresholds, 2 intercepts, 2 residuals); loadings 3 more;
    # 3 thresholds and 2 intercepts equal, a mean and two scales free
    assert list(found.steps["df"]) == [4, 7, 9]
    rows = found.fits["scalar"].parameters
    free = rows.loc[(rows["group"] == 2) & rows["free"]]
    assert set(free.loc[free["op"] == "~*~", "lhs"]) == {"a", "b"}
    assert {"f"} == set(free.loc[(free["op"] == "~1") & ~free["lhs"].isin(["c", "d"]), "lhs"])


def test_a_number_that_moved_in_one_arm_is_released():
    found = invariance(TEXT, two_arms(0.7), group="arm", estimator="WLSMV", alpha=0.01)
    assert (found.highest_level, found.verdict) == ("metric", "partial scalar")
    assert list(found.partial["parameter"]) == ["c~1"]


def test_ladders_pair_by_pair():
    complete = two_arms(0.0)
    one, other = (
        invariance(TEXT, complete, group="arm", estimator="WLSMV", missing=word)
        for word in ("listwise", "pairwise")
    )
    pd.testing.assert_frame_equal(one.steps, other.steps)
    assert other.missing == "pairwise"
    gaps = two_arms(0.0, gaps=0.2)
    found = invariance(TEXT, gaps, group="arm", estimator="WLSMV", missing="pairwise")
    assert found.n_obs == int(gaps[list("abcd")].notna().any(axis=1).sum())
    teams = gaps.assign(team=np.arange(len(gaps)) % 60)
    found = invariance(TEXT, teams, group="arm", estimator="WLSMV", missing="pairwise", cluster="team")
    assert found.verdict == "scalar" and found.fits["scalar"].n_clusters == 120


def test_a_ladder_over_waves_of_a_long_table_with_gaps():
    rng, n = np.random.default_rng(4), 700
    rows = []
    own = rng.normal(size=(n, 4)) * 0.5  # what a person brings to an item in every wave
    factor = rng.normal(size=n)
    for wave in ("T0", "T1"):
        star = factor[:, None] + own + rng.normal(size=(n, 4)) * 0.8
        part = pd.DataFrame({"c": star[:, 2], "d": star[:, 3], "person": np.arange(n), "wave": wave})
        for k, name in enumerate("ab"):
            part[name] = ordered(np.digitize(star[:, k], LIMITS[name]), len(LIMITS[name]) + 1)
        rows.append(part)
    long = pd.concat(rows, ignore_index=True)
    for name in "abcd":
        long.loc[rng.random(len(long)) < 0.1, name] = np.nan
    found = invariance(TEXT, long, waves="wave", person="person", estimator="WLSMV", missing="pairwise")
    assert (found.verdict, found.members) == ("scalar", ("T0", "T1"))
    assert found.n_obs == n
    configural = found.fits["configural"].parameters
    assert set(configural.loc[configural["op"] == "~*~", "lhs"]) == {"a_T0", "a_T1", "b_T0", "b_T1"}


# ---- what is said and refused
def test_numbers_far_from_normal_or_with_few_values_are_said():
    data = answers(400)
    fit = fit_cfa(TEXT, data.assign(c=np.exp(1.5 * data["c"]), d=data["d"].round(-1)), estimator="WLSMV")
    said = "\n".join(fit.warnings)
    assert "lean on: c" in said and "at most 7 different values" not in said
    fit = fit_cfa(TEXT, data.assign(d=np.digitize(data["d"], (40, 50, 60))), estimator="WLSMV")
    assert "continuous, but with at most 7 different values: d" in fit.warnings


def test_a_table_with_an_empty_cell_is_said():
    data = answers(400)
    empty = data[(data["a"] != 0) | (data["b"] != 1)]
    said = "1 pairs of items have an empty cell in their table of answers"
    assert said in fit_cfa(TEXT, empty, estimator="WLSMV").warnings
    assert said not in fit_cfa(TEXT, data, estimator="WLSMV").warnings


@pytest.mark.parametrize(
    ("copy", "named"),
    [
        (lambda data: data.assign(c=2 * data["d"]), "c and d"),
        (lambda data: data.assign(c=-data["d"]), "c and d"),
        (lambda data: data.assign(a=ordered(np.digitize(data["d"], (40, 60)), 3)), "a and d"),
    ],
)
def test_a_number_that_another_item_determines_is_refused(copy, named):
    with pytest.raises(FactorError, match=f"determine each other: {named}"):
        fit_cfa(TEXT, copy(answers(400)), estimator="WLSMV")
    close = answers(400).assign(c=lambda data: data["d"] + np.random.default_rng(1).normal(size=400))
    assert fit_cfa(TEXT, close, estimator="WLSMV").n_obs == 400  # a correlation of .998


@pytest.mark.parametrize(
    ("text", "changes", "reason"),
    [
        (f"{TEXT}\nc | t1", {}, "thresholds or scales of c"),
        ("f =~ c + d + e", {}, "ordered categoricals, and the others count as continuous"),
        (TEXT, {"a": ordered(np.arange(200) % 14, 14)}, "leave it a number"),
        (TEXT, {"d": np.arange(200) % 2}, "two different values in a column of numbers"),
    ],
)
def test_what_cannot_be_is_refused(text, changes, reason):
    data = answers(200).assign(e=np.linspace(0, 1, 200), **changes)
    with pytest.raises(FactorError, match=reason):
        fit_cfa(text, data, estimator="WLSMV")


def test_waves_of_an_item_with_other_categories_are_refused():
    data = answers(200)
    wide = pd.concat([data.add_suffix("_T0"), data.add_suffix("_T1")], axis=1)
    numbers = wide.assign(a_T1=wide["a_T1"].cat.codes.astype(float))
    with pytest.raises(FactorError, match="item a"):
        invariance(TEXT, numbers, waves=["T0", "T1"], estimator="WLSMV")
    unused = wide.assign(a_T1=ordered(wide["a_T1"].cat.codes.clip(upper=1), 3))
    with pytest.raises(FactorError, match="item a_T1: nobody chose category 2"):
        invariance(TEXT, unused, waves=["T0", "T1"], estimator="WLSMV")


@pytest.mark.parametrize(
    ("estimator", "missing"), [("WLSMV", "fiml"), ("ML", "pairwise"), ("MLR", "pairwise")]
)
def test_ladders_refuse_a_way_that_the_estimator_does_not_have(estimator, missing):
    with pytest.raises(FactorError, match="WLSMV with listwise or pairwise"):
        invariance(TEXT, two_arms(0.0), group="arm", estimator=estimator, missing=missing)


@pytest.mark.slow
def test_standard_errors_and_rejections_over_many_samples():
    fits = [
        fit_cfa(TEXT, answers(400, seed, gaps=0.1), estimator="WLSMV", missing="pairwise")
        for seed in range(600)
    ]
    free = fits[0].parameters["free"]
    estimates = np.array([f.parameters.loc[free, "estimate"] for f in fits])
    errors = np.array([f.parameters.loc[free, "std_error"] for f in fits])
    ratio = errors.mean(axis=0) / estimates.std(axis=0, ddof=1)
    np.testing.assert_allclose(ratio, 1.0, atol=0.12)  # the SD of 600 draws is known to 3 %
    rejected = np.mean([f.p_value < 0.05 for f in fits])
    assert 0.02 < rejected < 0.08
