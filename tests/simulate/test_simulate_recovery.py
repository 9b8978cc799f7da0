"""The pipeline, from raw files to report, finds what was put in and lets nothing out that should stay in.

`dww run` sees the raw files and the configuration only; the truth is compared afterwards.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from dww_analysis.simulate import EXAMPLE, FILES
from dww_analysis.simulate.canaries import canaries

HOME = Path(__file__).parents[2]
ENTRIES = {
    "lpw": "learning_potential",
    "ail": "agency_in_learning",
    "uwes": "work_engagement",
    "bat": "burnout",
    "psysafe": "psychological_safety",
    "jobsat": "job_satisfaction",
    "turnover": "turnover_intention",
}
# One draw: estimates lie within three of their own standard errors of the truth. The SD of observed scores holds
# measurement error too, which makes an effect in SD up to a tenth smaller than the latent one; that is far less.
STANDARD_ERRORS = 3


def dww(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dww_analysis", "--root", str(root), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The example study run in a folder of its own: the folder and what the terminal said."""
    root = tmp_path_factory.mktemp("root")
    shutil.copytree(HOME / "config" / "example", root / "config" / "example")
    shutil.copy(HOME / "config" / "config.yaml", root / "config" / "config.yaml")
    assert dww(root, "simulate", "example").returncode == 0
    ended = dww(root, "run", "example", "--cores", "2")
    assert ended.returncode == 0, ended.stderr
    return root, ended.stdout + ended.stderr


@pytest.mark.slow
def test_the_command_writes_the_committed_files(tmp_path):
    ended = dww(tmp_path, "simulate", "example", "--out", str(tmp_path / "raw"))
    assert ended.returncode == 0, ended.stderr
    for name in FILES:
        assert (tmp_path / "raw" / name).read_bytes() == (HOME / "data/raw/example" / name).read_bytes()
    assert all(name in ended.stdout for name in FILES)


@pytest.mark.slow
@pytest.mark.workflow
@pytest.mark.parametrize("construct", EXAMPLE.constructs, ids=lambda c: c.id)
def test_estimates_are_near_the_truth(run, construct):
    estimates = pd.read_csv(run[0] / "reports/example/tables/estimates.csv").set_index("id")
    for wave, of in ((1, ".wave1"), (2, "")):  # the planned one has the id of its entry
        row = estimates.loc[f"{ENTRIES[construct.id]}{of}.sd"]
        assert row["unit"] == "SD"
        assert abs(row["estimate"] - construct.effect[wave]) < STANDARD_ERRORS * row["std_error"]


@pytest.mark.slow
@pytest.mark.workflow
def test_the_report_does_not_say_that_everything_works(run):
    estimates = pd.read_csv(run[0] / "reports/example/tables/estimates.csv").set_index("id")
    final = {construct: estimates.loc[entry] for construct, entry in ENTRIES.items()}
    assert final["lpw"]["conf_low"] > 0
    assert final["turnover"]["estimate"] > 0  # more thoughts of leaving in the supported teams
    for construct in ("bat", "jobsat"):
        assert final[construct]["conf_low"] < 0 < final[construct]["conf_high"]


@pytest.mark.slow
@pytest.mark.workflow
def test_rows_are_accounted_for(run):
    flow = pd.read_csv(run[0] / "reports/example/tables/flow.csv")
    rows = flow[flow["level"] == "row"]
    for _, source in rows.groupby("source"):
        count = source.groupby("step")["count"].sum()
        assert count["read"] == count["dropped"] + count["kept"]


def contents(path: Path) -> str:
    """Everything a file holds as text: its bytes, and what is packed inside."""
    raw = path.read_bytes()
    text = raw.decode("utf-8", errors="replace")
    if path.suffix == ".parquet":
        text += pd.read_parquet(io.BytesIO(raw)).to_csv()
    if zipfile.is_zipfile(io.BytesIO(raw)):
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            text += "".join(packed.read(name).decode("utf-8", errors="replace") for name in packed.namelist())
    return text


@pytest.mark.slow
@pytest.mark.workflow
def test_no_canary_and_no_person_code_in_any_output(run):
    root, terminal = run
    raw = root / "data" / "raw"
    survey = pd.read_csv(raw / "example" / "wave2_limesurvey.csv", dtype=str, keep_default_na=False)
    codes = set(survey["token"]) - {"", "test1", "test2"}
    secrets = {canary.text for canary in canaries()} | codes | {code.upper() for code in codes}
    outputs = [p for p in root.rglob("*") if p.is_file() and not p.is_relative_to(raw)]
    assert len(outputs) > 50
    for name, text in [("the terminal", terminal), *((str(p), contents(p)) for p in outputs)]:
        found = [secret for secret in secrets if secret in text]
        assert not found, f"{name} holds {len(found)} identifiers"
