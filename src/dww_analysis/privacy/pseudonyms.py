"""Pseudonyms: a keyed hash (HMAC-SHA256) of a person's code, and the key that makes it.

The key of a private study lives in a file outside the repository that only its owner can read. Data that is invented
or public uses a fixed key of this package, and a report says so; any other study never does.
"""

from __future__ import annotations

import hmac
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

from dww_analysis.domain.study import Study
from dww_analysis.errors import DisclosureError

ENVIRONMENT_VARIABLE = "DWW_KEY_FILE"
PUBLIC_KEY = b"dww-analysis: key for invented and public data, not a secret"
_KEY_BYTES = 32
_SHOWN_DIGITS = 16


def pseudonym(key: bytes, sample: str, code: str) -> str:
    """ "p" and 16 hexadecimal digits: the same for the same key, sample and code, and of no use without the key."""
    message = f"{len(sample)}:{sample}:{code}".encode()
    return "p" + hmac.digest(key, message, "sha256").hex()[:_SHOWN_DIGITS]


def key_for(study: Study, environ: Mapping[str, str], home: Path) -> bytes:
    """The key of a study: the public one for invented or public data, otherwise that of the key file.

    The file is the one named by the variable DWW_KEY_FILE, or <home>/.config/dww/<study>.key. Raises a
    `DisclosureError` when it is absent, readable by others, too short, a link, or inside a git repository.
    """
    if study.data in ("invented", "public"):
        return PUBLIC_KEY
    path = key_path(study.id, environ, home)
    where = f"the key file of study {study.id}"
    if not path.exists():
        raise DisclosureError.of(
            f"there is no key file at {path}",
            where,
            "a key, because this study's persons are real (data: private in study.yaml)",
            "make one with `dww key new` and keep a copy in a safe place apart from the data",
        )
    _refuse_unsafe(path, where)
    return _read_key(path, where)


def key_path(study_id: str, environ: Mapping[str, str], home: Path) -> Path:
    """Where the key of a study is kept."""
    named = environ.get(ENVIRONMENT_VARIABLE)
    return Path(named).expanduser() if named else Path(home) / ".config" / "dww" / f"{study_id}.key"


def new_key(path: str | Path) -> Path:
    """Write a new random key of 256 bits to `path` with mode 0600. An existing file is never replaced."""
    path = Path(path)
    if _inside_repository(path):
        raise DisclosureError.of(
            f"{path} is inside a git repository",
            "the new key file",
            "a place outside every repository",
            "choose a place in your home folder, such as ~/.config/dww/",
        )
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise DisclosureError.of(
            f"{path} is there already",
            "the new key file",
            "a place without a key: with another key all pseudonyms would change",
            "use the existing key, or choose another name",
        ) from error
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(_KEY_BYTES) + "\n")
    return path


def _refuse_unsafe(path: Path, where: str) -> None:
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        raise DisclosureError.of(f"{path} is not a file", where, "a file", "name the key file itself")
    if mode & 0o077:
        raise DisclosureError.of(
            f"{path} can be read by others (mode {stat.S_IMODE(mode):04o})",
            where,
            "mode 0600: only its owner can read it",
            f"run: chmod 600 {path}",
        )
    if _inside_repository(path):
        raise DisclosureError.of(
            f"{path} is inside a git repository",
            where,
            "a key outside every repository",
            f"move it to your home folder and set {ENVIRONMENT_VARIABLE}",
        )


def _read_key(path: Path, where: str) -> bytes:
    text = path.read_bytes().strip()
    try:
        key = bytes.fromhex(text.decode("ascii"))
    except (UnicodeDecodeError, ValueError):
        key = text
    if len(key) < _KEY_BYTES:
        raise DisclosureError.of(
            f"the key has {len(key)} bytes",
            where,
            f"at least {_KEY_BYTES} random bytes",
            "make a key with `dww key new`",
        )
    return key


def _inside_repository(path: Path) -> bool:
    return any((folder / ".git").exists() for folder in path.expanduser().resolve().parents)
