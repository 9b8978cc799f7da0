"""The sampler against what is known: its prior, closed-form conditionals, components it was given, and the REML fit."""

import numpy as np
import pandas as pd
import pytest
from missing_studies import wide_trial
from scipy import stats

from dww_analysis.effects.missing.diagnostics import autocorrelation, chain_table, split_r_hat
from dww_analysis.effects.missing.gibbs import (
    Chain,
    Rows,
    _Sampler,
    bartlett,
    draw,
    draw_covariances,
    inverse_wishart,
)
from dww_analysis.multilevel import fit


def draw_effects(s, level, rest):
    """One draw of the effects of the first level, at the covariances as they are."""
    return s._draw_effects(level, rest, s._axes(np.linalg.cholesky(s.covariances[-1]))[s.levels.index(level)])


def sampler(Y, levels, X=None, **chain):
    X = np.ones((len(Y), 1)) if X is None else X
    return _Sampler(Rows(Y, X, levels), Y, Chain(**chain))


def rows_of(wide, names):
    cell = pd.get_dummies(wide["arm"] + wide["wave"].astype(str), dtype=float).to_numpy()
    team, person = (pd.factorize(wide[c])[0] for c in ("team", "person"))
    levels = {"team": team, "team:wave": team * 3 + wide["wave"].to_numpy(), "person": person}
    return Rows(wide[names].to_numpy(), cell, levels)


@pytest.mark.parametrize("scale", [1.0, 0.3])
@pytest.mark.slow
def test_prior_is_half_t_on_standard_deviations_and_uniform_on_correlations(scale):
    """Huang & Wand (2013), sec. 2: with nu = 2 half-t with 2 df, correlations uniform."""
    rng, mixing, sd, r = np.random.default_rng(2), np.ones((1, 3)), [], []
    for _ in range(20_000):
        (C,), mixing = draw_covariances([np.zeros((0, 3))], mixing, scale, rng)
        sd.append(np.sqrt(C[0, 0]))
        r.append(C[0, 1] / np.sqrt(C[0, 0] * C[1, 1]))
    middle = stats.t(2).ppf([0.625, 0.75, 0.875]) * scale
    assert np.quantile(sd, [0.25, 0.5, 0.75]) == pytest.approx(middle, rel=0.08)
    assert np.quantile(r, [0.25, 0.5, 0.75]) == pytest.approx([-0.5, 0, 0.5], abs=0.05)


def test_inverse_wishart_has_its_mean_and_its_scipy_spread():
    S, rng = np.array([[2.0, 0.6], [0.6, 1.0]]), np.random.default_rng(1)
    drawn = np.array([inverse_wishart(S, bartlett(12, 2, rng)) for _ in range(20_000)])
    same = stats.invwishart(12, S).rvs(20_000, random_state=2)
    assert drawn.mean(axis=0) == pytest.approx(S / (12 - 2 - 1), rel=0.03)
    assert drawn.std(axis=0) == pytest.approx(same.std(axis=0), rel=0.06)


def test_effects_are_drawn_from_their_conditional_normal():
    """Against the textbook: precision G^-1 + n R^-1 of a group of n rows, one covariance per group size."""
    codes, rng = np.array([0, 0, 0, 1, 2]), np.random.default_rng(5)
    Y = rng.normal(size=(5, 2))
    Y[4] = np.nan
    s = sampler(Y, {"team": codes}, seed=3)
    level = s.levels[0]
    covariance, residual = np.array([[0.5, 0.2], [0.2, 0.3]]), np.array([[1.0, -0.3], [-0.3, 0.6]])
    s.covariances = np.stack([covariance, residual])
    drawn = []
    for _ in range(20_000):
        level.effects = np.zeros((3, 2))
        draw_effects(s, level, Y[:4].copy())
        drawn.append(level.effects)
    for group in range(3):
        own = Y[:4][codes[:4] == group]
        V = np.linalg.inv(np.linalg.inv(covariance) + len(own) * np.linalg.inv(residual))
        mean = V @ np.linalg.inv(residual) @ own.sum(axis=0)
        values = np.array(drawn)[:, group]
        assert values.mean(axis=0) == pytest.approx(mean, abs=0.02)
        assert np.cov(values, rowvar=False) == pytest.approx(V, abs=0.02)


def test_a_score_absent_beside_another_is_drawn_given_that_one():
    Y = np.array([[1.0, 0.5], [2.0, np.nan], [-1.0, 0.2], [0.3, -0.4]])
    s = sampler(Y, {}, seed=1)
    s.covariances = np.array([[[1.0, 0.7], [0.7, 0.8]]])
    drawn = []
    for _ in range(20_000):
        rest = s._draw_absent(s.Y.copy())
        drawn.append(rest[1, 1])
    assert np.mean(drawn) == pytest.approx(0.7 * 2.0, abs=0.02)
    assert np.var(drawn) == pytest.approx(0.8 - 0.7**2, abs=0.02)


