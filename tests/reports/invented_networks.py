"""Invented numbers of three learning networks: one with much to show, one with nothing, one without sessions."""

from dataclasses import asdict, replace

import pandas as pd

from dww_analysis.domain.networks import Member, Network, Relation, UsedChecklist
from dww_analysis.domain.practice import NAN, Practice, Quantity, Role
from dww_analysis.domain.report import ReportSettings
from dww_analysis.domain.study import Study
from dww_analysis.practice import load_checklist


def both(nl, en):
    return {"nl": nl, "en": en}


ROLES = {
    "parents": both("ouders", "parents"), "staff": both("professionals", "professionals"),
    "boards": both("bestuurders", "board members"), "youth": both("jongeren", "young people"),
}  # fmt: skip
MEMBERS = tuple(
    Member(f"SECRET{role[0]}{i}", role, "o1") for role, n in (("parents", 4), ("staff", 6)) for i in range(n)
)
PRACTICE = Practice(
    roles=tuple(Role(r, label) for r, label in ROLES.items()),
    networks=(
        Network(
            "zuid",
            both("zuid", "south"),
            "community_of_practice",
            both("Samen.", "Together."),
            14,
            6,
            MEMBERS,
        ),
        Network("noord", both("noord", "north"), "breakthrough", both("", ""), 4, 2, MEMBERS[:5]),
        Network("leeg", both("leeg", "empty"), "living_lab", both("", ""), 3, None),
    ),
    relations=(Relation("advice", both("advies", "advice")),),
    checklists=(UsedChecklist("good_practice"), UsedChecklist("intake")),
)
CHECKLISTS = tuple(load_checklist(used.id) for used in PRACTICE.checklists)
STUDY = Study(
    "region", both("Leren", "Learning"), "invented", "2026-06-30", "waves_only", (), (), None, {}, {}, (),
)  # fmt: skip
SETTINGS = ReportSettings(("nl", "en"), {}, "")


def quantity(name, value, subject="", role="all", unit="zuid", **more):
    known = {"n": 10.0, "basis": "open"} | more
    id = ".".join(part for part in (unit, name, subject, role) if part)
    return Quantity(id, "network", unit, subject, role, name, value, **known)


def hidden(name, subject="", unit="noord", role="all"):
    return replace(quantity(name, NAN, subject, role, unit, basis="private"), n=NAN, suppressed=True)


def rows():
    found = [
        quantity("members", 10.0), quantity("members", 4.0, role="parents"), quantity("members", 6.0, role="staff"),
        quantity("sessions_planned", 14.0), quantity("sessions_held", 11.0), quantity("longest_gap_weeks", 11.0),
        quantity("gaps", 1.0), quantity("still_there", 8.0), quantity("last_came", 6.0, role="parents"),
        quantity("last_came", 11.0, role="staff"),
        *(quantity("came", 10.0 - (n > 6), str(n)) for n in range(1, 12)),
        quantity("rating_mean", 5.4, "1", conf_low=4.7, conf_high=6.1, conf_level=0.95),
        quantity("rating_mean", 6.6, "2", conf_low=6.2, conf_high=7.0, conf_level=0.95),
        quantity("rating_mean", 6.1, "2", role="parents", conf_low=5.3, conf_high=6.9, conf_level=0.95),
        quantity("rating_mean", 6.9, "2", role="staff", conf_low=6.3, conf_high=7.5, conf_level=0.95),
        quantity("rating_quartile_low", 5.0, "1"), quantity("rating_median", 5.5, "1"),
        quantity("rating_quartile_high", 6.0, "1"),
        quantity("rating_change", 1.2, "1-2", conf_low=0.8, conf_high=1.6, conf_level=0.95),
        quantity("successes", 7.0, "2"), quantity("problems", 4.0, "2"), quantity("steps_done", 3.0, "2", n=5.0),
        quantity("ties_answered", 0.8, n=8.0, n_possible=10.0),
        quantity("density_directed", 0.45, "advice", n=8.0),
        quantity("density_undirected", 0.43, "advice", n=8.0, conf_low=0.4, conf_high=0.47),
        quantity("density_both_say", 0.31, "advice", n=8.0), quantity("confirmed", 0.75, "advice", n=8.0),
        quantity("e_i", 0.67, "advice", n=8.0),
        quantity("contacts", 0.33, "advice:parents:staff", n=8.0, n_possible=24.0),
        *(
            quantity("checklist", v, f"good_practice:examples:{met}", n=2.0, n_possible=10.0)
            for met, v in (("yes", 6.0), ("partly", 2.0), ("no", 1.0), ("unknown", 1.0))
        ),
        quantity("alpha", 0.5, "good_practice", n=2.0),
        *(
            quantity("checklist", v, f"intake:{item.id}:{met}", n=3.0, n_possible=3.0)
            for i, item in enumerate(CHECKLISTS[1].items)
            for met, v in zip(("yes", "partly", "no", "unknown"), ANSWERS[i], strict=True)
        ),
        quantity("sessions_planned", 4.0, unit="noord"), quantity("sessions_held", 4.0, unit="noord"),
        quantity("members", 5.0, unit="noord"),
        *(hidden(name, "1") for name in ("rating_mean", "rating_median", "successes", "problems", "came")),
        hidden("ties_answered"), *(hidden("checklist", f"good_practice:examples:{m}") for m in ("yes", "no")),
        quantity("sessions_planned", 3.0, unit="leeg"), quantity("sessions_held", 0.0, unit="leeg"),
    ]  # fmt: skip
    return found


ANSWERS = ((3, 0, 0, 0), (3, 0, 0, 0), (2, 0, 1, 0), (0, 0, 3, 0), (3, 0, 0, 0), (2, 1, 0, 0), (1, 1, 0, 1))


def table(found=None):
    return pd.DataFrame([asdict(r) for r in (rows() if found is None else found)])
