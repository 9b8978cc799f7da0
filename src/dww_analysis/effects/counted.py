"""Tests of generalised mixed models with few units: t, with the df of what was allocated.

Between-within df (Li & Redden 2015, 10.1186/s12874-015-0026-x): a column that is constant within units has units minus
parameters; one that is constant within a unit at a wave has those cells minus units minus parameters. The arm of a
model of months at risk counts as constant within units. Kenward-Roger and Satterthwaite are for Gaussian models, and
too cautious elsewhere; the normal distribution is too sure with few units.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dww_analysis.domain.analyses import BETWEEN_WITHIN
from dww_analysis.effects.fitted import EntryFit

if TYPE_CHECKING:
    from dww_analysis.multilevel.model import Design, JointTest

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Counted:
    """A covariance with counted df: of the columns, the smallest that a row of L uses."""

    vcov: Array
    of_columns: Array
    method: str = BETWEEN_WITHIN

    def df(self, L: Array) -> Array:
        """(r,) df of each row of L (r, m): the smallest of the columns that it weighs."""
        return np.where(L != 0, self.of_columns, np.inf).min(axis=1)

    def joint(self, L: Array, beta: Array) -> JointTest:
        """The F test that all rows of L beta are zero, on the smallest of their df."""
        from dww_analysis.multilevel.inference.distributions import f_tail
        from dww_analysis.multilevel.inference.plain import wald_f
        from dww_analysis.multilevel.model import JointTest

        statistic, df = wald_f(L, beta, self.vcov), float(self.df(L).min())
        return JointTest(statistic, len(L), df, f_tail(statistic, len(L), df))


def counted(found: EntryFit) -> Counted | None:
    """The tests of a fit whose outcome takes them; None for others, and where units are too few to count."""
    from dww_analysis.multilevel.errors import MultilevelError
    from dww_analysis.multilevel.inference.plain import between_within_df, nested_groups

    design = found.fitted.design
    if not found.kind.counts_df or not design.random:
        return None
    try:
        df = between_within_df(_as_allocated(found), nested_groups(design, by="wave"))
    except MultilevelError:
        return None
    return Counted(found.fitted.solution.vcov, df)


def _as_allocated(found: EntryFit) -> Design:
    """The design of a fit; of months at risk with the arm that a unit has, for months before the start in the treated
    arm tell nothing of how units of an arm differ."""
    design: Design = found.fitted.design
    if found.kind.id != "time_to_event":
        return design
    planned = found.model.planned
    treated = (found.used["arm"] == planned.contrast.arm).to_numpy(dtype=float)
    X = design.X.copy()
    X[:, [name in planned.weights for name in design.x_names]] = treated[:, None]
    return replace(design, X=X)


def tested(inference: Counted, L: Array, values: Array, conf_level: float) -> dict[str, Any]:
    """Estimate, test and interval of one linear function L, shape (1, m), of values (m,), with df_method."""
    return {
        n: v if isinstance(v, str) else float(v[0])
        for n, v in tests_of(inference, L, values, conf_level).items()
    }


def tests_of(inference: Counted, L: Array, values: Array, conf_level: float) -> dict[str, Any]:
    """Columns of a test for the rows of L over values, with df_method."""
    from dww_analysis.multilevel.inference.means import linear_table

    given: Any = inference  # a table asks for covariance and df only, and never for joint tests
    return {**linear_table(L, values, given, conf_level), "df_method": inference.method}
