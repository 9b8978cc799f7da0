"""How the pipeline speaks: the phrases of one language, and the one place where numbers become text.

Figures, tables, sentences and the terminal all ask a `Words` for a number, so that they show the same rounded
value. The phrases stand in `words/<language>.yaml`; both languages have the same keys.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from dww_analysis.domain.study import Text, say
from dww_analysis.errors import ReportError

LANGUAGES = ("nl", "en")
MINUS = "−"
MOST_DECIMALS = 4


def decimals_for(std_error: float) -> int:
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


class Words:
    """The phrases and number format of one language. `words("key", name=value)` is a phrase with its blanks filled."""

    def __init__(self, language: str):
        if language not in LANGUAGES:
            known = ", ".join(LANGUAGES)
            raise ReportError.of(
                f"language {language!r}", "report languages", f"one of {known}", "choose a known language"
            )
        self.language = language
        self._phrases = _catalogue(language)
        self._point = "," if language == "nl" else "."

    def __call__(self, key: str, **blanks: Any) -> str:
        try:
            phrase = self._phrases[key]
        except KeyError:
            raise ReportError.of(
                f"no phrase {key!r}",
                f"words/{self.language}.yaml",
                "every phrase that is used",
                "add the phrase",
            ) from None
        return phrase.format(**blanks) if blanks else phrase

    def has(self, key: str) -> bool:
        """Whether the catalogue holds `key`."""
        return key in self._phrases

    def keys(self) -> frozenset[str]:
        """All keys of the catalogue."""
        return frozenset(self._phrases)

    def under(self, prefix: str) -> dict[str, str]:
        """The phrases whose key starts with `prefix.`, by the rest of their key, in catalogue order."""
        start = prefix + "."
        return {k[len(start) :]: v for k, v in self._phrases.items() if k.startswith(start)}

    def say(self, text: Text | str) -> str:
        """The words of a text of the study in this language."""
        return say(text, self.language)

    def number(self, value: float | str | None, decimals: int = 2) -> str:
        """`value` with a fixed number of decimals and this language's decimal mark; an en dash when absent."""
        if isinstance(value, str):
            return value
        if value is None or not math.isfinite(value):
            return "–"
        text = f"{abs(value):.{decimals}f}"
        negative = value < 0 and float(text) != 0
        whole, _, fraction = text.partition(".")
        text = whole if not fraction else whole + self._point + fraction
        return MINUS + text if negative else text

    def decimals(self, std_error: float) -> int:
        """How many decimals an estimate with this standard error is printed with; see `decimals_for`."""
        return decimals_for(std_error)

    def count(self, value: float | str | None) -> str:
        """A whole number; text such as `<8` stays as it is."""
        return self.number(value, 0)

    def percent(self, share: float | None, decimals: int = 0) -> str:
        """A share of 1 as per cent."""
        text = self.number(None if share is None else 100 * share, decimals)
        return text if text == "–" else f"{text}%"

    def df(self, value: float) -> str:
        """Degrees of freedom: one decimal, or the word for a normal reference distribution."""
        if value is not None and math.isinf(value):
            return "∞"
        return self.number(value, 1)

    def p_value(self, p: float) -> str:
        """Exact to three decimals, `< .001` and `> .999` at the ends; English drops the zero before the point."""
        if p is None or not math.isfinite(p):
            return "–"
        text = self.number(min(max(p, 0.001), 0.999), 3)
        if self.language == "en":
            text = text.removeprefix("0")
        return f"< {text}" if p < 0.001 else f"> {text}" if p > 0.9995 else text

    def p_phrase(self, p: float) -> str:
        """`p = 0,032` or `p < 0,001`."""
        text = self.p_value(p)
        return f"p {text}" if text[0] in "<>" else f"p = {text}"

    def span(self, low: float, high: float, decimals: int = 2) -> str:
        """An interval inside a sentence: `0,10 tot 0,52`."""
        return self("number.span", low=self.number(low, decimals), high=self.number(high, decimals))

    def bracket(self, low: float, high: float, decimals: int = 2) -> str:
        """An interval in a table: `[0,10; 0,52]` in Dutch, `[0.10, 0.52]` in English."""
        if not (math.isfinite(low) and math.isfinite(high)):
            return "–"
        mark = ";" if self.language == "nl" else ","
        return f"[{self.number(low, decimals)}{mark} {self.number(high, decimals)}]"

    def level(self, conf_level: float) -> str:
        """The name of the interval: `95 %-BI`, `95 % CI`."""
        percent = self.number(
            100 * conf_level, 0 if math.isclose(100 * conf_level % 1, 0, abs_tol=1e-9) else 1
        )
        return self("number.level", percent=percent)

    def estimate(self, row: Mapping[str, Any], unit: str = "") -> str:
        """One estimate with its interval: `0,31 schaalpunten (95 %-BI 0,10 tot 0,52)`.

        `row` has estimate, std_error, conf_low, conf_high and conf_level; `unit` is in this language.
        """
        decimals = decimals_for(row["std_error"])
        value = self.number(row["estimate"], decimals) + (f" {unit}" if unit else "")
        span = self.span(row["conf_low"], row["conf_high"], decimals)
        return f"{value} ({self.level(row['conf_level'])} {span})"

    def date(self, iso: str) -> str:
        """An ISO date written out: `30 juni 2026`."""
        from datetime import date

        from babel.dates import format_date

        locale = "nl" if self.language == "nl" else "en_GB"
        return format_date(date.fromisoformat(iso), format="long", locale=locale)

    def df_method(self, method: str) -> str:
        """The name of a df method of the estimates table."""
        key = f"df_method.{str(method).lower()}"
        return self(key) if key in self._phrases else str(method)

    def few(self, n: int) -> str:
        """A small number as a word, a larger one in digits."""
        known = self("number.few").split()
        return known[n] if 0 <= n < len(known) else self.count(n)

    def quoted(self, text: str) -> str:
        """A name in quotation marks, inside a sentence."""
        return self("number.quoted", text=text)

    def capital(self, text: str) -> str:
        """`text` with a capital at its start, for the start of a sentence; in Dutch `ij` is one letter."""
        if self.language == "nl" and text.startswith("ij"):
            return "IJ" + text[2:]
        return text[:1].upper() + text[1:]

    def omega_method(self, method: str) -> str:
        """How omega was computed, in this language where the catalogue knows the way."""
        key = f"omega_method.{method}"
        return self(key) if key in self._phrases else method

    def listing(self, parts: Iterable[str]) -> str:
        """`a, b en c`."""
        parts = list(parts)
        if len(parts) < 2:
            return "".join(parts)
        return f"{', '.join(parts[:-1])} {self('number.and')} {parts[-1]}"


@cache
def _catalogue(language: str) -> dict[str, str]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    phrases: dict[str, str] = {}
    for name in (f"{language}.yaml", f"checks.{language}.yaml"):
        text = files("dww_analysis.reports").joinpath("words", name).read_text(encoding="utf-8")
        phrases |= dict(_flatten(yaml.load(text, loader)))
    return phrases


def _flatten(tree: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, str]]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value).strip()
