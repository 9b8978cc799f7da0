"""Finished runs of the two studies, shared by the tests that only look at them."""

import pytest
from workflow_runs import copy_study, dww


@pytest.fixture(scope="session")
def finished_example(tmp_path_factory):
    """Root folder and output of `dww run example`."""
    root = copy_study("example", tmp_path_factory.mktemp("example"))
    return root, dww(root, "run", "example", "--cores", "2")


@pytest.fixture(scope="session")
def finished_workplace(tmp_path_factory):
    """Root folder and output of `dww run workplace`."""
    root = copy_study("workplace", tmp_path_factory.mktemp("workplace"))
    return root, dww(root, "run", "workplace", "--cores", "2")
