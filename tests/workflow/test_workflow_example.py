"""The main job on the example study: raw files to reports, again, and after one corrected key."""

import os
import shutil
from decimal import ROUND_HALF_UP, Decimal

import pandas as pd
import pytest
import yaml
from workflow_runs import ROOT, dww, files_below

pytestmark = pytest.mark.workflow


def test_run_ends_well_and_says_what_came_out(finished_example):
    root, result = finished_example
    assert result.returncode == 0, result.stderr
    sheets = [f"factsheet.{language}.{form}" for language in ("nl", "en") for form in ("html", "pdf")]
    articles = [f"report.{language}.{form}" for language in ("nl", "en") for form in ("docx", "pdf")]
    for name in ("index.html", *sheets, *articles, "units"):
        assert str(root / "reports" / "example" / name) in result.stdout
    plan = yaml.safe_load((ROOT / "config/example/plan.yaml").read_text(encoding="utf-8"))
    primary = [e for e in plan["entries"] if e["family"] == "primary"]
    lines = [line for line in result.stdout.splitlines() if "95 % CI" in line]
    assert len(lines) == len(primary)
    assert all("KR df" in line and "adjusted p" in line for line in lines)
    table = pd.read_csv(root / "reports/example/tables/estimates.csv", dtype=str).set_index("id")
    for entry, line in zip(primary, lines, strict=True):
        published = Decimal(table.at[entry["id"], "p_adjusted"]).quantize(Decimal("0.001"), ROUND_HALF_UP)
        assert f"adjusted p {published}".replace("p 0.", "p .") in line


@pytest.mark.long
def test_second_run_does_nothing_and_says_the_same(finished_example):
    root, first = finished_example
    second = dww(root, "run", "example")
    assert second.returncode == 0
    assert "nothing to do" in second.stdout
    said, again = first.stdout.splitlines(), second.stdout.splitlines()
    done = next(i for i, line in enumerate(said) if line.startswith("Done in ") or "nothing to do" in line)
    tail = said[done + 1 :]
    assert len(tail) > 10
    assert again[-len(tail) :] == tail


@pytest.mark.slow
def test_dutch_terminal(finished_example):
    root, _ = finished_example
    result = dww(root, "--lang", "nl", "run", "example")
    assert "niets te doen" in result.stdout
    assert "95%-BI" in result.stdout


def test_fixed_places_exist(finished_example):
    root, _ = finished_example
    reports = root / "reports" / "example"
    tables = ("estimates", "reliability", "flow", "baseline", "descriptives", "mechanisms", "participation")
    for table in (*tables, "imputation", "imputation_chain", "delta", "tipping", "curve", "curve_test"):
        assert len(pd.read_csv(reports / "tables" / f"{table}.csv")) > 0
    assert (reports / "provenance.json").is_file()
    svgs, pngs = (sorted(p.stem for p in (reports / "figures").glob(f"*.{k}")) for k in ("svg", "png"))
    assert svgs == pngs
    assert len(svgs) > 10


def test_nothing_made_holds_a_path_or_a_name_of_this_machine(finished_example):
    root, _ = finished_example
    words = [str(root).encode(), os.uname().nodename.encode(), str(ROOT).encode()]
    for folder in (root / "data" / "derived", root / "reports"):
        for path in files_below(folder).values():
            content = path.read_bytes()
            assert not [w for w in words if len(w) > 4 and w in content], path


@pytest.mark.long
def test_correcting_one_key_makes_stale_what_rests_on_it_and_nothing_else(finished_example, tmp_path):
    root = tmp_path / "copy"
    shutil.copytree(finished_example[0], root, copy_function=shutil.copy2)
    path = root / "config" / "example" / "scales.yaml"
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    key = next(k for k in values["own_keys"] if k["id"] == "job_satisfaction_1")  # nothing is imputed with it
    key["reversed"] = list(key["items"])
    path.write_text(yaml.safe_dump(values, allow_unicode=True, sort_keys=False), encoding="utf-8")
    result = dww(root, "explain", "example")
    assert result.returncode == 0, result.stderr
    steps = {line.strip().split(":")[0] for line in result.stdout.splitlines()[1:]}
    about_the_scale = {s for s in steps if "job_satisfaction" in s}
    verbs = ("score", "measurement quality of", "estimate", "impute", "draw")
    assert about_the_scale == {f"{verb} job_satisfaction" for verb in verbs} | {
        "try the tests of job_satisfaction on simulated trials"
    }
    assert steps - about_the_scale == {
        "correct for many tests",
        "lay imputed outcomes side by side",
        "lay estimates under other choices side by side",
        "recompute deviations under the sealed plan",
        "describe who took part",
        "draw the overview figures",
        "write the factsheet",
        "compute what the report as an article shows",
        "write the report as an article",
        "count what sessions chose, voted and told",  # beside building blocks stands what teams report
        "draw the talking picture",
        "make the conversation cards",
        "make the workbook",
        "make sheets for teams and organisations",
        "write the report",
    }


def test_export_opens_in_spss(finished_example):
    import pyreadstat

    root, _ = finished_example
    assert dww(root, "export", "example").returncode == 0
    frame, meta = pyreadstat.read_sav(root / "data/derived/example/export/scores.sav")
    table = pd.read_csv(root / "data/derived/example/export/scores.csv")
    assert len(frame) == len(table)
    assert frame["learning_potential"].dropna().to_numpy() == pytest.approx(
        table["learning_potential"].dropna().to_numpy()
    )
    assert meta.column_names_to_labels["learning_potential"] == "learning potential of the workplace"
    assert meta.variable_value_labels["wave"]


@pytest.mark.long
def test_notebook_runs_on_the_results(finished_example):
    import jupytext
    from nbclient import NotebookClient

    root, _ = finished_example
    notebook = jupytext.read(ROOT / "notebooks" / "01_open_the_results.py")
    client = NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(root)}}
    )
    os.environ["DWW_ROOT"] = str(root)
    try:
        client.execute()
    finally:
        del os.environ["DWW_ROOT"]


@pytest.mark.long
def test_engine_notebook_runs():
    import jupytext
    from nbclient import NotebookClient

    notebook = jupytext.read(ROOT / "notebooks" / "02_engine_beside_lme4.py")
    folder = {"metadata": {"path": str(ROOT / "notebooks")}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=folder).execute()
