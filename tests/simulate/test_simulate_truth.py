"""Large invented studies show the truth they were made from: effects, intraclass correlations, reliability.

Witnesses are formulas written out here: one-way analysis of variance, and alpha predicted from the item variances.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dww_analysis.simulate.answers import draw_answers, draw_latent
from dww_analysis.simulate.instruments import BLOCKS
from dww_analysis.simulate.people import AWAY, build_cohort
from dww_analysis.simulate.truth import EXAMPLE

SEED = 7
# 600 teams of 11: standard errors about .045 (difference of arms), .01 (intraclass correlation); 3 of them and some.
EFFECT_TOLERANCE = 0.15
ICC_TOLERANCE = 0.04
# Cutting normal scores into few categories lowers correlations: alpha falls by a few hundredths, never rises.
ALPHA_LOST = 0.06
ALPHA_GAINED = 0.01

LARGE = replace(EXAMPLE, organisations=150)


@pytest.fixture(scope="module")
def cohort():
    return build_cohort(LARGE, np.random.default_rng(SEED))


@pytest.fixture(scope="module")
def answers(cohort):
    return draw_answers(LARGE, cohort, np.random.default_rng(SEED))


def one_way_icc(values: np.ndarray, group: np.ndarray) -> float:
    """ICC(1) from mean squares between and within, with the mean group size corrected for unequal sizes."""
    groups = [values[group == g] for g in np.unique(group)]
    sizes = np.array([len(g) for g in groups])
    means = np.array([g.mean() for g in groups])
    between = (sizes * (means - values.mean()) ** 2).sum() / (len(groups) - 1)
    within = sum(((g - g.mean()) ** 2).sum() for g in groups) / (len(values) - len(groups))
    n0 = (len(values) - (sizes**2).sum() / len(values)) / (len(groups) - 1)
    return (between - within) / (between + (n0 - 1) * within)


def alpha(items: np.ndarray) -> float:
    k = items.shape[1]
    return k / (k - 1) * (1 - items.var(axis=0, ddof=1).sum() / items.sum(axis=1).var(ddof=1))


def test_the_record_beside_the_tests_is_the_truth():
    stored = json.loads((Path(__file__).parent / "truth.json").read_text(encoding="utf-8"))
    assert stored == json.loads(json.dumps(EXAMPLE.as_dict()))


def test_effects_differ_one_is_zero_and_one_is_in_the_wrong_direction():
    last = {construct.id: construct.effect[-1] for construct in EXAMPLE.constructs}
    assert last["lpw"] > last["ail"] > last["uwes"] > last["psysafe"] > 0
    assert last["bat"] == last["jobsat"] == 0
    assert last["turnover"] > 0  # more intention to leave is worse
    assert all(
        construct.effect[0] == 0 for construct in EXAMPLE.constructs
    )  # arms are alike before the start


@pytest.mark.parametrize("construct", EXAMPLE.constructs, ids=lambda c: c.id)
def test_variances_are_shares_of_one(construct):
    parts = (
        construct.organisation,
        construct.team,
        construct.team_wave,
        construct.person,
        construct.residual,
    )
    assert all(part > 0 for part in parts) and sum(parts) == pytest.approx(1)
    assert 0.05 <= construct.team <= 0.12 and 0.02 <= construct.organisation <= 0.03


@pytest.mark.parametrize("construct", EXAMPLE.constructs, ids=lambda c: c.id)
def test_latent_scores_carry_the_effect_and_the_clustering(construct, cohort):
    latent = draw_latent(LARGE, construct, cohort, np.random.default_rng(SEED))
    arms = cohort.teams["arm"].to_numpy()
    for wave in range(LARGE.waves):
        team = cohort.membership[:, wave]
        here = team != AWAY
        arm = arms[team[here]]
        values = latent[here, wave]
        difference = values[arm == 1].mean() - values[arm == 0].mean()
        assert difference == pytest.approx(construct.effect[wave], abs=EFFECT_TOLERANCE)
        centred = values - np.where(arm == 1, values[arm == 1].mean(), values[arm == 0].mean())
        expected = construct.organisation + construct.team + construct.team_wave
        assert one_way_icc(centred, team[here]) == pytest.approx(expected, abs=ICC_TOLERANCE)
        assert centred.var() == pytest.approx(1, abs=0.06)


@pytest.mark.parametrize("construct", EXAMPLE.constructs, ids=lambda c: c.id)
def test_persons_stay_themselves(construct, cohort):
    latent = draw_latent(LARGE, construct, cohort, np.random.default_rng(SEED))
    both = (cohort.membership[:, 0] != AWAY) & (cohort.membership[:, 0] == cohort.membership[:, 1])
    control = cohort.teams["arm"].to_numpy()[cohort.membership[:, 0]] == 0
    a, b = latent[both & control, 0], latent[both & control, 1]
    expected = construct.organisation + construct.team + construct.person
    assert np.corrcoef(a, b)[0, 1] == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize("construct", [c for c in EXAMPLE.constructs if c.id != "jobsat"], ids=lambda c: c.id)
def test_alpha_follows_from_the_item_model(construct, answers):
    block = next(block for block in BLOCKS if block.construct == construct.id)
    items = answers.loc[answers["wave"] == 0, list(block.items)].to_numpy(dtype=float, copy=True)
    for number in block.reversed:
        items[:, number - 1] = block.low + block.high - items[:, number - 1]
    assert items.min() == block.low and items.max() == block.high
    k = len(block.items)
    same = sum(a == b for a in block.facets for b in block.facets) - k  # ordered pairs that share a facet
    correlations = construct.general + construct.facet * same / (k * (k - 1))
    predicted = k * correlations / (1 + (k - 1) * correlations)
    assert predicted - ALPHA_LOST < alpha(items) < predicted + ALPHA_GAINED
    assert 0.75 <= alpha(items) <= 0.92


def test_members_leave_are_followed_and_move(cohort):
    before, after = cohort.membership[:, 0], cohort.membership[:, 1]
    member = before != AWAY
    left = member & (after == AWAY)
    assert left.sum() / member.sum() == pytest.approx(EXAMPLE.leave, abs=0.02)
    assert (~member & (after != AWAY)).sum() / left.sum() == pytest.approx(EXAMPLE.replace, abs=0.05)
    stayed = member & (after != AWAY)
    moved = stayed & (before != after)
    assert moved.sum() / stayed.sum() == pytest.approx(EXAMPLE.move, abs=0.01)
    assert (before[moved] // 4 == after[moved] // 4).all()  # within the organisation


def test_who_left_does_not_come_back(cohort):
    member = cohort.membership != AWAY
    gone_and_back = member[:, 0] & ~member[:, 1] & member[:, 2]
    assert not gone_and_back.any()
