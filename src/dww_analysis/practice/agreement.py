"""What roles agree on: Kendall's W of their orders, and Spearman's correlation of each two."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from dww_analysis.errors import PracticeError


@dataclass(frozen=True)
class KendallW:
    """0: orders without anything in common; 1: one order."""

    value: float
    chi_square: float
    df: int
    p_value: float
    n_roles: int

    @property
    def method(self) -> str:
        """How a table calls it."""
        return f"Kendall, ties corrected; {self.n_roles} roles"


def kendall_w(by_roles: pd.DataFrame) -> KendallW:
    """Kendall's coefficient of concordance, corrected for ties, as R's `irr::kendall(t(x), correct = TRUE)`.

    by_roles: roles x themes, any scores; they are ranked within roles. W = 12 S / (m^2 (n^3 - n) - m sum(t^3 - t)) with
    m roles, n themes, S the squares of the rank sums around their mean. NaN where no role has an order. Refuses fewer
    than two roles or themes.
    """
    m, n = by_roles.shape
    if min(m, n) < 2:
        raise PracticeError.of(
            found=f"{m} roles and {n} themes",
            where="Kendall's W",
            expected="two of each at least",
            action="leave W out for this session",
        )
    ranks = by_roles.rank(axis=1).to_numpy(float)
    totals = ranks.sum(axis=0)
    ties = sum(int((c**3 - c).sum()) for row in ranks for c in [np.unique(row, return_counts=True)[1]])
    room = m**2 * (n**3 - n) - m * ties
    w = float(12 * ((totals - totals.mean()) ** 2).sum() / room) if room > 0 else float("nan")
    chi = m * (n - 1) * w
    return KendallW(w, chi, n - 1, float(stats.chi2.sf(chi, n - 1)), m)


def role_correlations(by_roles: pd.DataFrame) -> pd.DataFrame:
    """Columns role, other_role, rho: Spearman's rank correlation over themes of each two roles.

    NaN where a role finds all themes alike.
    """
    ranks = by_roles.rank(axis=1)
    rows = []
    for a, b in combinations(by_roles.index, 2):
        x, y = ranks.loc[a].to_numpy(float), ranks.loc[b].to_numpy(float)
        varied = np.ptp(x) > 0 and np.ptp(y) > 0
        rows.append((str(a), str(b), float(np.corrcoef(x, y)[0, 1]) if varied else float("nan")))
    return pd.DataFrame(rows, columns=["role", "other_role", "rho"])
