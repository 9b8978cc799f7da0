"""What deviations from the sealed plan do to the answers: the estimate as it was sealed, beside the present one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dww_analysis.domain.estimate import parts_of
from dww_analysis.domain.plan import Plan
from dww_analysis.domain.theory import THEORY, Theory, named_in, told_by
from dww_analysis.language import decimals_for_interval
from dww_analysis.language.labels import Labels
from dww_analysis.reports.cells import Cell, heading, hidden, interval, nothing, number, p_value
from dww_analysis.reports.headlines import entry_name
from dww_analysis.reports.sections.measurement import cell_notes
from dww_analysis.reports.tables import Table, build_table, flagged, is_number

Row = Mapping[str, Any]
WHEN = ("sealed", "now")


def impact_table(found: Sequence[Row], plan: Plan, labels: Labels, theory: Theory | None = None) -> Table:
    """One row per analysis that deviates: estimate, interval and p under the sealed plan and now; a note where the
    sealed plan cannot be recomputed. `found`: the rows of deviations.csv. Of the theory of change a row for each arrow,
    path and moderation that shows a changed value."""
    words = labels.words
    of_each = list({(str(r["entry"]), _told(r, theory)): r for r in reversed(found)}.values())[::-1]
    rows = [_row(r, plan, labels, theory) for r in of_each]
    columns = [words("results.outcome")]
    for when, conf_level in zip(WHEN, (_sealed_level(found, plan), plan.conf_level), strict=True):
        parts = [words("results.estimate"), words.level(conf_level), words("results.p")]
        columns += [words(f"impact.{when}", what=part) for part in parts]
    notes = [*(_note(r, plan, labels) for r in of_each), *cell_notes(rows, labels)]
    return build_table("impact", words("impact.caption"), columns, rows, notes, "deviations.csv")


def _sealed_level(found: Sequence[Row], plan: Plan) -> float:
    """The confidence level of the sealed plan."""
    return next((float(r["old"]) for r in found if r.get("what") == "family.conf_level"), plan.conf_level)


def _told(row: Row, theory: Theory | None) -> tuple[str, str] | None:
    return told_by(str(row.get("what", "")), theory) if row["entry"] == THEORY else None


def _name(row: Row, plan: Plan, labels: Labels, theory: Theory | None) -> str:
    """The outcome; of the theory of change what shows the changed value: an arrow, path or moderation by its nodes."""
    name, told = entry_name(str(row["entry"]), plan, labels), _told(row, theory)
    if told is None or theory is None:
        return name
    known = {n.id: labels.words.say(n.label) for n in theory.nodes}
    known |= {b.name: labels.words.say(b.label) for b in labels.study.background}
    nodes, by = named_in(told[1])
    said = " → ".join(known.get(node, node) for node in nodes)
    return f"{name}: {said}{f' × {known.get(by, by)}' if by else ''}"


def _row(row: Row, plan: Plan, labels: Labels, theory: Theory | None) -> list[Cell]:
    name = heading(_name(row, plan, labels, theory))
    if flagged(row):
        return [name] + [hidden()] * 6
    ends = [(row.get(f"conf_low_{when}"), row.get(f"conf_high_{when}")) for when in WHEN]
    known = [(low, high) for low, high in ends if is_number(low) and is_number(high)]
    decimals = min((decimals_for_interval(low, high) for low, high in known), default=2)
    return [name, *(cell for when in WHEN for cell in _cells(row, when, decimals))]


def _cells(row: Row, when: str, decimals: int) -> list[Cell]:
    if not is_number(row.get(f"estimate_{when}")):
        return [nothing()] * 3
    estimate, low, high, p = (row[f"{n}_{when}"] for n in ("estimate", "conf_low", "conf_high", "p"))
    return [number(estimate, decimals), interval(low, high, decimals), p_value(p)]


def _note(row: Row, plan: Plan, labels: Labels) -> str:
    """Why one of both is not there; "" where both are, or where numbers are hidden."""
    words, name = labels.words, entry_name(str(row["entry"]), plan, labels)
    if flagged(row):
        return ""
    label = words.capital(name)
    if str(row["entry"]) not in {e.id for e in plan.entries} and row["entry"] == THEORY:
        there = any(is_number(row.get(f"estimate_{when}")) for when in WHEN)
        return "" if there else words("impact.theory", label=label)
    remark = row.get("remark_sealed")
    if remark in ("as_read", "unread"):
        return words(f"impact.{remark}", label=label, values=words.listing(parts_of(row.get("kept"))))
    if remark == "failed":
        return words("impact.failed", label=label)
    if not is_number(row.get("estimate_sealed")):
        return words("impact.not_sealed", label=label)
    return "" if is_number(row.get("estimate_now")) else words("impact.gone", label=label)
