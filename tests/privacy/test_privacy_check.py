"""`dww check --privacy` names every column in which it found something, and never what it found."""

import shutil
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import yaml
from openpyxl.comments import Comment

from dww_analysis.cli.check import check_study
from dww_analysis.cli.privacy_check import check_privacy
from dww_analysis.stages.project import open_project
from dww_analysis.storage import file_words, write_sav

PHONE, MAIL = "06-12345678", "sanne@voorbeeld.example"
SECRETS = (PHONE, MAIL, "Wietske", "wietske", "12345678")
STUDY = {
    "study": "s",
    "title": {"nl": "Proef", "en": "Trial"},
    "data": "invented",
    "delivered": "2025-06-01",
    "design": "waves_only",
    "waves": [{"number": 0, "label": {"nl": "meting 0", "en": "wave 0"}, "date": "2024-01-15"}],
}
KEY = {
    "id": "k",
    "version": "0",
    "name": {"nl": "leren", "en": "learning"},
    "reference": "none",
    "items": ["i1", "i2", "i3"],
    "range": [1, 5],
    "reversed": [],
    "direction": "higher is better",
    "verified": False,
}
SCALES = {
    "scales": [
        {
            "id": "lpw",
            "label": {"nl": "leren", "en": "learning"},
            "key": "k",
            "items": ["lpw_01", "lpw_02", "lpw_03"],
        }
    ],
    "own_keys": [KEY],
}
PLAN = {
    "families": {"primary": {"adjust": "holm", "label": {"nl": "primair", "en": "primary"}}},
    "primary": "primary",
    "entries": [
        {
            "id": "e",
            "outcome": "lpw",
            "family": "primary",
            "why": "Only outcome.",
            "formula": "lpw ~ 1 + (1 | team)",
            "term": "(Intercept)",
            "question": {"nl": "Verandert het?", "en": "Does it change?"},
        }
    ],
}


def answers(**more):
    n = 12
    items = {f"lpw{i}": [1 + (j * i) % 5 for j in range(n)] for i in (1, 2, 3)}
    base = {"code": [f"P{j}" for j in range(n)], "team": [f"T{j % 3}" for j in range(n)], **items}
    return pd.DataFrame(base | {name: [value] * n for name, value in more.items()})


@pytest.fixture
def study(tmp_path):
    """study(name of the file, a function that writes it, changes of study.yaml, of the source) -> the project."""

    def make(file, write, changes=None, **source):
        config, raw = tmp_path / "config" / "s", tmp_path / "data" / "raw" / "s"
        shutil.rmtree(config, ignore_errors=True)
        config.mkdir(parents=True)
        raw.mkdir(parents=True, exist_ok=True)
        write(raw / file)
        columns = {"person": "code", "team": "team", "lpw_{01-03}": "lpw{1-3}"}
        one = {"id": "w0", "file": file, "wave": 0, "persons": "key", "columns": columns} | source
        parts = {
            "study": STUDY | (changes or {}),
            "sources": {"sources": [one]},
            "scales": SCALES,
            "plan": PLAN,
        }
        for name, content in parts.items():
            (config / f"{name}.yaml").write_text(
                yaml.safe_dump(content, allow_unicode=True), encoding="utf-8"
            )
        shutil.copy(Path(__file__).parents[2] / "config" / "example" / "reports.yaml", config)
        (config / "reports.yaml").write_text("languages: [nl, en]\n", encoding="utf-8")
        return open_project(tmp_path, "s")

    return make


def told(project):
    found = check_privacy(project, "en")
    text = "\n".join((*found.stopped, *map(str, found.problems)))
    assert not [secret for secret in SECRETS if secret in text]
    return found, text


def csv(frame):
    return lambda path: frame.to_csv(path, sep=";", index=False)


def test_every_column_with_something_is_named(study):
    frame = answers(
        remark=f"bel {PHONE}", Gebruikersnaam="x", q9="met Wietske Hoekstra", naam_methode="x", fine="ja"
    )
    found, text = told(study("w0.csv", csv(frame)))
    assert not found.problems
    assert all(f"column {name}:" in text for name in ("remark", "Gebruikersnaam", "q9"))
    assert "naam_methode" not in text and "fine" not in text


def test_two_columns_of_one_name_do_not_end_the_scan(study):
    frame = answers(IPAddress="192.0.2.1", again="x").rename(columns={"again": "team"})
    project = study("w0.csv", csv(frame))
    assert "2 times" in str(check_study(project).problems[0])
    assert "column IPAddress" in told(project)[1]


def test_a_column_that_is_named_after_a_person_is_shown_by_its_number(study):
    frame = answers().assign(**{f"Oordeel over {MAIL}": 3})
    assert "column number 6: e-mail address in the column name" in told(study("w0.csv", csv(frame)))[1]


def test_labels_and_value_labels_are_scanned(study):
    def write(path):
        labels = {"lpw1": f"vragen? {PHONE}", "lpw2": "met Wietske Hoekstra"}
        write_sav(answers(), path, labels=labels, value_labels={"lpw3": {1.0: f"zie {MAIL}"}})

    found, text = told(study("w0.sav", write))
    assert "column lpw1: 1 values that look like telephone number in the label" in text
    assert "column lpw3: 1 values that look like e-mail address in the value labels" in text
    assert len(found.problems) == 2  # a possible name in words is said, and stops nothing
    assert "column lpw2: possible name in the label" in "\n".join(found.stopped)


