"""The article as PDF: its title, body and appendix in one layout, tables and figures numbered through."""

from __future__ import annotations

from dww_analysis.language import Words
from dww_analysis.reports.documents.article import Article
from dww_analysis.reports.render.content import Numbered, blocks_content
from dww_analysis.reports.render.typst import Paper, compile_pdf


def article_pdf(article: Article) -> bytes:
    """PDF/UA-1 on A4, the same bytes every time; the appendix begins at an entry of the outline with its title.
    Refused as `compile_pdf` refuses."""
    words, seen = Words(article.language), Numbered()
    content = {
        "subtitle": article.subtitle,
        "authors": article.authors,
        "notices": list(article.notices),
        "body": blocks_content(article.body, words, seen),
        "appendix_title": article.appendix_title,
        "appendix": blocks_content(article.appendix, words, seen),
        "foot": article.foot,
    }
    return compile_pdf(
        "article", content, Paper(article.title, article.language, article.day, article.authors)
    )
