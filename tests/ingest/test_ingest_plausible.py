"""Links that cannot be right are refused with their count; those that can be are said in one line."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from dww_analysis.delivery.table import DeliveredTable
from dww_analysis.domain.study import Background, Linking, Plausible, Source, Study, Wave
from dww_analysis.domain.tables import answers as tables
from dww_analysis.domain.tables import linking
from dww_analysis.errors import MeasurementError
from dww_analysis.ingest import combine, ingest_source
from dww_analysis.ingest.plausible import loose_code, plausibility_lines
from dww_analysis.storage.declared import load_table, save_table
from dww_analysis.storage.tables import variables_frame

N = 40
STUDY = Study(
    *("trial", {"en": "Trial"}, "invented", "2026-01-01", "waves_only"),
    tuple(Wave(i, {"en": str(i)}) for i in range(3)),
    *((), None, {"main": {"en": "all"}}, {}, (Background("born", {"en": "born"}, "number"),)),
    linking=Linking(facts=("born",)),
)
CODES = [f"P{i:03d}" for i in range(1, N + 1)]
TEAMS = [f"T{i % 4}" for i in range(N)]


def part(wave, codes, teams=TEAMS, born=None, persons="key", answers=None):
    data = pd.DataFrame({"c": codes, "t": teams[: len(codes)], "q": 3.0 if answers is None else answers})
    data["b"] = range(1960, 1960 + len(codes)) if born is None else born
    columns = {"person": "c", "team": "t", "i": "q", "born": "b"}
    if persons == "anonymous":
        del columns["person"]
    source = Source(f"w{wave}", "w.csv", None, "answers", "auto", "main", wave, columns, persons=persons)
    return ingest_source(
        DeliveredTable.of(data, source, variables_frame(list("ctqb"))), STUDY, {}, lambda code: "p:" + code
    )


def pairs(*parts, study=STUDY):
    return combine(parts, None, study)[0].pairs


@pytest.mark.parametrize(
    ("codes", "says"),
    [
        ([str(int(c[1:])) for c in CODES], "leading zeros and letters in front"),
        ([f"P{int(c[1:])}" for c in CODES], "leading zeros"),
        ([f"P-{c[1:]}" for c in CODES], "punctuation"),
        ([c[1:] for c in CODES], "letters in front"),
    ],
)
def test_codes_that_would_agree_in_another_spelling_stop(codes, says):
    with pytest.raises(MeasurementError, match=f"0 of 40 persons .* 40 more .* without {says}") as error:
        pairs(part(0, CODES), part(1, codes))
    assert "sources w0, w1" in str(error.value)


def test_case_and_spaces_are_one_spelling_already():
    found = pairs(part(0, CODES), part(1, [f" {c.lower()} " for c in CODES]))
    assert found["seen_again"].tolist() == [N]


def test_nobody_seen_again_stops_and_can_be_declared():
    parts = [part(0, CODES), part(1, [f"Z{i}X" for i in range(N)])]
    with pytest.raises(MeasurementError, match="0 of 40 persons are seen in wave 0 and in wave 1"):
        pairs(*parts)
    study = dataclasses.replace(STUDY, linking=Linking(plausible=Plausible(seen_again=0)))
    assert pairs(*parts, study=study)["seen_again"].tolist() == [0]


def test_everybody_in_another_team_stops_unless_teams_were_renamed():
    parts = [part(0, CODES), part(1, CODES, [f"N{t}" for t in TEAMS])]
    with pytest.raises(MeasurementError, match="40 of 40 persons seen again in wave 1 are in another team"):
        pairs(*parts)
    renamed = Linking(came_from={f"NT{i}": (f"T{i}",) for i in range(4)})
    assert pairs(*parts, study=dataclasses.replace(STUDY, linking=renamed))["changed_team"].tolist() == [0]


def test_a_team_of_came_from_that_nobody_is_in_is_named():
    merged = Linking(came_from={"T-9": ("t1", "T7")})
    study = dataclasses.replace(STUDY, linking=merged)
    with pytest.raises(MeasurementError) as error:
        pairs(part(0, CODES), part(1, CODES), study=study)
    assert [p.found.split("`")[1] for p in error.value.problems] == ["T-9", "T7"]


def test_a_fact_that_changed_for_many_stops():
    with pytest.raises(MeasurementError, match=r"40 of 40 persons .* have another born"):
        pairs(part(0, CODES), part(1, CODES, born=range(1900, 1900 + N)))


def test_a_few_who_moved_are_counted_only():
    teams = ["T9", "T9", *TEAMS[2:]]
    found = pairs(part(0, CODES), part(1, CODES[:30], teams))
    assert found["changed_team"].tolist() == [2] and found["share_seen_again"].tolist() == [1]
    (line,) = plausibility_lines(found)
    assert "seen again 30 (100% of the smaller wave)" in line and "in another team 2 (7%)" in line


def test_every_pair_of_waves_has_a_row():
    found = pairs(*(part(i, CODES) for i in range(3)))
    assert found[["from_wave", "to_wave", "adjacent"]].to_numpy().tolist() == [
        *([0, 1, True], [0, 2, False], [1, 2, True])
    ]


def test_persons_who_cannot_be_recognised_neither_leave_nor_join():
    parts = [part(0, CODES, persons="anonymous"), part(1, CODES, persons="anonymous"), part(2, CODES)]
    measured, flow = combine(parts, None, STUDY)
    assert measured.pairs["recognisable"].tolist() == [False, False, False]
    assert all("cannot be recognised" in line for line in plausibility_lines(measured.pairs))
    persons = flow[
        (flow["level"] == "person") & (flow["step"].isin(["left", "newly in", "missed", "moved team"]))
    ]
    assert persons["count"].sum() == 0
    assert flow.loc[flow["step"] == "not recognised", "count"].sum() == 4 * N  # by source and by wave


def test_blank_rows_are_no_participation_in_the_flow():
    blank = np.where(np.arange(N) < 10, np.nan, 3.0)
    later = part(1, CODES, answers=blank, born=[np.nan] * N)
    measured, flow = combine([part(0, CODES), later], None, STUDY)
    counts = flow[(flow["level"] == "person") & (flow["wave"] == 1)].set_index("step")["count"]
    assert counts["answered"] == 30 and counts["left"] == 10
    assert (measured.missing["column"] == "i").sum() == 10


def test_what_is_stored_is_as_declared(tmp_path):
    first = part(0, CODES)
    measured, flow = combine([first, part(1, CODES[:30], persons="anonymous")], None, STUDY)
    stored = [
        *((linking.LINK_PLAUSIBILITY, measured.pairs), (tables.MEASUREMENTS, measured.answers)),
        *((tables.FLOW, flow), (tables.ANSWERS, first.answers), (tables.RULES, first.rules)),
        (tables.SPELLINGS, first.persons),
    ]
    for table, frame in stored:
        path = save_table(frame, tmp_path / f"{table.name}.parquet", table)
        assert load_table(path, table).shape == frame.shape


def test_what_a_loose_code_lacks():
    assert loose_code("0012") == ("12", "leading zeros")
    assert loose_code("A12B007") == ("A12B7", "leading zeros")
    assert loose_code("ANNA") == ("ANNA", "") and loose_code("000") == ("0", "leading zeros")
