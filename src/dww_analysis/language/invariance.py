"""One sentence for each invariance ladder, made from its row in the table of verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dww_analysis.language.labels import Labels

NOT_TESTED, HIDDEN, DELIVERED = "not tested", "hidden", "delivered"


def ladder_sentence(row: Mapping[str, Any], labels: Labels) -> str:
    """What one ladder means for comparing means.

    row: over (waves, arms or language), wave, verdict, released, cutoffs, n_persons, means_comparable (True, False or
    None), and for a ladder that was not climbed `why`. A hidden row has no `verdict`.
    """
    words, over = labels.words, _place(row, labels)
    hidden = not isinstance(row["verdict"], str) or not row["verdict"]
    if hidden or row["verdict"] == NOT_TESTED:
        why = str(row.get("why") or HIDDEN)
        if hidden:
            why = DELIVERED if without_items(row, labels) else HIDDEN
        reason = words.known("sameness.why", why.replace(" ", "_"))
        return f"{words('sameness.untested', over=over, reason=reason)} {words('sameness.means.unknown')}"
    level = words(f"sameness.equal.{str(row['verdict']).removeprefix('partial ')}")
    if str(row["verdict"]).startswith("partial"):
        level = words("sameness.except", level=level, released=row["released"])
    persons = words.amount("person", row["n_persons"])
    said = words("sameness.holds", over=over, level=level, cutoffs=row["cutoffs"], persons=persons)
    return f"{said} {_of_means(row, labels)}"


def without_items(row: Mapping[str, Any], labels: Labels) -> bool:
    """Whether a ladder's scale was delivered as a score: that nothing was tested is known, whatever is hidden."""
    scale = labels.scale_of(str(row.get("scale", "")))
    return scale is not None and scale.key is None


def _place(row: Mapping[str, Any], labels: Labels) -> str:
    wave = labels.wave(int(float(row["wave"]))) if row["wave"] == row["wave"] and row["wave"] != "" else ""
    return labels.words.capital(labels.words(f"sameness.place.{row['over']}", wave=wave))


def _of_means(row: Mapping[str, Any], labels: Labels) -> str:
    """Whether means may be compared; between arms that were made by lot, what the doubt is worth."""
    if row["means_comparable"]:
        return labels.words("sameness.means.yes")
    by_lot = row["over"] == "arms" and labels.study.by_lot
    return labels.words("sameness.means.no_by_lot" if by_lot else "sameness.means.no")
