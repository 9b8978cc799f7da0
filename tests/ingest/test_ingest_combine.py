"""Sources together: teams, arms, background, waves that disagree, the flow and the codebook."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from dww_analysis.delivery.table import DeliveredTable
from dww_analysis.domain.study import Allocation, Arm, Background, Source, Study, Wave
from dww_analysis.domain.tables import register
from dww_analysis.errors import MeasurementError
from dww_analysis.ingest import (
    codebook_table,
    combine,
    ingest_source,
    read_allocation,
    wave_conflicts,
)
from dww_analysis.ingest.allocation_lines import allocation_lines
from dww_analysis.storage import load_table, save_table
from dww_analysis.storage.tables import variables_frame

STUDY = Study(
    id="trial",
    title={"nl": "Proef", "en": "Trial"},
    data="invented",
    delivered="2026-01-01",
    design="parallel_cluster",
    waves=tuple(Wave(i, {"nl": f"meting {i}", "en": f"wave {i}"}) for i in range(3)),
    arms=(
        Arm("control", {"nl": "controle", "en": "control"}),
        Arm("learning", {"nl": "leren", "en": "learning"}),
    ),
    allocation=Allocation("team", "list", True, "organisation"),
    samples={"main": {"nl": "allen", "en": "all"}},
    level_labels={},
    background=(Background("age", {"en": "Age"}, "number", valid_range=(15, 80)),),
)
LIST = Source(
    "list",
    "list.xlsx",
    None,
    "allocation",
    "auto",
    "main",
    None,
    {"organisation": "Org", "team": "Team", "arm": "Arm"},
    team_aliases={"team noord!": "T1"},
)


def listed_as(data, source, study, **more):
    return read_allocation(DeliveredTable.of(data, source), study, **more)


def allocation_data(**changes):
    return pd.DataFrame(
        {
            "Org": ["O1", "O1", "O2", "O2"],
            "Team": ["Team Noord", "T2", "T3", "T4"],
            "Arm": ["Controle", "learning"] * 2,
        }
        | changes
    )


@pytest.fixture
def allocation():
    return listed_as(allocation_data(), LIST, STUDY)


def part(wave, persons, teams, i1, label="Item", labels=None, recode=None, missing=(), **more):
    columns = {"person": "P", "team": "T", "i1": "Q"} | {name: name for name in more}
    source = Source(
        f"w{wave}",
        f"w{wave}.csv",
        None,
        "answers",
        "auto",
        "main",
        wave,
        columns,
        recode={"i1": recode} if recode else {},
    )
    data = pd.DataFrame({"P": persons, "T": teams, "Q": i1, **more})
    variables = variables_frame(
        ["P", "T", "Q"], {"Q": label}, value_labels={"Q": labels or {}}, missing_values={"Q": missing}
    )
    given = DeliveredTable.of(data, source, variables)
    return ingest_source(given, STUDY, {"i1": (1, 5)}, lambda code: "p" + code)


def count(flow, **where):
    for name, value in where.items():
        flow = flow[flow[name] == value]
    return int(flow["count"].sum())


def test_allocation_settles_hand_typed_names_and_labels_of_arms(allocation):
    assert allocation["team"].tolist() == ["T1", "T2", "T3", "T4"]
    assert allocation["arm"].tolist() == ["control", "learning", "control", "learning"]


def test_allocation_lists_every_problem():
    data = allocation_data(
        Team=["T1", "T1", None, "T4"], Org=["O1", "O1", "O2", "O2"], Arm=["control", "x", None, "x"]
    )
    data.attrs["first_line"] = 2
    with pytest.raises(MeasurementError) as error:
        listed_as(data, LIST, STUDY)
    found = [(p.where, p.found) for p in error.value.problems]
    assert ("list.xlsx, line 3", "the arm 'x'") in found
    assert ("list.xlsx, line 4", "no arm") in found and ("list.xlsx, line 4", "no team") in found
    assert any("listed 2 times (lines 2, 3)" in f for _, f in found)


def test_allocation_recodes_organisations_and_teams_too():
    recode = {"organisation": {"o1": "north"}, "team": {"t2": "T9"}, "arm": {"ja": "learning"}}
    data = allocation_data(Arm=["control", "ja"] * 2)
    table = listed_as(data, dataclasses.replace(LIST, recode=recode), STUDY)
    assert table["organisation"].tolist() == ["north", "north", "O2", "O2"]
    assert table["team"].tolist() == ["T1", "T9", "T3", "T4"]
    assert table["arm"].tolist() == ["control", "learning"] * 2


def test_allocation_recodes_every_column_and_counts_it():
    source = dataclasses.replace(
        LIST,
        columns={**LIST.columns, "size": "Size"},
        recode={"size": {"Groot": "20", "klein": "5", "leeg": "0"}},
    )
    table = listed_as(allocation_data(Size=["groot", "klein", "7", "groot"]), source, STUDY)
    assert table["size"].tolist() == [20, 5, 7, 20]
    with pytest.raises(MeasurementError, match=r"recode: 'size' .* met 0 of 4 rows"):
        listed_as(allocation_data(Size=["1", "2", "3", "4"]), source, STUDY)


def test_recoded_starts_are_counted():
    source = dataclasses.replace(STARTS, recode={"start": {"Later": "2", "nooit": ""}})
    table = listed_as(allocation_data(Start=["later", "1", "1", "Nooit"]), source, WEDGE)
    assert table["start"].fillna(-1).tolist() == [2, 1, 1, -1]
    with pytest.raises(MeasurementError, match=r"recode: 'start' .* met 0 of 4 rows"):
        listed_as(allocation_data(Start=["1", "1", "2", "1"]), source, WEDGE)


def test_a_column_of_the_allocation_that_identifies_persons_is_refused():
    data = allocation_data(**{"Contactpersoon": ["a@b.nl"] * 4, "E-mail": ["x"] * 4})
    columns = {**LIST.columns, "contact": "Contactpersoon", "mail": "E-mail"}
    with pytest.raises(MeasurementError) as error:
        listed_as(data, dataclasses.replace(LIST, columns=columns), STUDY)
    assert sum("identifies persons" in p.found for p in error.value.problems) == 2


def test_two_spellings_of_one_team_in_the_allocation_are_refused():
    data = allocation_data(Team=["Team Zon", "team-zon", "T3", "Team Zon"])
    with pytest.raises(MeasurementError, match="'Team Zon' and 'team-zon' differ in spelling only") as error:
        listed_as(data, dataclasses.replace(LIST, team_aliases={}), STUDY)
    assert len(error.value.problems) == 1


def test_an_unknown_team_is_laid_beside_the_teams_that_nobody_answered_from(allocation):
    with pytest.raises(MeasurementError, match="without any answers now: T2, T4"):
        combine([part(0, ["A", "B", "C"], ["Maan", "T1", "T3"], [1, 2, 3])], allocation, STUDY)


def test_team_and_arm_are_those_of_the_first_observation(allocation):
    parts = [
        part(0, ["A", "B"], ["T1", "T2"], [1, 2], age=[30, np.nan]),
        part(1, ["A", "B", "C"], ["T2", "T2", "t3 "], [1, np.nan, 3], age=[31, 40, 50]),
        part(2, ["B", "D"], ["T2", "T4"], [4, 4]),
    ]
    measurements, flow = combine(parts, allocation, STUDY)
    rows = measurements.answers.set_index(["person", "wave"])
    assert rows.loc[("pA", 1), ["team", "current_team", "arm"]].tolist() == ["T1", "T2", "control"]
    assert rows.loc[("pC", 1), ["organisation", "team", "arm"]].tolist() == ["O2", "T3", "control"]
    assert rows["age"].tolist()[:6] == [30, 40, 30, 40, 50, 40] and np.isnan(rows["age"].iloc[6])
    missing = {(r.person, r.wave, r.column): r.reason for r in measurements.missing.itertuples()}
    assert missing == {("pB", 1, "i1"): "skipped", ("pD", 2, "age"): "not asked"}
    person = {"level": "person", "arm": ""}
    assert [count(flow, step="answered", wave=w, **person) for w in (0, 1, 2)] == [2, 3, 2]
    assert count(flow, step="newly in", wave=2, **person) == 1
    assert count(flow, step="left", wave=2, **person) == 2
    assert count(flow, step="moved team", wave=1, **person) == 1
    assert count(flow, step="answered", level="team", wave=1, arm="learning") == 1
    assert count(flow, step="allocated", level="team", arm="control") == 2
    assert count(flow, step="answered by organisation", reason="O1", wave=0, arm="learning") == 1


def test_every_absent_answer_has_exactly_one_reason(allocation):
    parts = [
        part(0, ["A", "B"], ["T1", "T2"], [np.nan, 2], age=[30, np.nan]),
        part(1, ["B"], ["T2"], [2], extra=[1]),
    ]
    measurements, _ = combine(parts, allocation, STUDY)
    absent = measurements.answers[["i1", "age", "extra"]].isna().sum().sum()
    assert len(measurements.missing) == absent
    assert not measurements.missing.duplicated(["sample", "person", "wave", "column"]).any()


def test_a_team_outside_the_allocation_is_refused_with_a_suggestion(allocation):
    with pytest.raises(MeasurementError, match=r"the team 'Team 2' \(2 answers\).*\n.*did you mean 'T2'"):
        combine([part(0, ["A", "B", "C"], ["Team 2", "Team 2", "T1"], [1, 2, 3])], allocation, STUDY)


def test_persons_without_a_team_cannot_be_in_an_arm(allocation):
    with pytest.raises(MeasurementError, match="1 answers of persons without a team at any wave"):
        combine([part(0, ["A", "B"], [None, "T1"], [1, 2])], allocation, STUDY)


def test_a_person_in_two_files_of_one_wave_is_refused(allocation):
    one = part(0, ["A"], ["T1"], [1])
    other = dataclasses.replace(one, answers=one.answers.assign(source="again"))
    with pytest.raises(MeasurementError, match="1 persons are in more than one file of wave 0"):
        combine([one, other], allocation, STUDY)


def test_company_letters_become_unique_within_organisations():
    waves_only = dataclasses.replace(STUDY, design="waves_only", arms=(), allocation=None)
    answers = part(0, ["A", "B", "C"], ["HHC", "HHC", "B"], [1, 2, 3])
    answers = dataclasses.replace(answers, answers=answers.answers.assign(organisation=["1022", "4", "4"]))
    measurements, _ = combine([answers], None, waves_only)
    assert measurements.answers["team"].tolist() == ["1022/HHC", "4/HHC", "4/B"]


def test_a_code_that_changes_its_meaning_needs_a_rule(allocation):
    low, high = {1.0: "never", 5.0: "always"}, {1.0: "1 = Altijd", 5.0: "5 = Nooit"}
    parts = [part(0, ["A"], ["T1"], [1], labels=low), part(1, ["A"], ["T1"], [5], labels=high)]
    assert wave_conflicts(parts)["kind"].tolist() == ["meaning of a code"]
    with pytest.raises(MeasurementError, match="recode the item"):
        combine(parts, allocation, STUDY)
    turned = {"1": "5", "5": "1"}
    parts[1] = part(1, ["A"], ["T1"], [5], labels=high, recode=turned)
    measurements, _ = combine(parts, allocation, STUDY)
    assert measurements.answers["i1"].tolist() == [1, 1]
    assert "(recode)" in codebook_table(parts)["rules"].str.cat()


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        ({2.0: "never", 5.0: "always"}, "meaning of a code"),
        ({1.0: "never", 4.0: "always"}, "meaning of a code"),
        ({1.0: "never", 4.0: "very often"}, "range of answers"),
        ({1.0: "never", 3.0: "now and then", 5.0: "always"}, "labelled codes"),
        ({1.0: "never", 5.0: "always", 9.0: "no answer"}, None),
    ],
)
def test_other_codes_and_ranges_between_waves(allocation, labels, kind):
    parts = [
        part(0, ["A"], ["T1"], [1], labels={1.0: "never", 5.0: "always"}, missing=[9.0]),
        part(1, ["A"], ["T1"], [1], labels=labels, missing=[9.0]),
    ]
    conflicts = wave_conflicts(parts)
    assert conflicts["kind"].tolist()[:1] == ([kind] if kind else [])
    if kind in (None, "labelled codes"):
        combine(parts, allocation, STUDY)
    else:
        with pytest.raises(MeasurementError, match=f"the same {kind} in every wave"):
            combine(parts, allocation, STUDY)


def test_other_wording_of_the_same_label_is_no_conflict(allocation):
    parts = [
        part(0, ["A"], ["T1"], [1], labels={1.0: "Never", 5.0: "Always"}),
        part(1, ["A"], ["T1"], [5], labels={1.0: "1. never ", 5.0: "5. ALWAYS"}, label="Another question"),
    ]
    conflicts = wave_conflicts(parts)
    assert conflicts["kind"].tolist() == ["question text"] and conflicts["rule"].tolist() == ["shown"]
    combine(parts, allocation, STUDY)
    assert "question text differs from wave 0 (shown)" in codebook_table(parts)["rules"].tolist()


def test_texts_that_are_no_names_are_never_repeated():
    from dww_analysis.delivery.identifiers import is_plain_name

    assert is_plain_name("Team Noord 2")
    for text in ("bel mij op 06-12345678", "jan@voorbeeld.example", "x" * 41, "twee\nregels"):
        assert not is_plain_name(text)


def of_organisations(**changes):
    design = Allocation("organisation", "list", True)
    return dataclasses.replace(STUDY, allocation=design, **changes)


def test_organisations_are_listed_by_their_teams_or_by_themselves():
    data = allocation_data(Arm=["control", "control", "learning", "learning"])
    by_team = listed_as(data, LIST, of_organisations())
    columns = {k: v for k, v in LIST.columns.items() if k != "team"}
    alone = listed_as(data.iloc[[0, 2]], dataclasses.replace(LIST, columns=columns), of_organisations())
    assert by_team.drop_duplicates("organisation")["arm"].tolist() == alone["arm"].tolist()


def test_an_organisation_in_two_arms_is_refused():
    data = allocation_data(Arm=["control", "learning"] * 2)
    with pytest.raises(MeasurementError, match="'O1' has the arms control and learning"):
        listed_as(data, LIST, of_organisations())


def test_strata_without_both_arms_are_refused():
    data = allocation_data(Arm=["control", "control", "learning", "learning"])
    with pytest.raises(MeasurementError, match="no organisation has teams in both arms"):
        listed_as(data, LIST, STUDY)


def test_units_without_a_stratum_are_named_by_their_lines():
    data = allocation_data(Arm=["control", "learning"] * 2, Org=["O1", None, "O2", None])
    with pytest.raises(MeasurementError) as refused:
        listed_as(data, LIST, STUDY)
    (problem,) = refused.value.problems
    assert "no organisation is given" in problem.found and problem.where.endswith("lines 2, 4")


def test_strata_that_start_at_one_wave_each_are_refused():
    stratified = dataclasses.replace(WEDGE, allocation=Allocation("team", "list", True, "organisation"))
    with pytest.raises(MeasurementError, match="no organisation has teams that start at different waves"):
        listed_as(allocation_data(Start=["1", "1", None, None]), STARTS, stratified)
    assert len(listed_as(allocation_data(Start=["1", None, None, None]), STARTS, stratified)) == 4


WEDGE = dataclasses.replace(
    STUDY,
    design="stepped_wedge",
    waves=tuple(dataclasses.replace(w, date=f"2025-0{w.number + 2}-10") for w in STUDY.waves),
    allocation=Allocation("team", "list", True),
)
STARTS = dataclasses.replace(LIST, columns={"organisation": "Org", "team": "Team", "start": "Start"})


def test_starts_are_waves_and_arms_follow_them():
    data = allocation_data(Start=["1", "2025-02-20", None, "2025-03-10"])
    table = listed_as(data, STARTS, WEDGE)
    assert table["start"].fillna(-1).tolist() == [1, 1, -1, 1]
    parts = [part(w, ["A", "B"], ["T1", "T3"], [1, 2]) for w in (0, 1)]
    answers = combine(parts, table, WEDGE)[0].answers.set_index(["wave", "team"])["arm"]
    assert [answers[0, "T1"], answers[1, "T1"], answers[1, "T3"]] == ["control", "learning", "control"]


def test_who_changes_condition_has_not_left_a_group():
    """Split by condition everybody who went on answering counted as gone from one group and new in the other."""
    table = listed_as(allocation_data(Start=["1", "1", None, None]), STARTS, WEDGE)
    parts = [part(w, ["A", "B"], ["T1", "T3"], [1, 2]) for w in (0, 1)]
    flow = combine(parts, table, WEDGE)[1]
    counted = flow[flow["level"].isin(["person", "team", "organisation"])]
    assert set(counted["arm"]) == {""}
    moves = counted[counted["step"].isin(["left", "newly in"])]
    assert len(moves) > 0 and moves["count"].sum() == 0


OUTSIDE, NO_DATE = "before the first wave or after the last", "is no wave and no date"


@pytest.mark.parametrize("start", ["2025-01-01", "2026-01-01", "9", "soon", "2025-2-3", "2025-02-30"])
def test_a_start_outside_the_waves_is_refused_and_one_that_is_no_date_too(start):
    said = NO_DATE if start in ("soon", "2025-2-3", "2025-02-30") else OUTSIDE
    with pytest.raises(MeasurementError, match=said):
        listed_as(allocation_data(Start=[start, "1", "1", "1"]), STARTS, WEDGE)


def test_a_start_that_is_wrong_in_many_rows_is_said_once_with_its_lines():
    with pytest.raises(MeasurementError) as refused:
        listed_as(allocation_data(Start=["20-02-2025", "soon", "20-02-2025", "1"]), STARTS, WEDGE)
    day, soon = refused.value.problems
    assert day.where.endswith("lines 1, 3") and "the day or the month first" in day.found
    assert soon.where.endswith("line 2") and NO_DATE in soon.found


def test_how_the_list_was_read_stands_in_lines():
    table = listed_as(allocation_data(Start=["1", "2025-03-10", None, "1"]), STARTS, WEDGE)
    assert allocation_lines(table, WEDGE, None) == ["list: starts: 3 teams from wave 1 on, 1 team never"]
    answers = pd.DataFrame({"team": ["T1", "T3"], "organisation": None, "sample": "main"})
    silent = allocation_lines(table, WEDGE, answers)[1]
    assert silent == "list: 2 of 4 teams without answers at any wave: T2, T4"
    read = allocation_lines(by_person(), BY_PERSON, pd.DataFrame({"person": ["pA"]}))
    assert read[0] == "list: 2 persons in arm control, 1 person in arm learning"
    assert read[1] == "list: 2 of 3 persons without answers at any wave"


def test_dates_of_starts_need_the_dates_of_all_waves_and_that_is_said_once():
    waves = (WEDGE.waves[0], *(dataclasses.replace(w, date=None) for w in WEDGE.waves[1:]))
    undated = dataclasses.replace(WEDGE, waves=waves)
    with pytest.raises(MeasurementError, match="2 starts are dates, and not every wave") as refused:
        listed_as(allocation_data(Start=["2025-02-20", "2025-02-20", None, "1"]), STARTS, undated)
    assert len(refused.value.problems) == 1
    with pytest.raises(MeasurementError, match="1 start is a date, and not every wave"):
        listed_as(allocation_data(Start=["2025-02-20", None, None, "1"]), STARTS, undated)


PERSONS = dataclasses.replace(LIST, columns={"person": "Code", "arm": "Arm"})
BY_PERSON = dataclasses.replace(STUDY, allocation=Allocation("person", "list", True))


def by_person(study=BY_PERSON, **changes):
    table = pd.DataFrame({"Code": ["A", "B", "C"], "Arm": ["control", "learning", "control"]})
    return listed_as(table.assign(**changes), PERSONS, study, pseudonymise=lambda code: "p" + code)


def test_persons_are_allocated_without_teams():
    answers = part(0, ["A", "B"], [None, None], [1, 2])
    measurements, flow = combine([answers], by_person(), BY_PERSON)
    assert measurements.answers["arm"].tolist() == ["control", "learning"]
    allocated = flow.query("step == 'allocated' and level == 'person'").set_index("arm")["count"]
    assert allocated.to_dict() == {"": 3, "control": 2, "learning": 1}


def test_strata_of_persons_need_their_organisations():
    stratified = dataclasses.replace(BY_PERSON, allocation=Allocation("person", "list", True, "organisation"))
    with pytest.raises(MeasurementError, match="the organisation of every person"):
        by_person(study=stratified)


def test_a_list_of_organisations_leaves_open_where_teams_belong():
    study = dataclasses.replace(STUDY, allocation=Allocation("organisation", "list", True))
    source = dataclasses.replace(LIST, columns={"organisation": "Org", "arm": "Arm"})
    table = listed_as(pd.DataFrame({"Org": ["O1", "O2"], "Arm": ["control", "learning"]}), source, study)
    with pytest.raises(MeasurementError, match=r"an organisation at(.*\n)+.*the allocation the teams"):
        combine([part(0, ["A", "B"], ["T1", "T2"], [1, 2])], table, study)


@pytest.mark.parametrize("listed", [by_person, lambda: listed_as(allocation_data(), LIST, STUDY)])
def test_a_list_of_persons_or_of_teams_is_stored_as_declared(listed, tmp_path):
    table = listed()
    path = save_table(table, tmp_path / "allocation.parquet", register()["allocation"])
    assert load_table(path, register()["allocation"])["arm"].tolist() == table["arm"].tolist()


def test_persons_listed_twice_or_nowhere_are_counted_and_not_named():
    with pytest.raises(MeasurementError) as twice:
        by_person(Code=["secret7", "secret7", "C"])
    assert "listed twice" in str(twice.value) and "secret7" not in str(twice.value)
    with pytest.raises(MeasurementError) as unlisted:
        combine([part(0, ["A", "secret8"], [None, None], [1, 2])], by_person(), BY_PERSON)
    assert "1 person with answers not in the allocation" in str(unlisted.value)
    assert "secret8" not in str(unlisted.value)
