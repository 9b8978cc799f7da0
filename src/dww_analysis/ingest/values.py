"""One delivered column as valid answers and typed missing reasons.

Order of the rules: the study's recoding, then codes for "no answer" (of the file and of the study), then the range.
Everything works on the distinct values or on whole arrays; a million rows are one pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.delivery.codes import by_distinct, code_text, fold, shown, text_column
from dww_analysis.delivery.identifiers import is_plain_name
from dww_analysis.domain.measurements import MissingReason
from dww_analysis.domain.study import Background, RangeRule
from dww_analysis.errors import Problem

REASONS = tuple(MissingReason)
MOST_WORDS = 12  # words of answers that a message shows
PRESENT = np.int8(-1)  # otherwise an index into REASONS


def reason_index(reason: str) -> np.int8:
    """The position of a reason in `REASONS`; ValueError for a text that is no reason."""
    return np.int8(REASONS.index(MissingReason(reason)))


@dataclass(frozen=True)
class Facts:
    """What the file and the study say about one column."""

    ours: str
    theirs: str
    where: str  # file and column, for messages
    value_labels: Mapping[Any, str] = field(default_factory=dict)
    missing_values: Sequence[Any] = ()
    missing_ranges: Sequence[tuple[float, float]] = ()
    missing_codes: Mapping[str, str] = field(default_factory=dict)  # the study's: code as text -> reason
    recode: Mapping[str, str] = field(default_factory=dict)
    valid_range: tuple[float, float] | None = None
    out_of_range: RangeRule = "stop"
    open_number: bool = False  # typed by persons: a decimal comma counts

    @cached_property
    def _recode_words(self) -> dict[str, str]:
        return {_one_case(theirs): theirs for theirs in reversed(list(self.recode))}

    def recode_key(self, text: str) -> str | None:
        """The code of the recoding that `text` is; case does not count in words."""
        return text if text in self.recode else self._recode_words.get(_one_case(text))


def _one_case(text: str) -> str:
    return " ".join(text.casefold().split())


@dataclass
class Column:
    """Answers of one column: `values` (float64, or text for categories), `reasons` (int8, PRESENT or a reason)."""

    values: Any
    reasons: np.ndarray
    problems: list[Problem] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    out_of_range: int = 0
    missing_codes: dict[str, str] = field(default_factory=dict)  # codes met that mean "no answer"
    recoded: dict[str, int] = field(default_factory=dict)  # their code -> answers that were recoded
    absent: dict[str, int] = field(default_factory=dict)  # the study's missing code -> answers that held it
    kept_codes: dict[str, int] = field(default_factory=dict)  # missing code inside the range -> answers kept
    seen: tuple[str, ...] = ()  # short codes met in a recoded column, for messages


def read_numbers(delivered: pd.Series, facts: Facts, lines: np.ndarray) -> Column:
    """A column of numbers. Text that is no number, and codes outside the range, are problems (or missing by rule)."""
    if not pd.api.types.is_numeric_dtype(delivered) or facts.recode or pd.api.types.is_bool_dtype(delivered):
        return _distinct_numbers(delivered, facts, lines)
    values = delivered.to_numpy(dtype="float64", na_value=np.nan)
    blank = np.isnan(values)
    reasons = np.where(blank, reason_index(_blank_reason(facts)), PRESENT)
    column = Column(values, reasons)
    column.absent = dict.fromkeys(facts.missing_codes, 0)
    if "" in column.absent:
        column.absent[""] = int(blank.sum())
    for code in column.absent:
        number = _as_number(code)
        if number is not None and _in_range(code, facts) and code not in _declared(facts):
            column.kept_codes[code] = int((values == number).sum())
    for test, reason, word in _missing_tests(facts):
        found = test(values)
        if word in column.absent:
            column.absent[word] = int(found.sum())
        if found.any():
            column.reasons = np.where(found, reason_index(reason), column.reasons)
            column.missing_codes[word] = reason
    _check_range(column, facts, lines)
    absent = column.reasons != PRESENT
    if absent.any() and not np.array_equal(absent, blank):
        column.values = np.where(absent, np.nan, values)
    _note_missing(column)
    return column


def _blank_reason(facts: Facts) -> str:
    return facts.missing_codes.get("", MissingReason.SKIPPED)


def _in_range(code: str, facts: Facts) -> bool:
    if facts.valid_range is None:
        return False
    try:
        return facts.valid_range[0] <= float(code) <= facts.valid_range[1]
    except ValueError:
        return False


def _missing_tests(facts: Facts) -> list[tuple[Any, str, str]]:
    """(test on an array, reason, code in words) of every code that means "no answer" in this column.

    A code that the study declares for the whole file counts only where it cannot be an answer, or where the file
    itself says that it is missing: "9" is no answer on a 1-5 scale and nine hours in another column.
    """
    tests: list[tuple[Any, str, str]] = []
    declared = _declared(facts)
    for value in facts.missing_values:
        if isinstance(value, int | float):
            reason = facts.missing_codes.get(code_text(value), MissingReason.SKIPPED)
            tests.append((lambda a, v=float(value): a == v, reason, code_text(value)))
    for low, high in facts.missing_ranges:
        word = f"{code_text(low)} to {code_text(high)}"
        tests.append((lambda a, b=low, t=high: (a >= b) & (a <= t), MissingReason.SKIPPED, word))
    for code, reason in facts.missing_codes.items():
        number = _as_number(code)
        if number is None or code in declared or _in_range(code, facts):
            continue
        tests.append((lambda a, v=number: a == v, reason, code))
    return tests


def _declared(facts: Facts) -> set[str]:
    """The codes that the file itself says are missing."""
    return {code_text(v) for v in facts.missing_values}


def _as_number(text: str, open_number: bool = False) -> float | None:
    if open_number and text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    try:
        number = float(text)
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def _check_range(column: Column, facts: Facts, lines: np.ndarray) -> None:
    present = column.reasons == PRESENT
    wrong = present & np.isinf(column.values)
    if facts.valid_range is not None:
        low, high = facts.valid_range
        with np.errstate(invalid="ignore"):
            wrong |= present & ((column.values < low) | (column.values > high))
    if not wrong.any():
        return
    if facts.out_of_range == "missing":
        _set_out_of_range(column, wrong)
        return
    low, high = facts.valid_range or (-np.inf, np.inf)
    for value in np.unique(column.values[wrong])[:10]:
        found = wrong & (column.values == value)
        named = facts.value_labels.get(float(value), "")
        label = f" ({named!r})" if named else ""
        column.problems.append(
            Problem(
                found=f"the value {code_text(value)}{label} on line {shown(lines[found])} ({int(found.sum())} answers)",
                where=facts.where,
                expected=f"{code_text(low)} to {code_text(high)}",
                action="correct the column or the scale's range; if the code means that there is no answer, add it to "
                "missing_codes; or declare out_of_range: missing",
            )
        )
    column.reasons = np.where(wrong, reason_index(MissingReason.OUT_OF_RANGE), column.reasons)


def _set_out_of_range(column: Column, wrong: np.ndarray) -> None:
    column.out_of_range = int(wrong.sum())
    column.reasons = np.where(wrong, reason_index(MissingReason.OUT_OF_RANGE), column.reasons)
    column.rules.append(f"{column.out_of_range} answers outside the range set to missing")


def _note_missing(column: Column) -> None:
    for code, reason in column.missing_codes.items():
        column.rules.append(f"code {code} = {reason}")


def _distinct_numbers(delivered: pd.Series, facts: Facts, lines: np.ndarray) -> Column:
    """The same for text, mixed or recoded columns, by their distinct values."""
    indices, texts, column = _settled(delivered, facts)
    numbers = [_as_number(text, facts.open_number) if reason == PRESENT else None for text, reason in texts]
    unread = np.array([n is None and r == PRESENT for n, (_, r) in zip(numbers, texts, strict=True)])[indices]
    if unread.any():
        column.problems.append(
            Problem(
                found=f"{int(unread.sum())} answers are words, not codes{_words_left(delivered[unread])} "
                f"(line {shown(lines[unread])})",
                where=facts.where,
                expected="numbers",
                action='export values instead of labels; or give recode: {our column: {"their words": "code"}} or '
                "missing_codes in sources.yaml",
            )
        )
    column.values = np.array([np.nan if n is None else n for n in numbers])[indices]
    column.reasons = np.where(unread, reason_index(MissingReason.OUT_OF_RANGE), column.reasons)
    _check_range(column, facts, lines)
    column.values = np.where(column.reasons == PRESENT, column.values, np.nan)
    _note_missing(column)
    return column


def _words_left(delivered: pd.Series) -> str:
    """The words that several answers share, with their counts; what one person wrote is not repeated."""
    counts = text_column(delivered).value_counts()
    shared = [(w, n) for w, n in counts.items() if n > 1 and is_plain_name(str(w))][:MOST_WORDS]
    return ": " + ", ".join(f"{w!r} ({n})" for w, n in shared) if shared else ""


def _settled(delivered: pd.Series, facts: Facts) -> tuple[np.ndarray, list[tuple[str, np.int8]], Column]:
    """Distinct values as (code after recoding, reason or PRESENT), the row's index into them, and a column begun."""
    indices, texts = by_distinct(delivered, code_text)
    column = Column(None, np.empty(0, dtype="int8"))
    result = []
    for text in texts:
        key = facts.recode_key(text)
        reason, recoded = _reason_of(text, facts), text if key is None else facts.recode[key]
        if reason is None and recoded != text:
            reason = _reason_of(recoded, facts)
        if reason is not None and text:
            column.missing_codes[text] = reason
        result.append((recoded, PRESENT if reason is None else reason_index(reason)))
    _count(column, texts, result, np.bincount(indices, minlength=len(texts)), facts)
    keys = {key for text in texts if (key := facts.recode_key(text)) is not None}
    used = [(key, facts.recode[key]) for key in keys if facts.recode[key] != key]
    column.rules += [f"recoded {theirs!r} to {ours!r}" for theirs, ours in sorted(used)]
    if facts.recode and not used:
        column.rules.append("recode declared, nothing changed")
    column.reasons = np.array([reason for _, reason in result], dtype="int8")[indices]
    return indices, result, column


