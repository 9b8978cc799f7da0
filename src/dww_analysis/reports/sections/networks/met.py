"""How often a network met: planned and held, gaps, who came and who is still there."""

from __future__ import annotations

from collections.abc import Iterator

from dww_analysis.reports.sections.measurement import there
from dww_analysis.reports.sections.networks.pictures import LineRow, Lines, NetworkBlock, on_line
from dww_analysis.reports.sections.networks.rows import NetworkRows


def met_block(told: NetworkRows) -> NetworkBlock:
    """Cadence and attendance; empty where no sessions were planned or counted (no row of quantity sessions_held)."""
    words = told.labels.words
    if told.row("sessions_held") is None:
        return NetworkBlock()
    lines = (_came(told),) if told.subjects("came") else ()
    return NetworkBlock(words("networks.met"), (" ".join(_sentences(told)),), lines=lines)


def _sentences(told: NetworkRows) -> Iterator[str]:
    words, network = told.labels.words, told.network
    held, planned = told.value("sessions_held"), told.value("sessions_planned")
    if not held:
        yield words("networks.none_held")
        return
    if there(planned):
        yield words("networks.held_of", held=words.count(held), planned=words.count(planned))
    else:
        yield words.many("networks.held", held)
    if network.every_weeks:
        yield words.many("networks.every_weeks", network.every_weeks)
    if there(longest := told.value("longest_gap_weeks")):
        yield words("networks.longest_gap", weeks=told.labels.words.plain(longest))
    if there(gaps := told.value("gaps")):
        yield words.many("networks.gaps", gaps) if gaps else words("networks.no_gaps")
    if there(hours := told.value("hours_together")):
        yield words("networks.hours", hours=words.count(hours))
    still = told.row("still_there")
    if still is not None and there(told.value("still_there")):
        yield words("networks.still", still=words.count(still["value"]), first=words.count(still["n"]))
    elif still is not None:
        yield words("networks.still_hidden", minimum=told.labels.study.min_cell_size)


def _came(told: NetworkRows) -> Lines:
    """How many came to each session."""
    words, members = told.labels.words, told.value("members")
    known = [v for s in told.subjects("came") if there(v := told.value("came", s))]
    most = members if there(members) else max(known, default=1.0)
    rows = []
    for subject in told.subjects("came"):
        n = told.value("came", subject)
        label = words("networks.session", n=subject)
        rows.append(
            LineRow(label, words.count(n), on_line(n, 0, most), 0.0, on_line(n, 0, most))
            if there(n)
            else LineRow(label, words("table.suppressed_mark"))
        )
    return Lines(words("networks.came"), ("0", words.count(most)), tuple(rows), told.notes("came"))
