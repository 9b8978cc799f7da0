"""What a unit wrote back on its sheet, and what is for all on the page: far enough, short enough, in plain words."""

import re
from dataclasses import replace

import pandas as pd
import pytest
from test_reports_sheet import LONGEST, NEVER, OF, OUTCOMES, SCALES, row, sheet_of, study_of

from dww_analysis.domain.cycle import Action, Count, Cycle, Interpretation, Told
from dww_analysis.language import Words
from dww_analysis.language.catalogue import everything
from dww_analysis.language.labels import Labels
from dww_analysis.reports.documents.sheet import Sheet, sheet_files
from dww_analysis.reports.sections.sensemaking import sensemaking
from dww_analysis.reports.sections.told import LONGEST_ACTION, cut, say_told
from dww_analysis.sheets.cycles import ToldRows, series_of

VALUES = [2, 3, 1, 2, 4, 3, 2, 3, 4, 2, 3, 4, 5, 4, 5, 4, 5, 4, 4, 4]
DAYS = [d.date().isoformat() for d in pd.date_range("2025-01-06", periods=len(VALUES), freq="7D")]
WEEKS = "weken met een terugblik"


def labels_of(language="nl"):
    return Labels(OF.study, SCALES, Words(language))


def action(**changes):
    base = {
        "what": "Elke week terugkijken",
        "decision": "start",
        "status": "running",
        "share": "unit",
        "round": 1,
    }
    return Action(**{"level": "team", "unit": "T02", "action": "a1", **base, **changes})


def said(**changes):
    base = {"question": "recognise", "text": "Dit herkennen we.", "share": "unit", "round": 1}
    return Interpretation(**{"level": "team", "unit": "T02", **base, **changes})


def counts(values=VALUES, **more):
    return tuple(Count("team", "T02", WEEKS, d, float(v), **more) for d, v in zip(DAYS, values, strict=False))


def told_of(last_said=(), agreed=(), now=(), now_agreed=(), counted=(), shared=()):
    last = Cycle("team", "T02", 1, tuple(last_said), tuple(agreed)) if last_said or agreed else None
    here = Cycle("team", "T02", 2, tuple(now), tuple(now_agreed), tuple(counted))
    return Told(last, here, series_of(tuple(counted), (*agreed, *now_agreed)), tuple(shared))


def sheet_with(told, **changes):
    rows = pd.DataFrame([row(name) for name in OUTCOMES])
    return Sheet("team", "T02", 2, 10, 12, rows, told, **changes)


def found_in(values, start="", language="nl"):
    told = told_of(agreed=[action(indicator=WEEKS, start=start)], counted=counts(values))
    return say_told(told, labels_of(language)).chart.found


def test_the_words_of_the_run_chart():
    assert found_in(VALUES, DAYS[12]) == (
        "Het begon al voordat de afspraak begon.",
        "9 punten na elkaar liggen boven het midden.",
        "Dat is meer dan toeval meestal geeft.",
        "Of de afspraak de oorzaak is, weten we niet.",
    )
    later = [*VALUES[:11], 2, *([5] * 8)]
    assert "begon al" not in found_in(later, DAYS[12])[0]
    assert found_in(VALUES[:18], DAYS[12]) == ("De punten gaan op en neer zoals toeval dat meestal doet.",)
    assert found_in(VALUES[:8]) == ("Er zijn nog te weinig punten om iets te zeggen.",)
    slow = [1] * 6 + [3] + [5] * 6
    assert found_in(slow)[0] == "De punten gaan maar 1 keer over het midden heen."
    assert found_in(slow)[-1] == "Hoe dat komt, weten we niet.", "nothing was agreed"


def test_points_beyond_twelve_after_the_action_are_drawn_and_not_judged():
    days = [d.date().isoformat() for d in pd.date_range("2025-01-06", periods=28, freq="7D")]
    values = [*VALUES[:12], *([2.0, 4.0] * 8)]
    series = tuple(Count("team", "T02", WEEKS, d, float(v)) for d, v in zip(days, values, strict=True))
    told = told_of(agreed=[action(indicator=WEEKS, start=days[12])], counted=series)
    chart = say_told(told, labels_of()).chart
    assert len(chart.dots) == 28
    assert [d.off for d in chart.dots[24:]] == [False] * 4
    assert len(chart.rows) == 20
    assert "laatste 20" in chart.table_heading


