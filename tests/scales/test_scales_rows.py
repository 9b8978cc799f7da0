"""Scores and groups are matched by person; whatever is no column of answers is refused in four parts."""

import numpy as np
import pandas as pd
import pytest

from dww_analysis import scales
from dww_analysis.errors import ScaleError

RNG = np.random.default_rng(4)
TEAM = pd.Series(np.repeat(np.arange(20), 6), name="team")
FACTOR = RNG.normal(size=120) + 0.7 * RNG.normal(size=20)[TEAM]
ITEMS = pd.DataFrame(
    {f"u{k}": np.clip(np.round(3 + FACTOR + RNG.normal(size=120)), 1, 5) for k in range(1, 5)}
)
SCORE = ITEMS.mean(axis=1)
SHUFFLED = TEAM.sample(frac=1, random_state=1)


def refuses(found, work, *args, **words):
    with pytest.raises(ScaleError) as refusal:
        work(*args, **words)
    (problem,) = refusal.value.problems
    assert found in problem.found and problem.where and problem.expected and problem.action


@pytest.mark.parametrize("work", [scales.icc1, scales.icc2])
def test_teams_in_another_order_are_matched_by_index(work):
    assert work(SCORE, SHUFFLED) == work(SCORE, TEAM)
    assert work(SCORE, SHUFFLED, method="reml") == work(SCORE, TEAM, method="reml")
    assert work(SCORE.to_numpy(), TEAM.to_numpy()) == work(SCORE, TEAM)


@pytest.mark.parametrize(
    "work", [scales.rwg_j, scales.ad_m, scales.team_scores, scales.group_mean_reliability]
)
def test_tables_of_teams_are_matched_by_index(work):
    rows = ITEMS if work in (scales.rwg_j, scales.ad_m) else SCORE
    more = (5,) if work is scales.rwg_j else ()
    pd.testing.assert_frame_equal(work(rows, SHUFFLED, *more), work(rows, TEAM, *more))


@pytest.mark.parametrize(
    "work",
    [
        scales.cronbach_alpha,
        scales.omega_total,
        scales.omega_categorical,
        scales.ordinal_alpha,
        scales.omega_minres,
        scales.item_analysis,
        scales.spearman_brown,
        scales.sampling_adequacy,
        scales.icc_shrout_fleiss,
    ],
)
def test_what_is_no_table_of_items_is_refused(work):
    for thing in ("u1", None, 3):
        refuses("items given as", work, thing)
    refuses("text in u1", work, ITEMS.assign(u1="often"))


def test_lists_and_mappings_of_answers_are_tables():
    expected = scales.ordinal_alpha(ITEMS).alpha
    assert scales.ordinal_alpha(ITEMS.to_numpy().tolist()).alpha == expected
    assert scales.ordinal_alpha(ITEMS.to_dict("list")).alpha == expected


def test_what_rounding_leaves_is_no_variance():
    noise = 0.1 + 0.2 + np.where(np.arange(120) % 2, 0, 4e-17)
    refuses("no variance in u1", scales.cronbach_alpha, ITEMS.assign(u1=noise))


def test_scores_that_are_no_column_of_numbers_are_refused():
    refuses("2 dimensions", scales.icc1, ITEMS, TEAM)
    refuses("2 dimensions", scales.test_retest, ITEMS, ITEMS)
    refuses("2 dimensions", scales.team_scores, ITEMS, TEAM)
    refuses("text in values", scales.team_scores, SCORE.astype(str) + "a", TEAM)
    refuses("text in values", scales.test_retest, SCORE.astype(str) + "a", SCORE)
    refuses("120 values and 3 groups", scales.team_scores, SCORE, TEAM.head(3))
    refuses("groups given as str", scales.icc1, SCORE, "team")
    refuses("more than once", scales.test_retest, pd.concat([SCORE, SCORE.head(2)]), SCORE)


@pytest.mark.parametrize("level", [95, 0, 1, "x"])
def test_levels_of_intervals_lie_between_nought_and_one(level):
    refuses("conf_level", scales.icc1, SCORE, TEAM, conf_level=level)
    refuses("conf_level", scales.test_retest, SCORE, SCORE + RNG.normal(size=120), conf_level=level)
    refuses("conf_level", scales.cronbach_alpha, ITEMS, conf_level=level)


def test_groups_of_items_are_a_whole_number():
    refuses("group factors", scales.omega_hierarchical, ITEMS.join(ITEMS, rsuffix="b"), "3")
