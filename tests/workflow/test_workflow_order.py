"""Which jobs wait for which, and how urgent each step is; a run on this machine that nobody counts the jobs of."""

import re
from functools import cache
from types import SimpleNamespace

import pytest
from snakemake.scheduling.job_scheduler import JobScheduler
from workflow_runs import ROOT

from dww_analysis.cli.opening import start_workflow
from dww_analysis.stages.order import needs, urgency
from dww_analysis.stages.project import open_project
from dww_analysis.stages.register import jobs
from dww_analysis.stages.workflow import Workflow


@pytest.fixture(scope="module")
def flow():
    return Workflow(open_project(ROOT, "example"))


def test_a_job_waits_for_those_whose_outputs_its_rule_reads(flow):
    makes = {
        re.sub(r"\{name[^}]*\}", name, str(file)): (id, name)
        for id, name in jobs(flow.project)
        for file in flow.makes(id)
    }
    found = needs(flow.project)
    assert list(found) == list(jobs(flow.project))
    for id, name in jobs(flow.project):
        read = flow.reads(id)(SimpleNamespace(name=name))
        assert found[id, name] == {makes[file] for file in read if file in makes}, (id, name)


def test_a_step_is_urgent_by_the_longest_row_of_jobs_behind_it(flow):
    before = needs(flow.project)

    @cache
    def behind(job):
        return max((1 + behind(later) for later, read in before.items() if job in read), default=0)

    of = {id: [behind(j) for j in before if j[0] == id] for id, _ in before}
    found = urgency(flow.project)
    assert found == {id: 2 * max(rows) + (len(rows) == 1) for id, rows in of.items()}
    assert found["overview"] == found["draw"] + 1  # both wait for the report alone; one of them has one job
    assert [flow.priority(rule) for rule in ("report", "all", "ingest")] == [1, 0, max(found.values()) - 1]


def test_the_rate_of_starting_jobs_is_limited_on_a_cluster_only():
    assert "job_rate_limiter" in JobScheduler.__init__.__code__.co_names  # the name is Snakemake's
    for local, limit in ((True, None), (False, "as it was")):
        run = SimpleNamespace(local_exec=local, scheduler=SimpleNamespace(job_rate_limiter="as it was"))
        start_workflow(run)
        assert run.scheduler.job_rate_limiter == limit


@pytest.mark.parametrize(
    "words", [{}, {"local_exec": True}, {"local_exec": True, "scheduler": SimpleNamespace()}]
)
def test_a_snakemake_without_these_names_runs_with_its_limit(words):
    run = SimpleNamespace(**words)
    start_workflow(run)
    assert not vars(words.get("scheduler", SimpleNamespace()))
