"""The section on what sessions find important: no number that is no row, tiers before names, nothing of few."""

import re
from dataclasses import asdict, replace

import pandas as pd
import pytest
from from_parts import build_report
from invented_reports import trial
from markupsafe import escape

from dww_analysis.domain.networks import METS
from dww_analysis.domain.practice import Block, Practice, Quantity, Role, RoomVote, Session, Theme
from dww_analysis.domain.report import ReportSettings
from dww_analysis.domain.study import Study
from dww_analysis.errors import DisclosureError
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.practice import load_checklist
from dww_analysis.reports import Setup, build_session_pages
from dww_analysis.reports.sections.priorities import priority_blocks


def both(word):
    return {"nl": f"{word} nl", "en": f"{word} en"}


PRACTICE = Practice(
    roles=(Role("parents", both("parents")), Role("staff", both("staff"))),
    themes=tuple(Theme(t, both(t)) for t in ("zeal", "time", "trust", "team")),
    sessions=(
        Session("spring", both("spring"), "2026-03-12", both("what")),
        Session("empty", both("empty"), "2026-04-12", {"nl": "", "en": ""}),
    ),
    votes=(RoomVote("enough", both("enough"), {"yes": both("yes"), "no": both("no")}),),
    blocks=(Block("asking", both("asking"), "feedback"), Block("backs", both("backs"), "team_learning")),
)
STUDY = Study("s", both("s"), "invented", "2026-06-30", "waves_only", (), (), None, {}, {}, ())


def quantity(quantity, subject, role, value, basis="open", level="session", unit="spring", **more):
    id = ".".join((unit, quantity, subject, role))
    known = {"conf_low": value, "conf_high": value, "conf_level": 0.95, "n": 20.0} | more
    return Quantity(id, level, unit, subject, role, quantity, value, basis=basis, **known)


TIERS = {"zeal": "sure_top3", "time": "maybe_top3", "trust": "maybe_top3", "team": "not_top3"}
SHARES = {"zeal": 0.91, "time": 0.47, "trust": 0.53, "team": 0.07}


def priorities(**more):
    rows = []
    for theme, share in SHARES.items():
        rows += [quantity("share", theme, role, share, **more) for role in ("parents", "staff")]
        rows += [quantity("share_equal_weight", theme, "all", share, tier=TIERS[theme], **more)]
        rows += [quantity("two_step", theme, "all", 10 * share, **more)]
        rows += [quantity("contested_p_holm", theme, "all", 0.01 if theme == "time" else 0.8, **more)]
    return [*rows, quantity("kendall_w", "", "all", 0.58, **more)]


def blocks(rows, language="en"):
    table = pd.DataFrame([asdict(r) for r in rows], columns=list(Quantity.__dataclass_fields__))
    return priority_blocks(table, PRACTICE, Labels(STUDY, (), Words(language)))


def said(found):
    return " ".join(s for b in found for s in (*b.sentences, *b.points))


def test_without_sessions_there_is_no_section():
    assert blocks([]) == [] and priority_blocks(None, None, Labels(STUDY, (), Words("nl"))) == []


@pytest.mark.parametrize("language", ["nl", "en"])
def test_themes_stand_by_tier_and_then_by_name(language):
    _, first = blocks(priorities(), language)
    names = [row[0].value for row in first.tables[0].rows]
    assert [n.split()[0] for n in names] == ["Zeal", "Time", "Trust", "Team"]
    text = said([first])
    assert f"zeal {language}" in text and f"time {language}" in text and Words(language).number(0.58) in text
    shown = first.tables[0].texts(Words(language))
    assert shown[1][1].startswith(Words(language)("priorities.tier.maybe_top3")) and "(" in shown[1][1]


def test_it_says_first_that_nobody_was_drawn_by_chance():
    opening = blocks(priorities())[0]
    assert "Nobody was drawn by chance" in opening.sentences[0]


