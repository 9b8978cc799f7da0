"""The data dictionary of REDCap (.csv): labels of fields, value labels of choices, labels of tick boxes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from dww_analysis.errors import SourceError
from dww_analysis.storage.beside import read_beside
from dww_analysis.storage.surveys import plain_words
from dww_analysis.storage.tables import Table, variables_frame
from dww_analysis.storage.textfiles import table_of_bytes

_HEADINGS = {
    "name": ("variable / field name", "field_name"),
    "label": ("field label", "field_label"),
    "kind": ("field type", "field_type"),
    "choices": ("choices, calculations, or slider labels", "select_choices_or_calculations"),
}
_CHOOSING = ("radio", "dropdown", "checkbox", "truefalse", "yesno")


def is_dictionary(path: Path) -> bool:
    """Whether a .csv file begins with the headings of REDCap's data dictionary."""
    try:
        with open(path, "rb") as handle:
            first = handle.read(2000).partition(b"\n")[0]
    except OSError:
        return False
    said = first.decode("utf-8", "replace").lower()
    return path.suffix.lower() == ".csv" and any(
        all(heading in said for heading in pair)
        for pair in zip(_HEADINGS["name"], _HEADINGS["kind"], strict=False)
    )


def apply_dictionary(table: Table, path: Path) -> Table:
    """`table` with the labels and value labels of a REDCap data dictionary (.csv)."""
    known = _fields(path)
    old = table.variables.set_index("name")
    labels: dict[str, str] = dict(old["label"])
    values: dict[str, Any] = dict(old["value_labels"])
    found = 0
    for name in table.data.columns:
        field, _, option = str(name).partition("___")
        if field not in known:
            continue
        found += 1
        label, choices = known[field]
        labels[name] = f"{label} [{choices.get(option, option)}]" if option else label
        if not option and choices:
            values[name] = _as_codes(choices, table.data[name])
    variables = variables_frame(
        list(table.data.columns), labels, dict(old["type"]), values, dict(old["missing_values"])
    )
    note = f"labels of {found} columns from {path.name}"
    return replace(table, variables=variables, notes=(*table.notes, note))


def _fields(path: Path) -> dict[str, tuple[str, dict[str, str]]]:
    raw = read_beside(path, "a data dictionary (.csv)")
    frame = table_of_bytes(raw, path.name, format="csv", dates=False).data
    at = {
        key: next((c for c in frame.columns if str(c).strip().lower() in names), None)
        for key, names in _HEADINGS.items()
    }
    if at["name"] is None or at["label"] is None:
        raise SourceError.of(
            found="the columns are not those of a data dictionary",
            where=path.name,
            expected="the data dictionary of REDCap: Variable / Field Name, Field Label, ...",
            action="check options: structure",
        )
    frame = frame.astype(object).where(frame.notna(), "")
    return {
        str(row[at["name"]]).strip(): (plain_words(str(row[at["label"]])), _choices(row, at))
        for row in frame.to_dict("records")
    }


def _choices(row: dict[str, Any], at: dict[str, Any]) -> dict[str, str]:
    kind = str(row.get(at["kind"], "radio")).strip()
    if kind not in _CHOOSING:
        return {}
    if kind == "yesno":
        return {"1": "Yes", "0": "No"}
    if kind == "truefalse":
        return {"1": "True", "0": "False"}
    parts = [part.partition(",") for part in str(row.get(at["choices"], "")).split("|")]
    return {code.strip(): plain_words(text) for code, comma, text in parts if comma}


def _as_codes(choices: dict[str, str], column: pd.Series) -> dict[Any, str]:
    if not pd.api.types.is_numeric_dtype(column):
        return dict(choices)
    try:
        return {float(code): text for code, text in choices.items()}
    except ValueError:
        return dict(choices)
