"""A sealed plan: what may change afterwards, and what shows as a deviation."""

import json
import shutil
from copy import deepcopy
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import yaml

from dww_analysis.cli.schema import write_schemas
from dww_analysis.cli.seal import seal_study
from dww_analysis.config.deviations import deviation_rows
from dww_analysis.config.resolved import plain, resolve_entry
from dww_analysis.config.seal import changes_of, read_seal
from dww_analysis.config.unsealed import unsealed
from dww_analysis.errors import ConfigError, PlanError
from dww_analysis.stages.paths import Paths
from dww_analysis.stages.project import Project

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path):
    shutil.copytree(
        ROOT / "config" / "example",
        tmp_path / "config" / "example",
        ignore=shutil.ignore_patterns("*.seal.yaml"),
    )
    return Project(Paths(tmp_path, "example"))


def statuses(project):
    return {e.id: e.status for e in Project(project.paths).files.plan.entries}


def change_first_entry(project, **changes):
    path = project.paths.config / "plan.yaml"
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    values["entries"][0].update(changes)
    path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    return values["entries"][0]["id"]


def test_without_a_seal_nothing_is_registered(project):
    assert "planned" in statuses(project).values()
    assert "registered" not in statuses(project).values()


def test_sealed_plan_is_registered_and_wording_may_change(project):
    seal_study(project, "2025-01-10")
    first = change_first_entry(project, question={"nl": "Anders gezegd?", "en": "Put differently?"})
    assert statuses(project)[first] == "registered"


def test_what_is_estimated_may_not_change_silently(project):
    seal_study(project, "2025-01-10")
    first = change_first_entry(project, wave=1)
    assert statuses(project)[first] == "deviation"


def edited(project, name, change):
    path = project.paths.config / f"{name}.yaml"
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(values)
    path.write_text(yaml.safe_dump(values, allow_unicode=True, sort_keys=False), encoding="utf-8")


def swap_arms(study):
    study["arms"].reverse()


def not_by_lot(study):
    study["allocation"]["randomised"] = False


def without_strata(study):
    del study["allocation"]["strata"]


def another_seed(study):
    study["seed"] += 1


def another_item(scales):
    items = scales["scales"][0]["items"]
    scales["scales"][0]["items"] = [*expanded(items)[1:], expanded(items)[0]]


def expanded(items):
    from dww_analysis.config.strict import expand

    return [name for pattern in ([items] if isinstance(items, str) else items) for name in expand(pattern)]


def other_duplicates(sources):
    answers = next(s for s in sources["sources"] if s.get("kind", "answers") == "answers")
    answers["duplicates"] = "keep_first"


def other_rows(sources):
    answers = next(s for s in sources["sources"] if "complete" in s)
    del answers["complete"]


def other_recoding(sources):
    answers = next(s for s in sources["sources"] if "missing_codes" in s)
    answers["missing_codes"] = dict(list(answers["missing_codes"].items())[:1])


def other_allocation(sources):
    listed = next(s for s in sources["sources"] if s.get("kind") == "allocation")
    theirs = listed["recode"]["arm"]
    listed["recode"]["arm"] = dict(zip(theirs, reversed(theirs.values()), strict=True))


def another_primary(plan):
    plan["primary"] = "secondary"


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("study", swap_arms),
        ("study", not_by_lot),
        ("study", without_strata),
        ("study", another_seed),
        ("scales", another_item),
        ("sources", other_duplicates),
        ("sources", other_rows),
        ("sources", other_recoding),
        ("sources", other_allocation),
        ("plan", another_primary),
    ],
)
def test_whatever_decides_the_numbers_is_sealed(project, name, change):
    seal_study(project, "2025-01-10")
    first = next(iter(statuses(project)))
    edited(project, name, change)
    assert statuses(project)[first] == "deviation"


def relabel(study):
    study["arms"][0]["label"] = study["waves"][0]["label"] = "anders"
    study["waves"][0]["date"] = "2025-06-13"
    study["title"] = "Another title"


def reword(plan):
    plan["entries"][0] |= {"why": "Another reason.", "estimand": {"events": {"left": "no longer counted"}}}


