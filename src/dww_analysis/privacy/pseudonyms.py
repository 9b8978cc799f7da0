"""Pseudonyms: a keyed hash (HMAC-SHA256) of a person's code, and the key that makes it.

The key of a private study lives in a file outside the repository that only its owner can read. Data that is invented
or public uses a fixed key of this package, and a report says so; any other study never does.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import math
import os
import secrets
import stat
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

from dww_analysis.domain.study import Study
from dww_analysis.errors import DisclosureError

ENVIRONMENT_VARIABLE = "DWW_KEY_FILE"
PUBLIC_KEY = b"dww-analysis: key for invented and public data, not a secret"
NO_KEY = "absent"
_MARKED = b"which key is this"  # no message of `pseudonym`: those begin with a number
_KEY_BYTES = 32
_SHOWN_DIGITS = 16
_LEAST_BITS = 4.2  # of a byte of a key of 32 bytes, which has 4.9 when it is random


def pseudonym(key: bytes, sample: str, code: str) -> str:
    """ "p" and 16 hexadecimal digits: the same for the same key, sample and code, and of no use without the key."""
    message = f"{len(sample)}:{sample}:{code}".encode()
    return "p" + hmac.digest(key, message, "sha256").hex()[:_SHOWN_DIGITS]


def key_for(study: Study, environ: Mapping[str, str], home: Path) -> bytes:
    """The key of a study: the public one for invented or public data, otherwise that of the key file.

    The file is the one named by the variable DWW_KEY_FILE, or <home>/.config/dww/<study>.key. Raises a
    `DisclosureError` when it is absent, a link, of another user, readable by others, inside a git repository, too
    short, or guessable: constant, counting, a sentence, or the key that everybody can read in this package.
    """
    if study.data in ("invented", "public"):
        return PUBLIC_KEY
    path = key_path(study.id, environ, home)
    where = f"the key file of study {study.id}"
    _refuse_unsafe(path, where, study.id)
    key = _read_key(path, where, study.id)
    found = _why_guessable(key, study.id)
    if found:
        raise DisclosureError.of(
            found=found, where=where, expected=f"{_KEY_BYTES} random bytes", action=_new_key_words(study.id)
        )
    return key


def key_mark(study: Study, environ: Mapping[str, str], home: Path) -> str:
    """Sixteen hexadecimal digits that tell one key from another and say nothing else of it; `NO_KEY` where `key_for`
    refuses."""
    try:
        key = key_for(study, environ, home)
    except DisclosureError:
        return NO_KEY
    return hmac.digest(key, _MARKED, "sha256").hex()[:_SHOWN_DIGITS]


def key_path(study_id: str, environ: Mapping[str, str], home: Path) -> Path:
    """Where the key of a study is kept: the file that the variable `DWW_KEY_FILE` names, else
    `<home>/.config/dww/<study>.key`. It need not be there."""
    named = environ.get(ENVIRONMENT_VARIABLE)
    return Path(named).expanduser() if named else Path(home) / ".config" / "dww" / f"{study_id}.key"


def new_key(path: str | Path) -> Path:
    """Write a new random key of 256 bits to `path` with mode 0600. An existing file is never replaced."""
    path = Path(path)
    if _inside_repository(path):
        raise DisclosureError.of(
            found=f"{path} is inside a git repository",
            where="the new key file",
            expected="a place outside every repository",
            action="choose a place in your home folder, such as ~/.config/dww/",
        )
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise DisclosureError.of(
            found=f"{path} is there already",
            where="the new key file",
            expected="a place without a key: with another key all pseudonyms would change",
            action="use the existing key, or choose another name",
        ) from error
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(_KEY_BYTES) + "\n")
    return path


def _refuse_unsafe(path: Path, where: str, study_id: str) -> None:
    """DisclosureError for a file that is absent, or that another than its owner can read or put in its place."""
    try:
        status = path.lstat()
    except OSError as error:
        raise DisclosureError.of(
            found=f"there is no key file at {path}",
            where=where,
            expected="a key, because this study's persons are real (data: private in study.yaml)",
            action=_new_key_words(study_id) + ", and keep a copy in a safe place apart from the data",
        ) from error
    for wrong, found, expected, action in _faults(path, status):
        if wrong:
            raise DisclosureError.of(found=f"{path} {found}", where=where, expected=expected, action=action)


def _faults(path: Path, status: os.stat_result) -> Iterator[tuple[bool, str, str, str]]:
    """(whether it is so, what is found, what is expected, what to do), in the order in which they matter."""
    mode = status.st_mode
    own = f"copy the key to a file of its own and name that in {ENVIRONMENT_VARIABLE}"
    yield (
        stat.S_ISLNK(mode),
        "is a symbolic link",
        "the key file itself: a link can be turned to another key",
        own,
    )
    yield not stat.S_ISREG(mode), "is not a file", "a file", "name the key file itself"
    yield (
        hasattr(os, "getuid") and status.st_uid != os.getuid(),
        "belongs to another user",
        "a key file of the user who runs this",
        own,
    )
    yield (
        bool(mode & 0o077),
        f"can be read by others (mode {stat.S_IMODE(mode):04o})",
        "mode 0600: only its owner can read it",
        f"run: chmod 600 {path}",
    )
    yield (
        _inside_repository(path),
        "is inside a git repository",
        "a key outside every repository",
        f"move it to your home folder and set {ENVIRONMENT_VARIABLE}",
    )


def _read_key(path: Path, where: str, study_id: str) -> bytes:
    try:
        text = path.read_bytes().strip()
    except OSError as error:
        raise DisclosureError.of(
            found=f"{path} cannot be read",
            where=where,
            expected="a key file that its owner can read",
            action=f"run: chmod 600 {path}",
        ) from error
    key = _decoded(text)
    if len(key) < _KEY_BYTES:
        raise DisclosureError.of(
            found=f"the key has {len(key)} bytes",
            where=where,
            expected=f"at least {_KEY_BYTES} random bytes",
            action=_new_key_words(study_id),
        )
    return key


def _decoded(text: bytes) -> bytes:
    """The bytes that hexadecimal digits stand for; anything else is taken as it is."""
    try:
        return bytes.fromhex(text.decode("ascii"))
    except (UnicodeDecodeError, ValueError):
        return text


def _why_guessable(key: bytes, study_id: str) -> str | None:
    """What is wrong with a key that is long enough, or None: it must look like random bytes.

    Bits per byte are those of the frequencies of its bytes (Shannon 1948): 32 random bytes have 4.9 (the lowest of
    200 000 keys had 4.3); a sentence has about 4, and its blanks give it away. Differences of neighbouring bytes show
    what counts or repeats.
    """
    if _is_known(key, study_id):
        return "the key is one that everybody can know, such as the public test key"
    if len(set(key)) == 1:
        return "the key is one byte repeated"
    bits = min(_bits_per_byte(key), _bits_per_byte(bytes((b - a) % 256 for a, b in pairwise(key))))
    if bits < _LEAST_BITS or (len(set(key.split())) > 2 and key.isascii() and _is_printable(key)):
        return f"the key is not random: {bits:.1f} bits per byte"
    return None


def _is_known(key: bytes, study_id: str) -> bool:
    words = (b"", b"test", b"secret", b"password", b"key", b"dww", study_id.encode(), PUBLIC_KEY)
    made = {f(word).digest() for word in words for f in (hashlib.sha256, hashlib.sha512)}
    made |= {f(word).hexdigest().encode() for word in words for f in (hashlib.sha256, hashlib.sha512)}
    text = b"".join(key.lower().split())
    public = b"".join(PUBLIC_KEY.lower().split())
    return key in made or public in text or base64.b64encode(PUBLIC_KEY).rstrip(b"=") in key


def _is_printable(key: bytes) -> bool:
    return all(32 <= b < 127 for b in key)


def _bits_per_byte(key: bytes) -> float:
    counts = Counter(key).values()
    return sum(n / len(key) * math.log2(len(key) / n) for n in counts)


def _new_key_words(study_id: str) -> str:
    return f"make a key with `dww key new {study_id}`"


def _inside_repository(path: Path) -> bool:
    return any((folder / ".git").exists() for folder in path.expanduser().resolve().parents)
