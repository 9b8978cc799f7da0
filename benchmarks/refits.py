"""Refits with Kenward-Roger a second: side by side, by `refit`, and side by side without numba.

A trial as the example study: about 620 answers of 300 persons in 24 teams of 6 organisations (fixed strata), three
waves with drop-out, arm by wave, (1 | team) + (1 | team:wave) + (1 | person). Run it on an idle machine:

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/refits.py [refits]

CPU seconds of one core; the first line is the once-per-process loading (or, at the very first run after an
installation, the compilation) of the compiled loops.
"""

from __future__ import annotations

import sys
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import pandas as pd

from dww_analysis.multilevel import Fit, fit
from dww_analysis.multilevel.gaussian import refit_blocks

ALLOCATED = "score ~ wave + treated_1 + treated_2 + {strata} + (1 | team) + (1 | team:wave) + (1 | person)"
DESIGNS = {
    "teams allocated": ALLOCATED.format(strata="organisation"),
    "organisations allocated": ALLOCATED.format(strata="(1 | organisation) + (1 | organisation:wave)"),
}
FEW = 60  # refits one by one


def trial(seed: int = 1) -> pd.DataFrame:
    """Rows of the trial with one outcome."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(9, 18, 24)
    team = np.repeat(np.arange(24), 3 * sizes)
    person, wave = np.repeat(np.arange(sizes.sum()), 3), np.tile(np.arange(3), sizes.sum())
    rows = pd.DataFrame({"organisation": team // 4, "team": team, "person": person, "wave": wave})
    rows = rows[rng.uniform(size=len(rows)) < 0.66].reset_index(drop=True)
    for at in (1, 2):
        rows[f"treated_{at}"] = ((rows["wave"] == at) & (rows["team"] % 2 == 1)).astype(float)
    cells = rng.normal(size=(24, 3))[rows["team"], rows["wave"]]
    effects = (
        0.2 * rng.normal(size=24)[rows["team"]] + 0.15 * cells + 0.5 * rng.normal(size=400)[rows["person"]]
    )
    rows["score"] = effects + 0.45 * rng.normal(size=len(rows))
    return rows.astype(dict.fromkeys(["organisation", "team", "person", "wave"], "category"))


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds."""
    start = time.process_time()
    work()
    return time.process_time() - start


def peak_megabytes(work: Callable[[], object]) -> float:
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def without_numba(model: Fit, Y: np.ndarray) -> float:
    """CPU seconds of refits that may not load the compiled loops."""
    worth, refit_blocks.WORTH_LOADING = refit_blocks.WORTH_LOADING, sys.maxsize
    try:
        return seconds(lambda: model.refit_many(Y))
    finally:
        refit_blocks.WORTH_LOADING = worth


def report(name: str, formula: str, rows: pd.DataFrame, n: int) -> None:
    model = fit(formula, rows)
    Y = model.simulate(n, 1)
    few = min(FEW, n)
    together = n / min(seconds(lambda: model.refit_many(Y)) for _ in range(3))
    single = few / seconds(lambda: [model.refit(y).coefficients() for y in Y[:, :few].T])
    plain = n / without_numba(model, Y)
    found = model.refit_many(Y)
    print(f"{name}: {len(rows)} rows, {n} refits, {found.at_boundary.mean():.2f} at a boundary")
    print(f"  side by side     {together:7.0f} a second, {found.n_full_searches} searched in full")
    print(f"  refit            {single:7.1f} a second, ratio {together / single:.0f}")
    print(f"  without numba    {plain:7.1f} a second, ratio {together / plain:.0f}")
    print(f"  peak memory      {peak_megabytes(lambda: model.refit_many(Y)):7.0f} MB above the outcomes")


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    rows = trial()
    model = fit(DESIGNS["teams allocated"], rows)
    Y = model.simulate(n, 1)
    print(f"compiled loops ready after {seconds(lambda: model.refit_many(Y)):.1f} s")
    for name, formula in DESIGNS.items():
        report(name, formula, rows, n)


if __name__ == "__main__":
    main()