@pytest.mark.slow
def test_covariance_between_few_units_has_the_posterior_of_brute_force():
    """Ten groups of four rows, residual covariance known: the posterior over a grid of both standard deviations and
    the correlation, with the density of Huang & Wand (2013, property 1) written out, against the draws."""
    rng, R = np.random.default_rng(8), np.array([[0.3, 0.2], [0.2, 0.3]])
    codes = np.repeat(np.arange(10), 4)
    Y = rng.multivariate_normal([0, 0], [[0.1, 0.08], [0.08, 0.1]], 10)[codes]
    Y = Y + rng.multivariate_normal([0, 0], R, 40)
    s = sampler(Y, {"team": codes}, seed=3)
    level, drawn = s.levels[0], []
    for _ in range(15_000):
        s.covariances[-1] = R
        draw_effects(s, level, Y - level.effects[codes])
        s.covariances, s.mixing = draw_covariances([level.effects, np.zeros((0, 2))], s.mixing, 1.0, s.rng)
        drawn.append(np.sqrt(s.covariances[0, 0, 0]))
    means = np.array([Y[codes == g].mean(axis=0) for g in range(10)])
    sd, probability = posterior_by_grid(means.T @ means, 10, R / 4)
    below = [float(probability[sd < np.quantile(drawn, q)].sum()) for q in (0.1, 0.25, 0.5, 0.75, 0.9)]
    assert below == pytest.approx([0.1, 0.25, 0.5, 0.75, 0.9], abs=0.03)


def posterior_by_grid(scatter, n, noise):
    """Grid of the first SD and its posterior probabilities; groups' means are N(0, G + noise), prior scale 1."""
    sd, other, r = np.linspace(0.001, 1.2, 240), np.linspace(0.005, 1.2, 80), np.linspace(-0.995, 0.995, 80)
    a, b, c = np.meshgrid(sd, other, r, indexing="ij")
    one, two, both = a**2, b**2, a * b * c
    determinant = one * two - both**2
    log_prior = (
        -3 * np.log(determinant)
        - 2 * np.log(2 * two / determinant + 1)
        - 2 * np.log(2 * one / determinant + 1)
    )
    log_jacobian = 2 * np.log(a) + 2 * np.log(b)
    v1, v2, v12 = one + noise[0, 0], two + noise[1, 1], both + noise[0, 1]
    d = v1 * v2 - v12**2
    squares = (v2 * scatter[0, 0] + v1 * scatter[1, 1] - 2 * v12 * scatter[0, 1]) / d
    log_posterior = log_prior + log_jacobian - n / 2 * np.log(d) - squares / 2
    p = np.exp(log_posterior - log_posterior.max()).sum(axis=(1, 2))
    return sd, p / p.sum()


@pytest.mark.slow
def test_successive_draws_of_data_and_parameters_give_the_prior_back():
    """Geweke (2004): wrong conditionals of effects or covariances would move the residual's prior."""
    team, person = np.repeat(np.arange(10), 4), np.repeat(np.arange(20), 2)
    s = sampler(np.random.default_rng(0).normal(size=(40, 2)), {"team": team, "person": person}, seed=4)
    found = []
    for _ in range(20_000):
        rest = s.rng.standard_normal((40, 2)) @ np.linalg.cholesky(s.covariances[-1]).T
        for level in s.levels:
            rest = draw_effects(s, level, rest)
        s._draw_covariances(rest)
        found.append(np.sqrt(s.covariances[-1, 0, 0]))
    assert np.quantile(found, [0.25, 0.5, 0.75]) == pytest.approx(
        stats.t(2).ppf([0.625, 0.75, 0.875]), rel=0.15
    )


def test_components_are_near_those_of_reml():
    """One score; closer than half of what the answers leave open. (With several scores the prior draws small variances
    between few units together; `test_covariance_between_few_units...` shows that this is the posterior.)"""
    wide = wide_trial(4, teams=80, persons=5, scales=1)
    draws = draw(rows_of(wide, ["y"]), Chain(m=1, burn_in=150, between=500, seed=1))
    wide["cell"], wide["w"] = wide["arm"] + wide["wave"].astype(str), wide["wave"].astype(str)
    table = fit("y ~ cell + (1 | team) + (1 | team:w) + (1 | person)", wide).variance_components()
    reml = table.set_index("group")["estimate"].rename({"team:w": "team:wave"})
    for level, C in draws.covariances.items():
        assert np.median(C[:, 0, 0]) == pytest.approx(reml[level], abs=0.5 * C[:, 0, 0].std())


