"""Contrast methods: which linear functions of k means are formed, and what they are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np

from ..errors import MethodError
from ..formula.checks import as_numbers
from ..model import Array

Pair = tuple[str, str]  # the labels of two means, first minus second
HIGHEST_DEGREE = 6
DEGREES = ("linear", "quadratic", "cubic", "quartic")


@dataclass(frozen=True, eq=False)
class Comparison:
    """One contrast of k means."""

    label: Pair | str
    weights: Array  # (k,)

    def text(self, sign: str) -> str:
        """The label, with the sign between two means."""
        return self.label if isinstance(self.label, str) else sign.join(self.label)


Maker = Callable[[Sequence[str], int], list[Comparison]]  # of labels and the position of the reference


def _of_pairs(pairs: Callable[[int, int], list[tuple[int, int]]]) -> Maker:
    def make(texts: Sequence[str], reference: int) -> list[Comparison]:
        k = len(texts)
        return [
            Comparison((bracketed(texts[i]), bracketed(texts[j])), np.eye(k)[i] - np.eye(k)[j])
            for i, j in pairs(k, reference)
        ]

    return make


def _effects(texts: Sequence[str], reference: int) -> list[Comparison]:
    k = len(texts)
    return [Comparison(f"{text} effect", row) for text, row in zip(texts, np.eye(k) - 1 / k, strict=True)]


def _polynomials(texts: Sequence[str], reference: int) -> list[Comparison]:
    """Orthogonal polynomials over equally spaced means in the smallest whole numbers, as in printed tables."""
    rows = _whole_polynomials(len(texts), min(HIGHEST_DEGREE, len(texts) - 1))
    names = [*DEGREES, *(f"degree {d}" for d in range(len(DEGREES) + 1, HIGHEST_DEGREE + 1))]
    return [Comparison(name, row) for name, row in zip(names, rows, strict=False)]


def _whole_polynomials(k: int, degree: int) -> list[Array]:
    x = [Fraction(2 * i - k + 1) for i in range(k)]
    columns = [[Fraction(1)] * k]
    for _ in range(degree):
        column = [a * b for a, b in zip(x, columns[-1], strict=True)]
        for other in columns:
            share = _product(column, other) / _product(other, other)
            column = [c - share * o for c, o in zip(column, other, strict=True)]
        columns.append(column)
    return [_smallest_whole(column) for column in columns[1:]]


def _product(a: list[Fraction], b: list[Fraction]) -> Fraction:
    return sum((x * y for x, y in zip(a, b, strict=True)), Fraction(0))


def _smallest_whole(column: list[Fraction]) -> Array:
    whole = np.array([int(c * lcm(*(d.denominator for d in column))) for c in column], dtype=object)
    return np.asarray(whole // np.gcd.reduce(whole), dtype=np.float64)


METHODS: dict[str, Maker] = {
    "pairwise": _of_pairs(lambda k, ref: [(i, j) for i in range(k) for j in range(i + 1, k)]),
    "revpairwise": _of_pairs(lambda k, ref: [(j, i) for j in range(k) for i in range(j)]),
    "trt.vs.ctrl": _of_pairs(lambda k, ref: [(i, ref) for i in range(k) if i != ref]),
    "consecutive": _of_pairs(lambda k, ref: [(i + 1, i) for i in range(k - 1)]),
    "effects": _effects,  # each against the average of all
    "polynomial": _polynomials,
}


def find_comparisons(method: str, texts: Sequence[str], reference: int = 0) -> list[Comparison]:
    """The contrasts of a method for means with these labels, each with a weight for each mean. MethodError for an
    unknown method, and for fewer than two means."""
    if method not in METHODS:
        raise MethodError(f"Unknown contrast method {method!r}; known are {', '.join([*METHODS, 'custom'])}.")
    if len(texts) < 2:
        raise MethodError(
            "A contrast needs at least two means to compare; name a variable with several values."
        )
    return METHODS[method](texts, reference)


def custom_comparisons(weights: Mapping[str, Any] | None, texts: Sequence[str]) -> list[Comparison]:
    """Contrasts by label, each with one weight for each mean. MethodError for other shapes, and for weights that are
    not finite or all zero."""
    if not isinstance(weights, Mapping) or not weights:
        raise MethodError(
            "method='custom' needs weights by label, one for each mean: "
            f"weights={{'{texts[-1]} against the rest': [...]}} for {', '.join(texts)}."
        )
    found = []
    for label, given in weights.items():
        row = as_numbers(given, f"The weights of {label!r}")
        if row.shape != (len(texts),) or not np.isfinite(row).all() or not row.any():
            raise MethodError(
                f"The weights of {label!r} have shape {row.shape}; expected {len(texts)} finite numbers, not all zero, "
                f"for {', '.join(texts)}."
            )
        found.append(Comparison(str(label), row))
    return found


def bracketed(label: str) -> str:
    """A label in which a sign of a contrast stands is put in brackets, as emmeans does: (18 - 34) - (35 - 44)."""
    return f"({label})" if any(sign in label for sign in "-+/*") else label
