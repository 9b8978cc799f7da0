"""Residual structures of Gaussian models: separate variances by a factor, and AR(1) by wave within person.

Reads the specification into arrays; `residual_blocks` turns them into covariance matrices and their derivatives.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import DesignError, FormulaError, MethodError
from ..formula.reading import label_of
from ..generalised.pattern import IntArray
from ..model import Array

_AR1 = re.compile(r"^\s*ar1\s*\(\s*([^|()]+?)\s*\|\s*([^|()]+?)\s*\)\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class CorrelationSpec:
    """ar1(wave | person): the columns a residual correlation is made of."""

    kind: str
    wave: str
    person: tuple[str, ...]  # several columns for person labels that repeat: "ar1(wave | team:person)"

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.wave, *self.person)

    def __str__(self) -> str:
        return f"{self.kind}({self.wave} | {':'.join(self.person)})"


@dataclass(frozen=True, eq=False)
class ResidualStructure:
    """R = D C D over the rows: D the SD of each row's level, C the correlation rho^|gap| within a person."""

    variance_name: str | None  # column of the variance factor
    levels: tuple[str, ...]  # names of the variances; ("Residual",) without a factor
    codes: IntArray  # (n,) level of each row
    spec: CorrelationSpec | None
    person: IntArray | None  # (n,)
    wave: Array | None  # (n,) integers

    @property
    def linear(self) -> bool:
        """Whether R is linear in its parameters, so that its second derivatives vanish."""
        return self.spec is None

    @property
    def parameter_names(self) -> tuple[str, ...]:
        return (*self.levels, *(("rho",) if self.spec is not None else ()))


def parse_correlation(text: str) -> CorrelationSpec:
    """The specification of a residual correlation; refuses anything but ar1(wave | person)."""
    match = _AR1.match(text)
    if match is None:
        raise FormulaError(
            f"residual_correlation={text!r} cannot be read; expected 'ar1(wave | person)' with two column names. "
            "Compound symmetry is a random intercept, (1 | person); nearest to an unstructured covariance is "
            "residual_variance='wave' beside it."
        )
    person = tuple(part.strip() for part in match.group(2).split(":"))
    return CorrelationSpec("ar1", match.group(1), person)


def residual_columns(residual_variance: str | None, residual_correlation: str | None) -> tuple[str, ...]:
    """Columns a frame must have for these structures, so that rows missing in them are dropped too."""
    correlation = parse_correlation(residual_correlation).columns if residual_correlation else ()
    return (*((residual_variance,) if residual_variance else ()), *correlation)


def build_structure(
    frame: pd.DataFrame,
    n: int,
    residual_variance: str | None,
    residual_correlation: str | CorrelationSpec | None,
) -> ResidualStructure:
    """Arrays of a residual structure from the complete rows of a design."""
    spec = (
        parse_correlation(residual_correlation)
        if isinstance(residual_correlation, str)
        else residual_correlation
    )
    levels, codes = _variance_levels(frame, n, residual_variance)
    if spec is None:
        return ResidualStructure(residual_variance, levels, codes, None, None, None)
    person = _person_codes(frame, spec)
    wave = _wave_numbers(_column(frame, spec.wave), spec.wave)
    _refuse_unusable(person, wave, spec)
    return ResidualStructure(residual_variance, levels, codes, spec, person, wave)


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    if name not in frame.columns:
        raise FormulaError(
            f"column {name!r} of the residual structure is not in the data; it has "
            f"{len(frame.columns)}. Correct the name"
        )
    column = frame[name]
    if column.isna().any():
        raise DesignError(
            f"column {name!r} of the residual structure has {int(column.isna().sum())} missing values; "
            "leave these rows out"
        )
    return column


def _variance_levels(frame: pd.DataFrame, n: int, name: str | None) -> tuple[tuple[str, ...], IntArray]:
    if name is None:
        return ("Residual",), np.zeros(n, dtype=np.intp)
    column = _column(frame, name)
    is_category = isinstance(column.dtype, pd.CategoricalDtype)
    factor = (column if is_category else column.astype("category")).cat.remove_unused_categories()
    levels = len(factor.cat.categories)
    if 2 * levels > len(column):
        few = "every row" if levels == len(column) else f"hardly two rows ({levels} for {len(column)})"
        raise DesignError(
            f"residual_variance={name!r} has a level for {few}; expected a factor with few levels"
        )
    return tuple(label_of(v) for v in factor.cat.categories), factor.cat.codes.to_numpy(dtype=np.intp)


def _person_codes(frame: pd.DataFrame, spec: CorrelationSpec) -> IntArray:
    parts = [pd.factorize(_column(frame, name))[0] for name in spec.person]
    codes = parts[0]
    for part in parts[1:]:
        codes = pd.factorize(codes * (part.max() + 1) + part)[0]
    return codes.astype(np.intp)


def _wave_numbers(column: pd.Series, name: str) -> Array:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return _numbers_of_levels(column.cat.categories)[column.cat.codes.to_numpy()]
    if not pd.api.types.is_numeric_dtype(column):
        raise DesignError(
            f"wave column {name!r} of ar1() is text; expected whole numbers, or a categorical with its levels in order"
        )
    wave = column.to_numpy(dtype=float)
    if not np.isfinite(wave).all() or (wave != np.round(wave)).any():
        raise DesignError(
            f"wave column {name!r} of ar1() has values that are not whole numbers; number the waves"
        )
    return wave


def _numbers_of_levels(levels: pd.Index) -> Array:
    """The whole number in each label ("T0", "wave 3"), so that a wave nobody has leaves its gap; where labels hold no
    number of their own, the position of the level."""
    found = [re.findall(r"\d+", str(level)) for level in levels]
    numbers = [int(digits[0]) for digits in found if len(digits) == 1]
    if len(set(numbers)) == len(levels):
        return np.array(numbers, dtype=float)
    return np.arange(len(levels), dtype=float)


def _refuse_unusable(person: IntArray, wave: Array, spec: CorrelationSpec) -> None:
    order = np.lexsort((wave, person))
    same = person[order][1:] == person[order][:-1]
    gap = np.diff(wave[order])
    label = ":".join(spec.person)
    if (same & (gap == 0)).any():
        raise DesignError(
            f"ar1({spec.wave} | {label}): {int((same & (gap == 0)).sum())} rows repeat a wave of the same {label}; "
            "expected one row per wave. Remove duplicates or use a finer grouping"
        )
    if not same.any():
        raise MethodError(
            f"ar1({spec.wave} | {label}): no {label} has two rows; there is no correlation to estimate. "
            "Leave residual_correlation out"
        )
