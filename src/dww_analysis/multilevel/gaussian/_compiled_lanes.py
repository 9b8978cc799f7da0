"""Compiled algebra on small matrices of which every entry stands for LANES responses; lanes come last."""

from __future__ import annotations

from ._compiled import part

LANES = 8


@part
def mul(A, B, out):
    """out = A B."""
    for i in range(A.shape[0]):
        for j in range(B.shape[1]):
            for n in range(LANES):
                out[i, j, n] = 0.0
            for c in range(A.shape[1]):
                for n in range(LANES):
                    out[i, j, n] += A[i, c, n] * B[c, j, n]


@part
def left_mul(A, B, out):
    """out = A'B."""
    for i in range(A.shape[1]):
        for j in range(B.shape[1]):
            for n in range(LANES):
                out[i, j, n] = 0.0
            for c in range(A.shape[0]):
                for n in range(LANES):
                    out[i, j, n] += A[c, i, n] * B[c, j, n]


@part
def fixed_mul(A, B, out):
    """out = A B, for a matrix A that all lanes share."""
    for i in range(A.shape[0]):
        for j in range(B.shape[1]):
            for n in range(LANES):
                out[i, j, n] = 0.0
            for c in range(A.shape[1]):
                if A[i, c] != 0.0:
                    for n in range(LANES):
                        out[i, j, n] += A[i, c] * B[c, j, n]


@part
def apply(A, x, out):
    """out = A x."""
    for i in range(A.shape[0]):
        for n in range(LANES):
            out[i, n] = 0.0
        for c in range(A.shape[1]):
            for n in range(LANES):
                out[i, n] += A[i, c, n] * x[c, n]


@part
def left_apply(A, x, out):
    """out = A'x."""
    for i in range(A.shape[1]):
        for n in range(LANES):
            out[i, n] = 0.0
        for c in range(A.shape[0]):
            for n in range(LANES):
                out[i, n] += A[c, i, n] * x[c, n]


@part
def fixed_apply(A, x, out):
    """out = A x, for a matrix A that all lanes share."""
    for i in range(A.shape[0]):
        for n in range(LANES):
            out[i, n] = 0.0
        for c in range(A.shape[1]):
            for n in range(LANES):
                out[i, n] += A[i, c] * x[c, n]


@part
def add_dot(x, y, weight, total):
    """total += weight x'y."""
    for i in range(len(x)):
        for n in range(LANES):
            total[n] += weight * x[i, n] * y[i, n]


@part
def add_bend(x, A, total):
    """total += x'A x."""
    for i in range(len(x)):
        for j in range(len(x)):
            for n in range(LANES):
                total[n] += x[i, n] * A[i, j, n] * x[j, n]


@part
def add_trace(A, B, weight, total):
    """total += weight tr(A B)."""
    for i in range(A.shape[0]):
        for j in range(A.shape[1]):
            for n in range(LANES):
                total[n] += weight * A[i, j, n] * B[j, i, n]


@part
def negate(M, m):
    for i in range(len(m)):
        for n in range(LANES):
            m[i, n] = -m[i, n]
        for j in range(len(m)):
            for n in range(LANES):
                M[i, j, n] = -M[i, j, n]


@part
def subtract(row, m):
    """m = -m - row."""
    for i in range(len(m)):
        for n in range(LANES):
            m[i, n] = -m[i, n] - row[i, n]


@part
def minus_twice(BA, M, X, out):
    """out = -(BA'M + its transpose)."""
    left_mul(BA, M, X)
    for i in range(len(X)):
        for j in range(len(X)):
            for n in range(LANES):
                out[i, j, n] = -X[i, j, n] - X[j, i, n]
