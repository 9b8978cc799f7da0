"""Columns read from what a frame stores and through pandas; algebra of small matrices beside numpy's."""

import numpy as np
import pandas as pd
import pytest

from dww_analysis.multilevel import FormulaError, small_matrices
from dww_analysis.multilevel.formula import reading
from dww_analysis.multilevel.formula.design import build_design

DATA = pd.DataFrame(
    {
        "float": [1.5, np.nan, 3.0],
        "small": np.array([1, 2, 3], dtype=np.int8),
        "whole": [4, 5, 6],
        "long": [2**60, 2**60 + 1, 1],
        "logical": [True, False, True],
        "text": ["b", "a", None],
        "nullable": pd.array([1, None, 3], dtype="Int64"),
        "category": pd.Categorical(["y", None, "x"], categories=["y", "x", "z"], ordered=True),
        "day": pd.to_datetime(["2026-01-03", "2026-01-01", None]),
    }
)


@pytest.mark.parametrize("copies_on_write", [reading.COPY_ON_WRITE, False])
def test_what_is_written_into_a_frame_later_reaches_no_design(copies_on_write, monkeypatch):
    """Also under pandas 2, which does not copy on write: outcome and weights are read without a copy."""
    monkeypatch.setattr(reading, "COPY_ON_WRITE", copies_on_write)
    data = pd.DataFrame({"y": [1.0, 2, 3, 5], "x": [1.0, 3, 2, 2], "w": [1.0, 2, 1, 2], "g": list("aabb")})
    design = build_design("y ~ x + (1 | g)", data, weights="w", offset="x")
    for name in ("y", "x", "w"):
        data.loc[:, name] = 9.0
    assert design.y.tolist() == [1, 2, 3, 5] and design.weights.tolist() == [1, 2, 1, 2]
    assert design.X[:, 1].tolist() == design.offset.tolist() == [1, 3, 2, 2]
    assert design.frame["y"].tolist() == [1, 2, 3, 5]


def test_a_column_is_read_alike_through_pandas(monkeypatch):
    direct = reading.read_columns(DATA, [*DATA.columns, "float"])
    monkeypatch.setattr(reading, "_stored", lambda data, name: None)
    through = reading.read_columns(DATA, DATA.columns)
    assert list(direct) == list(through)
    for name, value in direct.items():
        if isinstance(value, reading.Factor):
            assert tuple(value.levels) == tuple(through[name].levels)
            assert value.contrasts == through[name].contrasts
            value, through[name] = value.codes, through[name].codes
        np.testing.assert_array_equal(value, through[name])
        assert value.dtype == through[name].dtype


def test_numbers_of_the_data_cannot_be_written_through_what_is_read():
    assert not reading.read_columns(DATA, ["float"])["float"].flags.writeable


def test_a_name_that_occurs_twice_or_not_at_all_is_refused():
    with pytest.raises(FormulaError, match="not a column"):
        reading.read_columns(DATA, ["other"])
    with pytest.raises(ValueError, match="2 columns named 'whole'"):
        reading.read_columns(pd.concat([DATA, DATA[["whole"]]], axis=1), ["whole"])


def test_small_matrices_are_solved_as_numpy_does():
    A = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]])
    values, vectors = small_matrices.eigen(A)
    np.testing.assert_allclose((vectors * values) @ vectors.T, A, atol=1e-14)
    np.testing.assert_allclose(small_matrices.eigenvalues(A), np.linalg.eigvalsh(A), atol=1e-14)
    np.testing.assert_allclose(small_matrices.cholesky(A), np.linalg.cholesky(A), atol=1e-14)
    np.testing.assert_allclose(small_matrices.solve(A, A[0]), [1.0, 0.0, 0.0], atol=1e-14)


def test_what_has_no_solution_is_refused():
    for function, given in (
        (small_matrices.eigen, (np.full((3, 3), np.nan),)),
        (small_matrices.eigenvalues, (np.full((3, 3), np.nan),)),
        (small_matrices.cholesky, (-np.eye(2),)),
        (small_matrices.solve, (np.ones((2, 2)), np.ones(2))),
    ):
        with pytest.raises(np.linalg.LinAlgError):
            function(*given)
