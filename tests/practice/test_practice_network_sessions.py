"""Cadence, who came, who is in a network, and check-lists by raters."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml
from network_data import LABEL, LARGE, OPEN, PRACTICE, quantities, refused, source

import dww_analysis.practice as practice
from dww_analysis.domain.networks import CHECKLISTS, UsedChecklist
from dww_analysis.domain.practice import Session
from dww_analysis.errors import PracticeError
from dww_analysis.practice import items_of, load_checklist, network_lines, read_source
from dww_analysis.practice.cadence import moments

EXACT = 1e-9
COUNTED = ["network", "session", "date", "role", "present"]
EVERYBODY = [m.person for m in LARGE]


def came(dates, present, **more):
    """A row a person: session n on its date with those persons."""
    rows = [
        ("large", n, date, person)
        for n, (date, persons) in enumerate(zip(dates, present, strict=True), 1)
        for person in persons
    ]
    return pd.DataFrame(rows, columns=["network", "session", "date", "person"]).assign(**more)


ELEVEN = pd.date_range("2025-01-06", periods=6, freq="42D").union(
    pd.date_range("2025-10-20", periods=5, freq="42D")
)  # the seventh comes 11 weeks after the sixth


def test_a_year_and_a_half_of_six_weeks_is_fourteen_moments():
    assert moments(78, 6) == 14 and moments(0, 6) == 1


def test_sessions_held_and_the_gap():
    dates = [str(d.date()) for d in ELEVEN]
    table = came(dates, [EVERYBODY] * 6 + [EVERYBODY[:11]] * 5, minutes=120)
    found = {k[1:]: q for k, q in quantities(("attendance", table, OPEN)).items() if k[0] == "large"}
    value = {name: found[name, "", "all"].value for name in (
        "sessions_planned", "sessions_held", "longest_gap_weeks", "gaps", "hours_together", "still_there", "members",
    )}  # fmt: skip
    assert value == {
        "sessions_planned": 14, "sessions_held": 11, "longest_gap_weeks": 11, "gaps": 1, "hours_together": 22,
        "still_there": 11, "members": 14,
    }  # fmt: skip
    assert [found["came", str(n), "all"].value for n in (1, 6, 7, 11)] == [14, 14, 11, 11]
    assert found["came", "1", "all"].n_possible == 14


def test_a_role_that_no_longer_comes_is_known_where_it_is_no_single_person():
    gone = [p for p in EVERYBODY if not p.startswith(("po", "bo"))]
    found = quantities(
        ("attendance", came(["2025-01-06", "2025-02-17", "2025-03-31"], [EVERYBODY, gone, gone]), OPEN)
    )
    last = {role: q.value for (_, name, _, role), q in found.items() if name == "last_came"}
    assert last == {"parents": 3, "staff": 3, "policy": 1}, "of two boards and one teacher nothing is said"
    assert not any(
        k[1] == "last_came" for k in quantities(("attendance", came(["2025-01-06"], [EVERYBODY]), {}))
    )


def test_who_stayed_in_confidence_is_hidden_where_few_left():
    table = came(["2025-01-06", "2025-02-17"], [EVERYBODY, EVERYBODY[:11]])
    found = quantities(("attendance", table, {}))
    assert found["large", "still_there", "", "all"].suppressed, "three left"
    assert found["large", "came", "2", "all"].value == 11
    all_there = came(["2025-01-06", "2025-02-17"], [EVERYBODY] * 2)
    assert quantities(("attendance", all_there, {}))["large", "still_there", "", "all"].value == 14


def test_roles_that_were_counted_are_added_up_and_nobody_is_followed():
    rows = [
        ("large", n, d, r, k)
        for n, d in ((1, "6-1-2025"), (2, "17-2-2025"))
        for r, k in (("parents", 4), ("staff", 3))
    ]
    table = pd.DataFrame(rows, columns=["network", "session", "date", "role", "present"])
    found = quantities(("attendance", table, OPEN))
    assert found["large", "came", "2", "all"].value == 7
    assert ("large", "still_there", "", "all") not in found


def test_members_by_role_without_a_role_of_one():
    table = came(["2025-01-06"], [EVERYBODY])
    found = quantities(("attendance", table, OPEN))
    by_role = {role: q.value for (u, name, _, role), q in found.items() if name == "members" and u == "large"}
    assert by_role == {"all": 14, "parents": 4, "staff": 4, "policy": 3, "other_roles": 3}


def test_a_network_without_sessions_is_a_line():
    table = came(["2025-01-06"], [EVERYBODY])
    s = source("attendance", table)
    read = [(s, read_source(table, s, PRACTICE))]
    lines = network_lines(read, PRACTICE)
    assert "network six: no session was counted" in lines and not any(
        "network large: no" in line for line in lines
    )
    assert quantities(("attendance", table, OPEN))["six", "sessions_held", "", "all"].value == 0


WRONG = {
    "more people than the network has": (
        came(["2025-01-06"], [[*EVERYBODY, "guest"]]), "more people at a session than the network has",
    ),
    "no date": (came(["2025-01-06"], [EVERYBODY]).assign(date="soon"), "a session without a date"),
    "two dates": (
        came(["2025-01-06"], [EVERYBODY[:2]]).assign(date=["2025-01-06", "2025-01-07"]), "two dates of one session",
    ),
    "another role": (came(["2025-01-06"], [["pa0"]], role="staff"), "another role than the member's"),
    "another organisation": (came(["2025-01-06"], [["pa0"]], organisation="o3"), "another organisation"),
    "more of a role": (
        pd.DataFrame([("large", 1, "2025-01-06", "policy", 4)], columns=COUNTED),
        "more people of a role",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_attendance_that_cannot_be_is_refused(what):
    refused("attendance", *WRONG[what])


def checklist(by_rater, checklist="good_practice", network="large", **more):
    """by_rater: {rater: words of the points in order}."""
    rows = [
        (network, rater, item, met)
        for rater, mets in by_rater.items()
        for item, met in zip(items_of(checklist), mets, strict=False)
    ]
    return pd.DataFrame(rows, columns=["unit", "rater", "item", "met"]).assign(**more)


def test_every_check_list_of_the_package_reads_and_names_its_source():
    known = {load_checklist(id).id for id in CHECKLISTS}
    files = {f.stem for f in (practice_folder() / "checklists").glob("*.yaml")}
    assert known == files == set(CHECKLISTS)
    items = [item for id in CHECKLISTS for item in items_of(id)]
    assert len(items) == len(set(items))
    for id in CHECKLISTS:
        raw = yaml.safe_load((practice_folder() / "checklists" / f"{id}.yaml").read_text(encoding="utf-8"))
        assert set(raw["source"]) == {"nl", "en"}
        for item in load_checklist(id).items:
            assert set(item.text) == {"nl", "en"}
    assert len(items_of("intake")) == 7
    assert all(set(i.yes) == set(i.no) == {"nl", "en"} for i in load_checklist("intake").items)


def practice_folder():
    from pathlib import Path

    return Path(practice.__file__).parent


def test_points_by_block_and_how_far_raters_agree():
    met = {"r1": ["ja", "ja", "nee", "deels", "onbekend"], "r2": ["yes", "partly", "no", "partly", "no"]}
    found = quantities(("checklist", checklist(met), OPEN))
    block = {
        w: found["large", "checklist", f"good_practice:examples:{w}", "all"].value
        for w in ("yes", "partly", "no", "unknown")
    }
    assert block == {"yes": 3, "partly": 3, "no": 3, "unknown": 1}
    empty = found["large", "checklist", "good_practice:change:unknown", "all"]
    assert (empty.value, empty.n, empty.n_possible) == (8, 2, 8), "points without a row were not seen"
    # four points of two codes: yes-yes, yes-partly, no-no, partly-partly; alpha = 1 - 7 * 2 / (8^2 - (3^2+3^2+2^2))
    alpha = found["large", "alpha", "good_practice", "all"]
    assert alpha.value == pytest.approx(1 - 7 * 2 / (64 - 22), abs=EXACT)


def test_one_rater_has_no_agreement():
    found = quantities(("checklist", checklist({"r1": ["ja"] * 17}), OPEN))
    assert not any(name == "alpha" for _, name, _, _ in found)


def test_a_check_list_in_confidence_by_two_is_hidden():
    found = quantities(("checklist", checklist({"r1": ["ja"] * 17, "r2": ["nee"] * 17}), {}))
    own = [q for k, q in found.items() if k[1] in ("checklist", "alpha")]
    assert own and all(q.suppressed and np.isnan(q.value) for q in own)


SEEN = replace(
    PRACTICE,
    sessions=(Session("spring", LABEL, "2026-03-12", LABEL),),
    checklists=(UsedChecklist("good_practice", "session"), UsedChecklist("intake")),
)


def test_a_check_list_of_a_session_is_counted_by_the_same_rules():
    met = {"r1": ["ja", "ja", "nee"], "r2": ["ja", "deels", "nee"]}
    table = checklist(met, network="spring")
    found = quantities(("checklist", table, OPEN), practice=SEEN)
    own = {k: q for k, q in found.items() if k[1] in ("checklist", "alpha")}
    assert {q.unit_level for q in own.values()} == {"session"} and {u for u, *_ in own} == {"spring"}
    assert found["spring", "checklist", "good_practice:examples:yes", "all"].value == 3
    assert found["spring", "checklist", "good_practice:change:unknown", "all"].n_possible == 8
    private = quantities(("checklist", table, {}), practice=SEEN)
    assert all(q.suppressed for q in private.values() if q.unit_level == "session")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (("good_practice", "six"), "not for such a unit"),
        (("intake", "spring"), "not for such a unit"),
        (("good_practice", "sprin"), "did you mean 'spring'"),
    ],
)
def test_a_check_list_belongs_to_its_kind_of_unit(table, said):
    id, unit = table
    with pytest.raises(PracticeError, match=said):
        quantities(("checklist", checklist({"r1": ["ja"]}, id, network=unit), OPEN), practice=SEEN)


OF_TEAMS = replace(PRACTICE, checklists=(UsedChecklist("good_practice", "team"),))


def of_teams():
    """Three teams, each by two raters; T1 is called t1 by one of them. By hand: six lists of five points."""
    met = {"r1": ["ja", "ja", "nee"], "r2": ["ja", "deels", "nee"]}
    tables = [checklist(met, network=team) for team in ("T1", "T 2", "six")]
    return pd.concat(tables, ignore_index=True)


def test_check_lists_about_teams_are_counted_together_and_no_team_by_itself():
    table = of_teams()
    table.loc[0, "unit"] = "t1"
    found = quantities(("checklist", table, OPEN), practice=OF_TEAMS)
    own = {k: q for k, q in found.items() if k[1] in ("checklist", "alpha", "checklist_units")}
    assert {(q.unit_level, q.unit) for q in own.values()} == {("study", "study")}
    counts = {
        w: own["study", "checklist", f"good_practice:examples:{w}", "all"]
        for w in ("yes", "partly", "no", "unknown")
    }
    assert {w: q.value for w, q in counts.items()} == {"yes": 9, "partly": 3, "no": 6, "unknown": 12}
    assert {(q.n, q.n_possible) for q in counts.values()} == {(2, 30)}
    assert own["study", "checklist_units", "good_practice", "all"].value == 3
    # nine points of two codes: 3 yes-yes, 3 yes-partly, 3 no-no; alpha = 1 - 17 * 6 / (18^2 - (9^2 + 3^2 + 6^2))
    assert own["study", "alpha", "good_practice", "all"].value == pytest.approx(
        1 - 17 * 6 / (324 - 126), abs=EXACT
    )


def test_a_round_about_one_team_is_that_team_by_itself():
    table = pd.concat([of_teams().assign(round=1), of_teams().query("unit == 'six'").assign(round=2)])
    found = quantities(("checklist", table, OPEN), practice=OF_TEAMS)
    own = {k[2]: q.suppressed for k, q in found.items() if k[1] in ("checklist", "alpha")}
    assert own and all(hidden == subject.endswith(":2") for subject, hidden in own.items())


def test_teams_with_rounds_and_teams_without_are_not_one_table():
    once, again = of_teams().query("unit == 'six'"), of_teams().query("unit == 'T1'").assign(round=2)
    with pytest.raises(PracticeError, match="rows of rounds among rows without"):
        quantities(("checklist", once, OPEN), ("checklist", again, OPEN), practice=OF_TEAMS)


def test_few_raters_of_many_teams_are_few():
    """Two persons who looked at nine teams each in confidence: eighteen lists, and two persons."""
    tables = [checklist({"r1": ["ja"], "r2": ["nee"]}, network=f"T{i}") for i in range(9)]
    found = quantities(("checklist", pd.concat(tables), {}), practice=OF_TEAMS)
    own = [q for k, q in found.items() if k[1].startswith("checklist")]
    assert own and all(q.suppressed for q in own)


def test_a_team_needs_a_code():
    with pytest.raises(PracticeError, match="no team or organisation"):
        quantities(("checklist", of_teams().assign(unit=None), OPEN), practice=OF_TEAMS)


def test_an_intake_counts_what_organisations_say_by_question():
    met = {"o1": ["ja"] * 7, "o2": ["ja"] * 6 + ["nee"], "o3": ["ja"] * 5 + ["nee", "deels"]}
    found = quantities(("checklist", checklist(met, "intake"), OPEN))
    last = {
        w: found["large", "checklist", f"intake:intake_support:{w}", "all"].value
        for w in ("yes", "partly", "no")
    }
    assert last == {"yes": 1, "partly": 1, "no": 1}
    assert not any(name == "alpha" for _, name, _, _ in found)


CHECKED = {
    "a point twice by one rater": (
        pd.concat([checklist({"r1": ["ja"]}), checklist({"r1": ["nee"]})]), "one item twice by one rater",
    ),
    "a point that is not there": (checklist({"r1": ["ja"]}).assign(item="example_instructiv"), "did you mean"),
    "a word that says nothing": (checklist({"r1": ["misschien"]}), "words that say nothing"),
}  # fmt: skip


@pytest.mark.parametrize("what", CHECKED)
def test_check_lists_that_cannot_be_are_refused(what):
    table, said = CHECKED[what]
    with pytest.raises(PracticeError, match=said):
        quantities(("checklist", table, OPEN))


def test_a_column_of_dates_in_which_nothing_stands_is_a_problem_and_no_crash():
    refused("attendance", came([None, None], [EVERYBODY] * 2), "a session without a date")
