"""How it may work: the picture of the theory, what is found along its paths with what has to be assumed for it, and all
numbers folded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from dww_analysis.domain.theory import Theory
from dww_analysis.language import Words, decimals_for, decimals_for_interval
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block, block, drawn, fold
from dww_analysis.reports.cells import (
    Cell,
    count,
    degrees,
    heading,
    hidden,
    interval,
    nothing,
    number,
    p_value,
    text,
)
from dww_analysis.reports.figure_record import FigureRecord
from dww_analysis.reports.sections.measurement import cell_notes
from dww_analysis.reports.tables import Table, build_table, flagged, is_number, refuse_small, rows_of

Row = Mapping[str, Any]
KEY = "mechanisms"
ARROW = " → "


def mechanism_blocks(
    table: pd.DataFrame | None, theory: Theory | None, figures: Sequence[FigureRecord], labels: Labels
) -> list[Block]:
    """The picture, the paths with their assumptions, what arrows depend on, the table; nothing without a theory."""
    if theory is None:
        return []
    for persons in ("n_persons", "n_smallest"):
        refuse_small(table, KEY, persons, ("estimate",), labels.study.min_cell_size)
    said = Said(theory, labels)
    rows = {
        kind: [r for r in rows_of(table) if r["kind"] == kind] for kind in ("arrow", "path", "moderation")
    }
    words = labels.words
    everything = said.table([r for found in rows.values() for r in found])
    return [
        block(
            sentences=[
                words("mechanisms.intro"),
                _about_doses(theory, words),
                words("mechanisms.not_sealed"),
            ],
            figures=drawn(figures, KEY, ""),
        ),
        block(
            words("mechanisms.paths_heading"),
            sentences=[*map(said.path, rows["path"]), words("mechanisms.assumed")],
            points=said.assumptions(rows["path"]),
        )
        if rows["path"]
        else block(),
        block(words("mechanisms.moderations_heading"), points=map(said.moderation, rows["moderation"])),
        block(folded=[fold(words("mechanisms.fold"), everything)]),
    ]


def _about_doses(theory: Theory, words: Words) -> str:
    doses = [words.say(n.label) for n in theory.nodes if n.dose is not None]
    return words("mechanisms.dose", names=words.listing(doses)) if doses else ""


class Said:
    """Sentences and cells about one theory in one language."""

    def __init__(self, theory: Theory, labels: Labels):
        self.theory, self.labels, self.words = theory, labels, labels.words
        allocation = labels.study.allocation
        self.unit = allocation.unit if allocation is not None else "team"
        self.by_lot = labels.study.by_lot

    def node(self, id: str) -> str:
        """The label of a node, or of a background variable."""
        known = {n.id: n.label for n in self.theory.nodes} | {
            b.name: b.label for b in self.labels.study.background
        }
        return self.words.say(known[id]) if id in known else id

    def way(self, row: Row) -> str:
        """`support → learning potential → agency`."""
        ids = str(row["id"]).partition("*")[0].split(">")
        return ARROW.join(self.node(i) for i in ids)

    # --- sentences

    def path(self, row: Row) -> str:
        """What was found along one path: an indirect effect, or an association and why it is no more."""
        words, way = self.words, self.words.capital(self.way(row))
        if not _known(row):
            return words("mechanisms.path.none", way=way, why=self.remark(row))
        noun = str(row["noun"])
        parts = [
            words(f"mechanisms.path.{noun}", way=way, estimate=words.estimate(row), sure=self.sure(row)),
            words(f"mechanisms.path.why_{self._why(row)}") if noun == "association" else "",
            self._slopes(row),
            self._direct(row),
        ]
        if is_number(row["interaction_p"]):
            parts.append(words("mechanisms.path.same_in_arms", p=words.p_phrase(row["interaction_p"])))
        return " ".join(p for p in parts if p)

    def _why(self, row: Row) -> str:
        """Why a path is an association only."""
        first, mediator, _ = (self.theory.node(n) for n in str(row["id"]).split(">"))
        reasons = {
            "from_score": not first.arm,
            "not_by_lot": not self.by_lot,
            "dose": mediator.dose is not None,
            "same_wave": True,
        }
        return next(reason for reason, holds in reasons.items() if holds)

    def _slopes(self, row: Row) -> str:
        if row["part"] != "within" or not is_number(row["covariance"]):
            return ""
        places = decimals_for(row["std_error"])
        numbers = {k: self.words.number(row[k], places) for k in ("product", "covariance")}
        return self.words("mechanisms.path.slopes", **numbers)

    def _direct(self, row: Row) -> str:
        if not is_number(row["direct"]):
            return ""
        places = decimals_for_interval(row["direct_low"], row["direct_high"])
        value = self.words.number(row["direct"], places)
        return self.words(
            "mechanisms.path.direct",
            value=value,
            span=self.words.span(row["direct_low"], row["direct_high"], places),
        )

    def assumptions(self, rows: Sequence[Row]) -> Iterator[str]:
        """What who reads a path as a cause takes for granted, beside what this study did about it."""
        words, adjusted = self.words, [self._adjusted(n) for n in self.theory.adjust]
        lot = "lot" if self.by_lot else "no_lot"
        yield words(f"mechanisms.assume.{lot}")
        yield words("mechanisms.assume.confounders")
        yield (
            words("mechanisms.assume.adjusted", names=words.listing(adjusted))
            if adjusted
            else words("mechanisms.assume.not_adjusted")
        )
        yield words("mechanisms.assume.changed_by_it")
        yield words("mechanisms.assume.order")
        yield words("mechanisms.assume.linear")
        if any(r["part"] == "between" for r in rows):
            yield words(f"mechanisms.assume.between_{self.unit}")

    def _adjusted(self, name: str) -> str:
        scale = self.labels.scale_of(name)
        return self.labels.outcome(name) if scale is not None else self.node(name)

    def moderation(self, row: Row) -> str:
        """How one arrow changes with a point more of something."""
        words, way, by = self.words, self.words.capital(self.way(row)), self.node(str(row["by"]))
        if not _known(row):
            return words("mechanisms.moderation.none", way=way, by=by, why=self.remark(row))
        return words(
            "mechanisms.moderation.said",
            way=way,
            by=by,
            estimate=words.estimate(row),
            sure=self.sure(row),
            p=words.p_phrase(row["p_value"]),
        )

    def sure(self, row: Row) -> str:
        return self.words(f"mechanisms.evidence.{row['evidence']}")

    def remark(self, row: Row) -> str:
        return self.words(f"mechanisms.remark.{row['remark'] or 'suppressed'}")

    # --- the table

    def table(self, rows: Sequence[Row]) -> Table:
        """Every arrow by its parts, every path and moderation."""
        words = self.words
        keys = (
            "what",
            "part",
            "noun",
            "status",
            "estimate",
            "interval",
            "df",
            "p",
            "persons",
            "units",
            "sure",
        )
        heads = [words(f"mechanisms.table.{k}") for k in keys]
        cells = [self._cells(r) for r in rows]
        notes = [words("mechanisms.table.note"), *cell_notes(cells, self.labels)]
        return build_table(KEY, words("mechanisms.table.caption"), heads, cells, notes, f"{KEY}.csv")

    def _cells(self, row: Row) -> list[Cell]:
        words = self.words
        by = f" × {self.node(str(row['by']))}" if row["by"] else ""
        head = [heading(self.way(row) + by), text(self._part(row))]
        head += [text(words(f"mechanisms.noun.{row['noun']}")), text(words(f"badge.status.{row['status']}"))]
        if flagged(dict(row)):
            return [*head, *[hidden()] * 6, text(self.remark(row))]
        if row["remark"]:
            return [*head, *[nothing()] * 6, text(self.remark(row))]
        places = decimals_for(row["std_error"])
        return [
            *head,
            number(row["estimate"], places),
            interval(row["conf_low"], row["conf_high"], places),
            degrees(row["df"]),
            p_value(row["p_value"]),
            count(row["n_persons"]),
            count(row["n_units"]),
            text(self.sure(row)),
        ]

    def _part(self, row: Row) -> str:
        part = str(row["part"])
        return self.words(
            f"mechanisms.part.{part}" if part == "total" else f"mechanisms.part.{part}_{self.unit}"
        )


def _known(row: Row) -> bool:
    return not row["remark"] and not flagged(dict(row))
