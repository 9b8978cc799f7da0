"""Several networks beside each other: the same small pictures of each, in the order of the study, never by a number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dww_analysis.reports.sections.measurement import there
from dww_analysis.reports.sections.networks.pictures import NetworkBlock, Part, StripRow, Strips
from dww_analysis.reports.sections.networks.rated import rating_lines
from dww_analysis.reports.sections.networks.rows import NetworkRows


def beside_blocks(told: Sequence[NetworkRows]) -> list[NetworkBlock]:
    """A block of each network, after a sentence about the order. told: rows of at least one network (IndexError
    without)."""
    words = told[0].labels.words
    return [NetworkBlock("", (words("networks.no_order"),)), *(_small(network) for network in told)]


def _small(told: NetworkRows) -> NetworkBlock:
    words = told.labels.words
    strips = [row for row in (_sessions(told),) if row is not None]
    return NetworkBlock(
        told.title,
        tuple(_sentences(told)),
        strips=(Strips(words("networks.planned_held"), tuple(strips)),) if strips else (),
        lines=rating_lines(told),
    )


def _sentences(told: NetworkRows) -> Iterator[str]:
    words = told.labels.words
    if there(n := told.value("members")):
        yield words.many("networks.members", n)
    yield words(f"networks.type.{told.network.type}")
    if told.subjects("rating_mean") and not rating_lines(told):
        yield words("networks.rating_hidden", minimum=told.labels.study.min_cell_size)


def _sessions(told: NetworkRows) -> StripRow | None:
    """Sessions held and still to come."""
    words, held, planned = told.labels.words, told.value("sessions_held"), told.value("sessions_planned")
    if not there(held):
        return None
    parts = [Part(words("networks.part_held", n=words.count(held)), held, "yes")] if held else []
    if there(planned) and planned > held:
        parts.append(
            Part(words("networks.part_open", n=words.count(planned - held)), planned - held, "unknown")
        )
    return StripRow("", tuple(parts)) if parts else None
