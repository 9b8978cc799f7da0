"""Time of the longitudinal invariance ladder (three waves, 12 items, 4 factors) beside lavaan where it is installed.

usage: python benchmarks/factor_bench.py [persons]   (default 300; lavaan's FIML takes about a minute)
Set OMP_NUM_THREADS=1 to compare single threads. Prints seconds, chi-squares and ratios.
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

from dww_analysis.factor import Cutoffs, Invariance, Limits, invariance

WAVES = ("T0", "T1", "T2")
MODEL = "\n".join(f"f{f + 1} =~ " + " + ".join(f"x{3 * f + k}" for k in (1, 2, 3)) for f in range(4))
ALL_STEPS = Cutoffs("all steps", "rejects nothing", Limits(9.0), Limits(9.0), configural_cfi=0.0)
R_CODE = r"""
suppressMessages(library(lavaan)); d <- read.csv("{path}"); items <- paste0("x", 1:12)
text <- function(level) {{
  out <- character(0)
  for (f in 1:4) for (w in 0:2) {{
    own <- items[3 * (f - 1) + 1:3]
    lab <- if (level >= 1) paste0("l", own, "*") else rep("", 3); lab[1] <- "1*"
    out <- c(out, sprintf("f%d_T%d =~ %s", f, w, paste0(lab, own, "_T", w, collapse = " + ")),
      sprintf("f%d_T%d ~ %s*1", f, w, if (level >= 2 && w > 0) "NA" else "0"))
  }}
  for (x in items) {{
    for (w in 0:2) out <- c(out, sprintf("%s_T%d ~ %s1", x, w, if (level >= 2) paste0("i", x, "*") else ""),
      sprintf("%s_T%d ~~ %s%s_T%d", x, w, if (level >= 3) paste0("r", x, "*") else "", x, w))
    out <- c(out, sprintf("%s_T0 ~~ %s_T1 + %s_T2", x, x, x), sprintf("%s_T1 ~~ %s_T2", x, x))
  }}
  paste(out, collapse = "\n")
}}
t <- system.time(for (k in 0:3) {{
  m <- cfa(text(k), d, meanstructure = TRUE, missing = "{missing}"); fitMeasures(m, c("cfi", "rmsea", "srmr"))
}})[["elapsed"]]
cat(t, fitMeasures(m, "chisq"))
"""


def survey(n_persons: int, gaps: float, seed: int = 1) -> pd.DataFrame:
    """Four correlated traits that drift over waves; `gaps` is the share that skips an item or drops out of a wave."""
    rng = np.random.default_rng(seed)
    trait = rng.normal(size=(n_persons, 4)) @ np.linalg.cholesky(np.full((4, 4), 0.4) + 0.6 * np.eye(4)).T
    unique = rng.normal(size=(n_persons, 12)) * 0.5
    columns = {}
    for number, wave in enumerate(WAVES):
        state = 0.7 * trait + 0.7 * rng.normal(size=(n_persons, 4)) + 0.2 * number
        for k in range(12):
            noise = unique[:, k] + 0.7 * rng.normal(size=n_persons)
            columns[f"x{k + 1}_{wave}"] = 3 + (1.0, 0.8, 1.1)[k % 3] * state[:, k // 3] + noise
    data = pd.DataFrame(columns)
    if gaps:
        data = data.mask(rng.random(data.shape) < gaps / 2)
        for wave in WAVES[1:]:
            data.loc[rng.random(n_persons) < gaps, [c for c in data if c.endswith(wave)]] = np.nan
    return data


def ours(data: pd.DataFrame, missing: str) -> tuple[float, Invariance]:
    """Best of three runs after a warm-up."""
    invariance(MODEL, data, waves=WAVES, missing=missing, cutoffs=ALL_STEPS)
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        found = invariance(MODEL, data, waves=WAVES, missing=missing, cutoffs=ALL_STEPS)
        times.append(time.perf_counter() - begin)
    return min(times), found


def lavaan(data: pd.DataFrame, missing: str) -> tuple[float, float] | None:
    """Seconds for the four levels and the last chi-square; nothing where R or lavaan is absent."""
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "survey.csv"
        data.to_csv(path, index=False)
        code = R_CODE.format(path=path.as_posix(), missing="fiml" if missing == "fiml" else "listwise")
        done = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return None
    seconds, chi_square = (float(word) for word in done.stdout.split()[-2:])
    return seconds, chi_square


def main() -> None:
    n_persons = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    for missing, gaps, limit in (("listwise", 0.0, 1.5), ("fiml", 0.2, 5.0)):
        data = survey(n_persons, gaps)
        seconds, found = ours(data, missing)
        last = found.steps.iloc[-1]
        name = "ML" if missing == "listwise" else "FIML"
        line = f"{name:5s} {n_persons} persons: {seconds:6.2f} s (asked: {limit} s)"
        print(f"{line}, strict chi-square {last['chi_square']:.4f} on {last['df']}")
        reference = lavaan(data, missing)
        if reference is None:
            print("      lavaan is not installed")
        else:
            print(
                f"      lavaan {reference[0]:6.2f} s, chi-square {reference[1]:.4f}: {reference[0] / seconds:.0f} times"
            )


if __name__ == "__main__":
    main()
