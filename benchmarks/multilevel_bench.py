"""The Gaussian engine beside lme4, lmerTest, pbkrtest, mixedlm and statsmodels; prints CPU seconds and ratios.

usage: python benchmarks/multilevel_bench.py [--teams 60 600 6000] [--crossed] [--no-r] [--no-python] [--plain]
R is used only where Rscript and the packages are present.
Single-threaded: set OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1.
`--plain` leaves numba out; `--teams 60000` gives 3 million rows.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from dww_analysis.multilevel import fit
from dww_analysis.multilevel.gaussian import fast

FORMULA = "y ~ condition * time + (1 | org) + (1 + time | team) + (1 | person)"
CROSSED = "y ~ service + (1 | s) + (1 | d) + (1 | dept)"
R_SCRIPT = """
a <- commandArgs(TRUE); suppressMessages(library(lme4)); d <- read.csv(a[1], stringsAsFactors = TRUE)
for (g in c("s", "d", "dept")) if (!is.null(d[[g]])) d[[g]] <- factor(d[[g]])
f <- as.formula(a[2]); reps <- as.integer(a[4]); out <- list()
cpu <- function(e) { gc(FALSE); z <- system.time(e); unname(z[1] + z[2]) }
again <- function(task) median(sapply(seq_len(reps), function(i) cpu(task())))
out$fit <- again(function() m <<- lmer(f, d)); out$logLik <- as.numeric(logLik(m))
if (grepl("satt", a[3])) { suppressMessages(library(lmerTest))
  out$satt <- again(function() summary(lmerTest::lmer(f, d))$coefficients) }
if (grepl("kr", a[3])) { suppressMessages(library(pbkrtest))
  out$kr <- out$fit + cpu({v <- vcovAdj(m); sapply(seq_along(fixef(m)), function(j)
    Lb_ddf(diag(length(fixef(m)))[j, ], vcov(m), v))}) }
if (grepl("refit", a[3])) { Y <- simulate(m, 20, seed = 1); out$refit <- 20 / cpu(for (i in 1:20) refit(m, Y[[i]])) }
cat(jsonlite::toJSON(out, auto_unbox = TRUE, digits = 12))
"""


def trial(n_teams: int, seed: int = 2) -> pd.DataFrame:
    """Persons (about 12 a team) in teams in organisations (4 teams), 4 waves, a fifth of the persons lost."""
    rng = np.random.default_rng([seed, n_teams])
    size = np.clip(rng.poisson(12, n_teams), 4, 24)
    team_of = np.repeat(np.arange(n_teams), size)
    lost = rng.random(len(team_of)) < 0.2
    waves = np.where(lost, rng.integers(1, 4, len(team_of)), 4)
    person = np.repeat(np.arange(len(team_of)), waves)
    t = np.arange(len(person)) - np.repeat(np.cumsum(waves) - waves, waves)
    team = team_of[person]
    arm = np.concatenate([rng.permutation([0, 0, 1, 1]) for _ in range(-(-n_teams // 4))])[team]
    slopes = rng.multivariate_normal([0, 0], [[0.10, 0.01], [0.01, 0.015]], n_teams)[team]
    y = 3.4 - 0.05 * t + 0.02 * arm + 0.12 * arm * t + slopes[:, 0] + slopes[:, 1] * t
    y += 0.35 * rng.normal(size=n_teams)[team // 4] + 0.67 * rng.normal(size=len(team_of))[person]
    y += 0.63 * rng.normal(size=len(t))
    text = lambda prefix, codes: np.char.add(prefix, codes.astype(str))  # noqa: E731
    return pd.DataFrame(
        {"y": y, "time": t, "condition": arm, "org": text("o", team // 4), "team": text("t", team)}
        | {"person": text("p", person)}
    )


def ratings(seed: int = 1) -> pd.DataFrame:
    """Crossed data of InstEval's shape: 73 421 ratings by 2 972 students of 1 128 lecturers in 14 departments."""
    rng = np.random.default_rng(seed)
    n, students, lecturers, departments = 73_421, 2_972, 1_128, 14
    s, home, dept = (
        rng.integers(0, students, n),
        rng.integers(0, departments, students),
        rng.integers(0, departments, lecturers),
    )
    popularity, at_home = rng.gamma(1, 1, lecturers), rng.random(n) < 0.6
    d = rng.choice(lecturers, n, p=popularity / popularity.sum())
    for k in range(departments):
        rows, own = at_home & (home[s] == k), np.flatnonzero(dept == k)
        d[rows] = rng.choice(own, rows.sum(), p=popularity[own] / popularity[own].sum())
    service = (dept[d] != home[s]).astype(float)
    y = 3.2 - 0.07 * service + 0.33 * rng.normal(size=students)[s] + 0.51 * rng.normal(size=lecturers)[d]
    y += 0.12 * rng.normal(size=departments)[dept[d]] + 1.18 * rng.normal(size=n)
    return pd.DataFrame({"y": y, "service": service, "s": s, "d": d, "dept": dept[d]})


