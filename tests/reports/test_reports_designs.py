"""Sentences of a page are true of its design: what was allocated, whether by lot, and arms or starts."""

from __future__ import annotations

from dataclasses import replace

import invented_checks as checks
import invented_reports as made
import pandas as pd
import pytest
from page_reader import part, read_page

from dww_analysis.domain.analyses import permutation_of, robust_by
from dww_analysis.reports import build_report

UNITS = ("person", "team", "organisation")


def study_of(unit="team", design="parallel_cluster", randomised=True, **changes):
    """The invented study with another design."""
    allocation = replace(made.trial_study().allocation, unit=unit, randomised=randomised, strata=None)
    return made.trial_study(design=design, allocation=allocation, **changes)


def page_of(study, language="en", **tables):
    trial = made.trial()
    everything = trial["tables"] | checks.tables() | tables
    return part(
        read_page(build_report(figures=[], **(trial | {"study": study, "tables": everything}))["index.html"]),
        language,
    )


def node(page, identity):
    return next(n for n in page.walk() if n.get("id") == identity)


def checked(unit):
    """The invented other analyses, with the checks at a unit of allocation."""
    table = checks.sensitivity()
    permuted = table["analysis"] == permutation_of("team")
    robust = table[permuted].assign(analysis=robust_by(unit), n_allocations=float("nan"))
    table.loc[permuted, "analysis"] = permutation_of(unit)
    return pd.concat([table, robust], ignore_index=True)


# --- checks at the unit of allocation


@pytest.mark.parametrize("unit", UNITS)
def test_the_methods_say_at_which_unit_checks_were_made(unit):
    page = page_of(study_of(unit), sensitivity=checked(unit))
    methods, others = node(page, "methods-en").text(), node(page, "table-sensitivity-primary-en").text()
    assert f"Cluster-robust errors by {unit} are of type CR2" in methods
    assert f"The permutation test allocates the {unit}s to the arms again" in methods
    assert "Each time it recomputes the planned estimate." in methods
    assert "Pustejovsky" in methods and "Gail" in methods
    assert f"cluster-robust by {unit}" in others and f"permutation of {unit}s" in others
    assert f"allocations of {unit}s were computed" in others
    assert "Cluster-robust: CR2" in others and "interval of the permutation" in others


def test_notes_about_checks_stand_only_where_those_were_made():
    table = checks.sensitivity()
    without = table[table["analysis"] != permutation_of("team")]
    others = node(page_of(study_of(), sensitivity=without), "table-sensitivity-primary-en").text()
    assert "Cluster-robust" not in others and "permutation" not in others