def test_words_are_not_sealed(project):
    seal_study(project, "2025-01-10")
    before = statuses(project)
    edited(project, "study", relabel)
    edited(project, "scales", lambda scales: scales["scales"][0].update(label="anders"))
    edited(project, "plan", reword)
    assert statuses(project) == before and "registered" in before.values()


def may_be_absent(sources):
    codes = sources["sources"][0]["missing_codes"]
    sources["sources"][0]["missing_codes"] = {
        code: {"reason": reason, "may_be_absent": True} for code, reason in codes.items()
    }
    sources["sources"][0]["drop_rows"][0]["may_be_absent"] = True


def other_reason(sources):
    sources["sources"][0]["drop_rows"][0]["reason"] = "put differently"


def other_scale(sources):
    sources["sources"][0]["recode"]["jobsat"] = {"1": "10", "10": "1"}


@pytest.mark.parametrize("change", [may_be_absent, other_reason, other_scale])
def test_how_rules_are_written_and_rules_of_other_scales_are_not_sealed(project, change):
    seal_study(project, "2025-01-10")
    edited(project, "sources", change)
    expected = {"job_satisfaction"} if change is other_scale else set()
    assert {r["entry"] for r in rows_of(project)} == expected


def test_other_rows_that_are_left_out_are_a_deviation(project):
    seal_study(project, "2025-01-10")
    edited(project, "sources", lambda v: v["sources"][0]["drop_rows"][0].update(values=["test1"]))
    assert {r["what"] for r in rows_of(project)} == {"sources.wave0.drop_rows"}


def test_a_seal_that_holds_how_rules_are_written_is_compared_without_it(project):
    seal_study(project, "2025-01-10")
    seal = read_seal(project.paths.config, "config/example")
    entries = json.loads(json.dumps(plain(seal.entries)))
    for entry in entries.values():
        source = entry["sources"]["wave0"]
        source |= {"written": {"recode team": "team"}, "may_be_absent": ["missing_codes 99"]}
        source["drop_rows"] = [
            {"column": column, "values": values, "reason": "test row", "may_be_absent": False}
            for column, values in source["drop_rows"]
        ]
    assert deviation_rows(Project(project.paths).files, replace(seal, entries=entries)) == []


def imputing(plan):
    plan["missing"] = {"participation": ["function"], "imputation": {"auxiliaries": ["burnout"]}}


def other_burnout(scales):
    burnout = next(s for s in scales["scales"] if s["id"] == "burnout")
    burnout["items"] = expanded(burnout["items"])[1:] + expanded(burnout["items"])[:1]


def other_function(sources):
    sources["sources"][1]["recode"]["function"]["4"] = "2"


@pytest.mark.parametrize(("name", "change"), [("scales", other_burnout), ("sources", other_function)])
def test_what_missing_values_are_imputed_with_is_sealed(project, name, change):
    edited(project, "plan", imputing)
    seal_study(project, "2025-01-10")
    edited(project, name, change)
    assert statuses(project)["work_engagement"] == "deviation"


def test_facts_that_persons_are_linked_by_are_sealed(project):
    def coded(sources):
        for source in sources["sources"][:3]:
            source["persons"] = "code"
        del sources["recode_sets"]  # sessions know no persons
        sources["sources"] = sources["sources"][:4]  # diaries and records know persons in another way

    edited(project, "sources", coded)
    edited(project, "practice", lambda practice: practice.pop("functions"))  # of an app that is cut off
    edited(project, "study", lambda study: study.update(linking={"facts": ["age_band"]}))
    seal_study(project, "2025-01-10")
    edited(project, "study", lambda v: v["linking"].update(plausible={"seen_again": 0.2}))
    assert rows_of(project) == []
    edited(project, "sources", lambda v: v["sources"][1]["recode"]["age_band"].update({"4": "2"}))
    assert {r["what"] for r in rows_of(project)} == {"sources.wave1.recode.age_band.4"}


def test_changes_say_what_was_and_what_is(project):
    seal_study(project, "2025-01-10")
    first = change_first_entry(project, wave=1)
    files = Project(project.paths).files
    seal = read_seal(project.paths.config, "config/example")
    entry = next(e for e in files.plan.entries if e.id == first)
    assert changes_of(files, entry, seal) == [("entry.wave", "2", "1")]


