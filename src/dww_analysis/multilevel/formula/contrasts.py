"""Codings of a factor's levels, with the matrices and column names of R's contr.treatment and its kin."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..errors import FormulaError
from ..model import Array

Table = tuple[Array, tuple[str, ...]]  # (k, k - 1) and the names behind the factor's own
POLYNOMIAL_NAMES = (".L", ".Q", ".C")


def _treatment(levels: tuple[str, ...], base: int) -> Table:
    others = [i for i in range(len(levels)) if i != base % len(levels)]
    return np.eye(len(levels))[:, others], tuple(levels[i] for i in others)


def _sum(levels: tuple[str, ...], base: int) -> Table:
    k = len(levels)
    return np.vstack([np.eye(k - 1), -np.ones(k - 1)]), _numbers(k)


def _helmert(levels: tuple[str, ...], base: int) -> Table:
    """Each level against the sum of those before it."""
    k = len(levels)
    place = np.arange(1, k)
    return np.triu(np.full((k, k - 1), -1.0)) + np.eye(k, k - 1, -1) * place, _numbers(k)


def _poly(levels: tuple[str, ...], base: int) -> Table:
    """Orthonormal polynomials over equally spaced levels, leading coefficient positive."""
    k = len(levels)
    x = np.linspace(-1.0, 1.0, k)
    Q = np.full((k, k), 1 / np.sqrt(k))
    for j in range(1, k):
        column = x * Q[:, j - 1]
        for _ in range(2):
            column = column - Q[:, :j] @ (Q[:, :j].T @ column)
        Q[:, j] = column / np.sqrt(column @ column)
    names = [POLYNOMIAL_NAMES[j - 1] if j <= len(POLYNOMIAL_NAMES) else f"^{j}" for j in range(1, k)]
    return Q[:, 1:], tuple(names)


def _numbers(k: int) -> tuple[str, ...]:
    return tuple(str(i) for i in range(1, k))


CODINGS: dict[str, Callable[[tuple[str, ...], int], Table]] = {
    "treatment": _treatment,
    "sum": _sum,
    "helmert": _helmert,
    "poly": _poly,
}


@dataclass(frozen=True)
class Contrasts:
    """How the levels of a factor are coded; `base` is the reference of treatment contrasts."""

    name: str = "treatment"
    base: int = 0

    def table(self, levels: tuple[str, ...]) -> Table:
        """(k, k - 1) coding of k levels, and the names of its columns."""
        return CODINGS[self.name](levels, self.base)


TREATMENT, SUM, POLY = Contrasts(), Contrasts("sum"), Contrasts("poly")


def find_contrasts(text: str) -> Contrasts:
    """The coding by a name such as "Sum", "sum" or "contr.sum"; "SAS" is treatment with the last level as reference.
    FormulaError, with the nearest known name, for another."""
    name = text.lower().removeprefix("contr.")
    if name == "sas":
        return Contrasts("treatment", -1)
    if name in CODINGS:
        return Contrasts(name)
    near = difflib.get_close_matches(name, CODINGS, n=1)
    hint = f" Did you mean {near[0].title()}?" if near else ""
    known = ", ".join(c.title() for c in CODINGS)
    raise FormulaError(f"{text!r} is not a coding of a factor.{hint} Known: {known}, SAS.")
