"""Jobs in pieces: what jobs there are, what is taken of them, and that no result or plan tells how many there were."""

import shutil
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from workflow_runs import ROOT, dww, files_below

from dww_analysis import storage
from dww_analysis.errors import ConfigError
from dww_analysis.stages import places
from dww_analysis.stages.job import plan_of, run_job
from dww_analysis.stages.order import needs
from dww_analysis.stages.pieces import MOST, Piece, check_chunks
from dww_analysis.stages.project import open_project
from dww_analysis.stages.register import jobs, jobs_before, stage
from dww_analysis.stages.workflow import Workflow

SPLIT = ("calibrate", "curve", "impute")


@pytest.fixture(scope="module")
def example():
    return open_project(ROOT, "example")


def in_pieces(example, n):
    return replace(example, chunks=n)


def test_without_being_asked_no_job_is_split(example):
    assert "piece" not in {id for id, _ in jobs(example)}
    for id, name in jobs(example):
        assert stage(id).files_awaited(example, name) == stage(id).files_read(example, name)


def test_each_job_of_a_stage_that_splits_has_pieces_before_it(example):
    split = in_pieces(example, 2)
    before = needs(split)
    wholes = [(id, name) for id, name in jobs(example) if id in SPLIT]
    assert set(jobs(split)) - set(jobs(example)) == {("piece", str(p)) for p in pieces(split, wholes)}
    for piece in pieces(split, wholes):
        assert ("piece", str(piece)) in before[piece.stage, piece.name]
        assert before["piece", str(piece)] == {
            job for job in before[piece.stage, piece.name] if job[0] != "piece"
        }


def pieces(project, wholes):
    return [Piece.parse(p) for id, name in wholes for p in stage(id).pieces(project, name)]


def test_there_are_no_more_pieces_than_parts(example):
    split = in_pieces(example, MOST)
    assert stage("impute").pieces(split, "burnout") == ["impute-burnout-1of2", "impute-burnout-2of2"]
    assert len(stage("curve").pieces(split, "work_engagement")) == 2 * 2 + 16
    assert len(stage("calibrate").pieces(split, "burnout")) == 10 * 4 + 1 + 2


def test_no_plan_and_no_result_tells_how_many_pieces_there_are(example):
    one, many = Workflow(example), Workflow(in_pieces(example, 7))
    assert one.results() == many.results()
    assert list(jobs_before(one.project, "report")) == list(jobs_before(many.project, "report"))
    for id, name in jobs(example):
        plans = {str(plan_of(p, stage(id), name, "code")) for p in (one.project, many.project)}
        assert len(plans) == 1, (id, name)


def test_snakemake_remembers_no_plan_of_a_piece(example):
    flow = Workflow(in_pieces(example, 2))
    assert "--planned" in flow.command("calibrate") and "--planned" not in flow.command("piece")
    reads = flow.reads("calibrate")(SimpleNamespace(name="burnout"))
    own = [path for path in reads if "/pieces/" in path]
    assert own == [f"data/interim/example/pieces/calibrate-burnout-{k}of2.npz" for k in (1, 2)]
    (pattern, record) = flow.makes("piece")
    assert "calibrate\\-burnout\\-2of2" in pattern and record.startswith("data/interim/example/provenance/")
    for profile in ("default", "slurm", "snellius"):
        settings = yaml.safe_load((ROOT / "profiles" / profile / "config.yaml").read_text(encoding="utf-8"))
        assert "input" not in settings["rerun-triggers"]


@pytest.mark.parametrize("text", ["", "calibrate", "calibrate-burnout", "calibrate-burnout-0of3", "a-b-4of3"])
def test_what_is_no_piece_is_refused(text, example):
    with pytest.raises(ConfigError, match="not the name of a piece"):
        Piece.parse(text)
    with pytest.raises(ConfigError, match="no stage `score` with pieces"):
        stage("piece").reads(example, "score-burnout-1of3")


@pytest.mark.parametrize("given", ["0", "-1", "2.5", "eight", "", str(MOST + 1), True, "٣", "1e3", "9" * 400])
def test_what_is_no_number_of_pieces_is_refused(given):
    with pytest.raises(ConfigError, match="a whole number from 1 to"):
        check_chunks(given)
    assert (check_chunks(3), check_chunks(" 12 "), check_chunks(MOST)) == (3, 12, MOST)


