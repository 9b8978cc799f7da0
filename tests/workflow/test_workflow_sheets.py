"""Stage sheets: which units get a sheet, what is in the table behind it, and an attacker who reads what was written."""

import json
import re
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from workflow_runs import ROOT, files_below, read_shown

from dww_analysis.domain.sheets import UnitSettings
from dww_analysis.domain.study import Source
from dww_analysis.domain.tables.units import UNIT_SHEETS
from dww_analysis.errors import ConfigError
from dww_analysis.stages import places
from dww_analysis.stages.paths import Paths
from dww_analysis.stages.project import Project, open_project
from dww_analysis.stages.register import stage
from dww_analysis.stages.sheets import NO_ROUND
from dww_analysis.stages.stage import save

MINIMUM, ARMS = 8, ("control", "intervention")
# persons by team, four teams to each of three organisations
SIZES = dict(zip((f"T{i:02d}" for i in range(1, 13)), (9, 10, 7, 12, 9, 9, 10, 12, 6, 4, 8, 15), strict=True))
PEOPLE = [(f"p{team}.{i}", team) for team, n in SIZES.items() for i in range(n)]


def organisation_of(team: str) -> str:
    return f"org_{(int(team[1:]) - 1) // 4 + 1}"


def answers_of(waves=(0, 1, 2)) -> pd.DataFrame:
    rows = [
        ("main", p, w, organisation_of(t), t, t, ARMS[int(t[1:]) % 2], True) for w in waves for p, t in PEOPLE
    ]
    names = ["sample", "person", "wave", "organisation", "team", "current_team", "arm", "participated"]
    return pd.DataFrame(rows, columns=names)


def project_with(**settings) -> Project:
    """The example's configuration with two scales, and sheets for units."""
    found = open_project(ROOT, "example")
    files = found.files
    reports = replace(files.reports, units=UnitSettings(**settings))
    other = Project(found.paths)
    scales = tuple(s for s in files.scales if s.id in ("learning_potential", "burnout"))
    other.__dict__["files"] = replace(files, reports=reports, scales=scales)
    return other


def tables_of(project: Project, waves=(0, 1, 2), more_members: int = 2) -> dict:
    """What the stage reads, of invented people who all answered; every team has `more_members` more."""
    answers, rng = answers_of(waves), np.random.default_rng(5)
    level = {team: rng.normal(3, 0.4) for team in SIZES}
    scores = {
        s.id: answers.assign(
            scale=s.id,
            score=np.clip(answers["team"].map(level) + rng.normal(0, 0.5, len(answers)), *s.score_range()),
        )
        for s in project.files.scales
    }
    reliability = {
        s.id: pd.DataFrame(
            {"sample": "main", "scale": s.id, "wave": [0, 1, 2], "omega": [0.8, np.nan, 0.9], "alpha": 0.7}
        )
        for s in project.files.scales
    }
    staff = [(p, t) for p, t in PEOPLE] + [(f"q{t}.{i}", t) for t in SIZES for i in range(more_members)]
    contracts = pd.DataFrame(staff, columns=["person", "team"]).assign(
        start=pd.Timestamp("2020-01-01"), end=pd.NaT
    )
    home = answers[["organisation", "team", "arm"]].drop_duplicates()
    return {
        "answers": answers,
        "scores": scores,
        "reliability": reliability,
        "contracts": {"hr": contracts},
        "allocation": home,
    }


def made(waves=(0, 1, 2), more_members: int = 2, **settings):
    project = project_with(**settings)
    return stage("sheets").run(project, "units", tables_of(project, waves, more_members))


def files_of(found) -> dict[str, dict]:
    """Unit -> its files, all of them made."""
    return {
        unit: {name: content for one in documents.values() for name, content in one.draw().items()}
        for unit, documents in found.parts["sheets"].items()
    }


@pytest.fixture(scope="module")
def after_last():
    return made()


@pytest.fixture(scope="module")
def drawn(after_last):
    return files_of(after_last)


