"""`dww report`: which results it asks the workflow for, which files it names, and what it refuses."""

from dataclasses import replace
from pathlib import Path

import pytest

from dww_analysis.cli import report as command
from dww_analysis.cli.report import report_study
from dww_analysis.domain.practice import PRACTICE_KINDS
from dww_analysis.errors import ConfigError
from dww_analysis.stages.documents import Request, asked, documents
from dww_analysis.stages.project import Project, open_project

ROOT = Path(__file__).parents[2]
NOTHING = {"documents": (), "units": None}


@pytest.fixture
def project(tmp_path) -> Project:
    """The example without its sessions, with reports of its own that lie in an empty folder."""
    return moved(tmp_path)


def moved(folder: Path, **reports) -> Project:
    found = open_project(ROOT, "example")
    other = Project(replace(found.paths, root=folder))
    answered = tuple(s for s in found.files.sources if s.kind not in PRACTICE_KINDS)
    own = replace(found.files.reports, **reports)
    other.__dict__["files"] = replace(found.files, sources=answered, practice=None, reports=own)
    return other


def put(project: Project, *names: str) -> None:
    for name in names:
        path = project.paths.reports / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def named(wanted: Request, project: Project) -> list[str]:
    return [path.relative_to(project.paths.reports).as_posix() for path in wanted.files(project)]


RECORD = "data/derived/example/provenance/sheets.units.json"
SHEETS = [f"units/{u}/sheet.{e}" for u in ("organisation-org_1", "team-T01", "team-T17")
          for e in ("nl.html", "nl.pdf", "en.html", "en.pdf", "json")]  # fmt: skip


def test_one_document_in_one_language_is_its_page_its_pdf_and_what_readers_have(project):
    wanted = asked(project, ["factsheet"], languages=["nl"])
    assert wanted.targets(project) == [
        "reports/example/factsheet.nl.html",
        "reports/example/factsheet.nl.pdf",
        "reports/example/index.html",
    ]
    put(project, "factsheet.nl.html", "factsheet.nl.pdf", "factsheet.en.pdf", "index.html")
    assert named(wanted, project) == ["factsheet.nl.html", "factsheet.nl.pdf"]


def test_sheets_ask_for_nothing_that_others_read(project):
    wanted = asked(project, ["team"])
    assert wanted.targets(project) == [RECORD]


def test_the_sheet_of_a_unit_in_a_language(project):
    put(project, *SHEETS)
    own = asked(project, ["team"], ["T17"], ["nl"])
    assert named(own, project) == [f"units/team-T17/sheet.{e}" for e in ("nl.html", "nl.pdf", "json")]
    both = asked(project, units=["T17", "org_1"], languages=["en"])
    assert {name.split("/")[1] for name in named(both, project)} == {"team-T17", "organisation-org_1"}
    made_of = both.targets(project)
    assert "data/derived/example/measurements.parquet" in made_of and RECORD not in made_of
    assert not [name for name in made_of if name.startswith("reports/")], "a unit asks for what it is made of"


def test_a_unit_without_a_sheet_is_refused_with_those_that_have_one(project):
    put(project, *SHEETS)
    with pytest.raises(ConfigError, match="no sheet of `T99`") as refused:
        asked(project, ["team"], ["T17", "T99"]).files(project)
    assert "team-T01, team-T17" in str(refused.value) and "`T17`" not in str(refused.value)
    with pytest.raises(ConfigError, match="no sheet of `org_1`"):
        asked(project, ["team"], ["org_1"]).files(project)


def test_without_a_name_it_is_all_that_the_study_makes(project):
    wanted = asked(project)
    assert [one.name for one in wanted.documents] == [
        name for name, one in documents().items() if one.places(project)
    ]
    assert {"report", "team", "organisation", "factsheet"} <= {one.name for one in wanted.documents}
    assert "session" not in {one.name for one in wanted.documents}


