"""What the terminal supposes when nothing is said: the root folder, the study, and where the workflow's files are."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path

from dww_analysis.errors import Problem
from dww_analysis.stages.paths import Paths, check_name

__all__ = ["Paths", "check_name", "default_root", "default_study", "package_home"]


def package_home() -> Path:
    """The checkout that holds Snakefile, config/ and profiles/: the folder above src/."""
    return Path(__file__).resolve().parents[3]


def default_root() -> Path:
    """The current folder when it holds a config/ folder, otherwise the checkout."""
    here = Path.cwd()
    return here if (here / "config").is_dir() else package_home()


def default_study(root: Path) -> str:
    """The study that config/config.yaml names."""
    from dww_analysis.config.yaml_file import read_yaml

    file = root / "config" / "config.yaml"
    if not file.is_file():
        return "example"
    values = read_yaml(file, "config/config.yaml").values
    return str(values.get("study", "example")) if isinstance(values, dict) else "example"


def command(root: Path, words: str, study: str) -> str:
    """A command as it can be typed, with the root where it is not the one that is taken by itself."""
    where = "" if root.resolve() == default_root().resolve() else f"--root {shlex.quote(str(root))} "
    return f"dww {where}{words} {study}"


def whole_commands(problems: Iterable[Problem], paths: Paths) -> list[Problem]:
    """The problems with the commands they advise as they can be typed: `dww key new` with its --root."""
    short = f"dww key new {paths.study}"
    whole = command(paths.root, "key new", paths.study)
    return [Problem(p.found, p.where, p.expected, p.action.replace(short, whole)) for p in problems]
