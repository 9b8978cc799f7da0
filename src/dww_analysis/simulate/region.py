"""A region as large as youth care has: thousands of teams, six waves; what the pipeline's size is tried on.

The same seed and number of teams give the same bytes. 3 000 teams have about 60 000 persons over the waves, of whom a
tenth changed team.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.simulate.answers import draw_answers
from dww_analysis.simulate.people import build_cohort
from dww_analysis.simulate.trial_config import Trial, both, plan, scales, study, trial_sources
from dww_analysis.simulate.truth import ConstructTruth, ExampleTruth
from dww_analysis.simulate.twin import allocated, answered

REGION = "region"
REGION_SEED = 3000
TEAMS, OF_AN_ORGANISATION = 3000, 10
RESPONSE = 0.75
_SHARES = {"organisation": 0.02, "team": 0.06, "team_wave": 0.02, "person": 0.5, "wellbeing": 0.4}
_NONE = (0.0,) * 6
TRUTH = ExampleTruth(
    constructs=(
        ConstructTruth("lpw", (0.0, 0.0, 0.05, 0.1, 0.15, 0.2), (0.0, 0.01, 0.02, 0.03, 0.04, 0.05),
                       general=0.4, facet=0.2, shift=0.2, step=0.85, **_SHARES),
        ConstructTruth("psysafe", _NONE, _NONE, general=0.42, facet=0.0, shift=0.5, step=0.6, **_SHARES),
    ),
    organisations=TEAMS // OF_AN_ORGANISATION,
    teams_per_organisation=OF_AN_ORGANISATION,
    team_size=(9, 20, 14.5),
    waves=6,
    leave=0.08,
    move=0.03,
)  # fmt: skip
TRIAL = Trial(
    REGION,
    both("Een regio zo groot als het kan (verzonnen)", "A region as large as it gets (invented)"),
    "2028-06-30",
    tuple(
        (f"meting {number + 1}", f"wave {number + 1}", date)
        for number, date in enumerate(
            ("2025-11-03", "2026-05-04", "2026-11-02", "2027-05-03", "2027-11-01", "2028-05-01")
        )
    ),
    {"main": both("professionals", "professionals")},
)


def draw_region(teams: int = TEAMS, seed: int = REGION_SEED) -> dict[str, pd.DataFrame]:
    """File -> its table: teams.csv (team, organisation, arm), and wave0.csv to wave5.csv (code, team, the items).

    teams: a multiple of ten, as an organisation has ten.
    """
    people, latent, replies = np.random.default_rng([seed, 29]).spawn(3)
    truth = replace(TRUTH, organisations=teams // OF_AN_ORGANISATION)
    cohort = build_cohort(truth, people)
    complete = draw_answers(truth, cohort, latent)
    waves = {f"wave{w}.csv": answered(cohort, complete, w, RESPONSE, replies) for w in range(truth.waves)}
    return {"teams.csv": allocated(cohort), **waves}


def region_config(checksums: Mapping[str, str], seed: int = REGION_SEED) -> dict[str, dict[str, Any]]:
    """File of config/region -> its values. checksums: delivered file -> SHA-256. No sheets of units are asked for."""
    return {
        "study": study(TRIAL, seed),
        "sources": {"sources": trial_sources(TRIAL, checksums)},
        "scales": scales(TRIAL),
        "plan": plan(TRIAL),
        "reports": {"languages": ["nl", "en"], "licence": "CC0 1.0"},
    }
