"""Studies for the tests of effects: the three-level trial whose numbers R gave (8 teams, 5 persons, 3 waves)."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd

from dww_analysis.domain.plan import Family, Plan, PlanEntry
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Allocation, Arm, Study, Wave

WEDGE = Path(__file__).parents[1] / "oracles" / "16_stepped_wedge"
LEVELS = {"organisation": {"en": "organisation"}, "team": {"en": "team"}, "person": {"en": "professional"}}


def trial_study() -> Study:
    return Study(
        id="trial",
        title={"en": "trial"},
        data="invented",
        delivered="2026-01-01",
        design="parallel_cluster",
        waves=tuple(Wave(i, {"en": f"wave {i}"}) for i in range(3)),
        arms=(Arm("control", {"en": "control"}), Arm("intervention", {"en": "intervention"})),
        allocation=Allocation("team", "allocation", randomised=True, strata=None),
        samples={"main": {"en": "main"}},
        level_labels=LEVELS,
        background=(),
    )


def trial_scores(team_by_wave: bool) -> pd.DataFrame:
    """y of the three-level recipe; `team_by_wave` adds 0.25 cos(1.9 t (w + 1)) before rounding."""
    team, person, wave = (
        x.ravel() for x in np.meshgrid(np.arange(1, 9), np.arange(1, 6), np.arange(3), indexing="ij")
    )
    j, who, arm = np.arange(120), (team - 1) * 5 + person, (team % 2 == 0).astype(int)
    shift = np.array([-0.3, 0.25, 0.1, -0.2, 0.35, -0.15, 0.05, -0.1])[team - 1]
    y = 3.5 + 0.1 * wave + 0.25 * arm * (wave == 1) + 0.4 * arm * (wave == 2) + shift
    y = y + 0.5 * np.sin(2.1 * who + 0.2) + 0.35 * np.sin(1.3 * j + 0.9)
    y = np.round(y + (0.25 * np.cos(1.9 * team * (wave + 1)) if team_by_wave else 0), 4)
    return pd.DataFrame(
        {
            "sample": "main",
            "person": [f"p{w}" for w in who],
            "wave": wave,
            "organisation": "o1",
            "team": [f"t{t}" for t in team],
            "arm": np.where(arm == 1, "intervention", "control"),
            "scale": "y",
            "score": y,
        }
    )


def wedge_study(**changes):
    waves = tuple(Wave(i, {"en": f"period {i}"}) for i in range(5))
    allocation = Allocation("team", "allocation", randomised=True)
    values = {"design": "stepped_wedge", "waves": waves, "allocation": allocation, **changes}
    return dataclasses.replace(trial_study(), **values)


def wedge_scores():
    """The cohort of the stored R analysis; periods 1 to 5 are waves 0 to 4."""
    rows = pd.read_csv(WEDGE / "16_stepped_wedge_cohort.csv")
    return pd.DataFrame(
        {
            "sample": "main",
            "person": rows["person"],
            "wave": rows["period"] - 1,
            "organisation": "o1",
            "team": rows["team"],
            "arm": np.where(rows["treated"] == 1, "intervention", "control"),
            "start": rows["start"] - 1.0,
            "scale": "y",
            "score": rows["y"],
        }
    )


def scale(identity: str = "y", low: float = 1.0, high: float = 7.0) -> Scale:
    return Scale(identity, {"en": identity}, ("main",), delivered=identity, delivered_range=(low, high))


def entry(**changes) -> PlanEntry:
    values = {
        "id": "e",
        "outcome": "y",
        "sample": "main",
        "family": "primary",
        "question": {"en": "?"},
        "why": "",
        "status": "planned",
    }
    return PlanEntry(**{**values, **changes})


def plan_of(*entries: PlanEntry, adjust: str = "holm") -> Plan:
    return Plan(entries, {"primary": Family("primary", adjust, {"en": "primary"})})


def data_of(one: PlanEntry, scores: pd.DataFrame, **changes):
    """EntryData of the trial for one entry."""
    from dww_analysis.effects import EntryData

    values = {
        "entry": one,
        "plan": plan_of(one),
        "study": trial_study(),
        "scale": scale(),
        "scores": scores,
        "covariates": {},
        "answers": scores,
    }
    return EntryData(**{**values, **changes})


STARTS = {"t1": 1, "t2": 1, "t3": 2, "t4": 2, "t5": np.nan}


def small_wedge(starts=STARTS, seed=3, rise=0.3):
    """Four waves, four persons at each; by team the wave of its start, from which scores rise."""
    rng, rows = np.random.default_rng(seed), []
    for team, start in starts.items():
        shift = rng.normal(0, 0.3)
        for wave in range(4):
            here = shift + rng.normal(0, 0.2)
            for person in range(4):
                up = rise * max(wave - start + 1, 0) if start == start else 0.0
                rows.append((f"{team}-{wave}-{person}", wave, team, start, here + up + rng.normal(0, 0.6)))
    table = pd.DataFrame(rows, columns=["person", "wave", "team", "start", "score"])
    arm = np.where(table["start"].notna(), "intervention", "control")
    return table.assign(sample="main", organisation="o1", scale="y", arm=arm)


def wedge_data(scores, **changes):
    study = wedge_study(waves=tuple(Wave(i, {"en": f"{i}"}) for i in range(4)), **changes)
    return data_of(entry(), scores, study=study)
