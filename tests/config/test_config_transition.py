"""Waves in transition do not count: no estimate, arrow or design may rest on them alone."""

import pytest
from pydantic import ValidationError

from dww_analysis.config.entries import check_place
from dww_analysis.config.plan import EntryConfig, PlanConfig
from dww_analysis.config.study import StudyConfig
from dww_analysis.config.theory import ArrowConfig, NodeConfig, TheoryConfig, _lag

FAMILIES = {"primary": {"adjust": "holm", "label": {"nl": "p", "en": "p"}}}
NODES = {"support": {"arm": True, "label": "s"}, "potential": {"scale": "p", "label": "p"}}


def study(transition):
    return StudyConfig.model_validate(
        {
            "study": "steps",
            "title": {"nl": "s", "en": "s"},
            "data": "invented",
            "delivered": "2026-01-01",
            "design": "stepped_wedge",
            "waves": [{"number": n, "label": str(n)} for n in range(4)],
            "arms": [{"id": "before", "label": "b"}, {"id": "after", "label": "a"}],
            "allocation": {
                "unit": "team",
                "source": "list",
                "randomised": True,
                "transition_waves": transition,
            },
        }
    )


def exposure_problems(exposure, transition, **more):
    entry = {"id": "a", "outcome": "p", "family": "primary", "question": "q", "exposure": exposure, **more}
    plan = PlanConfig.model_validate({"families": FAMILIES, "primary": "primary", "entries": [entry]})
    return check_place(EntryConfig.model_validate(entry), plan, study(transition), "plan.yaml")


def lag_problems(lag, transition):
    arrow = {"from": "support", "to": "potential", "lag": lag}
    theory = TheoryConfig.model_validate({"nodes": NODES, "arrows": [arrow]})
    return list(
        _lag(ArrowConfig.model_validate(arrow), "the arrow", theory, study(transition), "theory.yaml")
    )


@pytest.mark.parametrize(
    ("at", "transition", "fits"), [(1, 0, True), (1, 1, False), (2, 1, True), (4, 3, True)]
)
def test_what_is_compared_lies_after_the_transition(at, transition, fits):
    for found in (exposure_problems(at, transition), lag_problems(at, transition)):
        assert (found == []) == fits
        assert fits or f"{transition + 1} " in found[0].expected


def test_the_message_says_why():
    (problem,) = exposure_problems(1, 1)
    assert problem.expected == "mean, or 2 to 4: answers of waves in transition do not count"
    (problem,) = lag_problems(1, 2)
    assert problem.expected == "a lag of 3 (the first wave after the transition) to 4"


def test_a_wave_and_an_exposure_that_cannot_be_are_told_together():
    found = [p.found for p in exposure_problems(1, 1, wave=2)]
    assert found == ["entry `a` has a `wave`", "entry `a` has exposure 1"]


def test_a_transition_leaves_waves_to_compare():
    with pytest.raises(ValidationError, match="fewer `transition_waves` than there are waves"):
        study(4)
    assert NodeConfig.model_validate(NODES["support"]).measured
