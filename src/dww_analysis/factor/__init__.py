"""Factor models: from model text and a data frame to estimates, fit and invariance.

`fit_cfa` fits one model, `invariance` climbs the ladder over groups or waves. The one-factor model has a door of its
own because omega needs nothing else.
"""

from dww_analysis.factor.cfa import fit_cfa
from dww_analysis.factor.cutoffs import CHEN_2007, CHEUNG_RENSVOLD_2002, Cutoffs, Limits
from dww_analysis.factor.invariance import Invariance, invariance
from dww_analysis.factor.omega import TwoLevelOmega, omega_two_level
from dww_analysis.factor.one_factor import OneFactorFit, one_factor
from dww_analysis.factor.result import FactorFit

__all__ = [
    "CHEN_2007",
    "CHEUNG_RENSVOLD_2002",
    "Cutoffs",
    "FactorFit",
    "Invariance",
    "Limits",
    "OneFactorFit",
    "TwoLevelOmega",
    "fit_cfa",
    "invariance",
    "omega_two_level",
    "one_factor",
]
