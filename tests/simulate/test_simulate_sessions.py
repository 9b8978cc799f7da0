"""The invented sessions are what their truth says, and as messy as was promised; the pipeline finds the truth back."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dww_analysis.practice import krippendorff_alpha
from dww_analysis.simulate.sessions import PRACTICE, ROLES, THEMES, draw_ballots, draw_remarks
from dww_analysis.stages.paths import Paths
from dww_analysis.stages.practice import STAGE
from dww_analysis.stages.project import Project
from dww_analysis.stages.stage import Tables

ROOT = Path(__file__).parents[2]
RAW = ROOT / "data" / "raw" / "example"


@pytest.fixture(scope="module")
def made():
    return STAGE.run(Project(Paths(ROOT, "example")), "sessions", Tables({})).parts


def value(made, id):
    (row,) = made["quantities"].loc[made["quantities"]["id"] == id, "value"]
    return row


def test_the_record_beside_the_tests_is_the_truth():
    stored = json.loads((Path(__file__).parent / "sessions_truth.json").read_text(encoding="utf-8"))
    assert stored == json.loads(json.dumps(PRACTICE.as_dict()))
    assert [sum(counts) for counts in PRACTICE.present.values()] == [61, 61, 61]


def test_choices_are_drawn_as_the_truth_says():
    random = np.random.default_rng(8)
    drawn = pd.concat([draw_ballots(PRACTICE, "spring", random) for _ in range(60)])
    share = drawn.groupby(["role", "theme"]).size() / drawn.groupby("role")["ballot"].size() * PRACTICE.choose
    of_roles = share.unstack("theme").fillna(0).loc[list(ROLES)]
    assert of_roles[PRACTICE.first_of_all].to_numpy() == pytest.approx(PRACTICE.chance_first, abs=0.05)
    expected = np.linspace(*PRACTICE.chance_divided, len(ROLES))
    assert of_roles[PRACTICE.divided].to_numpy() == pytest.approx(expected, abs=0.07)
    alike = of_roles.drop(columns=[PRACTICE.first_of_all, PRACTICE.divided]).mean()
    assert alike.max() - alike.min() < 0.05 and len(alike) == 8


def test_two_coders_agree_as_the_truth_says():
    rows = pd.concat(
        [draw_remarks(PRACTICE, np.random.default_rng(seed)) for seed in range(12)], ignore_index=True
    )
    for code in ("theme", "kind"):
        found = krippendorff_alpha(rows[[f"{code}_a", f"{code}_b"]], draws=10)
        assert found.value == pytest.approx(PRACTICE.agreement, abs=0.03)


@pytest.mark.long
def test_exactly_one_theme_is_found_to_be_surely_in_the_top_three(made):
    table = made["quantities"]
    placed = table[(table["quantity"] == "share_equal_weight") & (table["tier"] == "sure_top3")]
    assert placed["subject"].tolist() == [PRACTICE.first_of_all]
    contested = table[(table["quantity"] == "contested_p_holm") & (table["value"] < 0.05)]
    assert contested["subject"].tolist() == [PRACTICE.divided]


def test_the_room_the_groups_and_the_remarks_are_counted(made):
    assert value(made, "conference.vote_share.enough_time:yes:before.all") == pytest.approx(28 / 84)
    assert value(made, "conference.vote_share.enough_time:yes:after.all") == pytest.approx(47 / 84)
    n = made["quantities"].loc[made["quantities"]["quantity"] == "block_share", "n"]
    assert set(n) == {PRACTICE.groups} and len(n) == 18
    remarks = made["quantities"].query("quantity == 'remarks' and subject == ''")
    assert remarks["n"].sum() == PRACTICE.remarks


def test_one_item_of_the_national_agenda_is_asked_nowhere(made):
    gaps = set(made["quantities"].query("quantity == 'agenda_gaps'")["subject"])
    assert gaps == {"asked_nowhere:item_8", "not_national:caseload", "not_national:rehearsing"}
    asked = set(made["agenda"].query("level == 'region' and status != 'stopped'")["national"])
    assert PRACTICE.unasked not in asked


def test_the_mess_of_life_is_in_the_files(made):
    ballots = pd.read_csv(RAW / "ballots.csv", dtype=str, keep_default_na=False)
    assert (ballots["Stembriefje"] == "tafel 4").sum() == 3, "a table among persons"
    assert ballots.drop(columns="Notitie").duplicated().sum() >= 20, "typed twice"
    written = Counter(ballots["Thema"].str.casefold())
    assert len(written) > 2 * len(THEMES), "themes typed in three ways"
    people = pd.read_excel(RAW / "attendance.xlsx")
    assert pd.to_numeric(people["Datum"], errors="coerce").notna().sum() > 100, (
        "dates as numbers of a spreadsheet"
    )
    assert people.groupby(["Bijeenkomst", "Deelnemer"])["Rol"].nunique().max() == 2, "a person in two roles"
    dots = made["quantities"].query("unit == 'summer' and quantity == 'dots'")
    assert dots["conf_low"].isna().all(), "a photograph does not say whose dots they are"
