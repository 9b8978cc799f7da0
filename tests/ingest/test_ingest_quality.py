"""Tables of the data-quality page on answers small enough to count by hand."""

import numpy as np
import pandas as pd
import pytest

from dww_analysis.ingest.quality import drift, missing_by_item, missing_by_scale, missing_by_team

SCALE_OF = {"a1": "a", "a2": "a", "b1": "b"}


@pytest.fixture
def answers():
    return pd.DataFrame(
        {
            "sample": "main",
            "person": list("pqrs") * 2,
            "wave": [0] * 4 + [1] * 4,
            "team": ["t1", "t1", "t2", "t2"] * 2,
            "a1": [1, 2, np.nan, 4, 2, 3, 4, 5],
            "a2": [1, 2, 3, np.nan, 1, 2, 3, 4],
            "b1": [np.nan] * 4 + [1, 2, np.nan, 3],
        }
    )


@pytest.fixture
def missing():
    rows = [("r", 0, "a1", "skipped"), ("s", 0, "a2", "left the study"), ("r", 1, "b1", "skipped")]
    rows += [(p, 0, "b1", "not asked") for p in "pqrs"]
    return pd.DataFrame(
        [("main", *r) for r in rows], columns=["sample", "person", "wave", "column", "reason"]
    )


def test_missing_by_scale_counts_only_what_was_asked(answers, missing):
    table = missing_by_scale(answers, missing, SCALE_OF).set_index(["wave", "scale", "reason"])
    assert table.loc[(0, "a", "skipped"), ["asked", "absent"]].tolist() == [8, 1]
    assert table.loc[(0, "a", "left the study"), "share"] == pytest.approx(1 / 8)
    assert table.loc[(1, "b", "skipped"), "share"] == pytest.approx(1 / 4)
    assert (0, "b", "not asked") not in table.index


def test_missing_by_item(answers, missing):
    table = missing_by_item(answers, missing, SCALE_OF).set_index(["wave", "item"])
    assert table.loc[(0, "a1"), "absent"] == 1
    assert table.loc[(1, "a1"), "absent"] == 0
    assert (0, "b1") not in table.index


def test_missing_by_team_never_shows_one_team(answers):
    table = missing_by_team(answers, SCALE_OF, minimum=8)
    assert table["n_small_teams"].tolist() == [2, 2]
    assert table["share_median"].isna().all()


def test_drift_asks_about_the_item_that_moves_alone():
    rng = np.random.default_rng(1)
    base = rng.integers(1, 6, (200, 4)).astype(float)
    later = base.copy()
    later[:, 0] += 1
    frame = pd.DataFrame(np.vstack([base, later]), columns=["a1", "a2", "a3", "a4"])
    frame = frame.assign(sample="main", wave=np.repeat([0, 1], 200)).iloc[:-4]
    table = drift(frame, dict.fromkeys(["a1", "a2", "a3", "a4"], "a")).set_index("item")
    assert table["question"].to_dict() == {"a1": True, "a2": False, "a3": False, "a4": False}
    moved = later[:-4, 0].mean() - base[:, 0].mean()
    assert table.loc["a1", "change_sd"] == pytest.approx(moved / base[:, 0].std(ddof=1))
    assert table.loc["a1", ["n", "n_before", "n_after"]].tolist() == [196, 200, 196]
