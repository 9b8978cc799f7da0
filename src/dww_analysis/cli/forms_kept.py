"""What lies in the folder of forms already, and stays: forms that somebody filled in, lines proposed by earlier calls.

A form is as it was made while its properties carry the moment that `form_book` gives it: every program that saves a
workbook writes its own.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from dww_analysis import storage
from dww_analysis.reports.render.form_book import CREATED

PROPERTIES = "docProps/core.xml"
SOURCE = re.compile(r"^  - id: (\S+)", re.MULTILINE)


def filled_in(path: Path) -> bool:
    """Whether a file lies there that is not a form as it was made: saved by another program, or no workbook at all."""
    if not path.is_file():
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(storage.load_bytes(path))) as book:
            properties = book.read(PROPERTIES).decode("utf-8", errors="replace")
    except (zipfile.BadZipFile, KeyError):
        return True
    modified = re.search(r"<dcterms:modified[^>]*>([^<]*)<", properties)
    return modified is None or not modified[1].startswith(CREATED.isoformat())


def merged(earlier: str, proposed: Mapping[str, str], head: str) -> str:
    """The lines of sources.yaml that were proposed before and are now, each source once, in the order they came.

    earlier: the file as it is, "" where there is none; proposed: id of a source -> its lines. Lines of a source that is
    there stay as they are: somebody may have given it another file, or more.
    """
    start = (SOURCE.search(earlier) or re.search(r"\Z", earlier)).start()  # type: ignore[union-attr]
    found = _blocks(earlier[start:])
    new = [block for id, block in proposed.items() if id not in found]
    return (earlier[:start] or head) + "\n".join([*found.values(), *new])


def _blocks(text: str) -> dict[str, str]:
    """Id -> lines of each source, in their order."""
    starts = [m.start() for m in SOURCE.finditer(text)]
    parts = [text[a:b] for a, b in pairwise([*starts, len(text)])]
    return {SOURCE.match(part)[1]: part.rstrip("\n") + "\n" for part in parts}  # type: ignore[index]
