"""Sources with self-generated codes: one pseudonym a person over the files, the same rows as ingest keeps."""

import dataclasses

import pandas as pd
import pytest

from dww_analysis.delivery.table import DeliveredTable
from dww_analysis.domain.study import Source, Study, Wave
from dww_analysis.errors import MeasurementError
from dww_analysis.ingest import ingest_source
from dww_analysis.ingest.linking import LinkRule
from dww_analysis.ingest.self_codes import delivered_records, link_records
from dww_analysis.storage.tables import variables_frame

STUDY = Study(
    "s", {"en": "S"}, "invented", "2026-01-01", "waves_only", (Wave(0, {"en": "0"}), Wave(1, {"en": "1"})), (), None,
    {"main": {"en": "all"}}, {}, (),
)  # fmt: skip


def source(wave, **changes):
    columns = {"person": "Code", "team": "Team", "i1": "Q", "band": "Born"}
    plain = Source(
        f"w{wave}", f"w{wave}.csv", None, "answers", "auto", "main", wave, columns, duplicates="keep_first"
    )
    return dataclasses.replace(plain, **changes)


TABLES = {
    "w0": pd.DataFrame(
        {
            "Code": ["ab12x", "cd34y", "ab12x", "ef56z", "AB12X", None],
            "Team": ["Noord", "Noord", "Zuid", "Zuid", "noord", "Zuid"],
            "Q": [1, 2, 3, 4, 5, 1],
            "Born": ["80s", "90s", "70s", "90s", "80s", None],
        }
    ),
    "w1": pd.DataFrame(
        {
            "Code": ["ab12q", "cd34y", "gh78w"],
            "Team": ["Noord"] * 3,
            "Q": [5, 4, 3],
            "Born": ["80s", "60s", "90s"],
        }
    ),
}
SOURCES = [source(1), source(0, team_aliases={"noord": "Noord"})]


def link_sources(tables, sources, pseudonymise, facts=(), rule="fuzzy"):
    given = [DeliveredTable.of(tables[s.id], s) for s in sources]
    return link_records(delivered_records(given, facts), pseudonymise, LinkRule(facts, rule))


def test_persons_are_linked_inside_teams_and_a_second_submission_is_one_record():
    linked = link_sources(TABLES, SOURCES, lambda code: f"p{code}", facts=["band"])
    rows = linked.rows.set_index(["source", "row"])
    who = rows["person"]
    assert who[("w0", 0)] == who[("w0", 4)] != who[("w0", 2)]
    assert who[("w1", 0)] == who[("w0", 0)] and rows.loc[("w1", 0), "outcome"] == "one error"
    assert rows.loc[("w1", 1), "outcome"] == "contradiction" and who[("w1", 1)] != who[("w0", 1)]
    assert ("w0", 5) not in rows.index
    assert linked.linked().sum() == 1 and who.nunique() == 6


def test_ingest_takes_the_linked_persons():
    linked = link_sources(TABLES, SOURCES, lambda code: f"p{hash(code)}", facts=["band"])
    persons = {}
    for declared in SOURCES:
        data = TABLES[declared.id]
        declared = dataclasses.replace(declared, columns={"person": "Code", "team": "Team", "i1": "Q"})
        result = ingest_source(
            DeliveredTable.of(data, declared, variables_frame(list(data.columns))),
            STUDY,
            {"i1": (1, 5)},
            lambda code: pytest.fail("codes must not be read again"),
            persons=linked.persons_of(declared, len(data)),
        )
        persons[declared.id] = result.answers["person"].tolist()
        dropped = {r.reason: r.rows for r in result.flow.itertuples() if r.step == "dropped"}
        assert dropped == ({"no person code": 1, "duplicate submission": 1} if declared.id == "w0" else {})
    assert len(persons["w0"]) == 4 and persons["w1"][0] == persons["w0"][0]


def test_exact_rule_and_other_samples():
    exact = link_sources(TABLES, SOURCES, str, facts=["band"], rule="exact")
    assert exact.linked().sum() == 0
    with pytest.raises(MeasurementError, match="one sample"):
        link_sources(TABLES, [SOURCES[0], dataclasses.replace(SOURCES[1], sample="other")], str)
    with pytest.raises(MeasurementError, match="no column for team"):
        link_sources(TABLES, [dataclasses.replace(s, columns={"person": "Code"}) for s in SOURCES], str)


def test_two_persons_with_one_code_are_told_apart_by_a_fact():
    data = pd.DataFrame(
        {"Code": ["ab12x"] * 2 + ["cd34y"] * 2, "Team": ["Noord"] * 4, "Born": ["80s", "60s", "70s", None]}
    )
    one = dataclasses.replace(source(0), columns={"person": "Code", "team": "Team", "band": "Born"})
    rows = link_sources({"w0": data}, [one], str, facts=["band"]).rows
    assert rows["kept"].tolist() == [True, True, True, False]
    assert rows["person"].nunique() == 3


def test_facts_are_compared_in_the_codes_of_the_study_and_teams_in_one_spelling():
    later = dataclasses.replace(source(1), recode={"band": {"4": "80s"}})
    tables = {
        "w0": pd.DataFrame({"Code": ["ab12x"], "Team": ["Noord"], "Q": [1], "Born": ["80s"]}),
        "w1": pd.DataFrame({"Code": ["ab12x"], "Team": ["team-noord"], "Q": [1], "Born": [4]}),
    }
    later = dataclasses.replace(later, team_aliases={"Team Noord": "NOORD"})
    linked = link_sources(tables, [source(0), later], str, facts=["band"])
    assert linked.rows["outcome"].tolist() == ["first", "exact"]


def test_one_team_name_in_two_organisations_is_two_teams():
    tables = {
        f"w{wave}": pd.DataFrame({"Code": [code], "Team": ["A"], "Org": [org], "Q": [1], "Born": ["80s"]})
        for wave, code, org in ((0, "ab12x", "O1"), (1, "ab12q", "O2"))
    }
    both = [
        dataclasses.replace(source(w), columns={**source(w).columns, "organisation": "Org"}) for w in (0, 1)
    ]
    tables["w0"] = pd.concat([tables["w0"], tables["w0"].assign(Code="zz99z", Org="O2")])
    assert link_sources(tables, both, str).linked().sum() == 0
