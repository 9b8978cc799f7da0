"""A permutation test that can be checked by hand: the difference of the arms' means of one number per unit."""

import numpy as np

from dww_analysis.effects.lots import Lot
from dww_analysis.effects.permutation import Permutation, Reference, result_of


def permutation_test(values, treated, strata) -> Permutation:
    """Permute `treated` (bool, one per unit) within `strata`; an effect of one adds one to every treated unit."""
    allocations, exact = Lot(np.asarray(treated, int), np.asarray(strata)).allocations(seed=20250101)
    allocations = allocations > 0
    a, b = _difference(values, allocations), _difference(treated.astype(float), allocations)
    own, moved = (float(_difference(v, treated[None, :])[0]) for v in (values, treated.astype(float)))
    return result_of(Reference(a, b, np.ones(len(a)), exact, (own, moved, 1.0)), 0.95)


def _difference(values, allocations):
    """Mean of treated minus mean of control units, for each row of allocations."""
    return np.array([values[row].mean() - values[~row].mean() for row in allocations])
