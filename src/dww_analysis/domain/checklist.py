"""What a report of a study is asked to say: the items of CONSORT and TREND as data, in the order of their lists.

CONSORT for trials that allocate by lot (Schulz, Altman & Moher 2010, BMJ 340, c332), with what its extensions add for
units that are allocated (Campbell, Piaggio, Elbourne & Altman 2012, BMJ 345, e5661) and for stepped wedges (Hemming et
al. 2018, BMJ 363, k1614); TREND for studies without a lot (Des Jarlais, Lyles & Crepaz 2004, American Journal of Public
Health 94, 361-366).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dww_analysis.domain.study import Study

List = Literal["consort", "trend"]


@dataclass(frozen=True)
class Item:
    """One item. `section`: where the report answers it. `needs`: what must be known for that, prompts of about.yaml or
    facts that the report finds in configuration and tables; an item that needs nothing is always answered there."""

    number: str
    section: str
    needs: tuple[str, ...] = ()
    clustered: bool = False  # asked only where units of several persons are allocated
    wedge: bool = False  # asked only of a stepped wedge
    shares: bool = False  # asked only where an outcome is yes or no
    arms: bool = False  # asked only where something was given to some units, or from some moment on


INTERVENTION = (
    *("intervention_why", "intervention_materials", "intervention_procedures", "intervention_who"),
    *("intervention_how", "intervention_where", "intervention_dose", "intervention_tailoring"),
    *("intervention_changes", "intervention_fidelity"),
)
ELIGIBILITY = ("eligibility_units", "eligibility_persons")
CONSORT = (
    Item("1a", "abstract", ("title_design",)),
    Item("1b", "abstract"),
    Item("2a", "questions", ("background",)),
    Item("2b", "questions", ("questions",)),
    Item("3a", "design", ("dates",)),
    Item("3b", "deviations", ("intervention_changes", "sealed")),
    Item("4a", "setting", ELIGIBILITY),
    Item("4b", "setting", ("setting",)),
    Item("5", "intervention", (*INTERVENTION, "comparison")),
    Item("6a", "outcomes"),
    Item("6b", "outcomes", ("outcome_changes",)),
    Item("7a", "allocation", ("sample_size",)),
    Item("7b", "allocation", ("stopping",)),
    Item("8a", "allocation", ("allocation_sequence",)),
    Item("8b", "design", ("strata",)),
    Item("9", "allocation", ("concealment",)),
    Item("10a", "allocation", ("implementation",)),
    Item("10b", "setting", ("recruitment",), clustered=True),
    Item("10c", "ethics", ("consent",), clustered=True),
    Item("11a", "allocation", ("blinding",)),
    Item("11b", "intervention", ("comparison",)),
    Item("12a", "model", ("model",)),
    Item("12b", "sensitivity", ("sensitivity",)),
    Item("13a", "flow"),
    Item("13b", "flow", ("absent",)),
    Item("14a", "setting", ("recruitment_dates",)),
    Item("14b", "allocation", ("stopping",)),
    Item("15", "baseline", ("baseline",)),
    Item("16", "results", ("estimates",)),
    Item("17a", "results", ("estimates",)),
    Item("17b", "estimates", ("estimates",), shares=True),
    Item("18", "other_outcomes", ("other_outcomes",)),
    Item("19", "harms", ("harms",)),
    Item("20", "limits"),
    Item("21", "limits", ("generalisability",)),
    Item("22", "written", ("discussion",)),
    Item("23", "funding", ("registration",)),
    Item("24", "funding", ("protocol",)),
    Item("25", "funding", ("funding",)),
    Item("26", "ethics", ("ethics",), wedge=True),
)
TREND = (
    Item("1", "abstract", ("title_design",)),
    Item("2", "questions", ("background",)),
    Item("3", "setting", (*ELIGIBILITY, "recruitment", "setting")),
    Item("4", "intervention", INTERVENTION, arms=True),
    Item("5", "questions", ("questions",)),
    Item("6", "outcomes"),
    Item("7", "allocation", ("sample_size", "stopping")),
    Item("8", "design", arms=True),
    Item("9", "allocation", ("blinding",), arms=True),
    Item("10", "model", ("model",)),
    Item("11", "model", ("model",)),
    Item("12", "flow"),
    Item("13", "setting", ("recruitment_dates",)),
    Item("14", "baseline", ("baseline",)),
    Item("15", "baseline", ("compared",), arms=True),
    Item("16", "results", ("estimates",)),
    Item("17", "results", ("estimates",)),
    Item("18", "other_outcomes", ("other_outcomes",)),
    Item("19", "harms", ("harms",)),
    Item("20", "written", ("discussion",)),
    Item("21", "limits", ("generalisability",)),
    Item("22", "written", ("discussion",)),
)
LISTS: dict[List, tuple[Item, ...]] = {"consort": CONSORT, "trend": TREND}


def list_of(study: Study) -> List:
    """CONSORT where chance decided the arm, or when units started; else TREND."""
    return "consort" if study.by_lot else "trend"


def items_of(study: Study, shares: bool) -> tuple[Item, ...]:
    """The items that are asked of a study of this design. shares: whether an outcome is yes or no."""
    kept = {
        "clustered": study.unit != "person",
        "wedge": study.design == "stepped_wedge",
        "shares": shares,
        "arms": study.has_arms,
    }
    return tuple(
        item
        for item in LISTS[list_of(study)]
        if all(not getattr(item, k) or holds for k, holds in kept.items())
    )
