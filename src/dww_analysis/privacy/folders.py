"""Folders with rows of single persons: nobody but their owner may look into them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from dww_analysis.errors import DisclosureError

OWNER_ONLY = 0o700


def make_private(folders: Iterable[str | Path]) -> None:
    """Make each folder that is not there yet, and give all of them mode 0700.

    Raises a `DisclosureError` for a symbolic link, for what is no folder, and for a folder of another user, whose mode
    cannot be changed. Folders inside them need no mode of their own: nobody else can reach them.
    """
    for folder in map(Path, folders):
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise _unsafe(folder, "it is a link or a file")
        folder.mkdir(parents=True, exist_ok=True, mode=OWNER_ONLY)
        _close(folder)


def _close(folder: Path) -> None:
    if stat.S_IMODE(folder.stat().st_mode) == OWNER_ONLY:
        return
    try:
        os.chmod(folder, OWNER_ONLY)
    except PermissionError as error:
        raise _unsafe(folder, "it belongs to another user and others may read it") from error


def _unsafe(folder: Path, found: str) -> DisclosureError:
    return DisclosureError.of(
        found=found,
        where=f"the folder {folder.name} with rows of single persons",
        expected="a folder that only its owner can read (mode 0700)",
        action="remove it or put it right (chmod 700), or give another place with --root",
    )
