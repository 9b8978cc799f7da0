"""Teams and the open cohort of professionals in them: who is where at each wave.

Between two waves some members leave, newcomers take their places and a few move to another team of their organisation.
Nothing here is about answers; who has left is simply not a member.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dww_analysis.simulate.truth import ExampleTruth

LETTERS = "abcdefghjkmnpqrstuvwxyz"  # without letters that are misread
NOT_HEX = "ghjkmnpqrstuvwxyz"  # every code holds one of these, so that no checksum holds a code
AWAY = -1  # team number of who is not (or no longer, or not yet) a member


@dataclass(frozen=True, eq=False)
class Cohort:
    """`teams`: one row a team: team, organisation, arm (0 control, 1 intervention), size at the start.

    `people`: one row a person: code, wellbeing (standard normal), age_band, function, years_youth_care (at the first
    wave as a member), hours, supervisor (bool).
    `membership`: (persons, waves) numbers of teams, -1 where the person is not a member.
    """

    teams: pd.DataFrame
    people: pd.DataFrame
    membership: np.ndarray


def build_teams(truth: ExampleTruth, rng: np.random.Generator) -> pd.DataFrame:
    """Teams with their size, randomised within each organisation to two arms of equal size."""
    per = truth.teams_per_organisation
    low, high, mean = truth.team_size
    arms = np.concatenate([rng.permutation(np.arange(per) % 2) for _ in range(truth.organisations)])
    sizes = low + rng.binomial(high - low, (mean - low) / (high - low), size=len(arms))
    sizes = np.clip(sizes + rng.integers(-2, 3, size=len(arms)), low, high)  # more unequal than binomial
    return pd.DataFrame(
        {
            "team": [f"T{number:02d}" for number in range(1, len(arms) + 1)],
            "organisation": [
                f"org_{number + 1}" for number in np.repeat(np.arange(truth.organisations), per)
            ],
            "arm": arms,
            "size": sizes,
        }
    )


def build_cohort(truth: ExampleTruth, rng: np.random.Generator) -> Cohort:
    """The open cohort over all waves."""
    teams = build_teams(truth, rng)
    now = np.repeat(np.arange(len(teams)), teams["size"])
    wellbeing = rng.standard_normal(len(now))
    columns = [now]
    for _ in range(1, truth.waves):
        stay, newcomers = _one_interval(truth, now, wellbeing, rng)
        columns = [np.concatenate([column, np.full(len(newcomers), AWAY)]) for column in columns]
        now = np.concatenate([_move(truth, stay, rng), newcomers])
        wellbeing = np.concatenate([wellbeing, rng.standard_normal(len(newcomers))])
        columns.append(now)
    membership = np.column_stack(columns)
    return Cohort(teams, _describe_people(membership, wellbeing, rng), membership)


def _one_interval(
    truth: ExampleTruth, now: np.ndarray, wellbeing: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Team of each person after leaving (-1 for who left), and the teams that newcomers enter."""
    odds = truth.leave / (1 - truth.leave) * np.exp(-0.3 * wellbeing)  # who is less well leaves sooner
    leaves = (rng.random(len(now)) < odds / (1 + odds)) & (now != AWAY)
    replaced = leaves & (rng.random(len(now)) < truth.replace)
    return np.where(leaves, AWAY, now), np.sort(now[replaced])


def _move(truth: ExampleTruth, now: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    per = truth.teams_per_organisation
    moves = (rng.random(len(now)) < truth.move) & (now != AWAY)
    steps = rng.integers(1, per, size=len(now)) if per > 1 else np.zeros(len(now), dtype=int)
    elsewhere = now // per * per + (now % per + steps) % per
    return np.where(moves, elsewhere, now)


def _describe_people(membership: np.ndarray, wellbeing: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    n = len(membership)
    age_years = np.clip(rng.normal(37, 10, n), 20, 66)
    years = np.floor(np.clip((age_years - 22) * rng.beta(2, 2, n), 0, 45)).astype(int)
    return pd.DataFrame(
        {
            "code": _codes(n, rng),
            "wellbeing": wellbeing,
            "age_band": np.searchsorted([25, 35, 45, 55], age_years, side="right") + 1,
            "function": rng.choice([1, 2, 3, 4], size=n, p=[0.52, 0.16, 0.24, 0.08]),
            "years_youth_care": years,
            "hours": rng.choice([16, 20, 24, 28, 32, 36], size=n, p=[0.04, 0.08, 0.2, 0.22, 0.3, 0.16]),
            "supervisor": rng.random(n) > 0.03,
        }
    )


def _codes(n: int, rng: np.random.Generator) -> list[str]:
    """Different random codes such as "k3f9a2"."""
    codes: dict[str, None] = {}
    while len(codes) < n:
        letters = [str(rng.choice(list(NOT_HEX))), *(str(rng.choice(list(LETTERS))) for _ in range(2))]
        digits = [str(rng.integers(2, 10)) for _ in range(3)]
        codes["".join(f"{a}{b}" for a, b in zip(letters, digits, strict=True))] = None
    return list(codes)
