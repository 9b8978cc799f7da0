"""The gettext catalogues: where they stand, and how a phrase is found by its key."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

Phrase = str | tuple[str, ...]  # one form, or one form for each plural of the language


@cache
def parts(language: str) -> tuple[str, ...]:
    """Names of the catalogues of a language, in the order of the alphabet."""
    folder = files("dww_analysis.language") / language
    return tuple(sorted(f.name.removesuffix(".po") for f in folder.iterdir() if f.name.endswith(".po")))


@cache
def catalogue(language: str, part: str) -> dict[str, Phrase]:
    """key -> phrase of one catalogue, a tuple of forms where it counts; an entry without a phrase is left out, so
    that asking for it fails. PoFileError for a file that is none."""
    from babel.messages.pofile import read_po

    with (files("dww_analysis.language") / language / f"{part}.po").open("rb") as file:
        read = read_po(file, locale=language, abort_invalid=True)
    return {
        _key(m.id): m.string if isinstance(m.string, str) else tuple(m.string)
        for m in read
        if m.id and m.string
    }


def _key(identity: str | Sequence[str]) -> str:
    return identity if isinstance(identity, str) else identity[0]


@cache
def _reading_order(language: str, own: str) -> tuple[str, ...]:
    return tuple(sorted(parts(language), key=lambda name: name != own))


def find(language: str, key: str) -> Phrase | None:
    """The phrase of `key`, or None. The catalogue that is named as the key begins is read first."""
    for part in _reading_order(language, key.partition(".")[0]):
        phrase = catalogue(language, part).get(key)
        if phrase is not None:
            return phrase
    return None


def everything(language: str) -> dict[str, Phrase]:
    """All phrases of a language by key, of all its catalogues (`parts`)."""
    return {key: phrase for part in parts(language) for key, phrase in catalogue(language, part).items()}
