"""Sources of the way back in sources.yaml: free texts by name, and somebody who reads them."""

import pytest
from test_config_any_value import read
from whole_study import WHOLE

from dww_analysis.domain.cycle import NEEDED_CYCLE_COLUMNS
from dww_analysis.errors import ConfigError

FREE = {"interpretations": ["text"], "actions": ["what"], "counts": ["indicator"]}


def study(monkeypatch, kind, units=None, **changes):
    columns = {c: c for c in NEEDED_CYCLE_COLUMNS[kind]}
    source = {
        "id": "told",
        "file": "told.csv",
        "kind": kind,
        "columns": columns,
        "texts": FREE[kind],
        **changes,
    }
    others = [s for s in WHOLE["sources"]["sources"] if s["id"] != "told"]
    reports = {**WHOLE["reports"], **({"units": units} if units else {})}
    if not units:
        reports.pop("units", None)
    return read(
        monkeypatch,
        {**WHOLE, "sources": {**WHOLE["sources"], "sources": [*others, source]}, "reports": reports},
    )


def refused(*given, **changes):
    with pytest.raises(ConfigError) as error:
        study(*given, **changes)
    return [str(p) for p in error.value.problems]


@pytest.mark.parametrize("kind", FREE)
def test_a_source_of_each_kind_is_read_where_there_are_sheets(monkeypatch, kind):
    files = study(monkeypatch, kind, {"release": "after_last_wave"})
    assert files.sources[-1].texts == tuple(FREE[kind])


@pytest.mark.parametrize("kind", ["actions", "counts"])
def test_agreements_and_counts_that_no_sheet_prints_are_refused(monkeypatch, kind):
    for units in (None, {"release": "never"}):
        assert any("asks for no sheets" in p for p in refused(monkeypatch, kind, units))


def test_interpretations_need_no_sheets(monkeypatch):
    assert study(monkeypatch, "interpretations").sources[-1].kind == "interpretations"


def test_free_text_that_is_not_declared_and_texts_that_are_none(monkeypatch):
    assert any(
        "free text that `texts` does not: text" in p
        for p in refused(monkeypatch, "interpretations", texts=[])
    )
    found = refused(monkeypatch, "interpretations", texts=["text", "share"])
    assert any("`texts` names `share`" in p for p in found)


def test_a_column_that_the_kind_does_not_have_and_one_that_is_needed(monkeypatch):
    columns = {c: c for c in NEEDED_CYCLE_COLUMNS["interpretations"]}
    found = refused(monkeypatch, "interpretations", columns={**columns, "mood": "m"})
    assert any("column of a source of kind interpretations `mood` does not exist" in p for p in found)
    del columns["share"]
    assert any("columns.share" in p for p in refused(monkeypatch, "interpretations", columns=columns))


def test_texts_of_another_kind_are_refused(monkeypatch):
    others = [{**s, "texts": ["text"]} if s["id"] == "ballots" else s for s in WHOLE["sources"]["sources"]]
    with pytest.raises(ConfigError, match="`texts` in a source of kind ballots"):
        read(monkeypatch, {**WHOLE, "sources": {**WHOLE["sources"], "sources": others}})
