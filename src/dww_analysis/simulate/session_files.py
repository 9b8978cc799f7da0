"""The files of the invented sessions as people deliver them, with their mess.

Themes typed in three ways, a ballot that a table filled in, an export that was pasted twice, a photograph of dots that
does not say who stuck them, dates that a spreadsheet made numbers of, somebody in two roles; and names everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.simulate.canaries import CONTACTS, remark
from dww_analysis.simulate.exposure_files import write_records
from dww_analysis.simulate.sessions import (
    ROLES,
    THEMES,
    SessionsTruth,
    agenda_rows,
    draw_attendance,
    draw_ballots,
    draw_blocks,
    draw_remarks,
    draw_votes,
)
from dww_analysis.simulate.writers import write_xlsx

SESSION_FILES = (
    *("attendance.xlsx", "ballots.csv", "ballots_autumn.csv", "dots.csv"),
    *("votes.csv", "remarks.csv", "blocks.csv", "agenda.csv"),
)
DATES = {"spring": "2026-03-12", "summer": "2026-05-21", "autumn": "2026-06-04"}
SPREADSHEET_DAY = {s: (pd.Timestamp(day) - pd.Timestamp("1899-12-30")).days for s, day in DATES.items()}
WRITTEN = {
    "time": ("Tijd om te leren", "TIJD OM TE LEREN", "tijd voor leren"),
    "partners": ("Ouders als partner", "ouders: partner", "Ouder = partner"),
    "feedback": ("Feedback krijgen", "feedback", "FEEDBACK KRIJGEN"),
    "steady_teams": ("Vaste teams", "vast team", "vaste teams!"),
    "starters": ("Starters begeleiden", "starters", "begeleiding starters"),
    "students": ("Leren met studenten", "studenten", "leren met stud."),
    "research_in_practice": ("Onderzoek in de praktijk", "onderzoek", "praktijkonderzoek"),
    "voice": ("Jongeren praten mee", "jongeren mee laten praten", "meepraten"),
    "caseload": ("Minder gezinnen tegelijk", "caseload", "minder gezinnen"),
    "rehearsing": ("Samen oefenen", "oefenen", "samen oefenen (rollenspel)"),
}
ROLE_WORDS = {
    "parents": "ouder", "youth": "jongere", "professionals": "professional", "education": "docent",
    "research": "onderzoeker", "policy": "beleid", "boards": "bestuur",
}  # fmt: skip
SAID = {
    "success": "dit gaat bij ons al goed en dat merken gezinnen",
    "dilemma": "wie iets nieuws probeert laat iets anders liggen",
    "barrier": "de planning laat er geen ruimte voor",
    "chance": "dit kan morgen beginnen als het team het wil",
    "condition": "dan moet het wel in het rooster staan",
    "give": "wij kunnen onze ervaring hiermee laten zien",
    "need": "wij zoeken iemand die dit met ons uitprobeert",
}


def write_sessions(truth: SessionsTruth, folder: Path, rng: np.random.Generator) -> list[Path]:
    """Write the files and give their paths, in the order of `SESSION_FILES`."""
    writers = (_attendance, _ballots, _ballots_autumn, _dots, _votes, _remarks, _blocks, _agenda)
    return write_each(dict(zip(SESSION_FILES, writers, strict=True)), truth, folder, rng)


def write_each(
    writers: Mapping[str, Callable[[Any, Path, np.random.Generator], None]],
    truth: object,
    folder: Path,
    rng: np.random.Generator,
) -> list[Path]:
    """Write each file by its writer, with a stream of random numbers of its own, and give the paths."""
    paths = [folder / name for name in writers]
    for write, path, stream in zip(writers.values(), paths, rng.spawn(len(paths)), strict=True):
        write(truth, path, stream)
    return paths


def with_notes(records: Sequence[Mapping[str, object]], path: Path, column: str) -> list[dict[str, object]]:
    """The records with a column in which somebody wrote about people."""
    noted = [{**record, column: ""} for record in records]
    for place, contact in enumerate(CONTACTS[path.name]):
        noted[3 + 7 * place][column] = remark(contact)
    return noted


def _attendance(truth: SessionsTruth, path: Path, rng: np.random.Generator) -> None:
    rows = draw_attendance(truth).to_dict("records")
    records: list[dict[str, object]] = [
        {
            "Bijeenkomst": row["session"],
            "Datum": SPREADSHEET_DAY[str(row["session"])] if row["session"] != "autumn" else DATES["autumn"],
            "Rol": ROLE_WORDS[str(row["role"])],
            "Deelnemer": row["person"],
            "Ook als": "",
        }
        for row in rows
    ]
    records.append(
        {**records[0], "Rol": "professional", "Ook als": "ouder"}
    )  # a parent who works in youth care
    noted = with_notes(records, path, "Naam en contact")
    write_xlsx(noted, path, columns=list(noted[0]), sheet="presentie", created=datetime(2026, 6, 5, 9, 0))


def _ballots(truth: SessionsTruth, path: Path, rng: np.random.Generator) -> None:
    """In spring, on paper that somebody typed over."""
    records = _choices(truth, "spring", rng)
    records += records[-20:]  # the last page was typed twice
    table = {"Bijeenkomst": "spring", "Stembriefje": "tafel 4", "Rol": "docent"}
    records += [table | {"Thema": WRITTEN[t][0], "Gekozen": 1} for t in ("students", "time", "feedback")]
    write_records(with_notes(records, path, "Notitie"), path, ",")


def _ballots_autumn(truth: SessionsTruth, path: Path, rng: np.random.Generator) -> None:
    """Afterwards, by a form that everybody filled in at home."""
    write_records(with_notes(_choices(truth, "autumn", rng), path, "E-mail"), path, ",")


def _choices(truth: SessionsTruth, session: str, rng: np.random.Generator) -> list[dict[str, object]]:
    return [
        {
            "Bijeenkomst": session,
            "Stembriefje": row["ballot"],
            "Rol": ROLE_WORDS[str(row["role"])],
            "Thema": str(rng.choice(WRITTEN[str(row["theme"])])),
            "Gekozen": 1,
        }
        for row in draw_ballots(truth, session, rng).to_dict("records")
    ]


def _dots(truth: SessionsTruth, path: Path, rng: np.random.Generator) -> None:
    ballots = draw_ballots(truth, "summer", rng)
    counts = ballots.groupby(["role", "theme"]).size()
    records = [
        {
            "Bijeenkomst": "summer",
            "Rol": ROLE_WORDS[role],
            "Thema": WRITTEN[theme][0],
            "Stippen": int(counts.get((role, theme), 0)),
        }
        for role in ROLES
        for theme in THEMES
    ]
    write_records(with_notes(records, path, "Bij de foto"), path, ",")


def _votes(truth: SessionsTruth, path: Path, rng: np.random.Generator) -> None:
    records = [
        {
            "Sessie": "conference",
            "Ronde": {"before": "voor", "after": "na"}[row["moment"]],
            "Stelling": "enough_time",
            "Antwoord": {"yes": "Ja", "no": "Nee"}[row["option"]],
            "Kastje": row["ballot"],
        }
        for row in draw_votes(truth, rng).to_dict("records")
    ]
    write_records(with_notes(records, path, "Contact"), path, ",")


def _remarks(truth: SessionsTruth, path: Path, rng: np.random.Generator) -> None:
    records = [
        {
            "Bijeenkomst": row["session"],
            "Nummer": row["id"],
            "Rol": ROLE_WORDS[row["role"]],
            "Thema": row[f"theme_{coder}"],
            "Soort": row[f"kind_{coder}"],
            "Codeur": coder,
            "Tekst": SAID[row["kind_a"]],
        }
        for row in draw_remarks(truth, rng).to_dict("records")
        for coder in "ab"
    ]
    write_records(with_notes(records, path, "Gezegd door"), path, ",")


def _blocks(truth: SessionsTruth, path: Path, rng: np.random.Generator) -> None:
    records = [
        {"Bijeenkomst": "summer", "Groep": row["group"], "Bouwsteen": row["block"], "Geplakt": row["placed"]}
        for row in draw_blocks(truth, rng).to_dict("records")
    ]
    write_records(with_notes(records, path, "Tafelhoofd"), path, ",")


def _agenda(truth: SessionsTruth, path: Path, rng: np.random.Generator) -> None:
    names = ("Punt", "Niveau", "Regio", "Thema", "Stand", "Sinds", "Trekker")
    records = [dict(zip(names, row, strict=True)) for row in agenda_rows()]
    write_records(with_notes(records, path, "Aanspreekpunt"), path, ",")
