"""References where they are used: a sentence that ends in short citations, and the list of what is cited.

Both are text, and print as such everywhere; a renderer that knows links asks a sentence for its parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Self

AUTHORS = re.compile(r"([A-Z][^().;]*(?: et al\.)?),? \((\d{4})\)")
FIRST_END = re.compile(r"\.(?= [A-Z]|$)")
PLACE = re.compile(r"\[\[(\d+)\]\]")
MOST_AUTHORS = 2


class Reference(str):
    """An entry of a list of references, with its id and the short form by which a sentence cites it."""

    id: str
    short: str

    def __new__(cls, full: str, id: str = "", otherwise: str = "") -> Self:
        """otherwise: how it is cited when it does not begin with authors and a year."""
        found = super().__new__(cls, full)
        found.id, found.short = id, short_of(full) or otherwise
        return found


class Cited(str):
    """A text in which short citations stand; `parts` are its stretches of text and the references between them."""

    parts: tuple[str, ...]

    def __new__(cls, parts: Iterable[str]) -> Self:
        kept = tuple(parts)
        found = super().__new__(cls, "".join(p.short if isinstance(p, Reference) else p for p in kept))
        found.parts = kept
        return found


def short_of(full: str) -> str:
    """`Bates, Mächler, Bolker & Walker (2015), J` is cited as `Bates et al., 2015`; "" for what begins otherwise."""
    found = AUTHORS.match(full)
    if found is None:
        return ""
    authors = re.split(r", | & ", found[1])
    named = found[1] if len(authors) <= MOST_AUTHORS else f"{authors[0]} et al."
    return f"{named}, {found[2]}"


def cited(text: str, references: Iterable[Reference]) -> str:
    """The text with these references in brackets at the end of its first sentence, or in the brackets that stand
    there; a `Cited`, which keeps them as its parts. Without any the text as it is; one that is given twice counts
    once."""
    found = list(dict.fromkeys(references))
    if not found:
        return text
    end = FIRST_END.search(text)
    said, rest = (text[: end.start()], text[end.start() :]) if end else (text, "")
    opening = (said[:-1], "; ") if said.endswith(")") else (said, " (")
    return Cited([*opening, *between(found), f"){rest}"])


def between(references: Iterable[Reference]) -> list[str]:
    """References as they stand in one pair of brackets."""
    return [part for reference in references for part in ("; ", reference)][1:]


def filled(text: str, places: Sequence[Sequence[str]]) -> str:
    """A text with each place `[[0]]`, `[[1]]` filled by the parts at that index of `places`. IndexError for a place
    beyond them."""
    pieces = PLACE.split(text)
    return Cited(
        part for i, piece in enumerate(pieces) for part in (places[int(piece)] if i % 2 else (piece,))
    )


def parts_of(text: str) -> tuple[str, ...]:
    """The parts of a `Cited`, which are texts and references in turn; of a text without citations that text alone."""
    return text.parts if isinstance(text, Cited) else (text,)


def joined(sentences: Iterable[str]) -> str:
    """Sentences as one paragraph; a `Cited` with all their references where any of them has some."""
    found = list(sentences)
    if not any(isinstance(s, Cited) for s in found):
        return " ".join(found)
    return Cited([part for i, s in enumerate(found) for part in ((" ",) if i else ()) + parts_of(s)])


class Citations:
    """What is cited so far: `cite(sentence, "holm")` gives the sentence with its reference, and remembers that one."""

    def __init__(self, known: dict[str, tuple[str, ...]]):
        self.known = known
        self.used: dict[str, Reference] = {}

    def __call__(self, sentence: str, *names: str) -> str:
        """The sentence with the references of these names."""
        found = (self._reference(full, name) for name in names for full in self.known[name])
        return cited(sentence, map(self.once, found))

    def once(self, reference: Reference) -> Reference:
        """The reference that was cited before in the same full words, else this one, kept: each entry of the list has
        one id."""
        return self.used.setdefault(str(reference), reference)

    def _reference(self, full: str, name: str) -> Reference:
        several = self.known[name]
        return Reference(full, name if len(several) == 1 else f"{name}{several.index(full) + 1}")

    def listed(self) -> list[Reference]:
        """All that is cited, in the order of a list of references."""
        return sorted(self.used.values(), key=str.lower)
