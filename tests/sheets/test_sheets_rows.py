"""From scores and members to the rows of every team and organisation."""

import numpy as np
import pandas as pd
import pytest

from dww_analysis.domain.sheets import CHANGES, VERDICTS
from dww_analysis.errors import ConfigError
from dww_analysis.sheets import ScaleFacts, members_of, placed_units, unit_rows
from dww_analysis.sheets.change import Spread, change_of, paired
from dww_analysis.sheets.members import contracts_running
from dww_analysis.sheets.units import homes_of

SCALE = ScaleFacts("learning", {0: 0.8, 1: 0.9}, 0.2)
NOBODY = pd.DataFrame({"level": [], "unit": [], "wave": [], "members": []})


def answers(teams: int = 10, persons: int = 9, waves=(0, 1), seed: int = 1) -> pd.DataFrame:
    """Teams t0, t1, ... two to an organisation; everybody answers at every wave."""
    rng = np.random.default_rng(seed)
    rows = [
        (f"p{t}.{p}", wave, f"t{t}", f"o{t // 2}", 3 + 0.1 * t + rng.normal(0, 0.5))
        for wave in waves
        for t in range(teams)
        for p in range(persons)
    ]
    return pd.DataFrame(rows, columns=["person", "wave", "team", "organisation", "score"])


def rows_of(scores, members=NOBODY, scale=SCALE, minimum=8, reference="all_teams"):
    return unit_rows(scores, members, scale, minimum=minimum, reference=reference)


def row(found, unit, wave):
    return found[(found["unit"] == unit) & (found["wave"] == wave)].iloc[0]


def test_a_row_for_every_unit_and_wave_with_its_own_mean():
    scores = answers()
    found = rows_of(scores)
    assert len(found) == 2 * (10 + 5)
    assert set(found["verdict"]) <= set(VERDICTS)
    assert set(found["change"]) <= set(CHANGES)
    own = scores[(scores["team"] == "t3") & (scores["wave"] == 1)]["score"]
    assert row(found, "t3", 1)["mean"] == pytest.approx(own.mean())
    assert row(found, "o1", 1)["n"] == 18


def test_one_spread_over_all_teams_of_the_wave_and_the_reliability_of_the_wave():
    scores = answers()
    members = pd.DataFrame({"level": "team", "unit": ["t3"], "wave": [1], "members": [12.0]})
    found = rows_of(scores, members)
    now = scores[scores["wave"] == 1]
    within = now["score"] - now.groupby("team")["score"].transform("mean")
    s2 = (within**2).sum() / (len(now) - 10)
    assert row(found, "t3", 1)["std_error"] ** 2 == pytest.approx(s2 * (1 - 0.9 * 9 / 12) / 9)
    assert row(found, "t4", 1)["std_error"] ** 2 == pytest.approx(s2 / 9), "of unknown size"
    assert row(found, "o1", 1)["std_error"] ** 2 == pytest.approx(s2 / 18)
    assert np.isnan(row(found, "t4", 1)["members"])


def test_a_wave_without_reliability_counts_as_a_single_item():
    members = pd.DataFrame({"level": "team", "unit": ["t3"], "wave": [1], "members": [9.0]})
    unknown, single = (rows_of(answers(), members, ScaleFacts("learning", r, 0.2)) for r in ({}, {1: 0.67}))
    assert row(unknown, "t3", 1)["std_error"] == row(single, "t3", 1)["std_error"]


def test_with_fewer_than_eight_teams_nothing_is_compared_and_within_an_organisation_only_its_own_teams():
    few = rows_of(answers(teams=7))
    assert set(few["verdict"]) == {"no_comparison"}
    assert few["band_low"].isna().all()
    found = rows_of(answers(), reference="organisation")
    assert set(found["verdict"]) == {"no_comparison"}, "two teams an organisation"
    assert row(rows_of(answers()), "t1", 0)["band_low"] < row(rows_of(answers()), "t1", 0)["band_high"]


def test_a_team_of_one_has_a_row_and_no_part_in_the_band():
    scores = answers()
    alone = pd.DataFrame(
        {"person": ["x"], "wave": [1], "team": ["t99"], "organisation": ["o4"], "score": [1.0]}
    )
    with_one, without = rows_of(pd.concat([scores, alone])), rows_of(scores)
    assert row(with_one, "t99", 1)["n"] == 1
    assert row(with_one, "t1", 1)["band_low"] == pytest.approx(row(without, "t1", 1)["band_low"])


# --- change


def test_change_counts_only_who_answered_twice_in_the_same_unit():
    scores = answers(teams=2, persons=2)
    moved = scores.copy()
    moved.loc[(moved["person"] == "p0.0") & (moved["wave"] == 1), "team"] = "t1"
    found = paired(moved, "team", 1, 0)
    assert sorted(found["unit"]) == ["t0", "t1", "t1"]
    assert len(paired(moved, "organisation", 1, 0)) == 4


@pytest.mark.parametrize(
    ("change", "n", "expected"),
    [
        (0.5, 8, "up"),
        (-0.5, 8, "down"),
        (0.0, 8, "same"),
        (0.1, 8, "unclear"),
        (0.5, 7, "too_few"),
    ],
)
def test_the_word_for_a_change(change, n, expected):
    assert change_of(change, n, Spread(0.1, 100), 0.2, 8) == expected


