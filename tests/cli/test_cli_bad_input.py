"""Bad input, one thing broken at a time: a clear refusal with exit code 2, and nothing half written.

Each case copies the example study to a folder of its own, breaks one thing, and asks `dww check` and the job that
meets the broken thing; `dww run` as a whole is asked in the slow tests.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2]
BAD_INPUT = 2
CODE = re.compile(r"\b([a-z]\d){3}\b", re.IGNORECASE)  # what person codes of the example look like
PARTS = ("expected:", "what to do:")


@dataclass(frozen=True)
class Broken:
    """One broken study: what is done to it, which job meets it, what the refusal must say."""

    name: str
    harm: Callable[[Path], None]
    says: tuple[str, ...]
    stage: tuple[str, str] | None  # None when the configuration itself is refused


def raw(root: Path, name: str) -> Path:
    return root / "data" / "raw" / "example" / name


def declare(root: Path, name: str) -> None:
    """Make the checksum in sources.yaml that of the broken file: a delivery that was broken from the start."""
    intact = hashlib.sha256(raw(HOME, name).read_bytes()).hexdigest()
    found = hashlib.sha256(raw(root, name).read_bytes()).hexdigest()
    replace_text(root / "config" / "example" / "sources.yaml", intact, found)


def replace_text(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"nothing to break in {path.name}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def edit_csv(root: Path, name: str, edit: Callable[[list[list[str]]], None]) -> None:
    """Change cells of a delivered CSV file; row 0 is the heading."""
    path = raw(root, name)
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
    edit(rows)
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    declare(root, name)


def truncate_sav(root: Path) -> None:
    path = raw(root, "wave0.sav")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    declare(root, "wave0.sav")


def change_after_declaration(root: Path) -> None:
    with open(raw(root, "wave2_limesurvey.csv"), "ab") as file:
        file.write(b"\n")


def lose_the_person_column(root: Path) -> None:
    def edit(rows: list[list[str]]) -> None:
        rows[0][rows[0].index("ExternalReference")] = "SomethingElse"

    edit_csv(root, "wave1_qualtrics.csv", edit)


def own_rows(rows: list[list[str]]) -> list[int]:
    """Numbers of the finished rows of real persons in the LimeSurvey file."""
    token, submitted = rows[0].index("token"), rows[0].index("submitdate")
    return [n for n, row in enumerate(rows) if n and CODE.fullmatch(row[token]) and row[submitted]]


def nine_on_a_five_point_scale(root: Path) -> None:
    def edit(rows: list[list[str]]) -> None:
        rows[40][rows[0].index("G02Q01[SQ005]")] = "9"

    edit_csv(root, "wave2_limesurvey.csv", edit)


def unknown_team(root: Path) -> None:
    def edit(rows: list[list[str]]) -> None:
        team = rows[0].index("G01Q01")
        for number in own_rows(rows)[20:23]:
            rows[number][team] = "T99"

    edit_csv(root, "wave2_limesurvey.csv", edit)


def two_persons_with_one_code(root: Path) -> None:
    def edit(rows: list[list[str]]) -> None:
        token, team = rows[0].index("token"), rows[0].index("G01Q01")
        seen: set[str] = set()
        kept = [rows[0]]
        for row in rows[1:]:  # without the duplicates that are in the example anyway
            if row[token] not in seen or not row[token]:
                kept.append(row)
            seen.add(row[token])
        rows[:] = kept
        first, second = pair(rows, team)
        rows[second][token] = rows[first][token]

    edit_csv(root, "wave2_limesurvey.csv", edit)
    path = root / "config" / "example" / "sources.yaml"
    head, tail = path.read_text(encoding="utf-8").split("  - id: wave2")
    path.write_text(
        head + "  - id: wave2" + tail.replace("duplicates: keep_last_complete", "duplicates: stop")
    )


def pair(rows: list[list[str]], team: int) -> tuple[int, int]:
    """Two rows of different persons in one team."""
    first, *others = own_rows(rows)
    return first, next(n for n in others if rows[n][team] == rows[first][team])


def empty_file(root: Path) -> None:
    raw(root, "wave1_qualtrics.csv").write_bytes(b"")
    declare(root, "wave1_qualtrics.csv")


def heading_only(root: Path) -> None:
    edit_csv(root, "wave2_limesurvey.csv", lambda rows: rows.__delitem__(slice(1, None)))


def missing_file(root: Path) -> None:
    raw(root, "wave1_qualtrics.csv").unlink()


def unknown_scale(root: Path) -> None:
    replace_text(root / "config/example/plan.yaml", "outcome: burnout\n", "outcome: burnuot\n")


def unknown_setting(root: Path) -> None:
    replace_text(root / "config/example/study.yaml", "delivered:", "deliverd:")


def unknown_item_column(root: Path) -> None:
    replace_text(root / "config/example/scales.yaml", 'items: ["bat_{01-12}"]', 'items: ["bat_{02-13}"]')


def unknown_name_in_the_allocation(root: Path) -> None:
    replace_text(root / "config/example/sources.yaml", '      "Team Kompas": T01\n', "")


CASES = (
    Broken("a truncated .sav", truncate_sav, ("wave0.sav",), ("ingest", "wave0")),
    Broken("a file changed after it was declared", change_after_declaration,
           ("wave2_limesurvey.csv", "checksum"), ("ingest", "wave2")),
    Broken("a wave without the declared person column", lose_the_person_column,
           ("ExternalReference", "wave1_qualtrics.csv"), ("ingest", "wave1")),
    Broken("a 9 on a 1-5 scale", nine_on_a_five_point_scale,
           ("G02Q01[SQ005]", "line 41", "9", "1", "5"), ("ingest", "wave2")),
    Broken("a team that is not in the allocation", unknown_team, ("T99", "3", "allocation"), ("combine", "study")),
    Broken("two persons with the same code in one team", two_persons_with_one_code,
           ("wave2_limesurvey.csv", "code"), ("ingest", "wave2")),
    Broken("an empty file", empty_file, ("wave1_qualtrics.csv", "empty"), ("ingest", "wave1")),
    Broken("a heading without rows", heading_only, ("wave2_limesurvey.csv",), ("ingest", "wave2")),
    Broken("a file that is not there", missing_file, ("wave1_qualtrics.csv", "not there"), ("ingest", "wave1")),
    Broken("a plan that names a scale that does not exist", unknown_scale,
           ("plan.yaml, line", "burnuot", "did you mean `burnout`"), None),
    Broken("an unknown setting", unknown_setting, ("study.yaml, line", "deliverd", "did you mean `delivered`"), None),
    Broken("an item that no source delivers", unknown_item_column, ("scales.yaml, line", "bat_13"), None),
    Broken("a hand-typed team name without an alias", unknown_name_in_the_allocation,
           ("T01", "allocation", "7 answers"), ("combine", "study")),
)  # fmt: skip
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "_"))
QUICK = 3  # every third is tried in the plain tests, all of them in the slow ones


@pytest.fixture
def study(tmp_path):
    """A folder with the intact example study and nothing else."""
    shutil.copytree(HOME / "config" / "example", tmp_path / "config" / "example")
    shutil.copytree(HOME / "data" / "raw" / "example", tmp_path / "data" / "raw" / "example")
    shutil.copy(HOME / "config" / "config.yaml", tmp_path / "config" / "config.yaml")
    return tmp_path


def dww(monkeypatch, root: Path, *words: str) -> int:
    """Exit code of the command line, run in this process."""
    from dww_analysis.cli.app import run_app

    monkeypatch.setattr(sys, "argv", ["dww", "--root", str(root), *words])
    return run_app()


def files_outside_logs(root: Path) -> set[Path]:
    return {
        p.relative_to(root)
        for p in root.rglob("*")
        if p.is_file() and "logs" not in p.relative_to(root).parts
    }


def assert_clear(message: str, case: Broken) -> None:
    for words in (*case.says, *PARTS):
        assert words in message, f"{words!r} is not in:\n{message}"
    assert "Traceback" not in message
    assert not CODE.search(message), "a person's code in a message"


def test_the_intact_example_has_no_problems(study, monkeypatch, capsys):
    before = files_outside_logs(study)
    assert dww(monkeypatch, study, "check", "example") == 0, capsys.readouterr().err
    assert files_outside_logs(study) == before


@pytest.mark.long
@pytest.mark.parametrize(
    "case",
    [
        pytest.param(c, id=c.name.replace(" ", "_"), marks=[pytest.mark.slow] if i % QUICK else [])
        for i, c in enumerate(CASES)
    ],
)
def test_check_finds_it_and_writes_nothing(case, study, monkeypatch, capsys):
    case.harm(study)
    before = files_outside_logs(study)
    assert dww(monkeypatch, study, "check", "example") == BAD_INPUT
    assert_clear(capsys.readouterr().err, case)
    assert files_outside_logs(study) == before


@pytest.mark.parametrize(
    "case",
    [c for c in CASES if c.stage and c.stage[0] == "ingest"],
    ids=lambda case: case.name.replace(" ", "_"),
)
def test_the_job_refuses_it_and_writes_nothing(case, study, capsys):
    from dww_analysis.cli.stage import main

    case.harm(study)
    before = files_outside_logs(study)
    assert case.stage is not None
    code = main(["--root", str(study), "--study", "example", "stage", *case.stage])
    assert code == BAD_INPUT
    assert_clear(capsys.readouterr().err, case)
    assert files_outside_logs(study) == before


def test_all_problems_are_told_at_once(study, monkeypatch, capsys):
    nine_on_a_five_point_scale(study)
    lose_the_person_column(study)
    truncate_sav(study)
    assert dww(monkeypatch, study, "check", "example") == BAD_INPUT
    message = capsys.readouterr().err
    for file in ("wave0.sav", "wave1_qualtrics.csv", "wave2_limesurvey.csv"):
        assert file in message


def test_an_unknown_study_is_refused_with_the_known_ones(study, monkeypatch, capsys):
    assert dww(monkeypatch, study, "check", "exampel") == BAD_INPUT
    message = capsys.readouterr().err
    assert "exampel" in message and "example" in message.replace("exampel", "")


@pytest.mark.slow
@pytest.mark.workflow
@each_case
def test_run_refuses_it_and_leaves_no_half_output(case, study, monkeypatch, capsys):
    case.harm(study)
    assert dww(monkeypatch, study, "run", "example", "--cores", "1") == BAD_INPUT
    assert_clear(capsys.readouterr().err, case)
    left = files_outside_logs(study)
    assert not any(path.parts[0] == "reports" for path in left)
    assert not any(path.suffix == ".tmp" for path in left)
    if case.stage is not None:
        stage, name = case.stage
        half = (
            Path("data/interim/example") / name
            if stage == "ingest"
            else Path("data/derived/example/measurements")
        )
        assert not any(str(path).startswith(str(half)) for path in left)
