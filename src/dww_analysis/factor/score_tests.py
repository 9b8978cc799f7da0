"""Score (Lagrange multiplier) tests: what a parameter that is fixed, absent or held equal would gain by being free.

With s the score of the released parameter, I the expected information and V = I_rr - I_r. I^-1 I_.r what the
model's own parameters leave of its information, the statistic is s^2 / V and the expected change s / V (Soerbom
1989).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import scipy.linalg
from numpy.typing import NDArray

from dww_analysis.factor import normal, ram
from dww_analysis.factor.distributions import chi_square_tail
from dww_analysis.factor.errors import FactorError
from dww_analysis.factor.likelihood import SingleLevel, SingleLevelState, in_parameters
from dww_analysis.factor.model import Block
from dww_analysis.factor.ram import Paths

if TYPE_CHECKING:
    from dww_analysis.factor.fitted import Fitted

Array = NDArray[Any]
NOTHING_LEFT = 1e-8  # share of information below which a parameter cannot be told from those already free


def score_tests(fitted: Fitted, by: Literal["constraint", "parameter"]) -> pd.DataFrame:
    """Score tests of the equality constraints in a fitted model: columns lhs, op, rhs, group, parameter, members, x2,
    df, p_value.

    by: "constraint", a row for each parameter that could be let go of the first it is equal to; "parameter", a row
    for all that share one. FactorError for another word; no rows for a model without constraints.
    """
    if by not in ("constraint", "parameter"):
        raise FactorError.of(
            found=f"by={by!r}",
            where="score tests",
            expected="'constraint' or 'parameter'",
            action="correct it",
        )
    table = ReleaseTable.of(fitted)
    rows = []
    for shared in shared_rows(fitted):
        released = [shared[1:]] if by == "parameter" else [[k] for k in shared[1:]]
        for release in released:
            rows.append(_named(fitted, shared, release, *table.test(release)))
    columns = ["lhs", "op", "rhs", "group", "parameter", "members", "x2", "df", "p_value"]
    return pd.DataFrame(rows, columns=columns)


def shared_rows(fitted: Fitted) -> list[list[int]]:
    """Table rows that share an entry of theta, in table order; only sets of two or more."""
    members: dict[int, list[int]] = defaultdict(list)
    for k, entry in enumerate(fitted.model.theta_of_row):
        if entry >= 0:
            members[int(entry)].append(k)
    return [rows for rows in members.values() if len(rows) > 1]


@dataclass(frozen=True)
class ReleaseTable:
    """Score and expected information with every table row, free or fixed, a parameter of its own."""

    scores: Array
    information: Array
    K: Array  # (rows, theta): how theta moves the rows
    core: Array  # inverse information of theta
    position: dict[int, int]  # of each table row

    @classmethod
    def of(cls, fitted: Fitted) -> ReleaseTable:
        """Gradient, expected information and constraints of all parameters as if each row had one of its own."""
        position: dict[int, int] = {}
        parts = []
        for component, state in zip(fitted.likelihood.components, fitted.states, strict=True):
            every = replace(component, every_row=True)  # type: ignore[type-var]
            for k in every.rows:
                position[int(k)] = len(position)
            parts.append((every.gradient(state)[1], every.information(state, True)))
        K = np.zeros((len(position), fitted.model.n_theta))
        for row, at in position.items():
            if fitted.model.theta_of_row[row] >= 0:
                K[at, fitted.model.theta_of_row[row]] = 1.0
        information = scipy.linalg.block_diag(*[block for _, block in parts])
        core = np.linalg.pinv(K.T @ information @ K, hermitian=True)
        return cls(np.concatenate([g for g, _ in parts]), information, K, core, position)

    def test(self, rows: Sequence[int]) -> tuple[float, int]:
        """Statistic and degrees of freedom for freeing these table rows, each to a value of its own."""
        where = [self.position[k] for k in rows]
        s, cross = self.scores[where], self.information[where] @ self.K
        total = self.information[np.ix_(where, where)]
        V = total - cross @ self.core @ cross.T
        scale = 1 / np.sqrt(np.diag(total))
        values, vectors = np.linalg.eigh(V * np.outer(scale, scale))
        keep = values > NOTHING_LEFT
        along = vectors[:, keep].T @ (s * scale)
        return float((along**2 / values[keep]).sum()), int(keep.sum())


def _named(fitted: Fitted, shared: list[int], release: list[int], x2: float, df: int) -> dict[str, object]:
    row, first = fitted.model.rows[release[0]], fitted.model.rows[shared[0]]
    across_groups = len({fitted.model.rows[k].group for k in shared}) > 1
    parameter = first.name if across_groups else f"{first.name} = {row.name}"
    return {
        "lhs": row.lhs,
        "op": row.op,
        "rhs": row.rhs,
        "group": row.group,
        "parameter": parameter,
        "members": tuple(shared),
        "x2": x2,
        "df": df,
        "p_value": chi_square_tail(x2, df),
    }


@dataclass(frozen=True)
class _Candidates:
    names: list[tuple[str, str, str]]
    paths: Paths


def modification_indices(fitted: Fitted, minimum: float) -> pd.DataFrame:
    """Loadings and residual covariances that the model leaves out, with the gain each would bring, the largest first:
    columns lhs, op, rhs, group, mi, epc, sepc_all, p_value. minimum: the least mi that is shown."""
    core = np.linalg.pinv(fitted.expected_information)
    rows = []
    for component, state in zip(fitted.likelihood.components, fitted.states, strict=True):
        rows += _of_component(fitted, component, state, core)  # type: ignore[arg-type]
    frame = pd.DataFrame(rows, columns=["lhs", "op", "rhs", "group", "mi", "epc", "sepc_all", "p_value"])
    frame = frame[frame["mi"] >= minimum].sort_values("mi", ascending=False, kind="stable")
    return frame.reset_index(drop=True)


def _of_component(
    fitted: Fitted, component: SingleLevel, state: SingleLevelState, core: Array
) -> list[dict[str, object]]:
    block = component.block
    candidates = _absent(fitted, block)
    if not candidates.names:
        return []
    own, n_own = component.paths, len(component.paths)
    both = Paths(
        np.concatenate([own.kind, candidates.paths.kind]),
        np.concatenate([own.i, candidates.paths.i]),
        np.concatenate([own.j, candidates.paths.j]),
        own.n_observed,
        own.n_variables,
    )
    d_mu, d_sigma = ram.jacobian(both, state.at)
    curve = normal.curvature(component.moments, state.normal, expected=True)
    info = in_parameters(curve, d_mu if component.mean_structure else None, d_sigma)
    g = state.normal.g if component.mean_structure else np.zeros_like(state.normal.g)
    scores = ram.pull_back(candidates.paths, state.at, g, state.normal.G)
    K = np.zeros((n_own, fitted.model.n_theta))
    K[np.arange(n_own), fitted.model.theta_of_row[component.rows]] = 1.0
    cross = info[n_own:, :n_own] @ K
    total = np.diag(info)[n_own:]
    V = total - np.einsum("ij,jk,ik->i", cross, core, cross)
    sd = np.sqrt(np.abs(np.diag(state.at.C)))
    residual = _residual_sd(fitted, block)
    rows = []
    for k, (lhs, op, rhs) in enumerate(candidates.names):
        if V[k] <= NOTHING_LEFT * total[k]:
            continue
        epc = scores[k] / V[k]
        i, j = candidates.paths.i[k], candidates.paths.j[k]
        unit = sd[j] / sd[i] if op == "=~" else 1 / (residual[i] * residual[j])
        mi = float(scores[k] ** 2 / V[k])
        rows.append(
            {
                "lhs": lhs,
                "op": op,
                "rhs": rhs,
                "group": block.group,
                "mi": mi,
                "epc": epc,
                "sepc_all": epc * unit,
                "p_value": chi_square_tail(mi, 1),
            }
        )
    return rows


def _absent(fitted: Fitted, block: Block) -> _Candidates:
    rows = [fitted.model.rows[k] for k in block.rows]
    loads = {(r.lhs, r.rhs) for r in rows if r.op == "=~"}
    covaries = {frozenset((r.lhs, r.rhs)) for r in rows if r.op == "~~" and (r.value is None or r.value != 0)}
    who = fitted.model.table.roles[block.level]
    at = {name: k for k, name in enumerate(block.variables)}
    names = [(f, "=~", x) for f in block.factors for x in who.indicators if (f, x) not in loads]
    modelled = [x for x in block.observed if x not in who.covariates]
    names += [(a, "~~", b) for a, b in combinations(modelled, 2) if frozenset((a, b)) not in covaries]
    names += [(a, "~~", b) for a, b in combinations(block.factors, 2) if frozenset((a, b)) not in covaries]
    target = [at[r] if op == "=~" else at[el] for el, op, r in names]
    source = [at[el] if op == "=~" else at[r] for el, op, r in names]
    kind = [0 if op == "=~" else 1 for _, op, _ in names]
    p, v = len(block.observed), len(block.variables)
    paths = Paths(
        np.array(kind, dtype=np.intp), np.array(target, dtype=np.intp), np.array(source, dtype=np.intp), p, v
    )
    return _Candidates(names, paths)


def _residual_sd(fitted: Fitted, block: Block) -> Array:
    at = {name: k for k, name in enumerate(block.variables)}
    out = np.ones(len(at))
    for k in block.rows:
        row = fitted.model.rows[k]
        if row.op == "~~" and row.lhs == row.rhs:
            out[at[row.lhs]] = np.sqrt(fitted.values[k]) if fitted.values[k] > 0 else np.nan
    return out
