"""The eliminated likelihood and its derivatives against the dense covariance matrix, for every structure and path."""

from dataclasses import replace

import numpy as np
import pytest
from solver_designs import STRUCTURES, dense_fit, make_design

from dww_analysis.multilevel.gaussian import fast, jets, scaling, statistics, structure
from dww_analysis.multilevel.gaussian.chain import Chain
from dww_analysis.multilevel.gaussian.likelihood import Criterion

EXACT = 1e-9  # two exact algorithms, rounding only
DIFFERENCE = 1e-5  # central differences with step 1e-5


def differences(f, at):
    steps = 1e-5 * np.eye(len(at))
    return np.array([(f(at + h) - f(at - h)) / 2e-5 for h in steps])


def some_theta(criterion, seed=3):
    return np.random.default_rng(seed).normal(size=len(criterion.theta_scales))


@pytest.fixture(params=["narrow", "wide"])
def path(request, monkeypatch):
    """The chain of links, and the sparse path that wide crossed designs take."""
    if request.param == "wide":
        monkeypatch.setattr(structure, "WIDEST_SPREAD", 0)
    return request.param


@pytest.mark.parametrize("name", STRUCTURES)
@pytest.mark.parametrize("method", ["REML", "ML"])
def test_criterion_and_derivatives(name, method, path):
    design = make_design(name, weighted=method == "REML")
    criterion = Criterion.of(design, method)
    theta = some_theta(criterion)
    value, gradient = criterion.gradient(theta)
    assert value == pytest.approx(
        dense_fit(design, theta * criterion.theta_scales, method).criterion, abs=EXACT
    )
    np.testing.assert_allclose(gradient, differences(criterion.value, theta), atol=DIFFERENCE)
    expansion = criterion.expand(theta)
    first, second = expansion.criterion_derivatives
    assert expansion.value() == pytest.approx(value, abs=EXACT)
    np.testing.assert_allclose(first, gradient, atol=EXACT)
    np.testing.assert_allclose(
        second, differences(lambda t: criterion.gradient(t)[1], theta), atol=DIFFERENCE
    )


@pytest.mark.parametrize("name", STRUCTURES)
def test_gradient_where_a_variance_is_zero(name, path):
    criterion = Criterion.of(make_design(name), "REML")
    theta = some_theta(criterion)
    theta[0] = 0.0
    np.testing.assert_allclose(
        criterion.gradient(theta)[1], differences(criterion.value, theta), atol=DIFFERENCE
    )


@pytest.mark.parametrize("name", STRUCTURES)
def test_a_new_response_changes_nothing_else(name, path):
    design = make_design(name, weighted=True)
    criterion = Criterion.of(design, "REML")
    theta = some_theta(criterion)
    y = np.random.default_rng(8).normal(size=design.n)
    again = criterion.with_response(y).expand(theta)
    from dataclasses import replace

    fresh = Criterion.of(replace(design, y=y), "REML").expand(theta)
    assert again.value() == pytest.approx(fresh.value(), abs=EXACT)
    np.testing.assert_allclose(again.criterion_derivatives[1], fresh.criterion_derivatives[1], atol=1e-8)


@pytest.mark.parametrize("name", STRUCTURES)
@pytest.mark.parametrize("way", ["whole chain", "link by link"])
def test_compiled_loops_give_the_same_numbers(name, way, monkeypatch):
    pytest.importorskip("numba")
    if way == "link by link":
        monkeypatch.setattr(Chain, "program", None)
    design = make_design(name, weighted=True)
    plain = Criterion.of(design, "REML")
    theta = some_theta(plain)
    y = np.random.default_rng(8).normal(size=design.n)
    expected, refit = plain.expand(theta), plain.with_response(y).expand(theta)
    monkeypatch.setattr(fast, "WORTH_COMPILING", 0)
    quick = Criterion.of(design, "REML")
    for found, stored in ((quick.expand(theta), expected), (quick.with_response(y).expand(theta), refit)):
        assert found.value() == pytest.approx(stored.value(), abs=EXACT)
        np.testing.assert_allclose(found.fit.inverse, stored.fit.inverse, atol=EXACT)
        for compiled, numpy in zip(found.derivatives, stored.derivatives, strict=True):
            np.testing.assert_allclose(compiled, numpy, atol=1e-8)
        move = np.full(len(theta), 1e-3)
        for compiled, numpy in zip(
            found.moved(move).derivatives, stored.moved(move).derivatives, strict=True
        ):
            np.testing.assert_allclose(compiled, numpy, atol=1e-8)


@pytest.mark.parametrize("name", ["nested", "team by wave beside person"])
def test_units_in_turns_give_the_same_numbers(name, monkeypatch):
    criterion = Criterion.of(make_design(name), "REML")
    theta = some_theta(criterion)
    expected = criterion.expand(theta).criterion_derivatives[1]
    monkeypatch.setattr(jets, "AT_ONCE", 50)
    monkeypatch.setattr(statistics, "CHUNK", 7)
    again = Criterion.of(make_design(name), "REML").expand(theta).criterion_derivatives[1]
    np.testing.assert_allclose(again, expected, atol=1e-8)


@pytest.mark.parametrize("name", STRUCTURES)
@pytest.mark.parametrize("compile_from", [0, 10**9])
def test_rows_in_turns_give_the_same_statistics(name, compile_from, monkeypatch):
    """Columns are made some rows at a time; those that are equal in the first rows alone keep places of their own."""
    if not compile_from:
        pytest.importorskip("numba")
    monkeypatch.setattr(fast, "WORTH_COMPILING", compile_from)
    design = make_design(name, weighted=True)
    first, *others = design.random
    late = first.Z.copy()
    late[-1] *= -1.0
    design = replace(design, random=(replace(first, Z=late), *others))
    whole = Criterion.of(design, "REML")
    theta, y = some_theta(whole), np.random.default_rng(8).normal(size=design.n)
    expected = [c.expand(theta) for c in (whole, whole.with_response(y))]
    for module in (scaling, statistics):
        monkeypatch.setattr(module, "CHUNK", 11)
    turns = Criterion.of(design, "REML")
    for c, stored in zip((turns, turns.with_response(y)), expected, strict=True):
        found = c.expand(theta)
        assert found.value() == pytest.approx(stored.value(), abs=1e-9)
        for mine, theirs in zip(found.derivatives, stored.derivatives, strict=True):
            np.testing.assert_allclose(mine, theirs, atol=1e-7)


def test_structure_of_a_plan():
    nested = structure.plan_elimination(make_design("nested"))
    assert [link.n_units for link in nested.links] == sorted(
        (link.n_units for link in nested.links), reverse=True
    )
    assert not nested.wide and not any(link.local for link in nested.links)
    beside = structure.plan_elimination(make_design("team by wave beside person"))
    home = beside.links[-1]
    assert {part.term for part in home.parts} == {0, 1} and home.local  # team by wave is spread inside teams
    crossed = structure.plan_elimination(make_design("crossed"))
    assert crossed.links[-1].n_units == 1  # nothing contains both factors but the whole data
