"""Every YAML example of the documents is laid over the example study, which must still be a right configuration."""

import re
import shutil
from pathlib import Path

import pytest
import yaml

from dww_analysis.config import read_study
from dww_analysis.config.archive import ArchiveConfig
from dww_analysis.config.strict import validate
from dww_analysis.config.whole import FILES, OPTIONAL
from dww_analysis.config.yaml_file import read_yaml
from dww_analysis.stages.project import library_keys

ROOT = Path(__file__).parents[2]
MODELS = {**FILES, **OPTIONAL, "archive": ArchiveConfig}
SETS = {"recode_sets": {"agree": {"Oneens": 1, "Eens": 5}}}
KEPT = ("recode", "missing_codes", "team_aliases", "identifiers")


def examples():
    for document in sorted((ROOT / "docs").rglob("*.md")):
        text = document.read_text(encoding="utf-8")
        for number, block in enumerate(re.findall(r"^```yaml\n(.*?)^```", text, re.M | re.S), start=1):
            yield pytest.param(block, id=f"{document.stem}-{number}")


def rules():
    """(name, short form, long form) of the rules that docs/config.md lays side by side."""
    text = (ROOT / "docs/config.md").read_text(encoding="utf-8")
    _, _, table = text.partition("| Rule | Short | With `may_be_absent: true` |\n|---|---|---|\n")
    for line in table.split("\n\n")[0].splitlines():
        name, short, long = (re.findall(r"`([^`]+)`", cell) for cell in line.strip("|").split("|"))
        if name[0] in KEPT:
            assert len(short) == len(long) >= 1
            yield from (pytest.param(name[0], *pair, id=pair[0]) for pair in zip(short, long, strict=True))


def laid_over(under, over):
    """`over` upon `under`: mappings key by key, entries of lists by their id."""
    if isinstance(under, dict) and isinstance(over, dict):
        return {**under, **{k: laid_over(under[k], v) if k in under else v for k, v in over.items()}}
    if isinstance(under, list) and all(isinstance(v, dict) and "id" in v for v in over):
        known = {v["id"]: v for v in under}
        assert {v["id"] for v in over} <= set(known), "an example names what the example study has"
        changed = {v["id"]: laid_over(known[v["id"]], v) for v in over}
        return [changed.get(v["id"], v) for v in under]
    return over


def file_of(values):
    """The file of the configuration that has all these keys."""
    found = [name for name, model in MODELS.items() if set(values) <= set(model.model_fields)]
    assert len(found) == 1, f"{sorted(values)} stand in {found}"
    return found[0]


def study_with(folder, *parts):
    """The example study with parts of sources.yaml or another file laid over its own."""
    shutil.copytree(ROOT / "config/example", folder)
    for values in parts:
        path = folder / f"{file_of(values)}.yaml"
        own = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
        path.write_text(yaml.safe_dump(laid_over(own, values), allow_unicode=True), encoding="utf-8")
    if (folder / "archive.yaml").is_file():
        assert validate(ArchiveConfig, read_yaml(folder / "archive.yaml", "archive.yaml"))[1] == []
    return read_study(folder, "config/example", library_keys())


@pytest.mark.parametrize("block", examples())
def test_an_example_of_the_documents_is_a_right_configuration(block, tmp_path):
    study_with(tmp_path / "example", yaml.safe_load(block))


def test_the_example_of_recoding_says_what_it_does(tmp_path):
    block = next(p.values[0] for p in examples() if p.id == "config-1")
    source = next(
        s for s in study_with(tmp_path / "example", yaml.safe_load(block)).sources if s.id == "wave0"
    )
    assert source.recode["lpw_12"]["Helemaal eens"] == source.recode["ail_01"]["Helemaal eens"] == "5"


@pytest.mark.parametrize(("rule", "short", "long"), rules())
def test_the_long_form_of_a_rule_is_the_short_one_that_may_be_absent(rule, short, long, tmp_path):
    made = []
    for number, written in enumerate((short, long)):
        part = {"sources": [{"id": "wave0", rule: yaml.safe_load(written)}]}
        needed = [SETS] if "agree" in written else []
        study = study_with(tmp_path / str(number), *needed, part)
        made.append(next(s for s in study.sources if s.id == "wave0"))
    assert getattr(made[0], rule) == getattr(made[1], rule)
    assert len(made[1].may_be_absent) == len(made[0].may_be_absent) + 1


def test_there_are_examples():
    assert len(list(examples())) >= 3 and len(list(rules())) >= 5
