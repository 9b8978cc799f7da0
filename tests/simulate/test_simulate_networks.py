"""The invented learning networks are what their truth says, and the pipeline finds it back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dww_analysis.practice import items_of
from dww_analysis.simulate.networks import (
    NETWORKS,
    NORTH,
    POINTS,
    QUESTIONS,
    QUICK,
    draw_ratings,
    draw_sessions,
    draw_ties,
    members,
)
from dww_analysis.stages.paths import Paths
from dww_analysis.stages.practice import STAGE
from dww_analysis.stages.project import Project
from dww_analysis.stages.stage import Tables

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def found():
    """Rows of quantities about networks, by id."""
    made = STAGE.run(Project(Paths(ROOT, "example")), "sessions", Tables({})).parts["quantities"]
    return made[made["unit_level"] == "network"].set_index("id")


def test_the_record_beside_the_tests_is_the_truth():
    stored = json.loads((Path(__file__).parent / "networks_truth.json").read_text(encoding="utf-8"))
    assert stored == json.loads(json.dumps(NETWORKS.as_dict()))
    assert {name: len(people) for name, people in members(NETWORKS).items()} == {NORTH: 14, QUICK: 7}
    assert items_of("good_practice") == POINTS and items_of("intake") == QUESTIONS


def test_practice_yaml_has_the_members_of_the_truth():
    networks = Project(Paths(ROOT, "example")).files.practice.networks
    assert {n.id: [(m.person, m.role) for m in n.members] for n in networks} == members(NETWORKS)


@pytest.mark.long
def test_sessions_have_a_gap_after_which_two_roles_are_gone(found):
    days = draw_sessions(NETWORKS).query("network == @NORTH").groupby("session")["date"].first()
    assert days.diff().dt.days.max() == 77 and len(days) == 11
    value = found["value"]
    assert [
        value[f"{NORTH}.{q}.all"] for q in ("sessions_planned", "sessions_held", "longest_gap_weeks")
    ] == [14, 11, 11]
    assert value[f"{NORTH}.last_came.policy"] == 6 and value[f"{NORTH}.still_there.all"] == 9


def test_ratings_rise_as_the_truth_says(found):
    drawn = pd.concat([draw_ratings(NETWORKS, np.random.default_rng(seed)) for seed in range(40)])
    means = drawn[drawn["network"] == NORTH].groupby("round")["rating"].mean()
    assert means.to_numpy() == pytest.approx(NETWORKS.means, abs=0.08)
    for number, mean in enumerate(NETWORKS.means, start=1):
        row = found.loc[f"{NORTH}.rating_mean.{number}.all"]
        assert row["conf_low"] <= mean <= row["conf_high"] and row["n"] == 14
        assert found.loc[f"{QUICK}.rating_mean.{number}.all", "suppressed"]
    change = found.loc[f"{NORTH}.rating_change.1-3.all"]
    assert change["conf_low"] <= NETWORKS.means[2] - NETWORKS.means[0] <= change["conf_high"]


def test_either_reads_high_and_both_low_where_reports_err(found):
    """A contact that is there is said by one of two with chance 1 - .1^2, one that is not with chance 1 - .95^2."""
    truth = NETWORKS.density
    either = truth * (1 - (1 - NETWORKS.reported) ** 2) + (1 - truth) * (1 - (1 - NETWORKS.invented) ** 2)
    both = truth * NETWORKS.reported**2 + (1 - truth) * NETWORKS.invented**2
    assert both < truth < either
    seen = {"either": [], "both": []}
    for seed in range(80):
        ties = draw_ties(NETWORKS, np.random.default_rng(seed))
        said = {(a, b) for a, b in ties[["from", "to"]].itertuples(index=False) if b}
        answered = ties["from"].unique()
        pairs = [(a, b) for i, a in enumerate(answered) for b in answered[i + 1 :]]
        seen["either"].append(np.mean([(a, b) in said or (b, a) in said for a, b in pairs]))
        seen["both"].append(np.mean([(a, b) in said and (b, a) in said for a, b in pairs]))
    assert np.mean(seen["either"]) == pytest.approx(either, abs=0.02)
    assert np.mean(seen["both"]) == pytest.approx(both, abs=0.02)
    assert found["value"][f"{NORTH}.ties_answered.all"] == pytest.approx(11 / 14)


def test_two_raters_agree_and_four_give_an_intake(found):
    alpha = found.loc[f"{NORTH}.alpha.good_practice.all"]
    assert alpha["value"] > 0.667 and alpha["n"] == 2
    counts = found["value"][
        [f"{QUICK}.checklist.intake:intake_perspectives:{m}.all" for m in ("yes", "partly", "no")]
    ]
    assert counts.tolist() == [2, 1, 1]
