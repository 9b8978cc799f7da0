"""Factor models: from model text and a data frame to estimates, fit and invariance.

The one-factor model has a door of its own because omega needs nothing else.
"""

from dww_analysis.scales.factor.one_factor import OneFactorFit, one_factor

__all__ = ["OneFactorFit", "one_factor"]
