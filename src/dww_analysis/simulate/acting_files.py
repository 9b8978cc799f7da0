"""The file of told ways of acting as people deliver it: Dutch words, and names where none should be."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dww_analysis.simulate.acting import ActingTruth, draw_fragments
from dww_analysis.simulate.exposure_files import write_records
from dww_analysis.simulate.session_files import with_notes

ACTING_FILES = ("fragments.csv",)
ELEMENT_WORDS = {
    "deciding_together": "samen beslissen", "own_network": "eigen netwerk", "staying_close": "nabij blijven",
    "talking_of_safety": "over veiligheid praten", "looking_back": "samen terugkijken",
}  # fmt: skip
SITUATION_WORDS = {"first_talk": "eerste gesprek", "crisis": "crisis", "goodbye": "afscheid"}


def write_acting(truth: ActingTruth, folder: Path, rng: np.random.Generator) -> list[Path]:
    """Write the files and give their paths, in the order of `ACTING_FILES`."""
    paths = [folder / name for name in ACTING_FILES]
    for write, path, stream in zip((_fragments,), paths, rng.spawn(len(paths)), strict=True):
        write(truth, path, stream)
    return paths


def _fragments(truth: ActingTruth, path: Path, rng: np.random.Generator) -> None:
    records: list[dict[str, object]] = [
        {
            "Fragment": row["fragment"],
            "Deelnemer": row["person"],
            "Datum": row["date"],
            "Kernelement": ELEMENT_WORDS[str(row["element"])],
            "Situatie": SITUATION_WORDS[str(row["situation"])],
            "Manier": row["way"],
            "Codeur": row["coder"],
        }
        for row in draw_fragments(truth, rng).to_dict("records")
    ]
    write_records(with_notes(records, path, "Verteld door"), path, ",")
