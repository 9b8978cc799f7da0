"""What imputation says of an entry as tables and a record: always the same columns, also where it could not be had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dww_analysis.domain.tables.absent import DELTA, IMPUTATION, IMPUTATION_CHAIN, IMPUTED_ROWS, TIPPING
from dww_analysis.effects.missing.delta import PREFIX
from dww_analysis.effects.missing.impute import Imputed


@dataclass(frozen=True, eq=False)
class Tables:
    """The declared tables of imputation (`domain.tables`), and a diagnosis as plain data."""

    imputation: pd.DataFrame
    delta: pd.DataFrame
    tipping: pd.DataFrame
    imputed_rows: pd.DataFrame
    imputation_chain: pd.DataFrame
    diagnosis: dict[str, Any]


def delta_columns(arms: Sequence[str]) -> tuple[str, ...]:
    """Columns of the delta table of a study."""
    entry, *tests = DELTA.names
    return (entry, *(f"{PREFIX}{arm}" for arm in arms), *tests)


def tables_of(found: Imputed, conf_level: float, arms: Sequence[str]) -> Tables:
    """The tables of an imputed entry; no delta gives a delta table without rows. Where no test exists, nothing has a p
    and nothing can turn it."""
    tipping = found.tipping.iloc[:0] if found.untested else found.tipping
    return Tables(
        _tested(pd.DataFrame([_row(found, conf_level)], columns=list(IMPUTATION.names)), found),
        _tested(_with_entry(found.delta, found.entry, delta_columns(arms)), found),
        _with_entry(tipping, found.entry, TIPPING.names),
        _with_entry(found.counts, found.entry, IMPUTED_ROWS.names),
        _with_entry(found.chain, found.entry, IMPUTATION_CHAIN.names),
        {
            "entry": found.entry,
            "scores": list(found.scores),
            "left_out": list(found.left_out),
        },
    )


def _tested(table: pd.DataFrame, found: Imputed) -> pd.DataFrame:
    return table.assign(p_value=float("nan")) if found.untested else table


def nothing(entry: str, why: str, arms: Sequence[str]) -> Tables:
    """Tables without rows, and a diagnosis that says why."""
    columns = (
        IMPUTATION.names,
        delta_columns(arms),
        TIPPING.names,
        IMPUTED_ROWS.names,
        IMPUTATION_CHAIN.names,
    )
    imputation, delta, tipping, rows, chain = (pd.DataFrame(columns=list(c)) for c in columns)
    return Tables(imputation, delta, tipping, rows, chain, {"entry": entry, "failed": why})


def _with_entry(table: pd.DataFrame, entry: str, columns: Sequence[str]) -> pd.DataFrame:
    return table.assign(entry=entry).reindex(columns=list(columns))


def _row(found: Imputed, conf_level: float) -> dict[str, Any]:
    pooled, chain = found.pooled, found.chain
    low, high = pooled.limits(conf_level)
    tests = {n: getattr(pooled, n) for n in ("m", "estimate", "std_error", "df", "riv", "fmi", "p_value")}
    return {
        "entry": found.entry,
        **tests,
        "conf_low": low,
        "conf_high": high,
        "conf_level": conf_level,
        "mc_error": found.mc_error,
        "change_doubled": found.change_doubled,
        "other_prior_estimate": found.other_prior.estimate,
        "likelihood_estimate": found.likelihood,
        "likelihood_std_error": found.likelihood_std_error,
        "n_expected": int(found.counts["n_expected"].sum()),
        "n_imputed": int(found.counts["n_imputed"].sum()),
        "acf_effect": float(chain["acf"].iloc[0]),
        "r_hat_effect": float(chain["r_hat"].iloc[0]),
        "worst_r_hat": float(chain["r_hat"].max()),
    }
