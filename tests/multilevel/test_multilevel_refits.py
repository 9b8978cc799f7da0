"""Many responses side by side: the same numbers as one fit after the other, compiled or in numpy, at boundaries too."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from solver_designs import dense_fit, dense_kenward_roger, make_design
from trial_designs import ORGANISATION_TRIAL, TEAM_TRIAL, trial_rows, trial_score

from dww_analysis.multilevel import DesignError, FormulaError, MethodError, fit
from dww_analysis.multilevel.gaussian import batch_search, fast, refit_blocks
from dww_analysis.multilevel.gaussian.batch import (
    Evaluation,
    batch_design,
    independent_columns,
    reduce_responses,
    scale_responses,
)
from dww_analysis.multilevel.gaussian.batch_numpy import evaluate_numpy, factors
from dww_analysis.multilevel.gaussian.batch_plain import evaluate_plain
from dww_analysis.multilevel.gaussian.batch_search import bounded_minimum
from dww_analysis.multilevel.gaussian.batch_units import inverse_of_one_and, stacked, stacked_sums
from dww_analysis.multilevel.gaussian.blup import criterion_of
from dww_analysis.multilevel.gaussian.kenward_roger import KenwardRoger, one_row_df
from dww_analysis.multilevel.gaussian.refit import refit, refit_many
from dww_analysis.multilevel.gaussian.solve import solve_gaussian
from dww_analysis.multilevel.inference.kenward_roger import denominator_df

SAME = 1e-8  # relative; what a refit promises, whichever way it was searched
FLOOR = 1e-3  # estimates and components below this are compared absolutely
EXACT = 1e-11  # relative; one formula evaluated in two ways

# random terms of one column each, over fixed effects of every level
MODELS = {
    "teams allocated": TEAM_TRIAL,
    "organisations allocated": ORGANISATION_TRIAL,
    "persons' covariate": "score ~ wave * arm + age + (1 | team) + (1 | team:wave) + (1 | person)",
    "nobody seen twice": "score ~ wave + treated_2 + (1 | team) + (1 | team:wave)",
    "one factor": "score ~ age + treated_2 + (1 | person)",
    "uncorrelated slope": "score ~ arm + (1 | team) + (0 + age | team) + (1 | person)",
}


@pytest.fixture(scope="module")
def rows():
    return trial_rows()


@pytest.fixture(scope="module")
def trial(rows):
    return fit(TEAM_TRIAL, rows)


def boundary_outcomes(rows, n, seed=3):
    """Components of which many are estimated at zero."""
    rng = np.random.default_rng(seed)
    sds = rng.choice([0.0, 0.03, 0.1, 0.4], size=(n, 3))
    return np.column_stack([trial_score(rows, rng, team=t, team_wave=w, person=p) for t, w, p in sds])


def difference(found, expected):
    found, expected = np.asarray(found), np.asarray(expected)
    return float(np.max(np.abs(found - expected) / np.maximum(np.abs(expected), FLOOR)))


def assert_same(found, solutions):
    """Every number of a RefitMany against solutions with Kenward-Roger."""
    tests = [KenwardRoger(s) for s in solutions]
    unit = np.eye(len(solutions[0].beta))
    assert difference(found.estimate, [s.beta for s in solutions]) < SAME
    assert difference(found.std_error, [np.sqrt(np.diag(t.vcov)) for t in tests]) < SAME
    assert difference(found.df, [t.df(unit) for t in tests]) < SAME
    assert difference(found.theta, [s.theta for s in solutions]) < SAME
    assert difference(found.sigma, [s.sigma for s in solutions]) < SAME
    assert difference(found.log_likelihood, [s.log_likelihood for s in solutions]) < SAME
    np.testing.assert_array_equal(found.theta == 0, [s.theta == 0 for s in solutions])
    np.testing.assert_array_equal(found.at_boundary, [bool(s.boundary) for s in solutions])
    np.testing.assert_array_equal(found.converged, [s.converged for s in solutions])


@pytest.fixture(params=["compiled", "numpy"])
def way(request, monkeypatch):
    """Side by side in compiled loops, however few the responses, and without them."""
    if request.param == "compiled":
        pytest.importorskip("numba")
        monkeypatch.setattr(refit_blocks, "WORTH_LOADING", 0)
    else:
        monkeypatch.setattr(refit_blocks, "compiled", lambda name: None)
    return request.param


def both_evaluations(criterion, Y, ratios, way):
    contrasts = np.ascontiguousarray(criterion.scaling.T.T)
    which, report = np.arange(Y.shape[1]), np.ones(Y.shape[1], dtype=bool)
    sizes = (Y.shape[1], ratios.shape[1], contrasts.shape[1], len(contrasts))
    plain, together = Evaluation.empty(*sizes), Evaluation.empty(*sizes)
    criteria = [criterion.with_response(y) for y in Y.T]
    evaluate_plain(criteria, which, ratios, report, contrasts, plain)
    design = batch_design(criterion)
    sums = reduce_responses(design.rows, scale_responses(criterion, Y).values, design.units.total.shape[1])
    how = (report, contrasts, float(criterion.divisor), criterion.reml, criterion.reml, together)
    if way == "compiled":
        fast.compiled("evaluate_loop")(design.units, sums, which, ratios, *how)
    else:
        units = stacked(design.units)
        evaluate_numpy(units, stacked_sums(units, sums), which, ratios, *how)
    return plain, together


@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize("name", MODELS)
def test_points_side_by_side_are_the_plain_ones(name, method, rows, way):
    m = fit(MODELS[name], rows, method=method)
    criterion, rng = criterion_of(m.solution), np.random.default_rng(1)
    ratios = rng.choice([0.0, 1e-4, 0.1, 1.0, 20.0], size=(11, len(m.solution.theta)))
    plain, together = both_evaluations(criterion, m.simulate(11, 1), ratios, way)
    for part, one, other in zip(plain._fields[:-1], plain[:-1], together[:-1], strict=True):
        finite = np.isfinite(one)
        np.testing.assert_array_equal(finite, np.isfinite(other))
        scale = np.abs(one[finite]).max()
        np.testing.assert_allclose(other[finite], one[finite], rtol=1e-7, atol=EXACT * scale, err_msg=part)


def test_weighted_rows_are_reduced_alike(way):
    solution = solve_gaussian(make_design("team by wave beside person", weighted=True))
    ratios = np.random.default_rng(2).uniform(0, 2, size=(5, 3))
    Y = np.random.default_rng(3).normal(size=(solution.design.n, 5))
    plain, together = both_evaluations(criterion_of(solution), Y, ratios, way)
    np.testing.assert_allclose(together.value, plain.value, rtol=EXACT)
    np.testing.assert_allclose(together.tests, plain.tests, rtol=1e-8)


def test_a_matrix_without_a_factor_leaves_those_beside_it_theirs():
    A = np.stack([np.eye(2) * 4, np.diag([1.0, -1.0]), np.eye(2)])
    found = factors(A)
    np.testing.assert_array_equal(found[[0, 2]], [np.eye(2) * 2, np.eye(2)])
    assert np.isnan(found[1]).all()


def test_small_inverses_take_the_largest_pivot():
    X = np.random.default_rng(9).normal(size=(4, 4, 3, 5)) * 3
    X[0, 0] = -1.0  # without exchanging rows the first pivot would be zero
    one = np.moveaxis(X, (0, 1), (-2, -1)) + np.eye(4)
    inverse, log_det = inverse_of_one_and(X.copy())
    np.testing.assert_allclose(np.moveaxis(inverse, (0, 1), (-2, -1)), np.linalg.inv(one), rtol=1e-9)
    np.testing.assert_allclose(log_det, np.linalg.slogdet(one)[1].sum(axis=0), rtol=1e-10)


def test_df_of_one_row_are_the_general_formula():
    A = np.array([1e-3, 0.02, 0.3, 0.5, 0.9, 2.0, 0.0])  # df 4 and infinite df once divided by zero
    np.testing.assert_allclose(one_row_df(A), [denominator_df(1, a, a)[0] for a in A], rtol=1e-12)


@pytest.mark.long
@pytest.mark.parametrize("name", ["teams allocated", "organisations allocated", "one factor"])
def test_many_are_one_after_the_other(name, rows, way):
    m = fit(MODELS[name], rows)
    Y = np.hstack([m.simulate(72, 2), boundary_outcomes(rows, 8)])
    found = refit_many(m.solution, Y)
    assert found.n_full_searches == 0 and found.converged.all()
    picked = [*range(4), *range(72, 80)]
    some = replace(found, **{k: v[picked] for k, v in vars(found).items() if isinstance(v, np.ndarray)})
    assert_same(some, [refit(m.solution, Y[:, i]) for i in picked])


@pytest.mark.parametrize(
    ("formula", "choices"),
    [
        ("score ~ age + treated_2 + (1 | team) + (1 | person)", {"weights": "weight", "offset": "known"}),
        ("score ~ age + (1 | team) + (1 | wave)", {}),
        ("score ~ age + (1 | wave) + (1 | team / person)", {"offset": "known"}),
    ],
    ids=["weights and offset", "crossed", "crossed and nested"],
)
def test_other_designs_with_rows_left_out(formula, choices, rows, way):
    rng, n = np.random.default_rng(7), len(rows)
    holes = rows.assign(weight=rng.uniform(0.5, 2, n), known=rng.normal(size=n))
    m = fit(formula, holes.assign(age=holes["age"].where(rng.random(n) > 0.1)), **choices)
    assert m.n_dropped > 0 and batch_design(criterion_of(m.solution)) is not None
    Y = m.simulate(5, 3)
    assert_same(refit_many(m.solution, Y), [refit(m.solution, y) for y in Y.T])


def test_searches_that_begin_elsewhere_end_at_the_same_place(trial, rows):
    Y = np.hstack([trial.simulate(6, 2), boundary_outcomes(rows, 6)])
    known = refit_many(trial.solution, Y)
    starts = (np.full(3, 0.6), known.theta, np.random.default_rng(1).uniform(0, 1, known.theta.shape))
    for near in starts:
        found = refit_many(trial.solution, Y, near=near)
        assert found.n_full_searches == 0 and found.converged.all()
        for part in ("estimate", "std_error", "df", "theta", "sigma", "log_likelihood"):
            assert difference(getattr(found, part), getattr(known, part)) < SAME
        np.testing.assert_array_equal(found.at_boundary, known.at_boundary)


@pytest.mark.slow
@pytest.mark.parametrize(("formula", "n"), [(TEAM_TRIAL, 2_000), (ORGANISATION_TRIAL, 400)])
def test_two_thousand_are_one_after_the_other(formula, n, rows, way):
    solution = fit(formula, rows).solution
    Y = boundary_outcomes(rows, n)
    found = refit_many(solution, Y)
    assert found.at_boundary.mean() > 0.3
    assert_same(found, [refit(solution, y) for y in Y.T])


@pytest.mark.parametrize(
    ("formula", "n", "asked"),
    [(TEAM_TRIAL, 400, []), (ORGANISATION_TRIAL, 2, []), (ORGANISATION_TRIAL, 200, ["evaluate_loop"])],
)
def test_compiled_loops_are_loaded_where_they_win_back_what_loading_costs(
    formula, n, asked, rows, monkeypatch
):
    """Neither for a few hundred refits of a small design, nor for a handful of a large one."""
    found = []
    monkeypatch.setattr(refit_blocks, "compiled", lambda name: found.append(name))
    solution = fit(formula, rows).solution
    criterion, L = criterion_of(solution), np.eye(len(solution.beta))
    refit_blocks._ways(refit_blocks.Task(solution, criterion, "kenward-roger", L, KenwardRoger, n, refit))
    assert found == asked


def test_without_numba_the_numbers_are_the_same(trial, rows, monkeypatch):
    pytest.importorskip("numba")
    monkeypatch.setattr(refit_blocks, "WORTH_LOADING", 0)
    Y = boundary_outcomes(rows, 300)  # more than one block
    compiled = refit_many(trial.solution, Y)
    monkeypatch.setattr(refit_blocks, "compiled", lambda name: None)
    plain = refit_many(trial.solution, Y)
    for name, value in vars(compiled).items():
        if isinstance(value, np.ndarray):
            assert difference(value.astype(float), getattr(plain, name).astype(float)) < SAME, name
    assert plain.n_full_searches == 0


def test_two_terms_over_the_finest_groups_are_searched_point_by_point(rows):
    solution = fit("score ~ wave + (1 | team) + (1 | person) + (0 + age | person)", rows).solution
    assert batch_design(criterion_of(solution)) is None
    Y = boundary_outcomes(rows, 3)
    assert_same(refit_many(solution, Y), [refit(solution, y) for y in Y.T])


@pytest.mark.parametrize("name", ["teams allocated", "uncorrelated slope"])
def test_standard_errors_before_the_adjustment_stand_beside(name, rows):
    m = fit(MODELS[name], rows)
    Y = m.simulate(3, 6)
    found, normal = refit_many(m.solution, Y), refit_many(m.solution, Y, "normal")
    for i, y in enumerate(Y.T):
        np.testing.assert_allclose(
            found.unadjusted[i], np.sqrt(np.diag(refit(m.solution, y).vcov)), rtol=SAME
        )
    np.testing.assert_allclose(normal.unadjusted, normal.std_error, rtol=1e-12)
    assert (found.std_error >= found.unadjusted).any()


def test_what_does_not_settle_is_searched_in_full_and_counted(trial, rows, monkeypatch):
    Y = boundary_outcomes(rows, 3)
    settled = refit_many(trial.solution, Y)
    monkeypatch.setattr(batch_search, "MAX_STEPS", 0)
    monkeypatch.setattr(refit_blocks, "one_by_one", _counting(refit_blocks.one_by_one, calls := []))
    found = refit_many(trial.solution, Y)
    assert found.n_full_searches == 3 and found.searched_in_full.all() and calls == [3]
    assert "3 searched in full" in repr(found) and "0 searched in full" in repr(settled)
    assert difference(found.df, settled.df) < 1e-4  # the general search stops where nothing is gained


def _counting(function, calls):
    def counted(task, Y, which, part):
        calls.append(len(which))
        return function(task, Y, which, part)

    return counted


def test_a_boundary_refit_is_the_dense_one():
    """Criterion, standard errors and df from n x n matrices, at an optimum with a component at zero."""
    solution = solve_gaussian(make_design("team by wave beside person"))
    rng, person = np.random.default_rng(8), solution.design.random[2].codes
    Y = rng.normal(size=(person.max() + 1, 80))[person] + rng.normal(size=(solution.design.n, 80))
    found = refit_many(solution, Y)
    i = int(np.flatnonzero((found.theta == 0).sum(axis=1) == 1)[0])
    design = replace(solution.design, y=Y[:, i])
    dense, kr = dense_fit(design, found.theta[i]), dense_kenward_roger(design, found.theta[i])
    assert found.log_likelihood[i] == pytest.approx(-dense.criterion / 2, rel=1e-10)
    np.testing.assert_allclose(found.estimate[i], dense.beta, rtol=1e-8)
    np.testing.assert_allclose(found.std_error[i], np.sqrt(np.diag(kr.vcov)), rtol=1e-8)
    np.testing.assert_allclose(found.df[i], [kr.df(row[None])[0] for row in np.eye(4)], rtol=1e-6)
    for step in (1e-4, 1e-3, 1e-2):  # no way is down
        for r in range(3):
            beside = found.theta[i].copy()
            beside[r] += step
            assert dense_fit(design, beside).criterion >= dense.criterion - 1e-9


@pytest.mark.parametrize("df", ["normal", "between-within"])
def test_other_df_stand_beside(df, rows):
    m = fit("score ~ age + treated_2 + (1 | team) + (1 | person)", rows)
    Y = m.simulate(70, 4)
    found = m.refit_many(Y, df)
    for i in (0, 69):
        table = m.refit(Y[:, i]).coefficients(df=df)
        for part in ("estimate", "std_error", "df", "p_value"):
            np.testing.assert_allclose(getattr(found, part)[i], table[part], rtol=SAME, atol=1e-12)


def test_contrasts_are_combinations_of_the_coefficients(trial):
    L = np.zeros((2, len(trial.solution.beta)))
    L[0, 4], L[1, [3, 4]] = 1.0, [-1.0, 1.0]
    Y = trial.simulate(65, 5)
    found, plain = refit_many(trial.solution, Y, contrasts=L), refit_many(trial.solution, Y)
    assert found.terms == ("contrast 1", "contrast 2")
    np.testing.assert_allclose(found.p_value[:, 0], plain.p_value[:, 4], rtol=1e-9)
    one = KenwardRoger(refit(trial.solution, Y[:, 7]))
    np.testing.assert_allclose(found.std_error[7, 1], np.sqrt(L[1] @ one.vcov @ L[1]), rtol=SAME)
    np.testing.assert_allclose(found.df[7], one.df(L), rtol=SAME)
    with pytest.raises(DesignError, match="treated_1"):
        refit_many(trial.solution, Y, contrasts=np.ones((1, 3)))
    with pytest.raises(FormulaError, match="contrast 1"):
        found.term("treated_2")


def test_an_outcome_that_does_not_vary_is_refused(trial):
    Y = trial.simulate(66, 1)
    Y[:, 40] = 3.0
    with pytest.raises(DesignError, match="does not vary"):
        refit_many(trial.solution, Y)


def test_models_with_slopes_go_one_by_one():
    solution = solve_gaussian(make_design("nested"))
    assert batch_design(criterion_of(solution)) is None
    found = refit_many(solution, np.random.default_rng(1).normal(size=(solution.design.n, 2)))
    assert found.searched_in_full is None and found.n_full_searches == 2


@pytest.mark.slow
def test_memory_does_not_grow_with_the_responses(trial):
    Y = trial.simulate(2_000, 1)
    refit_many(trial.solution, Y[:, :64])
    tracemalloc.start()
    refit_many(trial.solution, Y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60e6


def test_bounded_minimum_stays_inside_and_lowers_the_model():
    rng = np.random.default_rng(6)
    root = rng.normal(size=(300, 4, 5))
    hessian, first = root @ np.swapaxes(root, 1, 2), rng.normal(size=(300, 4))
    ratios = np.abs(rng.normal(size=(300, 4))) * (rng.uniform(size=(300, 4)) > 0.3)
    held = rng.uniform(size=(300, 4)) < 0.1
    ratios[held] = 0.0
    move, found = bounded_minimum(hessian, first, ratios, held)
    model = (first * move).sum(axis=1) + np.einsum("ai,aij,aj->a", move, hessian, move) / 2
    assert found.all() and (ratios + move >= -1e-12).all() and (move[held] == 0).all()
    assert (model <= 1e-12).all()
    slope = first + np.einsum("aij,aj->ai", hessian, move)
    inside = ratios + move > 1e-9
    assert np.abs(slope[inside]).max() < 1e-8
    bent, none = bounded_minimum(-hessian, first, ratios + 1.0, held)
    assert not none.any() and bent.shape == move.shape


def test_basis_leaves_out_combinations():
    rng = np.random.default_rng(7)
    columns = rng.normal(size=(9, 3))
    both = np.column_stack(
        [columns[:, 0], columns[:, 0] * 2, columns[:, 1], columns @ [1, 1, 0], np.zeros(9)]
    )
    np.testing.assert_array_equal(independent_columns(both), columns[:, :2])


def test_kenward_roger_of_ml_is_still_refused(trial, rows):
    with pytest.raises(MethodError, match="REML"):
        refit_many(fit(TEAM_TRIAL, rows, method="ML").solution, trial.simulate(2, 1), "kenward-roger")
