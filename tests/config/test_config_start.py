"""`start` of a study without arms, and entries that the design's own model answers."""

import copy
from types import SimpleNamespace

import pytest
import yaml
from test_config_linking import FILES

from dww_analysis.config import read_study
from dww_analysis.config.entries import check_place
from dww_analysis.config.plan import EntryConfig, PlanConfig
from dww_analysis.config.planned import _check_model
from dww_analysis.config.study import StudyConfig
from dww_analysis.errors import ConfigError
from dww_analysis.stages.project import library_keys

STUDY = {
    "study": "waves", "title": "Waves", "data": "invented", "delivered": "2026-06-30", "design": "waves_only",
    "waves": [
        {"number": 0, "label": "one", "date": "2025-01-01"},
        {"number": 1, "label": "two", "date": "2025-06-01"},
        {"number": 2, "label": "three", "date": "2026-01-01"},
    ],
}  # fmt: skip
ARMS = {
    "design": "parallel_cluster",
    "arms": [{"id": "a", "label": "a"}, {"id": "b", "label": "b"}],
    "allocation": {"unit": "team", "source": "list", "randomised": True},
}


def study(dated=True, **changes):
    values = copy.deepcopy({**STUDY, **changes})
    if not dated:
        values["waves"][0].pop("date")
    return StudyConfig.model_validate(values)


def entry(**changes):
    return EntryConfig.model_validate(
        {"id": "e", "outcome": "y", "family": "primary", "question": "?", **changes}
    )


@pytest.mark.parametrize("start", ["2025-02-01", "2026-01-01", 1, "2"])
def test_a_start_is_a_date_or_a_wave(start):
    assert study(start=start).to_domain().start == str(start)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"start": 0}, "after the first wave"),
        ({"start": "2024-12-01"}, "after the first wave"),
        ({"start": "2026-02-01"}, "up to the last"),
        ({"start": 3}, "up to the last"),
        ({"start": "2025-13-01"}, "date"),
        ({"start": "2025-02-01", "dated": False}, "a date for every wave"),
        ({"start": 1, **ARMS}, "for design waves_only"),
    ],
)
def test_a_start_at_no_wave_is_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        study(**changes)


def test_a_wave_before_the_change_is_refused():
    plan = PlanConfig.model_validate({})
    of = study(start="2025-07-01")
    (problem,) = check_place(entry(wave=1), plan, of, "plan.yaml")
    assert "2 to 2" in problem.expected
    assert check_place(entry(wave=2), plan, of, "plan.yaml") == []
    assert check_place(entry(wave=1), plan, study(), "plan.yaml") == []


def test_one_wave_has_no_change():
    one = study(waves=STUDY["waves"][:1])
    (problem,) = _check_model(entry(), one, "plan.yaml")
    assert "one wave" in problem.found
    assert _check_model(entry(), study(), "plan.yaml") == []
    assert _check_model(entry(), SimpleNamespace(design="stepped_wedge", waves=()), "plan.yaml") == []


@pytest.mark.parametrize("formula", [True, False])
def test_a_start_from_which_no_entry_looks_for_change_is_refused(tmp_path, formula):
    files = copy.deepcopy(FILES)
    files["study"]["start"] = 1
    one = files["plan"]["entries"][0]
    files["plan"]["entries"] = [{k: v for k, v in one.items() if formula or k not in ("formula", "term")}]
    for name, values in files.items():
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    if formula:
        with pytest.raises(ConfigError, match="no entry has the model of the design"):
            read_study(tmp_path, "config/codes", library_keys())
    else:
        assert read_study(tmp_path, "config/codes", library_keys()).study.start == "1"
