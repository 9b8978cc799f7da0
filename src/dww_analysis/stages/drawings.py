"""How drawings are kept: SVG, PNG and CSV of each, and one list of what the report needs of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dww_analysis.stages import places

PARTS = {"figures": places.FIGURES}
LIST = "figures.json"


def folder_of(drawings: Iterable[Any]) -> Mapping[str, Any]:
    """File name -> content of all drawings (those that are None left out)."""
    from dww_analysis.privacy.published import published_numbers

    found = [drawing for drawing in drawings if drawing is not None]
    files: dict[str, Any] = {}
    for drawing in found:
        stem = f"{drawing.name}.{drawing.language}"
        files[f"{stem}.svg"] = drawing.svg()
        files[f"{stem}.png"] = drawing.png()
        files[f"{drawing.name}.csv"] = published_numbers(drawing.data)
    return {**files, LIST: [drawing.record() for drawing in found]}
