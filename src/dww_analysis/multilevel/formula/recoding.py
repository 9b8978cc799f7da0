"""New variables from old ones as R makes them: `ifelse`, `cut`, `%in%`. Values in, values out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DesignError
from ..model import Array
from .reading import Factor, Value, label_of, number_label

SHORTEST, LONGEST = 3, 12  # significant digits that labels of cut() try; dig.lab gives another shortest


def as_condition(value: Value) -> NDArray[np.bool_]:
    """A logical, whichever way it is held; numbers count as TRUE where they are not zero."""
    return np.asarray(value.codes if isinstance(value, Factor) else value) != 0


def choose(condition: NDArray[np.bool_], yes: Value, no: Value) -> Value:
    """`yes` where the condition holds, `no` elsewhere: numbers, or a factor of texts in code-point order."""
    if not any(isinstance(v, (Factor, str)) for v in (yes, no)):
        return np.where(condition, np.asarray(yes, dtype=np.float64), np.asarray(no, dtype=np.float64))
    chosen = np.where(condition, _texts(yes), _texts(no))
    levels, codes = np.unique(chosen.astype(str), return_inverse=True)
    return Factor(codes.astype(np.intp), tuple(levels.tolist()), all_occur=True, of_text=True)


def _texts(value: Value) -> Any:
    """Labels row by row, or the one label of a constant."""
    if isinstance(value, Factor):
        return np.asarray(value.levels, dtype=object)[value.codes]
    if np.ndim(value):
        return np.array([label_of(v) for v in value], dtype=object)
    return label_of(value)


def have_one_label(left: Value, right: Value) -> NDArray[np.bool_]:
    """(n,) whether two values have the same label, row by row."""
    return np.asarray(_texts(left) == _texts(right), dtype=bool)


def is_among(value: Value, wanted: Sequence[Any]) -> NDArray[np.bool_]:
    """(n,) whether each row is one of the wanted values."""
    if not isinstance(value, Factor):
        texts = {w if isinstance(w, str) else number_label(float(w)) for w in wanted}  # TRUE is 1, as in R
        distinct, place = np.unique(value, return_inverse=True)
        among = [not texts.isdisjoint({label_of(d), number_label(float(d))}) for d in distinct]
        return np.array(among, dtype=bool)[place]
    labels = {label_of(w) for w in wanted}
    return np.array([level in labels for level in value.levels], dtype=bool)[value.codes]


# ---- cut ---------------------------------------------------------------------------------------------------------
def equal_breaks(x: Array, count: int) -> tuple[float, ...]:
    """The breaks of `count` intervals of equal width over the range of x, the outer ones a thousandth further out."""
    low, high = float(x.min()), float(x.max())
    breaks = np.linspace(low, high, count + 1)
    breaks[[0, -1]] = low - (high - low) / 1000, high + (high - low) / 1000
    return tuple(breaks.tolist())


def cut(x: Array, breaks: Array, right: bool, lowest: bool) -> NDArray[np.intp]:
    """(n,) the interval of every x, -1 outside them all; `lowest` takes in the outer end that would stay out."""
    codes = np.searchsorted(breaks, x, side="left" if right else "right") - 1
    if lowest:
        end, code = (breaks[0], 0) if right else (breaks[-1], len(breaks) - 2)
        codes = np.where(x == end, code, codes)
    return np.where((codes < 0) | (codes > len(breaks) - 2), -1, codes).astype(np.intp)


def cut_labels(breaks: Array, right: bool, lowest: bool, shortest: int = SHORTEST) -> tuple[str, ...]:
    """Labels such as "(0,5]", with as few digits from `shortest` up as tell the breaks apart."""
    texts: list[str] = []
    for digits in range(shortest, max(shortest, LONGEST) + 1):
        texts = [_number_text(b, digits) for b in breaks]
        if all(a != b for a, b in pairwise(texts)):
            break
    else:
        return tuple(str(i + 1) for i in range(len(breaks) - 1))
    opening, closing = ("(", "]") if right else ("[", ")")
    labels = [f"{opening}{a},{b}{closing}" for a, b in pairwise(texts)]
    if lowest and right:
        labels[0] = "[" + labels[0][1:]
    elif lowest:
        labels[-1] = labels[-1][:-1] + "]"
    return tuple(labels)


def _number_text(value: float, digits: int) -> str:
    if np.isinf(value):
        return "Inf" if value > 0 else "-Inf"
    return f"{value + 0.0:.{digits}g}"


def check_inside(codes: NDArray[np.intp], label: str) -> None:
    """DesignError, with how many rows, for values outside the intervals (codes below 0)."""
    outside = int((codes < 0).sum())
    if outside:
        raise DesignError(
            f"{label}: {outside} of {len(codes)} rows lie outside the breaks; widen them (-Inf and Inf are allowed), "
            "write include.lowest = TRUE for a value on the outer break, or leave these rows out."
        )
