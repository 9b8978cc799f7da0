"""Files of told ways of acting and of opinions of the app: Dutch words, and names where none should be."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dww_analysis.simulate.acting import ActingTruth, draw_app_remarks, draw_fragments, draw_helpful
from dww_analysis.simulate.exposure_files import write_records
from dww_analysis.simulate.session_files import ROLE_WORDS, with_notes, write_each

ACTING_FILES = ("fragments.csv", "app_ratings.csv", "app_remarks.csv")
ELEMENT_WORDS = {
    "deciding_together": "samen beslissen", "own_network": "eigen netwerk", "staying_close": "nabij blijven",
    "talking_of_safety": "over veiligheid praten", "looking_back": "samen terugkijken",
}  # fmt: skip
FUNCTION_WORDS = {
    "view_profile": "profiel bekijken", "write_reflection": "terugblik schrijven", "ask_feedback": "feedback vragen",
    "watch_recording": "opname terugkijken", "": "",
}  # fmt: skip
KIND_WORDS = {"need": "behoefte", "condition": "voorwaarde", "pitfall": "valkuil"}
SAID = {
    "need": "ik wil hier graag een voorbeeld bij zien", "condition": "dan moet er in de week tijd voor zijn",
    "pitfall": "na een drukke week blijft het liggen",
}  # fmt: skip
SITUATION_WORDS = {"first_talk": "eerste gesprek", "crisis": "crisis", "goodbye": "afscheid"}


def write_acting(truth: ActingTruth, folder: Path, rng: np.random.Generator) -> list[Path]:
    """Write the files and give their paths, in the order of `ACTING_FILES`."""
    writers = (_fragments, _ratings, _remarks)
    return write_each(dict(zip(ACTING_FILES, writers, strict=True)), truth, folder, rng)


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


def _ratings(truth: ActingTruth, path: Path, rng: np.random.Generator) -> None:
    records: list[dict[str, object]] = [
        {
            "Deelnemer": row["person"],
            "Rol": ROLE_WORDS[str(row["role"])],
            "Functie": FUNCTION_WORDS[str(row["function"])],
            "Cijfer": "" if np.isnan(row["rating"]) else int(row["rating"]),
        }
        for row in draw_helpful(truth, rng).to_dict("records")
    ]
    write_records(with_notes(records, path, "E-mail"), path, ",")


def _remarks(truth: ActingTruth, path: Path, rng: np.random.Generator) -> None:
    records: list[dict[str, object]] = [
        {
            "Nummer": row["id"],
            "Functie": FUNCTION_WORDS[str(row["function"])],
            "Soort": KIND_WORDS[str(row["kind"])],
            "Codeur": row["coder"],
            "Tekst": SAID[str(row["kind"])],
        }
        for row in draw_app_remarks(truth, rng).to_dict("records")
    ]
    write_records(with_notes(records, path, "Gezegd door"), path, ",")