def test_the_report_is_its_page_and_where_it_is_asked_for_the_article(project, tmp_path):
    made = asked(project, ["report"], languages=["nl"]).targets(project)
    wanted = {"index.html", "report.nl.pdf", "report.nl.docx"}
    assert {Path(file).name for file in made if Path(file).name.startswith(("report", "index"))} == wanted
    assert [one.name for one in asked(project, ["article"]).documents] == ["article"]
    bare = moved(tmp_path, **NOTHING)
    assert [one.name for one in asked(bare, ["report"]).documents] == ["report"]


def test_a_wrong_name_names_the_known_ones_beside_all_else_that_is_wrong(project):
    with pytest.raises(ConfigError) as refused:
        asked(project, ["factsheat", "session"], ["T17"], ["de"])
    said = str(refused.value)
    assert "no document `factsheat`" in said and ", ".join(documents()) in said
    assert "makes no session" in said and "practice.yaml" in said
    assert "not in 'de'" in said and "one of nl, en" in said
    assert "session is not about a unit" in said
    assert len(refused.value.problems) == 4


@pytest.mark.parametrize(
    ("name", "add"),
    [("factsheet", "documents: [factsheet]"), ("team", "units: {release"), ("organisation", "units: {")],
)
def test_what_the_study_does_not_make_is_refused_with_what_to_add(tmp_path, name, add):
    bare = moved(tmp_path, **NOTHING)
    with pytest.raises(ConfigError, match=f"`example` makes no {name}") as refused:
        asked(bare, [name])
    assert add in str(refused.value) and "reports.yaml" in str(refused.value)


def test_a_unit_where_no_unit_has_a_document_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="no document of this study is about a unit"):
        asked(moved(tmp_path, **NOTHING), units=["T17"])


def test_every_document_that_reports_yaml_can_list_has_a_step_of_its_name():
    from typing import get_args

    from dww_analysis.domain.report import Document
    from dww_analysis.stages.register import STAGES

    assert set(get_args(Document)) <= set(STAGES) & set(documents())


def test_the_first_file_is_opened_where_that_is_asked(project, monkeypatch, capsys):
    put(project, "factsheet.nl.html", "factsheet.nl.pdf")
    opened, made = [], []
    monkeypatch.setattr(command, "make", lambda p, language, cores, targets, **_: made.append(targets) or 0)
    monkeypatch.setattr(command.webbrowser, "open", lambda address: bool(opened.append(address)))
    wanted = asked(project, ["factsheet"], languages=["nl"])
    assert report_study(project, wanted, "nl", 1, show=False) == 0
    assert opened == [] and made == [wanted.targets(project)]
    report_study(project, wanted, "nl", 1, show=True)
    said = capsys.readouterr().out
    assert [a.rsplit("/", 1)[-1] for a in opened] == ["factsheet.nl.html"]
    assert "factsheet.nl.pdf" in said and "kon hier niet geopend worden" in said


def test_many_files_of_units_are_named_by_their_folders(project, monkeypatch, capsys):
    put(project, *SHEETS)
    monkeypatch.setattr(command, "make", lambda *given, **_: 0)
    report_study(project, asked(project, ["team"]), "en", 1, show=False)
    folder = project.paths.reports / "units"
    named = [line.strip() for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
    assert named == [str(folder / "team-T01"), str(folder / "team-T17")]
    alone = []
    monkeypatch.setattr(command, "_draw_units", lambda project, wanted, language: alone.append(wanted.units))
    report_study(project, asked(project, ["team"], ["T17"]), "en", 1, show=False)
    assert alone == [("T17",)]
    assert str(folder / "team-T17" / "sheet.nl.pdf") in capsys.readouterr().out


def test_nothing_is_named_when_it_could_not_be_made(project, monkeypatch, capsys):
    monkeypatch.setattr(command, "make", lambda *given, **_: 4)
    assert report_study(project, asked(project, ["factsheet"]), "en", 1, show=True) == 4
    assert capsys.readouterr().out == ""
