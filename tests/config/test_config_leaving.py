"""Entries about leaving: what they need, what they may not ask, and what of the records is sealed."""

import copy

import pandas as pd
import pytest
import yaml
from test_config_seal import change_first_entry, edited, project  # noqa: F401

from dww_analysis.cli.seal import seal_study
from dww_analysis.config.resolved import resolve_entry
from dww_analysis.errors import ConfigError
from dww_analysis.stages.calibrate import calibrated
from dww_analysis.stages.estimate import STAGE
from dww_analysis.stages.participation import STAGE as PARTICIPATION
from dww_analysis.stages.participation import described
from dww_analysis.stages.project import Project
from dww_analysis.stages.register import stage
from dww_analysis.stages.slices import slice_hash

LEAVING = {"outcome": "leaving", "wave": None, "estimand": {"summary": "hazard_ratio"}, "sesoi": 0.05}


def again(project):  # noqa: F811
    return Project(project.paths)


def hr_of(sources):
    return next(s for s in sources["sources"] if s["id"] == "hr")


def test_records_offer_leaving_which_is_unfavourable_unless_said_otherwise(project):  # noqa: F811
    first = change_first_entry(project, **LEAVING)
    found = again(project)
    scale = found.outcome_scale(found.entry(first))
    assert (scale.measure, scale.favourable()) == ("time_to_event", "lower is better")
    assert [s.id for s in found.record_sources(found.entry(first))] == ["hr"]
    assert first in calibrated(found)
    assert set(STAGE.reads(found, first)) == {"answers", "careless", "scores", "records", "allocation"}
    edited(project, "sources", lambda s: hr_of(s)["hr"].update(direction="neutral"))
    assert again(project).outcome_scale(found.entry(first)).favourable() == "neutral"


def test_nobody_answers_leaving_so_that_it_has_no_participation(project):  # noqa: F811
    first = change_first_entry(project, **LEAVING)
    edited(project, "plan", lambda p: (p.pop("curve"), p.update(missing={"participation": ["arm"]})))
    found = again(project)
    assert described(found) and first not in [e.id for e in described(found)]
    assert "leaving" not in PARTICIPATION.reads(found, "study")["scores"]


def test_without_records_there_is_no_leaving(project):  # noqa: F811
    change_first_entry(project, **LEAVING)
    edited(project, "sources", lambda s: s["sources"].remove(hr_of(s)))
    with pytest.raises(ConfigError, match="leaving"):
        _ = again(project).files


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"wave": 2}, "`wave`"),
        ({"wave": 0}, "`wave`"),
        ({"covariates": ["age_band"]}, "`covariates`"),
        ({"formula": "leaving ~ arm", "term": "arm"}, "`formula`"),
        ({"team_by_wave": False}, "`team_by_wave`"),
        ({"estimand": {"population": "baseline_members"}}, "`population`"),
        ({"estimand": {"summary": "odds_ratio"}}, "`summary: odds_ratio`"),
    ],
)
def test_what_an_entry_about_leaving_may_not_ask(project, changes, named):  # noqa: F811
    change_first_entry(project, **{**LEAVING, **changes})
    with pytest.raises(ConfigError, match=named):
        _ = again(project).files


def test_a_scale_of_the_same_name_is_refused_where_it_is_asked_for(project):  # noqa: F811
    scales = project.paths.config / "scales.yaml"
    values = yaml.safe_load(scales.read_text(encoding="utf-8"))
    values["scales"].append({"id": "leaving", "label": "l", "delivered": "jobsat", "range": [1, 10]})
    scales.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    assert again(project).files
    change_first_entry(project, **LEAVING)
    with pytest.raises(ConfigError, match="is a scale and what personnel records offer"):
        _ = again(project).files


def test_leaving_is_no_covariate(project):  # noqa: F811
    change_first_entry(project, covariates=["leaving"])
    with pytest.raises(ConfigError, match="covariate `leaving`"):
        _ = again(project).files


def test_it_needs_arms_side_by_side(project):  # noqa: F811
    change_first_entry(project, **LEAVING)
    edited(project, "study", lambda s: s["allocation"].update(unit="person"))
    with pytest.raises(ConfigError, match="compares leaving"):
        _ = again(project).files


def test_rules_of_the_records_are_sealed_with_entries_about_them_only(project):  # noqa: F811
    first = change_first_entry(project, **LEAVING)
    seal_study(again(project), "2025-01-10")
    edited(project, "sources", lambda s: hr_of(s)["hr"].update(gap_days=10))
    found = again(project).files
    status = {e.id: e.status for e in found.plan.entries}
    assert status[first] == "deviation" and "registered" in status.values()
    other = next(e for e in found.plan.entries if e.status == "registered")
    assert "records" not in resolve_entry(found, other).facts