def test_the_table_has_the_declared_columns_and_a_row_for_every_unit(after_last):
    table = after_last.parts["table"]
    assert list(table.columns) == list(UNIT_SHEETS.names)
    assert len(table) == 2 * 3 * (12 + 3)
    small = table[(table["unit"] == "T03")]
    assert not small["shown"].any()
    assert small["mean"].notna().all(), "the research team has it all"
    assert set(table.loc[table["unit"] == "T04", "members"]) == {14.0}


def test_omega_counts_and_where_it_is_absent_alpha(after_last):
    table = after_last.parts["table"]
    own = table[(table["unit"] == "T04") & (table["scale"] == "burnout")].set_index("wave")
    project = project_with()
    scores = tables_of(project)["scores"]["burnout"]
    for wave, reliability in ((0, 0.8), (1, 0.7), (2, 0.9)):
        now = scores[scores["wave"] == wave]
        within = now["score"] - now.groupby("team")["score"].transform("mean")
        s2 = (within**2).sum() / (len(now) - len(SIZES))
        assert own.loc[wave, "std_error"] ** 2 == pytest.approx(s2 * (1 - reliability * 12 / 14) / 12)


def test_only_units_that_may_be_shown_have_a_folder(after_last, drawn):
    folders = set(after_last.parts["sheets"])
    assert {"organisation-org_1", "organisation-org_2", "organisation-org_3", "team-T04"} <= folders
    assert not folders & {"team-T03", "team-T09", "team-T10"}
    assert "team-T01" not in folders, "nine, and the smallest beside seven in their organisation"
    assert set(drawn["team-T04"]) == {
        *(f"sheet.{language}.{form}" for language in ("nl", "en") for form in ("html", "pdf")),
        "sheet.json",
    }


def test_too_small_a_share_of_the_members_is_not_shown():
    found = made(more_members=30)
    assert not any(name.startswith("team-") for name in found.parts["sheets"])


def test_teams_that_stand_together_have_one_sheet():
    found = made(combine={"Noord-Oost": ("T09", "T10")})
    assert "team-Noord-Oost" in found.parts["sheets"]
    numbers = found.parts["sheets"]["team-Noord-Oost"]["sheet"].shows
    assert (numbers["answered"], numbers["members"]) == (10, 14)


def test_a_combination_of_teams_that_are_not_there_stops():
    with pytest.raises(ConfigError, match=r"reports.yaml, units: combine: `N` combines T77"):
        made(combine={"N": ("T09", "T77")})


def test_before_the_last_wave_nobody_gets_a_sheet_unless_each_wave_has_one():
    waiting = made(waves=(0, 1))
    assert waiting.parts["sheets"] == {}
    assert list(waiting.warnings) == [NO_ROUND]
    early = made(waves=(0, 1), release="after_each_wave", reason="teams asked for it")
    assert {s["sheet"].shows["wave"] for s in early.parts["sheets"].values()} == {1}


def test_a_folder_without_sheets_is_made_all_the_same(tmp_path):
    save({}, tmp_path / "units")
    assert (tmp_path / "units").is_dir()


def test_a_team_smaller_than_who_answered_is_said_without_its_name():
    project = project_with()
    tables = tables_of(project)
    contracts = tables["contracts"]["hr"]
    tables["contracts"]["hr"] = contracts[~contracts["person"].str.startswith(("pT04.1", "qT04"))]
    found = stage("sheets").run(project, "units", tables)
    assert found.parts["table"].set_index(["unit", "wave"]).loc["T04", "members"].isna().all()
    (note,) = found.warnings
    assert note.startswith("3 teams at a wave")
    assert "T04" not in note


def with_list(tmp_path, lines: list[str]) -> Project:
    """The same study with a delivered list of members."""
    project = project_with()
    source = Source(
        "sizes", "m.csv", None, "members", "auto", "main", None, {n: n for n in ("team", "wave", "members")}
    )  # fmt: skip
    raw = tmp_path / "data" / "raw" / "example"
    raw.mkdir(parents=True)
    (raw / "m.csv").write_text("team,wave,members\n" + "\n".join(lines) + "\n", encoding="utf-8")
    other = Project(Paths(tmp_path, "example"))
    other.__dict__["files"] = replace(project.files, sources=(*project.files.sources, source))
    return other


