"""What units said, agreed on and counted. The tables hold words of single units and are never handed out."""

from __future__ import annotations

from dww_analysis.domain.cycle import ACTION_STATUSES, CYCLE_LEVELS, DECISIONS, QUESTIONS, SHARES
from dww_analysis.domain.tables.columns import Table, numbers, texts, wholes

_SHARED = tuple(word for word in SHARES if word != "no")  # what goes nowhere is not stored
INTERPRETATIONS = Table(
    "interpretations",
    (
        *texts("level", allowed=CYCLE_LEVELS),
        *texts("unit"),
        *wholes("round"),
        *texts("date", absent=True),
        *wholes("present", absent=True),
        *texts("question", allowed=QUESTIONS),
        *texts("about", absent=True),
        *texts("text"),
        *texts("share", allowed=_SHARED),
    ),
    ("level", "unit", "round", "date", "present", "question", "about", "text", "share"),
    what="what units said about their numbers, in their own words; for the research team only",
)
SHARED = Table(
    "shared_interpretations",
    (
        *texts("level", allowed=CYCLE_LEVELS),
        *wholes("round"),
        *texts("date", absent=True),
        *texts("question", allowed=QUESTIONS),
        *texts("about", absent=True),
        *texts("text"),
    ),
    ("level", "round", "date", "question", "about", "text"),
    what="what was said of the study as a whole, and what units share with all, without saying which unit",
)
STORIES = Table(
    "stories",
    (*wholes("round"), *texts("question", allowed=QUESTIONS), *texts("text")),
    ("round", "question", "text"),
    what="what people share with all and recognise or explain, without what names a unit",
)
ACTIONS = Table(
    "actions",
    (
        *texts("level", "key", allowed=CYCLE_LEVELS),
        *texts("unit", "key"),
        *wholes("round"),
        *texts("action", "key"),
        *texts("what"),
        *texts("decision", allowed=DECISIONS),
        *texts("why owner_role start check indicator", absent=True),
        *texts("status", allowed=ACTION_STATUSES),
        *texts("result reflection", absent=True),
        *texts("share", allowed=_SHARED),
    ),
    ("level", "unit", "action"),
    what="what units agreed to start, keep, adapt or stop, and how it went; for the research team only",
)
COUNTS = Table(
    "counts",
    (
        *texts("level", "key", allowed=CYCLE_LEVELS),
        *texts("unit indicator date", "key"),
        *numbers("value", "fact", absent=False),
        *numbers("out_of", "fact"),
    ),
    ("level", "unit", "indicator", "date"),
    what="what units counted of their own work; for the research team only",
)
TABLES = (INTERPRETATIONS, SHARED, STORIES, ACTIONS, COUNTS)
