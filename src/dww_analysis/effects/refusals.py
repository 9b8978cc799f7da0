"""What may come up where an estimate cannot be had: it becomes a sentence in the record and never ends a run."""

from __future__ import annotations

import numpy as np

from dww_analysis.errors import FitError, PlanError
from dww_analysis.multilevel.errors import MultilevelError

REFUSALS = (FitError, PlanError, MultilevelError, np.linalg.LinAlgError, FloatingPointError)
