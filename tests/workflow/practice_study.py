"""An invented region that has sessions and no questionnaire: its files from scratch, with the mess of life.

The numbers that must come out are those that R and published examples give (test_workflow_practice.py).
"""

from pathlib import Path

import pandas as pd
from study_files import both, write_study

STUDY = "region"
THEMES = {
    "time": both("tijd", "time"),
    "trust": both("vertrouwen", "trust"),
    "team": both("een vast team", "a steady team"),
    "tools": both("hulpmiddelen", "tools"),
    "training": both("opleiding", "training"),
    "voice": both("meepraten", "having a say"),
}
ROLES = {
    "parents": both("ouders", "parents"),
    "professionals": both("professionals", "professionals"),
    "policy": both("beleidsmedewerkers", "policy officers"),
    "boards": both("bestuurders", "boards"),
}
DATES = {"spring": "2026-03-12", "duo": "2026-04-02", "wall": "2026-05-07", "orders": "2026-06-11"}
PRACTICE = {
    "roles": [{"id": r, "label": label} for r, label in ROLES.items()],
    "regions": [{"id": "north", "label": both("Noord", "North")}, {"id": "south", "label": both("Zuid", "South")}],
    "themes": [
        {"id": t, "label": label, **({} if t == "voice" else {"national": "item_3"})} for t, label in THEMES.items()
    ],
    "sessions": [
        {
            "id": id, "label": both(f"bijeenkomst {n}", f"session {n}"), "date": date, "choose": 3,
            "question": both("Wat is het eerst nodig?", "What is needed first?"),
        }
        for n, (id, date) in enumerate(DATES.items(), 1)
    ],
    "votes": [
        {
            "id": "enough_time", "text": both("Wij hebben genoeg tijd.", "We have enough time."),
            "options": {"yes": both("ja", "yes"), "no": both("nee", "no")},
        }
    ],
    "blocks": [
        {"id": "looking_back", "label": both("terugkijken", "looking back"), "angle": "team_learning"},
        {"id": "asking", "label": both("om feedback vragen", "asking for feedback"), "angle": "feedback"},
    ],
    "agenda": {
        "national": [
            {"id": "item_3", "label": both("werkplezier", "joy in work")},
            {"id": "item_4", "label": both("digitale hulp", "digital help")},
        ]
    },
}  # fmt: skip
OPEN = {"basis": "open", "consent": "bij handopsteken", "date": "2026-03-12"}


def source(id, kind, columns, file=None, **more):
    names = columns if isinstance(columns, dict) else {c: c for c in columns.split()}
    return {"id": id, "file": file or f"{id}.csv", "kind": kind, "columns": names, **OPEN, **more}


SOURCES = [
    source("attendance", "attendance", "session role person date", "attendance.xlsx"),
    source(
        "ballots", "ballots",
        {"session": "Sessie", "ballot": "Nr", "role": "Rol", "theme": "Thema", "chosen": "Gekozen"},
        recode={"theme": {"Tijd": "time", "TIJD!": "time", "vertrouwen": "trust"}, "role": {"Ouders": "parents"}},
    ),
    source("dots", "tallies", "session role theme dots"),
    source("votes", "votes", "session moment statement option ballot"),
    source("statements", "statements", "session id role theme kind coder text"),
    source("blocks", "blocks", "session group block placed"),
    source("agenda", "agenda", "item level region theme status since owner_role"),
]  # fmt: skip


def ballots():
    """Spring: 5 of 9 parents chose time, 0 of 8 policy officers; two of the board. Duo: 7 of 8 against 2 of 8."""
    rows = []
    typed = ["Tijd", "TIJD!", "time", "tijd", "time"]
    for i in range(9):
        rows.append(("spring", f"p{i}", "Ouders", typed[i] if i < 5 else "vertrouwen", 1))
        rows.append(("spring", f"p{i}", "Ouders", "team", 1))
    for i in range(8):
        rows.append(("spring", f"b{i}", "policy", "tools" if i < 6 else "training", 1))
        rows.append(("spring", f"b{i}", "policy", "team", 1))
    rows += [("spring", f"d{i}", "boards", "voice", 1) for i in range(2)]
    rows += [("spring", "r1", "professionals", "voice", 1)]
    for role, yes in (("parents", 7), ("professionals", 2)):
        rows += [("duo", f"{role}{i}", role, "trust", int(i < yes)) for i in range(8)]
    table = pd.DataFrame(rows, columns=["Sessie", "Nr", "Rol", "Thema", "Gekozen"])
    return pd.concat([table, table.tail(20)], ignore_index=True)  # a part exported twice


