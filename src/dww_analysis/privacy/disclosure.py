"""Tables by team that an analyst makes: a minimum of persons, a minimum share of responses, roll-up to the next level.

Rules after Dutch practice in employee surveys. What the pipeline shows passes `gate.let_out`; these functions serve
tables that have no declaration there. Suppressed values become NaN beside a column `suppressed`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.errors import DisclosureError

_TEAM_WORDS = frozenset({"team", "current_team"})


def suppress(
    frame: pd.DataFrame,
    n_column: str,
    value_columns: Sequence[str],
    minimum: int,
    *,
    invited_column: str | None = None,
    minimum_share: float = 0.0,
) -> pd.DataFrame:
    """`frame` with `value_columns` NaN (texts empty) and `suppressed` True where too few persons answered.

    `n_column`: persons behind each row. A row with 0 < n < `minimum` is hidden, also one whose share of
    `invited_column` is below `minimum_share`. A row without a count is hidden, because nothing shows that it is safe.
    What follows from a shown total is the gate's business (`gate.let_out`), or that of `roll_up`.
    """
    result = frame.copy()
    n = pd.to_numeric(result[n_column], errors="coerce").to_numpy(dtype="float64")
    hidden = np.isnan(n) | ((n > 0) & (n < minimum))
    if invited_column is not None:
        invited = pd.to_numeric(result[invited_column], errors="coerce").to_numpy(dtype="float64")
        with np.errstate(divide="ignore", invalid="ignore"):
            hidden |= (n > 0) & ~(n / invited >= minimum_share)
    for name in value_columns:
        result[name] = _blanked(result[name], hidden)
    already = result["suppressed"].to_numpy(dtype=bool) if "suppressed" in result else False
    result["suppressed"] = hidden | already
    return result


def _blanked(column: pd.Series, hidden: np.ndarray) -> pd.Series:
    if pd.api.types.is_bool_dtype(column):
        column = column.astype("object")
    elif pd.api.types.is_integer_dtype(column):
        column = column.astype("float64")
    return column.mask(hidden)


def roll_up(
    units: pd.DataFrame,
    n_column: str,
    value_columns: Sequence[str],
    minimum: int,
    parent: Sequence[str],
    *,
    invited_column: str | None = None,
    minimum_share: float = 0.0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Units that may be shown, and for every parent what may be shown as its total.

    A unit with enough answers is shown. The answers of hidden units count in their parent only when at least
    `minimum` of them are hidden there together; otherwise the parent's total is that of the shown units, and the
    hidden answers stay hidden at this level too. `value_columns` are means; totals are weighted by `n_column`.
    Returns (units with `suppressed`; parents with n, the values, n_hidden and `suppressed`).
    """
    shown = suppress(
        units, n_column, value_columns, minimum, invited_column=invited_column, minimum_share=minimum_share
    )
    keys = list(parent)
    records = []
    for key, rows in units.groupby(keys, dropna=False, sort=False):
        hidden = shown.loc[rows.index, "suppressed"].to_numpy(dtype=bool)
        n = rows[n_column].to_numpy(dtype="float64")
        together = float(np.nansum(n[hidden]))
        counts = ~hidden | (together >= minimum)
        total = float(np.nansum(n[counts]))
        record: dict[str, Any] = dict(zip(keys, key if isinstance(key, tuple) else (key,), strict=True))
        enough = total >= minimum
        record |= {
            "n": int(total),
            "n_hidden": 0 if together >= minimum else int(together),
            "suppressed": not enough,
        }
        for name in value_columns:
            values = rows[name].to_numpy(dtype="float64")
            record[name] = float(np.nansum(values[counts] * n[counts]) / total) if enough else np.nan
        records.append(record)
    columns = [*keys, "n", *value_columns, "n_hidden", "suppressed"]
    return shown, pd.DataFrame(records, columns=columns)


def refuse_crossing(by: Sequence[str], background: Sequence[str], statistics: Sequence[str] = ()) -> None:
    """Refuse tables that describe teams by background, or by a minimum, maximum or quotation."""
    teams = [name for name in by if name in _TEAM_WORDS]
    crossed = [name for name in by if name in set(background)]
    if teams and crossed:
        raise DisclosureError.of(
            found=f"a table by {teams[0]} and {crossed[0]}",
            where="the table's groups",
            expected="background characteristics never combined with teams",
            action="show the background for the organisation or the whole study",
        )
    single = [name for name in statistics if name in ("min", "max", "minimum", "maximum", "quote")]
    if teams and single:
        raise DisclosureError.of(
            found=f"the {single[0]} of a {teams[0]}",
            where="the table's statistics",
            expected="statistics of groups: one person's answer is never shown",
            action="show mean, standard deviation or shares",
        )
