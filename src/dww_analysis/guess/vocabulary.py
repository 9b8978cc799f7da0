"""The words of one list of practice.yaml: what is known, what a file adds, and what only looks like something known."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from dww_analysis.delivery.codes import fold
from dww_analysis.guess.names import identifier, squeezed, unused

ALIKE = 80.0  # of 100, from which another word is taken for a typing error
SHORTEST = 4  # letters of a word that can be one


IsName = Callable[[str], bool]  # whether a word can be the name of a person


def nobody(word: str) -> bool:
    """No word is a name: of lists in which a name is none of a person."""
    return False


@dataclass
class Vocabulary:
    """spellings: a known word's letters -> its id. new: id -> word, of what files add. alike: word -> the known id that
    it looks like, which is not added. forgiving: whether words that look alike are taken for one another at all.
    is_name: which words are not added, as they can be names; unwritten: how many these were."""

    spellings: dict[str, str] = field(default_factory=dict)
    new: dict[str, str] = field(default_factory=dict)
    alike: dict[str, str] = field(default_factory=dict)
    forgiving: bool = True
    is_name: IsName = nobody
    unwritten: int = 0

    def __post_init__(self) -> None:
        self.before = dict(self.spellings)

    def knows(self, word: str) -> bool:
        """Whether a word, whatever its capitals and signs, is in the list."""
        return letters(word) in self.spellings

    def ids(self, words: Iterable[str], otherwise: str, headings: bool = False) -> dict[str, str]:
        """Word -> id, one for words that differ in capitals and signs alone; new ones are added.

        otherwise: what a word without letters is called. A word that looks like one that was known before has no id,
        and neither has a new one that can be a name, unless it stood in a heading.
        """
        codes = {}
        for word in sorted(words):
            id = self.spellings.get(letters(word))
            if id is None and (near := self._near(word)) is not None:
                self.alike[word] = near
                continue
            if id is None and not headings and self.is_name(word):
                self.unwritten += 1
                continue
            if id is None:
                id = unused(identifier(word, otherwise), {*self.spellings.values()})
                self.new[id] = word
            codes[word] = self.spellings[letters(word)] = id
        return codes

    def _near(self, word: str) -> str | None:
        from rapidfuzz import fuzz, process

        plain = fold(word)
        if not self.forgiving or len(plain) < SHORTEST or not self.before:
            return None
        same = [known for known in self.before if _digits(known) == _digits(plain)]
        found = process.extractOne(plain.replace(" ", ""), same, scorer=fuzz.ratio, score_cutoff=ALIKE)
        return None if found is None else self.before[found[0]]


def letters(word: str) -> str:
    """A word without capitals, accents, spaces and signs; itself where nothing is left."""
    return squeezed(word) or word


def _digits(text: str) -> list[str]:
    return re.findall(r"\d+", text)
