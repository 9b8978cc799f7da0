"""The twin study of the teaching pack: invented people in the shape of a real study, and the truth behind them.

The same seed gives the same bytes. Nothing of a delivered file is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, sqrt

import numpy as np
import pandas as pd

from dww_analysis.simulate.answers import draw_answers, pushed, thresholds
from dww_analysis.simulate.instruments import BLOCKS, Block
from dww_analysis.simulate.people import Cohort, build_cohort
from dww_analysis.simulate.truth import ConstructTruth, ExampleTruth

TWIN_SEED = 4101  # its run of weeks and its difference are clear, so that the first class finds something
STUDENTS = 30
RESPONSE = 0.9
CONSTRUCTS = {"learning_potential": "lpw", "psychological_safety": "psysafe"}
SHARES = {"organisation": 0.02, "team": 0.06, "team_wave": 0.02, "person": 0.5, "wellbeing": 0.4}
TRUTH = ExampleTruth(
    constructs=(
        ConstructTruth(
            "lpw", (0.0, 0.5), (0.0, 0.05), general=0.4, facet=0.2, shift=0.2, step=0.85, **SHARES
        ),
        ConstructTruth(
            "psysafe", (0.0, 0.0), (0.0, 0.0), general=0.42, facet=0.0, shift=0.5, step=0.6, **SHARES
        ),
    ),
    organisations=5,
    waves=2,
    team_size=(8, 16, 12.0),
    leave=0.08,
    move=0.0,
)
THEMES = ("time", "trust", "steady_team", "training", "tools", "having_a_say")
ROLES = ("parents", "professionals", "boards", "students")
BALLOTS, CHOOSE = 9, 2  # ballots a role, choices each
FAVOURITE = 8.0  # how many times the first theme weighs
WEEKS, CHANGED_FROM, BEFORE, AFTER = 24, 13, 4.0, 8.0  # talks of a team in which it looked back, a week


@dataclass(frozen=True)
class Drawn:
    """Everything that was drawn, as tables by the name of their file, and the truth as plain values."""

    tables: dict[str, pd.DataFrame]
    truth: dict[str, object]


def true_difference(construct: ConstructTruth, block: Block, wave: int) -> float:
    """The difference of the arms in points of the scale (mean of its items), exactly.

    An item is low + the number of cuts below a normal score with mean sqrt(general) times the latent mean and variance
    1, so its mean is low + the sum over cuts of P(score > cut).
    """
    means = [
        _mean(construct, block, construct.trend[wave] + effect) for effect in (construct.effect[wave], 0.0)
    ]
    return means[0] - means[1]


def _mean(construct: ConstructTruth, block: Block, latent: float) -> float:
    items = []
    for number in range(1, len(block.items) + 1):
        z = thresholds(block, construct) - pushed(construct, number) - sqrt(construct.general) * latent
        items.append(block.low + sum(0.5 * (1 - erf(v / sqrt(2))) for v in z))
    return float(np.mean(items))


def draw_twin(seed: int = TWIN_SEED) -> Drawn:
    """The study: two waves of professionals, students who answered once, ballots of four roles, and a run of weeks."""
    people, latent, replies, students, room, weeks = np.random.default_rng([seed, 17]).spawn(6)
    cohort = build_cohort(TRUTH, people)
    answers = draw_answers(TRUTH, cohort, latent)
    tables = {f"wave{w}.csv": answered(cohort, answers, w, RESPONSE, replies) for w in range(TRUTH.waves)}
    tables["teams.csv"] = allocated(cohort)
    tables["members.csv"] = _members(cohort)
    tables["students.csv"] = _students(cohort, students)
    tables["ballots.csv"] = _ballots(room)
    tables["looked_back.csv"] = _weeks(weeks)
    blocks = {block.construct: block for block in BLOCKS}
    effects = {
        scale: true_difference(next(c for c in TRUTH.constructs if c.id == id), blocks[id], TRUTH.waves - 1)
        for scale, id in CONSTRUCTS.items()
    }
    truth = {"seed": seed, "effects": effects, "first_theme": THEMES[0], "changed_from_week": CHANGED_FROM}
    return Drawn(tables, truth)


def allocated(cohort: Cohort) -> pd.DataFrame:
    """One row a team: team, organisation, arm (usual, supported)."""
    arms = cohort.teams["arm"].map({0: "usual", 1: "supported"})
    return cohort.teams.assign(arm=arms)[["team", "organisation", "arm"]]


def answered(
    cohort: Cohort, complete: pd.DataFrame, wave: int, response: float, rng: np.random.Generator
) -> pd.DataFrame:
    """The delivered answers of one wave, by code: code, team, then the items. response: share that answers."""
    rows = complete[complete["wave"] == wave]
    rows = rows[rng.random(len(rows)) < response]
    items = [c for c in rows if c not in ("person", "wave", "team")]
    frame = rows[items].astype(int).reset_index(drop=True)
    frame.insert(0, "code", cohort.people["code"].to_numpy()[rows["person"]])
    frame.insert(1, "team", cohort.teams["team"].to_numpy()[rows["team"]])
    return frame.sort_values("code", ignore_index=True)


def _members(cohort: Cohort) -> pd.DataFrame:
    names = cohort.teams["team"].to_numpy()
    rows = [
        (names[t], w, int((cohort.membership[:, w] == t).sum()))
        for w in range(cohort.membership.shape[1])
        for t in range(len(names))
    ]
    return pd.DataFrame(rows, columns=["team", "wave", "members"])


def _students(places: Cohort, rng: np.random.Generator) -> pd.DataFrame:
    """Students of vocational education on placement in the teams, who answered the same questions once."""
    own = ExampleTruth(constructs=TRUTH.constructs, organisations=1, teams_per_organisation=2, waves=1, move=0.0,
                       team_size=(STUDENTS // 2, STUDENTS // 2 + 1, STUDENTS / 2))  # fmt: skip
    cohort = build_cohort(own, rng)
    answers = draw_answers(own, cohort, rng)
    frame = answers.drop(columns=["person", "wave", "team"]).astype(int)
    frame.insert(0, "code", [f"s{c}" for c in cohort.people["code"]])
    frame.insert(1, "team", places.teams["team"].to_numpy()[np.arange(len(frame)) % len(places.teams)])
    return frame.sort_values("code", ignore_index=True)


def _ballots(rng: np.random.Generator) -> pd.DataFrame:
    weights = np.array([FAVOURITE, *[1.0] * (len(THEMES) - 1)])
    rows = []
    for role in ROLES:
        for number in range(1, BALLOTS + 1):
            chosen = rng.choice(len(THEMES), CHOOSE, replace=False, p=weights / weights.sum())
            rows += [
                ("day", f"{role}{number}", role, theme, int(i in chosen)) for i, theme in enumerate(THEMES)
            ]
    return pd.DataFrame(rows, columns=["session", "ballot", "role", "theme", "chosen"])


def _weeks(rng: np.random.Generator) -> pd.DataFrame:
    week = np.arange(1, WEEKS + 1)
    return pd.DataFrame({"week": week, "talks": rng.poisson(np.where(week < CHANGED_FROM, BEFORE, AFTER))})
