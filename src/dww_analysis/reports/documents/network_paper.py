"""Pages of learning networks as PDF: the same blocks, with their strips and lines drawn for paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from dww_analysis.domain.study import Study
from dww_analysis.language import Words
from dww_analysis.reports.render.content import Numbered, blocks_content
from dww_analysis.reports.render.typst import Paper, compile_pdf
from dww_analysis.reports.sections.networks.pictures import NetworkBlock


def network_pdf(said: Mapping[str, Any], study: Study) -> bytes:
    """The PDF of a page. said: what its page shows, of which `blocks`, `title`, `notice`, `how` and `contact` are
    printed."""
    words: Words = said["w"]
    content = {
        **{key: said[key] for key in ("title", "study", "notice", "how", "contact")},
        "blocks": _content(said["blocks"], words),
        "reading": words("priorities.reading"),
    }
    title = f"{said['title']} – {said['study']}"
    return compile_pdf("network", content, Paper(title, said["lang"], study.delivered))


def _content(blocks: Sequence[NetworkBlock], words: Words) -> list[dict[str, Any]]:
    """Blocks with their pictures as plain data; tables are numbered through."""
    seen = Numbered()
    return [
        {
            **blocks_content([b], words, seen)[0],
            "strips": [asdict(s) for s in b.strips],
            "lines": [asdict(one) for one in b.lines],
        }
        for b in blocks
    ]
