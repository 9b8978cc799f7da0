"""The configuration of the twin study: a trial of two arms with sheets for teams, students, and a day with ballots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dww_analysis.simulate.instruments import BLOCKS
from dww_analysis.simulate.twin import CHOOSE, ROLES, THEMES

TWIN = "twin"
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
    "learning_potential": ("leerkansen op de werkplek", "learning opportunities at work"),
    "psychological_safety": ("veiligheid in het team", "safety in the team"),
}


def _both(nl: str, en: str) -> dict[str, str]:
    return {"nl": nl, "en": en}


def _of(id: str) -> dict[str, str]:
    return _both(*LABELS[id])


def twin_config(checksums: Mapping[str, str], seed: int) -> dict[str, dict[str, Any]]:
    """File of config/twin -> its values. checksums: delivered file -> SHA-256."""
    return {
        "study": _study(seed),
        "sources": {"sources": _sources(checksums)},
        "scales": _scales(),
        "plan": _plan(),
        "practice": _practice(),
        "reports": {
            "languages": ["nl", "en"],
            "licence": "CC0 1.0",
            "units": {"release": "after_last_wave", "reference": "all_teams"},
        },
    }


def _study(seed: int) -> dict[str, Any]:
    return {
        "study": TWIN,
        "title": _both(
            "Tweelingstudie voor het onderwijs (verzonnen)", "Twin study for education (invented)"
        ),
        "data": "invented",
        "delivered": "2026-06-30",
        "design": "parallel_cluster",
        "waves": [
            {"number": 0, "label": _both("nulmeting", "baseline"), "date": "2025-09-15"},
            {"number": 1, "label": _both("eindmeting", "final"), "date": "2026-06-01"},
        ],
        "arms": [
            {"id": "usual", "label": _both("zoals gewoonlijk", "practice as usual")},
            {"id": "supported", "label": _both("met ondersteuning", "with support")},
        ],
        "allocation": {"unit": "team", "source": "teams", "randomised": True, "strata": "organisation"},
        "samples": {
            "main": _both("professionals", "professionals"),
            "students": _both("studenten op stage", "students on placement"),
        },
        "levels": {
            "organisation": _both("organisatie", "organisation"),
            "team": _both("team", "team"),
            "person": _both("professional", "professional"),
        },
        "seed": seed,
        "contact": "",
    }


def _items() -> dict[str, str]:
    blocks = [block for block in BLOCKS if block.construct in ("lpw", "psysafe")]
    return {item: item for block in blocks for item in block.items}


def _sources(checksums: Mapping[str, str]) -> list[dict[str, Any]]:
    def source(id: str, file: str, columns: Mapping[str, str], **more: Any) -> dict[str, Any]:
        return {"id": id, "file": file, "sha256": checksums[file], **more, "columns": dict(columns)}

    person = {"person": "code"}
    return [
        source("teams", "teams.csv", {c: c for c in ("team", "organisation", "arm")}, kind="allocation"),
        *(
            source(f"wave{w}", f"wave{w}.csv", {**person, "team": "team", **_items()}, wave=w)
            for w in (0, 1)
        ),
        source(
            "students", "students.csv", {**person, "team": "team", **_items()}, wave=1, sample="students",
            participant="student",
        ),
        source("members", "members.csv", {c: c for c in ("team", "wave", "members")}, kind="members"),
        source(
            "ballots", "ballots.csv", {c: c for c in ("session", "ballot", "role", "theme", "chosen")},
            kind="ballots", basis="open", consent="all agreed at the end of the day", date="2026-03-12",
        ),
    ]  # fmt: skip


def _scales() -> dict[str, Any]:
    blocks = {block.construct: list(block.items) for block in BLOCKS}
    both = {"samples": ["main", "students"], "team_property": True}
    return {
        "scales": [
            {
                "id": "learning_potential", "label": _of("learning_potential"), "key": "lpw12",
                "items": blocks["lpw"], **both,
            },
            {
                "id": "psychological_safety", "label": _of("psychological_safety"), "key": "edmondson7",
                "items": blocks["psysafe"], **both,
            },
        ]
    }  # fmt: skip


def _plan() -> dict[str, Any]:
    def entry(id: str, nl: str, en: str) -> dict[str, Any]:
        return {
            "id": id, "outcome": id, "family": "primary", "wave": 1, "sesoi": 0.2,
            "question": _both(nl, en),
            "why": _both("Daar is de ondersteuning voor bedoeld.", "This is what the support is meant for."),
        }  # fmt: skip

    return {
        "families": {"primary": {"adjust": "holm", "label": _both("hoofdvragen", "main questions")}},
        "primary": "primary",
        "entries": [
            entry(
                "learning_potential",
                "Zien professionals in teams met ondersteuning meer kansen om te leren?",
                "Do professionals in supported teams see more opportunities to learn?",
            ),
            entry(
                "psychological_safety",
                "Is het in teams met ondersteuning veiliger om vragen te stellen?",
                "Is it safer to ask questions in supported teams?",
            ),
        ],
    }


def _practice() -> dict[str, Any]:
    return {
        "roles": [{"id": role, "label": _of(role)} for role in ROLES],
        "themes": [{"id": theme, "label": _of(theme)} for theme in THEMES],
        "sessions": [
            {
                "id": "day",
                "label": _both("leerdag", "day of learning"),
                "date": "2026-03-12",
                "question": _both("Wat helpt het meest om te leren?", "What helps most to learn?"),
                "choose": CHOOSE,
            }
        ],
    }
