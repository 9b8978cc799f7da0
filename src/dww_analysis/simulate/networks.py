"""Two invented learning networks: who is in them, when they met, what they rated, with whom they have contact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import combinations

import numpy as np
import pandas as pd

NORTH, QUICK = "region_north", "quick_start"
NOTES = ("strong", "gap", "take", "leave", "step")
POINTS = (
    *("example_instructive", "example_youth", "example_professional", "example_board", "example_policy"),
    *("change_why", "change_how", "change_what", "change_tips"),
    *("translation_own", "translation_take", "translation_step"),
    *(
        "environment_safe",
        "environment_time",
        "environment_leaders",
        "environment_results",
        "environment_stop",
    ),
)
QUESTIONS = tuple(
    f"intake_{name}"
    for name in ("complex", "shared", "perspectives", "time", "mandate", "openness", "support")
)


def _sizes() -> Mapping[str, int]:
    return {"parents": 4, "professionals": 4, "policy": 3, "boards": 2, "education": 1}


@dataclass(frozen=True)
class NetworksTruth:
    """What really holds in the invented networks.

    The community of practice planned 14 sessions every six weeks and held 11; after the sixth came a gap of 11 weeks
    and two roles stayed away. means: of the ratings in three rounds. density: chance that two members have contact;
    reported, invented: chance that somebody names a contact that is there, or one that is not. silent: members who
    filled in no contacts. agreement: chance that the second rater of the check-list follows the first, and does
    not choose anew.
    """

    sizes: Mapping[str, int] = field(default_factory=_sizes)
    first_day: str = "2024-11-04"
    every_weeks: int = 6
    before_gap: int = 6
    after_gap: int = 5
    gap_weeks: int = 11
    gone: tuple[str, ...] = ("policy", "boards")
    quick_members: int = 7
    quick_sessions: int = 4
    means: tuple[float, ...] = (5.4, 6.0, 6.6)
    sd_person: float = 0.9
    sd_round: float = 0.5
    chance_noted: float = 0.6
    density: float = 0.30
    reported: float = 0.9
    invented: float = 0.05
    silent: int = 3
    agreement: float = 0.85
    intake: tuple[str, ...] = ("yyyy", "yyyy", "yynp", "nnnn", "yyyy", "yypy", "nnnn")  # by question, of four

    def as_dict(self) -> dict[str, object]:
        """The truth as plain values, as it is kept beside the tests."""
        return asdict(self)


NETWORKS = NetworksTruth()


def members(truth: NetworksTruth) -> dict[str, list[tuple[str, str]]]:
    """Network -> (code, role) of its members."""
    north = [
        (f"n{place}{number}", role)
        for place, (role, n) in enumerate(truth.sizes.items(), start=1)
        for number in range(1, n + 1)
    ]
    return {
        NORTH: north,
        QUICK: [(f"q{number}", "professionals") for number in range(1, truth.quick_members + 1)],
    }


def draw_sessions(truth: NetworksTruth) -> pd.DataFrame:
    """Who came to which session, and for how long."""
    first = pd.Timestamp(truth.first_day)
    weeks = [truth.every_weeks * n for n in range(truth.before_gap)]
    weeks += [weeks[-1] + truth.gap_weeks + truth.every_weeks * n for n in range(truth.after_gap)]
    rows = [
        (NORTH, number, first + pd.Timedelta(weeks=week), person, 150)
        for number, week in enumerate(weeks, start=1)
        for person, role in members(truth)[NORTH]
        if number <= truth.before_gap or role not in truth.gone
    ]
    rows += [
        (QUICK, number, first + pd.Timedelta(weeks=2 * number), person, 90)
        for number in range(1, truth.quick_sessions + 1)
        for person, _ in members(truth)[QUICK]
    ]
    return pd.DataFrame(rows, columns=["network", "session", "date", "person", "minutes"])


def draw_ratings(truth: NetworksTruth, rng: np.random.Generator) -> pd.DataFrame:
    """Ratings of 0 to 10 in three rounds, whether anything was noted, and which first steps were done."""
    rows = []
    for network, people in members(truth).items():
        person = rng.normal(0, truth.sd_person, len(people))
        person -= person.mean()
        for number, mean in enumerate(truth.means, start=1):
            ratings = np.clip(np.round(mean + person + rng.normal(0, truth.sd_round, len(people))), 0, 10)
            noted = rng.random((len(people), len(NOTES))) < truth.chance_noted
            for (code, role), rating, wrote in zip(people, ratings, noted, strict=True):
                done = rng.choice(["ja", "nee"]) if wrote[-1] else ""
                rows.append((network, number, code, role, int(rating), *wrote.tolist(), done))
    return pd.DataFrame(rows, columns=["network", "round", "person", "role", "rating", *NOTES, "step_done"])


def draw_ties(truth: NetworksTruth, rng: np.random.Generator) -> pd.DataFrame:
    """Contacts that members of the community of practice report; the last ones are silent."""
    codes = [code for code, _ in members(truth)[NORTH]]
    there = {pair for pair in combinations(codes, 2) if rng.random() < truth.density}
    rows = []
    for one in codes[: -truth.silent]:
        named = [
            other
            for other in codes
            if other != one
            and rng.random() < (truth.reported if tuple(sorted((one, other))) in there else truth.invented)
        ]
        rows += [(NORTH, one, other) for other in named or [""]]
    return pd.DataFrame(rows, columns=["network", "from", "to"])


def draw_checklist(truth: NetworksTruth, rng: np.random.Generator) -> Iterator[tuple[str, str, str, str]]:
    """(network, rater, point, met) of two raters of the community of practice, and of the intake of the other one."""
    words = ("yes", "partly", "no", "unknown")
    for point in POINTS:
        first = str(rng.choice(words, p=(0.5, 0.25, 0.15, 0.1)))
        second = first if rng.random() < truth.agreement else str(rng.choice(words[:3]))
        yield NORTH, "r1", point, first
        yield NORTH, "r2", point, second
    said = {"y": "yes", "n": "no", "p": "partly"}
    for question, answers in zip(QUESTIONS, truth.intake, strict=True):
        for number, answer in enumerate(answers, start=1):
            yield QUICK, f"org{number}", question, said[answer]
