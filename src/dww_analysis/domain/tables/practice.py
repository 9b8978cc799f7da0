"""The table about sessions: every number that a page about them may print.

Rows of `basis: open` were made together in the room and shown there to all: they are no secret, whatever their count.
Which groups of the others are too few follows from ballots that are in no table, so that rows come here hidden; the
gate hides what is left.
"""

from __future__ import annotations

from typing import get_args

from dww_analysis.domain.practice import AGENDA_LEVELS, AGENDA_STATUSES, TIERS
from dww_analysis.domain.study import Basis
from dww_analysis.domain.tables.columns import Table, flags, numbers, texts

BASES: tuple[str, ...] = get_args(Basis)
QUANTITIES = Table(
    "quantities",
    (
        *texts("id", "key"),
        *texts("unit_level", allowed=("session", "network", "study")),
        *texts("unit"),
        *texts("subject", absent=True),
        *texts("role quantity"),
        *numbers("value conf_low conf_high"),
        *numbers("conf_level", "fact"),
        *texts("method", absent=True),
        *numbers("n", "persons", absent=False),
        *numbers("n_possible", "fact"),
        *texts("tier", "statistic", absent=True, allowed=TIERS),
        *texts("basis", allowed=BASES),
        *flags("suppressed"),
    ),
    ("id",),
    protected_by=("n",),
    open_rows=("basis", "open"),
    whole_rows=True,
    what="what people chose, voted, pasted and told in sessions, and how sure it is",
)
AGENDA = Table(
    "agenda",
    (
        *texts("id", "key"),
        *texts("level", allowed=AGENDA_LEVELS),
        *texts("region", absent=True),
        *texts("item"),
        *texts("theme national", absent=True),
        *texts("status", allowed=AGENDA_STATUSES),
        *texts("since first"),
        *flags("carried_over"),
        *texts("owner_role", absent=True),
    ),
    ("id",),
    what="items of learning agendas: what regions and the country work on, and since when; nothing about persons",
)
TABLES = (QUANTITIES, AGENDA)
