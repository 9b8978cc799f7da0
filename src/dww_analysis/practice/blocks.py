"""Building blocks that groups pasted: how many groups chose each, and which are often together. No tests."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from dww_analysis.practice.rating import Mean, mean_interval
from dww_analysis.practice.shares import Share, wilson


def block_shares(placed: pd.DataFrame) -> dict[str, Share]:
    """Block -> the share of groups that placed it, with Wilson's interval. placed: groups x blocks, 1 or 0."""
    return {str(b): wilson(int((placed[b] > 0).sum()), len(placed)) for b in placed.columns}


def blocks_together(placed: pd.DataFrame) -> pd.DataFrame:
    """Columns block, other_block, groups: how many groups placed both, most first and then by name."""
    chosen = placed > 0
    rows = [
        (*sorted((str(a), str(b))), int((chosen[a] & chosen[b]).sum()))
        for a, b in combinations(placed.columns, 2)
    ]
    found = pd.DataFrame(rows, columns=["block", "other_block", "groups"])
    return found.sort_values(
        ["groups", "block", "other_block"], ascending=[False, True, True], ignore_index=True
    )


FEWEST_ON_BOARD = 3  # blocks: of two each is the nearest to the other, and each lies in a corner
BOARD = (0.0, 100.0)  # from the block that lies most to one side to the one that lies most to the other


def blocks_near(places: pd.DataFrame) -> pd.DataFrame:
    """Columns block, other_block, groups, both: in how many groups two blocks lay side by side, of those with both.

    places: rows of group, block, x and y, in whatever unit and with whatever zero each board has. Side by side: no
    other block lay nearer to one of the two. Boards of fewer than three blocks say nothing of it and are left out.
    """
    near: dict[tuple[str, str], list[bool]] = {}
    for _, board in places.groupby("group"):
        board = board.sort_values("block")
        if len(board) < FEWEST_ON_BOARD:
            continue
        at = board[["x", "y"]].to_numpy(float)
        far = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
        np.fill_diagonal(far, np.inf)
        nearest = far <= far.min(axis=1, keepdims=True)
        for a, b in combinations(range(len(board)), 2):
            pair = (str(board["block"].iloc[a]), str(board["block"].iloc[b]))
            near.setdefault(pair, []).append(bool(nearest[a, b] or nearest[b, a]))
    rows = [(*pair, sum(told), len(told)) for pair, told in sorted(near.items())]
    return pd.DataFrame(rows, columns=["block", "other_block", "groups", "both"])


def mean_places(places: pd.DataFrame) -> dict[str, tuple[Mean, Mean]]:
    """Block -> its mean place over boards, from the left and from the top, each from 0 to 100 with the interval of
    Student's t.

    places: as for `blocks_near`, x from the left and y from the top. On each board 0 is the block that lies most to the
    left (or highest) and 100 the one that lies most to the right (or lowest), so that a larger board weighs no more.
    Boards of fewer than three blocks, or with all blocks in one line across or down, say nothing and are left out.
    """
    boards = places.groupby("group")[["x", "y"]]
    low, far = boards.transform("min"), boards.transform("max") - boards.transform("min")
    told = (boards.transform("size") >= FEWEST_ON_BOARD) & (far > 0).all(axis=1)
    at = (BOARD[1] * (places[["x", "y"]] - low) / far)[told]
    by_block = at.assign(block=places["block"][told]).sort_values(["block", "x", "y"]).groupby("block")
    return {str(b): (mean_interval(own["x"], *BOARD), mean_interval(own["y"], *BOARD)) for b, own in by_block}
