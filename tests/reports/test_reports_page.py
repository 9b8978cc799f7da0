"""The page: sound, self-contained, in two languages, with the numbers of the tables and without what it may not say."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from itertools import pairwise

import invented_reports as made
import pytest
from from_parts import build_report
from page_reader import part, read_page

from dww_analysis.errors import DisclosureError, ReportError
from dww_analysis.reports import Words
from dww_analysis.reports.blocks import block
from dww_analysis.reports.cells import count, heading
from dww_analysis.reports.render.html import asset, fill
from dww_analysis.reports.tables import build_table

LANGUAGES = ("nl", "en")
SESSION = dict.fromkeys(("css", "lang", "title", "study", "notice", "how", "data", "contact"), "")
DUTCH = {"het", "een", "niet", "voor", "met", "zijn", "bij", "wordt", "deze", "geen", "ook", "uit", "dan"}
ENGLISH = {
    "the",
    "and",
    "with",
    "which",
    "were",
    "these",
    "not",
    "from",
    "that",
    "this",
    "are",
    "each",
    "there",
}


@pytest.fixture(params=["trial_page", "waves_page"])
def page(request):
    return request.getfixturevalue(request.param)


def foreign(node):
    """Parts that are quoted as others wrote them: sources, formulas, programs' own words, styles and scripts."""
    own = node.get("class")
    return (
        node.tag in ("code", "q", "style", "script")
        or "references" in own
        or node.get("id").startswith("table-runs")
    )


def build(**changes):
    return build_report(figures=[], **(made.trial() | changes))["index.html"]


# --- soundness


def test_ids_are_unique_and_every_reference_arrives(page):
    ids = [n.get("id") for n in page.walk() if "id" in n.attributes]
    assert len(ids) == len(set(ids))
    named = [n.get(a) for n in page.walk() for a in ("aria-labelledby", "aria-describedby") if n.get(a)]
    named += [n.get("href")[1:] for n in page.walk() if n.get("href").startswith("#")]
    assert set(named) <= set(ids)
    shapes = [
        m for n in page.walk() for v in n.attributes.values() for m in re.findall(r"url\(#([^)]+)\)", v or "")
    ]
    assert set(shapes) <= set(ids)


