"""The talking picture, the cards and the workbook of a finished study: made where asked for, of what readers get."""

import io
import json
import re
import shutil
from dataclasses import replace

import openpyxl
import pandas as pd
import pytest
import yaml
from workflow_runs import ROOT, dww

from dww_analysis.errors import SourceError
from dww_analysis.stages.again import estimate_again
from dww_analysis.stages.closure import stage_closure
from dww_analysis.stages.project import Project, open_project
from dww_analysis.stages.register import STAGES, stage
from dww_analysis.stages.slices import slice_hash

DOCUMENTS = ("praatplaat", "cards", "workbook")
LANGUAGES = ("nl", "en")
ONLY = [part for id in DOCUMENTS for part in ("--only", id)]
MADE = {
    "praatplaat": [f"praatplaat{e}.{lang}.{f}" for lang in LANGUAGES for e, f in (
        ("", "svg"), ("", "pdf"), ("", "html"), ("-empty", "svg"), ("-empty", "pdf"))],
    "cards": [f"cards.{lang}.{f}" for lang in LANGUAGES for f in ("pdf", "html")],
    "workbook": ["workbook.xlsx", "repeat_estimates.py"],
}  # fmt: skip


def asked(**changes) -> Project:
    found = open_project(ROOT, "example")
    other = Project(found.paths)
    other.__dict__["files"] = replace(found.files, reports=replace(found.files.reports, **changes))
    return other


@pytest.mark.parametrize("id", DOCUMENTS)
def test_it_is_made_where_it_is_asked_for_and_changes_no_other_step_but_the_report(id):
    plain, other = asked(documents=()), asked(documents=(id,))
    assert list(stage(id).names(plain)) == []
    assert list(stage(id).names(other)) == (["study"] if id == "workbook" else list(LANGUAGES))
    changed = {
        one
        for one in STAGES
        for name in stage(one).names(plain)
        if slice_hash(*stage(one).config(plain, name)) != slice_hash(*stage(one).config(other, name))
    }
    assert changed == {"report"}


@pytest.fixture(scope="module")
def with_documents(finished_example, tmp_path_factory):
    """The finished example, and then these documents asked for by name."""
    root = tmp_path_factory.mktemp("documents") / "root"
    shutil.copytree(finished_example[0], root, symlinks=True)
    path = root / "config" / "example" / "reports.yaml"
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump(values | {"documents": [*DOCUMENTS]}), encoding="utf-8")
    result = dww(root, "report", "example", *ONLY, "--cores", "2")
    assert result.returncode == 0, result.stderr
    return root, result.stdout


@pytest.mark.workflow
def test_every_file_lies_there_and_is_named(with_documents):
    root, said = with_documents
    for name in (n for names in MADE.values() for n in names):
        assert (root / "reports" / "example" / name).stat().st_size > 500 and name in said


@pytest.mark.workflow
def test_what_they_print_of_estimates_is_published(with_documents):
    folder = with_documents[0] / "reports" / "example"
    published = pd.read_csv(folder / "tables" / "estimates.csv").set_index("id")
    planned = {e["id"] for e in yaml.safe_load((with_documents[0] / "config/example/plan.yaml").read_text())["entries"]
               if e.get("status") != "exploratory"}  # fmt: skip
    for name in ("praatplaat.nl.html", "praatplaat.en.html", "cards.nl.html", "cards.en.html"):
        found = set(re.findall(r'data-estimate="([^"]+)"', (folder / name).read_text(encoding="utf-8")))
        assert found == planned <= set(published.index)
    content = (folder / "workbook.xlsx").read_bytes()
    sheet = pd.read_excel(io.BytesIO(content), sheet_name="estimates").set_index("id")
    pd.testing.assert_series_equal(sheet["estimate"], published["estimate"], rtol=1e-12)
    tables = {p.stem for p in (folder / "tables").glob("*.csv")}
    assert tables <= set(openpyxl.load_workbook(io.BytesIO(content), read_only=True).sheetnames)


@pytest.mark.workflow
@pytest.mark.parametrize("id", DOCUMENTS)
def test_every_file_of_ours_that_a_job_opened_was_planned(id, with_documents):
    """What the record of the job says it read, and the code that it can have run."""
    root, _ = with_documents
    records = sorted((root / "data/derived/example/provenance").glob(f"{id}.*.json"))
    project = open_project(root, "example")
    for record in records:
        name = record.name.split(".")[1]
        declared = {str(p.relative_to(root)) for p in stage(id).files_read(project, name)}
        read = {f for f in json.loads(record.read_text())["inputs"] if f.startswith("data/derived")}
        assert read <= declared
    assert records and f"stages/{id}.py" in stage_closure(f"dww_analysis.stages.{id}")


@pytest.mark.workflow
def test_the_same_bytes_again(with_documents):
    root, _ = with_documents
    folder = root / "reports" / "example"
    files = [folder / n for names in MADE.values() for n in names]
    before = [f.read_bytes() for f in files]
    for f in files:
        f.unlink()
    assert (
        dww(
            root, "report", "example", "--only", "praatplaat", "--only", "cards", "--only", "workbook"
        ).returncode
        == 0
    )
    assert [f.read_bytes() for f in files] == before


@pytest.mark.workflow
def test_the_derived_data_give_the_published_estimates_again(with_documents):
    root, _ = with_documents
    found = estimate_again(root, "example", "learning_potential_by_experience")
    assert len(found) and found["same"].all() and found["estimate"].notna().all()
    path = root / "reports/example/tables/estimates.csv"
    kept = path.read_bytes()
    try:
        table = pd.read_csv(path)
        table.loc[table["entry"] == "learning_potential_by_experience", "conf_high"] += 0.001
        table.to_csv(path, index=False)
        assert not estimate_again(root, "example", "learning_potential_by_experience")["same"].any()
        path.unlink()
        with pytest.raises(SourceError, match="not there"):
            estimate_again(root, "example", "learning_potential_by_experience")
    finally:
        path.write_bytes(kept)
