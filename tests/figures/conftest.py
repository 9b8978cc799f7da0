"""The invented studies of the report tests serve the figures too."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "reports"))


@pytest.fixture(scope="session")
def made():
    import invented_reports

    return invented_reports


@pytest.fixture(scope="session")
def trial(made):
    return made.trial()


@pytest.fixture(scope="session", params=["nl", "en"])
def words(request):
    from dww_analysis.reports import Words

    return Words(request.param)