def rows_of(project):
    return deviation_rows(Project(project.paths).files, read_seal(project.paths.config, "config/example"))


def test_nothing_deviates_from_a_fresh_seal(project):
    assert rows_of(project) == []  # nothing was sealed
    seal_study(project, "2025-01-10")
    assert rows_of(project) == []


def test_defaults_are_shown_as_values(project):
    seal_study(project, "2025-01-10")
    change_first_entry(project, team_by_wave=False)
    edited(project, "sources", other_duplicates)
    found = {r["what"]: (r["old"], r["new"]) for r in rows_of(project)}
    assert found["entry.team_by_wave"] == ("true", "false")
    assert found["sources.wave0.duplicates"] == ("keep_last_complete", "keep_first")


def test_a_later_version_with_one_more_choice_changes_nothing(project):
    files = Project(project.paths).files
    entry = files.plan.entries[0]
    facts = resolve_entry(files, entry).facts
    assert "exposure" not in facts["entry"] and "mediators" not in facts["entry"]
    assert "transition_waves" not in facts["design"]["allocation"]


def test_deviations_have_a_row_with_their_reason(project):
    seal_study(project, "2025-01-10")
    first = change_first_entry(project, wave=1)
    (row,) = rows_of(project)
    assert (row["entry"], row["what"], row["old"], row["new"]) == (first, "entry.wave", "2", "1")
    assert row["why"] == "not explained" and row["when"]
    reason = {"entry": first, "why": "Wave 2 came late.", "when": "2026-03-01"}
    edited(project, "plan", lambda plan: plan.update(deviations=[reason]))
    assert [(r["why"], r["when"]) for r in rows_of(project)] == [("Wave 2 came late.", "2026-03-01")]


def test_entries_that_came_or_went_are_deviations(project):
    seal_study(project, "2025-01-10")

    def rename(plan):
        plan["entries"][3]["id"] = "renamed"

    edited(project, "plan", rename)
    found = [(r["entry"], r["old"], r["new"]) for r in rows_of(project) if r["what"] == "entry"]
    assert ("burnout", "burnout", "") in found and ("renamed", "", "renamed") in found
    assert statuses(project)["renamed"] == "exploratory"


def test_an_entry_that_is_no_longer_planned_is_a_deviation(project):
    seal_study(project, "2025-01-10")
    edited(project, "plan", lambda plan: plan["entries"][3].update(status="exploratory"))
    found = [(r["entry"], r["what"], r["old"], r["new"]) for r in rows_of(project)]
    assert found == [("burnout", "entry.status", "planned", "exploratory")]
    assert statuses(project)["burnout"] == "deviation"
    assert statuses(project)["learning_potential_by_experience"] == "exploratory"


def without_burnout(plan, **more):
    plan["entries"] = [e for e in plan["entries"] if e["id"] != "burnout"]
    plan.update(more)


def test_a_sealed_entry_that_was_dropped_can_be_explained(project):
    seal_study(project, "2025-01-10")
    reason = {"entry": "burnout", "why": "The questions were not asked."}
    edited(project, "plan", lambda plan: without_burnout(plan, deviations=[reason]))
    gone = next(r for r in rows_of(project) if r["what"] == "entry")
    assert (gone["entry"], gone["why"]) == ("burnout", "The questions were not asked.")


def test_a_reason_for_an_unknown_entry_is_refused(project):
    edited(project, "plan", lambda plan: plan.update(deviations=[{"entry": "nobody", "why": "x"}]))
    with pytest.raises(ConfigError, match="nobody"):
        statuses(project)


def test_answers_at_hand_make_a_seal_after_data(project):
    source = project.answer_sources()[0]
    project.paths.raw.mkdir(parents=True)
    (project.paths.raw / source.file).write_bytes(b"answers")
    seal = seal_study(project, "2025-01-10")
    assert [a["file"] for a in seal.answers] == [source.file] and len(seal.answers[0]["sha256"]) == 64
    assert "sealed after data" in statuses(project).values()
    assert "registered" not in statuses(project).values()


