"""How far units lie apart: from the variances of a model, by hand, and nothing where these do not say it."""

import math

import numpy as np
import pandas as pd
import pytest

from dww_analysis.domain.study import level_of
from dww_analysis.effects.unit_spread import spread_of_units


def components(*rows):
    table = pd.DataFrame(rows, columns=["group", "estimate", "term_1", "term_2"])
    return table.assign(entry="learning")


def row(group, estimate, first="(Intercept)", second=""):
    return (group, estimate, first, second)


PERSONS = (row("person", 0.30), row("Residual", 0.21, ""))


def test_variances_of_teams_over_all_waves_and_at_one_add_up():
    found = spread_of_units(components(row("team", 0.0239), row("team:wave", 0.0204), *PERSONS), "team")
    assert found == pytest.approx(math.sqrt(0.0443))


def test_what_teams_lie_in_counts_where_the_model_draws_it_by_chance():
    both = components(row("organisation", 0.04), row("team", 0.05), row("organisation:wave", 0.0), *PERSONS)
    assert spread_of_units(both, "team") == pytest.approx(0.3)
    assert spread_of_units(both, "organisation") == pytest.approx(0.2)


def test_units_are_found_however_a_formula_writes_them():
    """As `organisation/team` and `team/wave` name them."""
    nested = components(row("organisation", 0.04), row("team:organisation", 0.05), *PERSONS)
    assert spread_of_units(nested, "team") == pytest.approx(0.3)
    assert spread_of_units(components(row("team", 0.04), row("wave:team", 0.05), *PERSONS), "team") == (
        pytest.approx(0.3)
    )


def test_no_variance_between_units_is_no_spread():
    assert spread_of_units(components(row("team", 0.0), *PERSONS), "team") == 0


@pytest.mark.parametrize(
    "rows",
    [
        PERSONS,  # a model without teams
        (row("team", 0.05), row("team", 0.01, "time"), *PERSONS),
        (row("team", 0.05), row("team", -0.2, "(Intercept)", "time"), *PERSONS),
        (row("team", np.nan), *PERSONS),  # hidden
    ],
)
def test_where_the_variances_do_not_say_it_nothing_is_said(rows):
    assert spread_of_units(components(*rows), "team") is None
    assert spread_of_units(components(*rows), "person") is None


@pytest.mark.parametrize(
    ("group", "level"),
    [
        ("team", "team"),
        ("team:organisation", "team"),
        ("organisation/team", "team"),
        ("wave:team:organisation", "team:wave"),
        ("team:wave", "team:wave"),
        ("person:team", "person"),
        ("wave", "wave"),
        ("team:shift", "team:shift"),
        ("Residual", "Residual"),
    ],
)
def test_what_a_group_is_about(group, level):
    assert level_of(group) == level
