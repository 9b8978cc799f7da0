"""What every job says about itself: inputs with checksums, the configuration it used, code version, seed, warnings.

No clock time, host or absolute path is in it: those go to the log.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import dww_analysis
from dww_analysis import storage
from dww_analysis.cli.project import Project, slice_hash

STRUCTURE = ("domain", "errors")  # rooms that every other room builds on


@cache
def fingerprint(*rooms: str) -> str:
    """A hash of the source of these rooms (and of domain and errors): it changes when their code changes.

    Scoring keys are left out: a job depends on the key it uses, through its slice of the configuration.
    """
    home = Path(dww_analysis.__file__).parent
    digest = hashlib.sha256()
    for room in sorted({*rooms, *STRUCTURE}):
        files = sorted((home / room).rglob("*")) if (home / room).is_dir() else [home / f"{room}.py"]
        for file in files:
            if file.is_file() and not {"__pycache__", "keys"} & set(file.parts):
                digest.update(file.relative_to(home).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def write_provenance(
    project: Project,
    stage: str,
    name: str,
    inputs: Iterable[Path],
    config: Any,
    warnings: Iterable[str] = (),
) -> None:
    """Write the provenance of one job beside the derived data."""
    paths = project.paths
    record = {
        "stage": stage,
        "name": name,
        "inputs": {paths.shown(p): storage.sha256_of(p) for p in sorted(inputs)},
        "config": slice_hash(config),
        "package": dww_analysis.__version__,
        "seed": project.files.study.seed,
        "warnings": list(warnings),
    }
    storage.save_json(record, paths.provenance(stage, name))
