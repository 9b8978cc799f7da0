"""Remarks that people coded: read, checked, and whether the coders agree. The words of a remark are not read."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dww_analysis.delivery.codes import person_code
from dww_analysis.domain.practice import ALL_ROLES, Practice, Quantity
from dww_analysis.domain.study import Basis, Source
from dww_analysis.practice.coding import krippendorff_alpha
from dww_analysis.practice.delivered import Delivered
from dww_analysis.practice.quantities import quantity_of
from dww_analysis.practice.reading import Counted, once

CODED = ("theme", "kind")  # what coders say of a remark


def read_remarks(
    data: pd.DataFrame, source: Source, practice: Practice, *, lines: np.ndarray | None = None
) -> Counted:
    """Rows of session, id, role, theme, kind and coder: one a remark and coder.

    Columns of `source.columns`: session, id, role, theme, kind, coder. Raises one PracticeError: ids that are not in
    practice.yaml, a remark without id or coder, a coder who gave one remark two codes.
    """
    table = Delivered.of(data, source, lines, ("session", "id", "role", "theme", "kind", "coder"))
    rows = pd.DataFrame(
        {
            "session": table.named("session", "session", practice.ids("sessions"), "sessions"),
            "id": table.text("id").map(person_code, na_action="ignore"),
            "role": table.named("role", "role", practice.ids("roles"), "roles"),
            "theme": table.named("theme", "theme", practice.ids("themes"), "themes"),
            "kind": table.named("kind", "kind", practice.kinds, "coding: kinds"),
            "coder": table.text("coder").map(person_code, na_action="ignore"),
        }
    )
    for ours, what in (("id", "id of the remark"), ("coder", "coder")):
        table.refuse(rows[ours].isna(), ours, f"no {what}", "one in every row", "add it, or use drop_rows")
    kept = once(table, rows, ["session", "id", "coder"])
    table.done()
    return Counted(rows[kept].reset_index(drop=True), int((~kept).sum()))


def remark_quantities(counted: Counted, study: str, basis: Basis) -> list[Quantity]:
    """Krippendorff's alpha of the themes and of the kinds that coders gave; none where nothing was coded twice."""
    found = []
    for code in CODED:
        wide = counted.rows.pivot(index=["session", "id"], columns="coder", values=code)
        alpha = krippendorff_alpha(wide.reset_index(drop=True))
        if alpha is not None:
            found.append(
                quantity_of(
                    study, code, ALL_ROLES, "alpha", alpha.value, basis, unit_level="study",
                    conf_low=alpha.conf_low, conf_high=alpha.conf_high, conf_level=alpha.conf_level,
                    method="Krippendorff, nominal", n=alpha.n_units, n_possible=float(len(wide)),
                )
            )  # fmt: skip
    return found
