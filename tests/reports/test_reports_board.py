"""The map of where groups pasted blocks: each number and place is of a row, and everything on it is in the list."""

import re

import pandas as pd
import pytest
from test_reports_matrix import STUDY, same

from dww_analysis.domain.practice import Block, Practice, Session
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.sections.building import building_blocks
from dww_analysis.reports.sections.sessions.board import ABOVE, ASIDE, HIGH, WIDE, board_of
from dww_analysis.reports.sections.sessions.rows import rows_of_session

NAMES = {
    "team": "a steady team",
    "time": "time in the week",
    "video": "watching recordings",
    "room": "a room",
}
PRACTICE = Practice(
    sessions=(Session("spring", same("spring"), "2026-03-12", same("")),),
    blocks=tuple(
        Block(id, same(name), "context" if id == "team" else "feedback") for id, name in NAMES.items()
    ),
)
# block: from the left and from the top, each with its interval, and groups
LAY = {
    "team": ((10, 0, 30), (20, 5, 35), 12), "time": ((50, 30, 70), (100, 100, 100), 3),
    "video": ((50, 0, 100), (50, 40, 60), 6), "room": ((51, 35, 67), (98, 90, 100), 6),
}  # fmt: skip


def table(lay=LAY):
    rows = [
        (quantity, block, *at, groups)
        for block, (left, top, groups) in lay.items()
        for quantity, at in (("block_left", left), ("block_top", top))
    ]
    rows += [("block_share", block, 0.5, 0.2, 0.8, 12) for block in NAMES]
    found = pd.DataFrame(rows, columns=["quantity", "subject", "value", "conf_low", "conf_high", "n"])
    return found.assign(
        unit_level="session", unit="spring", role="all", basis="open", method="", tier="", n_possible=float("nan"),
        suppressed=False, conf_level=0.95,
    )  # fmt: skip


def told(lay=LAY, language="en"):
    labels = Labels(STUDY, (), Words(language))
    return rows_of_session(PRACTICE.sessions[0], table(lay), PRACTICE, labels)


def test_dots_lie_where_the_means_are_and_their_area_is_the_groups():
    picture = board_of(told())
    dots = {(m.x, m.y): m for m in picture.marks if m.shape in ("dot", "ring")}
    at = {
        block: (ASIDE + left[0] / 100 * WIDE, ABOVE + top[0] / 100 * HIGH)
        for block, (left, top, _) in LAY.items()
    }
    assert set(dots) == {tuple(round(v, 1) for v in place) for place in at.values()}
    sizes = {block: dots[tuple(round(v, 1) for v in place)].size for block, place in at.items()}
    assert sizes["team"] ** 2 / sizes["time"] ** 2 == pytest.approx(12 / 3, rel=0.03)
    assert dots[at["video"]].shape == "ring", "its interval is wider than half the board"
    assert [m.shape for m in dots.values()].count("ring") == 1


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_list_says_of_every_block_what_the_map_says(language):
    picture, words = board_of(told(language=language)), Words(language)
    assert len(picture.lines) == len(LAY) + 1 and "95" in picture.lines[-1]
    assert [line.split(" ")[0] for line in picture.lines[:-1]] == ["1.", "2.", "3.", "4."]
    steady = next(line for line in picture.lines if NAMES["team"] in line.lower())
    assert steady.startswith("4."), "feedback comes before context"
    assert words("board.place.top_left") in steady and words.bracket(0, 30, 0) in steady and "12" in steady
    assert any(words("board.place.scattered") in line for line in picture.lines)
    numbered = {m.text for m in picture.marks if m.shape == "text" and m.strong}
    assert numbered == {"1", "2", "3", "4"}
    assert words("board.place.bottom_middle") in picture.alt.lower() and "4" in picture.alt


def test_numbers_of_dots_that_lie_on_each_other_do_not():
    close = {block: ((50 + i, 45, 55), (50, 45, 55), 5) for i, block in enumerate(NAMES)}
    picture = board_of(told(close))
    placed = [(m.x, m.y) for m in picture.marks if m.shape == "text" and m.strong and m.anchor == "middle"]
    assert len(placed) == 4
    assert min(abs(a[0] - b[0]) + abs(a[1] - b[1]) for a in placed for b in placed if a != b) > 6


def test_without_places_there_is_no_map_and_with_them_it_is_on_the_page():
    bare = table()
    bare = bare[bare["quantity"] == "block_share"]
    labels = Labels(STUDY, (), Words("nl"))
    assert not any(b.pictures for b in building_blocks(bare, PRACTICE, labels))
    (picture,) = [p for b in building_blocks(table(), PRACTICE, labels) for p in b.pictures]
    printed = set(re.findall(r"\d+", " ".join(picture.lines[:-1])))
    numbers = {str(int(v)) for left, top, n in LAY.values() for v in (*left, *top, n)}
    assert printed <= numbers | {"0", "1", "2", "3", "4", "100"}
