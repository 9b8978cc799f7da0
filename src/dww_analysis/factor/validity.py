"""What a fitted model says about its scales: reliability, shared variance, and how far factors are apart.

Omega divides by the observed variance of the sum, as semTools `compRelSEM`, or by the implied one; average variance
extracted is by Fornell & Larcker (1981), the heterotrait-monotrait ratio in its geometric form by Roemer, Schuberth &
Henseler (2021).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from dww_analysis.factor.fitted import Fitted
    from dww_analysis.factor.model import Block


def _items(fitted: Fitted, block: Block) -> dict[str, list[str]]:
    """Items of each factor that loads on items, in the order of the model text."""
    found: dict[str, list[str]] = {}
    for k in block.rows:
        row = fitted.model.rows[k]
        if row.op == "=~" and row.rhs in block.observed:
            found.setdefault(row.lhs, []).append(row.rhs)
    return found


def reliability(fitted: Fitted) -> pd.DataFrame:
    """One row a factor and group: omega, omega_implied, ave, n_items."""
    rows = []
    frames = zip(
        fitted.model.blocks, fitted.states, fitted.sample_frames(), fitted.implied_frames(), strict=True
    )
    for block, state, sample, implied in frames:
        for factor, items in _items(fitted, block).items():
            at = [block.observed.index(item) for item in items]
            column = len(block.observed) + block.factors.index(factor)
            psi = state.at.C[column, column]
            loadings = _loadings(fitted, block, factor, items)
            common = float(loadings.sum() ** 2 * psi)
            unique = np.diag(state.at.sigma)[at] - loadings**2 * psi
            shared = float((loadings**2).sum() * psi)
            rows.append(
                {
                    "group": block.group,
                    "factor": factor,
                    "omega": common / float(sample.loc[items, items].to_numpy().sum()),
                    "omega_implied": common / float(implied.loc[items, items].to_numpy().sum()),
                    "ave": shared / (shared + float(unique.sum())),
                    "n_items": len(items),
                }
            )
    return pd.DataFrame(rows)


def _loadings(fitted: Fitted, block: Block, factor: str, items: list[str]) -> np.ndarray:
    by_item = {
        fitted.model.rows[k].rhs: fitted.values[k]
        for k in block.rows
        if fitted.model.rows[k].op == "=~" and fitted.model.rows[k].lhs == factor
    }
    return np.array([by_item[item] for item in items])


def residual_correlations(fitted: Fitted) -> tuple[pd.DataFrame, ...]:
    """Observed minus implied correlation of every pair of items, shape (p, p), one table a group."""
    return tuple(
        _correlations(sample) - _correlations(implied)
        for sample, implied in zip(fitted.sample_frames(), fitted.implied_frames(), strict=True)
    )


def _correlations(cov: pd.DataFrame) -> pd.DataFrame:
    sd = np.sqrt(np.diag(cov))
    return cov / np.outer(sd, sd)


def heterotrait_monotrait(fitted: Fitted) -> tuple[pd.DataFrame, ...]:
    """Geometric mean correlation between the items of two factors over that within them: factors in rows and columns,
    one table a group.

    NaN for factors with one item. Signs are dropped, so reversed items need no turning first.
    """
    tables = []
    for block, sample in zip(fitted.model.blocks, fitted.sample_frames(), strict=True):
        items, size = _items(fitted, block), _correlations(sample).abs()
        out = pd.DataFrame(np.eye(len(items)), index=list(items), columns=list(items))
        for a, own in items.items():
            for b, other in items.items():
                if a != b:
                    between = np.log(size.loc[own, other].to_numpy()).mean()
                    out.loc[a, b] = np.exp(between - (_within(size, own) + _within(size, other)) / 2)
        tables.append(out)
    return tuple(tables)


def _within(size: pd.DataFrame, items: list[str]) -> float:
    block = size.loc[items, items].to_numpy()[np.tril_indices(len(items), -1)]
    return float(np.log(block).mean()) if len(block) else float("nan")
