"""Where everything of a study lives, relative to one root folder: the clone, or a private folder (`--root`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from dww_analysis.errors import ConfigError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


def check_name(name: str, what: str = "study") -> str:
    """`name` when it can be a folder's or a job's name; ConfigError for one that leads to another place."""
    if _NAME.fullmatch(name) is None:
        raise ConfigError.of(
            found=f"{name[:100]!r} is not the name of a {what}",
            where="the command line",
            expected="letters, digits, _ and -, without folders",
            action=f"give the name of a {what} only",
        )
    return name


@dataclass(frozen=True)
class Paths:
    """The fixed places of one study. All are below `root`; nothing is written anywhere else."""

    root: Path
    study: str

    def __post_init__(self) -> None:
        check_name(self.study)

    @property
    def config(self) -> Path:
        return self.root / "config" / self.study

    @property
    def raw(self) -> Path:
        return self.root / "data" / "raw" / self.study

    @property
    def interim(self) -> Path:
        return self.root / "data" / "interim" / self.study

    @property
    def derived(self) -> Path:
        return self.root / "data" / "derived" / self.study

    @property
    def reports(self) -> Path:
        return self.root / "reports" / self.study

    @property
    def logs(self) -> Path:
        return self.root / "logs" / self.study

    def refuse_links(self) -> None:
        """ConfigError when a folder of results is a symbolic link out of the root: nothing is written there."""
        root = self.root.resolve()
        for folder in (self.interim, self.derived, self.reports, self.logs):
            if not folder.resolve().is_relative_to(root):
                raise ConfigError.of(
                    found="the folder is a symbolic link out of the root folder",
                    where=self.shown(folder),
                    expected="results inside the root folder",
                    action="remove the link; give --root DIR to keep a study on another disk",
                )

    def provenance(self, stage: str, name: str) -> Path:
        """Where one job says what it was made from."""
        return self.derived / "provenance" / f"{stage}.{name}.json"

    def shown(self, path: Path) -> str:
        """A path as messages print it: relative to the root; of one outside of it no more than its name, for folders
        may name a person."""
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else path.name
