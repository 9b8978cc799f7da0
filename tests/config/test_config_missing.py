"""`missing` in plan.yaml: read, checked against the study, and part of what is sealed."""

import shutil
from pathlib import Path

import pytest
import yaml

from dww_analysis.cli.seal import seal_study
from dww_analysis.config.deviations import deviation_rows
from dww_analysis.config.missing import MissingConfig, check_missing
from dww_analysis.config.resolved import resolve_entry
from dww_analysis.config.seal import read_seal
from dww_analysis.config.study import StudyConfig
from dww_analysis.domain.plan import Delta, Imputation, Missing
from dww_analysis.errors import ConfigError
from dww_analysis.stages.entries import entry_slice
from dww_analysis.stages.imputations import imputation_tables
from dww_analysis.stages.impute import STAGE
from dww_analysis.stages.paths import Paths
from dww_analysis.stages.project import Project
from dww_analysis.stages.register import jobs

ROOT = Path(__file__).parents[2]
IMPUTATION = {"m": 20, "burn_in": 500, "between": 50, "auxiliaries": ["burnout"], "by_arm": False, "seed": 11}
DELTA = {"arms": ["intervention", "control"], "unit": "sd", "from": -0.6, "to": 0.6, "step": 0.1}


@pytest.fixture
def study(tmp_path):
    shutil.copytree(
        ROOT / "config" / "example",
        tmp_path / "config" / "example",
        ignore=shutil.ignore_patterns("*.seal.yaml"),
    )

    def with_missing(**missing):
        path = tmp_path / "config" / "example" / "plan.yaml"
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
        values = {k: v for k, v in values.items() if k not in ("curve", "missing")}
        values |= {"missing": missing} if missing else {}
        path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
        return Project(Paths(tmp_path, "example"))

    return with_missing


def test_the_plan_says_how_missing_values_are_imputed(study):
    given = {"participation": ["arm", "score_before", "age_band"], "imputation": IMPUTATION, "delta": DELTA}
    found = study(primary="likelihood", **given).files.plan.missing
    assert found.imputation == Imputation(20, 500, 50, ("burnout",), False, 11)
    assert found.delta == Delta(("intervention", "control"), "sd", -0.6, 0.6, 0.1)
    assert found.participation == ("arm", "score_before", "age_band")


def test_only_studies_that_plan_it_have_the_stage(study):
    without = study()
    assert without.files.plan.missing == Missing()
    assert not [job for job in jobs(without) if job[0] in ("impute", "imputations")]
    assert imputation_tables(without) == []
    planned = study(imputation=IMPUTATION)
    entries = [e.id for e in planned.files.plan.entries]
    assert [name for stage, name in jobs(planned) if stage == "impute"] == entries
    assert "burnout" in STAGE.reads(planned, entries[0])["scores"]


@pytest.mark.parametrize(
    "missing,words",
    [
        ({"imputation": {**IMPUTATION, "auxiliaries": ["burn_out"]}}, "did you mean `burnout`"),
        ({"imputation": {**IMPUTATION, "auxiliaries": ["burnout.nonsense"]}}, "`burnout.nonsense` does not"),
        ({"imputation": {**IMPUTATION, "auxiliaries": ["burnout", "burnout"]}}, "every name once"),
        ({"participation": ["arm", "arm"]}, "every name once"),
        ({"imputation": IMPUTATION, "delta": {**DELTA, "arms": ["control", "control"]}}, "every name once"),
        ({"participation": ["age"]}, "did you mean `age_band`"),
        ({"imputation": IMPUTATION, "delta": {**DELTA, "arms": ["controls"]}}, "did you mean `control`"),
        ({"imputation": {**IMPUTATION, "burnin": 5}}, "burn_in"),
        ({"imputation": {**IMPUTATION, "m": 1}}, "m"),
        ({"delta": DELTA}, "only imputed values can be moved"),
        ({"imputation": IMPUTATION, "delta": {**DELTA, "from": 1.0}}, "`from` not above `to`"),
        ({"imputation": IMPUTATION, "delta": {**DELTA, "step": 0.001}}, "larger `step`"),
        ({"imputation": IMPUTATION, "delta": {**DELTA, "step": 0}}, "step"),
        ({"primary": "imputation"}, "likelihood"),
    ],
)
def test_what_is_wrong_is_said_before_anything_runs(study, missing, words):
    with pytest.raises(ConfigError) as caught:
        study(**missing).files.plan  # noqa: B018
    assert words in str(caught.value)


@pytest.mark.parametrize("design", ["stepped_wedge", "before_after", "waves_only"])
def test_a_chain_for_each_arm_needs_persons_who_stay_in_one(design):
    """A chain would hold the waves of persons under one condition only."""
    given = yaml.safe_load((ROOT / "config" / "example" / "study.yaml").read_text(encoding="utf-8"))
    one = StudyConfig.model_validate(given)
    imputation = {**IMPUTATION, "auxiliaries": [], "by_arm": True}
    missing = MissingConfig.model_validate({"imputation": imputation})
    assert check_missing(missing, one, (), (), "plan.yaml") == []
    (problem,) = check_missing(missing, one.model_copy(update={"design": design}), (), (), "plan.yaml")
    assert design in problem.found and "by_arm" in problem.action


def test_all_unknown_names_are_said_at_once(study):
    with pytest.raises(ConfigError) as caught:
        study(participation=["age"], imputation={**IMPUTATION, "auxiliaries": ["x"]}).files.plan  # noqa: B018
    assert len(caught.value.problems) == 2


def test_a_plan_without_it_is_sealed_as_before(study):
    files = study().files
    assert "missing" not in resolve_entry(files, files.plan.entries[0]).facts


def test_another_imputation_after_sealing_is_a_deviation(study):
    seal_study(study(imputation=IMPUTATION), "2025-01-10")
    project = study(imputation={**IMPUTATION, "m": 5})
    rows = deviation_rows(project.files, read_seal(project.paths.config, "config/example"))
    assert {(r["what"], r["old"], r["new"]) for r in rows} == {("missing.imputation.m", "20", "5")}


def test_estimates_do_not_hang_on_the_imputation(study):
    """More data sets make the stage impute run again, not the fits."""
    one, other = study(imputation=IMPUTATION), None
    entry = one.files.plan.entries[0].id
    before = (entry_slice(one, entry), STAGE.config(one, entry))
    other = study(imputation={**IMPUTATION, "m": 40})
    assert entry_slice(other, entry) == before[0]
    assert STAGE.config(other, entry) != before[1]