def test_correlations_of_scores_are_found_at_each_level():
    wide = wide_trial(4, teams=80, persons=5, scales=2)
    draws = draw(rows_of(wide, ["y", "x1"]), Chain(m=1, burn_in=100, between=300, seed=1))
    for level, near in (("person", 0.08), ("Residual", 0.04)):
        C = draws.covariances[level]
        assert np.median(C[:, 0, 1] / np.sqrt(C[:, 0, 0] * C[:, 1, 1])) == pytest.approx(0.8, abs=near)


@pytest.fixture(scope="module")
def holes():
    wide = wide_trial(5, teams=16, persons=8, scales=3)
    rng = np.random.default_rng(6)
    wide.loc[rng.random(len(wide)) < 0.2, ["y", "x1", "x2"]] = np.nan
    wide.loc[rng.random(len(wide)) < 0.1, "x1"] = np.nan
    return rows_of(wide, ["y", "x1", "x2"])


def test_given_scores_stay_and_all_others_are_filled(holes):
    completed = draw(holes, Chain(m=3, burn_in=20, between=5, seed=1)).completed
    given = ~np.isnan(holes.Y)
    assert np.isfinite(completed).all()
    assert all(np.array_equal(one[given], holes.Y[given]) for one in completed)
    assert (completed[0][~given] != completed[1][~given]).all()


def test_a_seed_gives_one_chain(holes):
    one, again, other = (draw(holes, Chain(2, 10, 5, seed)).completed for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_draws_do_not_hang_on_signs_and_order_of_eigenvectors(holes, monkeypatch):
    """Which LAPACK gives is decided by rounding, so that the chain of one machine parted from that of another."""
    chain, eigh = Chain(2, 10, 5, 1), np.linalg.eigh
    as_given = draw(holes, chain).completed

    def turned(A):
        values, vectors = eigh(A)
        return values[..., ::-1], -vectors[..., ::-1]

    monkeypatch.setattr(np.linalg, "eigh", turned)
    assert draw(holes, chain).completed == pytest.approx(as_given, abs=1e-9)


def test_more_data_sets_continue_the_same_chain(holes):
    few, many = (draw(holes, Chain(m, 10, 5, 1)).completed for m in (2, 4))
    assert np.array_equal(few, many[:2])


def test_units_of_scores_do_not_matter(holes):
    """Priors are in standard deviations of each score, so a score in other units is imputed the same."""
    scaled = Rows(holes.Y * [10, 1, 1] + [5, 0, 0], holes.X, holes.levels)
    one, other = (draw(rows, Chain(2, 10, 5, 1)).completed for rows in (holes, scaled))
    assert other[..., 0] == pytest.approx(one[..., 0] * 10 + 5)


# ---- diagnostics
def test_autocorrelation_of_a_chain_that_is_known():
    rng, x = np.random.default_rng(1), [0.0]
    for _ in range(20_000):
        x.append(0.8 * x[-1] + rng.normal())
    assert autocorrelation(x, 1) == pytest.approx(0.8, abs=0.02)
    assert autocorrelation(x, 5) == pytest.approx(0.8**5, abs=0.04)
    assert np.isnan(autocorrelation([1.0, 1.0, 1.0], 1))
    assert np.isnan(autocorrelation(x[:5], 5))


def test_halves_that_differ_are_seen():
    rng = np.random.default_rng(1)
    same, moved = rng.normal(size=1000), rng.normal(size=1000) + np.repeat([0, 3], 500)
    assert split_r_hat(same) == pytest.approx(1, abs=0.01)
    by_hand = np.sqrt((499 / 500) + np.var([moved[:500].mean(), moved[500:].mean()], ddof=1) / np.mean(
        [moved[:500].var(ddof=1), moved[500:].var(ddof=1)]))  # fmt: skip
    assert split_r_hat(moved) == pytest.approx(by_hand)
    assert by_hand > 1.5
    assert np.isnan(split_r_hat([1.0, 1.0, 1.0, 1.0]))


def test_the_chain_table_names_every_variance(holes):
    draws = draw(holes, Chain(4, 20, 10, 1))
    table = chain_table(draws.coefficients[:, 0, 0], draws.covariances, ("y", "x1", "x2"), 10)
    assert list(table["quantity"].unique()) == ["effect", "team", "team:wave", "person", "Residual"]
    assert len(table) == 1 + 4 * 3
    assert table[["median", "acf", "r_hat"]].notna().all().all()
