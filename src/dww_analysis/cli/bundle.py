"""What comes with the program beside its code: Snakefile, rules, profiles and the invented example study.

In a clone these stand at the top of the repository, above src/; the build puts them into the wheel as
`dww_analysis/bundle` (pyproject.toml).
"""

from __future__ import annotations

from pathlib import Path

from dww_analysis.cli.paths import PACKAGE, Paths, clone, studies_in
from dww_analysis.errors import ConfigError, Problem, raise_all
from dww_analysis.storage import load_bytes, save_bytes

EXAMPLE = "example"


def bundle() -> Path:
    """The folder that holds Snakefile, workflow/, profiles/ and the example: the `clone()`, else that of the wheel."""
    return clone() or PACKAGE / "bundle"


def put_example(root: Path) -> Paths | None:
    """Copy the example study into a folder without studies; its paths, or None when there are studies.

    ConfigError when the folder is not there, or holds another file where one of the example would come: nothing is
    overwritten. The configuration comes last: a copy that was cut short before it is no study, and goes on next time.
    """
    if studies_in(root):
        return None
    target, source = Paths(root, EXAMPLE), Paths(bundle(), EXAMPLE)
    missing = _missing(root, source)
    for file in missing:
        save_bytes(load_bytes(file), root / file.relative_to(source.root))
    return target


def _missing(root: Path, source: Paths) -> list[Path]:
    """The files of the example that the folder lacks, in the order of copying; ConfigError for files in their place."""
    if not root.is_dir():
        raise ConfigError.of(
            found="there is no such folder",
            where="--root",
            expected="a folder",
            action="make it first, or check its name",
        )
    folders = (source.raw, source.config)
    files = [f for d in folders for f in sorted(d.iterdir()) if f.is_file() and not f.name.startswith(".")]
    there = [f for f in files if (root / f.relative_to(source.root)).exists()]
    raise_all(
        (_in_the_way(f, source) for f in there if not _same(f, root / f.relative_to(source.root))),
        ConfigError,
    )
    return [f for f in files if f not in there]


def _same(file: Path, other: Path) -> bool:
    return other.is_file() and other.read_bytes() == file.read_bytes()


def _in_the_way(file: Path, source: Paths) -> Problem:
    return Problem(
        found="another file stands where one of the example study would come",
        where=source.shown(file),
        expected="a folder without studies, in which the example can be put",
        action="move the file, go to an empty folder, or start your own study with `dww new STUDY FILE...`",
    )
