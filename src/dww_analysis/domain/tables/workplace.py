"""Tables about learning at work as it happened: diaries, app events, personnel records, observations.

The tables of one source, its features and its details are as wide as its kind asks; what all of them share is declared.
"""

from __future__ import annotations

from dww_analysis.domain.tables.columns import AddsUp, Table, Tells, TotalsOf, numbers, texts, wholes

PERSON = texts("sample person", "key")
EXPOSURE = Table(
    "exposure", PERSON, (), more=True, what="one row a beep, an event, an employment or an observation"
)
EXPOSURE_FEATURES = Table(
    "exposure_features",
    (*PERSON, *wholes("wave", "key", absent=True), *texts("organisation team arm", absent=True)),
    (),
    more=True,
    optional=("organisation", "team", "arm"),
    what="one row per person and wave",
)
EXPOSURE_DETAIL = Table(
    "exposure_detail", PERSON, (), more=True, what="learning moments, sessions, or months at risk"
)
EXPOSURE_SOURCE_FLOW = Table(
    "exposure_source_flow",
    (*texts("source sample kind step reason", "key", absent=True), *wholes("rows", "persons")),
    ("source", "sample", "kind", "step", "reason"),
    what="what happened to the delivered rows of one source",
)

GROUP = (*texts("sample", "key"), *wholes("wave", "key", absent=True), *texts("arm", "key", absent=True))
DIARY_COMPLIANCE = Table(
    "diary_compliance",
    (
        *GROUP,
        *wholes("n_persons", "persons"),
        *numbers("beeps_scheduled beeps_sent beeps_answered beeps_expired"),
        *numbers("compliance_mean", "mean", of="n_persons"),
        *numbers("compliance_sd", "sd", of="n_persons"),
        *numbers("compliance_q25 compliance_median compliance_q75", "quantile", of="n_persons"),
        *numbers("share_below_half", "share", of="n_persons"),
        *numbers("latency_minutes_median", "quantile", of="n_persons"),
        *numbers("diary_days_mean", "mean", of="n_persons"),
    ),
    ("sample", "wave", "arm"),
    protected_by=("n_persons",),
    what="how the diary was kept",
)
DIARY_LEARNING = Table(
    "diary_learning",
    (
        *GROUP,
        *texts("learning code", "key", absent=True),
        *wholes("n_persons", "persons"),
        *wholes("n_with", "count", of="n_persons", absent=True),
        *numbers("moments share per_ten_beeps"),
    ),
    ("sample", "wave", "arm", "learning", "code"),
    protected_by=("n_persons", "n_with"),
    adds_up=(
        AddsUp(
            "code", ("sample", "wave", "arm", "learning"), ("n_with",), total=None, values=True, alone=True
        ),
    ),
    what="learning moments by source and process",
)
APP_USE = Table(
    "app_use",
    (
        *GROUP,
        *wholes("n_persons", "persons"),
        *wholes("n_users", "count", of="n_persons", absent=True),
        *numbers("share_users", "share", of="n_persons"),
        *numbers("active_weeks_mean", "mean", of="n_users"),
        *numbers("active_weeks_median", "quantile", of="n_users"),
        *numbers(
            "sessions_mean events_mean feedback_events_mean reflection_events_mean", "mean", of="n_users"
        ),
    ),
    ("sample", "wave", "arm"),
    protected_by=("n_persons", "n_users"),
    more=True,
    what="use of the app by who used it",
)
HR_FLOW = Table(
    "hr_flow",
    (
        *GROUP,
        *texts("what code", "key", absent=True),
        *wholes("n_persons", "persons"),
        *numbers("person_months"),
        *wholes("count", "count", of="n_persons", absent=True),
        *numbers("share", "share", of="n_persons"),
        *numbers("per_100_person_months"),
    ),
    ("sample", "wave", "arm", "what", "code"),
    protected_by=("n_persons", "count"),
    adds_up=(
        AddsUp(
            "code",
            ("sample", "wave", "arm"),
            ("count",),
            total=None,
            total_column="n_persons",
            parts=("what", "outcome"),
        ),
        AddsUp("code", ("sample", "wave", "arm"), ("count",), total="left", parts=("what", "destination")),
        *(
            AddsUp("wave", ("sample", "arm", "what", "code"), ("count",), parts=("code", code))
            for code in ("left", "moved")
        ),
    ),
    # who left was there for fewer months: n_persons times the months of a wave, minus these, counts them
    tells=(
        Tells(
            ("person_months", "per_100_person_months"), ("sample", "wave", "arm"), parts=("what", "outcome")
        ),
    ),
    runs_on=("wave", ("sample", "arm"), "n_persons"),
    what="who stayed, left or moved, and where to",
)
APP_PERIODS = Table(
    "app_periods",
    (
        *texts("sample", "key"),
        *texts("arm", "key", absent=True),
        *wholes("week_from week_to", "key"),
        *wholes("n_persons", "persons"),
        *wholes("n_users", "count", of="n_persons", absent=True),
        *numbers("share_users", "share", of="n_persons"),
    ),
    ("sample", "arm", "week_from", "week_to"),
    protected_by=("n_persons", "n_users"),
    what="who used the app in each four weeks since the arms started",
)
LEAVING_PERIODS = Table(
    "leaving_periods",
    (
        *GROUP,
        *texts("code", "key", allowed=("left",)),
        *texts("span", "key", allowed=("whole", "wave", "months")),
        *wholes("period", "key", absent=True),
        *wholes("month_from month_to"),
        *wholes(
            "n_at_risk", "count", absent=True
        ),  # with those of other rows it tells who left: hidden with its row
        *wholes("n_left", "count", of="n_at_risk", absent=True),
        *numbers("risk", "share", of="n_at_risk"),
    ),
    ("sample", "wave", "arm", "code", "span", "period"),
    protected_by=("n_at_risk", "n_left"),
    adds_up=(
        AddsUp("wave", ("sample", "arm", "code"), ("n_left",), parts=("span", "wave")),
        AddsUp("period", ("sample", "wave", "arm", "code"), ("n_left",), parts=("span", "months")),
    ),
    follows=("hr_flow", ("sample", "wave", "arm", "code")),
    what="leaving by three months within the time between two waves, which adds up to the same counts of hr_flow",
)
OBSERVATIONS = Table(
    "observations",
    (
        *GROUP,
        *wholes("n_persons", "persons"),
        *numbers("observations"),
        *numbers("met_mean", "mean", of="n_persons"),
        *numbers("met_sd", "sd", of="n_persons"),
        *numbers("met_median", "quantile", of="n_persons"),
    ),
    ("sample", "wave", "arm"),
    protected_by=("n_persons",),
    what="what observers saw",
)
EXPOSURE_FLOW = Table(
    "exposure_flow",
    (*texts("source sample kind step reason", "key", absent=True), *wholes("rows", "persons", absent=True)),
    ("source", "sample", "kind", "step", "reason"),
    totals_of=(
        *(
            TotalsOf(table, "kind", kind, but="step", steps=("dropped", "persons"))
            for kind, table in (
                ("diary", "diary_compliance"),
                ("events", "app_use"),
                ("observations", "observations"),
            )
        ),
        TotalsOf(  # months of all who were there, fewer by those of who left
            "hr_flow",
            "kind",
            "hr",
            but="step",
            steps=("read", "dropped", "kept", "employments", "persons"),
            only=(("what", "outcome"), ("wave", "")),
        ),
    ),
    what="rows of diaries, app logs and personnel records that were read, dropped and used",
)

KIND_OF = {  # table -> the kind of source that it is made of; a table of all kinds is not named
    "diary_compliance": "diary",
    "diary_learning": "diary",
    "app_use": "events",
    "app_periods": "events",
    "hr_flow": "hr",
    "leaving_periods": "hr",
    "observations": "observations",
}
LEARNING_TABLES = (
    *(DIARY_COMPLIANCE, DIARY_LEARNING, APP_USE, APP_PERIODS),
    *(HR_FLOW, LEAVING_PERIODS, OBSERVATIONS, EXPOSURE_FLOW),
)
TABLES = (EXPOSURE, EXPOSURE_FEATURES, EXPOSURE_DETAIL, EXPOSURE_SOURCE_FLOW, *LEARNING_TABLES)
