"""Where the names of the columns stand: below title lines, in two rows, in merged cells, above columns without a name.

Text files and spreadsheets come here with their first records as texts. What is plain is recognised and noted; what
could be read in two ways is refused with the option that settles it (`header_line`, `header_rows`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from dww_analysis.errors import Problem, SourceError
from dww_analysis.storage.needs import Need, OptionNeeded
from dww_analysis.storage.surveys import Layout, Records, clean_name

JOINED_BY = " - "
LOOKED_AT = 40  # records in which the header is looked for
_ROWS_TO_BE_SURE = 4  # fewer rows may hold a text above numbers by chance
_SHOWN = 10  # problems of one kind that are listed one by one
_VALUE = re.compile(
    r"[-+]?[\d.,]*\d[\d.,]*%?|[-+]?\d[\d.]*[eE][-+]?\d+"
    r"|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)?Z?|\d{1,2}:\d{2}(:\d{2})?"
)


@dataclass(frozen=True)
class Start:
    """Where the header begins: the position among the records, and what was left out above it, in words."""

    record: int
    note: str = ""


def find_header(records: Records, lines: Sequence[int], where: str) -> Start:
    """Where the names stand among the first records that are not blank; `lines` are their lines in the file.

    Lines with one or two cells above a wider table are titles, when the names below them are texts that differ and
    stand above numbers or dates. A line that only may be a title is refused, with the line of the names.
    """
    titles, typical = _titles_above(records)
    if titles in (0, len(records)):
        return Start(0)
    names = [clean_name(cell) for cell in records[titles] if cell.strip()]
    if 2 * sum(map(is_name, names)) <= len(names):
        return Start(0)  # answers below columns without a name
    plain = all(map(is_name, names)) and len({n.lower() for n in names}) == len(names)
    if plain and typical > 2 and _above_values(records[titles + 1 :]):
        one = "line" if titles == 1 else "lines"
        return Start(titles, f"{titles} title {one} above the names, which stand in line {lines[titles]}")
    raise _title_lines(lines[titles], where)


def _titles_above(records: Records) -> tuple[int, float]:
    """How many of the first records can be titles, and how many cells are filled in a typical record of the table.

    A title fills at most two cells and at most half of what a record fills, or it is shorter than all records below.
    """
    counts = [_filled(record) for record in records]
    typical = median(counts[len(counts) // 2 :])
    width = min((len(record) for record in records[len(records) // 2 :]), default=0)
    titles = 0
    while (
        titles < len(counts)
        and counts[titles] <= 2
        and (counts[titles] <= typical / 2 or len(records[titles]) < width)
    ):
        titles += 1
    return titles, typical


def _above_values(below: Records) -> bool:
    width = max(map(len, below), default=0)
    return any(_only_values([record[j] for record in below if j < len(record)]) for j in range(width))


def _title_lines(line: int, where: str) -> OptionNeeded:
    return OptionNeeded.to_choose(
        Problem(
            found=f"line 1 seems to be a title; the names of the columns seem to stand in line {line}",
            where=where,
            expected="a name above every column in the first line",
            action=f"declare options: {{header_line: {line}}} in sources.yaml (or the line where the names do stand)",
        ),
        Need("header_line", (1, line), line, "title lines above the names"),
    )


def is_name(cell: str) -> bool:
    """Whether a cell can be a column's name rather than an answer: no number, no date."""
    return bool(cell.strip()) and _VALUE.fullmatch(cell.strip()) is None


def _filled(record: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in record)


def refuse_second_row(records: Records, where: str) -> None:
    """Refuse a table whose second line seems to belong to the header: texts, with numbers only from the third on."""
    if len(records) < 3:
        return
    second = {j: cell for j, cell in enumerate(records[1]) if cell.strip()}
    if not second or not all(map(is_name, second.values())):
        return
    names = [clean_name(cell) for cell in records[0]]
    names += [""] * (max(second) + 1 - len(names))
    below = [j for j in second if _only_values([r[j] for r in records[2:] if j < len(r)])]
    gaps = [j for j in second if not names[j]]
    filled = [n for n in names if n]
    doubled = bool(gaps) or len(set(filled)) < len(filled)
    empty_under_a_name = any(name and j not in second for j, name in enumerate(names))
    enough = len(records) > _ROWS_TO_BE_SURE and 2 * len(below) >= max(2, len(second))
    if (gaps and empty_under_a_name) or (below and doubled) or enough:
        raise OptionNeeded.to_choose(
            Problem(
                found="the second line seems to belong to the header: it holds texts above numbers"
                + (f", and names for {len(gaps)} columns without one" if gaps else ""),
                where=where,
                expected="one row of names",
                action="declare options: {header_rows: 2} in sources.yaml, and the names of both rows are joined by"
                f" {JOINED_BY!r} (header_rows: 1 reads the second line as answers)",
            ),
            Need("header_rows", (2, 1), 2, "names in two rows"),
        )


