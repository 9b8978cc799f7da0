"""Sealing a plan: fingerprints of its entries, kept beside it, so that a later change shows as a deviation.

The seal is a text file that can be registered elsewhere; it holds no data. Wording (question, why, deviation note)
may change after sealing; what is estimated may not.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dww_analysis.config.plan import EntryConfig, PlanConfig

WORDING = {"question", "why", "deviation", "unit"}


def fingerprint_entry(plan: PlanConfig, entry: EntryConfig) -> str:
    """SHA-256 of everything that decides the numbers of one entry."""
    facts = {
        "entry": entry.model_dump(exclude=WORDING),
        "adjust": plan.families[entry.family].adjust if entry.family in plan.families else None,
        "members": sorted(e.id for e in plan.entries if e.family == entry.family),
        "conf_level": plan.conf_level,
        "organisations_fixed_below": plan.organisations_fixed_below,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def seal_of(plan: PlanConfig) -> dict[str, str]:
    """Entry id -> fingerprint, for all entries that are planned."""
    return {e.id: fingerprint_entry(plan, e) for e in plan.entries if e.status == "planned"}
