"""Tiers, agreement between roles, contested themes. Witnesses: R, brute force, special cases, simulation."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from dww_analysis.errors import PracticeError
from dww_analysis.practice import contested, kendall_w, role_correlations, tiers

THEMES = [f"theme{t}" for t in range(10)]


def session(random, chances, n=9):
    """Ballots of some roles: `chances` roles x themes."""
    parts = [(random.random((n, len(THEMES))) < row).astype(float) for row in chances]
    scores = pd.DataFrame(np.vstack(parts), columns=THEMES)
    scores.index = [f"b{i:03d}" for i in range(len(scores))]
    return scores, pd.Series(np.repeat([f"role{r}" for r in range(len(parts))], n), index=scores.index)


def one_clear_theme(roles=7):
    chances = np.full((roles, 10), 0.22)
    chances[:, 0] = 0.95
    return chances


def test_a_theme_that_every_role_wants_is_surely_in_the_top():
    found = tiers(*session(np.random.default_rng(3), one_clear_theme()))
    assert found.tier["theme0"] == "sure_top3"
    assert (found.tier == "sure_top3").sum() == 1
    assert len(found.roles) == 7 and 2.5 < found.critical < 6


def test_equal_ballots_make_no_theme_sure():
    scores, roles = session(np.random.default_rng(3), one_clear_theme())
    scores.loc[:, :] = [1, 1, 1, 0, 0, 0, 0, 0, 0, 0]
    assert set(tiers(scores, roles).tier) == {"maybe_top3"}
    scores.loc[:, :] = 1.0
    assert set(tiers(scores, roles).tier) == {"maybe_top3"}


def test_roles_of_fewer_than_five_ballots_take_no_part():
    scores, roles = session(np.random.default_rng(3), one_clear_theme(2))
    few = roles.index[roles == "role1"][4:]
    found = tiers(scores.drop(few), roles.drop(few))
    assert found.roles == ("role0",)
    alone = roles.index[roles == "role1"][:4]
    assert set(tiers(scores.loc[alone], roles.loc[alone]).tier) == {""}


def test_three_themes_are_not_judged():
    scores, roles = session(np.random.default_rng(3), one_clear_theme())
    assert set(tiers(scores[THEMES[:3]], roles).tier) == {""}


def test_names_and_order_of_rows_change_no_tier():
    scores, roles = session(np.random.default_rng(5), one_clear_theme(3))
    first = tiers(scores, roles)
    mixed = scores.sample(frac=1, random_state=1)[THEMES[::-1]]
    renamed = roles.map({"role0": "z", "role1": "y", "role2": "x"})
    second = tiers(mixed, renamed)
    assert second.critical == first.critical
    assert second.tier[THEMES].tolist() == first.tier.tolist()
    assert second.best[THEMES].tolist() == first.best.tolist()


@pytest.mark.slow
@pytest.mark.parametrize(("roles", "n"), [(7, 8), (3, 6), (1, 8)])
def test_nearly_equal_themes_are_hardly_ever_called_sure_or_out(roles, n):
    random = np.random.default_rng(11)
    wrong = 0
    for seed in range(200):
        found = tiers(*session(random, np.full((roles, 10), 0.3), n), draws=500, seed=seed)
        wrong += set(found.tier) != {"maybe_top3"}
    assert wrong <= 10


@pytest.mark.slow
def test_a_clear_theme_is_found_in_nearly_every_session():
    random = np.random.default_rng(12)
    sure = [tiers(*session(random, one_clear_theme()), draws=500, seed=s).tier for s in range(40)]
    assert sum(t["theme0"] == "sure_top3" for t in sure) >= 38
    assert all((t == "sure_top3").sum() <= 1 for t in sure)


# R: irr::kendall(t(x), correct = TRUE)
RATINGS = pd.DataFrame(
    [[1, 2, 3, 4, 5, 6], [2, 1, 3, 5, 4, 6], [1.5, 1.5, 4, 3, 5, 6], [6, 3, 1, 2, 4, 5]], index=list("abcd")
)


def test_kendalls_w_with_ties_is_as_in_r():
    found = kendall_w(RATINGS)
    assert found.value == pytest.approx(0.5773381295, abs=1e-10)
    assert found.chi_square == pytest.approx(11.54676259, abs=1e-8)
    assert (found.df, found.n_roles) == (5, 4)


def test_one_order_gives_one_and_no_order_gives_nothing():
    same = pd.DataFrame([[1, 2, 3], [10, 20, 30]])
    assert kendall_w(same).value == pytest.approx(1)
    assert np.isnan(kendall_w(same * 0).value)
    with pytest.raises(PracticeError, match="1 roles and 3 themes"):
        kendall_w(same.iloc[:1])


def test_two_roles_correlate_as_their_w_says():
    """With two roles without ties W = (rho + 1) / 2 (Kendall 1939)."""
    two = RATINGS.loc[["a", "b"]]
    rho = role_correlations(two)["rho"].item()
    assert kendall_w(two).value == pytest.approx((rho + 1) / 2)
    assert len(role_correlations(RATINGS)) == 6
    assert np.isnan(
        role_correlations(two.assign(**{str(c): 1 for c in two}).loc[:, ["0", "1"]])["rho"].item()
    )


def two_roles(a, b, n=8):
    x = [1.0] * a + [0.0] * (n - a) + [1.0] * b + [0.0] * (n - b)
    index = [f"b{i:02d}" for i in range(2 * n)]
    return pd.DataFrame({"x": x}, index=index), pd.Series(["p"] * n + ["q"] * n, index=index)


def test_contested_with_two_roles_is_fishers_test():
    found = contested(*two_roles(7, 2))  # R: fisher.test(matrix(c(7, 1, 2, 6), 2))$p.value
    assert found.loc["x", "p_value"] == pytest.approx(0.04055944056, abs=1e-10)
    assert found.loc["x", "method"] == "exact"


def test_contested_counts_every_way_in_which_ballots_can_fall():
    scores, roles = two_roles(3, 1, n=4)
    scores, roles = scores.iloc[:7], roles.iloc[:7]  # 4 and 3 ballots
    x = scores["x"].to_numpy()

    def spread(chosen):
        chosen = list(chosen)
        rest = [i for i in range(7) if i not in chosen]
        return x[chosen].sum() ** 2 / 4 + x[rest].sum() ** 2 / 3

    seen = spread(range(4))
    ways = [spread(c) >= seen - 1e-9 for c in combinations(range(7), 4)]
    assert contested(scores, roles).loc["x", "p_value"] == pytest.approx(np.mean(ways))


def test_drawn_and_exact_p_values_agree():
    scores, roles = two_roles(7, 2)
    scores["y"] = scores["x"] * 0.5  # not 0 or 1: drawn
    found = contested(scores, roles)
    assert found.loc["y", "method"] == "10000 draws"
    assert found.loc["y", "p_value"] == pytest.approx(found.loc["x", "p_value"], abs=0.008)
    assert found["p_holm"].tolist() == pytest.approx(multipletests(found["p_value"], method="holm")[1])


def test_a_theme_that_all_chose_is_not_contested():
    assert contested(*two_roles(8, 8)).loc["x", "p_value"] == 1


def test_contested_needs_two_roles():
    scores, roles = two_roles(7, 2)
    with pytest.raises(PracticeError, match="1 role"):
        contested(scores, roles.map({"p": "p", "q": "p"}))


def test_contested_does_not_hang_on_names():
    scores, roles = session(np.random.default_rng(2), one_clear_theme(3))
    scores = scores * 0.5
    mixed = contested(scores.sample(frac=1, random_state=2)[THEMES[::-1]], roles.map(lambda r: "x" + r[::-1]))
    pd.testing.assert_frame_equal(mixed.loc[THEMES], contested(scores, roles))


@pytest.mark.slow
def test_contested_is_wrong_in_five_percent_of_equal_sessions():
    random = np.random.default_rng(4)
    wrong = 0
    for _ in range(200):
        scores, roles = session(random, np.full((3, 10), 0.4), 6)
        wrong += bool((contested(scores, roles, draws=500)["p_holm"] < 0.05).any())
    assert wrong <= 18  # 5 % of 200 and 2.5 standard errors


@pytest.mark.slow
def test_themes_are_hardly_ever_placed_wrongly_with_one_first_and_one_divided():
    """One theme first for every role, one that parents want and boards do not, eight nearly equal."""
    random, chances = np.random.default_rng(21), np.full((7, 10), 0.24)
    chances[:, 0] = 0.93
    chances[:, 1] = np.linspace(0.85, 0.05, 7)
    chances[:, 2:] += np.linspace(-0.02, 0.02, 8)
    places = pd.Series(chances.mean(axis=0)).rank(ascending=False, method="min")
    wrong = 0
    for seed in range(200):
        tier = tiers(*session(random, chances), draws=500, seed=seed).tier.to_numpy()
        wrong += bool((((tier == "sure_top3") & (places > 3)) | ((tier == "not_top3") & (places <= 3))).any())
    assert wrong <= 10
