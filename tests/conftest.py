"""How tests are spread over workers (pytest-xdist): see `worker_groups`."""

from pathlib import Path

import pytest
from worker_groups import group_of

ROOT = Path(__file__).parents[1]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Tests of one group of files, else of one file, in one worker; xdist_group marks are not read."""
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.split("::", maxsplit=1)[0]
            return group_of(ROOT / file) or file

    return ByGroup(config, log)