def test_every_number_of_the_tables_and_sentences_is_a_row():
    rows = [
        *priorities(),
        quantity("present", "", "all", 40.0),
        quantity("present", "", "parents", 21.0),
        quantity("present", "", "other_roles", 19.0),
    ]
    shown = {f"{100 * r.value:.0f}" for r in rows} | {f"{r.value:.{d}f}" for r in rows for d in (0, 1, 2)}
    shown |= {"20", "1", "0", "3", "2026", "12", "95"}  # ballots, what W means, top 3, the date, the level
    _, first = blocks(rows)
    everything = [
        said([first]),
        *(cell for t in first.tables for row in t.texts(Words("en")) for cell in row),
    ]
    numbers = {n for text in everything for n in re.findall(r"\d+(?:\.\d+)?", text)}
    assert numbers <= shown, numbers - shown


def test_orders_that_differ_are_said_and_equal_ones_are_not():
    differ = "give different orders"
    assert differ not in said(blocks(priorities()))
    moved = [
        r if (r.quantity, r.subject) != ("two_step", "team") else quantity("two_step", "team", "all", 30.0)
        for r in priorities()
    ]
    assert differ in said(blocks(moved))


def test_mean_scores_are_printed_as_scores_and_not_as_shares():
    """A mean of ranks or ratings is no share of people: .53 of 1, and no 53 %."""
    scored = [
        replace(r, method="mean of 2 roles of scores; max-t bootstrap")
        if r.quantity == "share_equal_weight"
        else r
        for r in priorities()
    ]
    for rows, head, value in (
        (priorities(), "Each role the same weight", "53%"),
        (scored, "Mean score", ".53"),
    ):
        table = blocks(rows)[1].tables[0]
        column = table.columns.index(head)
        assert value in [row[column].strip().lstrip("0") for row in table.texts(Words("en"))]
        assert any("Mean score: between 0 and 1" in note for note in table.notes) == (head == "Mean score")


def test_nothing_sure_and_nothing_judged_are_different_things():
    perhaps = [
        r if not r.tier else quantity(r.quantity, r.subject, r.role, r.value, tier="maybe_top3")
        for r in priorities()
    ]
    assert "No theme is surely in the top 3" in said(blocks(perhaps))
    unjudged = [r if not r.tier else quantity(r.quantity, r.subject, r.role, r.value) for r in priorities()]
    assert "cannot be said here" in said(blocks(unjudged))


def test_the_basis_stands_under_each_table():
    for basis, words in (("open", "Open: made together"), ("private", "fewer than 8 people are not shown")):
        _, first = blocks(priorities(basis=basis))
        for table in (*first.tables, *first.folded[0].tables):
            assert any(words in note for note in table.notes)
            assert any("A role stands alone" in note for note in table.notes) == (basis == "open")


def hidden(quantity, subject, role="all"):
    nan = float("nan")
    return Quantity(
        f"{quantity}{subject}", "session", "spring", subject, role, quantity, nan, suppressed=True
    )


def test_a_session_of_few_shows_names_of_themes_and_no_numbers():
    rows = [hidden("share", t) for t in SHARES] + [hidden("present", ""), hidden("remarks", "")]
    found = blocks(rows)
    assert "fewer than 8 people" in said(found) and "too few remarks" in said(found)
    assert "What people chose is not shown here" in said(found)
    table = found[1].tables[0]
    assert all(cell.suppressed for row in table.rows for cell in row[1:])


def test_private_numbers_of_few_never_reach_the_page():
    with pytest.raises(DisclosureError):
        blocks([quantity("share", "time", "parents", 0.5, "private", n=5.0)])
    assert blocks([quantity("share", "time", "parents", 0.5, n=5.0)])


