"""What the probability of an extra zero depends on: a one-sided formula over the rows of a design."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from ..errors import FormulaError
from ..model import Design, ZeroPart
from .arguments import CONSTANTS
from .design import build_design
from .terms import read_formula


def zero_columns(formula: str, zero: str, data: pd.DataFrame) -> list[str]:
    """The data columns that the formula of extra zeros names; rows in which one is missing are dropped."""
    names = read_formula(_with_outcome(formula, zero)).columns()
    return [n for n in names if n in data.columns or n not in CONSTANTS]


def with_zero_part(design: Design, zero: str) -> Design:
    """The design with the columns of extra zeros over its rows. A formula of an intercept alone adds nothing: that is
    one probability for all rows. Refuses random terms."""
    rows = design.spec.data.iloc[design.spec.kept]
    own = build_design(_with_outcome(design.formula, zero), rows, family="zip")
    if own.random:
        raise FormulaError(
            f"The formula of extra zeros {zero!r} has random terms; it takes fixed effects only. Leave the bars out."
        )
    if own.x_names == ("(Intercept)",) and not own.offset.any() and not own.spec.dropped:
        return design
    return replace(design, zero=ZeroPart(zero.strip(), own.X, own.x_names, own.offset, own.spec))


def _with_outcome(formula: str, zero: str) -> str:
    if not isinstance(zero, str) or not zero.strip().startswith("~"):
        raise FormulaError(
            f"zero={zero!r} is no formula of extra zeros; write it with a tilde and no outcome, such as '~ x'."
        )
    return f"{formula.split('~', 1)[0]} {zero.strip()}"
