"""The part of a configuration that one job depends on, as one short hash.

Slices that decide numbers hold no words: a label that is spelled otherwise refits no model. What is a word is said by
the type of a field in `domain`: Text, Prose, and the Position of something in a file.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

LANGUAGES = {"nl", "en"}
_WORDS = re.compile(r"\b(?:Text|Prose|Position)\b")


def bare(value: Any) -> Any:
    """`value` as plain data without its words. A mapping from ids to words keeps its ids. Mappings are pairs: their
    order counts."""
    if is_dataclass(value) and not isinstance(value, type):
        numbers, worded = _field_names(type(value))
        kept = {name: bare(getattr(value, name)) for name in numbers}
        return kept | {name: list(getattr(value, name)) for name in worded}
    if isinstance(value, Mapping):
        return [[str(key), bare(inner)] for key, inner in value.items() if not _is_text(inner)]
    if isinstance(value, list | tuple | set | frozenset):
        return [bare(inner) for inner in (sorted(value) if isinstance(value, set | frozenset) else value)]
    return value


def whole(value: Any) -> Any:
    """`value` as plain data, words included. Mappings are pairs: their order counts."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: whole(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return [[str(key), whole(inner)] for key, inner in value.items()]
    if isinstance(value, list | tuple | set | frozenset):
        return [whole(inner) for inner in (sorted(value) if isinstance(value, set | frozenset) else value)]
    return value


def _is_text(value: Any) -> bool:
    """Words in a place that has no type of its own, such as the names in a key's `transform`."""
    return isinstance(value, Mapping) and bool(value) and set(value) <= LANGUAGES


@cache
def _field_names(kind: type) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Fields without words; and fields that map ids to words, of which the ids count."""
    numbers = tuple(f.name for f in fields(kind) if not _WORDS.search(str(f.type)))
    worded = tuple(f.name for f in fields(kind) if re.fullmatch(r"Mapping\[str, Text\]", str(f.type)))
    return numbers, worded


def slice_hash(*parts: Any) -> str:
    """A short hash (16 hexadecimal digits) of configuration values: what a job depends on and nothing else. Values
    are taken apart by `whole`; two that are equal have one hash in every process."""
    text = json.dumps([whole(p) for p in parts], default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
