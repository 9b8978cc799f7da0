"""What a run says while it is busy, from what Snakemake says."""

from dww_analysis.cli.progress import Progress
from dww_analysis.cli.snakemake_run import Told, _listen

SAID = """\
total 4
localrule ingest:
    jobid: 3
    wildcards: name=wave0
localrule ingest:
    jobid: 2
    wildcards: name=wave1
Finished jobid: 2 (Rule: ingest)
1 of 4 steps (25%) done
localrule combine:
    jobid: 1
Finished jobid: 3 (Rule: ingest)
2 of 4 steps (50%) done
Finished jobid: 1 (Rule: combine)
3 of 4 steps (75%) done
"""


def test_a_line_names_the_step_that_has_ended_and_not_the_one_that_was_begun_last(capsys):
    told, progress = Told(), Progress("en", "s")
    for line in SAID.splitlines():
        if _listen(line, told):
            progress.show(told)
    lines = [line.split(" (about")[0].rstrip() for line in capsys.readouterr().err.splitlines()]
    assert lines[1:] == ["[1/3] read wave1", "[2/3] read wave0", "[3/3] lay all sources together"]
