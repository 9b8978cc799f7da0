"""Learning networks in practice.yaml: read as written, and names that lead nowhere refused, all at once."""

import copy

import pytest
import yaml

from dww_analysis.config.practice import PracticeConfig, check_practice, check_practice_sources
from dww_analysis.config.sources import SourcesConfig
from dww_analysis.config.strict import validate
from dww_analysis.config.yaml_file import read_yaml
from dww_analysis.domain.networks import CHECKLISTS, Member

PRACTICE = {
    "roles": [{"id": "parents", "label": "parents"}, {"id": "staff", "label": "staff"}],
    "networks": [
        {
            "id": "north", "label": {"nl": "noord", "en": "north"}, "type": "breakthrough", "planned_sessions": 4,
            "every_weeks": 2, "ambition": "more", "members": [
                {"person": 1, "role": "parents", "organisation": "o1", "level": "board", "leans": "doing"},
                {"person": "b", "role": "staff"},
            ],
        },
    ],
    "relations": [{"id": "advice", "label": "advice"}],
    "checklists": [{"id": "good_practice", "unit": "network"}],
}  # fmt: skip


@pytest.fixture
def read(tmp_path):
    """(configuration or None, its problems and those of its names)"""

    def made(edit=lambda p: None):
        values = copy.deepcopy(PRACTICE)
        edit(values)
        path = tmp_path / "practice.yaml"
        path.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
        file = read_yaml(path, "practice.yaml")
        config, problems = validate(PracticeConfig, file)
        return config, [*problems, *(check_practice(config, [], file) if config else ())]

    return made


def test_what_is_written_is_what_is_read(read):
    config, problems = read()
    assert problems == []
    (network,) = config.to_domain().networks
    assert network.members == (
        Member("1", "parents", "o1", "board", "doing"),
        Member("b", "staff", "", None, None),
    )
    assert (network.type, network.planned_sessions, network.every_weeks) == ("breakthrough", 4, 2)
    assert config.to_domain().ids("relations") == ("advice",) and config.to_domain().ids("checklists") == (
        "good_practice",
    )


def test_a_check_list_may_be_about_sessions(read):
    both = [{"id": "good_practice"}, {"id": "good_practice", "unit": "session"}]
    config, problems = read(lambda p: p.update(checklists=copy.deepcopy(both)))
    assert problems == [] and [c.unit for c in config.to_domain().checklists] == ["network", "session"]
    spring = {"id": "north", "label": "x", "date": "2026-03-12"}
    _, problems = read(lambda p: p.update(checklists=copy.deepcopy(both), sessions=[spring]))
    assert "`north` is a network and a session" in str(problems[0])
    for wrong in (
        [{"id": "good_practice"}, {"id": "good_practice"}],
        [{"id": "intake", "unit": "session"}],
        [{"id": "intake", "unit": "team"}],
    ):
        config, problems = read(lambda p, wrong=wrong: p.update(checklists=wrong))
        assert config is None and problems


WRONG = {
    "a role": (lambda p: p["networks"][0]["members"][0].update(role="parent"), "role `parent`"),
    "a type": (lambda p: p["networks"][0].update(type="breaktrough"), "one of 'community_of_practice'"),
    "a person twice": (
        lambda p: p["networks"][0]["members"].append({"person": " B", "role": "staff"}), "every person once",
    ),
    "a network twice": (lambda p: p["networks"].append(copy.deepcopy(p["networks"][0])), "not `north` twice"),
    "a check-list": (lambda p: p["checklists"][0].update(id="good_practise"), f"'{CHECKLISTS[0]}'"),
    "a unit of a check-list": (lambda p: p["checklists"][0].update(unit="building"), "'network'"),
    "no weeks": (lambda p: p["networks"][0].update(every_weeks=0), "at least 1"),
    "a level": (lambda p: p["networks"][0]["members"][0].update(level="boss"), "'management'"),
    "an unknown key": (lambda p: p["networks"][0].update(sessions=3), "`networks.0.sessions`"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_leads_nowhere_is_refused_with_its_line(read, what):
    edit, said = WRONG[what]
    _, problems = read(edit)
    text = "\n".join(map(str, problems))
    assert said in text and "practice.yaml, line" in text


def test_problems_come_at_once(read):
    def edit(values):
        values["networks"][0]["members"][0]["role"] = "x"
        values["networks"][0]["members"][1]["role"] = "y"

    assert len(read(edit)[1]) == 2


SOURCES = {
    "networks": ("ratings", "network round person rating", "no `networks` in practice.yaml"),
    "relations": ("ties", "network from to relation", "no `relations` in practice.yaml"),
    "checklists": ("checklist", "unit rater item met", "no `checklists` in practice.yaml"),
}


@pytest.mark.parametrize("listed", SOURCES)
def test_sources_need_the_lists_that_their_columns_name(read, tmp_path, listed):
    kind, columns, said = SOURCES[listed]
    config, _ = read(lambda p: p.pop(listed))
    source = {"id": "s", "file": "s.csv", "kind": kind, "columns": {c: c for c in columns.split()}}
    path = tmp_path / "sources.yaml"
    path.write_text(yaml.safe_dump({"sources": [source]}), encoding="utf-8")
    file = read_yaml(path, "sources.yaml")
    problems = list(check_practice_sources(config, SourcesConfig.model_validate(file.values), file))
    assert [p.found.endswith(said) for p in problems] == [True]


def test_sessions_of_a_network_need_no_list_of_sessions(read, tmp_path):
    config, _ = read()
    source = {
        "id": "s",
        "file": "s.csv",
        "kind": "attendance",
        "columns": {c: c for c in ("network", "session", "date", "person")},
    }
    path = tmp_path / "sources.yaml"
    path.write_text(yaml.safe_dump({"sources": [source]}), encoding="utf-8")
    file = read_yaml(path, "sources.yaml")
    assert list(check_practice_sources(config, SourcesConfig.model_validate(file.values), file)) == []