def cpu(task: Callable[[], object], reps: int) -> float:
    """Median CPU seconds of a task after one warm-up call."""
    task()
    times = []
    for _ in range(reps):
        start = time.process_time()
        task()
        times.append(time.process_time() - start)
    return float(np.median(times))


def as_factors(data: pd.DataFrame) -> pd.DataFrame:
    """The data with labels as categories, as R gets them; reading labels from text is timed apart."""
    text = data.select_dtypes(exclude="number").columns
    return data.astype(dict.fromkeys(text, "category"))


def ours(data: pd.DataFrame, formula: str, reps: int, refits: int) -> dict[str, float]:
    factors = as_factors(data)
    m = fit(formula, factors)
    out = {
        "fit": cpu(lambda: fit(formula, factors), reps),
        "from text": cpu(lambda: fit(formula, data), reps),
        "satt": cpu(lambda: fit(formula, factors).coefficients("satterthwaite"), reps),
        "kr": cpu(lambda: fit(formula, factors).coefficients("kenward-roger"), reps),
        "logLik": m.log_likelihood,
    }
    if refits:
        Y = m.simulate(refits, np.random.default_rng(1))
        out["refit"] = refits / cpu(lambda: m.refit_many(Y), 1)
    out["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return out


def with_r(data: pd.DataFrame, formula: str, tasks: str, reps: int) -> dict[str, float]:
    """The same in R, in a process of its own; empty where R or a package is missing."""
    if shutil.which("Rscript") is None:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        script, table = Path(folder) / "bench.R", Path(folder) / "data.csv"
        script.write_text(R_SCRIPT)
        data.to_csv(table, index=False)
        run = subprocess.run(
            ["Rscript", str(script), str(table), formula, tasks, str(reps)],
            capture_output=True,
            text=True,
            check=False,
        )
    return json.loads(run.stdout) if run.returncode == 0 and run.stdout.startswith("{") else {}


def with_python(data: pd.DataFrame, formula: str) -> dict[str, dict[str, float]]:
    """mixedlm (fit) and statsmodels (closest model it can express: no organisation, uncorrelated slope)."""
    out = {}
    try:
        import mixedlm

        out["mixedlm"] = {"fit": cpu(lambda: mixedlm.lmer(formula, data), 1)}
    except ImportError:
        pass
    if len(data) < 50_000 and "person" in data:
        import statsmodels.formula.api as smf

        parts = {"slope": "0 + time", "person": "0 + C(person)"}
        model = lambda: smf.mixedlm(  # noqa: E731
            "y ~ condition * time", data, groups="team", re_formula="1", vc_formula=parts
        ).fit(reml=True)
        if len(data) < 5_000:
            out["statsmodels"] = {"fit": cpu(model, 1)}
    return out


def show(title: str, mine: dict[str, float], others: dict[str, dict[str, float]]) -> None:
    print(f"\n{title}   (peak memory of this process {mine['peak_mb']:.0f} MB)")
    print(
        f"  {'ours':<12}"
        + "  ".join(f"{k} {v:.4g}" for k, v in mine.items() if k not in ("peak_mb", "logLik"))
    )
    for name, found in others.items():
        ratios = []
        for key in ("fit", "satt", "kr", "refit"):
            if key in found and key in mine:
                ratio = mine[key] / found[key] if key == "refit" else found[key] / mine[key]
                ratios.append(f"{key} {found[key]:.4g} ({ratio:.0f} x)")
        print(f"  {name:<12}" + "  ".join(ratios))
        if "logLik" in found:
            print(f"  {'':<12}log-likelihood, ours minus theirs: {mine['logLik'] - found['logLik']:.2e}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--teams", type=int, nargs="*", default=[60, 600, 6000])
    parser.add_argument("--crossed", action="store_true")
    parser.add_argument("--no-r", action="store_true")
    parser.add_argument("--no-python", action="store_true")
    parser.add_argument("--plain", action="store_true", help="without compiled loops")
    args = parser.parse_args()
    if args.plain:
        fast.compiled = lambda name: None
    for n_teams in args.teams:
        data = trial(n_teams)
        reps = 100 if n_teams < 100 else 9 if n_teams < 1000 else 3
        mine = ours(data, FORMULA, reps, 200 if n_teams <= 60 else 0)
        tasks = "satt kr refit" if n_teams <= 60 else ("satt kr" if n_teams <= 600 else "fit")
        others = (
            {}
            if args.no_r
            else {
                "lme4 & co.": with_r(data, FORMULA, tasks, 7 if n_teams < 100 else 3 if n_teams < 1000 else 1)
            }
        )
        others |= {} if args.no_python else with_python(data, FORMULA)
        show(f"trial, {n_teams} teams, {len(data)} rows; CPU seconds", mine, others)
    if args.crossed:
        data = ratings()
        others = {} if args.no_r else {"lme4": with_r(data, CROSSED, "fit", 1)}
        show(f"crossed ratings, {len(data)} rows; CPU seconds", ours(data, CROSSED, 1, 0), others)


if __name__ == "__main__":
    main()
