"""`curve` of plan.yaml: its options, and that choices which a study cannot make are refused with the reason."""

import dataclasses
import shutil
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError
from test_config_leaving import LEAVING

from dww_analysis.config.curve import CurveConfig
from dww_analysis.config.varied import _scoring
from dww_analysis.domain.plan import Curve
from dww_analysis.errors import ConfigError
from dww_analysis.stages.curves import curve_tables
from dww_analysis.stages.entries import entry_slice
from dww_analysis.stages.paths import Paths
from dww_analysis.stages.project import Project
from dww_analysis.stages.register import jobs, stage
from dww_analysis.stages.report import report_tables

ROOT = Path(__file__).parents[2]
PRIMARY = ["learning_potential", "agency_in_learning", "work_engagement"]
COMPLETE = CurveConfig.model_validate({"scoring": ["rule", "complete_items"]})
IMPUTATION = {"missing": {"imputation": {"m": 5}}}


@pytest.fixture
def study(tmp_path):
    shutil.copytree(ROOT / "config" / "example", tmp_path / "config" / "example")

    def with_curve(curve, more=None, entry=None, change=lambda values: None):
        path = tmp_path / "config" / "example" / "plan.yaml"
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
        values = {k: v for k, v in values.items() if k not in ("curve", "missing")} | (more or {})
        values |= {"curve": curve} if curve else {}
        values["entries"][0] |= entry or {}
        change(values)
        path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
        return Project(Paths(tmp_path, "example"))

    return with_curve


def problems(project):
    with pytest.raises(ConfigError) as caught:
        project.files  # noqa: B018
    return caught.value.problems


def test_the_options_of_a_curve(study):
    given = {"scoring": ["rule", "complete_items"], "covariates": ["none", "function", ["function", "age_band"]],
             "missing": ["likelihood", "imputed"], "careless": ["keep", "drop"], "leave_out": "unit"}  # fmt: skip
    read = study(given, IMPUTATION).files.plan.curve
    assert read == Curve(
        ("rule", "complete_items"),
        ((), ("function",), ("function", "age_band")),
        ("likelihood", "imputed"),
        (),
        ("keep", "drop"),
        "unit",
    )


@pytest.mark.parametrize(
    "given",
    [{}, {"careless": ["keep"]}, {"careless": ["keep", "keep"]}, {"covariates": ["none", []]},
     {"covariates": [["a", "a"]]}, {"covariates": ["none", ["a", "b"], ["b", "a"]]},
     {"scoring": ["sum"]}, {"leave_out": "team"},
     {"covariates": ["none", *(f"x{i}" for i in range(600))]}],
)  # fmt: skip
def test_what_it_may_not_hold(given):
    with pytest.raises(ValidationError):
        CurveConfig.model_validate(given)


@pytest.mark.parametrize(
    ("curve", "why"),
    [
        ({"missing": ["likelihood", "imputed"]}, "no `missing: imputation`"),
        ({"linkage": ["fuzzy", "exact"]}, "nobody of sample `main` made a code"),
        ({"careless": ["drop"], "leave_out": "unit"}, "`curve: careless` without `keep`"),
        ({"covariates": ["function", "age_band"]}, "`curve: covariates` without `none`"),
        ({"covariates": ["none", "fonction"]}, "covariate `fonction` does not exist"),
    ],
)
def test_choices_that_a_study_cannot_make_are_refused_once(study, curve, why):
    (problem,) = problems(study(curve))
    assert why in problem.found and "plan.yaml" in problem.where


def test_scores_without_items_are_always_complete(study):
    files = study(None).files
    scale = files.scales[0]
    delivered = dataclasses.replace(scale, key=None, items=(), delivered="x", delivered_range=(0, 1))
    strict = dataclasses.replace(scale, key=dataclasses.replace(scale.key, min_answered=1.0))
    entry = files.plan.entries[0]
    for one, why in ((delivered, "delivered without items"), (strict, "all items already")):
        (problem,) = _scoring(COMPLETE, entry, one, "plan")
        assert why in problem.found


