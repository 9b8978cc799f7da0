"""What a delivered file says beside its table: names of sheets, comments, who made it, notes and members of archives.

Nothing of it is used in an analysis; it is read so that a scan can tell when it names persons.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from zipfile import ZipFile

from dww_analysis.errors import SourceError

_SHEET = re.compile(r"<(?:\w+:)?sheet\b[^>]*?\bname=\"([^\"]*)\"")
_DEFINED = re.compile(r"<(?:\w+:)?definedName\b[^>]*?\bname=\"([^\"]*)\"")
_TEXT = re.compile(r"<(?:\w+:)?t\b[^>]*>([^<]*)<")
_PROPERTY = re.compile(
    r"<(?:dc:|cp:|meta:)?(?:creator|lastModifiedBy|title|subject|description|keywords|initial-creator)\b[^>]*>([^<]+)<"
)
_AUTHOR = re.compile(r"<(?:\w+:)?author\b[^>]*>([^<]*)<")
_MAX_BYTES = 1 << 24  # of one member: what stands around a table is small
_PARTS = (
    (re.compile(r"xl/workbook\.xml"), _SHEET, "name of a sheet"),
    (re.compile(r"xl/workbook\.xml"), _DEFINED, "name of a range"),
    (re.compile(r"xl/(?:threadedC|c)omments[\w/]*\.xml"), _TEXT, "comments"),
    (re.compile(r"xl/(?:threadedC|c)omments[\w/]*\.xml"), _AUTHOR, "comments"),
    (re.compile(r"docProps/core\.xml|meta\.xml"), _PROPERTY, "properties of the file"),
)


def file_words(path: str | Path) -> list[tuple[str, str]]:
    """(what, text) of everything a delivered file says beside its table; empty for a file that cannot be opened."""
    path = Path(path)
    with open(path, "rb") as handle:
        start = handle.read(16)
    if start.startswith(b"PK"):
        return list(_archive_words(path))
    if start.startswith((b"$FL2", b"$FL3")):
        return list(_spss_words(path))
    return []


def _archive_words(path: Path) -> Iterator[tuple[str, str]]:
    from dww_analysis.storage.archives import open_archive

    try:
        archive = open_archive(path)
    except SourceError:
        return
    with archive:
        names = archive.namelist()
        if not any(name.startswith("xl/") or name == "content.xml" for name in names):
            yield from (("name of a file in the archive", name) for name in names)
        for name in names:
            yield from _member_words(archive, name, path.name)


def _member_words(archive: ZipFile, name: str, where: str) -> Iterator[tuple[str, str]]:
    from dww_analysis.storage.archives import read_member

    wanted = [(pattern, what) for member, pattern, what in _PARTS if member.fullmatch(name)]
    if not wanted or archive.getinfo(name).file_size > _MAX_BYTES:
        return
    try:
        text = read_member(archive, name, where).decode("utf-8", errors="replace")
    except SourceError:
        return
    for pattern, what in wanted:
        yield from ((what, unescape(found)) for found in pattern.findall(text))


def _spss_words(path: Path) -> Iterator[tuple[str, str]]:
    import pyreadstat

    try:
        _, meta = pyreadstat.read_sav(str(path), metadataonly=True)
    except Exception:  # pyreadstat lets any error of damaged bytes through
        return
    notes = meta.notes if isinstance(meta.notes, (list, tuple)) else [meta.notes]
    yield from (("notes in the file", str(note)) for note in notes if note)
    if meta.file_label:
        yield "title of the file", str(meta.file_label)
