"""Algebra of matrices of a few rows, where most of the time of numpy's functions goes into what they check.

The routines are those of LAPACK that numpy calls too, so the numbers are the same.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import lapack

from .model import Array


def eigen(A: Array) -> tuple[Array, Array]:
    """Eigenvalues (k,), ascending, and vectors (k, k), in columns, of a symmetric matrix. LinAlgError where they are
    not found."""
    values, vectors, failed = lapack.dsyevd(A, lower=1)
    return _found(values, failed), vectors


def eigenvalues(A: Array) -> Array:
    """(k,) of a symmetric matrix, ascending. LinAlgError where they are not found."""
    values, _, failed = lapack.dsyevd(A, compute_v=0, lower=1)
    return _found(values, failed)


def cholesky(A: Array) -> Array:
    """Lower-triangular factor of a symmetric matrix. LinAlgError where it is not positive definite."""
    factor, failed = lapack.dpotrf(A, lower=1)
    return _found(factor, failed)


def solve(A: Array, b: Array) -> Array:
    """x of A x = b, shape (k,). LinAlgError for a singular A."""
    _, _, x, failed = lapack.dgesv(A, b)
    return _found(x, failed)


def _found(result: Array, failed: int) -> Array:
    if failed:
        raise np.linalg.LinAlgError("The matrix is singular, not definite, or holds what is no number.")
    return result