def _count(
    column: Column,
    texts: list[str],
    result: list[tuple[str, np.int8]],
    counts: np.ndarray,
    facts: Facts,
) -> None:
    """How many answers each recoding and each missing code of the study met."""
    column.recoded = dict.fromkeys(facts.recode, 0)
    column.absent = dict.fromkeys(facts.missing_codes, 0)
    for text, (recoded, reason), count in zip(texts, result, counts.tolist(), strict=True):
        key = facts.recode_key(text)
        if key is not None:
            column.recoded[key] += count
        code = text if text in column.absent else recoded
        if code not in column.absent:
            continue
        if reason != PRESENT:
            column.absent[code] += count
        else:
            column.kept_codes[code] = column.kept_codes.get(code, 0) + count
    column.seen = tuple(text for text, count in zip(texts, counts, strict=True) if text and count)


def _reason_of(text: str, facts: Facts) -> str | None:
    """Why a code is no answer; None when it is one."""
    if not text:
        return _blank_reason(facts)
    if facts.recode_key(text) is not None:
        return None
    if text in _declared(facts):
        default = MissingReason.NOT_APPLICABLE if text == "N/A" else MissingReason.SKIPPED
        return facts.missing_codes.get(text, default)
    number = _as_number(text)
    if number is not None and any(low <= number <= high for low, high in facts.missing_ranges):
        return facts.missing_codes.get(text, MissingReason.SKIPPED)
    if text in facts.missing_codes and not _in_range(text, facts):
        return facts.missing_codes[text]
    return None


