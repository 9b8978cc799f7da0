"""An invented programme with questionnaires, coded fragments of how people act, and the log of a practice profile.

Two arms of six teams; every professional of a supported team touches one core element more. The cell of the last
element in the last situation is never told. Truth that the tests hold the pipeline against stands here.
"""

import json
import uuid
from pathlib import Path

import numpy as np
import pandas as pd
from study_files import both, write_study

STUDY = "acting"
SEED = 5
TEAMS, PER_TEAM = 12, 10
TRUE_EFFECT = 1.0  # core elements
LAST_DAY = pd.Timestamp("2026-06-01")


ELEMENTS = {
    "deciding_together": both("samen beslissen", "deciding together"),
    "seeing_the_child": both("het kind zien", "seeing the child"),
    "using_the_network": both("het netwerk benutten", "using the network"),
    "staying_close": both("nabij blijven als het moeilijk wordt", "staying close when it gets hard"),
    "looking_back": both("terugkijken met het gezin", "looking back with the family"),
    "passing_on": both("overdragen", "handing over"),
}
SITUATIONS = {
    "first_talk": both("eerste gesprek", "first talk"),
    "crisis": both("crisis", "crisis"),
    "goodbye": both("afscheid", "goodbye"),
}
FUNCTIONS = [
    {
        "id": "ask_feedback", "label": both("om feedback vragen", "asking for feedback"),
        "events": ["asked"], "answered_by": ["feedback-given"],
    },
    {"id": "look_back", "label": both("terugkijken", "looking back"), "events": ["viewed"]},
    {"id": "goal", "label": both("een doel kiezen", "choosing a goal"), "events": ["set-goal"]},
]  # fmt: skip


def people():
    """code, team, arm (1: supported) of everybody, in order."""
    team = np.repeat(np.arange(TEAMS), PER_TEAM)
    return pd.DataFrame(
        {
            "code": [f"q{n:03d}zk" for n in range(len(team))],
            "team": [f"T{t:02d}" for t in team],
            "arm": team % 2,
        }
    )


def answers(wave):
    random = np.random.default_rng([SEED, wave])
    frame = people()
    values = np.clip(np.round(random.normal(3.5, 0.7, (len(frame), 3)) + 0.3 * wave), 1, 5).astype(int)
    return frame[["code", "team"]].assign(**{f"q{i + 1}": values[:, i] for i in range(3)})


def told():
    """person code -> elements that the person told of: four people in a supported team touch one more."""
    random = np.random.default_rng([SEED, 9])
    frame = people()
    counts = random.choice([1, 2, 3, 4], size=len(frame), p=[0.2, 0.4, 0.3, 0.1]) + frame["arm"]
    return {
        code: [int(e) for e in sorted(random.permutation(len(ELEMENTS))[:k])]
        for code, k in zip(frame["code"], counts, strict=True)
    }


def fragments():
    """Two coders; the second sees another way in one of ten, and another element in one of twenty-five."""
    random = np.random.default_rng([SEED, 10])
    elements, situations = list(ELEMENTS), list(SITUATIONS)
    rows = []
    for person, touched in told().items():
        for e in touched:
            s = int(random.integers(3)) if elements[e] != "passing_on" else int(random.integers(2))
            if elements[e] == "looking_back" and s == 0 and random.random() < 0.7:
                s = 1  # a cell of few
            way = f"w{random.integers(1, 6)}"
            id = f"{person}-{e}"
            rows.append((id, person, situations[s], elements[e], way, "a"))
            other = f"w{random.integers(1, 6)}" if random.random() < 0.1 else way
            rows.append((id, person, situations[s], elements[e], other, "b"))
    return pd.DataFrame(rows, columns=["fragment", "person", "situation", "element", "way", "coder"])