def test_records_that_call_leaving_good_and_bad_are_refused(project):  # noqa: F811
    """One outcome has one direction, whatever sample it is asked of."""

    def second(sources):
        other = copy.deepcopy(hr_of(sources))
        other |= {"id": "hr_other", "file": "other.csv", "sha256": "0" * 64, "sample": "other"}
        other["hr"]["direction"] = "higher is better"
        sources["sources"].append(other)

    edited(project, "study", lambda s: s.update(samples={"main": "m", "other": "o"}))
    edited(project, "sources", second)
    with pytest.raises(ConfigError) as caught:
        _ = again(project).files
    (problem,) = caught.value.problems
    assert "`direction: higher is better` in source `hr_other`" in problem.found
    assert "sources.yaml" in problem.where and "lower is better" in problem.expected


def test_tables_and_figures_of_the_study_rest_on_the_direction_of_leaving(project):  # noqa: F811
    hashes = []
    for direction in ("lower is better", "neutral"):
        edited(project, "sources", lambda s, d=direction: hr_of(s)["hr"].update(direction=d))
        found = again(project)
        hashes.append([slice_hash(*stage(n).config(found, n)) for n in ("describe", "overview")])
    assert all(before != after for before, after in zip(*hashes, strict=True))


@pytest.mark.parametrize("changes", [{"sesoi": 0.1}, {"outcome": "job_satisfaction", "estimand": None}])
def test_a_sealed_entry_about_leaving_whose_files_are_not_there_says_so(project, changes):  # noqa: F811
    """Its records are read again by the sealed rules."""
    first = change_first_entry(project, **LEAVING)
    seal_study(again(project), "2025-01-10")
    change_first_entry(project, **changes)
    found = again(project)
    made = stage("impact").run(found, "study", {"answers": pd.DataFrame(), "missing": pd.DataFrame()})
    (row,) = made.parts["impact"].to_dict("records")
    assert (row["entry"], row["remark_sealed"], row["kept"]) == (first, "unread", "")


# --- left by a wave

LEFT = {
    "outcome": "left",
    "wave": 2,
    "estimand": {"summary": "risk_difference", "average": "cluster"},
    "sesoi": 0.05,
}


def test_records_offer_who_had_left_by_a_wave(project):  # noqa: F811
    first = change_first_entry(project, **LEFT)
    found = again(project)
    assert found.outcome_scale(found.entry(first)).measure == "yes_no"
    assert found.outcome_scale(found.entry(first)).favourable() == "lower is better"
    assert [s.id for s in found.record_sources(found.entry(first))] == ["hr"]
    assert first in calibrated(found) and "records" in STAGE.reads(found, first)
    assert "records" in resolve_entry(found.files, found.entry(first)).facts


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"wave": 0}, "before the start"),
        ({"covariates": ["age_band"]}, "`covariates`"),
        ({"estimand": {"summary": "hazard_ratio"}}, "`summary: hazard_ratio`"),
        ({"baseline": "ancova"}, "`baseline`"),
    ],
)
def test_what_an_entry_about_having_left_may_not_ask(project, changes, named):  # noqa: F811
    change_first_entry(project, **{**LEFT, **changes})
    with pytest.raises(ConfigError, match=named):
        _ = again(project).files


def test_of_those_at_the_start_the_share_that_left_is_compared_by_unit(project):  # noqa: F811
    """From months at risk to an answer: two arms of four teams of twenty persons."""
    first = change_first_entry(project, **LEFT)
    edited(project, "study", lambda s: s["allocation"].pop("strata", None))
    found = again(project)
    arms, months, places = [a.id for a in found.files.study.arms], [], []
    gone = [12, 9, 13, 8, 14, 10, 12, 8]  # of each team
    for t, leavers in enumerate(gone):
        places.append(("o1", f"t{t}", arms[t % 2]))
        for i in range(20):
            for step, month in enumerate(pd.date_range("2025-05-01", "2026-05-01", freq="MS")):
                leaves = i < leavers and step == 8
                wave = 0 if step < 1 else 1 if step < 6 else 2
                months.append(("main", f"p{t}_{i}", wave, f"t{t}", month, "left" if leaves else "none"))
                if leaves:
                    break
    empty = pd.DataFrame(
        {c: [] for c in ("sample", "person", "wave", "organisation", "team", "arm", "careless")}
    )
    tables = {
        "records": {"hr": pd.DataFrame(months, columns=["sample", "person", "wave", "team", "month", "event"])},
        "answers": empty, "careless": empty, "scores": {},
        "allocation": pd.DataFrame(places, columns=["organisation", "team", "arm"]),
    }  # fmt: skip
    made = STAGE.run(found, first, tables).parts
    table = made["estimates"].set_index("summary")
    shares = [sum(n for t, n in enumerate(gone) if t % 2 == a) / 80 for a in (0, 1)]
    assert table.at["risk_difference", "estimate"] == pytest.approx(shares[1] - shares[0])
    assert (table.at["risk_difference", "df"], table.at["risk_difference", "id"]) == (6, first)
    assert {"risk_difference", "risk_ratio", "odds_ratio"} == set(table.index)
    assert list(made["sensitivity"]["analysis"]) == ["permutation of teams"]
