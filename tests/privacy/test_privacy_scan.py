"""The scan finds every kind of identifier in tables and in outputs of any format, and never repeats one."""

import bz2
import gzip
import lzma
import zlib

import numpy as np
import pandas as pd
import pytest

from dww_analysis.privacy import scan_files, scan_frame, scan_words
from dww_analysis.privacy.patterns import identifiers_of, is_bsn, is_iban
from dww_analysis.privacy.scan import identifiers_in

BSN = "111222333"  # passes the eleven-test and is used by authorities as an example
IBAN = "NL91ABNA0417164300"  # the example of the IBAN registry


def test_the_checks_of_numbers():
    assert is_bsn(BSN) and is_bsn("123456782") and not is_bsn("123456789") and not is_bsn("000000000")
    assert is_iban(IBAN) and is_iban("GB82 WEST 1234 5698 7654 32") and not is_iban("NL91ABNA0417164301")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("mail me: jan.de-vries+werk@instelling.nl!", "e-mail address"),
        (f"bsn {BSN}.", "BSN"),
        ("111.22.2333", "BSN"),
        ("rekening NL91 ABNA 0417 1643 00", "IBAN"),
        ("bel 06-12345678", "telephone number"),
        ("bel +31 6 1234 5678 of later", "telephone number"),
        ("030 2345678", "telephone number"),
        ("ik woon op 3511 AB 12", "postcode"),
        ("Dorpsstraat 12 in Utrecht", "street and house number"),
        ("van 192.168.1.20", "IP address"),
        ("het gesprek met mevrouw Van den Berg was goed", "possible name"),
        ("samen met Fatima en het team", "possible name"),
    ],
)
def test_identifiers_in_free_text(text, kind):
    assert kind in [found for found, _ in identifiers_of(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Wij leren veel van elkaar.",
        "3.5 van de 5",
        "2026-03-02 08:15:00",
        "code T01, meting 2",
        "0,123456789",
        "Zuid",
    ],
)
def test_ordinary_answers_are_no_identifiers(text):
    assert list(identifiers_of(text)) == []


def test_a_table_is_scanned_without_repeating_what_is_found():
    frame = pd.DataFrame(
        {
            "code": ["a@b.nl"] * 3,
            "open": ["prima", f"mijn bsn is {BSN}", None],
            "number": [123456782.0, 111222333, np.nan],
            "score": [1.0, 2, 3],
            "RecipientEmail": ["x@y.nl", None, None],
        }
    )
    found = scan_frame(
        frame, "w0.csv", identifying=["RecipientEmail"], skip=["code"], lines=np.array([2, 3, 9])
    )
    assert found[["column", "kind", "count", "lines"]].to_numpy().tolist() == [
        ["open", "BSN", 1, "3"],
        ["number", "BSN", 2, "2, 3"],
        ["RecipientEmail", "identifying column", 1, "2"],
    ]
    assert BSN not in found.to_csv() and "x@y" not in found.to_csv()
    assert scan_frame(pd.DataFrame({"id": np.arange(10_000_000, 10_000_500)})).empty


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([612345678, 687654321, 611112222], "telephone number"),
        ([31612345678, 31687654321], "telephone number"),
        ([123456782, 111222333], "BSN"),
    ],
)
def test_numbers_that_a_spreadsheet_made_of_them_are_found_by_the_column(values, kind):
    assert scan_frame(pd.DataFrame({"q": values}))["kind"].tolist() == [kind]
    mixed = [*values, *range(10_000_000, 10_000_020)]
    assert scan_frame(pd.DataFrame({"q": mixed})).empty


def test_a_column_of_single_names_is_a_column_of_names():
    names = ["Sanne", "Joost", "Fatima", "Bakker", "Wietske", "Mulder", "Youssef", "Petra", "Els"]
    assert scan_frame(pd.DataFrame({"q": names}))["kind"].tolist() == ["possible name"]
    assert scan_frame(pd.DataFrame({"q": [*names[:3], "Noord", "Zuid", "Oost", "West"]})).empty


def test_words_around_a_table_are_scanned_without_repeating_them():
    words = [
        ("q1", "label", "bel 06-12345678"),
        ("q1", "label", "prima"),
        ("", "file name", "a@b.example.csv"),
    ]
    found = scan_words(words, "w0.sav")
    assert found[["column", "kind", "count"]].to_numpy().tolist() == [
        ["q1", "telephone number in the label", 1],
        ["", "e-mail address in the file name", 1],
    ]
    assert "1234" not in found.to_csv() and "a@b" not in found.to_csv()


