"""An invented region with two learning networks and nothing else: its files from scratch, with the mess of life.

A community of practice of 14 (14 sessions planned, 11 held, a gap of 11 weeks, two roles gone after session 6) and a
breakthrough of 7. Everything was made together in the room, but for the ratings of the breakthrough.
"""

from pathlib import Path

import pandas as pd
from study_files import both, write_study

STUDY = "networks"
ROLES = {
    "parents": both("ouders", "parents"),
    "professionals": both("professionals", "professionals"),
    "policy": both("beleidsmedewerkers", "policy officers"),
    "boards": both("bestuurders", "boards"),
    "teachers": both("docenten", "teachers"),
    "youth": both("jongeren", "young people"),
}
SIZES = {"parents": 3, "professionals": 4, "policy": 3, "boards": 1, "teachers": 3}
LEVELS = {
    "parents": "practice",
    "professionals": "practice",
    "policy": "management",
    "boards": "board",
    "teachers": "practice",
}
NORTH = [
    {
        "person": f"n{role[:3]}{i}", "role": role, "organisation": f"o{i % 3 + 1}", "level": LEVELS[role],
        "leans": "thinking" if role in ("policy", "boards", "teachers") else "doing",
    }
    for role, n in SIZES.items()
    for i in range(n)
]  # fmt: skip
QUICK = [{"person": f"q{i}", "role": "professionals", "organisation": f"o{i % 2 + 1}"} for i in range(7)]
PRACTICE = {
    "roles": [{"id": r, "label": label} for r, label in ROLES.items()],
    "networks": [
        {
            "id": "region_north", "label": both("Samen beslissen in Noord", "Deciding together in the north"),
            "type": "community_of_practice", "planned_sessions": 14, "every_weeks": 6, "members": NORTH,
            "ambition": both("Elk gezin beslist mee over het eigen plan.", "Every family has a say in its own plan."),
        },
        {
            "id": "quick_start", "label": both("Sneller het eerste gesprek", "A first talk sooner"),
            "type": "breakthrough", "planned_sessions": 4, "every_weeks": 2, "members": QUICK,
            "ambition": both("Het eerste gesprek is binnen een week.", "The first talk is within a week."),
        },
    ],
    "relations": [{"id": "advice", "label": both("advies vragen", "asking advice")}],
    "checklists": [{"id": "good_practice"}, {"id": "intake"}],
}  # fmt: skip
OPEN = {"basis": "open", "consent": "bij handopsteken", "date": "2025-01-06"}


def source(id, kind, columns, file=None, **more):
    return {
        "id": id, "file": file or f"{id}.csv", "kind": kind, "columns": {c: c for c in columns.split()}, **OPEN, **more
    }  # fmt: skip


SOURCES = [
    source("came", "attendance", "network session date person minutes", "came.xlsx"),
    source("ratings", "ratings", "network round person role rating strong gap take leave step step_done"),
    {
        "id": "quick_ratings", "file": "quick_ratings.csv", "kind": "ratings",
        "columns": {"network": "network", "round": "round", "person": "person", "rating": "rating"},
    },
    source("ties", "ties", "network from to relation"),
    source("checklist", "checklist", "unit rater item met"),
]  # fmt: skip
HELD = [
    *(d.date() for d in pd.date_range("2025-01-06", periods=6, freq="42D")),
    *(d.date() for d in pd.date_range("2025-10-20", periods=5, freq="42D")),
]


def came():
    rows = [
        ("region_north", n, day, m["person"], 120)
        for n, day in enumerate(HELD, 1)
        for m in NORTH
        if n <= 6 or m["role"] not in ("policy", "boards")
    ]
    days = [d.date() for d in pd.date_range("2025-03-03", periods=4, freq="14D")]
    rows += [("quick_start", n, day, m["person"], 90) for n, day in enumerate(days, 1) for m in QUICK]
    return pd.DataFrame(rows, columns=["network", "session", "date", "person", "minutes"])


RATED = [
    (4, 5, 5, 6, 5, 6, 7, 5, 6, 4, 6, 5, 6, 5),
    (5, 6, 6, 6, 6, 7, 7, 6, 7, 5, 6, 6, 7, 6),
    (6, 7, 6, 7, 7, 7, 8, 6, 7, 5, 7, 6, 7, 6),
]


def ratings():
    rows = [
        ("region_north", number, m["person"], m["role"], value)
        for number, values in enumerate(RATED, 1)
        for m, value in zip(NORTH, values, strict=True)
    ]
    table = pd.DataFrame(rows, columns=["network", "round", "person", "role", "rating"])
    for name, every in (("strong", 2), ("gap", 3), ("take", 2), ("leave", 4), ("step", 2)):
        table[name] = ["iets uit het voorbeeld" if i % every == 0 else None for i in range(len(table))]
    table["step_done"] = ["ja" if i % 4 == 0 else "nee" if i % 4 == 2 else None for i in range(len(table))]
    return table


def quick_ratings():
    rows = [("quick_start", 1, m["person"], 6 + i % 2) for i, m in enumerate(QUICK)]
    return pd.DataFrame(rows, columns=["network", "round", "person", "rating"])


def ties():
    """Eleven of fourteen answered; each names the next two, and the last of them nobody."""
    codes = [m["person"] for m in NORTH]
    rows = [("region_north", codes[i], codes[(i + k) % 14], "advice") for i in range(10) for k in (1, 2)]
    rows += [("region_north", codes[i + 1], codes[i], "advice") for i in range(0, 9, 2)]
    rows.append(("region_north", codes[10], None, None))
    return pd.DataFrame(rows, columns=["network", "from", "to", "relation"])


def checklist():
    from dww_analysis.practice import items_of

    words = ["ja", "ja", "deels", "ja", "nee", "ja", "deels", "ja", "onbekend"]
    rows = [
        ("region_north", rater, item, words[(i + (rater == "r2" and i % 6 == 0)) % len(words)])
        for rater in ("r1", "r2")
        for i, item in enumerate(items_of("good_practice"))
    ]
    intake = {
        "o1": "ja ja ja nee ja ja nee",
        "o2": "ja ja ja nee ja deels nee",
        "o3": "ja ja nee nee ja ja nee",
    }
    rows += [
        ("quick_start", rater, item, met)
        for rater, said in intake.items()
        for item, met in zip(items_of("intake"), said.split(), strict=True)
    ]
    return pd.DataFrame(rows, columns=["unit", "rater", "item", "met"])


TABLES = {
    "came.xlsx": came, "ratings.csv": ratings, "quick_ratings.csv": quick_ratings, "ties.csv": ties,
    "checklist.csv": checklist,
}  # fmt: skip


def make_networks(root: Path, edit=None, tables=None) -> Path:
    """Write the study below `root`. edit: changes {name: values}; tables: {file: table} instead."""
    files = {
        "study": {
            "study": STUDY, "title": both("Leren in netwerken", "Learning in networks"), "data": "invented",
            "delivered": "2026-06-30", "design": "waves_only",
        },
        "sources": {"sources": [dict(s) for s in SOURCES]},
        "practice": PRACTICE,
        "reports": {"languages": ["nl", "en"], "licence": "CC BY 4.0"},
    }  # fmt: skip
    return write_study(
        root, STUDY, files, {file: made() for file, made in TABLES.items()} | (tables or {}), edit
    )
