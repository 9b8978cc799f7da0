"""Use of an app and leaving over time: periods that nobody's behaviour decides, and shares with a witness."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from learning_study import STUDY
from statsmodels.duration.survfunc import SurvfuncRight

from dww_analysis.domain.study import Arm
from dww_analysis.exposure import app_periods, leaving_periods
from dww_analysis.exposure.learning_tables import hr_flow

START = pd.Timestamp("2026-03-01")  # of the first of two waves; the second is 92 days later
ARMS = dataclasses.replace(STUDY, arms=(Arm("a", {"en": "a"}), Arm("b", {"en": "b"})))


def used(*days: tuple[str, int]) -> pd.DataFrame:
    rows = [("main", person, START + pd.Timedelta(days=day, hours=9)) for person, day in days]
    return pd.DataFrame(rows, columns=["sample", "person", "time"])


def persons(arms: dict[str, str], wave: int = 1) -> pd.DataFrame:
    return pd.DataFrame({"sample": "main", "person": list(arms), "wave": wave, "arm": list(arms.values())})


def test_a_person_counts_once_in_each_four_weeks_and_who_never_used_it_counts_too():
    events = used(("p1", 1), ("p1", 3), ("p1", 28), ("p2", 29), ("p1", 84))
    found = app_periods([events], [persons({"p1": "a", "p2": "a", "p3": "a"})], ARMS)
    assert found[["week_from", "week_to"]].to_numpy().tolist() == [[1, 4], [5, 8], [9, 12]]
    assert found["n_users"].tolist() == [1, 1, 1] and set(found["n_persons"]) == {3}
    assert found["share_users"].tolist() == pytest.approx([1 / 3] * 3)


def test_days_up_to_the_wave_before_and_after_the_last_whole_period_do_not_count():
    events = used(("p1", -3), ("p1", 0), ("p2", 85), ("p2", 300))
    found = app_periods([events], [persons({"p1": "a", "p2": "b"})], ARMS)
    assert len(found) == 6 and not found["n_users"].any()


def test_persons_whose_arm_is_unknown_or_who_were_there_before_only_are_in_no_arm():
    features = [persons({"p1": "a", "p2": None}), persons({"p9": "b"}, wave=0)]
    found = app_periods([used(("p2", 5), ("p9", 5))], features, ARMS)
    assert set(found["arm"]) == {"a"} and set(found["n_persons"]) == {1} and not found["n_users"].any()


@pytest.mark.parametrize(
    "waves", [STUDY.waves[:1], (STUDY.waves[0], dataclasses.replace(STUDY.waves[1], date=None))]
)
def test_without_dates_or_a_wave_before_there_are_no_periods(waves):
    study = dataclasses.replace(STUDY, waves=waves)
    assert app_periods([used(("p1", 5))], [persons({"p1": ""})], study).empty


def employed(
    seed: int = 3, n: int = 120, months: int = 13
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Person-months, features per wave (six months, then the rest), and of each person entry, exit and event."""
    rng = np.random.default_rng(seed)
    entry = np.where(rng.random(n) < 0.75, 0, rng.integers(1, 9, n))
    exits = entry + rng.geometric(0.04, n)
    left, last = exits <= months, np.minimum(exits, months)
    rows = [
        (f"p{i}", m, "left" if left[i] and m == last[i] else "none")
        for i in range(n)
        for m in range(entry[i] + 1, last[i] + 1)
    ]
    table = pd.DataFrame(rows, columns=["person", "number", "event"]).assign(sample="main")
    table["month"] = pd.Timestamp("2026-01-01") + table["number"].map(lambda m: pd.DateOffset(months=m))
    table["wave"] = pd.array(np.where(table["number"] <= 6, 1, 2), dtype="Int64")
    return table, of_waves(table), pd.DataFrame({"entry": entry, "exit": last, "left": left})


def of_waves(table: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for (person, wave), own in table.groupby(["person", "wave"]):
        gone = own.loc[own["event"] == "left", "month"]
        rows.append((person, wave, len(own), len(gone) > 0, gone.max()))
    names = ["person", "wave", "person_months", "left", "exit_month"]
    found = pd.DataFrame(rows, columns=names).assign(sample="main", arm="a", moved=False, destination="")
    return found.assign(stayed=~found["left"], wave=found["wave"].astype("Int64"))


def three_waves():
    waves = tuple(dataclasses.replace(STUDY.waves[0], number=i, date=None) for i in range(3))
    return dataclasses.replace(ARMS, waves=waves)


def test_the_share_who_left_is_that_of_kaplan_and_meier_with_late_entry():
    months, features, lives = employed()
    found = leaving_periods([months], [features], three_waves())
    witness = SurvfuncRight(lives["exit"], lives["left"].astype(int), entry=lives["entry"])
    at = dict(zip(witness.surv_times.astype(int), witness.surv_prob, strict=True))
    assert 1 - found[found["span"] == "whole"]["risk"].item() == pytest.approx(at[max(at)], rel=1e-12)
    by_wave = found[found["span"] == "wave"]
    assert (1 - by_wave["risk"]).prod() == pytest.approx(at[max(at)], rel=1e-12)
    first = by_wave[by_wave["wave"] == 1]
    assert 1 - first["risk"].item() == pytest.approx(at[max(t for t in at if t <= 6)], rel=1e-12)


def test_periods_add_up_to_waves_and_waves_to_what_hr_flow_counts():
    months, features, _ = employed()
    found = leaving_periods([months], [features], three_waves())
    flow = pd.DataFrame(hr_flow(features))
    flow = flow[(flow["what"] == "outcome") & (flow["code"] == "left")]
    waves = found[found["span"] == "wave"].set_index("wave")["n_left"]
    assert waves.to_dict() == flow[flow["wave"].notna()].set_index("wave")["count"].to_dict()
    parts = found[found["span"] == "months"]
    assert parts.groupby("wave")["n_left"].sum().to_dict() == waves.to_dict()
    assert parts[["month_from", "month_to"]].to_numpy().tolist() == [[1, 3], [4, 6], [7, 9], [10, 13]]
    assert found[found["span"] == "whole"]["n_left"].item() == waves.sum()


def test_who_went_elsewhere_with_the_same_employer_stays_among_those_at_risk():
    months, _, _ = employed(n=40)
    others = months[months["person"] != "p0"]
    gone = months[(months["person"] == "p0") & (months["number"] <= 2)].copy()
    gone.loc[gone["number"] == 2, "event"] = "moved"
    with_, without = (
        leaving_periods([m], [of_waves(m)], three_waves()) for m in (pd.concat([others, gone]), others)
    )
    assert (with_["n_at_risk"] - without["n_at_risk"] == 1).all() and len(with_) == 7
    assert with_["n_left"].tolist() == without["n_left"].tolist()
