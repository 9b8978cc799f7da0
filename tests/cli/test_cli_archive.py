"""`dww archive` without a run: what it refuses, all at once; and the description of a folder as RO-Crate 1.2."""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from rocrate.rocrate import ROCrate

from dww_analysis.cli.archive import archive_study
from dww_analysis.cli.archive_crate import CrateWords, Maker, describe_crate, licence_address
from dww_analysis.cli.privacy_check import leaving_problems
from dww_analysis.errors import DwwError
from dww_analysis.reports.archive_readme import Contents, readme
from dww_analysis.stages.project import open_project
from dww_analysis.stages.report import config_checksums

HOME = Path(__file__).parents[2]
AGREED = "persons: {consent: told so, officer: DPIA of May, access: on request, agreed: '2026-05-01'}\n"


@pytest.fixture
def root(tmp_path):
    """A private study that was never run and declares no licence."""
    for part in ("config/example", "data/raw/example"):
        shutil.copytree(HOME / part, tmp_path / part)
    for name, before, after in (
        ("study.yaml", "data: invented", "data: private"),
        ("reports.yaml", "licence: CC0 1.0\n", ""),
    ):
        file = tmp_path / "config/example" / name
        text = file.read_text(encoding="utf-8")
        assert before in text
        file.write_text(text.replace(before, after), encoding="utf-8")
    return tmp_path


def refused(root, private=False):
    before = sorted(root.rglob("*"))
    with pytest.raises(DwwError) as error:
        archive_study(open_project(root, "example"), "en", private)
    assert sorted(root.rglob("*")) == before, "a refusal writes nothing"
    return [(p.where, p.found) for p in error.value.problems], str(error.value)


def test_everything_that_is_wrong_is_said_at_once(root):
    (root / "config/example/archive.yaml").write_text("creatrs: [x]\n", encoding="utf-8")
    found, text = refused(root, private=True)
    assert len(found) == 4
    assert "did you mean `creators`?" in text
    assert "results are not there" in text and "what to do: dww run example" in text
    assert ("config/example/reports.yaml", "no licence is declared") in found
    assert "agreed first: what participants were told" in text and "privacy officer" in text


def test_what_was_agreed_is_not_asked_again(root):
    (root / "config/example/archive.yaml").write_text(AGREED, encoding="utf-8")
    found, text = refused(root, private=True)
    assert len(found) == 2 and "agreed first" not in text


def test_nothing_must_be_agreed_without_persons(root):
    assert "agreed first" not in refused(root)[1]


@pytest.mark.parametrize(
    ("line", "says"),
    [("creators: [{name: A, orcid: '1'}]\n", "creators.0.orcid"), ("persons: {consent: it was}\n", "persons.access"),
     ("description: '? what it asks'\n", "is open: what it asks"), ("- a\n", "archive.yaml")],
)  # fmt: skip
def test_archive_yaml_is_checked(root, line, says):
    (root / "config/example/archive.yaml").write_text(line, encoding="utf-8")
    assert says in refused(root)[1]


def test_archive_yaml_makes_no_result_stale(root):
    before = config_checksums(open_project(root, "example"))
    (root / "config/example/archive.yaml").write_text(AGREED, encoding="utf-8")
    assert config_checksums(open_project(root, "example")) == before


def test_a_delivered_file_that_is_named_after_a_person_stops_it(root, tmp_path):
    project = open_project(root, "example")
    source = replace(project.files.sources[0], file="Verslag_Wietske_Hoekstra.sav")
    project.__dict__["files"] = replace(project.files, sources=(source,))
    (problem,) = leaving_problems(project, tmp_path / "none", [], [])
    assert problem.where == f"sources.yaml, source {source.id}" and "Wietske" not in str(problem)


@pytest.fixture
def study(root):
    return open_project(root, "example").files.study


def crate(folder, study, licence="CC BY 4.0", **given):
    (folder / "report").mkdir(parents=True)
    (folder / "report" / "a b.csv").write_bytes(b"x\n1\n")
    (folder / "README.en.md").write_bytes(b"read\n")
    said = CrateWords(study, "en", licence, "about", "0.1.0", **given)
    return describe_crate(folder, said)


def test_the_description_is_a_crate_of_version_1_2(tmp_path, study):
    makers = (Maker("Vries, A. de", "0000-0001-2345-6789", "DWW"), Maker("Berg, B."))
    file = crate(tmp_path / "made", study, makers=makers, keywords=("learning",))
    (tmp_path / "made" / "manifest-sha256.txt").write_text("")
    read = ROCrate(tmp_path / "made")
    root = read.root_dataset
    assert read.version == "1.2"
    assert root["license"].id == "https://creativecommons.org/licenses/by/4.0/"
    assert root["license"]["name"] == "CC BY 4.0"
    assert (
        root["datePublished"].isoformat() if hasattr(root["datePublished"], "year") else root["datePublished"]
    ) == (study.delivered)
    assert [(a.id, a["name"]) for a in root["author"]] == [
        ("https://orcid.org/0000-0001-2345-6789", "Vries, A. de"),
        ("#maker-2", "Berg, B."),
    ]
    graph = {entity["@id"]: entity for entity in json.loads(file.read_text(encoding="utf-8"))["@graph"]}
    listed = graph["report/a%20b.csv"]
    assert listed["sha256"] == hashlib.sha256(b"x\n1\n").hexdigest() and listed["contentSize"] == "4"
    assert {part["@id"] for part in graph["./"]["hasPart"]} == {
        "report/a%20b.csv", "README.en.md", "manifest-sha256.txt",
    }  # fmt: skip


def test_what_is_not_known_is_left_out_and_bytes_repeat(tmp_path, study):
    first = crate(tmp_path / "one", study, "by agreement").read_bytes()
    assert first == crate(tmp_path / "two", study, "by agreement").read_bytes()
    graph = {entity["@id"]: entity for entity in json.loads(first)["@graph"]}
    assert graph["./"]["license"] == {"@id": "#licence"} and graph["#licence"]["name"] == "by agreement"
    assert not {"author", "keywords"} & set(graph["./"])


@pytest.mark.parametrize(
    ("licence", "address"),
    [
        ("CC0 1.0", "publicdomain/zero/1.0/"),
        ("cc-by-nc-sa-4.0", "licenses/by-nc-sa/4.0/"),
        ("CC-BY 4.0", "by/4.0/"),
    ],
)
def test_known_licences_have_an_address(licence, address):
    assert licence_address(licence).endswith(address)


def test_another_licence_has_none_but_its_own():
    assert licence_address("DANS licence") == ""
    assert licence_address("https://example.org/l") == "https://example.org/l"


@pytest.mark.parametrize(
    ("language", "agreed", "says"),
    [
        ("nl", None, "Voordat scores per persoon de onderzoeksgroep verlaten"),
        ("en", None, "Before scores of single persons leave the researchers"),
        ("nl", ("verteld",), "3 van de 7 professionals zijn de enige"),
        ("en", ("told",), "give this archive only to a data station that restricts access"),
    ],
)
def test_the_readme_says_whom_it_is_about(study, language, agreed, says):
    parts = ("README.en.md", "report/", "data/")
    text = readme(study, Contents(parts, "CC0", "0.1.0", {}, None, agreed, (3, 7)), language)
    assert says in text
    assert ("- verteld" in text or "- told" in text) == (agreed is not None)
