"""How numbers and dates are written: decimals, marks of a language, p values, intervals, percentages."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any, Literal

LOCALES = {"nl": "nl_NL", "en": "en_GB"}
MINUS = "−"
BETWEEN_THOUSANDS = (
    "\u00a0"  # no point or comma: each is a decimal mark in one of the languages (BIPM 2019, 5.4.4)
)
GROUPED_FROM = 10_000  # shorter numbers stand as years do
ABSENT = "–"
MOST_DECIMALS = 4
NORMAL = 1.96  # half an interval of 95 % in standard errors
HELD = 12  # significant digits that survive arithmetic: 100 * 0.2935 is 29.35


def decimals_for(std_error: float | None) -> int:
    """Decimals to print an estimate with, given its standard error: between 1 and 4, and 2 when it is unknown.

    The rule of the Particle Data Group (Review of Particle Physics 2022, Introduction, 5.3): two digits of the
    error when its first three are 100 to 354, one digit when they are 355 to 949, and 1000 above that.
    `decimals_for(0.105)` and `decimals_for(0.088)` are 2; `decimals_for(0.0217)` is 3.
    """
    if std_error is None or not math.isfinite(std_error) or std_error <= 0:
        return 2
    power = math.floor(math.log10(std_error))
    leading = std_error / 10**power
    digits = 2 if leading < 3.545 else 1
    return max(1, min(MOST_DECIMALS, digits - 1 - power))


def decimals_for_interval(low: float, high: float) -> int:
    """Decimals to print an estimate with where only its interval is known, read as a normal one of 95 %."""
    return decimals_for((high - low) / (2 * NORMAL))


def half_up(value: float, decimals: int) -> Decimal:
    """A finite number with a fixed number of decimals, a half away from zero: `half_up(0.2935, 3)` is 0.294. A
    zero has no sign.

    A published number keeps its side of every half (`privacy.published.significant`), so that it rounds here as the
    number that it was published from. Python's own rounding looks at the binary number and makes 0.293 of it.
    """
    exact = Decimal(f"{value:.{HELD}g}")
    if exact.adjusted() > HELD:
        return exact
    return exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP) + 0


@cache
def locale_of(language: str) -> Any:
    """Babel's locale of a language."""
    from babel import Locale

    return Locale.parse(LOCALES[language])


@cache
def decimal_mark(language: str) -> str:
    """`,` in Dutch, `.` in English."""
    return str(locale_of(language).number_symbols["latn"]["decimal"])


@cache
def list_mark(language: str) -> str:
    """What stands between two numbers: `;` where the comma is a decimal mark, else `,`."""
    return ";" if decimal_mark(language) == "," else ","


def write_number(value: float | str | None, decimals: int, language: str) -> str:
    """`value` with a fixed number of decimals (`half_up`), in groups of three digits from 10 000 on; an en dash when
    absent, text such as `<8` as it is.

    A number that rounds to zero has no sign.
    """
    if isinstance(value, str):
        return value
    if value is None or not math.isfinite(value):
        return ABSENT
    rounded = half_up(abs(value), decimals)
    text = f"{rounded:{',' if rounded >= GROUPED_FROM else ''}.{decimals}f}"
    text = text.replace(",", BETWEEN_THOUSANDS).replace(".", decimal_mark(language))
    negative = value < 0 and rounded != 0
    return MINUS + text if negative else text


def write_p(p: float | None, language: str) -> str:
    """Exact to three decimals, `< .001` and `> .999` at the ends; English drops the zero before the point."""
    if p is None or not math.isfinite(p):
        return ABSENT
    text = write_number(min(max(p, 0.001), 0.999), 3, language)
    if decimal_mark(language) == ".":
        text = text.removeprefix("0")
    return f"< {text}" if p < 0.001 else f"> {text}" if p >= 0.9995 else text


def write_date(iso: str, language: str) -> str:
    """An ISO date written out: `30 juni 2026`."""
    from datetime import date

    from babel.dates import format_date

    return format_date(date.fromisoformat(iso), format="long", locale=locale_of(language))


def write_day(iso: str, language: str) -> str:
    """An ISO date without its year, short: `30 jun`."""
    from datetime import date

    from babel.dates import format_date

    return format_date(date.fromisoformat(iso), format="d MMM", locale=locale_of(language))


def write_list(parts: list[str], language: str, style: Literal["standard", "or"] = "standard") -> str:
    """`a, b en c`, with `or` `a, b of c`; "" for none, and one part as it is."""
    from babel.lists import format_list

    return format_list(parts, style=style, locale=locale_of(language))


def plural_form(n: object, language: str) -> int:
    """Which form of a phrase goes with `n`: 0 for one, 1 for others. What is no number (`<8`, NaN) counts as many."""
    try:
        value = float(str(n))
    except ValueError:
        return 1
    if not math.isfinite(value):
        return 1
    whole = int(value) if value == int(value) else value
    return 0 if locale_of(language).plural_form(whole) == "one" else 1
