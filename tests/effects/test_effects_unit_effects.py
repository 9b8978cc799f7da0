"""What is left of units when chance is allowed for: the textbook's shrinkage, and numbers that tell nothing."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from effects_studies import data_of, entry, plan_of, trial_scores, trial_study

from dww_analysis.effects.estimate import fit_entry
from dww_analysis.effects.unit_effects import unit_effects, unit_number

FORMULA = "y ~ 1 + (1 | team)"
CLOSE = 1e-6  # of a variance that was searched for


def one_wave(seed: int = 1, sizes=(12,) * 10) -> pd.DataFrame:
    """Teams that differ, at one wave."""
    rng = np.random.default_rng(seed)
    rows = [
        (f"p{team}_{i}", f"t{team}", 3 + shift + 0.8 * rng.normal())
        for team, (n, shift) in enumerate(zip(sizes, rng.normal(0, 0.5, len(sizes)), strict=True))
        for i in range(n)
    ]
    table = pd.DataFrame(rows, columns=["person", "team", "score"])
    return table.assign(sample="main", wave=0, organisation="o1", arm="control", scale="y")


def found_in(scores: pd.DataFrame, formula: str = FORMULA):
    study = dataclasses.replace(trial_study(), arms=(), allocation=None, design="waves_only", min_cell_size=2)
    one = entry(formula=formula, term="(Intercept)", standardise=False)
    data = dataclasses.replace(data_of(one, scores, study=study), plan=plan_of(one))
    return data, fit_entry(data)


def test_a_unit_is_drawn_to_the_mean_by_the_formula_of_one_way_random_effects():
    scores = one_wave()
    data, fit = found_in(scores)
    found = pd.DataFrame(unit_effects(data, fit)["rows"])
    means = scores.groupby("team")["score"].mean()
    within = scores.groupby("team")["score"].var().mean()
    between = means.var() - within / 12  # analysis of variance, which REML gives where units are of one size
    kept = between / (between + within / 12)
    assert sorted(found["observed"]) == pytest.approx(sorted(means - means.mean()), abs=CLOSE)
    assert found["estimate"].to_numpy() == pytest.approx(kept * found["observed"].to_numpy(), rel=1e-4)
    error = np.sqrt(between * (1 - kept))
    assert unit_effects(data, fit)["std_error"] == pytest.approx(error, rel=1e-3)


def test_the_number_of_a_unit_tells_neither_its_place_nor_its_size():
    few = one_wave(sizes=(4, 30, 9, 12, 12, 15, 6, 8))
    data, fit = found_in(few)
    rows = {row["point"]: row for row in unit_effects(data, fit)["rows"]}
    assert set(rows) == {unit_number(entry().id, f"t{i}") for i in range(8)}
    assert rows[unit_number(entry().id, "t1")]["n_persons"] == 30
    moved = few.assign(score=few["score"] + (few["team"] == "t1"))
    again = unit_effects(*found_in(moved))["rows"]
    assert {row["point"] for row in again} == set(rows)


def test_teams_within_organisations_are_units_as_those_that_stand_alone():
    """`organisation/team` calls them `team:organisation`: the figure of units was left out, and nothing said so."""
    scores = one_wave().assign(organisation=lambda t: "o" + (t["team"].str[1:].astype(int) % 3).astype(str))
    nested, alone = (
        unit_effects(*found_in(scores, f"y ~ 1 + {terms}"))
        for terms in ("(1 | organisation/team)", "(1 | organisation) + (1 | team)")
    )
    assert nested["unit"] == alone["unit"] == "team" and len(nested["rows"]) == len(alone["rows"]) == 10
    for name in ("observed", "estimate", "n_persons"):
        both = (sorted(row[name] for row in found["rows"]) for found in (nested, alone))
        assert next(both) == pytest.approx(next(both), abs=1e-5)
    same = scores.assign(team=scores["team"].str[1:].astype(int).floordiv(3).astype(str))
    assert len(unit_effects(*found_in(same, "y ~ 1 + (1 | organisation/team)"))["rows"]) == 10


def test_there_are_no_units_without_an_effect_of_units():
    scores = trial_scores(team_by_wave=False)
    data, fit = found_in(scores, "y ~ wave_number + (1 | person)")
    assert unit_effects(data, fit) == {}