def test_identifiers_of_a_table_for_the_search_of_outputs():
    frame = pd.DataFrame(
        {
            "Naam": ["Jan de Vries", None],
            "P": ["KX81QQ", "12"],
            "open": [f"bsn {BSN}", "personeelsnummer 1234"],  # four digits occur in any file
        }
    )
    assert identifiers_in(frame, identifying=["Naam"], person="P") == {
        "Jan de Vries": "identifying column",
        "KX81QQ": "person code",
        BSN: "BSN",
    }


def _png(text):
    def chunk(kind, body):
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    return b"\x89PNG\r\n\x1a\n" + chunk(b"zTXt", b"Comment\0\0" + zlib.compress(text)) + chunk(b"IEND", b"")


SECRET = "Lien Çelik-Öztürk"


def _outputs(folder):
    from dww_analysis.storage import save_frame, save_json

    frame = pd.DataFrame({"a": ["niets", f"door {SECRET} gezegd"]})
    save_frame(frame, folder / "a.parquet")
    frame.to_excel(folder / "a.xlsx", index=False)
    save_frame(frame, folder / "a.csv")
    save_json({"a": SECRET}, folder / "a.json")
    (folder / "escaped.ipynb").write_text('{"a": "Lien \\u00c7elik-\\u00d6zt\\u00fcrk"}')
    (folder / "a.html").write_bytes(SECRET.upper().encode())
    (folder / "a.log.gz").write_bytes(gzip.compress(SECRET.encode("utf-16")))
    (folder / "a.log.bz2").write_bytes(bz2.compress(SECRET.encode("utf-16-be")))
    (folder / "a.log.xz").write_bytes(lzma.compress(SECRET.encode()))
    (folder / "a.pdf").write_bytes(
        b"%PDF-1.7\nstream\n" + zlib.compress(SECRET.encode("cp1252")) + b"\nendstream"
    )
    (folder / "a.png").write_bytes(_png(SECRET.encode()))


def test_every_kind_of_output_is_searched_unpacked(tmp_path):
    _outputs(tmp_path)
    found = scan_files([tmp_path], {SECRET: "name"})
    assert sorted({p.rsplit("/")[-1] for p in found["file"]}) == sorted(p.name for p in tmp_path.iterdir())
    assert SECRET not in found.to_csv()


def test_the_letters_that_a_pdf_shows_are_searched_also_over_the_end_of_a_line(tmp_path):
    """In the file of such a PDF a letter is the number of a picture of it: its bytes hold no word."""
    from dww_analysis.language import Words
    from dww_analysis.reports.blocks import block
    from dww_analysis.reports.render.typst import Paper, blocks_pdf

    for words in range(8, 14):  # somewhere the line ends inside the name
        text = "heel " * words + f"{SECRET} zei dit"
        made = blocks_pdf([block(sentences=[text])], Words("nl"), Paper("Blad", "nl", "2026-01-01"))
        assert SECRET.encode() not in made
        (tmp_path / f"{words}.pdf").write_bytes(made)
    assert scan_files([tmp_path], {SECRET: "name"})["count"].tolist() == [1] * 6
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 and nothing else")
    assert len(scan_files([tmp_path], {SECRET: "name"})) == 6


def test_only_whole_words_count_and_allowed_ones_are_let_through(tmp_path):
    (tmp_path / "a.txt").write_text("Jansen schreef 1112223334 en team@hu.nl")
    assert scan_files([tmp_path], {"Jans": "name", BSN: "BSN"}).empty
    assert scan_files([tmp_path], ["team@hu.nl"], allowed=["Team@hu.nl"]).empty
    assert scan_files([tmp_path], ["team@hu.nl"])["count"].tolist() == [1]


def test_numbers_are_found_in_another_writing_and_names_in_names_of_folders(tmp_path):
    (tmp_path / "Lien Celik").mkdir()
    (tmp_path / "Lien Celik" / "a.csv").write_text(
        "rekening;bsn\nNL91ABNA0417164300;111222333.0\n0612345678;\n"
    )
    kinds = {
        "NL91 ABNA 0417 1643 00": "IBAN",
        "111.22.2333": "BSN",
        "(06) 1234-5678": "phone",
        "Lien Celik": "name",
    }
    assert set(scan_files([tmp_path], kinds)["kind"]) == set(kinds.values())


def test_what_stands_beside_other_words_in_an_identifying_column_is_searched_for_by_itself():
    cell = "bel Sytske op 06-91186337 of sytske@kwikmail.example"
    found = identifiers_in(pd.DataFrame({"Opmerking": [cell]}), identifying=["Opmerking"])
    assert {cell, "06-91186337", "sytske@kwikmail.example"} <= set(found)