@pytest.mark.long
@pytest.mark.parametrize("command", [["run", "example"], ["explain", "example"], ["power", "example"]])
def test_a_bad_number_of_pieces_is_exit_code_2(command, tmp_path):
    words = [sys.executable, "-m", "dww_analysis", "--root", str(ROOT), *command, "--chunks", "0"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2 and "a whole number from 1 to" in done.stderr


# --- on a finished run


@pytest.fixture
def copied(finished_example, tmp_path):
    """A copy of a finished run, by its project."""
    root, _ = finished_example
    for part in ("config", "data/interim", "data/derived", "data/raw"):
        shutil.copytree(root / part / "example", tmp_path / part / "example")
    return open_project(tmp_path, "example")


def made_again(project, id, name):
    """What a job makes, without its results of before: path -> bytes, its record included."""
    own = [place.at(project.paths, name) for place in stage(id).places(project).values()]
    before = {path: path.read_bytes() for path in own}
    for path in own:
        path.unlink()
    run_job(project.paths, id, name)
    return before, {path: path.read_bytes() for path in own}


def there(project):
    return sorted(p.name for p in places.PIECE.at(project.paths, "any").parent.glob("*"))


@pytest.mark.workflow
@pytest.mark.long
@pytest.mark.parametrize("id", SPLIT)
def test_a_job_in_pieces_makes_the_same_files_and_takes_the_pieces_away(id, copied):
    name = "learning_potential"
    names = stage(id).pieces(in_pieces(copied, 3), name)
    for piece in names:
        run_job(copied.paths, "piece", piece)
    assert there(copied) == [f"{piece}.npz" for piece in names]
    before, after = made_again(copied, id, name)
    assert before == after and there(copied) == []
    assert not list((copied.paths.interim / "provenance").glob("*"))


@pytest.mark.workflow
@pytest.mark.long
def test_what_a_piece_left_is_taken_only_where_it_was_made_from_what_is_there_now(copied, capsys):
    name, piece = "burnout", "calibrate-burnout-1of2"
    path = places.PIECE.at(copied.paths, piece)
    record = places.record_of("piece", "interim").at(copied.paths, piece)
    run_job(copied.paths, "piece", piece)
    parts, noted = storage.load_parts(path), storage.load_json(record)

    def changed(of_record):
        """Results with parts that say something else, and this record of them."""
        first = {
            **parts,
            next(iter(parts)): {n: v + np.ones_like(v) for n, v in parts[next(iter(parts))].items()},
        }
        storage.save_parts(first, path)
        record.unlink(missing_ok=True)
        if of_record is not None:
            storage.save_json(of_record, record)
        before, after = made_again(copied, "calibrate", name)
        return before != after

    assert not changed({**noted, "config": "another"})
    assert "was made from something else" in capsys.readouterr().out
    scores = copied.paths.shown(places.SCORES.at(copied.paths, name))
    assert not changed({**noted, "inputs": {**noted["inputs"], scores: "another"}})
    assert not changed({**noted, "packages": {**noted["packages"], "numpy": "1.0"}})
    assert not changed(None)
    assert changed(noted)  # it is taken as it is


@pytest.mark.workflow
@pytest.mark.slow
def test_runs_in_pieces_give_the_files_of_a_run_without_and_make_nothing_stale(finished_example, tmp_path):
    root, _ = finished_example
    runs = {n: tmp_path / str(n) for n in (1, 3)}
    for n, own in runs.items():
        shutil.copytree(root, own)
        assert "is up to date" in dww(own, "explain", "example", "--chunks", "5").stdout
        plan = own / "config/example/plan.yaml"
        text = plan.read_text(encoding="utf-8").replace("trials: 2000", "trials: 1200")
        plan.write_text(text.replace("m: 20, burn_in", "m: 10, burn_in"), encoding="utf-8")
        if n > 1:
            run_job(open_project(own, "example").paths, "piece", f"calibrate-burnout-2of{n}")
            said = dww(own, "explain", "example", "--chunks", str(n)).stdout
            part = "try the tests of burnout on simulated trials, part {} of 3"
            assert part.format(1) in said and part.format(2) not in said
        done = dww(own, "run", "example", "--cores", "2", "--chunks", str(n))
        assert done.returncode == 0, done.stderr
        assert "is up to date" in dww(own, "explain", "example", "--chunks", "2").stdout
    for part in ("data/interim/example", "data/derived/example", "reports/example"):
        one, three = (files_below(own / part) for own in runs.values())
        assert set(one) == set(three)
        assert [name for name in one if one[name].read_bytes() != three[name].read_bytes()] == []
