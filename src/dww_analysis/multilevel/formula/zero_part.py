"""What the probability of an extra zero depends on: a one-sided formula over the rows of a design."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pandas as pd

from ..errors import DesignError, FormulaError
from ..model import ZERO, Design, ZeroPart
from .arguments import CONSTANTS
from .design import build_design
from .terms import read_formula


def zero_columns(formula: str, zero: str, data: pd.DataFrame) -> list[str]:
    """The data columns that the formula of extra zeros names; rows in which one is missing are dropped."""
    with _said_of(zero):
        names = read_formula(_with_outcome(formula, zero)).columns
    return [n for n in names if n in data.columns or n not in CONSTANTS]


def with_zero_part(design: Design, zero: str) -> Design:
    """The design with the columns and random terms of extra zeros over its rows. A formula of an intercept alone adds
    nothing: that is one probability for all rows. Names of random effects of extra zeros begin with "zero_"."""
    rows = design.spec.data.iloc[design.spec.kept]
    with _said_of(zero):
        own = build_design(_with_outcome(design.formula, zero), rows, family="zip")
    if own.x_names == ("(Intercept)",) and not (own.random or own.offset.any() or own.spec.dropped):
        return design
    random = tuple(replace(t, names=tuple(f"{ZERO}{name}" for name in t.names)) for t in own.random)
    return replace(design, zero=ZeroPart(zero.strip(), own.X, own.x_names, own.offset, own.spec, random))


def _with_outcome(formula: str, zero: str) -> str:
    if not isinstance(zero, str) or not zero.strip().startswith("~"):
        raise FormulaError(
            "This is no formula of extra zeros; write it with a tilde and no outcome, such as '~ x'."
        )
    return f"{formula.split('~', 1)[0]} {zero.strip()}"


@contextmanager
def _said_of(zero: str) -> Iterator[None]:
    """What is refused of the formula of extra zeros says so: its own text is the one to change."""
    try:
        yield
    except (FormulaError, DesignError) as error:
        raise type(error)(f"zero={zero!r}: {error}") from None
