"""A million rows with 60 items: one pass, at most three times the data in memory, half the speed of a bare read."""

import json
import subprocess
import sys

import pytest

ROWS, ITEMS = 1_000_000, 60
DATA_BYTES = ROWS * (ITEMS + 2) * 8
MOST_MEMORY = 3.0  # times the data
LEAST_SPEED = 0.5  # of reading the file with pyreadstat and doing nothing

MAKE = """
import numpy as np, pandas as pd, pyreadstat, sys
rng = np.random.default_rng(1)
n, items = int(sys.argv[2]), int(sys.argv[3])
data = {"person": np.arange(n, dtype=float), "team": rng.integers(0, n // 20, n).astype(float)}
for i in range(items):
    answer = rng.integers(1, 6, n).astype(float)
    chance = rng.random(n)
    answer[chance < 0.03] = np.nan
    answer[(chance > 0.03) & (chance < 0.04)] = 9
    data[f"q{i}"] = answer
pyreadstat.write_sav(pd.DataFrame(data), sys.argv[1], missing_ranges={f"q{i}": [9] for i in range(items)})
"""
BARE = """
import json, sys, time, pyreadstat
start = time.process_time()
pyreadstat.read_sav(sys.argv[1])
print(json.dumps({"seconds": time.process_time() - start}))
"""
INGEST = """
import json, resource, sys, time
import pyarrow, pyreadstat
from dww_analysis.delivery.table import DeliveredTable
from dww_analysis.domain.study import Source, Study, Wave
from dww_analysis.ingest import combine, ingest_source
from dww_analysis.privacy import pseudonym
from dww_analysis.storage import read_table
memory = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
items = [f"q{i}" for i in range(int(sys.argv[3]))]
study = Study("s", {"en": "s"}, "public", "2026-01-01", "waves_only", (Wave(0, {"en": "0"}),), (), None,
              {"main": {"en": "a"}}, {}, ())
source = Source("s", "s.sav", None, "answers", "auto", "main", 0,
                {"person": "person", "team": "team"} | {q: q for q in items})
before, start = memory(), time.process_time()
table = read_table(sys.argv[1])
given = DeliveredTable.of(table.data, source, table.variables, table.lines)
result = ingest_source(given, study, {q: (1, 5) for q in items}, lambda code: pseudonym(b"k" * 32, "main", code))
seconds = time.process_time() - start
print(json.dumps({"seconds": seconds, "bytes": memory() - before, "rows": len(result.answers),
                  "missing": len(result.missing), "unreasoned": int(result.answers[items].isna().sum().sum())}))
"""


def run(code, path):
    found = subprocess.run(
        [sys.executable, "-c", code, str(path), str(ROWS), str(ITEMS)],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(found.stdout) if found.stdout else None


@pytest.mark.slow
def test_a_million_rows(tmp_path):
    path = tmp_path / "million.sav"
    run(MAKE, path)
    bare = run(BARE, path)
    full = run(INGEST, path)
    assert full["rows"] == ROWS and full["missing"] == full["unreasoned"] > 0
    assert full["bytes"] <= MOST_MEMORY * DATA_BYTES
    assert bare["seconds"] / full["seconds"] >= LEAST_SPEED
