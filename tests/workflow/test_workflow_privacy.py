"""Names, addresses and numbers planted in the raw files of the example: none of them gets out."""

import io
import json
import shutil
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from workflow_runs import ROOT, dww, holding, read_shown

pytestmark = pytest.mark.workflow


def planted() -> set[str]:
    listed = json.loads((ROOT / "tests" / "simulate" / "canaries.json").read_text(encoding="utf-8"))
    return {canary["text"] for canary in listed}


def person_codes() -> set[str]:
    raw = pd.read_csv(ROOT / "data/raw/example/wave2_limesurvey.csv", dtype=str, keep_default_na=False)
    codes = {c for c in raw["token"] if len(c) >= 6}
    return codes | {c.upper() for c in codes}


def unpacked(path: Path) -> str:
    """Everything a file holds, as text: its bytes, the cells of a parquet file, the members of a zip."""
    raw = path.read_bytes()
    text = raw.decode("utf-8", errors="replace") + raw.decode("utf-16-le", errors="ignore")
    if path.suffix == ".pdf":
        text += read_shown(path)
    if path.suffix == ".parquet":
        text += pd.read_parquet(path).to_csv()
    if zipfile.is_zipfile(io.BytesIO(raw)):
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            text += "".join(packed.read(n).decode("utf-8", errors="replace") for n in packed.namelist())
    return text


@pytest.mark.long
def test_nothing_planted_is_in_any_output(finished_example):
    root, result = finished_example
    secrets = planted() | person_codes()
    outputs = [p for p in root.rglob("*") if p.is_file() and "raw" not in p.relative_to(root).parts]
    assert len(outputs) > 50
    texts = {str(p.relative_to(root)): unpacked(p) for p in outputs}
    assert holding(secrets, {"terminal": result.stdout + result.stderr, **texts}) == {}
    shown = dict(list(texts.items())[:3], planted=f"x{min(secrets)}x and {max(secrets)}")
    assert holding(secrets, shown) == {"planted": 2}


@pytest.mark.long
def test_check_says_where_identifiers_stop(finished_example):
    root, _ = finished_example
    result = dww(root, "check", "--privacy", "example")
    assert result.returncode == 0, result.stderr
    assert "column RecipientEmail" in result.stdout
    assert "goes no further" in result.stdout
    assert not [s for s in planted() if s in result.stdout + result.stderr]


@pytest.mark.long
def test_check_finds_an_identifier_in_an_output(finished_example, tmp_path):
    root = tmp_path / "copy"
    made = shutil.ignore_patterns("derived", "interim", "reports", "logs", ".snakemake")
    shutil.copytree(finished_example[0], root, ignore=made)
    name = sorted(planted())[0]
    leak = root / "reports" / "example" / "tables" / "leak.csv"
    leak.parent.mkdir(parents=True)
    leak.write_text(f"who\n{name}\n", encoding="utf-8")
    result = dww(root, "check", "--privacy", "example")
    assert result.returncode == 2
    assert "leak.csv" in result.stderr
    assert name not in result.stdout + result.stderr


@pytest.mark.slow
def test_check_finds_an_identifier_in_a_column_that_is_used(finished_example, tmp_path):
    import yaml

    root = tmp_path / "copy"
    shutil.copytree(finished_example[0], root, ignore=shutil.ignore_patterns("derived", "interim", "reports"))
    path = root / "config" / "example" / "sources.yaml"
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    survey = next(s for s in values["sources"] if s["id"] == "wave2")
    survey["identifiers"] = []
    survey["columns"]["team"] = "G09Q01"  # the remarks, declared as the team by mistake
    path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    result = dww(root, "check", "--privacy", "example")
    assert result.returncode == 2
    assert not [s for s in planted() if s in result.stdout + result.stderr]
