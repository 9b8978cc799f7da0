"""Check-lists of the package: points of what makes a network learn, in our own words with the source named."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import yaml

from dww_analysis.domain.networks import Checklist, ChecklistBlock, ChecklistId, ChecklistItem


@cache
def load_checklist(id: ChecklistId) -> Checklist:
    """The check-list with its blocks and points, from package data practice/checklists/<id>.yaml."""
    file = resources.files("dww_analysis.practice").joinpath("checklists").joinpath(f"{id}.yaml")
    written: Mapping[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    blocks = tuple(
        ChecklistBlock(
            block["id"],
            block["label"],
            tuple(
                ChecklistItem(i["id"], i["text"], i.get("if_yes", {}), i.get("if_no", {}))
                for i in block["items"]
            ),
        )
        for block in written["blocks"]
    )
    return Checklist(id, written["name"], written["source"], blocks)


def items_of(id: ChecklistId) -> tuple[str, ...]:
    """Ids of the points of a check-list, in order."""
    return tuple(item.id for item in load_checklist(id).items)