def attendance():
    """All nine parents and eight of ten policy officers voted; the date as a spreadsheet keeps it."""
    there = {"parents": 9, "policy": 10, "boards": 2, "professionals": 1}
    rows = [("spring", role, f"{role[:2]}{i}", 46093) for role, n in there.items() for i in range(n)]
    return pd.DataFrame(rows, columns=["session", "role", "person", "date"])


DOTS = {
    "wall": {"parents": (14, 9, 6, 4, 2), "professionals": (10, 22, 31, 12, 5), "policy": (3, 8, 1, 9, 0)},
    "orders": {  # twice 1-6; 2,1,3,5,4,6; 1.5,1.5,4,3,5,6; 6,3,1,2,4,5
        "parents": (2, 4, 6, 8, 10, 12), "professionals": (4, 2, 6, 10, 8, 12),
        "policy": (3, 3, 8, 6, 10, 12), "boards": (12, 6, 2, 4, 8, 10),
    },
}  # fmt: skip


def dots():
    rows = [
        (session, role, theme, n)
        for session, by_role in DOTS.items()
        for role, counts in by_role.items()
        for theme, n in zip(THEMES, counts, strict=False)
    ]
    return pd.DataFrame(rows, columns=["session", "role", "theme", "dots"])


def votes():
    """Nine came to yes and two left it, of 14 who voted twice."""
    before, after = ["no"] * 9 + ["yes"] * 5, ["yes"] * 9 + ["no"] * 2 + ["yes"] * 3
    rows = [
        ("spring", moment, "enough_time", option, f"k{i}")
        for moment, given in (("before", before), ("after", after))
        for i, option in enumerate(given)
    ]
    return pd.DataFrame(rows, columns=["session", "moment", "statement", "option", "ballot"])


# Krippendorff (2011), example C: coders x units; 0 is no code.
CODES = {
    "a": (1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0),
    "b": (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3),
    "c": (0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0),
    "d": (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0),
}


def statements():
    themes = list(THEMES)
    rows = [
        (
            "spring",
            unit,
            "parents",
            themes[code - 1],
            "need" if unit % 2 else "chance",
            coder,
            "meer rust op de groep",
        )
        for coder, codes in CODES.items()
        for unit, code in enumerate(codes)
        if code
    ]
    return pd.DataFrame(rows, columns=["session", "id", "role", "theme", "kind", "coder", "text"])


def blocks():
    rows = [
        ("spring", group, block, int(group < most))
        for group in range(9)
        for block, most in (("looking_back", 5), ("asking", 9))
    ]
    return pd.DataFrame(rows, columns=["session", "group", "block", "placed"])


AGENDA = [
    ("item_3", "national", "", "time", "taken up", "2025-09-01", "policy"),
    ("item_4", "national", "", "", "new", "2026-01-10", "policy"),
    ("n1", "region", "north", "time", "new", "2025-10-01", "boards"),
    ("n1", "region", "north", "time", "taken up", "45964", "boards"),  # 3 November 2025 in a spreadsheet
    ("n2", "region", "north", "voice", "new", "2026-02-02", "parents"),
    ("z1", "region", "south", "time", "stopped", "2026-03-01", "boards"),
]


def agenda():
    columns = ["item", "level", "region", "theme", "status", "since", "owner_role"]
    return pd.DataFrame(AGENDA, columns=columns)


TABLES = {
    "attendance.xlsx": attendance, "ballots.csv": ballots, "dots.csv": dots, "votes.csv": votes,
    "statements.csv": statements, "blocks.csv": blocks, "agenda.csv": agenda,
}  # fmt: skip


def make_study(root: Path, edit=None, tables=None) -> Path:
    """Write the study below `root`. edit: changes {name: values}; tables: {file: table} instead."""
    files = {
        "study": {
            "study": STUDY, "title": both("Onze regio", "Our region"), "data": "invented", "delivered": "2026-06-30",
            "design": "waves_only",
        },
        "sources": {"sources": [dict(s) for s in SOURCES]},
        "practice": PRACTICE,
        "reports": {"languages": ["nl", "en"], "licence": "CC BY 4.0"},
    }  # fmt: skip
    return write_study(
        root, STUDY, files, {file: made() for file, made in TABLES.items()} | (tables or {}), edit
    )
