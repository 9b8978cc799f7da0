"""Building blocks that groups pasted: how many groups chose each, and which are often together. No tests."""

from __future__ import annotations

from itertools import combinations

import pandas as pd

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