def votes(*, coded):
    rows = [
        quantity("vote_share", f"enough:{option}:{moment}", "all", share)
        for moment, shares in (("before", (0.4, 0.6)), ("after", (0.7, 0.3)))
        for option, share in zip(("yes", "no"), shares, strict=True)
    ]
    if coded:
        rows += [
            quantity("vote_change", "enough:yes", "all", 0.3),
            quantity("mcnemar_p", "enough:yes", "all", 0.065),
        ]
    return rows


def test_votes_without_codes_say_that_others_may_have_voted():
    assert "other people may have voted" in said(blocks(votes(coded=False)))
    found = blocks(votes(coded=True))
    assert "other people may have voted" not in said(found)
    assert found[-1].tables[0].texts(Words("en"))[0][-2:] == ["30", ".065"]


def test_blocks_and_remarks_have_their_tables():
    rows = [
        quantity("block_share", "asking", "all", 0.5),
        quantity("block_share", "backs", "all", 0.25),
        quantity("blocks_together", "asking:backs", "all", 4.0),
        quantity("remarks", "", "all", 6.0),
        quantity("remarks", "time:need", "all", 6.0),
        quantity("alpha", "theme", "all", 0.5, level="study", unit="s"),
        quantity("new_information", "5-6", "all", 0.04, level="study", unit="s"),
    ]
    found = blocks(rows)
    text = said(found)
    assert "chosen together by 4 of the 20 groups" in text and "The counts are provisional" in text
    assert "brought hardly anything new" in text and "Of the 20 remarks, 6" in text
    tables = [t for b in found for t in b.tables]
    assert "no counts of people" in " ".join(tables[0].notes)
    assert [row[0].value for row in tables[1].rows] == ["Backs en", "Asking en"], "team learning first"


@pytest.mark.parametrize(
    ("name", "subject", "value", "words"),
    [
        ("alpha", "theme", 0.667, "agree well enough"),
        ("alpha", "theme", 0.666, "counts are provisional"),
        ("new_information", "5-6", 0.05, "hardly anything new"),
        ("new_information", "5-6", 0.051, "still brought new themes"),
    ],
)
def test_where_agreement_is_enough_and_little_is_new(name, subject, value, words):
    assert words in said(blocks([quantity(name, subject, "all", value, level="study", unit="s")]))


def test_an_agreement_that_is_hidden_is_said_to_be():
    nan = float("nan")
    row = Quantity("s.alpha.theme", "study", "s", "theme", "all", "alpha", nan, suppressed=True)
    assert "about theme is not shown here. It would tell how many" in said(blocks([row]))


SETUP = Setup(STUDY, ReportSettings(("nl", "en"), {}, ""), practice=PRACTICE)


def sheets(rows, checklists=()):
    table = pd.DataFrame([asdict(r) for r in rows])
    return build_session_pages(table, SETUP, None, checklists)


def test_a_check_list_of_a_session_stands_on_its_factsheet():
    good = load_checklist("good_practice")
    sizes = dict(zip(METS, (3, 2, 1, 4), strict=True))
    rows = [
        quantity("checklist", f"good_practice:{part.id}:{met}", "all", float(n), n=1.0, basis="open")
        for part in good.blocks
        for met, n in sizes.items()
    ]
    pages = sheets(rows, [good])
    page = pages["spring/factsheet.en.html"]
    assert "Learning from good examples" in page and "Choosing examples" in page and "not seen" in page
    assert "a single rater" in page, "no agreement: said"
    assert "Open: made in the group" in page and "A role stands alone" not in page
    alike = sheets([replace(r, n=2.0) for r in rows], [good])["spring/factsheet.en.html"]
    assert "a single rater" not in alike and "Whether the raters agree cannot be said" in alike
    hidden = [replace(r, value=float("nan"), n=float("nan"), suppressed=True, basis="private") for r in rows]
    assert "in confidence" in sheets(hidden, [good])["spring/factsheet.en.html"]
    assert "Learning from good examples" not in sheets(rows)["spring/factsheet.en.html"]