@pytest.mark.parametrize("given", ["", "10-01-2025", "2025-13-01", "2999-01-01"])
def test_a_date_that_cannot_be_is_refused(project, given):
    with pytest.raises(PlanError, match="date"):
        seal_study(project, given)
    assert not (project.paths.config / "plan.seal.yaml").exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("sealed: '2025-01-10'", "sealed: '2024-01-10'", "does not fit"),
        ("wave: 2", "wave: 1", "does not fit"),
        ("present: 0", "present: 1", "does not fit"),
        ("entries:", "entry:", "cannot be read"),
        ("hash: ", "hash: [", "cannot be read"),
    ],
)
def test_a_seal_that_was_touched_stops_the_run(project, old, new, said):
    seal_study(project, "2025-01-10")
    path = project.paths.config / "plan.seal.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError, match=said) as caught:
        statuses(project)
    assert "plan.seal.yaml" in str(caught.value)


def test_a_seal_that_is_no_file_stops_the_run_beside_what_else_is_wrong(project):
    (project.paths.config / "plan.seal.yaml").mkdir()
    entry = change_first_entry(project, sesoi=99)
    edited(project, "plan", lambda plan: plan.update(deviations=[{"entry": entry, "why": "x"}]))
    with pytest.raises(ConfigError) as error:
        statuses(project)
    seal, sesoi = error.value.problems
    assert "not a file" in seal.found and seal.where.endswith("plan.seal.yaml") and "sesoi" in sesoi.found


def test_a_seal_of_tomorrow_stops_the_run(project):
    seal = seal_study(project, "2025-01-10")
    assert seal.hash == read_seal(project.paths.config, "config/example").hash
    with pytest.raises(PlanError, match="after today"):
        read_seal(project.paths.config, "config/example", today=date(2025, 1, 9))


def test_the_resolved_entry_is_the_same_on_every_reading(project):
    first, again = (Project(project.paths).files for _ in range(2))
    one, other = (resolve_entry(f, f.plan.entries[0]) for f in (first, again))
    assert one.canonical == other.canonical and one.hash == other.hash
    assert json.loads(one.canonical)["seed"] == first.study.seed
    assert one.hash != resolve_entry(first, first.plan.entries[1]).hash


def test_seal_is_never_overwritten(project):
    seal_study(project, "2025-01-10")
    with pytest.raises(PlanError, match="sealed already"):
        seal_study(project, "2025-02-10")


def test_exploring_stays_out_of_the_primary_family(project):
    edited(project, "plan", lambda plan: plan["entries"][-1].update(family="primary"))
    with pytest.raises(ConfigError, match="exploratory and in the primary family"):
        statuses(project)


def test_the_planned_wave_is_after_the_start(project):
    change_first_entry(project, wave=0)
    with pytest.raises(ConfigError, match="before the start"):
        statuses(project)


def test_exposure_is_for_starts_of_their_own(project):
    change_first_entry(project, exposure=2)
    with pytest.raises(ConfigError, match="exposure"):
        statuses(project)


def test_schemas_are_in_step(tmp_path):
    for path in write_schemas(tmp_path):
        committed = ROOT / "config" / "schemas" / path.name
        assert committed.read_bytes() == path.read_bytes(), "run `dww schema` and commit config/schemas/"


def test_an_estimand_says_when_and_for_whom(project):
    change_first_entry(project, wave=None, estimand={"at": {"wave": 1}, "population": "baseline_members"})
    first = Project(project.paths).files.plan.entries[0]
    assert (first.wave, first.population) == (1, "baseline_members")


OWN_OF_FEW = {"if": "units_per_arm < 5", "then": "kenward-roger"}
ISSUED = {
    "primary": "kenward-roger",
    "beside": ["CR2", "permutation"],
    "when": [{"if": "units_per_arm < 5", "then": "permutation"}],
}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"estimand": {"at": {"wave": 1}}}, "once"),  # wave: 2 stands beside it
        ({"estimand": {"at": {}}}, "either"),
        ({"estimand": {"summary": "odds_ratio"}}, "mean_difference"),
        ({"estimand": {"average": "cluster"}, "test": ISSUED}, "CR2 or permutation"),
        ({"estimand": {"average": "cluster"}, "test": {"when": [OWN_OF_FEW]}}, "CR2 or permutation"),
        ({"estimand": {"summary": "risk_difference"}}, "mean_difference"),
        ({"covariates": ["shoe_size"]}, "shoe_size"),
        ({"covariates": ["learning_potential"]}, "at the first wave"),
    ],
)
def test_what_cannot_be_estimated_is_refused(project, changes, said):
    change_first_entry(project, **changes)
    with pytest.raises(ConfigError, match=said):
        statuses(project)


