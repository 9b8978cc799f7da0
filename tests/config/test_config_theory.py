"""theory.yaml: optional, every name held against the study, all problems at once and with their lines."""

import shutil
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from dww_analysis.cli.seal import seal_study
from dww_analysis.config.seal import theory_statuses
from dww_analysis.domain.theory import Arrow, Moderation
from dww_analysis.errors import ConfigError
from dww_analysis.stages.deviating import deviations, seal_of_study
from dww_analysis.stages.mechanisms import STAGE, mechanism_tables
from dww_analysis.stages.paths import Paths
from dww_analysis.stages.project import Project
from dww_analysis.stages.register import jobs

ROOT = Path(__file__).parents[2]


@pytest.fixture
def study(tmp_path):
    shutil.copytree(ROOT / "config" / "example", tmp_path / "config" / "example")
    path = tmp_path / "config" / "example" / "theory.yaml"

    def with_theory(edit=None, text=None):
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
        if edit is not None:
            edit(values)
        path.write_text(text or yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
        return Project(Paths(tmp_path, "example"))

    with_theory.path = path
    return with_theory


def test_the_theory_of_the_example(study):
    theory = study().files.theory
    assert theory.arrows[0] == Arrow("support", "potential", 1, "+")
    assert theory.node("potential").level == "team" and not theory.node("care").measured
    assert theory.sign_of(theory.paths[0]) == "+"
    assert theory.from_the_arm(theory.arrow("potential>agency"))
    assert theory.moderations == (Moderation("support", "potential", "years_youth_care", "exploratory"),)


def test_a_study_without_a_theory_has_no_such_step(study):
    study.path.unlink()
    project = Project(Paths(study.path.parents[2], "example"))
    assert project.files.theory is None
    assert "mechanisms" not in {stage for stage, _ in jobs(project)}
    assert mechanism_tables(project) == []


def test_the_step_reads_the_scales_that_are_named(study):
    read = STAGE.reads(study(), "theory")
    assert set(read["scores"]) == {"learning_potential", "agency_in_learning", "work_engagement"}
    assert "features" not in read

    def with_dose(theory):
        theory["nodes"]["use"] = {"dose": {"source": "app", "feature": "active_weeks"}, "label": "use"}
        theory["arrows"].append({"from": "use", "to": "engagement"})

    dosed = study(with_dose)
    assert set(STAGE.reads(dosed, "theory")["features"]) == {"app"}


def test_a_label_is_no_part_of_what_decides_numbers(study):
    before = STAGE.config(study(), "theory")
    respelled = study(lambda t: t["nodes"]["agency"].update(label="something else"))
    assert STAGE.config(respelled, "theory") == before
    other = study(lambda t: t["arrows"][1].update(lag=0))
    assert STAGE.config(other, "theory") != before


def node(**more):
    return lambda t: t["nodes"].update(extra={"label": "extra", **more})


def arrow(origin, to, **more):
    return lambda t: t["arrows"].append({"from": origin, "to": to, **more})


def path(*through):
    return lambda t: t["paths"].append({"through": list(through)})


WRONG = {
    "a scale": (
        node(scale="lerning_potential"),
        ["`lerning_potential`", "did you mean `learning_potential`"],
    ),
    "a second arm": (node(arm=True), ["one node with `arm: true`"]),
    "two measures": (node(arm=True, scale="burnout"), ["one of `arm: true`, `scale` and `dose`"]),
    "a source of doses": (node(dose={"source": "hr", "feature": "fte"}), ["`hr`", "one of app, diary"]),
    "a feature": (node(dose={"source": "app", "feature": "week"}), ["`week`", "active_weeks"]),
    "an arrow to nowhere": (arrow("agency", "engagment"), ["`engagment`", "did you mean `engagement`"]),
    "an arrow to the arm": (arrow("agency", "support"), ["ends in the arm"]),
    "an arrow twice": (arrow("potential", "agency"), ["occurs twice"]),
    "a circle": (arrow("engagement", "potential"), ["circle"]),
    "an effect before the start": (arrow("support", "agency", lag=0), ["lag 0", "a lag of 1"]),
    "an effect after the end": (arrow("support", "agency", lag=3), ["lag 3", "to 2"]),
    "a lag over all waves": (arrow("agency", "care", lag=9), []),
    "a cause long before": (lambda t: t["arrows"][1].update(lag=3), ["lag 3", "the study has 3 waves"]),
    "a path without an arrow": (path("support", "agency", "engagement"), ["from `support` to `agency`"]),
    "a path of two": (path("support", "agency"), ["at least 3"]),
    "a path that takes too long": (
        lambda t: t["arrows"][0].update(lag=2),
        ["takes 3 waves", "at most 2"],
    ),
    "a moderator": (
        lambda t: t["moderations"][0].update(by="function"),
        ["`function`", "background number"],
    ),
    "a moderated arrow": (lambda t: t["moderations"][0].update(of=["agency", "care"]), ["[agency, care]"]),
    "itself": (lambda t: t["moderations"][0].update(by="potential"), ["the same"]),
    "its own scale": (
        lambda t: (
            t["nodes"].update(before={"scale": "learning_potential", "label": "before"}),
            t["moderations"][0].update(by="before"),
        ),
        ["the same"],
    ),
    "an adjustment": (lambda t: t.update(adjust=["shoe_size"]), ["`shoe_size`"]),
    "an adjustment twice": (lambda t: t.update(adjust=["hours", "hours"]), ["every name once", "`hours`"]),
    "a moderation twice": (
        lambda t: t["moderations"].append(deepcopy(t["moderations"][0])),
        ["from `support` to `potential`", "twice"],
    ),
    "a sample": (lambda t: t.update(sample="other"), ["sample `other`"]),
    "an unknown key": (lambda t: t.update(arows=[]), ["`arows`", "did you mean `arrows`"]),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_leads_nowhere_is_refused(study, what):
    edit, said = WRONG[what]
    project = study(edit)
    if not said:
        assert project.files.theory is not None, "what was not measured has no waves"
        return
    with pytest.raises(ConfigError) as refused:
        _ = project.files
    text = str(refused.value)
    assert all(part in text for part in said), text
    assert "theory.yaml" in text


def test_all_problems_come_at_once_and_with_their_lines(study):
    def edit(theory):
        theory["nodes"]["agency"]["scale"] = "nothing"
        theory["arrows"][0]["lag"] = 7
        theory["adjust"] = ["shoe_size"]

    with pytest.raises(ConfigError) as refused:
        _ = study(edit).files
    assert len(refused.value.problems) >= 3
    assert all("theory.yaml, line" in p.where for p in refused.value.problems)


def test_a_scale_of_yes_and_no_is_drawn_without_data_only(study):
    scales = study.path.parent / "scales.yaml"
    text = scales.read_text(encoding="utf-8").replace(
        "items: [jobsat]", "items: [jobsat]\n    measure: count"
    )
    scales.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="measure: count"):
        _ = study(node(scale="job_satisfaction")).files


def test_a_minus_needs_no_quotes(study):
    text = study.path.read_text(encoding="utf-8").replace("lag: 0, sign: +}", "lag: 0, sign: -}")
    assert study(text=text).files.theory.arrow("agency>engagement").sign == "-"


def problems_of(study, **changes):
    """What is refused of the nodes of the example's theory in a study with other values."""
    from dww_analysis.config.study import StudyConfig
    from dww_analysis.config.theory import TheoryConfig, _nodes
    from dww_analysis.config.yaml_file import YamlFile

    given = yaml.safe_load((study.path.parent / "study.yaml").read_text(encoding="utf-8"))
    theory = TheoryConfig.model_validate(yaml.safe_load(study.path.read_text(encoding="utf-8")))
    file = YamlFile(study.path, "theory.yaml", {}, {})
    return list(_nodes(theory, StudyConfig.model_validate(given | changes), {}, {}, file))


def test_without_arms_there_is_no_arm_in_a_theory(study):
    problems = problems_of(study, design="waves_only", arms=[], allocation=None)
    assert any("design with arms" in p.expected for p in problems)


@pytest.mark.parametrize("unit, refused", [("person", 1), ("team", 0), ("organisation", 0)])
def test_where_persons_are_allocated_no_scale_acts_through_a_mean_of_teams(study, unit, refused):
    problems = problems_of(study, allocation={"source": "allocation", "unit": unit, "randomised": True})
    assert [p.found for p in problems if "level: team" in p.found] == [
        "node `potential` has `level: team` where persons are allocated"
    ] * refused


def test_a_scale_that_the_theorys_sample_never_answered_adjusts_nothing(study):
    def two_samples(name, change):
        path = study.path.parent / f"{name}.yaml"
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
        change(values)
        path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")

    two_samples("study", lambda s: s.update(samples={"main": "m", "other": "o"}))
    two_samples("sources", lambda s: s["sources"][0].update(sample="other"))
    two_samples(
        "scales",
        lambda s: [
            n.update(samples=["main", *(["other"] if n["id"] != "burnout" else [])]) for n in s["scales"]
        ],
    )
    assert study(lambda t: t.update(adjust=["burnout"])).files.theory.adjust == ("burnout",)
    with pytest.raises(ConfigError, match="scale of this sample or background variable `burnout`"):
        _ = study(lambda t: t.update(sample="other")).files


# --- the theory in the seal


def sealed_theory(study, edit=None):
    """What deviates after a seal of the example, with an edited theory."""
    project = study()
    if not (project.paths.config / "plan.seal.yaml").exists():
        seal_study(project, "2025-01-10")
    return [r for r in deviations(study(edit) if edit else study()) if r["entry"] == "theory"]


def test_a_sealed_theory_that_stays_does_not_deviate_whatever_its_words(study):
    assert sealed_theory(study) == []
    assert sealed_theory(study, lambda t: t["nodes"]["care"].update(label={"en": "care"})) == []


@pytest.mark.parametrize(
    ("edit", "what", "old", "new"),
    [
        (lambda t: t["arrows"][2].update(lag=1), "theory.arrows.agency>engagement.lag", "0", "1"),
        (lambda t: t["arrows"][0].update(sign="-"), "theory.arrows.support>potential.sign", "+", "-"),
        (lambda t: t["nodes"]["agency"].update(scale="burnout"), "theory.nodes.agency.scale", "agency_in_learning",
         "burnout"),
        (lambda t: t["paths"].pop(1), "theory.paths.potential>agency>engagement",
         '{"status":"exploratory","through":["potential","agency","engagement"]}', ""),
        (lambda t: t["paths"][1].update(status="planned"), "theory.paths.potential>agency>engagement.status",
         "exploratory", "planned"),
        (lambda t: t.update(adjust=["years_youth_care"]), "theory.adjust", "[]", '["years_youth_care"]'),
        (lambda t: t.update(seed=2), "theory.seed", "1", "2"),
    ],
)  # fmt: skip
def test_what_differs_from_the_sealed_theory_is_a_row(study, edit, what, old, new):
    rows = sealed_theory(study, edit)
    assert (what, old, new, "not explained") in [(r["what"], r["old"], r["new"], r["why"]) for r in rows]


def test_the_scoring_of_a_scale_of_the_theory_is_sealed_with_it(study):
    sealed_theory(study)
    path = study.path.with_name("scales.yaml")
    values = yaml.safe_load(path.read_text("utf-8"))
    next(s for s in values["scales"] if s["id"] == "work_engagement")["items"] = [
        "uwes_02",
        "uwes_01",
        "uwes_{03-09}",
    ]
    path.write_text(yaml.safe_dump(values, allow_unicode=True), "utf-8")
    changed = [r["what"] for r in deviations(study()) if r["entry"] == "theory"]
    assert changed == ["theory.scales.work_engagement.items"]


def test_a_theory_that_came_after_the_seal_or_is_gone_is_one_row_with_its_reason(study):
    text = study.path.read_text("utf-8")
    sealed_theory(study)
    study.path.unlink()
    gone = [r for r in deviations(Project(Paths(study.path.parents[2], "example"))) if r["entry"] == "theory"]
    assert [(r["what"], r["old"], r["new"]) for r in gone] == [("theory", "theory.yaml", "")]
    study.path.with_name("plan.seal.yaml").unlink()
    seal_study(Project(Paths(study.path.parents[2], "example")), "2025-01-10")
    assert "theory" not in yaml.safe_load(study.path.with_name("plan.seal.yaml").read_text("utf-8"))
    study.path.write_text(text, "utf-8")
    plan = study.path.with_name("plan.yaml")
    values = yaml.safe_load(plan.read_text("utf-8"))
    values["deviations"] = [{"entry": "theory", "why": "asked by the board"}]
    plan.write_text(yaml.safe_dump(values, allow_unicode=True), "utf-8")
    (row,) = deviations(study())
    assert (row["what"], row["old"], row["new"], row["why"]) == (
        "theory",
        "",
        "theory.yaml",
        "asked by the board",
    )


def test_a_project_with_another_configuration_keeps_nothing_of_the_one_before(study):
    project = study()
    assert deviations(project) == []
    theory = replace(project.files.theory, arrows=project.files.theory.arrows[1:])
    other = replace(project, given=replace(project.files, theory=theory))
    assert [row["entry"] for row in deviations(other)] == ["theory"]
    assert deviations(project) == [] and other.files.theory is theory


def statuses(project):
    return theory_statuses(project.files, seal_of_study(project))


def test_arrows_and_paths_are_what_the_seal_says_of_them(study):
    """A sealed theory was said to be planned and not sealed."""
    sealed_theory(study)
    kept = statuses(study())
    exploratory = {
        "potential>engagement",
        "potential>agency>engagement",
        "support>potential*years_youth_care",
    }
    assert {i for i, s in kept.items() if s == "exploratory"} == exploratory
    assert {s for i, s in kept.items() if i not in exploratory} == {"registered"}
    moved = statuses(study(lambda t: t["arrows"][1].update(lag=0)))
    assert {i for i in kept if moved[i] != kept[i]} == {"potential>agency", "support>potential>agency"}
    assert {*moved.values()} == {"registered", "deviation", "exploratory"}


def test_a_changed_node_is_a_deviation_of_all_it_is_in_and_a_later_arrow_is_exploratory(study):
    sealed_theory(study)

    def edit(theory):
        theory["nodes"]["engagement"]["scale"] = "burnout"
        theory["arrows"].append({"from": "support", "to": "agency", "lag": 2})

    found = statuses(study(edit))
    assert [i for i, s in found.items() if s == "deviation"] == ["agency>engagement", "engagement>care"]
    assert found["support>agency"] == "exploratory"


def test_without_a_seal_a_theory_is_what_it_calls_itself(study):
    study.path.with_name("plan.seal.yaml").unlink()
    assert {*statuses(study()).values()} == {"planned", "exploratory"}


def test_a_sealed_theory_cannot_be_edited(study):
    sealed_theory(study)
    path = study.path.with_name("plan.seal.yaml")
    path.write_text(path.read_text("utf-8").replace("lag: 1", "lag: 2", 1), "utf-8")
    with pytest.raises(ConfigError, match="hash of the seal"):
        _ = study().files
