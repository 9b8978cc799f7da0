"""What a report says of fits: hidden with their estimates, and laid beside what was published before."""

import numpy as np
import pandas as pd
import pytest

from dww_analysis.effects.facts import fact_tables, with_facts
from dww_analysis.effects.record import team_sizes
from dww_analysis.errors import NOT_ESTIMATED, FitError, openly
from dww_analysis.multilevel.errors import MultilevelError
from dww_analysis.privacy.gate import let_out
from dww_analysis.privacy.published import as_published, state_of

FIT = {
    "entry": "learning", "outcome": "learning", "formula": "score ~ wave + (1 | team)", "family": "gaussian",
    "estimation": "REML", "methods": ["constrained_baseline"], "warnings": ["learning: a note of the program"],
    "n_obs": 240, "n_groups": {"team": 20}, "team_size": {"min": 3, "mean": 9.2, "max": 14},
    "log_likelihood": -123.42, "converged": True, "boundary": [], "icc": {"team": 0.123456},
    "search": {"starts": 2, "evaluations": 41, "max_gradient": 1e-7, "smallest_curvature": 0.4}, "means": [1],
}  # fmt: skip


def facts_of(fits, persons, hidden=()):
    tables = let_out(fact_tables(fits, persons), 8)
    return with_facts(fits, tables, hidden)


def test_a_shown_fit_keeps_its_facts_but_for_teams_of_a_few():
    found = facts_of({"learning": FIT}, {"learning": 180})["learning"]
    for name in ("formula", "n_obs", "log_likelihood", "warnings", "converged"):
        assert found[name] == FIT[name]
    assert (found["icc"], found["n_groups"]) == (FIT["icc"], FIT["n_groups"])
    assert np.isnan(found["team_size"]["min"]) and found["team_size"]["max"] == 14


@pytest.mark.parametrize(
    ("organisations", "told"),
    [
        ({"o1": (3, 20, 12), "o2": (14, 9, 30)}, {"min": 3, "max": 30}),
        ({"o1": (3, 30), "o2": (14, 9, 20)}, {}),  # 33 of the organisation, 30 of the largest team
        ({"o1": (9, 30), "o2": (14, 9, 20)}, {"min": 9, "max": 30}),
        ({"o1": (3, 30)}, {}),
    ],
)
def test_the_largest_team_does_not_tell_the_size_of_the_small_one_beside_it(organisations, told):
    rows = [
        {"organisation": o, "arm": "a", "team": f"{o}{t}", "person": f"{o}{t}{i}"}
        for o, sizes in organisations.items()
        for t, n in enumerate(sizes)
        for i in range(n)
    ]
    found = team_sizes(pd.DataFrame(rows), 8)
    assert {name: found[name] for name in ("min", "max") if name in found} == told


def test_of_a_hidden_estimate_nothing_is_told():
    """Not even that there is a model: where hardly anybody says yes there is none."""
    found = facts_of({"learning": FIT | {"methods": ["unit_shares", "no_odds_ratio"]}}, {}, ["learning"])
    assert found == {"learning": {"entry": "learning", "outcome": "learning", "hidden": True}}


@pytest.mark.parametrize("why", ["zero counts are separated exactly by arm", "all 31 answers are the same"])
def test_why_an_entry_failed_does_not_tell_what_everybody_said(why):
    error = FitError.of(
        found="the model of `x` cannot be estimated", where="plan.yaml", expected="", action="", detail=why
    )
    failed = {"entry": "x", "failed": str(error), "failed_openly": openly(error)}
    found = facts_of({"x": failed}, {})["x"]
    assert why in failed["failed"]  # the terminal says it
    assert (
        found["failed"] == "plan.yaml: the model of `x` cannot be estimated" and "failed_openly" not in found
    )


def test_of_a_refusal_by_an_engine_no_word_is_told():
    said = "all 31 answers are the same"
    assert said not in openly(MultilevelError(said)) and openly(MultilevelError(said)) == NOT_ESTIMATED


def test_that_an_arm_has_no_answers_is_told():
    found = "`x` cannot be estimated: no answers of control at wave 2"
    error = FitError.of(found=found, where="plan.yaml", expected="", action="")
    assert found in openly(error)


def test_facts_of_a_fit_keep_what_was_published_when_a_few_persons_came():
    """One answer more moves the log-likelihood by what that answer is from the model."""
    estimates = pd.DataFrame(
        {
            "id": ["learning"], "entry": ["learning"], "estimate": [0.31], "n_persons": [180], "n_smallest": [80],
            "summary": ["mean_difference"], "suppressed": [False], "suppressed_columns": [""],
        }
    )  # fmt: skip
    before = {"estimates": estimates, **let_out(fact_tables({"learning": FIT}, {"learning": 180}), 8)}
    earlier = state_of(as_published(before, {}, 8)[0])
    later = FIT | {"n_obs": 241, "log_likelihood": -126.9, "icc": {"team": 0.2}}
    after = {
        "estimates": estimates.assign(estimate=0.33, n_persons=181),
        **let_out(fact_tables({"learning": later}, {"learning": 181}), 8),
    }
    shown, _ = as_published(after, earlier, 8)
    found = with_facts({"learning": later}, {n: shown[n] for n in shown if n != "estimates"}, ())["learning"]
    assert (found["n_obs"], round(found["log_likelihood"], 1), round(found["icc"]["team"], 3)) == (
        240,
        -123.4,
        0.123,
    )
