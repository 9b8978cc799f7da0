"""`stops` of theory.yaml and the talking picture: names that are there, no outcome left out, all problems at once."""

import shutil
from pathlib import Path

import pytest
import yaml

from dww_analysis.domain.stops import Stop
from dww_analysis.errors import ConfigError
from dww_analysis.stages.mechanisms import STAGE as MECHANISMS
from dww_analysis.stages.paths import Paths
from dww_analysis.stages.praatplaat import pictures, road
from dww_analysis.stages.project import Project

ROOT = Path(__file__).parents[2]
STOPS = [
    {
        "label": {"nl": "Leren", "en": "Learning"},
        "nodes": ["potential"],
        "outcomes": ["psychological_safety"],
    },
    {"label": {"nl": "Regie", "en": "A say"}, "nodes": ["agency"]},
    {"label": "Energie", "nodes": ["engagement"], "outcomes": ["burnout", "job_satisfaction"]},
    {"label": "Blijven", "outcomes": ["turnover_intention"]},
    {"label": "Hulp", "nodes": ["care"]},
]


@pytest.fixture
def study(tmp_path):
    shutil.copytree(ROOT / "config" / "example", tmp_path / "config" / "example")
    folder = tmp_path / "config" / "example"
    (folder / "about.yaml").unlink(missing_ok=True)  # of a document that is not asked for here

    def with_stops(stops=(), documents=("praatplaat",), **more):
        for name, changes in {
            "theory": {"stops": list(stops)} if stops else {},
            "reports": {"documents": list(documents)},
            **more,
        }.items():
            path = folder / f"{name}.yaml"
            values = yaml.safe_load(path.read_text(encoding="utf-8")) | changes
            path.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
        return Project(Paths(tmp_path, "example"))

    with_stops.folder = folder
    return with_stops


def refused(project: Project) -> str:
    with pytest.raises(ConfigError) as error:
        _ = project.files
    return str(error.value)


def changed(index: int, **changes) -> list[dict]:
    return [{**stop, **(changes if i == index else {})} for i, stop in enumerate(STOPS)]


def test_a_stop_tells_what_its_nodes_measure_and_what_it_names(study):
    found = road(study(STOPS))
    assert [s.outcomes for s in found] == [
        ("learning_potential", "psychological_safety"),
        ("agency_in_learning",),
        ("work_engagement", "burnout", "job_satisfaction"),
        ("turnover_intention",),
        (),
    ]
    assert [s.measured for s in found] == [True] * 4 + [False]
    assert found[0].label == {"nl": "Leren", "en": "Learning"} and found[2].label["en"] == "Energie"


def test_a_theory_that_names_none_gets_the_five_with_every_planned_outcome_at_one(study):
    project = study()
    found = {s.id: s.outcomes for s in road(project)}
    assert found == {
        "learning": ("learning_potential", "psychological_safety"),
        "agency": ("agency_in_learning",),
        "wellbeing": ("work_engagement", "burnout", "job_satisfaction"),
        "leaving": ("turnover_intention",),
        "care": (),
    }
    assert {s.id: s.nodes for s in road(project) if s.nodes} == {
        "learning": ("potential",),
        "agency": ("agency",),
        "wellbeing": ("engagement",),
    }
    assert pictures(project) == ["nl", "en"]


def test_stops_decide_no_number_of_the_theory(study):
    before = MECHANISMS.config(study(), "theory")
    assert MECHANISMS.config(study(STOPS), "theory") == before
    assert study(STOPS).files.stops[0] == Stop(
        "stop_1", {"nl": "Leren", "en": "Learning"}, ("psychological_safety",), ("potential",)
    )


def test_an_outcome_that_no_stop_would_tell_is_refused_with_its_name(study):
    assert "would leave out `burnout`" in refused(study(changed(2, outcomes=["job_satisfaction"])))


def test_default_stops_that_do_not_know_an_outcome_are_refused(study):
    texts = {name: (study.folder / f"{name}.yaml").read_text(encoding="utf-8") for name in ("scales", "plan")}
    scales, plan = (yaml.safe_load(text.replace("turnover_", "parking_")) for text in texts.values())
    scales["scales"][-1]["items"] = ["turnover_{01-03}"]
    message = refused(study(scales=scales, plan=plan))
    assert "would leave out `parking_intention`" in message and "docs/praatplaat.md" in message


@pytest.mark.parametrize(
    ("stops", "said"),
    [
        (changed(1, nodes=["agencie"]), "node `agencie` does not exist"),
        (changed(1, nodes=["agency", "support"]), "node `support` does not exist"),
        (changed(1, outcomes=["burn_out"]), "planned outcome `burn_out` does not exist"),
        (changed(1, outcomes=["burnout"]), "`burnout` stands at 2 stops"),
        (changed(1, nodes=["agency", "potential"]), "`potential` stands at 2 stops"),
        (changed(1, label="x" * 41), "a name of a stop has 41 characters"),
        ([*STOPS, {"label": "Zesde"}], "6 stops"),
        (STOPS[:1], "1 stops"),
    ],
)
def test_names_that_lead_nowhere_are_refused(study, stops, said):
    assert said in refused(study(stops))


def test_all_problems_come_at_once_with_their_lines(study):
    message = refused(study(changed(1, nodes=["agencie"], outcomes=["burn_out"], label="x" * 41)))
    assert all(
        s in message
        for s in ("agencie", "burn_out", "41 characters", "`agency_in_learning`", "theory.yaml, line")
    )


def test_stops_that_no_document_draws_are_refused(study):
    assert "`stops`, and no talking picture" in refused(study(STOPS, documents=("factsheet",)))
