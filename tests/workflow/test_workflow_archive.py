"""`dww archive` after a run of the example: what is in it, that nobody is in it, and that bytes repeat."""

import hashlib
import json
import shutil
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
import yaml
from lxml import etree
from rocrate.rocrate import ROCrate
from workflow_runs import ROOT, dww, files_below, holding

from dww_analysis.cli.closing import documents
from dww_analysis.stages.project import open_project

pytestmark = [pytest.mark.workflow, pytest.mark.long]
PLACE = "data/derived/example/archive"
DDI = {"d": "ddi:codebook:2_5"}


@pytest.fixture(scope="module")
def archived(finished_example, tmp_path_factory):
    """A copy of the run, with both archives; and what the terminal said."""
    root = tmp_path_factory.mktemp("archive") / "root"
    shutil.copytree(finished_example[0], root, copy_function=shutil.copy2)
    (root / "config/example/archive.yaml").write_text(
        "creators: [{name: 'Vries, A. de'}]\n", encoding="utf-8"
    )
    (root / "reports/example/of another run.docx").write_bytes(b"left over")
    said = [dww(root, "archive", "example", *more) for more in ([], ["--private"])]
    assert [s.returncode for s in said] == [0, 0], said
    return root, said


def pseudonyms(root) -> set[str]:
    return set(pd.read_parquet(root / "data/derived/example/measurements.parquet")["person"])


def test_every_file_is_in_the_manifest_with_its_checksum(archived):
    folder = archived[0] / PLACE
    lines = (folder / "manifest-sha256.txt").read_text(encoding="utf-8").splitlines()
    found = {name: file for name, file in files_below(folder).items() if name != "manifest-sha256.txt"}
    assert {line[66:]: line[:64] for line in lines} == {
        name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in found.items()
    }


def test_every_file_is_described_as_a_crate(archived):
    folder = archived[0] / PLACE
    crate = ROCrate(folder)
    files = set(files_below(folder)) - {"ro-crate-metadata.json"}
    assert crate.version == "1.2" and {entity.id for entity in crate.data_entities} == files
    assert [a["name"] for a in crate.root_dataset["author"]] == ["Vries, A. de"]
    assert {"README.nl.md", "README.en.md", "code/requirements.lock", "configuration/plan.yaml"} <= files
    assert "configuration/archive.yaml" in files and "report/index.html" in files
    assert (folder / "code/requirements.lock").read_bytes() == (ROOT / "requirements.lock").read_bytes()


def test_what_was_published_is_in_it_as_it_was(archived):
    root, _ = archived
    published = files_below(root / "reports/example")
    for name, file in files_below(root / PLACE / "report").items():
        assert file.read_bytes() == published[name].read_bytes()
    tables = {n for n in published if n.startswith("tables/") and n.endswith(".csv")}
    assert tables and all((root / PLACE / "report" / name).is_file() for name in tables)


def test_sheets_of_teams_and_what_the_run_did_not_make_stay_out(archived):
    """A sheet is for its unit alone: in an archive with an open licence everybody would have it."""
    root, _ = archived
    others = {"published.json", "of another run.docx"}
    reported = files_below(root / "reports/example")
    left = {n for n in reported if n in others or n.startswith("units/") or Path(n).name.startswith(".")}
    assert any(name.endswith("sheet.nl.html") for name in left)
    for end in ("", "_private"):
        assert set(files_below(root / f"{PLACE}{end}" / "report")) == set(reported) - left


def test_the_codebook_is_valid_ddi_with_every_used_column(archived):
    schema = etree.XMLSchema(file=str(ROOT / "tests/reports/ddi_codebook_2_5/codebook.xsd"))
    book = pd.read_csv(archived[0] / "data/derived/example/codebook.csv")
    for end in ("", "_private"):
        document = etree.parse(str(archived[0] / f"{PLACE}{end}" / "documentation/codebook.xml")).getroot()
        schema.assertValid(document)
        names = [
            v.get("name") for v in document.iterfind(".//d:var", DDI) if v.get("files").startswith("F.wave")
        ]
        assert names == list(book["name"])
        scores = document.find(".//d:fileDscr[@ID='F.scores']", DDI)
        assert scores.get("URI") == ("data/scores.csv" if end else None)


def test_no_person_is_in_it(archived):
    """Neither pseudonyms nor codes of six characters or more, in any byte."""
    root, said = archived
    raw = pd.read_csv(root / "data/raw/example/wave2_limesurvey.csv", dtype=str, keep_default_na=False)
    secret = {*pseudonyms(root), *(c for c in raw["token"] if len(c) >= 6)}
    assert len(secret) > 100
    files = files_below(root / PLACE)
    assert holding(secret, {name: file.read_bytes().decode("latin-1") for name, file in files.items()}) == {}
    assert not [n for n in files if n.startswith("data/") or n.endswith((".sav", ".parquet"))]
    assert "without data about single persons" in said[0].stdout and "privacy officer" in said[0].stdout


