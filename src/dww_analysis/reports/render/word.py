"""The article as a Word document: real headings, captions and tables, which somebody can go on writing in.

The same article gives the same bytes: the document's dates are that of the delivery, and the parts of the file carry no
time.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from docx import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from dww_analysis.language import Words
from dww_analysis.language.numbers import LOCALES
from dww_analysis.reports.blocks import Block
from dww_analysis.reports.documents.article import Article
from dww_analysis.reports.figure_record import FigureRecord
from dww_analysis.reports.render.content import Numbered, held
from dww_analysis.reports.render.word_parts import (
    FIGURE_SUBTITLE,
    FIGURE_TITLE,
    NOTE,
    PICTURE_WIDTH,
    TABLE_STYLE,
    Heading,
    Paragraphs,
    add_contents,
    add_foot,
    add_numbered,
    add_styles,
    crop,
    marked,
)
from dww_analysis.reports.render.word_table import word_table
from dww_analysis.reports.tables import Table

FONT, SIZE, MARGIN = "Arial", Pt(9.5), Cm(1.8)
BETWEEN = Pt(4)  # height of the line that parts a table from what follows
EARLIEST = (1980, 1, 1, 0, 0, 0)  # the time of every part of the file
UNUSED = (
    "/stylesWithEffects",
    "/thumbnail",
    "/customXml",
)  # relations of the template that a table does without
OF_ONE_TABLE = ("/word/document.xml", "/docProps/core.xml")  # parts in which documents of a table differ
DEEPEST = 4  # level of headings
Pictures = Mapping[str, bytes]


def article_docx(article: Article, pictures: Pictures) -> bytes:
    """The .docx of an article, the same bytes every time. pictures: name of a figure -> its PNG; a figure without one
    is told by the lines of its long description."""
    document = Document()
    words = Words(article.language)
    _set_up(document, article.language, article.day, article.foot)
    _lighten(document)
    document.core_properties.title, document.core_properties.author = article.title, article.authors[:255]
    document.add_paragraph(article.title, style="Title")
    for text, style in ((article.subtitle, "Subtitle"), (article.authors, "Normal")):
        if text:
            document.add_paragraph(text, style=style)
    for notice in article.notices:
        document.add_paragraph(notice, style="Intense Quote")
    document.add_paragraph(words("page.contents"), style="TOC Heading")
    after_contents = document.add_paragraph()
    writer = _Writer(document, words, pictures, Numbered())
    writer.new_page = True
    writer.blocks(article.body, 1)
    writer.new_page = True
    writer.heading(article.appendix_title, 1)
    writer.blocks(article.appendix, 2)
    add_contents(after_contents, writer.headings)
    after_contents._p.getparent().remove(after_contents._p)
    return _packed(_stored(document))


class TableWriter:
    """Word documents of one table each, in one language. day: ISO date that they bear."""

    def __init__(self, words: Words, day: str):
        self.words = words
        self.paper = Document()
        _set_up(self.paper, words.language, day, "")
        _lighten(self.paper)
        self.paragraphs = Paragraphs(self.paper)
        self._rest: list[tuple[str, bytes]] = []  # of the first document: all parts of its file

    def document(self, table: Table, said: Iterable[str]) -> bytes:
        """The .docx of a table with its notes, and under it what is `said` of where it comes from."""
        body = self.paper.element.body
        for element in [e for e in body if not e.tag.endswith("}sectPr")]:
            body.remove(element)
        self.paper.core_properties.title = table.caption[:255]
        self.paragraphs.add(table.caption, "Caption").paragraph_format.keep_with_next = True
        _add_table(self.paragraphs, table, self.words)
        for line in said:
            self.paragraphs.add(line, NOTE)
        return _packed(self._parts())

    def _parts(self) -> list[tuple[str, bytes]]:
        """Name and content of every part of the file, of which most are those of the first document."""
        if not self._rest:
            self._rest = _stored(self.paper)
        parts = self.paper.part.package.parts
        own = {part.partname[1:]: part.blob for part in parts if part.partname in OF_ONE_TABLE}
        return [(name, own.get(name, content)) for name, content in self._rest]


def _lighten(document: Any) -> None:
    """Without what the template brings along and no table of ours uses: other styles of tables, a picture of itself."""
    for style in document.styles.element.findall(qn("w:style")):
        if style.get(qn("w:type")) == "table" and style.get(qn("w:styleId")) not in (
            TABLE_STYLE,
            "TableNormal",
        ):
            style.getparent().remove(style)
    for relations in (document.part.rels, document.part.package.rels):
        for name in [n for n, r in relations.items() if r.reltype.endswith(UNUSED)]:
            del relations[name]


def _add_table(paragraphs: Paragraphs, table: Table, words: Words) -> None:
    """The table with its notes, and a small space behind it, without which two tables would be one."""
    end = paragraphs.add()
    end._p.addprevious(word_table(table, words))
    end._p.getparent().remove(end._p)
    notes = [paragraphs.add(note, NOTE) for note in table.notes]
    if notes:
        notes[-1].paragraph_format.space_after = SIZE
    else:
        paragraphs.add(style=NOTE).paragraph_format.line_spacing = BETWEEN


def _set_up(document: Any, spoken_language: str, written: str, foot: str) -> None:
    """Page, fonts, language and what the file says of itself."""
    for part in document.sections:
        part.page_width, part.page_height = Cm(21), Cm(29.7)
        part.left_margin = part.right_margin = part.top_margin = part.bottom_margin = MARGIN
        add_foot(part.footer.paragraphs[0], foot)
    add_styles(document)
    language = LOCALES[spoken_language].replace("_", "-")
    for style in document.styles:
        if (hasattr(style, "font") and style.element.rPr is not None) or style.name == "Normal":
            _set_font(style)
    document.styles["Normal"].font.size = SIZE
    document.styles["Caption"].font.color.rgb = RGBColor(0, 0, 0)
    defaults = document.styles.element.find(f".//{qn('w:rPrDefault')}/{qn('w:rPr')}")
    spoken = defaults.find(qn("w:lang"))
    if spoken is None:
        spoken = OxmlElement("w:lang")
        defaults.append(spoken)
    spoken.set(qn("w:val"), language)
    day = datetime.fromisoformat(written)
    about = document.core_properties
    about.author, about.language = "", language
    about.created = about.modified = day
    about.last_modified_by, about.revision, about.comments = "", 1, ""


def _set_font(style: Any) -> None:
    """One font for all, also where the template's theme names another."""
    style.font.name = FONT
    fonts = style.element.rPr.rFonts
    for name in list(fonts.attrib):
        if name.endswith("Theme"):
            del fonts.attrib[name]
    fonts.set(qn("w:hAnsi"), FONT)


