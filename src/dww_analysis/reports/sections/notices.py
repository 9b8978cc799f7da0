"""What a document says of its data before anything else: that they are invented or public, and how codes were made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dww_analysis.language.labels import Labels
from dww_analysis.reports.sections.provenance import keyed_with_test_key

SAID = ("invented", "public")  # kinds of data that a document names


def data_notice(labels: Labels) -> str:
    """The sentence above a page about what its data are; "" where they are of real persons."""
    data = labels.study.data
    return labels.words(f"notice.{data}") if data in SAID else ""


def notices_of(provenance: Mapping[str, Any], labels: Labels) -> list[str]:
    """What stands above a report: its data, and whether pseudonyms were made with a key that everybody has; [] where
    neither has to be said. provenance: `pseudonyms` of it is read."""
    data, tested = data_notice(labels), keyed_with_test_key(provenance)
    return [*([data] if data else []), *([labels.words("notice.test_key")] if tested else [])]


def data_foot(labels: Labels) -> list[str]:
    """The same as `data_notice` in few words, for the foot of a paper."""
    data = labels.study.data
    return [labels.words(f"factsheet.foot.{data}")] if data in SAID else []


def talking_foot(labels: Labels) -> list[str]:
    """The foot of what people stand around: the data, their date, and that nobody can be recognised."""
    words, date = labels.words, labels.words.date(labels.study.delivered)
    return [
        *data_foot(labels),
        words("praatplaat.foot.stand", date=date),
        labels.by_teams("praatplaat.foot.nobody"),
    ]
