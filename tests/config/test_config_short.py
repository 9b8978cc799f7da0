"""`short` of scales, themes and nodes: shorter than the label in its languages, and where something prints it."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from dww_analysis.config.short import NARROW, check_shorts
from dww_analysis.errors import ConfigError
from dww_analysis.language import Labels, Words
from dww_analysis.stages.paths import Paths
from dww_analysis.stages.project import Project
from dww_analysis.stages.slices import bare

ROOT = Path(__file__).parents[2]
SHORT = {"nl": "leerpotentieel", "en": "learning potential"}
ALL = {"documents": ["praatplaat"], "units": {"release": "after_last_wave"}}


@pytest.fixture
def study(tmp_path):
    """The example with a `short` for one scale, theme and node, and with other reports."""
    folder = tmp_path / "config" / "example"
    shutil.copytree(ROOT / "config" / "example", folder)
    (folder / "about.yaml").unlink()  # of a document that is not asked for here

    def with_short(scale=None, theme=None, node=None, reports=ALL) -> Project:
        for name, key, short in (
            ("scales", "scales", scale),
            ("practice", "themes", theme),
            ("theory", "nodes", node),
        ):
            path = folder / f"{name}.yaml"
            values = yaml.safe_load(path.read_text(encoding="utf-8"))
            first = values[key][0] if isinstance(values[key], list) else next(iter(values[key].values()))
            first |= {"short": short} if short is not None else {}
            path.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
        (folder / "reports.yaml").write_text(
            yaml.safe_dump({"languages": ["nl", "en"], **reports}), encoding="utf-8"
        )
        return Project(Paths(tmp_path, "example"))

    return with_short


def refused(project: Project) -> str:
    with pytest.raises(ConfigError) as error:
        _ = project.files
    return str(error.value)


def test_a_short_form_is_what_narrow_places_print_and_decides_no_number(study):
    plain, files = study().files, study(SHORT, {"nl": "tijd", "en": "time"}).files
    labels = Labels(files.study, files.scales, Words("nl"))
    assert labels.short("learning_potential") == "leerpotentieel"
    assert labels.outcome("learning_potential") == "leerpotentieel van de werkplek"
    assert labels.short("learning_potential.any") == "leerpotentieel: any"
    assert labels.short("burnout") == labels.outcome("burnout"), "without one the label stands"
    assert files.practice.themes[0].short == {"nl": "tijd", "en": "time"}
    assert bare(files.scales) == bare(plain.scales) and bare(files.practice) == bare(plain.practice)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"scale": {"nl": "leerpotentieel van de werkplek", "en": "x"}},
            "scale `learning_potential` has 30 characters in nl",
        ),
        ({"scale": {"nl": "kort"}}, "scale `learning_potential` is in nl"),
        (
            {"theme": {"nl": "tijd om heel veel te leren", "en": "time"}},
            "theme `time` has 26 characters in nl",
        ),
        ({"scale": {"nl": "", "en": "x"}}, "has 0 characters in nl"),
    ],
)
def test_a_short_form_that_cannot_be_one_is_refused(study, given, said):
    assert said in refused(study(**given))


def test_a_short_form_that_nothing_prints_is_refused_with_what_would(study):
    said = refused(study(SHORT, {"nl": "tijd", "en": "time"}, reports={}))
    assert "the `short` of scale `learning_potential` is printed nowhere" in said
    assert "the `short` of theme `time` is printed nowhere" in said
    assert "scales.yaml, line" in said and "practice.yaml, line" in said and "documents: [praatplaat]" in said


@pytest.mark.parametrize(("document", "printed"), [*((d, True) for d in NARROW), ("workbook", False)])
def test_each_document_with_narrow_places_prints_the_short_form_of_a_planned_outcome(document, printed):
    scale = SimpleNamespace(id="agency", label={"en": "agency in learning"}, short={"en": "agency"})
    entry = SimpleNamespace(outcome="agency.total", status="planned")
    parts = {
        "study": SimpleNamespace(samples={"main": {}}),
        "reports": SimpleNamespace(units=None, documents=[document]),
        "plan": SimpleNamespace(entries=[entry]),
        "scales": SimpleNamespace(scales=[scale]),
    }
    measured = SimpleNamespace(id="agency", measure="continuous", samples=("main",))
    files = {"scales": SimpleNamespace(where=lambda path: "scales.yaml, line 3")}
    found = [problem.found for problem in check_shorts(parts, [measured], files)]
    assert found == ([] if printed else ["the `short` of scale `agency` is printed nowhere"])


def test_the_sheets_of_units_alone_print_the_short_form_of_a_scale(study):
    assert study(SHORT, reports={"units": {"release": "after_last_wave"}}).files.scales[0].short == SHORT
