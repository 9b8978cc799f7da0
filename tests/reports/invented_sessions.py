"""An invented session as large as they come: ten themes with long names, seven roles, votes, coded remarks."""

from dataclasses import asdict

import pandas as pd

from dww_analysis.domain.practice import Practice, Quantity, Role, RoomVote, Session, Theme
from dww_analysis.domain.report import ReportSettings
from dww_analysis.domain.study import Study

ROLES = {
    "youth": ("jongeren met ervaring", "young people with experience"),
    "parents": ("ouders en pleegouders", "parents and foster parents"),
    "professionals": ("jeugdprofessionals", "youth care professionals"),
    "policy": ("beleidsmedewerkers", "policy officers"),
    "boards": ("bestuurders", "members of boards"),
    "education": ("docenten van opleidingen", "teachers in education"),
    "research": ("onderzoekers", "researchers"),
}
THEMES = [
    ("tijd om van elkaar te leren", "time to learn from each other"),
    ("een vast team dat blijft", "a steady team that stays"),
    ("vertrouwen van de gemeente", "trust from the municipality"),
    ("minder regels en formulieren", "fewer rules and forms"),
    ("meepraten over het eigen plan", "a say in one's own plan"),
    ("opleiding tijdens het werk", "training while at work"),
    ("begeleiding van beginners", "guidance of beginners"),
    ("terugkijken op wat lukte", "looking back on what worked"),
    ("een veilige plek om te oefenen", "a safe place to practise"),
    ("kennis die te vinden is", "knowledge that can be found"),
]


def both(pair):
    return dict(zip(("nl", "en"), pair, strict=True))


STUDY = Study(
    "region", both(("Leren in de regio", "Learning in the region")), "invented", "2026-06-30", "waves_only",
    (), (), None, {}, {}, (),
)  # fmt: skip
SETTINGS = ReportSettings(("nl", "en"), {}, "")
KINDS = ("success", "dilemma", "barrier", "chance", "condition", "give", "need")
QUESTION = (
    "Wat is er het eerst nodig om op het werk te leren?",
    "What is needed first in order to learn at work?",
)
STATEMENT = ("Bij ons is genoeg tijd om te leren.", "There is enough time to learn where we work.")
PRACTICE = Practice(
    roles=tuple(Role(r, both(label)) for r, label in ROLES.items()),
    themes=tuple(Theme(f"t{n}", both(label)) for n, label in enumerate(THEMES)),
    sessions=(
        Session("autumn", both(("dialoogsessie najaar", "autumn dialogue")), "2026-10-01", both(QUESTION), 3),
    ),
    votes=(RoomVote("enough", both(STATEMENT), {"yes": both(("ja", "yes")), "no": both(("nee", "no"))}),),
)


def quantity(name, subject, role, value, **more):
    known = {"conf_low": value, "conf_high": value, "conf_level": 0.95, "n": 9.0, "basis": "open"} | more
    return Quantity(f"{name}.{subject}.{role}", "session", "autumn", subject, role, name, value, **known)


def quantities():
    rows = [quantity("present", "", "all", 61.0), quantity("kendall_w", "", "all", 0.41)]
    rows += [quantity("present", "", role, 9.0) for role in ROLES]
    for n, theme in enumerate(PRACTICE.ids("themes")):
        tier = "sure_top3" if n == 0 else "maybe_top3" if n < 8 else "not_top3"
        rows += [quantity("share", theme, role, n / 10) for role in ROLES]
        rows.append(quantity("share_equal_weight", theme, "all", n / 10, tier=tier))
        rows.append(quantity("two_step", theme, "all", 60.5 - n))
        rows.append(quantity("contested_p_holm", theme, "all", 0.01 if n in (1, 4) else 0.9))
        rows += [quantity("remarks", f"{theme}:{kind}", "all", float(n)) for kind in KINDS]
    rows += [quantity("top3_of_one_role", t, role, 0.8) for t, role in (("t2", "youth"), ("t3", "boards"))]
    rows.append(quantity("remarks", "", "all", 220.0, n=240.0))
    for moment, shares in (("before", (0.4, 0.6)), ("after", (0.7, 0.3))):
        for option, share in zip(("yes", "no"), shares, strict=True):
            rows.append(quantity("vote_share", f"enough:{option}:{moment}", "all", share, n=84.0))
    return pd.DataFrame([asdict(r) for r in rows])