@pytest.mark.parametrize("language", LANGUAGES)
def test_headings_go_down_one_level_at_a_time(page, language):
    levels = [int(n.tag[1]) for n in part(page, language).all("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_tables_have_captions_scopes_and_equal_rows(page):
    tables = page.all("table")
    assert len(tables) > 10
    for table in tables:
        assert table.all("caption")[0].text()
        assert all(th.get("scope") in ("col", "row") for th in table.all("th"))
        assert all(th.text() for th in table.all("th"))
        widths = {len(tr.all("th", "td")) for tr in table.all("tr")}
        assert len(widths) == 1, table.all("caption")[0].text()


def test_nothing_comes_from_outside(trial_html, waves_html):
    for html in (trial_html, waves_html):
        assert not re.search(r"(src|srcset)\s*=|@import|<link|<iframe|url\((?!#)", html)
        assert not re.search(r'href="(https?:)?//', html)


def test_figures_are_named_described_and_downloadable(page):
    drawings = page.all("svg")
    assert drawings
    for svg in drawings:
        assert svg.get("role") == "img" and len(svg.get("aria-label")) > 20
    for figure in page.all("figure"):
        assert figure.all("figcaption")[0].text()
        links = [a.get("href") for a in figure.all("a")]
        assert [link.rsplit(".", 1)[1] for link in links] == ["svg", "png", "csv"]


def test_sections_and_contents_agree(page):
    for language in LANGUAGES:
        block = part(page, language)
        contents = [a.get("href")[1:] for a in block.all("nav")[0].all("a")]
        assert contents == [s.get("id") for s in block.all("section")]


def test_the_languages_have_the_same_places(trial_page):
    places = {
        language: [n.get("id").removesuffix(language) for n in part(trial_page, language).walk() if n.tag != "svg"
                   and n.get("id").endswith("-" + language)]
        for language in LANGUAGES
    }  # fmt: skip
    assert places["nl"] == places["en"]


def test_building_twice_gives_the_same_bytes():
    assert build() == build()


# --- languages


@pytest.mark.parametrize(("language", "others"), [("nl", ENGLISH), ("en", DUTCH)])
def test_no_language_leaks(page, language, others):
    words = re.findall(r"[a-zà-ÿ]+", part(page, language).text(foreign).lower())
    assert not set(words) & others


def test_lang_is_set_on_each_block_and_on_the_page(trial_page):
    html = trial_page.all("html")[0]
    assert html.get("lang") == "nl"
    assert [part(trial_page, language).get("lang") for language in LANGUAGES] == ["nl", "en"]


def test_english_first_when_the_settings_say_so():
    html = build(settings=replace(made.SETTINGS, languages=("en", "nl")))
    assert '<html lang="en">' in html
    assert html.index('id="report-en"') < html.index('id="report-nl"')


def test_one_language_needs_no_switch():
    html = build(settings=replace(made.SETTINGS, languages=("nl",)))
    assert 'class="switch"' not in html and 'id="report-en"' not in html


# --- what is said


def test_first_screen_has_estimate_and_interval_before_the_test(trial_page):
    summary = part(trial_page, "en").all("section")[0].text()
    places = [
        summary.index(s)
        for s in ("0.31 scale points", "95 % CI 0.09 to 0.53", "Kenward-Roger, 21.3", "p = .008")
    ]
    assert places == sorted(places)
    assert "The data are compatible with effects from 0.09 to 0.53 scale points." in summary
    assert "0,31 schaalpunten" in part(trial_page, "nl").text()


def test_every_primary_verdict_is_said_also_the_unfavourable(trial_page):
    summary = part(trial_page, "en").all("section")[0].text()
    for said in ("Learning potential of the workplace: higher", "Work engagement: not clear"):
        assert said in summary
    assert "Burnout complaints: perhaps higher (unfavourable)" in summary
    assert "The whole interval lies on the unfavourable side of zero." in summary


def test_without_arms_nothing_is_called_an_effect(waves_html, waves_page):
    assert not re.search("effect", waves_html, re.I)
    text = part(waves_page, "en").text()
    assert "changes from 0.010 to 0.095" in text or "changes from 0.009 to 0.095" in text
    assert "boundary: organisation" in text
    assert "estimated at zero (boundary)" in text


def test_arms_not_given_by_lot_give_differences():
    study = made.trial_study(allocation=replace(made.trial_study().allocation, randomised=False))
    tables = made.trial()["tables"]
    tables = tables | {"estimates": tables["estimates"].assign(noun="difference")}
    fits = {i: {**f, "methods": ["free_baseline"]} for i, f in made.trial_fits().items()}
    text = part(read_page(build(study=study, tables=tables, fits=fits)), "en").text()
    assert "compatible with differences from" in text
    assert "The arms share one mean" not in text and "how much each arm changed since then" in text
    assert not re.search(r"\beffects?\b", text)


def test_status_and_trust_are_said_in_words(trial_page):
    text = part(trial_page, "en").text()
    for badge in (
        "as registered",
        "deviation",
        "exploratory",
        "converged",
        "boundary: team",
        "fallback used",
    ):
        assert badge in text
    assert "Wave 1 came late." in text


def test_unverified_keys_are_marked_beside_every_score(trial_page):
    text = part(trial_page, "en").text()
    for table in (
        "table-reliability-en",
        "table-estimates-primary-en",
        "table-components-en",
        "table-descriptives-en",
    ):
        node = next(n for n in trial_page.walk() if n.get("id") == table)
        assert "Learning potential of the workplace†" in node.text()
        assert "† The scoring key" in node.text()
        assert "Work engagement†" not in node.text()
    assert "has not been verified against its source" in text


def test_balance_has_no_p_values(trial_page):
    table = next(n for n in trial_page.walk() if n.get("id") == "table-baseline-en")
    assert "Standardised difference" in table.text()
    assert not re.search(r"\bp [=<]", table.text())
    assert "p" not in [th.text() for th in table.all("th")]


def test_small_groups_have_a_mark_and_the_rule(trial_page):
    table = next(n for n in trial_page.walk() if n.get("id") == "table-baseline-en")
    hours = next(tr for tr in table.all("tr") if tr.text().startswith("Hours"))
    assert "×" in hours.text() and "0.0" not in hours.text()
    assert "of fewer than 8 persons" in table.text()
    descriptives = next(n for n in trial_page.walk() if n.get("id") == "table-descriptives-en")
    assert "<8" in descriptives.text()


def test_numbers_of_a_column_line_up(trial_page):
    table = next(n for n in trial_page.walk() if n.get("id") == "table-components-nl")
    cells = [c for tr in table.all("tr")[1:] for c in tr.children if not isinstance(c, str)]
    variances = [c.children[0] for c in cells if c.children and re.match(r"\d,\d{3}", str(c.children[0]))]
    assert len({len(v) for v in variances}) == 1


def test_columns_of_numbers_are_named_by_their_table_and_there_is_a_rule_for_each(trial_page, trial_html):
    assert 'class=""' not in trial_html
    for table in trial_page.all("table"):
        named = {int(name[1:]) for name in (table.get("class") or "").split() if name != "grouped"}
        heads = table.all("thead")[0].all("th")
        assert named == {i for i, th in enumerate(heads, 1) if th.get("class") == "num"}
        assert all(f".n{i} td:nth-child({i})" in trial_html for i in named)


def test_numbers_of_a_table_of_many_columns_are_all_aligned():
    columns = [str(i) for i in range(27)]
    wide = build_table("wide", "c", columns, [[heading("x"), *[count(7)] * 26]])
    page = read_page(fill("session.html.j2", {**SESSION, "w": Words("nl"), "blocks": [block(tables=[wide])]}))
    (table,) = page.all("table")
    own = set((table.get("class") or "").split())
    assert own == set(re.findall(r"\.(n\d+) td:nth-child", asset("page.css"))) - {"n1"}
    cells = [c for c in table.all("tr")[1].children if not isinstance(c, str)]
    right = [f"n{i}" in own or c.get("class") == "num" for i, c in enumerate(cells, 1)]
    assert right == [False, *[True] * 26]


def test_organisations_are_in_order_of_name_with_exact_counts(trial_page):
    table = next(n for n in trial_page.walk() if n.get("id") == "table-organisations-nl")
    names = [th.text() for th in table.all("th") if th.get("scope") == "row"]
    assert names == sorted(names)
    assert "62" in table.text()


def test_notices_of_invented_data_and_test_key(trial_page):
    text = part(trial_page, "en").text()
    assert "This study is invented." in text
    assert "fixed test key" in text
    private = build(
        study=made.trial_study(data="private"), provenance=made.trial_provenance() | {"pseudonyms": "own"}
    )
    assert "invented." not in part(read_page(private), "en").all("header")[0].text()
    assert "test key" not in private


def test_limits_follow_from_the_facts(trial_page):
    limits = next(n for n in trial_page.walk() if n.get("id") == "limits-en").text()
    assert "There are 24 teams." in limits
    assert "Work engagement, a variance of team was estimated at zero" in limits
    assert "49 of 155 persons" in limits  # of 124 at the first wave and 15 + 16 new ones, 25 + 24 left
    assert "alpha below 0.70) for Turnover intention" in limits


def test_sense_making_is_asked_and_still_open(trial_page):
    block = next(n for n in trial_page.walk() if n.get("id") == "sensemaking-nl")
    assert block.text().count("nog niet geduid") == 4
    for name in ("Herkennen", "Beoordelen", "Verklaren", "Handelen"):
        assert name in block.text()


def test_provenance_is_on_the_page(trial_page):
    text = next(n for n in trial_page.walk() if n.get("id") == "provenance-en").text()
    for fact in ("a" * 64, "ab12cd34ef56ab12", "20250101", "2.4.0", "(1 | team:wave)"):
        assert fact in text


@pytest.mark.parametrize("language,said", [("nl", "Niet alle stappen"), ("en", "Not all steps")])
def test_versions_of_the_fits_are_printed_beside_those_of_the_page(trial_page, language, said):
    provenance = made.trial_provenance()
    provenance["jobs"][0] |= {"packages": {"numpy": "1.26.4", "pandas": "3.1.0"}}
    page = read_page(build(provenance=provenance))
    for section in ("provenance", "methods"):
        text = next(n for n in page.walk() if n.get("id") == f"{section}-{language}").text()
        assert "1.26.4 / 2.4.0" in text and "3.1.0 / " not in text
    (sentence,) = re.findall(f"{said}[^.]*:", part(page, language).text())
    assert "numpy" in sentence and "pandas" not in sentence
    assert said not in part(trial_page, language).text()


def test_an_entry_that_could_not_be_estimated_is_named_with_its_reason():
    trial = made.trial()
    tables = trial["tables"] | {"estimates": trial["tables"]["estimates"].query("outcome != 'safety'")}
    fits = trial["fits"] | {
        "safety": {"entry": "safety", "failed": "the model of `safety` cannot be estimated"}
    }
    tables = made.with_answers(trial | {"tables": tables})["tables"]
    text = part(read_page(build(tables=tables, fits=fits)), "en").text()
    assert "Not estimated: Psychological safety. Reason given by the program: the model of `safety`" in text


def test_what_users_write_is_escaped():
    study = made.trial_study(title={"nl": "<script>alert(1)</script>", "en": 'A "title" & <b>more</b>'})
    html = build(study=study)
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html
    read_page(html)


def test_every_shown_estimate_is_the_row_of_its_id(trial_page):
    rows = made.trial_estimates().set_index("id")
    words = Words("nl")
    shown = [n for n in part(trial_page, "nl").walk() if n.get("data-estimate")]
    assert {n.get("data-estimate") for n in shown} == set(rows.index)
    for node in shown:
        row = rows.loc[node.get("data-estimate")]
        decimals = words.decimals(row["std_error"])
        ends = (words.number(row[k], decimals) for k in ("estimate", "conf_low", "conf_high"))
        assert all(number in node.text() for number in ends), node.get("data-estimate")


def test_text_table_and_figure_round_alike(trial_page):
    block = part(trial_page, "en")
    sd = "0.42 [0.12, 0.71]"
    forest = next(n for n in block.walk() if n.get("id") == "figure-forest-en")
    assert sd in forest.text()
    row = next(n for n in block.all("tr") if n.get("data-estimate") == "learning.sd")
    assert "0.42 [0.12, 0.71] SD" in row.text()
    assert "0.42 SD ( 95 % CI 0.12 to 0.71)" in block.all("section")[0].text()


# --- refusals


@pytest.mark.parametrize(
    ("table", "column", "statistic"),
    [("descriptives", "n", "mean"), ("reliability", "n_persons", "alpha"), ("items", "n", "mean"),
     ("baseline", "n", "mean"), ("estimates", "n_persons", "estimate")],
)  # fmt: skip
def test_a_statistic_of_too_few_persons_stops_the_report(table, column, statistic):
    trial = made.trial()
    frame = trial["tables"][table].copy()
    row = frame.index[frame[statistic].notna()][0]
    frame[column] = frame[column].astype(object)
    frame.loc[row, column] = 7
    with pytest.raises(DisclosureError, match=r"few(er)?"):
        build(tables=trial["tables"] | {table: frame})


def test_a_statistic_beside_a_small_count_stops_the_report():
    trial = made.trial()
    frame = trial["tables"]["descriptives"].copy()
    frame.loc[frame["n"] == "<8", "mean"] = 3.0
    with pytest.raises(DisclosureError):
        build(tables=trial["tables"] | {"descriptives": frame})


def test_a_report_needs_estimates():
    with pytest.raises(ReportError, match="estimates"):
        build(tables={})


def test_a_figure_must_be_whole():
    with pytest.raises(ReportError, match="svg"):
        build_report(figures=[{"name": "x"}], **made.trial())


def test_only_estimates_and_answers_are_enough():
    trial = made.trial()
    tables = {name: trial["tables"][name] for name in ("estimates", "answers")}
    html = build(tables=tables, fits={})
    assert math.isfinite(len(html)) and "No data for this table." in part(read_page(html), "en").text()