def events():
    """Statements: 60 people look, 40 of these ask for feedback, 30 get it a day and a half later, 5 set a goal."""
    rows = []
    start = pd.Timestamp("2026-01-12 09:00", tz="UTC")

    def say(person, verb, moment):
        rows.append(
            {
                "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{person}{verb}{moment}")),
                "actor": {"account": {"name": person, "homePage": "https://app.example"}},
                "verb": {"id": f"https://app.example/verbs/{verb}"},
                "object": {"id": "https://app.example/profile"},
                "timestamp": moment.isoformat(),
                "stored": moment.isoformat(),
            }
        )

    for i, person in enumerate(people()["code"][:60]):
        first = start + pd.Timedelta(days=i % 14)
        say(person, "viewed", first)
        if i < 40:
            say(person, "asked", first + pd.Timedelta(hours=1))
            if i < 30:
                say(person, "feedback-given", first + pd.Timedelta(hours=37))
            if i < 20:
                say(person, "asked", first + pd.Timedelta(days=8))
        if i < 5:
            say(person, "set-goal", first + pd.Timedelta(hours=2))
    say(people()["code"][0], "viewed", LAST_DAY.tz_localize("UTC"))
    return rows


CONFIG = {
    "study": {
        "study": STUDY, "title": both("Handelen (verzonnen gegevens)", "Acting (invented data)"), "data": "invented",
        "delivered": "2026-06-30", "design": "parallel_cluster",
        "waves": [
            {"number": 0, "label": both("nulmeting", "baseline"), "date": "2026-01-10"},
            {"number": 1, "label": both("nameting", "final"), "date": "2026-06-10"},
        ],
        "arms": [
            {"id": "usual", "label": both("zoals gewoonlijk", "as usual")},
            {"id": "supported", "label": both("ondersteund", "supported")},
        ],
        "allocation": {"unit": "team", "source": "allocation", "randomised": True},
        "levels": {
            "organisation": both("organisatie", "organisation"), "team": both("team", "team"),
            "person": both("professional", "professional"),
        },
        "seed": 5,
    },
    "sources": {
        "sources": [
            {
                "id": "allocation", "file": "allocation.csv", "kind": "allocation",
                "columns": {"team": "team", "arm": "arm"},
            },
            *(
                {
                    "id": f"wave{w}", "file": f"wave{w}.csv", "wave": w,
                    "columns": {"person": "code", "team": "team", "asking_{1-3}": "q{1-3}"},
                }
                for w in (0, 1)
            ),
            {
                "id": "told", "file": "told.csv", "kind": "fragments", "wave": 1,
                "columns": {c: c for c in ("fragment", "person", "situation", "element", "way", "coder")},
            },
            {"id": "app", "file": "app.jsonl", "kind": "events", "columns": {}},
        ]
    },
    "scales": {
        "scales": [
            {
                "id": "asking", "label": both("om hulp vragen", "asking for help"), "key": "asking",
                "items": ["asking_{1-3}"],
            }
        ],
        "own_keys": [
            {
                "id": "asking", "version": "1", "name": both("Om hulp vragen", "Asking for help"),
                "reference": "own items", "items": ["a{1-3}"], "range": [1, 5], "text_licence": "CC0",
            }
        ],
    },
    "plan": {
        "families": {"primary": {"adjust": "none", "label": both("primair", "primary")}},
        "primary": "primary", "calibration": {"trials": 20, "checks": 0},
        "entries": [
            {
                "id": "coverage", "outcome": "coverage", "family": "primary", "wave": 1, "sesoi": 0.5,
                "question": both("Kennen zij meer kernelementen?", "Do they know more core elements?"),
                "why": both("Daar gaat de ondersteuning over.", "That is what the support is about."),
            }
        ],
    },
    "reports": {"languages": ["nl", "en"], "licence": "CC0"},
    "practice": {
        "elements": [{"id": e, "label": label} for e, label in ELEMENTS.items()],
        "situations": [{"id": s, "label": label} for s, label in SITUATIONS.items()],
        "functions": FUNCTIONS,
    },
}  # fmt: skip


def make_study(root: Path, edit=None, told_rows=None) -> Path:
    """Write the study below `root`. edit: changes {name: values}; told_rows: other fragments."""
    teams = people().drop_duplicates("team")
    arms = teams["arm"].map({0: "usual", 1: "supported"})
    tables = {
        **{f"wave{wave}.csv": answers(wave) for wave in (0, 1)},
        "allocation.csv": teams.assign(arm=arms)[["team", "arm"]],
        "told.csv": fragments() if told_rows is None else told_rows,
        "app.jsonl": "".join(f"{json.dumps(row, sort_keys=True)}\n" for row in events()),
    }
    return write_study(root, STUDY, CONFIG, tables, edit)
