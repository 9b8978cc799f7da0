"""Three invented sessions, what 61 people chose, said and built there, and the learning agenda of two regions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field

import numpy as np
import pandas as pd

ROLES = ("parents", "youth", "professionals", "education", "research", "policy", "boards")
THEMES = (
    *("time", "partners", "feedback", "steady_teams", "starters"),
    *("students", "research_in_practice", "voice", "caseload", "rehearsing"),
)
KINDS = ("success", "dilemma", "barrier", "chance", "condition", "give", "need")
BLOCKS = (
    *("looking_back", "asking_help", "sharing_mistakes", "learning_goals", "steady_team", "team_day"),
    *("asking_feedback", "giving_feedback", "watching_along", "parents_answer", "video", "good_example"),
    *("time_in_week", "low_caseload", "own_room", "leader_joins", "students_along", "nearby_expert"),
)


def _present() -> Mapping[str, tuple[int, ...]]:
    return {"spring": (9, 9, 9, 9, 9, 8, 8), "summer": (9, 9, 9, 9, 9, 8, 8), "autumn": (9, 9, 9, 9, 9, 8, 8)}


@dataclass(frozen=True)
class SessionsTruth:
    """What really holds in the invented sessions.

    One theme is first for every role, one is first for parents and last for boards, eight are alike: exactly one theme
    is surely in the top three. before, after: how many of the room say yes. agreement: Krippendorff's alpha of the
    two coders. unasked: the item of the national agenda that no region asks for.
    """

    present: Mapping[str, tuple[int, ...]] = field(default_factory=_present)  # by role, in the order of ROLES
    choose: int = 3
    first_of_all: str = "time"
    divided: str = "partners"
    chance_first: float = 0.95
    chance_divided: tuple[float, float] = (0.9, 0.0)  # of the first role to the last
    room: int = 84
    before: int = 28
    after: int = 47
    remarks: int = 240
    agreement: float = 0.80
    groups: int = 12
    unasked: str = "item_8"

    def as_dict(self) -> dict[str, object]:
        """The truth as plain values, as it is kept beside the tests."""
        return asdict(self)


PRACTICE = SessionsTruth()


def draw_attendance(truth: SessionsTruth) -> pd.DataFrame:
    """Who was there: session, role and the code of each person (the same people come back)."""
    rows = [
        (session, role, f"d{place}{number:02d}")
        for session, counts in truth.present.items()
        for place, (role, n) in enumerate(zip(ROLES, counts, strict=True), start=1)
        for number in range(1, n + 1)
    ]
    return pd.DataFrame(rows, columns=["session", "role", "person"])


def draw_ballots(truth: SessionsTruth, session: str, rng: np.random.Generator) -> pd.DataFrame:
    """What each person of a session chose: ballot, role and theme, one row a choice."""
    rows = []
    chances = np.linspace(*truth.chance_divided, len(ROLES))
    for role, n, divided in zip(ROLES, truth.present[session], chances, strict=True):
        for number in range(1, n + 1):
            rows += [(f"{role[:2]}{number:02d}", role, t) for t in _choice(truth, divided, rng)]
    return pd.DataFrame(rows, columns=["ballot", "role", "theme"])


def _choice(truth: SessionsTruth, divided: float, rng: np.random.Generator) -> list[str]:
    chosen = [
        t for t, p in ((truth.first_of_all, truth.chance_first), (truth.divided, divided)) if rng.random() < p
    ]
    others = [t for t in THEMES if t not in (truth.first_of_all, truth.divided)]
    return [*chosen, *map(str, rng.choice(others, truth.choose - len(chosen), replace=False))]


def draw_votes(truth: SessionsTruth, rng: np.random.Generator) -> pd.DataFrame:
    """A statement before and after: moment, ballot and option. Most who change come to yes."""
    order = rng.permutation(truth.room)
    before = np.zeros(truth.room, dtype=bool)
    before[order[: truth.before]] = True
    after = before.copy()
    left = 4
    after[order[:left]] = False
    after[order[truth.before : truth.after + left]] = True
    rows = [
        (moment, f"k{number:02d}", "yes" if yes else "no")
        for moment, said in (("before", before), ("after", after))
        for number, yes in enumerate(said, start=1)
    ]
    return pd.DataFrame(rows, columns=["moment", "ballot", "option"])


def draw_remarks(truth: SessionsTruth, rng: np.random.Generator) -> pd.DataFrame:
    """Remarks with the codes of two coders: session, id, role, theme and kind of a, of b.

    With one code in `k` equally likely, two coders who each keep the true one with chance q and otherwise draw anew
    agree with an alpha of q squared.
    """
    n, keep = truth.remarks, np.sqrt(truth.agreement)
    sessions = rng.choice(list(truth.present), n)
    rows = pd.DataFrame(
        {"session": sessions, "role": rng.choice(ROLES, n), "id": [f"u{i:03d}" for i in range(1, n + 1)]}
    )
    for code, words in (("theme", THEMES), ("kind", KINDS)):
        meant = rng.choice(words, n)
        for coder in "ab":
            rows[f"{code}_{coder}"] = np.where(rng.random(n) < keep, meant, rng.choice(words, n))
    return rows.sort_values(["session", "id"], ignore_index=True)


def draw_blocks(truth: SessionsTruth, rng: np.random.Generator) -> pd.DataFrame:
    """Which group placed which block: group, block, placed (1 or 0). Time in the week is placed by most."""
    chance = {"time_in_week": 0.9, "asking_feedback": 0.75, "looking_back": 0.7, "sharing_mistakes": 0.65}
    rows = [
        (f"groep {group}", block, int(rng.random() < chance.get(block, 0.35)))
        for group in range(1, truth.groups + 1)
        for block in BLOCKS
    ]
    return pd.DataFrame(rows, columns=["group", "block", "placed"])


def agenda_rows() -> Iterator[tuple[str, str, str, str, str, str, str]]:
    """(item, level, region, theme, status, since, owner role): two regions and the national agenda.

    An item that stands there again with a later date was carried over.
    """
    yield from (
        ("item_1", "national", "", "time", "taken up", "2025-07-01", "policy"),
        ("item_2", "national", "", "partners", "new", "2026-01-15", "policy"),
        ("item_3", "national", "", "feedback", "taken up", "2025-07-01", "research"),
        ("item_4", "national", "", "steady_teams", "new", "2026-01-15", "boards"),
        ("item_5", "national", "", "starters", "stopped", "2026-03-01", "education"),
        ("item_6", "national", "", "research_in_practice", "anchored", "2025-07-01", "research"),
        ("item_7", "national", "", "students", "taken up", "2026-01-15", "education"),
        ("item_8", "national", "", "", "new", "2026-01-15", "policy"),
        ("n1", "region", "north", "time", "new", "2025-09-15", "boards"),
        ("n1", "region", "north", "time", "taken up", "2026-02-02", "boards"),
        ("n2", "region", "north", "partners", "taken up", "2025-11-03", "parents"),
        ("n3", "region", "north", "caseload", "new", "2026-03-12", "professionals"),
        ("n4", "region", "north", "starters", "stopped", "2026-04-07", "education"),
        ("n5", "region", "north", "feedback", "anchored", "2025-09-15", "professionals"),
        ("n6", "region", "north", "steady_teams", "new", "2026-05-18", "boards"),
        ("z1", "region", "south", "time", "taken up", "2025-10-06", "professionals"),
        ("z2", "region", "south", "voice", "new", "2026-05-21", "youth"),
        ("z3", "region", "south", "rehearsing", "new", "2026-05-21", "professionals"),
        ("z4", "region", "south", "steady_teams", "new", "2025-10-06", "boards"),
        ("z4", "region", "south", "steady_teams", "stopped", "2026-04-20", "boards"),
        ("z5", "region", "south", "students", "taken up", "2026-01-12", "education"),
        ("z6", "region", "south", "research_in_practice", "new", "2026-05-11", "research"),
    )
