"""From plan entries to models to estimates. What is estimated is in the plan; how, is in `multilevel`."""

from dww_analysis.effects.answered import COMPONENT_COLUMNS, Answered, answered
from dww_analysis.effects.designs.table import design_table
from dww_analysis.effects.estimate import EntryData, EntryResult, estimate_entry, fit_entry, read_estimates
from dww_analysis.effects.families import adjust_families
from dww_analysis.effects.frames import covariate_names
from dww_analysis.effects.sensitivity import sensitivity_of

__all__ = [
    "COMPONENT_COLUMNS",
    "Answered",
    "EntryData",
    "EntryResult",
    "adjust_families",
    "answered",
    "covariate_names",
    "design_table",
    "estimate_entry",
    "fit_entry",
    "read_estimates",
    "sensitivity_of",
]
