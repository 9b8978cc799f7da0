"""A study of sessions from files to quantities and page: golden values of R and published examples, bad deliveries."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from lxml import etree
from practice_study import PRACTICE, STUDY, TABLES, make_study
from workflow_runs import ROOT, dww, files_below

from dww_analysis.cli.check import check_study
from dww_analysis.cli.privacy_check import check_privacy
from dww_analysis.cli.seal import seal_study
from dww_analysis.errors import ConfigError, PlanError
from dww_analysis.stages import places
from dww_analysis.stages.bundles import bundle_of_study
from dww_analysis.stages.closure import HOME, stage_closure
from dww_analysis.stages.paths import Paths
from dww_analysis.stages.practice import STAGE
from dww_analysis.stages.project import Project
from dww_analysis.stages.register import jobs
from dww_analysis.stages.stage import Tables

EXACT = 1e-9


def project_of(root):
    return Project(Paths(root, STUDY))


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return make_study(tmp_path_factory.mktemp("sessions"))


@pytest.fixture(scope="module")
def run(root):
    done = dww(root, "run", STUDY, "--cores", "1")
    assert done.returncode == 0, done.stderr
    return root


def made(project):
    return STAGE.run(project, "sessions", Tables({})).parts["quantities"]


@pytest.fixture(scope="module")
def found(root):
    return made(project_of(root)).set_index("id")


# what | R, or the published example
GOLDEN = [
    # prop.test(5, 9, correct = FALSE)$conf.int, but all nine parents were there and voted
    ("spring.share.time.parents", "value", 5 / 9),
    ("spring.share.time.parents", "conf_low", 5 / 9),
    # 8 of 10 voted: prop.test(0, 8, correct = FALSE)$conf.int
    ("spring.share.time.policy", "conf_low", 0),
    ("spring.share.time.policy", "conf_high", 0.3244075649),
    ("spring.share.time.policy", "n_possible", 10),
    ("spring.block_share.looking_back.all", "conf_low", 0.2666512935),
    ("spring.block_share.looking_back.all", "conf_high", 0.8112214789),
    ("spring.share.voice.other_roles", "value", 1),
    ("duo.contested_p.trust.all", "value", 0.04055944056),  # fisher.test(matrix(c(7, 1, 2, 6), 2))
    ("spring.vote_change.enough_time:yes.all", "value", 0.5),
    ("spring.mcnemar_p.enough_time:yes.all", "value", 0.0654296875),  # binom.test(9, 11)
    ("region.alpha.theme.all", "value", 0.7434210526),  # irr::kripp.alpha(x, "nominal")
    ("orders.kendall_w.all", "value", 0.5773381295),  # irr::kendall(t(x), correct = TRUE)
    ("wall.two_step.time.all", "value", 10),
    ("wall.two_step.trust.all", "value", 12),
    ("wall.two_step.team.all", "value", 10),
    ("wall.two_step.tools.all", "value", 10),
    ("wall.two_step.training.all", "value", 3),
    ("spring.present.all", "value", 22),
    ("spring.present.other_roles", "value", 3),
    ("region.agenda_items.north.all", "value", 2),
    ("region.agenda_items.north:carried_over.all", "value", 1),
    ("region.agenda_gaps.not_national:voice.all", "value", 1),
    ("region.agenda_gaps.asked_nowhere:item_4.all", "value", 0),
    ("spring.blocks_together.asking:looking_back.all", "value", 5),
]


@pytest.mark.parametrize(("id", "column", "value"), GOLDEN)
def test_golden_values_from_files_to_quantities(found, id, column, value):
    assert found.loc[id, column] == pytest.approx(value, abs=EXACT)


def test_the_order_of_rows_changes_nothing(found, tmp_path):
    mixed = {name: table().sample(frac=1, random_state=4) for name, table in TABLES.items()}
    again = made(project_of(make_study(tmp_path, tables=mixed))).set_index("id")
    pd.testing.assert_frame_equal(again, found)


def private(files):
    for source in files["sources"]["sources"]:
        for name in ("basis", "consent", "date"):
            source.pop(name)


def test_what_was_asked_in_confidence_keeps_the_minimum(tmp_path):
    table = made(project_of(make_study(tmp_path, private)))
    table = table[~table["quantity"].str.startswith("agenda_")]  # these count no people
    shown = table[~table["suppressed"]]
    assert set(table["basis"]) == {"private"} and len(shown) and shown["n"].min() >= 8
    by_role = shown[(shown["unit"] == "spring") & (shown["role"] != "all") & (shown["quantity"] == "share")]
    assert by_role.empty, "five of nine parents are few"
    assert table.loc[table["suppressed"], ["value", "conf_low", "conf_high", "n"]].isna().all(axis=None)


def test_labels_decide_no_number_and_a_choice_does(root, tmp_path):
    before = STAGE.config(project_of(root), "sessions")
    shutil.copytree(root, tmp_path / "copy")
    path = tmp_path / "copy" / "config" / STUDY / "practice.yaml"

    def edited(edit):
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
        edit(values)
        path.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
        return STAGE.config(project_of(tmp_path / "copy"), "sessions")

    assert edited(lambda p: p["themes"][0].update(label="another word")) == before
    assert edited(lambda p: p["sessions"][0].update(choose=4)) != before


def test_a_study_of_sessions_has_no_steps_for_answers(root):
    assert check_study(project_of(root)).problems == ()
    assert set(jobs(project_of(root))) == {("practice", "sessions"), ("report", "study")}


def with_row(file, **cells):
    table = TABLES[file]()
    return {file: pd.concat([table, table.tail(1).assign(**cells)], ignore_index=True)}


BAD = {
    "a theme not in the list": (with_row("ballots.csv", Nr="x", Thema="vertrouwn"), ["'vertrouwn'", "column Thema"]),
    "a name instead of a theme": (
        with_row("ballots.csv", Nr="x", Thema="Wietske Hoekstra"), ["look like possible name", "column Thema"],
    ),
    "a name in a remark": (
        with_row("statements.csv", id=99, text="collega Wietse de Wit helpt altijd"), ["possible name", "column text"],
    ),
    "a name of one word": (with_row("ballots.csv", Nr="x", Rol="Marieke"), ["look like a name", "column Rol"]),
    "more than may be chosen": (
        {"ballots.csv": pd.concat([TABLES["ballots.csv"](), pd.DataFrame(
            [("duo", "z", "policy", t, 1) for t in ("time", "trust", "team", "tools")],
            columns=["Sessie", "Nr", "Rol", "Thema", "Gekozen"])])},
        ["more themes than allowed"],
    ),
    "a session that is not there": (with_row("votes.csv", session="sprng"), ["'sprng'", "did you mean 'spring'"]),
    "a person in two roles": (with_row("attendance.xlsx", person="pa0"), ["a person in two roles"]),
    "another date": (with_row("attendance.xlsx", person="new", date=46094), ["another date"]),
    "half a dot": (with_row("dots.csv", session="duo", dots=1.5), ["cannot be"]),
    "an option that is not there": (with_row("votes.csv", ballot="k99", option="maybe"), ["option that `enough_time`"]),
    "a status": (with_row("agenda.csv", item="z9", status="startd"), ["'startd'", "column status"]),
    "a day that is none": (with_row("agenda.csv", item="z9", since="volgend jaar"), ["no day", "column since"]),
    "a regional item without a theme": (with_row("agenda.csv", item="z9", theme=""), ["without a theme"]),
    "a national item of another region": (
        with_row("agenda.csv", item="item_3", level="national", region="south", theme="time"), ["with a region"],
    ),
    "an item that is not on the national agenda": (
        with_row("agenda.csv", item="item_5", level="national", region="", theme="time"), ["'item_5'", "did you mean"],
    ),
    "a theme of another item": (
        with_row("agenda.csv", item="item_4", level="national", region="", theme="time", since="2026-05-05"),
        ["gives to another item"],
    ),
    "an item with two themes": (with_row("agenda.csv", theme="trust", since="2026-04-01"), ["several themes"]),
    "two statuses of one day": (with_row("agenda.csv", status="new"), ["different things"]),
    "a block placed twice": (with_row("blocks.csv", placed=2), ["1 or 0"]),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_deliveries_that_cannot_be_are_refused_with_their_place(tmp_path, what):
    tables, said = BAD[what]
    problems = check_study(project_of(make_study(tmp_path, tables=tables))).problems
    text = "\n".join(map(str, problems))
    assert problems and all(part in text for part in said), text
    assert not any(name in text for name in ("Wietske", "Hoekstra", "Wietse", "Marieke"))


def test_all_files_say_their_problems_at_once(tmp_path):
    tables = {**BAD["half a dot"][0], **BAD["a session that is not there"][0], **BAD["a name in a remark"][0]}
    problems = check_study(project_of(make_study(tmp_path, tables=tables))).problems
    assert len(problems) == 3


def test_what_a_study_of_sessions_cannot_have_is_said(tmp_path):
    def edit(files):
        files["plan"] = {"families": {"primary": {"adjust": "holm", "label": "x"}}, "entries": []}
        files["study"]["background"] = [{"name": "age", "label": "age", "kind": "number"}]
        files["practice"] = {**files["practice"], "sessions": []}
        files["reports"]["documents"] = ["factsheet"]

    text = "\n".join(map(str, check_study(project_of(make_study(tmp_path, edit))).problems))
    assert "`background` in a study of sessions only" in text and "no `sessions` in practice.yaml" in text
    assert "`documents` in a study of sessions only" in text, "the factsheet of a study is about its answers"


def test_a_study_without_a_plan_has_nothing_to_seal(root):
    with pytest.raises(PlanError, match="no plan to seal"):
        seal_study(project_of(root), "2026-01-01")
    assert not (root / "config" / STUDY / "plan.seal.yaml").exists()


@pytest.mark.workflow
def test_a_run_publishes_the_quantities_and_a_page(run, found):
    published = pd.read_csv(run / "reports" / STUDY / "tables" / "quantities.csv", keep_default_na=False)
    assert list(published.columns) == [found.index.name, *found.columns]
    assert published["id"].tolist() == found.index.tolist()
    page = (run / "reports" / STUDY / "index.html").read_text(encoding="utf-8")
    for words in (
        "Niemand is door loting gekozen", "Nobody was drawn by chance", "ouders (9)", "overige rollen",
        "Kendalls W = 0,58", "Krippendorff&#39;s alpha = 0.74",
    ):  # fmt: skip
        assert words in page, words
    names = [f for f in files_below(run / "reports" / STUDY) if not f.startswith(".")]
    assert "provenance.json" in names
    for name, words in {
        "priorities": ("zo groot als het deel", "as large as the share"),
        "blocks": ("samen gekozen door 5 van de 9 groepen", "5 of the 9 groups"),
        "agenda": ("opgepakt sinds 3 november 2025", "taken up since 3 November 2025"),
    }.items():
        for language, said in zip(("nl", "en"), words, strict=True):
            assert f"{name}.{language}.html" in names and f'href="{name}.{language}.html"' in page
            text = (run / "reports" / STUDY / f"{name}.{language}.html").read_text(encoding="utf-8")
            assert said in text, (name, language)
    sheets = re.findall(r'href="(sessions/[^"]+)"', page)
    assert len(sheets) == 8 and set(sheets) <= set(names)
    assert "ouders (9)" in (run / "reports" / STUDY / "sessions/spring/factsheet.nl.html").read_text(
        encoding="utf-8"
    )


@pytest.mark.workflow
@pytest.mark.slow
def test_a_second_run_has_nothing_to_do(run):
    again = dww(run, "run", STUDY, "--cores", "1")
    assert again.returncode == 0 and "nothing to do" in again.stdout, again.stdout


@pytest.mark.workflow
def test_the_quantities_are_exported(run):
    done = dww(run, "export", STUDY)
    assert done.returncode == 0, done.stderr
    exported = run / "data" / "derived" / STUDY / "export" / "quantities.csv"
    assert "data of persons" not in done.stdout
    assert exported.read_bytes() == (run / "reports" / STUDY / "tables" / "quantities.csv").read_bytes()


def test_a_bundle_has_what_is_of_sessions_and_the_agenda_alone(root, tmp_path):
    made_of = project_of(shutil.copytree(root / "config", tmp_path / "config").parent)
    shutil.copytree(root / "data" / "raw", tmp_path / "data" / "raw")
    tables = STAGE.run(made_of, "sessions", Tables({})).parts
    network = tables["quantities"].tail(1).assign(unit_level="network", unit="circle", quantity="rating_mean")
    tables["quantities"] = pd.concat([tables["quantities"], network], ignore_index=True)
    for name, table in tables.items():
        file = places.page_table(name).at(made_of.paths)
        file.parent.mkdir(parents=True, exist_ok=True)
        table.to_csv(file, index=False)
    record = {"package": "1", "config_hash": "x", "sources": {}}
    places.PROVENANCE.at(made_of.paths).write_text(json.dumps(record), encoding="utf-8")
    sent = bundle_of_study(made_of)["quantities"]
    assert {q["unit_level"] for q in sent if not q["quantity"].startswith("agenda_")} == {"session"}
    assert any(q["quantity"] == "agenda_items" for q in sent)


def test_a_study_without_sessions_has_no_bundle(tmp_path):
    def edit(files):
        files["practice"] = {"themes": PRACTICE["themes"], "roles": PRACTICE["roles"], "elements": [
            {"id": "e", "label": "e"}], "situations": [{"id": "s", "label": "s"}]}  # fmt: skip
        files["practice"]["themes"] = [
            {k: v for k, v in t.items() if k != "national"} for t in PRACTICE["themes"]
        ]
        columns = {c: c for c in ("fragment", "person", "situation", "element", "way", "coder")}
        files["sources"]["sources"] = [
            {"id": "told", "file": "told.csv", "kind": "fragments", "columns": columns, "date": "2026-03-12"}
        ]

    with pytest.raises(ConfigError, match="no sessions and no agenda"):
        bundle_of_study(project_of(make_study(tmp_path, edit)))


@pytest.mark.long
@pytest.mark.workflow
def test_bundles_are_joined_to_one_agenda(run, tmp_path):
    file = run / "data" / "derived" / STUDY / "bundle" / f"{STUDY}.bundle.json"
    assert dww(run, "bundle", STUDY).returncode == 0
    made = file.read_bytes()
    assert dww(run, "bundle", STUDY).returncode == 0 and file.read_bytes() == made
    (tmp_path / "one.json").write_bytes(made)
    assert not any(name in made.decode() for name in ("pa0", "po0", "meer rust op de groep"))
    other = json.loads(made) | {"study": "other", "title": {"nl": "Andere regio", "en": "Another region"}}
    other |= {"minimum": 10, "package": "0.0.1"}
    (tmp_path / "two.json").write_text(json.dumps(other), encoding="utf-8")
    files = [str(tmp_path / f"{name}.json") for name in ("one", "two")]
    done = dww(run, "agenda", *files, "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "out" / "agenda.nl.html").read_text(encoding="utf-8")
    for words in (
        "Andere regio en Onze regio",
        "minder dan 10 mensen",
        "verschillende versies",
        "Alle studies",
    ):
        assert words in page, words
    assert not re.search(r"<h2[^>]*>\s*</h2>", page), "a heading without words"
    first = {f: (tmp_path / "out" / f).read_bytes() for f in files_below(tmp_path / "out")}
    assert dww(run, "agenda", *files[::-1], "--out", str(tmp_path / "out")).returncode == 0
    assert first == {f: (tmp_path / "out" / f).read_bytes() for f in files_below(tmp_path / "out")}
    (tmp_path / "two.json").write_text(json.dumps(other | {"format": 2, "themes": 3}), encoding="utf-8")
    (tmp_path / "one.json").write_text(json.dumps({"study": "x"}), encoding="utf-8")
    refused = dww(run, "agenda", *files, "--out", str(tmp_path / "nothing"))
    assert refused.returncode == 2 and not (tmp_path / "nothing").exists()
    assert "a bundle of format 2" in refused.stderr and "`quantities` is missing" in refused.stderr


@pytest.mark.long
@pytest.mark.workflow
def test_what_sessions_gave_is_archived_and_nobody_is_in_it(run):
    done = dww(run, "archive", STUDY)
    assert done.returncode == 0, done.stderr
    assert "--private" not in done.stdout, "there are no scores of persons that might come along"
    folder = run / "data" / "derived" / STUDY / "archive"
    names = set(files_below(folder))
    assert {"report/tables/quantities.csv", "configuration/practice.yaml"} <= names
    assert len([name for name in names if name.startswith("report/sessions/")]) == 16
    book = etree.parse(str(folder / "documentation" / "codebook.xml")).getroot()
    etree.XMLSchema(file=str(ROOT / "tests/reports/ddi_codebook_2_5/codebook.xsd")).assertValid(book)
    columns = [v.get("name") for v in book.iter("{ddi:codebook:2_5}var")]
    tables = [pd.read_csv(folder / f"report/tables/{name}.csv") for name in ("quantities", "agenda")]
    assert columns == [column for table in tables for column in table.columns]
    assert book.findtext(".//{ddi:codebook:2_5}anlyUnit") == "Group"
    text = (folder / "README.en.md").read_text(encoding="utf-8")
    assert "nobody was followed" in text and "sealed on" not in text and "not sealed" not in text
    graph = json.loads((folder / "ro-crate-metadata.json").read_text(encoding="utf-8"))["@graph"]
    (made,) = (entity for entity in graph if entity["@id"] == "#run")
    known = {entity["@id"] for entity in graph}
    assert made["object"] and {part["@id"] for part in made["object"]} <= known
    refused = dww(run, "archive", STUDY, "--private")
    assert refused.returncode == 2 and "nobody is followed" in refused.stderr


@pytest.mark.workflow
@pytest.mark.slow
def test_a_private_region_needs_no_key_where_nobody_is_followed(run, tmp_path):
    def edit(files):
        files["study"]["data"] = "private"

    done = dww(make_study(tmp_path, edit), "run", STUDY, "--cores", "1")
    assert done.returncode == 0, done.stderr
    assert '"pseudonyms": "none"' in (tmp_path / "reports" / STUDY / "provenance.json").read_text(
        encoding="utf-8"
    )


def test_rows_that_were_exported_twice_are_a_counted_line(root):
    assert "ballots: 20 rows say the same again and count once" in check_study(project_of(root)).lines


@pytest.mark.slow
def test_every_module_the_step_imports_is_in_its_closure(root):
    code = "import sys; sys.argv = ['dww_analysis']\nfrom dww_analysis.cli.stage import main\n" + (
        f"assert main(['--root', {str(root)!r}, '--study', '{STUDY}', 'stage', 'practice', 'sessions']) == 0\n"
        "print(*(m.__file__ for n, m in sys.modules.items() if n.split('.')[0] == 'dww_analysis'), sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    imported = {
        Path(f).relative_to(HOME).as_posix() for f in done.stdout.splitlines() if f.startswith(str(HOME))
    }
    assert "practice/sessions.py" in imported
    assert imported - set(stage_closure("dww_analysis.stages.practice")) == set()


def test_a_name_among_the_labels_is_found_by_the_check_of_privacy(tmp_path):
    def edit(files):
        themes = [*files["practice"]["themes"], {"id": "extra", "label": "de vraag van Wietske Hoekstra"}]
        files["practice"] = {**files["practice"], "themes": themes}

    (found,) = check_privacy(project_of(make_study(tmp_path, edit)), "en").stopped
    assert "practice.yaml, column themes: possible name" in found and "Wietske" not in found
