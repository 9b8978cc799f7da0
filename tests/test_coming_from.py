"""docs/coming_from.md: its Python runs and prints what stands there, and the figures of R are those of R."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dww_analysis.factor import FactorFit
from dww_analysis.multilevel import Fit

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "coming_from.md"
BLOCK = re.compile(r"(?:<!-- figures: ([^>]*) -->\n)?```(\w+)\n(.*?)```\n", re.S)
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.])")


@dataclass
class Block:
    kind: str  # python, text, r, spss
    text: str
    figures: str  # where the stored output of R has the figures of an r block


def blocks() -> list[Block]:
    found = BLOCK.finditer(PAGE.read_text(encoding="utf-8"))
    return [Block(m[2], m[3], m[1] or "") for m in found]


@pytest.fixture(scope="module")
def printed() -> list[tuple[Block, str]]:
    """Every Python block with what it prints, run one after another from the top of the repository."""
    names: dict[str, Any] = {}
    out = []
    with contextlib.chdir(ROOT), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of statsmodels
        for block in (b for b in blocks() if b.kind == "python"):
            with contextlib.redirect_stdout(io.StringIO()) as said:
                exec(compile(block.text, str(PAGE), "exec"), names)
            out.append((block, said.getvalue()))
    return out


def test_the_python_prints_what_the_page_says(printed):
    page = blocks()
    shown = [after.text for block, after in zip(page, [*page[1:], Block("", "", "")], strict=True)
             if block.kind == "python" and after.kind == "text"]  # fmt: skip
    assert shown == [text for _, text in printed if text]


def numbers_in(stored: Any) -> Iterator[float]:
    if isinstance(stored, dict):
        stored = list(stored.values())
    if isinstance(stored, list):
        for part in stored:
            yield from numbers_in(part)
    elif isinstance(stored, (int, float)) and not isinstance(stored, bool):
        yield float(stored)


def figures_of_r(block: Block) -> list[str]:
    return [n for line in block.text.splitlines() if line.startswith("#>") for n in NUMBER.findall(line[2:])]


R = [b for b in blocks() if b.kind == "r"]


@pytest.mark.parametrize("block", R, ids=lambda b: b.figures)
def test_the_figures_of_r_are_those_that_are_stored(block):
    case, *place = block.figures.split()
    stored = json.loads((ROOT / "tests" / "oracles" / case / "oracle.json").read_text())
    for key in place:
        stored = stored[key]
    known = list(numbers_in(stored))
    for figure in figures_of_r(block):
        digits = len(figure.partition(".")[2])
        assert any(f"{number:.{digits}f}" == figure for number in known), figure


def test_both_say_the_same():
    page = blocks()
    compared = 0
    for at, block in enumerate(page):
        figures = {float(n) for n in figures_of_r(block)} if block.kind == "r" else set()
        if figures:
            ours = next(b for b in page[at:] if b.kind == "text")
            assert figures <= {float(n) for n in NUMBER.findall(ours.text)}, block.text
            compared += len(figures)
    assert compared > 80


def test_statsmodels_says_the_same(printed):
    theirs, ours = (
        re.findall(r"-?\d+\.\d+", text) for block, text in printed if '"residual variance"' in block.text
    )
    assert [float(n) for n in theirs[:-1]] == [float(n) for n in ours[:-1]]
    assert float(theirs[-1]) == pytest.approx(float(ours[-1]), abs=0.1)


def test_every_name_of_ours_that_the_page_gives_is_there():
    text = PAGE.read_text(encoding="utf-8")
    for letter, owner in (("m", Fit), ("f", FactorFit)):
        named = set(re.findall(rf"`{letter}[01]?\.(\w+)", text))
        fields = {field.name for field in dataclasses.fields(owner)}
        assert len(named) > 5 and all(hasattr(owner, name) or name in fields for name in named)
