"""The table behind the sheets of teams and organisations. It holds small groups and is never handed out."""

from __future__ import annotations

from dww_analysis.domain.sheets import CHANGES, UNIT_LEVELS, VERDICTS
from dww_analysis.domain.tables.columns import Table, flags, numbers, texts, wholes

UNIT_SHEETS = Table(
    "unit_sheets",
    (
        *texts("level", "key", allowed=UNIT_LEVELS),
        *texts("unit", "key"),
        *wholes("wave", "key"),
        *texts("scale", "key"),
        *wholes("n", "persons"),
        *wholes("members", absent=True),
        *numbers("mean", "mean", of="n"),
        *numbers("std_error conf_low conf_high band_low band_high"),
        *texts("verdict", "statistic", allowed=VERDICTS),
        *texts("change", "statistic", allowed=CHANGES),
        *flags("shown"),
    ),
    ("level", "unit", "wave", "scale"),
    protected_by=("n",),
    what="how every team and organisation stands, with what may be shown to it; for the research team only",
)
TABLES = (UNIT_SHEETS,)
