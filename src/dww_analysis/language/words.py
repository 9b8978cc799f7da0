"""How the pipeline speaks: the phrases of one language with their blanks filled, and its numbers.

Figures, tables, sentences and the terminal all ask a `Words` for a number, so that they show the same rounded value.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from dww_analysis.domain.study import Text, Unit, say
from dww_analysis.errors import ReportError
from dww_analysis.language import catalogue, numbers
from dww_analysis.language.numbers import LOCALES, decimals_for

LANGUAGES = tuple(LOCALES)


class Words:
    """The phrases and number format of one language. `words("key", name=value)` is a phrase with its blanks filled.

    levels: what a study calls its "organisation", "team" and "person"; see `amount`. unit: which of them it allocates,
    so that {unit_one} and {unit_many} in a phrase are true of every design.
    """

    def __init__(self, language: str, levels: Mapping[str, Text] | None = None, unit: Unit = "team"):
        if language not in LANGUAGES:
            known = ", ".join(LANGUAGES)
            raise ReportError.of(
                found=f"language {language!r}",
                where="report languages",
                expected=f"one of {known}",
                action="choose a known language",
            )
        self.language = language
        self.levels = dict(levels or {})
        self.unit = unit

    def named(self, levels: Mapping[str, Text], unit: Unit = "team") -> Words:
        """The same language with what a study calls its levels, and which of them it allocates."""
        return Words(self.language, levels, unit)

    def __call__(self, key: str, **blanks: Any) -> str:
        phrase = self._phrase(key)
        if not isinstance(phrase, str):
            raise ReportError.of(
                found=f"phrase {key!r} has plural forms",
                where=f"language/{self.language}",
                expected="a number to choose the form by",
                action="ask for it with Words.many",
            )
        return self._filled(phrase, blanks)

    def many(self, key: str, number: float | str, /, **blanks: Any) -> str:
        """A phrase that counts, in the form that goes with `number`; its blank {n} is that as a whole number."""
        forms = self._phrase(key)
        phrase = forms if isinstance(forms, str) else forms[numbers.plural_form(number, self.language)]
        return self._filled(phrase, {"n": self.count(number), **blanks})

    def _phrase(self, key: str) -> catalogue.Phrase:
        phrase = catalogue.find(self.language, key)
        if phrase is None:
            raise ReportError.of(
                found=f"no phrase {key!r}",
                where=f"language/{self.language}",
                expected="every phrase that is used",
                action="add the phrase",
            )
        return phrase

    def _filled(self, phrase: str, blanks: Mapping[str, Any]) -> str:
        """The phrase with its blanks; {team_many} and the like are what the study calls its levels."""
        if "{" not in phrase:
            return phrase
        return phrase.format_map(_Blanks(blanks, self))

    def has(self, key: str) -> bool:
        """Whether there is a phrase `key`."""
        return catalogue.find(self.language, key) is not None

    def keys(self) -> frozenset[str]:
        """All keys of the language."""
        return frozenset(catalogue.everything(self.language))

    def say(self, text: Text | str) -> str:
        """The words of a text of the study in this language; one that it lacks in the other, a plain text as it is,
        as `domain.study.say` has it."""
        return say(text, self.language)

    # --- what a study calls its levels

    def level_name(self, level: str) -> str:
        """One organisation, team or person as this study calls it (`level_labels`); "unit" is what it allocates."""
        return self._forms(level)[0]

    def level_names(self, level: str) -> str:
        """Several of them: as the study says (`class | classes`), as this language says, or the name as it is."""
        one, several = self._forms(level)
        return several or one

    def amount(self, level: str, n: float | str) -> str:
        """`24 teams`, `1 team`, `<8 klassen`; `24 × bubbel` for a name whose plural nobody gave."""
        one, several = self._forms(level)
        if numbers.plural_form(n, self.language) == 0:
            return f"{self.count(n)} {one}"
        return f"{self.count(n)} {several}" if several else f"{self.count(n)} × {one}"

    def _forms(self, level: str) -> tuple[str, str]:
        """(one, several); several is "" when neither the study nor the language knows it."""
        level = self.unit if level == "unit" else level
        own = self.levels.get(level)
        one, _, several = (p.strip() for p in self.say(own if own else self._default(level)).partition("|"))
        known = f"level.several.{one.lower()}"
        return one, several or (self(known) if self.has(known) else "")

    def _default(self, level: str) -> str:
        return self(f"level.{level}") if self.has(f"level.{level}") else level

    # --- numbers

    def number(self, value: float | str | None, decimals: int = 2) -> str:
        """`value` with a fixed number of decimals and this language's decimal mark; an en dash when absent."""
        return numbers.write_number(value, decimals, self.language)

    def decimals(self, std_error: float) -> int:
        """How many decimals an estimate with this standard error is printed with; see `decimals_for`."""
        return decimals_for(std_error)

    def count(self, value: float | str | None) -> str:
        """A whole number; text such as `<8` stays as it is; a dash for None and NaN."""
        return self.number(value, 0)

    def plain(self, value: float) -> str:
        """A number with the decimals it has, at most one: an end of a scale, a count that may be a half."""
        return self.number(value, 0 if float(value).is_integer() else 1)

    def percent(self, share: float | None, decimals: int = 0) -> str:
        """A share of 1 as per cent to `decimals` places; a dash for None and NaN."""
        text = self.number(None if share is None else 100 * share, decimals)
        return text if text == numbers.ABSENT else f"{text}%"

    def df(self, value: float) -> str:
        """Degrees of freedom: one decimal, or the sign of a normal reference distribution."""
        if value is not None and math.isinf(value):
            return "∞"
        return self.number(value, 1)

    def p_value(self, p: float) -> str:
        """Exact to three decimals, `< .001` and `> .999` at the ends; English drops the zero before the point."""
        return numbers.write_p(p, self.language)

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
            return numbers.ABSENT
        mark = numbers.list_mark(self.language)
        return f"[{self.number(low, decimals)}{mark} {self.number(high, decimals)}]"

    def level(self, conf_level: float) -> str:
        """The name of the interval: `95%-BI`, `95% CI`."""
        whole = math.isclose(100 * conf_level % 1, 0, abs_tol=1e-9)
        return self("number.level", percent=self.number(100 * conf_level, 0 if whole else 1))

    def estimate(self, row: Mapping[str, Any], unit: str = "") -> str:
        """One estimate with its interval: `0,31 schaalpunten (95%-BI 0,10 tot 0,52)`.

        `row` has estimate, std_error, conf_low, conf_high and conf_level; `unit` is in this language.
        """
        decimals = decimals_for(row["std_error"])
        value = self.number(row["estimate"], decimals) + (f" {unit}" if unit else "")
        span = self.span(row["conf_low"], row["conf_high"], decimals)
        return f"{value} ({self.level(row['conf_level'])} {span})"

    def date(self, iso: str) -> str:
        """An ISO date written out: `30 juni 2026`."""
        return numbers.write_date(iso, self.language)

    def day(self, iso: str) -> str:
        """An ISO date without its year, short: `30 jun`."""
        return numbers.write_day(iso, self.language)

    def few(self, n: int) -> str:
        """A small number as a word (`number.few` of the catalogue has how many), a larger one in digits."""
        known = self("number.few").split()
        return known[n] if 0 <= n < len(known) else self.count(n)

    # --- names and texts

    def known(self, prefix: str, name: str) -> str:
        """The phrase `prefix.name` where there is one, else `name` itself."""
        key = f"{prefix}.{name}"
        return self(key) if self.has(key) else name

    def df_method(self, method: str) -> str:
        """The name of a value of column df_method of the estimates; one that the catalogue lacks stays."""
        return self.known("df_method", str(method).lower())

    def omega_method(self, method: str) -> str:
        """How omega was computed, in this language where the catalogue knows the way."""
        return self.known("omega_method", method)

    def quoted(self, text: str) -> str:
        """A name in quotation marks, inside a sentence."""
        return self("number.quoted", text=text)

    def capital(self, text: str) -> str:
        """`text` with a capital at its start, for the start of a sentence; in Dutch `ij` is one letter, and `één` has
        one accent then."""
        if self.language == "nl" and text.startswith("ij"):
            return "IJ" + text[2:]
        if self.language == "nl" and text.startswith("één"):
            return "Eén" + text[3:]
        return text[:1].upper() + text[1:]

    def listing(self, parts: Iterable[str]) -> str:
        """`a, b en c`."""
        return numbers.write_list(list(parts), self.language)

    def either(self, parts: Iterable[str]) -> str:
        """`a, b of c`."""
        return numbers.write_list(list(parts), self.language, "or")


class _Blanks(dict):
    """The blanks of one phrase; a level's name is looked up only when the phrase asks for it."""

    def __init__(self, blanks: Mapping[str, Any], words: Words):
        super().__init__(blanks)
        self.words = words

    def __missing__(self, name: str) -> str:
        level, _, form = name.rpartition("_")
        if form == "one":
            return self.words.level_name(level)
        if form == "many":
            return self.words.level_names(level)
        raise ReportError.of(
            found=f"a phrase without its blank {name!r}",
            where=f"language/{self.words.language}",
            expected="every blank filled",
            action="give the blank where the phrase is asked for",
        )
