"""An answer to a word of another package: the name that a result has for it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping


def which_argument(word: str, words: Mapping[str, str], known: Iterable[str]) -> str:
    """What to write for an argument that a function does not have."""
    if word in words:
        return f"use {words[word]}"
    near = difflib.get_close_matches(word, names := list(known), n=1)
    return f"write {near[0]}=" if near else f"leave it out; there are {', '.join(names)}"


def what_to_write(thing: str, word: str, words: Mapping[str, str], known: Iterable[str]) -> str:
    """The message for a word that a thing ("A fit") does not have; `words` says what to use for those of others."""
    if word in words:
        return f"{thing} has no {word!r}; use {words[word]}."
    near = difflib.get_close_matches(word, [name for name in known if not name.startswith("_")], n=1)
    return f"{thing} has no {word!r}." + (f" Did you mean {near[0]}?" if near else "")
