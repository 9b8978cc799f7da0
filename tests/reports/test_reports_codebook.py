"""The codebook as a page: delivered texts are escaped, numbers and heads follow the language."""

from __future__ import annotations

import invented_reports as made
import pandas as pd
from page_reader import read_page

from dww_analysis.reports.codebook import codebook_html

BOOK = pd.DataFrame([{
    "source": "w0", "sample": "main", "wave": 0, "name": "q1", "delivered_name": "Q_1",
    "label": "<script>alert(1)</script>", "value_labels": '{"1": "a & b"}', "missing_codes": None, "min_valid": 1.5,
    "max_valid": 5.0, "n_valid": 12, "n_missing": 3, "rules": "recoded '9' to '5'",
}])  # fmt: skip


def test_delivered_texts_are_escaped():
    page = codebook_html(BOOK, made.trial_study(), "nl")
    assert "<script>alert" not in page and "&lt;script&gt;" in page and "a &amp; b" in page
    assert '<html lang="nl">' in page and 'scope="col"' in page


def test_the_page_speaks_the_language_of_the_report():
    nl, en = (read_page(codebook_html(BOOK, made.trial_study(), lang)).text() for lang in ("nl", "en"))
    assert "Codeboek: Samen leren op de werkplek" in nl and "1,5 – 5 " in nl
    assert "Bron w0: professionals, meting 0 (voormeting)" in nl
    assert "Source w0: professionals, wave 0 (baseline)" in en and "1.5 – 5 " in en
