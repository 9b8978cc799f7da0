"""Run the whole elimination for given covariance matrices: cross-products U'V^-1 U of X and y, log|V|, and
derivatives.

`Chain` joins the links of a nested design. It works with relative covariance matrices (divided by the
residual variance) of the scaled columns, one matrix a random term, and knows nothing of theta, REML or ML.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from .derivatives import Jets, pattern_matrices, widen
from .elimination import add_up
from .fast import compiled_leaf, compiled_level
from .jets import WORTH_COMPILING, level_jets
from .leaf import PooledLeaf
from .model import Array, Design
from .scaling import Scaling
from .statistics import Reduced, reduce_rows, sum_products
from .structure import Plan, relative_block

Adjoint = Callable[[float, Array], Array]  # (log|V|, G) -> derivative of the criterion with respect to G


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
        old = self.reduced
        U = old.sorted_columns.copy()
        U[:, -1] = y[old.tree.order]
        if old.leaf is None:
            column = sum_products(U, U[:, -1:], old.tree.row_starts[0])[:, :, 0]
            base = old.base.copy()  # type: ignore[union-attr]
            base[:, :, -1] = base[:, -1, :] = column
            return Chain(replace(old, sorted_columns=U, base=base), self.sizes)
        leaf = self._leaf_with(U, old.leaf)
        return Chain(replace(old, sorted_columns=U, leaf=leaf), self.sizes)

    def _leaf_with(self, U: Array, leaf: PooledLeaf) -> PooledLeaf:
        tree, keep = self.reduced.tree, self.reduced.alive[0]
        above = tree.row_starts[1] if len(tree.row_starts) > 1 else np.zeros(1, dtype=np.intp)
        g, total = leaf.g.copy(), leaf.total.copy()
        products = U * U[:, -1:]
        by_unit = np.add.reduceat(products, tree.row_starts[0], axis=0)
        g[:, :, -1] = by_unit[:, self._leaf_z]
        column = (
            add_up(by_unit, tree.child_starts[0])[:, keep] if len(above) > 1 else by_unit.sum(0)[None, keep]
        )
        total[:, :, -1] = total[:, -1, :] = column
        return leaf.with_products(g, total)

    @cached_property
    def _leaf_z(self) -> list[int]:
        columns, places = self.reduced.columns, []
        for part in self.reduced.plan.links[0].parts:
            places += columns.z_at[part.term]
        return places

    @cached_property
    def xy_at(self) -> Array:
        """Places of the columns of X and of y among the columns alive at the end."""
        columns = self.reduced.columns
        return np.searchsorted(self.reduced.alive[-1], [*columns.x_at, columns.y_at])

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
        return log_det, G[0][np.ix_(self.xy_at, self.xy_at)], memos  # type: ignore[index]

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
        out[0][np.ix_(self.xy_at, self.xy_at)] = bar
        return out

    def jets(self, sigmas: list[Array]) -> Jets:
        """log|V| and G with first and second derivatives in all entries of the covariance matrices."""
        ld, G = np.zeros(1), None if self.reduced.base is None else self.reduced.base[None]
        order: list[int] = []
        for link, level, own, E in self._link_parameters:
            Sigma = relative_block(link.parts, sigmas)
            if level is None:
                add, G = self.reduced.leaf.jets(Sigma, E, self._compiled and compiled_leaf())  # type: ignore
            else:
                add, G = level_jets(
                    G, Sigma, E, level.z, level.keep, level.starts, self._compiled and compiled_level()
                )
            ld = widen(ld, len(own)) + add
            order += own
        assert G is not None
        return Jets.of(ld, G[:, 0][:, self.xy_at[:, None], self.xy_at], order, len(self._parameters))

    @cached_property
    def _compiled(self) -> bool | None:
        """True for fits that are large enough for the compiled loops, None otherwise."""
        return True if sum(len(level.parent) for level in self.reduced.levels) >= WORTH_COMPILING else None

    @cached_property
    def _parameters(self) -> list[tuple[int, Array]]:
        return pattern_matrices(self.sizes)

    @cached_property
    def _link_parameters(self):
        """Per link: (link, level, its parameters, their derivative matrices (b, q, q))."""
        out = []
        for link, level in self._links():
            terms = {p.term for p in link.parts}
            own = [r for r, (term, _) in enumerate(self._parameters) if term in terms]
            E = []
            for r in own:
                term, pattern = self._parameters[r]
                blocks = [pattern if t == term else np.zeros((q, q)) for t, q in enumerate(self.sizes)]
                E.append(relative_block(link.parts, blocks))
            out.append((link, level, own, np.array(E)))
        return out

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

    def _store_effects(self, i: int, link, v: Array, info: Array, out: list) -> None:
        tree, at = self.reduced.tree, 0
        rows = tree.row_starts[i]
        for part in link.parts:
            q = self.sizes[part.term]
            if part.term not in link.local:
                levels = self.term_codes[part.term][tree.order[rows]]
                n_levels = len(rows)
                values, blocks = np.empty((n_levels, q)), np.empty((n_levels, q, q))
                values[levels], blocks[levels] = v[:, at : at + q], info[:, at : at + q, at : at + q]
            else:
                codes = self.term_codes[part.term][tree.order]
                unit = np.repeat(np.arange(len(rows)), np.diff(np.append(rows, len(tree.order))))
                first = np.unique(codes, return_index=True)[1]
                where = at + link.local[part.term][tree.order][first] * q
                pick = where[:, None] + np.arange(q)
                values = v[unit[first][:, None], pick]
                blocks = info[unit[first][:, None, None], pick[:, :, None], pick[:, None, :]]
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
