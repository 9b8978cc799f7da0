"""PDFs: tagged, the same every time, with any text as it is, and tables whose header comes back on each page."""

from __future__ import annotations

import re

import pypdfium2
import pytest
from typst import TypstError

from dww_analysis.errors import ReportError
from dww_analysis.language import Words
from dww_analysis.reports import cells
from dww_analysis.reports.blocks import block
from dww_analysis.reports.figure_record import FigureRecord
from dww_analysis.reports.render.content import blocks_content, picture, texts_of
from dww_analysis.reports.render.typst import Paper, blocks_pdf, compile_pdf, typst_text
from dww_analysis.reports.tables import build_table

SVG = (
    '<?xml version="1.0"?><!-- made --><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 40">'
    '<metadata>somebody</metadata><text x="4" y="24" style="font: 16px DejaVu Sans">tekst in beeld</text></svg>'
)
ODD = 'een #let x = 1 *ster* _lijn_ $x^2$ <label> @wie `code` // weg \\ "citaat" [haak] {accolade} = kop'


def paper(**changes):
    return Paper(**{"title": "Wat er uitkwam", "language": "nl", "day": "2024-03-01"} | changes)


def document(n_rows=80, sentence=ODD):
    rows = [[cells.heading(f"rij {i}"), cells.number(i / 4)] for i in range(n_rows)]
    table = build_table("t", "Zoveel rijen", ["Naam van de rij", "Getal"], rows, ["Een noot."])
    figure = FigureRecord(
        "a", "forest", "x", "nl", "Wat er te zien is", "Eronder", "Bij de figuur", "Een tekst", "", SVG
    )
    return [block("Kop", sentences=[sentence], points=["punt"], figures=[figure], tables=[table])]


def text_of(pdf):
    pages = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf)]
    return [re.sub(r"\s+", " ", page) for page in pages]


@pytest.fixture(scope="module")
def pdf():
    return blocks_pdf(document(), Words("nl"), paper(author="Onderzoek"), "studie")


def test_a_pdf_is_tagged_and_says_its_title_language_and_day(pdf):
    found = pypdfium2.PdfDocument(pdf)
    said = found.get_metadata_dict()
    assert said["Title"] == "Wat er uitkwam" and said["Author"] == "Onderzoek"
    assert said["CreationDate"] == said["ModDate"] == "D:20240301000000Z"
    assert found.is_tagged()
    assert re.search(rb"/Lang ?\(nl", pdf) and b"pdfuaid:part" in pdf


@pytest.mark.parametrize(
    "word",
    ["https://doi.org/10.1186/s12889-022-12946-y-and-so-on", "www.voorbeeld.nl/" + "lang" * 30, "lang" * 40],
)
def test_no_word_runs_off_the_paper_and_an_address_is_copied_as_it_is(word):
    made = blocks_pdf([block(sentences=[f"Zie {word}."] * 2, points=[f"({word})"])], Words("nl"), paper())
    (page,) = pypdfium2.PdfDocument(made)
    found = page.get_textpage()
    assert max(found.get_charbox(i)[2] for i in range(found.count_chars())) < page.get_width() - 50
    if "doi" in word:
        assert re.sub(r"\s", "", found.get_text_range()).count(word) == 3


def test_bytes_repeat(pdf):
    assert blocks_pdf(document(), Words("nl"), paper(author="Onderzoek"), "studie") == pdf


def test_any_text_stands_as_it_was_written(pdf):
    assert ODD in " ".join(text_of(pdf))


def test_a_text_as_an_expression_of_source_stands_as_it_was_written(tmp_path, monkeypatch):
    from dww_analysis.reports.render import typst

    (tmp_path / "own.typ").write_text('#set document(title: "x")\n' + typst_text(ODD), encoding="utf-8")
    monkeypatch.setattr(typst, "LAYOUTS", tmp_path)
    assert ODD in " ".join(text_of(compile_pdf("own", {}, paper())))


def test_what_the_font_has_not_leaves_a_mark_and_what_cannot_be_seen_nothing():
    made = blocks_pdf([block(sentences=["a\u4e2db\u0007c"])], Words("nl"), paper())
    assert "a\ufffdbc" in " ".join(text_of(made))


def test_the_header_of_a_table_comes_back_on_each_page(pdf):
    pages = text_of(pdf)
    assert len(pages) > 1
    assert all("Naam van de rij" in page for page in pages)
    assert "Tabel 1. Zoveel rijen" in " ".join(pages) and "Een noot." in " ".join(pages)


def test_the_text_of_a_picture_stays_text(pdf):
    assert "tekst in beeld" in " ".join(text_of(pdf))


def test_a_picture_loses_what_belongs_to_its_file():
    one = picture(SVG, "alt")
    assert one["svg"].startswith("<svg") and "somebody" not in one["svg"] and "made" not in one["svg"]


def test_every_text_of_a_content_is_found():
    found = list(texts_of(blocks_content(document(2, "een zin"), Words("nl"))))
    for text in ("Kop", "een zin", "punt", "Naam van de rij", "rij 1", "0,25", "Een noot.", "Een tekst"):
        assert text in found


def test_a_text_that_fits_no_size_is_refused_in_words(tmp_path, monkeypatch):
    from dww_analysis.reports.render import typst

    layout = '#import "parts.typ": *\n#show: paper\n#fit(height: 4mm, what: it.said, it.said)'
    (tmp_path / "parts.typ").write_bytes((typst.LAYOUTS / "parts.typ").read_bytes())
    (tmp_path / "own.typ").write_text(layout, encoding="utf-8")
    monkeypatch.setattr(typst, "LAYOUTS", tmp_path)
    assert "kort" in text_of(compile_pdf("own", {"said": "kort"}, paper()))[0]
    with pytest.raises(ReportError, match=r"`lang lang .*` needs \d\.\d times the room") as refused:
        compile_pdf("own", {"said": "lang " * 60}, paper())
    assert "Wat er uitkwam" in str(refused.value)


def test_a_picture_without_an_alternative_is_refused(tmp_path, monkeypatch):
    from dww_analysis.reports.render import typst

    (tmp_path / "own.typ").write_text(
        '#set document(title: "x")\n#image(bytes(json(bytes(sys.inputs.content)).svg), format: "svg")',
        encoding="utf-8",
    )
    monkeypatch.setattr(typst, "LAYOUTS", tmp_path)
    with pytest.raises(TypstError, match="alt"):
        compile_pdf("own", picture(SVG, ""), paper())
