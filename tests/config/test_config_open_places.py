"""Places left open, entries added to a list as text, and hints for texts that need quotes."""

import pytest
import yaml

from dww_analysis.config.insert import append_entries, append_keys, replace_line
from dww_analysis.config.open_places import open_problems
from dww_analysis.config.scales import ScalesConfig
from dww_analysis.config.sources import SourcesConfig
from dww_analysis.config.strict import validate
from dww_analysis.config.yaml_file import read_yaml
from dww_analysis.domain.written import is_open
from dww_analysis.errors import ConfigError


def read(tmp_path, text):
    (tmp_path / "x.yaml").write_text(text, encoding="utf-8")
    return read_yaml(tmp_path / "x.yaml", "config/s/x.yaml")


def test_words_without_a_number_are_one_problem(tmp_path):
    file = read(tmp_path, 'recode_sets:\n  mood:\n    "zon": "?"\n    "regen": "1"\n    "mist": "?"\n')
    (problem,) = open_problems(file)
    assert "'zon'" in problem.found and "'mist'" in problem.found and "regen" not in problem.found
    assert problem.where == "config/s/x.yaml, line 2"


def test_an_open_value_says_what_is_needed_and_nothing_else_is_said(tmp_path):
    file = read(tmp_path, 'scales: "? list the scales"\n')
    (problem,) = open_problems(file)
    assert "list the scales" in problem.found
    assert validate(ScalesConfig, file)[1] == []


def test_a_question_mark_in_words_is_a_text():
    assert not is_open("?", ("entries", 0, "question"))
    assert not is_open("?!", ("recode", "x")) and not is_open(3, ("recode",))
    assert is_open("?", ("sources", 0, "columns", "team"))


def test_an_empty_list_is_refused_in_plain_words(tmp_path):
    _, (problem,) = validate(SourcesConfig, read(tmp_path, "sources: []\n"))
    assert problem.expected == "a list of at least 1, not of 0"


@pytest.mark.parametrize(
    "line", ["q: {nl: Helpt het?, en: Does it help?}", "q: {nl: Nu: wat?, en: x}", "q: [a?, b]"]
)
def test_a_text_that_needs_quotes_is_said(tmp_path, line):
    try:
        yaml.safe_load(line)
    except yaml.YAMLError:
        with pytest.raises(ConfigError, match="in quotes"):
            read(tmp_path, line)


TEXT = """# about this study
recode_sets:  # words
  mood:
    "zon": 1
    # a remark
sources:
  - id: a
    columns:
      x: X
      # not used: Y
  - id: b   # the second

# the end
other: 1
"""


def test_entries_come_behind_the_last_one_and_the_rest_stays():
    new = append_entries(TEXT, "sources", ["  - id: c", "    columns: {}"], "sources.yaml")
    assert [s["id"] for s in yaml.safe_load(new)["sources"]] == ["a", "b", "c"]
    assert new.replace("  - id: c\n    columns: {}\n", "") == TEXT
    flat = append_entries(
        "sources:\n- id: a\n- id: b\n", "sources", ["  - id: c", "    x: 1"], "sources.yaml"
    )
    assert yaml.safe_load(flat) == {"sources": [{"id": "a"}, {"id": "b"}, {"id": "c", "x": 1}]}


def test_keys_come_behind_the_last_one_or_in_front():
    new = append_keys(TEXT, "recode_sets", ["  more:", '    "nee": 0'])
    assert yaml.safe_load(new)["recode_sets"] == {"mood": {"zon": 1}, "more": {"nee": 0}}
    assert "# a remark" in new and yaml.safe_load(new)["other"] == 1
    assert yaml.safe_load(append_keys("a: 1\n", "b", ["  c: 2"])) == {"b": {"c": 2}, "a": 1}


def test_a_line_is_replaced():
    new = replace_line("a: 1\ndesign: waves_only  # GUESS\nb: 2\n", "design", ["design: other", "arms: []"])
    assert new == "a: 1\ndesign: other\narms: []\nb: 2\n"


def test_a_list_inside_brackets_is_refused():
    with pytest.raises(ConfigError, match="lines of its own"):
        append_entries("sources: [{id: a}]\n", "sources", ["  - id: b"], "sources.yaml")
