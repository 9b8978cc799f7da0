"""What adding one of a kind touches (CONTRIBUTING.md): the files of the package that name one that is there."""

import re
from pathlib import Path

import pytest

import dww_analysis

HOME = Path(dww_analysis.__file__).parent
CODE = (".py", ".yaml", ".j2")


def naming(word: str) -> set[str]:
    """Files of the package, catalogues of words apart, that name it (one of several names: `a|b`)."""
    pattern = re.compile(rf"\b(?:{word})\b")
    files = [f for f in HOME.rglob("*") if f.suffix in CODE and "bundle" not in f.parts]
    return {str(f.relative_to(HOME)) for f in files if pattern.search(f.read_text(encoding="utf-8"))}


@pytest.mark.parametrize(
    ("what", "name", "most"),
    [
        ("a scoring key", "who5", 1),
        ("a reader", "read_opendocument", 3),
        ("a figure", "draw_ladder", 3),
        ("a section of the page", "curve_blocks", 4),
        ("a kind of source", "read_observations|ObservationRules|ObservationsConfig", 6),
        ("an outcome kind", "yes_no", 3),
        ("a design", "before_after", 5),
        ("a table that is shown", "missing_by_team", 4),
    ],
)
def test_adding_one_touches_few_files(what, name, most):
    found = naming(name)
    assert 1 <= len(found) <= most, f"{what}: {sorted(found)}"


def test_every_stage_is_one_module_with_one_rule_of_six_lines():
    from dww_analysis.stages.register import PLANNING, STAGES

    rules = Path(__file__).parents[1] / "workflow" / "rules"
    text = "\n".join(f.read_text(encoding="utf-8") for f in rules.glob("*.smk"))
    for stage in dict.fromkeys((*STAGES, *PLANNING)):
        assert (HOME / "stages" / f"{stage}.py").is_file()
        assert len(re.findall(rf"^\s*rule {stage}:", text, re.M)) == 1
        assert f'flow.command("{stage}")' in text
