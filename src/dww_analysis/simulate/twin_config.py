"""The configuration of the twin study: a trial of two arms with sheets for teams, students, and a day with ballots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dww_analysis.simulate.trial_config import (
    Trial,
    answers,
    both,
    plan,
    scales,
    source,
    study,
    trial_sources,
)
from dww_analysis.simulate.twin import CHOOSE, ROLES, THEMES

TWIN = "twin"
TRIAL = Trial(
    TWIN,
    both("Tweelingstudie voor het onderwijs (verzonnen)", "Twin study for education (invented)"),
    "2026-06-30",
    (("nulmeting", "baseline", "2025-09-15"), ("eindmeting", "final", "2026-06-01")),
    {
        "main": both("professionals", "professionals"),
        "students": both("studenten op stage", "students on placement"),
    },
)
LABELS = {
    "time": ("tijd om te leren", "time to learn"),
    "trust": ("vertrouwen", "trust"),
    "steady_team": ("een vast team", "a steady team"),
    "training": ("scholing", "training"),
    "tools": ("hulpmiddelen", "tools"),
    "having_a_say": ("meepraten", "having a say"),
    "parents": ("ouders", "parents"),
    "professionals": ("professionals", "professionals"),
    "boards": ("bestuurders", "boards"),
    "students": ("studenten", "students"),
}


def _of(id: str) -> dict[str, str]:
    return both(*LABELS[id])


def twin_config(checksums: Mapping[str, str], seed: int) -> dict[str, dict[str, Any]]:
    """File of config/twin -> its values. checksums: delivered file -> SHA-256."""
    return {
        "study": study(TRIAL, seed),
        "sources": {"sources": [*trial_sources(TRIAL, checksums), *_more_sources(checksums)]},
        "scales": scales(TRIAL),
        "plan": plan(TRIAL),
        "practice": _practice(),
        "reports": {
            "languages": ["nl", "en"],
            "licence": "CC0 1.0",
            "units": {"release": "after_last_wave", "reference": "all_teams"},
        },
    }


def _more_sources(checksums: Mapping[str, str]) -> list[dict[str, Any]]:
    def same(*columns: str) -> dict[str, str]:
        return {c: c for c in columns}

    return [
        answers(
            "students", "students.csv", checksums, wave=1, sample="students", participant="student"
        ),
        source("members", "members.csv", checksums, same("team", "wave", "members"), kind="members"),
        source(
            "ballots", "ballots.csv", checksums, same("session", "ballot", "role", "theme", "chosen"),
            kind="ballots", basis="open", consent="all agreed at the end of the day", date="2026-03-12",
        ),
    ]  # fmt: skip


def _practice() -> dict[str, Any]:
    return {
        "roles": [{"id": role, "label": _of(role)} for role in ROLES],
        "themes": [{"id": theme, "label": _of(theme)} for theme in THEMES],
        "sessions": [
            {
                "id": "day",
                "label": both("leerdag", "day of learning"),
                "date": "2026-03-12",
                "question": both("Wat helpt het meest om te leren?", "What helps most to learn?"),
                "choose": CHOOSE,
            }
        ],
    }
