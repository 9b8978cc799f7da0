"""The files of the invented learning networks as people deliver them: Dutch words, and names where none should be."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dww_analysis.simulate.exposure_files import write_records
from dww_analysis.simulate.networks import (
    NOTES,
    NetworksTruth,
    draw_checklist,
    draw_ratings,
    draw_sessions,
    draw_ties,
)
from dww_analysis.simulate.session_files import ROLE_WORDS, with_notes, write_each

NETWORK_FILES = ("network_sessions.csv", "network_ratings.csv", "network_ties.csv", "network_checklist.csv")
WRITTEN = {
    "strong": "wij vragen vaker wat ouders zelf willen", "gap": "na het gesprek schrijven wij te weinig op",
    "take": "samen vooraf de vragen bedenken", "leave": "een vast formulier", "step": "morgen proberen in een gesprek",
}  # fmt: skip
HEADINGS = {
    "strong": "Sterk", "gap": "Lastig", "take": "Meenemen", "leave": "Laten liggen", "step": "Eerste stap",
}  # fmt: skip
MET = {"yes": "ja", "partly": "deels", "no": "nee", "unknown": "niet gezien"}


def write_networks(truth: NetworksTruth, folder: Path, rng: np.random.Generator) -> list[Path]:
    """Write the files and give their paths, in the order of `NETWORK_FILES`."""
    writers = (_sessions, _ratings, _ties, _checklist)
    return write_each(dict(zip(NETWORK_FILES, writers, strict=True)), truth, folder, rng)


def _sessions(truth: NetworksTruth, path: Path, rng: np.random.Generator) -> None:
    records: list[dict[str, object]] = [
        {
            "Netwerk": row["network"],
            "Nr": row["session"],
            "Datum": f"{row['date']:%d-%m-%Y}",
            "Deelnemer": row["person"],
            "Minuten": row["minutes"],
        }
        for row in draw_sessions(truth).to_dict("records")
    ]
    write_records(with_notes(records, path, "Afgemeld door"), path, ",")


def _ratings(truth: NetworksTruth, path: Path, rng: np.random.Generator) -> None:
    records: list[dict[str, object]] = [
        {
            "Netwerk": row["network"],
            "Ronde": row["round"],
            "Deelnemer": row["person"],
            "Rol": ROLE_WORDS[str(row["role"])],
            "Cijfer": row["rating"],
            **{HEADINGS[name]: WRITTEN[name] if row[name] else "" for name in NOTES},
            "Stap gezet": row["step_done"],
        }
        for row in draw_ratings(truth, rng).to_dict("records")
    ]
    write_records(with_notes(records, path, "Wie mag bellen"), path, ",")


def _ties(truth: NetworksTruth, path: Path, rng: np.random.Generator) -> None:
    records: list[dict[str, object]] = [
        {"Netwerk": row["network"], "Van": row["from"], "Naar": row["to"], "Waarvoor": "advies"}
        for row in draw_ties(truth, rng).to_dict("records")
    ]
    write_records(with_notes(records, path, "Opmerking"), path, ",")


def _checklist(truth: NetworksTruth, path: Path, rng: np.random.Generator) -> None:
    records: list[dict[str, object]] = [
        {"Netwerk": network, "Beoordelaar": rater, "Punt": point, "Gezien": MET[met]}
        for network, rater, point, met in draw_checklist(truth, rng)
    ]
    write_records(with_notes(records, path, "Ingevuld met"), path, ",")
