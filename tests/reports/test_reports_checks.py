"""Checks on the page: comparability of means, other analyses, quality of data, learning at work, searches."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import invented_checks as checks
import invented_reports as made
import numpy as np
import pandas as pd
import pytest
from from_parts import build_report
from page_reader import part, phrases, read_page
from test_reports_page import DUTCH, ENGLISH, foreign

from dww_analysis.domain.contrasts import Contrast
from dww_analysis.domain.exposure import LEARNING_SOURCES, DiaryRules, LearningSource, own_words
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.tables import register
from dww_analysis.errors import DisclosureError
from dww_analysis.language.invariance import ladder_sentence
from dww_analysis.language.labels import Labels
from dww_analysis.privacy.gate import let_out
from dww_analysis.reports import Words
from dww_analysis.reports.cells import scientific
from dww_analysis.reports.sections.invariance import Comparability, verdict_table
from dww_analysis.reports.sections.measurement import items_table
from dww_analysis.reports.sections.sensitivity import corrected_sentences, said_of


def with_tables(trial=None, **tables):
    trial = trial or made.trial()
    return build_report(figures=[], **(trial | {"tables": trial["tables"] | tables}))["index.html"]


@pytest.fixture(scope="module")
def html():
    return with_tables(**checks.tables())


@pytest.fixture(scope="module")
def page(html):
    return read_page(html)


def node(page, identity):
    return next(n for n in page.walk() if n.get("id") == identity)


def labels(language="en"):
    return Labels(made.trial_study(), made.trial_scales(), Words(language))


# --- soundness of the whole page


def test_the_page_with_all_checks_is_sound(page):
    ids = [n.get("id") for n in page.walk() if "id" in n.attributes]
    assert len(ids) == len(set(ids))
    for language, others in (("nl", ENGLISH), ("en", DUTCH)):
        block = part(page, language)
        levels = [int(n.tag[1]) for n in block.all("h1", "h2", "h3", "h4")]
        assert all(b - a <= 1 for a, b in pairwise(levels))
        words = re.findall(r"[a-zà-ÿ]+", block.text(foreign).lower())
        assert not set(words) & others
        contents = [a.get("href")[1:] for a in block.all("nav")[0].all("a")]
        assert contents == [s.get("id") for s in block.all("section")]
        assert f"quality-{language}" in contents and f"exposure-{language}" in contents
    for table in page.all("table"):
        assert all(th.text() for th in table.all("th"))
        assert len({len(tr.all("th", "td")) for tr in table.all("tr")}) == 1


@pytest.mark.slow
def test_sections_without_tables_are_not_there(trial_page):
    ids = {n.get("id") for n in trial_page.walk()}
    assert not ids & {"quality-en", "exposure-en", "table-invariance-en", "table-sensitivity-primary-en"}


def test_building_twice_gives_the_same_bytes():
    assert with_tables(**checks.tables()) == with_tables(**checks.tables())


def test_sentences_are_short():
    for language in ("nl", "en"):
        for key, phrase in phrases(language, "exposure", "quality", "sameness", "sensitivity").items():
            for sentence in re.split(r"(?<=[.?:;])\s", phrase):
                assert len(sentence.split()) <= 20, (key, sentence)


# --- comparability of means


def test_a_contrast_of_arms_needs_the_arms_at_its_wave_and_the_waves():
    known = Comparability(checks.invariance(), labels())
    assert known.doubts("main", "learning", Contrast("intervention", "control", 2)) == []
    assert known.doubts("main", "learning.task", Contrast("intervention", "control", 2)) == []
    assert known.doubts("main", "engagement", Contrast("intervention", "control", 1)) == []
    (doubt,) = known.doubts("main", "engagement", Contrast("intervention", "control", 2))
    assert doubt.startswith(
        "In the arms at follow-up the answers support the same factors and loadings (metric)"
    )
    (doubt,) = known.doubts("main", "safety", Contrast("intervention", "control", 1))
    assert doubt.startswith("Over the waves the answers support the same factors and loadings (metric)")
    assert doubt.endswith("may partly be differences in how the questions were read.")


def test_what_was_not_tested_is_in_doubt():
    known = Comparability(checks.invariance(), labels())
    assert len(known.doubts("main", "burnout", Contrast(wave=2, from_wave=0))) == 1
    assert "was not tested" in known.doubts("main", "turnover", Contrast("intervention", "control", 2))[0]
    assert "over the waves was not tested" in known.doubts("main", "turnover", Contrast(per="wave"))[0]


def test_an_association_compares_no_means():
    assert (
        Comparability(checks.invariance(), labels()).doubts("main", "engagement", Contrast(per="hours")) == []
    )


def test_without_a_table_nothing_is_said():
    assert Comparability(None, labels()).doubts("main", "engagement", Contrast(wave=2, from_wave=0)) == []


def test_the_sentence_stands_beside_the_estimate_and_on_the_first_screen(page):
    first = part(page, "nl").all("section")[0].text()
    doubt = "In de groepen bij nameting ondersteunen de antwoorden dezelfde factoren en ladingen (metrisch)"
    assert first.count(doubt) == 1, "engagement alone, at the wave of its estimate"
    assert "bij tussenmeting ondersteunen" not in first
    table = node(page, "table-estimates-primary-nl")
    rows = {tr.get("data-estimate"): tr.text() for tr in table.all("tr") if tr.get("data-estimate")}
    assert "¶" in rows["engagement"] and "¶" in rows["burnout"]
    assert "¶" not in rows["engagement.wave1"] and "¶" not in rows["learning"]
    assert f"¶ Werkbevlogenheid: {doubt}" in table.text()


def test_verdicts_steps_and_structure_are_shown(page):
    overview = node(page, "table-invariance-en").text()
    assert "partly scalar" in overview and "metric ¶" in overview and "not tested ¶" in overview
    measurement = node(page, "measurement-en").text()
    assert "Work engagement: means cannot be compared everywhere" in measurement
    assert "cannot be tested" in measurement
    steps = node(page, "table-invariance-engagement-en").text()
    assert "−0.021" in steps and "no" in steps
    assert "partly scalar, without learning_02~1" in node(page, "table-invariance-learning-en").text()
    assert "0.034 [0.000, 0.060]" in node(page, "table-structure-en").text()


def test_items_against_their_scale_are_asked_about():
    trial = made.trial()
    items = trial["tables"]["items"].astype({"sign_question": object})
    items["sign_question"] = ""
    none = part(read_page(with_tables(items=items)), "en").text()
    assert "So the key raises no question." in none
    items.loc[items["item"] == "safety_03", "sign_question"] = "reversed?"
    items.loc[items["item"] == "safety_02", "sign_question"] = "not reversed?"
    text = part(read_page(with_tables(items=items)), "nl").text()
    assert "safety_03 (Psychologische veiligheid, voormeting) correleert −0,10" in text
    assert "Moet deze vraag andersom worden gescoord?" in text
    assert "De sleutel draait deze vraag om. Klopt dat hier?" in text
    assert "roepen twee keer een vraag" in text


# --- other analyses


def test_analyses_that_give_the_same_are_said_to_give_one_number():
    labels = Labels(made.trial_study(), (), Words("en"))
    entry = {"label": "learning", "estimate": 0.24, "std_error": 0.1, "conf_low": 0.05, "conf_high": 0.44}
    other = {"estimate": 0.241, "conf_low": 0.05, "conf_high": 0.43}
    others = [{**other, "analysis": "CR2 by team"}, {**other, "analysis": "permutation of teams"}]
    assert "estimate is 0.24. The two other analyses give 0.24. " in said_of(entry, others, labels)


def test_a_sentence_says_between_which_values_the_other_analyses_lie(page):
    text = node(page, "results-en").text()
    assert "the estimate is 0.31. The three other analyses give 0.24 to 0.35." in text
    assert "The interval lies otherwise towards zero for: only who answered the first wave." in text
    assert (
        "the estimate is 0.04; the one other analysis gives 0.02. Zero always lies in the interval." in text
    )


def test_other_analyses_stand_in_a_table_per_family(page):
    primary = node(page, "table-sensitivity-primary-en").text()
    assert "as planned" in primary and "0.31" in primary
    assert "all 46 656 possible allocations" in primary
    assert "could not be estimated; the reason is in the CSV" in primary
    secondary = node(page, "table-sensitivity-secondary-en")
    assert any("suppressed" in n.get("class") for n in secondary.all("td"))


def test_nothing_is_said_without_other_analyses():
    assert said_of({"estimate": 1.0, "std_error": 0.1, "label": "x"}, [], labels()) == ""


# --- quality of data


def test_quality_says_what_is_absent_double_and_careless(page):
    text = node(page, "quality-en").text()
    assert "756 rows delivered; 741 of them count" in text
    assert "Most is missing in Learning potential of the workplace (mid-term): 6.2%" in text
    careless = node(page, "table-careless-en").text()
    assert "<8" in careless and "13" in careless
    drift = node(page, "table-drift-en").text()
    assert "learning_01" in drift and "learning_02" not in drift
    assert "One of the 3 comparisons" in text
    assert "6.8%" in node(page, "table-missing-teams-en").text()
    items = node(page, "table-missing-items-en")
    second = next(tr for tr in items.all("tr") if "learning_02" in tr.text())
    assert second.text().endswith("–"), "not asked at the second wave"


def test_hidden_shares_have_the_mark_and_no_sentence_leads_to_them():
    page = read_page(with_tables(**checks.tables() | {"missing_by_scale": checks.missing_by_scale(True)}))
    assert any("suppressed" in n.get("class") for n in node(page, "table-missing-en").all("td"))
    assert "Most is missing" not in node(page, "quality-en").text()


def of_few(name, frame):
    """The same table with five persons behind every row."""
    declared = register()[name]
    numbers = [c.name for c in declared.columns if c.kind in ("number", "whole") and c.name in frame]
    found = frame.assign(**{c: pd.to_numeric(frame[c], errors="coerce") for c in numbers})
    return found.assign(**{c: 5.0 for c in declared.protected_by if c in frame})


@pytest.mark.parametrize("study", ["trial", "waves_only"])
def test_a_page_of_which_every_table_is_hidden_is_built_and_says_so(study):
    trial = getattr(made, study)()
    tables = trial["tables"] | (checks.tables() if study == "trial" else {})
    gated = let_out({n: of_few(n, f) for n, f in tables.items()}, trial["study"].min_cell_size)
    assert gated["estimates"]["n_persons"].isna().all()
    page = read_page(with_tables(trial, **gated))
    text = part(page, "en").text()
    assert not re.search(r"\bnan\b", text, re.I)
    assert "– persons" in node(page, "table-estimates-primary-en").text()
    assert "comparisons between waves" not in text, "of what is hidden nothing is said"
    if study == "trial":
        assert "could not be tested: the result is not shown, so that nobody can be recognised." in text


def test_linkage_is_reported_with_teams_hidden_where_small(page):
    text = node(page, "quality-en").text()
    assert "206 rows are linked to an earlier wave (76%)" in text
    assert "0.5 of the 206 links are expected to be wrong by chance" in text
    teams = node(page, "table-linkage-teams-en")
    hidden = [tr.text() for tr in teams.all("tr") if "t01" in tr.text()]
    assert len(hidden) == 2 and all("×" in t for t in hidden)
    compared = node(page, "table-linkage-compare-en").text()
    assert "Age: 30 or over" in compared and "−0.05" in compared


def test_stability_hides_few_persons(page):
    rows = [tr.text() for tr in node(page, "table-stability-en").all("tr")]
    assert any("0.45 [0.30, 0.58]" in r for r in rows)
    assert any("×" in r for r in rows)


# --- learning at work


def test_learning_at_work_describes_by_arm(page):
    text = node(page, "exposure-en").text()
    assert "answered 67% to 72% of the messages" in text
    assert "72 of the 118 persons used the app (61%)" in text
    assert "40 of the 171 employees left, 2.5 for every hundred months" in text
    learning = node(page, "table-learning-en")
    heads = [th.text() for th in learning.all("th") if th.get("scope") == "col"]
    assert len(heads) == 4 and len(set(heads)) == 4
    assert [a.id for a in made.trial_study().arms] == ["control", "intervention"]
    row = next(tr for tr in learning.all("tr") if "colleagues" in tr.text())
    assert row.text().split()[-2:] == ["2.3", "3.3"], "reference arm first"
    assert "own_code" in learning.text()
    assert any("suppressed" in n.get("class") for n in node(page, "table-app-en").all("td"))
    assert "to: other employer in care" in node(page, "table-hr-en").text()


def test_sources_and_processes_of_learning_are_called_what_the_study_calls_them():
    diary = DiaryRules(
        sources={
            **LEARNING_SOURCES,
            "own_code": LearningSource({"nl": "leernetwerk", "en": "learning network"}, True),
        },
        processes={"feedback": {"nl": "meedenken", "en": "thinking along"}},
    )
    learning = own_words([diary, DiaryRules(processes={"feedback": {"en": "another diary"}})])
    trial = made.trial() | {"learning": learning}
    for language, said in (("nl", ("leernetwerk", "meedenken", "collega's")),
                           ("en", ("learning network", "thinking along", "colleagues"))):  # fmt: skip
        shown = node(read_page(with_tables(trial, **checks.exposure())), f"table-learning-{language}").text()
        assert [w for w in said if w not in shown] == [] and "own_code" not in shown


def test_without_arms_checks_say_neither_effect_nor_arm():
    waves, nan = made.waves_only(), float("nan")
    untested = checks.verdict("jobsat", "waves", nan, "not tested", nan, "soldiers")
    tables = {
        "invariance": pd.DataFrame([untested]),
        "missing_by_scale": checks.missing_by_scale(), "careless": checks.careless(), "drift": checks.drift(),
        **checks.exposure(arms=("",)),
    }  # fmt: skip
    html = with_tables(waves, **tables)
    assert not re.search("effect", html, re.I)
    text = part(read_page(html), "en").text()
    assert "Over the waves sameness of measurement could not be tested: there are too few items" in text
    assert ": 72 of the 118 persons used the app" in text


# --- how fits were found


def test_each_search_is_on_record(page):
    table = node(page, "table-search-en")
    rows = {tr.all("th")[0].text(): tr.text() for tr in table.all("tr")[1:]}
    row = next(t for name, t in rows.items() if name.startswith("Work engagement"))
    for fact in ("Kenward-Roger", "adjusted", "REML", "41", "1.0 × 10⁻⁷", "0.20", "team", "converged"):
        assert fact in row
    assert "All 6 models converged" in node(page, "methods-en").text()


@pytest.mark.slow
def test_methods_name_the_checks_that_were_made(page, trial_page):
    methods = node(page, "methods-en").text()
    for source in ("Chen (2007)", "Meade & Craig (2012)", "McGraw & Wong (1996)", "Gail, Mark"):
        assert source in methods
    assert "Pustejovsky" not in methods, "no cluster-robust analysis was made"
    assert "Chen (2007)" not in node(trial_page, "methods-en").text()


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, "0.00"), (0.25, "0.25"), (143.451, "143.45"), (3.1e-7, "3.1 × 10⁻⁷"), (-2e-5, "−2.0 × 10⁻⁵"),
     (None, "–"), (float("nan"), "–"), (12345.0, "1.2 × 10⁴")],
)  # fmt: skip
def test_numbers_of_any_size(value, shown):
    assert scientific(value, Words("en")) == shown


# --- refusals


@pytest.mark.parametrize(
    ("name", "column", "statistic"),
    [("sensitivity", "n_persons", "estimate"), ("sensitivity", "n_smallest", "estimate"),
     ("missing_by_scale", "n", "share"), ("missing_by_item", "n", "share"),
     ("drift", "n", "change_sd"), ("factor_structure", "n_persons", "cfi"), ("stability", "n_persons", "r"),
     ("diary_compliance", "n_persons", "compliance_mean"), ("hr_flow", "n_persons", "count"),
     ("diary_learning", "n_persons", "moments"), ("app_use", "n_persons", "events_mean")],
)  # fmt: skip
def test_a_statistic_of_too_few_persons_stops_the_report(name, column, statistic):
    frame = checks.tables()[name].copy()
    frame.loc[frame.index[frame[statistic].notna()][0], column] = 5
    with pytest.raises(DisclosureError, match="fewer than 8"):
        with_tables(**checks.tables() | {name: frame})


# --- a lot that a correction leaves no small p


@pytest.mark.parametrize(
    ("smallest", "adjust", "failed", "corrected"),
    [
        (2 / 70, "holm", (), ".086"),
        (2 / 70, "holm", ("burnout",), ".057"),
        (2 / 70, "BH", (), None),
        (1 / 70, "holm", (), None),
        (0.06, "holm", (), None),  # said already: no test at .05 exists
    ],
)
def test_holm_may_keep_a_planned_permutation_from_its_level(smallest, adjust, failed, corrected):
    """Of three outcomes the smallest p is multiplied by three, unless the others are smaller still."""
    plan, fits = made.trial_plan(), made.trial_fits()
    families = {**plan.families, "primary": replace(plan.families["primary"], adjust=adjust)}
    fits |= {"learning": {**fits["learning"], "lot": {"smallest_p": smallest}}}
    fits |= {entry: {"failed": "no answers"} for entry in failed}
    said = corrected_sentences(fits, replace(plan, families=families), labels())
    assert len(said) == (corrected is not None)
    if corrected is not None:
        assert f"is {corrected} at best" in said[0] and f"{3 - len(failed)} outcomes (Holm)" in said[0]


def test_a_hidden_cell_has_its_mark_and_is_not_called_absent():
    labels = Labels(made.trial_study(), made.trial_scales(), Words("en"))
    rows = made.items(made.trial_scales()).assign(suppressed=False, suppressed_columns="")
    gone = "floor_share; ceiling_share"
    rows.loc[0, ["floor_share", "ceiling_share", "suppressed_columns"]] = [np.nan, np.nan, gone]
    table = items_table(rows, labels)
    ends = [cell.suppressed for cell in table.rows[0]]
    assert ends == [name in ("Lowest answer", "Highest answer") for name in table.columns]
    assert any(note.startswith("×") for note in table.notes) and not any("–" in n for n in table.notes)
    whole = items_table(rows.assign(suppressed=[True] + [False] * (len(rows) - 1)), labels)
    assert sum(cell.suppressed for cell in whole.rows[0]) == 6


@pytest.mark.parametrize(
    ("language", "said"), [("en", "delivered as a score"), ("nl", "als score aangeleverd")]
)
def test_a_delivered_score_was_not_tested_whatever_is_hidden_of_it(language, said):
    """Its ladder is hidden with its SD; that it has no items is known from the configuration."""
    jobsat = Scale("jobsat", {"nl": "tevredenheid", "en": "satisfaction"}, ("main",), delivered="jobsat")
    labels = Labels(made.trial_study(), [jobsat], Words(language))
    nan = float("nan")
    hidden = checks.verdict(jobsat.id, "waves", "", nan, nan) | {"suppressed": True, "why": nan}
    assert said in ladder_sentence(hidden, labels)
    kept = verdict_table(pd.DataFrame([hidden]), labels).rows[0][1]
    assert labels.words("sameness.verdict.not_tested") in kept.value and not kept.suppressed