def test_a_delivered_number_of_members_stands_before_contracts(tmp_path):
    project = with_list(tmp_path, ["T04,2,20", "T08,2,5"])
    assert stage("sheets").raw(project, "units") == [project.paths.raw / "m.csv"]
    found = stage("sheets").run(project, "units", tables_of(project))
    members = found.parts["table"].drop_duplicates(["unit", "wave"]).set_index(["unit", "wave"])["members"]
    assert (members["T04", 2], members["T04", 1]) == (20, 14)
    assert np.isnan(members["T08", 2]), "five members, and twelve who answered"
    assert members["org_1", 2] == 11 + 12 + 9 + 20
    assert found.warnings[-1] == "source sizes, line 3: correct it"


# --- an attacker who has every sheet, and the published means of arms and of everybody


def written(sheets: dict, folder: Path) -> dict[str, dict]:
    """The numbers of every sheet, read back from the files."""
    save(sheets, folder)
    return {p.parent.name: json.loads(p.read_text(encoding="utf-8")) for p in folder.rglob("sheet.json")}


def shown_in(numbers: dict[str, dict], scale: str) -> set[tuple[str, str]]:
    return {
        (found["level"], found["unit"])
        for found in numbers.values()
        if any(n["scale"] == scale for n in found["numbers"])
    }


@pytest.mark.parametrize("scale", ["learning_potential", "burnout"])
def test_no_small_group_follows_from_the_written_sheets(drawn, scale, tmp_path):
    seen = shown_in(written(drawn, tmp_path / "units"), scale)
    teams = list(SIZES)
    known = [np.ones(len(teams))]
    known += [np.array([int(t[1:]) % 2 == arm for t in teams], dtype=float) for arm in (0, 1)]
    for level, unit in seen:
        own = [t == unit if level == "team" else organisation_of(t) == unit for t in teams]
        known.append(np.array(own, dtype=float))
    rank = np.linalg.matrix_rank(np.array(known))
    for k in (1, 2):
        for group in combinations(range(len(teams)), k):
            if sum(SIZES[teams[i]] for i in group) < MINIMUM:
                wanted = np.isin(np.arange(len(teams)), group).astype(float)
                assert np.linalg.matrix_rank(np.vstack([*known, wanted])) > rank, [teams[i] for i in group]


def test_no_person_and_no_exact_mean_is_in_any_file(after_last, drawn, tmp_path):
    written(drawn, tmp_path / "units")
    text = "".join(read_shown(p) for p in files_below(tmp_path).values())
    assert text.count("dezelfde mensen twee keer") == 2 * len(drawn), "pages and PDFs"
    assert not re.search(r"pT\d\d\.\d", text)
    for mean in after_last.parts["table"]["mean"]:
        assert f"{mean:.3f}" not in text
        assert f"{mean:.3f}".replace(".", ",") not in text


# --- a whole run


@pytest.mark.workflow
def test_a_finished_study_has_sheets_beside_the_page_and_never_on_it(finished_example):
    root, _ = finished_example
    project = open_project(root, "example")
    made = {name: p.read_bytes() for name, p in files_below(root / "reports" / "example").items()}
    sheets = {name for name in made if name.startswith(f"{places.SHEETS.pattern}/")}
    assert {f"units/team-T15/sheet.{end}" for end in ("nl.html", "en.html", "json")} <= sheets
    table = pd.read_csv(places.UNIT_SHEETS.at(project.paths))
    own = table[(table["scale"] == "learning_potential") & table["shown"] & (table["level"] == "team")]
    assert own.groupby("wave").size().tolist() == [14, 13, 14]
    assert not re.search(r"units/|\bsheet\.(nl|en)\.html", made["index.html"].decode())
