"""From plan entries to models to estimates. What is estimated is in the plan; how, is in `multilevel`."""

from dww_analysis.effects.estimate import EntryResult, estimate_entry
from dww_analysis.effects.families import adjust_families
from dww_analysis.effects.frames import covariate_names
from dww_analysis.effects.sensitivity import sensitivity_of

__all__ = ["EntryResult", "adjust_families", "covariate_names", "estimate_entry", "sensitivity_of"]
