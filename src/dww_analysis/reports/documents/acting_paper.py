"""Action knowledge and the practice profile as PDF: the same blocks, with what is drawn in them set out for paper."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any

from dww_analysis.domain.study import Study
from dww_analysis.language import Words
from dww_analysis.reports.render.content import Numbered, blocks_content, held
from dww_analysis.reports.render.typst import Paper, compile_pdf
from dww_analysis.reports.sections.acting_drawings import DrawnBlock


def acting_pdf(said: Mapping[str, Any], study: Study) -> bytes:
    """The PDF of a page. said: what its page shows, with `blocks` as pairs of which the first is printed."""
    words: Words = said["w"]
    content = {
        **{key: said[key] for key in ("title", "study", "notice", "how", "contact")},
        "blocks": _content((b for b, _ in said["blocks"]), words),
        "reading": words("priorities.reading"),
    }
    return compile_pdf(
        "acting", content, Paper(f"{said['title']} – {said['study']}", said["lang"], study.delivered)
    )


def _content(blocks: Iterable[DrawnBlock], words: Words) -> list[dict[str, Any]]:
    """Blocks as plain data: what is drawn stands between their sentences and the rest."""
    seen = Numbered()
    return [
        {
            "heading": b.heading,
            "sentences": [held(s) for s in b.sentences],
            "map": asdict(b.map) if b.map is not None else None,
            "bars": [asdict(one) for one in b.bars],
            "lines": [asdict(one) for one in b.lines],
            "rest": blocks_content(
                [replace(b, heading="", sentences=(), map=None, bars=(), lines=())], words, seen
            ),
        }
        for b in blocks
    ]
