"""A study with answers has waves, scales and a plan; one of sessions only has none of what rests on answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dww_analysis.config.yaml_file import YamlFile
from dww_analysis.domain.practice import PRACTICE_KINDS
from dww_analysis.errors import Problem

OF_ANSWERS = ("scales", "plan")  # files that a study of sessions only may do without
NEEDED = (("study", "waves"), ("scales", "scales"), ("plan", "entries"), ("plan", "families"))


def sessions_only(sources: Any) -> bool:
    """Whether sources.yaml, as plain values, lists sources about sessions and no others."""
    listed = sources.get("sources") if isinstance(sources, dict) else None
    kinds = [s.get("kind") for s in listed if isinstance(s, dict)] if isinstance(listed, list) else []
    return bool(kinds) and len(kinds) == len(listed or ()) and all(kind in PRACTICE_KINDS for kind in kinds)


def without_answers(name: str, folder: Path, shown_folder: str) -> YamlFile:
    """The file of that name in a study of sessions only that does not have it."""
    return YamlFile(folder / f"{name}.yaml", f"{shown_folder}/{name}.yaml", {}, {})


def check_answered(parts: Mapping[str, Any], files: Mapping[str, YamlFile]) -> Iterator[Problem]:
    """What a study with answers lacks, or what one of sessions only has and nobody fills: a Problem each with file
    and line. parts: name of a file -> its validated model."""
    of_sessions = all(source.kind in PRACTICE_KINDS for source in parts["sources"].sources)
    for name, field in () if of_sessions else NEEDED:
        if not getattr(parts[name], field):
            yield Problem(
                found=f"`{field}` is missing or empty",
                where=files[name].where((field,)),
                expected="a list of at least 1, not of 0",
                action=f"add `{field}:`",
            )
    yield from _unfilled(parts, files) if of_sessions else _unanswered(parts, files)


def _unanswered(parts: Mapping[str, Any], files: Mapping[str, YamlFile]) -> Iterator[Problem]:
    if not any(source.kind == "answers" for source in parts["sources"].sources):
        yield Problem(
            found="no source of answers",
            where=files["sources"].where(("sources",)),
            expected="sources of kind answers, or sources about sessions only",
            action="add a source of answers, or remove the other sources",
        )


def _unfilled(parts: Mapping[str, Any], files: Mapping[str, YamlFile]) -> Iterator[Problem]:
    study = parts["study"]
    there = {
        ("study", ("arms",)): bool(study.arms or study.allocation),
        ("study", ("background",)): bool(study.background),
        ("scales", ("scales",)): bool(parts["scales"].scales),
        ("plan", ("entries",)): bool(parts["plan"].entries),
        ("theory", ()): "theory" in parts,
        ("reports", ("documents",)): bool(parts["reports"].documents),
    }
    for (name, location), given in there.items():
        if given:
            yield Problem(
                found=f"`{location[0] if location else name}` in a study of sessions only",
                where=files[name].where(location),
                expected="nothing that rests on answers, or a source of answers",
                action="remove it, or add the sources of kind answers to sources.yaml",
            )