def test_the_first_wave_as_a_covariate_is_planned_and_sealed(project):
    first = change_first_entry(project, baseline="ancova")
    entry = Project(project.paths).files.plan.entries[0]
    assert (entry.adjusted, entry.in_model, entry.population) == (True, ("score_before",), "baseline_members")
    seal_study(project, "2025-01-10")
    assert change_first_entry(project, baseline="constrained") == first
    assert statuses(project)[first] == "deviation"


@pytest.mark.parametrize("change", [not_by_lot, lambda study: study.update(design="stepped_wedge")])
@pytest.mark.parametrize("yes_no", [False, True])
def test_where_nothing_is_adjusted_for_the_first_wave_it_is_refused(project, change, yes_no):
    estimand = {"estimand": {"summary": "risk_difference"}} if yes_no else {}
    (asked_yes_or_no if yes_no else change_first_entry)(project, baseline="ancova", **estimand)
    edited(project, "study", change)
    with pytest.raises(ConfigError, match="arms side by side by lot"):
        statuses(project)


def test_which_test_decides_is_planned_and_sealed(project):
    first = change_first_entry(project, test=ISSUED)
    own = Project(project.paths).files.plan.entries[0].test
    assert (own.primary, own.beside, own.when) == (
        "kenward-roger",
        ("CR2", "permutation"),
        ((5, "permutation"),),
    )
    seal = seal_study(project, "2025-01-10")
    assert unsealed(Project(project.paths).files, seal, first).entry.test == own
    change_first_entry(project, test={**ISSUED, "when": [{"if": "units_per_arm < 8", "then": "permutation"}]})
    files = Project(project.paths).files
    assert [(r["what"], r["old"]) for r in deviation_rows(files, seal)] == [
        ("entry.test.when", '[[5,"permutation"]]')
    ]
    change_first_entry(project, test={"primary": "kenward-roger"})
    assert [r["what"] for r in deviation_rows(Project(project.paths).files, seal)] == ["entry.test.when"]


@pytest.mark.parametrize(
    ("change", "test", "said"),
    [
        (not_by_lot, {"primary": "permutation"}, "not given by lot"),
        (lambda study: study.update(design="stepped_wedge"), ISSUED, "arms side by side"),
        (lambda study: None, {"when": [{"if": "teams < 5", "then": "CR2"}]}, "when"),
        (
            lambda study: None,
            {"when": [{"if": f"units_per_arm < {n}", "then": "CR2"} for n in (8, 5)]},
            "numbers of units that rise",
        ),
    ],
)
def test_a_test_that_there_is_not_is_refused(project, change, test, said):
    change_first_entry(project, test=test)
    edited(project, "study", change)
    with pytest.raises(ConfigError, match=said):
        statuses(project)


def asked_yes_or_no(project, **changes):
    """The example with its first outcome declared as yes or no."""
    (project.paths.config / "theory.yaml").unlink(missing_ok=True)  # its arrows need continuous scales
    path = project.paths.config / "scales.yaml"
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    first = Project(project.paths).files.plan.entries[0].outcome
    asked = next(s for s in values["scales"] if s["id"] == first)
    asked |= {"key": "asked_1", "items": ["jobsat"], "measure": "yes_no"}
    one = next(k for k in values["own_keys"] if k["id"] == "job_satisfaction_1")
    values["own_keys"].append({**deepcopy(one), "id": "asked_1", "range": [0, 1]})
    path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    edited(project, "plan", lambda plan: plan.pop("curve"))  # imputation is for numbers
    return change_first_entry(project, **changes)


def test_a_difference_of_shares_is_planned_and_sealed(project):
    risk = {"estimand": {"summary": "risk_difference", "average": "cluster", "at": {"wave": 2}}}
    asked_yes_or_no(project, **risk, baseline="ancova")
    first = Project(project.paths).files.plan.entries[0]
    assert (first.summary, first.baseline) == ("risk_difference", "ancova")
    seal_study(project, "2025-01-10")
    changed = change_first_entry(
        project, estimand={"summary": "odds_ratio", "at": {"wave": 2}}, baseline="constrained"
    )
    assert statuses(project)[changed] == "deviation"


