"""Texts as YAML, and the mark of a guess."""

from __future__ import annotations

import json
import re

GUESS = "# GUESS"


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
    return quoted(name) if "{" in name else name
