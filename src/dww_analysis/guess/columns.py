"""What is known of the columns of a delivered file: names, labels, kinds of values and how often they occur."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from dww_analysis.delivery.codes import code_text
from dww_analysis.delivery.identifiers import holds_addresses, is_identifying
from dww_analysis.delivery.wording import is_no_answer

MOST_ANSWERS = 12  # different answers that an item can have
LONGEST_ANSWER = 80  # characters of an answer in words


@dataclass(frozen=True)
class Column:
    """One delivered column. Of its values only those are kept that many rows share: codes and words of answers.

    `value_labels`: code as text -> label, without the codes for no answer. `numbers`: its different whole numbers when
    they are few. `words`: its different texts when they are few and short. `no_answer`: codes that the file or its
    labels say are no answer.
    """

    name: str
    label: str = ""
    value_labels: Mapping[str, str] = field(default_factory=dict)
    no_answer: Mapping[str, str] = field(default_factory=dict)
    numbers: tuple[float, ...] = ()
    words: tuple[str, ...] = ()
    kind: str = "text"  # "number", "text", "date" or "time"
    fractions: bool = False
    filled: int = 0
    distinct: int = 0
    minimum: float | None = None
    maximum: float | None = None
    identifying: bool = False
    base: str = ""  # the name without the mark of a wave, where it has one

    @property
    def plain(self) -> str:
        """The name that the column has over all waves."""
        return self.base or self.name

    @property
    def unique(self) -> bool:
        """Whether (almost) every value occurs once."""
        return self.filled > 1 and self.distinct >= 0.9 * self.filled

    @property
    def options(self) -> int:
        """How many different answers there are, by the labels or by what was seen."""
        return max(len(self.value_labels), len(self.numbers), len(self.words))

    @property
    def is_answer(self) -> bool:
        """Whether the column can hold answers to a closed question."""
        return not self.identifying and 2 <= self.options <= MOST_ANSWERS and self.kind != "date"


@dataclass(frozen=True, eq=False)
class Delivered:
    """One delivered file as the guesser sees it; `data` is None when an option must be chosen first, see `needs`."""

    file: str
    sha256: str
    format: str
    columns: tuple[Column, ...] = ()
    data: pd.DataFrame | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    guessed: Mapping[str, str] = field(default_factory=dict)  # option -> why it was chosen
    needs: tuple[str, ...] = ()  # what must be chosen, in words

    def column(self, name: str) -> Column:
        return next(c for c in self.columns if c.name == name)


def delivered(
    file: str,
    sha256: str,
    format: str,
    data: pd.DataFrame,
    variables: pd.DataFrame,
    options: Mapping[str, Any] | None = None,
    guessed: Mapping[str, str] | None = None,
) -> Delivered:
    """The facts about one table: `data` and `variables` as `storage` reads them; `options` it was read with."""
    facts = variables.set_index("name")
    columns = tuple(column_facts(str(name), data[name], facts.loc[name].to_dict()) for name in data.columns)
    return Delivered(file, sha256, format, columns, data, options or {}, guessed or {})


def column_facts(name: str, values: pd.Series, about: Mapping[str, Any]) -> Column:
    """What is known of one column, from its values and the file's own facts."""
    labels, no_answer = _labels(about)
    texts = values.map(code_text)
    texts = texts[texts.ne("")]
    numbers = pd.to_numeric(texts[~texts.isin(no_answer)], errors="coerce")
    mostly = about.get("type") not in ("date", "datetime", "time") and numbers.notna().sum() >= max(
        1, 0.9 * len(numbers)
    )
    valid = numbers.dropna() if mostly else numbers.iloc[:0]
    far = _no_answers(valid, labels)
    no_answer = {**no_answer, **{code_text(x): "no answer" for x in far}}
    valid = valid[~valid.isin(far)]
    whole = bool((valid % 1 == 0).all())
    worded = texts[~texts.isin([code_text(code) for code in about.get("missing_values") or ()])]
    return Column(
        name,
        str(about.get("label") or ""),
        labels,
        no_answer,
        tuple(sorted(valid.unique())) if whole and valid.nunique() <= 2 * MOST_ANSWERS else (),
        _words(worded[pd.to_numeric(worded, errors="coerce").isna()] if mostly else worded),
        _kind(about.get("type"), mostly),
        bool(len(valid)) and not whole,
        len(texts),
        int(texts.nunique()),
        float(valid.min()) if len(valid) else None,
        float(valid.max()) if len(valid) else None,
        is_identifying(name) or holds_addresses(values),
    )


def _kind(type: Any, mostly_numbers: bool) -> str:
    if type in ("date", "datetime"):
        return "date"
    return "number" if mostly_numbers else "time" if type == "time" else "text"


_CODES = (
    -1,
    -2,
    -7,
    -8,
    -9,
    -77,
    -88,
    -97,
    -98,
    -99,
    -999,
    8,
    9,
    77,
    88,
    97,
    98,
    99,
    777,
    888,
    998,
    999,
    9999,
)


def _no_answers(valid: pd.Series, labels: Mapping[str, str]) -> list[float]:
    """Usual codes for no answer that stand far from the other whole numbers of a question, or without a label."""
    seen = sorted(valid.unique())
    usual = [x for x in seen if x in _CODES and code_text(x) not in labels]
    rest = [x for x in seen if x not in usual]
    if (
        not rest
        or len(rest) > MOST_ANSWERS
        or any(x % 1 for x in rest)
        or not -3 <= rest[0] <= rest[-1] <= 11
    ):
        return []
    top = max([rest[-1], *(float(c) for c in labels if is_number(c))])
    gapless = (
        len(rest) >= 3 and rest[-1] - rest[0] == len(rest) - 1
    )  # otherwise a 9 can be a mark from 0 to 10
    far = 1.8 * top if gapless else 2 * max(top, 10)
    return [x for x in usual if (x < 0 <= rest[0]) or x >= far or (x > top + 2 and bool(labels))]


def is_number(text: str) -> bool:
    """Whether a code is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _labels(about: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """Labels of answers, and codes for no answer with what they mean."""
    given = about.get("value_labels")
    labels = {code_text(k): str(v) for k, v in given.items()} if isinstance(given, dict) else {}
    declared = {code_text(code) for code in about.get("missing_values") or ()}
    missing = {c: t for c, t in labels.items() if c in declared or is_no_answer(t)}
    return {c: t for c, t in labels.items() if c not in missing}, missing


def _words(texts: pd.Series) -> tuple[str, ...]:
    """The different texts, when they are few, short and shared; nothing where each row could have its own."""
    counts = texts.value_counts(sort=False)
    few = 0 < len(counts) <= MOST_ANSWERS and len(counts) <= max(2, 0.7 * len(texts))
    short = few and max(len(t) for t in counts.index) <= LONGEST_ANSWER
    return tuple(sorted(counts.index)) if short else ()