def test_whose_shares_are_compared_is_planned_and_sealed(project):
    asked_yes_or_no(
        project, wave=None, estimand={"summary": "risk_ratio", "average": "participant", "at": {"wave": 2}}
    )
    first = Project(project.paths).files.plan.entries[0]
    assert (first.summary, first.average) == ("risk_ratio", "participant")
    seal_study(project, "2025-01-10")
    changed = change_first_entry(
        project, estimand={"summary": "risk_ratio", "average": "cluster", "at": {"wave": 2}}
    )
    assert statuses(project)[changed] == "deviation"


def delivered_list(project, text):
    """The list of arms of the study, as it is delivered."""
    source = next(s for s in Project(project.paths).files.sources if s.kind == "allocation")
    path = project.paths.raw / source.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_a_list_of_arms_that_is_another_one_than_at_sealing_is_a_deviation(project):
    delivered_list(project, "team,arm\nT1,0\nT2,1\n")
    seal = seal_study(project, "2025-01-10")
    assert "registered" in statuses(project).values() and "deviation" not in statuses(project).values()
    assert read_seal(project.paths.config, "config/example") == seal
    delivered_list(project, "team,arm\nT1,1\nT2,0\n")
    files = Project(project.paths).files
    rows = deviation_rows(files, seal)
    assert {r["entry"] for r in rows} == {*seal.entries}
    assert {r["what"] for r in rows} == {"design.allocation.list"} and rows[0]["old"] != rows[0]["new"]
    assert unsealed(files, seal, rows[0]["entry"]).kept == ("design.allocation.list",)
    assert set(statuses(project).values()) <= {"deviation", "exploratory"}


def test_a_list_of_arms_that_came_after_sealing_is_none(project):
    seal_study(project, "2025-01-10")
    delivered_list(project, "team,arm\nT1,0\nT2,1\n")
    assert "deviation" not in statuses(project).values()


def test_an_average_over_units_is_planned_and_sealed(project):
    first = change_first_entry(project, estimand={"average": "cluster"})
    entry = Project(project.paths).files.plan.entries[0]
    assert (entry.summary, entry.average, entry.units_once) == (None, "cluster", True)
    seal = seal_study(project, "2025-01-10")
    assert unsealed(Project(project.paths).files, seal, first).entry.units_once
    change_first_entry(project, estimand={"average": "participant"})
    changed = deviation_rows(Project(project.paths).files, seal)
    assert [(r["what"], r["old"]) for r in changed] == [("entry.average", "cluster")]


@pytest.mark.parametrize(
    "change",
    [
        lambda study: study.update(design="stepped_wedge"),
        lambda study: study["allocation"].update(unit="person"),
    ],
)
def test_units_count_once_where_teams_stand_side_by_side(project, change):
    change_first_entry(project, wave=None, estimand={"average": "cluster"})
    edited(project, "study", change)
    with pytest.raises(ConfigError, match="arms side by side of teams or organisations"):
        statuses(project)


def test_the_summary_of_the_model_itself_is_the_same_plan_stated_or_not(project):
    seal_study(project, "2025-01-10")
    first = change_first_entry(project, estimand={"summary": "mean_difference", "average": "participant"})
    assert statuses(project)[first] == "registered"


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"estimand": {"summary": "odds_ratio", "average": "cluster"}}, "`participant` for"),
     ({"estimand": {"summary": "mean_difference"}}, "`odds_ratio` or `risk_difference` or `risk_ratio`"),
     ({"estimand": {"summary": "risk_ratio", "average": "participant"}, "baseline": "ancova"}, "`average: cluster`"),
     ({"estimand": {"summary": "odds_ratio"}, "baseline": "ancova"}, "risk_difference")],
)  # fmt: skip
def test_what_is_not_estimated_of_yes_or_no_is_refused(project, changes, said):
    asked_yes_or_no(project, **changes)
    with pytest.raises(ConfigError, match=said):
        statuses(project)


def test_covariates_are_sealed(project):
    seal_study(project, "2025-01-10")
    first = change_first_entry(project, covariates=["function"])
    assert statuses(project)[first] == "deviation"


