"""An invented study of two waves without arms, whose teams write back: what they said, agreed on and counted.

Three organisations of four teams. Two teams stand on one sheet; one team was split into two before the last wave. Each
source of the way back holds texts that may go nowhere, or no further than the own sheet: they are named here.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import yaml

STUDY = "way_back"
TEAMS, PER_TEAM, ORGANISATIONS = 12, 11, 3
NOWHERE = ("kwikstaart-nergens", "kwikstaart-niemand", "kwikstaart-notitie")
OWN = ("zwaluw-antwoord", "zwaluw-besluit", "zwaluw-telling", "zwaluw-alleen")
UP = "merel-organisatie"
ALL = "ooievaar-iedereen"
FORMULA = "engagement ~ wave_number + (1 | team) + (1 | person)"
WRITER = "Wobkje Turfstra"


def team(t: int) -> str:
    return f"T{t + 1:02d}"


def answers(wave: int, rng: np.random.Generator) -> pd.DataFrame:
    who = np.arange(TEAMS * PER_TEAM)
    teams = [team(t) for t in who // PER_TEAM]
    if wave == 1:  # T12 was split: half of it is a new team
        teams = ["T13" if t == "T12" and i % 2 else t for i, t in zip(who, teams, strict=True)]
    score = (
        (3.4 + 0.2 * wave + 0.3 * np.sin(who // PER_TEAM) + rng.normal(0, 0.6, len(who))).clip(1, 5).round(2)
    )
    home = [f"org_{(11 if t == 'T13' else int(t[1:]) - 1) % ORGANISATIONS + 1}" for t in teams]
    codes = [f"wk{i:05d}" for i in who]
    return pd.DataFrame({"code": codes, "team": teams, "org": home, "score": score})


def interpretations() -> pd.DataFrame:
    columns = ["niveau", "wie", "ronde", "datum", "er", "vraag", "over", "tekst", "delen", "Ingevuld door"]
    mine, up, no = "unit", "ook: organisatie", "niemand"
    rows = [
        ("team", "T03", 0, "2025-02-10", 9, "herkennen", "", f"Dit merken we ook, {OWN[0]}.", mine, WRITER),
        (
            "team",
            "T03",
            1,
            "2026-02-10",
            9,
            "act",
            "Bevlogenheid",
            "We gaan elke week terugkijken.",
            mine,
            "",
        ),
        ("team", "T05", 1, "2026-02-11", 8, "judge", "", f"We zijn blij met de intervisie, {UP}.", up, ""),
        ("team", "T06", 1, "2026-02-12", 7, "explain", "engagement", f"Er is meer rust, {ALL}.", "all", ""),
        ("team", "T07", 1, "2026-02-12", 1, "explain", "", f"Dat zegt er maar een, {OWN[3]}.", "all", ""),
        ("team", "T08", 1, "2026-02-12", 6, "judge", "", f"Dit houden we voor ons, {NOWHERE[0]}.", no, ""),
        ("organisation", "org_2", 1, "2026-02-20", 5, "act", "", "We maken tijd vrij.", mine, ""),
        ("study", "", 1, "2026-03-01", 12, "recognise", "", "De begeleidingsgroep herkent dit.", "all", ""),
    ]
    return pd.DataFrame(rows, columns=columns)


def actions() -> pd.DataFrame:
    names = ["niveau", "wie", "ronde", "id", "wat", "besluit", "waarom", "start", "kijk"]
    names += ["teller", "stand", "uitkomst", "delen"]
    day, weeks = "2025-03-01", "Weken met een terugblik"
    first = f"Elke maandag een kwartier terugkijken, {OWN[1]}"
    rows = [
        ("team", "T03", 0, "a1", first, "start", "", day, "2025-06-01", weeks, "running", "Gelukt", "unit"),
        ("team", "T03", 0, "a2", "Het wekelijkse verslag", "stop", "", day, "", "", "gestopt", "", "unit"),
        ("team", "T08", 0, "a1", f"Voor onszelf, {NOWHERE[1]}", "keep", "", "", "", "", "open", "", "no"),
        (
            "organisation",
            "org_2",
            0,
            "a1",
            "Een middag voor leren",
            "start",
            "",
            "",
            "",
            "",
            "done",
            "",
            "all",
        ),
    ]
    return pd.DataFrame(rows, columns=names)


def counts() -> pd.DataFrame:
    values = [2, 3, 1, 2, 4, 3, 2, 3, 4, 2, 3, 4, 5, 4, 5, 4, 5, 4, 4, 4]
    days = [d.date().isoformat() for d in pd.date_range("2024-12-09", periods=len(values), freq="7D")]
    weeks = "Weken met een terugblik"
    rows = [("team", "T03", weeks, d, v, NOWHERE[2]) for d, v in zip(days, values, strict=True)]
    rows.append(("team", "T05", OWN[2], "2025-03-01", 3, ""))
    return pd.DataFrame(rows, columns=["niveau", "wie", "teller", "dag", "hoeveel", "notitie"])


WHERE = {"level": "niveau", "unit": "wie"}
SOURCES = {
    "interpretations": {
        "columns": {**WHERE, "round": "ronde", "date": "datum", "present": "er", "question": "vraag",
                    "about": "over", "text": "tekst", "share": "delen"},
        "texts": ["text"], "identifiers": ["Ingevuld door"],
    },
    "actions": {
        "columns": {**WHERE, "round": "ronde", "action": "id", "what": "wat", "decision": "besluit",
                    "why": "waarom", "start": "start", "check": "kijk", "indicator": "teller", "status": "stand",
                    "result": "uitkomst", "share": "delen"},
        "texts": ["what", "why", "indicator", "result"],
    },
    "counts": {
        "columns": {**WHERE, "indicator": "teller", "date": "dag", "value": "hoeveel"}, "texts": ["indicator"],
    },
}  # fmt: skip


def config(**changes) -> dict[str, dict]:
    """The five files; changes: file -> keys that are other."""
    text = {"nl": "Bevlogenheid", "en": "Engagement"}
    columns = {"person": "code", "team": "team", "organisation": "org", "engagement": "score"}
    made = {
        "study": {
            "study": STUDY, "title": {"nl": "Teams schrijven terug", "en": "Teams write back"}, "data": "invented",
            "delivered": "2026-03-01", "design": "waves_only",
            "waves": [
                {"number": 0, "label": {"nl": "eerste meting", "en": "first round"}, "date": "2025-01-20"},
                {"number": 1, "label": {"nl": "tweede meting", "en": "second round"}, "date": "2026-01-19"},
            ],
            "linking": {"came_from": {"T13": ["T12"]}},
        },
        "sources": {
            "sources": [
                *({"id": f"wave{w}", "file": f"wave{w}.csv", "wave": w, "columns": dict(columns)} for w in (0, 1)),
                *({"id": f"told_{k}", "file": f"{k}.csv", "kind": k, **more} for k, more in SOURCES.items()),
            ]
        },
        "scales": {
            "scales": [
                {"id": "engagement", "label": text, "delivered": "engagement", "range": [1, 5],
                 "direction": "higher is better"},
            ]
        },
        "plan": {
            "primary": "main",
            "families": {"main": {"adjust": "holm", "label": "main"}},
            "entries": [
                {"id": "engagement_change", "outcome": "engagement", "family": "main", "sesoi": 0.2,
                 "question": "Does it grow?", "why": "We care.", "formula": FORMULA, "term": "wave_number"}
            ],
        },
        "reports": {"languages": ["nl", "en"], "units": {"combine": {"Noord": ["T01", "T04"]}}},
    }  # fmt: skip
    return {name: {**values, **changes.get(name, {})} for name, values in made.items()}


def make_study(root: Path, seed: int = 4, **changes) -> Path:
    """Write config/ and data/raw/ below `root`."""
    rng = np.random.default_rng(seed)
    raw, folder = root / "data" / "raw" / STUDY, root / "config" / STUDY
    raw.mkdir(parents=True)
    folder.mkdir(parents=True)
    for wave in (0, 1):
        answers(wave, rng).to_csv(raw / f"wave{wave}.csv", index=False)
    for kind, table in (("interpretations", interpretations()), ("actions", actions()), ("counts", counts())):
        table.to_csv(raw / f"{kind}.csv", index=False)
    for name, values in config(**changes).items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    return root
