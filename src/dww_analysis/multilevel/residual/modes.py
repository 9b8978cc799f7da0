"""After a fit with a residual structure: conditional modes and their covariances, and simulated responses."""

from __future__ import annotations

import numpy as np

from ..generalised.pattern import rank_within
from ..model import Array, Solution
from .blocks import Block
from .solve import StructuredProblem, structured_extra


def structured_random_effects(solution: Solution) -> list[tuple[Array, Array]]:
    """Per random term the conditional modes (levels, q) and covariances (levels, q, q) given beta and omega:
    b = G Z'V^-1 (y - X beta) and G - G Z'V^-1 Z G, the level's own block (Henderson 1975)."""
    extra = structured_extra(solution)
    problem = extra.problem
    if problem.white is not None:
        parts = problem.parts(extra.coordinates, extra.omega)
        found = problem.white.random_effects(*parts)
    else:
        found = _from_blocks(solution, problem)
    out = []
    for (mode, cov), R in zip(
        found, problem.roots, strict=True
    ):  # from orthonormal terms to those of the design
        back = np.linalg.inv(R)
        out.append((mode @ back.T, back @ cov @ back.T))
    return out


def _from_blocks(solution: Solution, problem: StructuredProblem) -> list[tuple[Array, Array]]:
    design, omega = problem.design, structured_extra(solution).omega
    modes = [np.zeros((t.n_levels, len(t.names))) for t in design.random]
    inner = [np.zeros((t.n_levels, len(t.names), len(t.names))) for t in design.random]
    for block in problem.rows.blocks:
        inverse, _ = problem.invert(block, omega)
        residual = block.take(problem.y) - block.X @ solution.beta
        e = np.einsum("kij,kj->ki", inverse, residual)
        for t in range(len(design.random)):
            _add_level_sums(solution, block, inverse, e, t, modes[t], inner[t])
    covariances = problem.rows.split(omega)[0]
    parts = zip(modes, inner, covariances, strict=True)
    return [(mode @ G, G - G @ middle @ G) for mode, middle, G in parts]


def _add_level_sums(
    solution: Solution, block: Block, inverse: Array, e: Array, t: int, mode: Array, inner: Array
) -> None:
    """Add Z'e and Z'V^-1 Z of every level of term t that lies in this bucket."""
    term, levels = block.terms[t], solution.design.random[t].codes[block.rows]
    real = block.real > 0
    for a in range(len(term.z)):
        np.add.at(mode[:, a], levels[real], (term.z[a] * e)[real])
        for b in range(len(term.z)):
            row = (inverse * term.same * term.z[b][:, None, :]).sum(2) * term.z[a]
            np.add.at(inner[:, a, b], levels[real], row[real])


def simulate(solution: Solution, n: int, rng: np.random.Generator) -> Array:
    """(n_obs, n) responses y = X beta + offset + Z b + e with new b ~ N(0, G) and e ~ N(0, R)."""
    extra, design = structured_extra(solution), solution.design
    out = np.repeat((design.X @ solution.beta + design.offset)[:, None], n, axis=1)
    for t, term in enumerate(design.random):
        b = rng.standard_normal((term.n_levels, n, len(term.names))) @ (solution.sigma * solution.factor(t)).T
        for k in range(len(term.names)):
            out += term.Z[:, k, None] * b[term.codes, :, k]
    sd = np.sqrt(extra.row_variances(solution))
    return out + sd[:, None] * _correlated_noise(extra.problem, n, extra.rho, rng)


def _correlated_noise(
    problem: StructuredProblem, n: int, rho: float | None, rng: np.random.Generator
) -> Array:
    """(n_obs, n) standard normal noise with correlation rho^|gap| within a person, built wave after wave."""
    structure = problem.structure
    noise = rng.standard_normal((problem.design.n, n))
    if rho is None or structure.person is None or structure.wave is None:
        return noise
    order = np.lexsort((structure.wave, structure.person))
    place = rank_within(structure.person[order])  # position of each sorted row within its person
    gap = np.diff(structure.wave[order], prepend=0.0)
    for position in range(1, int(place.max()) + 1):
        at = np.flatnonzero(place == position)
        c = np.power(rho, gap[at])[:, None]
        noise[order[at]] = c * noise[order[at - 1]] + np.sqrt(1.0 - c**2) * noise[order[at]]
    return noise
