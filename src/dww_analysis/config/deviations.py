"""What differs from the sealed plan, and why: one row per value that changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dww_analysis.config.files import StudyFiles
from dww_analysis.config.seal import Seal, changes_of, exploring, theory_changes
from dww_analysis.domain.plan import Plan
from dww_analysis.domain.theory import THEORY

COLUMNS = ("entry", "what", "old", "new", "when", "why")
NOT_EXPLAINED = "not explained"


def deviation_rows(files: StudyFiles, seal: Seal | None) -> list[dict[str, str]]:
    """Rows of deviations.csv: entry, what (a path into the resolved entry), old and new as configuration values, when
    (of the reason, else the date of the data), why ("not explained" without a reason). Entries that were sealed and are
    gone or called exploratory, and planned ones that came later, are rows as well; so is the theory of change, as the
    entry "theory". [] when nothing deviates or nothing
    was sealed.
    """
    if seal is None:
        return []
    now = {e.id: e for e in files.plan.entries}
    rows = []
    for name in seal.entries:
        changes = changes_of(files, now[name], seal) if name in now else [("entry", name, "")]
        rows += [_row(files, name, change) for change in changes]
    added = [n for n in now if n not in seal.entries and not exploring(files, n)]
    rows += [_row(files, name, ("entry", "", name)) for name in added]
    return rows + [_row(files, THEORY, change) for change in theory_changes(files, seal)]


def _row(files: StudyFiles, entry: str, change: tuple[str, str, str]) -> dict[str, str]:
    what, old, new = change
    reason = _reason(files.plan, entry)
    when = str(reason.get("when") or files.study.delivered)
    return {
        "entry": entry,
        "what": what,
        "old": old,
        "new": new,
        "when": when,
        "why": str(reason.get("why") or NOT_EXPLAINED),
    }


def _reason(plan: Plan, entry: str) -> Mapping[str, Any]:
    """The reason given in `deviations`, or by the entry itself (`deviation`)."""
    when = next((r.when for r in plan.reasons if r.entry == entry), "")
    return {"why": plan.why_deviates(entry), "when": when}
