"""The scan for direct identifiers: what delivered tables hold, and whether any of it reached an output.

Findings name the file, the column, the kind and the lines, never the identifier. Outputs are searched in all their
bytes, unpacked: workbooks, parquet, pictures, PDF, notebooks and pages with pictures inside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.privacy.names import is_single_name
from dww_analysis.privacy.patterns import NAME, identifiers_of, is_bsn
from dww_analysis.privacy.unpacked import unpacked

FINDING_COLUMNS = ("file", "column", "kind", "count", "lines")
OUTPUT_COLUMNS = ("file", "kind", "count")
SHORTEST = 4  # bytes of an identifier that can be searched without finding it everywhere
_SHOWN_LINES = 5
_NUMBER = re.compile(r"[A-Za-z]{2}\d{2}[A-Za-z\d .-]{8,34}|[\d +./()-]{8,}")  # an account, or digits
_SINGLE_NAMES = 8  # different words that can be names, in a column of single words


def scan_frame(
    frame: pd.DataFrame,
    file: str = "",
    *,
    identifying: Sequence[str] = (),
    skip: Sequence[str] = (),
    lines: np.ndarray | None = None,
) -> pd.DataFrame:
    """Direct identifiers in a table: one row for each column and kind, with a count and the first lines.

    Looks at columns of text, and at whole numbers of eight to eleven digits: a BSN or a telephone number that a
    spreadsheet made a number of, when most of the column is. `identifying`: columns known to identify persons,
    reported as such and not looked into. `skip`: columns that are allowed, such as the person's code. Returns columns
    file, column, kind, count, lines; no identifiers.
    """
    lines = np.arange(1, len(frame) + 1) if lines is None else lines
    records = []
    for position, name in enumerate(frame.columns):
        column = frame.iloc[:, position]
        if name in skip:
            continue
        if name in identifying:
            filled = np.flatnonzero(column.notna().to_numpy())
            if len(filled):
                records.append((file, str(name), "identifying column", len(filled), _shown(lines[filled])))
            continue
        for kind, rows in _kinds_in(column).items():
            records.append((file, str(name), kind, len(rows), _shown(lines[np.array(sorted(rows))])))
    return pd.DataFrame(records, columns=list(FINDING_COLUMNS))


def _kinds_in(column: pd.Series) -> dict[str, list[int]]:
    """kind -> rows in which it occurs; every distinct value is looked at once."""
    texts = _texts(column)
    if texts is None:
        return {}
    codes, distinct = pd.factorize(texts)
    values = [str(value) for value in distinct.tolist()]
    kinds = [frozenset(kind for kind, _ in identifiers_of(value)) for value in values]
    if not pd.api.types.is_numeric_dtype(column):
        kinds = _with_single_names(values, kinds)
    result = {}
    for name in sorted(set().union(*kinds)) if kinds else []:
        has = np.array([name in found for found in kinds] + [False])
        if not pd.api.types.is_numeric_dtype(column) or _mostly(has, len(distinct)):
            result[name] = np.flatnonzero(has[codes]).tolist()
    return result


def _mostly(has: np.ndarray, distinct: int) -> bool:
    """One in eleven numbers passes the eleven-test by chance; a column of citizen numbers passes it as a whole."""
    return bool(has.sum() > 0.5 * distinct)


def _with_single_names(values: list[str], kinds: list[frozenset[str]]) -> list[frozenset[str]]:
    """One word that can be a name says little ("Roos", "Berg"); a column of such words is a column of names."""
    single = [is_single_name(value) for value in values]
    if sum(single) < max(_SINGLE_NAMES, 0.6 * len(values)):
        return kinds
    return [found | {NAME} if one else found for found, one in zip(kinds, single, strict=True)]


def _texts(column: pd.Series) -> pd.Series | None:
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return None
    if not pd.api.types.is_numeric_dtype(column):
        return column
    numbers = column.to_numpy(dtype="float64", na_value=np.nan)
    with np.errstate(invalid="ignore"):
        long = (numbers >= 1e7) & (numbers < 1e11) & (np.floor(numbers) == numbers)
    if not long.any():
        return None
    texts = [_as_typed(int(n)) if there else None for n, there in zip(numbers, long, strict=True)]
    return pd.Series(texts, dtype="str")


def _as_typed(number: int) -> str:
    """A number with the zero or plus that a spreadsheet takes away: 612345678 is a mobile, 31612345678 as well."""
    if 600_000_000 <= number < 700_000_000 and not is_bsn(str(number)):
        return f"0{number}"
    return f"+{number}" if 31_000_000_000 <= number < 32_000_000_000 else f"{number:09d}"


def scan_words(words: Iterable[tuple[str, str, str]], file: str = "") -> pd.DataFrame:
    """Direct identifiers in what stands around a table, as `scan_frame` returns them, without lines.

    `words`: (column, what, text), such as ("q1", "label", "..."); the kind of a finding names the what.
    """
    counts: dict[tuple[str, str], int] = {}
    for column, what, text in words:
        for kind in {kind for kind, _ in identifiers_of(text)}:
            counts[column, f"{kind} in the {what}"] = counts.get((column, f"{kind} in the {what}"), 0) + 1
    records = [(file, column, kind, count, "") for (column, kind), count in counts.items()]
    return pd.DataFrame(records, columns=list(FINDING_COLUMNS))


def _shown(lines: np.ndarray) -> str:
    return ", ".join(str(int(n)) for n in lines[:_SHOWN_LINES]) + (
        ", ..." if len(lines) > _SHOWN_LINES else ""
    )


def identifiers_in(
    frame: pd.DataFrame, *, identifying: Sequence[str] = (), person: str | None = None
) -> dict[str, str]:
    """The identifiers of a delivered table (in memory only): identifier -> kind.

    All values of `identifying` columns, long person codes (six characters or more), and what texts give away, those of
    `identifying` columns too: a number may stand there beside a name.
    """
    found: dict[str, str] = {}
    for position, name in enumerate(frame.columns):
        column = frame.iloc[:, position]
        if name in identifying or name == person:
            kind = "identifying column" if name in identifying else "person code"
            least = SHORTEST if name in identifying else 6
            for value in pd.unique(column.dropna()):
                text = _plain(value)
                if len(text.encode()) >= least and not _is_common(text):
                    found.setdefault(text, kind)
        if name == person or (texts := _texts(column)) is None:
            continue
        for value in pd.unique(texts.dropna()):
            for kind, text in identifiers_of(str(value)):
                if kind != NAME and len(text.encode()) >= SHORTEST and not _is_common(text):
                    found.setdefault(text, kind)
    return found


def _plain(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return " ".join(str(value).split())


def _is_common(text: str) -> bool:
    """Values of identifying columns that identify nobody, such as a year, a truth value or "n.v.t."."""
    return text.lower() in {"none", "true", "false", "n.v.t.", "onbekend", "unknown", "anonymous"} or (
        re.fullmatch(r"[\d.,-]{1,6}", text) is not None
    )


def scan_files(
    paths: Iterable[str | Path], identifiers: Mapping[str, str] | Iterable[str], allowed: Iterable[str] = ()
) -> pd.DataFrame:
    """Which files hold any of the identifiers: columns file, kind, count. Folders are searched whole.

    Everything is looked into unpacked and in UTF-8, UTF-16 and windows-1252, without regard to case; an identifier
    of letters or digits counts only as a whole word or number. `allowed`: what may occur, such as the address of the
    research team. The identifiers themselves are not in the result.
    """
    kinds = (
        dict(identifiers) if isinstance(identifiers, Mapping) else dict.fromkeys(identifiers, "identifier")
    )
    let = {text.casefold() for text in allowed}
    search = _Search({text: kind for text, kind in kinds.items() if text.casefold() not in let})
    records = []
    for path, folders in _files(paths):
        counts: dict[str, int] = {}
        for content in chain([folders.encode()], unpacked(path)):
            for kind, count in search.counts(content).items():
                counts[kind] = counts.get(kind, 0) + count
        records += [(str(path), kind, count) for kind, count in sorted(counts.items())]
    return pd.DataFrame(records, columns=list(OUTPUT_COLUMNS))


def _files(paths: Iterable[str | Path]) -> Iterable[tuple[Path, str]]:
    """Every file, and the names of the folders it is in below the one that is searched."""
    for path in map(Path, paths):
        inside = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        yield from ((p, p.parent.relative_to(path).as_posix() if p != path else "") for p in inside)


class _Search:
    """Many texts searched at once: positions whose four bytes begin an identifier, then the whole identifier.

    Four bytes fit one 32-bit number, so the first step is a few passes over an array whatever the number of texts.
    """

    def __init__(self, kinds: Mapping[str, str]) -> None:
        self.by_start: dict[int, list[tuple[bytes, str]]] = {}
        for text, kind in kinds.items():
            for form in _forms(text):
                if len(form) >= SHORTEST:
                    self.by_start.setdefault(int.from_bytes(form[:4], "big"), []).append((form, kind))
        self.starts = np.array(sorted(self.by_start), dtype="uint32")

    def counts(self, content: bytes) -> dict[str, int]:
        """kind -> how often."""
        if len(content) < SHORTEST or not len(self.starts):
            return {}
        lower = content.lower()
        letters = np.frombuffer(lower, dtype="uint8").astype("uint32")
        words = letters[:-3] << 24 | letters[1:-2] << 16 | letters[2:-1] << 8 | letters[3:]
        place = np.searchsorted(self.starts, words).clip(max=len(self.starts) - 1)
        result: dict[str, int] = {}
        for at in np.flatnonzero(self.starts[place] == words).tolist():
            for form, kind in self.by_start[int(words[at])]:
                if lower.startswith(form, at) and _is_whole(lower, at, at + len(form)):
                    result[kind] = result.get(kind, 0) + 1
        return result


def _forms(text: str) -> set[bytes]:
    """How a text can be written in a file: cases, encodings and escapes, with A-Z in lower case.

    A number is also searched without the spaces, dots, hyphens and brackets in it.
    """
    from html import escape
    from json import dumps
    from urllib.parse import quote

    forms: set[bytes] = set()
    written = {text, re.sub(r"[ ./()-]", "", text)} if _NUMBER.fullmatch(text) else {text}
    for case in {case for one in written for case in (one, one.lower(), one.upper())}:
        forms |= {form.encode("utf-8") for form in (case, escape(case), dumps(case)[1:-1], quote(case))}
        forms |= {case.encode("utf-16-le"), case.encode("utf-16-be"), case.encode("windows-1252", "ignore")}
    return {form.lower() for form in forms}


def _is_whole(content: bytes, start: int, end: int) -> bool:
    """Not part of a longer word or number."""
    first, last = content[start : start + 1], content[end - 1 : end]
    before, after = content[start - 1 : start] if start else b"", content[end : end + 1]
    glued_before = first.isalnum() and before.isalnum()
    glued_after = last.isalnum() and after.isalnum()
    return not (glued_before or glued_after)
