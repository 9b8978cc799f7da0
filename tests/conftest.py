"""How tests are spread over workers (pytest-xdist): see `worker_groups`."""

from pathlib import Path

import pytest
from worker_groups import group_of

ROOT = Path(__file__).parents[1]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Tests of one group in one worker, every other test by itself; xdist_group marks are not read."""
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return group_of(ROOT / nodeid.split("::", maxsplit=1)[0]) or nodeid

    return ByGroup(config, log)
