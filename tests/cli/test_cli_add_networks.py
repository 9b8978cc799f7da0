"""`dww add` and `dww new` on files about networks, acting and a practice profile: what practice.yaml gets."""

import pandas as pd
import pytest
import yaml

from dww_analysis.cli.add import add_files
from dww_analysis.cli.check import check_study
from dww_analysis.cli.new import new_study
from dww_analysis.practice import load_checklist
from dww_analysis.stages.project import open_project

PEOPLE = [f"p{i}" for i in range(1, 6)]
ROLES = ["Ouder", "Ouder", "Ouder", "Beleid", "Beleid"]


def written(path, columns, rows):
    path.parent.mkdir(exist_ok=True)
    pd.DataFrame(rows, columns=columns.split()).to_csv(path, index=False)
    return path


def came(folder, network="Noord", name="kwam.csv", people=PEOPLE):
    rows = [(network, i, f"0{i}-03-2026", p, r) for i in (1, 2) for p, r in zip(people, ROLES, strict=True)]
    return written(folder / name, "Netwerk Bijeenkomst Datum Deelnemer Rol", rows)


def filled(root):
    """practice.yaml with what only people know."""
    path = root / "config" / "s" / "practice.yaml"
    lines = [
        "    type: living_lab"
        if line.startswith('    type: "?')
        else line.replace('"? an id of roles"', "ouder")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return yaml.safe_load("\n".join(lines))


@pytest.fixture
def study(tmp_path):
    new_study(tmp_path, "s", [came(tmp_path / "in")])
    study = tmp_path / "config" / "s" / "study.yaml"
    study.write_text(study.read_text().replace("data: private", "data: invented"))
    filled(tmp_path)
    assert check_study(open_project(tmp_path, "s")).problems == ()
    return tmp_path


def added(root, *files):
    return "\n".join(add_files(open_project(root, "s"), list(files)))


def problems(root):
    return [p.found for p in check_study(open_project(root, "s")).problems]


def test_contacts_and_ratings_of_a_known_network_come_to_it(study):
    folder = study / "in"
    ties = [("NOORD", p, q, "advies") for p, q in zip(PEOPLE, PEOPLE[1:] + PEOPLE[:1], strict=True)]
    rated = [("Noord", 1, p, 7) for p in PEOPLE]
    said = added(
        study,
        written(folder / "wie.csv", "Netwerk Van Naar Waarvoor", ties),
        written(folder / "cijfers.csv", "Leernetwerk Ronde Deelnemer Cijfer", rated),
    )
    assert "practice.yaml: relations advies\n" in said
    practice = filled(study)
    assert [n["id"] for n in practice["networks"]] == ["noord"] and len(
        practice["networks"][0]["members"]
    ) == 5
    assert problems(study) == []
    sources = open_project(study, "s").files.sources
    assert {s.id: s.kind for s in sources} == {
        "attendance": "attendance",
        "ties": "ties",
        "ratings": "ratings",
    }
    assert dict(sources[1].recode["network"]) == {"NOORD": "noord"}


def test_a_new_network_is_proposed_with_its_members_and_what_stands_there_stays(study):
    path = study / "config" / "s" / "practice.yaml"
    before = path.read_text().splitlines()
    said = added(study, came(study / "in", "Zuid", "zuid.csv", [f"q{i}" for i in range(5)]))
    after = path.read_text().splitlines()
    left = iter(after)
    assert all(line in left for line in before), "every line that stood there, in its order"
    assert "networks zuid: choose its type" in said
    practice = filled(study)
    assert [n["id"] for n in practice["networks"]] == ["noord", "zuid"]
    assert [m["role"] for m in practice["networks"][1]["members"]] == ["ouder"] * 3 + ["beleid"] * 2
    assert problems(study) == []


def test_people_who_are_no_members_yet_are_counted_and_not_named(study):
    ties = [("Noord", "p1", "x8", "advies"), ("Noord", "p1", "x9", "advies"), ("Noord", "p2", "p1", "advies")]
    before = (study / "config" / "s" / "practice.yaml").read_text().rstrip()
    said = added(study, written(study / "in" / "wie.csv", "Netwerk Van Naar Relatie", ties))
    after = (study / "config" / "s" / "practice.yaml").read_text()
    assert "networks noord: 2 persons in the files are not among its members" in said
    assert "x8" not in said + after and after.startswith(before)


def test_told_ways_of_acting_bring_their_lists(study):
    rows = [(f"f{i}", f"p{i % 4}", "intake", "samen", "m1") for i in range(8)]
    rows += [("f9", "p1", "crisis", "samen", "m2")]
    said = added(
        study, written(study / "in" / "f.csv", "Fragment Deelnemer Situatie Kernelement Manier", rows)
    )
    practice = filled(study)
    assert [e["id"] for e in practice["elements"]] == ["samen"] and "situations intake" in said
    assert [s["id"] for s in practice["situations"]] == ["intake"], "one row only may be a typing error"
    (problem,) = problems(study)
    assert "'crisis'" in problem


def test_a_column_a_round_is_proposed_as_a_map(study):
    rows = [("Noord", p, 6 + i % 2, 7, 8) for i, p in enumerate(PEOPLE)]
    columns = ["Netwerk", "Deelnemer", "Cijfer 1", "Cijfer 2", "Cijfer 3"]
    pd.DataFrame(rows, columns=columns).to_csv(study / "in" / "breed.csv", index=False)
    added(study, study / "in" / "breed.csv")
    source = open_project(study, "s").source("ratings")
    assert source.wide.cells == "rating"
    assert {theirs: dict(about) for theirs, about in source.wide.columns.items()} == {
        f"Cijfer {n}": {"round": str(n)} for n in (1, 2, 3)
    }
    assert problems(study) == []


@pytest.mark.parametrize("by", ["id", "words"])
def test_a_column_a_point_of_a_check_list_is_proposed_as_a_map(study, by):
    items = load_checklist("good_practice").items[:4]
    heads = [item.id if by == "id" else item.text["nl"] for item in items]
    data = {"Netwerk": ["Noord"] * 2, "Beoordelaar": ["r1", "r2"], **{h: ["ja", "deels"] for h in heads}}
    pd.DataFrame(data).to_csv(study / "in" / "lijst.csv", index=False)
    said = added(study, study / "in" / "lijst.csv")
    assert "checklists good_practice" in said
    source = open_project(study, "s").source("checklist")
    assert {about["item"] for about in source.wide.columns.values()} == {item.id for item in items}
    assert problems(study) == []


@pytest.mark.parametrize(("head", "unit"), [("Team", "team"), ("Organisatie", "organisation")])
def test_a_check_list_headed_by_teams_is_about_teams(study, head, unit):
    rows = [
        (f"T{t}", r, item, "ja")
        for t in (1, 2)
        for r in ("r1", "r2")
        for item in ("change_why", "change_how")
    ]
    before = yaml.safe_load((study / "config/s/practice.yaml").read_text())
    added(study, written(study / "in" / "lijst.csv", f"{head} Beoordelaar Punt Gezien", rows))
    practice = filled(study)
    assert practice["checklists"] == [{"id": "good_practice", "unit": unit}]
    assert practice["networks"] == before["networks"] and problems(study) == []


def test_columns_named_as_functions_of_the_study_are_ratings_of_them(study):
    log = {
        "Deelnemer": PEOPLE * 2,
        "Functie": ["feedback vragen"] * 5 + ["terugkijken"] * 5,
        "Cijfer": [7] * 10,
    }
    pd.DataFrame(log).to_csv(study / "in" / "app.csv", index=False)
    added(study, study / "in" / "app.csv")
    wide = {"Deelnemer": PEOPLE, "Feedback vragen": [6, 7, 8, 9, 5], "Terugkijken": [3, 4, 5, 6, 7]}
    pd.DataFrame(wide).to_csv(study / "in" / "breed.csv", index=False)
    added(study, study / "in" / "breed.csv")
    source = open_project(study, "s").source("ratings_2")
    assert {about["function"] for about in source.wide.columns.values()} == {"feedback_vragen", "terugkijken"}


def test_the_same_columns_are_a_questionnaire_where_the_study_has_no_such_functions(tmp_path):
    wide = {"Deelnemer": PEOPLE, "Feedback vragen": [6, 7, 8, 9, 5], "Terugkijken": [3, 4, 5, 6, 7]}
    pd.DataFrame(wide).to_csv(tmp_path / "vragen.csv", index=False)
    new_study(tmp_path / "root", "s", [tmp_path / "vragen.csv"])
    (source,) = yaml.safe_load((tmp_path / "root/config/s/sources.yaml").read_text())["sources"]
    assert source.get("kind", "answers") == "answers"


def test_initials_and_names_are_not_written_down(tmp_path):
    roles = ["Wietske", "Wietske", "Wietske", "Beleid", "Beleid"]
    rows = [
        ("Noord", i, f"0{i}-03-2026", p, r)
        for i in (1, 2)
        for p, r in zip(("jv", "mk", "ab", "cd", "ef"), roles, strict=True)
    ]
    file = written(tmp_path / "in" / "kwam.csv", "Netwerk Bijeenkomst Datum Deelnemer Rol", rows)
    said = "\n".join(new_study(tmp_path, "s", [file]))
    text = "".join(f.read_text() for f in (tmp_path / "config" / "s").iterdir())
    assert "networks noord: list its members by codes" in said
    assert "roles: 1 word of the files looks like the name of a person and is not written" in said
    assert "Wietske" not in text + said and "wietske" not in text + said and '"jv"' not in text
