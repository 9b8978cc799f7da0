"""Documents as PDF: the words and numbers of their pages, on two sides, inside the paper and not over each other."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from itertools import combinations

import invented_sessions
import numpy as np
import pandas as pd
import pypdfium2
import pytest
from from_parts import factsheet_said
from invented_reports import trial

from dww_analysis.domain.sheets import UnitSettings
from dww_analysis.errors import ReportError
from dww_analysis.reports import Setup, build_session_pages
from dww_analysis.reports.documents.factsheet import factsheet_page
from dww_analysis.reports.documents.paper import factsheet_pdf, sheet_pdf
from dww_analysis.reports.documents.sheet import Sheet, SheetStudy, _said, sheet_files
from dww_analysis.reports.render.typst import LAYOUTS
from dww_analysis.reports.sections.told import ToldSaid

MADE = trial()
KEYED = next(s for s in MADE["scales"] if s.measure == "continuous")
LANGUAGES = ("nl", "en")
MM = 72 / 25.4
LONG_LABEL = {
    "nl": "Ervaren mogelijkheden om samen met anderen zelf te bepalen wat, hoe en wanneer ik op mijn werk leer",
    "en": "Felt possibility to decide together with others what, how and when one learns something at work",
}
LONG_WORDS = {
    "nl": "Leerwerkplekverantwoordelijkheidsgevoel bij jeugdhulpverleningsprofessionals",
    "en": "Interprofessionalisationresponsibilities",
}
LONG_UNIT = "Zorggroep Noordoost-Twente en de Achterhoek, locatie De Wilgenhof, avondteam en nachtteam"
VERDICTS = ("above", "below", "as_others", "unclear", "unclear", "as_others", "above")
CHANGES = ("up", "same", "down", "unclear", "too_few", "too_few", "too_few")
LARGEST = 150_000  # bytes
CONTRAST = 4.5


def sheet_of(unit="T02", label=KEYED.label, n=7) -> tuple[Sheet, SheetStudy]:
    """A sheet with every verdict and change, one row hidden."""
    scales = [replace(KEYED, id=f"s{i}", label=label) for i in range(n)]
    low, high = KEYED.score_range()
    means = np.linspace(low, high, n).round(1)
    rows = pd.DataFrame(
        {
            "level": "team", "unit": unit, "wave": 2, "scale": [s.id for s in scales], "n": 9, "mean": means,
            "conf_low": means - 0.2, "conf_high": means + 0.2, "band_low": low + 1, "band_high": low + 2,
            "verdict": [VERDICTS[i % 7] for i in range(n)], "change": [CHANGES[i % 7] for i in range(n)],
            "extreme": "", "since": 0, "shown": [True] * (n - 1) + [False], "why": [""] * (n - 1) + ["follows"],
        }
    )  # fmt: skip
    of = SheetStudy(MADE["study"], scales, UnitSettings(), LANGUAGES)
    return Sheet("team", unit, 2, 10, 12, rows), of


def factsheet(language: str) -> tuple[str, bytes]:
    facts = {k: MADE[k] for k in ("study", "plan", "scales")}
    said = factsheet_said(MADE["tables"], licence="CC0", version="0.1.0", language=language, **facts)
    return factsheet_page(said), factsheet_pdf(said, MADE["study"])


@pytest.fixture(scope="module")
def documents():
    """(document, language) -> its page and its PDF."""
    sheets = {
        "sheet": sheet_files(*sheet_of()),
        "long sheet": sheet_files(*sheet_of(LONG_UNIT, LONG_LABEL, 9)),
        "long words": sheet_files(*sheet_of("Zuid" * 30, LONG_WORDS)),
    }
    sessions = build_session_pages(
        invented_sessions.quantities(),
        Setup(invented_sessions.STUDY, invented_sessions.SETTINGS, practice=invented_sessions.PRACTICE),
    )
    found = {}
    for language in LANGUAGES:
        for name, files in sheets.items():
            found[name, language] = files[f"sheet.{language}.html"], files[f"sheet.{language}.pdf"]
        found["factsheet", language] = factsheet(language)
        page, paper = (sessions[f"autumn/factsheet.{language}.{form}"] for form in ("html", "pdf"))
        found["session", language] = page, paper
    return found


KINDS = ("sheet", "long sheet", "long words", "factsheet", "session")
NAMES = [(name, language) for name in KINDS for language in LANGUAGES]
every = pytest.mark.parametrize("name", NAMES, ids=" ".join)


class Visible(HTMLParser):
    """The words of a page that a reader sees, but for those that stand in for a picture or lead to a file."""

    def __init__(self):
        super().__init__()
        self.text, self.skip = [], 0

    def handle_starttag(self, tag, attributes):
        self.skip += tag in ("head", "a")

    def handle_endtag(self, tag):
        self.skip -= tag in ("head", "a")

    def handle_data(self, data):
        if not self.skip:
            self.text.append(data)


def words(text: str) -> Counter:
    """Words and numbers, whatever stands between them."""
    return Counter(re.findall(r"\w+", text))


def pages_of(pdf: bytes):
    return list(pypdfium2.PdfDocument(pdf))


def text_of(pdf: bytes) -> str:
    return " ".join(page.get_textpage().get_text_range() for page in pages_of(pdf))


def boxes(page) -> list[tuple[float, float, float, float]]:
    found = page.get_textpage()
    return [found.get_rect(i) for i in range(found.count_rects())]


@every
def test_two_sides_and_no_more(documents, name):
    assert len(pages_of(documents[name][1])) == 2


@every
def test_the_paper_says_the_words_and_numbers_of_the_page(documents, name):
    page, pdf = documents[name]
    reader = Visible()
    reader.feed(page)
    seen, printed = words(" ".join(reader.text)), words(re.sub(r"[-\x02\ufffe]\s*\r?\n", "", text_of(pdf)))
    if name[0] in ("session", "long words"):  # sides are numbered and carry the study; long words are broken
        numbers = [Counter({w: n for w, n in c.items() if w.isdigit()}) for c in (seen, printed)]
        assert not numbers[0] - numbers[1]
        assert sum((seen - printed).values()) < 0.05 * sum(seen.values())
    else:
        assert seen == printed


@every
def test_nothing_runs_off_the_paper_or_over_something_else(documents, name):
    margin = (15 if name[0] == "session" else 18) * MM
    for page in pages_of(documents[name][1]):
        width, height = page.get_size()
        assert (round(width / MM), round(height / MM)) == (210, 297)
        found = boxes(page)
        for left, bottom, right, top in found:
            assert left > margin - 1 and right < width - margin + 1
            assert bottom > 8 * MM and top < height - margin + 2
        for one, other in combinations(found, 2):
            wide = min(one[2], other[2]) - max(one[0], other[0])
            high = min(one[3], other[3]) - max(one[1], other[1])
            assert wide < 1 or high < 0.35 * min(one[3] - one[1], other[3] - other[1]), (one, other)


@every
def test_a_pdf_is_tagged_in_its_language_with_a_title_and_the_day_of_its_data(documents, name):
    pdf = documents[name][1]
    found = pypdfium2.PdfDocument(pdf)
    study = invented_sessions.STUDY if name[0] == "session" else MADE["study"]
    assert found.is_tagged() and b"/StructTreeRoot" in pdf and b"pdfuaid:part" in pdf
    assert re.search(rb"/Lang ?\(" + name[1].encode(), pdf)
    assert len(found.get_metadata_dict()["Title"]) > 10
    assert found.get_metadata_dict()["CreationDate"][2:10] == study.delivered.replace("-", "")


@every
def test_a_pdf_holds_its_fonts_and_stays_small(documents, name):
    pdf = documents[name][1]
    assert len(pdf) < LARGEST
    assert re.search(rb"/FontName ?/[A-Z]{6}\+DejaVuSans", pdf), "a subset of its letters"


def test_a_sheet_and_a_factsheet_are_the_same_again(documents):
    again = sheet_files(*sheet_of())
    for language in LANGUAGES:
        assert again[f"sheet.{language}.pdf"] == documents["sheet", language][1]
        assert factsheet(language)[1] == documents["factsheet", language][1]


def test_the_picture_of_a_row_is_said_in_words():
    pdf = sheet_files(*sheet_of())["sheet.nl.pdf"]
    spoken = re.findall(rb"/Alt ?\((.*?)\)", pdf, re.S)
    assert any(b"Jullie staan op 1,7" in alt for alt in spoken), spoken[:3]


def told() -> ToldSaid:
    """What a unit wrote back, as its page gets it: two of four boxes filled, and 24 counts."""
    chart = {
        "heading": "Jullie eigen telling: overdrachten", "key": "Elke stip is een telling.",
        "alt": "Tellingen van 0 tot 4", "found": ["Er zijn nog te weinig punten om iets te zeggen."],
        "left": 60, "median": 150, "median_label": "midden: 2", "table_heading": "Alle tellingen",
        "dots": [{"x": 80 + 32 * i, "y": 280 - 50 * (i % 5), "off": i % 5 != 2} for i in range(24)],
        "break_x": 464, "break_label": "afspraak", "days": [[60, "start", "1 mei 2026"], [850, "end", "1 juni 2026"]],
        "ends": [[286, "0"], [46, "100%"]], "rows": [[f"{i} mei", "37"] for i in range(24)],
    }  # fmt: skip
    action = {"sign": "→", "status": "loopt", "said": "Beginnen: elke week een kwartier terugkijken"}
    return ToldSaid(
        actions_heading="Wat jullie afspraken", actions=[action] * 3, said_heading="Wat jullie toen zeiden",
        said=["Het was een drukke tijd."], shared_heading="", shared=[], intro="Dit schreven jullie al op.",
        boxes={"recognise": ["Ja, dat klopt. " * 7] * 2, "judge": [], "explain": ["Drukte"], "act": []}, chart=chart,
    )  # fmt: skip


def test_what_a_unit_wrote_back_stays_on_two_sides_and_in_its_boxes():
    sheet, of = sheet_of(n=8)
    said = dict(_said(sheet, of, "nl", "abc"))
    said["told"], own = told(), said["w"]
    counts = {"cycle.chart.date": "Dag", "cycle.chart.value": "Telling"}
    said["w"] = lambda key, **values: counts.get(key) or own(key, **values)
    pdf = sheet_pdf(said, of.study)
    sides = pages_of(pdf)
    text = " ".join(text_of(pdf).split())
    assert len(sides) == 2
    for part in (
        "Beginnen: elke week een kwartier terugkijken loopt",
        "Het was een drukke tijd.",
        "midden",
        "100%",
    ):
        assert part.lower() in text.lower()
    assert text.count("Ja, dat klopt.") == 14 and text.count("37") == 24
    assert "Dit schreven jullie al op." in text and "Nog niet geduid" not in text
    assert b"Tellingen van 0 tot 4" in pdf
    for side in sides:
        for one, other in combinations(boxes(side), 2):
            wide, high = (min(one[i + 2], other[i + 2]) - max(one[i], other[i]) for i in (0, 1))
            assert wide < 1 or high < 0.35 * min(one[3] - one[1], other[3] - other[1]), (one, other)


def test_a_label_that_fits_in_no_size_is_refused_with_its_words():
    endless = dict.fromkeys(LANGUAGES, "een heel erg lange naam van een schaal " * 30)
    with pytest.raises(ReportError, match=r"Een heel erg lange naam.* times the room") as refused:
        sheet_files(*sheet_of(label=endless))
    assert "scale `s0`" in str(refused.value) and "shorter `short: {nl: ...}`" in str(refused.value)


def test_text_on_paper_has_contrast_also_in_grey():
    source = (LAYOUTS / "parts.typ").read_text(encoding="utf-8")
    colours = dict(re.findall(r'#let ([\w-]+) = rgb\("(#[0-9a-f]{6})"\)', source))
    for name in ("ink", "soft", "good", "bad", "blue", "mark"):
        assert ratio(colours[name], "#ffffff") >= (3 if name == "mark" else CONTRAST), name


def ratio(one: str, other: str) -> float:
    """Contrast as WCAG 2 has it."""
    lights = sorted(luminance(c) for c in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