def test_the_word_is_that_of_the_t_interval_against_half_the_smallest_effect():
    from scipy.stats import t

    half = t.ppf(0.975, 40) * 0.3 / 9**0.5
    assert change_of(0.1 + half + 1e-9, 9, Spread(0.3, 40), 0.2, 8) == "up"
    assert change_of(0.1 + half - 1e-9, 9, Spread(0.3, 40), 0.2, 8) == "unclear"
    assert change_of(half + 1e-9, 9, Spread(0.3, 40), None, 8) == "up", "without a smallest effect: off zero"
    assert change_of(0.0, 9, Spread(0.01, 40), None, 8) == "unclear", "and nothing is called the same"


def test_nobody_changed_at_the_first_wave_and_movers_are_too_few():
    found = rows_of(answers())
    assert set(found.loc[found["wave"] == 0, "change"]) == {"too_few"}
    assert (found.loc[found["wave"] == 1, "change"] != "too_few").all()
    fewer = answers()
    fewer = fewer[~((fewer["wave"] == 1) & fewer["person"].isin(["p3.0", "p3.1"]))]
    assert row(rows_of(fewer), "t3", 1)["change"] == "too_few"


# --- who belongs where


def test_an_answer_counts_for_the_team_it_came_from_and_that_teams_organisation():
    rows = pd.DataFrame(
        {
            "person": ["a", "b", "c"],
            "team": ["t0", "t1", "t0"],
            "organisation": ["o0", "o1", "o0"],
            "current_team": ["t1", "t1", pd.NA],
        }
    )
    found = placed_units(rows, homes_of(rows), {})
    assert found["organisation"].tolist() == ["o1", "o1", "o0"]
    assert found["team"].tolist()[:2] == ["t1", "t1"]
    assert pd.isna(found["team"][2])


def test_teams_that_stand_together_have_one_name():
    scores = answers(teams=4)
    together = placed_units(scores, homes_of(scores), {"North": ("t0", "t1")})
    assert set(together["team"]) == {"North", "t2", "t3"}


@pytest.mark.parametrize(
    ("combine", "message"),
    [
        ({"North": ("t0", "t9")}, "`North` combines t9"),
        ({"North": ("t0", "t2")}, "several organisations"),
        ({"t3": ("t0", "t1")}, "also the name of a team"),
    ],
)
def test_a_combination_that_cannot_be_made_is_refused(combine, message):
    scores = answers(teams=4)
    with pytest.raises(ConfigError, match=message):
        placed_units(scores, homes_of(scores), combine)


# --- members


def contracts(*rows):
    frame = pd.DataFrame(rows, columns=["person", "team", "start", "end"])
    return frame.assign(start=pd.to_datetime(frame["start"]), end=pd.to_datetime(frame["end"]))


def test_a_contract_counts_from_its_first_day_to_its_last():
    table = contracts(
        ("a", "t0", "2025-01-01", None),
        ("b", "t0", "2025-06-01", "2025-06-10"),
        ("c", "t0", "2025-06-02", None),
        ("a", "t0", "2025-02-01", None),
        ("d", "t1", "2025-01-01", "2025-05-31"),
    )
    dates = {0: "2025-06-01", 1: "2025-06-11", 2: None, 3: "2026-01-01"}
    found = contracts_running(table, dates, ("2025-06-01", "2025-12-31"))
    assert found.to_dict("records") == [
        {"team": "t0", "wave": 0, "members": 2},
        {"team": "t0", "wave": 1, "members": 2},
    ], "a wave without a date, or after the extract, is unknown"


HOMES = {"t0": "o0", "t1": "o0", "t2": "o1"}


def sizes(*rows):
    return pd.DataFrame(rows, columns=["team", "wave", "members"])


def answered(*rows):
    return pd.DataFrame(rows, columns=["team", "organisation", "wave", "answered"])


def as_found(members):
    return {(r.unit, r.wave): r.members for r in members.itertuples()}


def test_an_organisation_has_the_members_of_all_its_teams_also_the_silent_ones():
    found, short = members_of(sizes(("t0", 0, 10), ("t1", 0, 8)), HOMES, {}, answered(("t0", "o0", 0, 9)))
    assert as_found(found) == {("t0", 0): 10, ("o0", 0): 18}
    assert not len(short)


def test_a_unit_with_a_part_of_unknown_size_is_of_unknown_size():
    given = answered(("t0", "o0", 0, 9), ("t1", "o0", 0, 9))
    assert as_found(members_of(sizes(("t0", 0, 10)), HOMES, {}, given)[0]) == {("t0", 0): 10}
    together = answered(("North", "o0", 0, 12))
    combined = {"North": ("t0", "t1")}
    assert as_found(members_of(sizes(("t0", 0, 10)), HOMES, combined, together)[0]) == {}
    both = sizes(("t0", 0, 10), ("t1", 0, 8))
    assert as_found(members_of(both, HOMES, combined, together)[0]) == {("North", 0): 18, ("o0", 0): 18}


def test_a_team_smaller_than_who_answered_is_of_unknown_size_and_said():
    found, short = members_of(
        sizes(("t0", 0, 8), ("t1", 0, 9)), HOMES, {}, answered(("t0", "o0", 0, 9), ("t1", "o0", 0, 9))
    )
    assert as_found(found) == {("t1", 0): 9}
    assert short.to_dict("records") == [{"team": "t0", "wave": 0}]


def test_the_first_that_says_a_size_counts():
    given = answered(("t0", "o0", 0, 9))
    found, _ = members_of(sizes(("t0", 0, 12), ("t0", 0, 10)), HOMES, {}, given)
    assert as_found(found)["t0", 0] == 12
