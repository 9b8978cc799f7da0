"""One finished run of the example, shared by the tests that only look at it."""

import pytest
from workflow_runs import copy_study, dww


@pytest.fixture(scope="session")
def finished_example(tmp_path_factory):
    """Root folder and output of `dww run example`."""
    root = copy_study("example", tmp_path_factory.mktemp("example"))
    return root, dww(root, "run", "example", "--cores", "2")
