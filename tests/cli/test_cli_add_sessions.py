"""`dww add` on a file about a session: practice.yaml gets what is new and keeps what stands there."""

import pandas as pd
import pytest

from dww_analysis.cli.add import add_files
from dww_analysis.cli.check import check_study
from dww_analysis.cli.new import new_study
from dww_analysis.stages.project import open_project

ROLES = ["Ouder"] * 4 + ["Jongere"] * 4
DAY = '"2026-02-10"'
OPEN_DAY = '"? the day of the session, as 2026-03-12"'


def poll(folder, name, *themes, roles=ROLES):
    data = {"Rol": roles, **{t: [(i + k) % 2 for i in range(len(roles))] for k, t in enumerate(themes)}}
    pd.DataFrame(data).to_csv(folder / name, index=False)
    return folder / name


@pytest.fixture
def west(tmp_path):
    (tmp_path / "in").mkdir()
    new_study(
        tmp_path, "west", [poll(tmp_path / "in", "west.csv", "Tijd voor overleg", "Vaste gezichten", "Video")]
    )
    folder = tmp_path / "config" / "west"
    study = folder / "study.yaml"
    study.write_text(study.read_text().replace("data: private", "data: invented"))
    practice = folder / "practice.yaml"
    text = practice.read_text().replace(OPEN_DAY, DAY)
    practice.write_text(text.replace("themes:", "themes:  # agreed with the parents' council"))
    return tmp_path


def added(root, *themes, name="noord.csv", **more):
    said = add_files(open_project(root, "west"), [poll(root / "in", name, *themes, **more)])
    return "\n".join(said)


def test_what_is_new_is_proposed_and_what_stands_there_stays(west):
    path = west / "config" / "west" / "practice.yaml"
    before = path.read_text().splitlines()
    said = added(west, "Video", "Samen spelen", "Tijd voor overleg!", roles=[*ROLES[2:], "Leraar", "Leraar"])
    after = path.read_text().splitlines()
    assert [line for line in after if line in before] == before
    new = [line for line in after if line not in before]
    assert [line.split(",")[0].strip(" -{") for line in new] == [
        "id: leraar",
        "id: samen_spelen",
        "id: noord",
    ]
    assert all("# GUESS" in line for line in new) and "sessions noord: give its date" in said
    path.write_text("\n".join(after).replace(OPEN_DAY, DAY))
    assert check_study(open_project(west, "west")).problems == ()
    source = open_project(west, "west").source("ballots_2")
    assert source.wide.columns["Tijd voor overleg!"] == {"theme": "tijd_voor_overleg"}


def test_a_theme_that_looks_like_a_known_one_is_named_and_not_added(west):
    said = added(west, "Video", "Vaste gezichtten", "Rust")
    text = (west / "config" / "west" / "practice.yaml").read_text()
    assert "'Vaste gezichtten' looks like `vaste_gezichten` and was not added" in said
    assert "gezichtten" not in text and "id: rust" in text
    sources = (west / "config" / "west" / "sources.yaml").read_text()
    assert '# not used: "Vaste gezichtten"' in sources


def test_a_map_in_which_no_column_is_sure_is_left_open(west):
    added(west, "Tijd voor overlegg", "Vaste gezichtten", "Videos")
    path = west / "config" / "west" / "practice.yaml"
    path.write_text(path.read_text().replace(OPEN_DAY, DAY))
    (problem,) = check_study(open_project(west, "west")).problems
    assert problem.found == "`sources.1.wide.columns` is open: theme: their column"


def test_themes_that_differ_in_their_number_are_two(west):
    added(west, "Thema 1", "Thema 2", "Thema 3")
    path = west / "config" / "west" / "practice.yaml"
    path.write_text(path.read_text().replace(OPEN_DAY, DAY))
    added(west, "Thema 4", "Thema 5", "Thema 6", name="oost.csv")
    assert all(f"id: thema_{n}" in path.read_text() for n in range(1, 7))


def test_a_list_on_one_line_is_left_as_it_is_and_said(west):
    path = west / "config" / "west" / "practice.yaml"
    roles = 'roles: [{id: ouder, label: "ouders"}, {id: jongere, label: "jongeren"}]'
    rest = path.read_text().partition("themes:")[2]
    path.write_text(f"{roles}\nthemes:{rest}")
    said = added(west, "Video", "Rust", "Vaste gezichten", roles=[*ROLES[2:], "Leraar", "Leraar"])
    assert roles in path.read_text()
    assert "practice.yaml, roles: add by hand: - {id: leraar" in said


def test_a_new_option_of_a_known_statement_is_said(west):
    folder = west / "config" / "west"
    votes = 'votes:\n  - id: genoeg_tijd\n    text: "Genoeg tijd"\n    options:\n      "ja": ja\n      "nee": nee\n'
    with (folder / "practice.yaml").open("a") as file:
        file.write(votes)
    answers = ["Ja", "Nee", "Weet niet", "Ja", "Nee", "Ja", "Ja", "Weet niet"]
    pd.DataFrame({"Rol": ROLES, "Genoeg tijd": answers}).to_csv(west / "in" / "zaal.csv", index=False)
    said = "\n".join(add_files(open_project(west, "west"), [west / "in" / "zaal.csv"]))
    assert 'votes genoeg_tijd: add to its options: "weet_niet"' in said
    assert votes in (folder / "practice.yaml").read_text()


def test_an_open_moment_is_one_problem(west):
    data = {"Rol": ROLES, "Genoeg tijd": ["Ja", "Nee"] * 4}
    pd.DataFrame(data).to_csv(west / "in" / "zaal.csv", index=False)
    add_files(open_project(west, "west"), [west / "in" / "zaal.csv"])
    path = west / "config" / "west" / "practice.yaml"
    path.write_text(path.read_text().replace(OPEN_DAY, DAY))
    (problem,) = check_study(open_project(west, "west")).problems
    assert problem.found == "`sources.1.fixed.moment` is open: before or after"
