"""The diary, the app log and the personnel records of the example: as messy as was promised, and with their truth."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dww_analysis.simulate.exposure import TRUTH, draw_contracts, draw_diary, draw_events
from dww_analysis.simulate.people import build_cohort
from dww_analysis.simulate.truth import EXAMPLE

RAW = Path(__file__).parents[2] / "data" / "raw" / "example"


@pytest.fixture(scope="module")
def cohort():
    return build_cohort(EXAMPLE, np.random.default_rng(3))


@pytest.fixture(scope="module")
def diary():
    return pd.read_csv(RAW / "diary.csv", dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def contracts():
    return pd.read_csv(RAW / "hr.csv", dtype=str, keep_default_na=False, sep=";")


def test_beeps_are_unsent_expired_twice_and_from_wrong_clocks(diary):
    assert (diary["sent"] == "").sum() > 20 and (diary["expired"] != "").sum() > 200
    assert not ((diary["finished"] != "") & (diary["expired"] != "")).any()
    answered = diary[diary["started"] != ""]
    assert (answered["started"] < answered["sent"]).sum() == 4
    own = diary[~diary["participant"].isin(["", "test1"])]
    day = own["scheduled"].str[:10]
    assert 30 <= own.assign(day=day).duplicated(["participant", "day", "beep"]).sum() <= 60
    assert (diary["participant"] == "").sum() == 5


def test_statements_are_cut_off_twice_voided_and_stored_late():
    lines = (RAW / "app_events.jsonl").read_text(encoding="utf-8").splitlines()
    statements = [json.loads(line) for line in lines if line.endswith("}")]
    assert len(lines) - len(statements) == 1
    ids = pd.Series([s["id"] for s in statements])
    assert 15 <= ids.duplicated().sum() <= 20
    assert sum("voided" in s["verb"]["id"] for s in statements) == 6
    assert sum(s["timestamp"] > s["stored"] for s in statements) in (3, 4)  # one may have been sent twice
    stored = pd.Series([s["stored"] for s in statements])
    assert stored.is_monotonic_increasing


def test_contracts_have_open_ends_typing_errors_and_repetitions(contracts):
    start, end = (
        pd.to_datetime(contracts[c], format="%d-%m-%Y", errors="coerce") for c in ("In dienst", "Uit dienst")
    )
    assert (end < start).sum() == 3
    assert contracts.duplicated().sum() == 4
    assert {"", "31-12-9999"} <= set(contracts["Uit dienst"])
    gone = contracts["Reden uitdienst"] != ""
    assert (contracts.loc[gone, "Bestemming"] == "").any()
    assert (contracts["Interne overplaatsing"] == "ja").sum() > 5


def test_persons_are_those_of_the_questionnaires(diary, contracts):
    answers = pd.read_csv(RAW / "wave2_limesurvey.csv", dtype=str, keep_default_na=False)
    asked = set(answers["token"]) - {"", "test1", "test2"}
    assert asked <= set(contracts["Deelnemerscode"])
    assert set(diary["participant"]) - {"", "test1"} <= set(contracts["Deelnemerscode"])


@pytest.mark.slow
def test_support_shows_in_the_moments_of_the_last_wave(cohort):
    """The odds ratio of a moment, over many draws of beeps, is the declared one; levels of persons shrink it a bit."""
    beeps = pd.concat([draw_diary(cohort, np.random.default_rng(seed)) for seed in range(12)])
    beeps = beeps[beeps["finished"].notna()]
    arm = dict(
        zip(cohort.people["code"], cohort.teams["arm"].to_numpy()[cohort.membership[:, 2]], strict=True)
    )
    last = beeps["scheduled"] > pd.Timestamp("2026-01-01")
    odds = {}
    for (late, supported), rows in beeps.groupby([last, beeps["code"].map(arm)]):
        share = rows["sources"].notna().mean()
        odds[late, supported] = share / (1 - share)
    assert np.log(odds[True, 1] / odds[True, 0]) == pytest.approx(np.log(TRUTH.moment_odds_ratio), abs=0.15)
    assert np.log(odds[False, 1] / odds[False, 0]) == pytest.approx(0, abs=0.15)


def test_members_of_supported_teams_use_the_app_and_few_others(cohort):
    events = draw_events(cohort, np.random.default_rng(5))
    arms = cohort.teams["arm"].to_numpy()
    supported = np.where(cohort.membership == -1, 0, arms[cohort.membership])[:, 1:].max(axis=1) == 1
    known = dict(zip(cohort.people["code"], supported, strict=True))
    users = pd.Series(events["code"].unique()).map(known)
    assert (~users).sum() <= TRUTH.strays
    assert 0.5 < users.sum() / supported.sum() < TRUTH.adoption + 0.1


def test_every_leaver_has_one_end_and_nobody_two_contracts_at_once(cohort):
    contracts = draw_contracts(cohort, np.random.default_rng(6))
    assert set(contracts["code"]) == set(cohort.people["code"])
    left = (cohort.membership[:, 2] == -1).sum()
    assert (contracts["over"] & ~contracts["moved"]).sum() == left
    ordered = contracts.sort_values(["code", "start"])
    before = ordered["end"].groupby(ordered["code"]).shift()
    first = ~ordered["code"].duplicated()
    assert (ordered["start"] > before)[~first].all()
