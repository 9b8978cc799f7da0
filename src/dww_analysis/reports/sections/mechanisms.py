"""How it may work: the picture of the theory, what is found along its paths with what has to be assumed for it, and all
numbers folded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from dww_analysis.domain.study import Study
from dww_analysis.domain.theory import Theory, named_in
from dww_analysis.language import Words, decimals_for, decimals_for_interval
from dww_analysis.language.labels import Labels
from dww_analysis.language.theory import points_of
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
                words(f"mechanisms.intro.{_most(theory, labels.study)}"),
                _about_doses(theory, words),
                words("mechanisms.sealed"),
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


def _most(theory: Theory, study: Study) -> str:
    """The most that an arrow of this theory can be in this study."""
    if not theory.starts_at_arm:
        return "association"
    if study.by_lot:
        return "effect"
    return "association" if study.starts else "difference"


class Said:
    """Sentences and cells about one theory in one language."""

    def __init__(self, theory: Theory, labels: Labels):
        self.theory, self.labels, self.words = theory, labels, labels.words
        self.study = labels.study

    def node(self, id: str) -> str:
        """The label of a node, or of a background variable; the id itself where it is neither."""
        known = {n.id: n.label for n in self.theory.nodes} | {
            b.name: b.label for b in self.labels.study.background
        }
        return self.words.say(known[id]) if id in known else id

    def way(self, row: Row) -> str:
        """`support → learning potential → agency`, from column id of a row; of a moderation its arrow."""
        return ARROW.join(self.node(i) for i in named_in(str(row["id"]))[0])

    # --- sentences

    def path(self, row: Row) -> str:
        """What was found along one path: an indirect effect, or an association and why it is no more; of a row
        without an estimate only why there is none."""
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
        first, mediator, _ = (self.theory.node(n) for n in named_in(str(row["id"]))[0])
        reasons = {
            "from_score": not first.arm,
            "not_by_lot": not self.study.by_lot,
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
        """What who reads a path as a cause takes for granted, a sentence each, beside what this study did about it.
        rows: of paths; those from the arm, and those between units, bring sentences of their own."""
        words = self.words
        from_arm = [r for r in rows if self._from_arm(r)]
        if from_arm:
            yield self.labels.by_design(f"mechanisms.assume.{'lot' if self.study.by_lot else 'no_lot'}")
        yield words("mechanisms.assume.confounders")
        yield self._held()
        if from_arm:
            yield words("mechanisms.assume.changed_by_it")
        yield words("mechanisms.assume.order")
        yield words("mechanisms.assume.linear_arms" if self.study.has_arms else "mechanisms.assume.linear")
        between = [self._from_arm(r) for r in rows if r["part"] == "between"]
        if between:
            yield words("mechanisms.assume.between_arm" if any(between) else "mechanisms.assume.between")

    def _from_arm(self, row: Row) -> bool:
        """Whether a path starts at a condition that was given."""
        return self.study.has_arms and self.theory.node(named_in(str(row["id"]))[0][0]).arm

    def _held(self) -> str:
        """What the models hold beside the steps of a path."""
        words, adjusted = self.words, [self._adjusted(n) for n in self.theory.adjust]
        arms = self.study.has_arms
        held = words("mechanisms.assume.held_arms" if arms else "mechanisms.assume.held_waves")
        if not adjusted:
            return words("mechanisms.assume.not_adjusted", held=held)
        return words("mechanisms.assume.adjusted", held=held, names=words.listing(adjusted))

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
        note = words("mechanisms.table.note", points=points_of(self.theory, words))
        notes = [note, *cell_notes(cells, self.labels)]
        return build_table(KEY, words("mechanisms.table.caption"), heads, cells, notes, f"{KEY}.csv")

    def _cells(self, row: Row) -> list[Cell]:
        words = self.words
        by = f" × {self.node(str(row['by']))}" if row["by"] else ""
        head = [heading(self.way(row) + by), text(words(f"mechanisms.part.{row['part']}"))]
        head += [text(words(f"mechanisms.noun.{row['noun']}")), text(words(f"badge.status.{row['status']}"))]
        if flagged(row):
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


def _known(row: Row) -> bool:
    return not row["remark"] and not flagged(row)
