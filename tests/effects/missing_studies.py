"""Invented trials with values that are missing: scores of several scales, and who is left out by a rule."""

import numpy as np
import pandas as pd
from effects_studies import data_of, entry, trial_study

from dww_analysis.domain.plan import Imputation

QUICK = Imputation(m=10, burn_in=100, between=20, seed=11)
ARMS = np.array(["control", "intervention"])


def wide_trial(seed, *, teams=24, persons=10, waves=3, effect=0.4, scales=2, shared=0.8):
    """One row per person and wave with columns y, x1, ...: `shared` correlation of scales at the level of rows."""
    rng = np.random.default_rng(seed)
    n = teams * persons * waves
    team, person = np.repeat(np.arange(teams), persons * waves), np.repeat(np.arange(teams * persons), waves)
    wave = np.tile(np.arange(waves), teams * persons)
    arm = team % 2

    def correlated(k, variance):
        V = variance * ((1 - shared) * np.eye(scales) + shared)
        return rng.multivariate_normal(np.zeros(scales), V, k)

    Y = correlated(teams, 0.08)[team] + correlated(teams * waves, 0.02)[team * waves + wave]
    Y = 3.5 + Y + correlated(teams * persons, 0.3)[person] + correlated(n, 0.3)
    Y[:, 0] += effect * arm * (wave == waves - 1)
    names = ["y", *(f"x{k}" for k in range(1, scales))]
    return pd.DataFrame(
        {
            "sample": "main", "person": [f"p{i}" for i in person], "wave": wave, "organisation": "o1",
            "team": [f"t{t:02d}" for t in team], "arm": ARMS[arm], **dict(zip(names, Y.T, strict=True)),
        }
    )  # fmt: skip


def scores_of(wide, name):
    columns = ["sample", "person", "wave", "organisation", "team", "arm"]
    return wide[columns].assign(scale=name, score=wide[name])


def entry_data(wide, **changes):
    """EntryData of y, and the scores tables of the other scales."""
    others = [c for c in wide if c.startswith("x")]
    answers = wide.drop(columns=[c for c in wide if c == "y" or c in others])
    data = data_of(entry(**changes), scores_of(wide, "y"), answers=answers, study=trial_study())
    return data, {name: scores_of(wide, name) for name in others}
