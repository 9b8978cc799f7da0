"""The contents of an output file as plain bytes, with everything compressed or encoded inside it taken out.

Bounded in depth and size: an archive in an archive is opened four levels deep at most.
"""

from __future__ import annotations

import base64
import binascii
import bz2
import gzip
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

_MAX_DEPTH = 4
_MAX_BYTES = 1 << 28
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{200,}={0,2}")
_PDF_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)

_BROKEN = re.compile(r"[-\u00ad\x02\ufffe]\s*\r?\n\s*")  # where a line ends inside a word


def unpacked(path: Path) -> Iterator[bytes]:
    """The name of the file, its bytes, and those of everything inside it, as `scan_files` searches them."""
    yield path.name.encode()
    yield from _contents(path.read_bytes(), 0)


def _contents(raw: bytes, depth: int) -> Iterator[bytes]:
    yield raw
    if depth >= _MAX_DEPTH:
        return
    for inner in _inside(raw):
        yield from _contents(inner, depth + 1)


def _inside(raw: bytes) -> Iterator[bytes]:
    if raw.startswith(b"PK"):
        yield from _members(raw)
    elif raw.startswith(b"PAR1"):
        yield from _parquet(raw)
    elif raw.startswith(b"\x1f\x8b"):
        yield from _tried(lambda: gzip.GzipFile(fileobj=io.BytesIO(raw)).read(_MAX_BYTES))
    elif raw.startswith(b"BZh"):
        yield from _tried(partial(bz2.BZ2Decompressor().decompress, raw, _MAX_BYTES))
    elif raw.startswith(b"\xfd7zXZ\x00"):
        yield from _tried(partial(lzma.LZMADecompressor().decompress, raw, _MAX_BYTES))
    elif raw.startswith(b"\x89PNG"):
        yield from _picture_texts(raw)
    elif raw.startswith(b"%PDF"):
        for match in _PDF_STREAM.finditer(raw):
            yield from _tried(partial(zlib.decompressobj().decompress, match.group(1), _MAX_BYTES))
        yield from _sides(raw)
    else:
        for match in _BASE64.finditer(raw):
            yield from _tried(partial(base64.b64decode, match.group() + b"=" * (-len(match.group()) % 4)))


def _sides(raw: bytes) -> Iterator[bytes]:
    """What a reader of a PDF sees, side by side: its letters are numbers of pictures of them in the file itself. A line
    that ends is a space, and a word that was broken is whole as well."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(raw)
    except pypdfium2.PdfiumError:
        return
    with document:
        for number in range(len(document)):
            text = document[number].get_textpage().get_text_range()
            whole = _BROKEN.sub("", text)
            yield from dict.fromkeys(" ".join(one.split()).encode() for one in (text, whole))


def _tried(open_: Callable[[], bytes]) -> Iterator[bytes]:
    try:
        yield open_()
    except (
        zlib.error,
        lzma.LZMAError,
        zipfile.BadZipFile,
        OSError,
        EOFError,
        binascii.Error,
        ValueError,
        NotImplementedError,
    ):
        return


def _members(raw: bytes) -> Iterator[bytes]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw))
    except zipfile.BadZipFile:
        return
    with archive:
        for member in archive.infolist():
            yield member.filename.encode()
            if not member.flag_bits & 0x1:
                yield from _tried(partial(_member, archive, member))


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with archive.open(member) as handle:
        return handle.read(_MAX_BYTES)


def _parquet(raw: bytes) -> Iterator[bytes]:
    """Every value of every column, and what the schema says."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(pa.BufferReader(raw))
    except pa.ArrowInvalid:
        return
    yield str(table.schema).encode()
    yield from (table.schema.metadata or {}).values()
    for column in table.columns:
        try:
            texts = pc.unique(column).cast(pa.string())
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            texts = [str(v) for v in column.to_pylist()]
        yield "\n".join(
            str(t) for t in (texts.to_pylist() if hasattr(texts, "to_pylist") else texts)
        ).encode()


def _picture_texts(raw: bytes) -> Iterator[bytes]:
    """Text chunks of a PNG, of which some are compressed."""
    at = 8
    while at + 8 <= len(raw):
        length, kind = int.from_bytes(raw[at : at + 4], "big"), raw[at + 4 : at + 8]
        body = raw[at + 8 : at + 8 + length]
        if kind in (b"zTXt", b"iTXt"):
            name, _, rest = body.partition(b"\0")
            yield name
            for skip in (1, 2, 3, 4):
                yield from _tried(partial(zlib.decompress, rest[skip:]))
        at += 12 + length
