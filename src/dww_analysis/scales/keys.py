"""The library of scoring keys that comes with the package: one YAML file an instrument, no item texts.

Keys are data, so that a psychometrician can correct one without touching code; a correction raises its `version`.
"""

from __future__ import annotations

import difflib
from functools import cache
from importlib import resources

import yaml

from dww_analysis.domain.scales import ScoringKey
from dww_analysis.errors import ScaleError
from dww_analysis.scales.key_schema import parse_key

__all__ = ["key_ids", "load_all_keys", "load_key", "parse_key"]


@cache
def key_ids() -> tuple[str, ...]:
    """Ids of all keys in the library, in alphabetical order."""
    folder = resources.files("dww_analysis.scales").joinpath("keys")
    return tuple(sorted(f.name.removesuffix(".yaml") for f in folder.iterdir() if f.name.endswith(".yaml")))


@cache
def load_key(id: str) -> ScoringKey:
    """The library's scoring key with this id; an unknown id is refused with the nearest known ones."""
    if id not in key_ids():
        near = difflib.get_close_matches(id, key_ids(), 3, 0.5)
        raise ScaleError.of(
            found=f"no scoring key `{id}`",
            where="scoring key library",
            expected=f"one of {len(key_ids())} keys: " + ", ".join(key_ids()),
            action=f"did you mean {' or '.join(near)}?"
            if near
            else "run `dww scales`, or declare a key under own_keys",
        )
    file = resources.files("dww_analysis.scales").joinpath("keys").joinpath(f"{id}.yaml")
    key = parse_key(yaml.safe_load(file.read_text(encoding="utf-8")))
    if key.id != id:
        raise ScaleError.of(
            found=f"id `{key.id}`",
            where=f"scales/keys/{id}.yaml",
            expected=f"id `{id}`, the name of the file",
            action="rename one of them",
        )
    return key


def load_all_keys() -> dict[str, ScoringKey]:
    """Every key of the library by id; ScaleError for one that is not as `parse_key` asks."""
    return {id: load_key(id) for id in key_ids()}
