"""The words that the searches for names and addresses know, from the .yaml files beside this module."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def _file(name: str) -> dict[str, Any]:
    text = (files("dww_analysis.privacy") / f"{name}.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


@cache
def words(name: str, kind: str) -> frozenset[str]:
    """The words of one kind, as they are written."""
    return frozenset(_file(name)[kind].split())


def one_of(name: str, kind: str, *, capital: bool = False) -> str:
    """A regular expression for any of the entries of one kind; `capital`: their first letter may be one."""
    entries = (_either(entry) if capital else entry for entry in _file(name)[kind])
    return "(?:" + "|".join(entries) + ")"


def _either(entry: str) -> str:
    first = entry[0]
    return f"[{first.upper()}{first}]{entry[1:]}" if re.match(r"[a-z]", first) else entry
