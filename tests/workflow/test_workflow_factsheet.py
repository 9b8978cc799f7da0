"""Stage factsheet: made where reports.yaml asks for it, from what readers get, without a change of anything else."""

import re
from dataclasses import replace

import pandas as pd
import pypdfium2
import pytest
import yaml
from workflow_runs import ROOT, dww

from dww_analysis.reports.documents import factsheet as documents
from dww_analysis.reports.documents import paper
from dww_analysis.stages.factsheet import factsheets
from dww_analysis.stages.project import Project, open_project
from dww_analysis.stages.publication import Publication
from dww_analysis.stages.register import STAGES, stage
from dww_analysis.stages.slices import slice_hash

LANGUAGES = ("nl", "en")


def asked(**changes) -> Project:
    """The example, which has a factsheet, with other settings of its reports."""
    found = open_project(ROOT, "example")
    reports = replace(found.files.reports, **changes)
    other = Project(found.paths)
    other.__dict__["files"] = replace(found.files, reports=reports)
    return other


def test_it_is_made_where_it_is_asked_for_in_each_language_of_the_reports():
    assert factsheets(asked(documents=())) == []
    assert factsheets(asked()) == ["nl", "en"]
    assert factsheets(asked(languages=("en",))) == ["en"]


def test_asking_for_it_changes_the_plan_of_no_other_step_but_the_report():
    plain, other = asked(documents=()), asked()
    changed = {
        id
        for id in STAGES
        for name in stage(id).names(plain)
        if slice_hash(*stage(id).config(plain, name)) != slice_hash(*stage(id).config(other, name))
    }
    assert changed == {"report"}


def test_what_stands_on_the_report_only_makes_it_not_stale():
    one, other = asked(), asked(subtitle={"nl": "anders", "en": "other"})
    assert stage("factsheet").config(one, "nl") == stage("factsheet").config(other, "nl")


def test_a_factsheet_that_is_too_long_is_a_warning_of_its_record(monkeypatch):
    monkeypatch.setattr(documents, "factsheet_said", lambda *tables, **facts: {})
    monkeypatch.setattr(documents, "factsheet_page", lambda said: "<p>word</p>" * 351)
    monkeypatch.setattr(paper, "factsheet_pdf", lambda said, study: b"")
    monkeypatch.setattr(Publication, "beside", lambda self, gated: (gated, 0))
    made = stage("factsheet").run(asked(), "nl", dict.fromkeys(("estimates", "answers", "flow")))
    assert "351 words, more than 350" in made.warnings[0]


@pytest.mark.workflow
def test_a_finished_study_has_one_with_every_planned_outcome(finished_example):
    root, _ = finished_example
    plan = yaml.safe_load((root / "config/example/plan.yaml").read_text(encoding="utf-8"))
    planned = {e["id"] for e in plan["entries"] if e.get("status") != "exploratory"}
    estimates = pd.read_csv(root / "reports/example/tables/estimates.csv")
    for language in LANGUAGES:
        page = (root / "reports" / "example" / f"factsheet.{language}.html").read_text(encoding="utf-8")
        found = set(re.findall(r'data-estimate="([^"]+)"', page))
        assert found == planned <= set(estimates["id"])
        assert {"nl": "ongunstig", "en": "unfavourable"}[language] in page
        assert len(pypdfium2.PdfDocument(root / f"reports/example/factsheet.{language}.pdf")) == 2


@pytest.mark.workflow
@pytest.mark.slow
def test_the_sheet_of_a_unit_is_a_target_of_its_own(finished_example):
    root, _ = finished_example
    folder = next(f for f in sorted((root / "reports/example/units").iterdir()) if f.name.startswith("team-"))
    unit = folder.name.removeprefix("team-")
    done = dww(root, "report", "example", "--only", "team", "--unit", unit, "--lang", "nl")
    assert done.returncode == 0, done.stderr
    assert "of 0 units made anew, 1 left as they were" in done.stdout
    named = [line.strip() for line in done.stdout.splitlines() if line.startswith("  ")]
    assert named == [str(folder / name) for name in ("sheet.nl.html", "sheet.nl.pdf", "sheet.json")]
    assert len(pypdfium2.PdfDocument(folder / "sheet.nl.pdf")) == 2
