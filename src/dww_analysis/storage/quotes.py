"""Quotes inside quoted cells: doubled, as the standard of CSV has it, or escaped by a backslash.

Both spellings occur, and one file has one of them. A file is read by the standard unless that breaks inside a
cell; then with backslashes, where that does not break. What breaks both ways is refused with its line.
"""

from __future__ import annotations

import csv
import io
import re

from dww_analysis.errors import SourceError

_PAIR = re.compile(r'\\([\\"])')
_LONE = re.compile(r'(?<!\\)(?:\\\\)*\\(?![\\"])')


def standard_quotes(text: str, delimiter: str, where: str, lines_above: int = 0) -> tuple[str, str]:
    """`text` with the quotes inside cells doubled, and a note when they were escaped by backslashes.

    A backslash before the quote that closes a cell ("C:\\map\\") stays as it is, in a file whose quotes are standard.
    """
    if '"' not in text or not _looks_odd(text, delimiter):
        return text, ""
    broken = _breaks_at(text, delimiter)
    if broken is None:
        return text, ""
    if '\\"' in text:
        changed = _doubled(text)
        again = _breaks_at(changed, delimiter)
        if again is None:
            return changed, "quotes inside cells are escaped by a backslash"
        raise _refusal(again + lines_above, where, ' although \\" stands for a quote elsewhere')
    raise _refusal(broken + lines_above, where, "")


def _looks_odd(text: str, delimiter: str) -> bool:
    """A quote between two ordinary characters, or a backslash before a quote: the only places worth a closer look."""
    ordinary = rf'[^"\n{re.escape(delimiter)}]'
    return '\\"' in text or re.search(f'{ordinary}"{ordinary}', text) is not None


def _breaks_at(text: str, delimiter: str) -> int | None:
    """The line at which a quoted cell goes on after its closing quote; None when none does."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for _ in reader:
            pass
    except csv.Error as error:
        if "expected after" in str(error):
            return reader.line_num
    return None


def _doubled(text: str) -> str:
    """Backslashes before a quote as a doubled quote; doubled backslashes as one, where no backslash stands alone."""
    escapes_itself = _LONE.search(text) is None
    if escapes_itself:
        return _PAIR.sub(lambda m: '""' if m.group(1) == '"' else "\\", text)
    return text.replace('\\"', '""')


def _refusal(line: int, where: str, but: str) -> SourceError:
    return SourceError.of(
        found=f"a quoted cell goes on after its closing quote{but}",
        where=f"{where}, line {line}",
        expected='quotes inside a quoted cell doubled (""), or all of them escaped by a backslash (\\")',
        action="export the file again with quotes doubled, or as .xlsx or .sav",
    )
