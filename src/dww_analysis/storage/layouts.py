"""The register of layouts: which function knows the header rows of which tool, and in what order they are asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dww_analysis.storage import surveys
from dww_analysis.storage.redcap import redcap
from dww_analysis.storage.surveys import Layout, Records

Look = Callable[[Records, str], Layout | None]

TOOLS: Mapping[str, Look] = {
    "qualtrics": surveys.qualtrics,
    "qualtrics legacy": surveys.qualtrics_legacy,
    "limesurvey": surveys.limesurvey,
    "castor": surveys.castor,
    "redcap": redcap,
}


def tool_layout(records: Records, delimiter: str) -> Layout | None:
    """The layout of the first tool that knows these records; None when none does."""
    for look in TOOLS.values():
        layout = look(records, delimiter)
        if layout is not None:
            return layout
    return None


def recognise(records: Records, delimiter: str) -> Layout | None:
    """The layout of the first tool that knows these records, or one header row; None for no records."""
    return tool_layout(records, delimiter) or surveys.plain(records, delimiter)


LAYOUT_READERS: Mapping[str, Look] = {
    "auto": recognise,
    "csv": surveys.plain,
    "tsv": surveys.plain,
    "qualtrics": lambda r, d: surveys.qualtrics(r, d) or surveys.qualtrics_legacy(r, d),
    "limesurvey": surveys.limesurvey,
    "castor": surveys.castor,
    "redcap": redcap,
    "formdesk": surveys.formdesk,
}
