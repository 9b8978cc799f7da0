"""How a run ends: which records of fits make it one where something could not be estimated."""

import pytest

from dww_analysis.cli import closing


@pytest.mark.parametrize(
    ("record", "all_there"), [({}, True), ({"failed": "why"}, False), ({"untested": "no test"}, False)]
)
def test_an_entry_without_estimate_or_test_is_not_all_that_was_asked(monkeypatch, record, all_there):
    monkeypatch.setattr(closing, "fit_records", lambda project: {"a": {"entry": "a"}, "b": record})
    assert closing.all_estimated(None) is all_there
