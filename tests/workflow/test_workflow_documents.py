"""The talking picture, the cards and the workbook of a finished study: made where asked for, of what readers get."""

import io
import re
from dataclasses import replace
from typing import get_args

import openpyxl
import pandas as pd
import pytest
import yaml
from workflow_runs import ROOT

from dww_analysis.domain.report import Document
from dww_analysis.errors import SourceError
from dww_analysis.stages import documents
from dww_analysis.stages.again import estimate_again
from dww_analysis.stages.handed_out import handed_out
from dww_analysis.stages.project import Project, open_project
from dww_analysis.stages.register import STAGES, stage
from dww_analysis.stages.slices import slice_hash

DOCUMENTS = ("praatplaat", "cards", "workbook")
LANGUAGES = ("nl", "en")
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


def test_the_page_links_to_every_file_of_a_document_and_to_no_sheet():
    every = tuple(get_args(Document))
    project = asked(documents=every)
    made = {
        place.pattern.format(name=name)
        for step in (*every, "article")
        if step != "report"
        for name in stage(step).names(project)
        for place in stage(step).places(project).values()
        if place.root == "reports"
    }
    linked = [address for _, address, _ in handed_out(project)]
    assert set(linked) == {*made, "provenance.json"} and len(linked) == len(set(linked))
    assert handed_out(asked(documents=())) == [("provenance", "provenance.json", "")]
    assert not any("units" in address for address in linked)


@pytest.fixture(scope="module")
def with_documents(finished_example):
    """Root of the finished example, which makes these documents."""
    return finished_example[0]


@pytest.mark.workflow
def test_every_file_lies_there_and_is_found_by_its_document(with_documents):
    project = open_project(with_documents, "example")
    for id, names in MADE.items():
        found = {path.name for path in documents.asked(project, [id]).files(project)}
        assert found == set(names)
        assert all((project.paths.reports / name).stat().st_size > 500 for name in names)


@pytest.mark.workflow
def test_what_they_print_of_estimates_is_published(with_documents):
    folder = with_documents / "reports" / "example"
    published = pd.read_csv(folder / "tables" / "estimates.csv").set_index("id")
    planned = {e["id"] for e in yaml.safe_load((with_documents / "config/example/plan.yaml").read_text())["entries"]
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
def test_the_derived_data_give_the_published_estimates_again(with_documents):
    root = with_documents
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
