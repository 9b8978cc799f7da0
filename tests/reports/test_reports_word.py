"""What only Word shows: widths of columns that break no word, pictures without their frame, pages that begin where they
should."""

from __future__ import annotations

import io
from dataclasses import replace

import docx
import pytest
from PIL import Image

from dww_analysis.language import Words
from dww_analysis.reports.blocks import Block, fold
from dww_analysis.reports.cells import heading, number, text
from dww_analysis.reports.documents.article import Article
from dww_analysis.reports.figure_record import FigureRecord
from dww_analysis.reports.render.content import blocks_content
from dww_analysis.reports.render.fonts import width
from dww_analysis.reports.render.widths import (
    BREAKS,
    NARROWER,
    PADDING,
    SIZES,
    TEXT_WIDTH,
    on_one_line,
    printed_texts,
    widths_of,
)
from dww_analysis.reports.render.word import article_docx
from dww_analysis.reports.tables import build_table

WORDS = Words("nl")
# Advance widths of Arial in thousandths of its size, from Adobe's metrics of Helvetica: (word, bold) -> sum of letters
ARIAL = {
    ("Teams", True): 611 + 556 + 556 + 889 + 556,
    ("geconvergeerd", False): 6 * 556 + 500 + 556 + 500 + 333 + 556 + 333 + 556,
    ("0,005", False): 4 * 556 + 278,
    ("tussenmeting", False): 278 + 556 + 500 + 500 + 556 + 556 + 833 + 556 + 278 + 222 + 556 + 556,
    ("RMSEA", True): 722 + 833 + 667 + 667 + 722,
}
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="72pt" height="36pt" viewBox="0 0 72 36"><path d="M0 0H72"/></svg>'


def table(columns, rows, caption="Tabel", strong=()):
    cells = [[heading(r[0]), *(text(c) if isinstance(c, str) else number(c, 3) for c in r[1:])] for r in rows]
    return build_table("t", caption, columns, cells, strong=list(strong))


WIDE = table(
    ["Uitkomst", "Meting", "Personen", "Gemiddelde", "SD", "p", "Verandering", "Status", "Opmerking"],
    [
        ["Leerpotentieel van de werkplek", "tussenmeting", 203.0, 3.456, 0.712, 0.005, 1.234, "geconvergeerd", "grens"],
        ["Psychologische veiligheid", "eindmeting", 1022.0, 3.456, 0.712, 0.005, 1.234, "geconvergeerd", ""],
    ],
    strong=[0],
)  # fmt: skip


def article(*blocks, appendix=()):
    return Article(
        language="nl", title="Titel", subtitle="", authors="", notices=(), body=blocks,
        appendix_title="Bijlage", appendix=appendix, foot="voet", day="2026-06-30",
    )  # fmt: skip


def read(document):
    return docx.Document(io.BytesIO(document))


@pytest.mark.parametrize(("word", "bold"), list(ARIAL))
def test_no_word_of_the_document_is_wider_than_it_is_measured(word, bold):
    assert ARIAL[word, bold] / 1000 <= NARROWER * width(word, 1.0, bold) <= 1.25 * ARIAL[word, bold] / 1000


def test_every_word_fits_its_column_and_all_columns_the_page():
    texts = printed_texts(WIDE, WORDS)
    shares, size = widths_of(WIDE, texts)
    assert sum(shares) <= 1 + 1e-9 and SIZES[1] <= size <= SIZES[0]
    for j, (head, share) in enumerate(zip(WIDE.columns, shares, strict=True)):
        words = [(w, True) for w in BREAKS.split(on_one_line(head))]
        words += [(w, j == 0 and i == 0) for i, row in enumerate(texts) for w in BREAKS.split(row[j])]
        room = share * TEXT_WIDTH - PADDING
        assert all(NARROWER * width(w, size, bold) <= room + 1e-6 for w, bold in words), head


def test_a_small_table_is_as_wide_as_its_texts():
    small = table(["Meting", "Teams"], [["nulmeting", 24.0]])
    shares, size = widths_of(small, printed_texts(small, WORDS))
    assert sum(shares) < 0.3 and size == SIZES[0]


def figure(name="forest", **changes):
    made = FigureRecord(
        name, "forest", "", "nl", "Titel", "Ondertitel", "Bijschrift", "alt", "een\ntwee", SVG
    )
    return replace(made, **changes)


def png():
    buffer = io.BytesIO()
    Image.new("RGB", (760, 600), "white").save(buffer, "PNG", dpi=(100, 100))
    return buffer.getvalue()


def test_the_frame_of_a_picture_is_cut_off_where_the_document_says_the_same():
    both = (figure(head=0.2, foot=0.1), figure("other"))
    document = read(
        article_docx(article(Block("Resultaten", figures=both)), {"forest": png(), "other": png()})
    )
    framed, whole = document.inline_shapes
    assert framed._inline.xpath(".//a:srcRect/@t | .//a:srcRect/@b") == ["20000", "10000"]
    assert not whole._inline.xpath(".//a:srcRect")
    assert framed.width == whole.width and framed.height / whole.height == pytest.approx(0.7, abs=1e-4)
    said = [p.text for p in document.paragraphs if p.style.name in ("Figure Title", "Figure Subtitle")]
    assert said == ["Titel", "Ondertitel"] * 2


def test_text_and_appendix_begin_on_pages_of_their_own_without_an_empty_one():
    body, appendix = Block("Een", sentences=("Zin.",)), Block("Twee", sentences=("Zin.",))
    document = read(article_docx(article(body, appendix=(appendix,)), {}))
    begun = [p.text for p in document.paragraphs if p.paragraph_format.page_break_before]
    assert begun == ["Een", "Bijlage"]
    assert not document.element.xpath("//w:br"), "a break of its own may stand alone on a page"


def test_a_heading_that_its_only_table_repeats_is_said_once():
    one = table(["Meting", "Teams"], [["nulmeting", 24.0]], caption="Alle keuzes")
    blocks = (Block("Meer", sentences=("Zin.",), folded=(fold("Alle keuzes", one), fold("Andere", one))),)
    headings = [
        p.text
        for p in read(article_docx(article(*blocks), {})).paragraphs
        if p.style.name.startswith("Heading")
    ]
    assert headings == ["Meer", "Andere", "Bijlage"]
    assert [b["heading"] for b in blocks_content(blocks, WORDS)[0]["folded"]] == ["", "Andere"]
