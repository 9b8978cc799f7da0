"""A ZIP export of Castor EDC: several CSV files of one study, of which one is the table to read.

The table of participants is read unless `member` names another file of the archive, such as a survey or a repeating
form. The variable list and option lists, where the archive has them, give labels and value labels.
"""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import pandas as pd

from dww_analysis.errors import SourceError
from dww_analysis.storage.archives import by_name, read_member, several_tables
from dww_analysis.storage.bounds import MAX_TEXT_BYTES
from dww_analysis.storage.surveys import plain_words
from dww_analysis.storage.tables import Table, variables_frame
from dww_analysis.storage.textfiles import table_of_bytes

_SIDE_FILES = ("option", "quer", "verification", "variable", "codebook", "metadata", "audit")


def read_castor(
    archive: zipfile.ZipFile, names: list[str], where: str, member: str | None = None, **options: Any
) -> Table:
    """The table of participants (or of `member`) among the CSV files of an archive; `options` are those of text."""
    full = _chosen(names, member, where)
    shown = PurePosixPath(full).name
    structure = options.pop("structure", None)
    if structure is not None:
        raise SourceError.of(
            found="the option 'structure'",
            where=where,
            expected="the lists that are in the archive",
            action="leave it out",
        )
    if options.get("format") == "zip":
        options["format"] = "auto"
    table = table_of_bytes(_text_of(archive, full, f"{where}:{shown}"), f"{where}:{shown}", **options)
    side = {
        name: table_of_bytes(_text_of(archive, name, where), f"{where}:{name}", format="csv").data
        for name in names
        if name != full and any(part in name.lower() for part in ("variable", "option"))
    }
    note = f"file {shown!r} of the archive, which also holds {len(names) - 1} other tables"
    return replace(
        table,
        variables=_described(table, side),
        notes=(*table.notes, note),
        recognised={**table.recognised, "member": full},
    )


def _text_of(archive: zipfile.ZipFile, name: str, where: str) -> bytes:
    return read_member(archive, name, where, MAX_TEXT_BYTES)


def _chosen(names: list[str], member: str | None, where: str) -> str:
    if member is not None:
        return by_name(names, member, where)
    main = [n for n in sorted(names) if not any(part in _base(n) for part in _SIDE_FILES)]
    studies = [n for n in main if not any(part in _base(n) for part in ("survey", "report", "repeat"))]
    named = [
        n for n in studies if _base(n).endswith("export.csv") or "study" in _base(n) or "record" in _base(n)
    ]
    for choice in (studies, named, main):
        if len(choice) == 1:
            return choice[0]
    raise several_tables(main or names, where)


def _base(name: str) -> str:
    return PurePosixPath(name).name.lower()


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
