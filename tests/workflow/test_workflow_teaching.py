"""The teaching pack: a study that runs, pages without a real person, and answers that are what the run wrote."""

import json

import pandas as pd
import pytest
from workflow_runs import dww, files_below

from dww_analysis.cli.check import check_study
from dww_analysis.cli.teach import write_twin
from dww_analysis.cli.teach_answers import few_of
from dww_analysis.language import Words
from dww_analysis.reports.documents.teaching import LEVELS, assignments, praatplaat, reader
from dww_analysis.simulate.instruments import BLOCKS
from dww_analysis.simulate.twin import TWIN_SEED, draw_twin
from dww_analysis.stages.paths import Paths
from dww_analysis.stages.project import Project


def test_the_twin_can_run_and_students_stay_out_of_effects(tmp_path):
    truth = write_twin(tmp_path)
    project = Project(Paths(tmp_path, "twin"))
    assert check_study(project).problems == ()
    assert {e.sample for e in project.files.plan.entries} == {"main"}
    students = [s for s in project.files.sources if s.participant == "student"]
    assert [s.sample for s in students] == ["students"]
    assert truth["effects"]["psychological_safety"] == 0


@pytest.mark.parametrize("language", ["nl", "en"])
def test_paper_has_six_assignments_and_a_question_for_each_level(language):
    words = Words(language)
    pages = {level: assignments(words, level) for level in LEVELS}
    assert all(
        page.count('class="task"') == 6 and page.count('class="extra"') == 6 for page in pages.values()
    )
    assert len(set(pages.values())) == 3
    assert reader(words).count('class="page"') == 4
    assert praatplaat(words).count('class="box"') == 6


@pytest.mark.parametrize("seed", [TWIN_SEED, 0, 23])
def test_the_table_that_leaks_hides_fewer_than_the_minimum_whatever_the_seed(seed):
    tables = draw_twin(seed).tables
    items = {item for block in BLOCKS if block.construct == "lpw" for item in block.items}
    own = tables["wave1.csv"].merge(tables["teams.csv"], on="team")
    few = few_of(own.assign(score=own[sorted(items)].mean(axis=1)), 8)
    assert len(few) == 5
    assert 0 < few[few > 0].min() < 8


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    out = tmp_path_factory.mktemp("teach") / "pack"
    done = dww(out.parent, "teach", str(out), "--level", "hbo", "--lang", "en", "--cores", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "dww-teach-" not in done.stdout, "a folder that is gone"
    return out


@pytest.mark.slow
@pytest.mark.workflow
def test_answers_agree_with_what_a_run_of_the_pack_prints(packed):
    said = json.loads((packed / "answers" / "answers.json").read_text(encoding="utf-8"))
    done = dww(packed, "run", "--cores", "1")
    assert done.returncode == 0, done.stderr
    tables = packed / "data" / "derived" / "twin" / "tables"
    estimates = pd.read_csv(tables / "estimates.csv").set_index("id")
    for outcome in ("learning_potential", "psychological_safety"):
        for name in ("estimate", "conf_low", "conf_high"):
            assert said["found"]["count"][outcome][name] == estimates.loc[outcome, name]
        assert said["found"]["count"][outcome]["truth"] == said["truth"]["effects"][outcome]
    shown = f"learning opportunities at work: {estimates.loc['learning_potential', 'estimate']:.2f}"
    assert shown in done.stdout
    quantities = pd.read_csv(tables / "quantities.csv")
    tiers = quantities[quantities["quantity"] == "share_equal_weight"].set_index("subject")["tier"]
    assert said["found"]["priorities"]["sure"] == sorted(tiers.index[tiers == "sure_top3"])
    dots = said["found"]["dots"]
    row = quantities.set_index("id").loc[f"day.share.{dots['theme']}.{dots['role']}"]
    assert (dots["first"]["value"], dots["first"]["conf_low"]) == (row["value"], row["conf_low"])
    leak = pd.read_csv(packed / "material" / "table_with_a_leak.csv", dtype=str)
    numbers = leak.iloc[:, 1]
    shown = sum(int(n) for n in numbers.iloc[:-1] if n != "x")
    assert list(numbers).count("x") == 1
    assert int(numbers.iloc[-1]) - shown == said["found"]["leak"]["hidden"] > 0
    team = said["found"]["sheet"]["team"]
    sheet = (packed / f"reports/twin/units/team-{team}/sheet.json").read_text(encoding="utf-8")
    assert f"{said['found']['sheet']['mean']:.1f}" in sheet
    page = (packed / "answers" / "answers.html").read_text(encoding="utf-8")
    assert "The truth is 0.33" in page
    other = said["found"]["count"]["psychological_safety"]
    assert f"the truth 0.00: it lies {'inside' if other['inside'] else 'outside'} the interval" in page
    assert said["found"]["action"] == {"median": 7, "run": 9, "first": 1, "last": 12, "truth": 13}


@pytest.mark.slow
@pytest.mark.workflow
def test_the_same_seed_gives_the_same_bytes_and_a_full_folder_is_refused(packed, tmp_path):
    again = dww(packed.parent, "teach", str(packed), "--lang", "en")
    assert again.returncode == 2 and "not empty" in again.stderr
    done = dww(tmp_path, "teach", str(tmp_path / "pack"), "--level", "hbo", "--lang", "en", "--cores", "1")
    assert done.returncode == 0, done.stderr
    other = files_below(tmp_path / "pack")
    assert {name: file.read_bytes() for name, file in other.items()} == {
        name: (packed / name).read_bytes() for name in other
    }
