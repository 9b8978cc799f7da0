"""Trials of a way to test in portions, each of which is a part of its own: a trial hangs on the seed and its number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dww_analysis.parts import Part

Array = NDArray[Any]
Columns = dict[str, Array]


@dataclass(frozen=True, eq=False)
class Way:
    """A way to test, with variances as components says, and the portions of its trials; first: what is known of the
    trials before these."""

    method: str
    components: str
    parts: Mapping[str, Part]
    first: Columns | None = None

    def columns(self, done: Mapping[str, Columns]) -> Columns:
        """Columns over all trials, in their order; done: what came of every part."""
        return joined([*([] if self.first is None else [self.first]), *(done[name] for name in self.parts)])


def joined(portions: Sequence[Columns]) -> Columns:
    """Columns of portions below each other."""
    return {name: np.concatenate([portion[name] for portion in portions]) for name in portions[0]}


def columns_of(tried: object) -> Columns:
    """The arrays among the fields of a record, by name."""
    return {name: value for name, value in vars(tried).items() if isinstance(value, np.ndarray)}
