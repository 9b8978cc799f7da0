"""`dww new`: copy delivered files to a new study and write a first configuration from their labels."""

from __future__ import annotations

import datetime
import re
import shutil
from pathlib import Path

import pandas as pd

from dww_analysis import storage
from dww_analysis.cli.paths import Paths
from dww_analysis.config.guess import Column, Delivered, write_config
from dww_analysis.errors import ConfigError


def new_study(root: Path, study: str, files: list[Path]) -> list[str]:
    """Lines that say what was written. Nothing is written when the study exists or a file cannot be read."""
    paths = Paths(root, study)
    _refuse(paths, study, files)
    deliveries = [_look(f) for f in files]
    texts = write_config(study, deliveries, datetime.date.today().isoformat())
    for source in files:
        paths.raw.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, paths.raw / source.name)
    for name, text in texts.items():
        storage.save_text(text, paths.config / name)
    lines = [f"{paths.shown(paths.config)}/{name}" for name in texts]
    return [
        "Written:",
        *(f"  {line}" for line in lines),
        f"Copied to {paths.shown(paths.raw)}: " + ", ".join(f.name for f in files),
        "Lines with GUESS are guesses: look at each one, correct it, delete the mark.",
        f"Then: dww check {study}",
    ]


def _refuse(paths: Paths, study: str, files: list[Path]) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", study):
        raise ConfigError.of(
            f"the name {study!r}", "dww new", "lower-case letters, digits and _", "choose another name"
        )
    if paths.config.exists():
        where = paths.shown(paths.config)
        raise ConfigError.of(
            "the study exists already", where, "a new name", "choose another name or delete the folder"
        )
    names = [f.name for f in files]
    if len(set(names)) != len(names):
        raise ConfigError.of("two files have the same name", "dww new", "different names", "rename one")


def _look(path: Path) -> Delivered:
    """Names, labels and extremes of one file's columns; its answers are not kept."""
    table = storage.read_table(path)
    variables = table.variables.set_index("name")
    columns = tuple(_column(name, table.data[name], variables.loc[name]) for name in table.data.columns)
    return Delivered(path.name, storage.sha256_of(path), table.format, columns)


def _column(name: str, values: pd.Series, variable: pd.Series) -> Column:
    labels = variable["value_labels"] if isinstance(variable["value_labels"], dict) else {}
    codes = {f"{k:g}" if isinstance(k, float) else str(k): str(v) for k, v in labels.items()}
    numbers = pd.to_numeric(values, errors="coerce").dropna()
    given = values.dropna().astype(str).str.strip().ne("").sum()
    whole = len(numbers) > 0 and len(numbers) >= 0.9 * given and bool((numbers % 1 == 0).all())
    plausible = whole and numbers.nunique() <= 12
    missing = {
        float(m)
        for m in variable.get("missing_values") or []
        if str(m).replace("-", "").replace(".", "").isdigit()
    }
    valid = numbers[~numbers.isin(missing)] if plausible else numbers
    extremes = (float(valid.min()), float(valid.max())) if len(valid) else (None, None)
    codes = {k: v for k, v in codes.items() if _number(k) not in missing}
    return Column(str(name), str(variable["label"] or ""), codes, plausible, *extremes)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
