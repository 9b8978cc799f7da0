"""What imputation says of an entry as tables and a record: always the same columns, also where it could not be had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dww_analysis.effects.missing.delta import PREFIX
from dww_analysis.effects.missing.impute import Imputed

IMPUTATION = (
    *("entry", "m", "estimate", "std_error", "df", "riv", "fmi", "p_value", "conf_low", "conf_high", "conf_level"),
    *("mc_error", "change_doubled", "other_prior_estimate", "likelihood_estimate", "likelihood_std_error"),
    *("n_expected", "n_imputed", "acf_effect", "r_hat_effect", "worst_r_hat"),
)  # fmt: skip
DELTA = ("estimate", "std_error", "df", "p_value")
COUNTS = ("entry", "arm", "wave", "n_expected", "n_imputed", "mean_observed", "mean_imputed")
CHAIN = ("entry", "quantity", "score", "median", "acf", "r_hat")


@dataclass(frozen=True, eq=False)
class Tables:
    """imputation: one row; delta: a row per combination of moves; counts by arm and wave; chain: what was watched."""

    imputation: pd.DataFrame
    delta: pd.DataFrame
    counts: pd.DataFrame
    chain: pd.DataFrame
    record: dict[str, Any]


def delta_columns(arms: Sequence[str]) -> tuple[str, ...]:
    """Columns of the delta table of a study."""
    return ("entry", *(f"{PREFIX}{arm}" for arm in arms), *DELTA)


def tables_of(found: Imputed, conf_level: float, arms: Sequence[str]) -> Tables:
    """The tables of an imputed entry; no delta gives a delta table without rows."""
    return Tables(
        pd.DataFrame([_row(found, conf_level)], columns=list(IMPUTATION)),
        _with_entry(found.delta, found.entry, delta_columns(arms)),
        _with_entry(found.counts, found.entry, COUNTS),
        _with_entry(found.chain, found.entry, CHAIN),
        {
            "entry": found.entry,
            "scores": list(found.scores),
            "left_out": list(found.left_out),
            "tipping": found.tipping.to_dict("records"),
        },
    )


def nothing(entry: str, why: str, arms: Sequence[str]) -> Tables:
    """Tables without rows, and a record that says why."""
    empty = (pd.DataFrame(columns=list(c)) for c in (IMPUTATION, delta_columns(arms), COUNTS, CHAIN))
    imputation, delta, counts, chain = empty
    return Tables(imputation, delta, counts, chain, {"entry": entry, "failed": why})


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
