"""Four doors to one page: what stands behind each, the article in it, documents beside it, drawings in few bytes."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import invented_reports as made
import pytest
from from_parts import build_article, build_report
from page_reader import part, read_page
from test_reports_article import ABOUT, DISCUSSION, matter, tables_of

from dww_analysis.domain.sheets import UnitSettings
from dww_analysis.language import LANGUAGES, Labels, Words
from dww_analysis.reports.documents.beside import Beside
from dww_analysis.reports.documents.doors import DOORS
from dww_analysis.reports.headlines import headline_rows, with_answers
from dww_analysis.reports.render.svg import inline_svg, with_shared_styles
from dww_analysis.reports.sections.one_minute import main_rows, planned_rows, title_parts

FILES = (
    *(
        Beside("factsheet", f"factsheet.{lang}.{kind}", lang)
        for lang in LANGUAGES
        for kind in ("html", "pdf")
    ),
    *(Beside("report", f"report.{lang}.docx", lang) for lang in LANGUAGES),
    *(Beside("praatplaat", f"praatplaat.{lang}.pdf", lang) for lang in LANGUAGES),
    Beside("workbook", "workbook.xlsx"),
    Beside("provenance", "provenance.json"),
)
ABOUT_ALL = {"about": ABOUT, "discussions": {"discussion.md": DISCUSSION}}


def of_trial(**changes):
    """What `build_report` takes of the invented trial that asks for an article."""
    own = {k: v for k, v in matter().items() if k not in ("language", "figures")}
    figures = [f for lang in LANGUAGES for f in matter(language=lang)["figures"]]
    settings = replace(made.SETTINGS, documents=("report",), units=UnitSettings())
    return {**own, "figures": figures, "settings": settings, "documents": FILES, **ABOUT_ALL, **changes}


@pytest.fixture(scope="module")
def html():
    return build_report(**of_trial())["index.html"]


@pytest.fixture(scope="module")
def page(html):
    return read_page(html)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_screen_opens_with_the_title_of_the_factsheet_and_names_no_test(page, language):
    labels = Labels(made.trial_study(), made.trial()["scales"], Words(language))
    tables = of_trial()["tables"]
    headlines = headline_rows(
        tables["estimates"], labels.study, made.trial()["plan"], labels.scales.values(), labels.words
    )
    rows = planned_rows(with_answers(headlines, tables["answers"]).to_dict("records"))
    (summary,) = [s for s in part(page, language).all("section") if s.get("id") == f"summary-{language}"]
    (answer,) = [p for p in summary.all("p") if p.get("class") == "answer"]
    assert answer.text() == " ".join(text for _, text in title_parts(main_rows(rows), labels))
    assert summary.all("p")[0] is answer
    text = summary.text()
    assert "Kenward" not in text and not [
        p for p in summary.all("p") if p.get("class") in ("quiet test", "badges")
    ]
    plain = read_page(build_report(**of_trial(settings=made.SETTINGS))["index.html"])
    tests = [p for p in part(plain, language).all("p") if p.get("class") == "quiet test"]
    assert tests and {p.get("data-doors") for p in tests} == {"researcher"}


def behind(page, language, door):
    """The sections behind a door, in order of reading."""
    sections = part(page, language).all("section")
    return [s.get("id").removesuffix(f"-{language}") for s in sections if door in s.get("data-doors").split()]


# --- doors


def test_each_door_is_a_button_that_speaks_both_languages(page):
    buttons = {b.get("data-choose"): b for b in page.all("button") if b.get("data-choose") in DOORS}
    assert tuple(buttons) == DOORS
    assert [b.get("aria-pressed") for b in buttons.values()] == ["true", "false", "false", "false"]
    said = {s.get("lang"): s.text() for s in buttons["researcher"].all("span")}
    assert said == {"nl": "Onderzoeker", "en": "Researcher"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_stands_behind_each_door(page, language):
    assert behind(page, language, "lead") == [
        "summary",
        "documents",
        "limits",
        "sensemaking",
        "glossary",
        "citation",
    ]
    assert behind(page, language, "teams") == ["teams", "documents", "sensemaking", "citation"]
    assert behind(page, language, "researcher") == [
        *("documents", "abstract", "questions", "methods", "results", "discussion", "account"),
        *(
            "others",
            "estimates",
            "measurement",
            "participation",
            "provenance",
            "sensemaking",
            "glossary",
            "citation",
        ),
    ]
    assert behind(page, language, "analyst") == [
        *(
            "documents",
            "methods",
            "others",
            "estimates",
            "measurement",
            "participation",
            "provenance",
            "glossary",
        ),
        "citation",
    ]


@pytest.mark.parametrize("page_of", ["trial_page", "waves_page"])
def test_without_an_article_the_researcher_finds_every_section_but_that_for_teams(page_of, request):
    found = request.getfixturevalue(page_of)
    every = [s.get("id").removesuffix("-en") for s in part(found, "en").all("section")]
    assert behind(found, "en", "researcher") == [name for name in every if name != "teams"]
    assert "chapter" not in every and behind(found, "en", "lead")[0] == "summary"


def test_contents_and_sections_open_by_the_same_doors(page):
    for language in LANGUAGES:
        block = part(page, language)
        listed = {li.all("a")[0].get("href")[1:]: li.get("data-doors") for li in block.all("nav")[0].all("li")
                  if "data-doors" in li.attributes}  # fmt: skip
        assert listed == {s.get("id"): s.get("data-doors") for s in block.all("section")}


# --- the article in the page


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_article_stands_there_whole_with_its_numbers_of_tables(page, language):
    """Every table of the article, once each time it is printed, under the number that it has on paper."""
    own = of_trial(language=language)
    for name in ("settings", "documents"):
        own.pop(name)
    on_paper = build_article(**own, settings=made.SETTINGS)
    captions = [t.caption for b in walk([*on_paper.body, *on_paper.appendix]) for t in b.tables]
    word = {"nl": "Tabel", "en": "Table"}[language]
    expected = [f"{word} {n}. {caption}" for n, caption in enumerate(captions, 1)]
    chapters = [s for s in part(page, language).all("section") if "researcher" in s.get("data-doors")]
    shown = [c.text() for s in chapters for c in s.all("caption")]
    assert shown == expected and len(expected) > 20
    assert set(tables_of(on_paper)) >= {"results", "baseline", "items"}
    text = " ".join(s.text() for s in chapters)
    for block in walk([*on_paper.body, *on_paper.appendix]):
        assert " ".join(block.heading.split()) in text
        for sentence in (*block.sentences, *block.points):
            assert plain(sentence) in plain(text)


def plain(text):
    """Without the spaces that a reader of pages puts between elements."""
    return re.sub(r"\s", "", text)


def walk(blocks):
    for block in blocks:
        yield block
        yield from walk(block.folded)


def test_ids_are_unique_and_headings_go_down_one_level_at_a_time(page):
    ids = [n.get("id") for n in page.walk() if "id" in n.attributes]
    assert len(ids) == len(set(ids)) and "figure-forest.2-nl" in ids
    referred = {n.get("href")[1:] for n in page.walk() if n.get("href").startswith("#")}
    referred |= {n.get("aria-labelledby") for n in page.walk() if n.get("aria-labelledby")}
    assert referred <= set(ids)
    for language in LANGUAGES:
        levels = [int(n.tag[1]) for n in part(page, language).all("h1", "h2", "h3", "h4", "h5", "h6")]
        assert all(b - a <= 1 for a, b in pairwise(levels))


def test_the_languages_have_the_same_places(page):
    found = {
        language: [
            n.get("id").removesuffix(language)
            for n in part(page, language).walk()
            if n.get("id").endswith("-" + language)
        ]
        for language in LANGUAGES
    }
    assert found["nl"] == found["en"]


def test_what_people_told_stands_there_escaped(html):
    assert "Why &lt;this&gt;?" in html and "Why <this>?" not in html
    assert "A. de Vries" in html


# --- documents beside it


@pytest.mark.parametrize("language", LANGUAGES)
def test_documents_stand_under_their_door_in_the_language_of_the_page(page, language):
    section = next(n for n in page.walk() if n.get("id") == f"documents-{language}")
    found = {
        door: [a.get("href") for li in section.all("li") if door in li.get("data-doors") for a in li.all("a")]
        for door in DOORS
    }
    assert found == {
        "lead": [f"factsheet.{language}.html", f"factsheet.{language}.pdf", f"praatplaat.{language}.pdf"],
        "researcher": [f"report.{language}.docx", "workbook.xlsx"],
        "analyst": ["workbook.xlsx", "provenance.json"],
        "teams": [f"praatplaat.{language}.pdf"],
    }
    said = {
        "nl": "Factsheet , twee kanten A4: webpagina , PDF",
        "en": "Factsheet , two sides of A4: web page , PDF",
    }
    assert section.all("li")[0].text() == said[language]


def test_no_sheet_of_a_unit_is_linked_and_teams_are_told_why(html, page):
    assert "units/" not in html
    text = next(n for n in page.walk() if n.get("id") == "teams-nl").text()
    assert "Na de laatste meting krijgen teams een eigen blad, als genoeg mensen antwoordden." in text


def test_teams_read_every_planned_outcome_in_words(page):
    lines = next(n for n in page.walk() if n.get("id") == "teams-en").all("li")
    names = [li.all("strong")[0].text().rstrip(".") for li in lines]
    planned = [e.outcome for e in made.trial_plan().entries if e.status != "exploratory"]
    assert len(names) == len(planned) and "Burnout complaints" in names
    assert not re.search(r"\d", " ".join(li.text() for li in lines))
    assert "We did not expect this" in next(li.text() for li in lines if "Burnout" in li.text())


# --- drawings


def corners(path):
    """The points of a path of straight lines, by reading its commands one by one."""
    at, found = (0.0, 0.0), []
    for command, numbers in re.findall(r"([MLlhvz])([^MLlhvz]*)", path):
        values = [float(n) for n in re.findall(r"-?\d*\.?\d+", numbers)]
        if command in ("h", "v"):
            command, values = "l", [*values, 0.0] if command == "h" else [0.0, *values]
        for x, y in zip(values[::2], values[1::2], strict=True):
            at = (at[0] + x, at[1] + y) if command == "l" else (x, y)
            found.append(at)
    return found


def test_a_path_keeps_its_corners_in_fewer_letters():
    points = [
        (10.04, -3.26),
        (13.31, 4.0),
        (20.0, 4.0),
        (25.55, 4.0),
        (25.55, -0.04),
        (25.55, -8.0),
        (11.1, 2.2),
    ]
    long = "M " + " L ".join(f"{x:.2f} {y:.2f}" for x, y in points) + " z"
    short = re.search(
        r' d="([^"]*)"', inline_svg(f'<svg viewBox="0 0 9 9"><path d="{long}"/></svg>', "x", "alt")
    )[1]
    kept = [points[i] for i in (0, 1, 3, 5, 6)]  # those between lie on a line along an axis
    found = corners(short)
    assert len(short) < 0.6 * len(long) and len(found) == len(kept) and short.endswith("z")
    assert all(
        abs(a - b) <= 0.051 for p, q in zip(found, kept, strict=True) for a, b in zip(p, q, strict=True)
    )


def test_curves_and_exponents_stay_as_they_are():
    for path in ("M 0 2.23 C 0.59 2.23 1.16 2.00 1.58 1.58 z", "M 1e-05 2 L 3 4"):
        assert f'd="{path}"' in inline_svg(f'<svg viewBox="0 0 9 9"><path d="{path}"/></svg>', "x", "alt")


def test_what_leaves_no_mark_falls_away_and_marks_with_one_edge_stand_together():
    """A line of one point draws nothing; its marker does. Marks of another edge, and a clipped line, stay apart."""
    edge, other = 'clip-path="url(#a)"', 'clip-path="url(#b)"'
    marks = "".join(
        f'<path d="M {x} 1" {clip}/><g {clip}><use xlink:href="#m" x="{x}" y="1"/></g>'
        for x, clip in ((1, edge), (2, edge), (3, edge), (4, other))
    )
    clips = "".join(f'<clipPath id="{i}"><rect x="0" y="0" width="9" height="9"/></clipPath>' for i in "ab")
    drawn = inline_svg(
        f'<svg viewBox="0 0 9 9"><defs><path id="m" d="M 0 0 L 1 1"/></defs><g/>{marks}'
        f'<path d="M 1 1 L 4 4" {edge}/><defs>{clips}</defs></svg>', "x", "alt",
    )  # fmt: skip
    assert re.findall(r' d="([^"]*)"', drawn) == ["M0 0l1 1", "M1 1l3 3"] and "<g/>" not in drawn
    assert [len(re.findall("<use", group)) for group in re.findall(r"<g .*?</g>", drawn)] == [3, 1]
    assert re.findall(r' x="(\d)" y="1"', drawn) == ["1", "2", "3", "4"]


def test_drawings_share_their_styles_and_keep_what_is_referred_to():
    svg = (
        '<svg viewBox="0 0 9 9"><defs><path id="mark" d="M 0 0 L 1 1"/></defs><g id="axes_1"><g id="line_2">'
        '<use xlink:href="#mark" style="fill: #d55e00; stroke: #1c2126"/></g></g></svg>'
    )
    drawn = [inline_svg(svg, name, "alt") for name in ("one", "two")]
    ids = [re.findall(r' id="([^"]+)"', d) for d in drawn]
    assert len(ids[0]) == len(ids[1]) == 1 and ids[0] != ids[1]
    assert all(f'href="#{own[0]}"' in d and "<g>" not in d for d, own in zip(drawn, ids, strict=True))
    page = with_shared_styles(
        "<style>/* here */</style>" + "".join(drawn) + '<p style="color: red">', "/* here */"
    )
    assert page.count(".d0{fill:var(--fig-two);stroke:var(--fig-ink)}") == 1 and page.count('class="d0"') == 2
    assert '<p style="color: red">' in page
