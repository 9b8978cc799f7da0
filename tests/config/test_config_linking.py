"""What the files say together about persons with codes of their own and about items kept apart."""

import copy

import pytest
import yaml

from dww_analysis.config import read_study
from dww_analysis.errors import ConfigError
from dww_analysis.stages.project import library_keys

COLUMNS = {"person": "Code", "team": "Team", "born": "Born", "mood": "Mood"}
FILES = {
    "study": {
        "study": "codes",
        "title": "Codes",
        "data": "invented",
        "delivered": "2026-01-01",
        "design": "waves_only",
        "waves": [{"number": 0, "label": "a"}, {"number": 1, "label": "b"}],
        "background": [{"name": "born", "label": "decade", "kind": "category", "categories": {"1": "80s"}}],
        "linking": {"facts": ["born"], "elements": [2, 3]},
    },
    "sources": {
        "sources": [
            {"id": f"w{w}", "file": f"w{w}.csv", "wave": w, "persons": "code", "columns": dict(COLUMNS)}
            for w in (0, 1)
        ]
    },
    "scales": {"scales": [{"id": "mood", "label": "mood", "delivered": "mood", "range": [1, 5]}]},
    "plan": {
        "families": {"main": {"adjust": "none", "label": "main"}},
        "primary": "main",
        "entries": [
            {
                "id": "change",
                "outcome": "mood",
                "family": "main",
                "question": "?",
                "why": "-",
                "formula": "mood ~ wave_number + (1 | person)",
                "term": "wave_number",
            }
        ],
    },
    "reports": {"languages": ["en"]},
}


@pytest.fixture
def read(tmp_path):
    def read_files(edit=None):
        files = copy.deepcopy(FILES)
        if edit is not None:
            edit(files["study"], files["sources"]["sources"])
        for name, values in files.items():
            (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
        return read_study(tmp_path, "config/codes", library_keys())

    return read_files


def test_rules_of_linking_become_part_of_the_study(read):
    files = read()
    assert files.study.linking.facts == ("born",)
    assert files.study.linking.elements == (2, 3)
    assert (files.study.linking.rule, files.study.linking.margin) == ("fuzzy", 2)
    assert [s.persons for s in files.sources] == ["code", "code"]


def test_linking_has_defaults(read):
    assert read(lambda study, sources: study.pop("linking")).study.linking.rule == "fuzzy"


def drop_codes(study, sources):
    for source in sources:
        source["persons"] = "key"


def add_key_source(study, sources):
    sources.append(
        {"id": "late", "file": "l.csv", "wave": 1, "columns": {"person": "P", "team": "T", "mood": "M"}}
    )


def add_diary(study, sources):
    sources.append(
        {"id": "diary", "file": "d.csv", "kind": "diary", "wave": 1, "columns": {"person": "P", "beep": "B"}}
    )


def forget_the_fact(study, sources):
    del sources[1]["columns"]["born"]


def keep_background_apart(study, sources):
    sources[1]["conflicts"] = {"born": "keep_apart"}


BROKEN = {
    "no source with codes": (drop_codes, "no source has persons"),
    "a key beside codes": (add_key_source, "source `late` knows its persons by `key`"),
    "a diary beside codes": (add_diary, "source `diary` knows its persons by `key`"),
    "a fact that is no background": (
        lambda study, s: study["linking"].update(facts=["shoe"]),
        "`shoe` is no background",
    ),
    "a fact of one wave only": (forget_the_fact, "`born` is asked in fewer than two"),
    "background kept apart": (keep_background_apart, "`born` is to be kept apart"),
    "no team": (lambda study, sources: sources[0]["columns"].pop("team"), "sources.0"),
    "an unknown rule": (lambda study, s: study["linking"].update(rule="guess"), "linking.rule"),
    "elements of no width": (lambda study, s: study["linking"].update(elements=[0]), "linking.elements"),
    "no margin": (lambda study, s: study["linking"].update(margin=0), "linking.margin"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_does_not_fit_is_refused(name, read):
    edit, words = BROKEN[name]
    with pytest.raises(ConfigError) as caught:
        read(edit)
    (problem,) = caught.value.problems
    assert words in problem.found
    assert "yaml, line" in problem.where


def test_another_sample_may_have_keys(read):
    def edit(study, sources):
        add_key_source(study, sources)
        sources[-1]["sample"] = "other"
        study["samples"] = {"main": "main", "other": "other"}

    assert [s.persons for s in read(edit).sources] == ["code", "code", "key"]


def test_an_item_kept_apart_gets_the_name_of_its_source(read):
    def edit(study, sources):
        sources[1] |= {"conflicts": {"mood": "keep_apart"}, "recode": {"mood": {"9": "5"}}}

    files = read(edit)
    assert files.sources[1].columns == {"person": "Code", "team": "Team", "born": "Born", "mood_w1": "Mood"}
    assert files.sources[1].recode == {"mood_w1": {"9": "5"}}
    assert files.sources[1].apart == {"mood_w1": "mood"}
    assert "mood_w1" not in files.item_ranges()
