"""Time of a three-level logistic model beside lme4's glmer, and of the families of counts, on the simulated trial.

usage: python benchmarks/glmm_bench.py [teams ...]   (default 60 600; glmer only where Rscript and lme4 are present)
Set OMP_NUM_THREADS=1 to compare single threads.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from dww_analysis.multilevel import fit

FORMULA = "turnover ~ condition * time + (1 | org) + (1 | team) + (1 | person)"
R_CODE = """
suppressMessages(library(lme4)); d <- read.csv("{path}", stringsAsFactors = TRUE)
t <- system.time(m <- glmer({formula}, d, binomial))[["elapsed"]]
cat(t, as.numeric(logLik(m)))
"""


def trial(n_teams: int, seed: int = 20250101) -> pd.DataFrame:
    """Persons in teams in organisations (4 teams each), 4 waves, one in five persons lost on the way; yes or no."""
    rng = np.random.default_rng(seed + n_teams)
    size = np.clip(rng.poisson(12, n_teams), 4, 24)
    team_of_person = np.repeat(np.arange(n_teams), size)
    n_persons = len(team_of_person)
    seen = np.where(rng.random(n_persons) < 0.2, rng.integers(1, 4, n_persons), 4)
    person = np.repeat(np.arange(n_persons), seen)
    wave = np.arange(len(person)) - np.repeat(np.cumsum(seen) - seen, seen)
    team = team_of_person[person]
    org, arm = team // 4, team % 2
    eta = -1.4 + 0.1 * wave - 0.2 * arm * wave + rng.normal(0, 0.4, n_teams)[org]
    eta += rng.normal(0, 0.5, n_teams)[team] + rng.normal(0, 0.8, n_persons)[person]
    turnover = (rng.random(len(eta)) < 1 / (1 + np.exp(-eta))).astype(int)
    names = {"org": "o", "team": "t", "person": "p"}
    codes = {"org": org, "team": team, "person": person}
    labels = {k: np.char.add(names[k], v.astype(str)) for k, v in codes.items()}
    return pd.DataFrame({"turnover": turnover, "condition": arm, "time": wave, **labels})


def counts(data: pd.DataFrame, seed: int = 3) -> dict[str, pd.DataFrame]:
    """The same design with counts of each family: theta = 2, or a quarter of extra zeros."""
    rng = np.random.default_rng(seed)
    eta = 0.8 + 0.1 * data["time"] * (1 - data["condition"])
    for name, sd in (("org", 0.3), ("team", 0.3), ("person", 0.5)):
        codes = pd.factorize(data[name])[0]
        eta = eta + rng.normal(0, sd, codes.max() + 1)[codes]
    mu = np.exp(eta)
    outcomes = {
        "poisson": rng.poisson(mu),
        "nbinom2": rng.poisson(mu * rng.gamma(2.0, 0.5, len(mu))),
        "zip": rng.poisson(mu) * (rng.random(len(mu)) < 0.75),
    }
    return {family: data.assign(turnover=y) for family, y in outcomes.items()}


def time_ours(data: pd.DataFrame, family: str = "binomial", repeats: int = 3) -> tuple[float, float]:
    """(median seconds, log-likelihood)."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        model = fit(FORMULA, data, family=family)
        times.append(time.perf_counter() - start)
    return float(np.median(times)), model.log_likelihood


def time_glmer(data: pd.DataFrame) -> tuple[float, float] | None:
    """The same of glmer with its default settings; None without R or lme4."""
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trial.csv"
        data.to_csv(path, index=False)
        code = R_CODE.format(path=path, formula=FORMULA)
        run = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        return None
    seconds, log_likelihood = run.stdout.split()
    return float(seconds), float(log_likelihood)


def main(sizes: list[int]) -> None:
    """Print one line per size."""
    print(
        f"{'teams':>6} {'rows':>8} {'ours, s':>9} {'glmer, s':>9} {'ratio':>7} {'log-likelihood, ours - glmer':>29}"
    )
    for n_teams in sizes:
        data = trial(n_teams)
        ours, top = time_ours(data)
        other = time_glmer(data)
        rest = f"{other[0]:9.2f} {other[0] / ours:7.1f} {top - other[1]:29.2e}" if other else f"{'absent':>9}"
        print(f"{n_teams:6d} {len(data):8d} {ours:9.3f} {rest}")
    for n_teams in sizes:
        for family, data in counts(trial(n_teams)).items():
            print(f"{n_teams:6d} {len(data):8d} {time_ours(data, family)[0]:9.3f} {family:>9}")


if __name__ == "__main__":
    main([int(a) for a in sys.argv[1:]] or [60, 600])
