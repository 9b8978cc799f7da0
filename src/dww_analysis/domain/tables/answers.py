"""Tables of answers: measurements, why answers are absent, scores, linking, and what happened to the rows."""

from __future__ import annotations

from dww_analysis.domain.study import LEVELS
from dww_analysis.domain.tables.columns import Table, flags, numbers, texts, wholes

PERSON_WAVE = (*texts("sample person", "key"), *wholes("wave", "key"))

ANSWERS = Table(
    "source_answers",
    (
        *PERSON_WAVE,
        *texts("source"),
        *texts("organisation team", absent=True),
        *flags("complete participated"),
    ),
    ("sample", "person", "wave"),
    more=True,
    optional=("organisation", "team", "participated"),
    what="answers of one source, as typed values",
)
MEASUREMENTS = Table(
    "measurements",
    (
        *PERSON_WAVE,
        *texts("source"),
        *texts("organisation team", absent=True),
        *flags("complete participated"),
    ),
    ("sample", "person", "wave"),
    more=True,
    optional=("organisation", "team", "participated"),
    what="one row per person and wave, as answered",
)
# Names of columns that rooms give to the tables in which answers and scores stand: no study gives them to its own.
RESERVED = frozenset(
    {
        *MEASUREMENTS.names,
        *("arm", "start", "current_team"),  # of the waves together
        *("wave_number", "score", "score_before", "exposure"),  # of the rows of a model
    }
).difference(LEVELS)
COVERAGE = Table(
    "coverage",
    (*PERSON_WAVE, *numbers("coverage", absent=False)),
    ("sample", "person", "wave"),
    what="how many core elements each person gave an example of",
)
MISSING = Table(
    "missing",
    (*PERSON_WAVE, *texts("column", "key"), *texts("reason")),
    ("sample", "person", "wave", "column"),
    what="why an answer is not there",
)
SOURCE_FLOW = Table(
    "source_flow",
    (
        *texts("source sample", "key"),
        *wholes("wave", "key"),
        *texts("step reason", "key", absent=True),
        *wholes("rows", "persons"),
    ),
    ("source", "sample", "wave", "step", "reason"),
    what="what happened to the delivered rows of one source",
)
CODEBOOK = Table(
    "codebook",
    (
        *texts("source sample", "key"),
        *wholes("wave", "key"),
        *texts("name", "key"),
        *texts("delivered_name label type", absent=True),
        *texts("value_labels missing_codes", absent=True),
        *numbers("min_valid max_valid", "fact"),
        *wholes("n_valid n_missing"),
        *texts("rules", absent=True),
    ),
    ("source", "sample", "wave", "name"),
    what="one row per used column of a delivery",
)
RULES = Table(
    "rules",
    (
        *texts("source sample", "key"),
        *wholes("wave", "key", absent=True),
        *texts("rule written code", "key", absent=True),
        *wholes("met of", "persons"),
        *texts("unit"),
        *flags("may_be_absent"),
    ),
    ("source", "rule", "written", "code"),
    what="what every rule of a source met",
)
SPELLINGS = Table(
    "persons",
    (*PERSON_WAVE, *texts("loose"), *texts("taken", absent=True)),
    ("sample", "person", "wave"),
    what="persons by their code without what spellings differ in",
)
ALLOCATION = Table(
    "allocation",
    (*texts("organisation team person", "key", absent=True), *texts("arm")),
    ("organisation", "team", "person"),
    more=True,
    optional=("organisation", "team", "person", "arm"),
    what="which unit was given what",
)
DRAWABLE = Table(
    "drawable",
    (*wholes("allocation", "key"), *texts("unit", "key"), *wholes("condition")),
    ("allocation", "unit"),
    what="every allocation that could have been drawn, where a list says which",
)
CARELESS_FLAGS = Table(
    "careless_flags",
    (
        *PERSON_WAVE,
        *wholes("n_answered longstring", absent=True),
        *numbers("even_odd seconds_per_item"),
        *flags("flag_longstring flag_speed flag_even_odd", absent=True),
        *flags("careless"),
    ),
    ("sample", "person", "wave"),
    optional=(
        "n_answered",
        "longstring",
        "even_odd",
        "seconds_per_item",
        "flag_longstring",
        "flag_speed",
        "flag_even_odd",
    ),
    what="indices of careless answering",
)
SCORES = Table(
    "scores",
    (
        *PERSON_WAVE,
        *texts("organisation team arm current_team", absent=True),
        *texts("scale", "key"),
        *numbers("score"),
        *wholes("n_answered n_items", absent=True),
        *texts("reason flag key_id key_version", absent=True),
    ),
    ("sample", "person", "wave", "scale"),
    more=True,
    optional=("organisation", "team", "arm", "current_team"),
    what="one row per person, wave and (sub)scale, with the items it rests on",
)
FLOW = Table(
    "flow",
    (
        *texts("source sample", "key", absent=True),
        *wholes("wave", "key", absent=True),
        *texts("level arm step reason", "key", absent=True),
        *wholes("count", "persons"),
    ),
    ("source", "sample", "wave", "level", "arm", "step", "reason"),
    exact={"count": "participation: who was allocated, answered, joined or left, by arm and organisation"},
    what="what happened to rows, units and persons",
)

TABLES = (
    ANSWERS,
    MEASUREMENTS,
    MISSING,
    COVERAGE,
    SOURCE_FLOW,
    CODEBOOK,
    RULES,
    SPELLINGS,
    ALLOCATION,
    DRAWABLE,
    CARELESS_FLAGS,
    SCORES,
    FLOW,
)
