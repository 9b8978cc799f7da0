"""Invented cluster trials: teams allocated inside organisations, three waves, drop-out, a constrained baseline."""

from __future__ import annotations

import numpy as np
import pandas as pd

TEAM_TRIAL = (
    "score ~ wave + treated_1 + treated_2 + organisation + (1 | team) + (1 | team:wave) + (1 | person)"
)
ORGANISATION_TRIAL = (
    "score ~ wave + treated_1 + treated_2 + (1 | organisation) + (1 | organisation:wave) + (1 | team) + "
    "(1 | team:wave) + (1 | person)"
)


def trial_rows(seed: int = 1, *, organisations: int = 6, teams: int = 4, persons: int = 13) -> pd.DataFrame:
    """About 620 answers of 311 persons in 24 teams of 6 organisations; a third of all answers is missing."""
    rng = np.random.default_rng(seed)
    rows = []
    for team in range(organisations * teams):
        for person in range(max(4, persons + int(rng.integers(-4, 5)))):
            for wave in range(3):
                rows.append((team // teams, team, team * 100 + person, wave, team % 2))
    frame = pd.DataFrame(rows, columns=["organisation", "team", "person", "wave", "arm"])
    frame = frame[rng.uniform(size=len(frame)) < 0.66].reset_index(drop=True)
    for wave in (1, 2):
        frame[f"treated_{wave}"] = ((frame["wave"] == wave) & (frame["arm"] == 1)).astype(float)
    frame["age"] = rng.normal(size=frame["person"].max() + 1)[frame["person"]]
    frame["score"] = trial_score(frame, rng, team=0.2, team_wave=0.15, person=0.5)
    return frame.astype(dict.fromkeys(["organisation", "team", "person", "wave"], "category"))


def trial_score(
    frame: pd.DataFrame, rng: np.random.Generator, *, team: float, team_wave: float, person: float
) -> np.ndarray:
    """One outcome with these standard deviations and a residual SD of .45."""
    cell = pd.factorize(frame["team"].astype(str) + ":" + frame["wave"].astype(str))[0]
    out = 0.1 * frame["wave"].astype(int).to_numpy() + 0.3 * frame["treated_2"].to_numpy()
    codes = {"team": pd.factorize(frame["team"])[0], "cell": cell, "person": pd.factorize(frame["person"])[0]}
    for name, sd in (("team", team), ("cell", team_wave), ("person", person)):
        out = out + sd * rng.normal(size=codes[name].max() + 1)[codes[name]]
    return out + 0.45 * rng.normal(size=len(frame))
