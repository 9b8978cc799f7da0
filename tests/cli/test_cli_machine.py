"""A full disk, a read-only file system and a lack of permission are the machine's: exit code 4 and a sentence."""

import errno
import os
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from dww_analysis.cli.explain import explain_study
from dww_analysis.cli.opening import open_workflow
from dww_analysis.cli.run import _explain_failure, _explain_stop
from dww_analysis.cli.snakemake_run import Told, _listen
from dww_analysis.cli.stage import main
from dww_analysis.stages.lock import make_folders
from dww_analysis.stages.machine import refusal_in, refusal_of
from dww_analysis.stages.paths import Paths

ROOT = Path(__file__).parents[2]
CODES = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES)
JOB = ["--study", "example", "stage", "ingest", "wave1"]


@pytest.fixture
def root(tmp_path):
    for part in ("config/example", "data/raw/example"):
        shutil.copytree(ROOT / part, tmp_path / part)
    return tmp_path


@pytest.mark.parametrize("code", CODES, ids=errno.errorcode.get)
def test_a_job_that_cannot_save(code, root, monkeypatch, capsys):
    def refused(*_):
        raise OSError(code, os.strerror(code), str(root / "answers.parquet"))

    monkeypatch.setattr(os, "replace", refused)
    assert main(["--root", str(root), *JOB]) == 4
    said = capsys.readouterr().err
    assert "expected:" in said and "what to do:" in said and "Traceback" not in said
    assert str(root) not in said


@pytest.mark.parametrize("code", CODES, ids=errno.errorcode.get)
def test_a_command_that_cannot_write(code, root, monkeypatch, capsys):
    from dww_analysis.cli.app import run_app

    def refused(*_, **__):
        raise OSError(code, os.strerror(code), str(root / "logs"))

    monkeypatch.setattr(Path, "mkdir", refused)
    monkeypatch.setattr(sys, "argv", ["dww", "--root", str(root), "run", "example"])
    assert run_app() == 4
    said = capsys.readouterr().err
    assert "what to do:" in said and "Traceback" not in said


def test_a_job_that_cannot_even_write_its_log(root, monkeypatch, capsys):
    def refused(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied", "run.lock")

    monkeypatch.setattr(Path, "mkdir", refused)
    assert main(["--root", str(root), *JOB]) == 4
    assert "no permission" in capsys.readouterr().err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(root, capsys):
    (root / "logs").mkdir(mode=0o500)
    assert main(["--root", str(root), *JOB]) == 4


def test_other_faults_are_not_the_machine(root):
    assert refusal_of(ValueError("x")) is None
    assert refusal_of(FileNotFoundError(errno.ENOENT, "no such file", "a")) is None
    try:
        try:
            raise OSError(errno.ENOSPC, "No space left on device", "a.csv")
        except OSError as cause:
            raise RuntimeError("while saving") from cause
    except RuntimeError as error:
        assert "the disk is full" in str(refusal_of(error))


def test_the_words_of_other_programs_are_understood(capsys):
    assert _explain_stop("en", "OSError: [Errno 28] No space left on device") == 4
    assert _explain_stop("en", "bash: logs/x.log: Read-only file system") == 4
    assert _explain_stop("en", "KeyError: 'x'") == 1
    assert refusal_in("all is well") is None


SAID = """\
rule piece:
    jobid: 2
    wildcards: name=power-grid-1of2
rule power:
    jobid: 1
Error in rule piece:
    message: {message}
    jobid: 2
    log: logs/s/piece.power-grid-1of2.log"""


@pytest.mark.parametrize(
    ("message", "log", "code"),
    [
        ("SLURM-job '7' failed, SLURM status is: 'TIMEOUT'.", None, 4),
        ("SLURM-job '7' failed, SLURM status is: 'FAILED'.", None, 1),  # nobody knows why: not the machine
        ("None", "reading\n", 4),
        ("None", "Traceback (most recent call last):\n", 1),
        ("None", "piece power-grid-1of2: exit 2 after 1.0 s\n", 1),
    ],
)
def test_a_step_that_was_stopped_from_outside_is_not_the_program(message, log, code, tmp_path, capsys):
    """It was called an internal error, also when a queue took the job away."""
    paths, told = Paths(tmp_path, "s"), Told()
    for line in SAID.format(message=message).splitlines():
        _listen(line, told)
    assert told.failed == {"2": message} and [job.number for job in told.jobs] == ["2", "1"]
    paths.logs.mkdir(parents=True)
    if log is not None:
        (paths.logs / "piece.power-grid-1of2.log").write_text(log)
    assert _explain_failure(SimpleNamespace(paths=paths), "en", told) == code
    said = capsys.readouterr().err
    assert ("what a trial could find, part 1 of 2. Run the same command again" in said) == (code == 4)


def test_of_the_memory_is_said_what_is_said_of_the_disk():
    assert "not enough memory" in str(refusal_of(MemoryError()))


def test_folders_with_single_persons_are_their_owners(tmp_path):
    paths = Paths(tmp_path, "study")
    paths.logs.mkdir(parents=True, mode=0o750)
    make_folders(paths)
    assert paths.logs.stat().st_mode & 0o777 == 0o700
    assert paths.derived.stat().st_mode & 0o777 == 0o700


def test_a_study_that_snakemake_cannot_read_is_bad_input_and_not_the_program(tmp_path, monkeypatch, capsys):
    """It was whole when `dww run` looked at it, and an editor saved something else before Snakemake did."""
    (tmp_path / "config/s").mkdir(parents=True)
    (tmp_path / "config/s/study.yaml").write_text("study: s\nwaves: 3\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["snakemake"])
    with pytest.raises(SystemExit) as ended:
        open_workflow({"study": "s"}, SimpleNamespace(is_main_process=True, dryrun=False))
    said = capsys.readouterr().err
    assert ended.value.code == 2 and "study.yaml" in said and "expected:" in said
    assert _explain_stop("en", f"Using profile default\n{said}") == 2
    assert capsys.readouterr().err == said.split("\n", 1)[1] + "\n"


def test_snakemake_by_hand_where_nothing_may_be_written(tmp_path, monkeypatch, capsys):
    (tmp_path / "config/s").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["snakemake"])
    monkeypatch.setattr("dww_analysis.cli.opening.hold_until_the_end", refuse)
    with pytest.raises(SystemExit) as ended:
        open_workflow({"study": "s"}, SimpleNamespace(is_main_process=True, dryrun=False))
    assert ended.value.code == 4 and "the file system is read-only" in capsys.readouterr().err


def refuse(*_):
    raise OSError(errno.EROFS, "Read-only file system", "run.lock")


def test_a_dry_run_that_the_machine_refused_is_the_machines(tmp_path, monkeypatch):
    told = Told(lines=["Building DAG of jobs...", "OSError: [Errno 30] Read-only file system: 'latest.pkl'"])
    monkeypatch.setattr("dww_analysis.cli.explain.run_snakemake", lambda *_, **__: (1, told))
    flow = SimpleNamespace(moved=dict, without_documents=list)
    monkeypatch.setattr("dww_analysis.cli.explain.Workflow", lambda _: flow)
    with pytest.raises(OSError, match="Read-only") as refused:
        explain_study(SimpleNamespace(files=SimpleNamespace(sources=()), paths=None), "en")
    assert "the file system is read-only" in str(refusal_of(refused.value))
