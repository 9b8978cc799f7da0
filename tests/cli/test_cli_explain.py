"""Why steps would run: what can be said of it, by what Snakemake can say with our profiles."""

from pathlib import Path

import pytest
import yaml

from dww_analysis.cli import explain
from dww_analysis.language import LANGUAGES, catalogue
from dww_analysis.stages.workflow import READ

ROOT = Path(__file__).parents[2]
WHY = "terminal.why."
ALWAYS = {"Missing output files", "Updated input files: (?P<file>.+)", "Incomplete"}
OF_TRIGGER = {
    "mtime": {*ALWAYS, "Input files updated by another job: (.+)"},
    "params": {"Params have changed"},
    "input": {"Set of input files"},
    "code": {"Code has changed"},
}


@pytest.mark.parametrize("profile", ["default", "slurm", "snellius"])
def test_reasons_are_those_of_the_triggers_of_a_profile(profile):
    """Two reasons stayed when their triggers went: words such as `files` stand elsewhere in code too."""
    file = ROOT / "profiles" / profile / "config.yaml"
    triggers = yaml.safe_load(file.read_text(encoding="utf-8"))["rerun-triggers"]
    known = {pattern for pattern, _ in explain._REASONS}
    assert known == {pattern for trigger in triggers for pattern in OF_TRIGGER[trigger]}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_its_phrase_and_every_phrase_a_reason(language):
    phrases = {key.removeprefix(WHY) for key in catalogue.everything(language) if key.startswith(WHY)}
    assert phrases == {*(why for _, why in explain._REASONS if why), *explain._PARTS, READ}
