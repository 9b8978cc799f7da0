"""Texts as YAML, and the mark of a guess."""

from __future__ import annotations

import json
import re

from dww_analysis.guess.names import NO_NAMES

GUESS = "# GUESS"
NEW = f"{GUESS}: new in a file"


def quoted(text: str) -> str:
    """A text as YAML, in quotes."""
    return json.dumps(text, ensure_ascii=False)


def words_of(nl: str, en: str | None = None) -> str:
    """Words in both languages; the same where one is known."""
    return f"{{nl: {quoted(nl)}, en: {quoted(nl if en is None else en)}}}"


def comment(text: str, longest: int = 90) -> str:
    """A text on one line, for behind a #."""
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text).strip()[:longest]


def yaml_key(name: str) -> str:
    """A name, or a range of names, as a key of YAML."""
    return quoted(name) if "{" in name or name in NO_NAMES else name


def names_left_out(n: int) -> str:
    """What is done about words of a list that can be names of persons."""
    words = (
        f"{n} words of the files look like names of persons and are"
        if n > 1
        else ("1 word of the files looks like the name of a person and is")
    )
    return f"{words} not written; what is none can be added, or translated with `recode`"
