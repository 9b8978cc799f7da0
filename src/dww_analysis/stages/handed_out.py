"""What the page links to: the files of the documents that reports.yaml lists; a unit gets its sheet apart."""

from __future__ import annotations

from collections.abc import Mapping

from dww_analysis.domain.report import Document
from dww_analysis.stages import places
from dww_analysis.stages.places import Place
from dww_analysis.stages.project import Project

# Document -> what it is called on the page -> its files, as a reader looks for them.
FILES: Mapping[Document, Mapping[str, tuple[Place, ...]]] = {
    "factsheet": {"factsheet": (places.FACTSHEET, places.FACTSHEET_PAPER)},
    "report": {"report": (places.ARTICLE["pdf"], places.ARTICLE["docx"])},
    "praatplaat": {
        "praatplaat": (places.PICTURE_PAGE, places.PICTURE_PDF, places.PICTURE),
        "praatplaat_empty": (places.EMPTY_PICTURE_PDF, places.EMPTY_PICTURE),
    },
    "cards": {"cards": (places.CARDS_PAGE, places.CARDS)},
    "workbook": {"workbook": (places.WORKBOOK,), "repeat": (places.REPEAT,)},
}


def handed_out(project: Project) -> list[tuple[str, str, str]]:
    """(document, address from the page, language or "") of every file, in the order in which the page lists them."""
    settings = project.files.reports
    listed = [
        (name, place)
        for d in FILES
        if d in settings.documents
        for name, of in FILES[d].items()
        for place in of
    ]
    listed.append(("provenance", places.PROVENANCE))
    return [
        (name, place.pattern.format(name=language), language)
        for name, place in listed
        for language in (settings.languages if "{name}" in place.pattern else [""])
    ]
