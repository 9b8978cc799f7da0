"""`calibration` of plan.yaml: what it may hold, its defaults, and that it decides no estimate."""

import pytest
from pydantic import ValidationError

from dww_analysis.config.plan import CalibrationConfig
from dww_analysis.domain.plan import Calibration, Plan, PlanEntry


def read(**given):
    return CalibrationConfig.model_validate(given).to_domain()


def test_defaults_and_what_is_given():
    assert read() == Calibration(2000, (0.0, "sesoi"), 1, 500)
    assert read(trials=100, effects=[0, 0.3], seed=7) == Calibration(100, (0.0, 0.3), 7, 100)


@pytest.mark.parametrize(
    "given",
    [{"trials": 5}, {"effects": []}, {"effects": ["large"]}, {"effects": [0, 0]}, {"seed": -1}, {"checks": -1},
     {"trial": 100}],
)  # fmt: skip
def test_what_it_may_not_hold(given):
    with pytest.raises(ValidationError):
        read(**given)


def test_an_entry_explores_by_what_the_plan_or_the_seal_calls_it():
    """A sealed entry that is called exploratory afterwards has the status of a deviation."""
    entries = tuple(
        PlanEntry(name, "o", "main", "f", {}, {}, status)
        for name, status in (("kept", "registered"), ("added", "exploratory"), ("demoted", "deviation"))
    )
    plan = Plan(entries, {}, written_exploratory=("demoted",))
    assert [e.id for e in plan.planned] == ["kept"]