def read_categories(delivered: pd.Series, background: Background, facts: Facts, lines: np.ndarray) -> Column:
    """A column of categories as text codes; words that are a category's label count as its code."""
    indices, texts, column = _settled(delivered, facts)
    by_label = {fold(word): code for code, label in background.categories.items() for word in label.values()}
    codes: list[str | None] = []
    unknown = []
    for text, reason in texts:
        code = None if reason != PRESENT else text
        if code is not None and background.categories and code not in background.categories:
            code = by_label.get(fold(code))
        codes.append(code)
        unknown.append(reason == PRESENT and code is None)
    wrong = np.array(unknown)[indices]
    if wrong.any() and facts.out_of_range == "missing":
        _set_out_of_range(column, wrong)
    elif wrong.any():
        column.problems.append(
            Problem(
                found=f"{int(wrong.sum())} answers are none of the categories (line {shown(lines[wrong])})",
                where=facts.where,
                expected="one of " + ", ".join(background.categories),
                action="add the category to study.yaml, give recode or missing_codes, or declare out_of_range: missing",
            )
        )
        column.reasons = np.where(wrong, reason_index(MissingReason.OUT_OF_RANGE), column.reasons)
    column.values = pd.Series(codes, dtype="str").take(indices).reset_index(drop=True)
    _note_missing(column)
    return column
