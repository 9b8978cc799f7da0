"""What lies in the folder of forms already, and stays: forms that somebody filled in, lines proposed by earlier calls.

A form is as it was made while its properties carry the moment that `form_book` gives it: every program that saves a
workbook writes its own.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

from dww_analysis import storage
from dww_analysis.reports.render.form_book import CREATED

PROPERTIES = "docProps/core.xml"
# the id of a source, however it is written: in quotes, in braces, further in, in a comment
SOURCE = re.compile(r"""^[ \t#]*-[ \t{]*(?:["']?id["']?)[ \t]*:[ \t]*["']?([^\s"',}]+)""", re.MULTILINE)


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
    """The lines of sources.yaml that were proposed before, as they are, and below them those of sources that are not
    there yet, also not in a comment.

    earlier: the file as it is, "" where there is none; proposed: id of a source -> its lines. Somebody may have given a
    source another file, or more, or written it in another way.
    """
    there = set(SOURCE.findall(earlier))
    new = [block for id, block in proposed.items() if id not in there]
    if not new:
        return earlier
    before = earlier.rstrip("\n") + "\n\n" if there else earlier or head
    return before + "\n".join(new)