def test_a_scheme_that_says_what_the_strata_say_changes_nothing(project):
    seal_study(project, "2025-01-10")
    scheme = {"within": "strata", "counts": "as_allocated"}
    edited(project, "study", lambda s: s["allocation"].update(scheme=scheme))
    assert set(statuses(project).values()) <= {"registered", "exploratory"}


@pytest.mark.parametrize(
    ("scheme", "changes", "said"),
    [
        ({"within": "all"}, {}, "`within: all` without"),
        ({"within": "strata"}, {"strata": None}, "with `strata`"),
        ({"within": "strata", "counts": "by_coin"}, {}, "as_allocated"),
        ({"within": "strata", "list": "balanced.csv"}, {}, "either `within`"),
        ({}, {}, "either `within`"),
        ({"list": "balanced.csv", "counts": "any"}, {}, "holds the counts itself"),
        ({"list": "balanced.csv"}, {"unit": "person", "strata": None}, "persons are in no list"),
        ({"list": "balanced.csv"}, {"randomised": False}, "no chance, no scheme"),
        ({"within": "strata"}, {"randomised": False}, "no chance, no scheme"),
    ],
)
def test_a_scheme_that_the_test_would_not_be_over_is_refused(project, scheme, changes, said):
    edited(project, "study", lambda s: s["allocation"].update(scheme=scheme, **changes))
    with pytest.raises(ConfigError, match=said):
        statuses(project)


def test_what_is_in_a_list_of_allocations_is_sealed(project):
    raw = project.paths.raw
    raw.mkdir(parents=True)
    (raw / "balanced.csv").write_text("T01,T02\n0,1\n1,0\n", encoding="utf-8")
    edited(project, "study", lambda s: s["allocation"].update(scheme={"list": "balanced.csv"}))
    seal_study(Project(project.paths), "2025-01-10")
    assert "registered" in statuses(project).values()
    (raw / "balanced.csv").rename(raw / "same.csv")
    edited(project, "study", lambda s: s["allocation"].update(scheme={"list": "same.csv"}))
    assert "registered" in statuses(project).values()
    (raw / "same.csv").write_text("T01,T02\n0,1\n1,0\n1,1\n", encoding="utf-8")
    assert "registered" not in statuses(project).values()


def test_a_coin_for_each_unit_is_another_plan(project):
    seal_study(project, "2025-01-10")
    scheme = {"within": "strata", "counts": "any"}
    edited(project, "study", lambda s: s["allocation"].update(scheme=scheme))
    assert "registered" not in statuses(project).values()


def without_imputation(plan):
    del plan["missing"], plan["curve"]


def test_weights_are_sealed_with_their_number(project):
    edited(project, "plan", without_imputation)
    first = change_first_entry(project, weights="hours")
    edited(project, "study", lambda s: s["background"][3].update(each_wave=True))
    seal_study(Project(project.paths), "2025-01-10")
    facts = read_seal(project.paths.config, "config").entries[first]
    assert facts["entry"]["weights"] == "hours" and facts["background"]["hours"]["each_wave"] is True
    edited(project, "study", lambda s: s["background"][3].pop("each_wave"))
    assert statuses(project)[first] == "deviation"


@pytest.mark.parametrize(
    ("weights", "outcome", "plan", "said"),
    [
        ("function", None, {}, "are no background number"),
        ("casess", None, {}, "are no background number"),
        ("hours", "yes_no", {}, "its outcome is `yes_no`"),
        ("hours", None, {"missing": {"imputation": {"auxiliaries": ["burnout"]}}}, "missing: imputation"),
    ],
)
def test_weights_that_mean_nothing_are_refused(project, weights, outcome, plan, said):
    if outcome:
        asked_yes_or_no(project, weights=weights)
    else:
        change_first_entry(project, weights=weights)
    edited(project, "plan", lambda p: p.update(plan))
    with pytest.raises(ConfigError, match=said):
        statuses(project)


@pytest.mark.parametrize(
    ("per", "said"), [("function", "is no background number"), ("hours", "its outcome is `continuous`")]
)
def test_a_time_that_means_nothing_is_refused(project, per, said):
    change_first_entry(project, per=per)
    with pytest.raises(ConfigError, match=said):
        statuses(project)
