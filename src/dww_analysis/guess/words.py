"""Answers in words, and the numbers they stand for: from labels, from numbers in the words, from well-known scales."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from dww_analysis.delivery.codes import fold
from dww_analysis.delivery.wording import is_no_answer, meanings
from dww_analysis.domain.written import OPEN
from dww_analysis.guess.columns import is_number
from dww_analysis.guess.names import unused
from dww_analysis.guess.records import WordSet

_SCALES = (  # well-known answer scales, from low to high
    "helemaal mee oneens|mee oneens|neutraal|mee eens|helemaal mee eens",
    "helemaal mee oneens|mee oneens|niet mee eens niet mee oneens|mee eens|helemaal mee eens",
    "helemaal oneens|oneens|neutraal|eens|helemaal eens",
    "helemaal oneens|oneens|niet eens niet oneens|eens|helemaal eens",
    "helemaal niet mee eens|niet mee eens|neutraal|mee eens|helemaal mee eens",
    "zeer mee oneens|mee oneens|neutraal|mee eens|zeer mee eens",
    "zeer oneens|oneens|neutraal|eens|zeer eens",
    "volledig mee oneens|mee oneens|neutraal|mee eens|volledig mee eens",
    "helemaal oneens|oneens|eens|helemaal eens",
    "helemaal mee oneens|mee oneens|mee eens|helemaal mee eens",
    "helemaal mee oneens|mee oneens|enigszins mee oneens|neutraal|enigszins mee eens|mee eens|helemaal mee eens",
    "nooit|zelden|soms|vaak|altijd",
    "nooit|bijna nooit|soms|vaak|altijd",
    "nooit|soms|vaak|altijd",
    "zeer ontevreden|ontevreden|neutraal|tevreden|zeer tevreden",
    "heel ontevreden|ontevreden|neutraal|tevreden|heel tevreden",
    "zeer slecht|slecht|matig|goed|zeer goed",
    "slecht|matig|voldoende|goed|uitstekend",
    "helemaal niet|een beetje|matig|veel|heel veel",
    "strongly disagree|disagree|neutral|agree|strongly agree",
    "strongly disagree|disagree|neither agree nor disagree|agree|strongly agree",
    "strongly disagree|somewhat disagree|neither agree nor disagree|somewhat agree|strongly agree",
    "strongly disagree|disagree|agree|strongly agree",
    "strongly disagree|disagree|somewhat disagree|neither agree nor disagree|somewhat agree|agree|strongly agree",
    "never|rarely|sometimes|often|always",
    "never|seldom|sometimes|often|always",
    "never|sometimes|often|always",
    "very dissatisfied|dissatisfied|neutral|satisfied|very satisfied",
    "very poor|poor|fair|good|very good",
    "poor|fair|good|very good|excellent",
    "not at all|a little|moderately|quite a bit|extremely",
    "not at all|slightly|moderately|very|extremely",
    "not at all|several days|more than half the days|nearly every day",
    "nee|ja",
    "no|yes",
    "n|y",
    "n|j",
)
_ZERO = ("not at all|several days|more than half the days|nearly every day", "nee|ja", "no|yes", "n|y", "n|j")
_FRONT = re.compile(r"^\W*(\d{1,2})(?:\D|$)")
_BEHIND = re.compile(r"\(\s*(\d{1,2})\s*\)\s*$")
_CODE = re.compile(r"^[A-Za-z]{1,4}0*(\d{1,2})$")


def answer_words(words: Iterable[str]) -> list[str]:
    """The words that are answers; those for no answer ("weet niet") are left out."""
    return [w for w in words if not is_no_answer(w)]


def number_words(
    words: Sequence[str], labels: Sequence[tuple[str, Mapping[str, str]]]
) -> tuple[dict[str, str], str]:
    """Word -> number as text, and where the numbers come from. "?" for every word when they are not known.

    `labels`: where they stand, and code -> label. A well-known scale counts only when each of its words was answered
    and no other scale has just one word more: a fifth answer that nobody chose would shift the numbers.
    """
    for where, given in labels:
        known = {meaning: code for code, meaning in meanings(dict(given)).items()}
        found = {w: _number_of(known.get(_meaning(w, words))) for w in words}
        numbers = {w: number for w, number in found.items() if number is not None}
        if known and len(numbers) == len(words):
            return dict(sorted(numbers.items(), key=lambda p: float(p[1]))), f"from the labels of {where}"
    for pattern, why in (
        (_FRONT, "the numbers in the words"),
        (_BEHIND, "the numbers in the words"),
        (_CODE, "the numbers of the codes"),
    ):
        matches = {w: pattern.search(w) for w in words}
        given_numbers = [int(m[1]) for m in matches.values() if m]
        if len(given_numbers) == len(words) and len(set(given_numbers)) == len(words):
            return {
                w: str(int(m[1]))
                for w, m in sorted(matches.items(), key=lambda p: int(p[1][1]) if p[1] else 0)
                if m
            }, why
    order = known_order(words)
    if order is not None and order[1]:
        return dict(zip(order[0], order[1], strict=True)), "a well-known scale, from low to high"
    listed = order[0] if order else sorted(words)
    return dict.fromkeys(listed, OPEN), "no file says which number each word stands for"


def _number_of(code: str | None) -> str | None:
    """The number of a code: 3 is 3, and A3 as a tool writes it too; None for a code that is no number."""
    digits = _CODE.match(code or "")
    if code is None or digits is not None:
        return str(int(digits[1])) if digits is not None else None
    return code if is_number(code) else None


def _meaning(word: str, words: Sequence[str]) -> str:
    return meanings({w: w for w in words}).get(word, fold(word))


def known_order(words: Sequence[str]) -> tuple[list[str], list[str]] | None:
    """The words from low to high where a well-known scale holds them all, with numbers where these are certain."""
    by_fold = {fold(w): w for w in words}
    scales = {text: text.split("|") for text in _SCALES}
    fitting = [(text, s) for text, s in scales.items() if set(by_fold) <= set(s)]
    if not fitting:
        return None
    text, scale = min(fitting, key=lambda f: len(f[1]))
    ordered = [by_fold[w] for w in scale if w in by_fold]
    rivals = [s for _, s in fitting if len(s) == len(scale) + 1]
    if len(scale) > len(by_fold) or rivals:
        return ordered, []
    first = 0 if text in _ZERO else 1
    return ordered, [str(first + i) for i in range(len(ordered))]


class WordSets:
    """The sets of words met so far; one whose words another one has is the same set."""

    def __init__(self) -> None:
        self.found: list[tuple[str, list[str], list[tuple[str, Mapping[str, str]]]]] = []

    def add(self, name: str, words: Sequence[str], labels: Sequence[tuple[str, Mapping[str, str]]]) -> str:
        """The id of the set that holds these words."""
        folded = {_sign(w) for w in words}
        for i, (id_, known, their_labels) in enumerate(self.found):
            have = {_sign(w) for w in known}
            if (
                folded <= have
                or have <= folded
                or len(folded & have) >= max(2, 0.6 * min(len(folded), len(have)))
            ):
                more = [w for w in words if _sign(w) not in have]
                self.found[i] = (id_, [*known, *more], [*their_labels, *labels])
                return id_
        id_ = unused(name, {known for known, _, _ in self.found})
        self.found.append((id_, _once(words), list(labels)))
        return id_

    def numbered(self) -> tuple[WordSet, ...]:
        """Every set with its numbers."""
        return tuple(WordSet(id_, *number_words(words, labels)) for id_, words, labels in self.found)


def _once(words: Sequence[str]) -> list[str]:
    """Words that differ in case and spaces only are one word."""
    return list({_sign(w): w for w in reversed(words)}.values())[::-1]


def _sign(word: str) -> str:
    """A word without case and punctuation; one of signs alone (stars, faces) as it is."""
    return fold(word) or word
