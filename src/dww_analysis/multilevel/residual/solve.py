"""Gaussian mixed models with a residual structure: separate variances by a factor (nlme's varIdent), AR(1) by wave
within person (nlme's corAR1), or both, together with any random terms or none.

The criterion is the (restricted) likelihood of V = Z G Z' + R with its gradient: by whitening the rows where that keeps
the structure of the random effects, in dense blocks of independent rows otherwise.
Compound symmetry needs no structure of its own: it is a random intercept per person.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..errors import DesignError, MethodError
from ..formula.orthogonal_terms import (
    boundary_names,
    factor_matrix,
    original_theta,
    orthogonal_terms,
    turned_terms,
)
from ..generalised.search import SearchState, bfgs, finish, try_zeros
from ..model import Array, Design, Extra, RandomTerm, Search, Solution
from .blocks import Block, RowCovariance
from .structure import CorrelationSpec, ResidualStructure, build_structure
from .whitened import Whitened, can_whiten

MAX_MEMORY = 4e9  # bytes
NEAR_ONE = 0.9999  # |rho| beyond this is an estimate on the edge
PROVEN = "gradient and curvature"  # how a proven end is named in the search record


@dataclass(eq=False)
class Moments:
    """Generalised least squares at one omega."""

    value: float  # -2 log-likelihood (REML or ML)
    beta: Array
    vcov: Array  # (X'V^-1X)^-1
    gradient: Array  # of the value in omega


class StructuredProblem:
    """The criterion over search coordinates: scaled factor entries, log variances, atanh rho; beta is profiled out."""

    def __init__(
        self,
        design: Design,
        structure: ResidualStructure,
        method: str,
        max_memory: float,
        basis: tuple[tuple[RandomTerm, ...], tuple[Array, ...]] | None = None,
    ) -> None:
        random, self.roots = orthogonal_terms(design.random) if basis is None else basis
        self.original = design
        design = replace(design, random=random)
        self.design, self.structure, self.method = design, structure, method
        self.rows = RowCovariance(design, structure, max_memory)
        self.white = Whitened(design, structure, method == "REML") if can_whiten(design, structure) else None
        self.y = design.y - design.offset
        self.evaluations = 0
        ols = np.linalg.lstsq(design.X, self.y, rcond=None)[0]
        residual = self.y - design.X @ ols
        self.scale = float(np.sqrt(residual @ residual / max(len(residual) - len(ols), 1)))
        if not self.scale > 1e-10 * max(float(np.abs(self.y).max()), 1e-300):
            raise DesignError(
                f"response {design.response!r} is fitted without residual; there is nothing to model. "
                "Look at how the outcome was made, or leave predictors out"
            )
        self.variances = self._start_variances(residual)
        self.unit = np.full(self.rows.n_random, self.scale)
        n = self.rows.n_parameters
        self.limit = np.ones(n)
        self.steps = np.full(n, 1e-4)

    def _start_variances(self, residual: Array) -> Array:
        codes, count = self.structure.codes, len(self.structure.levels)
        total = np.bincount(codes, residual**2 * self.design.weights, count)
        mean = total / np.bincount(codes, minlength=count)
        return np.maximum(mean, 0.01 * self.scale**2)

    def omega(self, x: Array) -> Array:
        """Covariance parameters at search coordinates."""
        k, levels = self.rows.n_random, self.rows.n_levels
        out = np.empty_like(x)
        at = 0
        for q in self.rows.sizes:
            stop = at + q * (q + 1) // 2
            factor = factor_matrix(x[at:stop] * self.unit[at:stop], q)
            rows, cols = np.triu_indices(q)
            out[at:stop] = (factor @ factor.T)[cols, rows]
            at = stop
        out[k : k + levels] = np.exp(x[k : k + levels])
        if self.rows.has_rho:
            out[-1] = np.tanh(x[-1])
        return out

    def jacobian(self, x: Array) -> Array:
        """d omega / d x, (n, n)."""
        out = np.zeros((len(x), len(x)))
        at = 0
        for q in self.rows.sizes:
            stop = at + q * (q + 1) // 2
            factor = factor_matrix(x[at:stop] * self.unit[at:stop], q)
            rows, cols = np.triu_indices(q)
            for i, (r, c) in enumerate(zip(cols, rows, strict=True)):
                change = np.zeros((q, q))
                change[r, c] = self.unit[at + i]
                d = change @ factor.T
                out[at:stop, at + i] = (d + d.T)[cols, rows]
            at = stop
        for j in range(self.rows.n_random, self.rows.n_random + self.rows.n_levels):
            out[j, j] = np.exp(x[j])
        if self.rows.has_rho:
            out[-1, -1] = 1.0 - np.tanh(x[-1]) ** 2
        return out

    def start(self, sd: float, rho: float) -> Array:
        """Search coordinates of a start: random SDs as a part of the residual SD."""
        diagonal = [sd if a == b else 0.0 for _, a, b in self.rows.entries]
        tail = [np.arctanh(rho)] if self.rows.has_rho else []
        return np.concatenate([diagonal, np.log(self.variances * (1.0 - 0.5 * bool(diagonal))), tail])

    def __call__(self, x: Array) -> tuple[float, Array]:
        """Criterion and gradient at search coordinates."""
        with np.errstate(over="ignore"):
            omega = self.omega(x)
        if self.white is None:
            moments = self.moments(omega)
            return moments.value, self.jacobian(x).T @ moments.gradient
        return self._whitened(x, omega, self.white)

    def _whitened(self, x: Array, omega: Array, white: Whitened) -> tuple[float, Array]:
        self.evaluations += 1
        entries, variances, rho = self.parts(x, omega)
        if not (np.isfinite(variances).all() and (variances > 0.0).all() and abs(rho) < 1.0):
            raise ArithmeticError("residual variance or correlation out of range")
        value, d_entries, d_log, d_rho = white.value_gradient(entries, variances, rho)
        tail = [d_rho * (1.0 - rho**2)] if self.rows.has_rho else []
        return value, np.concatenate([d_entries * self.unit, d_log, tail])

    def parts(self, x: Array, omega: Array) -> tuple[Array, Array, float]:
        """Entries of the covariance factors, residual variances by level, rho."""
        _, variances, rho = self.rows.split(omega)
        return x[: self.rows.n_random] * self.unit, variances, rho

    def estimate(self, x: Array) -> tuple[float, Array, Array]:
        """Criterion, beta and its covariance at search coordinates."""
        omega = self.omega(x)
        if self.white is None:
            found = self.moments(omega)
            return found.value, found.beta, found.vcov
        state = self.white.state(*self.parts(x, omega))
        return state.value, state.beta, state.vcov

    def moments(self, omega: Array) -> Moments:
        """Profiled criterion at omega and its gradient, sum over blocks of Q * dV with
        Q = V^-1 - V^-1 X C X'V^-1 (REML; V^-1 for ML) - e e', e = V^-1 (y - X beta)."""
        self.evaluations += 1
        found = [self.invert(block, omega) for block in self.rows.blocks]
        inverses, log_det = [inverse for inverse, _ in found], sum(part for _, part in found)
        p = self.design.X.shape[1]
        XVX, XVy = np.zeros((p, p)), np.zeros(p)
        for block, inverse in zip(self.rows.blocks, inverses, strict=True):
            VX = inverse @ block.X
            XVX += np.einsum("kip,kiq->pq", block.X, VX)
            XVy += np.einsum("kip,ki->p", VX, block.take(self.y))
        vcov: Array = np.asarray(np.linalg.inv(XVX), float)
        beta: Array = np.asarray(np.linalg.solve(XVX, XVy), float)
        value, gradient = log_det, np.zeros(self.rows.n_parameters)
        for block, inverse in zip(self.rows.blocks, inverses, strict=True):
            r = block.take(self.y) - block.X @ beta
            e = np.einsum("kij,kj->ki", inverse, r)
            value += float((r * e).sum())
            Q = inverse - e[:, :, None] * e[:, None, :]
            if self.method == "REML":
                VX = inverse @ block.X
                Q -= (VX @ vcov) @ VX.transpose(0, 2, 1)
            gradient += [float(np.vdot(Q, d)) for d in self.rows.derivatives(block, omega)]
        n = self.design.n
        if self.method == "REML":
            value += float(np.linalg.slogdet(XVX)[1]) + (n - p) * np.log(2.0 * np.pi)
        else:
            value += n * np.log(2.0 * np.pi)
        return Moments(value, beta, vcov, gradient)

    def invert(self, block: Block, omega: Array) -> tuple[Array, float]:
        """V^-1 (K, m, m) of a bucket of blocks and the sum of their log-determinants."""
        V = self.rows.covariance(block, omega)
        if not np.isfinite(V).all():
            raise ArithmeticError("covariance out of range")
        try:
            root = np.linalg.cholesky(V)
        except np.linalg.LinAlgError:
            raise ArithmeticError("covariance not positive definite") from None
        half = np.linalg.inv(root)
        log_det = 2.0 * float(np.log(np.diagonal(root, axis1=1, axis2=2)).sum())
        return half.transpose(0, 2, 1) @ half, log_det


@dataclass(frozen=True, eq=False, kw_only=True)
class StructuredExtra(Extra):
    """Where the search ended, in its own coordinates and as parameters of the covariance of the rows."""

    problem: StructuredProblem
    coordinates: Array
    omega: Array  # parameters of `problem`: of its orthonormal terms


def structured_extra(solution: Solution) -> StructuredExtra:
    """What a fit with a residual structure keeps; refuses solutions of other engines."""
    if not isinstance(solution.extra, StructuredExtra):
        raise MethodError(
            f"This needs a fit with a residual structure; the fit at hand is {solution.family} by {solution.method}."
        )
    return solution.extra


def solve_structured(
    design: Design,
    method: str = "REML",
    *,
    residual_variance: str | None = None,
    residual_correlation: str | CorrelationSpec | None = None,
    max_memory: float = MAX_MEMORY,
) -> Solution:
    """(Restricted) maximum likelihood with a structured residual covariance R = D C D.

    `residual_variance` names a factor of `design.frame`: one variance a level. `residual_correlation` is
    "ar1(wave | person)": correlation rho^|gap| between two waves of a person, waves being whole numbers (or levels:
    their number, else their position), rows in any order, gaps allowed, a wave twice refused. Precision weights
    divide the variance of their row.
    `sigma` is the residual SD of the first level and theta is relative to it; `extra` holds `residual_variances` by
    level, `rho`, `residual_row_variances` (n,), and what inference needs. Pinheiro and Bates (2000), chapter 5.
    R: lme(..., weights = varIdent(form = ~ 1 | arm), correlation = corAR1(form = ~ wave | person)); gls() without
    random terms.
    """
    if method not in ("REML", "ML"):
        raise MethodError(f"method {method!r} found; expected 'REML' or 'ML'")
    structure = build_structure(design.frame, design.n, residual_variance, residual_correlation)
    problem = StructuredProblem(design, structure, method, max_memory)
    return _solution(_searches(problem))


Run = tuple[StructuredProblem, SearchState]


def _searches(problem: StructuredProblem) -> list[Run]:
    starts = [problem.start(0.5, 0.2)]
    if problem.rows.has_rho:
        starts.append(problem.start(0.2, 0.7))
    runs = [(problem, _search(problem, x)) for x in starts]
    runs += _from_inside(*_best(runs))
    best, state = _best(runs)
    if state.message != PROVEN and any(q > 1 for q in problem.rows.sizes):
        turned, x = _along_axes(best, state)
        runs.append((turned, _search(turned, x)))
        runs += _from_inside(*runs[-1])
    return runs


def _best(runs: list[Run]) -> Run:
    """The lowest end; among equals one that is proven."""
    return min(runs, key=lambda run: (round(run[1].value, 7), run[1].message != PROVEN))


def _from_inside(problem: StructuredProblem, state: SearchState) -> list[Run]:
    """A second search when standard deviations ended at zero."""
    zero = [c for c in _columns(problem) if not state.x[c].any()]
    if not zero:
        return []
    x = state.x.copy()
    for columns in zero:
        x[columns[0]] = 0.4
    return [(problem, _search(problem, x))]


def _along_axes(problem: StructuredProblem, state: SearchState) -> tuple[StructuredProblem, Array]:
    """The same problem and place with every term turned to the principal axes of its covariance."""
    k = problem.rows.n_random
    random, roots, entries = turned_terms(problem.design.random, problem.roots, state.x[:k])
    turned = StructuredProblem(
        problem.original, problem.structure, problem.method, problem.rows.max_memory, (random, roots)
    )
    turned.evaluations = problem.evaluations
    return turned, np.concatenate([entries, state.x[k:]])


def _search(problem: StructuredProblem, x: Array) -> SearchState:
    n = len(x)
    inverse = np.eye(n) * (2.0 / problem.design.n**0.5)
    try:
        state = try_zeros(problem, bfgs(problem, x, inverse, problem.limit), _columns(problem))
        state = try_zeros(problem, finish(problem, state, problem.steps, problem.limit), _columns(problem))
        return state if state.hessian is not None else finish(problem, state, problem.steps, problem.limit)
    except ArithmeticError as error:
        raise DesignError(
            f"the search left the range of the numbers ({error}); bring the predictors to scales of similar size"
        ) from None


def _columns(problem: StructuredProblem) -> list[list[int]]:
    keys: dict[tuple[int, int], list[int]] = {}
    for i, (t, _, b) in enumerate(problem.rows.entries):
        keys.setdefault((t, b), []).append(i)
    return list(keys.values())


def _solution(runs: list[Run]) -> Solution:
    problem, best = _best(runs)
    x = best.x
    omega = problem.omega(x)
    value, beta, vcov = problem.estimate(x)
    design, structure, rows = problem.original, problem.structure, problem.rows
    _, variances, rho = rows.split(omega)
    sigma = float(np.sqrt(variances[0]))
    inner = x[: rows.n_random] * problem.unit / sigma
    theta = original_theta(design.random, problem.roots, inner)
    boundary = boundary_names(design.random, problem.roots, inner)
    if rows.has_rho and abs(rho) > NEAR_ONE:
        boundary = (*boundary, "Residual rho")
    search = Search(
        starts=tuple(
            {"start": i, "criterion": s.value, "steps": s.steps, "message": s.message}
            for i, (_, s) in enumerate(runs)
        ),
        criterion=value,
        gradient=best.gradient[: rows.n_random],
        max_gradient=float(np.abs(best.gradient).max()),
        smallest_curvature=best.smallest_curvature,
        evaluations=problem.evaluations,
    )
    extra = StructuredExtra(
        residual_variances=dict(zip(structure.levels, (float(v) for v in variances), strict=True)),
        residual_variance=structure.variance_name,
        residual_row_variances=variances[structure.codes] / design.weights,
        residual_correlation=str(structure.spec) if structure.spec is not None else None,
        rho=rho if rows.has_rho else None,
        problem=problem,
        coordinates=x,
        omega=omega,
    )
    return Solution(
        design=design,
        method=problem.method,
        family="gaussian",
        theta=theta,
        sigma=sigma,
        beta=beta,
        vcov=vcov,
        log_likelihood=-0.5 * value,
        n_parameters=len(beta) + rows.n_parameters,
        converged=best.message == PROVEN,
        boundary=boundary,
        search=search,
        extra=extra,
    )