def test_a_share_is_a_percentage_and_the_middle_is_of_shares():
    told = told_of(counted=counts([1, 2, 3], out_of=4.0))
    chart = say_told(told, labels_of()).chart
    assert [value for _, value in chart.rows] == ["25%", "50%", "75%"]
    assert chart.median_label == "midden: 50%"
    assert chart.ends[1][1] == "100%"


def test_the_picture_has_words_for_who_cannot_see_it():
    told = told_of(agreed=[action(indicator=WEEKS, start=DAYS[12])], counted=counts())
    page = str(sheet_files(sheet_with(told), OF)["sheet.nl.html"])
    assert (
        'aria-label="Tellingen van 6 januari 2025 tot en met 19 mei 2025: van 1 tot 5, het midden is 3."'
        in page
    )
    assert page.count('<circle class="point') == len(VALUES)
    assert page.count('role="row"') == len(VALUES) + 1


def test_long_texts_are_cut_at_a_word_and_what_is_left_out_is_counted():
    assert cut("een twee drie", 9) == "een twee…"
    long = "woord " * 160
    told = told_of(
        [said(text=long)] * 4, [action(what=long, action=f"a{i}") for i in range(5)], [said(text=long)] * 3
    )
    found = say_told(told, labels_of())
    assert len(found.actions) == 3
    assert all(len(a.said) <= LONGEST_ACTION and a.said.endswith("…") for a in found.actions)
    assert found.actions_heading.endswith(": 3 van de 5")
    assert found.said_heading == "Wat jullie toen zeiden: 2 van de 4"
    assert found.boxes["recognise"][-1].endswith("… Er is er nog 1.")


def test_what_was_agreed_now_stands_in_the_box_of_what_to_do():
    found = say_told(told_of(now_agreed=[action(round=2)]), labels_of())
    assert found.boxes["act"] == ("Beginnen: Elke week terugkijken",)
    page = str(sheet_files(sheet_with(told_of(now=[said(round=2)])), OF)["sheet.nl.html"])
    assert "Nog niet geduid" not in page
    assert page.count('class="lines"') == 4, "three boxes with lines to write on, and what to share"


def test_other_words_change_the_check_number():
    first, other = (
        str(sheet_files(sheet_with(told_of([said(text=t)])), OF)["sheet.nl.html"]) for t in ("Eerst.", "Dan.")
    )
    assert re.search(r"controlegetal (\w+)", first)[1] != re.search(r"controlegetal (\w+)", other)[1]


def test_markup_that_people_type_stays_text():
    page = str(sheet_files(sheet_with(told_of([said(text="<b>x</b> & y")])), OF)["sheet.nl.html"])
    assert "&lt;b&gt;x&lt;/b&gt; &amp; y" in page


def frame(rows, kind):
    return (
        pd.DataFrame([vars(r) for r in rows])
        if rows
        else pd.DataFrame(columns=list(kind.__dataclass_fields__))
    )


def rows_of(interpretations=(), actions=(), counted=(), homes=None):
    parts = ((interpretations, Interpretation), (actions, Action), (counted, Count))
    return ToldRows(*(frame(r, k) for r, k in parts), homes=homes or {"T02": "org_1", "T03": "org_1"})


@pytest.mark.parametrize(
    ("language", "other", "carried"),
    [
        ("nl", "was van andere teams", "vroegere teams afspraken en zeiden"),
        ("en", "of other teams", "earlier teams agreed"),
    ],
)
def test_whose_last_round_it_was_is_said_where_it_was_not_their_own(language, other, carried):
    own = told_of([said()], [action()])
    pages = {
        before: str(sheet_files(sheet_with(replace(told, before=before)), OF)[f"sheet.{language}.html"])
        for before, told in (("", own), ("carried", own), ("other", told_of(now=[said(round=2)])))
    }
    assert other in pages["other"] and carried in pages["carried"]
    assert not [words for words in (other, carried) if words in pages[""]]
    numbers = sheet_files(sheet_with(own), OF)["sheet.json"]["told"]
    assert "before" not in numbers, "a sheet of a unit that stayed as it was has the bytes it had"


