"""Invented points of a curve: two choices, four combinations, three units; the plan's own is point 1."""

import numpy as np
import pandas as pd

ESTIMATES = (0.3, 0.2, 0.1, 0.4, 0.25, 0.3, 0.35)


def curve_points(entry="learning", failed=(), hidden=(), only_units=False) -> pd.DataFrame:
    rows = []
    for i, estimate in enumerate(ESTIMATES):
        kind, gone, shut = ("choices" if i < 4 else "unit"), i + 1 in failed, i + 1 in hidden
        value = np.nan if gone or shut else estimate
        rows.append(
            {"entry": entry, "point": i + 1, "kind": kind,
             "scoring": "complete_items" if i in (2, 3) else "rule", "covariates": "none", "missing": "likelihood",
             "linkage": "", "careless": "drop" if i in (1, 3) else "keep", "registered": i == 0,
             "estimate": value, "std_error": value / value * 0.1, "df": 20.0, "df_method": "kenward-roger",
             "conf_low": value - 0.2, "conf_high": value + 0.2, "conf_level": np.nan if gone else 0.95,
             "unit": "points", "n_obs": 200, "n_persons": np.nan if gone or shut else 90,
             "n_apart": np.nan if shut else 12,
             "converged": True, "boundary": "", "remark": "failed" if gone else "",
             "note": "no answers of intervention" if gone else "", "suppressed": shut, "suppressed_columns": ""}
        )  # fmt: skip
    table = pd.DataFrame(rows)
    return table[(table["kind"] == "unit") | table["registered"]] if only_units else table


def curve_test(entry="learning", exact=True) -> pd.DataFrame:
    row = {"entry": entry, "n_points": 4, "median": 0.25, "p_value": 0.0123, "n_allocations": 400, "exact": exact,
           "smallest_p": 0.0025, "n_apart": 12, "suppressed": False, "suppressed_columns": ""}  # fmt: skip
    return pd.DataFrame([row])
