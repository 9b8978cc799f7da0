"""What stands in plan.yaml and theory.yaml and would meet nothing is refused by name, with what it needs."""

import copy
import sys
from pathlib import Path

import pytest

from dww_analysis.config import read_study, whole
from dww_analysis.config.yaml_file import YamlFile
from dww_analysis.errors import ConfigError
from dww_analysis.stages.project import library_keys

sys.path.insert(0, str(Path(__file__).parent))
from whole_study import WHOLE

KEYS = library_keys()
LEAVING = {
    "id": "leaving",
    "outcome": "leaving",
    "sample": "other",
    "family": "primary",
    "question": "Do they leave?",
}


@pytest.fixture
def refused(monkeypatch):
    """Problems of the whole study after an edit."""

    def problems(edit):
        values = copy.deepcopy(WHOLE)
        del values["theory"]["stops"]  # the talking picture has a place for every outcome, also of an edit
        values["reports"]["documents"].remove("praatplaat")
        edit(values)
        files = {n: YamlFile(Path(n), f"config/whole/{n}.yaml", v, {}) for n, v in values.items()}
        monkeypatch.setattr(whole, "_read_files", lambda *_: (files, []))
        try:
            read_study(Path("nowhere"), "config/whole", KEYS)
        except ConfigError as error:
            return error.problems
        return []

    return problems


def only_leaving(values):
    """A plan of one entry, about personnel records."""
    plan = values["plan"]
    plan["entries"] = [{**LEAVING, "sesoi": 0.05}]
    for part in ("curve", "calibration", "propensity", "missing", "deviations"):
        plan.pop(part)


def keeping(part, **changes):
    """A plan about leaving alone, with one part of the whole plan."""

    def edit(values):
        kept = {**values["plan"][part], **changes}
        only_leaving(values)
        values["plan"][part] = kept

    return edit


def sesoi_of_leaving_alone(values):
    values["plan"]["entries"] = [*values["plan"]["entries"], {**LEAVING, "sesoi": 0.05}]
    values["plan"]["entries"][0].pop("sesoi")


def no_sesoi(values):
    keeping("calibration")(values)
    values["plan"]["entries"][0].pop("sesoi")


def nothing_planned(values):
    keeping("calibration", effects=[0.0])(values)
    values["plan"]["families"]["second"] = {"adjust": "none", "label": "second"}
    values["plan"]["entries"][0].update(status="exploratory", family="second")


def one_wave(values):
    values["study"]["waves"] = values["study"]["waves"][:1]
    values["study"]["linking"] = None
    values["sources"]["sources"] = [s for s in values["sources"]["sources"] if s.get("wave") != 1]
    values["plan"]["entries"] = [e for e in values["plan"]["entries"] if e["id"] == "effect"]
    values["plan"]["entries"][0].update(wave=0, estimand=None)
    values["theory"].update(arrows=[{"from": "support", "to": "learning"}], paths=[])
    values["theory"]["nodes"] = {n: values["theory"]["nodes"][n] for n in ("support", "learning")}


def yes_or_no(values):
    """A plan of one entry, about a score of yes and no."""
    values["scales"]["scales"][1].update(range=[0, 1], measure="yes_no")
    values["plan"].pop("calibration")
    values["plan"]["curve"].pop("missing")
    values["plan"]["missing"] = {"imputation": {"m": 5}}
    values["plan"]["entries"] = [{**values["plan"]["entries"][1], "id": "effect"}]
    values.pop("theory")


def nothing_primary(values):
    plan = values["plan"]
    plan.pop("curve")
    plan["families"]["second"] = {"adjust": "none", "label": "second"}
    plan["entries"] = [{**e, "family": "second", "status": "exploratory"} for e in plan["entries"]]
    plan["missing"] = {"participation": ["age_band"]}
    plan.pop("calibration")


def node(id, **values):
    return lambda w: w["theory"]["nodes"].update({id: {"label": id, **values}})


def test_a_plan_about_leaving_alone_is_read(refused):
    assert refused(only_leaving) == []


@pytest.mark.parametrize("edit", [keeping("calibration"), sesoi_of_leaving_alone])
def test_the_test_of_leaving_is_tried_too(refused, edit):
    assert refused(edit) == []


@pytest.mark.parametrize(
    ("edit", "found", "expected"),
    [
        (lambda w: w["plan"]["entries"].append({**LEAVING, "term": "arm"}), "has `term`", "everybody in the records"),
        (no_sesoi, "`calibration.effects` names `sesoi`", "one or more planned entries"),
        (nothing_planned, "`calibration` has no planned entry to try", "its test is tried"),
        (keeping("propensity"), "`propensity` is given, and no entry is about a scale", "units is weighed"),
        (one_wave, "`propensity` is given, and the study has one wave", "two or more waves"),
        (keeping("missing", imputation=None, delta=None), "`missing: participation` is given", "primary family"),
        (keeping("missing"), "`missing: imputation` is given, and no entry", "continuous"),
        (yes_or_no, "`missing: imputation` is given, and no entry", "continuous"),
        (nothing_primary, "`missing: participation` is given, and nothing reads it", "`missing: imputation`"),
        (node("alone", scale="exam"), "no arrow and no moderation names the node `alone`", "an arrow"),
        (node("grey"), "no arrow and no moderation names the node `grey`", "an arrow"),
        (node("support", arm=True, level="team"), "node `support` has `level: team`", "a node with a scale or a dose"),
        (node("care", level="team"), "node `care` has `level: team`", "a node with a scale or a dose"),
    ],
)  # fmt: skip
def test_what_meets_nothing_is_refused_by_name(refused, edit, found, expected):
    (problem,) = refused(edit)
    assert found in problem.found and expected in problem.expected
    assert problem.where.startswith("config/whole/") and problem.action


def test_participation_without_a_later_wave_is_read_by_an_imputation_model_only(refused):
    def edit(values):
        one_wave(values)
        values["plan"].pop("propensity")

    def nobody_again(values):
        edit(values)
        values["plan"]["curve"].pop("missing")
        values["plan"]["missing"] = {"participation": ["age_band"]}

    assert refused(edit) == []
    (problem,) = refused(nobody_again)
    assert "`missing: participation`" in problem.found and "a later wave" in problem.expected


def test_a_node_that_an_arrow_depends_on_needs_no_arrow_of_its_own(refused):
    def edit(values):
        node("before", scale="exam")(values)
        values["theory"]["moderations"].append({"of": ["support", "learning"], "by": "before"})

    assert refused(edit) == []