def test_last_time_is_the_last_round_with_what_is_not_finished_before():
    acts = [
        action(round=0, action="old", status="running"), action(round=0, action="gone", status="done"),
        action(round=1, action="new", status="done"), action(round=2, action="now"),
    ]  # fmt: skip
    told = rows_of(actions=acts).of("team", "T02", 2)
    assert [a.action for a in told.last.actions] == ["new", "old"]
    assert [a.action for a in told.now.actions] == ["now"]
    assert rows_of(actions=acts).of("team", "T03", 2) is None
    headings = [
        say_told(rows_of(actions=some).of("team", "T02", 2), labels_of()).actions_heading
        for some in (acts, acts[1:])
    ]
    last = labels_of().wave(1)
    assert headings == [
        f"Wat jullie afspraken ({last} en eerder)",
        f"Wat jullie de vorige keer afspraken ({last})",
    ]


def test_an_organisation_sees_what_its_teams_share_with_it_and_no_other():
    texts = [
        said(text="op", share="organisation"), said(text="eigen", share="unit"),
        said(text="elders", share="all", unit="T09"), said(text="allen", share="all", unit="T03"),
    ]  # fmt: skip
    told = rows_of(texts, homes={"T02": "org_1", "T03": "org_1", "T09": "org_2"}).of(
        "organisation", "org_1", 2
    )
    assert [i.text for i in told.shared] == ["op", "allen"]
    found = say_told(told, labels_of())
    assert found.shared == ("Een team: op", "Een team: allen")


def test_the_chart_is_of_the_indicator_of_the_last_action():
    other = tuple(Count("team", "T02", "iets anders", d, 1.0) for d in DAYS)
    acts = (action(indicator="Weken met een terugblik", start="2025-03-31"),)
    series = series_of((*other, *counts()), acts)
    assert (series.indicator, series.break_before, series.break_date) == (WEEKS, 12, "2025-03-31")
    assert series_of((*other, *counts(VALUES[:5])), ()).indicator == "iets anders"
    assert series_of((), acts) is None
    after = series_of(counts(), (action(indicator=WEEKS, start="2027-01-01"),))
    assert (after.break_before, after.break_date) == (None, ""), "it has not begun"


def test_questions_of_the_page_have_their_answers_and_else_say_that_there_are_none():
    table = pd.DataFrame(
        [
            ("team", 1, "2026-02-12", "explain", OUTCOMES[0], "Er is meer rust."),
            ("study", 1, "2026-03-01", "recognise", "", "Dit herkennen we."),
        ],
        columns=["level", "round", "date", "question", "about", "text"],
    )
    asked = {a.name: a.said for a in sensemaking(table, labels_of())}
    assert asked["Herkennen"] == ("‘Dit herkennen we.’ (1 maart 2026)",)
    outcome = labels_of().outcome(OUTCOMES[0])
    assert asked["Verklaren"] == (f"‘Er is meer rust.’ (een team, over {outcome}, 12 februari 2026)",)
    assert asked["Handelen"] == ()
    assert not any(a.said for a in sensemaking(None, labels_of()))


@pytest.mark.parametrize("language", ["nl", "en"])
def test_what_is_said_about_the_way_back_is_plain(language):
    about = re.compile(r"cycle\.(?:chart|form\.line|back|more|said|shared|actions)")
    found = [p for k, p in everything(language).items() if about.match(k)]
    phrases = [form for p in found for form in ((p,) if isinstance(p, str) else p)]
    sentences = [s for p in phrases for s in re.split(r"(?<=[.?!:])\s+", re.sub(r"{\w+}", "x", p))]
    said_words = [re.findall(r"[A-Za-zÀ-ÿ-]+", s) for s in sentences]
    assert max(map(len, said_words)) <= LONGEST
    assert sum(map(len, said_words)) / len([s for s in said_words if s]) <= 12
    assert not [w for w in NEVER[language] if any(w in p.lower() for p in phrases)]


def test_sheets_without_such_words_are_as_they_were():
    plain = sheet_files(sheet_of([row(name) for name in OUTCOMES]), study_of())
    assert "told" not in plain["sheet.json"]
    assert "chart" not in str(plain["sheet.nl.html"])
