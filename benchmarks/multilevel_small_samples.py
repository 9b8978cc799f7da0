"""Type I error and coverage of the team-level test with few teams: Kenward-Roger, Satterthwaite and z side by side.

Trials without any effect: teams of unequal size, half of them in each arm, one outcome a person,
y ~ arm + (1 | team). Prints the table that stands in docs/methods/multilevel.md.
usage: python benchmarks/multilevel_small_samples.py [trials a cell]
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dww_analysis.multilevel import fit
from dww_analysis.multilevel.gaussian.kenward_roger import KenwardRoger
from dww_analysis.multilevel.gaussian.refit import refit
from dww_analysis.multilevel.gaussian.satterthwaite import Satterthwaite
from dww_analysis.multilevel.inference.distributions import t_quantile, two_sided_p
from dww_analysis.multilevel.inference.plain import Normal

TEAMS = (12, 20, 40)
ICCS = (0.02, 0.05, 0.15)
MEAN_TEAM = 12
SEED = 20261121
METHODS = {"kenward-roger": KenwardRoger, "satterthwaite": Satterthwaite, "normal": Normal}


@dataclass(frozen=True)
class Cell:
    """Shares over all trials of one cell."""

    teams: int
    icc: float
    trials: int
    zero_variance: float  # team variance estimated at zero
    not_converged: float
    rejected: dict[str, float]  # p < .05, by method
    covered: dict[str, float]  # the 95 % interval holds the true effect, zero
    mean_df: float  # Kenward-Roger


def skeleton(teams: int, rng: np.random.Generator) -> pd.DataFrame:
    """Persons in teams of 4 to 24, arms balanced."""
    sizes = np.clip(rng.poisson(MEAN_TEAM, teams), 4, 24)
    team = np.repeat(np.arange(teams), sizes)
    arm = rng.permutation(np.arange(teams) % 2)[team]
    return pd.DataFrame({"team": [f"t{t:02d}" for t in team], "arm": arm, "code": team})


def outcomes(data: pd.DataFrame, icc: float, trials: int, rng: np.random.Generator) -> np.ndarray:
    """(persons, trials) outcomes with total variance one and no effect of the arm."""
    code = data["code"].to_numpy()
    between = np.sqrt(icc) * rng.normal(size=(code.max() + 1, trials))
    return between[code] + np.sqrt(1 - icc) * rng.normal(size=(len(code), trials))


def run_cell(teams: int, icc: float, trials: int, seed: int = SEED) -> Cell:
    """Fit and test `trials` invented trials of one cell."""
    rng = np.random.default_rng([seed, teams, round(1000 * icc)])
    data = skeleton(teams, rng)
    Y = outcomes(data, icc, trials, rng)
    base = fit("y ~ arm + (1 | team)", data.assign(y=Y[:, 0] + 0.5 * (data["code"] % 3))).solution
    L = np.array([[0.0, 1.0]])
    statistic, df = {m: np.empty(trials) for m in METHODS}, {m: np.empty(trials) for m in METHODS}
    zero, converged = np.empty(trials, dtype=bool), np.empty(trials, dtype=bool)
    for i in range(trials):
        found = refit(base, Y[:, i], thorough=False)
        zero[i], converged[i] = found.theta[0] == 0, found.converged
        for method, build in METHODS.items():
            inference = build(found)
            statistic[method][i] = found.beta[1] / np.sqrt(inference.vcov[1, 1])
            df[method][i] = inference.df(L)[0]
    rejected = {m: float((two_sided_p(statistic[m], df[m]) < 0.05).mean()) for m in METHODS}
    covered = {m: float((np.abs(statistic[m]) <= t_quantile(df[m], 0.95)).mean()) for m in METHODS}
    mean_df = float(df["kenward-roger"].mean())
    return Cell(
        teams, icc, trials, float(zero.mean()), float((~converged).mean()), rejected, covered, mean_df
    )


def table(trials: int) -> pd.DataFrame:
    """One row a cell."""
    rows = []
    for teams in TEAMS:
        for icc in ICCS:
            cell = run_cell(teams, icc, trials)
            row = {
                "teams": teams,
                "icc": icc,
                "zero variance": cell.zero_variance,
                "mean KR df": cell.mean_df,
            }
            row |= {f"rejects, {m}": cell.rejected[m] for m in METHODS}
            row |= {f"covers, {m}": cell.covered[m] for m in METHODS}
            rows.append(row | {"not converged": cell.not_converged})
            print(rows[-1], file=sys.stderr, flush=True)
    return pd.DataFrame(rows)


if __name__ == "__main__":
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    print(table(n).round(4).to_string(index=False))
