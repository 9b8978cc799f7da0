"""What people rate their own practice with, how that changed, and what they took from examples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dww_analysis.domain.networks import HIGHEST_RATING, LOWEST_RATING
from dww_analysis.domain.practice import ALL_ROLES
from dww_analysis.language import Words
from dww_analysis.reports.cells import Cell, count, heading, hidden, nothing, number, span
from dww_analysis.reports.sections.measurement import there
from dww_analysis.reports.sections.networks.pictures import LineRow, Lines, NetworkBlock, on_line
from dww_analysis.reports.sections.networks.rows import NetworkRows
from dww_analysis.reports.sections.quantity_rows import QuantityRows, Row
from dww_analysis.reports.tables import Table, build_table, flagged

ENDS = (LOWEST_RATING, HIGHEST_RATING)
NOTED = ("successes", "problems", "taken", "left", "first_steps", "steps_done")


def rated_block(told: NetworkRows) -> NetworkBlock:
    """Ratings by round, their middle in words, change, and means by role, a row each; empty where nobody rated."""
    words = told.labels.words
    rounds = told.subjects("rating_mean")
    if not rounds:
        return NetworkBlock()
    sentences = [s for s in map(" ".join, (_middles(told, rounds), _changes(told), _why_hidden(told))) if s]
    tables = tuple(t for t in (_by_role(told, rounds),) if t)
    return NetworkBlock(
        words("networks.rated"),
        (words("networks.rating_is"), *sentences),
        tables=tables,
        lines=rating_lines(told),
    )


def rating_lines(told: NetworkRows) -> tuple[Lines, ...]:
    """The mean of each round on a line from 0 to 10, with its interval; nothing where none may be shown."""
    words = told.labels.words
    rows = [
        mean_line(told, words("networks.round", round=name), told.row("rating_mean", name))
        for name in told.subjects("rating_mean")
    ]
    notes = (*told.notes("rating_mean"), *no_interval(told, ALL_ROLES))
    shown = any(row.at is not None for row in rows)
    caption = words(f"networks.rating_caption{'_interval' if spanned(rows) else ''}")
    return (Lines(caption, ("0", "10"), tuple(rows), notes),) if shown else ()


def spanned(rows: Iterable[LineRow]) -> bool:
    """Whether any mean is shown with its interval."""
    return any(row.low is not None for row in rows)


def mean_line(told: QuantityRows, label: str, row: Row | None) -> LineRow:
    """A mean with its interval, where there is one, on a line from 0 to 10; a mark where the row is None or hidden."""
    words = told.labels.words
    if row is None or flagged(row):
        return LineRow(label, words("table.suppressed_mark"))
    low, high, mean = (float(row[k]) for k in ("conf_low", "conf_high", "value"))
    key, spanned = ("mean_span", {"span": words.span(low, high, 1)}) if there(low) else ("mean", {})
    said = words(f"networks.{key}", mean=words.number(mean, 1), n=words.count(row["n"]), **spanned)
    return LineRow(label, said, *(on_line(v, *ENDS) if there(v) else None for v in (mean, low, high)))


def mean_interval(row: Row) -> Cell:
    """The interval of a mean; a dash where it has none."""
    return span(row["conf_low"], row["conf_high"], 1) if there(row["conf_low"]) else nothing()


def no_interval(told: QuantityRows, role: str = "") -> list[str]:
    """Why a mean that is shown has no interval, where there is such a mean; else []. role: of rows of this one."""
    bare = any(
        not flagged(r) and not there(r["conf_low"]) and role in ("", r["role"])
        for r in told.of_quantity("rating_mean")
    )
    return [told.labels.words("networks.no_interval")] if bare else []


def _middles(told: NetworkRows, rounds: list[str]) -> Iterator[str]:
    """Median and quartiles, in words."""
    words = told.labels.words
    for name in rounds:
        low, middle, high = (
            told.value(f"rating_{q}", name) for q in ("quartile_low", "median", "quartile_high")
        )
        if there(middle):
            said = [words.plain(v) for v in (low, middle, high)]
            key = "middle_same" if low == high else "middle"
            yield words(f"networks.{key}", round=name, low=said[0], median=said[1], high=said[2])


def _changes(told: NetworkRows) -> Iterator[str]:
    words = told.labels.words
    if told.subjects("rating_change") and all(map(flagged, told.of_quantity("rating_change"))):
        yield words("networks.changes_hidden")
        return
    for subject in told.subjects("rating_change"):
        yield change_said(told.row("rating_change", subject), subject, words)


def change_said(row: Row | None, rounds: str, words: Words) -> str:
    """How those changed who rated in both rounds, or that it is not shown. rounds: `1-2`."""
    first, _, later = rounds.partition("-")
    if row is None or flagged(row):
        return words("networks.change_hidden", first=first, later=later)
    low, high = float(row["conf_low"]), float(row["conf_high"])
    if not there(low):
        return words(
            "networks.change_alone", first=first, later=later, n=words.count(row["n"]),
            change=words.number(row["value"], 1),
        )  # fmt: skip
    way = "rose" if low > 0 else "fell" if high < 0 else "unclear"
    return words(
        f"networks.change_{way}", first=first, later=later, n=words.count(row["n"]),
        change=words.number(row["value"] if way == "unclear" else abs(row["value"]), 1),
        span=words.span(low, high, 1),
    )  # fmt: skip


def _why_hidden(told: NetworkRows) -> Iterator[str]:
    words, minimum = told.labels.words, told.labels.study.min_cell_size
    if told.hidden("rating_mean"):
        yield words("networks.rating_hidden", minimum=minimum)
    elif told.hidden("rating_median"):
        yield words("networks.median_hidden", minimum=3 * minimum)
    by_role = any(told.roles("rating_mean", name) for name in told.subjects("rating_mean"))
    if told.practice.roles and not by_role:
        yield words("networks.no_roles")


def _by_role(told: NetworkRows, rounds: list[str]) -> Table | None:
    """Mean, interval and number by round and role, where roles stand alone."""
    words = told.labels.words
    found = [(name, role) for name in rounds for role in told.roles("rating_mean", name)]
    if not found:
        return None
    rows: list[list[Cell]] = []
    for name, role in found:
        row = told.row("rating_mean", name, role)
        cells = (
            [hidden()] * 3
            if row is None or flagged(row)
            else [number(row["value"], 1), mean_interval(row), count(row["n"])]
        )
        rows.append(
            [heading(words.capital(told.role(role))), count(name) if name.isdigit() else Cell(name), *cells]
        )
    heads = [words(f"networks.{key}") for key in ("role", "round_head", "mean_head", "interval", "raters")]
    notes = (*told.notes("rating_mean"), *no_interval(told))
    return build_table(f"rated-{told.network.id}", words("networks.rated_by_role"), heads, rows, notes)


def yield_block(told: NetworkRows) -> NetworkBlock:
    """Successes beside problems, what was taken and left, first steps and how many were done: a row each, a column
    for each round. A sentence where all are hidden; empty where nothing was noted."""
    words = told.labels.words
    shown = [name for name in NOTED if told.subjects(name)]
    if not shown:
        return NetworkBlock()
    if all(map(flagged, told.of_quantity(*shown))):
        few = words("networks.noted_few", minimum=told.labels.study.min_cell_size)
        return NetworkBlock(words("networks.yield"), (few,))
    rounds = sorted({s for name in shown for s in told.subjects(name)}, key=lambda s: (len(s), s))
    rows = [
        [heading(words(f"networks.{name}")), *(_counted(told, name, r) for r in rounds)] for name in shown
    ]
    heads = [words("networks.noted"), *(words("networks.round", round=r) for r in rounds)]
    notes = [words("networks.noted_note"), *told.notes(*shown)]
    if any(told.hidden(name) for name in shown):
        notes.append(words("networks.noted_hidden"))
    table = build_table(f"noted-{told.network.id}", words("networks.noted_caption"), heads, rows, notes)
    return NetworkBlock(words("networks.yield"), (words("networks.yield_is"),), tables=(table,))


def _counted(told: NetworkRows, name: str, subject: str) -> Cell:
    row = told.row(name, subject)
    if row is None:
        return Cell("–")
    if flagged(row):
        return hidden()
    words = told.labels.words
    return Cell(words("networks.of", count=words.count(row["value"]), n=words.count(row["n"])))
