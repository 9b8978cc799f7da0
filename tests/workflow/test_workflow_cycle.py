"""The way back of a whole study: forms go out, what comes back reaches the sheets it may reach and nothing else."""

import json
import re
import shutil

import openpyxl
import practice_study
import pytest
import yaml
from cycle_study import ALL, NOWHERE, OWN, STUDY, UP, WRITER, make_study
from workflow_runs import dww, files_below

from dww_analysis import storage
from dww_analysis.cli.check import check_study
from dww_analysis.cli.forms import write_forms
from dww_analysis.cli.forms_kept import filled_in
from dww_analysis.domain.cycle import CYCLE_KINDS
from dww_analysis.errors import ConfigError, DwwError, ReportError
from dww_analysis.stages import places
from dww_analysis.stages.cycles import told
from dww_analysis.stages.documents import asked
from dww_analysis.stages.job import run_job
from dww_analysis.stages.kept import told_drawn
from dww_analysis.stages.project import open_project
from dww_analysis.stages.register import jobs
from dww_analysis.stages.workflow import Workflow, plans

NEEDED = ("ingest", "combine", *CYCLE_KINDS, "score", "analyse", "sheets")  # steps that a sheet rests on


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The root of a study whose sheets and forms are made."""
    root = make_study(tmp_path_factory.mktemp("back").resolve())
    project = open_project(root, STUDY)
    for id, name in jobs(project):
        if id in NEEDED:
            run_job(project.paths, id, name)
    write_forms(project, "nl")
    return root


def answers_of(root):
    return storage.load_frame(places.MEASUREMENTS.at(open_project(root, STUDY).paths))


def holding(root, text):
    """Files below reports and derived data that hold a text, in their bytes or unpacked."""
    from dww_analysis.privacy.unpacked import unpacked

    found = set()
    for folder in ("reports", "data/derived", "data/interim", "logs"):
        for name, path in files_below(root / folder).items():
            if any(text.encode() in content for content in (path.read_bytes(), *unpacked(path))):
                found.add(f"{folder}/{name}".replace(f"/{STUDY}", ""))
    return found


def units_with(root, text):
    return {name.split("/")[2] for name in holding(root, text) if name.startswith("reports/units/")}


def test_what_is_shared_with_nobody_reaches_no_byte(made):
    for canary in (*NOWHERE, WRITER, WRITER.split()[1]):
        assert holding(made, canary) == set(), canary


def test_a_text_goes_as_far_as_it_is_shared_and_no_further(made):
    assert units_with(made, OWN[0]) == {"team-T03"}
    assert units_with(made, OWN[1]) == {"team-T03"}
    assert units_with(made, OWN[2]) == {"team-T05"}
    assert units_with(made, OWN[3]) == {"team-T07"}, "one person alone, though shared with all"
    assert units_with(made, UP) == {"team-T05", "organisation-org_2"}
    assert units_with(made, ALL) == {"team-T06", "organisation-org_3"}
    shared = places.CYCLE_SHARED.at(open_project(made, STUDY).paths).read_text(encoding="utf-8")
    assert ALL in shared
    assert not [c for c in (*OWN, UP, "T06") if c in shared]


def test_an_organisation_never_learns_which_of_its_teams_said_it(made):
    folder = places.SHEETS.at(open_project(made, STUDY).paths) / "organisation-org_2"
    (one,) = json.loads((folder / "sheet.json").read_text(encoding="utf-8"))["told"]["shared"]
    assert UP in one["text"]
    assert (one["unit"], one["date"], one["present"]) == ("", "", None)
    for name in files_below(folder):
        assert b"T05" not in (folder / name).read_bytes(), name


def test_the_sheet_opens_with_the_last_round_and_shows_this_one(made):
    folder = places.SHEETS.at(open_project(made, STUDY).paths) / "team-T03"
    page = (folder / "sheet.nl.html").read_text(encoding="utf-8")
    front, back = page.split('class="side back')
    assert "Wat jullie de vorige keer afspraken (eerste meting)" in front
    assert re.search(r"→</span>.*Beginnen: Elke maandag.*<b>loopt</b>", front)
    assert re.search(r"×</span>.*Stoppen: Het wekelijkse verslag.*<b>gestopt</b>", front)
    assert "We gaan elke week terugkijken. (over Bevlogenheid)" in back
    said = re.findall(r"<p>([^<]+)</p>", back.split('class="reading"')[1])
    assert said[:4] == [
        "Het begon al voordat de afspraak begon.",
        "9 punten na elkaar liggen boven het midden.",
        "Dat is meer dan toeval meestal geeft.",
        "Of de afspraak de oorzaak is, weten we niet.",
    ]
    numbers = json.loads((folder / "sheet.json").read_text(encoding="utf-8"))["told"]["series"]["chart"]
    assert (numbers["median"], numbers["useful"], numbers["longest_run"], numbers["signal"]) == (
        3,
        16,
        9,
        "run",
    )


def test_a_unit_that_never_wrote_has_the_sheet_it_had(made):
    page = (places.SHEETS.at(open_project(made, STUDY).paths) / "team-T10" / "sheet.nl.html").read_text()
    assert "Nog niet geduid" in page
    assert "told" not in page


def test_who_writes_and_has_no_document_is_counted(tmp_path):
    import pandas as pd

    root = make_study(tmp_path)
    file = root / "data" / "raw" / STUDY / "actions.csv"
    table = pd.read_csv(file, dtype=str, keep_default_na=False)
    table.loc[1, ["niveau", "wie"]] = ["study", ""]
    table.to_csv(file, index=False)
    nowhere = "1 row goes into no document: of a region or the study only answers for all are printed"
    notes = told(open_project(root, STUDY), "actions", None, None)[1]
    assert f"actions: {nowhere}" in notes
    assert "actions: 1 row is shared with nobody" in notes


def test_what_is_said_of_the_study_is_on_its_page_only_where_it_is_for_all(tmp_path):
    import pandas as pd

    from dww_analysis.stages.interpretations import for_all

    root = make_study(tmp_path)
    file = root / "data" / "raw" / STUDY / "interpretations.csv"
    table = pd.read_csv(file, dtype=str, keep_default_na=False)
    table.loc[len(table)] = table.loc[table["niveau"] == "study"].iloc[0].to_dict() | {
        "tekst": "Dit blijft in de begeleidingsgroep.", "delen": "unit",
    }  # fmt: skip
    table.to_csv(file, index=False)
    rows, notes = told(open_project(root, STUDY), "interpretations", None, None)
    shown = for_all(rows)
    assert shown.loc[shown["level"] == "study", "text"].tolist() == ["De begeleidingsgroep herkent dit."]
    assert any(note.startswith("interpretations: 1 row goes into no document") for note in notes)


def test_forms_hold_the_own_words_of_a_unit_and_no_others(made):
    forms = {n for n in holding(made, OWN[1]) if n.startswith("reports/forms/")}
    assert forms == {"reports/forms/team-T03-r1.nl.xlsx"}
    names = {p.name for p in (made / "reports" / STUDY / "forms").iterdir()}
    assert {"team-Noord-r1.nl.xlsx", "organisation-org_1-r1.nl.xlsx", f"study-{STUDY}-r1.nl.xlsx"} <= names
    assert not {"team-T01-r1.nl.xlsx", "team-T04-r1.nl.xlsx"} & names, "they stand together"


def test_forms_are_the_same_bytes_again_and_have_lists_and_no_macros(made, tmp_path):
    folder = made / "reports" / STUDY / "forms"
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    write_forms(open_project(made, STUDY), "nl")
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before
    book = openpyxl.load_workbook(folder / "team-T03-r1.nl.xlsx")
    assert book.vba_archive is None
    lists = [v.formula1 for s in book for v in s.data_validations.dataValidation if v.type == "list"]
    assert len(lists) >= 6


def proposed(folder):
    text = (folder / "sources.nl.yaml").read_text(encoding="utf-8")
    return yaml.safe_load("sources:\n" + text)["sources"]


def test_forms_of_another_unit_add_to_what_was_proposed_and_lose_nothing(made, tmp_path):
    project = open_project(shutil.copytree(made, tmp_path / "root"), STUDY)
    listed = project.paths.reports / "forms" / "sources.nl.yaml"
    listed.unlink()
    write_forms(project, "nl", "T02")
    first = listed.read_text(encoding="utf-8")
    edited = first.replace("kind: counts\n", "kind: counts\n    identifiers: [Opmerking]\n") + "# ours\n"
    edited = edited.replace("file: team-T02-r1.nl.xlsx", "file: terug.xlsx", 1)  # as it came back
    listed.write_text(edited, encoding="utf-8")
    write_forms(project, "nl", "T03")
    write_forms(project, "nl", "T02")
    files = [s["file"] for s in proposed(listed.parent)]
    assert files == ["terug.xlsx", *["team-T02-r1.nl.xlsx"] * 2, *["team-T03-r1.nl.xlsx"] * 3]
    text = listed.read_text(encoding="utf-8")
    assert text.startswith(first.splitlines()[0]) and text.count("identifiers: [Opmerking]") == 1
    assert "# ours" in text


def test_a_form_that_was_filled_in_where_it_lies_stays(made, tmp_path):
    project = open_project(shutil.copytree(made, tmp_path / "root"), STUDY)
    form = project.paths.reports / "forms" / "team-T02-r1.nl.xlsx"
    assert not filled_in(form) and not filled_in(form.with_name("none.xlsx"))
    book = openpyxl.load_workbook(form)
    book.worksheets[1].cell(2, 8).value = "Dit zien we ook."
    book.save(form)
    before = form.read_bytes()
    done = write_forms(project, "nl", "T02")
    assert (done.made, done.kept) == ((), (form,))
    assert form.read_bytes() == before
    form.write_bytes(b"no workbook")
    assert write_forms(project, "nl", "T02").kept == (form,)


def titles(path):
    return [sheet.title for sheet in openpyxl.load_workbook(path) if sheet.title != "_"]


def test_the_form_of_the_study_asks_only_for_what_its_page_prints(made, tmp_path):
    root = shutil.copytree(made, tmp_path / "root")
    form, listed = (
        *write_forms(open_project(root, STUDY), "nl", STUDY).made,
        root / "reports" / STUDY / "forms",
    )
    assert titles(form) == ["Uitleg", "Duiden"]
    book = openpyxl.load_workbook(form)
    words = {str(cell.value) for s in book for row in s.iter_rows() for cell in row if cell.value}
    assert {"iedereen", "niemand"} <= words
    assert not {"alleen wijzelf", "ook: organisatie"} & words
    assert "afspreken" not in " ".join(words)
    own = [s for s in proposed(listed) if s["file"] == form.name]
    assert [(s["kind"], s["file"]) for s in own] == [("interpretations", f"study-{STUDY}-r1.nl.xlsx")]


def test_forms_of_a_study_without_sheets_ask_for_no_agreements(made, tmp_path):
    root = shutil.copytree(made, tmp_path / "root")
    reports, sources = (root / "config" / STUDY / f"{name}.yaml" for name in ("reports", "sources"))
    reports.write_text("languages: [nl, en]\n", encoding="utf-8")
    kept = [
        s
        for s in yaml.safe_load(sources.read_text())["sources"]
        if s.get("kind") not in ("actions", "counts")
    ]
    sources.write_text(yaml.safe_dump({"sources": kept}), encoding="utf-8")
    (form,) = write_forms(open_project(root, STUDY), None, "T02").made
    assert titles(form) == ["Uitleg", "Duiden"]


def test_the_form_of_a_round_leaves_that_of_another_where_it_is(made, tmp_path):
    project = open_project(shutil.copytree(made, tmp_path / "root"), STUDY)
    later, earlier = (write_forms(project, "nl", "T02", round).made[0] for round in (1, 0))
    assert (later.name, earlier.name) == ("team-T02-r1.nl.xlsx", "team-T02-r0.nl.xlsx")
    assert later.is_file()


@pytest.mark.parametrize("language", ["nl", pytest.param("en", marks=pytest.mark.slow)])
def test_a_form_that_is_filled_in_is_a_source_as_it_is(made, tmp_path, language):
    root = tmp_path / "root"
    shutil.copytree(made, root)
    project = open_project(root, STUDY)
    write_forms(project, language, "T02")
    folder = root / "reports" / STUDY / "forms"
    book = openpyxl.load_workbook(folder / f"team-T02-r1.{language}.xlsx")
    said, agreed, counted = book.worksheets[1:4]
    said.cell(2, 8).value, said.cell(2, 5).value = "Dit zien we ook.", 7
    agreed.cell(2, 5).value, agreed.cell(2, 6).value = "Een vast moment", first_decision(book)
    counted.cell(2, 3).value, counted.cell(2, 4).value, counted.cell(2, 5).value = "momenten", "2026-02-01", 3
    book.save(root / "data" / "raw" / STUDY / f"team-T02-r1.{language}.xlsx")
    path = root / "config" / STUDY / "sources.yaml"
    added = (folder / f"sources.{language}.yaml").read_text(encoding="utf-8")
    more = [s for s in yaml.safe_load("sources:\n" + added)["sources"] if "T02" in s["file"]]
    path.write_text(yaml.safe_dump({"sources": [*yaml.safe_load(path.read_text())["sources"], *more]}))
    project = open_project(root, STUDY)
    rows = {kind: told(project, kind, answers_of(root), None)[0] for kind in CYCLE_KINDS}
    own = {kind: table[table["unit"] == "T02"].iloc[0] for kind, table in rows.items()}
    assert (own["interpretations"]["question"], own["interpretations"]["share"]) == ("recognise", "unit")
    assert (own["actions"]["decision"], own["actions"]["status"], own["actions"]["round"]) == (
        "start",
        "open",
        1,
    )
    assert (own["counts"]["indicator"], own["counts"]["value"]) == ("momenten", 3)


def first_decision(book):
    """As the drop-down of a form has it."""
    return book["_"]["D1"].value


def test_a_language_that_no_form_speaks_is_refused_with_the_choices(tmp_path):
    done = dww(tmp_path, "forms", "--lang", "fr")
    assert done.returncode == 2
    assert "'en'" in done.stderr and "'nl'" in done.stderr


def test_a_unit_a_round_or_a_run_that_is_not_there(made, tmp_path):
    project = open_project(made, STUDY)
    with pytest.raises(ConfigError, match="unit `T99` does not exist"):
        write_forms(project, "nl", "T99")
    with pytest.raises(ConfigError, match="round `5` does not exist"):
        write_forms(project, "nl", "", 5)
    with pytest.raises(ConfigError, match="no measurements yet"):
        write_forms(open_project(make_study(tmp_path / "new"), STUDY), "nl")
    sessions = practice_study.make_study(tmp_path / "sessions")
    with pytest.raises(ConfigError, match="a study of sessions only has nobody who writes back"):
        write_forms(open_project(sessions, practice_study.STUDY), "nl")


def test_new_actions_make_their_sheets_stale_and_nothing_else(made, tmp_path):
    root = tmp_path / "root"
    shutil.copytree(made, root)
    before = plans(open_project(root, STUDY))
    sheets = root / "reports" / STUDY / "units"
    pages = {name: path.read_bytes() for name, path in files_below(sheets).items()}
    times = {name: path.stat().st_mtime_ns for name, path in files_below(sheets).items()}
    file = root / "data" / "raw" / STUDY / "actions.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("Gelukt", "Het ging goed"), encoding="utf-8")
    project = open_project(root, STUDY)
    after = plans(project)
    assert [job for job in after if after[job] != before[job]] == [("actions", "study")]
    from dww_analysis.stages.register import stage

    reads = {i: stage(i).files_read(project, n) for i, n in jobs(project)}
    made_of = places.CYCLE["actions"].at(project.paths)
    assert [i for i, files in reads.items() if made_of in files] == ["sheets"]
    records = {
        i for i, files in reads.items() if places.record_of("actions").at(project.paths, "study") in files
    }
    assert records == set(), "no page rests on it"
    for id in ("actions", "sheets"):
        run_job(project.paths, id, "study" if id == "actions" else "units")
    now = {name: path.read_bytes() for name, path in files_below(sheets).items()}
    changed = {name.split("/")[0] for name in now if now[name] != pages[name]}
    assert changed == {"team-T03"}
    made_anew = {n.split("/")[0] for n, p in files_below(sheets).items() if p.stat().st_mtime_ns != times[n]}
    assert made_anew == {"team-T03"}, "the others are not so much as touched"
    assert list(told_drawn(project.paths)) == [("sheets", 1, len({n.split("/")[0] for n in now}) - 1)]


def test_the_sheet_of_one_unit_leaves_all_others_as_they_are(made, tmp_path):
    root = shutil.copytree(made, tmp_path / "root")
    actions = root / "data" / "raw" / STUDY / "actions.csv"
    actions.write_text(
        actions.read_text(encoding="utf-8").replace("Gelukt", "Het ging").replace("Een middag", "Een uur"),
        encoding="utf-8",
    )
    project = open_project(root, STUDY)
    run_job(project.paths, "actions", "study")
    record = places.record_of("sheets").at(project.paths, "units")
    before = {n: p.read_bytes() for n, p in files_below(project.paths.reports / "units").items()}
    kept = record.read_bytes()
    wanted = asked(project, ["team"], ["T03"])
    run_job(project.paths, "sheets", "units", choose=wanted.chosen)
    now = {n: p.read_bytes() for n, p in files_below(project.paths.reports / "units").items()}
    assert {n.split("/")[0] for n in now if now[n] != before[n]} == {"team-T03"}
    assert record.read_bytes() == kept, "the step counts as it was: a run makes what else is stale"
    with pytest.raises(ConfigError, match="no sheet of `T99`") as refused:
        run_job(project.paths, "sheets", "units", choose=asked(project, ["team"], ["T99"]).chosen)
    assert "team-T03" in str(refused.value)
    run_job(project.paths, "sheets", "units")
    last = {n: p.read_bytes() for n, p in files_below(project.paths.reports / "units").items()}
    assert {n.split("/")[0] for n in last if last[n] != now[n]} == {"organisation-org_2"}


def test_a_sheet_that_was_taken_away_makes_the_step_be_done_again(made, tmp_path):
    project = open_project(shutil.copytree(made, tmp_path / "root"), STUDY)
    flow = Workflow(project)
    record = flow.record("sheets", "units")
    assert list(flow.without_documents()) == [] and record.is_file()
    (project.paths.reports / "units" / "team-T05" / "sheet.nl.pdf").unlink()
    assert list(flow.without_documents()) == [("sheets", "units")]
    flow.forget_moved()
    assert not record.exists()
    assert not [name for name in flow.results() if name.endswith("/units")], "known by its record"


def test_words_of_teams_that_now_stand_together_open_their_sheet_only_where_that_is_declared(made, tmp_path):
    root, heard = shutil.copytree(made, tmp_path / "root"), "boomkruiper-vroeger"
    file = root / "data" / "raw" / STUDY / "interpretations.csv"
    row = f"team,T01,0,2025-02-10,8,recognise,,Dit zeiden wij {heard}.,unit,"
    file.write_text(file.read_text(encoding="utf-8") + row + "\n", encoding="utf-8")
    page = root / "reports" / STUDY / "units" / "team-Noord" / "sheet.nl.html"
    for carried, units in (([], set()), (["Noord"], {"team-Noord"})):
        reports = root / "config" / STUDY / "reports.yaml"
        units_of = {"combine": {"Noord": ["T01", "T04"]}} | ({"carry_words": carried} if carried else {})
        reports.write_text(yaml.safe_dump({"languages": ["nl", "en"], "units": units_of}), encoding="utf-8")
        project = open_project(root, STUDY)
        for id, name in (("interpretations", "study"), ("sheets", "units")):
            run_job(project.paths, id, name)
        assert units_with(root, heard) == units
        said = page.read_text(encoding="utf-8")
        assert ("was van andere teams" in said) == (not carried)
        assert ("Wat jullie vroegere teams toen zeiden" in said) == bool(carried)
        assert "T01" not in said


def test_stories_for_the_talking_picture_say_of_no_team_whose_they_are(made, tmp_path):
    root = shutil.copytree(made, tmp_path / "root")
    file, reports = (
        root / "data" / "raw" / STUDY / "interpretations.csv",
        root / "config" / STUDY / "reports.yaml",
    )
    told = [
        f"team,{unit},1,2026-02-11,8,explain,,{text},{share},"
        for unit, text, share in (
            ("T02", "In Noord werkt het al.", "all"),
            ("T08", "Als team 8 doen we het anders.", "all"),
            ("T09", "Stagiairs vragen door.", "all"),
            ("T10", "Dit is van ons gaai-eigen.", "organisation"),
        )
    ]
    file.write_text(file.read_text(encoding="utf-8") + "\n".join(told) + "\n", encoding="utf-8")
    words = yaml.safe_load(reports.read_text(encoding="utf-8"))
    reports.write_text(yaml.safe_dump(words | {"documents": ["praatplaat"]}), encoding="utf-8")
    project = open_project(root, STUDY)
    run_job(project.paths, "interpretations", "study")
    stories = places.CYCLE_STORIES.at(project.paths).read_text(encoding="utf-8").splitlines()
    assert stories == [
        "round,question,text",
        f'1,explain,"Er is meer rust, {ALL}."',
        "1,explain,Stagiairs vragen door.",
        "1,recognise,De begeleidingsgroep herkent dit.",
    ]
    notes = storage.load_json(places.record_of("interpretations").at(project.paths, "study"))["warnings"]
    assert "interpretations: 2 stories name a unit and are not on the talking picture" in notes
    assert not places.CYCLE_STORIES.at(open_project(made, STUDY).paths).exists(), (
        "nobody asked for the picture"
    )


@pytest.mark.long
def test_words_that_fit_in_no_size_are_refused_by_name_and_all_else_is_made(made, tmp_path):
    root = shutil.copytree(made, tmp_path / "root")
    scales = root / "config" / STUDY / "scales.yaml"
    long = "Bevlogenheid " + "en alles wat daar verder in het dagelijkse werk ook nog bij hoort " * 9
    words = yaml.safe_load(scales.read_text(encoding="utf-8"))
    words["scales"][0]["label"] = {"nl": long.strip(), "en": "Engagement at work"}
    scales.write_text(yaml.safe_dump(words), encoding="utf-8")
    project = open_project(root, STUDY)
    with pytest.raises(ReportError) as refused:
        run_job(project.paths, "sheets", "units")
    (problem,) = refused.value.problems
    assert problem.where == "sheet.nl.pdf of units, scale `engagement`", "once, not for every unit"
    assert "times the room" in problem.found and f"not {len(long.strip())}" in problem.expected
    assert "short: {nl: ...}" in problem.action and "scales.yaml" in problem.action
    files = {n.split("/", 1)[1] for n in files_below(project.paths.reports / "units")}
    assert files == {"sheet.en.html", "sheet.en.pdf", "sheet.json"}
    assert not places.record_of("sheets").at(project.paths, "units").exists(), "it is not done"
    words["scales"][0]["short"] = {"nl": "Plezier in het werk", "en": "Joy"}
    scales.write_text(yaml.safe_dump(words), encoding="utf-8")
    project = open_project(root, STUDY)
    run_job(project.paths, "sheets", "units")
    page = (project.paths.reports / "units" / "team-T10" / "sheet.nl.html").read_text(encoding="utf-8")
    assert "<h3>Plezier in het werk</h3>" in page and "dagelijkse werk" not in page


@pytest.mark.parametrize(
    ("kind", "column", "value", "found"),
    [
        (
            "interpretations",
            "tekst",
            "Dat zei Wobkje ook al",
            "name or address of a person in the delivered lists",
        ),
        ("interpretations", "tekst", "Bel 06-12345678 voor meer", "telephone number"),
        ("interpretations", "tekst", "Collega Wietske de Wit zag het", "possible name"),
        ("actions", "wat", "Mail naar a.b@kwik.example", "e-mail address"),
        ("actions", "id", "Fatima", "a name"),
        ("counts", "teller", "Gesprekken met mevrouw Jansen", "possible name"),
    ],
)
def test_a_cell_that_names_a_person_stops_with_its_line_and_never_its_text(
    tmp_path, kind, column, value, found
):
    import pandas as pd

    root = make_study(tmp_path)
    file = root / "data" / "raw" / STUDY / f"{kind}.csv"
    table = pd.read_csv(file, dtype=str)
    table.loc[1, column] = value
    table.to_csv(file, index=False)
    with pytest.raises(DwwError) as error:
        told(open_project(root, STUDY), kind, None, None)
    said = next(p for p in error.value.problems if found in p.found)
    assert "(line 3" in said.found
    assert f"{kind}.csv" in said.where
    assert not [w for w in value.split() if len(w) > 4 and w in str(error.value)]


def test_check_finds_everything_in_every_kind_at_once(tmp_path):
    root = make_study(tmp_path)
    raw = root / "data" / "raw" / STUDY
    for kind, old, new in (
        ("interpretations", "team,T05", "team,T55"), ("actions", "2025-06-01", "2025-01-01"),
        ("counts", "2024-12-09,2,", "45635,2,"),
    ):  # fmt: skip
        file = raw / f"{kind}.csv"
        file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    found = [p.found for p in check_study(open_project(root, STUDY)).problems]
    for words in ("the team 'T55', which nobody knows", "checked before it starts", "how Excel stores a day"):
        assert any(words in f for f in found), found


def test_a_formula_in_a_workbook_is_found_behind_its_result(tmp_path):
    import xlsxwriter

    path = tmp_path / "book.xlsx"
    book = xlsxwriter.Workbook(path)
    page = book.add_worksheet("Blad")
    for column, name in enumerate(("a", "b")):
        page.write(0, column, name)
    page.write(1, 0, 1)
    page.write_formula(1, 1, "=A2+1", None, 2)
    book.close()
    assert storage.formula_cells(path) == {"B": [2]}
    assert storage.formula_cells(path, "Blad") == {"B": [2]}


@pytest.mark.slow
def test_a_whole_run_prints_what_is_for_all_on_the_page_and_nothing_else(tmp_path):
    root = make_study(tmp_path.resolve())
    result = dww(root, "run", STUDY, "--cores", "2")
    assert result.returncode == 0, result.stderr
    page = (root / "reports" / STUDY / "index.html").read_text(encoding="utf-8")
    assert ALL in page
    assert "De begeleidingsgroep herkent dit." in page
    for canary in (*NOWHERE, *OWN, UP, WRITER):
        assert canary not in page
    for canary in (*NOWHERE, WRITER):
        assert holding(root, canary) == set()
    provenance = (root / "reports" / STUDY / "provenance.json").read_text(encoding="utf-8")
    assert "told_actions" not in provenance
    assert "told_interpretations" in provenance
