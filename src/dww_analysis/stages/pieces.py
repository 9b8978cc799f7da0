"""Pieces of a job, which are jobs of their own: how many are asked for, and what they are called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from dww_analysis.errors import ConfigError

MOST = 1000  # pieces of one job
_NAME = re.compile(r"([a-z_]+)-(.+)-([1-9]\d*)of([1-9]\d*)")


@dataclass(frozen=True)
class Piece:
    """The k-th (from 1) of n pieces of a job: a stage and one of its names. `str` gives its own name as a job, which no
    other has: names of entries hold no `-`."""

    stage: str
    name: str
    k: int
    n: int

    def __str__(self) -> str:
        return f"{self.stage}-{self.name}-{self.k}of{self.n}"

    @classmethod
    def parse(cls, text: str) -> Piece:
        """The piece of that name; ConfigError for another text."""
        found = _NAME.fullmatch(text)
        if found is None or int(found[3]) > int(found[4]):
            raise ConfigError.of(
                found=f"`{text[:100]}` is not the name of a piece",
                where="the command line",
                expected="a stage, one of its names and which piece of how many",
                action="write it as calibrate-burnout-2of3",
            )
        return cls(found[1], found[2], int(found[3]), int(found[4]))


def check_chunks(given: Any) -> int:
    """How many pieces a job is split into, as it was written; ConfigError for what is no number of them."""
    text = str(given).strip()
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not 1 <= int(text) <= MOST:
        raise ConfigError.of(
            found=f"{text[:100]!r} pieces of a job",
            where="--chunks (of snakemake: --config chunks=)",
            expected=f"a whole number from 1 to {MOST}",
            action="give how many pieces one job is split into, such as 8; without it no job is split",
        )
    return int(text)
