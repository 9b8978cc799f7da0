"""How wide texts are, and where their lines break: from the metrics of DejaVu Sans, which comes with matplotlib.

Advance widths without kerning, which in this font only draws letters together: nothing is wider than is said here.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

FAMILY = "DejaVu Sans"
FILES = {False: "DejaVuSans.ttf", True: "DejaVuSans-Bold.ttf"}  # by whether it is bold
ASCENT, DESCENT = 0.93, 0.24  # of the size: what a line reaches above and below its base line
PITCH = 1.27  # of the size, from base line to base line
# What Dutch and English are written with, so that one subset of the font serves nearly every text.
LETTERS = "".join(map(chr, range(0x20, 0x7F))) + "·×ÉËÏÖÜáàäçéèêëíïóöúü‘’“”–−…"


def font_folder() -> Path:
    """Where the font's files are; matplotlib itself is not loaded."""
    found = find_spec("matplotlib")
    assert found is not None and found.origin is not None
    return Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"


@cache
def _metrics(bold: bool) -> tuple[dict[int, int], int]:
    """Advance width of each character, in units of the font, and how many of them the size is."""
    from fontTools.ttLib import TTFont

    with TTFont(font_folder() / FILES[bold], lazy=True) as font:
        widths, glyphs = font["hmtx"].metrics, font.getBestCmap()
        return {code: widths[name][0] for code, name in glyphs.items()}, int(font["head"].unitsPerEm)


def width(text: str, size: float, bold: bool = False) -> float:
    """How wide a text is, in the unit of `size`; a character that the font lacks counts as wide as it is high."""
    widths, em = _metrics(bold)
    return sum(widths.get(ord(c), em) for c in text) * size / em


def shown(text: str) -> str:
    """A text without characters that the font lacks, such as faces and other little pictures, and with single spaces;
    "" where nothing is left."""
    widths, _ = _metrics(False)
    return " ".join("".join(c for c in text if ord(c) in widths or c.isspace()).split())


def wrap(text: str, wide: float, size: float, bold: bool = False) -> list[str]:
    """The lines of a text that fit in `wide`; a word that is wider than a line is cut, with a hyphen."""
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and width(joined, size, bold) <= wide:
            lines[-1] = joined
            continue
        *full, rest = _cut(word, wide, size, bold)
        lines += [*full, rest]
    return lines


def _cut(word: str, wide: float, size: float, bold: bool) -> list[str]:
    parts = [word]
    while width(parts[-1], size, bold) > wide and len(parts[-1]) > 2:
        last = parts.pop()
        n = next((n for n in range(len(last) - 2, 1, -1) if width(f"{last[:n]}-", size, bold) <= wide), 1)
        parts += [f"{last[:n]}-", last[n:]]
    return parts


def cut(text: str, lines: int, wide: float, size: float, bold: bool = False) -> str:
    """The text as far as so many lines hold it, with an ellipsis where it goes on: whole words, and letters only
    where not even one word fits. wide and size: in one unit, as for `wrap`."""
    if len(wrap(text, wide, size, bold)) <= lines:
        return text
    words = text.split()
    kept = next(
        (n for n in range(len(words) - 1, 0, -1) if len(wrap(_first(words, n), wide, size, bold)) <= lines), 0
    )
    if kept:
        return _first(words, kept)
    letters = next((n for n in range(len(text), 1, -1) if width(f"{text[:n]}…", size, bold) <= wide), 1)
    return f"{text[:letters]}…"


def _first(words: Sequence[str], n: int) -> str:
    return " ".join(words[:n]) + "…"


def height(lines: int, size: float) -> float:
    """How high so many lines are."""
    return lines * PITCH * size


@cache
def embedded(letters: str, bold: bool) -> str:
    """The font with no more than these letters, in base64. The same letters give the same bytes. bold: which file of
    `FILES`."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    options = Options(
        layout_features=[], hinting=False, name_IDs=[1, 2], drop_tables=["GPOS", "GSUB", "GDEF", "FFTM", "MATH"],
        recalc_timestamp=False, notdef_outline=True,
    )  # fmt: skip
    with TTFont(font_folder() / FILES[bold], recalcTimestamp=False) as font:
        subsetter = Subsetter(options)
        subsetter.populate(text=letters)
        subsetter.subset(font)
        saved = io.BytesIO()
        font.save(saved)
    return base64.b64encode(saved.getvalue()).decode("ascii")


def letters_of(texts: Iterable[str]) -> str:
    """The letters of `LETTERS` and those that texts have beside them, once each and in order."""
    return "".join(sorted({*LETTERS, *(letter for text in texts for letter in text)}))
