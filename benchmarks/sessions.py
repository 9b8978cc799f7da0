"""Reading and counting many sessions: `python benchmarks/sessions.py [SESSIONS] [BALLOTS]`.

Invented ballots of seven roles over ten themes, as one delivered table; prints the processor seconds of reading the
rows and of all quantities (shares, tiers by bootstrap, contested themes by shuffling). Asked of 100 sessions of 60
ballots: under 30 s.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import pandas as pd

from dww_analysis.domain.practice import Practice, Role, Session, Theme
from dww_analysis.domain.study import Source
from dww_analysis.practice import practice_quantities, read_source

LABEL = {"nl": "x", "en": "x"}
ROLES = [f"role_{i}" for i in range(7)]
THEMES = [f"theme_{i:02d}" for i in range(10)]
CHOOSE = 3
MINIMUM = 8


def invented(sessions: int, ballots: int) -> tuple[pd.DataFrame, Practice]:
    """One row for each theme that a ballot chose, and what practice.yaml would say."""
    rng = np.random.default_rng(20260312)
    liked = rng.normal(size=(len(ROLES), len(THEMES)))
    rows = [
        (f"s{s:03d}", f"{s}-{b}", ROLES[b % len(ROLES)], THEMES[t], 1)
        for s in range(sessions)
        for b in range(ballots)
        for t in np.argsort(-(liked[b % len(ROLES)] + rng.gumbel(size=len(THEMES))))[:CHOOSE]
    ]
    practice = Practice(
        roles=tuple(Role(r, LABEL) for r in ROLES),
        themes=tuple(Theme(t, LABEL) for t in THEMES),
        sessions=tuple(Session(f"s{s:03d}", LABEL, "2026-03-12", LABEL, CHOOSE) for s in range(sessions)),
    )
    return pd.DataFrame(rows, columns=["session", "ballot", "role", "theme", "chosen"]), practice


def main(sessions: int = 100, ballots: int = 60) -> None:
    """Print what it took."""
    data, practice = invented(sessions, ballots)
    source = Source(
        "ballots",
        "ballots.csv",
        None,
        "ballots",
        "auto",
        "main",
        None,
        {c: c for c in data.columns},
        basis="open",
    )
    start = time.process_time()
    read = read_source(data, source, practice)
    middle = time.process_time()
    found = practice_quantities([(source, read)], practice, MINIMUM, "benchmark")
    end = time.process_time()
    print(f"{sessions} sessions of {ballots} ballots, {len(data)} rows, {len(found)} quantities")
    print(f"reading {middle - start:.1f} s, counting {end - middle:.1f} s of one processor")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
