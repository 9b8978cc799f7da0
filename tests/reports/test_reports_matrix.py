"""The priority matrix as a picture, a list and words; and pages of priorities, blocks and the agenda."""

import math
import re

import pandas as pd
import pytest

from dww_analysis.domain.practice import Practice, Role, Session, Theme
from dww_analysis.domain.study import Study
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.sections.sessions.matrix import LARGEST, matrix_of
from dww_analysis.reports.sections.sessions.rows import rows_of_session

NAN = float("nan")
ROLES, THEMES = ("parents", "boards"), ("time", "voice", "rest")


def same(text):
    return {"nl": text, "en": text}


PRACTICE = Practice(
    roles=tuple(Role(r, same(r)) for r in ROLES),
    themes=tuple(Theme(t, same(t)) for t in THEMES),
    sessions=(Session("spring", same("spring"), "2026-03-12", same("")),),
)
STUDY = Study(
    id="s", title=same("s"), data="invented", delivered="2026-06-30", design="waves_only", waves=(), arms=(),
    allocation=None, samples={}, level_labels={}, background=(),
)  # fmt: skip
SHARES = {("time", "parents"): 1.0, ("time", "boards"): 0.25, ("voice", "parents"): 0.0, ("rest", "parents"): 0.5,
          ("rest", "boards"): 0.5}  # fmt: skip
TIERS = {"time": "maybe_top3", "voice": "sure_top3", "rest": "maybe_top3"}


def told(language="en"):
    rows = [("share", t, r, SHARES.get((t, r), NAN), "", (t, r) not in SHARES) for t in THEMES for r in ROLES]
    rows += [("share_equal_weight", t, "all", 0.5, tier, False) for t, tier in TIERS.items()]
    rows += [
        ("contested_p_holm", "time", "all", 0.01, "", False),
        ("contested_p_holm", "rest", "all", 0.2, "", False),
    ]
    table = pd.DataFrame(rows, columns=["quantity", "subject", "role", "value", "tier", "suppressed"])
    table = table.assign(unit_level="session", unit="spring", basis="open", n=8.0, n_possible=NAN, method="")
    labels = Labels(STUDY, (), Words(language))
    return rows_of_session(PRACTICE.sessions[0], table, PRACTICE, labels)


@pytest.fixture(scope="module")
def picture():
    return matrix_of(told())


def rows_in(picture):
    """{theme: marks on its line}, by the heights of the names."""
    names = {
        m.text.lstrip("≠ "): m.y for m in picture.marks if m.shape == "text" and m.x == 0 and m.size == 13
    }
    return {name: [m for m in picture.marks if m.x > 0 and abs(m.y - y) < 12] for name, y in names.items()}


def test_the_area_of_a_dot_is_its_share(picture):
    dots = [m.size for m in rows_in(picture)["Time"] if m.shape == "dot"]
    assert dots == pytest.approx([LARGEST, LARGEST / 2], abs=0.06), (
        "a quarter of the people is half the radius"
    )
    assert math.pi * dots[1] ** 2 / (math.pi * dots[0] ** 2) == pytest.approx(0.25, abs=0.01)


def test_too_few_people_are_a_ring_and_nobody_is_no_ring(picture):
    shapes = [m.shape for m in rows_in(picture)["Voice"] if m.shape in ("dot", "ring")]
    assert shapes == ["dot", "ring"]
    assert not any("25" in m.text for m in rows_in(picture)["Voice"])


def test_themes_stand_in_order_of_tier_and_then_of_the_alphabet(picture):
    assert list(rows_in(picture)) == ["Voice", "Rest", "Time"]
    heads = [m.text for m in picture.marks if m.strong and m.size == 11.5]
    assert heads == ["Surely in the top 3", "Perhaps in the top 3"]


def test_what_roles_differ_on_has_a_mark_that_needs_no_colour(picture):
    marked = [m.text for m in picture.marks if m.text.startswith("≠")]
    assert marked == ["≠ Time"]


def test_the_list_says_what_the_picture_shows(picture):
    assert picture.lines == (
        "Voice (surely in the top 3): parents 0%; boards too few people to show.",
        "Rest (perhaps in the top 3): parents 50%; boards 50%.",
        "Time (perhaps in the top 3 and contested): parents 100%; boards 25%.",
    )
    assert "‘voice’" in picture.alt and "‘time’" in picture.alt


@pytest.mark.parametrize("language", ["nl", "en"])
def test_nothing_is_cut_off(language):
    made = matrix_of(told(language))
    for m in made.marks:
        assert 0 <= m.x <= made.width and 0 <= m.y <= made.height, m
    assert not re.search(r"\bnan\b", " ".join([made.alt, made.caption, *made.lines]))
