"""Internal consistency of a cell: alpha, omega or Spearman-Brown and their versions for ordered answers, or why not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.scales.cells import Cell, attempt
from dww_analysis.scales.items import item_rest
from dww_analysis.scales.ordinal import MOST_CATEGORIES, WIDE_GAP, omega_categorical
from dww_analysis.scales.reliability import cronbach_alpha, omega_total, spearman_brown

MANY_INCOMPLETE = 0.05  # share of persons left out by listwise deletion that is worth a note


def consistency(cell: Cell) -> dict[str, Any]:
    """Columns of the reliability table that rest on persons' answers to the items."""
    if cell.items.shape[1] == 1:
        cell.note("one_item")
        return {}
    X = _usable(cell)
    if X is None:
        return {}
    out: dict[str, Any] = {}
    if (alpha := attempt(cell, "alpha", lambda: cronbach_alpha(X))) is not None:
        out |= {"alpha": alpha.alpha, "alpha_low": alpha.conf_low, "alpha_high": alpha.conf_high}
        if alpha.alpha < 0:
            cell.note("negative_alpha")
        rest = item_rest(np.cov(X.to_numpy(), rowvar=False))
        out |= {"item_rest_min": rest.min(), "item_rest_max": rest.max()}
    if X.shape[1] == 2:
        return out | _two_items(cell, X)
    return out | _omega(cell, X) | _ordinal(cell, X)


def _two_items(cell: Cell, X: pd.DataFrame) -> dict[str, Any]:
    found = attempt(cell, "Spearman-Brown", lambda: spearman_brown(X))
    if found is None:
        return {}
    return {
        "omega": found.estimate,
        "omega_low": found.conf_low,
        "omega_high": found.conf_high,
        "omega_method": "Spearman-Brown (two items)",
    }


def _omega(cell: Cell, X: pd.DataFrame) -> dict[str, Any]:
    found = attempt(cell, "omega", lambda: omega_total(X))
    if found is None:
        return {}
    for warning in found.warnings:
        cell.note("program", text=warning)
    return {
        "omega": found.omega,
        "omega_low": found.conf_low,
        "omega_high": found.conf_high,
        "omega_method": found.method,
    }


def _ordinal(cell: Cell, X: pd.DataFrame) -> dict[str, Any]:
    """The versions for ordered answers, where the answers are few and whole."""
    answers = X.to_numpy()
    if X.nunique().max() > MOST_CATEGORIES or (answers != np.round(answers)).any():
        return {}
    omega = attempt(cell, "categorical omega", lambda: omega_categorical(X))
    if omega is None:
        return {}
    if abs(omega.omega - omega.model_total) > WIDE_GAP:
        cell.note("no_categorical_omega")
        return {"alpha_ordinal": omega.alpha_ordinal}
    return {
        "alpha_ordinal": omega.alpha_ordinal,
        "omega_categorical": omega.omega,
        "omega_categorical_low": omega.conf_low,
        "omega_categorical_high": omega.conf_high,
    }


def _usable(cell: Cell) -> pd.DataFrame | None:
    """Complete cases whose items all vary; otherwise a note and None."""
    X, answered = cell.complete, len(cell.items)
    if len(X) < 3:
        cell.note("few_complete")
        return None
    if len(X) < (1 - MANY_INCOMPLETE) * answered:
        cell.note("incomplete", complete=len(X), answered=int(answered))
    if (X.nunique() < 2).any():
        cell.note("not_estimable")  # not why: everybody gave one answer
        return None
    return X