class _Writer:
    """Writes blocks below each other into a document."""

    def __init__(self, document: Any, words: Words, pictures: Pictures, seen: Numbered):
        self.document = document
        self.paragraphs = Paragraphs(document)
        self.words = words
        self.pictures = pictures
        self.seen = seen
        self.headings: list[Heading] = []
        self.new_page = (
            False  # whether the next heading begins one; a break of its own may be left on an empty page
        )

    def heading(self, text: str, level: int) -> None:
        """A heading that the table of contents knows."""
        paragraph = self.document.add_heading(text, level)
        if self.new_page:
            paragraph.paragraph_format.page_break_before, self.new_page = True, False
        self.headings.append(marked(paragraph, level, len(self.headings) + 1))

    def blocks(self, blocks: Iterable[Block], level: int) -> None:
        """Blocks with headings of this level; what they fold away stands one level lower."""
        for block in blocks:
            inner = level
            if block.title:
                self.heading(block.title, min(level, DEEPEST))
                inner = level + 1
            for sentence in block.sentences:
                self.paragraphs.add(held(sentence))
            for point in block.points:
                self.paragraphs.add(held(point), "List Bullet")
            for figure in block.figures:
                self._figure(figure)
            for table in block.tables:
                self._table(table)
            self.blocks(block.folded, inner)

    def _figure(self, figure: FigureRecord) -> None:
        """The picture with its title above it, its caption below, and its alternative text. The frame of the picture
        says the same, and is cut off."""
        self.seen.figures += 1
        self.paragraphs.add(figure.title, FIGURE_TITLE)
        if figure.name in self.pictures:
            if figure.subtitle:
                self.paragraphs.add(figure.subtitle, FIGURE_SUBTITLE)
            paragraph = self.paragraphs.add()
            paragraph.paragraph_format.keep_with_next = True
            shape = paragraph.add_run().add_picture(
                io.BytesIO(self.pictures[figure.name]), width=PICTURE_WIDTH
            )
            crop(shape, figure.head, figure.foot)
            about = shape._inline.docPr
            about.set("descr", figure.alt)
            about.set("title", figure.title)
        else:
            for line in figure.lines:
                self.paragraphs.add(line, "List Bullet")
        self._caption("figure.number", self.seen.figures, figure.caption)

    def _caption(self, key: str, number: int, caption: str, *, above: bool = False) -> None:
        paragraph = self.paragraphs.add(style="Caption")
        add_numbered(paragraph, self.words(key, n=number), number)
        paragraph.add_run(f" {caption}")
        paragraph.paragraph_format.keep_with_next = above

    def _table(self, table: Table) -> None:
        """Caption, a table with a header row that repeats on every page, and its notes."""
        self.seen.tables += 1
        self._caption("table.number", self.seen.tables, table.caption, above=True)
        _add_table(self.paragraphs, table, self.words)


def _stored(document: Any) -> list[tuple[str, bytes]]:
    """Name and content of every part of a document's file."""
    stored = io.BytesIO()
    document.save(stored)
    with zipfile.ZipFile(stored) as file:
        return [(part.filename, file.read(part)) for part in file.infolist()]


def _packed(parts: Iterable[tuple[str, bytes]]) -> bytes:
    """The file of these parts, with no time on them."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts:
            about = zipfile.ZipInfo(name, EARLIEST)
            about.compress_type, about.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            file.writestr(about, content)
    return packed.getvalue()
