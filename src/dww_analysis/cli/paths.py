"""What the terminal supposes when nothing is said: the root folder and the study."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path

from dww_analysis.errors import ConfigError, Problem
from dww_analysis.stages.paths import Paths, check_name

__all__ = [
    "PACKAGE",
    "Paths",
    "check_name",
    "clone",
    "default_root",
    "default_study",
    "named_study",
    "studies_in",
]

PACKAGE = Path(__file__).resolve().parents[1]
GENERAL = "config/config.yaml"


def clone() -> Path | None:
    """The checkout this code runs from, which has the Snakefile above src/; None for an installed package."""
    above = PACKAGE.parents[1]
    return above if (above / "Snakefile").is_file() else None


def default_root() -> Path:
    """The current folder; below the top of the clone, where there is no config/ folder, the clone."""
    here, home = Path.cwd(), clone()
    if home is not None and here.resolve().is_relative_to(home) and not (here / "config").is_dir():
        return home
    return here


def studies_in(root: Path) -> list[str]:
    """Names of the studies below a root, sorted: the folders in config/ that hold a file of a study's configuration
    (`FILES`); [] where there is no config/."""
    from dww_analysis.config.whole import FILES

    folders = {file.parent.name for name in FILES for file in (root / "config").glob(f"*/{name}.yaml")}
    return sorted(name for name in folders if not name.startswith("."))


def default_study(root: Path) -> str:
    """The study that config/config.yaml names, else the only one; ConfigError when there are none or several."""
    if named := named_study(root):
        return named
    studies = studies_in(root)
    if len(studies) == 1:
        return studies[0]
    raise _several(studies) if studies else _none()


def named_study(root: Path) -> str:
    """The study that config/config.yaml names, "" when it names none or is not there."""
    from dww_analysis.config.yaml_file import read_yaml

    file = root / GENERAL
    values = read_yaml(file, GENERAL).values if file.is_file() else None
    if values is None:
        return ""
    if not isinstance(values, dict):
        raise ConfigError.of(
            found="no settings",
            where=GENERAL,
            expected="a line `study: NAME`",
            action="write it so, or delete the file",
        )
    study = values.get("study")
    return "" if study is None else str(study)


def _several(studies: list[str]) -> ConfigError:
    return ConfigError.of(
        found=f"there are several studies: {', '.join(studies)}",
        where="config/",
        expected="the name of one of them",
        action=f"name it, as in `dww run {studies[0]}`; or write `study: {studies[0]}` in {GENERAL}",
    )


def _none() -> ConfigError:
    return ConfigError.of(
        found="there are no studies",
        where="config/",
        expected="a folder config/STUDY",
        action="start one with `dww new STUDY FILE...`, give --root DIR, or let `dww run` put the example study here",
    )


def command(root: Path, words: str, study: str) -> str:
    """A command as it can be typed, with `--root` where it is not the one that is taken by itself."""
    where = "" if root.resolve() == default_root().resolve() else f"--root {shlex.quote(str(root))} "
    return f"dww {where}{words} {study}"


def whole_commands(problems: Iterable[Problem], paths: Paths) -> list[Problem]:
    """The problems with the commands they advise as they can be typed: `dww key new` with its --root."""
    short = f"dww key new {paths.study}"
    whole = command(paths.root, "key new", paths.study)
    return [
        Problem(found=p.found, where=p.where, expected=p.expected, action=p.action.replace(short, whole))
        for p in problems
    ]
