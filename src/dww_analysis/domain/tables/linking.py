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
    (
        *SAMPLE_WAVE,
        *numbers("links placebo_links comparisons expected_false false_match_rate", "fact"),
        *texts("rule", absent=True),
    ),
    ("sample", "wave"),
    optional=("rule",),  # said where the table is shown
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
LINK_PLAUSIBILITY = Table(
    "link_plausibility",
    (
        *texts("sample", "key"),
        *wholes("from_wave to_wave", "key"),
        *flags("adjacent recognisable"),
        *wholes("from_persons to_persons", "persons"),
        *wholes("seen_again", "persons", absent=True),
        *numbers("share_seen_again", "share", of="seen_again"),
        *wholes("changed_team", "count", of="seen_again", absent=True),
        *numbers("share_changed_team", "share", of="seen_again"),
        *wholes("two_organisations changed_fact", "count", of="seen_again", absent=True),
        *numbers("share_changed_fact", "share", of="seen_again"),
        *texts("fact", absent=True),
        *wholes("other_spelling", "count", of="seen_again", absent=True),
        *numbers("share_other_spelling", "share", of="seen_again"),
        *texts("spelling", absent=True),
    ),
    ("sample", "from_wave", "to_wave"),
    protected_by=("seen_again",),
    what="how many persons are seen again in another wave, and what changed of them",
)
LINKAGE_TABLES = (LINKAGE, LINKAGE_PLACEBO, LINKAGE_COMPARE)
TABLES = (LINKED_ROWS, LINK_PLAUSIBILITY, *LINKAGE_TABLES)
