"""Words whose numbers another wave knows: the recode that a message can give, ready to paste."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from dww_analysis.delivery.codes import code_text
from dww_analysis.domain.written import OPEN
from dww_analysis.guess.patterns import ranges_of
from dww_analysis.guess.words import answer_words, number_words

MOST_WORDS = 20


@dataclass(frozen=True)
class RecodeHint:
    """Our columns with the same words, and the source whose labels hold the numbers."""

    columns: tuple[str, ...]
    numbers: Mapping[str, str]
    known_from: str

    @property
    def text(self) -> str:
        """The rule as it is written in sources.yaml."""
        codes = json.dumps(dict(self.numbers), ensure_ascii=False)
        return "recode: {" + ", ".join(f"{json.dumps(n)}: {codes}" for n in ranges_of(self.columns)) + "}"


def recode_hints(
    data: pd.DataFrame, columns: Mapping[str, str], labels: Mapping[str, tuple[str, Mapping[str, str]]]
) -> list[RecodeHint]:
    """Recodes for columns (our name -> theirs) whose words are all labels of another source.

    `labels`: our name -> (id of the source, code -> label). Columns of the same words are one hint.
    """
    found: dict[tuple[tuple[tuple[str, str], ...], str], list[str]] = {}
    for ours, theirs in columns.items():
        if ours not in labels or theirs not in data or pd.api.types.is_numeric_dtype(data[theirs]):
            continue
        words = answer_words(sorted({code_text(v) for v in data[theirs].dropna()} - {""}))
        if not 0 < len(words) <= MOST_WORDS:
            continue
        source, given = labels[ours]
        every = [*words, *(w for w in answer_words(given.values()) if w not in words)]
        numbers, why = number_words(words, [(source, given)])
        if OPEN in numbers.values() or not why.startswith("from the labels"):
            continue
        whole, _ = number_words(every, [(source, given)])
        found.setdefault((tuple(sorted(whole.items(), key=lambda p: p[1])), source), []).append(ours)
    return [RecodeHint(tuple(names), dict(numbers), source) for (numbers, source), names in found.items()]
