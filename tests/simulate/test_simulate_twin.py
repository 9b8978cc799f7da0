"""The twin study of the teaching pack: its truth is exact and is recovered, and nothing of it is in another study."""

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from dww_analysis.multilevel import fit
from dww_analysis.simulate.instruments import BLOCKS
from dww_analysis.simulate.twin import (
    BALLOTS,
    CHOOSE,
    ROLES,
    THEMES,
    TRUTH,
    draw_twin,
    true_difference,
)
from dww_analysis.simulate.writers import write_tables

BLOCK = {block.construct: block for block in BLOCKS}
LPW = TRUTH.constructs[0]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_people(tmp_path):
    first, again = (write_tables(draw_twin().tables, tmp_path / name) for name in "ab")
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in again]
    other = draw_twin(9).tables["wave0.csv"]
    assert not set(other["code"]) & set(draw_twin().tables["wave0.csv"]["code"])


def test_no_row_and_no_person_is_of_the_example(request):
    root = request.config.rootpath / "data" / "raw" / "example"
    frame, _ = pyreadstat.read_sav(root / "wave0.sav", user_missing=True)
    items = [c for c in frame if c.lower().startswith("lpw")]
    assert len(items) == len(BLOCK["lpw"].items)
    theirs = {
        tuple(row) for row in frame[items].dropna().astype(int).to_numpy().tolist() if len(set(row)) > 1
    }
    tables = draw_twin().tables
    for name in ("wave0.csv", "wave1.csv", "students.csv"):
        ours = tables[name]
        assert not set(ours["code"].str.lower()) & set(frame["CODE"].astype(str).str.lower())
        rows = map(tuple, ours[list(BLOCK["lpw"].items)].to_numpy().tolist())
        assert not theirs & set(rows), name


def test_the_true_difference_is_that_of_very_many_people():
    """Drawn from the definition: a latent score, a facet and an error, cut at the thresholds."""
    random = np.random.default_rng(5)
    n = 200_000
    means = []
    for latent in (LPW.trend[1] + LPW.effect[1], LPW.trend[1]):
        scores = np.sqrt(LPW.general) * (latent + random.standard_normal(n))
        total = np.zeros(n)
        for number in range(1, 13):
            x = scores + np.sqrt(1 - LPW.general) * random.standard_normal(n)
            cuts = LPW.step * (np.arange(4) - 1.5)
            total += 1 + (x[:, None] + LPW.shift + 0.25 * np.sin(1.7 * number) > cuts).sum(axis=1)
        means.append(total.mean() / 12)
    assert true_difference(LPW, BLOCK["lpw"], 1) == pytest.approx(means[0] - means[1], abs=0.008)
    assert true_difference(TRUTH.constructs[1], BLOCK["psysafe"], 1) == 0


def test_ballots_choose_as_many_as_they_may():
    ballots = draw_twin().tables["ballots.csv"]
    assert len(ballots) == len(ROLES) * BALLOTS * len(THEMES)
    assert set(ballots.groupby("ballot")["chosen"].sum()) == {CHOOSE}


def interval(seed):
    """The planned model of the twin by hand: estimate and interval of the difference at the last wave."""
    tables = draw_twin(seed).tables
    rows = pd.concat([tables[f"wave{w}.csv"].assign(wave=str(w)) for w in (0, 1)])
    rows["score"] = rows[list(BLOCK["lpw"].items)].mean(axis=1)
    rows = rows.merge(tables["teams.csv"], on="team")
    rows["effect"] = ((rows["arm"] == "supported") & (rows["wave"] == "1")).astype(float)
    model = fit("score ~ wave + effect + organisation + (1 | team) + (1 | team:wave) + (1 | code)", rows)
    return model.coefficients().set_index("term").loc["effect", ["conf_low", "conf_high"]]


@pytest.mark.slow
def test_the_truth_lies_within_its_interval_in_95_of_100_seeds():
    truth = true_difference(LPW, BLOCK["lpw"], 1)
    found = [interval(seed) for seed in range(100)]
    inside = sum(low <= truth <= high for low, high in found)
    assert inside >= 95, inside
