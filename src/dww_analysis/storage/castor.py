"""A ZIP export of Castor EDC: several CSV files of one study, of which one is the table to read.

The table of participants is read unless `member` names another file of the archive, such as a survey or a repeating
form. The variable list and option lists, where the archive has them, give labels and value labels.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from dww_analysis.errors import SourceError
from dww_analysis.storage.surveys import plain_words
from dww_analysis.storage.tables import Table, variables_frame
from dww_analysis.storage.textfiles import read_text, table_of_bytes
from dww_analysis.storage.workbooks import open_archive, read_member

_SIDE_FILES = ("option", "quer", "verification", "variable", "codebook", "metadata", "audit")


def read_castor(path: Path, member: str | None = None, **options: Any) -> Table:
    """The table of participants (or of `member`) in a Castor ZIP; `options` are those of delimited text."""
    if path.suffix.lower() != ".zip" and not _is_zip(path):
        return read_text(path, format="castor", **options)
    with open_archive(path) as archive:
        tables = {PurePosixPath(n).name: n for n in archive.namelist() if n.lower().endswith(".csv")}
        name = _chosen(tables, member, path.name)
        where = f"{path.name}:{name}"
        options.pop("structure", None)
        table = table_of_bytes(read_member(archive, tables[name], where), where, **options)
        side = {
            key: table_of_bytes(
                read_member(archive, full, path.name), f"{path.name}:{key}", format="csv"
            ).data
            for key, full in tables.items()
            if key != name and any(part in key.lower() for part in ("variable", "option"))
        }
    described = _described(table, side)
    note = f"file {name!r} of the archive, which also holds {len(tables) - 1} other tables"
    return Table(table.data, described, "castor", (*table.notes, note), table.lines)


def _is_zip(path: Path) -> bool:
    with open(path, "rb") as handle:
        return handle.read(2) == b"PK"


def _chosen(tables: dict[str, str], member: str | None, where: str) -> str:
    if member is not None:
        if member not in tables:
            raise SourceError.of(
                f"there is no file {member!r} in the archive",
                where,
                "one of " + ", ".join(sorted(tables)),
                "correct options: {member: ...} in sources.yaml",
            )
        return member
    main = [n for n in sorted(tables) if not any(part in n.lower() for part in _SIDE_FILES)]
    studies = [
        n
        for n in main
        if "survey" not in n.lower() and "report" not in n.lower() and "repeat" not in n.lower()
    ]
    named = [
        n
        for n in studies
        if n.lower().endswith("export.csv") or "study" in n.lower() or "record" in n.lower()
    ]
    for choice in (studies, named, main):
        if len(choice) == 1:
            return choice[0]
    raise SourceError.of(
        f"{len(main)} tables in the archive could be meant",
        where,
        "one table",
        "say which: options: {member: ...}, one of " + ", ".join(sorted(tables)),
    )


def _described(table: Table, side: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The facts about columns, with labels and option labels of the archive's own lists added."""
    labels: dict[str, str] = dict(zip(table.variables["name"], table.variables["label"], strict=True))
    groups: dict[str, str] = {}
    values: dict[str, dict[Any, str]] = {}
    for frame in side.values():
        columns = {c.lower().strip(): c for c in frame.columns}
        name, label = columns.get("variable name"), columns.get("field label")
        group = columns.get("option group name") or columns.get("optiongroup name")
        if name and label:
            known = frame.dropna(subset=[name])
            labels |= {str(n): plain_words(str(t)) for n, t in zip(known[name], known[label], strict=True)}
            if group:
                groups |= {str(n): str(g) for n, g in zip(known[name], known[group], strict=True)}
        option, value = columns.get("option name"), columns.get("option value")
        if group and option and value:
            for g, o, v in zip(frame[group], frame[option], frame[value], strict=True):
                values.setdefault(str(g), {})[v] = plain_words(str(o))
    names = list(table.data.columns)
    return variables_frame(
        names,
        labels,
        dict(zip(table.variables["name"], table.variables["type"], strict=True)),
        {n: values[groups[n]] for n in names if groups.get(n) in values},
        dict(zip(table.variables["name"], table.variables["missing_values"], strict=True)),
    )
