"""The report as an article: what it prints, in which order, and that it is true of every design."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace

import docx
import invented_checks as checks
import invented_reports as made
import pandas as pd
import pypdfium2
import pytest
from from_parts import build_article
from test_reports_designs import study_of

from dww_analysis.domain.about import About, Discussion, Passage
from dww_analysis.domain.checklist import CONSORT, TREND, items_of
from dww_analysis.language import LANGUAGES, Words
from dww_analysis.reports.blocks import Block
from dww_analysis.reports.figure_record import FigureRecord
from dww_analysis.reports.render.paper import article_pdf
from dww_analysis.reports.render.word import article_docx
from dww_analysis.reports.sections.symbols import in_symbols

ABOUT = About(
    background={"nl": "Waarom <dit>?", "en": "Why <this>?"},
    setting={"nl": "Hier.", "en": "Here."},
    eligibility_persons={"nl": "Allen.", "en": "All."},
    intervention_who={"nl": "Begeleiders.", "en": "Coaches."},
    authors=("A. de Vries", "B. Bos"),
)
DISCUSSION = Discussion(
    "A. de Vries",
    "2026-07-10",
    (Passage("So what", ("It matters.",), ("a point",)), Passage("", ("And last.",))),
)


def units():
    """Units at the start, as the gate lets them out."""
    rows = [("answered", "", 24, 211, 8.8, 2.1), ("answered", "control", 12, 104, 8.7, 2.2),
            ("answered", "intervention", 12, 107, 8.9, 2.0), ("learning", "control", 12, 104, 3.2, 0.4),
            ("learning", "intervention", 12, 107, 3.3, 0.3), ("learning", "", 24, 211, 3.25, 0.35)]  # fmt: skip
    found = pd.DataFrame(rows, columns=["variable", "arm", "n_units", "n_persons", "mean", "sd"])
    return found.assign(sample="main", suppressed=False, suppressed_columns="")


def together():
    """Correlations of two scales at the first wave."""
    rows = [("persons", 200, None, 0.31, 0.18, 0.43), ("within", 199, 24, 0.28, 0.14, 0.4),
            ("between", 200, 24, 0.5, 0.1, 0.75)]  # fmt: skip
    found = pd.DataFrame(rows, columns=["level", "n_persons", "n_teams", "estimate", "conf_low", "conf_high"])
    return found.assign(
        sample="main",
        wave=0,
        scale_1="learning",
        scale_2="engagement",
        suppressed=False,
        suppressed_columns="",
    )


def icc():
    row = {"entry": "learning", "quantity": "within_wave", "unit": "team", "estimate": 0.0812, "conf_low": 0.0213,
           "conf_high": 0.1613, "suppressed": False, "suppressed_columns": ""}  # fmt: skip
    return pd.DataFrame([row])


DRAWN = (("forest", "forest"), ("flow", "flow"), ("trajectories_learning", "trajectories"))
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="72pt" height="36pt" viewBox="0 0 72 36"><path d="M0 0H72"/></svg>'


def drawing(name, kind, language):
    return FigureRecord(
        name, kind, "", language, f"{kind} title", "", "Caption", f"{name} alt", "one\ntwo", SVG
    )


def matter(of=None, figures=True, language="en", **changes):
    """What `build_article` takes of an invented study."""
    own = of or made.trial()
    extra = {"baseline_units": units(), "scale_correlations": together(), "correlations": icc()}
    if of is None:
        own["tables"] = {**own["tables"], **checks.tables(), **extra}
    drawn = [drawing(name, kind, language) for name, kind in DRAWN] if figures else []
    return {**own, "figures": drawn, "language": language, **changes}


def article(**changes):
    return build_article(**matter(**changes))


def blocks(found):
    """Every block of an article, in the order of reading."""
    queue = [*found.body, *found.appendix]
    while queue:
        first = queue.pop(0)
        yield first
        queue[:0] = first.folded


def tables_of(found):
    return {t.id: t for b in blocks(found) for t in b.tables}


def prose(found):
    """All sentences, points, headings and cells as one text."""
    words = Words(found.language)
    parts = []
    for b in blocks(found):
        parts += [b.heading, *b.sentences, *b.points]
        for t in b.tables:
            parts += [t.caption, *t.columns, *t.notes, *(c for row in t.texts(words) for c in row)]
    return "\n".join(parts)


@pytest.fixture(scope="module")
def trial():
    return {
        language: article(language=language, about=ABOUT, discussions={"discussion.md": DISCUSSION})
        for language in LANGUAGES
    }


@pytest.fixture(scope="module")
def files(trial):
    """language -> the Word document and the PDF, without pictures and with one."""
    pictures = {"forest": _png()}
    return {k: (article_docx(a, pictures), article_pdf(a)) for k, a in trial.items()}


def _png():
    import matplotlib.pyplot as plt

    figure, stored = plt.figure(figsize=(1, 1)), io.BytesIO()
    figure.savefig(stored, format="png")
    plt.close(figure)
    return stored.getvalue()


# --- order


def test_the_chapters_are_those_of_an_article(trial):
    headings = [b.heading for b in trial["en"].body]
    assert headings == [
        "1 Abstract", "2 Introduction", "3 Methods", "4 Results", "5 Discussion", "6 Other information",
    ]  # fmt: skip
    methods = [re.sub(r"^[\d.]+ ", "", b.heading) for b in trial["en"].body[2].folded]
    assert methods == [
        "Design", "Participants and setting", "Intervention", "Outcomes", "Sample size and assignment", "Analysis",
        "Who counts, and what is missing", "Deviations from the plan",
    ]  # fmt: skip
    assert [b.heading[0] for b in trial["en"].appendix] == ["A", "B", "C", "D", "E"]
    assert [b.heading for b in blocks(trial["nl"])] != [b.heading for b in blocks(trial["en"])]
    assert len(list(blocks(trial["nl"]))) == len(list(blocks(trial["en"])))


def test_tables_stand_once_but_for_the_planned_tests(trial):
    ids = [t.id for b in blocks(trial["en"]) for t in b.tables]
    assert {i for i in ids if ids.count(i) > 1} <= {"calibration-primary"}


def heading_over(found, of):
    """The heading above what is found in an article: `of` says which block it stands in."""
    above = ""
    for b in blocks(found):
        above = b.heading if re.match(r"[\dA-Z]\.?\d*\.? ", b.heading) else above
        if of(b):
            return above
    return ""


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("The permutation test", "Analysis"),
        ("Correlation between waves", "Reliability"),
    ],
)
def test_each_method_stands_with_what_it_is_about(trial, said, place):
    over = heading_over(trial["en"], lambda b: any(said in sentence for sentence in b.sentences))
    assert over.endswith(place)


def test_a_table_about_learning_at_work_makes_room_for_its_figure():
    drawn = [drawing(kind, kind, "en") for kind in ("sources", "leaving", "units", "residuals")]
    found = build_article(**{**matter(), "figures": drawn})
    for figure, table in (("sources", "diary"), ("leaving", "hr")):
        assert heading_over(found, lambda b, n=figure: n in [f.name for f in b.figures])[0] == "4"
        assert heading_over(found, lambda b, n=table: n in [t.id for t in b.tables])[0] == "D"
    assert heading_over(found, lambda b: "app" in [t.id for t in b.tables])[0] == "4", "it has no figure"
    assert "Differences between" in heading_over(found, lambda b: "units" in [f.name for f in b.figures])


# --- the one table of results


def test_every_number_of_the_table_of_results_is_in_estimates_csv(trial):
    table = tables_of(trial["en"])["results"]
    estimates = made.trial()["tables"]["estimates"].set_index("id")
    seen = 0
    for identity, row in zip(table.estimates, table.rows, strict=True):
        if not identity or not row[4].also:
            continue
        raw, sd = (
            estimates.loc[identity],
            estimates.loc[f"{identity}.sd"] if f"{identity}.sd" in estimates.index else None,
        )
        assert (row[4].value, *row[4].also) == (raw["estimate"], raw["conf_low"], raw["conf_high"])
        if row[5].also:
            assert (row[5].value, *row[5].also) == (sd["estimate"], sd["conf_low"], sd["conf_high"])
        assert row[7].value == raw["p_value"]
        if raw["adjust_method"] != "none":
            assert row[8].value == raw["p_adjusted"]
        seen += 1
    assert seen >= 2


def test_below_each_outcome_stands_who_answered_in_every_arm(trial):
    table = tables_of(trial["en"])["results"]
    found = made.trial()["tables"]["descriptives"]
    own = found[(found["scale"] == "learning")].set_index(["wave", "arm"])
    first = table.estimates.index("learning")
    for row, arm in zip(table.rows[first + 1 : first + 3], ("control", "intervention"), strict=True):
        assert row[1].value == own.loc[(2, arm), "n"]
        assert (row[2].value, row[3].value) == (own.loc[(0, arm), "mean"], own.loc[(2, arm), "mean"])
        assert row[3].also == (own.loc[(2, arm), "sd"],)
    assert (table.rows[first][6].value, *table.rows[first][6].also) == (0.0812, 0.0213, 0.1613)


def test_a_hidden_estimate_shows_no_number():
    own = made.trial()
    for name in ("estimates", "answers"):
        table = own["tables"][name].assign(suppressed=False)
        mine = table["entry"] == "learning"
        table.loc[mine, "suppressed"] = True
        if name == "estimates":
            table.loc[mine, ["estimate", "std_error", "conf_low", "conf_high", "p_value", "p_adjusted"]] = (
                float("nan")
            )
        own["tables"][name] = table
    table = tables_of(article(of=own, figures=False))["results"]
    row = table.rows[table.estimates.index("learning")]
    assert all(c.suppressed for c in row[4:9]) and "Too few people" in str(row[9].value)


# --- what people told


@pytest.mark.parametrize("gone", [["burnout"], None])
def test_what_has_no_interval_is_not_said_to_be_without_harm(gone):
    """Burnout is unfavourable; without its interval, or any, nobody can say that nothing is."""
    own, words = made.trial(), Words("en", made.LEVELS)
    frame = own["tables"]["estimates"].copy()
    lost = frame["entry"].isin(gone) if gone else frame["entry"].notna()
    frame.loc[lost, ["estimate", "std_error", "conf_low", "conf_high", "p_value", "df"]] = float("nan")
    own = made.with_answers(own | {"tables": own["tables"] | {"estimates": frame}})
    found = article(of=own, figures=False)
    said = next(b for b in blocks(found) if b.heading.endswith(words("article.section.harms"))).sentences
    assert (said[0] == words("article.no_harm")) is bool(gone)
    unseen = said[1] if gone else said[0]
    assert "no interval" in unseen and "Burnout" in unseen and ("safety" in unseen) is not bool(gone)


def test_what_people_told_stands_there_and_the_rest_is_named_as_not_stated(trial):
    text = prose(trial["en"])
    assert "Setting: Here." in text and "Why <this>?" in text and "It matters." in text
    assert "Written by A. de Vries, 10 July 2026." in text
    assert re.search(r"Not stated by the study: which \w+ could take part, recruitment", text)
    assert text.index("It matters.") < text.index("a point") < text.index("And last.")
    rows = [[c.value for c in row] for row in tables_of(trial["en"])["intervention"].rows]
    assert ["Who gave it", "Coaches."] in rows and ["Materials", "not stated by the study"] in rows
    assert trial["en"].authors == "A. de Vries and B. Bos"
    bare = article(figures=False)
    assert "Not yet written" in prose(bare) and bare.authors == "The study names no authors"
    dutch = article(figures=False, discussions={"discussion.nl.md": DISCUSSION})
    assert "Not yet written in English" in prose(dutch) and "nobody" not in prose(dutch)


# --- the check-list


def checked(found):
    return {row[0].value: row[2].value for row in tables_of(found)["checklist"].rows}


def test_the_check_list_of_a_trial(trial):
    assert checked(trial["en"]) == {
        "1a": "not stated by the study", "1b": "section 1", "2a": "section 2", "2b": "section 2", "3a": "section 3.1",
        "3b": "section 3.8; not stated: changes on the way",
        "4a": "section 3.2; not stated: which teams could take part",
        "4b": "section 3.2",
        "5": "section 3.3; not stated: why, materials, what was done, how it was given, where, how often and how long, "
        "tailoring, changes on the way, how well it went as planned and what the others got",
        "6a": "section 3.4", "6b": "not stated by the study", "7a": "not stated by the study",
        "7b": "not stated by the study", "8a": "not stated by the study", "8b": "section 3.1",
        "9": "not stated by the study", "10a": "not stated by the study", "10b": "not stated by the study",
        "10c": "not stated by the study", "11a": "not stated by the study", "11b": "not stated by the study",
        "12a": "section 3.6", "12b": "section B.2", "13a": "section 4.1", "13b": "section 4.1",
        "14a": "not stated by the study", "14b": "not stated by the study", "15": "section 4.2", "16": "section 4.3",
        "17a": "section 4.3", "18": "section A", "19": "not stated by the study", "20": "section 5.2",
        "21": "not stated by the study", "22": "section 5.1", "23": "not stated by the study",
        "24": "not stated by the study", "25": "not stated by the study",
    }  # fmt: skip
    assert list(checked(trial["nl"])) == list(checked(trial["en"]))


def test_every_place_of_the_check_list_is_a_section(trial):
    numbers = {b.heading.split(" ")[0] for b in blocks(trial["en"])}
    places = {
        re.match(r"section ([\w.]+?)(;|$)", w)[1] for w in checked(trial["en"]).values() if "section" in w
    }
    assert places <= numbers


def test_a_study_that_tells_everything_answers_every_item():
    full = About(
        **{
            f: {"nl": "ja", "en": "yes"}
            for f in About.__dataclass_fields__
            if f not in ("authors", "licence")
        }
    )
    study = made.trial_study(title={"nl": "Een gerandomiseerde proef", "en": "A randomised trial"})
    plan = made.trial_plan(sealed="2025-01-01")
    own = made.trial() | {"study": study, "plan": plan}
    found = article(
        figures=False, about=full, discussions={"discussion.en.md": DISCUSSION},
        **{k: own[k] for k in ("study", "plan")},
    )  # fmt: skip
    assert [v for v in checked(found).values() if "not stated" in v] == []


def test_the_lists_are_those_of_consort_with_its_extensions_and_of_trend():
    cluster = items_of(study_of("team"), shares=True)
    assert len(cluster) == 39 and len(TREND) == 22
    assert len(items_of(study_of("person"), shares=True)) == 37  # CONSORT 2010 itself
    assert "26" in {i.number for i in items_of(study_of("team", "stepped_wedge"), shares=False)}
    assert items_of(study_of("team", randomised=False), shares=False) == TREND
    for language in LANGUAGES:
        words = Words(language, made.LEVELS)
        known = [words(f"checklist.consort.{i.number}") for i in CONSORT]
        assert len(set(known)) == len(CONSORT)


# --- other designs


@pytest.fixture(scope="module")
def waves():
    return {k: article(of=made.waves_only(), language=k, figures=False) for k in LANGUAGES}


def test_a_study_without_arms_tells_of_changes_and_follows_trend(waves):
    for language, found in waves.items():
        text = prose(found)
        own = "\n".join(line for line in text.split("\n") if "(20" not in line and "(19" not in line)
        assert not re.search(r"\beffecten?\b|\beffects?\b(?! of interest)", own, re.I), language
        assert "TREND" in text and "CONSORT" not in text
        assert "intervention" not in tables_of(found) and "units" not in tables_of(found)
    assert {"4", "8", "9", "15"}.isdisjoint(checked(waves["en"])) and len(checked(waves["en"])) == len(
        TREND
    ) - 4
    table = tables_of(waves["en"])["results"]
    assert [r[0].value for r in table.rows if r[0].indent] == [Words("en")("table.everyone")]


@pytest.mark.parametrize("design", ["stepped_wedge", "before_after"])
@pytest.mark.parametrize("randomised", [True, False])
def test_units_with_a_start_have_no_arms_to_stay_in(design, randomised):
    study = study_of(design=design, randomised=randomised)
    noun = "effect" if randomised else "difference"
    own = made.trial()
    own["study"] = study
    own["tables"]["estimates"] = own["tables"]["estimates"].assign(noun=noun)
    own["tables"]["descriptives"] = made.descriptives(study, own["scales"])
    own["tables"]["baseline_units"] = units().query("arm == ''")
    found = article(of=made.with_answers(own), figures=False)
    text = prose(found)
    assert ("CONSORT" in text) == randomised and ("TREND" in text) == (not randomised)
    assert ("stepped-wedge trials" in text) == (randomised and design == "stepped_wedge")
    columns = tables_of(found)["units"].columns
    assert len(columns) == 3 and "mean (SD)" in columns[2]
    if not randomised:
        for sentence in (s for b in found.body for s in walk(b)):
            assert not re.search(r"\beffect\b(?! of interest)", sentence), sentence


def walk(b):
    yield from b.sentences
    yield from b.points
    for f in b.folded:
        yield from walk(f)


def test_one_wave_has_no_earlier_mean():
    own = made.waves_only()
    table = tables_of(article(of=own, figures=False))["descriptives"]
    assert table
    own["tables"]["descriptives"] = own["tables"]["descriptives"].query("wave == 0")
    results = tables_of(article(of=own, figures=False))["results"]
    row = next(r for r in results.rows if r[0].indent)
    assert row[2].absent and not row[3].absent


# --- symbols


def test_an_outcome_has_its_own_page_with_its_figure(trial):
    page = next(b for b in blocks(trial["en"]) if any(f.name == "trajectories_learning" for f in b.figures))
    assert page.heading == "Learning potential of the workplace" and page.sentences and page.points


def test_a_model_in_symbols():
    assert in_symbols("score ~ wave + arm + (1 | team) + (1 | team:wave)") == (
        "score = β₀ + β(wave) + β(arm) + u(team) + u(team × wave) + ε",
        "u(team) ~ N(0, σ²(team)); u(team × wave) ~ N(0, σ²(team × wave)); ε ~ N(0, σ²)",
    )
    assert in_symbols("score ~ wave + (wave | team)") is None
    assert in_symbols("left ~ wave + (1 | team)", "yes_no") == (
        "logit(P(left = 1)) = β₀ + β(wave) + u(team)", "u(team) ~ N(0, σ²(team))"
    )  # fmt: skip
    assert in_symbols("left ~ wave + (1 | team)", "time_to_event") is None
    nested, drawn = in_symbols("score ~ wave + (1 | organisation/team)")
    assert (
        nested == "score = β₀ + β(wave) + u(organisation) + u(organisation × team) + ε"
        and drawn.count("~") == 3
    )


# --- Word


@pytest.mark.long
def test_the_word_document_has_real_headings_captions_and_header_rows(files, trial):
    document = docx.Document(io.BytesIO(files["en"][0]))
    styles = [p.style.name for p in document.paragraphs]
    headings = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert headings == [*(b.heading for b in trial["en"].body), "Appendix"]
    figures = sum(len(b.figures) for b in blocks(trial["en"]))
    assert len(document.tables) == sum(len(b.tables) for b in blocks(trial["en"]))
    assert styles.count("Caption") == len(document.tables) + figures
    for table in document.tables:
        assert table.rows[0]._tr.trPr.xpath("./w:tblHeader") and table.style.name == "Report Table"
    assert {p.docPr.get("descr") for p in document.inline_shapes._inline_lst} == {
        f.alt for b in blocks(trial["en"]) for f in b.figures if f.name == "forest"
    }
    assert (
        document.styles.element.xpath("//w:rPrDefault/w:rPr/w:lang")[0].get(docx.oxml.ns.qn("w:val"))
        == "en-GB"
    )
    assert "Why <this>?" in "\n".join(p.text for p in document.paragraphs)


def test_word_counts_captions_and_pages_and_lists_what_is_in_the_document(files):
    document = docx.Document(io.BytesIO(files["nl"][0]))
    paragraphs = document.paragraphs
    captions = [p for p in paragraphs if p.style.name == "Caption"]
    counted = [p._p.xpath("string(.//w:instrText)").strip() for p in captions]
    shown = [re.match(r"(Tabel|Figuur) (\d+)\. ", p.text).groups() for p in captions]
    assert [c.split()[:2] for c in counted] == [["SEQ", kind] for kind, _ in shown]
    for kind in ("Tabel", "Figuur"):
        numbers = [int(n) for k, n in shown if k == kind]
        assert numbers == list(range(1, len(numbers) + 1))
    headings = [p for p in paragraphs if p.style.name in ("Heading 1", "Heading 2")]
    listed = [p for p in paragraphs if p.style.name in ("toc 1", "toc 2")]
    assert [p.text for p in listed] == [p.text for p in headings] and len(listed) > 10
    anchors = [p._p.xpath("string(./w:bookmarkStart/@w:name)") for p in headings]
    assert [p._p.xpath("string(./w:hyperlink/@w:anchor)") for p in listed] == anchors
    assert len(set(anchors)) == len(anchors)
    for part in (document.element, document.sections[0].footer._element):
        marks = [m.get(docx.oxml.ns.qn("w:fldCharType")) for m in part.iter(docx.oxml.ns.qn("w:fldChar"))]
        assert marks and all(marks.count(kind) == marks.count("begin") for kind in ("separate", "end"))
    assert "PAGE" in document.sections[0].footer._element.xml
    empty = [p for p in paragraphs if not p.text and not p._p.xpath(".//w:drawing | .//w:br")]
    assert len(empty) < len(document.tables) and all(p.style.name == "Table Note" for p in empty)


@pytest.mark.slow
def test_files_have_no_time_of_their_own_and_the_same_bytes(files, trial):
    word, pdf = files["nl"]
    with zipfile.ZipFile(io.BytesIO(word)) as parts:
        assert {i.date_time for i in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    about = docx.Document(io.BytesIO(word)).core_properties
    assert about.created == about.modified and about.created.date().isoformat() == trial["nl"].day
    assert article_docx(trial["nl"], {"forest": _png()}) == word
    assert article_pdf(trial["nl"]) == pdf


# --- PDF


def test_the_appendix_has_an_entry_of_the_outline(files):
    for language, name in (("nl", "Bijlage"), ("en", "Appendix")):
        document = pypdfium2.PdfDocument(files[language][1])
        outline = [entry.get_title() for entry in document.get_toc(max_depth=1)]
        assert outline[-1] == name
        assert document.get_metadata_dict()["Title"] == Words(language).say(made.trial_study().title)


def test_a_figure_without_a_picture_is_told(trial):
    found = replace(trial["en"], body=(Block("1", figures=(drawing("own", "forest", "en"),)),), appendix=())
    document = docx.Document(io.BytesIO(article_docx(found, {})))
    assert {"one", "two"} <= {p.text for p in document.paragraphs}