def test_with_persons_the_scores_are_those_of_the_export(archived):
    root, said = archived
    assert dww(root, "export", "example").returncode == 0
    folder, exported = root / f"{PLACE}_private" / "data", root / "data/derived/example/export"
    assert (folder / "scores.csv").read_bytes() == (exported / "scores.csv").read_bytes()
    frame, _ = pyreadstat.read_sav(folder / "scores.sav")
    assert set(frame["person"]) == pseudonyms(root)
    assert "with data about persons" in said[1].stdout
    assert "are invented" in (folder.parent / "README.en.md").read_text(encoding="utf-8")


def test_same_bytes_again(archived):
    root, _ = archived
    before = {name: file.read_bytes() for name, file in files_below(root / PLACE).items()}
    assert dww(root, "archive", "example").returncode == 0
    assert {name: file.read_bytes() for name, file in files_below(root / PLACE).items()} == before


def refused(root: Path, tmp_path: Path, file: str, before: str, after: str) -> str:
    """What is said when a file of a copy was changed; the archive that was there stays as it was."""
    copy = tmp_path / "copy"
    shutil.copytree(root, copy, copy_function=shutil.copy2)
    text = (copy / file).read_text(encoding="utf-8")
    assert before in text
    (copy / file).write_text(text.replace(before, after), encoding="utf-8")
    result = dww(copy, "archive", "example")
    assert result.returncode == 2
    assert (copy / PLACE / "manifest-sha256.txt").read_bytes() == (
        root / PLACE / "manifest-sha256.txt"
    ).read_bytes()
    assert not [p for p in (copy / PLACE).parent.iterdir() if p.suffix in (".making", ".old")]
    return result.stderr


@pytest.mark.slow
def test_results_of_another_configuration_are_refused(archived, tmp_path):
    said = refused(
        archived[0], tmp_path, "config/example/reports.yaml", "Invented data: made", "Invented: made"
    )
    assert "another configuration, code or files" in said and "dww run example" in said


@pytest.mark.slow
def test_an_identifier_in_what_goes_out_stops_it(archived, tmp_path):
    """A pseudonym that somebody wrote into the words of the archive."""
    one = sorted(pseudonyms(archived[0]))[0]
    said = refused(
        archived[0], tmp_path, "config/example/archive.yaml", "creators:", f"keywords: [{one}]\ncreators:"
    )
    assert "pseudonym" in said and "configuration/archive.yaml" in said and "codebook.xml" in said
    assert one not in said


@pytest.mark.slow
def test_a_pseudonym_of_somebody_who_never_answered_stops_it(archived, tmp_path):
    """Of records and app events there are pseudonyms too."""
    records = pd.read_parquet(archived[0] / "data/derived/example/exposure/hr.parquet")
    one = sorted(set(records["person"].dropna()) - pseudonyms(archived[0]))[0]
    said = refused(
        archived[0], tmp_path, "config/example/archive.yaml", "creators:", f"keywords: [{one}]\ncreators:"
    )
    assert "pseudonym" in said and "configuration/archive.yaml" in said and one not in said


@pytest.mark.slow
def test_what_is_asked_for_no_longer_is_not_named_at_the_end_of_a_run(archived, tmp_path):
    for part in ("config/example", "reports/example"):
        shutil.copytree(archived[0] / part, tmp_path / part)
    before = [path.name for path in documents(open_project(tmp_path, "example"))]
    forms = ("factsheet.{}.html", "factsheet.{}.pdf", "report.{}.docx", "report.{}.pdf", "cards.{}.pdf")
    asked = {form.format(language) for language in ("nl", "en") for form in forms} | {
        "units",
        "workbook.xlsx",
    }
    assert before[0] == "index.html" and asked < set(before)
    file = tmp_path / "config/example/reports.yaml"
    kept = [
        line
        for line in file.read_text(encoding="utf-8").splitlines()
        if not line.startswith(("doc", "units"))
    ]
    file.write_text("\n".join(kept), encoding="utf-8")
    (tmp_path / "config/example/about.yaml").unlink()  # which nothing else reads
    sources = tmp_path / "config/example/sources.yaml"
    values = yaml.safe_load(sources.read_text(encoding="utf-8"))
    values["sources"] = [
        s for s in values["sources"] if s.get("kind") not in ("actions", "counts")
    ]  # nor these
    sources.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    after = [path.name for path in documents(open_project(tmp_path, "example"))]
    assert after == ["index.html", "sessions", "networks"]


def test_what_made_it_is_named(archived):
    version = json.loads((archived[0] / PLACE / "code/version.json").read_text(encoding="utf-8"))
    assert version["package"]["name"] == "dww-analysis" and version["packages"]["numpy"]