def test_a_share_that_rounds_up_to_all_items_leaves_nothing_to_complete(study):
    """.8 of the three items of a facet is three; of the twelve items of the total it is ten."""
    files = study(None).files
    scale = next(s for s in files.scales if s.id == "agency_in_learning")
    one = dataclasses.replace(scale, key=dataclasses.replace(scale.key, min_answered=0.8))
    for outcome, refused in (("agency_in_learning", 0), ("agency_in_learning.use", 1),
                             ("agency_in_learning.need_possibility_gap", 1)):  # fmt: skip
        entry = dataclasses.replace(files.plan.entries[0], outcome=outcome)
        assert len(list(_scoring(COMPLETE, entry, one, "plan"))) == refused, outcome


def test_a_formula_names_its_own_covariates(study):
    formula = {
        "formula": "learning_potential ~ wave * arm + (1 | team)",
        "term": "wave2:armintervention",
        "wave": None,
    }
    (problem,) = problems(study({"covariates": ["none", "function"]}, entry=formula))
    assert "has a formula" in problem.found


def test_the_entrys_own_covariates_are_the_point_to_compare_with(study):
    options = {"covariates": ["none", ["age_band", "function"]]}
    assert study(options, entry={"covariates": ["function", "age_band"]}).files.plan.curve
    (problem,) = problems(study({"covariates": ["none", "function"]}, entry={"covariates": ["age_band"]}))
    assert "without `age_band`" in problem.found


def test_a_curve_decides_no_estimate(study):
    without, with_one = study(None), None
    before = entry_slice(without, "learning_potential")
    with_one = study({"careless": ["keep", "drop"]})
    assert entry_slice(with_one, "learning_potential") == before


def test_jobs_and_tables_are_there_only_where_choices_are_varied(study):
    without = study(None)
    assert not [job for job in jobs(without) if job[0] in ("curve", "curves")]
    assert curve_tables(without) == [] and "curve" not in stage("overview").reads(without, "overview")
    planned = study({"careless": ["keep", "drop"]})
    assert [name for id, name in jobs(planned) if id == "curve"] == PRIMARY
    assert {"curve", "curve_test"} <= set(report_tables(planned))
    assert "curve" in stage("overview").reads(planned, "overview")


def test_leaving_rests_on_no_answers_and_is_not_varied(study):
    planned = study({"careless": ["keep", "drop"], "covariates": ["none", "function"]}, entry=LEAVING)
    first = planned.files.plan.entries[0].id
    names = [name for id, name in jobs(planned) if id == "curve"]
    assert names == [n for n in PRIMARY if n != first]


def test_a_curve_of_leaving_alone_is_refused(study):
    one = study(None, entry=LEAVING).files.plan.entries[0].id

    def alone(values):
        values["entries"] = [e for e in values["entries"] if e["id"] == one or e["family"] != "primary"]

    (problem,) = problems(study({"careless": ["keep", "drop"]}, entry=LEAVING, change=alone))
    assert "no planned entry about scores" in problem.found


def test_a_point_reads_the_scales_and_records_that_it_needs(study):
    more = {"missing": {"imputation": {"m": 5, "auxiliaries": ["burnout"]}}}
    choices = {"covariates": ["none", "job_satisfaction"], "missing": ["likelihood", "imputed"]}
    scores = stage("curve").reads(study(choices, more), "learning_potential")["scores"]
    assert {"learning_potential", "burnout", "job_satisfaction"} <= set(scores)
    choices["missing"] = ["likelihood"]
    assert "burnout" not in stage("curve").reads(study(choices, more), "learning_potential")["scores"]


def test_words_and_imputation_touch_a_curve_only_where_it_uses_them(study):
    def plan(missing, seed):
        more = {"missing": {"imputation": {"m": 5, "seed": seed}}}
        return stage("curve").config(
            study({"careless": ["keep", "drop"], "missing": missing}, more), PRIMARY[0]
        )

    assert plan(["likelihood"], 1) == plan(["likelihood"], 2)
    both = ["likelihood", "imputed"]
    assert plan(both, 1) != plan(both, 2)
