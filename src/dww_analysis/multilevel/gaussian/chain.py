"""Run the whole elimination for given covariance matrices: cross-products U'V^-1 U of X and y, log|V|, and
derivatives.

`Chain` joins the links of a nested design. It works with relative covariance matrices (divided by the
residual variance) of the scaled columns, one matrix a random term, and knows nothing of theta, REML or ML.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from ..model import Array, Design
from .derivatives import Jets, Layout, pattern_matrices, widened_places
from .elimination import Level
from .fast import loop_for
from .jets import FEW_COLUMNS, level_jets
from .program import Program, Wiring, program_of, wire
from .scaling import Scaling
from .statistics import Reduced, reduce_rows
from .structure import Link, Part, Plan, relative_block

SHARED = (
    "_steps",
    "_layout",
    "_wiring",
    "xy_at",
    "_xy_places",
    "_xy_block",
)  # what chains of one structure have alike
Adjoint = Callable[[float, Array], Array]  # (log|V|, G) -> derivative of the criterion with respect to G


@cache
def link_parameters(parts: tuple[Part, ...], sizes: tuple[int, ...]) -> tuple[tuple[int, ...], Array]:
    """Parameters of a link and the derivatives (b, q, q) of its covariance in them."""
    terms = {p.term for p in parts}
    own, E = [], []
    for r, (term, pattern) in enumerate(pattern_matrices(sizes)):
        if term in terms:
            own.append(r)
            blocks = [pattern if t == term else np.zeros((q, q)) for t, q in enumerate(sizes)]
            E.append(relative_block(parts, blocks))
    return tuple(own), np.array(E)


@dataclass(frozen=True, eq=False)
class Step:
    """One link of the elimination with its parameters and their derivative matrices."""

    link: Link
    level: Level | None  # None for the pooled leaf
    own: tuple[int, ...]
    E: Array  # (b, q, q)
    carried: NDArray[np.intp]  # places of the earlier stack in the wider one

    def block(self, sigmas: list[Array]) -> Array:
        """Covariance of the link's random effects from those of all terms."""
        parts = self.link.parts
        if len(parts) == 1 and parts[0].copies == 1:
            return sigmas[parts[0].term]
        return relative_block(parts, sigmas)


