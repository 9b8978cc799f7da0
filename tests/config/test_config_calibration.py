"""`calibration` of plan.yaml: what it may hold, its defaults, and that it decides no estimate."""

import pytest
from pydantic import ValidationError

from dww_analysis.config.plan import CalibrationConfig
from dww_analysis.domain.plan import Calibration


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