def _only_values(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell.strip()]
    return bool(filled) and not any(map(is_name, filled))


def joined_names(rows: Records) -> tuple[str, ...]:
    """One name a column from several header rows, joined by " - ".

    A name of a group runs on to the right over blank cells, where the row below it has a name of its own.

    >>> joined_names([["Id", "Stellingen", ""], ["", "Ik leer", "Ik deel"]])
    ('Id', 'Stellingen - Ik leer', 'Stellingen - Ik deel')
    """
    width = max(len(row) for row in rows)
    grid = [[clean_name(row[j]) if j < len(row) else "" for j in range(width)] for row in rows]
    for above, below in reversed(list(pairwise(grid))):
        group = ""
        for j in range(width):
            if above[j]:
                group = above[j] if below[j] else ""
            elif below[j]:
                above[j] = group
    return tuple(_joined([row[j] for row in grid]) for j in range(width))


def _joined(parts: Sequence[str]) -> str:
    kept = [part for i, part in enumerate(parts) if part and (i == 0 or part != parts[i - 1])]
    return JOINED_BY.join(kept)


def joined_layout(records: Records, rows: int, format: str, where: str) -> Layout:
    """The layout of a table whose names stand in the first `rows` records."""
    if len(records) < rows:
        raise SourceError.of(
            found=f"{len(records)} lines are filled",
            where=where,
            expected=f"{rows} header rows and rows of answers",
            action="correct options: {header_rows: ...} in sources.yaml",
        )
    note = f"names from {rows} header rows, joined by {JOINED_BY!r}" if rows > 1 else ""
    return Layout(format, rows, joined_names(records[:rows]), note=note)


@dataclass(frozen=True)
class Names:
    """Names that are filled and unique, the positions of the columns that are kept, and what was done, in words."""

    names: tuple[str, ...]
    kept: tuple[int, ...]
    notes: tuple[str, ...] = ()


def settled_names(
    names: Sequence[str], blank: Sequence[bool], where: str, duplicate_names: str = "stop"
) -> Names:
    """The names of a table's columns.

    A column without a name and without a value is left out (spreadsheets add them); one with values is called
    `column_10` by its place. Two columns of one name are refused, or numbered when `duplicate_names` is "number".
    """
    kept = [i for i, name in enumerate(names) if name or not blank[i]]
    unnamed = [i for i in kept if not names[i]]
    if 2 * len(unnamed) > len(kept):
        raise _no_names(len(unnamed), len(kept), where)
    taken = {name for name in names if name}
    given = [names[i] or _by_place(i + 1, taken) for i in kept]
    _refuse_twice(given, kept, where, duplicate_names)
    shown = ", ".join(given[kept.index(i)] for i in unnamed[:5])
    more = f" and {len(unnamed) - 5} more" if len(unnamed) > 5 else ""
    notes = (f"columns with values and without a name, called by their place: {shown}{more}",)
    return Names(tuple(_numbered(given)), tuple(kept), notes if unnamed else ())


def _by_place(place: int, taken: set[str]) -> str:
    name = f"column_{place}"
    while name in taken:
        name += "_"
    return name


def _no_names(unnamed: int, kept: int, where: str) -> SourceError:
    return SourceError.of(
        found=f"{unnamed} of {kept} columns with values have no name",
        where=f"{where}, header",
        expected="a name above every column",
        action="say where the names stand: options: {header_line: ...} or {header_rows: 2} in sources.yaml",
    )


def _numbered(names: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    taken, result = set(names), []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        made = name if seen[name] == 1 else f"{name}.{seen[name]}"
        while seen[name] > 1 and made in taken:
            seen[name] += 1
            made = f"{name}.{seen[name]}"
        taken.add(made)
        result.append(made)
    return result


def _refuse_twice(names: Sequence[str], kept: Sequence[int], where: str, duplicate_names: str) -> None:
    if duplicate_names == "number":
        return
    places: dict[str, list[int]] = {}
    for name, i in zip(names, kept, strict=True):
        places.setdefault(name, []).append(i + 1)
    twice = {name: at for name, at in places.items() if len(at) > 1}
    problems = [
        Problem(
            found=f"the column name {name!r} occurs {len(at)} times (columns {', '.join(map(str, at[:6]))})",
            where=f"{where}, header",
            expected="column names that differ",
            action="declare options: {duplicate_names: number} in sources.yaml, and the later ones get .2, .3"
            " (or header_rows: 2 when the names stand in two rows)",
        )
        for name, at in list(twice.items())[:_SHOWN]
    ]
    if problems:
        need = Need(
            "duplicate_names", ("number",), "number", "two columns of one name: " + ", ".join(twice)[:200]
        )
        raise OptionNeeded.to_choose(problems, need)