@dataclass(frozen=True, eq=False)
class Chain:
    """Statistics of a nested (or narrowly crossed) design with one response."""

    reduced: Reduced
    sizes: tuple[int, ...]  # q of every term

    @staticmethod
    def build(design: Design, scaling: Scaling, plan: Plan, y: Array) -> Chain:
        return Chain(reduce_rows(design, scaling, plan, y), tuple(len(t.names) for t in design.random))

    def with_response(self, y: Array) -> Chain:
        """The same design with another weighted, scaled response (n,)."""
        return self._sharing(self.reduced.with_response(y))

    def _sharing(self, reduced: Reduced) -> Chain:
        """A chain over new statistics that keeps what was worked out about the structure."""
        out = Chain(reduced, self.sizes)
        out.__dict__.update({name: getattr(self, name) for name in SHARED})
        return out

    @cached_property
    def xy_at(self) -> NDArray[np.intp]:
        """Places of the columns of X and of y among the columns alive at the end."""
        columns = self.reduced.columns
        return np.searchsorted(self.reduced.alive[-1], [*columns.x_at, columns.y_at])

    @cached_property
    def _xy_places(self) -> NDArray[np.intp]:
        """(p + 1, p + 1) places of the entries of X and y in a flat matrix of the columns alive at the end."""
        return self.xy_at[:, None] * len(self.reduced.alive[-1]) + self.xy_at

    @cached_property
    def _xy_block(self) -> tuple[NDArray[np.intp], ...]:
        """The same entries as a pair of indices."""
        return np.ix_(self.xy_at, self.xy_at)

    def _links(self):
        """(link, level or None for the pooled leaf) from fine to coarse."""
        levels = list(self.reduced.levels)
        if self.reduced.leaf is not None:
            return list(zip(self.reduced.plan.links, [None, *levels], strict=True))
        return list(zip(self.reduced.plan.links, levels, strict=True))

    def forward(self, sigmas: list[Array]) -> tuple[float, Array, list]:
        """log|V|, (p + 1, p + 1) cross-products of X and y, and the memory of every link."""
        log_det, G, memos = 0.0, self.reduced.base, []
        for link, level in self._links():
            Sigma = relative_block(link.parts, sigmas)
            if level is None:
                add, G, memo = self.reduced.leaf.eliminate(Sigma)  # type: ignore[union-attr]
            else:
                add, G, memo = level.eliminate(G, Sigma)
            log_det += add
            memos.append(memo)
        return log_det, G[0][self._xy_block], memos  # type: ignore[index]

    def gradient(self, sigmas: list[Array], adjoint: Adjoint) -> tuple[float, Array, list[Array]]:
        """log|V|, G and, per term, the derivative of log|V| + f(G) with respect to its covariance (q, q)."""
        log_det, G, memos = self.forward(sigmas)
        bar = self._spread_over(adjoint(log_det, G))
        bars = [np.zeros((q, q)) for q in self.sizes]
        for (link, level), memo in zip(reversed(self._links()), reversed(memos), strict=True):
            if level is None:
                bar_sigma = self.reduced.leaf.adjoint(bar, memo)  # type: ignore[union-attr]
            else:
                bar, bar_sigma = level.adjoint(bar, memo)
            at = 0
            for part in link.parts:
                q = self.sizes[part.term]
                for _ in range(part.copies):
                    bars[part.term] += bar_sigma[at : at + q, at : at + q]
                    at += q
        return log_det, G, bars

    def _spread_over(self, bar: Array) -> Array:
        """(1, w, w) derivative over all columns alive at the end."""
        w = len(self.reduced.alive[-1])
        out = np.zeros((1, w, w))
        out[0][self._xy_block] = bar
        return out

    def jets(self, sigmas: list[Array]) -> Jets:
        """log|V| and G with first and second derivatives in all entries of the covariance matrices."""
        ld, G = np.zeros(1), None if self.reduced.base is None else self.reduced.base[None]
        for step in self._steps:
            Sigma = step.block(sigmas)
            if step.level is None:
                add, G = self.reduced.leaf.jets(Sigma, step.E, self._loop("leaf_loop"))  # type: ignore[union-attr]
            else:
                assert G is not None
                name = "small_level_loop" if len(step.level.z) <= FEW_COLUMNS else "level_loop"
                add, G = level_jets(G, Sigma, step.E, step.level, self._loop(name))
            add[step.carried] += ld
            ld = add
        assert G is not None
        G = np.take(G.reshape(len(G), -1), self._xy_places, axis=1)
        return Jets.of(ld, G, self._layout)

    def _loop(self, name: str) -> Callable[..., None] | None:
        """A compiled loop for fits that are large enough, None otherwise or where numba is missing."""
        return loop_for(name, len(self.reduced.tree.units))

    @cached_property
    def _steps(self) -> list[Step]:
        """Per link what its elimination needs besides the covariance matrices."""
        out, a = [], 0
        for link, level in self._links():
            own, E = link_parameters(link.parts, self.sizes)
            out.append(Step(link, level, own, E, widened_places(a, len(own))))
            a += len(own)
        return out

    @cached_property
    def program(self) -> Program | None:
        """The chain as plain arrays; None where loops over single links are the faster ones."""
        wiring = self._wiring
        return None if wiring is None else program_of(self.reduced.leaf, self.reduced.base, wiring)

    @cached_property
    def _wiring(self) -> Wiring | None:
        return wire(self._steps, self.reduced.leaf, self.xy_at)

    @cached_property
    def _layout(self) -> Layout:
        return Layout.of(tuple(r for step in self._steps for r in step.own))

    def effects(self, sigmas: list[Array], vector: Array) -> list[tuple[Array, Array]]:
        """Per term: Z'V^-1 r (levels, q) and the diagonal blocks of Z'V^-1 Z (levels, q, q), scaled columns.

        `vector` (p + 1,) gives r as a combination of the columns of X and y.
        """
        _, _, memos = self.forward(sigmas)
        bar = np.zeros((1, len(self.reduced.alive[-1]), len(self.reduced.alive[-1])))
        c = np.zeros((1, bar.shape[1]))
        c[0, self.xy_at] = vector
        out: list = [None] * len(self.sizes)
        links = self._links()
        for i in reversed(range(len(links))):
            link, level = links[i]
            if level is None:
                leaf = self.reduced.leaf
                v, info = leaf.scores(c, memos[i]), leaf.information(bar, memos[i])  # type: ignore[union-attr]
            else:
                v, c_in = level.scores(c[level.parent], memos[i])
                info, bar = level.information(bar, memos[i])
                c = c_in
            self._store_effects(i, link, v, info, out)
        return out

    def _store_effects(self, i: int, link: Link, v: Array, info: Array, out: list) -> None:
        tree, at = self.reduced.tree, 0
        first_row = tree.first_row(i)
        for part in link.parts:
            q, codes = self.sizes[part.term], self.term_codes[part.term]
            if part.term not in link.local:
                levels = codes[first_row]
                values, blocks = np.empty((len(levels), q)), np.empty((len(levels), q, q))
                values[levels], blocks[levels] = v[:, at : at + q], info[:, at : at + q, at : at + q]
            else:
                row = np.unique(codes, return_index=True)[1]
                unit = tree.row_unit(i)[row]
                pick = (at + link.local[part.term][row] * q)[:, None] + np.arange(q)
                values = v[unit[:, None], pick]
                blocks = info[unit[:, None, None], pick[:, :, None], pick[:, None, :]]
            out[part.term] = (values, blocks)
            at += part.copies * q

    @property
    def term_codes(self):
        return self.reduced.columns.codes

    def bytes_of_jets(self) -> int:
        """Memory that the second derivatives of the largest level need at one time."""
        largest, k = 0, sum(q * (q + 1) // 2 for q in self.sizes)
        n_parameters = 1 + k + k * (k + 1) // 2
        for level in self.reduced.levels:
            w = int(max(level.keep.max(), level.z.max())) + 1
            largest = max(largest, len(level.parent) * w * w * 8 * (n_parameters + 4))
        if self.reduced.leaf is not None:
            leaf = self.reduced.leaf
            largest = max(largest, leaf.H.nbytes + leaf.total.nbytes * n_parameters)
        return largest
