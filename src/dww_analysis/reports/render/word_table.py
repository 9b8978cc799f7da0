"""One table of a report in Word: a header row that repeats, rows that stay whole, widths by what they hold."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from dww_analysis.language import Words
from dww_analysis.reports.render.widths import INDENT, on_one_line, printed_texts, widths_of
from dww_analysis.reports.render.word_parts import TABLE_STYLE
from dww_analysis.reports.tables import Table

TEXT_WIDTH_TWIPS = 9865  # 17.4 cm


def word_table(table: Table, words: Words) -> Any:
    """The element `w:tbl` of a table. Heading rows of a group are bold; columns of numbers stand at the right."""
    texts = printed_texts(table, words)
    shares, size = widths_of(table, texts)
    widths = [round(TEXT_WIDTH_TWIPS * share) for share in shares]
    half_points = int(2 * size)
    head = _row(
        [
            _cell(t, w, half_points, bold=True, right=j in table.numeric)
            for j, (t, w) in enumerate(zip(map(on_one_line, table.columns), widths, strict=True))
        ],
        "<w:tblHeader/>",
    )
    rows = [
        _row([_body_cell(table, i, j, texts[i][j], widths[j], half_points) for j in range(len(row))], "")
        for i, row in enumerate(table.rows)
    ]
    grid = "".join(f'<w:gridCol w:w="{w}"/>' for w in widths)
    about = (
        f'<w:tblPr><w:tblStyle w:val="{TABLE_STYLE}"/><w:tblW w:w="{sum(widths)}" w:type="dxa"/>'
        '<w:tblLayout w:type="fixed"/><w:tblLook w:val="0620" w:firstRow="1" w:noHBand="1" w:noVBand="1"/>'
        f'<w:tblCaption w:val="{escape(table.caption, {chr(34): "&quot;"})}"/></w:tblPr>'
    )
    return parse_xml(
        f"<w:tbl {nsdecls('w')}>{about}<w:tblGrid>{grid}</w:tblGrid>{head}{''.join(rows)}</w:tbl>"
    )


def _body_cell(table: Table, i: int, j: int, text: str, width: int, half_points: int) -> str:
    cell = table.rows[i][j]
    bold = cell.heading and i in table.strong
    indent = INDENT if cell.indent else ""
    return _cell(indent + text, width, half_points, bold=bold, right=j in table.numeric)


def _row(cells: list[str], more: str) -> str:
    return f"<w:tr><w:trPr><w:cantSplit/>{more}</w:trPr>{''.join(cells)}</w:tr>"


def _cell(text: str, width: int, half_points: int, *, bold: bool, right: bool) -> str:
    weight = "<w:b/>" if bold else '<w:b w:val="0"/>'
    side = '<w:jc w:val="right"/>' if right else ""
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>'
        f'<w:p><w:pPr><w:spacing w:after="0" w:line="240" w:lineRule="auto"/>{side}</w:pPr>'
        f'<w:r><w:rPr>{weight}<w:sz w:val="{half_points}"/></w:rPr>'
        f'<w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p></w:tc>'
    )
