"""Tables about linking persons over waves by codes that they made themselves."""

from __future__ import annotations

from dww_analysis.domain.tables.columns import AddsUp, Table, flags, numbers, texts, wholes

SAMPLE_WAVE = (*texts("sample", "key"), *wholes("wave", "key"))
LINKED_ROWS = Table(
    "linked_rows",
    (*texts("sample", "key"), *texts("person", absent=True), *wholes("wave"), *flags("kept", absent=True)),
    (),
    more=True,
    what="who is who by each rule of linking; one row per delivered row with a code",
)
LINKAGE = Table(
    "linkage",
    (
        *SAMPLE_WAVE,
        *texts("team outcome", "key", absent=True),
        *wholes("count", "persons", absent=True),
        *numbers("share", "share", of="count"),
    ),
    ("sample", "wave", "team", "outcome"),
    adds_up=(
        AddsUp("team", ("sample", "wave", "outcome"), ("count",)),
        AddsUp("outcome", ("sample", "wave", "team"), ("count",), total=None),
    ),
    protected_by=("count",),
    open_rows=("team", ""),
    what="outcomes of linking by wave and team; team '' is all",
)
LINKAGE_PLACEBO = Table(
    "linkage_placebo",
    (*SAMPLE_WAVE, *numbers("links placebo_links comparisons expected_false false_match_rate", "fact")),
    ("sample", "wave"),
    what="links with other teams, which can only be false",
)
LINKAGE_COMPARE = Table(
    "linkage_compare",
    (
        *SAMPLE_WAVE,
        *texts("kind variable category label", "key", absent=True),
        *wholes("n_linked", "persons"),
        *numbers("mean_linked", "mean", of="n_linked"),
        *numbers("sd_linked", "sd", of="n_linked"),
        *wholes("n_unlinked", "persons"),
        *numbers("mean_unlinked", "mean", of="n_unlinked"),
        *numbers("sd_unlinked", "sd", of="n_unlinked"),
        *numbers("difference"),
        *wholes("count_linked", "count", of="n_linked", absent=True),
        *wholes("count_unlinked", "count", of="n_unlinked", absent=True),
    ),
    ("sample", "wave", "kind", "variable", "category"),
    protected_by=("n_linked", "n_unlinked", "count_linked", "count_unlinked"),
    adds_up=(
        AddsUp(
            "category", ("sample", "wave", "kind", "variable"), ("count_linked", "count_unlinked"), total=None
        ),
    ),
    what="persons who were linked beside those who were not",
)
LINKAGE_TABLES = (LINKAGE, LINKAGE_PLACEBO, LINKAGE_COMPARE)
TABLES = (LINKED_ROWS, *LINKAGE_TABLES)
