"""What a Word document has beside its text: styles of our own, numbers that Word counts, and a table of contents.

Numbers are fields with their value in them: a document that nobody updates reads the same, and one that somebody goes
on writing in is numbered anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt, RGBColor

TABLE_STYLE = "ReportTable"
NOTE, FIGURE_TITLE, FIGURE_SUBTITLE = "Table Note", "Figure Title", "Figure Subtitle"  # styles of paragraphs
NOTE_SIZE = Pt(7.5)
CONTENTS = ("toc 1", "toc 2")  # styles of the levels that a table of contents has
TEXT_WIDTH, PICTURE_WIDTH = Cm(17.4), Cm(15)
WHOLE = 100_000  # how Word says 1 of what is cut off a picture
SOFT = RGBColor(0x55, 0x5D, 0x66)
RULED = f"""
<w:style {nsdecls("w")} w:type="table" w:customStyle="1" w:styleId="{TABLE_STYLE}">
  <w:name w:val="Report Table"/><w:basedOn w:val="TableNormal"/><w:uiPriority w:val="99"/>
  <w:pPr><w:spacing w:after="0" w:line="240" w:lineRule="auto"/></w:pPr>
  <w:tblPr>
    <w:tblBorders>
      <w:top w:val="single" w:sz="8" w:space="0" w:color="000000"/>
      <w:bottom w:val="single" w:sz="8" w:space="0" w:color="000000"/>
    </w:tblBorders>
    <w:tblCellMar>
      <w:top w:w="20" w:type="dxa"/><w:left w:w="60" w:type="dxa"/>
      <w:bottom w:w="20" w:type="dxa"/><w:right w:w="60" w:type="dxa"/>
    </w:tblCellMar>
  </w:tblPr>
  <w:tblStylePr w:type="firstRow">
    <w:rPr><w:b/></w:rPr>
    <w:tcPr>
      <w:tcBorders><w:bottom w:val="single" w:sz="6" w:space="0" w:color="000000"/></w:tcBorders>
      <w:vAlign w:val="bottom"/>
    </w:tcPr>
  </w:tblStylePr>
</w:style>"""


class Paragraphs:
    """Adds paragraphs at the end of a document that has all its styles; each style is looked up once."""

    def __init__(self, document: Any):
        self.document = document
        self._ids: dict[str, str | None] = {}

    def add(self, text: str = "", style: str = "") -> Any:
        """A new last paragraph. style: the name of a style of paragraphs, "" for that of normal text."""
        paragraph = self.document.add_paragraph(text)
        if style:
            if style not in self._ids:
                self._ids[style] = self.document.part.get_style_id(style, WD_STYLE_TYPE.PARAGRAPH)
            paragraph._p.style = self._ids[style]
        return paragraph


@dataclass(frozen=True)
class Heading:
    """A heading that the table of contents may name. anchor: the bookmark at it."""

    level: int
    text: str
    anchor: str


def add_styles(document: Any) -> None:
    """The styles of tables, of notes under them, of titles and subtitles of figures, and of a table of contents."""
    styles = document.styles
    styles.element.append(parse_xml(RULED))
    note = _style(styles, NOTE)
    note.font.size = NOTE_SIZE
    note.paragraph_format.space_after = Pt(2)
    title = _style(styles, FIGURE_TITLE)
    title.font.bold = True
    title.paragraph_format.keep_with_next = True
    title.paragraph_format.space_before = Pt(8)
    title.paragraph_format.space_after = Pt(0)
    subtitle = _style(styles, FIGURE_SUBTITLE)
    subtitle.font.color.rgb = SOFT
    subtitle.paragraph_format.keep_with_next = True
    subtitle.paragraph_format.space_after = Pt(2)
    for depth, name in enumerate(CONTENTS):
        entry = _style(styles, name, known=True)
        entry.paragraph_format.left_indent = Cm(0.6 * depth)
        entry.paragraph_format.space_after = Pt(1)


def _style(styles: Any, name: str, known: bool = False) -> Any:
    """A style of paragraphs that is as normal text at first. known: whether Word has one of that name."""
    style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH, builtin=known)
    style.base_style = styles["Normal"]
    return style


def add_foot(paragraph: Any, foot: str) -> None:
    """What the foot says, and at the right the number of the page; nothing where it says nothing."""
    paragraph.text = foot
    if foot:
        paragraph.paragraph_format.tab_stops.add_tab_stop(TEXT_WIDTH, WD_TAB_ALIGNMENT.RIGHT)
        paragraph.add_run("\t")
        add_field(paragraph, "PAGE", "1")


def crop(shape: Any, head: float, foot: float) -> None:
    """Show a picture without these shares of its height above and below, at the same scale."""
    if not head and not foot:
        return
    part = shape._inline.graphic.graphicData.pic.blipFill
    cut = OxmlElement("a:srcRect")
    cut.set("t", str(round(WHOLE * head)))
    cut.set("b", str(round(WHOLE * foot)))
    part.find(qn("a:blip")).addnext(cut)
    shape.height = round(shape.height * (1 - head - foot))


def add_numbered(paragraph: Any, said: str, number: int) -> None:
    """`Table 3.` in which Word counts the 3, of all that begin with the same word."""
    before, shown, after = said.partition(str(number))
    paragraph.add_run(before)
    add_field(paragraph, f"SEQ {before.strip() or 'Number'} \\* ARABIC", shown)
    paragraph.add_run(after)


def add_field(paragraph: Any, instruction: str, shown: str) -> None:
    """A field with the value that it has now."""
    _begin(paragraph, instruction)
    paragraph.add_run(shown)
    _mark(paragraph, "end")


def _begin(paragraph: Any, instruction: str) -> None:
    """The start of a field, up to its value."""
    _mark(paragraph, "begin")
    told = OxmlElement("w:instrText")
    told.set(qn("xml:space"), "preserve")
    told.text = f" {instruction} "
    paragraph.add_run()._r.append(told)
    _mark(paragraph, "separate")


def _mark(paragraph: Any, kind: str) -> None:
    mark = OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    paragraph.add_run()._r.append(mark)


def marked(paragraph: Any, level: int, number: int) -> Heading:
    """A heading with a bookmark around it."""
    heading = Heading(level, paragraph.text, f"_Toc{number:08d}")
    start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    for mark in (start, end):
        mark.set(qn("w:id"), str(number))
    start.set(qn("w:name"), heading.anchor)
    paragraph._p.insert(1 if paragraph._p.pPr is not None else 0, start)
    paragraph._p.append(end)
    return heading


def add_contents(place: Any, headings: Iterable[Heading]) -> None:
    """A table of contents before the paragraph `place`: links, without numbers of pages, which only Word knows."""
    shown = [h for h in headings if h.level <= len(CONTENTS)]
    for i, heading in enumerate(shown):
        entry = place.insert_paragraph_before(style=CONTENTS[heading.level - 1])
        if i == 0:
            _begin(entry, f'TOC \\o "1-{len(CONTENTS)}" \\n \\h')
        entry._p.append(_link(entry, heading))
        if i == len(shown) - 1:
            _mark(entry, "end")


def _link(entry: Any, heading: Heading) -> Any:
    link = OxmlElement("w:hyperlink")
    link.set(qn("w:anchor"), heading.anchor)
    link.append(entry.add_run(heading.text)._r)
    return link
