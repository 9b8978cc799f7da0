"""Documents on paper: a layout of templates/*.typ filled with content, as PDF that is tagged and the same every time.

A document hands over content (texts, numbers as text, pictures: what JSON holds) and the name of its layout; the layout
says where it stands. Content never becomes markup: a layout reads it as data, so no text needs to be escaped. To make a
new document:

    write templates/<name>.typ, which begins with
        #import "parts.typ": *
        #show: paper
    and then uses `it` (the content) and the parts of parts.typ: `fit` (shrink into a box), `side` (one side of A4),
    `rules` (lines to write on), `picture`, `show-blocks`;

    compile_pdf("<name>", content, Paper(title, language, day, author)) -> bytes
        content: a mapping; in reports/render/content.py `blocks_content` makes blocks part of it, `picture` an SVG,
        and `texts_of` gives all its texts, for what searches a document before it is made;
    blocks_pdf(blocks, words, paper) -> bytes, for a document of blocks alone.

Nothing is downloaded and no font of the machine is used: text is set in DejaVu Sans, which comes with matplotlib.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from dww_analysis.errors import Problem, ReportError
from dww_analysis.language import Words
from dww_analysis.reports.blocks import Block
from dww_analysis.reports.render.content import blocks_content
from dww_analysis.reports.render.fonts import FILES, font_folder

LAYOUTS = Path(__file__).parent / "templates"
STANDARD: Final = "ua-1"  # tagged, with title, language, alternative texts and header rows
REFUSED = "panicked with: "  # how typst begins what a layout says
TOO_LONG = re.compile(r"^too-long (\w+) ([\d.]+) (.*)$", re.DOTALL)  # as `fit` of parts.typ says it
ENDLESS = re.compile(r"\S{41,}")  # no word of a language
ADDRESS = re.compile(r"https?://|www\.")  # typst itself breaks these, but not between letters
LETTERS = re.compile(r"[^\W\d_]{41,}")
UNBROKEN, BREAK = 18, "\u200b"  # letters of such a word between places at which it may be broken
MOST_SHOWN = 80  # characters of a text that a message repeats
UNKNOWN = "\ufffd"  # in place of a character that the font has not


class TooLong(ReportError):
    """A text, or all of a side, that fits in no size. what: it, or what it stands under; needs: times the room."""

    def __init__(self, what: str, needs: float, where: str, of: str = "text"):
        self.what, self.needs = what, needs
        shown = what if len(what) <= MOST_SHOWN else f"{what[:MOST_SHOWN]}…"
        super().__init__(
            Problem(
                found=f"`{shown}` needs {needs:.1f} times the room that it has, in the smallest letters",
                where=where,
                expected=f"about {max(1, int(len(what) / needs))} characters, not {len(what)}"
                if of == "text"
                else "less text on this side",
                action="give what is long a shorter label, or a `short` one, in the configuration",
            )
        )


@dataclass(frozen=True)
class Paper:
    """What a PDF says of itself.

    day: the date of what is in it (an ISO date, as `Study.delivered`), never that of the clock; it is the file's time.
    author: "" for none.
    """

    title: str
    language: str
    day: str
    author: str = ""


def compile_pdf(layout: str, content: Mapping[str, Any], paper: Paper) -> bytes:
    """The PDF of templates/<layout>.typ with this content: PDF/UA-1, the same bytes every time.

    ReportError when the layout refuses (a text that fits nowhere, a side too many), with what it says.
    """
    import typst

    inputs = {"paper": _json(_about(paper)), "content": _json(content)}
    compiler = typst.Compiler(root=LAYOUTS, font_paths=_fonts(), ignore_system_fonts=True)
    source = (LAYOUTS / f"{layout}.typ").read_bytes()
    try:
        made = compiler.compile(
            source, format="pdf", sys_inputs=inputs, pdf_standards=[STANDARD], timestamp=_seconds(paper.day)
        )
    except typst.TypstError as error:
        if not error.message.startswith(REFUSED):
            raise
        raise _refusal(error.message, paper) from error
    assert isinstance(made, bytes)
    return made


def blocks_pdf(blocks: Iterable[Block], words: Words, paper: Paper, foot: str = "") -> bytes:
    """A document of blocks below its title, as bytes. foot: beside the number of each page. Refused as `compile_pdf`
    refuses."""
    return compile_pdf("blocks", {"blocks": blocks_content(blocks, words), "foot": foot}, paper)


def typst_text(text: str) -> str:
    """A text as an expression of typst's source, `#"..."`, whatever is in it: for who writes source rather than
    content."""
    escaped = _showable(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'#"{escaped}"'


def _about(paper: Paper) -> dict[str, Any]:
    return {"title": paper.title, "language": paper.language, "author": paper.author}


def _json(content: Any) -> str:
    return json.dumps(_clean(content), ensure_ascii=False, sort_keys=True)


def _clean(content: Any) -> Any:
    """The content with what the font can show. Pictures stay as they are."""
    if isinstance(content, str):
        return _showable(content)
    if isinstance(content, Mapping):
        return {key: inner if key == "svg" else _clean(inner) for key, inner in content.items()}
    if isinstance(content, list | tuple):
        return [_clean(inner) for inner in content]
    return content


def _showable(text: str) -> str:
    """A text in which a character that would leave an empty place is a mark that something stands there."""
    text = ENDLESS.sub(_with_breaks, text)
    known = _glyphs()
    shown = (
        c if ord(c) in known or c in f"\n{BREAK}" else "" if not c.isprintable() else UNKNOWN for c in text
    )
    return text if text.isascii() and text.isprintable() else "".join(shown)


def _with_breaks(found: re.Match[str]) -> str:
    """A word that no line holds, with places where it may be broken; an address stays as it is copied."""
    if found.re is ENDLESS and ADDRESS.search(found[0]):
        return LETTERS.sub(_with_breaks, found[0])
    return BREAK.join(re.findall(f".{{1,{UNBROKEN}}}", found[0]))


@cache
def _glyphs() -> frozenset[int]:
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(str(font_folder() / FILES[False])).get_charmap())


@cache
def _fonts() -> Any:
    import typst

    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(font_folder())]
    )


def _seconds(day: str) -> int:
    """Midnight of a day, in seconds since 1970 in universal time."""
    found = date.fromisoformat(day)
    return int(datetime(found.year, found.month, found.day, tzinfo=UTC).timestamp())


def _refusal(message: str, paper: Paper) -> ReportError:
    """What a layout refused, in four parts."""
    said, where = message.removeprefix(REFUSED).strip('"'), f"the PDF {paper.title!r} ({paper.language})"
    if found := TOO_LONG.match(said):
        return TooLong(found[3].replace('\\"', '"').replace(BREAK, ""), float(found[2]), where, found[1])
    return ReportError.of(
        found=said,
        where=where,
        expected="a document whose texts fit where they stand",
        action="give what is long a shorter label in the configuration",
    )