def test_of_a_check_list_of_rounds_the_hidden_one_is_named_and_the_other_shown():
    good = load_checklist("good_practice")
    shown = [
        quantity("checklist", f"good_practice:{part.id}:{met}:2", "all", 3.0, basis="private")
        for part in good.blocks
        for met in METS
    ]
    hidden = [
        replace(
            r,
            subject=f"{r.subject[:-1]}1",
            id=f"{r.id}1",
            value=float("nan"),
            n=float("nan"),
            suppressed=True,
        )
        for r in shown
    ]
    page = sheets([*hidden, *shown], [good])["spring/factsheet.en.html"]
    assert "In round 1 fewer than 8 raters" in page and "This check-list was" not in page
    assert "round 2</span></caption>" in page and "round 1</span></caption>" not in page
    assert "fewer than 8 raters" not in sheets(shown, [good])["spring/factsheet.en.html"]


def test_where_nobody_chose_themes_their_order_is_not_explained():
    vote = [quantity("vote_share", f"enough:{o}:before", "all", 0.5) for o in ("yes", "no")]
    told = "A theme has no rank number"
    for rows, there in ((vote, False), (priorities(), True)):
        assert (told in sheets(rows)["spring/factsheet.en.html"]) == there
        assert (told in said(blocks(rows))) == there


def test_each_session_has_a_factsheet_in_each_language():
    pages = sheets(priorities())
    assert set(pages) == {
        f"{session}/factsheet.{language}.{form}"
        for session in ("spring", "empty")
        for language in ("nl", "en")
        for form in ("html", "pdf")
    }
    assert "Niemand is door loting gekozen" in pages["spring/factsheet.nl.html"]
    assert "zeal en" in pages["spring/factsheet.en.html"] and "<a href=" in pages["spring/factsheet.en.html"]
    assert "No sessions have been counted yet" in pages["empty/factsheet.en.html"]


def test_a_factsheet_explains_every_mark_of_its_tables():
    """Roles together, tables that voted, and a number that is hidden: all in one table."""
    rows = [
        replace(r, role="other_roles", method="Wilson; ballots of tables") if r.role == "staff" else r
        for r in priorities(basis="private")
    ]
    page = sheets([*rows, hidden("two_step", "team")])["spring/factsheet.en.html"]
    words = Words("en")
    for key in ("priorities.note_others", "priorities.note_tables"):
        assert escape(words(key)) in page
    assert escape(words("table.suppressed_note", minimum=8)) in page


def test_the_page_of_sessions_only_promises_teams_no_outcomes_and_questions():
    page = build_report(
        tables={"quantities": pd.DataFrame([asdict(r) for r in priorities()])},
        fits={},
        figures=[],
        scales=(),
        study=STUDY,
        settings=ReportSettings(("nl", "en"), both(""), ""),
        practice=PRACTICE,
        **{name: trial()[name] for name in ("plan", "provenance")},
    )["index.html"]
    assert re.findall(r'data-choose="(\w+)"', page) == ["lead", "researcher", "analyst", "nl", "en"]
    assert str(escape(Words("nl")("door.teams.says"))) not in page


@pytest.mark.slow
def test_a_study_with_answers_and_sessions_has_the_section_between_the_others():
    made = trial()
    table = pd.DataFrame([asdict(r) for r in priorities()])
    plain = build_report(figures=[], **made)["index.html"]
    with_sessions = {**made, "tables": {**made["tables"], "quantities": table}, "practice": PRACTICE}
    page = build_report(figures=[], **with_sessions)["index.html"]
    for language in ("nl", "en"):
        assert f'id="priorities-{language}"' in page and f'href="#priorities-{language}"' in page
        assert f'href="sessions/spring/factsheet.{language}.html"' in page
    assert "priorities-nl" not in plain and "sessions/spring" not in plain
    assert build_report(figures=[], **made, practice=PRACTICE)["index.html"] == plain
