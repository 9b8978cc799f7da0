"""Everything a user can write or call stands in the documents: keys of the configuration, fields of keys, commands.

And the citation is a right one, of the version that there is.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer
import yaml

from dww_analysis import __version__
from dww_analysis.cli.app import app
from dww_analysis.scales.key_schema import FIELDS, TRANSFORMS

ROOT = Path(__file__).parents[1]


def words_of(document: str) -> set[str]:
    return set(re.findall(r"\w+", (ROOT / document).read_text(encoding="utf-8")))


@pytest.mark.parametrize("file", sorted((ROOT / "config" / "schemas").glob("*.json")), ids=lambda f: f.name)
def test_every_key_of_the_configuration_is_documented(file):
    schema = json.loads(file.read_text(encoding="utf-8"))
    parts = [schema, *schema.get("$defs", {}).values()]
    keys = {key for part in parts for key in part.get("properties", {})}
    assert keys - words_of("docs/config.md") == set()


def test_every_field_of_a_scoring_key_is_documented():
    assert {*FIELDS, *TRANSFORMS} - words_of("docs/config.md") == set()


def commands(command: Any, name: str) -> Iterator[str]:
    inner = getattr(command, "commands", {})
    yield from [name] if not inner else []
    for part, one in inner.items():
        yield from commands(one, f"{name} {part}")


def test_every_command_is_documented():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [c for c in commands(typer.main.get_command(app), "dww") if f"`{c}" not in text] == []


def test_the_citation_fits_its_schema_and_the_package():
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    citation = yaml.load(
        text, Loader=yaml.BaseLoader
    )  # every value a text, as the schema has dates and versions
    schema = json.loads((ROOT / "tests/citation/cff-1.2.0.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator(schema).validate(citation)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (citation["version"], citation["license"]) == (project["version"], project["license"])
    assert project["version"] == __version__
    assert f"dww_analysis-{__version__}-py3-none-any.whl" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_witness_that_is_named_is_there_and_every_stored_result_is_named():
    text = (ROOT / "docs/right.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(tests/[\w/]+(?:\.py)?)`", text))
    assert {name for name in named if not (ROOT / name).exists()} == set()
    assert {p.name for p in (ROOT / "tests/oracles").iterdir()} - set(
        re.findall(r"`(\d\d_\w+)`", text)
    ) == set()
