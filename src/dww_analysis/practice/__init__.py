"""Practice: numbers about sessions in which people vote, set priorities and tell: shares, orders, agreement, coding.

Tables in, small frozen records out. Who took part was not drawn by chance: intervals say how much an outcome hangs on
these few, not what a whole role thinks. The public names below are loaded when first used.
"""

from __future__ import annotations

from dww_analysis.lazy import lazily

_HOME = {
    "wilson": "shares",
    "role_means": "shares",
    "equal_weight": "shares",
    "ballot_scores": "ballots",
    "read_source": "sessions",
    "network_kind": "networks",
    "network_lines": "networks",
    "network_quantities": "networks",
    "load_checklist": "checklists",
    "items_of": "checklists",
    "mean_interval": "rating",
    "paired_change": "rating",
    "quartiles": "rating",
    "Contacts": "contacts",
    "moments": "cadence",
    "practice_quantities": "sessions",
    "read_agenda": "agenda",
    "agenda_items": "agenda",
    "agenda_gaps": "agenda",
    "join_bundles": "joined",
    "agenda_table": "agenda",
    "as_table": "sessions",
    "in_order": "quantities",
    "read_attendance": "attendance",
    "read_ballots": "reading",
    "read_tallies": "tallies",
    "read_votes": "reading",
    "read_blocks": "pasted",
    "stories_of": "stories",
    "read_remarks": "remarks",
    "read_fragments": "fragments",
    "coverage": "fragments",
    "Fragments": "fragments",
    "fragment_quantities": "acting",
    "profile_quantities": "profile",
    "silent_verbs": "profile",
    "shown_roles": "shown",
    "hidden_counts": "shown",
    "attendance_quantities": "attendance",
    "ballot_quantities": "quantities",
    "tally_quantities": "tallies",
    "vote_quantities": "quantities",
    "block_quantities": "pasted",
    "remark_quantities": "remarks",
    "agreement_quantities": "remarks",
    "exchange_quantities": "remarks",
    "heard_quantities": "remarks",
    "two_step": "orders",
    "of_one_role": "orders",
    "tiers": "ranking",
    "kendall_w": "agreement",
    "role_correlations": "agreement",
    "contested": "shuffling",
    "vote_shares": "votes",
    "vote_change": "votes",
    "krippendorff_alpha": "coding",
    "new_information": "coding",
    "team_values": "beside",
    "block_shares": "blocks",
    "blocks_together": "blocks",
    "read_cycle": "cycles",
    "Known": "cycles",
    "cycles_together": "cycles",
}

__all__ = sorted(_HOME)
__getattr__, __dir__ = lazily(__name__, _HOME)
