"""Delivered files as four tools write them: SPSS .sav, Qualtrics CSV, LimeSurvey CSV and .xlsx.

Every writer gives the same bytes for the same rows: creation times are fixed and zip members carry no clock.
"""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd

# In the header after 92 bytes: creation date (9 bytes, "02 Jun 25") and time (8 bytes, "08:00:00").
SAV_TIME = slice(92, 109)
# English whatever the locale of the machine.
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest a zip file can say


def write_sav(
    frame: pd.DataFrame,
    path: Path,
    *,
    labels: Mapping[str, str],
    value_labels: Mapping[str, Mapping[int, str]],
    user_missing: Mapping[str, Sequence[int]],
    file_label: str,
    created: datetime,
) -> None:
    """An SPSS file with variable labels, value labels and user-missing codes, dated `created`."""
    import pyreadstat

    beside = path.with_name(path.name + ".tmp")
    pyreadstat.write_sav(
        frame,
        os.fspath(beside),
        file_label=file_label,
        column_labels=dict(labels),
        variable_value_labels={
            name: {float(code): label for code, label in values.items()}
            for name, values in value_labels.items()
        },
        missing_ranges={name: list(codes) for name, codes in user_missing.items()},
    )
    content = bytearray(beside.read_bytes())
    month = MONTHS[created.month - 1]
    stamp = f"{created.day:02d} {month} {created.year % 100:02d}{created:%H:%M:%S}".encode("ascii")
    content[SAV_TIME] = stamp
    beside.unlink()
    replace_file(path, bytes(content))


def write_qualtrics(
    rows: Sequence[Mapping[str, object]],
    path: Path,
    *,
    questions: Mapping[str, str],
    import_ids: Mapping[str, str],
    time_zone: str,
) -> None:
    """A Qualtrics export: row of tags, row of question texts, row of import ids as JSON, then the responses.

    `questions` gives the columns in order with their text; dates carry `time_zone` in the third row.
    """
    buffer = io.StringIO()
    out = csv.writer(buffer, lineterminator="\n")
    out.writerow(questions)
    out.writerow(questions.values())
    out.writerow(_import_id(tag, import_ids, time_zone) for tag in questions)
    for row in rows:
        out.writerow(row.get(tag, "") for tag in questions)
    replace_file(path, ("\ufeff" + buffer.getvalue()).encode("utf-8"))


def _import_id(tag: str, import_ids: Mapping[str, str], time_zone: str) -> str:
    fields = {"ImportId": import_ids[tag]}
    if tag.endswith("Date"):
        fields["timeZone"] = time_zone
    return json.dumps(fields, separators=(",", ":"))


def write_limesurvey(rows: Sequence[Mapping[str, object]], path: Path, *, columns: Sequence[str]) -> None:
    """A LimeSurvey export with question codes as headings: every field in double quotes."""
    buffer = io.StringIO()
    out = csv.writer(buffer, lineterminator="\n", quoting=csv.QUOTE_ALL)
    out.writerow(columns)
    for row in rows:
        out.writerow(row.get(name, "") for name in columns)
    replace_file(path, buffer.getvalue().encode("utf-8"))


def write_xlsx(
    rows: Sequence[Mapping[str, object]], path: Path, *, columns: Sequence[str], sheet: str, created: datetime
) -> None:
    """A workbook with one sheet of text and numbers; zip members stored without a clock or compression."""
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"created": created})
    page = book.add_worksheet(sheet)
    page.write_row(0, 0, columns)
    for number, row in enumerate(rows, start=1):
        page.write_row(number, 0, [row.get(name, "") for name in columns])
    book.close()
    replace_file(path, without_clock(buffer.getvalue()))


def without_clock(zipped: bytes) -> bytes:
    """The same zip archive with fixed times, stored: compression differs between builds of zlib."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(zipped)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as new:
        for member in old.infolist():
            new.writestr(zipfile.ZipInfo(member.filename, ZIP_TIME), old.read(member))
    return buffer.getvalue()


def replace_file(path: Path, content: bytes) -> None:
    """Write beside, then rename: a file is there whole or not at all."""
    with tempfile.NamedTemporaryFile(
        dir=path.parent, prefix=path.name, suffix=".tmp", delete=False
    ) as beside:
        beside.write(content)
    os.chmod(beside.name, 0o644)
    os.replace(beside.name, path)


def write_tables(tables: Mapping[str, pd.DataFrame], folder: Path) -> list[Path]:
    """Write every table as a file of its name; their paths in the order of names."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, table in sorted(tables.items()):
        (folder / name).write_text(
            table.to_csv(index=False, lineterminator="\n"), encoding="utf-8", newline="\n"
        )
        paths.append(folder / name)
    return paths