def test_properties_are_read_where_each_names_its_own_space(tmp_path):
    """As openpyxl writes them where lxml is installed: <dc:creator xmlns:dc="...">."""
    path = tmp_path / "w0.xlsx"
    named = '<dc:creator xmlns:dc="http://purl.org/dc/elements/1.1/">Wietske Hoekstra</dc:creator>'
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("xl/workbook.xml", "<workbook/>")
        book.writestr("docProps/core.xml", f"<cp:coreProperties>{named}</cp:coreProperties>")
    assert file_words(path) == [("properties of the file", "Wietske Hoekstra")]


def test_names_of_sheets_comments_and_properties_are_scanned(study):
    def write(path):
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.title = "mail " + MAIL
        for row in [list(answers().columns), *answers().to_numpy().tolist()]:
            sheet.append(row)
        sheet["A1"].comment = Comment(f"bel {PHONE}", "Wietske Hoekstra")
        book.properties.creator = "Wietske Hoekstra"
        book.save(path)

    project = study("w0.xlsx", write)
    kinds = {kind for kind, _ in file_words(project.paths.raw / "w0.xlsx")}
    assert {"name of a sheet", "comments", "properties of the file"} <= kinds
    text = told(project)[1]
    for what in ("e-mail address in the name of a sheet", "telephone number in the comments"):
        assert what in text
    assert "possible name in the properties of the file" in text


def test_a_file_that_is_named_after_a_person_is_a_problem_without_its_name(study):
    found, text = told(study(f"export_{MAIL}.csv", csv(answers())))
    assert len(found.problems) == 1 and "in the file name" in text and "the file of source w0" in text


def test_declared_lists_are_scanned(study):
    background = {
        "name": "role",
        "label": {"nl": "functie", "en": "role"},
        "kind": "category",
        "categories": {"1": {"nl": f"leiding ({PHONE})", "en": "lead"}},
    }
    columns = {"person": "code", "team": "team", "lpw_{01-03}": "lpw{1-3}", "role": "role"}
    project = study("w0.csv", csv(answers(role=1)), {"background": [background]}, columns=columns)
    assert "study.yaml, background role" in told(project)[1]


def test_what_people_tell_for_the_report_is_scanned_but_for_who_wrote_it(study):
    """about.yaml and discussion.md are printed in the article as they are written."""
    project = study("w0.csv", csv(answers()), {"contact": "studie@voorbeeld.example"})
    folder = project.paths.config
    (folder / "reports.yaml").write_text("languages: [nl, en]\ndocuments: [report]\n", encoding="utf-8")
    about = {
        "authors": ["Wietske Hoekstra"],
        "contributions": {"nl": "Wietske Hoekstra schreef.", "en": "Wietske Hoekstra wrote."},
        "registration": {"nl": "ISRCTN12345678", "en": "ISRCTN12345678"},
        "data_availability": {"nl": "Via studie@voorbeeld.example", "en": "Ask studie@voorbeeld.example"},
        "harms": {"nl": f"Meldingen kwamen bij {MAIL}", "en": "Reports were collected"},
    }
    (folder / "about.yaml").write_text(yaml.safe_dump(about), encoding="utf-8")
    head = "---\nby: Wietske Hoekstra\ndate: 2025-06-01\n---\n"
    (folder / "discussion.md").write_text(
        f"{head}Het viel mee.\n\n- volgens mevrouw Hoekstra\n- bel {PHONE}\n", encoding="utf-8"
    )
    found, text = told(open_project(folder.parents[1], "s"))
    places = [(p.where, p.found) for p in found.problems]
    assert [where for where, _ in places] == ["about.yaml, harms", "discussion.md, text"], places
    assert "discussion.md, column text: possible name" in text


@pytest.mark.parametrize(("data", "stops"), [("public", True), ("invented", False)])
@pytest.mark.parametrize(
    "more", [{"Voornaam": "x"}, {"open": f"bel {PHONE}"}, {"open": "met Wietske Hoekstra"}]
)
def test_public_data_with_persons_stops(study, data, stops, more):
    project = study("w0.csv", csv(answers(**more)), {"data": data})
    problems = [str(p) for p in check_study(project).problems]
    assert any("data: public" in p and f"column {next(iter(more))}" in p for p in problems) is stops
    assert not [secret for secret in SECRETS if secret in "".join(problems)]


def test_public_data_without_persons_goes_on(study):
    assert check_study(study("w0.csv", csv(answers(open="prima")), {"data": "public"})).problems == ()


def test_a_name_of_a_team_that_is_also_a_town_is_no_leak(study, tmp_path):
    frame = answers(woonplaats="Utrecht").assign(team=["Utrecht", "Ede", "Assen"] * 4)
    project = study("w0.csv", csv(frame))
    project.paths.derived.mkdir(parents=True)
    (project.paths.derived / "flow.csv").write_text("team,n\nUtrecht,4\n", encoding="utf-8")
    assert not told(project)[0].problems
