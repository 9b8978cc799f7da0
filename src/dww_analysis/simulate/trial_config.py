"""The configuration that invented trials share: two arms by lot, two scales of the library, and who asks what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dww_analysis.simulate.instruments import BLOCKS

PERSON = {"person": "code"}
SCALES = {  # scale -> construct, scoring key, label
    "learning_potential": ("lpw", "lpw12", ("leerkansen op de werkplek", "learning opportunities at work")),
    "psychological_safety": ("psysafe", "edmondson7", ("veiligheid in het team", "safety in the team")),
}


@dataclass(frozen=True)
class Trial:
    """What tells one invented trial from another. waves: label in Dutch and English, and date, in order."""

    id: str
    title: Mapping[str, str]
    delivered: str
    waves: Sequence[tuple[str, str, str]]
    samples: Mapping[str, Mapping[str, str]]


def both(nl: str, en: str) -> dict[str, str]:
    """A label in both languages."""
    return {"nl": nl, "en": en}


def study(trial: Trial, seed: int) -> dict[str, Any]:
    """The values of study.yaml: arms by lot over teams, within organisations."""
    return {
        "study": trial.id,
        "title": dict(trial.title),
        "data": "invented",
        "delivered": trial.delivered,
        "design": "parallel_cluster",
        "waves": [
            {"number": number, "label": both(nl, en), "date": date}
            for number, (nl, en, date) in enumerate(trial.waves)
        ],
        "arms": [
            {"id": "usual", "label": both("zoals gewoonlijk", "practice as usual")},
            {"id": "supported", "label": both("met ondersteuning", "with support")},
        ],
        "allocation": {"unit": "team", "source": "teams", "randomised": True, "strata": "organisation"},
        "samples": {id: dict(label) for id, label in trial.samples.items()},
        "levels": {
            "organisation": both("organisatie", "organisation"),
            "team": both("team", "team"),
            "person": both("professional", "professional"),
        },
        "seed": seed,
        "contact": "",
    }


def items() -> dict[str, str]:
    """Items of both scales: our name -> name in the file, which are the same."""
    constructs = [construct for construct, *_ in SCALES.values()]
    return {item: item for block in BLOCKS if block.construct in constructs for item in block.items}


def source(
    id: str, file: str, checksums: Mapping[str, str], columns: Mapping[str, str], **more: Any
) -> dict[str, Any]:
    """One source of sources.yaml. checksums: delivered file -> SHA-256; `more` stands before the columns."""
    return {"id": id, "file": file, "sha256": checksums[file], **more, "columns": dict(columns)}


def answers(id: str, file: str, checksums: Mapping[str, str], **more: Any) -> dict[str, Any]:
    """A source of answers to the items of both scales."""
    return source(id, file, checksums, {**PERSON, "team": "team", **items()}, **more)


def trial_sources(trial: Trial, checksums: Mapping[str, str]) -> list[dict[str, Any]]:
    """teams.csv with the arms, and a file of answers for each wave: wave0.csv, wave1.csv, ..."""
    listed = {c: c for c in ("team", "organisation", "arm")}
    return [
        source("teams", "teams.csv", checksums, listed, kind="allocation"),
        *(answers(f"wave{w}", f"wave{w}.csv", checksums, wave=w) for w in range(len(trial.waves))),
    ]


def scales(trial: Trial) -> dict[str, Any]:
    """The values of scales.yaml."""
    found = {block.construct: list(block.items) for block in BLOCKS}
    shared = {"samples": list(trial.samples), "team_property": True}
    return {
        "scales": [
            {"id": id, "label": both(*label), "key": key, "items": found[construct], **shared}
            for id, (construct, key, label) in SCALES.items()
        ]
    }


def plan(trial: Trial) -> dict[str, Any]:
    """The values of plan.yaml: both scales at the last wave are primary outcomes."""

    def entry(id: str, nl: str, en: str) -> dict[str, Any]:
        return {
            "id": id, "outcome": id, "family": "primary", "wave": len(trial.waves) - 1, "sesoi": 0.2,
            "question": both(nl, en),
            "why": both("Daar is de ondersteuning voor bedoeld.", "This is what the support is meant for."),
        }  # fmt: skip

    return {
        "families": {"primary": {"adjust": "holm", "label": both("hoofdvragen", "main questions")}},
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
