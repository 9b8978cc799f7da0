"""One cell of a table: a number with the way it is to be written, or a text. It becomes text when it is rendered."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dww_analysis.language import MINUS, Words
from dww_analysis.language.numbers import ABSENT

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


HIDDEN_SD = "mean_hidden_sd"


@dataclass(frozen=True)
class Cell:
    """One cell. `heading` cells name their row; `badges` are (kind, text) pairs.

    value: the number, or the text of a cell of text (and of a count such as `<8`). format: a name of `FORMATS`. also:
    the numbers that are written with it: an interval's ends, a standard deviation, a share.
    """

    value: Any = ""
    format: str = "text"
    decimals: int = 2
    also: tuple[float, ...] = ()
    heading: bool = False
    suppressed: bool = False
    indent: bool = False
    badges: tuple[tuple[str, str], ...] = ()

    @property
    def numeric(self) -> bool:
        """Whether the cell belongs in a column of numbers."""
        return self.suppressed or self.format != "text"

    @property
    def absent(self) -> bool:
        """Whether a dash stands here: nothing applies, or nothing can be computed (None, NaN, infinite, an interval
        without both ends). A suppressed cell has a mark of its own, and is not absent."""
        if self.suppressed or self.format == "df":
            return False
        if self.format in ("interval", "span"):
            return not _all_finite(self.also)
        return self.value == ABSENT or (
            not isinstance(self.value, str) and not math.isfinite(_float(self.value))
        )

    @property
    def hides(self) -> bool:
        """Whether the mark of something suppressed stands here."""
        return self.suppressed or self.format == HIDDEN_SD

    @property
    def small(self) -> bool:
        """Whether it is a count below the minimum, such as `<8`."""
        return (
            isinstance(self.value, str) and self.format != "text" and re.match(r"<\d", self.value) is not None
        )

    def marked(self, mark: str) -> bool:
        """Whether a text carries a mark that a note explains."""
        return isinstance(self.value, str) and mark in self.value

    def shown(self, words: Words) -> str:
        """The cell as text in one language, as its `format` writes it; a suppressed one as the mark for that,
        whatever its value."""
        if self.suppressed:
            return words("table.suppressed_mark")
        return FORMATS[self.format](self, words)


def _with_interval(cell: Cell, words: Words) -> str:
    shown = words.number(_float(cell.value), cell.decimals)
    return f"{shown} {_bracket(cell, words)}" if _all_finite(cell.also) else shown


def _bracket(cell: Cell, words: Words) -> str:
    low, high = cell.also
    return words.bracket(low, high, cell.decimals)


def _span(cell: Cell, words: Words) -> str:
    if not _all_finite(cell.also):
        return ABSENT
    low, high = cell.also
    return words.span(low, high, cell.decimals)


def _percent_span(cell: Cell, words: Words) -> str:
    if not _all_finite(cell.also):
        return ABSENT
    low, high = (words.percent(v) for v in cell.also)
    return words("number.span", low=low, high=high)


def _mean_sd(cell: Cell, words: Words) -> str:
    return f"{words.number(cell.value)} ({words.number(cell.also[0])})"


def _mean_hidden_sd(cell: Cell, words: Words) -> str:
    return f"{words.number(cell.value)} ({words('table.suppressed_mark')})"


def _count_share(cell: Cell, words: Words) -> str:
    return f"{words.count(cell.value)} ({words.percent(cell.also[0])})"


def _share_error(cell: Cell, words: Words) -> str:
    shown = words.percent(_float(cell.value), cell.decimals)
    return f"{shown} ({words.number(100 * cell.also[0], cell.decimals)})" if _all_finite(cell.also) else shown


def _scientific(cell: Cell, words: Words) -> str:
    return scientific(cell.value, words)


FORMATS: Mapping[str, Callable[[Cell, Words], str]] = {
    "text": lambda cell, words: str(cell.value),
    "number": lambda cell, words: words.number(cell.value, cell.decimals),
    "count": lambda cell, words: words.count(cell.value),
    "percent": lambda cell, words: words.percent(_float(cell.value), cell.decimals),
    "share_error": lambda cell, words: _share_error(cell, words),
    "df": lambda cell, words: words.df(_float(cell.value)),
    "p": lambda cell, words: words.p_value(_float(cell.value)),
    "interval": _bracket,
    "with_interval": _with_interval,
    "span": _span,
    "percent_span": _percent_span,
    "mean_sd": _mean_sd,
    HIDDEN_SD: _mean_hidden_sd,
    "count_share": _count_share,
    "scientific": _scientific,
    "count_beside": lambda cell, words: f"{words.count(cell.value)} ({words.count(cell.also[0])})",
}


def heading(text: str, **more: Any) -> Cell:
    """The cell that names a row."""
    return Cell(text, heading=True, **more)


def text(value: Any) -> Cell:
    """A cell of text."""
    return Cell(str(value))


def number(value: Any, decimals: int = 2, suppressed: bool = False) -> Cell:
    """A number to `decimals` places, a dash when it does not exist (None, NaN or a text), or the mark of a suppressed
    one."""
    return hidden() if suppressed else Cell(_float(value), "number", decimals)


def mean_sd(mean: Any, sd: Any, sd_hidden: bool = False) -> Cell:
    """A mean with its standard deviation behind it, or with the mark of a suppressed one."""
    return Cell(mean, HIDDEN_SD, also=()) if sd_hidden else Cell(mean, "mean_sd", also=(sd,))


def count(value: Any) -> Cell:
    """A whole number, a dash where it is None or NaN; a text that is no number, such as `<8`, stays."""
    return Cell(value if isinstance(value, str) and not _is_number(value) else _float(value), "count")


def count_beside(value: Any, other: Any) -> Cell:
    """A count with another one in brackets."""
    return Cell(value, "count_beside", also=(float(other),))


def percent(share: Any, decimals: int = 0) -> Cell:
    """A share of 1 as per cent to `decimals` places, a dash where it is None or NaN."""
    return Cell(_float(share), "percent", decimals)


def share_error(share: Any, error: Any, decimals: int = 1) -> Cell:
    """A share of 1 as per cent, with its standard error in percentage points: `4,8 % (0,5)`."""
    return Cell(_float(share), "share_error", decimals, (_float(error),))


def p_value(value: Any) -> Cell:
    """A p as `Words.p_value` writes it, exact to three decimals; a dash where it is None or NaN."""
    return Cell(_float(value), "p")


def degrees(value: Any) -> Cell:
    """Degrees of freedom to one decimal, infinite ones as `∞`; a dash where they are None or NaN."""
    return Cell(_float(value), "df")


def interval(low: Any, high: Any, decimals: int = 2) -> Cell:
    """`[0,81; 0,87]`."""
    return Cell("", "interval", decimals, (_float(low), _float(high)))


def with_interval(value: Any, low: Any, high: Any, decimals: int = 2) -> Cell:
    """`0,84 [0,81; 0,87]`, without the bracket when there is no interval."""
    return Cell(_float(value), "with_interval", decimals, (_float(low), _float(high)))


def span(low: Any, high: Any, decimals: int = 2) -> Cell:
    """`0,41 tot 0,68`."""
    return Cell("", "span", decimals, (_float(low), _float(high)))


def nothing() -> Cell:
    """A dash in a column of numbers."""
    return Cell(math.nan, "number")


def hidden() -> Cell:
    """The mark of a number that is not shown because too few persons are behind it; it stands in columns of numbers
    and holds no value."""
    return Cell(None, "number", suppressed=True)


def scientific(value: Any, words: Words) -> str:
    """A number of any size in two digits: `0,25`, `3,1 × 10⁻⁷`."""
    value = _float(value)
    if not math.isfinite(value):
        return ABSENT
    if value == 0 or 0.01 <= abs(value) < 1000:
        return words.number(value, 2)
    power = math.floor(math.log10(abs(value)))
    mantissa = words.number(abs(value) / 10**power, 1)
    sign = MINUS if value < 0 else ""
    return f"{sign}{mantissa} × 10{str(power).translate(SUPERSCRIPT)}"


def _float(value: Any) -> float:
    try:
        return math.nan if value is None else float(value)
    except (TypeError, ValueError):
        return math.nan


def _is_number(value: str) -> bool:
    return math.isfinite(_float(value))


def _all_finite(values: tuple[float, ...]) -> bool:
    return bool(values) and all(math.isfinite(v) for v in values)
